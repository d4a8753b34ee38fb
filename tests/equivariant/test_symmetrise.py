import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.equivariant import Cube, D, O, S, Z
from catlearn.equivariant.symmetrise import symmetrise
from tests.equivariant.moving import drawn, error

few = settings(max_examples=20, deadline=None)
TOLERANCE = 1e-5


def mixing(shape):
    """A plain model that commutes with nothing."""
    return cl.flatten >> cl.dense(7) >> cl.tanh >> cl.dense(math.prod(shape)) >> cl.reshape(*shape)


CASES = [
    (S(4), 1, 1),
    (S(3), 2, 1),
    (S(3), 0, 2),
    (D(5), 1, 0),
    (Cube(reflections=True), 2, 1),
    (S(2) * D(3), (1, 1), (0, 1)),
]


@pytest.mark.parametrize(("group", "k", "l"), CASES)
def test_an_average_is_equivariant_and_the_plain_model_is_not(group, k, l):  # noqa: E741
    dom, cod = group.power(k, channels=2), group.power(l, channels=3)
    phi = cl.forget(dom) >> mixing(cod.wires[0].leaves[0].shape)
    f = symmetrise(phi, dom, cod)
    assert (f.dom, f.cod, f.param) == (dom, cod, phi.param)
    assert cl.names(f) == cl.names(phi) == cl.names(cl.forget(f))
    assert error(f, dom, cod, group) < TOLERANCE
    assert error(phi, dom, cod, group) > 1e-3


def test_it_is_the_mean_over_elements_and_chunks_change_nothing():
    dom, cod = S(3).power(1, channels=2), S(3).power(2)
    phi = cl.forget(dom) >> mixing((3, 3, 1))
    params, (x,) = drawn(phi.param, np.random.default_rng(0)), drawn(phi.dom, np.random.default_rng(1))
    run, wanted = jax.jit(phi), np.zeros((3, 3, 1))
    for p in itertools.permutations(range(3)):
        back = np.argsort(p)
        wanted += np.asarray(run(params, x[jnp.array(p)]))[back][:, back] / 6  # (ρ(g)⁻¹ x)[i] = x[p[i]]
    for chunk in (256, 4):
        f = symmetrise(phi, dom, cod, chunk)
        np.testing.assert_allclose(jax.jit(f)(params, x), wanted, atol=1e-6)
    assert "loop" in repr(cl.describe(cl.forget(f))) and "loop" not in repr(cl.describe(cl.forget(symmetrise(phi, dom, cod))))


LINEAR = [(S(3), 1, 1, 2), (S(3), 2, 1, 5), (Z(4), 1, 1, 4), (D(3), 1, 1, 1), (Cube(), 2, 1, 1)]


@pytest.mark.parametrize(("group", "k", "l", "dim"), LINEAR)
def test_on_linear_maps_it_is_the_orthogonal_projector_onto_equivariant_ones(group, k, l, dim):  # noqa: E741
    """Dimensions: Stirling numbers for S_n, |G| for a regular representation, Schur's lemma, and the cross product."""
    dom, cod = group.power(k), group.power(l)
    shape = cod.wires[0].leaves[0].shape
    a, b = dom.size, cod.size
    f = symmetrise(cl.flatten >> cl.linear(b) >> cl.reshape(*shape), dom, cod)
    basis = jnp.eye(a * b).reshape(-1, a, b)
    inputs = jnp.eye(a).reshape(a, *dom.wires[0].leaves[0].shape)
    run = jax.jit(jax.vmap(lambda w: jax.vmap(lambda x: f((w,), x))(inputs)))
    P = np.asarray(run(basis)).reshape(a * b, a * b)
    np.testing.assert_allclose(P @ P, P, atol=1e-5)
    np.testing.assert_allclose(P, P.T, atol=1e-5)
    assert round(float(np.trace(P))) == np.linalg.matrix_rank(P, tol=1e-3) == dim


def test_a_matrix_becomes_a_layer_of_deep_sets():
    """`𝓡(L) = α 1 + β 𝟙𝟙ᵀ` with `α = (n tr L − 𝟙ᵀL𝟙) / n(n − 1)` and `β = (𝟙ᵀL𝟙 − tr L) / n(n − 1)`: entries are
    averaged over the two orbits of S(n) on pairs."""
    n, (L,) = 4, drawn(cl.R(4, 4), np.random.default_rng(0))
    f = symmetrise(cl.function(lambda x: L @ x), S(n).power(1), S(n).power(1))
    alpha, beta = (n * L.trace() - L.sum()) / (n * (n - 1)), (L.sum() - L.trace()) / (n * (n - 1))
    found = np.stack([f((), x)[:, 0] for x in jnp.eye(n)[..., None]], 1)
    np.testing.assert_allclose(found, alpha * np.eye(n) + beta * np.ones((n, n)), atol=1e-6)


def test_direct_sums_are_moved_array_by_array():
    V = Z(3).standard()
    dom = (V + V * V).wire(2)
    h = cl.function(
        lambda x: [jnp.sin(x[0] * jnp.arange(3.0)[:, None]) + x[1][0], x[1] * x[0] ** 2 + jnp.arange(9.0).reshape(3, 3, 1)]
    )
    assert error(symmetrise(h, dom, dom), dom, dom, Z(3)) < TOLERANCE
    assert error(cl.forget(dom) >> h, dom, dom, Z(3)) > 1e-1


