"""The signed functor of Sp(n) against brute force, with the unsigned one as what must fail; dimensions against the table."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import itertools

import numpy as np
import pytest
import scipy.linalg

from catlearn import equivariant as eq
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.equivariant import SymplecticCategory, symplectic, symplectic_diagrams
from tests.equivariant import brute

TRIPLES = [t for t in itertools.product(range(4), repeat=3) if t[0] % 2 == t[1] % 2 == t[2] % 2]
EVEN = [(k, l) for k in range(5) for l in range(5) if (k + l) % 2 == 0 and k + l <= 6]
SP = SymplecticCategory()


def unsigned(d, n):
    """δ on pairs that cross and J on the others, by trying all indices."""
    J = scipy.linalg.block_diag(*[[[0, 1], [-1, 0]]] * (n // 2))
    T = np.zeros((n,) * (d.cod + d.dom))
    for index in itertools.product(range(n), repeat=T.ndim):
        T[index] = np.prod([(J if (x < d.cod) == (y < d.cod) else np.eye(n))[index[x], index[y]] for x, y in d.blocks])
    return T.reshape(n**d.cod, n**d.dom)


def some(pairs, most=50):
    pairs = list(pairs)
    return pairs[:: max(1, len(pairs) // most)]


@pytest.mark.parametrize(("k", "m", "l"), TRIPLES)
def test_it_is_a_functor(k, m, l):
    for d, e in some(itertools.product(symplectic_diagrams(k, m), symplectic_diagrams(m, l))):
        assert np.array_equal((d >> e).matrix(2), e.matrix(2) @ d.matrix(2))
        if k + l < 5:
            assert np.array_equal((d @ e).matrix(2), np.kron(d.matrix(2), e.matrix(2)))
    for d, e in itertools.product(symplectic_diagrams(2, 2), repeat=2):
        assert np.array_equal((d >> e).matrix(4), e.matrix(4) @ d.matrix(4))


def test_without_the_signs_it_is_none():
    bad = [
        (d, e)
        for d, e in itertools.product(symplectic_diagrams(1, 3), symplectic_diagrams(3, 1))
        if not np.array_equal((-2) ** (d >> e).loops * unsigned(d >> e, 2), unsigned(e, 2) @ unsigned(d, 2))
    ]
    assert len(bad) > 3
    one, cap, cup = symplectic("1", "1"), symplectic("12", ""), symplectic("", "12")
    snake = np.kron(np.eye(2), unsigned(cap, 2)) @ np.kron(unsigned(cup, 2), np.eye(2))
    assert np.array_equal(snake, -np.eye(2)) and (cup @ one) >> (one @ cap) == one


@pytest.mark.parametrize(("k", "l"), EVEN)
def test_it_is_the_unsigned_matrix_with_a_sign_and_commutes(k, l):
    J = eq.form(4)
    A = np.random.default_rng(1).normal(size=(4, 4))
    g = scipy.linalg.expm(0.3 * np.linalg.solve(J, A + A.T))
    assert np.allclose(g.T @ J @ g, J)
    for d in some(symplectic_diagrams(k, l), 5):
        assert np.array_equal(d.matrix(2), d.sign * unsigned(d, 2))
        within = len(d.domain_only) + len(d.codomain_only)
        assert np.array_equal(d.dagger().matrix(2), (-1) ** within * d.matrix(2).T)
        assert eval(repr(d), vars(eq)) == d
        assert brute.apply_agrees(d, 2) and brute.apply_agrees(d, 4) if k + l < 5 else brute.apply_agrees(d, 2)
        if k + l < 5:
            assert brute.commutes(d.matrix(4), g, k, l)


def test_loops_are_negative():
    d = symplectic("12|3", "|1", loops=3)
    assert brute.apply_agrees(d, 4) and np.array_equal(d.matrix(2), -8 * symplectic("12|3", "|1").matrix(2))


@pytest.mark.parametrize(("n", "k", "l", "dim"), brute.dims("Sp", 4))
def test_the_basis_has_the_dimension_of_the_table(n, k, l, dim):
    assert len(eq.symplectic_basis(n, k, l)) == dim


@pytest.mark.parametrize(("n", "k", "l"), [(2, 2, 2), (2, 3, 3), (2, 0, 4), (4, 3, 3)])
def test_the_basis_is_independent_and_spans(n, k, l):
    basis, every = eq.symplectic_basis(n, k, l), symplectic_diagrams(k, l)
    assert brute.rank([d.matrix(n) for d in basis]) == len(basis) == brute.rank([d.matrix(n) for d in every])


@pytest.mark.parametrize(("k", "l"), [(2, 2), (3, 1), (0, 4), (3, 3)])
def test_inner_products_are_powers_of_minus_n(k, l):
    ds = symplectic_diagrams(k, l)
    flat = np.array([d.matrix(2).ravel() for d in ds])
    gram = (-1) ** ((k + l) // 2) * eq.matching_gram([d.blocks for d in ds], k + l, -2)
    assert np.array_equal(gram.astype(int), flat @ flat.T)


def test_swaps_and_what_is_refused():
    d, e = symplectic("12|3", "|1"), symplectic("1", "2|13")
    assert SP.identity(3) >> d == d == d >> SP.identity(1) and (d @ e) >> SP.swap(1, 3) == SP.swap(3, 1) >> (e @ d)
    for wrong in (lambda: d.matrix(3), lambda: eq.form(1), lambda: eq.symplectic_basis(3, 1, 1), lambda: SP.size(5)):
        with pytest.raises(ArgumentError, match="even"):
            wrong()
    with pytest.raises(TypingError, match="pairs"):
        symplectic("1", "")
    with pytest.raises(CompositionError):
        SP.wiring(1, [0, 0])
    with pytest.raises(CompositionError, match="BrauerCategory"):
        d >> eq.brauer("1", "1")
