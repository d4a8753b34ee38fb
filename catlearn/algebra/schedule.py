"""In which order a forest is folded: by height, in chunks of nodes of one height, so that a chunk is one run of a structure."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


class Chunks(NamedTuple):
    """Runs of places: where each starts, how many of its rows count, and how many runs there are."""

    starts: jax.Array
    counts: jax.Array
    total: jax.Array


class Schedule(NamedTuple):
    """The nodes of a forest in order of height, padding last: the node at each place, the place of each node, and chunks."""

    order: jax.Array
    place: jax.Array
    leaves: Chunks
    inner: Chunks


def schedule(heights: jax.Array, highest: int, leaves: int, inner: int) -> Schedule:
    """The schedule for nodes of these heights (below `highest`; −1: padding), in chunks of so many leaves and inner nodes."""
    n = len(heights)
    keys = jnp.where(heights < 0, highest, heights)
    order = _sorted(keys, highest)
    place = jnp.zeros(n, jnp.int32).at[order].set(jnp.arange(n, dtype=jnp.int32), unique_indices=True)
    many = jnp.zeros(highest + 1, jnp.int32).at[keys].add(1)
    return Schedule(order, place, _chunks(many, 0, 1, leaves, n), _chunks(many, 1, highest, inner, n))


def _sorted(keys: jax.Array, highest: int) -> jax.Array:
    """The stable order of small keys: as one sort of numbers, which is several times faster than one of pairs."""
    n = len(keys)
    if n * (highest + 1) >= 2**31:
        return jnp.argsort(keys, stable=True).astype(jnp.int32)
    return jnp.sort(keys * n + jnp.arange(n, dtype=jnp.int32)) % n


def _chunks(many: jax.Array, low: int, high: int, size: int, n: int) -> Chunks:
    """The chunks of heights low ≤ h < high, lowest first. There are at most n / size full ones and one more for each height."""
    ends = jnp.cumsum(many)
    levels = jnp.arange(len(many))
    here = jnp.where((low <= levels) & (levels < high), -(-many // size), 0)
    up_to = jnp.cumsum(here)
    k = jnp.arange(n // size + high - low)
    level = jnp.minimum(jnp.searchsorted(up_to, k, side="right"), len(many) - 1)
    starts = ends[level] - many[level] + (k - up_to[level] + here[level]) * size
    return Chunks(starts.astype(jnp.int32), jnp.minimum(size, ends[level] - starts).astype(jnp.int32), up_to[-1])


def rows(chunks: Chunks, k: Any, size: int) -> tuple[jax.Array, jax.Array]:
    """The places of chunk k and which of its rows count; the others are its first row again, never another node's."""
    lane = jnp.arange(size, dtype=jnp.int32)
    real = lane < chunks.counts[k]
    return chunks.starts[k] + jnp.where(real, lane, 0), real
