"""Colour refinement against networkx, theorems on regular and strongly regular graphs, and its own fixpoint property."""

from itertools import product

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import catlearn as cl
from catlearn.algebra.homomorphisms import complete, cycle, path, star
from catlearn.algebra.refinement import (
    classes,
    equivalent,
    indicator,
    quotient,
    refine,
    refine_together,
    stable_colouring,
    stable_colourings,
)
from catlearn.core.errors import ArgumentError
from catlearn.datasets import gallery, graphs_up_to, rook, shrikhande


@st.composite
def graphs(draw, most=7):
    n = draw(st.integers(1, most))
    below = np.tril(np.reshape(draw(st.lists(st.integers(0, 1), min_size=n * n, max_size=n * n)), (n, n)), -1)
    return (below + below.T).astype(np.float32)


def partition(colours):
    """A colouring up to the names of its colours."""
    flat = np.asarray(colours).reshape(-1)
    return frozenset(frozenset(np.nonzero(flat == c)[0].tolist()) for c in np.unique(flat))


def by_the_definition(graph, steps):
    """Colour refinement with nested tuples for names, as it is defined."""
    colours = [()] * len(graph)
    for _ in range(steps):
        colours = [(colours[v], tuple(sorted(colours[u] for u in np.nonzero(graph[v])[0]))) for v in range(len(graph))]
    return colours


@given(graphs(), st.integers(1, 3))
def test_steps_are_those_of_the_definition(graph, steps):
    found = np.zeros(len(graph), int)
    for _ in range(steps):
        found = refine(graph, found)
    wanted = by_the_definition(graph, steps)
    names = {name: i for i, name in enumerate(dict.fromkeys(wanted))}
    assert partition(found) == partition([names[w] for w in wanted])


@given(graphs(), st.permutations(range(7)))
def test_colours_do_not_depend_on_the_order_of_nodes(graph, order):
    order = np.array([v for v in order if v < len(graph)])
    assert np.array_equal(stable_colouring(graph[np.ix_(order, order)]), stable_colouring(graph)[order])
    two = stable_colouring(graph[np.ix_(order, order)], 2)
    assert np.array_equal(two, stable_colouring(graph, 2)[np.ix_(order, order)])
    assert equivalent(graph, graph[np.ix_(order, order)], 2)


@given(graphs())
def test_the_fixpoint_is_the_coarsest_coalgebra_homomorphism(graph):
    c = stable_colouring(graph)
    assert partition(refine(graph, c)) == partition(c)
    P, D = indicator(c), quotient(graph, c)
    assert np.array_equal(graph @ P, P @ D)
    for a, b in product(range(len(D)), repeat=2):
        if a < b:  # no two colours can be one: the quotient is simple
            merged = np.where(c == b, a, c) - (c > b)
            with pytest.raises(ArgumentError, match="not stable"):
                quotient(graph, merged)


def test_a_finer_colouring_may_be_stable_too():
    discrete = np.arange(4)
    assert np.array_equal(quotient(cycle(4).adjacency, discrete), cycle(4).adjacency)  # stable, and not the coarsest
    assert quotient(cycle(4).adjacency).tolist() == [[2.0]]


@pytest.mark.filterwarnings("ignore:The hashes produced")
@given(graphs(6), graphs(6))
def test_one_dimension_agrees_with_networkx(a, b):
    rounds = len(a) + len(b)
    theirs = [nx.weisfeiler_lehman_graph_hash(nx.from_numpy_array(np.array(g)), iterations=rounds) for g in (a, b)]
    assert equivalent(a, b) == (theirs[0] == theirs[1])


@pytest.mark.parametrize(("n", "count", "total"), [(3, 4, 4), (4, 11, 11), (5, 34, 34), (6, 152, 156)])
def test_classes_of_all_small_graphs(n, count, total):
    found = [graph for graph in graphs_up_to(n) if len(graph) == n]
    assert (len(found), max(classes(found)) + 1) == (total, count)


def test_two_dimensions_tell_all_small_graphs_apart():
    found = graphs_up_to(6)
    assert len(set(classes(found, 2))) == len(found) == 208
    assert classes(found, 2, folklore=False) == classes(found)  # oblivious 2-WL is no stronger than colour refinement


@pytest.mark.parametrize("pair", gallery(), ids=lambda pair: pair.name)
def test_each_pair_is_told_apart_at_its_level_and_no_sooner(pair):
    assert [equivalent(*pair, k) for k in range(1, pair.level + 1)] == [True] * (pair.level - 1) + [False]


@pytest.mark.parametrize("pair", gallery()[:3], ids=lambda pair: pair.name)
def test_folklore_is_one_ahead_of_oblivious(pair):
    for k in (1, 2):
        assert equivalent(*pair, k) == equivalent(*pair, k + 1, folklore=False)


