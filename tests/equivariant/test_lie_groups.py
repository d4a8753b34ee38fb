import jax
import numpy as np
import pytest
from scipy.linalg import expm

from catlearn.core.errors import TypingError
from catlearn.equivariant import SL, SO, SU, Lorentz, O, Scaling, Sp

DIMENSIONS = [(group, n * (n - 1) // 2) for n in (1, 2, 3, 4) for group in (O(n), SO(n))]
DIMENSIONS += [(Sp(n), n * (n + 1) // 2) for n in (2, 4, 6)] + [(SU(m), m * m - 1) for m in (1, 2, 3)]
DIMENSIONS += [(SL(n), n * n - 1) for n in (1, 2, 3)] + [(Scaling(3), 1)]
DIMENSIONS += [(Lorentz("O", space=d), d * (d + 1) // 2) for d in (1, 2, 3)]


def closed_under_brackets(generators, n):
    """A basis, in rows, of the least Lie algebra with these matrices."""
    basis = np.zeros((0, n * n))
    queue = list(generators)
    for a in queue:
        more = np.concatenate([basis, a.reshape(1, -1)])
        if np.linalg.matrix_rank(more, tol=1e-9) > len(basis):
            basis = more
            queue += [a @ b - b @ a for b in basis.reshape(-1, n, n)]
    return basis


@pytest.mark.parametrize("group, dim", DIMENSIONS, ids=repr)
def test_the_algebra_generates_all_of_the_lie_algebra_and_no_more(group, dim):
    assert len(closed_under_brackets(group.algebra(), group.n)) == dim
    assert all(group.contains(expm(0.7 * a)) for a in group.algebra())
    assert dim < 2 or len(closed_under_brackets(group.algebra()[:1], group.n)) == 1


@pytest.mark.parametrize("group", [O(3), SO(4), SU(3)], ids=repr)
def test_samples_have_the_moments_of_haars_measure(group):
    g = np.asarray(jax.jit(jax.vmap(group.sample))(jax.random.split(jax.random.key(1), 4000)))
    np.testing.assert_allclose(g.mean(0), 0, atol=0.06)
    np.testing.assert_allclose((g**2).mean(0), 1 / group.n, atol=0.03)


def test_tangents_of_other_groups_fill_their_lie_algebra():
    for group, dim in ((Sp(4), 10), (SL(3), 8)):
        tangents = np.asarray(jax.jit(jax.vmap(group.tangent))(jax.random.split(jax.random.key(0), 12))).reshape(12, -1)
        assert np.linalg.matrix_rank(tangents, tol=1e-4) == dim


def test_pieces_of_lorentz_groups():
    parity, time = np.diag([1.0, 1, 1, -1]), np.diag([-1.0, 1, 1, 1])
    members = {"O": (True, True, True), "SO": (False, False, True), "O+": (True, False, False), "SO+": (False, False, False)}
    for part, expected in members.items():
        assert tuple(Lorentz(part).contains(g) for g in (parity, time, parity @ time)) == expected
    draws = np.asarray(jax.jit(jax.vmap(Lorentz().sample))(jax.random.split(jax.random.key(0), 60)))
    pieces = {(bool(g[0, 0] > 0), bool(np.linalg.det(g) > 0)) for g in draws}
    assert len(pieces) == 4


def test_membership_is_not_only_of_the_form():
    flip = np.diag([1.0, 1, -1])
    assert O(3).contains(flip) and not SO(3).contains(flip)
    assert not Sp(2).contains(np.diag([2.0, 2.0])) and Sp(2).contains(np.diag([2.0, 0.5]))
    assert not SL(2).contains(np.diag([2.0, 2.0])) and SL(2).contains(np.diag([2.0, 0.5]))
    assert SU(2).contains(np.eye(4)) and not SU(2).contains(np.diag([1.0, 1, -1, -1]))  # conjugation is not complex linear
    phase = np.kron([[0.0, -1.0], [1.0, 0.0]], np.eye(3))  # i · 1, of determinant −i
    assert not SU(3).contains(phase) and O(6).contains(phase)
    assert not Scaling(2).contains(np.zeros((2, 2)))


def test_bad_arguments():
    for make, words in (
        (lambda: SO(-1), "SO: n must be a whole number ≥ 1, got -1"),
        (lambda: O(0), "whole number"),
        (lambda: Sp(3), r"needs an even n; take Sp\(2\) or Sp\(4\)"),
        (lambda: Sp(0), "≥ 2"),
        (lambda: SU(0), "SU: m must be"),
        (lambda: SL(1.5), "whole number"),
        (lambda: Scaling(None), "whole number"),
        (lambda: Lorentz("SO(1,3)"), 'part must be "O", "SO", "O\\+" or "SO\\+"'),
        (lambda: Lorentz(space=0), "space must be"),
    ):
        with pytest.raises(TypingError, match=words):
            make()
