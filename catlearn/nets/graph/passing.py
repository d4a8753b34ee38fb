"""Message passing: the one construct that graph networks are made of, as an arrow of CoKl(Graph, Smooth).

Source: Gilmer et al. 2017 (arXiv 1704.01212), §2; as coKleisli arrows, Gavranović, Villani 2022 (arXiv 2212.00542), §5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catlearn.algebra.graphs import Graph
from catlearn.categories.batch import batch, without_axis
from catlearn.categories.cokleisli import asked
from catlearn.core.diagram import Diagram, Par, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite, Family
from catlearn.core.text import short
from catlearn.core.wires import Object
from catlearn.nets.graph.aggregators import Aggregator, total
from catlearn.nets.graph.boxes import along, check_nodes, collected, ends, gathered
from catlearn.nets.graph.segments import edge_count


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

    `h'ᵢ = update(hᵢ, ⊕ message(receive(hᵢ), send(hⱼ), eⱼᵢ))` over edges j → i. `receive : X → Q` and `send : X → K` are computed
    once for each node, not for each edge; None is the identity. `message : Q ⊗ K [⊗ E] → M` is of what is at the two ends
    (and on the edge, of type `features`); None is what was sent. `aggregate` is one of `aggregators`. `update : X ⊗ M → X'`;
    None is what came in. All are of one node, or edge, and are batched: so the layer is equivariant under permutations
    whatever they are. They may read contexts, such as random keys.
    Source: Gilmer et al. 2017 (arXiv 1704.01212), eqs. 1, 2.

    >>> import catlearn as cl
    >>> mix = cl.concatenate() >> cl.dense(4)
    >>> (cl.R(5, 3) >> cl.message_passing(mix, cl.aggregators.maximum(), mix)).cod
    R(5, 4)
    """

    message: Any = None
    aggregate: Aggregator = total()  # noqa: RUF009
    update: Any = None
    features: Object | None = None  # type: ignore[assignment]
    receive: Any = None
    send: Any = None

    def reading(self, dom: Object) -> Diagram:
        X = dom[1]
        one, n = row_of(X), check_nodes(self, dom)
        came = wiring(dom, (1, 0, 1)) >> X @ self._sums(dom, one, n)
        if self.update is None:
            return wiring(dom, (0, 1)) >> self._sums(dom, one, n)
        return came >> batch(self._part("update", one @ row_of(came.cod[1:]), self.update), n)

    def _sums(self, dom: Object, one: Object, n: int) -> Diagram:
        """What comes in at each node. Type: `G ⊗ X → M`."""
        G = dom[0]
        send = self._part("send", one, self.send)
        if self.message is None and self.aggregate.moves is not None and self.receive is None and len(send.cod) == 1:
            return G @ batch(send, n) >> along(*self.aggregate.moves)
        receive = self._part("receive", one, self.receive)
        message = self._message(receive.cod, send.cod)
        seen = wiring(dom, (0, 0, 1, 1)) >> G @ G @ batch(receive, n) @ batch(send, n)
        seen = seen >> G @ ends(len(receive.cod), len(send.cod), self.features)
        return seen >> G @ batch(message, edge_count(G.wires[0].struct)) >> gathered(self.aggregate)

    def _message(self, Q: Object, K: Object) -> Diagram:
        dom = Q @ K if self.features is None else Q @ K @ self.features
        return self._part("message", dom, wiring(dom, (len(Q),)) if self.message is None else self.message, single=True)

    def _part(self, what: str, dom: Object, f: Any, single: bool = False) -> Diagram:
        return part(self, what, dom, f, single or what == "update")


def row_of(X: Object) -> Object:
    """What one node has of features of all: each wire without its first axis."""
    return without_axis(X, (True,) * len(X))


def part(layer: Family, what: str, dom: Object, f: Any, single: bool = False) -> Diagram:
    """An arrow that a layer was given for one node or edge, at its domain. Raises TypingError unless it ends as it must."""
    f = identity(dom) >> f if f is not None else identity(dom)
    if single and len(f.cod) != 1:
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

    aggregate: Aggregator = total()  # noqa: RUF009

    def reading(self, dom: Object) -> Diagram:
        return identity(dom) >> collected(self.aggregate)
