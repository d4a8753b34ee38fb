"""Whole diagrams of Smooth that are intertwiners, as one box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catlearn.categories.smooth import Smooth
from catlearn.core.diagram import Box, Diagram, ImageOf
from catlearn.core.errors import TypingError
from catlearn.core.text import short
from catlearn.core.wires import Object, difference
from catlearn.equivariant.intertwiners import Acting, RepCategory, RepWire, forget


@dataclass(frozen=True)
class Made:
    """What a diagram was made by, for its name and its code."""

    name: str
    code: str

    def __repr__(self) -> str:
        return self.code


@dataclass(frozen=True, repr=False)
class Whole(Acting):
    """The operation of a box that is a whole diagram of Smooth, and is known to be an intertwiner."""

    op: Any

    @property
    def name(self) -> str:
        return self.op.name

    def __repr__(self) -> str:
        return repr(self.op)


def whole(f: Diagram, op: Any, dom: Object, cod: Object) -> Diagram:
    """A diagram of Smooth that is known to be an intertwiner, as one box between wires with actions. `op` says its name and code.

    `forget` gives the diagram back, so functors see its parts. Without actions on either side it is the diagram itself.
    """
    acting = [wire for wire in (dom @ cod).wires if isinstance(wire, RepWire)]
    if not acting:
        return f.made_by(op)
    plain: Any = f.made_by(ImageOf("forget", op))
    return Box(Whole(plain, acting[0].category, op), dom, cod, plain.param)


def group_of(dom: Object, cod: Object, who: Callable[[], str]) -> Any:
    """The group that acts on these objects. Raises TypingError where none does, or where several do."""
    found = list(dict.fromkeys(wire.rep.group for wire in (dom @ cod).wires if isinstance(wire, RepWire)))
    if len(found) == 1:
        return found[0]
    if not found:
        raise TypingError(f"{who()}: no group acts on {dom} or {cod}; give objects such as S(3).power(1, channels=2).")
    raise TypingError(f"{who()}: {found[0]!r} and {found[1]!r} both act; give representations of {found[0]!r} * {found[1]!r}.")


def representations(A: Object) -> tuple:
    """The representation on each wire, None where there is no action."""
    return tuple(wire.rep if isinstance(wire, RepWire) else None for wire in A.wires)


def plain_between(phi: Any, dom: Object, cod: Object, who: str) -> Diagram:
    """A model as an arrow of Smooth between the types of two objects, without their actions; a family is resolved there.

    Raises TypingError for another domain or codomain, and for an arrow of a category that is not over Smooth.
    """
    for A, what in ((dom, "domain"), (cod, "codomain")):
        if not isinstance(A, Object):
            raise TypingError(f"{who}: the {what} is an object such as S(3).power(1, channels=2), got {short(A)}.")
    f = phi if isinstance(phi, Diagram) else forget(dom) >> phi
    f = forget(f) if isinstance(f.category, RepCategory) else f
    if f.category not in (None, Smooth):
        raise TypingError(f"{who} takes an arrow of Smooth, and {short(f)} is one of {f.category}.")
    for given, wanted, what in ((f.dom, forget(dom), "begin at"), (f.cod, forget(cod), "end in")):
        if given != wanted:
            raise TypingError(
                f"{who}: the model must {what} {wanted}, what the declared object carries, and its {short(given)} is another"
                f" ({difference(wanted, given)})."
            )
    return f
