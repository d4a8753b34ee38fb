"""Metrics: functions of the predictions and targets of many examples that give one number. `accuracy`, `r2`, `rmse`.

Accuracy is a mean over examples. R² and RMSE are not: measure them on all the examples at once, not on batches to average.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from catlearn.core.errors import ArgumentError

Metric = Callable[..., Any]


def accuracy(predictions: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> jax.Array:
    """The fraction of labels at the largest logit. Shapes `(n, …, classes)` and `(n, …)`; a scalar in [0, 1].

    `weights`, shape `(n, …)`, says how much each label counts. Raises ArgumentError for labels or weights of another
    shape, such as one-hot labels, and for no examples.

    >>> import jax.numpy as jnp
    >>> float(accuracy(jnp.array([[0.0, 1.0], [1.0, 0.0]]), jnp.array([1, 1])))
    0.5
    """
    chosen = jnp.argmax(jnp.asarray(predictions), axis=-1)
    if jnp.shape(labels) != chosen.shape:
        raise ArgumentError(
            f"accuracy of predictions {jnp.shape(predictions)} takes labels {chosen.shape}, got {jnp.shape(labels)}."
        )
    _check("accuracy", chosen.shape, weights)
    return jnp.average(chosen == labels, weights=weights)


def r2(predictions: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None) -> jax.Array:
    """The coefficient of determination, `R² = 1 − Σ(t − p)² / Σ(t − t̄)²`. Both of shape `(n, …)`; a scalar of at most 1.

    Several outputs are averaged; an output whose targets are all equal scores 1 where it is exact and 0 elsewhere; one
    example alone has NaN. `weights`, shape `(n,)`, says how much each example counts, in t̄ too. Accurate to the dtype of
    the arguments, at least float32. Raises ArgumentError for shapes that differ and for no examples.
    Source: scikit-learn's `r2_score`, whose conventions these are.

    >>> import jax.numpy as jnp
    >>> float(r2(jnp.array([1.0, 2.0, 4.0]), jnp.array([1.0, 2.0, 3.0])))
    0.5
    """
    p, t = _alike("r2", predictions, targets, weights)
    t, p = t - t[:1], p - t[:1]  # so that equal targets, and large ones, lose nothing to rounding
    left, total = _mean(jnp.square(t - p), weights), _mean(jnp.square(t - _mean(t, weights)), weights)
    constant = jnp.where(left == 0, 1.0, 0.0)
    scores = jnp.where(total == 0, constant, 1 - left / jnp.where(total == 0, 1, total))
    return jnp.where(len(t) < 2, jnp.nan, scores.mean())


def rmse(predictions: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None) -> jax.Array:
    """The root mean squared error, `√(Σ(t − p)² / n)`, in the unit of the targets. Both of shape `(n, …)`; a scalar.

    Several outputs are averaged after the root. `weights`, shape `(n,)`, says how much each example counts. Accurate to
    the dtype of the arguments, at least float32. Raises ArgumentError for shapes that differ and for no examples.
    Source: scikit-learn's `root_mean_squared_error`, whose conventions these are.

    >>> import jax.numpy as jnp
    >>> float(rmse(jnp.array([1.0, 5.0]), jnp.array([3.0, 3.0])))
    2.0
    """
    p, t = _alike("rmse", predictions, targets, weights)
    return jnp.sqrt(_mean(jnp.square(t - p), weights)).mean()


def _alike(who: str, predictions: ArrayLike, targets: ArrayLike, weights: ArrayLike | None) -> tuple[jax.Array, jax.Array]:
    """Both as floats of at least 32 bits. Shapes `(n,)` and `(n, 1)` differ: they would broadcast to `(n, n)`."""
    p, t = jnp.asarray(predictions), jnp.asarray(targets)
    if p.shape != t.shape:
        raise ArgumentError(f"{who} takes predictions and targets of one shape, got {p.shape} and {t.shape}.")
    _check(who, t.shape[:1], weights)
    dtype = jnp.result_type(p, t, jnp.float32)
    return p.astype(dtype), t.astype(dtype)


def _check(who: str, shape: tuple, weights: ArrayLike | None) -> None:
    if not shape or not shape[0]:
        raise ArgumentError(f"{who} takes at least one example, on the first axis; got the shape {shape}.")
    if weights is not None and jnp.shape(weights) != shape:
        raise ArgumentError(f"{who} takes weights of the shape {shape}, got {jnp.shape(weights)}.")


def _mean(values: jax.Array, weights: ArrayLike | None) -> jax.Array:
    return jnp.average(values, axis=0, weights=weights)
