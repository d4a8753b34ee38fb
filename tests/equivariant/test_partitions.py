"""Partition diagrams against brute force, and their basis against the table of dimensions."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.equivariant import Partition, PartitionCategory, partition, partition_diagrams
from tests.equivariant import brute

SMALL = [(k, l) for k in range(3) for l in range(3)]
P = PartitionCategory()


def some(k, l, most=20):
    ds = partition_diagrams(k, l)
    return ds[:: max(1, len(ds) // most)]


@pytest.mark.parametrize(("k", "l"), [*SMALL, (3, 1), (1, 3)])
def test_the_matrix_is_that_of_brute_force(k, l):
    for d, n in itertools.product(partition_diagrams(k, l), (1, 2, 3)):
        assert np.array_equal(brute.tensor(d.matrix(n), n, k + l), brute.constant_on(d.blocks, k + l, n))


@pytest.mark.parametrize(("k", "m", "l"), list(itertools.product(range(3), repeat=3)))
def test_composition_is_the_product_of_matrices(k, m, l):
    for d, e in itertools.product(partition_diagrams(k, m), partition_diagrams(m, l)):
        assert np.array_equal((d >> e).matrix(2), e.matrix(2) @ d.matrix(2))
        assert np.array_equal((d @ e).matrix(2), np.kron(d.matrix(2), e.matrix(2)))


def test_without_loops_it_is_no_functor():
    d, e = partition("", "1"), partition("1", "")
    assert (d >> e).loops == 1
    assert not np.array_equal(Partition(0, 0, ()).matrix(2), e.matrix(2) @ d.matrix(2))


@pytest.mark.parametrize(("k", "l"), SMALL)
def test_dagger_is_the_transpose_and_text_evaluates_back(k, l):
    for d in partition_diagrams(k, l):
        assert np.array_equal(d.dagger().matrix(2), d.matrix(2).T)
        assert eval(repr(d), vars(eq)) == d and d.dagger().dagger() == d


@pytest.mark.parametrize(("k", "l"), [*SMALL, (4, 1), (2, 3), (0, 3), (3, 0)])
@pytest.mark.parametrize("n", [1, 3])
def test_apply_is_the_product_with_the_matrix(k, l, n):
    for d in some(k, l, 10):
        assert brute.apply_agrees(d, n)


def test_apply_counts_loops_keeps_dtypes_and_compiles():
    d = partition("12|3", "1||2", loops=2)
    assert brute.apply_agrees(d, 3) and brute.apply_agrees(d, 3, channels=())
    x = jnp.arange(8, dtype=jnp.int32).reshape(2, 2, 2)
    assert d.apply(x).dtype == jnp.int32 and jnp.array_equal(jax.jit(d.apply)(x), d.apply(x))
    assert jax.grad(lambda x: d.apply(x).sum())(jnp.ones((2, 2, 2))).shape == (2, 2, 2)


def test_apply_never_forms_the_matrix():
    d, n = partition("1|2|3", "1|2||3"), 24
    text = jax.jit(d.apply).lower(jax.ShapeDtypeStruct((n, n, n), jnp.float32)).as_text()
    assert "dot" not in text and "gather" not in text and "x".join(["24"] * 4) not in text


def test_the_wirings_copy_swap_and_discard():
    assert P.identity(2) == partition("1|2", "1|2") and P.swap(1, 2) == partition("1|2|3", "3|1|2")
    x = jnp.array([1.0, 2.0])
    assert jnp.array_equal(P.wiring(1, [0, 0]).apply(x), jnp.diag(x)) and P.wiring(1, []).apply(x) == 3
    for k, l in SMALL:
        for d in some(k, l):
            assert P.identity(k) >> d == d == d >> P.identity(l) and P.identity(0) @ d == d


def test_there_are_as_many_as_bell_and_stirling_say():
    for k, l in itertools.product(range(4), range(3)):
        found = partition_diagrams(k, l)
        assert len(set(found)) == len(found) == eq.bell(k + l)
        for most in range(5):
            assert len(partition_diagrams(k, l, most)) == sum(eq.stirling(k + l, t) for t in range(most + 1))
    assert eq.stirling(7, 3) == 301 and eq.bell(10) == 115975


@pytest.mark.parametrize(("n", "k", "l", "dim"), brute.dims("S", 4))
def test_the_basis_has_the_dimension_of_the_table(n, k, l, dim):
    assert len(eq.partition_basis(n, k, l)) == dim


@pytest.mark.parametrize(("n", "m"), [(1, 3), (2, 3), (2, 4), (3, 3), (3, 4), (4, 3)])
def test_the_basis_is_independent_spans_and_commutes(n, m):
    basis, every = eq.partition_basis(n, m - 1, 1), partition_diagrams(m - 1, 1)
    assert brute.rank([d.matrix(n) for d in basis]) == len(basis) == brute.rank([d.matrix(n) for d in every])
    turn = np.eye(n)[[*range(1, n), 0]]
    assert all(brute.commutes(d.matrix(n), turn, m - 1, 1) for d in basis)


def test_what_does_not_fit_is_refused():
    d = partition("12", "1")
    with pytest.raises(CompositionError, match="ends at 1 points and the second starts at 2"):
        d >> d
    with pytest.raises(CompositionError):
        d @ 3
    for wrong in (lambda: d.matrix(0), lambda: d.apply(jnp.ones((2, 3))), lambda: d.apply(jnp.ones((2, 2)), 3)):
        with pytest.raises(ArgumentError):
            wrong()
    with pytest.raises(ArgumentError, match="apply"):
        partition("", "1").apply(jnp.ones(()))
    with pytest.raises(ArgumentError, match="booleans"):
        d.apply(jnp.ones((2, 2), bool))
    with pytest.raises(ArgumentError, match="int64"):
        partition("1", "1", loops=63).matrix(2)
    for wrong in (lambda: Partition(1, 1, ((0,),)), lambda: partition_diagrams(-1, 1), lambda: P.wiring(1, [1])):
        with pytest.raises(TypingError):
            wrong()
