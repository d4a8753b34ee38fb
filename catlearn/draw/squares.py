"""Commuting squares: two ways round, with a tick under them, or the counterexample."""

from __future__ import annotations

from typing import Any

from catlearn.core.shown import cut
from catlearn.core.text import short
from catlearn.core.wires import Object
from catlearn.draw.picture import Picture
from catlearn.draw.scene import Curve, Label, Mark, Sign, scene, text_width
from catlearn.draw.sketch import title_of
from catlearn.laws.counterexample import extensional

LETTERS, SIZE = 34, 11.0


def square(top: Any, right: Any, left: Any, bottom: Any, name: str = "square", seed: int = 0) -> Picture:
    """The square of `top >> right` and `left >> bottom`, tried on random inputs as `laws.extensional` does it.

    Type: `f : A → B, g : B → D` against `h : A → C, k : C → D`. Under it is a tick where they agree, and where they don't the
    counterexample. Raises CompositionError where the arrows don't make a square.

    >>> import catlearn as cl
    >>> f, g = cl.R(3) >> cl.tanh, cl.R(3) >> cl.relu
    >>> square(f, g, f, g).scene.about
    'a commuting square: R(3) >> tanh, then R(3) >> relu, equals R(3) >> tanh, then R(3) >> relu'
    """
    fault = extensional(name, top >> right, left >> bottom, seed)
    codes = [cut(short(f), 60) for f in (top, right, left, bottom)]
    says = "equals" if fault is None else "differs from"
    about = f"a {'' if fault else 'commuting '}square: {codes[0]}, then {codes[1]}, {says} {codes[2]}, then {codes[3]}"
    return Picture(scene(_marks(top, right, left, bottom, fault), about))


def _marks(top: Any, right: Any, left: Any, bottom: Any, fault: Any) -> list[Mark]:
    names = [cut(_name(f), LETTERS) for f in (top, right, left, bottom)]
    corners = [cut(str(A), 24) for A in (top.dom, top.cod, left.cod, bottom.cod)]
    wide = max(text_width(names[0]), text_width(names[3])) + 60
    half = max(text_width(corner) for corner in corners) / 2 + 10
    x, y = wide + 2 * half, 90.0
    places = [(0.0, 0.0), (x, 0.0), (0.0, y), (x, y)]
    marks: list[Mark] = [Label(px, py + 4, text, SIZE, "title", True) for (px, py), text in zip(places, corners, strict=True)]
    ways = [((half, 0.0), (x - half, 0.0)), ((x, 12.0), (x, y - 14)), ((0.0, 12.0), (0.0, y - 14)), ((half, y), (x - half, y))]
    for (a, b), upright in zip(ways, (False, True, True, False), strict=True):
        marks.append(Curve((a, b), "data", upright, True))
    marks += [Label(x / 2, -8, names[0], SIZE, "name", True), Label(x / 2, y + 17, names[3], SIZE, "name", True)]
    marks += [Label(x + 8, y / 2 + 4, names[1], SIZE, "name")]
    marks += [Label(-8 - text_width(names[2]), y / 2 + 4, names[2], SIZE, "name")]
    if fault is None:
        return [*marks, Sign(x / 2 - 40, y / 2, "tick"), Label(x / 2 - 24, y / 2 + 4, "commutes", SIZE, "note")]
    said = [f"{fault.law} does not commute", *_lines(fault)]
    marks += [Sign(x / 2, y / 2, "cross")]
    return marks + [Label(0, y + 40 + 15 * i, cut(line, 110), 10, "note") for i, line in enumerate(said)]


def _lines(fault: Any) -> list[str]:
    sides = [] if fault.lhs is None else [f"one way:   {_value(fault.lhs)}", f"the other: {_value(fault.rhs)}"]
    return [fault.where.split(", for ")[0], *sides]


def _value(value: Any) -> str:
    return " ".join(str(value).split())


def _name(f: Any) -> str:
    """An arrow's name, or its code without its domain."""
    if isinstance(f, Object):
        return "identity"
    return title_of(f) if f.label or f.op is not None else f.code().removeprefix(f"{f.dom} >> ")
