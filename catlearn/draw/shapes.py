"""The shape of a box: how large it is, where its wires come and go, and the marks that it is drawn with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from catlearn.core.wires import Object
from catlearn.draw.net import Node
from catlearn.draw.scene import Curve, Label, Mark, Rectangle, Sign, moved, strand, text_width
from catlearn.draw.wires import SIDE_BY_SIDE, is_lens, parameter_text, strands

PITCH, LEAST, BETWEEN, PORTS = 18.0, 28.0, 18.0, 10  # between wires, of a box, between the halves of a lens; most wires apart
STUB, FIRST, STEP = 13.0, 12.0, 15.0  # of parameters: the height of a line, where the first stands, and each next one
SIDE = 14.0  # for each change of a parameter that leaves a lens
FRAME, TITLE = 12.0, 18.0


@dataclass(frozen=True)
class Port:
    """Where a wire meets a box: forward, and back, in pixels from its beginning."""

    forward: float | None
    back: float | None = None

    @property
    def middle(self) -> float:
        both = [at for at in (self.forward, self.back) if at is not None]
        return sum(both) / len(both) if both else 0.0

    def moved(self, by: float) -> Port:
        return Port(*(None if at is None else at + by for at in (self.forward, self.back)))


@dataclass(frozen=True)
class Shape:
    """A box from (0, 0) on: `head` is how far something stands above it, `foot` below, and `reach` to the right of x = 0."""

    width: float
    height: float
    ins: tuple[Port, ...]
    outs: tuple[Port, ...]
    tops: tuple[Port, ...]
    marks: tuple[Mark, ...]
    head: float = 0.0
    foot: float = 0.0
    reach: float = 0.0


def beside(wire: Any, middle: float, apart: float) -> Port:
    """The strands of a wire about its middle, forward before what comes back; an only one in the middle."""
    forward, back = strands(wire)
    apart = apart if forward and back else 0.0
    return Port(middle - apart if forward else None, middle + apart if back else None)


def spread(A: Object, forward: Callable[[int, int], float], back: Callable[[int, int], float]) -> tuple[Port, ...]:
    """A port for each wire: `forward(i, n)` and `back(i, n)` place the i-th of n strands."""
    ways = [strands(wire) for wire in A.wires]
    counts = [sum(way[k] for way in ways) for k in range(2)]
    seen, ports = [0, 0], []
    for way in ways:
        at = [place(seen[k], counts[k]) if way[k] else None for k, place in enumerate((forward, back))]
        seen = [seen[k] + way[k] for k in range(2)]
        ports.append(Port(*at))
    return tuple(ports)


def centred(begin: float, size: float, pitch: float = PITCH) -> Callable[[int, int], float]:
    """Places for n strands about the middle of a side; too many of them are one."""
    middle = begin + size / 2
    return lambda i, n: middle if n > PORTS else middle + (i - (n - 1) / 2) * min(pitch, size / max(n, 1))


def room(*counts: int) -> float:
    """How long a side has to be for so many wires."""
    return max(LEAST, *(PITCH * (count if count <= PORTS else 1) + 8 for count in counts))


def counted(A: Object) -> tuple[int, int]:
    """How many strands go forward, and how many come back."""
    ways = [strands(wire) for wire in A.wires]
    return sum(way[0] for way in ways), sum(way[1] for way in ways)


# boxes from left to right


def box_shape(node: Node, stubs: Sequence[bool]) -> Shape:
    """The shape of a box that is not open. `stubs` are the parameters that come from nowhere else."""
    if node.look == "context":
        return _context(node)
    width = max(text_width(node.title) + 18, 2 * FIRST + STEP * _apart(len(node.param)))
    lens = is_lens(node.dom @ node.cod @ node.param)
    shape = _lens(node, width) if lens else _plain(node, width)
    return with_stubs(shape, node, stubs)


def _plain(node: Node, width: float) -> Shape:
    height = room(len(node.dom), len(node.cod))
    place = centred(0, height)
    marks: list[Mark] = [Rectangle(0, 0, width, height, node.look, node.about)]
    marks += [Label(width / 2, height / 2 + 4, node.title, 11, "title", True)]
    ins, outs = (spread(A, place, place) for A in (node.dom, node.cod))
    return Shape(width, height, ins, outs, _tops(node.param, width), tuple(marks))


def _tops(P: Object, right: float) -> tuple[Port, ...]:
    """Parameters arrive from the left on, and what comes back of them leaves at the right."""
    forward = lambda i, n: FIRST + (STEP * i if n <= SIDE_BY_SIDE else 0)  # noqa: E731
    return spread(P, forward, lambda i, n: right + SIDE * (i + 0.5 if n <= SIDE_BY_SIDE else 0.5))


def _apart(n: int) -> int:
    return n - 1 if n <= SIDE_BY_SIDE else 0


def halves(node: Node) -> tuple[str, str]:
    """What is written on the two halves of a lens."""
    if node.look == "marked":  # nothing goes through: two objects that differ
        return node.title, node.title
    return (node.title, f"R[{node.title}]") if node.look != "lens" else (f"{node.title} get", f"{node.title} put")


def _lens(node: Node, width: float) -> Shape:
    """Forward above, back below, and dots for what is kept between."""
    upper, lower = halves(node)
    looks = ("marked", "marked") if node.look == "marked" else ("upper", "lower")
    n, m, back = counted(node.dom), counted(node.cod), counted(node.param)[1]
    width = max(width, text_width(lower) + 18)
    wide = width + SIDE * (back if back <= SIDE_BY_SIDE else 1)
    above = room(n[0], m[0])
    below = room(n[1], m[1])
    second = above + BETWEEN
    marks: list[Mark] = [
        Rectangle(0, 0, width, above, looks[0], node.about),
        Label(width / 2, above / 2 + 4, upper, 11, "title", True),
    ]
    if n[1] or m[1] or back:
        marks += [Rectangle(0, second, wide, below, looks[1], node.about)]
        marks += [Label(wide / 2, second + below / 2 + 4, lower, 11, "title", True)]
        kept = Curve(((width / 2, above), (width / 2, second)), "residual", True, True, "what is kept for the way back")
        marks += [kept] if node.look != "marked" else []
    else:
        second, below, wide = above, 0.0, width
    ins, outs = (spread(A, centred(0, above), centred(second, below)) for A in (node.dom, node.cod))
    tops = _tops(node.param, width)
    marks += [Curve(((width, p.forward), (wide, p.forward)), "data") for p in outs if p.forward is not None and wide > width]
    marks += [Curve(((t.back, second), (t.back, 0)), "back", True) for t in tops if t.back is not None]
    return Shape(wide, second + below, ins, outs, tops, tuple(marks))


def _context(node: Node) -> Shape:
    width = text_width(node.title, 10) + 26
    marks = (Sign(8, LEAST / 2, "context", node.about), Label(18, LEAST / 2 - 4, node.title, 10, "context"))
    return Shape(
        width,
        LEAST,
        (),
        spread(node.cod, centred(0, LEAST), centred(0, LEAST)),
        (),
        (*marks, Curve(((8, LEAST / 2), (width, LEAST / 2)), "context")),
    )


# what comes from above and below


def with_stubs(shape: Shape, node: Node, stubs: Sequence[bool]) -> Shape:
    """The shape with a line and a name for each parameter, and for each context that is read."""
    marks, head, reach = [*shape.marks], 0.0, 0.0
    free = [i for i, stub in enumerate(stubs) if stub]
    bundled = len(node.param) > SIDE_BY_SIDE
    lines = _stub_lines(node.param, shape.tops, free, bundled)
    for k, (x, text, about, back) in enumerate(lines):
        top = -STUB * (len(lines) - k) - 2
        marks += [_stub(x, top, back, about), Label(x + 5, top + 7, text, 9.5, "parameter", about=about)]
        marks += [] if back else [Sign(x, top, "end", about)]
        head, reach = max(head, -top + 8), max(reach, x + 5 + text_width(text, 9.5) + 4)
    if len(free) < len(stubs):
        head = max(head, 20.0)
    foot, bottom = 0.0, shape.height
    for k, name in enumerate(node.reads):
        x, y = FIRST + STEP * k, bottom + 12 + 13 * (len(node.reads) - 1 - k)
        marks += [
            Curve(((x, y), (x, bottom)), "context", True),
            Sign(x, y, "context", name),
            Label(x + 8, y + 4, name, 9.5, "context"),
        ]
        foot, reach = max(foot, y - bottom + 8), max(reach, x + 8 + text_width(name, 9.5) + 4)
    return replace(shape, marks=tuple(marks), head=head, foot=foot, reach=max(reach, shape.width))


def _stub(x: float, top: float, back: bool, about: str) -> Curve:
    return strand(((x, top), (x, 0.0)), back, "parameter", about, upright=True)


def _stub_lines(P: Object, tops: Sequence[Port], free: Sequence[int], bundled: bool) -> list[tuple[float, str, str, bool]]:
    if bundled and free:
        text, x = f"{len(free)} wires, {P.size:,} numbers", tops[free[0]].forward
        about = ", ".join(parameter_text(P.wires[i]) for i in free[:40])
        lines = [(x, text, about, False)] if x is not None else []
        back = next((tops[i].back for i in free if tops[i].back is not None), None)
        return lines + ([(back, "changes", about, True)] if back is not None else [])
    forward = [(tops[i].forward, parameter_text(P.wires[i]), repr(P.wires[i]), False) for i in free]
    back = [(tops[i].back, f"{P.wires[i].label or 'change'}′", repr(P.wires[i]), True) for i in free]
    return [line for line in (*forward, *back) if line[0] is not None]  # type: ignore[misc]


# open boxes


def frame_shape(node: Node, inner: Any, stubs: Sequence[bool]) -> Shape:
    """An open box around its picture: wires go through the frame where the picture's ends are."""
    title = node.title or f"× {node.times}"
    width = max(inner.width + 2 * FRAME, text_width(title, 10) + 16)
    left, top, right = (width - inner.width) / 2, TITLE + 2, (width + inner.width) / 2
    height = top + inner.height + FRAME / 2 + (12 + 10.0 * node.fed if node.fed else 0)
    marks: list[Mark] = [Rectangle(0, 0, width, height, opened_look(node), node.about)]
    marks += moved(inner.marks, left, top)
    ins, outs = (tuple(port.moved(top) for port in ports) for ports in (inner.ins, inner.outs))
    if len(ins) == len(node.dom) and len(outs) == len(node.cod):
        marks += through(ins, 0, left) + through(outs, right, width)
        marks += _fed_back(node.fed, ins, outs, left, right, height)
    else:
        ins, outs = (spread(A, centred(0, height), centred(0, height)) for A in (node.dom, node.cod))
    given = _tops(node.param, width - SIDE * 4)
    raised = {i: port.moved(left) for i, port in inner.tops.items()} if inner.params == len(node.param) else {}
    ups = [(x, look) for p in raised.values() for x, look in ((p.forward, "parameter"), (p.back, "back")) if x is not None]
    marks += [Curve(((x, 0), (x, top)), look, True) for x, look in ups]
    tops = tuple(raised.get(i, port) for i, port in enumerate(given))
    places = [7.0, *(x + 5 for x, _ in sorted(ups))]
    at = next((x for x in places if not any(x < other < x + text_width(title, 10) for other, _ in ups)), 7.0)
    marks += [Label(at, 12, title, 10, "name", about=node.about)]
    return Shape(
        max(width, at + text_width(title, 10) + 6), height, ins, outs, tops, tuple(marks), 6.0 if all(stubs) else 20.0, 0.0, width
    )


