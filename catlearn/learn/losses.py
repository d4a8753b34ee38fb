"""Losses as parametric arrows `B → L` whose parameter is the target: `(B, e : B ⊗ T → L)`.

`reverse` makes a loss a parametric lens; in a batch every example has its own target.
Source: arXiv 2103.01931, §3.2, with two corrections: quadratic's lens is `α·(b_t − b_p, b_p − b_t)` (Example 3.4 has the
signs exchanged), and cross-entropy is `−Σ b_t log softmax(b_p)` (Example 3.6 has `Σ b_t (b_p − log softmax(b_p))`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.smooth import SmoothLayer, zeros_of
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.wires import Object, R
from catlearn.nets.dense import floating


class Loss(SmoothLayer):
    """A family of losses: `target(B)` is what a label looks like and `apply((target,), prediction)` is a scalar."""

    shared = False
    called = False

    def target(self, dom: Object) -> Object:
        """The object of labels for a prediction in `dom`."""
        raise NotImplementedError

    def check_targets(self, dom: Object, targets: tuple) -> None:
        """Raise ArgumentError for arrays of targets that have the right type and yet make no sense. None do, unless told."""

    def parameters(self, dom: Object) -> Object:
        return self.target(dom).named("target")

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return zeros_of(self.target(dom))


@dataclass(frozen=True, repr=False)
class Quadratic(Loss):
    """Half the squared distance, `½ Σ (b_p − b_t)²`. Type: `B ⊗ B → R()`.

    Source: arXiv 2103.01931, Example 3.4.
    Raises TypingError for a prediction that is no array of floats.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> float((cl.R(2) >> cl.quadratic)((jnp.zeros(2),), jnp.array([1.0, 2.0])))
    2.5
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

    `R[e] = α·(softmax(b_p) − onehot(t))`. A label that is no class (negative, or too large) has loss NaN, and `fit`
    refuses it before it begins. Source: arXiv 2103.01931, Example 3.6 (corrected, see above).
    Raises TypingError for a prediction that is no vector of floats.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> round(float((cl.R(2) >> cl.softmax_cross_entropy)((jnp.int32(0),), jnp.zeros(2))), 4)
    0.6931
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
        logits, label = xs[0], params[0]
        loss = jax.nn.logsumexp(logits) - logits[label]
        return jnp.where((label >= 0) & (label < logits.size), loss, jnp.nan)

    def check_targets(self, dom: Object, targets: tuple) -> None:
        labels, classes = np.asarray(targets[0]), dom.size
        if labels.size and not 0 <= labels.min() <= labels.max() < classes:
            raise ArgumentError(
                f"labels are the numbers 0 to {classes - 1} of {classes} classes, got {labels.min()} to {labels.max()}."
            )


quadratic = Quadratic()
softmax_cross_entropy = SoftmaxCrossEntropy()
