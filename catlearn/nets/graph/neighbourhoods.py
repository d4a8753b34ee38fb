"""Layers that differ in how a neighbourhood is summed up: GraphSAGE, GIN, PNA, SIR-GCN. Short composites of message passing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram
from catlearn.core.family import Composite
from catlearn.core.wires import Object, R
from catlearn.nets.dense import bias, dense, floating, linear, whole
from catlearn.nets.function import add, relu
from catlearn.nets.graph.aggregators import Aggregator, by_degree, deviation, maximum, mean, minimum, several, total
from catlearn.nets.graph.passing import message_passing
from catlearn.nets.shape import concatenate


@dataclass(frozen=True, repr=False)
class sage_conv(Composite):
    """GraphSAGE: `W₁ hᵢ + W₂ ⊕ hⱼ + b`. Type: `R(n, k) ⊗ P → R(n, units)`, reading a graph; the mean of neighbours, unless told.

    It is one dense map of what a node has and what its neighbours do, one after the other.
    Source: Hamilton et al. 2017 (arXiv 1706.02216), algorithm 1, lines 4 and 5 (without its activation and scaling).

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.sage_conv(4)).cod
    R(5, 4)
    """

    units: int
    aggregate: Aggregator = mean()  # noqa: RUF009

    def __post_init__(self) -> None:
        whole(self, "units")

    def build(self, dom: Object) -> Diagram:
        node = linear(self.units).named("self") @ linear(self.units).named("neighbours") >> add >> bias().named("bias")
        return message_passing(aggregate=self.aggregate, update=node).build(dom)


@dataclass(frozen=True, repr=False)
class gin_conv(Composite):
    """The graph isomorphism network: `mlp((1 + ε) hᵢ + Σ hⱼ)`. Type: `R(n, k) ⊗ P → R(n, k')`, reading a graph.

    `mlp` is an arrow of one node, `R(k) → R(k')`. ε is a number, or learned from 0 on where it is None. As fine as
    1-WL where mlp is injective on sums of multisets. Source: Xu et al. 2019 (arXiv 1810.00826), eq. 4.1.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.gin_conv(cl.dense(8) >> cl.relu >> cl.dense(8))).cod
    R(5, 8)
    """

    mlp: Any
    epsilon: float | None = 0.0

    def build(self, dom: Object) -> Diagram:
        return message_passing(update=_With(self.epsilon) >> self.mlp).build(dom)


@dataclass(frozen=True, repr=False)
class _With(SmoothLayer):
    """`(1 + ε) x + y`. Type: `X ⊗ X → X`, with ε a parameter R() where it is None."""

    epsilon: float | None

    name = "epsilon"
    arity = 2

    def parameters(self, dom: Object) -> Object:
        return R(dtype=dom.wires[0].leaves[0].dtype) if self.epsilon is None else Object()

    def initial(self, key: Any, dom: Object) -> tuple:
        return tuple(jnp.zeros(leaf.shape, leaf.dtype) for leaf in self.parameters(dom).structs)

    def apply(self, params: tuple, *xs: Any) -> Any:
        return (1.0 + (params[0] if self.epsilon is None else self.epsilon)) * xs[0] + xs[1]

    def __repr__(self) -> str:
        return f"epsilon({self.epsilon!r})"


@dataclass(frozen=True, repr=False)
class pna_conv(Composite):
    """Principal neighbourhood aggregation: messages `W₁ hᵢ + W₂ hⱼ + b`, four aggregates of them at three scales of the degree,
    then a dense map of those and hᵢ. Type: `R(n, k) ⊗ P → R(n, units)`, reading a graph.

    `delta` is the mean of log(d + 1) over the nodes of the training set, d their degrees.
    Source: Corso et al. 2020 (arXiv 2004.05718), eqs. 5, 8.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.pna_conv(4, delta=1.1)).cod
    R(5, 4)
    """

    units: int
    delta: float = 1.0
    aggregators: tuple[Aggregator, ...] = (mean(), deviation(), maximum(), minimum())

    def __post_init__(self) -> None:
        whole(self, "units")

    def build(self, dom: Object) -> Diagram:
        layer = message_passing(
            message=add,
            aggregate=by_degree(several(*self.aggregators), self.delta),
            update=concatenate() >> dense(self.units),
            receive=dense(self.units),
            send=linear(self.units),
        )
        return layer.build(dom)


@dataclass(frozen=True, repr=False)
class sir_conv(Composite):
    """Soft-isomorphic relational convolution: `W Σ σ(W₁ hᵢ + W₂ hⱼ [+ W₃ eⱼᵢ] + b)`: messages know who gets them.

    Type: `R(n, k) ⊗ P → R(n, units)`, reading a graph, whose edges have `features` of that type where it is given.
    `hidden` is the width of σ (as wide as `units`, unless told). W stands outside of the sum, since that is linear.
    Source: Lim et al. 2024 (arXiv 2403.12529), SIR-GCN.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.sir_conv(4, hidden=8)).cod
    R(5, 4)
    """

    units: int
    hidden: int | None = None
    activation: Any = relu
    features: Object | None = None
    aggregate: Aggregator = total()  # noqa: RUF009

    def __post_init__(self) -> None:
        whole(self, "units", *([] if self.hidden is None else ["hidden"]))

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, axes="features of nodes R(n, k)", least=2, most=2)
        h = self.hidden or self.units
        dtype = dom.wires[0].leaves[0].dtype
        inner = R(h, dtype=dtype)
        both = inner @ inner >> add
        heard = both if self.features is None else both @ (self.features >> linear(h).named("edge")) >> add
        passing = message_passing(heard >> self.activation, self.aggregate, None, self.features, dense(h), linear(h))
        return passing.build(dom) >> linear(self.units).named("kernel")
