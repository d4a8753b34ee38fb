"""Checks of the numbers and choices that losses, optimisers and regularisers are made with."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from catlearn.core.errors import TypingError
from catlearn.core.paths import chooser
from catlearn.core.wires import Object, is_whole


def positive(thing: Any, *names: str, or_else: str = "") -> None:
    """Make these fields Python floats. Raises TypingError unless they are numbers > 0."""
    _within(thing, names, lambda value: 0 < value < math.inf, f"a number > 0{or_else}")


def fraction(thing: Any, *names: str) -> None:
    """Make these fields Python floats. Raises TypingError unless they are numbers in [0, 1)."""
    _within(thing, names, lambda value: 0 <= value < 1, "a number in [0, 1)")


def proportion(thing: Any, *names: str) -> None:
    """Make these fields Python floats. Raises TypingError unless they are numbers in (0, 1]."""
    _within(thing, names, lambda value: 0 < value <= 1, "a number in (0, 1]")


def not_negative(thing: Any, *names: str) -> None:
    """Make these fields Python floats. Raises TypingError unless they are numbers ≥ 0."""
    _within(thing, names, lambda value: 0 <= value < math.inf, "a number ≥ 0")


def finite(thing: Any, *names: str) -> None:
    """Make these fields Python floats. Raises TypingError unless they are finite numbers."""
    _within(thing, names, math.isfinite, "a finite number")


def _within(thing: Any, names: tuple[str, ...], fits: Any, wanted: str) -> None:
    for name in names:
        value = getattr(thing, name)
        if not isinstance(value, Real) or isinstance(value, bool) or not fits(float(value)):
            raise TypingError(f"{thing.name}: {name} must be {wanted}, got {value!r}.")
        object.__setattr__(thing, name, float(value))


def counting(thing: Any, *names: str) -> None:
    """Raise TypingError unless these fields are whole numbers ≥ 1."""
    for name in names:
        if not is_whole(getattr(thing, name), least=1):
            raise TypingError(f"{thing.name}: {name} must be a whole number ≥ 1, got {getattr(thing, name)!r}.")


def chosen(where: Any, P: Object, who: Any) -> tuple[bool, ...]:
    """Which wires a choice by path means. Raises TypingError where there are some and it chooses none."""
    paths = [label or "0" for label in P.labels]
    found = tuple(map(chooser(where), paths))
    if paths and not any(found):
        raise TypingError(f"{who!r}: {where!r} chooses none of the parameters {', '.join(paths)}.")
    return found


def labelled(P: Object, label: str) -> Object:
    """The object with a label before each of its own."""
    return P.named(*(f"{label}.{at or i}" for i, at in enumerate(P.labels)))
