"""Paths: a readable and unique name for every parameter wire, such as `encoder.0.dense.kernel`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any

from catlearn.core.errors import NamingError, TypingError
from catlearn.core.wires import Object


def parameters_of(parts: Sequence[Any]) -> Object:
    """The tensor of the parts' parameters, each label prefixed with the part's place or name: its path."""
    return Object(
        tuple(
            replace(wire, label=".".join(filter(None, (segment, wire.label))))
            for segment, part in zip(segments(parts), parts, strict=True)
            for wire in part.param.wires
        )
    )


def segments(parts: Sequence[Any]) -> list[str]:
    """One path segment for each part: its label where unique, else its index and name; nothing for mere plumbing.

    An unnamed composite adds no segment where it alone holds all the parameters, so that `residual(f)` reads as f does,
    and where names of its own stand before all of its parameters, and no neighbour has them.
    """
    tops = [_tops(part) for part in parts]
    count = Counter(chain.from_iterable(tops))
    alone = sum(bool(part.param.wires) for part in parts) == 1
    return [_segment(i, part, top, count, alone) for i, (part, top) in enumerate(zip(parts, tops, strict=True))]


def _tops(part: Any) -> set[str]:
    """The names that would begin the paths of a part without a place of its own: none where it takes one."""
    tops = {label.split(".")[0] for label in part.param.labels if label} if _is_plain(part) else {part.label} - {None}
    return tops if not any(top.isdigit() for top in tops) else set()


def _segment(i: int, part: Any, tops: set[str], count: Counter, alone: bool) -> str:
    unique = bool(tops) and all(count[top] == 1 for top in tops)
    if part.label and unique:
        return part.label
    if _is_plain(part) and (alone or unique):
        return ""
    return f"{i}.{part.name}" if part.name else str(i)


def _is_plain(part: Any) -> bool:
    """Whether a part is an unnamed composite, or a box around one."""
    return part.name is None and bool(part.children or getattr(part.op, "body", None))


def distinct(P: Object) -> Object:
    """The object with a label on each of several wires, all different: where any two agree, each has its place before it.

    >>> from catlearn.core.wires import R
    >>> distinct(R(1).named("a") @ R(2)).labels, distinct(R(1).named("a") @ R(2).named("a")).labels
    (('a', '1'), ('0.a', '1.a'))
    """
    if len(P) < 2:
        return P
    labels = [label or str(i) for i, label in enumerate(P.labels)]
    if len(set(labels)) < len(labels):
        labels = [f"{i}.{label}" for i, label in enumerate(labels)]
    return P if tuple(labels) == P.labels else P.named(*labels)


def chooser(where: str | Callable[[str], bool]) -> Callable[[str], bool]:
    """A choice of paths as a function: a pattern (`*.kernel`, `encoder.*`; several with `|` between), or a function already.

    >>> [*map(chooser("*.kernel|head.*"), ("0.dense.kernel", "0.dense.bias", "head.bias"))]
    [True, False, True]
    """
    if callable(where):
        return where
    if not isinstance(where, str):
        raise TypingError(f"a choice of parameters is a pattern of paths such as '*kernel', or a function, got {where!r}.")
    return lambda path: any(fnmatchcase(path, pattern) for pattern in where.split("|"))


def checked_label(label: str) -> str:
    """The label, if it can stand in a path. Raises NamingError otherwise."""
    if not isinstance(label, str) or not label or "." in label or label.isdigit() or not label.isprintable():
        raise NamingError(
            f"{label!r} can't be a name: paths are dotted (`encoder.0.dense.kernel`), so write letters, without dots."
        )
    return label
