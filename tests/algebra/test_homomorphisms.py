"""Homomorphism counts against brute force, networkx, and theorems: traces, moments, products, and trees against 1-WL."""

from functools import partial
from itertools import combinations, product

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pytest
from networkx.algorithms.approximation import treewidth_min_fill_in

import catlearn as cl
from catlearn import R
from catlearn.algebra.homomorphisms import Pattern, complete, contract, cycle, eliminate, from_edges, path, star
from catlearn.algebra.refinement import classes
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.datasets import gallery, graphs_up_to, rook, shrikhande

GRID = from_edges([((3 * i + j), (3 * i + j + 1)) for i in range(3) for j in range(2)] + [(i, i + 3) for i in range(6)])
DIAMOND = from_edges([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)])
SMALL = [path(1), path(4), cycle(3), cycle(4), star(3), complete(4), DIAMOND, from_edges([(0, 0), (0, 1)]), Pattern(3, ((0, 1),))]


def brute_force(pattern, matrix):
    n = len(matrix)
    return sum(np.prod([matrix[phi[v], phi[u]] for u, v in pattern.edges]) for phi in product(range(n), repeat=pattern.nodes))


def count(pattern, matrix):
    return float((R(*matrix.shape) >> cl.homomorphisms(pattern))((), matrix))


def random_graph(n, seed=0, p=0.5):
    return nx.to_numpy_array(nx.gnp_random_graph(n, p, seed=seed), dtype=np.float32)


@pytest.mark.parametrize("pattern", SMALL, ids=repr)
def test_brute_force(pattern):
    weights = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)  # directed, weighted, with loops
    np.testing.assert_allclose(count(pattern, weights), brute_force(pattern, weights), rtol=1e-4, atol=1e-4)
    graph = random_graph(5)
    assert count(pattern, graph) == brute_force(pattern, graph)


def test_a_direction_is_from_sender_to_receiver():
    edge = from_edges([(0, 1), (0, 2)])  # one sends to two
    out = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0]], np.float32)
    assert (count(edge, out), count(edge, out.T)) == (4, 2)


def test_cycles_are_traces_and_paths_are_walks():
    A = random_graph(12)
    for k in range(3, 8):
        assert count(cycle(k), A) == np.trace(np.linalg.matrix_power(A.astype(np.int64), k))
        assert count(path(k), A) == np.linalg.matrix_power(A.astype(np.int64), k - 1).sum()


def test_stars_are_moments_of_degrees():
    A = random_graph(12)
    for k in range(5):
        assert count(star(k), A) == (A.sum(1) ** k).sum()
    assert count(complete(2), A) == 2 * nx.from_numpy_array(A).number_of_edges()


def test_cliques_are_those_of_networkx():
    A = random_graph(12, p=0.7)
    cliques = [len(c) for c in nx.enumerate_all_cliques(nx.from_numpy_array(A))]
    for k, factorial in ((3, 6), (4, 24), (5, 120)):
        assert count(complete(k), A) == factorial * cliques.count(k) > 0


def test_numbers_of_known_graphs():
    C6, twice = cycle(6).adjacency, (cycle(3) + cycle(3)).adjacency
    assert (count(complete(3), C6), count(complete(3), twice)) == (0, 12)
    found = [[count(complete(k), G) for k in (3, 4)] for G in (rook(), shrikhande())]
    assert found == [[192, 192], [192, 0]]  # 32 triangles in each; 8 copies of K4, 24 homomorphisms to each, against none


def test_disjoint_unions_and_products_multiply():
    G, H = random_graph(4), random_graph(5, 1)
    for F in (cycle(3), DIAMOND):
        assert count(F + path(3), G) == count(F, G) * count(path(3), G)
        assert count(F, np.kron(G, H)) == count(F, G) * count(F, H)


def test_counts_are_invariant():
    A = random_graph(7)
    order = np.random.default_rng(0).permutation(7)
    assert count(GRID, A) == count(GRID, A[np.ix_(order, order)]) > 0


TREES = [from_edges(list(tree.edges), n) for n in range(1, 7) for tree in nx.nonisomorphic_trees(n)]


def test_trees_count_what_colour_refinement_sees():
    """Dvořák's theorem, on all graphs with 6 nodes: the same counts of trees if and only if in one class of 1-WL."""
    graphs = np.stack([g for g in graphs_up_to(6) if len(g) == 6])
    of_all = jax.jit(lambda A: jnp.stack([jax.vmap(partial(contract, tree))(A) for tree in TREES], 1))
    counts, found = np.asarray(of_all(graphs)), classes(graphs)
    assert counts.max() < 2**24
    rows = [tuple(row) for row in counts]
    for i, j in combinations(range(len(graphs)), 2):
        assert (rows[i] == rows[j]) == (found[i] == found[j])


