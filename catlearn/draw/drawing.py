"""`draw`: the picture of an arrow, or of what has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

WIDTH = 860.0  # of a page, in pixels

if TYPE_CHECKING:
    from catlearn.draw.picture import Picture


def draw(thing: Any, zoom: int | None = None, *, width: float | None = WIDTH, size: int = 32, unfold: bool = False) -> Picture:
    """The picture of an arrow: data from left to right, parameters from above, contexts from below, what comes back dashed.

    `thing` is a diagram, a learner (its training step on a batch of `size`), an optimiser, an algebra, a coalgebra, a tree, a
    graph or a diagram of an equivariant map. At `zoom` 1 its parts are boxes, at 2 those are open, and so on; None chooses
    the first level with more than one box. Repeated parts of long composites are drawn once, under `× n`; pictures wider than
    `width` pixels go on in further rows. With `unfold` loops are their first rounds, side by side. Drawing is a functor:
    equal diagrams have one picture. Raises TypingError for what has none, such as a layer without a domain.

    >>> import catlearn as cl
    >>> cl.draw(cl.R(3) >> cl.dense(2) >> cl.relu)
    Picture(string diagram of R(3) >> dense(2) >> relu, from R(3) to R(2), 213 × 81)
    """
    from catlearn.draw.pictures import picture_of

    return picture_of(thing, zoom, width, size, unfold)


def to_tikz(thing: Any, zoom: int | None = None, **options: Any) -> str:
    """The picture that `draw` gives, as the text of a `tikzpicture` for LaTeX; it needs the package tikz alone.

    >>> import catlearn as cl
    >>> cl.to_tikz(cl.R(3) >> cl.tanh).splitlines()[-1]
    '\\\\end{tikzpicture}'
    """
    from catlearn.draw.tikz import tikz

    return tikz(draw(thing, zoom, **options).scene)
