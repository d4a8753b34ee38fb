"""Graphs as wholes: a virtual node that all nodes hear, padding set to zero, and the graphs whose networks are those of sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from catlearn.algebra.graphs import EdgeList, edge_list
from catlearn.categories.function import constant
from catlearn.core.diagram import Diagram, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.wires import I, Object, is_whole, wire
from catlearn.nets.function import add
from catlearn.nets.graph.aggregators import Aggregator, total
from catlearn.nets.graph.boxes import GraphLayer, check_nodes, collected, distributed
from catlearn.nets.graph.passing import Reads, part
from catlearn.nets.graph.segments import tall


@dataclass(frozen=True, repr=False)
class virtual_node(Reads):
    """A node that is joined to all others: `hᵢ + update(⊕ hⱼ)`, over all nodes of the same graph. Type: `R(n, k) ⊗ P → R(n, k)`,
    reading a graph. `update : R(k) → R(k)`; in a disjoint union each graph has a virtual node of its own.

    Raises TypingError for an update to something else. Source: Gilmer et al. 2017 (arXiv 1704.01212), §5.2.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.virtual_node(cl.dense(3) >> cl.relu)).cod
    R(5, 3)
    """

    update: Any = None
    aggregate: Aggregator = total()  # noqa: RUF009

    def reading(self, dom: Object) -> Diagram:
        G, X = dom[0], dom[1]
        whole = identity(dom) >> collected(self.aggregate)
        back = wiring(dom, (1, 0, 0, 1)) >> X @ G @ (whole >> part(self, "update", whole.cod, self.update)) >> X @ distributed()
        if back.cod != X @ X:
            raise TypingError(f"{self!r}: `update` must give what nodes have, and they would get {back.cod[1:]}, not {X}.")
        return back >> add


@dataclass(frozen=True, repr=False)
class _MaskNodes(Reads):
    """Padding nodes set to zero, others as they are. Type: `R(n, …) → R(n, …)`, reading a graph.

    Padding never reaches real nodes, nor readouts; this is for what looks at all nodes, such as a loss or a norm.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> graph = cl.disjoint_union([cl.edge_list([0], [0], nodes=1)], nodes=2)
    >>> (cl.R(2, 1) >> cl.mask_nodes)((), graph, jnp.ones((2, 1))).tolist()
    [[1.0], [0.0]]
    """

    name = "mask_nodes"
    called = False

    def reading(self, dom: Object) -> Diagram:
        return identity(dom) >> _masked()


@dataclass(frozen=True, repr=False)
class _masked(GraphLayer):
    """`mask_nodes` at a graph. Type: `G ⊗ R(n, …) → R(n, …)`."""

    name = "masked"

    def check(self, dom: Object) -> None:
        super().check(dom)
        check_nodes(self, dom)

    def apply(self, params: tuple, *xs: Any) -> Any:
        graph, x = xs
        if getattr(graph, "owner", None) is None:
            return x
        return jnp.where(tall(graph.owner < graph.parts, x), x, jnp.zeros((), x.dtype))


mask_nodes = _MaskNodes()


def empty_graph(nodes: int) -> Diagram:
    """The graph without edges, as an arrow of contexts. Type: `I → Graph(nodes, 0)`.

    Networks pulled back along it are those of sets, all of whose messages are none: with a readout, Deep Sets.
    Source: Zaheer et al. 2017 (arXiv 1703.06114), theorem 2.

    >>> import catlearn as cl
    >>> deep_set = cl.R(5, 3) >> cl.gin_conv(cl.dense(8) >> cl.relu) >> cl.readout() >> cl.dense(1)
    >>> cl.pull_context(deep_set, cl.empty_graph(5)).category
    Smooth
    """
    _whole("empty_graph", nodes)
    return _given(edge_list([], [], nodes))


def complete_graph(nodes: int, self_loops: bool = True) -> Diagram:
    """The graph of all pairs of nodes, with loops unless told, as an arrow of contexts. Type: `I → Graph(nodes, nodes²)`.

    Attention along it is that of a set. Source: Lee et al. 2019, "Set Transformer" (arXiv 1810.00825), §3.1.

    >>> import catlearn as cl
    >>> cl.pull_context(cl.R(5, 3) >> cl.graph_transformer_conv(4), cl.complete_graph(5)).category
    Smooth
    """
    _whole("complete_graph", nodes)
    receivers, senders = (ends.ravel() for ends in np.indices((nodes, nodes)))
    kept = np.ones(nodes**2, bool) if self_loops else receivers != senders
    return _given(edge_list(senders[kept], receivers[kept], nodes))


def _whole(name: str, nodes: Any) -> None:
    if not is_whole(nodes):
        raise TypingError(f"{name}: nodes must be a whole number ≥ 0, got {nodes!r}.")


def _given(graph: EdgeList) -> Diagram:
    return identity(I) >> constant((graph,), like=wire(graph, label="graph"))
