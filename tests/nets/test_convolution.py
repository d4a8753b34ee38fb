import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError
from catlearn.nets.convolution import tiled_max, window_max


@pytest.mark.parametrize(("stride", "padding"), [(1, "SAME"), (1, "VALID"), (2, "VALID"), (2, "SAME")])
def test_conv_is_equinox_conv_on_the_same_weights(key, stride, padding):
    theirs = eqx.nn.Conv2d(2, 3, 3, stride=stride, padding=padding, key=key)
    x = jax.random.normal(key, (7, 6, 2))
    f = R(7, 6, 2) >> cl.conv(3, 3, stride=stride, padding=padding)
    ours = f((jnp.transpose(theirs.weight, (2, 3, 1, 0)), theirs.bias[:, 0, 0]), x)
    np.testing.assert_allclose(ours, jnp.transpose(theirs(jnp.transpose(x, (2, 0, 1))), (1, 2, 0)), rtol=1e-4, atol=1e-5)
    assert ours.shape == f.cod.structs[0].shape


@pytest.mark.parametrize(("window", "stride"), [(2, None), (2, 1), (3, 2), (3, None)])
def test_max_pool_is_equinox_max_pool(key, window, stride):
    theirs = eqx.nn.MaxPool2d(window, stride or window)
    x = jax.random.normal(key, (7, 6, 2))
    f = R(7, 6, 2) >> cl.max_pool(window, stride)
    np.testing.assert_array_equal(f((), x), jnp.transpose(theirs(jnp.transpose(x, (2, 0, 1))), (1, 2, 0)))
    assert laws.agrees_with_vjp(f, key) is None
    lens = cl.reverse(cl.batch(f, 2))
    xs = jnp.stack([x, -x])
    y, residual = jax.jit(lens.forward)((), xs)
    assert jax.jit(lens.backward)(residual, y)[1].shape == xs.shape


def test_tiles_and_windows_agree_away_from_ties(key):
    x = jax.random.normal(key, (6, 8, 3))
    tiles, windows = (
        jax.value_and_grad(lambda x: (tiled_max(x, 2) ** 2).sum()),
        jax.value_and_grad(lambda x: (window_max(x, 2, 2) ** 2).sum()),
    )
    for a, b in zip(tiles(x), windows(x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_a_tie_shares_its_gradient_and_loses_none():
    lens = cl.reverse(R(2, 2, 1) >> cl.max_pool(2))
    _, residual = lens.forward((), jnp.ones((2, 2, 1)))
    _, dx = lens.backward(residual, jnp.ones((1, 1, 1)))
    assert np.array_equal(dx.ravel(), [0.25] * 4)


def test_batched_convolution_is_one_convolution(key):
    model = cl.batch(R(8, 8, 1) >> cl.conv(4, 3), 16)
    text = jax.jit(model).lower(model.param.structs, *model.dom.structs).as_text()
    assert text.count("stablehlo.convolution") == 1
    assert laws.batch_runs_each_example(R(5, 5, 1) >> cl.conv(2, 3) >> cl.max_pool(2), 3, key) is None


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(8, 8) >> cl.conv(3, 3), "three axes"),
        (lambda: R(8, 8, 1, dtype="int32") >> cl.conv(3, 3), "takes floats"),
        (lambda: R(8, 8, 1) >> cl.conv(3, 9, padding="VALID"), "larger than the image"),
        (lambda: R(8, 8, 1) >> cl.conv(3, 3, padding="same"), "'SAME' or 'VALID'"),
        (lambda: R(8, 8, 1) >> cl.conv(0, 3), "channels must be a whole number"),
        (lambda: R(2, 8, 1) >> cl.max_pool(3), "larger than the image"),
        (lambda: R(8) >> cl.max_pool(2), "three axes"),
        (lambda: cl.max_pool(2, stride=0), "stride must be"),
    ],
)
def test_bad_images_and_windows(make, said):
    with pytest.raises(TypingError, match=said):
        make()
