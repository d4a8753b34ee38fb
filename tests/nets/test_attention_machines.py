import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import ArgumentError, TypingError

T, D = 5, 8
OPTIONS = [{}, {"key_value_heads": 2}, {"rotary": True, "head_size": 6}, {"rotary": 100.0, "use_bias": False}]


def values_and_gradients(f, params, x, dy):
    @jax.jit
    def both(params, x):
        y, pullback = jax.vjp(f, params, x)
        return y, pullback(dy)

    return both(params, x)


def close(found, expected):
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("options", OPTIONS)
def test_cached_attention_over_a_sequence_is_causal_attention(options, key):
    whole = R(T, D) >> cl.attention(4, causal=True, **options)
    each = R(T, D) >> cl.run(cl.cached_attention(4, T + len(options), **options))
    assert cl.names(whole) == tuple(name.removeprefix("0.") for name in cl.names(each))
    params, x, dy = whole.init(key), jax.random.normal(key, (T, D)), jax.random.normal(key, (T, D))
    close(values_and_gradients(each, params, x, dy), values_and_gradients(whole, params, x, dy))


def test_cached_attention_in_a_batch_and_by_the_reverse_functor(key):
    each, whole = R(3, D) >> cl.run(cl.cached_attention(2, 3)), R(3, D) >> cl.attention(2, causal=True)
    params, x = whole.init(key), jax.random.normal(key, (2, 3, D))
    np.testing.assert_allclose(*(jax.jit(cl.batch(f, 2))(params, x) for f in (each, whole)), rtol=1e-5, atol=1e-5)
    machine = cl.cached_attention(2, 3)
    assert laws.agrees_with_vjp(R(D) @ machine.carrier(R(D)) >> machine, key) is None


def test_beyond_its_room_a_cache_is_no_number(key):
    each = R(5, D) >> cl.run(cl.cached_attention(2, 3))
    y = jax.jit(each)(each.init(key), jax.random.normal(key, (5, D)))
    assert np.isfinite(y[:3]).all() and np.isnan(y[3:]).all()
    machine = cl.cached_attention(2, 3)
    S = machine.carrier(R(D))
    step = R(D) @ S >> machine
    K = jnp.zeros((3, 2, 4))
    with pytest.raises(ArgumentError, match="room for 3 elements"):
        step(step.init(key), jnp.ones(D), K, K, jnp.int32(3))
    with pytest.raises(ArgumentError, match="room for 3 elements"):
        cl.batch(R(1) @ R(3) @ R(dtype="int32") >> cl.snoc(), 2)(
            (), jnp.ones((2, 1)), jnp.ones((2, 3)), jnp.array([0, 3], jnp.int32)
        )
    assert np.isnan(jax.jit(step)(step.init(key), jnp.ones(D), K, K, jnp.int32(3))[0]).all()


def test_bad_machines():
    with pytest.raises(TypingError, match="length must be a whole number"):
        cl.cached_attention(2, 0)
    with pytest.raises(TypingError, match="one axis"):
        cl.cached_attention(2, 4).carrier(R(5, D))
    with pytest.raises(TypingError, match="equal heads"):
        cl.cached_attention(3, 4).carrier(R(D))
    with pytest.raises(TypingError, match="takes an input and its states"):
        R(D) @ R(4, 2, 4) @ R(4, 2, 4) @ R(4, dtype="int32") >> cl.cached_attention(2, 4)
    with pytest.raises(TypingError, match=r"adds R\(1, …\) to R\(u, …\)"):
        R(1, 2) @ R(5, 3) @ R(dtype="int32") >> cl.snoc()
    with pytest.raises(TypingError, match="even number of features"):
        R(1, 2, 3) @ R(dtype="int32") >> cl.rotary_at()


# linear attention


def definition(q, k, v):
    """Equation 9 of Katharopoulos et al., in NumPy's float64."""
    q, k, v = (np.asarray(x, np.float64) for x in (q, k, v))
    phi = lambda x: np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))  # noqa: E731
    weights = np.einsum("ths,uhs->htu", phi(q), phi(k)) * np.tri(len(q))
    return np.einsum("htu,uhe->the", weights / weights.sum(-1, keepdims=True), v)


@pytest.mark.parametrize("piece", [1, 3, 64])
def test_linear_attend_is_its_definition(piece, key):
    q, k, v = (jax.random.normal(k, (7, 2, n)) for k, n in zip(jax.random.split(key, 3), (4, 4, 3), strict=True))
    f = R(7, 2, 4) @ R(7, 2, 4) @ R(7, 2, 3) @ R(2, 4, 3) @ R(2, 4) >> cl.linear_attend(piece)
    y, S, z = f((), q, k, v, jnp.zeros((2, 4, 3)), jnp.zeros((2, 4)))
    np.testing.assert_allclose(y, definition(q, k, v), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(z, (jax.nn.elu(k) + 1).sum(0), rtol=1e-5)
    np.testing.assert_allclose(S, jnp.einsum("ths,the->hse", jax.nn.elu(k) + 1, v), rtol=1e-5, atol=1e-5)


def test_linear_attend_goes_on_from_where_it_was(key):
    of = lambda t: R(t, 2, 4) @ R(t, 2, 4) @ R(t, 2, 4) @ R(2, 4, 4) @ R(2, 4) >> cl.linear_attend(2)  # noqa: E731
    q, k, v = jax.random.normal(key, (3, 7, 2, 4))
    begin = jnp.zeros((2, 4, 4)), jnp.zeros((2, 4))
    whole, *end = of(7)((), q, k, v, *begin)
    first, *between = of(3)((), q[:3], k[:3], v[:3], *begin)
    second, *last = of(4)((), q[3:], k[3:], v[3:], *between)
    for a, b in zip((jnp.concatenate([first, second]), *last), (whole, *end), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_linear_attention_over_a_sequence_is_its_machine(key):
    whole, each = R(T, D) >> cl.linear_attention(2), R(T, D) >> cl.run(cl.linear_attention_machine(2))
    params, x, dy = whole.init(key), jax.random.normal(key, (T, D)), jax.random.normal(key, (T, D))
    close(values_and_gradients(each, params, x, dy), values_and_gradients(whole, params, x, dy))
    assert laws.batch_runs_each_example(whole, 2, key) is None and laws.agrees_with_vjp(whole, key) is None


def test_weights_that_vanish_and_other_dtypes(key):
    f = R(2, 1, 1) @ R(2, 1, 1) @ R(2, 1, 1) @ R(1, 1, 1) @ R(1, 1) >> cl.linear_attend()
    low = jnp.full((2, 1, 1), -200.0)
    y, *_ = f((), low, low, jnp.ones((2, 1, 1)), jnp.zeros((1, 1, 1)), jnp.zeros((1, 1)))
    assert (y == 0).all()
    g = R(3, D, dtype="bfloat16") >> cl.linear_attention(2)
    assert g(g.init(key), jnp.ones((3, D), "bfloat16")).dtype == jnp.bfloat16
    with pytest.raises(TypingError, match="equal heads"):
        R(3, D) >> cl.linear_attention(3)
    with pytest.raises(TypingError, match="linear_attend"):
        R(3, 2, 4) @ R(3, 2, 5) @ R(3, 2, 4) @ R(2, 4, 4) @ R(2, 4) >> cl.linear_attend()
