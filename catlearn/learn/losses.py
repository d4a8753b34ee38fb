"""Losses as parametric arrows `B → L` whose parameter is the target: `(T, e : B ⊗ T → L)`. Numerics are optax's.

`reverse` makes a loss a parametric lens; in a batch every example has its own target.
Source: arXiv 2103.01931, §3.2, with two corrections: quadratic's lens is `α·(b_t − b_p, b_p − b_t)` (Example 3.4 has the
signs exchanged), and cross-entropy is `−Σ b_t log softmax(b_p)` (Example 3.6 has `Σ b_t (b_p − log softmax(b_p))`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from catlearn.categories.smooth import SmoothLayer, zeros_of
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.text import short
from catlearn.core.wires import Object, R
from catlearn.learn.settings import fraction, positive
from catlearn.nets.dense import floating


class Loss(SmoothLayer):
    """A family of losses: `target(B)` is what a label looks like and `each(targets, prediction)` the loss.

    Where `each` gives an array, with a loss for each position of a sequence, the loss is its mean; `weighted` weighs them.
    """

    shared = False
    called = False

    def target(self, dom: Object) -> Object:
        """The object of labels for a prediction in `dom`. As the prediction, unless told."""
        return dom

    def each(self, targets: tuple, *xs: Any) -> jax.Array:
        """The loss, or one for each position."""
        raise NotImplementedError

    def check_targets(self, dom: Object, targets: tuple) -> None:
        """Raise ArgumentError for arrays of targets that have the right type and yet make no sense. None do, unless told."""

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, "an array", 0)

    def parameters(self, dom: Object) -> Object:
        target = self.target(dom)
        return target if any(target.labels) or not len(target) else target.named(*_labels(len(target)))

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return zeros_of(self.target(dom))

    def apply(self, params: tuple, *xs: Any) -> Any:
        losses = self.each(params, *xs)
        return jnp.mean(losses) if losses.ndim else losses


def _labels(n: int) -> tuple[str, ...]:
    return ("target",) if n == 1 else tuple(f"target{i}" for i in range(n))


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

    def each(self, targets: tuple, *xs: Any) -> jax.Array:
        return jnp.sum(jnp.square(xs[0] - targets[0])) / 2


@dataclass(frozen=True, repr=False)
class SoftmaxCrossEntropy(Loss):
    """`−log softmax(b_p)[t]` of logits b_p and the number t of the right class. Type: `R(…, k) ⊗ R(…, dtype=int32) → R()`.

    Called, it takes options: `softmax_cross_entropy(dense=True)` has a distribution for a label, `−Σ b_t log softmax(b_p)`
    with b_t in `R(…, k)`; `smoothing=α` mixes the label with the uniform distribution, `(1−α)b_t + α/k`.
    `R[e] = α·(softmax(b_p) − onehot(t))`. Axes before the last are positions, of which the loss is the mean. A label that
    is no class (negative, or too large) has loss NaN, and `fit` refuses it before it begins.
    Source: arXiv 2103.01931, Example 3.6 (corrected, see above); smoothing: Szegedy et al. 2016 (arXiv 1512.00567), §7.
    Raises TypingError for a prediction that is no array of floats, and a smoothing outside [0, 1).

    >>> import jax.numpy as jnp, catlearn as cl
    >>> round(float((cl.R(2) >> cl.softmax_cross_entropy)((jnp.int32(0),), jnp.zeros(2))), 4)
    0.6931
    >>> (cl.R(2) >> cl.softmax_cross_entropy(dense=True)).param
    R(2)
    """

    dense: bool = False
    smoothing: float = 0.0

    name = "softmax_cross_entropy"

    def __call__(self, **options: Any) -> SoftmaxCrossEntropy:  # type: ignore[override]
        return replace(self, **options)

    def __post_init__(self) -> None:
        fraction(self, "smoothing")

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, "logits on the last axis", 1)
        if _classes(dom) < 1:
            raise TypingError(f"{self!r} needs at least one class, got {dom}.")

    def target(self, dom: Object) -> Object:
        return dom if self.dense else R(*dom.structs[0].shape[:-1], dtype="int32")

    def each(self, targets: tuple, *xs: Any) -> jax.Array:
        logits, target, classes = xs[0], targets[0], xs[0].shape[-1]
        if not self.dense and not self.smoothing:
            # As optax, but for an index that is clipped rather than checked: what is no class has no loss anyway, below.
            picked = jnp.take_along_axis(logits, target[..., None], axis=-1, mode="clip")[..., 0]
            losses = jax.nn.logsumexp(logits, axis=-1) - picked
        else:
            label = target if self.dense else jax.nn.one_hot(target, classes, dtype=logits.dtype)
            label = optax.smooth_labels(label, self.smoothing) if self.smoothing else label
            losses = optax.softmax_cross_entropy(logits, label)
        return losses if self.dense else jnp.where((target >= 0) & (target < classes), losses, jnp.nan)

    def check_targets(self, dom: Object, targets: tuple) -> None:
        labels, classes = np.asarray(targets[0]), _classes(dom)
        if not self.dense and labels.size and not 0 <= labels.min() <= labels.max() < classes:
            raise ArgumentError(
                f"labels are the numbers 0 to {classes - 1} of {classes} classes, got {labels.min()} to {labels.max()}."
            )
        slack = 1e-3 + classes * float(jnp.finfo(targets[0].dtype).eps) if self.dense else 0.0
        sums = labels.astype(np.float32).sum(-1)
        if self.dense and labels.size and not (labels.min() >= 0 and np.allclose(sums, 1, atol=slack)):
            raise ArgumentError("dense labels are distributions: numbers ≥ 0 whose last axis sums to 1.")


def _classes(dom: Object) -> int:
    return dom.structs[0].shape[-1]


@dataclass(frozen=True, repr=False)
class SigmoidCrossEntropy(Loss):
    """`−Σ (t·log σ(b_p) + (1−t)·log(1 − σ(b_p)))` of logits b_p and labels t in [0, 1]. Type: `B ⊗ B → R()`.

    Source: the cross-entropy of independent Bernoulli variables; numerics of optax's `sigmoid_binary_cross_entropy`.
    Raises TypingError for a prediction that is no array of floats.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> round(float((cl.R(1) >> cl.sigmoid_cross_entropy)((jnp.ones(1),), jnp.zeros(1))), 4)
    0.6931
    """

    name = "sigmoid_cross_entropy"

    def each(self, targets: tuple, *xs: Any) -> jax.Array:
        return jnp.sum(optax.sigmoid_binary_cross_entropy(xs[0], targets[0]))

    def check_targets(self, dom: Object, targets: tuple) -> None:
        labels = np.asarray(targets[0])
        if labels.size and not 0 <= labels.min() <= labels.max() <= 1:
            raise ArgumentError(f"{self.name} takes labels in [0, 1], got {labels.min()} to {labels.max()}.")


@dataclass(frozen=True, repr=False)
class DotProduct(Loss):
    """`b_t · b_p`: how far the prediction goes in a direction. Type: `B ⊗ B → R()`. For dreams and games, by ascent.

    Source: arXiv 2103.01931, Example 3.7. Raises TypingError for a prediction that is no array of floats.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> float((cl.R(2) >> cl.dot_product)((jnp.array([0.0, 1.0]),), jnp.array([1.0, 2.0])))
    2.0
    """

    name = "dot_product"

    def each(self, targets: tuple, *xs: Any) -> jax.Array:
        return jnp.sum(xs[0] * targets[0])


@dataclass(frozen=True, repr=False)
class huber(Loss):
    """Quadratic near the target and linear beyond δ: `Σ ½e²` where `|e| ≤ δ`, else `δ(|e| − ½δ)`. Type: `B ⊗ B → R()`.

    Source: Huber 1964, *Robust Estimation of a Location Parameter*; numerics of optax's `huber_loss`.
    Raises TypingError for a prediction that is no array of floats, and unless δ > 0.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> float((cl.R(2) >> cl.huber(1.0))((jnp.zeros(2),), jnp.array([0.5, 3.0])))
    2.625
    """

    delta: float = 1.0

    called = True

    def __post_init__(self) -> None:
        positive(self, "delta")

    def each(self, targets: tuple, *xs: Any) -> jax.Array:
        return jnp.sum(optax.huber_loss(xs[0], targets[0], delta=self.delta))


@dataclass(frozen=True, repr=False)
class loss(Loss):
    """A function of your own, `fn(predictions…, targets…)`, a number or an array to average. Type: `B ⊗ T → R()`.

    `target` is the object T: as the prediction unless told, and `I` for a loss that needs none. With `arity` n the model
    ends in n wires; `with_input(model)` is a model that also shows its input to such a loss.
    Raises TypingError, with JAX's message, where the function can't be traced.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> absolute = cl.loss(lambda y, t: jnp.abs(y - t).sum())
    >>> float((cl.R(2) >> absolute)((jnp.zeros(2),), jnp.array([1.0, -2.0])))
    3.0
    """

    fn: Callable
    like: Object | None = None
    arity: int = 1  # type: ignore[assignment]

    def check(self, dom: Object) -> None:
        SmoothLayer.check(self, dom)

    def target(self, dom: Object) -> Object:
        return dom[:1] if self.like is None else self.like

    def each(self, targets: tuple, *xs: Any) -> jax.Array:
        return jnp.asarray(self.fn(*xs, *targets))

    def __repr__(self) -> str:
        like = "" if self.like is None else f", {self.like}"
        return f"loss({getattr(self.fn, '__name__', self.fn)}{like}{f', arity={self.arity}' if self.arity != 1 else ''})"


@dataclass(frozen=True, repr=False)
class weighted(Loss):
    """A loss whose targets come with weights: a mask of 0 and 1, or any numbers ≥ 0. Type: `B ⊗ T ⊗ W → R() ⊗ R()`.

    It gives `(Σ w·e, Σ w)`, for sums are an algebra where means are not: a batch, and a sequence, whatever their masks,
    then have the mean `Σ w·e / Σ w` over all their positions. W has a number for each position of the loss, `R()` where it
    is one number. A batch is `(xs, (targets, weights))`, and metrics get the weights as a third argument.
    Raises TypingError for anything but a loss.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> (cl.R(7, 3) >> cl.weighted(cl.softmax_cross_entropy)).param
    R(7, dtype='int32') @ R(7)
    """

    loss: Loss

    called = True

    def __post_init__(self) -> None:
        if not isinstance(self.loss, Loss) or isinstance(self.loss, weighted):
            raise TypingError(f"weighted takes a loss such as catlearn.quadratic, got {short(self.loss)}.")

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.loss.arity

    def check(self, dom: Object) -> None:
        self.loss.check(dom)

    def target(self, dom: Object) -> Object:
        own = self.loss.parameters(dom)
        positions = jax.eval_shape(self.loss.each, own.structs, *dom.structs)
        return own @ R(*positions.shape, dtype=jnp.promote_types(positions.dtype, jnp.float32), label="weight")

    def apply(self, params: tuple, *xs: Any) -> Any:
        *targets, weights = params
        losses = self.loss.each(tuple(_counting(target, weights) for target in targets), *xs)
        return jnp.sum(jnp.where(weights > 0, weights * losses, 0.0)), jnp.sum(weights)

    def check_targets(self, dom: Object, targets: tuple) -> None:
        *labels, weights = targets
        counts = np.asarray(weights) > 0
        self.loss.check_targets(dom, tuple(np.asarray(label)[counts] for label in labels))
        if np.size(weights) and not (np.min(weights) >= 0 and np.max(weights) < np.inf):
            raise ArgumentError(f"weights are numbers ≥ 0, got {np.min(weights)} to {np.max(weights)}.")


def _counting(target: Any, weights: jax.Array) -> Any:
    """The target with zeros where it does not count, so that nothing there, not even what is no number, has a gradient."""

    def cleared(leaf: jax.Array) -> jax.Array:
        beside = jnp.reshape(weights > 0, weights.shape + (1,) * (leaf.ndim - weights.ndim))
        return jnp.where(beside, leaf, jnp.zeros_like(leaf))

    fits = all(leaf.shape[: weights.ndim] == weights.shape for leaf in jax.tree.leaves(target))
    return jax.tree.map(cleared, target) if fits else target


quadratic = Quadratic()
softmax_cross_entropy = SoftmaxCrossEntropy()
sigmoid_cross_entropy = SigmoidCrossEntropy()
dot_product = DotProduct()
