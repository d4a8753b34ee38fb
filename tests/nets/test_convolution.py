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
CONVS = {1: eqx.nn.Conv1d, 2: eqx.nn.Conv2d, 3: eqx.nn.Conv3d}
TRANSPOSES = {1: eqx.nn.ConvTranspose1d, 2: eqx.nn.ConvTranspose2d, 3: eqx.nn.ConvTranspose3d}

WINDOWS = [
    {},
    {"padding": "VALID"},
    {"stride": 2},
    {"stride": 2, "padding": "VALID"},
    {"padding": 2},
    {"dilation": 2},
    {"groups": 2, "stride": 3, "padding": 1},
    {"stride": 2, "dilation": 2, "padding": 1},
]


def channels_last(x):
    return jnp.moveaxis(x, 0, -1)


def their_parameters(layer):
    """An Equinox layer's weight `(d, c, …k)` and bias `(d, 1, …)` as ours."""
    return jnp.moveaxis(layer.weight, (0, 1), (-1, -2)), layer.bias.reshape(-1)


def agree(f, params, theirs, x):
    ours = f(params, x)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    assert ours.shape == f.cod.structs[0].shape


@pytest.mark.parametrize(("axes", "window"), [(2, w) for w in WINDOWS] + [(n, w) for n in (1, 3) for w in WINDOWS[-2:]])
def test_conv_is_equinox_conv_on_the_same_weights(key, axes, window):
    theirs = CONVS[axes](4, 6, 3, **({"padding": "SAME"} | window), key=key)
    x = jax.random.normal(key, (*LENGTHS[axes], 4))
    f = R(*x.shape) >> cl.conv(6, 3, **window)
    agree(f, their_parameters(theirs), channels_last(theirs(jnp.moveaxis(x, -1, 0))), x)


@pytest.mark.parametrize(("axes", "window"), [(2, w) for w in [*WINDOWS, {"stride": 4}]] + [(n, WINDOWS[-1]) for n in (1, 3)])
def test_conv_transpose_is_equinox_s_on_the_same_weights(key, axes, window):
    theirs = TRANSPOSES[axes](4, 6, 3, **({"padding": "SAME"} | window), key=key)
    x = jax.random.normal(key, (*LENGTHS[axes], 4))
    f = R(*x.shape) >> cl.conv_transpose(6, 3, **window)
    agree(f, their_parameters(theirs), channels_last(theirs(jnp.moveaxis(x, -1, 0))), x)


def test_a_tuple_has_one_for_each_axis(key):
    window = {"kernel_size": (3, 2), "stride": (1, 2), "dilation": (2, 1)}
    for padding in [(1, 2), ((2, 0), (0, 1))]:
        theirs = eqx.nn.Conv2d(2, 3, padding=padding, key=key, **window)
        x = jax.random.normal(key, (7, 6, 2))
        f = R(7, 6, 2) >> cl.conv(3, padding=padding, **window)
        agree(f, their_parameters(theirs), channels_last(theirs(jnp.moveaxis(x, -1, 0))), x)
    assert cl.conv(3, [3, 2], stride=np.int64(2)) == cl.conv(3, (3, 2), stride=2)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_conv_transpose_is_flax_s(key, padding):
    theirs = nn.ConvTranspose(3, (3, 3), strides=(2, 2), padding=padding)
    x = jax.random.normal(key, (5, 4, 2))
    params = theirs.init(key, x)
    f = R(5, 4, 2) >> cl.conv_transpose(3, 3, stride=2, padding=padding)
    agree(f, (params["params"]["kernel"], params["params"]["bias"]), theirs.apply(params, x), x)


@pytest.mark.parametrize("window", [{}, {"stride": 2, "padding": "VALID"}, {"dilation": 2, "padding": 1}])
def test_conv_transpose_is_the_transpose_of_a_convolution_with_the_kernel_flipped(key, window):
    """`⟨convolve(x), y⟩ = ⟨x, convolve_transpose(y)⟩`."""
    f = R(7, 7, 2) >> cl.convolve(3, 3, **window)
    g = f.cod >> cl.convolve_transpose(2, 3, **window)
    (w,), (x,), (y,) = f.init(key), laws.sample(f.dom, key), laws.sample(f.cod, key)
    flipped = w[::-1, ::-1].swapaxes(2, 3)
    assert g.cod == f.dom
    np.testing.assert_allclose(jnp.vdot(f((w,), x), y), jnp.vdot(x, g((flipped,), y)), rtol=1e-4)


