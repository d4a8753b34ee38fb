"""Convolution and pooling over images `(height, width, channels)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.nn.initializers import zeros

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite, Layer
from catlearn.core.wires import Object, R
from catlearn.nets.dense import draw, floating, kernel_initialiser, whole, with_bias

IMAGE = "three axes (height, width, channels)"


@dataclass(frozen=True, repr=False)
class convolve(SmoothLayer):
    """Cross-correlate with a kernel. Type: `R(h, w, c) ⊗ R(k, k, c, d) → R(h', w', d)`, in the dtype of the domain.

    `padding` is "SAME" (h' = ⌈h / stride⌉) or "VALID" (h' = ⌊(h − k) / stride⌋ + 1).
    Raises TypingError for a wire that is no image, and for a kernel larger than it where nothing is padded.

    >>> import catlearn as cl
    >>> (cl.R(8, 8, 1) >> convolve(4, 3, stride=2)).cod
    R(4, 4, 4)
    """

    channels: int
    kernel_size: int
    stride: int = 1
    padding: str = "SAME"
    kernel_init: Callable = kernel_initialiser

    def __post_init__(self) -> None:
        whole(self, "channels", "kernel_size", "stride")
        if self.padding not in ("SAME", "VALID"):
            raise TypingError(f"{self.name}: padding must be 'SAME' or 'VALID', got {self.padding!r}.")

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, IMAGE, 3, 3)
        if self.padding == "VALID":
            fits(self, dom, self.kernel_size)

    def parameters(self, dom: Object) -> Object:
        leaf = dom.wires[0].leaves[0]
        return R(self.kernel_size, self.kernel_size, leaf.shape[-1], self.channels, dtype=leaf.dtype)

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(self.kernel_init, key, self.parameters(dom))

    def apply(self, params: tuple, *xs: Any) -> Any:
        strides, layout = (self.stride, self.stride), ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(xs[0][None], params[0], strides, self.padding, dimension_numbers=layout)[0]


@dataclass(frozen=True, repr=False)
class conv(Composite):
    """A 2-D convolution with a bias for each channel. Type: `R(h, w, c) ⊗ R(k, k, c, d) ⊗ R(d) → R(h', w', d)`.

    Parameters `kernel` and, unless `use_bias` is false, `bias`. Raises TypingError for a wire that is no image.

    >>> import catlearn as cl
    >>> (cl.R(8, 8, 1) >> cl.conv(16, 3)).cod, (cl.R(8, 8, 1) >> cl.conv(16, 3, padding="VALID")).cod
    (R(8, 8, 16), R(6, 6, 16))
    """

    channels: int
    kernel_size: int
    stride: int = 1
    padding: str = "SAME"
    use_bias: bool = True
    kernel_init: Callable = kernel_initialiser
    bias_init: Callable = zeros

    def build(self, dom: Object) -> Diagram:
        layer = convolve(self.channels, self.kernel_size, self.stride, self.padding, self.kernel_init)
        return with_bias(dom, layer, self.bias_init if self.use_bias else None)


@dataclass(frozen=True, repr=False)
class max_pool(SmoothLayer):
    """The largest value in each window. Type: `R(h, w, c) → R(h', w', c)`; a remainder that fills no window is left out.

    `stride` is the window unless told. Windows that tile the image are reduced by reshape, which makes both passes
    several times faster on CPU than `reduce_window`; a tie shares its gradient equally there, as `jnp.max` does.
    Raises TypingError for a wire that is no image, and for a window larger than it.

    >>> import catlearn as cl
    >>> (cl.R(7, 7, 2) >> max_pool(2)).cod, (cl.R(7, 7, 2) >> max_pool(3, stride=2)).cod
    (R(3, 3, 2), R(3, 3, 2))
    """

    window: int
    stride: int | None = None

    def __post_init__(self) -> None:
        whole(self, *(("window",) if self.stride is None else ("window", "stride")))

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, IMAGE, 3, 3)
        fits(self, dom, self.window)

    def apply(self, params: tuple, *xs: Any) -> Any:
        stride = self.stride or self.window
        return tiled_max(xs[0], stride) if stride == self.window else window_max(xs[0], self.window, stride)


def tiled_max(x: jax.Array, k: int) -> jax.Array:
    """Maximum over k × k tiles of `(height, width, channels)`."""
    h, w, c = x.shape[0] // k, x.shape[1] // k, x.shape[2]
    return x[: h * k, : w * k].reshape(h, k, w, k, c).max((1, 3))


def window_max(x: jax.Array, k: int, stride: int) -> jax.Array:
    """Maximum over k × k windows, `stride` apart, of `(height, width, channels)`."""
    least = np.array(-np.inf, x.dtype)  # not a JAX array: under `jit` that hides from JAX that this is a maximum
    return jax.lax.reduce_window(x, least, jax.lax.max, (k, k, 1), (stride, stride, 1), "VALID")


def fits(layer: Layer, dom: Object, window: int) -> None:
    """Raise TypingError where a window is larger than the image."""
    height, width = dom.wires[0].leaves[0].shape[:2]
    if window > min(height, width):
        raise TypingError(f"{layer!r} has a window of {window}, larger than the image {dom}.")