def test_strongly_regular_graphs_have_three_colours_of_pairs():
    pairs = stable_colourings([rook(), shrikhande()], 2)
    assert all(len(np.unique(c)) == 3 for c in pairs)  # equal, adjacent, neither
    assert equivalent(rook(), shrikhande(), 3, folklore=False) and not equivalent(rook(), shrikhande(), 3)


def test_pairs_in_a_cycle_are_coloured_by_distance():
    colours = stable_colouring(cycle(7).adjacency, 2)
    distance = np.array(nx.floyd_warshall_numpy(nx.cycle_graph(7)))
    assert partition(colours) == partition(distance)


def test_several_graphs_have_one_list_of_names():
    a, b, c = stable_colourings([path(3).adjacency, path(3).adjacency, star(3).adjacency])
    assert np.array_equal(a, b) and c[0] != a[1] and len(set(c[1:])) == 1
    both = stable_colouring((path(3) + star(3)).adjacency)  # 1-WL on a disjoint union is 1-WL on its parts together
    assert partition(both) == partition(np.concatenate([a, c]))
    apart = refine_together([path(2).adjacency, complete(3).adjacency], [[0, 0], [0, 0, 0]])
    assert apart[0].tolist() == [0, 0] and apart[1].tolist() == [1, 1, 1]
    assert stable_colourings([]) == [] and classes([]) == ()
    assert stable_colouring(np.zeros((0, 0))).shape == (0,) and quotient(np.zeros((0, 0))).shape == (0, 0)


def test_weights_directions_loops_and_first_colours_count():
    weighted = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]], float)
    assert len(np.unique(stable_colouring(weighted))) == 2 and len(np.unique(stable_colouring(weighted != 0))) == 1
    assert not equivalent([[0, 0], [1, 0]], [[0, 0], [0, 0]])
    directed = np.zeros((3, 3))
    directed[1, 0] = directed[2, 0] = 1  # node 0 sends to 1 and 2, and nothing comes in to it
    assert partition(stable_colouring(directed)) == {frozenset({0}), frozenset({1, 2})}
    assert stable_colouring(directed.T).tolist() == [1, 0, 0]  # nodes see what comes in
    assert len(np.unique(stable_colouring(np.diag([1.0, 0])))) == 2
    assert len(np.unique(stable_colouring(cycle(6).adjacency, colours=[1, 0, 0, 0, 0, 0]))) == 4
    features = [[0.5, 0.1]] + [[0.5, 0.2]] * 5
    assert partition(stable_colouring(cycle(6).adjacency, colours=features)) == partition(
        stable_colouring(cycle(6).adjacency, colours=[1, 0, 0, 0, 0, 0])
    )
    assert len(np.unique(stable_colouring(cycle(5).adjacency, 2, colours=[1, 0, 0, 0, 0]).diagonal())) == 3


def test_all_forms_of_a_graph_are_one():
    edges = cl.from_adjacency(star(3).adjacency)
    for form in (edges, cl.sparse_of(edges), jnp.asarray(star(3).adjacency), star(3).adjacency.tolist()):
        assert partition(stable_colouring(form)) == {frozenset({0}), frozenset({1, 2, 3})}


def test_what_is_no_graph_is_an_error():
    for wrong, message in (([[0, 1]], r"square, got shape \(1, 2\)"), ([[np.nan]], "finite numbers")):
        with pytest.raises(ArgumentError, match=message):
            stable_colouring(wrong)
    with pytest.raises(ArgumentError, match="without padding or features"):
        stable_colouring(cl.edge_list([0], [1], 2, features=jnp.ones((1, 2))))
    with pytest.raises(ArgumentError, match="without padding or features"):
        stable_colouring(cl.disjoint_union([cl.edge_list([0], [1], 2)]))
    with pytest.raises(ArgumentError, match=r"outside of jax\.jit"):
        jax.jit(stable_colouring)(jnp.eye(2))


def test_what_are_no_colours_is_an_error():
    graph = path(3).adjacency
    for wrong, message in (
        ([0.0, 1.0, 0.0], "colours are integers, got float64"),
        ([0, 0], r"colours of k-tuples of 3 nodes are integers ≥ 0, shape \(3, …, 3\); got \(2,\)"),
        ([-1, 0, 0], "integers ≥ 0"),
    ):
        with pytest.raises(ArgumentError, match=message):
            refine(graph, wrong)
    with pytest.raises(ArgumentError, match="k-tuples with one k"):
        refine_together([graph, graph], [np.zeros(3, int), np.zeros((3, 3), int)])
    for k in (0, 1.5, True):
        with pytest.raises(ArgumentError, match="k must be a whole number ≥ 1"):
            stable_colouring(graph, k)
    with pytest.raises(ArgumentError, match=r"a row for each of 3 nodes, got \(2,\)"):
        stable_colouring(graph, colours=[0, 1])
    with pytest.raises(ArgumentError, match="none left out"):
        quotient(graph, [0, 2, 0])
    with pytest.raises(ArgumentError, match="colours of nodes"):
        quotient(graph, np.zeros((3, 3), int))
