"""Representations: matrices against Kronecker products written out, and the algebra of their types."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from catlearn.core.errors import TypingError
from catlearn.equivariant import SU, Given, Lorentz, O, S, Sp, Z, standard
from catlearn.equivariant.admission import entries

G = Lorentz()
V = G.standard()
KINDS = [V * V, V * V.dual, V.dual * V * V, V + V * V.dual + G.trivial, (V + G.trivial) * V]


def _matrix(rep, g):
    """ρ(g) by its definition, from the text of the representation."""
    dual = np.linalg.inv(g).T
    parts = [[dual if "dual" in f else g for f in term.split(" * ") if "trivial" not in f] for term in repr(rep).split(" + ")]
    krons = []
    for factors in parts:
        total = np.eye(1)
        for factor in factors:
            total = np.kron(total, factor)
        krons.append(total)
    size, out, at = sum(map(len, krons)), None, 0
    out = np.zeros((size, size))
    for block in krons:
        out[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return out


@pytest.mark.parametrize("rep", KINDS, ids=repr)
def test_matrices_are_kronecker_products_and_the_action_is_theirs(rep):
    g = np.asarray(G.sample(jax.random.key(0)), np.float64)
    M = np.asarray(rep.matrix(g))
    np.testing.assert_allclose(M, _matrix(rep, g), atol=1e-8)
    arrays = rep.arrays(2, "float32")
    x = jax.tree.map(lambda a: jax.random.normal(jax.random.key(1), a.shape), arrays)
    flat = lambda v: np.concatenate([np.asarray(a).reshape(-1, 2) for a in jax.tree.leaves(v)])  # noqa: E731
    np.testing.assert_allclose(flat(rep.act(jnp.asarray(g, jnp.float32), x)), M @ flat(x), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("rep", KINDS, ids=repr)
def test_homomorphisms_and_their_derivatives(rep):
    g, h = (np.asarray(G.sample(jax.random.key(i)), np.float64) for i in (2, 3))
    np.testing.assert_allclose(rep.matrix(g) @ rep.matrix(h), rep.matrix(g @ h), rtol=1e-6, atol=1e-6)
    X = G.algebra()[1]
    np.testing.assert_allclose(expm(0.3 * rep.derivative(0, X)), rep.matrix(expm(0.3 * X)), atol=1e-8)
    np.testing.assert_allclose(rep.dual.matrix(g), np.linalg.inv(rep.matrix(g)).T, atol=1e-6)


def test_the_algebra_of_types():
    W = S(3).standard()
    assert (W + W * W) * W == W * W + W * W * W
    assert W.dual == W and V.dual != V and V.dual.dual == V
    assert W * S(3).trivial == W and (W + W).size == 6
    assert repr((S(2) * O(3)).standard(1)) == "(S(2) * O(3)).standard(1)"
    with pytest.raises(TypingError, match="no factor 2"):
        standard(S(2) * O(3), 2)
    with pytest.raises(TypingError, match="goes with a representation"):
        W + 3  # type: ignore[operator]


def test_products_of_groups_act_on_their_own_axes():
    H = S(3) * O(2)
    g = H.sample(jax.random.key(0))
    p, q = H.parts(g)
    rep = H.standard(1) * H.standard(0)
    x = jax.random.normal(jax.random.key(1), (2, 3, 5))
    np.testing.assert_allclose(rep.act(g, x), jnp.einsum("ai,bj,ijc->abc", q, p, x), atol=1e-5)


def test_a_representation_by_its_matrices():
    det = Given(O(3), "det", 1, lambda g: jnp.linalg.det(g)[None, None], lambda i, X: np.zeros((1, 1)))
    for g in (O(3).sample(jax.random.key(i)) for i in range(3)):
        np.testing.assert_allclose((det * O(3).standard()).matrix(g), np.linalg.det(g) * np.asarray(g), atol=1e-5)
        np.testing.assert_allclose(det.dual.matrix(g), det.matrix(g), atol=1e-5)
    with pytest.raises(TypingError, match="derived"):
        Given(O(3), "det", 1, lambda g: jnp.linalg.det(g)[None, None]).derivative(0, np.zeros((3, 3)))


def test_entries_are_those_of_monomial_matrices():
    assert entries(S(10_000).standard()).permute
    assert entries(O(1).standard()).factors == {1.0, -1.0} and entries(O(1).standard() * O(1).standard()).permute
    assert entries(O(2).standard()) is None and entries(SU(2).standard()) is None and entries(Sp(2).standard()) is None
    assert entries(Z(4).standard() + Z(4).trivial).permute
    det = Given(O(2), "det", 1, lambda g: jnp.linalg.det(g)[None, None], lambda i, X: np.zeros((1, 1)))
    assert entries(det).factors == {1.0, -1.0} and entries(det * O(2).standard()) is None