sets = S(4).power(1, channels=2)
deep_set = sets >> cl.linear(3) >> cl.tanh >> cl.linear(2)


def agreement(f, g):
    """A test that two arrows with the same parameters agree."""
    run = jax.jit(lambda params, x: (f(params, x), g(params, x)))

    def agree(seed):
        rng = np.random.default_rng(seed)
        np.testing.assert_allclose(*run(drawn(f.param, rng), *drawn(f.dom, rng)), atol=2e-5)

    return agree


phi = cl.R(4, 2) >> mixing((4, 2))
averaged = symmetrise(phi, sets, sets)
affine = sets >> cl.dense(2)
LAWS = {
    "fixes intertwiners": agreement(symmetrise(deep_set, sets, sets), deep_set),
    "fixes identities": agreement(symmetrise(cl.identity(cl.R(4, 2)), sets, sets), cl.identity(sets)),
    "projection": agreement(symmetrise(averaged, sets, sets), averaged),
    "after an intertwiner": agreement(symmetrise(cl.forget(deep_set) >> phi, sets, sets), deep_set >> averaged),
    "before an affine one": agreement(symmetrise(phi >> cl.forget(affine), sets, sets), averaged >> affine),
}
NO_LAWS = {
    "functor": agreement(symmetrise(phi >> phi, sets, sets), averaged >> averaged),
    "before another one": agreement(symmetrise(phi >> cl.forget(deep_set), sets, sets), averaged >> deep_set),
}


@few
@given(st.sampled_from(sorted(LAWS)), st.integers(0, 1000))
def test_it_fixes_intertwiners_and_composes_with_them(law, seed):
    LAWS[law](seed)


@pytest.mark.parametrize("law", NO_LAWS)
def test_it_is_no_functor(law):
    with pytest.raises(AssertionError):
        NO_LAWS[law](0)


@pytest.mark.parametrize("chunk", [256, 6])
def test_functors_take_it(chunk):
    f = symmetrise(cl.R(4, 2) >> mixing((4, 2)), sets, sets, chunk) >> cl.relu
    params, (xs,) = drawn(f.param, np.random.default_rng(0)), drawn(cl.R(5, 4, 2), np.random.default_rng(1))
    batched = cl.batch(f, 5)
    np.testing.assert_allclose(jax.jit(batched)(params, xs), jax.jit(jax.vmap(lambda x: f(params, x)))(xs), atol=1e-6)
    lens, dy = cl.reverse(batched), jnp.cos(xs)
    found = jax.jit(lambda p, x: lens.backward(lens.forward(p, x)[1], dy))(params, xs)
    wanted = jax.jit(lambda p, x: jax.vjp(lambda p, x: jax.vmap(lambda x: f(p, x))(x), p, x)[1](dy))(params, xs)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_wires_without_an_action_stay_and_several_wires_go_together():
    dom, cod = S(3).power(1, channels=2) @ cl.R(4), cl.R(2) @ S(3).power(2)
    h = cl.function(lambda x, z: (x[0] * z[0], jnp.outer(x[:, 0], x[:, 1] ** 2)[..., None] * jnp.arange(3.0)[:, None] + z[1]), 2)
    assert error(symmetrise(h, dom, cod), dom, cod, S(3)) < TOLERANCE
    assert error(cl.forget(dom) >> h, dom, cod, S(3)) > 1e-1


def test_an_average_over_more_of_the_group_of_an_intertwiner_of_less():
    """An arrow of Rep(Z(4)) is a model as others are, for S(4)."""
    ring = Z(4).power(1, channels=2) >> cl.linear(2) >> cl.tanh
    assert error(symmetrise(ring, sets, sets), sets, sets, S(4)) < TOLERANCE


def test_bad_input_is_an_error():
    plane = O(2).power(1, channels=4)
    with pytest.raises(ArgumentError, match=r"infinitely many elements.*frame_average"):
        symmetrise(cl.identity(cl.forget(plane)), plane, plane)
    many = S(9).power(1)
    with pytest.raises(ArgumentError, match=r"too many elements.*canonicalise"):
        symmetrise(cl.identity(cl.forget(many)), many, many)
    with pytest.raises(TypingError, match=r"must end in R\(4, 2\)"):
        symmetrise(cl.flatten, sets, sets)
    with pytest.raises(TypingError, match=r"must begin at R\(4, 2\)"):
        symmetrise(cl.R(5) >> cl.dense(3), sets, cl.R(3))
    with pytest.raises(TypingError, match="no group acts"):
        symmetrise(cl.dense(3), cl.R(2), cl.R(3))
    with pytest.raises(TypingError, match="both act"):
        symmetrise(cl.identity(cl.R(4, 2)), sets, Z(4).power(1, channels=2))
    with pytest.raises(TypingError, match="chunk"):
        symmetrise(cl.identity(cl.R(4, 2)), sets, sets, chunk=0)
    with pytest.raises(TypingError, match="of floats"):
        symmetrise(cl.function(lambda x: jnp.argmax(x)), sets, cl.R(dtype="int32"))
    with pytest.raises(TypingError, match="arrow of Smooth"):
        symmetrise(cl.reverse(cl.R(4, 2) >> cl.tanh), sets, sets)
    with pytest.raises(TypingError, match="an object such as"):
        symmetrise(cl.tanh, 3, sets)  # type: ignore[arg-type]
