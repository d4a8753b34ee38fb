"""Convolutions, and their transposes, over any number of axes of space, `(…space, channels)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
from jax.nn.initializers import zeros

from catlearn.categories.batch import Batched, with_axis
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Box, Diagram
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import Object, R
from catlearn.nets.correlation import correlate, correlate_back
from catlearn.nets.dense import draw, kernel_initialiser, whole, with_bias
from catlearn.nets.windows import Each, Padding, Windows, each, extents, fits, padding_each, pads_of, space, whole_each


@dataclass(frozen=True, repr=False)
class convolve(SmoothLayer):
    """Cross-correlate with a kernel. Type: `R(…h, c) ⊗ R(…k, c / groups, d) → R(…h', d)`, in the dtype of the domain.

    The domain says how many axes of space there are: `R(t, c)` has one, `R(h, w, c)` two, `R(d, h, w, c)` three.
    `kernel_size`, `stride` and `dilation` are a whole number, or a tuple with one for each of them. `padding` is "SAME"
    (h' = ⌈h / stride⌉), "VALID" (none), a whole number, or a tuple with a whole number or a pair (low, high) for each:
    h' = ⌊(h + low + high − dilation·(k − 1) − 1) / stride⌋ + 1. Each of `groups` groups of channels is mapped by itself.
    Raises TypingError for a wire of other axes or of integers, a tuple of another length, a kernel that reaches further
    than what it sees, and groups that don't divide the channels.

    >>> import catlearn as cl
    >>> (cl.R(8, 8, 1) >> convolve(4, 3, stride=2)).cod, (cl.R(8, 6) >> convolve(4, 3, padding="VALID")).cod
    (R(4, 4, 4), R(6, 4))
    """

    channels: int
    kernel_size: Each
    stride: Each = 1
    padding: Padding = "SAME"
    dilation: Each = 1
    groups: int = 1
    kernel_init: Callable = kernel_initialiser

    def __post_init__(self) -> None:
        checked(self)

    def fields(self, axes: int) -> tuple[tuple, tuple, tuple]:
        """Kernel size, stride and dilation of each axis of space."""
        size, stride = each(self, axes, kernel_size=self.kernel_size), each(self, axes, stride=self.stride)
        return size, stride, each(self, axes, dilation=self.dilation)

    def windows(self, lengths: tuple[int, ...]) -> Windows:
        """What the kernel sees of an array of these lengths."""
        size, stride, dilation = self.fields(len(lengths))
        pads = pads_of(self, self.padding, lengths, extents(size, dilation), stride)
        return Windows(size, stride, dilation, pads, (1,) * len(lengths))

    def check(self, dom: Object) -> None:
        super().check(dom)
        fits(self, dom, self.windows(space(self, dom)))
        given = dom.wires[0].leaves[0].shape[-1]
        if given % self.groups or self.channels % self.groups:
            raise TypingError(f"{self!r}: {self.groups} groups don't divide {given} channels of {dom} into {self.channels}.")

    def parameters(self, dom: Object) -> Object:
        leaf = dom.wires[0].leaves[0]
        return R(*self.fields(leaf.ndim - 1)[0], leaf.shape[-1] // self.groups, self.channels, dtype=leaf.dtype)

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(self.kernel_init, key, self.parameters(dom))

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.on_batch(params, xs[0][None])[0]

    def on_batch(self, params: tuple, *xs: Any) -> Any:
        """`apply` to examples along the first axis."""
        return correlate(xs[0], params[0], self.windows(xs[0].shape[1:-1]), self.groups)

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram:
        return Box(Convolved(box, size, batched), with_axis(box.dom, size), with_axis(box.cod, size), box.own, box.label)

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        _, backward = self.batch_optic()

        def backward_of_one(kept: tuple, *dys: Any) -> tuple:
            dparams, dx = backward(kept, dys[0][None])
            return dparams, dx[0]

        return (lambda params, *xs: (self.apply(params, *xs), (params[0], xs[0][None]))), backward_of_one

    def batch_optic(self) -> tuple[Callable, Callable]:
        """`optic` for examples along the first axis."""

        def backward(kept: tuple, *dys: Any) -> tuple:
            kernel, x = kept
            dx, dkernel = correlate_back(x, kernel, dys[0], self.windows(x.shape[1:-1]), self.groups)
            return (dkernel,), dx

        return (lambda params, *xs: (self.on_batch(params, *xs), (params[0], xs[0]))), backward


@dataclass(frozen=True, repr=False)
class Convolved(Batched):
    """The operation of a convolution of a batch, which sums gradients of the kernel within products, not after them."""

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.box.op.on_batch(params, *xs)

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        return self.box.op.batch_optic()


@dataclass(frozen=True, repr=False)
class convolve_transpose(convolve):
    """Put entries `stride` apart, with zeros between, and cross-correlate. Type: `R(…h, c) ⊗ R(…k, c / groups, d) → R(…h', d)`.

    `padding` is cut off the result, h' = (h − 1)·stride + dilation·(k − 1) + 1 − low − high, and "VALID" cuts nothing;
    "SAME" has h' = h·stride. The fields are those of `convolve`. The kernel is not flipped, as in Equinox and Flax: the
    transpose of `convolve` with a kernel w, which is what PyTorch computes, is this one with w flipped along space and
    its c and d exchanged. Source: Dumoulin and Visin 2016 (arXiv 1603.07285), relationship 14.
    Raises TypingError as `convolve` does, and where all of the result is cut off.

    >>> import catlearn as cl
    >>> f, g = convolve_transpose(3, 3, stride=2), convolve_transpose(3, 3, stride=2, padding="VALID")
    >>> (cl.R(4, 4, 6) >> f).cod, (cl.R(4, 6) >> g).cod
    (R(8, 8, 3), R(9, 3))
    """

    def windows(self, lengths: tuple[int, ...]) -> Windows:
        size, stride, dilation = self.fields(len(lengths))
        reach = extents(size, dilation)
        pads = tuple((k - 1 - low, k - 1 - high) for k, (low, high) in zip(reach, self.cut(reach, stride), strict=True))
        return Windows(size, (1,) * len(size), dilation, pads, stride)

    def cut(self, reach: tuple[int, ...], stride: tuple[int, ...]) -> tuple:
        """What is cut off the result on each axis, (low, high)."""
        if self.padding != "SAME":
            return pads_of(self, self.padding, reach, reach, stride)
        extra = [k - s for k, s in zip(reach, stride, strict=True)]  # negative where zeros are missing
        return tuple((max(n, 0) // 2, n - max(n, 0) // 2) for n in extra)


def checked(family: Any) -> None:
    """Make the fields of a convolution Python's integers and tuples. Raises TypingError where they can't be."""
    whole(family, "channels", "groups")
    whole_each(family, "kernel_size", "stride", "dilation")
    padding_each(family, family.padding)


@dataclass(frozen=True, repr=False)
class conv(Composite):
    """A convolution with a bias for each channel. Type: `R(…h, c) ⊗ R(…k, c / groups, d) ⊗ R(d) → R(…h', d)`.

    Parameters `kernel` and, unless `use_bias` is false, `bias`. Fields and errors are those of `convolve`.

    >>> import catlearn as cl
    >>> (cl.R(8, 8, 1) >> cl.conv(16, 3)).cod, (cl.R(8, 8, 1) >> cl.conv(16, 3, padding="VALID")).cod
    (R(8, 8, 16), R(6, 6, 16))
    """

    channels: int
    kernel_size: Each
    stride: Each = 1
    padding: Padding = "SAME"
    use_bias: bool = True
    dilation: Each = 1
    groups: int = 1
    kernel_init: Callable = kernel_initialiser
    bias_init: Callable = zeros

    def __post_init__(self) -> None:
        checked(self)

    def build(self, dom: Object) -> Diagram:
        return self.biased(dom, convolve)

    def biased(self, dom: Object, layer: type[convolve]) -> Diagram:
        """A layer with these fields, and the bias after it."""
        window = self.channels, self.kernel_size, self.stride, self.padding, self.dilation, self.groups
        return with_bias(dom, layer(*window, self.kernel_init), self.bias_init if self.use_bias else None)


@dataclass(frozen=True, repr=False)
class conv_transpose(conv):
    """A transposed convolution with a bias for each channel. Type: `R(…h, c) ⊗ R(…k, c / groups, d) ⊗ R(d) → R(…h', d)`.

    Parameters `kernel` and, unless `use_bias` is false, `bias`. Fields and errors are those of `convolve_transpose`.

    >>> import catlearn as cl
    >>> cl.R(4, 4, 6) >> cl.conv_transpose(3, 2, stride=2)
    R(4, 4, 6) >> conv_transpose(3, 2, stride=2)
    # R(4, 4, 6) → R(8, 8, 3), 75 parameters: kernel (2, 2, 6, 3), bias (3,)
    """

    def build(self, dom: Object) -> Diagram:
        return self.biased(dom, convolve_transpose)