def opened_look(node: Node) -> str:
    """How a box looks that is open."""
    return "open" if node.look == "composite" else node.look


def through(ports: Sequence[Port], a: float, b: float) -> list[Mark]:
    """Wires on to a border, level, where it is any distance away."""
    ends = [(y, back) for port in ports for y, back in ((port.forward, False), (port.back, True)) if y is not None]
    return [replace(strand(((a, y), (b, y)), back), arrow=False) for y, back in ends] if b - a >= 0.5 else []


def _fed_back(n: int, ins: Sequence[Port], outs: Sequence[Port], left: float, right: float, bottom: float) -> list[Mark]:
    """Wires that go back below the picture, from its last ends to its last beginnings."""
    marks: list[Mark] = []
    for k in range(n):
        a, b, low = outs[len(outs) - n + k], ins[len(ins) - n + k], bottom - 8 - 10 * k
        out, into = right + 4 + 3 * (k % 3), left - 4 - 3 * (k % 3)
        for end, begin, look in ((a.forward, b.forward, "feedback"), (a.back, b.back, "back")):
            if end is None or begin is None:
                continue
            points = ((out, end), (out, low), (into, low), (into, begin), (left + 2, begin))
            marks.append(
                Curve(points if look == "feedback" else points[::-1][1:], look, arrow=True, cornered=True, about="fed back")
            )
    return marks
