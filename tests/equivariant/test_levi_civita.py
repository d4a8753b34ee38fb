"""ε against determinants, and its contraction against einsum."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from catlearn.equivariant.levi_civita import contracted, parity, symbol


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_symbol_is_a_determinant(n):
    eye = np.eye(n)
    for index in itertools.product(range(n), repeat=n):
        assert symbol(n)[index] == round(np.linalg.det(eye[list(index)]))
    assert np.array_equal(symbol(n, 1), symbol(n).sum(axis=-1))
    assert all(parity(p) == symbol(n)[p] for p in itertools.permutations(range(n)))


@pytest.mark.parametrize(
    ("n", "cross", "above", "below"),
    [(3, 0, 1, 2), (3, 1, 1, 1), (3, 1, 1, 0), (2, 0, 0, 2), (4, 1, 2, 1), (3, 0, 3, 0), (3, 2, 0, 0)],
)
def test_it_is_contracted_as_einsum_does(n, cross, above, below):
    x = np.random.default_rng(0).integers(-4, 5, size=(n,) * (1 + cross + below) + (2,)).astype(np.float32)
    c, t, b = "cd"[:cross], "tuv"[:above], "bef"[:below]
    rest = n - cross - above - below
    want = np.einsum(f"{c}{t}{b},i{c}{b}z->i{c}{t}z", symbol(n, rest), x)
    assert np.array_equal(contracted(jnp.asarray(x), 1, cross, above, below, n), want)
