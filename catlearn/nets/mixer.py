"""MLP-Mixer: perceptrons along time and along features in turn."""

from __future__ import annotations

from dataclasses import dataclass, field

from catlearn.core.diagram import Diagram
from catlearn.core.family import Composite, Family
from catlearn.core.wires import Object
from catlearn.nets.attention import SEQUENCE
from catlearn.nets.dense import floating, whole
from catlearn.nets.function import gelu
from catlearn.nets.norm import layer_norm
from catlearn.nets.residual import residual
from catlearn.nets.shape import transpose
from catlearn.nets.transformer import feed_forward


@dataclass(frozen=True, repr=False)
class mixer_block(Composite):
    """A perceptron along the places, then one along the features, both residual. Type: `R(t, d) ⊗ P → R(t, d)`.

    The composite `residual(norm >> transpose >> tokens >> transpose) >> residual(norm >> channels)`, where `tokens` has
    `token_hidden` units and `channels` has `channel_hidden`. Raises TypingError for a wire without two axes of floats.
    Source: Tolstikhin et al. 2021 (arXiv 2105.01601), equation 1.

    >>> import catlearn as cl
    >>> f = cl.R(5, 8) >> mixer_block(16, 32)
    >>> for name in cl.names(f)[:3]:
    ...     print(name)
    0.residual.norm.scale
    0.residual.norm.bias
    0.residual.tokens.up.kernel
    """

    token_hidden: int
    channel_hidden: int
    norm: Family = field(default=layer_norm())
    activation: Family = gelu

    def __post_init__(self) -> None:
        whole(self, "token_hidden", "channel_hidden")

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, SEQUENCE, 2, 2)
        norm = self.norm.named("norm")
        tokens = feed_forward(self.token_hidden, self.activation).named("tokens")
        channels = feed_forward(self.channel_hidden, self.activation).named("channels")
        return dom >> residual(norm >> transpose() >> tokens >> transpose()) >> residual(norm >> channels)
