"""Aggregators: what a finite multiset of values comes to. Each is an algebra of the multiset monad, and what is read from it.

Sum on ℝ and maximum on ℝ ∪ {−∞} are algebras themselves. A mean is not: it is read from the sum of values and of ones, as
softmax is read from the monoid of `online_softmax`, and moments from sums of powers.
Source: the laws of the multiset monad; Xu et al. 2019 (arXiv 1810.00826), §5; Corso et al. 2020 (arXiv 2004.05718), §2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from catlearn.core.errors import TypingError
from catlearn.core.shown import Shown
from catlearn.nets.graph.segments import Segments, tall


class Aggregator(Shown):
    """`values (e, …) → results (n, …)`, by the place of each. It does not depend on their order.

    `moves` are the options of `propagate` that it is where the values are what senders have: None where it is not linear."""

    moves: ClassVar[tuple[str | None, bool] | None] = None

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        raise NotImplementedError


@dataclass(frozen=True)
class total(Aggregator):
    """The sum, weighted where edges have weights: the algebra (ℝ, +). Of nothing it is 0."""

    moves: ClassVar[tuple[str | None, bool] | None] = (None, False)

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        return segments.sum(values)


@dataclass(frozen=True)
class maximum(Aggregator):
    """The maximum: the algebra (ℝ ∪ {−∞}, max). Of nothing it is 0 here, so that no infinity goes on."""

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        return _finite(segments.max(values))


@dataclass(frozen=True)
class minimum(Aggregator):
    """The minimum; of nothing it is 0."""

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        return _finite(-segments.max(-values))


@dataclass(frozen=True)
class mean(Aggregator):
    """The mean, Σ w x / Σ w: read from two sums. Of nothing it is 0."""

    moves: ClassVar[tuple[str | None, bool] | None] = ("random walk", False)

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        return segments.sum(values) / _atleast(counts(segments, values), 1.0)


@dataclass(frozen=True)
class deviation(Aggregator):
    """The standard deviation √(E[x²] − E[x]² + ε), read from three sums; E[x²] − E[x]² is taken as the mean of (x − E[x])²."""

    epsilon: float = 1e-5

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        centred = values - segments.spread(mean()(segments, values))
        return jnp.sqrt(mean()(segments, centred**2) + self.epsilon)


@dataclass(frozen=True)
class power_mean(Aggregator):
    """The power mean (E[xᵖ])^(1/p) of values > 0, which are clipped at ε. Source: Li et al. 2020 (arXiv 2006.07739),
    definition 3. Raises TypingError for p = 0.

    >>> from catlearn.nets.graph.segments import all_of
    >>> float(power_mean(2.0)(all_of(2), jnp.array([[1.0], [7.0]]))[0, 0])
    5.0
    """

    p: float
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        if self.p == 0:
            raise TypingError("power_mean: p must not be 0.")

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        powers = mean()(segments, jnp.maximum(values, self.epsilon) ** self.p)
        return _atleast(powers, self.epsilon ** abs(self.p)) ** (1 / self.p)


@dataclass(frozen=True)
class softmax_mean(Aggregator):
    """Values weighted by the softmax of themselves, scaled: Σ softmax(β x) x.

    Source: Li et al. 2020 (arXiv 2006.07739), definition 2.
    """

    beta: float = 1.0

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        return segments.sum(softmax_at(segments, self.beta * values) * values)


@dataclass(frozen=True, init=False)
class several(Aggregator):
    """Several aggregates side by side along the last axis. Source: Corso et al. 2020 (arXiv 2004.05718), §2.

    >>> several(total(), maximum())
    several(total(), maximum())
    """

    each: tuple[Aggregator, ...]

    def __init__(self, *each: Aggregator) -> None:
        object.__setattr__(self, "each", each)

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        return jnp.concatenate([how(segments, values) for how in self.each], -1)

    def __repr__(self) -> str:
        return f"several({', '.join(map(repr, self.each))})"


@dataclass(frozen=True)
class by_degree(Aggregator):
    """An aggregate beside itself times log(d + 1)/δ and times δ/log(d + 1), where d is how many values there are (1 for none).

    `delta` is the mean of log(d + 1) over the nodes of the training set. Source: Corso et al. 2020 (arXiv 2004.05718), eq. 5.
    """

    how: Aggregator
    delta: float = 1.0

    def __call__(self, segments: Segments, values: jax.Array) -> jax.Array:
        out = self.how(segments, values)
        up = jnp.log(jnp.maximum(counts(segments, values), 1) + 1) / self.delta
        return jnp.concatenate([out, out * up, out / up], -1)


def softmax_at(segments: Segments, scores: jax.Array) -> jax.Array:
    """The softmax of scores among those of the same place: exp(s − m) / Σ w exp(s − m), with m the largest there.

    It is the monoid of `online_softmax`, all elements at once: the joint maximum first, then the sum rescaled to it.
    """
    highest = jax.lax.stop_gradient(_finite(segments.max(scores)))
    below = scores - segments.spread(highest)
    there = None if segments.weights is None else tall(segments.weights, below) != 0
    raised = jnp.exp(below if there is None else jnp.where(there, below, -jnp.inf))
    sums = segments.sum(raised)
    return raised / segments.spread(jnp.where(sums == 0, 1.0, sums))


def counts(segments: Segments, values: jax.Array) -> jax.Array:
    """How many values there are at each place, or the sum of their weights, shape (n, 1, …)."""
    return segments.sum(jnp.ones((len(values), *(1,) * (values.ndim - 1)), values.dtype))


def _finite(values: jax.Array) -> jax.Array:
    return jnp.where(jnp.isinf(values), jnp.zeros((), values.dtype), values)


def _atleast(values: jax.Array, least: float) -> jax.Array:
    """The values, with `least` in place of 0, where a sum is over nothing."""
    return jnp.where(values == 0, jnp.asarray(least, values.dtype), values)
