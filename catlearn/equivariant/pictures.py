"""Diagrams as pictures: SVG, and small text. The domain is the upper row, so that composites read downwards."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise, product
from typing import Any

from catlearn.equivariant.notation import NAMES

# of middling lightness, with a contrast of 3 or more to white and to black: pages are light or dark
COLOURS = ("#2f80c2", "#d2622a", "#2e9465", "#9a63c9", "#a87a12", "#c2528b")
GREY = "#808080"
STEP, TOP, HEIGHT, MARGIN = 40, 34, 96, 26

Place = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Where the points of a diagram lie, and a point for each vertex that edges or the legs of ε go to."""

    diagram: Any

    def point(self, x: int) -> Place:
        """A point, numbered as in blocks: the codomain's first."""
        d = self.diagram
        at, y = (x, TOP + HEIGHT) if x < d.cod else (x - d.cod, TOP)
        return MARGIN + at * STEP, y

    @property
    def width(self) -> int:
        d = self.diagram
        extra = getattr(d, "inner", 0) + bool(getattr(d, "marked", ())) + bool(d.loops)
        return 2 * MARGIN + STEP * (max(d.dom, d.cod, 1) - 1 + extra)

    @property
    def middle(self) -> int:
        return TOP + HEIGHT // 2

    def beside(self, i: int) -> Place:
        """The i-th place to the right of the rows."""
        return MARGIN + STEP * (max(self.diagram.dom, self.diagram.cod, 1) + i), self.middle


def svg(d: Any) -> str:
    """The text of an SVG of a diagram: two rows of dots, a curve for each strand, a colour for each block.

    Legs of ε are dashed, edges of a graph thick and grey. It has a role and a label, and reads on light and dark pages.
    """
    at = Layout(d)
    parts = [_block(at, i, block) for i, block in enumerate(d.blocks)]
    parts += _edges(at) + _legs(at) + _loops(at)
    parts += [_dot(at, x) for x in range(d.cod + d.dom)]
    height = 2 * TOP + HEIGHT
    label = escape(f"{d!r}, a diagram from {d.dom} to {d.cod} points", quote=True)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{at.width}" height="{height}" viewBox="0 0 {at.width} {height}" '
    return head + f'role="img" aria-label="{label}" font-family="sans-serif" font-size="11">' + "".join(parts) + "</svg>"


def _dot(at: Layout, x: int) -> str:
    px, py = at.point(x)
    name = x if x < at.diagram.cod else x - at.diagram.cod
    text = NAMES[name] if name < len(NAMES) else str(name + 1)
    ty = py + (20 if x < at.diagram.cod else -11)
    return (
        f'<circle class="point" cx="{px}" cy="{py}" r="4" fill="{_colour(at.diagram, x)}"/>'
        f'<text x="{px}" y="{ty}" text-anchor="middle" fill="{GREY}">{text}</text>'
    )


def _colour(d: Any, x: int) -> str:
    return COLOURS[next(i for i, block in enumerate(d.blocks) if x in block) % len(COLOURS)]


def _block(at: Layout, i: int, block: tuple[int, ...]) -> str:
    """Arcs between neighbours of a row, and a strand between the rows where they are nearest."""
    d = at.diagram
    rows = [x for x in block if x < d.cod], [x for x in block if x >= d.cod]
    pairs = [pair for row in rows for pair in pairwise(row)]
    across = lambda pair: (abs(at.point(pair[0])[0] - at.point(pair[1])[0]), pair)  # noqa: E731
    if all(rows):
        pairs.append(min(product(*rows), key=across))
    strokes = "".join(f'<path d="{_curve(at, a, b)}"/>' for a, b in pairs)
    return f'<g class="block" fill="none" stroke-width="2.5" stroke="{COLOURS[i % len(COLOURS)]}">{strokes}</g>'


def _curve(at: Layout, a: int, b: int) -> str:
    (ax, ay), (bx, by) = at.point(a), at.point(b)
    bend = min(HEIGHT * 0.42, 14 + abs(ax - bx) * 0.3) if ay == by else HEIGHT / 2
    down = lambda y: y + bend if y == TOP else y - bend  # noqa: E731
    return f"M{ax} {ay} C{ax} {down(ay):g} {bx} {down(by):g} {bx} {by}"


