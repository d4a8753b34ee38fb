import math
from itertools import permutations

import numpy as np
import pytest

from catlearn.core.errors import TypingError
from catlearn.equivariant import A, Cube, D, Rubik, S, Trivial, Z
from catlearn.equivariant.common_groups import is_even
from catlearn.equivariant.stabilisers import matrix_of


@pytest.mark.parametrize("n", range(1, 6))
def test_symmetric_and_alternating_groups_are_all_and_the_even_permutations(n):
    every = set(permutations(range(n)))
    even = {p for p in every if np.linalg.det(matrix_of(p)) > 0}
    assert set(map(tuple, S(n).permutations().tolist())) == every
    assert set(map(tuple, A(n).permutations().tolist())) == even
    assert {p for p in every if is_even(np.array(p))} == even
    assert {p for p in every if A(n).contains(matrix_of(p))} == even


def test_matrices_multiply_as_permutations_compose():
    rng = np.random.default_rng(0)
    p, q = rng.permutation(6), rng.permutation(6)
    np.testing.assert_array_equal(matrix_of(p) @ matrix_of(q), matrix_of(p[q]))
    assert not np.array_equal(matrix_of(p) @ matrix_of(q), matrix_of(q[p]))


def test_cyclic_shifts():
    assert [Z(5).contains(matrix_of(np.roll(np.arange(5), i))) for i in range(5)] == [True] * 5
    assert not Z(5).contains(matrix_of([1, 0, 2, 3, 4]))


@pytest.mark.parametrize("n", [3, 4, 5, 12])
def test_the_dihedral_group_keeps_the_polygon_and_its_corners(n):
    angles = 2 * np.pi * np.arange(n) / n
    corners = np.stack([np.cos(angles), np.sin(angles)])
    for g in D(n).elements():
        moved = np.abs((g @ corners)[:, :, None] - corners[:, None]).max(0)
        assert (moved.min(1) < 1e-6).all()
    assert len(D(n, permuting=True).elements()) == 2 * n
    edges = {frozenset((i, (i + 1) % n)) for i in range(n)}
    for g in D(n, permuting=True).elements():
        sigma = np.argmax(g, axis=0)
        assert {frozenset((int(sigma[i]), int(sigma[j]))) for i, j in edges} == edges


def test_the_cube_has_signed_permutation_matrices():
    signs = [np.diag(1 - 2 * np.array(s)) for s in np.ndindex(2, 2, 2)]
    signed = [s @ matrix_of(p) for p in permutations(range(3)) for s in signs]
    assert all(Cube(reflections=True).contains(g) for g in signed) and len(signed) == 48
    assert [Cube().contains(g) for g in signed] == [np.linalg.det(g) > 0 for g in signed]


def test_rubiks_cube():
    cube = Rubik()
    assert cube.order == cube.chain.order == 43252003274489856000  # 8! 3⁷ 12! 2¹⁰, and by the algorithm of Schreier and Sims
    assert math.factorial(48) > cube.order
    a, b, *_ = cube.generating_permutations()
    assert all(sorted(p) == list(range(48)) and np.sum(p != np.arange(48)) == 20 for p in cube.generating_permutations())
    assert cube.contains_permutation(a[b]) and not cube.contains_permutation(np.roll(np.arange(48), 1))
    orbits = {tuple(sorted(o)) for o in _orbits(cube)}
    assert sorted(map(len, orbits)) == [24, 24]  # corners and edges never mix
    corner = next(o for o in orbits)
    twist = np.arange(48)
    twist[[corner[0], corner[1]]] = twist[[corner[1], corner[0]]]
    assert not cube.contains_permutation(twist)  # no two facelets alone can be exchanged


def _orbits(group):
    for i in range(group.n):
        seen, queue = {i}, [i]
        for j in queue:
            new = {int(p[j]) for p in group.generating_permutations()} - seen
            seen |= new
            queue += new
        yield seen


def test_bad_arguments():
    for make, words in (
        (lambda: S(0), "S: n must be a whole number ≥ 1, got 0"),
        (lambda: S(2.0), "whole number"),
        (lambda: A(True), "whole number"),
        (lambda: Z(-1), "whole number"),
        (lambda: Trivial("3"), "whole number"),
        (lambda: D(2, permuting=True), "corners must be a whole number ≥ 3"),
        (lambda: D(4, permuting=1), "True or False"),
        (lambda: Cube(reflections="yes"), "True or False"),
    ):
        with pytest.raises(TypingError, match=words):
            make()
    assert S(np.int64(3)) == S(3) and type(S(np.int64(3)).n) is int
