"""Generalised diagonals of a tensor, taken and filled: strided slices and interior padding, no arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax

Group = Sequence[int]


def diagonals(x: jax.Array, groups: Sequence[Group]) -> jax.Array:
    """The entries of x where the indices of each group of axes are equal. Type: `(n, …, n, channels…) → (n, …, n, channels…)`.

    The groups part the leading axes, those of a group being of one length n; the result has one axis for each group, in their
    order, and the channels behind. It reads one entry for each of its own: a transpose and a slice of stride
    1 + n + … + nᵃ⁻¹ for a axes.
    Source: the first two steps of arXiv 2304.14165, as a strided view.

    >>> diagonals(jnp.arange(9).reshape(3, 3), [(0, 1)]).tolist()
    [0, 4, 8]
    """
    order = [axis for group in groups for axis in group]
    channels = x.shape[len(order) :]
    lengths = [x.shape[group[0]] for group in groups]
    sizes = [n ** len(group) for n, group in zip(lengths, groups, strict=True)]
    x = x.transpose(*order, *range(len(order), x.ndim)).reshape(*sizes, *channels)
    strides = [_stride(n, len(group)) for n, group in zip(lengths, groups, strict=True)] + [1] * len(channels)
    return lax.slice(x, [0] * x.ndim, x.shape, strides)


def spread(x: jax.Array, groups: Sequence[Group], n: int) -> jax.Array:
    """The transpose of `diagonals`: x on the diagonals of the groups, zero elsewhere.

    Type: `(n, …, n, channels…) → (n, …, n, channels…)`, one axis in for each group, one out for each member of a group.

    >>> spread(jnp.array([1, 2]), [(0, 1)], 2).tolist()
    [[1, 0], [0, 2]]
    """
    order = [axis for group in groups for axis in group]
    channels = x.shape[len(groups) :]
    inside = [(0, 0, _stride(n, len(group)) - 1) for group in groups] + [(0, 0, 0)] * len(channels)
    x = lax.pad(x, jnp.zeros((), x.dtype), inside).reshape(*(n,) * len(order), *channels)
    back = sorted(range(len(order)), key=order.__getitem__)
    return x.transpose(*back, *range(len(order), x.ndim))


def repeated(x: jax.Array, at: int, times: int, n: int) -> jax.Array:
    """x with so many new axes of length n before axis `at`, constant along them."""
    shape = (*x.shape[:at], *(1,) * times, *x.shape[at:])
    return jnp.broadcast_to(x.reshape(shape), (*x.shape[:at], *(n,) * times, *x.shape[at:]))


def _stride(n: int, axes: int) -> int:
    return sum(n**i for i in range(axes))
