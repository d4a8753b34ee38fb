"""Selection of independent diagrams is exact, and comes first come, first taken."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import numpy as np
import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import ArgumentError
from catlearn.equivariant import brauer_diagrams


@pytest.mark.parametrize(("k", "l"), [(2, 2), (3, 1)])
def test_the_gram_matrix_is_that_of_the_matrices(k, l):
    ds = brauer_diagrams(k, l)
    flat = np.array([d.matrix(3).ravel() for d in ds])
    assert np.array_equal(eq.matching_gram([d.blocks for d in ds], k + l, 3).astype(int), flat @ flat.T)


def test_independence_is_exact():
    assert eq.independent("ab", [[10**40, 10**40], [10**40, 10**40 + 1]]) == ("a", "b")
    assert eq.independent("ab", [[0, 0], [0, 2147483647]]) == ("b",) and eq.independent("", []) == ()
    for wrong in ([[1.0]], [[1, 2]]):
        with pytest.raises(ArgumentError):
            eq.independent("a", wrong)


def test_it_takes_what_ranks_of_floats_take():
    rng = np.random.default_rng(0)
    rows = rng.integers(-2, 3, size=(9, 4))
    rows[2], rows[5] = rows[0] + rows[1], 0
    taken = []
    for i in range(9):
        if np.linalg.matrix_rank(rows[[*taken, i]]) > len(taken):
            taken.append(i)
    assert eq.independent(range(9), rows @ rows.T) == tuple(taken)
