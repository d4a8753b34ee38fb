import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError


def normals(key, *shapes, dtype=jnp.float32):
    return [jax.random.normal(k, shape, dtype) for k, shape in zip(jax.random.split(key, len(shapes)), shapes, strict=True)]


def kernels(layer):
    """Parameters in our order of an Equinox attention layer."""
    maps = (layer.query_proj, layer.key_proj, layer.value_proj, layer.output_proj)
    return tuple(w for f in maps for w in ((f.weight.T,) if f.bias is None else (f.weight.T, f.bias)))


def equinox(key, heads, size, biased=True, **sizes):
    biases = {f"use_{name}_bias": biased for name in ("query", "key", "value", "output")}
    return eqx.nn.MultiheadAttention(heads, size, key=key, **biases, **sizes)


# attend


@pytest.mark.parametrize(("heads", "shared", "causal"), [(4, 4, False), (6, 2, False), (4, 1, True)])
def test_attend_is_jax_s(heads, shared, causal, key):
    f = R(5, heads, 8) @ R(5, shared, 8) @ R(5, shared, 8) >> cl.attend(causal)
    q, k, v = normals(key, (5, heads, 8), (5, shared, 8), (5, shared, 8))
    expected = lambda q, k, v: jax.nn.dot_product_attention(q, k, v, is_causal=causal)  # noqa: E731
    lens, (dy,) = cl.reverse(f), normals(key, (5, heads, 8))
    y, residual = jax.jit(lens.forward)((), q, k, v)
    (z, pullback), found = jax.jit(lambda *xs: jax.vjp(expected, *xs))(q, k, v), jax.jit(lens.backward)(residual, dy)[1]
    for a, b in zip((y, *found), (z, *pullback(dy)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("t", "axes", "causal"), [(5, (7,), False), (5, (5, 7), False), (7, (7,), True), (7, (7, 7), True)])
def test_attend_with_a_mask_is_jax_s(t, axes, causal, key):
    f = R(t, 4, 8) @ R(7, 2, 8) @ R(7, 2, 8) @ R(*axes, dtype=bool) >> cl.attend(causal, masked=True)
    q, k, v = normals(key, (t, 4, 8), (7, 2, 8), (7, 2, 8))
    mask = jax.random.bernoulli(key, 0.6, axes).at[..., 0].set(True)  # so that every place sees a key
    full = jnp.broadcast_to(mask, (1, t, 7))
    expected = jax.nn.dot_product_attention(q, k, v, mask=full, is_causal=causal)
    np.testing.assert_allclose(jax.jit(f)((), q, k, v, mask), expected, rtol=1e-5, atol=1e-5)


def test_attend_keeps_the_laws(key):
    f = R(3, 2, 2) @ R(3, 1, 2) @ R(3, 1, 2) @ R(3, dtype=bool) >> cl.attend(causal=True, masked=True)
    assert laws.agrees_with_vjp(f, key) is None and laws.batch_runs_each_example(f, 2, key) is None


def test_a_place_that_sees_nothing_gives_0_and_moves_nothing(key):
    f = R(3, 2, 4) @ R(3, 2, 4) @ R(3, 2, 4) @ R(3, 3, dtype=bool) >> cl.attend(masked=True)
    q, k, v = normals(key, *[(3, 2, 4)] * 3)
    mask = jnp.array([[True, True, False], [False, False, False], [False, True, False]])
    lens = cl.reverse(f)
    y, residual = jax.jit(lens.forward)((), q, k, v, mask)
    dq, dk, dv = jax.jit(lens.backward)(residual, jnp.ones_like(y))[1]
    assert np.isfinite(y).all() and (y[1] == 0).all() and np.allclose(y[2], v[1])
    assert (dq[1] == 0).all() and (dk[2] == 0).all() and (dv[2] == 0).all()
    plain = jax.jit(jax.grad(lambda q, k, v: f((), q, k, v, mask).sum(), argnums=(0, 1, 2)))(q, k, v)
    for a, b in zip((dq, dk, dv), plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_the_weights_of_bfloat16_are_taken_in_float32(key):
    f, exact = (A @ A @ A >> cl.attend() for A in (R(64, 2, 8, dtype="bfloat16"), R(64, 2, 8)))
    xs = normals(key, *[(64, 2, 8)] * 3, dtype=jnp.bfloat16)
    y = f((), *xs)
    np.testing.assert_allclose(y.astype(jnp.float32), exact((), *(x.astype(jnp.float32) for x in xs)), rtol=0.02, atol=0.01)
    lens = cl.reverse(f)
    assert {dx.dtype for dx in lens.backward(lens.forward((), *xs)[1], y)[1]} == {jnp.dtype("bfloat16")}


def test_float64_stays_float64(key):
    with jax.enable_x64(True):
        q = jax.random.normal(key, (5, 1, 4), jnp.float64)
        f = R(5, 1, 4, dtype="float64") @ R(5, 1, 4, dtype="float64") @ R(5, 1, 4, dtype="float64") >> cl.attend()
        weights = np.exp(np.asarray(q[:, 0] @ q[:, 0].T) / 2)
        np.testing.assert_allclose(f((), q, q, q)[:, 0], weights / weights.sum(-1, keepdims=True) @ q[:, 0], rtol=1e-12)


# rotary


@pytest.mark.parametrize("base", [10_000.0, 100.0])
def test_rotary_is_equinox_s(base, key):
    eqx.clear_caches()  # Equinox keeps angles by size alone, whatever the base
    f, (x,) = R(6, 3, 8) >> cl.rotary(base), normals(key, (6, 3, 8))
    theirs = jax.vmap(eqx.nn.RotaryPositionalEmbedding(8, base), in_axes=1, out_axes=1)
    np.testing.assert_allclose(jax.jit(f)((), x), theirs(x), rtol=1e-5, atol=1e-5)


def test_what_is_turned_sees_only_how_far_apart_it_is(key):
    (q,), (k,) = normals(key, (8,)), normals(jax.random.key(1), (8,))
    turned = lambda x: (R(9, 1, 8) >> cl.rotary())((), jnp.broadcast_to(x, (9, 1, 8)))[:, 0]  # noqa: E731
    scores = turned(q) @ turned(k).T
    for offset in (-2, 0, 3):
        np.testing.assert_allclose(np.diag(scores, offset), np.diag(scores, offset)[0], rtol=1e-4, atol=1e-5)


# the composites


@pytest.mark.parametrize("biased", [False, True])
def test_attention_is_equinox_s_on_the_same_weights(biased, key):
    theirs, (x,) = equinox(key, 4, 8, biased), normals(key, (5, 8))
    f = R(5, 8) >> cl.attention(4, use_bias=biased)
    np.testing.assert_allclose(jax.jit(f)(kernels(theirs), x), eqx.filter_jit(theirs)(x, x, x), rtol=1e-5, atol=1e-5)


def test_masked_rotary_attention_is_equinox_s_on_the_same_weights(key):
    theirs, (x,) = equinox(key, 2, 8), normals(key, (5, 8))
    mask = jax.random.bernoulli(key, 0.6, (5, 5)) | jnp.eye(5, dtype=bool)
    f = R(5, 8) @ R(5, 5, dtype=bool) >> cl.attention(2, masked=True, rotary=50.0)
    eqx.clear_caches()
    turn = jax.vmap(eqx.nn.RotaryPositionalEmbedding(4, 50.0), in_axes=1, out_axes=1)
    expected = eqx.filter_jit(theirs)(x, x, x, mask, process_heads=lambda q, k, v: (turn(q), turn(k), v))
    np.testing.assert_allclose(jax.jit(f)(kernels(theirs), x, mask), expected, rtol=1e-5, atol=1e-5)


def test_cross_attention_is_equinox_s_on_the_same_weights(key):
    theirs = equinox(key, 2, 8, key_size=6, value_size=6, qk_size=3, vo_size=3)
    (x, z), mask = normals(key, (5, 8), (7, 6)), jnp.arange(7) < 4
    f = R(5, 8) @ R(7, 6) @ R(7, dtype=bool) >> cl.cross_attention(2, head_size=3, masked=True)
    expected = eqx.filter_jit(theirs)(x, z, z, jnp.broadcast_to(mask, (5, 7)))
    np.testing.assert_allclose(jax.jit(f)(kernels(theirs), x, z, mask), expected, rtol=1e-5, atol=1e-5)


def test_causal_attention_is_flax_s_on_the_same_weights(key):
    theirs, (x,) = nn.MultiHeadDotProductAttention(num_heads=4), normals(key, (5, 8))
    p = theirs.init(key, x)["params"]
    params = [p[n][w] for n in ("query", "key", "value", "out") for w in ("kernel", "bias")]
    f = R(5, 8) >> cl.attention(4, causal=True)
    ours = jax.jit(f)(tuple(w.reshape(s.shape) for w, s in zip(params, f.param.structs, strict=True)), x)
    np.testing.assert_allclose(ours, theirs.apply({"params": p}, x, mask=nn.make_causal_mask(x[:, 0])), rtol=1e-5, atol=1e-5)


def test_shared_heads_are_heads_repeated(key):
    shared, full = (R(5, 8) >> cl.attention(4, key_value_heads=n, causal=True) for n in (2, 4))
    params, (x,) = shared.init(key), normals(key, (5, 8))
    repeat = lambda w: jnp.repeat(w.reshape(-1, 2, 2), 2, axis=1).reshape(*w.shape[:-1], 8)  # noqa: E731
    again = (*params[:2], *map(repeat, params[2:6]), *params[6:])
    assert shared.param.structs[2].shape == (8, 4)
    np.testing.assert_allclose(jax.jit(shared)(params, x), jax.jit(full)(again, x), rtol=1e-5, atol=1e-5)


def test_options_reach_the_parameters(key):
    f = R(5, 8) >> cl.attention(4, head_size=3, bias_init=jax.nn.initializers.ones, kernel_init=jax.nn.initializers.zeros)
    assert f.param == R(8, 12) @ R(12) @ R(8, 12) @ R(12) @ R(8, 12) @ R(12) @ R(12, 8) @ R(8)
    assert [float(p.mean()) for p in f.init(key)] == [0, 1] * 4
    assert cl.names(f)[::2] == ("query.kernel", "key.kernel", "value.kernel", "output.kernel")
    g = R(5, 8, dtype="bfloat16") >> cl.attention(2, rotary=True)
    assert g.cod == g.dom and {p.dtype for p in g.init(key)} == {jnp.dtype("bfloat16")}
    assert cl.attend(masked=True).arity == 4 and (cl.cross_attention(2) @ cl.attention(2, masked=True)).arity == 4


def test_a_sequence_may_be_empty(key):
    f = R(0, 8) >> cl.attention(2, key_value_heads=1)
    assert f(f.init(key), jnp.ones((0, 8))).shape == (0, 8)
    g = R(3, 8) @ R(0, 8) >> cl.cross_attention(2, use_bias=False)
    assert np.array_equal(g(g.init(key), jnp.ones((3, 8)), jnp.ones((0, 8))), np.zeros((3, 8)))


MASK = R(5, dtype=bool)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(5, 8) >> cl.attention(3), "into 3 equal heads; give head_size"),
        (lambda: R(5, 8) >> cl.attention(4, key_value_heads=3), "where g divides h"),
        (lambda: R(5) >> cl.attention(1), "two axes"),
        (lambda: R(5, 8, dtype="int32") >> cl.attention(2), "takes floats"),
        (lambda: R(5, 8) >> cl.attention(0), "heads must be a whole number"),
        (lambda: R(5, 8) >> cl.attention(2, head_size=0), "head_size must be a whole number"),
        (lambda: R(5, 8) @ MASK >> cl.attention(2), "takes 1 wire, got 2"),
        (lambda: R(5, 8) >> cl.attention(2, masked=True), "takes 2 wires, got 1"),
        (lambda: R(5, 8) @ R(4, dtype=bool) >> cl.attention(2, masked=True), r"takes a mask R\(5, dtype='bool'\)"),
        (lambda: R(5, 8) @ R(5) >> cl.attention(2, masked=True), "takes a mask"),
        (lambda: R(5, 8) @ R(7, 8) >> cl.cross_attention(2, causal=True), "as many keys as queries, got 7 and 5"),
        (lambda: R(5, 6) >> cl.attention(2, rotary=True), "even number of features"),
        (lambda: R(5, 6) >> cl.rotary(), "three axes"),
        (lambda: R(5, 8) >> cl.attention(2, rotary=-1.0), "base must be a number > 0"),
        (lambda: R(5, 2, 4) @ R(5, 2, 4) @ R(6, 2, 4) >> cl.attend(), "where g divides h"),
        (lambda: R(5, 2, 4) @ R(5, 2, 3) @ R(5, 2, 3) >> cl.attend(), "where g divides h"),
        (lambda: R(5, 2, 4) @ R(5, 2, 4, dtype="bfloat16") @ R(5, 2, 4) >> cl.attend(), "where g divides h"),
    ],
)
def test_what_attention_does_not_take(make, said):
    with pytest.raises(TypingError, match=said):
        make()
