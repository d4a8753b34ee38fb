"""Boxes that take a graph on their first wire: what edges see, what comes together, what moves along edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.graphs import EdgeList, merged, nodes_of
from catlearn.categories.batch import Batched, with_axis
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Box, Diagram
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.family import Family
from catlearn.core.values import pack
from catlearn.core.wires import Object
from catlearn.nets.graph.aggregators import Aggregator, total
from catlearn.nets.graph.segments import at_receivers, at_senders, degrees, incoming, members, neighbours, tall


class GraphLayer(SmoothLayer):
    """A family of boxes `G ⊗ X → Y`, for a graph of any form. On a batch of edge lists it runs once, on their disjoint union."""

    arity = 2

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram | None:
        if not all(batched) or not isinstance(box.dom.wires[0].struct, EdgeList):
            return None
        return Box(_Union(box, size, batched), with_axis(box.dom, size), with_axis(box.cod, size))

    def joined(self, graph: EdgeList, xs: tuple) -> tuple:
        """What goes with a batch of graphs, as it goes with their disjoint union: rows one after the other."""
        return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), xs)

    def inspect(self, *xs: Any) -> None:
        if isinstance(xs[0], EdgeList):
            inspect_edges(xs[0])


def inspect_edges(graph: EdgeList) -> None:
    """Raise ArgumentError for edges that name nodes which are not there, such as in a graph that was put together by hand."""
    for what in ("senders", "receivers"):
        ends = jnp.asarray(getattr(graph, what))
        if ends.size and not (int(ends.min()) >= 0 and int(ends.max()) < graph.nodes):
            raise ArgumentError(
                f"{what} name nodes {int(ends.min())} to {int(ends.max())}, and a graph with {graph.nodes} nodes has 0 to "
                f"{graph.nodes - 1}."
            )


@dataclass(frozen=True, repr=False)
class _Union(Batched):
    """A box on a batch of graphs, as one on their disjoint union."""

    def apply(self, params: tuple, *xs: Any) -> Any:
        out = self.box.op.apply(params, merged(xs[0]), *self.box.op.joined(xs[0], xs[1:]))
        shapes = [leaf.shape for wire in self.box.cod.wires for leaf in wire.leaves]
        leaves, tree = jax.tree.flatten(out)
        return tree.unflatten([leaf.reshape(self.size, *shape) for leaf, shape in zip(leaves, shapes, strict=True)])


def check_nodes(layer: Family, dom: Object) -> int:
    """How many nodes there are: the first axis of X in `G ⊗ X`. Raises TypingError where the two do not agree."""
    n, shape = nodes_of(dom.wires[0].struct), dom.wires[1].leaves[0].shape
    if shape[:1] != (n,):
        raise TypingError(f"{layer!r}: the graph has {n} nodes, and the features are {dom[1]}, with {shape[:1] or 'no'} rows.")
    return n


@dataclass(frozen=True, repr=False)
class ends(GraphLayer):
    """What edges see: some wires at their receivers, others at their senders. Type: `G ⊗ Q ⊗ K → Qᵐ ⊗ Kᵐ`, where Q and K are
    wires with a row for each node and Qᵐ, Kᵐ with one for each edge; with the features of edges on one more wire, where
    `features` asks for them. A dense adjacency matrix has all m = n² pairs for edges."""

    receivers: int = 1
    senders: int = 1
    features: Object | None = None

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 1 + self.receivers + self.senders

    def check(self, dom: Object) -> None:
        super().check(dom)
        for wire in dom[1:]:
            check_nodes(self, dom[0] @ wire)

    def apply(self, params: tuple, *xs: Any) -> Any:
        graph, q = xs[0], 1 + self.receivers
        seen = [*(at_receivers(graph, x) for x in xs[1:q]), *(at_senders(graph, x) for x in xs[q:])]
        return pack(seen if self.features is None else [*seen, graph.features])


@dataclass(frozen=True, repr=False)
class gathered(GraphLayer):
    """Messages brought together at the receivers of edges. Type: `G ⊗ R(m, …) → R(n, …)`. See `aggregators`."""

    how: Aggregator = total()  # noqa: RUF009

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.how(incoming(xs[0]), xs[1])


@dataclass(frozen=True, repr=False)
class collected(GraphLayer):
    """Nodes brought together by graph, without padding. Type: `G ⊗ R(n, …) → R(…)`, or `R(graphs, …)` of a disjoint union."""

    how: Aggregator = total()  # noqa: RUF009

    def check(self, dom: Object) -> None:
        super().check(dom)
        check_nodes(self, dom)

    def apply(self, params: tuple, *xs: Any) -> Any:
        graph, x = xs
        out = self.how(members(graph, len(x)), x)
        return out[0] if getattr(graph, "graphs", None) is None else out


@dataclass(frozen=True, repr=False)
class distributed(GraphLayer):
    """What each graph has, given to all of its nodes. Type: `G ⊗ R(…) → R(n, …)`, or from `R(graphs, …)` of a disjoint union."""

    def joined(self, graph: EdgeList, xs: tuple) -> tuple:
        return xs if graph.graphs is None else super().joined(graph, xs)

    def apply(self, params: tuple, *xs: Any) -> Any:
        graph, y = xs
        places = y[None] if getattr(graph, "graphs", None) is None else y
        return members(graph, nodes_of(graph)).spread(places)


@dataclass(frozen=True, repr=False)
class along(GraphLayer):
    """The matrix of a graph applied to features. Type: `G ⊗ R(n, …) → R(n, …)`. See `propagate`."""

    normalise: str | None = "symmetric"
    self_loops: bool = True

    name = "propagate"

    def check(self, dom: Object) -> None:
        super().check(dom)
        check_nodes(self, dom)

    def codomain(self, dom: Object, param: Object) -> Object:
        return dom[1:]

    def apply(self, params: tuple, *xs: Any) -> Any:
        graph, x = xs
        if self.normalise is None:
            return self._summed(graph, x)
        d = degrees(graph, x.dtype) + self.self_loops
        inverse = jnp.where(d > 0, 1 / jnp.where(d > 0, d, 1), 0)
        if self.normalise == "random walk":
            return tall(inverse, x) * self._summed(graph, x)
        root = jnp.sqrt(inverse)
        return tall(root, x) * self._summed(graph, tall(root, x) * x)

    def _summed(self, graph: Any, x: jax.Array) -> jax.Array:
        return neighbours(graph, x) + x if self.self_loops else neighbours(graph, x)
