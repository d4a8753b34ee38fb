"""Jellyfish diagrams against ε by brute force, and the basis of Aₙ against the table of dimensions."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.equivariant import Combination, Jellyfish, JellyfishCategory, jellyfish, jellyfish_diagrams
from catlearn.equivariant.partitions import partings
from tests.equivariant import brute


def sign(order):
    return round(np.linalg.det(np.eye(len(order))[list(order)]))


def brute_matrix(d):
    T = brute.constant_on(d.blocks, d.cod + d.dom, d.n)
    for index in itertools.product(range(d.n), repeat=T.ndim):
        values = [index[block[0]] for block in d.marked]
        rest = itertools.product(range(d.n), repeat=d.hidden)
        T[index] *= sum(sign(values + list(y)) for y in rest) if d.marked else 1
    return T.reshape(d.n**d.cod, d.n**d.dom)


def partly_marked(n, k, l):
    """Diagrams with some blocks that the determinant does not read."""
    for blocks in partings(k + l, k + l):
        for t in {n - 1, n} - {0}:
            for marked in itertools.combinations(blocks, t):
                yield Jellyfish(k, l, blocks, 0, n, marked)


def every(n, k, l):
    return [*jellyfish_diagrams(n, k, l), *partly_marked(n, k, l)]


def some(things, most=40):
    things = list(things)
    return things[:: max(1, len(things) // most)]


@pytest.mark.parametrize(("n", "k", "l"), [(1, 1, 1), (2, 2, 1), (2, 1, 2), (3, 2, 2), (3, 3, 0), (3, 0, 3), (4, 2, 2)])
def test_the_matrix_is_that_of_brute_force_and_text_evaluates_back(n, k, l):
    for d in some(every(n, k, l), 10):
        assert np.array_equal(d.matrix(), brute_matrix(d)) and np.array_equal(d.dagger().matrix(), d.matrix().T)
        assert eval(repr(d), vars(eq)) == d and d.dagger().dagger() == d
        assert brute.apply_agrees(d, n), d


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(("k", "m", "l"), [(1, 1, 1), (2, 2, 1), (1, 2, 2), (0, 2, 2), (2, 0, 2), (0, 3, 0)])
def test_it_is_a_functor(n, k, m, l):
    for d, e in some(itertools.product(every(n, k, m), every(n, m, l)), 60):
        assert np.array_equal((d >> e).matrix(), e.matrix() @ d.matrix()), (d, e)
    for d, e in some(itertools.product(every(n, k, 1), every(n, 1, l)), 25):
        assert np.array_equal((d @ e).matrix(), np.kron(d.matrix(), e.matrix())), (d, e)


def same(lhs, rhs, symbols):
    """Equal as sums, and with three symbols or more equal as maps."""
    return lhs == rhs if symbols < 3 else np.array_equal(lhs.matrix(), rhs.matrix())


@pytest.mark.parametrize("n", [2, 3])
def test_composites_are_associative_sums_among_them(n):
    for a, b, c, d in [(1, 2, 1, 2), (2, 2, 1, 1), (0, 2, 2, 0), (1, 1, 1, 1)]:
        for f, g, h in some(itertools.product(every(n, a, b), every(n, b, c), every(n, c, d)), 40):
            assert same((f >> g) >> h, f >> (g >> h), sum(bool(e.marked) for e in (f, g, h)))
            assert (f >> g).dagger() == g.dagger() >> f.dagger()
            assert np.array_equal(((f >> g) >> h).matrix(), h.matrix() @ g.matrix() @ f.matrix())
    for f, g, h in some(itertools.product(every(n, 1, 1), repeat=3), 20):
        assert same((f @ g) @ h, f @ (g @ h), sum(bool(e.marked) for e in (f, g, h)))


def test_a_sum_without_its_signs_is_another():
    d = jellyfish("*1", "*1", n=2)
    assert d >> d == JellyfishCategory(2).identity(1) != d
    product = jellyfish("*1|*2", "", n=3) >> jellyfish("", "*1|*2", n=3)
    unsigned = Combination(product.category, 2, 2, tuple((abs(c), e) for c, e in product.terms))
    assert len(product.terms) == 6 - 2 + 2 and not np.array_equal(unsigned.matrix(), product.matrix())
    assert np.allclose(product.matrix(), brute_matrix(jellyfish("", "*1|*2", n=3)) @ brute_matrix(jellyfish("*1|*2", "", n=3)))


def test_two_legs_on_one_block_are_zero():
    zero = jellyfish("*1|*2", "", n=3).dagger() >> jellyfish("12", "1", n=3)
    assert zero == Combination(JellyfishCategory(3), 0, 1) and eval(repr(zero), vars(eq)) == zero


@pytest.mark.parametrize(("n", "k", "l"), [(2, 2, 1), (3, 2, 2), (2, 2, 2)])
def test_partly_marked_diagrams_are_sums_of_the_others(n, k, l):
    for d in some(partly_marked(n, k, l), 40):
        assert np.array_equal(d.expanded().matrix(), d.matrix())
        assert all(set(e.marked) == set(e.blocks) for _, e in d.expanded().terms)


@pytest.mark.parametrize(("n", "k", "l", "dim"), brute.dims("A", 4))
def test_the_basis_has_the_dimension_of_the_table(n, k, l, dim):
    assert len(eq.jellyfish_basis(n, k, l)) == dim


@pytest.mark.parametrize(("n", "k", "l"), [(2, 1, 2), (2, 2, 2), (3, 2, 2), (3, 1, 1), (4, 2, 2), (3, 2, 3)])
def test_the_basis_is_independent_and_spans(n, k, l):
    basis = eq.jellyfish_basis(n, k, l)
    assert brute.rank([d.matrix() for d in basis]) == len(basis) == brute.rank([d.matrix() for d in jellyfish_diagrams(n, k, l)])


@pytest.mark.parametrize(("n", "k", "l"), [(3, 1, 1), (3, 2, 1), (4, 2, 2), (4, 3, 0)])
def test_they_commute_with_even_permutations_and_not_with_odd_ones(n, k, l):
    eye = np.eye(n)
    for d in (d for d in jellyfish_diagrams(n, k, l) if d.marked):
        for order in itertools.permutations(range(n)):
            assert brute.commutes(d.matrix(), eye[list(order)], k, l) == (sign(order) == 1)


def test_what_does_not_fit_is_refused():
    for wrong in (
        lambda: jellyfish("*1|*2", "", n=4),
        lambda: jellyfish("1", "1"),
        lambda: jellyfish("1|*", "1", n=2),
        lambda: Jellyfish(1, 1, ((0, 1),), 0, 3, ((0, 1),)),
        lambda: jellyfish_diagrams(3, -1, 0),
    ):
        with pytest.raises(TypingError):
            wrong()
    with pytest.raises(CompositionError):
        jellyfish("*1|*2", "") >> jellyfish("", "1", n=3)
    with pytest.raises(ArgumentError):
        jellyfish("*1|*2", "").apply(jnp.ones((3, 3)))
    with pytest.raises(ArgumentError):
        JellyfishCategory(3).size(2)
