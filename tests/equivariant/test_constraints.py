import json
from pathlib import Path

import numpy as np
import pytest

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.equivariant import SL, SO, SU, A, Aut, Cube, D, Lorentz, O, S, Scaling, Sp, Z, solve_matrices
from tests.equivariant.matrices import derived, pairs, power, rows

DATA = json.loads((Path(__file__).parent / "group_dims.json").read_text())
KINDS = {"S": S, "A": A, "Z": Z, "O": O, "SO": SO, "Sp": Sp}


def group_of(name):
    kind, rest = name[:-1].split("(")
    if kind != "Aut":
        return KINDS[kind](int(rest))
    n, edges = DATA["graphs"][rest]
    adjacency = np.zeros((n, n))
    for u, v in edges:
        adjacency[u, v] = adjacency[v, u] = 1
    return Aut(adjacency)


def solved(group, k, l, method="auto"):  # noqa: E741
    return solve_matrices(**pairs(group, k, l), shape=(group.n**l, group.n**k), method=method)


@pytest.mark.parametrize("name", DATA["dims"])
def test_dimensions_are_those_of_the_table(name):
    group = group_of(name)
    for k, l, dim in DATA["dims"][name]:  # noqa: E741
        if k > l or group.n**l > 700:
            continue
        maps = solved(group, k, l)
        assert maps.shape == (dim, group.n**l, group.n**k)
        for a, b in [x for side in pairs(group, k, l).values() for x in side]:
            np.testing.assert_allclose(b @ maps, maps @ a, atol=1e-8)
        assert dim > 300 or np.linalg.matrix_rank(rows(maps)) == dim


def test_the_table_tells_groups_apart():
    dims = {name: [dim for _, _, dim in DATA["dims"][name]] for name in DATA["dims"]}
    assert dims["S(4)"] != dims["A(4)"] != dims["Z(4)"] and dims["O(3)"] != dims["SO(3)"] and dims["O(2)"] != dims["Sp(2)"]


def test_dimensions_of_section_theorems():
    """Counted in closed form: mixed tensors of the Lorentz group, the cross product, and partitions of four in at most three."""
    for part, dim in (("SO+", 4), ("SO", 4), ("O+", 3), ("O", 3)):
        group = Lorentz(part)
        mixed = [np.kron(h, np.linalg.inv(h).T) for h in group.generators()]
        algebra = [np.kron(a, np.eye(4)) - np.kron(np.eye(4), a.T) for a in group.algebra()]
        assert len(solve_matrices([(x, x) for x in mixed], [(x, x) for x in algebra])) == dim
    (cross,) = solved(SO(3), 1, 2)
    v = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(np.abs((cross @ v).reshape(3, 3) @ [0.0, 0.0, 1.0]), np.abs(np.cross(v, [0, 0, 1])))
    assert len(solved(S(3), 2, 2)) == 14
    assert len(solved(SL(2), 2, 2)) == 2 and len(solved(SL(3), 2, 2)) == 2 and len(solved(SL(3), 1, 2)) == 0
    assert len(solved(Scaling(3), 2, 2)) == 81 and len(solved(Scaling(3), 1, 2)) == 0
    assert len(solved(SU(2), 1, 1)) == 4 and len(solved(SU(3), 1, 1)) == 2  # quaternions, complex numbers


METHODS = [(S(3), 2, 1), (A(4), 1, 2), (O(3), 2, 2), (SO(3), 1, 2), (Sp(4), 2, 2), (Cube(), 2, 2), (D(3), 2, 2), (D(4), 1, 3)]
METHODS += [(SU(2), 1, 1), (Lorentz("SO+"), 2, 2), (SL(2), 2, 2), (O(2), 1, 2), (D(12), 2, 2), (Z(5), 1, 2)]


@pytest.mark.parametrize("group, k, l", METHODS, ids=repr)
def test_all_methods_give_the_same_basis(group, k, l):  # noqa: E741
    maps = solved(group, k, l)
    for method in ("dense", "krylov") if group in (D(3), D(12)) else ("rational", "dense", "krylov"):
        np.testing.assert_allclose(solved(group, k, l, method), maps, atol=1e-9)
    np.testing.assert_array_equal(solved(group, k, l), maps)


