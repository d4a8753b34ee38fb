"""Pooling over any number of axes of space, `(…space, channels)`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object
from catlearn.nets.windows import Each, Padding, Windows, each, fits, padding_each, pads_of, space, whole_each


@dataclass(frozen=True, repr=False)
class Pool(SmoothLayer):
    """What `max_pool` and `average_pool` share: windows, `stride` apart (their own size, unless told)."""

    window: Each
    stride: Each | None = None
    padding: Padding = "VALID"

    def __post_init__(self) -> None:
        whole_each(self, *(("window",) if self.stride is None else ("window", "stride")))
        padding_each(self, self.padding)

    def windows(self, lengths: tuple[int, ...]) -> Windows:
        """The windows over an array of these lengths."""
        n = len(lengths)
        sizes = each(self, n, window=self.window)
        strides = sizes if self.stride is None else each(self, n, stride=self.stride)
        ones = (1,) * n
        return Windows(sizes, strides, ones, pads_of(self, self.padding, lengths, sizes, strides), ones)

    def check(self, dom: Object) -> None:
        super().check(dom)
        windows = self.windows(space(self, dom))
        fits(self, dom, windows)
        if any(max(pads) >= size for pads, size in zip(windows.pads, windows.sizes, strict=True)):
            raise TypingError(f"{self!r} has windows of padding alone at {dom}: pad less than the size of a window.")

    def pooled(self, x: jax.Array, op: Callable, padding: float) -> jax.Array:
        """What windows reduce to by an elementwise `op`."""
        windows = self.windows(x.shape[:-1])
        if any(map(any, windows.pads)):
            x = jax.lax.pad(x, jnp.array(padding, x.dtype), [(*pads, 0) for pads in windows.pads] + [(0, 0, 0)])
        return tiled(x, windows, op) if windows.sizes == windows.strides else slid(x, windows, op)


def tiled(x: jax.Array, windows: Windows, op: Callable) -> jax.Array:
    """Reduce windows that tile space.

    The parts of tiles are arrays of their own, and `op` is elementwise: XLA on CPU fuses it with what stands before and
    after, forward and backward, where a reduction of tiles is four times as slow, and `reduce_window` nine times.
    """
    counts = [n // k for n, k in zip(x.shape, windows.sizes, strict=False)]
    for axis, (count, size) in enumerate(zip(counts, windows.sizes, strict=True)):
        x = jax.lax.slice_in_dim(x, 0, count * size, axis=axis)
    x = x.reshape(*(n for pair in zip(counts, windows.sizes, strict=True) for n in pair), x.shape[-1])
    for axis, size in enumerate(windows.sizes):  # a split, not slices: its transpose is one concatenation
        x = reduce(op, jax.lax.split(x, (1,) * size, 2 * axis + 1))
    return x.reshape(*counts, x.shape[-1])


def slid(x: jax.Array, windows: Windows, op: Callable) -> jax.Array:
    """Reduce windows that overlap or leave gaps, axis by axis."""
    for axis, (size, stride) in enumerate(zip(windows.sizes, windows.strides, strict=True)):
        last = (x.shape[axis] - size) // stride * stride
        x = reduce(op, [jax.lax.slice_in_dim(x, i, i + last + 1, stride, axis) for i in range(size)])
    return x


@dataclass(frozen=True, repr=False)
class max_pool(Pool):
    """The largest value in each window. Type: `R(…h, c) → R(…h', c)`, for one to three axes of space.

    `window`, `stride` (the window, unless told) and `padding` are as in `convolve`, with h' = ⌊(h + low + high − window) /
    stride⌋ + 1; a remainder that fills no window is left out, and padding is never the largest. A tie shares its gradient.
    Raises TypingError for a wire of other axes or of integers, tuples of another length, a window larger than what it
    sees, and padding as large as a window.

    >>> import catlearn as cl
    >>> (cl.R(7, 7, 2) >> max_pool(2)).cod, (cl.R(7, 2) >> max_pool(3, stride=2)).cod
    (R(3, 3, 2), R(3, 2))
    """

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.pooled(xs[0], jnp.maximum, -math.inf)


@dataclass(frozen=True, repr=False)
class average_pool(Pool):
    """The mean of each window. Type and fields: as `max_pool`'s. Padding counts as zeros, as in Equinox, Flax and PyTorch.

    Raises TypingError as `max_pool` does.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> (cl.R(4, 1) >> average_pool(2))((), jnp.array([[1.0], [3.0], [0.0], [5.0]])).ravel()
    Array([2. , 2.5], dtype=float32)
    """

    def apply(self, params: tuple, *xs: Any) -> Any:
        sizes = self.windows(xs[0].shape[:-1]).sizes
        return self.pooled(xs[0], jnp.add, 0.0) / math.prod(sizes)


@dataclass(frozen=True, repr=False)
class GlobalPool(SmoothLayer):
    """What `global_max_pool` and `global_average_pool` share: one window, all of space."""

    called = False

    def check(self, dom: Object) -> None:
        super().check(dom)
        if not all(space(self, dom)):
            raise TypingError(f"{self!r} takes at least one entry on each axis of space, got {dom}.")


@dataclass(frozen=True, repr=False)
class GlobalMaxPool(GlobalPool):
    """The largest value of each channel. Type: `R(…h, c) → R(c)`. A tie shares its gradient.

    Raises TypingError for a wire without one to three axes of space, or with an empty one, and for integers.

    >>> import catlearn as cl
    >>> (cl.R(7, 7, 2) >> cl.global_max_pool).cod
    R(2)
    """

    name = "global_max_pool"

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jnp.max(xs[0], range(xs[0].ndim - 1))


@dataclass(frozen=True, repr=False)
class GlobalAveragePool(GlobalPool):
    """The mean of each channel. Type: `R(…h, c) → R(c)`. Raises TypingError as `global_max_pool` does.

    >>> import catlearn as cl
    >>> (cl.R(7, 7, 2) >> cl.global_average_pool).cod
    R(2)
    """

    name = "global_average_pool"

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jnp.mean(xs[0], range(xs[0].ndim - 1))


global_max_pool, global_average_pool = GlobalMaxPool(), GlobalAveragePool()
