"""What a diagram's parameters are called, how they begin, and how to list them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import jax

from catlearn.core.diagram import Box, Diagram, Par, Reparameterised, Seq, Wiring
from catlearn.core.errors import TypingError
from catlearn.core.functor import fold
from catlearn.core.paths import segments
from catlearn.core.shown import table_html
from catlearn.core.text import short
from catlearn.core.track import copies
from catlearn.core.values import values_of
from catlearn.core.wires import Object

Initialiser = Callable[[jax.Array], tuple]


def initialise(diagram: Diagram, param: Object, key: jax.Array) -> tuple[Any, ...]:
    """Initial parameters: a value for each wire of `param`. Every box gets a key of its own, an only one the key itself.

    Raises TypingError where a 2-cell's initial parameters can't be found, and ArgumentError where an initialiser gives
    values of another type.
    """
    values = _drawn(diagram, key)
    return values_of(param, values, f"the initialiser of {short(diagram)}", "parameters")


def _drawn(diagram: Diagram, key: jax.Array) -> tuple[Any, ...]:
    draws = fold(_Initialisers(), diagram)
    keys = jax.random.split(key, len(draws)) if len(draws) > 1 else [key] * len(draws)
    return tuple(chain.from_iterable(draw(k) for draw, k in zip(draws, keys, strict=True)))


def names(diagram: Diagram) -> tuple[str, ...]:
    """The path of each parameter wire, in order.

    >>> import catlearn as cl
    >>> cl.names(cl.R(3) >> cl.dense(4) >> cl.relu >> cl.dense(2).named("head"))
    ('0.dense.kernel', '0.dense.bias', 'head.kernel', 'head.bias')
    """
    return tuple(labelled(diagram.param, diagram.param.wires))


def by_name(diagram: Diagram, params: Sequence[Any]) -> dict[str, Any]:
    """The parameters as a dictionary from paths to values.

    >>> import catlearn as cl
    >>> by_name(cl.R(2) >> cl.bias(), (cl.R(2),))
    {'0': R(2)}
    """
    return labelled(diagram.param, params)


def labelled(A: Object, values: Sequence[Any]) -> dict[str, Any]:
    """A value for each wire of an object as a dictionary from labels to values; an only wire without one is `0`.

    >>> import catlearn as cl
    >>> labelled(cl.R(2).named("x") @ cl.R(3), (1, 2))
    {'x': 1, '0': 2}
    """
    return dict(zip((label or "0" for label in A.labels), values, strict=True))


@dataclass(frozen=True)
class _Initialisers:
    """The fold that collects one initialiser for each box that has parameters."""

    def box(self, node: Box) -> list[Initialiser]:
        if getattr(node.op, "body", None) is not None:
            return [*map(node.op.drawing, fold(self, node.op.body))]
        return [lambda key: node.op.initial(key, node.dom)] if node.param.wires else []

    def wiring(self, node: Wiring) -> list[Initialiser]:
        return []

    def seq(self, node: Seq, images: Sequence[list[Initialiser]]) -> list[Initialiser]:
        return list(chain.from_iterable(images))

    def par(self, node: Par, images: Sequence[list[Initialiser]]) -> list[Initialiser]:
        return list(chain.from_iterable(images))

    def reparameterised(self, node: Reparameterised, body: list[Initialiser], along: Any) -> list[Initialiser]:
        if not node.param.wires:
            return []
        return [node.initialiser or (lambda key: _section(node.along, _drawn(node.body, key)))]


def _section(along: Diagram, values: tuple) -> tuple:
    """Values of Q that `along : Q → P` sends to these values of P where it only copies; the first copy of each counts."""
    seen = copies(along).track(tuple(range(len(along.dom))))
    if set(range(len(along.dom))) - set(seen):
        raise TypingError(
            f"{short(along)} does not say how its own parameters begin; give `init` (key → values of {along.dom}): "
            "f.reparameterise(r, init=...)."
        )
    return tuple(values[seen.index(i)] for i in range(len(along.dom)))


# loops


def loops(diagram: Diagram) -> tuple[tuple[int, ...], ...]:
    """For each parameter wire, the lengths of the loops that it is cut up by: its leading axes that boxes do not see.

    >>> import catlearn as cl
    >>> loops(cl.R(2) >> cl.stack(3, cl.linear(2)) >> cl.bias())
    ((3,), ())
    """
    return tuple(fold(_Loops(), diagram))


class _Loops:
    """The fold that finds them. What a 2-cell computes anew is in no loop."""

    def box(self, node: Box) -> list[tuple[int, ...]]:
        if getattr(node.op, "body", None) is None:
            return [()] * len(node.param)
        return [(node.op.times,) * node.op.loops + inner for inner in fold(self, node.op.body)]

    def wiring(self, node: Wiring) -> list[tuple[int, ...]]:
        return []

    def seq(self, node: Seq, images: Sequence[list[tuple[int, ...]]]) -> list[tuple[int, ...]]:
        return list(chain.from_iterable(images))

    def par(self, node: Par, images: Sequence[list[tuple[int, ...]]]) -> list[tuple[int, ...]]:
        return list(chain.from_iterable(images))

    def reparameterised(self, node: Reparameterised, body: list[tuple[int, ...]], along: Any) -> list[tuple[int, ...]]:
        seen = copies(node.along).track(tuple(range(len(node.along.dom))))
        return [body[seen.index(i)] if i in seen else () for i in range(len(node.along.dom))]


# the table


@dataclass(frozen=True)
class Row:
    """A line of `describe`: a box or named composite, at its path."""

    path: str
    what: str
    cod: str
    param: str
    count: int

    def repeated(self, times: int) -> Row:
        param = f"{times} × {self.param}" if self.param and times > 1 else self.param
        return Row(self.path, self.what, self.cod, param, self.count * times)

    def under(self, segment: str) -> Row:
        return Row(".".join(filter(None, (segment, self.path))), self.what, self.cod, self.param, self.count)


def rows(diagram: Diagram) -> list[Row]:
    """A row for each box, in order, with its path, codomain and parameters."""
    return fold(_Rows(), diagram)


@dataclass(frozen=True)
class _Rows:
    def box(self, node: Box) -> list[Row]:
        if getattr(node.op, "body", None) is not None:
            times = getattr(node.op, "times", 1)
            what = node.op.around + (f" × {times}" if times > 1 else "")
            return [Row("", what, str(node.cod), "", 0), *(row.repeated(times) for row in fold(self, node.op.body))]
        return [Row("", repr(node.op), str(node.cod), _param_text(node), node.param.size)]

    def wiring(self, node: Wiring) -> list[Row]:
        return [Row("", node.code(), str(node.cod), "", 0)] if node.parts else []

    def _composite(self, node: Seq | Par, images: Sequence[list[Row]]) -> list[Row]:
        marks = segments(node.parts)
        return [row.under(mark) for mark, image in zip(marks, images, strict=True) for row in image]

    seq = par = _composite

    def reparameterised(self, node: Reparameterised, body: list[Row], along: list[Row]) -> list[Row]:
        what = f"reparameterised along {short(node.along)}"
        return [
            *(Row(row.path, row.what, row.cod, row.param, 0) for row in body),
            Row("", what, str(node.cod), _param_text(node), node.param.size),
        ]


def _param_text(node: Diagram) -> str:
    wires = node.param.wires
    shown = [" ".join(filter(None, (wire.label, wire.shape_text))) for wire in wires[:3]]
    return ", ".join(shown + [f"… {len(wires) - 3} more"] * (len(wires) > 3))


HEADS = ("path", "arrow", "codomain", "parameters", "count")


@dataclass(frozen=True)
class Table:
    """The table that `describe` gives: prints as text."""

    title: str
    lines: tuple[Row, ...]
    total: int
    bytes: int

    def _repr_html_(self) -> str:
        lines = [(r.path, r.what, r.cod, r.param, r.count) for r in self.lines]
        return table_html(self.title, HEADS, lines, f"{self.total:,} parameters, {self.bytes:,} bytes")

    def __repr__(self) -> str:
        cells = [HEADS, *((r.path, r.what, r.cod, r.param, f"{r.count:,}") for r in self.lines)]
        widths = [max(len(row[i]) for row in cells) for i in range(5)]
        ruled = [
            "  ".join(text.rjust(w) if i == 4 else text.ljust(w) for i, (text, w) in enumerate(zip(row, widths, strict=True)))
            for row in cells
        ]
        rule = "  ".join("─" * w for w in widths)
        return "\n".join([self.title, "", ruled[0], rule, *ruled[1:], rule, f"{self.total:,} parameters, {self.bytes:,} bytes"])


def describe(diagram: Diagram) -> Table:
    """The table of a model: each box with its path, codomain and parameters, and the totals.

    >>> import catlearn as cl
    >>> print(cl.describe(cl.R(3) >> cl.dense(2)))
    R(3) → R(2)
    <BLANKLINE>
    path    arrow      codomain  parameters  count
    ──────  ─────────  ────────  ──────────  ─────
    kernel  linear(2)  R(2)      (3, 2)          6
    bias    bias()     R(2)      (2,)            2
    ──────  ─────────  ────────  ──────────  ─────
    8 parameters, 32 bytes
    """
    lines = tuple(rows(diagram))
    return Table(f"{diagram.dom} → {diagram.cod}", lines, diagram.param.size, diagram.param.bytes)