def test_the_basis_is_in_reduced_row_echelon_form():
    for maps in (solved(S(3), 2, 2), solved(O(3), 2, 2), solved(D(3), 2, 2)):
        pivots = [int(np.flatnonzero(row)[0]) for row in rows(maps)]
        assert pivots == sorted(set(pivots))
        np.testing.assert_array_equal(rows(maps)[:, pivots], np.eye(len(maps)))


def test_large_spaces():
    maps = solved(S(5), 3, 3)
    assert maps.shape == (202, 125, 125)  # Σ of Stirling numbers S(6, t), t ≤ 5
    np.testing.assert_array_equal(maps.sum(0), np.ones((125, 125)))
    assert solved(O(4), 3, 3).shape == (15, 64, 64)  # 5!!, by the method of Krylov
    assert solved(SO(4), 3, 3).shape[0] == 25


def test_representations_that_are_no_tensors():
    sign = [(-np.eye(1), h) if np.linalg.det(h) < 0 else (np.eye(1), h) for h in S(3).generators()]
    assert len(solve_matrices(sign)) == 0
    squared = [(a, power(h, 2)) for a, h in sign]
    (epsilon,) = solve_matrices(squared)
    np.testing.assert_array_equal(epsilon.reshape(3, 3), [[0, 1, -1], [-1, 0, 1], [1, -1, 0]])
    change = np.array([[1.0, 1 / 3], [0.0, 1.0]])  # of basis: the same group, by fractions
    turned = [(change @ h @ np.linalg.inv(change), h) for h in D(4).generators()]
    (w,) = solve_matrices(turned)
    np.testing.assert_allclose(w * w[0, 0], np.linalg.inv(change), atol=1e-12)


def test_maps_without_constraints():
    assert solve_matrices(shape=(2, 3)).shape == (6, 2, 3)
    with pytest.raises(TypingError, match="give shape"):
        solve_matrices()
    with pytest.raises(ArgumentError, match="too many"):
        solve_matrices(shape=(300, 300))


def test_noise_that_leaves_no_gap_is_an_error():
    rng = np.random.default_rng(0)
    for method in ("dense", "krylov"):
        noisy = [(h + 2e-5 * rng.normal(size=h.shape), h) for h in S(4).generators()]
        with pytest.raises(ArgumentError, match="not clear how many"):
            solve_matrices(noisy, method=method)
    single = [(np.float32(h), np.float32(h)) for h in D(7).generators()]
    assert len(solve_matrices(single)) == 1


def test_bad_arguments():
    one = np.eye(2)
    for given, words in (
        ({"discrete": [(one, np.zeros((2, 2)))]}, "no inverse"),
        ({"discrete": [(one, np.ones((2, 3)))]}, "square matrices"),
        ({"discrete": [(one,)]}, "pair"),
        ({"discrete": [("a", one)]}, "pair"),
        ({"discrete": [(one, one), (one, np.eye(3))]}, "same two spaces"),
        ({"discrete": [(one, one)], "shape": (2, 3)}, "same two spaces"),
        ({"discrete": [(one, one * np.nan)]}, "not finite"),
        ({"discrete": [(one, one)], "method": "guess"}, "one of auto"),
        ({"algebra": [(one, one)], "method": "orbits"}, "signed permutation"),
    ):
        with pytest.raises(TypingError, match=words):
            solve_matrices(**given)
    with pytest.raises(ArgumentError, match="fractions"):
        solve_matrices([(h, h) for h in D(5).generators()], method="rational")


def test_kronecker_powers_in_these_tests():
    a = np.array([[0.0, -1.0], [1.0, 0.0]])
    t = 1e-5
    np.testing.assert_allclose((power(np.eye(2) + t * a, 3) - np.eye(8)) / t, derived(a, 3), atol=1e-4)