def _hub(at: Layout, block: tuple[int, ...]) -> Place:
    """Where edges and legs of ε meet a block: off one of its points, towards the middle."""
    x, y = at.point(block[-1])
    return x, y + (14 if y == TOP else -14)


def _legs(at: Layout) -> list[str]:
    """The determinant: an ellipse with ε beside the rows, and a dashed leg to each marked block."""
    marked = getattr(at.diagram, "marked", ())
    if not marked:
        return []
    x, y = at.beside(0)
    legs = [_line((x, y), at.point(block[0]), 'class="leg" stroke-dasharray="4 3" stroke-width="1.5"') for block in marked]
    legs += [_line((x, y), (x + 8, y + 30), 'class="leg" stroke-dasharray="4 3" stroke-width="1.5"')] * at.diagram.hidden
    body = f'<ellipse cx="{x}" cy="{y}" rx="13" ry="11" fill="{GREY}"/>'
    return [*legs, body, f'<text x="{x}" y="{y + 4}" text-anchor="middle" fill="#ffffff">ε</text>']


def _edges(at: Layout) -> list[str]:
    """The edges of a bilabelled graph, between its blocks and its inner vertices."""
    d = at.diagram
    inner = getattr(d, "inner", 0)
    places = [_hub(at, block) for block in d.blocks] + [at.beside(i) for i in range(inner)]
    lines = [_edge(places[u], places[v]) for u, v in getattr(d, "edges", ())]
    if not lines:
        return []
    tied = [_line(at.point(block[-1]), place, 'stroke-width="4"') for block, place in zip(d.blocks, places, strict=False)]
    return tied + lines + [f'<rect x="{x - 4}" y="{y - 4}" width="8" height="8" fill="{GREY}"/>' for x, y in places]


def _edge(a: Place, b: Place) -> str:
    if a == b:
        return f'<ellipse class="edge" cx="{a[0]}" cy="{a[1] + 8}" rx="6" ry="8" fill="none" stroke="{GREY}" stroke-width="4"/>'
    return _line(a, b, 'class="edge" stroke-width="4"')


def _line(a: Place, b: Place, style: str) -> str:
    return f'<line x1="{a[0]}" y1="{a[1]}" x2="{b[0]}" y2="{b[1]}" stroke="{GREY}" {style}/>'


def _loops(at: Layout) -> list[str]:
    d = at.diagram
    if not d.loops:
        return []
    x, y = at.beside(getattr(d, "inner", 0) + bool(getattr(d, "marked", ())))
    ring = f'<ellipse class="loop" cx="{x - 6}" cy="{y}" rx="8" ry="8" fill="none" stroke="{GREY}" stroke-width="2.5"/>'
    return [ring, f'<text x="{x + 6}" y="{y + 4}" fill="{GREY}">×{d.loops}</text>']


def ascii_text(d: Any) -> str:
    """A diagram as lines of text: under each point of the domain, and over each of the codomain, the letter of its block.

    Blocks that ε reads are in capitals. A last line tells edges and loops, if there are any.
    """
    letters = [_letter(i, block in getattr(d, "marked", ())) for i, block in enumerate(d.blocks)]
    letters += [_letter(i + len(d.blocks), False) for i in range(getattr(d, "inner", 0))]
    of = {x: letters[i] for i, block in enumerate(d.blocks) for x in block}
    width = max([1, *(len(letter) for letter in letters), len(str(max(d.dom, d.cod)))])
    above = [of[d.cod + x] for x in range(d.dom)]
    below = [of[x] for x in range(d.cod)]
    line = lambda words: " ".join(word.rjust(width) for word in words)  # noqa: E731
    names = lambda k: [str(x + 1) for x in range(k)]  # noqa: E731
    rows = [line(names(d.dom)), line(above), "-" * max(1, (width + 1) * max(d.dom, d.cod) - 1), line(below), line(names(d.cod))]
    notes = [f"edges {' '.join(letters[u] + letters[v] for u, v in d.edges)}"] if getattr(d, "edges", ()) else []
    return "\n".join([*rows, *notes, *([f"loops {d.loops}"] if d.loops else [])])


def _letter(i: int, marked: bool) -> str:
    letter = "abcdefghijklmnopqrstuvwxyz"[i % 26] + (str(i // 26) if i >= 26 else "")
    return letter.upper() if marked else letter
