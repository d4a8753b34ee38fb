import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.nets import correlation
from catlearn.nets.correlation import convolution, correlate, correlate_back
from catlearn.nets.windows import Windows

# batch, channels and groups, windows
CASES = [
    ((6, 9, 4), (5, 1), Windows((3,), (2,), (1,), ((1, 0),), (1,))),
    ((6, 7, 6, 4), (5, 1), Windows((3, 2), (1, 1), (1, 1), ((1, 1), (1, 0)), (1, 1))),
    ((6, 7, 6, 4), (5, 1), Windows((3, 2), (2, 3), (2, 1), ((0, 1), (2, 2)), (1, 1))),
    ((6, 4, 5, 4), (5, 1), Windows((3, 3), (1, 1), (1, 1), ((2, 1), (2, -1)), (2, 3))),
    ((6, 4, 5, 4), (6, 2), Windows((3, 2), (2, 1), (1, 1), ((1, 1), (1, 0)), (1, 1))),
    ((6, 4, 5, 4), (4, 4), Windows((3, 2), (2, 1), (1, 1), ((1, 1), (1, 0)), (1, 1))),
    ((6, 4, 5, 4), (4, 4), Windows((3, 2), (1, 1), (1, 1), ((1, 1), (1, 0)), (2, 1))),
    ((6, 4, 3, 4, 2), (3, 1), Windows((3, 2, 2), (1, 2, 1), (1, 1, 1), ((1, 1), (0, 1), (0, 0)), (1, 1, 1))),
]


def arrays(key, shape, channels, groups, windows, dtype="float32"):
    """A batch, a kernel, and a change of the result."""
    x = jax.random.normal(key, shape, dtype)
    kernel = jax.random.normal(key, (*windows.sizes, shape[-1] // groups, channels), dtype)
    return x, kernel, jax.random.normal(key, (shape[0], *windows.results(shape[1:-1]), channels), dtype)


def both(x, kernel, dy, windows, groups):
    """The result and its reverse derivative: ours, and JAX's."""
    y, pullback = jax.vjp(lambda x, kernel: convolution(x, kernel, windows, groups), x, kernel)
    return (correlate(x, kernel, windows, groups), *correlate_back(x, kernel, dy, windows, groups)), (y, *pullback(dy))


@pytest.mark.parametrize("limits", [{}, {"SMALL": 0}])
@pytest.mark.parametrize(("shape", "channels", "windows"), CASES)
def test_every_form_is_jax_s_convolution(key, shape, channels, windows, limits, monkeypatch):
    for name, value in limits.items():
        monkeypatch.setattr(correlation, name, value)
    given = arrays(key, shape, *channels, windows)
    ours, theirs = jax.jit(lambda *given: both(*given, windows, channels[1]))(*given)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-5)


def test_elsewhere_it_is_jax_s_convolution(key, monkeypatch):
    monkeypatch.setattr(correlation, "on_cpu", lambda: False)
    shape, channels, windows = CASES[1]
    given = arrays(key, shape, *channels, windows)
    text = str(jax.make_jaxpr(lambda *given: correlate_back(*given, windows))(*given))
    assert "dot_general" not in text and "conv_general_dilated" in text
    ours, theirs = both(*given, windows, 1)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_sums_are_precise_in_bfloat16(key, monkeypatch):
    monkeypatch.setattr(correlation, "SMALL", 0)
    shape, (channels, groups), windows = CASES[-1]
    given = arrays(key, shape, channels, groups, windows, "bfloat16")
    ours, _ = jax.jit(lambda *given: both(*given, windows, groups))(*given)
    _, exact = jax.jit(lambda *given: both(*given, windows, groups))(*(a.astype("float32") for a in given))
    for a, b in zip(ours, exact, strict=True):
        assert a.dtype == jnp.bfloat16
        np.testing.assert_allclose(a.astype("float32"), b, rtol=2**-8, atol=1e-3)


def test_every_convolution_of_a_step_has_the_layout_that_is_fast_in_loops(monkeypatch):
    monkeypatch.setattr(correlation, "SMALL", 0)
    model = R(6, 6, 2) >> cl.conv(4, 3) >> cl.relu >> cl.conv(3, 3, stride=2) >> cl.flatten >> cl.dense(2)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1))
    examples = jnp.ones((4, 6, 6, 2)), jnp.zeros(4, int)
    traced = jax.make_jaxpr(learner.pure_step)(learner.init(jax.random.key(0)), examples)
    layouts = [eqn.params["dimension_numbers"] for eqn in traced.eqns if eqn.primitive.name == "conv_general_dilated"]
    assert layouts and {(d.lhs_spec, d.rhs_spec, d.out_spec) for d in layouts} == {((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))}


def test_a_batch_of_no_examples():
    windows = CASES[1][2]
    assert correlate(jnp.ones((0, 7, 6, 4)), jnp.ones((3, 2, 4, 5)), windows).shape == (0, 7, 6, 5)
