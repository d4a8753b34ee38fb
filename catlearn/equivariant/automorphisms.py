"""`Aut(graph)`: the symmetries of a graph, found by backtracking with colour refinement.

Source of the search: McKay 1981 (Practical graph isomorphism); the symmetry group of layers on a graph: Pearce-Crump, Knottenbelt
2023 (arXiv 2307.07810).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from catlearn.core.errors import TypingError
from catlearn.equivariant.groups import Matrices
from catlearn.equivariant.permutation_groups import PermutationGroup
from catlearn.equivariant.stabilisers import StabiliserChain, orbit_of

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, repr=False)
class Aut(PermutationGroup):
    """The automorphism group of a graph: the permutations of its n nodes that keep its adjacency matrix.

    `graph` is a square matrix of numbers, as an array or nested sequences, or a networkx graph, whose nodes are taken in
    its order and whose weights are taken. It may have directions, weights and loops. Generators and order are found when
    they are first asked for, exactly. Raises TypingError for anything else.

    >>> Aut([[0, 1, 0], [1, 0, 1], [0, 1, 0]]).order
    2
    """

    graph: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "graph", _rows(self.graph))

    @property
    def n(self) -> int:
        return len(self.graph)

    @property
    def name(self) -> str:
        return f"Aut(graph of {self.n} nodes)"

    @property
    def adjacency(self) -> np.ndarray:
        """The adjacency matrix: float64, shape (n, n)."""
        return np.array(self.graph, np.float64)

    @property
    def order(self) -> int:
        return self.chain.order

    def generating_permutations(self) -> Matrices:
        return self._search[0]

    @property
    def chain(self) -> StabiliserChain:
        return self._search[1]

    def contains_permutation(self, sigma: np.ndarray) -> bool:
        a = self.adjacency
        return bool(np.array_equal(a[np.ix_(sigma, sigma)], a))

    @cached_property
    def _search(self) -> tuple[Matrices, StabiliserChain]:
        return automorphisms(self.adjacency)


def _rows(graph: Any) -> Rows:
    if hasattr(graph, "adjacency") and hasattr(graph, "nodes"):
        import networkx

        graph = networkx.to_numpy_array(graph)
    try:
        matrix = np.asarray(graph)
        good = matrix.dtype.kind in "biuf" and matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] > 0
    except (TypeError, ValueError):
        matrix, good = np.empty(()), False
    if not good or not np.isfinite(matrix).all():
        raise TypingError(
            "Aut takes a graph: a square adjacency matrix of numbers, such as [[0, 1], [1, 0]], or a networkx graph; "
            f"got {type(graph).__name__} of shape {matrix.shape}: {graph!r}."
        )
    number = int if np.all(matrix == np.round(matrix)) else float
    return tuple(tuple(number(x) for x in matrix[i].tolist()) for i in range(len(matrix)))


def automorphisms(adjacency: np.ndarray) -> tuple[Matrices, StabiliserChain]:
    """Generators of the automorphism group, as permutations of shape (n,), and its chain of stabilisers of nodes 0, 1, ….

    Of each stabiliser, from the smallest up, one automorphism is sought for each place of the next node that the ones found so
    far don't reach. The orbits are then whole, and the order is the product of their sizes.

    >>> len(automorphisms(np.ones((4, 4)) - np.eye(4))[0])
    3
    """
    n = len(adjacency)
    labels = np.unique(np.stack([adjacency, adjacency.T], -1).reshape(-1, 2), axis=0, return_inverse=True)[1].reshape(n, n)
    one = tuple(range(n))
    found: list[tuple[int, ...]] = []
    levels = []
    depth = _first_discrete(labels)
    for i in reversed(range(depth)):
        orbit = orbit_of(i, found, one)
        for place in range(i + 1, n):
            if place in orbit:
                continue
            g = _extended(labels, tuple(range(i + 1)), (*range(i), place))
            if g is not None:
                found.append(g)
                orbit = orbit_of(i, found, one)
        levels.append((i, orbit))
    kept = [(i, orbit) for i, orbit in reversed(levels) if len(orbit) > 1]
    chain = StabiliserChain(n, tuple(i for i, _ in kept), tuple(orbit for _, orbit in kept))
    return tuple(np.array(g, int) for g in found), chain


def _first_discrete(labels: np.ndarray) -> int:
    """How many nodes 0, 1, … must be fixed before refinement tells all nodes apart: automorphisms beyond are the identity."""
    n = len(labels)
    return next(i for i in range(n + 1) if len(set(refined(labels, [range(i)])[0].tolist())) == n)


def _extended(labels: np.ndarray, source: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...] | None:
    """An automorphism that sends the nodes of `source` to those of `target` in order, if there is one."""
    here, there = refined(labels, [source, target])
    if not np.array_equal(np.sort(here), np.sort(there)):
        return None
    colours, counts = np.unique(here, return_counts=True)
    if counts.max() == 1:
        sigma = np.empty(len(labels), int)
        sigma[np.argsort(here)] = np.argsort(there)
        return tuple(sigma.tolist()) if np.array_equal(labels[np.ix_(sigma, sigma)], labels) else None
    colour = colours[np.argmin(np.where(counts > 1, counts, len(labels) + 1))]
    node = int(np.flatnonzero(here == colour)[0])
    for image in np.flatnonzero(there == colour).tolist():
        g = _extended(labels, (*source, node), (*target, image))
        if g is not None:
            return g
    return None


def refined(labels: np.ndarray, fixed: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """The stable colours of the nodes, once for each sequence of nodes that get a colour of their own, by place.

    `labels` (n, n) are whole numbers for the kinds of edges. Colours mean the same in all of the results, so that nodes of
    different colours can't correspond. Source: Weisfeiler, Leman 1968; here on both directions of edges.

    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> refined(path, [()])[0].tolist()
    [0, 1, 0]
    """
    n = len(labels)
    start = np.concatenate([_placed(n, nodes) for nodes in fixed])
    loops = np.tile(np.diagonal(labels), len(fixed))
    colours = _numbered(np.stack([start, loops], 1))
    while True:
        many = int(colours.max()) + 1
        near = [np.sort(labels * many + row, axis=1) for row in colours.reshape(-1, n)]
        new = _numbered(np.column_stack([colours, np.concatenate(near)]))
        if int(new.max()) + 1 == many:
            return list(colours.reshape(-1, n))
        colours = new


def _placed(n: int, nodes: Sequence[int]) -> np.ndarray:
    out = np.zeros(n, int)
    for place, node in enumerate(nodes):
        out[node] = place + 1
    return out


def _numbered(rows: np.ndarray) -> np.ndarray:
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
