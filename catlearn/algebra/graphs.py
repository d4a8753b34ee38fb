"""Graphs as contexts: an edge list, a dense adjacency matrix, or a sparse one, and arrows between the three.

A graph with n nodes goes along one wire named "graph". Edges carry messages from senders to receivers; entry (r, s) of an
adjacency matrix is the weight of the edge from s to r, so that A x sums over what comes in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from catlearn.algebra.rows import Rows
from catlearn.core.errors import ArgumentError, WireError
from catlearn.core.shown import Shown, brief
from catlearn.core.wires import Object, R, Wire, count, is_whole, wire

MOST_NODES = 2**31 - 1  # edges name nodes by int32


@partial(
    jax.tree_util.register_dataclass,
    meta_fields=["nodes", "graphs", "open"],
    data_fields=["senders", "receivers", "weights", "features", "owner", "rows"],
)
@dataclass(frozen=True)
class EdgeList(Shown):
    """A graph by its edges, or a disjoint union of several, in arrays of fixed length. `edge_list` makes and checks them.

    Edge e goes from node `senders[e]` to node `receivers[e]`, both int32; `weights[e]` (None: all 1) and `features`, a pytree
    of arrays with an edge on each row (or None), belong to it. `owner[i]` is the graph that node i is of: from 0 on, and their
    number for padding; None where all nodes are of one graph. Edges of padding join nodes of padding, so that messages
    from it never reach real nodes. `rows` (or None) lay edges out by node, see `catlearn.in_rows`.
    `nodes` and `graphs` (None: one graph, without an axis for it) are static.
    """

    senders: Any
    receivers: Any
    weights: Any
    features: Any
    owner: Any
    nodes: int
    graphs: int | None = None
    open: bool = False
    rows: Any = None

    @property
    def edges(self) -> int:
        """How many edges there is place for."""
        return self.senders.shape[-1]

    @property
    def parts(self) -> int:
        """How many graphs there are."""
        return 1 if self.graphs is None else self.graphs

    @property
    def names_nodes(self) -> bool:
        """Whether edges name nodes by whole numbers."""
        return all(jnp.issubdtype(end.dtype, jnp.integer) for end in (self.senders, self.receivers))

    def _facts(self) -> list[tuple[str, Any]]:
        own = [
            ("weights", self.weights),
            ("features", self.features),
            ("owner of each node", self.owner),
            ("rows", None if self.rows is None else self.rows.lengths),
        ]
        return [("nodes", self.nodes), ("edges", self.edges), ("graphs", self.parts), *(f for f in own if f[1] is not None)]

    def __repr__(self) -> str:
        axes = getattr(self.senders, "shape", None)
        if axes is None:  # the shape of a change, or of another pytree with this structure
            given = [f"{f.name}={value!r}" for f in fields(self) if (value := getattr(self, f.name)) not in (None, False)]
            return f"EdgeList({', '.join(given)})"
        some = [f"batch {axes[:-1]},"] if len(axes) > 1 else []
        own = [f"{name} {brief(value)}" for name, value in self._facts()[3:]]
        graphs = [] if self.graphs is None else [count(self.graphs, "graph")]
        size = [" ".join([*some, count(self.nodes, "node")]), count(self.edges, "edge"), *graphs]
        return f"EdgeList({', '.join(size + own)})"

    def object_code(self) -> str | None:
        """The code of the wire, for text; None for mere changes."""
        if self.senders is None or len(self.senders.shape) != 1:
            return None
        features = None if self.features is None else Object((Wire.of(_row(self.features)),))
        given = {"features": features, "weighted": self.weights is not None, "graphs": self.graphs}
        given["padded"] = self.owner is not None and self.graphs is None
        given["rows"] = None if self.rows is None else self.rows.lengths
        options = [f"{name}={value!r}" for name, value in given.items() if value is not None and value is not False]
        return f"Graph({', '.join([str(self.nodes), *([] if self.open else [str(self.edges)]), *options])})"

    # what a declaration of this type takes

    def leaves_open(self, other: Any) -> bool:
        """Whether another graph is what this declaration left open: any number of edges, and any of the three forms."""
        if not self.open:
            return False
        if isinstance(other, EdgeList):
            asked = [(self.weights, other.weights), (self.features, other.features)]
            return self.nodes == other.nodes and other.names_nodes and all(a is None or _row(a) == _row(b) for a, b in asked)
        plain = self.features is None and self.weights is None
        return plain and getattr(other, "shape", None) == (self.nodes, self.nodes)

    def why_not(self, other: Any) -> str:
        """What to do about a graph of another type."""
        if not isinstance(other, EdgeList):
            shape = getattr(other, "shape", None)
            return f"An adjacency matrix of this graph has the shape {(self.nodes, self.nodes)}, not {shape}." if shape else ""
        if not other.names_nodes:
            return "Its senders and receivers are no whole numbers: catlearn.edge_list makes and checks graphs."
        if other.nodes > self.nodes or (not self.open and other.edges > self.edges):
            return "It is larger than its declared wire: declare Graph(nodes, edges) for the largest graph that will come."
        return "A smaller graph is padded to its wire by catlearn.disjoint_union."

    def learnable(self) -> Object | None:
        """What to learn in place of a graph that was left open: its adjacency matrix."""
        return R(self.nodes, self.nodes) if self.open else None


jax.export.register_pytree_node_serialization(
    EdgeList,
    serialized_name="catlearn.EdgeList",
    serialize_auxdata=lambda static: json.dumps(static).encode(),
    deserialize_auxdata=lambda text: tuple(json.loads(text)),
)


def _row(values: Any) -> Any:
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), values)


def Graph(
    nodes: int,
    edges: int | None = None,
    features: Object | None = None,
    *,
    weighted: bool = False,
    graphs: int | None = None,
    padded: bool = False,
    rows: tuple[int, int, int] | None = None,
) -> Object:
    """The wire of graphs with so many nodes and edges, named "graph": `EdgeList`s, or what stands for them.

    With `edges=None` it is left open: any number of edges will do, with more than is asked for here, and so will an adjacency
    matrix, `R(n, n)` or BCOO. `features` is the object of one edge's features; `weighted` edges have a weight; a disjoint
    union of `graphs` graphs, or one that is `padded`, says which nodes are whose; `rows` are lengths that `in_rows` found.
    Raises WireError for what is no whole number.

    >>> Graph(nodes=2708, edges=10556)
    Graph(2708, 10556)
    """
    for name, value in {"nodes": nodes, "edges": edges, "graphs": graphs}.items():
        if not (is_whole(value) or (value is None and name != "nodes")):
            raise WireError(f"Graph: {name} must be a whole number ≥ 0, got {value!r}.")
    if features is not None and (not isinstance(features, Object) or len(features) != 1):
        raise WireError(f"Graph: the features of an edge are an object of one wire, such as R(4), got {features!r}.")
    m = 0 if edges is None else int(edges)
    index = jax.ShapeDtypeStruct((m,), jnp.int32)
    tall = None if features is None else jax.tree.map(lambda s: jax.ShapeDtypeStruct((m, *s.shape), s.dtype), features.structs[0])
    return wire(
        EdgeList(
            senders=index,
            receivers=index,
            weights=jax.ShapeDtypeStruct((m,), jnp.float32) if weighted else None,
            features=tall,
            owner=jax.ShapeDtypeStruct((int(nodes),), jnp.int32) if padded or graphs is not None else None,
            nodes=int(nodes),
            graphs=graphs,
            open=edges is None,
            rows=None if rows is None else Rows.of_lengths(*rows),
        ),
        label="graph",
    )


def edge_list(senders: Any, receivers: Any, nodes: int, *, weights: Any = None, features: Any = None) -> EdgeList:
    """A graph from arrays of senders and receivers, shape (edges,), whole numbers from 0 to nodes − 1.

    An undirected edge is two, one each way. Raises ArgumentError for nodes that are missing, negative or no integers, and for
    weights or features of another length. While tracing, values can't be seen: build graphs outside of `jax.jit`.

    >>> edge_list([0, 1], [1, 2], nodes=3).edges
    2
    """
    if not is_whole(nodes) or nodes > MOST_NODES:
        raise ArgumentError(f"nodes must be a whole number from 0 to {MOST_NODES}, got {nodes!r}.")
    ends = [_nodes_from(values, nodes, what) for values, what in ((senders, "senders"), (receivers, "receivers"))]
    m = len(ends[0])
    if len(ends[1]) != m:
        raise ArgumentError(f"every edge has a sender and a receiver; got {m} senders and {len(ends[1])} receivers.")
    weights = None if weights is None else jnp.asarray(_array(weights, "weights"), jnp.float32)
    for name, value in (("weights", weights), ("features", features)):
        if any(np.shape(leaf)[:1] != (m,) for leaf in jax.tree.leaves(value)):
            shapes = ", ".join(str(np.shape(leaf)) for leaf in jax.tree.leaves(value))
            raise ArgumentError(f"{name} have a row for each of the {m} edges; got arrays of shapes {shapes}.")
    if weights is not None and weights.ndim != 1:
        raise ArgumentError(f"an edge has one weight; got an array of shape {weights.shape}: give it as features.")
    senders, receivers = map(jnp.asarray, ends)
    return EdgeList(senders, receivers, weights, jax.tree.map(jnp.asarray, features), None, int(nodes))


def _nodes_from(values: Any, nodes: int, what: str) -> np.ndarray:
    array = _array(values, what)
    array = array.astype(np.int32) if array.size == 0 else array
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ArgumentError(f"{what} are whole numbers in one row, got {array.dtype} of shape {array.shape}.")
    wrong = array[(array < 0) | (array >= nodes)]
    if wrong.size:
        raise ArgumentError(f"{what} name node {wrong[0]}, and a graph with {nodes} nodes has 0 to {nodes - 1}.")
    return array.astype(np.int32)


def _array(values: Any, what: str) -> np.ndarray:
    if isinstance(values, Tracer):
        raise ArgumentError("a graph is built from known arrays, so that its edges can be checked: build it outside of jax.jit.")
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ArgumentError(f"{what} are no array: {error}") from error


def from_adjacency(matrix: Any) -> EdgeList:
    """The edges of an adjacency matrix, shape (n, n): those entries that are not 0, with weights unless all are 1.
    Raises ArgumentError for a matrix that is not square.

    >>> from_adjacency([[0, 1], [0, 0]]).senders.tolist()
    [1]
    """
    array = _array(matrix, "the entries of an adjacency matrix")
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ArgumentError(f"an adjacency matrix is square, got shape {array.shape}.")
    receivers, senders = np.nonzero(array)
    entries = array[receivers, senders]
    return edge_list(senders, receivers, len(array), weights=None if np.all(entries == 1) else entries)


# many graphs as one


def disjoint_union(graphs: Any, *, nodes: int | None = None, edges: int | None = None, count: int | None = None) -> EdgeList:
    """Many graphs as one, padded to so many nodes, edges and graphs (as many as there are, unless told).

    Nodes are those of the first graph, then of the second, …; `catlearn.stacked_nodes` puts their features in that order.
    Padding nodes belong to no graph, and padding edges are loops at the last of them, so there must be one where there are
    padding edges. Raises ArgumentError for more than there is place for, and for graphs of different kinds.

    >>> pair = disjoint_union([edge_list([0], [1], 2), edge_list([0], [0], 1)], nodes=5, edges=4)
    >>> pair.senders.tolist(), pair.owner.tolist()
    ([0, 2, 4, 4], [0, 0, 1, 2, 2])
    """
    graphs = list(graphs)
    for what, room in {"nodes": nodes, "edges": edges, "count": count}.items():
        if not (room is None or is_whole(room)):
            raise ArgumentError(f"{what} must be a whole number ≥ 0, got {room!r}.")
    if not all(isinstance(g, EdgeList) and g.graphs is None for g in graphs):
        raise ArgumentError("a disjoint union is of single graphs by their edges, as catlearn.edge_list makes them.")
    if len({_kind(g) for g in graphs}) > 1:
        kinds = ", ".join(sorted({str(wire(g)) for g in graphs}))
        raise ArgumentError(f"a disjoint union is of graphs that all have weights, or features alike, or none; got {kinds}.")
    n, m, k = sum(g.nodes for g in graphs), sum(g.edges for g in graphs), len(graphs)
    N, M, K = (n if nodes is None else nodes), (m if edges is None else edges), (k if count is None else count)
    for what, need, room in (("nodes", n, N), ("edges", m, M), ("graphs", k, K)):
        if need > room:
            raise ArgumentError(f"these graphs have {need} {what}, and there is place for {room}: the wire must be larger.")
    if m < M and n == N:
        raise ArgumentError(f"{M - m} padding edges need a padding node to be loops at: give at least {n + 1} nodes.")
    starts = np.cumsum([0, *(g.nodes for g in graphs)])
    senders, receivers = (
        jnp.asarray(_filled([np.asarray(getattr(g, end)) + s for g, s in zip(graphs, starts)], M, N - 1), jnp.int32)
        for end in ("senders", "receivers")
    )
    owner = _filled([np.where(_real(g), i, K) for i, g in enumerate(graphs)], N, K)
    rest = [(g.weights, g.features) for g in graphs]
    weights, features = jax.tree.map(lambda *leaves: jnp.asarray(_filled(leaves, M, 0)), *rest) if rest else (None, None)
    return EdgeList(senders, receivers, weights, features, jnp.asarray(owner, jnp.int32), N, K)


def _kind(graph: EdgeList) -> Wire:
    """What each edge has: its weight and features."""
    return Wire.of(_row((graph.weights, graph.features)))


def _real(graph: EdgeList) -> np.ndarray:
    return np.ones(graph.nodes, bool) if graph.owner is None else np.asarray(graph.owner) == 0


def _filled(parts: Any, length: int, blank: Any) -> np.ndarray:
    """Arrays one after the other, with blanks up to a length."""
    parts = [np.asarray(part) for part in parts]
    whole = np.concatenate(parts) if parts else np.zeros(0, np.int32)
    return np.concatenate([whole, np.full((length - len(whole), *whole.shape[1:]), blank, whole.dtype)])


def padded(graph: EdgeList, nodes: int, edges: int) -> EdgeList:
    """One graph padded to a wire `Graph(nodes, edges, padded=True)`. Raises ArgumentError as `disjoint_union`.

    >>> padded(edge_list([0], [1], 2), nodes=4, edges=2).owner.tolist()
    [0, 0, 1, 1]
    """
    return replace(disjoint_union([graph], nodes=nodes, edges=edges), graphs=None)


def stacked_nodes(values: Any, nodes: int) -> jax.Array:
    """Features of the nodes of many graphs in the order of their disjoint union: arrays (nᵢ, …) to one (nodes, …), zero for
    padding. Raises ArgumentError for more rows than nodes, for none, and for arrays that differ in another axis.

    >>> stacked_nodes([jnp.ones((1, 2)), jnp.ones((1, 2))], 3).tolist()
    [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]
    """
    values = [np.asarray(value) for value in values]
    if len({(value.shape[1:], value.ndim) for value in values}) != 1 or not values[0].ndim:
        raise ArgumentError(
            f"features of nodes are arrays (nodes, …) that differ in the first axis alone, got {[v.shape for v in values]}."
        )
    rows = sum(len(value) for value in values)
    if rows > nodes:
        raise ArgumentError(f"these graphs have {rows} nodes, and there is place for {nodes}: the wire must be larger.")
    return jnp.asarray(_filled(values, nodes, 0))


def merged(graph: EdgeList) -> EdgeList:
    """A batch of graphs, with an axis before the own ones of all arrays, as the disjoint union that it is."""
    b, n = graph.senders.shape[0], graph.nodes
    shift = (jnp.arange(b, dtype=jnp.int32) * n)[:, None]
    flat = lambda leaf: leaf.reshape(-1, *leaf.shape[2:])  # noqa: E731
    each = jnp.broadcast_to(jnp.arange(b, dtype=jnp.int32)[:, None], (b, n))
    owner = (
        each * graph.parts
        if graph.owner is None
        else jnp.where(graph.owner < graph.parts, each * graph.parts + graph.owner, b * graph.parts)
    )
    return EdgeList(
        flat(graph.senders + shift),
        flat(graph.receivers + shift),
        jax.tree.map(flat, graph.weights),
        jax.tree.map(flat, graph.features),
        flat(owner),
        b * n,
        b * graph.parts,
    )


def nodes_of(graph: Any) -> int:
    """How many nodes a graph of any of the three forms has."""
    return graph.nodes if isinstance(graph, EdgeList) else graph.shape[-1]
