"""Bilabelled graphs against homomorphisms counted one by one, and bases against the orbits of the table."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import itertools
import random

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.equivariant import Bilabelled, BilabelledCategory, bilabelled, partition_diagrams
from catlearn.equivariant.partitions import partings
from tests.equivariant import brute

B = BilabelledCategory()


graph = brute.graph
PAW = graph("paw")


def counted(d, A):
    """All maps of the vertices to G, one by one."""
    n, labelled = len(A), len(d.blocks)
    T = np.zeros((n,) * (d.cod + d.dom))
    vertex = {x: v for v, block in enumerate(d.blocks) for x in block}
    for phi in itertools.product(range(n), repeat=labelled + d.inner + d.loops):
        if all(A[phi[u], phi[v]] for u, v in d.edges):
            T[tuple(phi[vertex[x]] for x in range(T.ndim))] += 1
    return T.reshape(n**d.cod, n**d.dom)


def drawn(k, l, seed, inner=2):
    """A random bilabelled graph."""
    rng = random.Random(seed)
    blocks = rng.choice(list(partings(k + l, k + l)))
    size = len(blocks) + rng.randint(0, inner)
    edges = {(u, v) for u in range(size) for v in range(u, size) if rng.random() < (0.5 if u != v else 0.05)}
    kept = [*range(len(blocks)), *(v for v in range(len(blocks), size) if any(v in e for e in edges))]
    name = {v: i for i, v in enumerate(kept)}
    named = tuple((name[u], name[v]) for u, v in edges)
    return Bilabelled(k, l, blocks, rng.randint(0, 1), len(kept) - len(blocks), named)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("k", "l"), [(1, 1), (2, 1), (0, 2), (2, 0), (0, 0), (1, 2)])
def test_the_matrix_counts_homomorphisms(k, l, seed):
    d = drawn(k, l, seed)
    assert np.array_equal(d.matrix(PAW), counted(d, PAW)), d
    assert np.array_equal(d.dagger().matrix(PAW), d.matrix(PAW).T) and d.dagger().dagger() == d
    assert eval(repr(d), vars(eq)) == d
    if seed < 6:
        assert brute.apply_agrees(d, 4, PAW) and brute.apply_agrees(d, 4, PAW, channels=(2, 3))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("k", "m", "l"), [(1, 1, 1), (2, 2, 1), (0, 2, 2), (1, 0, 1), (2, 1, 0)])
def test_it_is_a_functor_and_a_category(k, m, l, seed):
    d, e, f = drawn(k, m, seed), drawn(m, l, seed + 100), drawn(l, 1, seed + 200, 1)
    assert np.array_equal((d >> e).matrix(PAW), e.matrix(PAW) @ d.matrix(PAW))
    assert (d >> e) >> f == d >> (e >> f) and (d >> e).dagger() == e.dagger() >> d.dagger()
    assert B.identity(k) >> d == d == d >> B.identity(m) and (d @ e) @ f == d @ (e @ f)
    if k + m + m + l < 6:
        assert np.array_equal((d @ e).matrix(PAW), np.kron(d.matrix(PAW), e.matrix(PAW)))
        assert (d @ e) >> B.swap(m, l) == B.swap(k, m) >> (e @ d)


def test_with_weights_it_would_be_no_functor():
    edge = bilabelled("1", "1|2", "12") >> bilabelled("1|2", "1", "12")
    assert edge == bilabelled("1", "1", "12")  # two edges that fall together are one
    W = 2 * PAW
    weighed = lambda d: np.einsum("ij->i", W)  # noqa: E731
    assert not np.array_equal(np.diag(weighed(edge)), np.diag((W * W).sum(axis=1)))
    with pytest.raises(ArgumentError, match="zeros and ones"):
        edge.matrix(W)


def test_without_edges_they_are_partition_diagrams():
    for d in partition_diagrams(2, 2):
        assert np.array_equal(Bilabelled(2, 2, d.blocks).matrix(PAW), d.matrix(4))


def test_apply_compiles_and_takes_no_weights():
    d, x = bilabelled("1|2", "|1|2", "13 23"), jnp.arange(16.0).reshape(4, 4)
    want = d.matrix(PAW) @ np.asarray(x).ravel()
    assert np.allclose(jax.jit(d.apply)(x, PAW).ravel(), want) and d.apply(x.astype(int), PAW).dtype == jnp.int32
    for A in (np.ones((4, 3)), np.triu(PAW), PAW / 2, np.zeros((0, 0)), np.ones(4)):
        with pytest.raises(ArgumentError, match="adjacency"):
            d.apply(x, A)
    with pytest.raises(ArgumentError, match="leading axes"):
        d.apply(jnp.ones((3, 3)), PAW)


def test_sums_are_linear():
    d, e = bilabelled("1", "|1", "12"), bilabelled("1", "1", "")
    assert (d - 2 * e) >> d == (d >> d) - 2 * d and np.array_equal((d - 2 * e).matrix(PAW), PAW - 2 * np.eye(4))
    assert eval(repr(d - 2 * e), vars(eq)) == d - 2 * e
    assert not (d - d).matrix(PAW).any()


def test_what_is_no_graph_is_refused():
    for wrong in (
        lambda: bilabelled("1", "1", "1"),
        lambda: bilabelled("1", "1", "1-"),
        lambda: bilabelled("1", "1", [(0, 1)]),
        lambda: bilabelled("1", "1", "13"),
        lambda: Bilabelled(1, 0, ((0,),), 0, 0, ((0, 1),)),
    ):
        with pytest.raises(TypingError):
            wrong()
    with pytest.raises(CompositionError):
        bilabelled("1", "1", "") >> bilabelled("12", "1", "")
    with pytest.raises(CompositionError, match="PartitionCategory"):
        bilabelled("1", "1", "") >> eq.partition("1", "1")
    with pytest.raises(ArgumentError, match="most_vertices"):
        eq.bilabelled_basis(PAW, 1, 1, most_vertices=-1)
