"""Aggregators as algebras of the finite multiset monad: which of them can be taken part by part."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp

from catlearn.laws.counterexample import TOLERANCE, Counterexample, equal_values
from catlearn.nets.graph.aggregators import Aggregator
from catlearn.nets.graph.segments import all_of


def multiset_algebra(how: Aggregator, parts: Sequence, tolerance: float = TOLERANCE) -> Counterexample | None:
    """`agg(flatten(parts)) = agg(map(agg, parts))` and `agg([x]) = x`: an algebra of the multiset monad. No part is empty.

    Sum and maximum are algebras, and pool hierarchically; a mean is none, and has to be read from sums at the end.
    Source: the Eilenberg–Moore laws of the multiset monad.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> parts = jnp.array([[1.0], [2.0]]), jnp.array([[6.0]])
    >>> multiset_algebra(cl.aggregators.total(), parts)
    >>> multiset_algebra(cl.aggregators.mean(), parts)
    multiset algebra fails: the value differs
      left:  [[3.]]
      right: [[3.75]]
    """
    agg = lambda values: how(all_of(len(values)), values)  # noqa: E731
    whole = jnp.concatenate(list(parts))
    unit = equal_values("multiset algebra, unit", agg(whole[:1]), whole[:1], tolerance)
    return unit or equal_values("multiset algebra", agg(whole), agg(jnp.concatenate([agg(p) for p in parts])), tolerance)


def order_free(how: Aggregator, values: object, order: Sequence[int], tolerance: float = TOLERANCE) -> Counterexample | None:
    """`agg(values[order]) = agg(values)`: what is aggregated is a multiset.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> order_free(cl.aggregators.mean(), jnp.array([[1.0], [2.0]]), [1, 0])
    """
    values = jnp.asarray(values)
    agg = lambda values: how(all_of(len(values)), values)  # noqa: E731
    return equal_values("free of order", agg(values[jnp.asarray(order)]), agg(values), tolerance)
