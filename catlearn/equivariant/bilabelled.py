"""Bilabelled graphs: the maps between tensor powers of ℝⁿ which the automorphisms of a graph G of n vertices commute with.

Source: Mančinska, Roberson 2020 (arXiv 1910.06958); Pearce-Crump, Knottenbelt, "Graph Automorphism Group Equivariant Neural
Networks" (arXiv 2307.07810).
"""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.wires import is_whole
from catlearn.equivariant.canonical import Edges, canonical
from catlearn.equivariant.diagonals import diagonals, repeated, spread
from catlearn.equivariant.diagrams import (
    Block,
    DiagramCategory,
    PointDiagram,
    beside,
    components,
    dense,
    flipped,
    stacked,
    times,
    wired,
)
from catlearn.equivariant.notation import NAMES, Row, blocks_of, written


@dataclass(frozen=True)
class BilabelledCategory(DiagramCategory):
    """The category of bilabelled graphs: wirings copy and discard, as in that of partition diagrams.

    >>> BilabelledCategory().wiring(1, [0, 0])
    bilabelled("1", "12", "")
    """

    def wiring(self, dom: int, index: Sequence[int]) -> Bilabelled:
        """The graph without edges `dom → len(index)` that joins point j of its codomain with point `index[j]`."""
        return Bilabelled(dom, len(index), wired(dom, index))

    def size(self, adjacency: Any) -> int:
        """The number of vertices of G: the dimension of the vector space that one point stands for."""
        return len(adjacency_of(adjacency))


