"""Graph convolutions: a linear map of features and one along the graph. The functor GCNN_n → Para(CoKl(R(n, n), Smooth))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catlearn.core.diagram import Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import Object
from catlearn.nets.dense import bias, dense, floating, linear, whole
from catlearn.nets.graph.boxes import along
from catlearn.nets.graph.passing import Reads, graph_for

NORMALISATIONS = ("symmetric", "random walk", None)


@dataclass(frozen=True, repr=False)
class propagate(Reads):
    """Features moved once along the edges, without parameters. Type: `R(n, k) → R(n, k)`, reading a graph with n nodes.

    With Ã = A + I (A without `self_loops`) and D̃ its row sums: `D̃^(−1/2) Ã D̃^(−1/2) x` ("symmetric"), `D̃⁻¹ Ã x`
    ("random walk") or `Ã x` (None). Nodes without edges have a row of zeros. It is the message passing whose messages are
    what senders have, and whose aggregate is the sum. Raises TypingError for another normalisation.
    Source: Kipf, Welling 2017 (arXiv 1609.02907), eq. 2.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> f = cl.R(2, 1) >> cl.propagate(None, self_loops=False)
    >>> f((), cl.edge_list([0], [1], nodes=2), jnp.array([[3.0], [4.0]])).tolist()
    [[0.0], [3.0]]
    """

    normalise: str | None = "symmetric"
    self_loops: bool = True

    def __post_init__(self) -> None:
        if self.normalise not in NORMALISATIONS:
            raise TypingError(f"propagate: normalise must be 'symmetric', 'random walk' or None, got {self.normalise!r}.")

    def reading(self, dom: Object) -> Diagram:
        floats(self, dom)
        return identity(dom) >> along(self.normalise, self.self_loops)


def floats(layer: Any, dom: Object) -> None:
    """Raise TypingError unless features of nodes are floats."""
    floating(layer, dom[1:], axes="features of nodes, such as R(5, 3) for five nodes", least=1)


@dataclass(frozen=True, repr=False)
class graph_conv(Composite):
    """Graph convolution: `propagate(x W) + b`. Type: `R(n, k) ⊗ R(k, units) ⊗ R(units) → R(n, units)`, reading a graph.

    Options are `propagate`'s. Since the two linear maps commute, the features are moved along the edges where there are fewer
    of them, before or after W. It is the 1-cell (A, X, W) ↦ A X W of the paper; activations are 1-cells of their own.
    Source: Kipf, Welling 2017 (arXiv 1609.02907), eq. 2; Gavranović, Villani 2022 (arXiv 2212.00542), §5.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> gcn = cl.R(3, 4) >> cl.graph_conv(2)
    >>> gcn(gcn.init(jax.random.key(0)), cl.edge_list([0, 1], [1, 2], nodes=3), jnp.ones((3, 4))).shape
    (3, 2)
    """

    units: int
    normalise: str | None = "symmetric"
    self_loops: bool = True
    bias: bool = True

    def __post_init__(self) -> None:
        whole(self, "units")
        propagate(self.normalise, self.self_loops)

    def build(self, dom: Object) -> Diagram:
        graph_for(dom, self)
        floating(self, dom, axes="features of nodes R(n, k)", least=2, most=2)
        move, mix = propagate(self.normalise, self.self_loops), linear(self.units).named("kernel")
        f = identity(dom) >> (mix >> move if self.units <= dom.wires[0].leaves[0].shape[1] else move >> mix)
        return f >> bias().named("bias") if self.bias else f


@dataclass(frozen=True, repr=False)
class simple_graph_conv(Composite):
    """Features moved `times` along the edges, then one linear map. Type: `R(n, k) ⊗ P → R(n, units)`, reading a graph.
    Source: Wu et al. 2019, SGC (arXiv 1902.07153), eq. 7.

    >>> import catlearn as cl
    >>> (cl.R(3, 4) >> cl.simple_graph_conv(2, times=3)).cod
    R(3, 2)
    """

    units: int
    times: int = 2

    def __post_init__(self) -> None:
        whole(self, "units", "times")

    def build(self, dom: Object) -> Diagram:
        graph_for(dom, self)
        f = identity(dom)
        for _ in range(self.times):
            f = f >> propagate()
        return f >> dense(self.units)
