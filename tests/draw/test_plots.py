"""Plots show the numbers that they were given, tell lines apart without colour, and say what is wrong with bad input."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catlearn as cl
from catlearn import History
from catlearn.core.errors import ArgumentError
from catlearn.equivariant import O, gated

RUNS = {
    name: History(tuple({"epoch": i, "loss": rate**i, "accuracy": 1 - rate**i, "seconds": 0.1} for i in range(1, 6)))
    for name, rate in (("adam", 0.5), ("nesterov", 0.7))
}


def test_a_history_is_plotted_on_the_axis_that_was_asked_for():
    assert cl.plot(RUNS["adam"]).axes[0].get_yscale() == "linear"
    logarithmic = cl.plot(RUNS["adam"], log=True, title="a run")
    assert [axes.get_yscale() for axes in logarithmic.axes] == ["log", "linear"]
    assert list(logarithmic.axes[0].lines[0].get_ydata()) == RUNS["adam"]["loss"]


def test_several_runs_are_told_apart_without_colour():
    (axes,) = cl.plot.compare(RUNS, metric="accuracy").axes
    assert [line.get_label() for line in axes.lines] == list(RUNS)
    assert len({line.get_linestyle() for line in axes.lines}) == 2
    assert [list(line.get_ydata()) for line in axes.lines] == [run["accuracy"] for run in RUNS.values()]


def test_a_metric_that_was_not_recorded_is_an_error():
    with pytest.raises(ArgumentError, match="no 'f1'; there is epoch, loss, accuracy"):
        cl.plot.compare(RUNS, metric="f1")
    with pytest.raises(ArgumentError, match="got none"):
        cl.plot.compare({})
    assert cl.plot(History()).axes


def test_schedules_are_those_of_optax():
    rate = optax.cosine_decay_schedule(0.1, 20)
    (axes,) = cl.plot.schedule({"cosine": rate, "constant": 0.05}, 20).axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [float(rate(i)) for i in range(20)], rtol=1e-5)
    assert set(axes.lines[1].get_ydata()) == {0.05}
    with pytest.raises(ArgumentError):
        cl.plot.schedule(0.1, 0)


@pytest.mark.parametrize("form", [lambda s: s, lambda s: jnp.stack([-s, s], -1), lambda s: (s > 0).astype(jnp.int32)])
def test_decision_regions_are_those_of_the_rule(form):
    X = np.array([[0.0, 0.0], [0.2, 0.9], [1.0, 0.1], [0.8, 1.0]])
    figure = cl.plot.decisions(lambda x: form(x[:, 0] - 0.5), X, [0, 0, 1, 1])
    (axes,) = figure.axes
    assert [len(line.get_xdata()) for line in axes.lines] == [2, 2]
    assert len({line.get_marker() for line in axes.lines}) == 2
    (regions,) = axes.collections
    places = [place for path in regions.get_paths() for place in path.vertices]
    border = [x for x, y in places if 0.1 < x < 0.9 and 0.1 < y < 0.9]
    assert border
    np.testing.assert_allclose(border, 0.5, atol=0.02)


def test_examples_of_other_shapes_are_refused():
    with pytest.raises(ArgumentError, match="shape"):
        cl.plot.decisions(lambda x: x[:, 0], np.zeros((3, 4)), [0, 0, 0])
    with pytest.raises(ArgumentError, match="tokens"):
        cl.plot.attention(np.eye(3), ["a"])
    with pytest.raises(ArgumentError, match="heads"):
        cl.plot.attention(np.zeros(3))


def test_attention_has_a_map_for_each_head():
    weights = np.asarray(jax.nn.softmax(jax.random.normal(jax.random.key(0), (2, 3, 3))))
    figure = cl.plot.attention(weights, ["a", "b", "c"])
    maps = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    np.testing.assert_array_equal(np.stack(maps[:2]), weights)


def test_errors_of_equivariance_tell_a_good_model_from_a_bad_one():
    A = O(3).power(1, channels=2)
    good, bad = A >> gated(), cl.forget(A) >> cl.relu
    figure = cl.plot.equivariance({"gated": good, "relu": bad}, 4, dom=A, cod=A)
    texts = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert texts[0].endswith("✓") and texts[1].endswith("✗")
    assert "above" in figure.about and figure.axes[0].images[0].get_array().shape == (2, 4)


def test_a_notebook_shows_an_image_with_a_text_for_it():
    html = cl.plot.compare(RUNS)._repr_html_()
    assert html.startswith('<img alt="loss by epoch of adam, nesterov"') and "base64" in html


def test_importing_catlearn_does_not_import_matplotlib():
    code = "import sys, catlearn; catlearn.plot, catlearn.draw; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
