"""Transformers: `feed_forward` and `transformer_block`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from jax.nn.initializers import zeros

from catlearn.core.diagram import Diagram
from catlearn.core.family import Composite, Family
from catlearn.core.wires import Object
from catlearn.nets.attention import SEQUENCE, attention
from catlearn.nets.dense import dense, floating, kernel_initialiser, whole
from catlearn.nets.function import gelu
from catlearn.nets.norm import layer_norm
from catlearn.nets.residual import residual


@dataclass(frozen=True, repr=False)
class feed_forward(Composite):
    """A perceptron on the last axis, back to its size: `up >> activation >> down`. Type: `R(…, d) ⊗ P → R(…, d)`.

    `up` is dense to `hidden` units and `down` back to d. Raises TypingError for a wire without axes or of integers.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), §3.3.

    >>> import catlearn as cl
    >>> cl.R(5, 8) >> feed_forward(32, use_bias=False)
    R(5, 8) >> feed_forward(32, use_bias=False)
    # R(5, 8) → R(5, 8), 512 parameters: up.kernel (8, 32), down.kernel (32, 8)
    """

    hidden: int
    activation: Family = gelu
    use_bias: bool = True
    kernel_init: Callable = kernel_initialiser
    bias_init: Callable = zeros

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, "at least one axis", 1)
        rest = self.use_bias, self.kernel_init, self.bias_init
        up, down = dense(self.hidden, *rest), dense(dom.wires[0].leaves[0].shape[-1], *rest)
        return dom >> up.named("up") >> self.activation >> down.named("down")


@dataclass(frozen=True, repr=False)
class transformer_block(Composite):
    """Attention, then a perceptron at each place, both residual and with a norm before. Type: `R(t, d) ⊗ P → R(t, d)`.

    The composite `residual(norm >> attention) >> residual(norm >> mlp)`, where `mlp` has `hidden` units, 4 d unless told.
    `norm` and `activation` are families; the other options are those of `attention` and of dense maps.
    Raises TypingError for a wire of no sequence, and where heads don't divide d.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), §3.1; norms first, Xiong et al. 2020 (arXiv 2002.04745), table 1.

    >>> import catlearn as cl
    >>> f = cl.R(5, 8) >> transformer_block(2, causal=True, use_bias=False)
    >>> for name in cl.names(f)[:4]:
    ...     print(name)
    0.residual.norm.scale
    0.residual.norm.bias
    0.residual.attention.query.kernel
    0.residual.attention.key.kernel
    """

    heads: int
    hidden: int | None = None
    causal: bool = False
    rotary: bool | float = False
    key_value_heads: int | None = None
    norm: Family = field(default=layer_norm())
    activation: Family = gelu
    use_bias: bool = True
    kernel_init: Callable = kernel_initialiser
    bias_init: Callable = zeros

    def __post_init__(self) -> None:
        whole(self, "heads", *(("hidden",) if self.hidden is not None else ()))

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, SEQUENCE, 2, 2)
        return dom >> self._residual("attention", self._attention()) >> self._residual("mlp", self._mlp(dom))

    def _residual(self, name: str, branch: Composite) -> residual:
        return residual(self.norm.named("norm") >> branch.named(name))

    def _attention(self) -> attention:
        return attention(
            self.heads,
            causal=self.causal,
            key_value_heads=self.key_value_heads,
            rotary=self.rotary,
            use_bias=self.use_bias,
            kernel_init=self.kernel_init,
            bias_init=self.bias_init,
        )

    def _mlp(self, dom: Object) -> feed_forward:
        hidden = self.hidden or 4 * dom.wires[0].leaves[0].shape[-1]
        return feed_forward(hidden, self.activation, self.use_bias, self.kernel_init, self.bias_init)
