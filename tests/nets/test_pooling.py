import pickle

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError

LENGTHS = {1: (9,), 2: (7, 6), 3: (5, 4, 6)}
MAX = {1: eqx.nn.MaxPool1d, 2: eqx.nn.MaxPool2d, 3: eqx.nn.MaxPool3d}
AVERAGE = {1: eqx.nn.AvgPool1d, 2: eqx.nn.AvgPool2d, 3: eqx.nn.AvgPool3d}
GLOBAL_MAX = {1: eqx.nn.AdaptiveMaxPool1d, 2: eqx.nn.AdaptiveMaxPool2d, 3: eqx.nn.AdaptiveMaxPool3d}
GLOBAL_AVERAGE = {1: eqx.nn.AdaptiveAvgPool1d, 2: eqx.nn.AdaptiveAvgPool2d, 3: eqx.nn.AdaptiveAvgPool3d}


def their_value(layer, x):
    return jnp.moveaxis(layer(jnp.moveaxis(x, -1, 0)), 0, -1)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(
    ("window", "stride", "padding"), [(2, None, 0), (2, 1, 0), (3, 2, 0), (3, None, 0), (3, 2, 1), (2, 2, 1)]
)
@pytest.mark.parametrize(("ours", "theirs"), [(cl.max_pool, MAX), (cl.average_pool, AVERAGE)])
def test_pooling_is_equinox_s(key, axes, window, stride, padding, ours, theirs):
    x = jax.random.normal(key, (*LENGTHS[axes], 2))
    f = R(*x.shape) >> ours(window, stride, padding)
    np.testing.assert_allclose(f((), x), their_value(theirs[axes](window, stride or window, padding), x), rtol=1e-5, atol=1e-6)
    assert f((), x).shape == f.cod.structs[0].shape
    assert laws.agrees_with_vjp(f, key) is None


@pytest.mark.parametrize("padding", ["SAME", "VALID", ((1, 0), (0, 1))])
def test_pooling_is_flax_s_with_words_and_tuples(key, padding):
    x = jax.random.normal(key, (7, 6, 2))
    given = (3, 2), (2, 3), padding
    np.testing.assert_allclose((R(7, 6, 2) >> cl.max_pool(*given))((), x), nn.max_pool(x, *given), rtol=1e-6)
    np.testing.assert_allclose((R(7, 6, 2) >> cl.average_pool(*given))((), x), nn.avg_pool(x, *given), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("window", "stride"), [(2, None), (3, 2), (2, 3)])
def test_gradients_are_those_of_reduce_window(key, window, stride):
    """Away from ties."""
    x, given = jax.random.normal(key, (7, 6, 2)), ((window, window), (stride or window,) * 2)
    for ours, theirs in [(cl.max_pool, nn.max_pool), (cl.average_pool, nn.avg_pool)]:
        f = R(7, 6, 2) >> ours(window, stride)
        a, b = (jax.grad(lambda x, run=run: (run(x) ** 2).sum())(x) for run in (lambda x: f((), x), lambda x: theirs(x, *given)))  # noqa: B023
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("ours", "theirs"), [(cl.global_max_pool, GLOBAL_MAX), (cl.global_average_pool, GLOBAL_AVERAGE)])
def test_global_pooling_is_equinox_s_adaptive(key, axes, ours, theirs):
    x = jax.random.normal(key, (*LENGTHS[axes], 2))
    f = R(*x.shape) >> ours
    np.testing.assert_allclose(f((), x), their_value(theirs[axes](1), x).reshape(2), rtol=1e-5, atol=1e-6)
    assert f.cod == R(2)
    assert laws.agrees_with_vjp(f, key) is None and laws.batch_runs_each_example(f, 3, key) is None


@pytest.mark.parametrize(
    "family", [cl.global_max_pool, cl.global_average_pool, cl.max_pool(2), cl.average_pool((2, 1), padding=1)]
)
def test_families_are_their_code_and_survive_pickling(family):
    assert eval(repr(family), vars(cl)) == family == pickle.loads(pickle.dumps(family))


def test_a_tie_shares_its_gradient_and_loses_none():
    lens = cl.reverse(R(2, 2, 1) >> cl.max_pool(2))
    _, residual = lens.forward((), jnp.ones((2, 2, 1)))
    _, dx = lens.backward(residual, jnp.ones((1, 1, 1)))
    assert np.array_equal(dx.ravel(), [0.25] * 4)


def test_padding_is_never_the_largest():
    x = -jnp.ones((3, 1))
    assert np.array_equal((R(3, 1) >> cl.max_pool(2, padding=1))((), x).ravel(), [-1, -1])
    assert np.array_equal((R(3, 1) >> cl.average_pool(2, padding=1))((), x).ravel(), [-0.5, -1])


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_pooling_keeps_the_dtype(dtype):
    for family in (cl.max_pool(2), cl.average_pool(3, 1), cl.global_max_pool, cl.global_average_pool):
        f = R(4, 4, 2, dtype=dtype) >> family
        assert f.cod.structs[0].dtype == dtype and f((), jnp.ones((4, 4, 2), dtype)).dtype == dtype


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(2, 8, 1) >> cl.max_pool(3), r"a window of 3 on axis 0, larger than the 2 that it sees of R\(2, 8, 1\)"),
        (lambda: R(8) >> cl.max_pool(2), "takes one to three axes of space"),
        (lambda: R(8, 8, dtype="int32") >> cl.average_pool(2), "takes floats"),
        (lambda: cl.max_pool(2, stride=0), "stride must be"),
        (lambda: cl.average_pool(2.5), "window must be a whole number"),
        (lambda: cl.average_pool(2, padding="same"), "padding must be"),
        (lambda: R(8, 8, 1) >> cl.max_pool((2,)), r"window=\(2,\) is for 1 axis of space, and there are 2"),
        (lambda: R(8, 8, 1) >> cl.max_pool(2, padding=2), "windows of padding alone"),
        (lambda: R(8) >> cl.global_max_pool, "takes one to three axes of space"),
        (lambda: R(0, 8) >> cl.global_average_pool, "at least one entry"),
    ],
)
def test_what_pooling_does_not_take(make, said):
    with pytest.raises(TypingError, match=said):
        make()
