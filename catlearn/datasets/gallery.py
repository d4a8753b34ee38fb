"""A gallery of graphs that are hard to tell apart, and all the small ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import gcd

import numpy as np

from catlearn.algebra.graphs import from_adjacency
from catlearn.algebra.homomorphisms import Pattern, cycle, from_edges, path, star
from catlearn.core.errors import ArgumentError
from catlearn.core.packages import package
from catlearn.core.wires import is_whole


@dataclass(frozen=True, eq=False, repr=False)
class GraphPair:
    """Two graphs that are not isomorphic, as adjacency matrices, float32, shape (n, n), of undirected graphs without loops.

    `level` is the least k for which folklore k-WL tells them apart; k = 1 is colour refinement.
    """

    name: str
    left: np.ndarray
    right: np.ndarray
    level: int

    def _repr_html_(self) -> str:
        from catlearn.draw.showing import in_a_row

        names = self.name.split("/") if self.name.count("/") == 1 else ("left", "right")
        return in_a_row(repr(self), [(name, from_adjacency(graph)) for name, graph in zip(names, self, strict=True)])

    def __repr__(self) -> str:
        return f"GraphPair({self.name}: {len(self.left)} nodes each, told apart by {self.level}-WL)"

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.left, self.right))


def gallery() -> tuple[GraphPair, ...]:
    """Pairs from easy to hard: one that 1-WL tells apart, three that it doesn't, and one that takes 3-WL (folklore).

    Sources: Sato 2020 (arXiv 2003.04078) (decalin and bicyclopentyl); Murphy et al. 2019 (arXiv 1903.02541), §4.1 (circular
    skip links); Arvind et al. 2020 (arXiv 1811.04801) (the rook's graph and Shrikhande's).

    >>> [(pair.name, len(pair.left), pair.level) for pair in gallery()][:2]
    [('P4/K1,3', 4, 1), ('C6/2C3', 6, 2)]
    """
    return (
        _pair("P4/K1,3", path(4), star(3), 1),
        _pair("C6/2C3", cycle(6), cycle(3) + cycle(3), 2),
        _pair("decalin/bicyclopentyl", _decalin(), _bicyclopentyl(), 2),
        GraphPair("CSL(41, 2)/CSL(41, 3)", csl(41, 2), csl(41, 3), 2),
        GraphPair("rook/Shrikhande", rook(), shrikhande(), 3),
    )


def _pair(name: str, left: Pattern, right: Pattern, level: int) -> GraphPair:
    return GraphPair(name, left.adjacency, right.adjacency, level)


def _decalin() -> Pattern:
    """Two rings of six carbon atoms that share an edge."""
    return from_edges([*cycle(10).edges, (0, 5)])


def _bicyclopentyl() -> Pattern:
    """Two rings of five carbon atoms, joined by an edge."""
    rings = cycle(5) + cycle(5)
    return from_edges([*rings.edges, (0, 5)])


def csl(n: int, skip: int) -> np.ndarray:
    """The circular skip link graph, shape (n, n): a cycle of n nodes, with an edge between nodes that are `skip` apart.

    Those of one n are 4-regular, so 1-WL tells none of them apart. Raises ArgumentError unless 2 ≤ skip ≤ n − 2 and skip has
    no divisor in common with n. Source: Murphy et al. 2019 (arXiv 1903.02541), §4.1.

    >>> csl(11, 3)[0].nonzero()[0].tolist()
    [1, 3, 8, 10]
    """
    if not (is_whole(n, least=4) and is_whole(skip, least=2) and skip <= n - 2 and gcd(int(n), int(skip)) == 1):
        raise ArgumentError(
            f"csl takes n and a skip from 2 to n − 2 without a common divisor, such as csl(41, 3); got ({n!r}, {skip!r})."
        )
    distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return np.isin(distance, [1, n - 1, skip, n - skip]).astype(np.float32)


def rook() -> np.ndarray:
    """The 4 × 4 rook's graph: squares of a board in one row or one column. Strongly regular with parameters (16, 6, 2, 2)."""
    squares = np.array(list(product(range(4), repeat=2)))
    same = squares[:, None] == squares[None]
    return (same.sum(-1) == 1).astype(np.float32)


def shrikhande() -> np.ndarray:
    """Shrikhande's graph, of the same parameters: the Cayley graph of Z₄ × Z₄ for ±(0, 1), ±(1, 0), ±(1, 1)."""
    elements = np.array(list(product(range(4), repeat=2)))
    steps = [(0, 1), (0, 3), (1, 0), (3, 0), (1, 1), (3, 3)]
    difference = (elements[:, None] - elements[None]) % 4
    return np.any([np.all(difference == step, -1) for step in steps], 0).astype(np.float32)


def graphs_up_to(n: int) -> tuple[np.ndarray, ...]:
    """All graphs with 1 to n nodes up to isomorphism, n ≤ 7, as adjacency matrices, float32, smaller ones first.

    From the atlas of Read and Wilson 1998, by networkx. Raises MissingPackageError without networkx, ArgumentError for another n.

    >>> len(graphs_up_to(4))
    18
    """
    if not is_whole(n) or n > 7:
        raise ArgumentError(f"graphs_up_to takes a whole number from 0 to 7, got {n!r}.")
    atlas = package("networkx.generators.atlas", "data").graph_atlas_g()
    to_array = package("networkx", "data").to_numpy_array
    return tuple(to_array(g, dtype=np.float32) for g in atlas if 1 <= len(g) <= n)
