from itertools import permutations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networkx.algorithms.isomorphism import GraphMatcher

from catlearn.core.errors import TypingError
from catlearn.equivariant import Aut
from catlearn.equivariant.automorphisms import refined

KNOWN = [
    (nx.petersen_graph(), 120),
    (nx.cycle_graph(20), 40),
    (nx.hypercube_graph(4), 384),
    (nx.disjoint_union_all([nx.cycle_graph(4)] * 3), 8**3 * 6),
    (nx.complete_bipartite_graph(3, 4), 6 * 24),
    (nx.frucht_graph(), 1),
    (nx.Graph(nx.paley_graph(13)), 78),
    (nx.empty_graph(1), 1),
    (nx.line_graph(nx.complete_bipartite_graph(4, 4)), 2 * 24**2),  # the rook's graph, where colours alone tell nothing apart
]


@pytest.mark.parametrize("graph, order", KNOWN, ids=str)
def test_known_orders(graph, order):
    group = Aut(graph)
    assert group.order == order
    a = nx.to_numpy_array(graph)
    assert all(np.array_equal(g @ a @ g.T, a) for g in group.generators())
    if order <= 500:
        assert len(group.permutations()) == order == sum(1 for _ in GraphMatcher(graph, graph).isomorphisms_iter())


@given(st.integers(1, 5), st.integers(0, 2**25 - 1), st.booleans(), st.sampled_from([2, 3]))
def test_all_automorphisms_of_small_graphs(n, seed, directed, labels):
    a = np.random.default_rng(seed).integers(0, labels, (n, n))
    a = a if directed else np.maximum(a, a.T)
    every = {p for p in permutations(range(n)) if np.array_equal(a[np.ix_(p, p)], a)}
    group = Aut(a)
    assert set(map(tuple, group.permutations().tolist())) == every
    assert group.order == len(every)
    assert all(group.contains_permutation(np.array(p)) == (p in every) for p in permutations(range(n)))


def test_weights_count():
    weighted = np.array([[0, 1.5, 2], [1.5, 0, 1.5], [2, 1.5, 0]])
    assert Aut(weighted).order == 2 and Aut(weighted > 0).order == 6
    weighted[0, 1] = weighted[1, 0] = 1
    assert Aut(weighted).order == 1
    assert eval(repr(Aut(weighted))) == Aut(weighted)


def test_refinement_tells_apart_what_colours_can():
    star = nx.to_numpy_array(nx.star_graph(3)).astype(int)
    (colours,) = refined(star, [()])
    assert len(set(colours.tolist())) == 2 and len(set(colours[1:].tolist())) == 1
    here, there = refined(star, [(1,), (2,)])
    assert here[1] == there[2] and here[2] == there[1] != here[1]


def test_large_graphs():
    assert Aut(nx.complete_graph(40)).order == S_ORDER
    assert Aut(nx.gnp_random_graph(150, 0.5, seed=0)).order == 1


S_ORDER = int(np.prod([np.array(i, object) for i in range(1, 41)]))


@pytest.mark.parametrize("graph", [np.zeros((2, 3)), "graph", [[0, 1], [1]], [], [[np.nan]], [["a"]], 3, [[1j]]], ids=repr)
def test_what_is_no_graph(graph):
    with pytest.raises(TypingError, match="square adjacency matrix"):
        Aut(graph)