@dataclass(frozen=True, repr=False)
class Bilabelled(PointDiagram):
    """A graph with its vertices labelled by the points of two rows, or by none. Type: `k → l`.

    Vertices 0, 1, … are the blocks, and then so many `inner` ones, without a point; those without an edge too are `loops`. The
    functor to representations of Aut(G) sends it to the tensor of homomorphisms to G: how many maps of its vertices, edges
    to edges, send the points to the vertices I of the codomain and J of the domain. Composition glues.

    >>> walk = bilabelled("1", "|1", "12")
    >>> walk >> walk
    bilabelled("1", "|1", "13 23")
    """

    inner: int = 0
    edges: Edges = ()

    def __post_init__(self) -> None:
        given = [tuple(sorted(block)) for block in self.blocks]
        super().__post_init__()
        size, edges = len(given) + self.inner, list(self.edges)
        if not all(len(edge) == 2 and all(is_whole(v) and v < size for v in edge) for edge in edges):
            raise TypingError(f"edges are pairs of the vertices 0, …, {size - 1}, got {self.edges!r}.")
        alone = set(range(len(self.blocks), size)) - {v for edge in edges for v in edge}
        if alone:
            raise TypingError(f"vertex {min(alone)} has no point and no edge: count it as one of `loops`.")
        name = [*(self.blocks.index(block) for block in given), *range(len(given), size)]
        renamed = canonical(len(given), self.inner, [(name[u], name[v]) for u, v in edges])
        object.__setattr__(self, "edges", renamed)

    @property
    def category(self) -> BilabelledCategory:
        return BilabelledCategory()

    @property
    def order(self) -> Any:
        """By what graphs of one type are sorted in a sum."""
        return *super().order, self.inner, self.edges

    def then(self, other: Any) -> Any:
        """Gluing at the middle row: (k → m) × (m → l) → (k → l). Edges that fall together are one. Raises CompositionError."""
        if not isinstance(other, Bilabelled):
            return super().then(other)
        self._meets(other)
        size, groups = stacked(self, other)
        return self._glued(other, self.dom, other.cod, size, groups)

    def tensor(self, other: Any) -> Any:
        """Side by side: (k → l) × (k' → l') → (k + k' → l + l'). It is the Kronecker product of the matrices."""
        if not isinstance(other, Bilabelled):
            return super().tensor(other)
        groups = [*beside(self, 0, other.cod), *beside(other, self.cod, self.cod + self.dom)]
        dom, cod = self.dom + other.dom, self.cod + other.cod
        return self._glued(other, dom, cod, dom + cod, groups)

    def dagger(self) -> Bilabelled:
        """The same graph with the rows exchanged: `(k → l) → (l → k)`. It is the transpose of the matrix."""
        groups = [flipped(block, self) for block in self.blocks]
        return _graph(self.cod, self.dom, self.dom + self.cod, groups, [(groups, self)], self.loops)

    def _glued(self, other: Bilabelled, dom: int, cod: int, size: int, groups: list[Block]) -> Bilabelled:
        mine, yours = groups[: len(self.blocks)], groups[len(self.blocks) :]
        return _graph(dom, cod, size, groups, [(mine, self), (yours, other)], self.loops + other.loops)

    # the functor

    def matrix(self, adjacency: Any) -> np.ndarray:
        """The image under the functor: int64, shape (n^l, n^k), for an adjacency matrix of shape (n, n).

        Raises ArgumentError for what is no symmetric matrix of zeros and ones. For tests: `apply` never forms it.

        >>> bilabelled("1", "|1", "12").matrix([[0, 1], [1, 0]]).tolist()
        [[0, 1], [1, 0]]
        """
        A = adjacency_of(adjacency)
        n = len(A)
        tensor = dense(self.blocks, self.cod + self.dom, n, self.loops, self.homomorphisms(A))
        return tensor.reshape(n**self.cod, n**self.dom)

    def homomorphisms(self, adjacency: np.ndarray) -> np.ndarray:
        """How many homomorphisms to G send the labelled vertices to each choice of vertices: int64, an axis for each block.

        Raises ArgumentError where there may be more than 64 bits hold.
        """
        n, blocks = len(adjacency), range(len(self.blocks))
        if n**self.inner >= 2**63:
            raise ArgumentError(f"{self.inner} vertices go to {n} in {n**self.inner} ways, which no int64 counts.")
        operands: list[Any] = [part for v in blocks for part in (np.ones(n, np.int64), [v])]
        operands += [part for edge in self.edges for part in (adjacency, list(edge))]
        return np.einsum(*operands, list(blocks), optimize="greedy") if operands else np.ones((), np.int64)

    def apply(self, x: Any, adjacency: Any) -> jax.Array:
        """The matrix times x, never formed. Type: `(n,)*k + channels → (n,)*l + channels`, in the dtype of x.

        It takes the diagonals of x, contracts them with a copy of the adjacency matrix for each edge, two arrays at a time in
        a greedy order, and fills the diagonals of the result: with w the most vertices that meet in a contraction it costs,
        for each channel, O(n^w) for each edge, and w ≤ the number of vertices. Raises ArgumentError as `matrix`, for
        another shape, and does not look at the values of an adjacency matrix under `jit`.

        >>> import jax.numpy as jnp
        >>> bilabelled("1", "|1", "12").apply(jnp.array([1.0, 5.0]), [[0, 1], [1, 0]]).tolist()
        [5.0, 1.0]
        """
        A = adjacency_of(adjacency)
        x, n = self._input(x, len(A))
        read = [v for v, block in enumerate(self.blocks) if self.lower(block)]
        written_to = [v for v, block in enumerate(self.blocks) if self.upper(block)]
        met = [v for v in written_to if v in read or any(v in edge for edge in self.edges)]
        y = diagonals(x, [self.lower(self.blocks[v]) for v in read])
        channels = [len(self.blocks) + self.inner + i for i in range(x.ndim - self.dom)]
        operands: list[Any] = [y, [*read, *channels]]
        operands += [part for edge in self.edges for part in (jnp.asarray(A, x.dtype), list(edge))]
        y = times(jnp.einsum(*operands, [*met, *channels], precision="highest", optimize="greedy"), n**self.loops)
        new = [v for v in written_to if v not in met]
        return spread(repeated(y, len(met), len(new), n), [self.upper(self.blocks[v]) for v in met + new], n)

    def __repr__(self) -> str:
        places = [(self.lower(block), self.upper(block)) for block in self.blocks]
        order = sorted(range(len(places)), key=lambda v: (not places[v][0], places[v]))
        name = {v: i for i, v in enumerate([*order, *range(len(places), len(places) + self.inner)])}
        edges = sorted(tuple(sorted((name[u], name[v]))) for u, v in self.edges)
        short = all(v < len(NAMES) for edge in edges for v in edge)
        text = '"' + " ".join(NAMES[u] + NAMES[v] for u, v in edges) + '"' if short else repr([(u + 1, v + 1) for u, v in edges])
        return f"bilabelled({written([places[v] for v in order])}, {text}{f', loops={self.loops}' if self.loops else ''})"


