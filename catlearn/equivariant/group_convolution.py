"""Convolutions over finite groups: on the group, from points to it, and on images with turns and reflections.

Each is a plain `linear` or `convolve` whose kernel is reparameterised along the linear map that writes a filter down once for
each element of the group. Source: Cohen and Welling 2016 (Group equivariant convolutional networks, arXiv 1602.07576).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn.initializers import zeros

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.wires import Object, R, is_whole
from catlearn.equivariant.cayley import FiniteGroup
from catlearn.equivariant.images import Image, OnPlaces, Points, moves_of_grid, moves_of_group, moves_of_pairs
from catlearn.equivariant.intertwiners import RepWire, forget
from catlearn.equivariant.representations import Representation, Tensor
from catlearn.equivariant.whole import whole
from catlearn.nets.convolution import convolve
from catlearn.nets.dense import bias, draw, kernel_initialiser, linear
from catlearn.nets.dense import whole as whole_numbers
from catlearn.nets.pooling import average_pool, max_pool
from catlearn.nets.shape import reshape


@dataclass(frozen=True, repr=False)
class group_conv(Family):
    """A convolution over a finite group G, with a bias for each channel. The wire says which one:

    - `G.power(1, c)`, functions on G: `y(g) = Σ_h x(h) ψ(g⁻¹ h)`, `R(|G|, c) ⊗ R(|G|, c, d) ⊗ R(d) → R(|G|, d)`. With c = d = 1
      and no bias these are all intertwiners ℝ[G] → ℝ[G], |G| dimensions of them;
    - `Points(G).wire(c)`, lifted to functions on G: `y(g) = Σ_x f(x) ψ(g⁻¹ x)`, `R(n, c) ⊗ R(n, c, d) ⊗ R(d) → R(|G|, d)`;
    - `Image(G, s).wire(c)`, lifted to images for each element: `y(x, g) = Σ_u f(x + u) ψ(g⁻¹ u)`,
      `R(s, s, c) ⊗ R(k, k, c, d) ⊗ R(d) → R(s', s', |G|, d)`;
    - `Image(G, s, lifted=True).wire(c)`: `y(x, g) = Σ_u,h f(x + u, h) ψ(g⁻¹ u, g⁻¹ h)`, with a kernel R(k, k, |G|, c, d).

    Parameters `kernel` and, unless `use_bias` is false, `bias`. On images `kernel_size` is k, and `padding` is "SAME" (s' = s),
    which takes an odd k since the same must be padded on all sides, "VALID" or a whole number p: s' = s + 2 p − k + 1. It is
    exact for odd and even s, up to the order of sums.
    Raises TypingError for other wires, a kernel size where there is no space or none where there is, an even one with "SAME",
    and one larger than what it sees. Source: Cohen and Welling 2016 (arXiv 1602.07576), equations 10 and 11, and §7.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import rotations_of_plane
    >>> images = Image(rotations_of_plane(4), 9).wire()
    >>> model = images >> group_conv(8, 3) >> cl.relu >> group_conv(16, 3, padding="VALID")
    >>> model.cod, cl.names(model)[:2]
    ((Image(rotations_of_plane(4), 7, lifted=True)).wire(channels=16), ('0.group_conv.kernel', '0.group_conv.bias'))
    """

    channels: int
    kernel_size: int | None = None
    padding: str | int = "SAME"
    use_bias: bool = True
    kernel_init: Callable = kernel_initialiser
    bias_init: Callable = zeros

    def __post_init__(self) -> None:
        whole_numbers(self, "channels", *(("kernel_size",) if self.kernel_size is not None else ()))
        if self.padding not in ("SAME", "VALID") and not is_whole(self.padding):
            raise TypingError(f"group_conv: padding must be 'SAME', 'VALID' or a whole number, got {self.padding!r}.")

    def resolve(self, dom: Object) -> Diagram:
        rep, c, dtype = _seen(self, dom)
        bank, target = self._filters(rep, dom), self._target(rep, dom)
        order, space = rep.group.order, getattr(target, "places", ())[:2]
        layer = linear(order * self.channels)
        if bank.window:
            layer = convolve(order * self.channels, bank.window, padding=self._pad)
        joined = (*rep.places[:2], bank.others * c) if bank.window else (bank.others * c,)
        f = forget(dom) >> reshape(*joined) >> layer >> reshape(*space, order, self.channels)
        f = f >> bias(self.bias_init) if self.use_bias else f
        param = R(*bank.axes, c, self.channels, dtype=dtype).named("kernel")
        along = identity(param) >> bank
        if self.use_bias:
            along = along @ R(self.channels, dtype=dtype).named("bias")
        return whole(f.reparameterise(along, _First(self, bank, along.dom)), self, dom, target.wire(self.channels, dtype))

    @property
    def _pad(self) -> int:
        return {"SAME": (self.kernel_size or 1) // 2, "VALID": 0}.get(self.padding, self.padding)  # type: ignore[return-value, call-overload]

    def _filters(self, rep: Any, dom: Object) -> Bank:
        """The bank of filters at a representation."""
        k = self.kernel_size
        if not isinstance(rep, Image):
            if k is not None:
                raise TypingError(f"{self!r} at {dom}: there is no space for a kernel size; write group_conv({self.channels}).")
            return Bank(rep.group, None, "points" if isinstance(rep, Points) else "group")
        if k is None:
            raise TypingError(f"{self!r} at {dom}: images take a kernel size; write group_conv({self.channels}, 3).")
        if self.padding == "SAME" and k % 2 == 0:
            raise TypingError(
                f"{self!r} at {dom}: with padding 'SAME' an even kernel is off the middle, and breaks the symmetry; take a "
                f"kernel size of {k - 1} or {k + 1}, or padding='VALID'."
            )
        return Bank(rep.group, k, "group" if rep.lifted else None)

    def _target(self, rep: Any, dom: Object) -> Representation:
        """The representation of the result."""
        if not isinstance(rep, Image):
            return rep.group.standard()
        side = rep.side + 2 * self._pad - (self.kernel_size or 1) + 1
        if side < 1:
            raise TypingError(
                f"{self!r} has a kernel of {self.kernel_size}, larger than the {rep.side + 2 * self._pad} that it sees."
            )
        return Image(rep.group, side, lifted=True)


@dataclass(frozen=True, repr=False)
class Bank(SmoothLayer):
    """A filter for each element of a group: ψ(g⁻¹ x) for all g. Type: `R(…places, c, d) → R(…window, others · c, order · d)`.

    Places are those of a window of side k, or no window, times those of the group or of its points, or neither. It is linear.
    """

    group: FiniteGroup
    side: int | None
    on: str | None

    @property
    def window(self) -> tuple[int, ...]:
        return () if self.side is None else (self.side, self.side)

    @property
    def others(self) -> int:
        """How many places there are beside the window."""
        if self.on == "points":
            return self.group.representation.shape[-1]
        return self.group.order if self.on == "group" else 1

    @property
    def axes(self) -> tuple[int, ...]:
        """The shape of a filter."""
        return (*self.window, *((self.others,) if self.on else ()))

    @cached_property
    def moves(self) -> np.ndarray:
        """The place g⁻¹ x: int64, shape (order, places)."""
        parts = [moves_of_grid(self.group, self.side)] if self.side is not None else []
        if self.on is not None:
            parts.append(moves_of_group(self.group) if self.on == "group" else Points(self.group).moves)
        return parts[0] if len(parts) == 1 else moves_of_pairs(*parts)

    def apply(self, params: tuple, *xs: Any) -> Any:
        *_, c, d = xs[0].shape
        filters = xs[0].reshape(-1, c, d)[jnp.asarray(self.moves)]  # (order, places, c, d)
        return filters.transpose(1, 2, 0, 3).reshape(*self.window, self.others * c, self.group.order * d)


@dataclass(frozen=True)
class _First:
    """First values of a filter, drawn as those of a plain kernel with as many inputs, and of a bias."""

    family: group_conv
    bank: Bank
    param: Object

    def __call__(self, key: jax.Array) -> tuple:
        kernel = self.param.wires[0].leaves[0]
        *_, c, d = kernel.shape
        drawn = draw(self.family.kernel_init, key, R(*self.bank.window, self.bank.others * c, d, dtype=kernel.dtype))
        biases = [draw(self.family.bias_init, key, wire)[0] for wire in self.param[1:]]
        return (drawn[0].reshape(kernel.shape), *biases)


# pooling


@dataclass(frozen=True, repr=False)
class group_pool(Family):
    """The largest value over the group, or with "mean" the mean. Type: `G.power(1, c) → R(c)`, and lifted images → images.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import FiniteGroup, cyclic_table
    >>> (FiniteGroup(cyclic_table(5)).power(1, channels=3) >> group_pool()).cod
    R(3)
    """

    how: str = "max"

    def __post_init__(self) -> None:
        _check_how(self)

    def resolve(self, dom: Object) -> Diagram:
        rep, c, dtype = _seen(self, dom)
        if isinstance(rep, Image) and rep.lifted:
            cod = Image(rep.group, rep.side).wire(c, dtype)
        elif isinstance(rep, Tensor):
            cod = R(c, dtype=dtype)
        else:
            raise TypingError(f"{self!r} takes functions on a group, and {dom} has no axis of one: group_conv comes before.")
        return whole(forget(dom) >> Reduced(self.how, (-2,)), self, dom, cod)


@dataclass(frozen=True, repr=False)
class invariant_pool(Family):
    """The largest value over all places, or with "mean" the mean: of an image over space, and over the group if it is lifted.

    Type: `Image(G, s).wire(c) → R(c)`, and so for points and functions on a group.

    >>> from catlearn.equivariant import rotations_of_plane
    >>> (Image(rotations_of_plane(4), 9, lifted=True).wire(8) >> invariant_pool("mean")).cod
    R(8)
    """

    how: str = "max"

    def __post_init__(self) -> None:
        _check_how(self)

    def resolve(self, dom: Object) -> Diagram:
        rep, c, dtype = _seen(self, dom)
        axes = len(rep.places) if isinstance(rep, OnPlaces) else 1
        return whole(forget(dom) >> Reduced(self.how, tuple(range(axes))), self, dom, R(c, dtype=dtype))


@dataclass(frozen=True, repr=False)
class window_pool(Family):
    """The largest value in each window of an image, or with "mean" the mean; windows tile it. Type: images → images.

    Raises TypingError for other wires, and where windows don't tile the image: then they would be off its middle.

    >>> from catlearn.equivariant import rotations_of_plane
    >>> (Image(rotations_of_plane(4), 8, lifted=True).wire(3) >> window_pool(2)).cod.wires[0].shape_text
    '(4, 4, 4, 3)'
    """

    window: int
    how: str = "max"

    def __post_init__(self) -> None:
        whole_numbers(self, "window")
        _check_how(self)

    def resolve(self, dom: Object) -> Diagram:
        rep, c, dtype = _seen(self, dom)
        if not isinstance(rep, Image) or rep.side % self.window:
            raise TypingError(f"{self!r} takes an image whose side is a multiple of {self.window}, got {dom}.")
        side, others = rep.side // self.window, rep.places[2:]
        pool = (max_pool if self.how == "max" else average_pool)(self.window)
        f = forget(dom) >> reshape(rep.side, rep.side, -1) >> pool >> reshape(side, side, *others, c)
        return whole(f, self, dom, Image(rep.group, side, rep.lifted).wire(c, dtype))


@dataclass(frozen=True, repr=False)
class Reduced(SmoothLayer):
    """The largest value, or the mean, along some axes. Type: `R(…) → R(…)`, without them."""

    how: str
    over: tuple[int, ...]

    def apply(self, params: tuple, *xs: Any) -> Any:
        return (jnp.max if self.how == "max" else jnp.mean)(xs[0], self.over)


# what they check


def _check_how(family: Any) -> None:
    if family.how not in ("max", "mean"):
        raise TypingError(f"{family.name} takes 'max' or 'mean', got {family.how!r}.")


def _seen(family: Any, dom: Object) -> tuple[Any, int, Any]:
    """The representation, channels and dtype of the only wire. Raises TypingError unless it is one that these layers know."""
    wire = dom.wires[0] if len(dom) == 1 else None
    rep = wire.rep if isinstance(wire, RepWire) else None
    regular = isinstance(rep, Tensor) and rep.powers == (1,) and isinstance(rep.group, FiniteGroup)
    if wire is None or not (regular or isinstance(rep, OnPlaces)):
        raise TypingError(
            f"{family!r} takes a wire such as Image(rotations_of_plane(4), 28).wire(), Points(group).wire(), or "
            f"group.power(1) for a FiniteGroup, got {dom}."
        )
    return rep, wire.channels, wire.leaves[0].dtype  # type: ignore[union-attr]
