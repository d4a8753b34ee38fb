"""Colour refinement: a graph as the coalgebra `X → Colour × Multiset(X)` on its nodes, iterated until its colours are stable.

One step gives each node the name of what it sees: its own colour, and the multiset of the colours of its neighbours. The
fixpoint is the coarsest colouring that is a homomorphism of coalgebras, that is, behavioural equivalence (1-WL). On k-tuples
of nodes it is k-WL. Colours are data: arrays of integers on the host, ranks of what is seen, whatever the order of the nodes.

An entry (r, s) of an adjacency matrix is the weight of the edge from s to r, as in `graphs`: nodes see what comes in, with its
weight, which is what messages are made from. Source: Weisfeiler, Leman 1968; Cai, Fürer, Immerman 1992, §5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.core import Tracer

from catlearn.algebra.graph_forms import dense_of
from catlearn.algebra.graphs import EdgeList
from catlearn.core.errors import ArgumentError
from catlearn.core.wires import is_whole

# the coalgebra


def refine(graph: Any, colours: Any, *, folklore: bool = True) -> np.ndarray:
    """One step of the coalgebra. Type: colours `(n, …, n)` of k-tuples to colours of k-tuples, finer or the same.

    k = 1: a node sees its colour and the multiset of pairs (weight, colour) of the edges that come in. k ≥ 2, folklore: a
    tuple v sees its colour and the multiset over nodes w of the k-tuple of colours of `v[w/1], …, v[w/k]`; not folklore
    (oblivious): k multisets, of the colours of v[w/i] over w, each by itself. It takes O(k nᵏ⁺¹ log n).
    Raises ArgumentError for what is no graph, or no colours of it.

    >>> refine([[0, 1, 0], [1, 0, 1], [0, 1, 0]], [0, 0, 0]).tolist()
    [0, 1, 0]
    """
    return refine_together([graph], [colours], folklore=folklore)[0]


def refine_together(graphs: Sequence[Any], colours: Sequence[Any], *, folklore: bool = True) -> list[np.ndarray]:
    """`refine` on several graphs with one list of names, so that equal colours are of nodes that see the same."""
    matrices = list(map(matrix_of, graphs))
    known = [_colours_of(matrix, given) for matrix, given in zip(matrices, colours, strict=True)]
    if len({c.ndim for c in known}) > 1:
        raise ArgumentError(f"colours are of k-tuples with one k, got {sorted({c.ndim for c in known})}.")
    return _step(matrices, known, folklore)


def _step(matrices: list[np.ndarray], colours: list[np.ndarray], folklore: bool) -> list[np.ndarray]:
    if not matrices:
        return []
    seen = _incoming(matrices, colours) if colours[0].ndim == 1 else _substituted(colours, folklore)
    flat = [c.reshape(-1, 1) for c in colours]
    rows = [np.concatenate([own, *sets], 1) for own, sets in zip(flat, zip(*map(_multisets, seen)))]
    return [found.reshape(c.shape) for found, c in zip(_names(rows), colours)]


def _incoming(matrices: list[np.ndarray], colours: list[np.ndarray]) -> list[list[np.ndarray]]:
    """For each node the (weight, colour) of all edges that come in, (−1, −1) where there is none."""
    edges = []
    for weight, there, c in zip(_weights(matrices), matrices, colours):
        pairs = np.stack([weight, np.broadcast_to(c, weight.shape)], -1)
        edges.append(np.where((there != 0)[..., None], pairs, -1))
    return [edges]


def _substituted(colours: list[np.ndarray], folklore: bool) -> list[list[np.ndarray]]:
    """For each tuple v and node w the colours of v[w/1], …, v[w/k]: in one multiset of rows, or in k multisets."""
    slots = []
    for i in range(colours[0].ndim):
        changed = [np.broadcast_to(np.expand_dims(np.moveaxis(c, i, -1), i), (*c.shape, c.shape[0])) for c in colours]
        slots.append([c.reshape(-1, c.shape[-1], 1) for c in changed])
    return [[np.concatenate(parts, -1) for parts in zip(*slots)]] if folklore else slots


def _multisets(elements: list[np.ndarray]) -> list[np.ndarray]:
    """Rows of elements (rows, m, parts) as rows of their names in order, padded to one length."""
    names = _names([np.where(e < 0, -1, e) for e in elements])
    width = max(name.shape[1] for name in names)
    return [np.pad(np.sort(name, 1), ((0, 0), (width - name.shape[1], 0)), constant_values=-1) for name in names]


def _names(arrays: list[np.ndarray]) -> list[np.ndarray]:
    """The rank of each row (the last axis) among all the different rows of several arrays of integers ≥ −1."""
    rows = np.concatenate([a.reshape(-1, a.shape[-1]) for a in arrays])
    found = np.zeros(len(rows), np.int64)
    for column in rows.T:
        found = np.unique(found * (column.max(initial=0) + 2) + column + 1, return_inverse=True)[1].reshape(-1)
    ends = np.cumsum([a[..., 0].size for a in arrays])[:-1]
    return [part.reshape(a.shape[:-1]) for part, a in zip(np.split(found, ends), arrays)]


# its fixpoint


def stable_colouring(graph: Any, k: int = 1, *, colours: Any = None, folklore: bool = True) -> np.ndarray:
    """The coarsest stable colouring of the k-tuples of nodes, shape `(n, …, n)`: `refine` until nothing becomes finer.

    `colours` are what is known of nodes at first: an array (n,), or features (n, d); all the same, unless told. Tuples
    begin with their atomic types: which entries are equal, the weights among them, and their colours. k-WL is the folklore
    one, as strong as oblivious (k + 1)-WL, for k ≥ 2; at k = 1 both are colour refinement.
    Raises ArgumentError as `refine`, and for k < 1. Source: Cai, Fürer, Immerman 1992, §5; Grohe, Otto 2015 (arXiv 1204.1990).

    >>> stable_colouring([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]).tolist()
    [0, 1, 1, 0]
    """
    return stable_colourings([graph], k, colours=None if colours is None else [colours], folklore=folklore)[0]


def stable_colourings(
    graphs: Sequence[Any], k: int = 1, *, colours: Sequence[Any] | None = None, folklore: bool = True
) -> list[np.ndarray]:
    """`stable_colouring` of several graphs with one list of names: nodes of two graphs have one colour where they look alike."""
    if not is_whole(k, least=1):
        raise ArgumentError(f"k-WL colours k-tuples of nodes: k must be a whole number ≥ 1, got {k!r}.")
    matrices = list(map(matrix_of, graphs))
    found = _atomic_types(matrices, int(k), colours)
    while True:
        finer = _step(matrices, found, folklore)
        if _count(finer) == _count(found):
            return found
        found = finer


def _count(colours: list[np.ndarray]) -> int:
    return max((int(c.max(initial=-1)) for c in colours), default=-1) + 1


def _atomic_types(matrices: list[np.ndarray], k: int, colours: Sequence[Any] | None) -> list[np.ndarray]:
    if not matrices:
        return []
    nodes = _node_colours(matrices, colours)
    if k == 1:
        return nodes
    types = []
    for weight, own in zip(_weights(matrices), nodes):
        places = np.indices((len(own),) * k)
        pairs = [(i, j) for i in range(k) for j in range(k)]
        among = [weight[places[i], places[j]] for i, j in pairs] + [places[i] == places[j] for i, j in pairs if i < j]
        types.append(np.stack([*among, *(own[place] for place in places)], -1))
    return _names(types)


def _node_colours(matrices: list[np.ndarray], colours: Sequence[Any] | None) -> list[np.ndarray]:
    if colours is None:
        return [np.zeros(len(matrix), np.int64) for matrix in matrices]
    given = [np.asarray(c).reshape(len(c), -1) for c in colours]
    if [len(c) for c in given] != [len(m) for m in matrices] or len({c.shape[1] for c in given}) > 1:
        shapes = ", ".join(str(np.shape(c)) for c in colours)
        raise ArgumentError(f"colours have a row for each of {', '.join(str(len(m)) for m in matrices)} nodes, got {shapes}.")
    _, inverse = np.unique(np.concatenate(given), axis=0, return_inverse=True)
    return np.split(inverse.reshape(-1), np.cumsum([len(m) for m in matrices])[:-1])


# what it says of graphs


def equivalent(a: Any, b: Any, k: int = 1, *, folklore: bool = True) -> bool:
    """Whether k-WL can't tell two graphs apart: each stable colour is on as many nodes, or k-tuples, of either.

    Undirected graphs then have the same homomorphism counts from all graphs of treewidth ≤ k (folklore): trees, at k = 1.
    Source: Dvořák 2010; Dell, Grohe, Rattan 2018 (arXiv 1802.08876).

    >>> from catlearn.algebra.homomorphisms import cycle
    >>> equivalent(cycle(6).adjacency, (cycle(3) + cycle(3)).adjacency)
    True
    """
    return len(set(classes([a, b], k, folklore=folklore))) == 1


def classes(graphs: Sequence[Any], k: int = 1, *, folklore: bool = True) -> tuple[int, ...]:
    """For each graph the number of its class under k-WL, from 0 in the order in which they come.

    >>> from catlearn.algebra.homomorphisms import complete, path
    >>> classes([path(3).adjacency, complete(3).adjacency, path(3).adjacency])
    (0, 1, 0)
    """
    found = stable_colourings(graphs, k, folklore=folklore)
    number: dict[tuple, int] = {}
    return tuple(number.setdefault(tuple(np.bincount(c.reshape(-1), minlength=_count(found))), len(number)) for c in found)


def quotient(graph: Any, colours: Any = None) -> np.ndarray:
    """The quotient of the coalgebra by a stable colouring (the coarsest, unless told): a matrix D, shape (colours, colours).

    Entry (c, d) is the weight that comes in to each node of colour c from nodes of colour d. With P the matrix of ones where
    node i has colour c, `A P = P D`: colouring is a homomorphism to the quotient. Raises ArgumentError for a colouring, of
    integers from 0 on, that is not stable. Source: Godsil, Royle 2001, §9.3 (equitable partitions).

    >>> quotient([[0, 1, 0], [1, 0, 1], [0, 1, 0]]).tolist()
    [[0.0, 1.0], [2.0, 0.0]]
    """
    matrix = matrix_of(graph)
    c = stable_colouring(matrix) if colours is None else _colours_of(matrix, colours)
    if c.ndim != 1:
        raise ArgumentError(f"a quotient is by colours of nodes, shape ({len(matrix)},), got {c.shape}.")
    if not np.array_equal(np.unique(c), np.arange(c.max(initial=-1) + 1)):
        raise ArgumentError(f"colours are numbered from 0 on with none left out, got {np.unique(c).tolist()}.")
    P = indicator(c)
    sums, first = matrix @ P, np.unique(c, return_index=True)[1]
    D = sums[first]
    if not np.allclose(sums, P @ D):
        raise ArgumentError(
            "this colouring is not stable: nodes of one colour see different colours. catlearn's refine splits it."
        )
    return D


def indicator(colours: Any) -> np.ndarray:
    """The matrix P of a colouring, shape (n, colours): 1 where node i has colour c."""
    c = np.asarray(colours)
    return (c[:, None] == np.arange(c.max(initial=-1) + 1)).astype(float)


# what comes in


def matrix_of(graph: Any) -> np.ndarray:
    """The adjacency matrix of a graph of any form, on the host, float64. Raises ArgumentError for what is none."""
    if isinstance(graph, EdgeList) and (graph.features is not None or graph.owner is not None):
        raise ArgumentError("refinement sees weights alone: it takes one graph without padding or features of edges.")
    if isinstance(graph, Tracer):
        raise ArgumentError("colours are found on the host: refine graphs outside of jax.jit.")
    matrix = np.asarray(dense_of(graph) if hasattr(graph, "dtype") or isinstance(graph, EdgeList) else graph)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ArgumentError(f"an adjacency matrix is square, got shape {matrix.shape}.")
    if not np.all(np.isfinite(matrix)):
        raise ArgumentError("weights of edges are finite numbers, and this adjacency matrix has others.")
    return matrix.astype(np.float64)


def _weights(matrices: list[np.ndarray]) -> list[np.ndarray]:
    """Weights by their ranks among all of them."""
    inverse = np.unique(np.concatenate([m.reshape(-1) for m in matrices]), return_inverse=True)[1].reshape(-1)
    return [part.reshape(m.shape) for part, m in zip(np.split(inverse, np.cumsum([m.size for m in matrices])[:-1]), matrices)]


def _colours_of(matrix: np.ndarray, given: Any) -> np.ndarray:
    colours = np.asarray(given)
    if colours.size and not np.issubdtype(colours.dtype, np.integer):
        raise ArgumentError(f"colours are integers, got {colours.dtype}; `stable_colouring` takes features of any type.")
    if colours.ndim < 1 or colours.shape != (len(matrix),) * colours.ndim or colours.min(initial=0) < 0:
        n = len(matrix)
        raise ArgumentError(f"colours of k-tuples of {n} nodes are integers ≥ 0, shape ({n}, …, {n}); got {colours.shape}.")
    return colours.astype(np.int64)
