"""Brauer diagrams against brute force, and the basis of O(n) against the table of dimensions."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import itertools

import networkx as nx
import numpy as np
import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import CompositionError, TypingError
from catlearn.equivariant import Brauer, BrauerCategory, brauer, brauer_diagrams, partition
from tests.equivariant import brute

EVEN = [(k, l) for k in range(5) for l in range(5) if (k + l) % 2 == 0 and k + l <= 6]
B = BrauerCategory()


@pytest.mark.parametrize(("k", "l"), EVEN)
def test_there_are_as_many_as_perfect_matchings(k, l):
    found = brauer_diagrams(k, l)
    assert len(set(found)) == len(found) == eq.double_factorial(k + l - 1)
    assert all(eval(repr(d), vars(eq)) == d and d.dagger().dagger() == d for d in found)
    assert all(nx.is_perfect_matching(nx.complete_graph(k + l), set(d.blocks)) for d in found if k + l)
    assert brauer_diagrams(k + 1, l) == ()


@pytest.mark.parametrize(("k", "m", "l"), [t for t in itertools.product(range(4), repeat=3) if t[0] % 2 == t[1] % 2 == t[2] % 2])
def test_it_is_a_functor(k, m, l):
    pairs = list(itertools.product(brauer_diagrams(k, m), brauer_diagrams(m, l)))
    for d, e in pairs[:: max(1, len(pairs) // 60)]:
        assert np.array_equal((d >> e).matrix(2), e.matrix(2) @ d.matrix(2))
        assert np.array_equal(d.dagger().matrix(3), d.matrix(3).T)
        if k + l < 5:
            assert np.array_equal((d @ e).matrix(2), np.kron(d.matrix(2), e.matrix(2)))


@pytest.mark.parametrize(("k", "l"), EVEN)
def test_apply_is_the_product_with_the_matrix_and_commutes_with_rotations(k, l):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    for d in brauer_diagrams(k, l)[:8]:
        assert brute.apply_agrees(d, 3) and brute.commutes(d.matrix(3), turn, k, l)
    assert not brute.commutes(partition("12", "1").matrix(3), turn, 2, 1)


@pytest.mark.parametrize(("n", "k", "l", "dim"), brute.dims("O", 4))
def test_the_basis_has_the_dimension_of_the_table(n, k, l, dim):
    assert len(eq.brauer_basis(n, k, l)) == dim


@pytest.mark.parametrize(("n", "k", "l"), [(1, 2, 2), (2, 3, 3), (2, 2, 4), (3, 4, 2), (1, 0, 6)])
def test_the_basis_is_the_first_that_is_independent(n, k, l):
    basis, every = eq.brauer_basis(n, k, l), brauer_diagrams(k, l)
    taken = []
    for d in every:
        if brute.rank([e.matrix(n) for e in [*taken, d]]) > len(taken):
            taken.append(d)
    assert list(basis) == taken


def test_it_has_swaps_and_no_copies():
    d, e = brauer("12|3", "|1"), brauer("1", "2|13")
    assert B.identity(3) >> d == d == d >> B.identity(1) and (d @ e) >> B.swap(1, 3) == B.swap(3, 1) >> (e @ d)
    assert B.swap(2, 1) >> B.swap(1, 2) == B.identity(3)
    for index in ([0, 0], [], [1]):
        with pytest.raises(CompositionError, match="copies"):
            B.wiring(1, index)


def test_what_is_no_matching_is_refused():
    for wrong in (lambda: brauer("123", "1"), lambda: brauer("1|2", ""), lambda: Brauer(1, 0, ((0,),))):
        with pytest.raises(TypingError, match="pairs"):
            wrong()
    with pytest.raises(CompositionError, match="PartitionCategory"):
        brauer("1", "1") >> partition("1", "1")
