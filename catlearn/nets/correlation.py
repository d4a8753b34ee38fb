"""Cross-correlation of a batch with a kernel and its reverse derivative, in the forms that XLA runs fastest on CPU.

What was measured there (JAX 0.10, 2 cores), and what follows from it:

- A convolution runs on one thread, but parts of a batch run side by side: a batch is cut into `PARTS`.
- Few channels, or a small array: a product with patches is 2 to 5 times as fast. Three axes of space: so are products with
  rows of patches. As many groups as channels: a sum of entries times weights is 30 times as fast.
- The change of a kernel that `jax.vjp` finds is a convolution with a window as large as the array. Products with rows of
  patches are twice as fast.
- Inside a loop, such as `jax.lax.scan`, only convolutions in the layout `nhwc, hwio → nhwc` are fast. Those that
  `jax.vjp` makes have others, and are 3 to 100 times as slow there; all of those here have this one.

Elsewhere it is `jax.lax.conv_general_dilated`, with the derivative that JAX gives it.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.nets.windows import Windows

PARTS = 4
SMALL = 2**16  # entries: so many floats fit into the cache of a core


def correlate(x: jax.Array, kernel: jax.Array, windows: Windows, groups: int = 1) -> jax.Array:
    """Cross-correlation. Type: `R(n, …h, c) ⊗ R(…k, c / groups, d) → R(n, …h', d)`."""
    if not on_cpu():
        return convolution(x, kernel, windows, groups)
    if is_depthwise(x, kernel, groups):
        return weighted(x, kernel, windows)
    if groups == 1 and (are_small(x, kernel, windows) or len(windows.sizes) == 3):
        return product(x, kernel, windows)
    count = min(PARTS, len(x)) if jax.device_count() == 1 else 1  # a batch that is spread over devices stays whole
    return jnp.concatenate([convolution(part, kernel, windows, groups) for part in jnp.array_split(x, max(count, 1))])


def correlate_back(x: jax.Array, kernel: jax.Array, dy: jax.Array, windows: Windows, groups: int = 1) -> tuple:
    """The reverse derivative of `correlate`: `(dx, dkernel)`."""
    if not on_cpu() or (groups > 1 and not is_depthwise(x, kernel, groups)):
        return jax.vjp(lambda x, kernel: convolution(x, kernel, windows, groups), x, kernel)[1](dy)
    dx = correlate(dy, turned(kernel, groups), windows.transposed(x.shape[1:-1]), groups)
    return dx, kernel_change(x, kernel, dy, windows, groups)


def kernel_change(x: jax.Array, kernel: jax.Array, dy: jax.Array, windows: Windows, groups: int) -> jax.Array:
    """The reverse derivative in the kernel: at each of its entries, `Σ x ⊗ dy` over the windows and what they see there."""
    if any(t > 1 for t in windows.stretch):  # so that the zeros between entries are not multiplied
        back = windows.transposed(x.shape[1:-1])
        return turned(kernel_change(dy, turned(kernel, groups), x, back, groups), groups)
    precise = jnp.promote_types(x.dtype, "float32")
    if groups > 1:
        changes = [jnp.sum(row * dy, range(dy.ndim - 1), precise) for row in rows(x, windows, 0)]
    else:
        changes = [summed(row, dy, precise) for row in rows(x, windows, together(x, kernel, windows))]
    return jnp.stack(changes).reshape(kernel.shape).astype(kernel.dtype)


def summed(a: jax.Array, b: jax.Array, dtype: Any) -> jax.Array:
    """`Σ a ⊗ b` over all axes but the last, as one product of matrices: over several axes XLA takes three times as long."""
    first = (((0,), (0,)), ((), ()))  # of both: in another layout XLA copies one of them transposed
    a, b = a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1])
    return jax.lax.dot_general(a, b, first, preferred_element_type=dtype)


def turned(kernel: jax.Array, groups: int) -> jax.Array:
    """The kernel of the transpose: turned around in space, and from d channels to c."""
    flipped = jnp.flip(kernel, range(kernel.ndim - 2))
    return flipped.swapaxes(-1, -2) if groups == 1 else flipped


# forms


def convolution(x: jax.Array, kernel: jax.Array, windows: Windows, groups: int) -> jax.Array:
    """As XLA's convolution."""
    axes = "DHW"[5 - x.ndim :]
    layout = f"N{axes}C", f"{axes}IO", f"N{axes}C"
    return jax.lax.conv_general_dilated(
        x, kernel, windows.strides, windows.pads, windows.stretch, windows.dilations, layout, groups
    )


def product(x: jax.Array, kernel: jax.Array, windows: Windows) -> jax.Array:
    """As a sum of products of rows of patches with rows of the kernel."""
    seen, precise = rows(x, windows, together(x, kernel, windows)), jnp.promote_types(x.dtype, "float32")
    weights = kernel.reshape(len(seen), -1, kernel.shape[-1])
    dots = [jnp.dot(row, weight, preferred_element_type=precise) for row, weight in zip(seen, weights, strict=True)]
    return reduce(jnp.add, dots).astype(x.dtype)


def weighted(x: jax.Array, kernel: jax.Array, windows: Windows) -> jax.Array:
    """As a sum of what windows see at each entry of the kernel, times that entry: each channel by itself."""
    return reduce(jnp.add, map(jnp.multiply, rows(x, windows, 0), kernel.reshape(-1, kernel.shape[-1])))


def rows(x: jax.Array, windows: Windows, last: int) -> list[jax.Array]:
    """What windows see of a batch: on their last few axes side by side with the channels, on the others one by one."""
    axes = range(len(windows.sizes))
    pads = [(low, high, t - 1) for (low, high), t in zip(windows.pads, windows.stretch, strict=True)]
    x = jax.lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0), *pads, (0, 0, 0)])
    for axis in reversed(axes[len(axes) - last :]):
        x = jnp.concatenate(entries(x, windows, axis), -1)
    found = [x]
    for axis in axes[: len(axes) - last]:
        found = [entry for row in found for entry in entries(row, windows, axis)]
    return found


def entries(x: jax.Array, windows: Windows, axis: int) -> list[jax.Array]:
    """The first, second, … entry of each window on one axis of space, of a padded batch."""
    size, stride, dilation = windows.sizes[axis], windows.strides[axis], windows.dilations[axis]
    last = (x.shape[axis + 1] - windows.extents[axis]) // stride * stride
    return [jax.lax.slice_in_dim(x, i * dilation, i * dilation + last + 1, stride, axis + 1) for i in range(size)]


def together(x: jax.Array, kernel: jax.Array, windows: Windows) -> int:
    """On how many axes entries are side by side: all, if patches are small, else the last."""
    return len(windows.sizes) if are_small(x, kernel, windows) else 1


def are_small(x: jax.Array, kernel: jax.Array, windows: Windows) -> bool:
    """Whether patches have no more channels than the batch or the result, or few entries altogether."""
    *sizes, channels, results = kernel.shape
    seen = math.prod(sizes) * channels
    return seen <= max(channels, results) or len(x) * math.prod(windows.results(x.shape[1:-1])) * seen <= SMALL


def is_depthwise(x: jax.Array, kernel: jax.Array, groups: int) -> bool:
    """Whether each channel is mapped by itself, to one."""
    return groups > 1 and groups == x.shape[-1] == kernel.shape[-1]


def on_cpu() -> bool:
    return jax.default_backend() == "cpu"
