import numpy as np
import pytest

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.equivariant import A, Aut, Cube, D, S, Z, character_count, reynolds, solve_matrices, symmetrised
from tests.equivariant.matrices import all_pairs, pairs, rows

CASES = [(S(3), 2, 2), (S(4), 1, 2), (A(4), 1, 2), (Z(5), 1, 2), (D(3), 2, 2), (D(5), 1, 2), (Cube(), 2, 2), (Cube(True), 1, 2)]
CASES += [(Aut([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]), 1, 2), (D(4, permuting=True), 1, 2)]


@pytest.mark.parametrize("group, k, l", CASES, ids=repr)
def test_the_projector_is_onto_the_solved_maps(group, k, l):  # noqa: E741
    maps = solve_matrices(**pairs(group, k, l))
    elements = all_pairs(group, k, l)
    p = reynolds(elements)
    np.testing.assert_allclose(p @ p, p, atol=1e-9)
    np.testing.assert_allclose(p, p.T, atol=1e-9)
    assert np.linalg.matrix_rank(p, tol=1e-6) == round(np.trace(p)) == len(maps)
    assert abs(character_count(elements) - len(maps)) < 1e-6
    np.testing.assert_allclose(p @ rows(maps).T, rows(maps).T, atol=1e-9)


def test_burnsides_count_of_orbits():
    for group, k in ((S(4), 3), (Z(6), 2), (A(4), 2)):
        fixed = [np.trace(g) for g in group.elements()]
        assert character_count(all_pairs(group, k, 1)) == pytest.approx(np.mean(np.array(fixed) ** (k + 1)))


def test_averages():
    rng = np.random.default_rng(0)
    w = rng.normal(size=(2, 3, 3))
    mean = symmetrised(all_pairs(S(3), 1, 1), w)
    trace, total = np.trace(w, axis1=1, axis2=2), w.sum((1, 2))
    alpha, beta = (3 * trace - total) / 6, (total - trace) / 6  # the layer of Deep Sets
    np.testing.assert_allclose(mean, alpha[:, None, None] * np.eye(3) + beta[:, None, None], atol=1e-12)
    assert not np.allclose(symmetrised(all_pairs(Z(3), 1, 1), w), mean)
    np.testing.assert_allclose(symmetrised(all_pairs(S(3), 1, 1), mean), mean, atol=1e-12)
    flat = reynolds(all_pairs(Z(3), 1, 1)) @ w.reshape(2, 9).T
    np.testing.assert_allclose(flat.T.reshape(2, 3, 3), symmetrised(all_pairs(Z(3), 1, 1), w), atol=1e-12)


def test_bad_arguments():
    with pytest.raises(ArgumentError, match=r"shape \(…, 3, 3\)"):
        symmetrised(all_pairs(S(3), 1, 1), np.eye(2))
    with pytest.raises(TypingError, match="same two spaces"):
        reynolds([(np.eye(2), np.eye(2)), (np.eye(3), np.eye(2))])
