"""Arrows between the forms of a graph: an edge list, the same in rows, a dense adjacency matrix, and a sparse one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.experimental.sparse import BCOO

from catlearn.algebra.graphs import EdgeList, from_adjacency
from catlearn.algebra.rows import rows_of
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.wires import Object, is_whole


def in_rows(graph: EdgeList, width: int | None = None) -> EdgeList:
    """The same graph, with the edges of each node laid out in rows of one width: sums over neighbours are then sums of so many
    gathers, which run on all cores of a CPU and never lay out the messages in memory.

    Worth it where one graph is used for many steps. `width` is found from the degrees, unless told. Batches and unions of
    graphs have no rows; derivatives are by reverse mode. Raises ArgumentError for anything but one graph of known edges.

    >>> import catlearn as cl
    >>> in_rows(cl.edge_list([0, 1, 2], [1, 1, 1], nodes=3), width=2).rows.into[0].tolist()
    [[0, 1], [2, 3]]
    """
    if not isinstance(graph, EdgeList) or isinstance(graph.senders, Tracer) or np.ndim(graph.senders) != 1:
        raise ArgumentError("in_rows takes one graph of known edges, such as edge_list makes, outside of jax.jit.")
    if width is not None and not is_whole(width, least=1):
        raise ArgumentError(f"in_rows: the width of rows is a whole number ≥ 1, got {width!r}.")
    return replace(graph, rows=rows_of(np.asarray(graph.receivers), np.asarray(graph.senders), graph.nodes, width))


class _Form(SmoothLayer):
    """An arrow from one form of a graph to another, with its name."""

    def check(self, dom: Object) -> None:
        super().check(dom)
        struct = dom.wires[0].struct
        shape = getattr(struct, "shape", ())
        if not isinstance(struct, EdgeList) and (len(shape) != 2 or shape[0] != shape[1]):
            raise TypingError(f"{self!r} takes a graph, such as Graph(5, 8) or R(5, 5), got {dom}.")

    def codomain(self, dom: Object, param: Object) -> Object:
        return super().codomain(dom, param).named("graph")


@dataclass(frozen=True, repr=False)
class _AdjacencyOf(_Form):
    """The dense adjacency matrix of a graph. Type: `Graph(n, m) → R(n, n)`; entry (r, s) sums the weights of edges from s to r.

    >>> import catlearn as cl
    >>> adjacency_of(cl.edge_list([0, 1], [1, 0], 2)).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """

    name = "adjacency_of"
    called = False

    def apply(self, params: tuple, *xs: Any) -> Any:
        return dense_of(xs[0])

    def __call__(self, graph: Any) -> jax.Array:
        """The matrix of one graph."""
        return dense_of(graph)


def dense_of(graph: Any) -> jax.Array:
    """The adjacency matrix of a graph of any form."""
    if isinstance(graph, BCOO):
        return graph.todense()
    if not isinstance(graph, EdgeList):
        return graph
    weights = jnp.ones(graph.senders.shape, jnp.float32) if graph.weights is None else graph.weights
    return jnp.zeros((graph.nodes, graph.nodes), weights.dtype).at[graph.receivers, graph.senders].add(weights)


adjacency_of = _AdjacencyOf()


@dataclass(frozen=True, repr=False)
class _SparseOf(_Form):
    """The sparse adjacency matrix of a graph. Type: `Graph(n, m) → BCOO(n, n)` with m entries."""

    name = "sparse_of"
    called = False

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self(xs[0])

    def __call__(self, graph: Any) -> BCOO:
        """The matrix of one graph."""
        if isinstance(graph, BCOO):
            return graph
        graph = graph if isinstance(graph, EdgeList) else from_adjacency(graph)
        weights = jnp.ones(graph.senders.shape, jnp.float32) if graph.weights is None else graph.weights
        indices = jnp.stack([graph.receivers, graph.senders], 1)
        return BCOO((weights, indices), shape=(graph.nodes, graph.nodes))


sparse_of = _SparseOf()


@dataclass(frozen=True, repr=False)
class edges_of(_Form):
    """The edge list of an adjacency matrix. Type: `R(n, n) → Graph(n, m, weighted=True)`, m of its entries that are not 0.

    A dense matrix takes the number of edges, for which there is place: fewer are filled with edges of weight 0. With more
    all weights become NaN. A BCOO matrix has as many edges as entries.

    >>> import catlearn as cl
    >>> (cl.R(3, 3) >> edges_of(4)).cod
    Graph(3, 4, weighted=True)
    """

    edges: int | None = None

    def check(self, dom: Object) -> None:
        super().check(dom)
        if self.edges is None and not isinstance(dom.wires[0].struct, BCOO):
            raise TypingError(f"edges_of: give the number of edges that a dense matrix {dom} may have, as edges_of(100).")

    def apply(self, params: tuple, *xs: Any) -> Any:
        matrix = xs[0]
        if isinstance(matrix, BCOO):
            return EdgeList(matrix.indices[:, 1], matrix.indices[:, 0], matrix.data, None, None, matrix.shape[0])
        room, found = self.edges or 0, jnp.sum(matrix != 0)
        receivers, senders = jnp.nonzero(matrix, size=room, fill_value=0)
        weights = jnp.where(jnp.arange(room) < found, matrix[receivers, senders], 0.0)
        weights = jnp.where(found > room, jnp.nan, weights)
        return EdgeList(senders.astype(jnp.int32), receivers.astype(jnp.int32), weights, None, None, matrix.shape[0])
