"""What a positioned picture is made of: marks with places, in pixels, x to the right and y downwards. Backends paint them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

Place = tuple[float, float]

ADVANCE = 0.602  # the width of a letter of a monospaced font, in heights


@dataclass(frozen=True)
class Rectangle:
    """A box. Looks: "box", "rounded", "composite", "lens", "upper", "lower", "marked"; of open ones "open", "frame", "repeat".
    `about` is shown on hovering."""

    x: float
    y: float
    width: float
    height: float
    look: str = "box"
    about: str = ""

    def moved(self, dx: float, dy: float) -> Rectangle:
        return replace(self, x=self.x + dx, y=self.y + dy)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.x + self.width, self.y + self.height


@dataclass(frozen=True)
class Label:
    """A line of text whose baseline begins at (x, y), or has its middle there."""

    x: float
    y: float
    text: str
    size: float = 11
    look: str = "title"
    middle: bool = False
    about: str = ""

    def moved(self, dx: float, dy: float) -> Label:
        return replace(self, x=self.x + dx, y=self.y + dy)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        width = text_width(self.text, self.size)
        left = self.x - width / 2 if self.middle else self.x
        return left, self.y - 0.8 * self.size, left + width, self.y + 0.2 * self.size


@dataclass(frozen=True)
class Curve:
    """A wire through these points, smooth but where `cornered`, level (or upright) where it passes them, and an `arrow`.

    Looks: "data", "parameter", "state", "context", "back", "residual", "feedback", "plain", "block0" to "block5", "leg", "edge".
    One with a `sag` hangs so far below both ends, or stands above them.
    """

    points: tuple[Place, ...]
    look: str = "data"
    upright: bool = False
    arrow: bool = False
    about: str = ""
    cornered: bool = False
    sag: float = 0.0

    def moved(self, dx: float, dy: float) -> Curve:
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        xs, ys = zip(*self.points, strict=True)
        deep = 0.75 * self.sag
        return min(xs), min(ys) + min(deep, 0), max(xs), max(ys) + max(deep, 0)

    @property
    def pieces(self) -> list[tuple[Place, Place, Place, Place]]:
        """The cubic Bézier curves between neighbouring points."""
        if self.sag:
            return [(a, (a[0], a[1] + self.sag), (b[0], b[1] + self.sag), b) for a, b in pairwise(self.points)]
        return [_bent(a, b, self.upright) for a, b in pairwise(self.points)]


@dataclass(frozen=True)
class Sign:
    """A small sign: "copy", "sum", "discard", "zero", "context", "end", "on", "many", "tick", "cross", and of
    strands "dot0" to "dot5", "epsilon", "vertex", "ring", "selfloop"."""

    x: float
    y: float
    look: str
    about: str = ""

    def moved(self, dx: float, dy: float) -> Sign:
        return replace(self, x=self.x + dx, y=self.y + dy)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        return self.x - 5, self.y - 5, self.x + 5, self.y + 5


Mark = Rectangle | Label | Curve | Sign


@dataclass(frozen=True)
class Scene:
    """A positioned picture: marks, and the size of the paper that they need. `about` says in words what is to be seen."""

    marks: tuple[Mark, ...]
    width: float
    height: float
    about: str = ""


def scene(marks: Iterable[Mark], about: str, margin: float = 10) -> Scene:
    """The picture of these marks, moved into the paper."""
    marks = tuple(marks)
    bounds = [mark.bounds for mark in marks] or [(0.0, 0.0, 0.0, 0.0)]
    left, top = min(b[0] for b in bounds) - margin, min(b[1] for b in bounds) - margin
    right, bottom = max(b[2] for b in bounds) + margin, max(b[3] for b in bounds) + margin
    return Scene(tuple(mark.moved(-left, -top) for mark in marks), right - left, bottom - top, about)


def strand(points: Sequence[Place], back: bool, look: str = "data", about: str = "", upright: bool = False) -> Curve:
    """One strand of a wire through places from its beginning to its end: what comes back goes the other way, in its own look."""
    return Curve(tuple(points[::-1] if back else points), "back" if back else look, upright, back, about)


def moved(marks: Iterable[Mark], dx: float, dy: float) -> list[Mark]:
    """The same marks somewhere else."""
    return [mark.moved(dx, dy) for mark in marks]


def text_width(text: str, size: float = 11) -> float:
    """How wide a line of text is, in a monospaced font of this size.

    >>> round(text_width("conv", 10), 2)
    24.08
    """
    return ADVANCE * size * len(text)


def _bent(a: Place, b: Place, upright: bool) -> tuple[Place, Place, Place, Place]:
    if upright:
        bend = (b[1] - a[1]) / 2
        return a, (a[0], a[1] + bend), (b[0], b[1] - bend), b
    bend = (b[0] - a[0]) / 2
    return a, (a[0] + bend, a[1]), (b[0] - bend, b[1]), b
