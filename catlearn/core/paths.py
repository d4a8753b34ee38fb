"""Paths: a readable and unique name for every parameter wire, such as `encoder.0.dense.kernel`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from catlearn.core.errors import NamingError
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

    An unnamed composite that alone holds all the parameters adds no segment, so `residual(f)` reads as f does.
    """
    labels = Counter(part.label for part in parts)
    holders = sum(bool(part.param.wires) for part in parts)
    return [_segment(i, part, labels, alone=holders == 1) for i, part in enumerate(parts)]


def _segment(i: int, part: Any, labels: Counter, alone: bool) -> str:
    if part.label and labels[part.label] == 1:
        return part.label
    if part.name is None and part.children and alone:
        return ""
    return f"{i}.{part.name}" if part.name else str(i)


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
    return lambda path: any(fnmatchcase(path, pattern) for pattern in where.split("|"))


def checked_label(label: str) -> str:
    """The label, if it can stand in a path. Raises NamingError otherwise."""
    if not isinstance(label, str) or not label or "." in label or label.isdigit() or not label.isprintable():
        raise NamingError(
            f"{label!r} can't be a name: paths are dotted (`encoder.0.dense.kernel`), so write letters, without dots."
        )
    return label
