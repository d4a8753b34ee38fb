import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.algebra.monoids import opposite

MONOIDS = {
    "sums": cl.sums(R(2) @ R()),
    "maxima": cl.maxima(R(2)),
    "least whole number": cl.maxima(R(2, dtype="int32")),
    "mean_parts": cl.mean_parts(R(2)),
    "matrices": cl.matrices(2),
    "affine": cl.affine(R(2)),
    "opposite": opposite(cl.affine(R(2))),
    "online_softmax": cl.online_softmax(R(2)),
}


@pytest.mark.parametrize("name", MONOIDS)
def test_laws(name):
    assert laws.monoid(MONOIDS[name]) is None


@pytest.mark.parametrize("t", [0, 1, 5])
def test_folds_are_what_their_names_say(t, key):
    x = jax.random.normal(key, (t, 2, 2))
    np.testing.assert_allclose((R(t, 2, 2) >> cl.fold(cl.sums(R(2, 2))))((), x), x.sum(0), rtol=1e-6, atol=1e-6)
    greatest = (R(t, 2, 2) >> cl.fold(cl.maxima(R(2, 2))))((), x)
    np.testing.assert_array_equal(greatest, x.max(0, initial=-jnp.inf))
    product = np.linalg.multi_dot([np.eye(2), np.eye(2), *np.asarray(x)])
    np.testing.assert_allclose((R(t, 2, 2) >> cl.fold(cl.matrices(2)))((), x), product, rtol=1e-5, atol=1e-5)
    s, n = (R(t, 2, 2) @ R(t) >> cl.fold(cl.mean_parts(R(2, 2))))((), x, jnp.ones(t))
    np.testing.assert_allclose(s, (x.mean(0) if t else jnp.zeros((2, 2))) * t, rtol=1e-5, atol=1e-6)
    assert n == t


def row(t, masked=False):
    """One query against t keys and values: scores, triples, their fold, and the average."""
    heads = R(t, 4) @ R(t, 3) @ (R(t, dtype=bool) if masked else cl.I)
    scored = R(4) @ heads >> (R(4) @ R(t, 4) >> cl.function(lambda q, k: k @ q / 2, arity=2)) @ heads[1:]
    ones = cl.constant((jnp.ones(t),))
    triples = scored >> R(t) @ ones @ scored.cod[1:]
    averaged = cl.function(lambda m, n, total: total / jnp.where(n > 0, n, 1), arity=3)
    return triples >> cl.fold(cl.online_softmax(R(3)), masked=masked) >> averaged


@pytest.mark.parametrize("t", [1, 2, 7])
def test_a_row_of_attention_is_a_fold_of_the_online_softmax(t, key):
    f = row(t)
    attended = R(1, 1, 4) @ R(t, 1, 4) @ R(t, 1, 3) >> cl.function(
        lambda q, k, v: jax.nn.dot_product_attention(q, k, jnp.pad(v, ((0, 0), (0, 0), (0, 1))))[..., :3], arity=3
    )
    q, k, v = (jax.random.normal(k, s) for k, s in zip(jax.random.split(key, 3), ((4,), (t, 4), (t, 3)), strict=True))
    expected = lambda q, k, v: attended((), q[None, None], k[:, None], v[:, None])[0, 0]  # noqa: E731
    y, pullback = jax.vjp(jax.jit(lambda *xs: f((), *xs)), q, k, v)
    z, other = jax.vjp(jax.jit(expected), q, k, v)
    for a, b in zip((y, *pullback(jnp.ones(3))), (z, *other(jnp.ones(3))), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_a_row_of_attention_is_attend_s(key):
    q, k, v = jax.random.normal(key, (3, 5, 3, 4))
    attended = (R(1, 1, 4) @ R(5, 1, 4) @ R(5, 1, 4) >> cl.attend())((), q[:1, :1], k[:, :1], v[:, :1])
    scores = k[:, 0] @ q[0, 0] / 2
    triple = R(5) @ R(5) @ R(5, 4) >> cl.fold(cl.online_softmax(R(4)))
    _, n, total = triple((), scores, jnp.ones(5), v[:, 0])
    np.testing.assert_allclose(total / n, attended[0, 0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mask", [[1, 1, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]])
def test_masked_places_count_nothing_and_their_gradients_are_numbers(mask, key):
    f, mask = row(5, masked=True), jnp.array(mask, bool)
    q, k, v = (jax.random.normal(k, s) for k, s in zip(jax.random.split(key, 3), ((4,), (5, 4), (5, 3)), strict=True))
    real = np.flatnonzero(mask)
    y, pullback = jax.vjp(jax.jit(lambda *xs: f((), *xs, mask)), q, k, v)
    expected = row(len(real))((), q, k[real], v[real]) if len(real) else jnp.zeros(3)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    dq, dk, dv = pullback(jnp.ones(3))
    assert all(np.isfinite(d).all() for d in (dq, dk, dv)) and (dk[~mask] == 0).all() and (dv[~mask] == 0).all()


def test_the_unit_of_the_online_softmax_is_a_number_everywhere_it_counts():
    m = cl.online_softmax(R(2))
    unit = m.unit(())
    found = m.multiply((), *unit, *unit)
    assert found[0] == -jnp.inf and found[1] == 0 and (found[2] == 0).all()
    d = jax.grad(lambda s: m.multiply((), s, jnp.float32(1), jnp.ones(2), *unit)[2].sum())(jnp.float32(-jnp.inf))
    assert np.isfinite(d)


def test_the_opposite_folds_from_right_to_left(key):
    a, b = jax.random.normal(key, (2, 4, 2))
    f, g = (R(4, 2) @ R(4, 2) >> cl.fold(m) for m in (opposite(cl.affine(R(2))), cl.affine(R(2))))
    for x, y in zip(f((), a, b), g((), a[::-1], b[::-1]), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6)
