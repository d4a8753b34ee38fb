"""Diagrams of equivariant maps as positioned pictures: two rows of points, the domain above, and a strand for each block."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

from catlearn.draw.scene import Curve, Label, Mark, Place, Scene, Sign, moved, scene, text_width
from catlearn.equivariant.notation import NAMES

STEP, HEIGHT, COLOURS = 40.0, 96.0, 6


class Points:
    """Where the points of a diagram lie, and what else goes beside the rows."""

    def __init__(self, d: Any) -> None:
        self.diagram = d

    def point(self, x: int) -> Place:
        """A point, numbered as in blocks: the codomain's first."""
        return (x * STEP, HEIGHT) if x < self.diagram.cod else ((x - self.diagram.cod) * STEP, 0.0)

    def beside(self, i: int) -> Place:
        """The i-th place to the right of the rows."""
        return STEP * (max(self.diagram.dom, self.diagram.cod, 1) + i), HEIGHT / 2

    def hub(self, block: tuple[int, ...]) -> Place:
        """Where edges meet a block: off one of its points, towards the middle."""
        x, y = self.point(block[-1])
        return x, y + (14 if y == 0 else -14)


def strands(d: Any) -> Scene:
    """The picture of a diagram `k → l`. Legs of ε are dashed, edges of a graph thick and grey, loops are rings.

    >>> from catlearn.equivariant import partition
    >>> len([m for m in strands(partition("12|3", "1|2")).marks if isinstance(m, Curve)])
    3
    """
    return scene(_marks(d), f"{d!r}, a diagram from {d.dom} to {d.cod} points")


def summed(c: Any) -> Scene:
    """The picture of a sum of diagrams: each with its coefficient before it."""
    marks: list[Mark] = []
    x = 0.0
    for k, (coefficient, d) in enumerate(c.terms):
        text = _coefficient(coefficient, k == 0)
        if text:
            marks.append(Label(x, HEIGHT / 2 + 5, text, 14, "note"))
            x += text_width(text, 14) + 14
        one = _marks(d)
        left, right = min(m.bounds[0] for m in one), max(m.bounds[2] for m in one)
        marks += moved(one, x - left, 0)
        x += right - left + 14
    if not c.terms:
        marks.append(Label(0, HEIGHT / 2 + 5, "0", 14, "note"))
    return scene(marks, f"{c!r}, a sum of diagrams from {c.dom} to {c.cod} points")


def _coefficient(c: Any, first: bool) -> str:
    sign, size = ("−" if c < 0 else "" if first else "+"), abs(c)
    return " ".join(filter(None, (sign, "" if size == 1 else str(size))))


def _marks(d: Any) -> list[Mark]:
    at = Points(d)
    marks = [mark for i, block in enumerate(d.blocks) for mark in _block(at, i, block)]
    marks += [*_edges(at), *_legs(at), *_loops(at)]
    for i, block in enumerate(d.blocks):
        for x in block:
            px, py = at.point(x)
            number = x if x < d.cod else x - d.cod
            name = NAMES[number] if number < len(NAMES) else str(number + 1)
            marks += [Sign(px, py, f"dot{i % COLOURS}"), Label(px, py + (20 if x < d.cod else -11), name, 11, "type", True)]
    return marks or [Label(0, 0, "the empty diagram", 11, "note")]


def _block(at: Points, i: int, block: tuple[int, ...]) -> list[Mark]:
    """Arcs between neighbours of a row, and a strand between the rows where they are nearest."""
    cod, look = at.diagram.cod, f"block{i % COLOURS}"
    rows = [x for x in block if x < cod], [x for x in block if x >= cod]
    marks: list[Mark] = [_arc(at.point(a), at.point(b), look) for row in rows for a, b in pairwise(row)]
    if all(rows):
        a, b = min(product(*rows), key=lambda pair: (abs(at.point(pair[0])[0] - at.point(pair[1])[0]), pair))
        marks.append(Curve((at.point(a), at.point(b)), look, upright=True))
    return marks


def _arc(a: Place, b: Place, look: str) -> Curve:
    bend = min(HEIGHT * 0.42, 14 + abs(a[0] - b[0]) * 0.3)
    return Curve((a, b), look, sag=bend if a[1] == 0 else -bend)


def _legs(at: Points) -> list[Mark]:
    """The determinant: ε beside the rows, and a dashed leg to each marked block."""
    marked = getattr(at.diagram, "marked", ())
    if not marked:
        return []
    x, y = at.beside(0)
    ends = [at.point(block[0]) for block in marked] + [(x + 8, y + 30)] * at.diagram.hidden
    return [*(Curve(((x, y), end), "leg", cornered=True) for end in ends), Sign(x, y, "epsilon")]


def _edges(at: Points) -> list[Mark]:
    """The edges of a bilabelled graph, between its blocks and its inner vertices."""
    d = at.diagram
    hubs = [at.hub(block) for block in d.blocks]
    places = hubs + [at.beside(i) for i in range(getattr(d, "inner", 0))]
    edges = [(places[u], places[v]) for u, v in getattr(d, "edges", ())]
    if not edges:
        return []
    ends = [(at.point(block[-1]), hub) for block, hub in zip(d.blocks, hubs, strict=True)]
    lines: list[Mark] = [Curve(pair, "edge", cornered=True) for pair in (*ends, *edges) if pair[0] != pair[1]]
    rings: list[Mark] = [Sign(a[0], a[1] + 8, "selfloop") for a, b in edges if a == b]
    return [*lines, *rings, *(Sign(x, y, "vertex") for x, y in places)]


def _loops(at: Points) -> list[Mark]:
    d = at.diagram
    if not d.loops:
        return []
    x, y = at.beside(getattr(d, "inner", 0) + bool(getattr(d, "marked", ())))
    return [Sign(x - 6, y, "ring", "a loop: a scalar"), Label(x + 6, y + 4, f"×{d.loops}", 11, "note")]
