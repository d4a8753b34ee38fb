import math
from itertools import permutations

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.core.errors import ArgumentError
from catlearn.equivariant.stabilisers import generated_permutations, inverse, orbit_of, stabiliser_chain, times

MATHIEU = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0], [0, 1, 6, 9, 5, 3, 10, 2, 8, 4, 7]]  # (0 1 … 10), (2 6 10 7)(3 9 4 5)


@given(st.integers(1, 6), st.integers(0, 10**6), st.integers(0, 3))
def test_order_and_membership_are_those_of_the_closure(n, seed, many):
    rng = np.random.default_rng(seed)
    generators = [rng.permutation(n) for _ in range(many)]
    every = set(map(tuple, generated_permutations(generators, n).tolist()))
    chain = stabiliser_chain(generators, n)
    assert chain.order == len(every)
    assert all(chain.contains(p) == (p in every) for p in permutations(range(n)))


def test_known_orders():
    assert stabiliser_chain([np.array(p) for p in MATHIEU], 11).order == 7920  # M₁₁
    assert stabiliser_chain([np.roll(np.arange(40), 1), np.array([1, 0, *range(2, 40)])], 40).order == math.factorial(40)
    assert stabiliser_chain([], 3).order == 1


def test_draws_are_uniform():
    chain = stabiliser_chain([np.array([1, 2, 3, 0]), np.array([0, 3, 2, 1])], 4)
    draws = np.asarray(jax.jit(jax.vmap(chain.draw))(jax.random.split(jax.random.key(0), 1600)))
    found, counts = np.unique(draws, axis=0, return_counts=True)
    assert set(map(tuple, found.tolist())) == set(map(tuple, generated_permutations([(1, 2, 3, 0), (0, 3, 2, 1)], 4).tolist()))
    assert np.sum((counts - 200) ** 2 / 200) < 24.3  # χ² with 7 degrees of freedom passes it once in 1000


def test_products_and_orbits():
    g, h = (1, 2, 0, 3), (0, 2, 3, 1)
    assert times(g, h) == tuple(g[i] for i in h) != times(h, g)
    assert times(g, inverse(g)) == (0, 1, 2, 3)
    assert all(element[0] == place for place, element in orbit_of(0, [g, h], (0, 1, 2, 3)).items())


def test_large_groups_are_not_listed():
    with pytest.raises(ArgumentError, match="more than 100 000"):
        generated_permutations([np.roll(np.arange(9), 1), np.array([1, 0, *range(2, 9)])], 9)
