"""The code of the README and of the tour runs, their errors are those that are raised, and the picture is the one drawn."""

import re
from pathlib import Path

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
import pytest

import catlearn as cl
from catlearn import R

ROOT = Path(__file__).parent.parent


def blocks(page, kind):
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)


def test_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, own = blocks("README.md", "python")
    given = {"f": R(3) >> cl.dense(3)}
    exec(first.replace("epochs=20", "epochs=2"), given)
    assert given["tied"].param == given["f"].param and len(given["history"]) == 2
    exec(own, given)
    assert given["history"]["accuracy"][-1] > 0.9 and (tmp_path / "model.safetensors").exists()


def test_the_picture_of_the_readme_is_the_one_that_is_drawn():
    model = R(8, 8, 1) >> cl.conv(16, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(10)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.nesterov(0.05, 0.9))
    assert (ROOT / "docs" / "learner.svg").read_text(encoding="utf-8") == cl.draw(learner).svg


def test_the_tour_runs(tmp_path, monkeypatch):
    key = jax.random.key(0)
    X, Y = jax.random.normal(key, (20, 8, 8, 1)), jnp.arange(20) % 10
    images = {"x": X[0], "dy": jnp.ones(10), "xs": X, "ys": Y, "X": X, "Y": Y, "Xv": X, "Yv": Y}
    players = {"generator": R(2) >> cl.dense(3), "critic": R(3) >> cl.dense(1)}
    foreign = {"module": eqx.nn.Linear(4, 8, key=key), "linen": nn.Dense(8), "optax": optax}
    ends = jnp.arange(34)
    graphs = {"senders": ends, "receivers": (ends + 1) % 34, "nodes": jnp.eye(34)}
    given = {**images, **players, **foreign, **graphs, "key": key, "f": R(3) >> cl.dense(3)}
    monkeypatch.chdir(tmp_path)
    for code in blocks("docs/tour.md", "python"):
        exec(code.replace("epochs=20", "epochs=1"), given)
    assert given["logits"].shape == (10,) and given["dx"].shape == (8, 8, 1) and len(given["history"]) == 1
    assert given["tied"].param == given["f"].param and len(given["frozen"].param) == 0
    sequences = jnp.ones((2, 16, 8)), (jnp.zeros((2, 16), int), jnp.ones((2, 16)))
    gpt = given["gpt_learner"]
    assert given["learned"].param[:1] == R(34, 34) and given["own"].cod == R(34, 1, 8)
    assert jnp.isfinite(gpt.step(gpt.init(key), sequences)[1]["loss"])
    assert cl.laws.equivariant(given["counting"], 1) is None and given["framed"].param == given["plain"].param
    assert given["fast"].param == given["gpt"].param and (R(4) >> given["mixed"]).cod == R(3)


def test_the_errors_are_those_that_are_raised():
    for example in blocks("docs/tour.md", "text")[0].split("\n\n"):
        line, _, said = example.partition("\n")
        with pytest.raises(cl.CatlearnError) as caught:
            eval(line.removeprefix(">>> "), vars(cl) | {"cl": cl, "O": cl.equivariant.O})
        assert f"{type(caught.value).__name__}: {caught.value}".split() == said.split()
