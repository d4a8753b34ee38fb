"""Windows that slide over space: their sizes, strides, dilations and padding along the axes of an array `(…space, channels)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from catlearn.core.errors import TypingError
from catlearn.core.family import Layer
from catlearn.core.wires import Object, count, is_whole
from catlearn.nets.dense import floating

SPACE = "one to three axes of space and one of channels, as in R(28, 28, 1)"

Each = int | tuple[int, ...]  # a whole number for all axes of space, or one for each
Padding = str | int | tuple[int | tuple[int, int], ...]


@dataclass(frozen=True)
class Windows:
    """Windows over an array, with an entry of each field for each axis of space.

    A window has `sizes` entries, `dilations` apart. Windows begin `strides` apart, on the array once its own entries are
    put `stretch` apart, with zeros between, and it is padded by `pads`, (low, high), which cut where they are negative.

    >>> windows = Windows(sizes=(3,), strides=(1,), dilations=(2,), pads=((0, 0),), stretch=(1,))
    >>> windows.extents, windows.seen((8,))
    ((5,), (8,))
    """

    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    stretch: tuple[int, ...]

    @property
    def extents(self) -> tuple[int, ...]:
        """How far a window goes, its first and last entry included."""
        return extents(self.sizes, self.dilations)

    def seen(self, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """The lengths of what windows slide over."""
        return tuple((n - 1) * t + 1 + sum(p) for n, t, p in zip(lengths, self.stretch, self.pads, strict=True))

    def results(self, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """How many windows there are on each axis."""
        return tuple((n - k) // s + 1 for n, k, s in zip(self.seen(lengths), self.extents, self.strides, strict=True))

    def transposed(self, lengths: tuple[int, ...]) -> Windows:
        """The windows that go back: from what these make of an array of these lengths, to as many entries as it has."""
        stretched = extents(self.results(lengths), self.strides)
        pads = [
            (k - 1 - low, (n - 1) * t + low - m + 1)
            for n, m, t, k, (low, _) in zip(lengths, stretched, self.stretch, self.extents, self.pads, strict=True)
        ]
        return Windows(self.sizes, self.stretch, self.dilations, tuple(pads), self.strides)


def extents(sizes: tuple[int, ...], dilations: tuple[int, ...]) -> tuple[int, ...]:
    """How far windows of these sizes go, their first and last entry included."""
    return tuple(d * (k - 1) + 1 for k, d in zip(sizes, dilations, strict=True))


# what layers with windows are given, and what they check


def whole_each(layer: Layer, *names: str) -> None:
    """Make these fields of a layer Python integers or tuples of them. Raises TypingError unless all are whole numbers ≥ 1."""
    for name in names:
        value = getattr(layer, name)
        if not all(is_whole(k, least=1) for k in _entries(value)):
            raise TypingError(f"{layer.name}: {name} must be a whole number ≥ 1, or a tuple of them, got {value!r}.")
        object.__setattr__(layer, name, _plain(value))


def padding_each(layer: Layer, padding: Any) -> None:
    """Make the field `padding` of a layer a word, an integer, or a tuple of integers and pairs. Raises TypingError otherwise."""
    if not (padding in ("SAME", "VALID") if isinstance(padding, str) else all(map(_is_padding, _entries(padding)))):
        raise TypingError(
            f"{layer.name}: padding must be 'SAME' or 'VALID', a whole number, or a tuple with a whole number or a pair "
            f"(low, high) for each axis of space, got {padding!r}."
        )
    object.__setattr__(layer, "padding", padding if isinstance(padding, str) else _plain(padding))


def _entries(value: Any) -> tuple:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, tuple | list) else int(value)


def _is_padding(value: Any) -> bool:
    return is_whole(value) or (isinstance(value, tuple | list) and len(value) == 2 and all(map(is_whole, value)))


def each(layer: Layer, axes: int, **given: Any) -> tuple:
    """A field of a layer, as a tuple with an entry for each axis of space. Raises TypingError for a tuple of another length."""
    ((name, value),) = given.items()
    if not isinstance(value, tuple):
        return (value,) * axes
    if len(value) != axes:
        raise TypingError(f"{layer!r}: {name}={value} is for {count(len(value), 'axis', 'axes')} of space, and there are {axes}.")
    return value


def pads_of(layer: Layer, padding: Padding, lengths: tuple[int, ...], extents: tuple, strides: tuple) -> tuple:
    """What is padded on each axis, (low, high). With "SAME", so that ⌈length / stride⌉ windows fit; an odd one goes high."""
    if isinstance(padding, str):
        return tuple(jax.lax.padtype_to_pads(lengths, extents, strides, padding))
    return tuple(p if isinstance(p, tuple) else (p, p) for p in each(layer, len(lengths), padding=padding))


def space(layer: Layer, dom: Object) -> tuple[int, ...]:
    """The lengths of the axes of space. Raises TypingError for a wire that is no array of floats with one to three of them."""
    floating(layer, dom, SPACE, 2, 4)
    return dom.wires[0].leaves[0].shape[:-1]


def fits(layer: Layer, dom: Object, windows: Windows) -> None:
    """Raise TypingError where a window is larger than what it slides over."""
    for axis, (size, seen) in enumerate(zip(windows.extents, windows.seen(space(layer, dom)), strict=True)):
        if size > seen:
            raise TypingError(f"{layer!r} has a window of {size} on axis {axis}, larger than the {seen} that it sees of {dom}.")