def _graph(dom: int, cod: int, size: int, groups: list[Block], parts: Sequence[tuple[Any, Bilabelled]], loops: int) -> Bilabelled:
    """The graph on these nodes, points first, with the inner vertices of its parts behind. The nodes of a group are one vertex.

    A part is a bilabelled graph and the group of each of its blocks.
    """
    edges: list[tuple[int, int]] = []
    for blocks, d in parts:
        ends = [block[0] for block in blocks] + list(range(size, size + d.inner))
        edges += [(ends[u], ends[v]) for u, v in d.edges]
        size += d.inner
    members: dict[int, list[int]] = {}
    roots = components(size, groups)
    for x, root in enumerate(roots):
        members.setdefault(root, []).append(x)
    outer = sorted((tuple(x for x in nodes if x < dom + cod), root) for root, nodes in members.items())
    used = {roots[x] for edge in edges for x in edge}
    labelled = [(block, root) for block, root in outer if block]
    inner = [root for block, root in outer if not block and root in used]
    name = {root: i for i, root in enumerate([*(root for _, root in labelled), *inner])}
    closed = len(outer) - len(labelled) - len(inner)
    pairs = tuple((name[roots[u]], name[roots[v]]) for u, v in edges)
    return Bilabelled(dom, cod, tuple(block for block, _ in labelled), loops + closed, len(inner), pairs)


def bilabelled(dom: Row, cod: Row, edges: str | Iterable[tuple[int, int]], loops: int = 0) -> Bilabelled:
    """The graph whose i-th vertex has the points of the i-th place of the domain and of the codomain. Type: `k → l`.

    The notation is that of `partition`, and edges are pairs of vertices, `"12 23"`, numbered from 1 as their places are;
    numbers beyond are vertices without a point. Longer lists of edges are pairs of numbers. Raises TypingError for bad notation,
    and for a vertex without a point and an edge.

    >>> bilabelled("1", "|1", "13 32").matrix([[0, 1], [1, 0]]).tolist()  # walks of length 2
    [[1, 0], [0, 1]]
    """
    k, l, blocks = blocks_of("bilabelled", dom, cod)
    pairs = [_edge(edge) for edge in (edges.split() if isinstance(edges, str) else edges)]
    vertices = max([len(blocks), *(v + 1 for edge in pairs for v in edge)])
    return Bilabelled(k, l, blocks, loops, vertices - len(blocks), tuple(pairs))


def _edge(edge: Any) -> tuple[int, int]:
    ends = [NAMES.find(c) for c in edge] if isinstance(edge, str) else [v - 1 if is_whole(v, least=1) else -1 for v in edge]
    if len(ends) != 2 or min(ends) < 0:
        raise TypingError(f"bilabelled: an edge is two vertices, such as '12' or (1, 2), numbered from 1; got {edge!r}.")
    return ends[0], ends[1]


def adjacency_of(adjacency: Any) -> Any:
    """An adjacency matrix, as an int64 array unless it is traced. Raises ArgumentError unless symmetric, of zeros and ones."""
    if isinstance(adjacency, Tracer):
        if adjacency.ndim != 2 or adjacency.shape[0] != adjacency.shape[1]:
            raise ArgumentError(f"an adjacency matrix is square, got shape {adjacency.shape}.")
        return adjacency
    A = np.asarray(adjacency)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or not len(A):
        raise ArgumentError(f"an adjacency matrix is square, got shape {A.shape}.")
    if not (np.isin(A, (0, 1)).all() and np.array_equal(A, A.T)):
        raise ArgumentError("an adjacency matrix is symmetric, of zeros and ones: homomorphisms are counted, not weighed.")
    return A.astype(np.int64)
