"""Automorphisms against networkx, orbits and bases against the table of dimensions."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import networkx as nx
import numpy as np
import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import ArgumentError
from catlearn.equivariant.automorphisms import automorphisms
from tests.equivariant import brute
from tests.equivariant.brute import graph

AUT = [(name, *row) for name in brute.TABLE["graphs"] for row in brute.dims(f"Aut({name})", 4, 10)]


@pytest.mark.parametrize("name", ["P3", "C5", "K3,3", "asym6", "Q3", "Petersen", "K1,4", "2K2"])
def test_automorphisms_generate_the_group_that_networkx_finds(name):
    A = graph(name)
    generators = automorphisms(A)[0]
    assert all(np.array_equal(A[np.ix_(g, g)], A) for g in generators)
    group, frontier = {tuple(range(len(A)))}, [tuple(range(len(A)))]
    while frontier:
        frontier = [c for p in frontier for g in generators if (c := tuple(g[i] for i in p)) not in group and not group.add(c)]
    G = nx.from_numpy_array(A)
    assert len(group) == sum(1 for _ in nx.isomorphism.GraphMatcher(G, G).isomorphisms_iter())


@pytest.mark.parametrize(("name", "n", "k", "l", "dim"), [row for row in AUT if row[2] == 0])
def test_there_are_as_many_orbits_as_the_table_says(name, n, k, l, dim):
    assert len(eq.tuple_orbits(graph(name), k + l)) == dim


@pytest.mark.parametrize(
    ("name", "n", "k", "l", "dim"), [row for row in AUT if row[2] + row[3] <= 2 or (row[2:4] == (2, 1) and row[0] != "asym6")]
)
def test_the_basis_has_the_dimension_of_the_table(name, n, k, l, dim):
    A = graph(name)
    basis = eq.bilabelled_basis(A, k, l)
    assert len(basis) == dim
    if n ** (k + l) <= 100:
        assert brute.rank([d.matrix(A) for d in basis]) == dim
        assert all(brute.commutes(d.matrix(A), np.eye(n)[list(g)], k, l) for d in basis for g in automorphisms(A)[0])


def test_a_search_that_has_to_stop_says_so():
    with pytest.raises(ArgumentError, match=r"span 2 of the 6 dimensions of Hom\(1, 0\).*most_vertices=3"):
        eq.bilabelled_basis(graph("asym6"), 1, 0, most_vertices=2)
