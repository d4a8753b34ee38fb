"""Values on wires: checked against an object before an arrow runs on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catlearn.core.errors import ArgumentError
from catlearn.core.text import short
from catlearn.core.wires import Object, difference, object_of


def values_of(A: Object, values: Sequence[Any], who: Any, what: str) -> tuple[Any, ...]:
    """The values, checked against the object. Raises ArgumentError that names who takes them, the wire and the axis."""
    if not isinstance(values, tuple | list):
        raise ArgumentError(
            f"{short(who)} takes its {what} ({A}) as a tuple, a value for each wire, got {type(values).__name__}."
        )
    if len(values) != len(A):
        raise ArgumentError(f"{short(who)} takes {len(A)} {what} ({A}), got {len(values)}.")
    try:
        found = object_of(values)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{short(who)}: the {what} must be arrays of type {A}; {error}") from error
    if found != A:
        at = difference(A, found)
        hint = " Convert with `.astype`." if at and "dtype" in at else ""
        raise ArgumentError(
            f"{short(who)}: the {what} don't fit.\n  expected: {A}\n  found:    {found}\n  first difference: {at}.{hint}"
        )
    return tuple(values)


def pack(values: Sequence[Any]) -> Any:
    """A lone value by itself, several as a tuple: how arrows return what is on their codomain."""
    return values[0] if len(values) == 1 else tuple(values)


def unpacked(value: Any, n: int) -> tuple[Any, ...]:
    """The inverse of `pack` for n wires."""
    return (value,) if n == 1 else tuple(value)
