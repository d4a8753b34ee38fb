"""The orbit basis against brute force, and the change of basis both ways."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import itertools
import math

import numpy as np
import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import TypingError
from catlearn.equivariant import PartitionCategory, brauer, partition_diagrams

P = PartitionCategory()


def brute_orbit(d, n):
    T = np.zeros((n,) * (d.cod + d.dom))
    for index in itertools.product(range(n), repeat=T.ndim):
        groups = {tuple(x for x in range(T.ndim) if index[x] == value) for value in index}
        T[index] = groups == set(d.blocks)
    return T.reshape(n**d.cod, n**d.dom)


@pytest.mark.parametrize(("k", "l"), [(2, 1), (1, 1), (0, 3), (0, 0)])
def test_an_orbit_is_that_of_brute_force(k, l):
    for d, n in itertools.product(partition_diagrams(k, l), (1, 2, 3)):
        assert np.array_equal(eq.orbit_matrix(d, n), brute_orbit(d, n))


def test_orbits_of_other_diagrams_are_refused():
    for wrong in (lambda: eq.to_orbits(brauer("1", "1")), lambda: eq.orbit_matrix(3, 2), lambda: eq.from_orbits("1")):
        with pytest.raises(TypingError):
            wrong()


@pytest.mark.parametrize(("k", "l"), [(2, 2), (1, 2), (3, 0), (0, 0)])
def test_orbits_and_diagrams_change_into_each_other(k, l):
    for d, n in itertools.product(partition_diagrams(k, l), (2, 3)):
        orbits = eq.to_orbits(d)
        assert np.array_equal(d.matrix(n), sum(c * eq.orbit_matrix(x, n) for c, x in orbits.terms))
        assert np.array_equal(eq.orbit_matrix(d, n), eq.from_orbits(d).matrix(n))
        assert eq.from_orbits(orbits) == d and eq.to_orbits(eq.from_orbits(d)) == d
        assert (eq.orbit_matrix(d, n).any()) == (len(d.blocks) <= n)
    assert sum(abs(mu) for _, mu in eq.coarser(P.identity(4) if k == l == 2 else P.identity(3))) == math.factorial(
        4 if k == l == 2 else 3
    )
