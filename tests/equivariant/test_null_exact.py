from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.equivariant.null_exact import (
    PRIMES,
    echelon_modulo,
    fraction_modulo,
    maps_of_orbits,
    null_modulo,
    orbits,
    rational,
    rational_maps,
    signed_orbits,
    signed_permutation,
)


@given(st.integers(1, 40), st.integers(0, 3), st.integers(0, 10**6))
def test_orbits_are_connected_components(n, many, seed):
    rng = np.random.default_rng(seed)
    actions = [np.where(rng.random(n) < 2, rng.permutation(n), 0) for _ in range(many)]
    graph = nx.Graph([(i, int(g[i])) for g in actions for i in range(n)])
    graph.add_nodes_from(range(n))
    expected = np.empty(n, int)
    for component in nx.connected_components(graph):
        expected[list(component)] = min(component)
    np.testing.assert_array_equal(orbits(actions, n), expected)


def test_orbits_of_a_long_cycle():
    order = np.random.default_rng(0).permutation(100_000)
    cycle = np.empty(100_000, int)
    cycle[order] = np.roll(order, 1)
    assert not orbits([cycle], 100_000).any()


def test_signed_permutations():
    g = np.array([[0.0, 0, 1], [-1, 0, 0], [0, 1, 0]])
    sigma, signs = signed_permutation(g)
    for i in range(3):
        np.testing.assert_array_equal(g[:, i], signs[i] * np.eye(3)[sigma[i]])
    for wrong in (2 * np.eye(2), np.ones((2, 2)), np.array([[1.0, 0], [1, 0]]), np.array([[1.0, 1e-9], [0, 1]])):
        assert signed_permutation(wrong) is None
    assert signed_orbits([(np.eye(2), 2 * np.eye(2))], (2, 2)) is None


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2), st.integers(0, 10**6))
def test_signed_orbits_give_the_null_space(rows, columns, many, seed):
    rng = np.random.default_rng(seed)
    signed = lambda n: np.eye(n)[rng.permutation(n)] * rng.choice([-1, 1], n)  # noqa: E731
    pairs = [(signed(columns), signed(rows)) for _ in range(many)]
    maps = maps_of_orbits(signed_orbits(pairs, (rows, columns)))
    stack = [np.zeros((1, rows * columns))] + [np.kron(b, np.eye(columns)) - np.kron(np.eye(rows), a.T) for a, b in pairs]
    assert len(maps) == rows * columns - np.linalg.matrix_rank(np.concatenate(stack))
    assert all(np.array_equal(b @ maps, maps @ a) for a, b in pairs)
    np.testing.assert_array_equal(rational_maps(pairs, (rows, columns)), maps)


def test_primes():
    assert all(p < 2**31 and all(p % d for d in range(2, 46341)) for p in PRIMES)


@given(st.integers(-30000, 30000), st.integers(1, 30000))
def test_fractions_come_back(n, d):
    p = PRIMES[0]
    assert fraction_modulo(n * pow(d, -1, p) % p, p) == Fraction(n, d)


def test_a_residue_that_is_no_small_fraction():
    found = [fraction_modulo(x, 101) for x in range(101)]
    assert None in found
    assert all(f is None or (f.numerator - x * f.denominator) % 101 == 0 for x, f in enumerate(found))


def test_rational_entries():
    assert rational(np.array([[1 / 3, -0.5]]))[1] == 6
    assert rational(np.array([[2**-0.5]])) is None and rational(np.array([[np.float64(np.float32(1 / 3))]])) is None
    assert rational(np.array([[1e9]])) is None and rational(np.array([[np.nan]])) is None


@pytest.mark.parametrize("seed", range(5))
def test_null_spaces_modulo_a_prime(seed):
    rng = np.random.default_rng(seed)
    a = rng.integers(-3, 4, (4, 3)) @ rng.integers(-3, 4, (3, 7))
    rows = null_modulo(a, PRIMES[0])
    assert len(rows) == 7 - np.linalg.matrix_rank(a)
    assert not np.any([[sum(int(x) * int(y) for x, y in zip(r, s, strict=True)) % PRIMES[0] for r in a] for s in rows])
    echelon, pivots = echelon_modulo(a, PRIMES[0])
    assert np.array_equal(echelon[:, pivots], np.eye(len(pivots)))


def test_a_lift_with_large_fractions_is_refused_not_wrong():
    big = np.diag([1.0, 1.0]), np.array([[1.0, 0.0], [0.0, 1.0]])
    a = np.array([[0.0, 99991.0], [0.0, 1.0]])  # W a = 0 needs W = 0 in its second column times 99991 …
    maps = rational_maps([big, (a, np.zeros((2, 2)))], (2, 2))
    assert maps is None or all(np.array_equal(np.zeros((2, 2)), w @ a) for w in maps)
    assert rational_maps([(np.array([[0.0, 0], [99991.0, 99989.0]]), np.zeros((1, 1)))], (1, 2)) is not None
    assert rational_maps([(np.array([[99991.0, 0], [99989.0, 0]]), np.zeros((1, 1)))], (1, 2)) is None
