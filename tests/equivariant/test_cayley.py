import jax
import numpy as np
import pytest

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.equivariant import (
    SO,
    A,
    Cube,
    D,
    FiniteGroup,
    S,
    cyclic_table,
    dihedral_table,
    from_matrices,
    rotations_of_plane,
    solve_matrices,
    symmetries_of_plane,
)
from catlearn.equivariant.stabilisers import matrix_of

GROUPS = {
    "Z5": FiniteGroup(cyclic_table(5)),
    "D4": FiniteGroup(dihedral_table(4)),
    "p4": rotations_of_plane(4),
    "p4m": symmetries_of_plane(4),
    "p6m": symmetries_of_plane(6),
    "S4": from_matrices(S(4)),
    "cube": from_matrices(Cube()),
    "one": FiniteGroup([[0]]),
}


@pytest.mark.parametrize("name", GROUPS)
def test_laws(name):
    group = GROUPS[name]
    t, n = group.array, group.order
    for x, y, z in np.random.default_rng(0).integers(0, n, (200, 3)):
        assert t[t[x, y], z] == t[x, t[y, z]]
    assert all(t[g, group.inverses[g]] == t[group.inverses[g], g] == group.identity for g in range(n))
    assert set(group.subgroup(group.generating)) == set(range(n))
    if group.matrices is not None:
        rho = group.representation
        np.testing.assert_allclose(rho[:, None] @ rho[None], rho[t], atol=1e-12)


@pytest.mark.parametrize("name", GROUPS)
def test_the_regular_representation(name):
    group = GROUPS[name]
    left = [matrix_of(p) for p in group.regular()]
    for g in range(group.order):
        np.testing.assert_array_equal(left[group.generating[0] if group.generating else 0] @ left[g], left[_first(group, g)])
    np.testing.assert_array_equal(np.stack(group.elements())[0], np.eye(group.order))
    assert all(group.contains(x) for x in left)
    assert group.contains(np.asarray(jax.jit(group.sample)(jax.random.key(0))))
    assert group.order == 1 or not group.contains_permutation(np.array([1, 0, *range(2, group.order)])) or group.order == 2
    maps = solve_matrices([(h, h) for h in group.generators()], shape=(group.order, group.order))
    assert len(maps) == group.order  # all of them are convolutions
    convolutions = np.stack([np.eye(group.order)[group.array[:, h]].T for h in range(group.order)])  # right translations
    both = np.concatenate([maps, convolutions]).reshape(2 * group.order, -1)
    assert np.linalg.matrix_rank(both) == group.order


def _first(group, g):
    return group.array[group.generating[0], g] if group.generating else g


def test_dihedral_tables_are_those_of_matrices():
    for n in (1, 2, 3, 4, 7):
        group = symmetries_of_plane(n)
        r, s = group.representation[1 % n], group.representation[n]
        for k in range(n):
            np.testing.assert_allclose(group.representation[k + n], np.linalg.matrix_power(r, k) @ s, atol=1e-12)
    assert rotations_of_plane(4).representation.tolist() == np.round(rotations_of_plane(4).representation).tolist()
    assert not np.array_equal(dihedral_table(3), dihedral_table(3).T)


def test_groups_with_other_matrices_are_others():
    plain, plane = FiniteGroup(cyclic_table(4)), rotations_of_plane(4)
    assert plain != plane and FiniteGroup(cyclic_table(4), plane.representation) == plane
    assert eval(repr(plane)) == plane and hash(eval(repr(plane))) == hash(plane) and eval(repr(plain)) == plain
    with pytest.raises(ArgumentError, match="without matrices"):
        plain.representation  # noqa: B018


def test_homomorphisms():
    signs = from_matrices(S(4))
    two = FiniteGroup(cyclic_table(2))
    parity = [int(np.linalg.det(g) < 0) for g in signs.representation]
    assert signs.is_homomorphism(parity, two)
    wrong = [1 - parity[0], *parity[1:]]
    assert not signs.is_homomorphism(wrong, two)
    with pytest.raises(ArgumentError, match="gives 24 elements"):
        signs.is_homomorphism([0], two)
    with pytest.raises(ArgumentError, match="0 to 1"):
        signs.is_homomorphism([2] * 24, two)


def test_subgroups_and_cosets():
    group = symmetries_of_plane(4)
    assert group.subgroup([1]) == (0, 1, 2, 3) and group.subgroup([]) == (0,)
    cosets = group.cosets([0, 4])
    assert len(cosets) == 4 and sorted(sum(cosets, ())) == list(range(8))
    with pytest.raises(ArgumentError, match="is none"):
        group.cosets([0, 1])
    with pytest.raises(ArgumentError, match="0 to 7"):
        group.subgroup([8])


LOOP = [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]]  # a loop that is no group


@pytest.mark.parametrize(
    "table, words",
    [
        (LOOP, "not associative"),
        ([[1, 0, 2], [2, 1, 0], [0, 2, 1]], "no identity"),
        ([[0, 1], [1, 1]], "row 1 .* once"),
        ([[0, 1], [0, 1]], "column 0"),
        ([[0, 1]], "square"),
        ([[0.0]], "whole numbers"),
        ([], "square"),
        ("table", "square"),
        ([[0, 2], [2, 0]], "0 to 1 once"),
    ],
)
def test_what_is_no_table_of_a_group(table, words):
    with pytest.raises(TypingError, match=words):
        FiniteGroup(table)


def test_the_offending_elements_are_named():
    with pytest.raises(TypingError) as error:
        FiniteGroup(LOOP)
    left, right = str(error.value).split(": ")[1].split(", and ")
    t = np.array(LOOP)
    x, g, y = (int(word.strip("()")) for word in left.split(" = ")[0].split())
    assert t[t[x, g], y] == int(left.split(" = ")[1]) != int(right.strip(".").split(" = ")[1]) == t[x, t[g, y]]


def test_matrices_must_fit_the_table():
    turns = rotations_of_plane(4).representation
    for matrices, words in ((turns[:3], "one for each"), (turns[[0, 3, 2, 2]], "multiply as"), (2 * turns, "multiply as")):
        with pytest.raises(TypingError, match=words):
            FiniteGroup(cyclic_table(4), matrices)
    with pytest.raises(ArgumentError, match="infinitely"):
        from_matrices(SO(2))
    with pytest.raises(ArgumentError, match="at most 5000"):
        from_matrices(A(8))
    with pytest.raises(TypingError, match="whole number"):
        cyclic_table(0)
    assert from_matrices(D(3)).order == 6
