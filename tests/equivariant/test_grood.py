"""Brauer–Grood diagrams against ε by brute force, and the basis of SO(n) against the table of dimensions."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.equivariant import Combination, Grood, GroodCategory, grood, grood_diagrams
from catlearn.equivariant.grood import free_inner
from tests.equivariant import brute


def sign(order):
    """ε of these indices, by the determinant of a matrix of zeros and ones."""
    return round(np.linalg.det(np.eye(len(order))[list(order)]))


def brute_matrix(d):
    T = brute.constant_on([b for b in d.blocks if b not in d.marked], d.cod + d.dom, d.n)
    for index in itertools.product(range(d.n), repeat=T.ndim):
        T[index] *= sign([index[x] for (x,) in d.marked]) if d.marked else 1
    return T.reshape(d.n**d.cod, d.n**d.dom)


def some(things, most=40):
    things = list(things)
    return things[:: max(1, len(things) // most)]


@pytest.mark.parametrize(
    ("n", "k", "l"), [(2, 2, 2), (2, 1, 3), (2, 0, 2), (3, 2, 1), (3, 2, 3), (3, 0, 3), (1, 2, 1), (4, 2, 2)]
)
def test_the_matrix_is_that_of_brute_force_and_text_evaluates_back(n, k, l):
    for d in some(grood_diagrams(n, k, l), 12):
        assert np.array_equal(d.matrix(), brute_matrix(d)) and np.array_equal(d.dagger().matrix(), d.matrix().T)
        assert eval(repr(d), vars(eq)) == d and d.dagger().dagger() == d
        assert brute.apply_agrees(d, n)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    ("k", "m", "l"), [(2, 2, 2), (1, 2, 1), (2, 3, 1), (3, 2, 2), (0, 3, 3), (1, 3, 2), (3, 0, 2), (2, 1, 4)]
)
def test_it_is_a_functor(n, k, m, l):
    for d, e in some(itertools.product(grood_diagrams(n, k, m), grood_diagrams(n, m, l))):
        assert np.array_equal((d >> e).matrix(), e.matrix() @ d.matrix()), (d, e)
    for d, e in some(itertools.product(grood_diagrams(n, k, 1), grood_diagrams(n, 1, l)), 12):
        if k + l < 5:
            assert np.array_equal((d @ e).matrix(), np.kron(d.matrix(), e.matrix())), (d, e)


def same(lhs, rhs, symbols):
    """Equal as sums, and with three symbols or more equal as maps."""
    return lhs == rhs if symbols < 3 else np.array_equal(lhs.matrix(), rhs.matrix())


def test_composites_are_associative_sums_among_them():
    for n, (a, b, c, d) in itertools.product((2, 3), [(1, 2, 1, 2), (2, 2, 2, 1), (0, 3, 2, 1), (2, 1, 2, 2)]):
        for f, g, h in some(itertools.product(grood_diagrams(n, a, b), grood_diagrams(n, b, c), grood_diagrams(n, c, d)), 30):
            symbols = sum(bool(d.marked) for d in (f, g, h))
            assert same((f >> g) >> h, f >> (g >> h), symbols)
            assert symbols > 2 or (f @ g) @ h == f @ (g @ h)
            assert (f >> g).dagger() == g.dagger() >> f.dagger()


def test_without_the_sign_of_the_permutation_it_is_no_functor():
    product = grood("", "*12") >> grood("*12", "")
    assert product == 2 * GroodCategory(2).identity(0)
    two = grood("*12", "") >> grood("", "*12")
    unsigned = Combination(two.category, 2, 2, tuple((abs(c), d) for c, d in two.terms))
    assert np.array_equal(two.matrix(), brute_matrix(grood("", "*12")) @ brute_matrix(grood("*12", "")))
    assert not np.array_equal(unsigned.matrix(), two.matrix())


def test_free_points_that_meet_give_zero():
    zero = grood("1", "4|*123") >> grood("12|3|4", "|1|2", n=3)
    assert zero == Combination(GroodCategory(3), 1, 2) and not zero.matrix().any()
    assert eval(repr(zero), vars(eq)) == zero and not zero.apply(jnp.ones((3, 5))).any()


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 3), (3, 5), (4, 4)])
def test_they_commute_with_rotations_and_change_sign_under_reflections(n, m):
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(n, n)))[0]
    turn = q * np.linalg.det(q) if n % 2 else q @ np.diag([np.linalg.det(q), *[1] * (n - 1)])
    mirror = np.diag([-1.0] + [1.0] * (n - 1))
    for d in some((d for d in grood_diagrams(n, m - 1, 1) if d.marked), 6):
        assert brute.commutes(d.matrix(), turn, m - 1, 1) and not brute.commutes(d.matrix(), mirror, m - 1, 1)
        assert np.allclose(brute.power(mirror, 1) @ d.matrix(), -d.matrix() @ brute.power(mirror, m - 1))


@pytest.mark.parametrize(("n", "k", "l", "dim"), brute.dims("SO", 4))
def test_the_basis_has_the_dimension_of_the_table(n, k, l, dim):
    assert len(eq.grood_basis(n, k, l)) == dim


@pytest.mark.parametrize(("n", "k", "l"), [(2, 2, 2), (2, 3, 1), (3, 2, 3), (3, 0, 5), (2, 2, 4), (4, 3, 3)])
def test_the_basis_is_independent_and_spans(n, k, l):
    basis, every = eq.grood_basis(n, k, l), grood_diagrams(n, k, l)
    assert brute.rank([d.matrix() for d in basis]) == len(basis) == brute.rank([d.matrix() for d in every])


@pytest.mark.parametrize(("n", "k", "l"), [(2, 2, 2), (3, 2, 3), (2, 1, 3), (4, 2, 2)])
def test_inner_products_are_those_of_the_matrices(n, k, l):
    free = [d for d in grood_diagrams(n, k, l) if d.marked]
    for d, e in some(itertools.product(free, free), 60):
        assert free_inner(d, e) == (d.matrix() * e.matrix()).sum()


def test_the_cross_product_and_the_determinant():
    a, b = jnp.array([1.0, 2.0, 3.0]), jnp.array([0.0, -1.0, 5.0])
    assert jnp.allclose(grood("*12", "*1").apply(jnp.outer(a, b)), jnp.cross(a, b))
    A = np.random.default_rng(3).normal(size=(4, 4))
    tensor = jnp.einsum("a,b,c,d->abcd", *A)
    assert np.allclose(jax.jit(grood("*1234", "").apply)(tensor), np.linalg.det(A), rtol=1e-4)


def test_what_does_not_fit_is_refused():
    for wrong in (
        lambda: grood("*12", "*1", n=4),
        lambda: grood("1", "1"),
        lambda: grood("123", "", n=2),
        lambda: grood("1|*", "1", n=2),
        lambda: Grood(1, 1, ((0, 1),), 0, 2, ((0,),)),
        lambda: Grood(1, 1, ((0,), (1,)), 0, 3, ((0,), (1,))),
    ):
        with pytest.raises(TypingError):
            wrong()
    with pytest.raises(CompositionError, match=r"GroodCategory\(n=3\)"):
        grood("*12", "") >> grood("", "*123")
    with pytest.raises(ArgumentError, match="n = 2"):
        grood("*12", "").matrix(3)
    with pytest.raises(ArgumentError):
        grood("*12", "").apply(jnp.ones((3, 3)))
    with pytest.raises(CompositionError, match="copies"):
        GroodCategory(3).wiring(1, [0, 0])
