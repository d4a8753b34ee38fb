"""The canonical form of graphs: equal where they differ in names alone, and nowhere else."""

import itertools
import random

import networkx as nx
import pytest

from catlearn.equivariant.canonical import canonical


@pytest.mark.parametrize("seed", range(25))
def test_names_of_inner_vertices_do_not_matter(seed):
    rng = random.Random(seed)
    size, fixed = 6, 1
    edges = [e for e in itertools.combinations(range(size), 2) if rng.random() < 0.6]
    order = [*range(fixed), *rng.sample(range(fixed, size), size - fixed)]
    moved = [(order[u], order[v]) for u, v in edges]
    assert canonical(fixed, size - fixed, edges) == canonical(fixed, size - fixed, moved)
    other = [e for e in edges if e != edges[0]]
    assert canonical(fixed, size - fixed, edges) != canonical(fixed, size - fixed, other)


def test_the_canonical_form_keeps_graphs_that_refinement_takes_for_one():
    six, two_threes = nx.cycle_graph(6), nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(3))
    assert canonical(0, 6, six.edges) != canonical(0, 6, two_threes.edges)
    found = {canonical(0, 4, e) for r in range(7) for e in itertools.combinations(itertools.combinations(range(4), 2), r)}
    assert len(found) == 11  # graphs of 4 vertices up to isomorphism
    assert len(canonical(1, 30, nx.star_graph(30).edges)) == 30  # twins are tried once
