"""Message passing: the one construct that graph networks are made of, as an arrow of CoKl(Graph, Smooth).

Source: Gilmer et al. 2017 (arXiv 1704.01212), §2; as coKleisli arrows, Gavranović, Villani 2022 (arXiv 2212.00542), §5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.graphs import EdgeList, Graph, merged, nodes_of
from catlearn.categories.batch import batch, with_axis
from catlearn.categories.cokleisli import asked
from catlearn.categories.function import function
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Box, Diagram, Par, discard, identity, wiring
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.family import Composite, Family
from catlearn.core.text import short
from catlearn.core.wires import Object, R
from catlearn.nets.graph.aggregators import Aggregator, total
from catlearn.nets.graph.segments import at_receivers, at_senders, edge_count, incoming, members


# boxes that take a graph on their first wire


class GraphLayer(SmoothLayer):
    """A family of boxes `G ⊗ X → Y`, for a graph of any form. On a batch of edge lists it runs once, on their disjoint union."""

    arity = 2

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram | None:
        if not all(batched) or not isinstance(box.dom.wires[0].struct, EdgeList):
            return None
        return Box(_Union(box, size), with_axis(box.dom, size), with_axis(box.cod, size))

    def inspect(self, *xs: Any) -> None:
        if isinstance(xs[0], EdgeList):
            inspect_edges(xs[0])


def inspect_edges(graph: EdgeList) -> None:
    """Raise ArgumentError for edges that name nodes which are not there, such as in a graph that was put together by hand."""
    for what in ("senders", "receivers"):
        ends = jnp.asarray(getattr(graph, what))
        if ends.size and not (0 <= int(ends.min()) and int(ends.max()) < graph.nodes):
            raise ArgumentError(
                f"{what} name nodes {int(ends.min())} to {int(ends.max())}, and a graph with {graph.nodes} nodes has 0 to "
                f"{graph.nodes - 1}."
            )


@dataclass(frozen=True, repr=False)
class _Union(SmoothLayer):
    """A box on a batch of graphs, as one on their disjoint union."""

    box: Box
    size: int

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.box.op.name

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.box.op.arity

    def apply(self, params: tuple, *xs: Any) -> Any:
        flat = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), xs[1:])
        out = self.box.op.apply(params, merged(xs[0]), *flat)
        shapes = [leaf.shape for wire in self.box.cod.wires for leaf in wire.leaves]
        leaves, tree = jax.tree.flatten(out)
        return tree.unflatten([leaf.reshape(self.size, *shape) for leaf, shape in zip(leaves, shapes, strict=True)])

    def inspect(self, *xs: Any) -> None:
        self.box.op.inspect(*xs)

    def __repr__(self) -> str:
        return f"batch({self.box.op!r}, {self.size})"


def check_nodes(layer: Family, dom: Object) -> int:
    """How many nodes there are: the first axis of X in `G ⊗ X`. Raises TypingError where the two do not agree."""
    n, shape = nodes_of(dom.wires[0].struct), dom.wires[1].leaves[0].shape
    if shape[:1] != (n,):
        raise TypingError(f"{layer!r}: the graph has {n} nodes, and the features are {dom[1]}, with {shape[:1] or 'no'} rows.")
    return n


@dataclass(frozen=True, repr=False)
class ends(GraphLayer):
    """What edges see: features of their receivers and of their senders. Type: `G ⊗ R(n, …) → R(m, …) ⊗ R(m, …)`, with the
    features of edges on one more wire, where `features` asks for them; of a dense adjacency matrix all m = n² pairs."""

    features: Object | None = None

    def check(self, dom: Object) -> None:
        super().check(dom)
        check_nodes(self, dom)

    def apply(self, params: tuple, *xs: Any) -> Any:
        graph, x = xs
        seen = at_receivers(graph, x), at_senders(graph, x)
        return seen if self.features is None else (*seen, graph.features)


@dataclass(frozen=True, repr=False)
class gathered(GraphLayer):
    """Messages brought together at the receivers of edges. Type: `G ⊗ R(m, …) → R(n, …)`. See `aggregators`."""

    how: Aggregator = total()

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.how(incoming(xs[0]), xs[1])


@dataclass(frozen=True, repr=False)
class collected(GraphLayer):
    """Nodes brought together by graph, without padding. Type: `G ⊗ R(n, …) → R(…)`, or `R(graphs, …)` of a disjoint union."""

    how: Aggregator = total()

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

    def apply(self, params: tuple, *xs: Any) -> Any:
        graph, y = xs
        places = y[None] if getattr(graph, "graphs", None) is None else y
        return members(graph, nodes_of(graph)).spread(places)


# the construct


def graph_for(dom: Object, layer: Family, features: Object | None = None) -> Object:
    """The graph that a layer reads beside features of nodes `R(n, …)`: one with n nodes, left open.
    Raises TypingError for anything but arrays with a row for each node."""
    leaves = dom.wires[0].leaves if len(dom) == 1 else ()
    if len(leaves) != 1 or not leaves[0].shape:
        raise TypingError(f"{layer!r} takes features of nodes, such as R(5, 3) for five nodes, got {dom}.")
    return Graph(leaves[0].shape[0], features=features)


class Reads(Composite):
    """A composite that reads the graph: `reading(G ⊗ X)` is it as an arrow of Smooth, and made anew where G gets another type."""

    features: Object | None = None

    def reading(self, dom: Object) -> Diagram:
        """The arrow `G ⊗ X → Y`."""
        raise NotImplementedError

    def build(self, dom: Object) -> Diagram:
        return asked(graph_for(dom, self, self.features)) @ dom >> _Reading(self)


@dataclass(frozen=True, repr=False)
class _Reading(Family):
    """`reading` of a family, which has no name of its own: parameters have the paths that they have inside."""

    family: Reads

    name = None  # type: ignore[assignment]
    arity = 2

    def resolve(self, dom: Object) -> Diagram:
        built = self.family.reading(dom)
        return Par((built,), built.dom, built.cod, built.category, op=self)

    def __repr__(self) -> str:
        return f"reading({self.family!r})"


@dataclass(frozen=True, repr=False)
class message_passing(Reads):
    """Every node gets messages along its edges and changes by them. Type: `R(n, k) ⊗ P → R(n, k')`, reading a graph with n nodes.

    `h'ᵢ = update(hᵢ, ⊕ message(hᵢ, hⱼ, eⱼᵢ))` over edges j → i. `message` is an arrow `X ⊗ X [⊗ E] → M` from what is at
    the receiver, at the sender (and on the edge, of type `features`); None is what is at the sender. `aggregate` is an
    `Aggregator`. `update` is an arrow `X ⊗ M → X'`; None is what came in. Both are of one edge, or node, and are batched:
    so the layer is equivariant under permutations whatever they are. They may read contexts, such as random keys.
    Source: Gilmer et al. 2017 (arXiv 1704.01212), eqs. 1, 2.

    >>> import catlearn as cl
    >>> mix = cl.concatenate() >> cl.dense(4)
    >>> (cl.R(5, 3) >> cl.message_passing(mix, cl.aggregators.maximum(), mix)).cod
    R(5, 4)
    """

    message: Any = None
    aggregate: Aggregator = total()
    update: Any = None
    features: Object | None = None  # type: ignore[assignment]

    def reading(self, dom: Object) -> Diagram:
        G, X = dom[0], dom[1]
        one, n, m = _row_of(X), check_nodes(self, dom), edge_count(G.wires[0].struct)
        read = wiring(dom, (1, 0, 0, 1)) >> X @ G @ ends(self.features)
        sent = read >> X @ G @ batch(self._message(one), m) >> X @ gathered(self.aggregate)
        if self.update is None:
            return sent >> discard(X) @ sent.cod[1:]
        return sent >> batch(_one(self, "update", one @ _row_of(sent.cod[1:]), self.update), n)

    def _message(self, one: Object) -> Diagram:
        dom = one @ one if self.features is None else one @ one @ self.features
        return wiring(dom, (1,)) if self.message is None else _one(self, "message", dom, self.message)


def _row_of(X: Object) -> Object:
    return Object(tuple(replace(w, leaves=tuple(jax.ShapeDtypeStruct(s.shape[1:], s.dtype) for s in w.leaves)) for w in X.wires))


def _one(layer: Family, what: str, dom: Object, f: Any) -> Diagram:
    f = identity(dom) >> f
    if len(f.cod) != 1:
        raise TypingError(f"{layer!r}: `{what}` ends in one wire, and {short(f)} ends in {f.cod}.")
    return f.named(what) if f.param.wires else f


@dataclass(frozen=True, repr=False)
class readout(Reads):
    """One value for a graph from those of its nodes. Type: `R(n, k) → R(k)`, reading the graph; of a disjoint union, one for
    each graph, `R(graphs, k)`. Nodes of padding don't count.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.readout(cl.aggregators.mean())).cod
    R(3)
    """

    aggregate: Aggregator = total()

    def reading(self, dom: Object) -> Diagram:
        return identity(dom) >> collected(self.aggregate)