@pytest.mark.parametrize("pair", [p for p in gallery() if len(p.left) <= 16], ids=lambda pair: pair.name)
def test_treewidth_below_the_level_separates_no_pair(pair):
    """Dell, Grohe, Rattan: patterns of treewidth ≤ k count the same on graphs that folklore k-WL can't tell apart."""
    patterns = [*TREES[:8], cycle(3), cycle(4), cycle(5), cycle(6), DIAMOND, complete(4)]
    separating = [F.plan.width for F in patterns if count(F, pair.left) != count(F, pair.right)]
    assert min(separating) == pair.level


@pytest.mark.parametrize(
    ("pattern", "width"),
    [(path(1), 0), (path(5), 1), (star(6), 1), (cycle(7), 2), (DIAMOND, 2), (complete(5), 4), (GRID, 3), (Pattern(0, ()), -1)],
)
def test_plans_are_tree_decompositions_of_known_width(pattern, width):
    bags = eliminate(pattern).bags
    assert eliminate(pattern).width == width and [bag[0] for bag in bags] == list(dict.fromkeys(bag[0] for bag in bags))
    assert sorted(bag[0] for bag in bags) == list(range(pattern.nodes))
    assert all(any({u, v} <= set(bag) for bag in bags) for u, v in pattern.edges)
    position = {bag[0]: i for i, bag in enumerate(bags)}
    for bag in bags:  # what a bag shares with later ones is all in its parent, the bag of its node that goes next
        if len(bag) > 1:
            assert set(bag[1:]) <= set(bags[min(position[u] for u in bag[1:])])


def test_widths_are_no_worse_than_networkx():
    for seed in range(8):
        graph = nx.gnp_random_graph(9, 0.4, seed=seed)
        assert from_edges(list(graph.edges), 9).plan.width <= treewidth_min_fill_in(graph)[0]


def test_no_intermediate_is_larger_than_the_width_allows():
    n, jaxpr = 7, jax.make_jaxpr(lambda a: contract(GRID, a))(jnp.ones((7, 7)))
    sizes = [v.aval.size for eqn in jaxpr.jaxpr.eqns for v in eqn.outvars]
    assert max(sizes) <= n ** (GRID.plan.width + 1) < n**GRID.nodes


def test_it_is_differentiable_and_batches():
    A = random_graph(6)
    f = R(6, 6) >> cl.homomorphisms(cycle(4))
    gradient = jax.grad(lambda a: f((), a))(A)
    np.testing.assert_allclose(gradient, 4 * np.linalg.matrix_power(A.T, 3), rtol=1e-5)  # ∂ tr(A⁴) = 4 (Aᵀ)³
    many = np.stack([A, random_graph(6, 1)])
    assert np.array_equal(cl.batch(f, 2)((), many), [f((), a) for a in many])
    y, residual = cl.reverse(f).forward((), A)
    assert y == f((), A) == jax.jit(lambda a: f((), a))(A)
    np.testing.assert_allclose(cl.reverse(f).backward(residual, jnp.ones(()))[1], gradient, rtol=1e-6)


def test_of_a_graph_in_a_model():
    edges = cl.from_adjacency(cycle(3).adjacency)
    f = cl.Graph(3, 6) >> cl.adjacency_of >> cl.homomorphisms([(0, 1), (1, 2), (2, 0)])
    assert f.cod == R() and f((), edges) == 6 and cl.homomorphisms([(0, 1)]) == cl.homomorphisms(path(2))
    assert repr(cl.homomorphisms([(0, 1)])) == "homomorphisms([(0, 1)])"
    assert cl.cast(R(3, 3) >> cl.homomorphisms(path(2)), "bfloat16")((), jnp.ones((3, 3))) == 9


def test_bad_input_is_an_error():
    for wrong, message in (
        ([(0, 1, 2)], "pairs of whole numbers"),
        ([(0, -1)], "pairs of whole numbers"),
        ([(0, 1), (0, 1)], "an edge is given once"),
    ):
        with pytest.raises(ArgumentError, match=message):
            from_edges(wrong)
    with pytest.raises(ArgumentError, match="name node 2"):
        from_edges([(0, 2)], nodes=2)
    for make, least in ((path, 0), (cycle, 2), (complete, 0), (star, -1), (cycle, 3.0)):
        with pytest.raises(ArgumentError, match="takes a whole number ≥"):
            make(least)
    with pytest.raises(ArgumentError, match="takes a pattern"):
        cl.homomorphisms(3)
    for dom in (R(3), R(3, 4), R(3, 3, dtype="int32"), cl.Graph(3, 4)):
        with pytest.raises(TypingError, match="an adjacency matrix of floats"):
            dom >> cl.homomorphisms(path(2))
