"""Losses as parametric arrows `B → L` whose parameter is the target: `(B, e : B ⊗ T → L)`.

`reverse` makes a loss a parametric lens; in a batch every example has its own target.
Source: arXiv 2103.01931, §3.2, with the corrections that quadratic's lens is `α·(b_t − b_p, b_p − b_t)` (their Example
3.4 has the signs exchanged) and cross-entropy is `−Σ b_t log softmax(b_p)` (their Example 3.6 leaves out the logarithm's sign).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object, R
from catlearn.nets.dense import floating
from catlearn.nets.function import Known


class Loss(SmoothLayer):
    """A family of losses: `target(B)` is what a label looks like and `apply((target,), prediction)` is a scalar."""

    shared = False
    called = False

    def target(self, dom: Object) -> Object:
        """The object of labels for a prediction in `dom`."""
        raise NotImplementedError

    def parameters(self, dom: Object) -> Object:
        return self.target(dom).named("target")

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return tuple(jnp.zeros(leaf.shape, leaf.dtype) for leaf in self.target(dom).structs)


@dataclass(frozen=True, repr=False)
class Quadratic(Loss):
    """Half the squared distance, `½ Σ (b_p − b_t)²`. Type: `B ⊗ B → R()`.

    Source: arXiv 2103.01931, Example 3.4.
    """

    name = "quadratic"

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, "an array", 0)

    def target(self, dom: Object) -> Object:
        return dom

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jnp.sum(jnp.square(xs[0] - params[0])) / 2


@dataclass(frozen=True, repr=False)
class SoftmaxCrossEntropy(Loss):
    """`−log softmax(b_p)[t]` of logits b_p and the number t of the right class. Type: `R(classes) ⊗ R(dtype=int32) → R()`.

    Brings its own optic, `R[e] = α·(softmax(b_p) − onehot(t))`: the residual is the probabilities.
    Source: arXiv 2103.01931, Example 3.6 (corrected, see above).
    """

    name = "softmax_cross_entropy"

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, "one axis of logits", 1, 1)
        if dom.size < 1:
            raise TypingError(f"{self!r} needs at least one class, got {dom}.")

    def target(self, dom: Object) -> Object:
        return R(dtype="int32")

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jax.nn.logsumexp(xs[0]) - xs[0][params[0]]


quadratic = Quadratic()
softmax_cross_entropy = SoftmaxCrossEntropy()


mean = Known(jnp.mean, known_as="mean")


def accuracy(predictions: ArrayLike, labels: ArrayLike) -> jax.Array:
    """The fraction of examples whose largest logit is at the label. Shapes `(n, classes)` and `(n,)`; a scalar in [0, 1].

    >>> import jax.numpy as jnp
    >>> float(accuracy(jnp.array([[0.0, 1.0], [1.0, 0.0]]), jnp.array([1, 1])))
    0.5
    """
    return jnp.mean(jnp.argmax(jnp.asarray(predictions), axis=-1) == labels)


Metric = Callable[[Any, Any], Any]
