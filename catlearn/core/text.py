"""Diagrams as text: the code that makes them, and what is said when they don't fit together."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from types import FunctionType
from typing import Any

from catlearn.core.wires import Object, difference


def short(diagram: Any, most: int = 6) -> str:
    """The code of a diagram for a message, with the middle of a long composite left out; other things as they are."""
    if isinstance(diagram, str):
        return diagram
    if not hasattr(diagram, "pieces"):
        return repr(diagram)
    if len(diagram.pieces) <= most:
        return diagram.code()
    ends = [as_factor(piece, ">>") for piece in (*diagram.pieces[:2], *diagram.pieces[-2:])]
    return " >> ".join([str(diagram.dom), *ends[:2], f"… {len(diagram.pieces) - 4} more …", *ends[2:]])


def call_code(name: str, thing: Any, called: bool) -> str:
    """The code that makes a dataclass: `name(…)` with what differs from the defaults; `name` alone where it is not called."""
    given = [(f, getattr(thing, f.name)) for f in fields(thing) if f.repr] if is_dataclass(thing) else []
    required = [_value_code(value) for f, value in given if f.default is MISSING]
    changed = [f"{f.name}={_value_code(value)}" for f, value in given if f.default is not MISSING and value != f.default]
    return f"{name}({', '.join(required + changed)})" if required or changed or (given and called) else name


def _value_code(value: Any) -> str:
    """The code of a value; of a function its name, not where it lies in memory; of an arrow its code alone."""
    if isinstance(value, FunctionType):
        return value.__name__
    if isinstance(value, tuple) and any(hasattr(item, "code") for item in value):
        return f"({', '.join(map(_value_code, value))})"
    code = getattr(value, "code", None)
    return code() if code else repr(value)


def named_code(code: str, label: str | None, compound: bool) -> str:
    """The code with `.named(label)` after it, where there is a label."""
    if label is None:
        return code
    return f"({code}).named({label!r})" if compound else f"{code}.named({label!r})"


def as_factor(part: Any, operator: str, typed: bool = False) -> str:
    """The code of a part beside `operator`, in brackets where it binds less tightly."""
    code = part.code(typed)
    outside = _outside_brackets(code) if part.label is None else ""
    return f"({code})" if ">>" in outside or (operator == ">>" and " @ " in outside) else code


def _outside_brackets(code: str) -> str:
    depth, found = 0, []
    for character in code:
        depth += (character in "([{") - (character in ")]}")
        found.append(character if depth == 0 else "")
    return "".join(found)


def mismatch(left: Any, right: Any) -> str:
    """What to say where `left >> right` does not fit: both arrows, both objects, the axis, the place, and what may help."""
    n = len(left.pieces)
    return (
        f"{as_factor(right.pieces[0], '>>')} can't follow {as_factor(left.pieces[-1], '>>')}: the objects differ.\n"
        f"  left:  {short(left)}\n         ends in   {left.cod}\n"
        f"  right: {short(right)}\n         starts at {right.dom}\n"
        f"  first difference: {difference(left.cod, right.dom)}\n"
        f"  at: between parts {n - 1} and {n} of the composite.{_advice(left.cod, right.dom)}"
    )


def unequal(f: Any, g: Any) -> str:
    """What to say where two arrows without names don't compose."""
    return (
        f"an arrow {f.dom} → {f.cod} can't be followed by one {g.dom} → {g.cod}.\n  first difference: {difference(f.cod, g.dom)}"
    )


def _advice(A: Object, B: Object) -> str:
    """What box between two objects would make them meet, if there is a usual one."""
    alone = len(A) == len(B) == 1 and all(len(getattr(w, "leaves", ())) == 1 for w in A.wires + B.wires)
    if not alone:
        return ""
    a, b = A.wires[0].leaves[0], B.wires[0].leaves[0]
    if a.shape == b.shape and a.dtype != b.dtype:
        return f" `astype('{b.dtype}')` between them would convert floats."
    return " A `flatten` between them would give one axis." if A.size == B.size and len(b.shape) == 1 else ""
