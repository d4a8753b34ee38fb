"""GCNN, the syntax of graph convolutional networks, and its functor `GCNN_n → Para(CoKl(R(n, n), Smooth))` for each n.

Objects are feature widths k. A 1-cell k → k' is a composite of layers, each with weights of its own; 2-cells are arrows of
weights. Neither says how many nodes there are: that is what the functor says.
Source: Gavranović, Villani 2022 (arXiv 2212.00542), §5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.cokleisli import within
from catlearn.categories.smooth import Smooth
from catlearn.core.diagram import Box, Diagram, ImageOf
from catlearn.core.errors import ArgumentError, TypingError, WireError
from catlearn.core.family import Family
from catlearn.core.functor import Free, Functor
from catlearn.core.parameters import initialise
from catlearn.core.text import short
from catlearn.core.wires import Object, R, is_whole, object_of
from catlearn.nets.dense import linear, whole
from catlearn.nets.graph.convolution import graph_conv


@dataclass(frozen=True)
class GCNNCategory:
    """The category of graph convolutional networks. Arrows of Smooth are in it as arrows of weights."""

    @staticmethod
    def join(a: Any, b: Any) -> GCNNCategory | None:
        """The category of composites of arrows of both."""
        return GCNN if {a, b} <= {GCNN, Smooth} else None

    def init(self, f: Diagram, key: jax.Array) -> tuple:
        """Initial weights."""
        return initialise(f, f.param, key)

    def call(self, f: Diagram, params: tuple, given: tuple) -> Any:
        """Run a network on a graph and features of its nodes: the arrow that it is for as many nodes."""
        rows = [jnp.shape(x)[:1] for x in given[1:]]
        if len(given) != 1 + len(f.dom) or not (rows and rows[0]):
            takes = f"takes a graph, then features of its nodes ({f.dom})"
            raise ArgumentError(f"{short(f)} {takes}, got values of shapes {[*map(jnp.shape, jax.tree.leaves(given))]}.")
        return gcnn(rows[0][0], object_of(given[:1]))(f)(params, *given)

    def __repr__(self) -> str:
        return "GCNN"


GCNN = GCNNCategory()


@dataclass(frozen=True)
class Width:
    """A wire of GCNN: features of nodes, k for each."""

    k: int
    label: str | None = field(default=None, compare=False)

    category = GCNN

    def __repr__(self) -> str:
        return f"width({self.k})"


def width(k: int) -> Object:
    """The object k of GCNN: k features for each node. Raises WireError for what is no whole number.

    >>> width(3) @ width(2)
    width(3) @ width(2)
    """
    if not is_whole(k):
        raise WireError(f"width: the number of features is a whole number ≥ 0, got {k!r}.")
    return Object((Width(int(k)),))


@dataclass(frozen=True, repr=False)
class gcnn_layer(Family):
    """The 1-cells `(W, σ)` of GCNN. Type: `width(k) ⊗ R(k, units) → width(units)`, which `gcnn` takes to `σ(A X W)`.

    `activation` is a family of arrows `X → X`, such as `tanh`; None is the identity.
    Source: Gavranović, Villani 2022 (arXiv 2212.00542), §5.

    >>> import catlearn as cl
    >>> width(3) >> gcnn_layer(4, cl.tanh) >> gcnn_layer(2)
    width(3) >> gcnn_layer(4, activation=tanh) >> gcnn_layer(2)
    # width(3) → width(2), 20 parameters: 0.gcnn_layer.kernel (3, 4), 1.gcnn_layer.kernel (4, 2)
    """

    units: int
    activation: Family | None = None

    category = GCNN

    def __post_init__(self) -> None:
        whole(self, "units")

    def resolve(self, dom: Object) -> Diagram:
        if len(dom) != 1 or not isinstance(dom.wires[0], Width):
            raise TypingError(f"{self!r} takes features of nodes, such as width(3), got {dom}.")
        return Box(self, dom, width(self.units), R(dom.wires[0].k, self.units, label="kernel"))

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return (R(dom.wires[0].k) >> linear(self.units)).init(key)

    def meaning(self, X: Object) -> Diagram:
        """The arrow of CoKl(R(n, n), Smooth) at features `R(n, k)`."""
        f = graph_conv(self.units, normalise=None, self_loops=False, bias=False).build(X)
        return f if self.activation is None else f >> self.activation


def gcnn(n: int, graph: Object | None = None) -> Functor:
    """The functor `GCNN → Para(CoKl(R(n, n), Smooth))` for graphs with n nodes: `k ↦ R(n, k)`, `(W, σ) ↦ σ(A X W)`.

    It is injective on objects and faithful. `graph` may be another form of the context, such as `catlearn.Graph(n, m)`.
    Source: Gavranović, Villani 2022 (arXiv 2212.00542), §5 (theorem: GCNN_n → Para(CoKl(R^{n×n} × −))).

    >>> import catlearn as cl
    >>> net = width(3) >> gcnn_layer(4, cl.tanh) >> gcnn_layer(2)
    >>> gcnn(5)(net).category, gcnn(5)(net).dom, gcnn(5)(net).cod, gcnn(5)(net).param == net.param
    (CoKl(graph: R(5, 5), Smooth), R(5, 3), R(5, 2), True)
    """
    context = (R(n, n) if graph is None else graph).named("graph")

    def on_wire(wire: Any) -> Object:
        return R(n, wire.k, label=wire.label) if isinstance(wire, Width) else Object((wire,))

    def on_box(box: Box) -> Diagram:
        if not isinstance(box.op, gcnn_layer):
            return box
        image = within(box.op.meaning(on_wire(box.dom.wires[0])), context).made_by(ImageOf(f"gcnn({n})", box.op))
        return image.named(box.label) if box.label else image

    return Functor(Free, on_wire, on_box, name=f"gcnn({n})")
