"""Layers whose messages are gated, or conditioned on what is on the edge: GGNN, gated GCN, edge-conditioned convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from catlearn.categories.function import function
from catlearn.categories.loop import loop
from catlearn.core.diagram import Diagram, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import Object, R, is_whole
from catlearn.nets.cells import gru_cell
from catlearn.nets.dense import bias, dense, floating, linear, whole
from catlearn.nets.function import add, multiply, sigmoid
from catlearn.nets.graph.aggregators import Aggregator, total
from catlearn.nets.graph.passing import message_passing, row_of
from catlearn.nets.shape import branch, reshape


@dataclass(frozen=True, repr=False)
class gated_graph_conv(Composite):
    """Gated graph sequence network: so many rounds of `h ← GRU(Σ W hⱼ, hᵢ)` with the same parameters.

    Type: `R(n, k) ⊗ P → R(n, k)`, reading a graph. The node is the state of a recurrent cell, and messages are what it reads.

    Source: Li et al. 2016 (arXiv 1511.05493), eqs. 2 to 6.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.gated_graph_conv(4)).param.labels[:2]
    ('send', 'update.1.gru_cell.input.kernel')
    """

    rounds: int = 1

    def __post_init__(self) -> None:
        if not is_whole(self.rounds):
            raise TypingError(f"gated_graph_conv: rounds must be a whole number ≥ 0, got {self.rounds!r}.")

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, axes="features of nodes R(n, k)", least=2, most=2)
        one = row_of(dom)
        k = one.wires[0].leaves[0].shape[0]
        cell = wiring(one @ one, (1, 0)) >> gru_cell(k)
        return loop(message_passing(update=cell, send=linear(k)).build(dom), self.rounds, 1)


@dataclass(frozen=True, repr=False)
class residual_gated_graph_conv(Composite):
    """Gated graph convolution: `U hᵢ + Σ σ(A hᵢ + B hⱼ + b) ⊙ (V hⱼ + b') + b''`.

    Type: `R(n, k) ⊗ P → R(n, units)`, reading a graph.
    Source: Bresson, Laurent 2017 (arXiv 1711.07553), eqs. 11, 12 (without the activation and what is added back).

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.residual_gated_graph_conv(4)).cod
    R(5, 4)
    """

    units: int

    def __post_init__(self) -> None:
        whole(self, "units")

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, axes="features of nodes R(n, k)", least=2, most=2)
        u = R(self.units, dtype=dom.wires[0].leaves[0].dtype)
        send = branch(linear(self.units).named("gate"), dense(self.units).named("value"))
        message = (u @ u >> add >> sigmoid) @ u >> multiply
        update = linear(self.units).named("self") @ u >> add >> bias().named("bias")
        return message_passing(message, update=update, receive=dense(self.units), send=send).build(dom)


@dataclass(frozen=True, repr=False)
class edge_conditioned_conv(Composite):
    """Edge-conditioned convolution: `W hᵢ + ⊕ net(eⱼᵢ) hⱼ + b`, with a matrix for each edge. Type: `R(n, k) ⊗ P → R(n, units)`,
    reading a graph whose edges have `features` of that type. `net` is an arrow from those to R(k · units).

    Raises TypingError where it ends in something else. Source: Gilmer et al. 2017 (arXiv 1704.01212), §5, "edge network";
    Simonovsky, Komodakis 2017 (arXiv 1704.02901), eq. 1.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.edge_conditioned_conv(4, cl.R(2), cl.dense(12))).cod
    R(5, 4)
    """

    units: int
    features: Object
    net: Any
    aggregate: Aggregator = total()  # noqa: RUF009

    def __post_init__(self) -> None:
        whole(self, "units")

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, axes="features of nodes R(n, k)", least=2, most=2)
        one = row_of(dom)
        matrix = self.features >> self.net >> reshape(one.wires[0].leaves[0].shape[0], self.units)
        pair = wiring(one @ one @ self.features, (1, 2)) >> one @ matrix >> function(_applied, arity=2)
        update = (
            linear(self.units).named("self") @ R(self.units, dtype=one.wires[0].leaves[0].dtype) >> add >> bias().named("bias")
        )
        return message_passing(pair, self.aggregate, update, self.features).build(dom)


def _applied(x: jax.Array, matrix: jax.Array) -> jax.Array:
    return x @ matrix
