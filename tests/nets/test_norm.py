import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError


def weights(f, key):
    """Parameters that are not the ones and zeros that norms begin with."""
    return tuple(jax.random.normal(k, s.shape, s.dtype) for k, s in zip(jax.random.split(key), f.param.structs, strict=False))


def with_weights(norm, *params):
    return eqx.tree_at(lambda n: (n.weight, n.bias)[: len(params)], norm, params)


def data(key, *shape):
    return 3 * jax.random.normal(key, shape) + 2


CASES = [
    (R(5, 6, 8) >> cl.layer_norm(), lambda p: jax.vmap(jax.vmap(with_weights(eqx.nn.LayerNorm(8), *p)))),
    (R(8) >> cl.layer_norm(eps=0.1), lambda p: with_weights(eqx.nn.LayerNorm(8, eps=0.1), *p)),
    (R(8) >> cl.layer_norm(use_bias=False), lambda p: with_weights(eqx.nn.LayerNorm(8, use_bias=False), *p)),
    (R(8) >> cl.layer_norm(use_scale=False, use_bias=False), lambda p: eqx.nn.LayerNorm(8, use_weight=False, use_bias=False)),
    (R(5, 8) >> cl.rms_norm(), lambda p: jax.vmap(with_weights(eqx.nn.RMSNorm(8, use_bias=False), *p))),
    (R(8) >> cl.rms_norm(eps=0.1, use_bias=True), lambda p: with_weights(eqx.nn.RMSNorm(8, eps=0.1), *p)),
    (R(5, 6, 8) >> cl.group_norm(4), lambda p: channels_first(with_weights(eqx.nn.GroupNorm(4, 8), *p))),
    (R(5, 8) >> cl.group_norm(1, eps=0.1), lambda p: channels_first(with_weights(eqx.nn.GroupNorm(1, 8, eps=0.1), *p))),
    (R(8) >> cl.group_norm(2), lambda p: with_weights(eqx.nn.GroupNorm(2, 8), *p)),
]


def channels_first(norm):
    return lambda x: jnp.moveaxis(norm(jnp.moveaxis(x, -1, 0)), 0, -1)


@pytest.mark.parametrize(("f", "theirs"), CASES, ids=lambda f: f.code() if hasattr(f, "code") else "")
def test_norms_are_equinox_s_on_the_same_weights(f, theirs, key):
    params, x = weights(f, key), data(key, *f.dom.structs[0].shape)
    np.testing.assert_allclose(jax.jit(f)(params, x), eqx.filter_jit(theirs(params))(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("f", "theirs"), CASES[:1] + CASES[4:7:2], ids=["layer_norm", "rms_norm", "group_norm"])
def test_gradients_are_those_of_equinox(f, theirs, key):
    params, x, dy = weights(f, key), data(key, *f.dom.structs[0].shape), data(key, *f.dom.structs[0].shape)
    lens = cl.reverse(f)
    found = jax.jit(lambda params, x, dy: lens.backward(lens.forward(params, x)[1], dy))(params, x, dy)
    expected = jax.jit(lambda params, x, dy: jax.vjp(lambda params, x: theirs(params)(x), params, x)[1](dy))(params, x, dy)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * float(jnp.abs(b).max()))


@pytest.mark.parametrize("f", [R(2, 4) >> cl.normalise(), R(2, 4) >> cl.normalise((0, 1), centred=False), R(4) >> cl.scale()])
def test_boxes_keep_the_laws(f, key):
    assert laws.agrees_with_vjp(f, key) is None
    assert laws.batch_runs_each_example(f, 2, key) is None and laws.batch_sums_gradients(f, 2, key) is None


@pytest.mark.parametrize("family", [cl.layer_norm(), cl.group_norm(2)])
def test_statistics_of_bfloat16_are_taken_in_float32(family, key):
    f = R(6, 8, dtype="bfloat16") >> family
    x = 100 + jax.random.normal(key, (6, 8), jnp.bfloat16)
    y = f(f.init(key), x)
    exact = (R(6, 8) >> family)((R(6, 8) >> family).init(key), x.astype(jnp.float32))
    assert f.cod == f.dom and all(p.dtype == jnp.bfloat16 for p in f.init(key))
    np.testing.assert_allclose(y.astype(jnp.float32), exact, rtol=2**-8, atol=2**-8)
    lens = cl.reverse(f)
    assert lens.backward(lens.forward(f.init(key), x)[1], y)[1].dtype == jnp.bfloat16


def test_float64_stays_float64(key):
    with jax.enable_x64(True):
        f = R(8, dtype="float64") >> cl.layer_norm()
        x = jax.random.normal(key, (8,), jnp.float64)
        np.testing.assert_allclose(f(f.init(key), x), (x - x.mean()) / jnp.sqrt(x.var() + 1e-5), rtol=1e-12)


def test_a_norm_is_a_composite_of_named_boxes():
    f = R(8) >> cl.layer_norm()
    assert cl.names(f) == ("scale", "bias") and cl.names(f >> cl.dense(2))[:2] == ("0.layer_norm.scale", "0.layer_norm.bias")
    assert [part.op.name for part in f[:3]] == ["normalise", "scale", "bias"]
    assert cl.normalise().precise


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(5, 8) >> cl.group_norm(3), "that 3 divides"),
        (lambda: cl.group_norm(0), "groups must be a whole number"),
        (lambda: R(8, dtype="int32") >> cl.layer_norm(), "takes floats"),
        (lambda: R() >> cl.rms_norm(), "at least one axis"),
        (lambda: R(8, dtype="complex64") >> cl.layer_norm(), "takes real numbers"),
        (lambda: R(8, dtype="int32") >> cl.scale(), "takes floats"),
        (lambda: R(8) >> cl.normalise((1,)), "out of range"),
    ],
)
def test_what_norms_do_not_take(make, said):
    with pytest.raises(TypingError, match=said):
        make()
