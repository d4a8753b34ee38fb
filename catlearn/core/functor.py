"""Folds over diagrams, and functors: what is done on boxes, the rest follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from catlearn.core.arrow import Category, balanced
from catlearn.core.diagram import Box, Diagram, Par, Reparameterised, Seq, Wiring, wiring
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.shown import Shown
from catlearn.core.text import short
from catlearn.core.wires import Object


class Algebra(Protocol):
    """What a fold puts in place of each kind of node, given the images of its children."""

    def box(self, node: Box) -> Any: ...
    def wiring(self, node: Wiring) -> Any: ...
    def seq(self, node: Seq, images: Sequence[Any]) -> Any: ...
    def par(self, node: Par, images: Sequence[Any]) -> Any: ...
    def reparameterised(self, node: Reparameterised, body: Any, along: Any) -> Any: ...


def fold(algebra: Algebra, diagram: Diagram) -> Any:
    """The one walk over a diagram: from the boxes up, each node once, without recursion."""
    if not isinstance(diagram, Diagram):
        hint = "put an object before it, as in R(64) >> layer" if hasattr(diagram, "resolve") else "write it as one"
        raise TypingError(f"{diagram!r} is not yet a diagram: {hint}.")
    stack: list[tuple[Diagram, bool]] = [(diagram, False)]
    images: list[Any] = []
    while stack:
        node, ready = stack.pop()
        if not ready and node.children:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.children))
            continue
        first = len(images) - len(node.children)
        images[first:] = [_image(algebra, node, images[first:])]
    return images[0]


def _image(algebra: Algebra, node: Diagram, images: list[Any]) -> Any:
    match node:
        case Seq():
            return algebra.seq(node, images)
        case Par():
            return algebra.par(node, images)
        case Wiring():
            return algebra.wiring(node)
        case Reparameterised():
            return algebra.reparameterised(node, *images)
    return algebra.box(node)  # type: ignore[arg-type]


@dataclass(frozen=True, repr=False)
class Functor(Shown):
    """A strict monoidal functor out of diagrams: `on_wire` and `on_box` say what it does, composites follow.

    The target is a category whose arrows compose with `>>` and `@`. Applied to a parametric diagram it is `Para(F)`:
    parameters go along with `on_wire`, and 2-cells to 2-cells (`F(f.reparameterise(r)) = F(f).reparameterise(F(r))`).
    A family's composite is under the family's name still, after the functor's own `name`, if it has one.
    `source` is the category that it goes out of (any, unless told); of arrows of a category over it, such as CoKl, it takes
    the arrows of the source that they are. Raises CompositionError for other arrows, and TypingError for what has no domain.

    >>> from catlearn.core.diagram import identity
    >>> from catlearn.core.wires import R
    >>> double = Functor(Free, on_wire=lambda wire: Object((wire, wire)), on_box=lambda box: box)
    >>> double(identity(R(3))).dom
    R(3) @ R(3)
    """

    target: Category
    on_wire: Callable[[Any], Object]
    on_box: Callable[[Box], Any]
    name: str = "functor"
    source: Any = None

    def __repr__(self) -> str:
        return f"<{self.name}: a functor to {self.target}>"

    def __call__(self, f: Any) -> Any:
        if isinstance(f, Object):
            return self.on_object(f)
        category: Any = getattr(f, "category", None)
        if isinstance(f, Diagram) and None not in (self.source, category) and category != self.source:
            if getattr(category, "base", None) == self.source and hasattr(category, "underlying"):
                return fold(self, category.underlying(f))
            raise CompositionError(f"{self.name} goes out of {self.source}, and {short(f)} is an arrow of {category}.")
        return fold(self, f)

    def on_object(self, A: Object) -> Object:
        return sum_objects(self.on_wire(wire) for wire in A.wires)

    def box(self, node: Box) -> Any:
        return self.on_box(node)

    def wiring(self, node: Wiring) -> Any:
        sizes = [len(self.on_wire(wire)) for wire in node.dom.wires]
        return self.target.wiring(self.on_object(node.dom), expanded(sizes, node.index))

    def seq(self, node: Seq, images: Sequence[Any]) -> Any:
        return balanced(lambda f, g: f >> g, images).like(node, self.name)

    def par(self, node: Par, images: Sequence[Any]) -> Any:
        return balanced(lambda f, g: f @ g, images).like(node, self.name)

    def reparameterised(self, node: Reparameterised, body: Any, along: Any) -> Any:
        return body.reparameterise(along).like(node, self.name)


def same_wire(wire: Any) -> Object:
    """What a functor that is the identity on objects does on a wire."""
    return Object((wire,))


def expanded(sizes: Sequence[int], index: Iterable[int]) -> list[int]:
    """An index of blocks as an index of wires, where block i has `sizes[i]` wires.

    >>> expanded([1, 2], (1, 0))
    [1, 2, 0]
    """
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + size)
    return [starts[i] + j for i in index for j in range(sizes[i])]


def sum_objects(objects: Iterable[Object]) -> Object:
    """The tensor of a sequence of objects."""
    return Object(tuple(wire for A in objects for wire in A.wires))


@dataclass(frozen=True)
class FreeCategory:
    """The category of diagrams itself, as the target of a functor from diagrams to diagrams."""

    def wiring(self, dom: Object, index: Sequence[int]) -> Wiring:
        return wiring(dom, index)

    def __repr__(self) -> str:
        return "Free"


Free = FreeCategory()