@pytest.mark.parametrize(
    "f",
    [
        R(6, 4) >> cl.conv(4, 3),
        R(6, 5, 1) >> cl.conv(10, 3),
        R(6, 5, 4) >> cl.conv(2, 3, padding="VALID", dilation=2),
        R(6, 5, 4) >> cl.conv(6, (2, 3), stride=(2, 1), groups=2),
        R(4, 3, 2) >> cl.conv_transpose(3, 3, stride=2),
    ],
)
def test_its_derivative_is_that_of_a_convolution(f, key):
    assert laws.agrees_with_vjp(f, key) is None
    assert laws.batch_sums_gradients(f, 3, key) is None


def test_parameters_take_the_dtype_of_the_domain(key):
    f = R(6, 6, 2, dtype="bfloat16") >> cl.conv(3, 3) >> cl.conv_transpose(2, 3)
    assert f.cod == f.dom and all(p.dtype == jnp.bfloat16 for p in f.init(key))
    with jax.enable_x64(True):
        g = R(6, 6, 2, dtype="float64") >> cl.conv(3, 3)
        assert g(g.init(key), jnp.ones((6, 6, 2))).dtype == jnp.float64


def test_a_batch_makes_no_gradient_for_each_example():
    """The program for a batch has as many lines whatever its size, and none with a kernel's shape for every example."""
    lines = []
    for size in (64, 256):
        lens = cl.reverse(cl.batch(R(8, 8, 4) >> cl.conv(5, 3), size))
        step = jax.jit(lambda p, x, lens=lens: lens.backward(lens.forward(p, x)[1], jnp.ones((len(x), 8, 8, 5))))
        text = step.lower((jnp.ones((3, 3, 4, 5)), jnp.ones(5)), jnp.ones((size, 8, 8, 4))).as_text()
        lines.append(len(text.splitlines()))
        assert f"tensor<{size}x3x3x4x5xf32>" not in text
    assert lines[0] == lines[1]


@pytest.mark.parametrize("layer", [cl.conv, cl.conv_transpose])
@pytest.mark.parametrize(
    ("dom", "given", "said"),
    [
        (R(8), (3, 3), "takes one to three axes of space and one of channels"),
        (R(8, 8, 8, 8, 1), (3, 3), r"which has 5"),
        (R(8, 8, 1, dtype="int32"), (3, 3), "takes floats"),
        (R(8, 8, 1), (3, 3, 1, "same"), "padding must be 'SAME' or 'VALID', a whole number, or a tuple"),
        (R(8, 8, 1), (3, 3, 1, -1), "got -1"),
        (R(8, 8, 1), (3, 3, 1, (1, (1, 2, 3))), r"got \(1, \(1, 2, 3\)\)"),
        (R(8, 8, 1), (0, 3), "channels must be a whole number"),
        (R(8, 8, 1), (3, (3, 0)), r"kernel_size must be a whole number ≥ 1, or a tuple of them, got \(3, 0\)"),
        (R(8, 8, 1), (3, (3, 3, 3)), r"kernel_size=\(3, 3, 3\) is for 3 axes of space, and there are 2"),
        (R(8, 1), (3, 3, (1, 1)), r"stride=\(1, 1\) is for 2 axes of space, and there are 1"),
        (R(8, 8, 1), (3, 3, 1, (1,)), r"padding=\(1,\) is for 1 axis of space, and there are 2"),
        (R(8, 8, 3), (4, 3, 1, "SAME", True, 1, 2), r"2 groups don't divide 3 channels of R\(8, 8, 3\) into 4"),
        (R(8, 8, 4), (3, 3, 1, "SAME", True, 1, 2), r"2 groups don't divide 4 channels of R\(8, 8, 4\) into 3"),
    ],
)
def test_what_convolutions_do_not_take(layer, dom, given, said):
    with pytest.raises(TypingError, match=said):
        dom >> layer(*given)


def test_kernels_larger_than_what_they_see():
    with pytest.raises(TypingError, match=r"a window of 9 on axis 1, larger than the 8 that it sees of R\(9, 8, 1\)"):
        R(9, 8, 1) >> cl.conv(3, 9, padding="VALID")
    with pytest.raises(TypingError, match="a window of 5 on axis 0, larger than the 4"):
        R(4, 1) >> cl.conv(3, 3, dilation=2, padding="VALID")
    with pytest.raises(TypingError, match="a window of 3 on axis 0, larger than the 2"):
        R(2, 1) >> cl.conv_transpose(3, 3, padding=2)
    assert (R(4, 1) >> cl.conv(3, 3, dilation=2, padding=1)).cod == R(2, 3)
