"""Homomorphism counts `hom(F, −)` of a pattern F, contracted at the adjacency matrix by variable elimination.

A pattern is a string diagram: each edge is a copy of the adjacency matrix, each node a sum over its index. Eliminating the
nodes one by one contracts it; the order is that of a tree decomposition, and its width says what the count costs.
Source: Dell, Grohe, Rattan 2018 (arXiv 1802.08876); Dechter 1999 (bucket elimination).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.shown import Shown
from catlearn.core.wires import Object, is_whole

Edge = tuple[int, int]

# patterns


@dataclass(frozen=True)
class Pattern(Shown):
    """A small graph to count: so many nodes, and edges (u, v) from u to v. `from_edges` and its like make and check them.

    An undirected edge is given once: it is a copy of a symmetric adjacency matrix. Loops may be. `F + G` is the disjoint union.
    """

    nodes: int
    edges: tuple[Edge, ...]

    def __add__(self, other: Pattern) -> Pattern:
        n = self.nodes
        return Pattern(n + other.nodes, self.edges + tuple((u + n, v + n) for u, v in other.edges))

    @property
    def adjacency(self) -> np.ndarray:
        """The undirected graph of these edges as an adjacency matrix, float32, shape (nodes, nodes)."""
        matrix = np.zeros((self.nodes, self.nodes), np.float32)
        for u, v in self.edges:
            matrix[u, v] = matrix[v, u] = 1
        return matrix

    @cached_property
    def plan(self) -> Plan:
        """How it is contracted."""
        return eliminate(self)


def from_edges(edges: Sequence[Edge], nodes: int | None = None) -> Pattern:
    """The pattern with these edges, pairs of whole numbers; as many nodes as they name, unless told.
    Raises ArgumentError for nodes that are not there, and for an edge that is given twice.

    >>> from_edges([(0, 1), (1, 2)]).nodes
    3
    """
    pairs = [tuple(edge) for edge in edges]
    if not all(len(pair) == 2 and all(map(is_whole, pair)) for pair in pairs):
        raise ArgumentError(f"edges are pairs of whole numbers ≥ 0, such as [(0, 1), (1, 2)]; got {edges!r}.")
    least = max((max(pair) for pair in pairs), default=-1) + 1
    n = least if nodes is None else nodes
    if not is_whole(n, least=least):
        raise ArgumentError(
            f"these edges name node {least - 1}, and there must be a whole number of nodes > that; got {nodes!r}."
        )
    if len(set(pairs)) < len(pairs):
        raise ArgumentError(f"an edge is given once, got {edges!r}.")
    return Pattern(int(n), tuple((int(u), int(v)) for u, v in pairs))


def path(nodes: int) -> Pattern:
    """The path with so many nodes, ≥ 1. Its homomorphisms are walks. Raises ArgumentError for fewer, as the others here."""
    _least("path", nodes, 1)
    return from_edges([(i, i + 1) for i in range(nodes - 1)], nodes)


def cycle(nodes: int) -> Pattern:
    """The cycle with so many nodes, ≥ 3. Its homomorphisms are closed walks, `tr(Aᵏ)`."""
    _least("cycle", nodes, 3)
    return from_edges([(i, (i + 1) % nodes) for i in range(nodes)], nodes)


def complete(nodes: int) -> Pattern:
    """The complete graph with so many nodes, ≥ 1: k! times the number of k-cliques of a simple graph."""
    _least("complete", nodes, 1)
    return from_edges(list(combinations(range(nodes), 2)), nodes)


def star(leaves: int) -> Pattern:
    """The star with so many leaves, ≥ 0, around node 0: the moment `Σ dᵏ` of degrees."""
    _least("star", leaves, 0)
    return from_edges([(0, i + 1) for i in range(leaves)], leaves + 1)


def _least(name: str, given: Any, least: int) -> None:
    if not is_whole(given, least=least):
        raise ArgumentError(f"{name} takes a whole number ≥ {least}, got {given!r}.")


# how they are contracted


@dataclass(frozen=True)
class Plan:
    """An order in which the nodes of a pattern are eliminated, and for each its bag: itself first, then its neighbours by then.

    The bags are a tree decomposition, where the parent of a bag is that of its node eliminated next.
    """

    bags: tuple[tuple[int, ...], ...]

    @property
    def width(self) -> int:
        """The width of the decomposition, ≥ the treewidth: the largest bag, less one."""
        return max((len(bag) for bag in self.bags), default=0) - 1


def eliminate(pattern: Pattern) -> Plan:
    """An elimination order by least fill-in, then least degree: exact on chordal patterns, such as trees and complete graphs.
    Source: Bodlaender, Koster 2010, "Treewidth computations I".

    >>> eliminate(cycle(5)).width, eliminate(star(4)).width, eliminate(complete(4)).width
    (2, 1, 3)
    """
    near: dict[int, set[int]] = {v: set() for v in range(pattern.nodes)}
    for u, v in pattern.edges:
        if u != v:
            near[u].add(v)
            near[v].add(u)
    bags = []
    while near:
        v = min(near, key=lambda v: (_fill(near, v), len(near[v]), v))
        around = near.pop(v)
        for u in around:
            near[u] = (near[u] | around) - {u, v}
        bags.append((v, *sorted(around)))
    return Plan(tuple(bags))


def _fill(near: dict[int, set[int]], v: int) -> int:
    return sum(b not in near[a] for a, b in combinations(near[v], 2))


Factor = tuple[tuple[int, ...], Any]  # the nodes on the axes of an array


def contract(pattern: Pattern, matrix: jax.Array) -> jax.Array:
    """hom(pattern, −) of an adjacency matrix: one contraction for each bag of the plan."""
    ahead: list[Factor] = [((v, u), matrix) for u, v in pattern.edges]
    total = jnp.ones((), matrix.dtype)
    for v, *rest in pattern.plan.bags:
        here = [factor for factor in ahead if v in factor[0]]
        ahead = [factor for factor in ahead if v not in factor[0]]
        if not here:  # a node by itself goes anywhere
            total = total * len(matrix)
            continue
        made = _summed(here, tuple(rest))
        ahead, total = ([*ahead, (tuple(rest), made)], total) if rest else (ahead, total * made)
    return total


def _summed(factors: Sequence[Factor], out: tuple[int, ...]) -> jax.Array:
    """The product of factors, summed over all nodes that are not in `out`."""
    operands: list[Any] = []
    for nodes, array in factors:
        operands += [array, list(nodes)]
    return jnp.einsum(*operands, list(out), precision="highest", optimize="optimal" if len(factors) < 6 else "greedy")


# as an arrow


@dataclass(frozen=True, repr=False)
class homomorphisms(SmoothLayer):
    """How many homomorphisms go from a pattern to a graph. Type: `R(n, n) → R()`, in the dtype of the adjacency matrix.

    `hom(F, A) = Σ_φ Π_{(u, v) ∈ F} A[φ(v), φ(u)]` over all maps φ of the nodes of F: maps, not copies, so that a clique Kₖ has
    k! for each of its own. With other weights it is their sum of products, and has gradients. By the plan of F, of width w, it
    takes O(nʷ⁺¹) time and at most so much memory. float32 counts exactly up to 2²⁴. Of a graph of another form it is
    `adjacency_of >> homomorphisms(F)`. A list of edges is a pattern too. Raises ArgumentError for what is none; TypingError for
    what is no square matrix of floats.
    Source: Lovász 1967; Dell, Grohe, Rattan 2018 (arXiv 1802.08876).

    >>> import catlearn as cl
    >>> triangles = cl.R(6, 6) >> cl.homomorphisms(complete(3))
    >>> float(triangles((), cycle(6).adjacency)), float(triangles((), (cycle(3) + cycle(3)).adjacency))
    (0.0, 12.0)
    """

    pattern: Any

    precise = True

    def __post_init__(self) -> None:
        if not isinstance(self.pattern, Pattern):
            if not isinstance(self.pattern, Sequence) or isinstance(self.pattern, str):
                raise ArgumentError(f"homomorphisms takes a pattern, or its edges [(0, 1), …]; got {self.pattern!r}.")
            object.__setattr__(self, "pattern", from_edges(self.pattern))

    def check(self, dom: Object) -> None:
        super().check(dom)
        leaves = dom.wires[0].leaves
        shape = leaves[0].shape if len(leaves) == 1 else ()
        if len(shape) != 2 or shape[0] != shape[1] or not jnp.issubdtype(leaves[0].dtype, jnp.inexact):
            raise TypingError(f"{self!r} takes an adjacency matrix of floats, such as R(5, 5), got {dom}.")

    def apply(self, params: tuple, *xs: Any) -> Any:
        return contract(self.pattern, xs[0])

    def __repr__(self) -> str:
        edges, n = list(self.pattern.edges), self.pattern.nodes
        return f"homomorphisms({edges!r})" if from_edges(edges).nodes == n else f"homomorphisms(from_edges({edges!r}, {n}))"
