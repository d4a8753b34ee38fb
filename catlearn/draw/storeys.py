"""What stands above a picture: the arrows that parameters are pulled back along, from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from catlearn.draw.bundles import Bundle
from catlearn.draw.layers import Edge, Item, Layers
from catlearn.draw.level import LANE, Laid, Level
from catlearn.draw.net import PARAMETER, Node, Source
from catlearn.draw.scene import Curve, Label, Mark, Place, Rectangle, Sign, moved, strand, text_width
from catlearn.draw.shapes import BETWEEN, LEAST, PITCH, Port, Shape, beside, centred, counted, halves, spread, through
from catlearn.draw.wires import about_wire, is_lens, parameter_text

SPACE, AWAY = 26.0, 6.0  # between rows; of the strands of a wire from its middle
ELBOW = 20.0  # for a wire to come in from aside


@dataclass(frozen=True)
class Landing:
    """Where a wire from above ends: on a box, by the way of `aside` where another box is in between."""

    ends: Port
    y: float
    aside: Port


class Upper:
    """The upper storey of a picture, in layers from its parameters down to the boxes below."""

    def __init__(self, level: Level, below: Laid) -> None:
        self.level, self.below, self.feeds, self.net = level, below, level.feeds, level.net
        self.nodes = [i for i, node in enumerate(self.net.nodes) if node.above]
        self.shapes = {i: upright_shape(self.net.nodes[i]) for i in self.nodes}
        self.landings = {(i, k): landing for i, k, landing in self._landings()}
        self._rank()
        self._build()

    def _landings(self) -> Iterator[tuple[int, int, Landing]]:
        level, shift, lanes = self.level, self.level.shifts[0], dict[int, int]()
        for i in self.feeds.level:
            x, y = level.corner(i)
            layer, shape = level.plan.rank[i], level.shapes[i]
            hidden = level.is_hidden(i)
            for k, source in enumerate(self.feeds.tops(i)):
                if self.feeds.is_stub(source):
                    continue
                port = shape.tops[k].moved(x)
                aside = port
                if hidden:
                    at = level.left[layer] - 8 - LANE * lanes.get(layer, 0)
                    lanes[layer] = lanes.get(layer, 0) + 1
                    aside = Port(at if port.forward is not None else None, at - 6 if port.back is not None else None)
                yield i, k, Landing(port, y + shift, aside)

    def _rank(self) -> None:
        depth: dict[int, int] = {}
        for i in reversed(self.nodes):
            fed = [t for k in range(len(self.net.nodes[i].cod)) for t, _ in self.feeds.ends.get((i, k), ()) if t in self.shapes]
            depth[i] = 1 + max((depth.get(t, 0) for t in fed), default=0)
        self.last = 1 + max(depth.values(), default=0)
        self.rank = {i: self.last - depth[i] for i in self.nodes}

    def _build(self) -> None:
        net = self.net
        used = {source for i in self.nodes for source in net.links[i]} | {self.feeds.tops(i)[k] for i, k in self.landings}
        loose = {(PARAMETER, k) for k in range(len(net.param))} - set(self.feeds.ends)
        self.params = sorted(s for s in used | loose if s[0] == PARAMETER)
        self.items: list[Item] = []
        self.item: dict[Source, int] = {}
        self.points: dict[tuple[Source, int], int] = {}
        self.ports: dict[tuple[int, int], int] = {}
        for source in self.params:
            self.item[source] = self._add(Item(0, 16.0, (), (8.0,)))
        for i in self.nodes:
            shape = self.shapes[i]
            ins, outs = ([port.middle for port in ports] for ports in (shape.ins, shape.outs))
            self.item[(i, -1)] = self._add(Item(self.rank[i], shape.width, ins, outs))
        for at, landing in sorted(self.landings.items(), key=lambda pair: pair[1].aside.middle):
            self.ports[at] = self._add(Item(self.last, 0.0, (0.0,), (), True, landing.aside.middle))
        self.edges: list[Edge] = []
        self.sources = [*self.params, *((i, k) for i in self.nodes for k in range(len(net.nodes[i].cod)))]
        for source in self.sources:
            self._way(source)
        self.x = Layers(self.items, self.edges, 16.0).place()
        for at, item in self.ports.items():
            self.x[item] = self.landings[at].aside.middle
        self._rows()

    def _add(self, item: Item) -> int:
        self.items.append(item)
        return len(self.items) - 1

    def goals(self, source: Source) -> list[tuple[int, int, int]]:
        """Where a wire goes: `(layer, node, which of its wires)`, boxes below as the last layer."""
        goals = []
        for node, wire in self.feeds.ends.get(source, ()):
            if node in self.shapes:
                goals.append((self.rank[node], node, wire))
            elif node < len(self.net.nodes):
                goals.append((self.last, node, wire - len(self.net.nodes[node].dom)))
        return sorted(goals)

    def _way(self, source: Source) -> None:
        node, k = source
        at, port, reached = (self.item[source], 0, 0) if node == PARAMETER else (self.item[(node, -1)], k, self.rank[node])
        for layer, goal, wire in self.goals(source):
            while reached < layer - 1:
                reached += 1
                point = self._add(Item(reached, 12.0, (6.0,), (6.0,)))
                self.edges.append((at, port, point, 0))
                self.points[(source, reached)] = point
                at, port = point, 0
            end = (self.item[(goal, -1)], wire) if goal in self.shapes else (self.ports[(goal, wire)], 0)
            self.edges.append((at, port, end[0], end[1]))

    # places

    def _rows(self) -> None:
        """Where each layer begins and ends, from top to bottom."""
        named = [source for source in self.params if source[1] not in self.feeds.exposed]
        self.levels = self._levels(named)
        self.top = 13.0 * (1 + max(self.levels.values())) + 6 if named else 0.0
        quiet = not self.nodes and not named
        y, self.y = self.top, [(self.top, self.top)]
        for layer in range(1, self.last):
            tall = max((self.shapes[i].height for i in self.nodes if self.rank[i] == layer), default=0.0)
            y += SPACE
            self.y.append((y, y + tall))
            y += tall
        self.base = y + (0.0 if quiet else SPACE)
        self.y.append((self.base, self.base))

    def _levels(self, named: list[Source]) -> dict[Source, int]:
        """How high the name of each parameter stands, so that none is written over another."""
        levels: dict[Source, int] = {}
        order = sorted(named, key=lambda source: self.x[self.item[source]], reverse=True)
        for k, source in enumerate(order):
            end = self.x[self.item[source]] + 16 + text_width(parameter_text(self.net.param.wires[source[1]]), 9.5)
            levels[source] = next((levels[o] + 1 for o in reversed(order[:k]) if self.x[self.item[o]] < end), 0)
        return levels

    def _both(self, x: float, source: Source) -> Port:
        return beside(self.feeds.wire(source), x, AWAY)

    def start(self, source: Source) -> Port:
        node, k = source
        if node != PARAMETER:
            return self.shapes[node].outs[k].moved(self.x[self.item[(node, -1)]])
        goals = self.goals(source)
        if not self.nodes and len(goals) == 1:
            return self.landings[goals[0][1:]].aside
        return self._both(self.x[self.item[source]] + 8, source)

    # marks

    def laid(self) -> Laid:
        marks: list[Mark] = []
        for i in self.nodes:
            marks += moved(self.shapes[i].marks, self.x[self.item[(i, -1)]], self.y[self.rank[i]][0])
        for source in self.sources:
            marks += self._wire_marks(source)
        below, dy = self.below, self.base
        tops = {k: self.start((PARAMETER, k)) for k in self.feeds.exposed}
        left = min([0.0, *(mark.bounds[0] for mark in marks)])
        right = max([below.width, *(mark.bounds[2] for mark in marks)])
        whole = moved([*moved(below.marks, 0, dy), *marks], -left, 0)
        ins, outs = (tuple(port.moved(dy) for port in ports) for ports in (below.ins, below.outs))
        whole += through(ins, 0, -left) + through(outs, below.width - left, right - left)
        tops = {k: port.moved(-left) for k, port in tops.items()}
        return replace(below, marks=tuple(whole), width=right - left, height=below.height + dy, ins=ins, outs=outs, tops=tops)

    def _wire_marks(self, source: Source) -> Iterator[Mark]:
        node = source[0]
        layer = 0 if node == PARAMETER else self.rank[node]
        port, about, look = self.start(source), about_wire(self.feeds.wire(source)), self.look(source)
        goals = self.goals(source)
        y = self.y[layer][1]
        if source in self.levels:
            yield from self._named(source, port, look)
        if not goals:
            for x, sign in ((port.forward, "discard"), (port.back, "zero")):
                if x is not None:
                    yield Curve(((x, y), (x, y + 10)), look, True)
                    yield Sign(x, y + 10, sign, about)
            return
        last = goals[-1][0]
        for at in range(layer, last):
            ends = [self._goal(goal, wire) for where, goal, wire in goals if where == at + 1]
            on = at + 1 < last
            if on:
                x = self.x[self.points[(source, at + 1)]] + 6
                passed = self._both(x, source)
                ends.append([(passed, self.y[at + 1][0]), (passed, self.y[at + 1][1])])
            yield from self._hop(port, y, ends, look, about)
            yield from self._numbers(source, ends[: len(ends) - on])
            if on:
                port, y = passed, self.y[at + 1][1]

    def _hop(self, port: Port, y: float, ends: list[list[tuple[Port, float]]], look: str, about: str) -> Iterator[Mark]:
        branch = y + 7 if len(ends) > 1 else y
        for way in ends:
            for name in ("forward", "back"):
                begin = getattr(port, name)
                places: list[Place] = [(x, at) for p, at in way if (x := getattr(p, name)) is not None]
                if begin is None or not places:
                    continue
                points = ((begin, y), (begin, branch), *places) if branch > y else ((begin, y), *places)
                back = name == "back"
                yield strand(points, back, look, about, upright=True)
        for x, sign in ((port.forward, "copy"), (port.back, "sum")):
            if len(ends) > 1 and x is not None:
                yield Sign(x, branch, sign, about)

    def _numbers(self, source: Source, ends: list[list[tuple[Port, float]]]) -> Iterator[Mark]:
        """How many wires a bundle is, where it comes down."""
        wire = self.feeds.wire(source)
        for port, y in (way[-1] for way in ends if isinstance(wire, Bundle)):
            if port.forward is not None:
                yield Sign(port.forward, y - 8, "many", about_wire(wire))
                yield Label(port.forward + 6, y - 6, str(len(wire.wires)), 9.5, "type")

    def _goal(self, node: int, wire: int) -> list[tuple[Port, float]]:
        if node in self.shapes:
            return [(self.shapes[node].ins[wire].moved(self.x[self.item[(node, -1)]]), self.y[self.rank[node]][0])]
        landing = self.landings[(node, wire)]
        first = (landing.aside, self.base)
        if landing.aside == landing.ends:
            return [first, (landing.ends, landing.y + self.base)]
        return [first, (landing.aside, landing.y + self.base - ELBOW), (landing.ends, landing.y + self.base)]

    def _named(self, source: Source, port: Port, look: str) -> Iterator[Mark]:
        """The name of a parameter that comes in at the top, and its line down to there."""
        wire = self.net.param.wires[source[1]]
        about, text = about_wire(wire), parameter_text(wire)
        y = self.top - 13.0 * self.levels[source] - 6
        right = max(x for x in (port.forward, port.back) if x is not None)
        yield Label(right + 5, y + 5, text, 9.5, "parameter", about=about)
        if port.forward is not None:
            yield Curve(((port.forward, y), (port.forward, self.top)), look, True, about=about)
            yield Sign(port.forward, y, "end", about)
        if port.back is not None:
            yield Curve(((port.back, self.top), (port.back, y - 3)), "back", True, True, about)

    def look(self, source: Source) -> str:
        """Wires of parameters; those that an optimiser keeps its state on look otherwise."""
        kept = [node for node, _ in self.feeds.ends.get(source, ()) if node < len(self.net.nodes) and self.net.nodes[node].states]
        return "state" if source[0] == PARAMETER and kept else "parameter"


def upright_shape(node: Node) -> Shape:
    """A box above: its wires come from the top and go to the bottom; of a lens the way back is the right half."""
    counts = max(counted(node.dom)[0], counted(node.cod)[0]), max(counted(node.dom)[1], counted(node.cod)[1])
    wide = [16.0 + PITCH * (n if n <= 24 else 1) for n in counts]
    place = lambda begin, size: lambda i, n: begin + size / 2 + ((i - (n - 1) / 2) * PITCH if n <= 24 else 0)  # noqa: E731
    if not is_lens(node.dom @ node.cod):
        width = max(text_width(node.title) + 18, wide[0])
        ins, outs = (spread(A, place(0, width), centred(0, width)) for A in (node.dom, node.cod))
        look = "composite" if node.inside is not None else "box"
        marks = (Rectangle(0, 0, width, LEAST, look, node.about), Label(width / 2, LEAST / 2 + 4, node.title, 11, "title", True))
        return Shape(width, LEAST, ins, outs, (), marks)
    return _upright_lens(node, wide, place)


def _upright_lens(node: Node, wide: list[float], place: Any) -> Shape:
    titles = halves(node)
    left, right = (max(text_width(title) + 18, w) for title, w in zip(titles, wide, strict=True))
    begin = left + BETWEEN
    ins, outs = (spread(A, place(0, left), place(begin, right)) for A in (node.dom, node.cod))
    y = LEAST / 2
    marks: tuple[Mark, ...] = (
        Rectangle(0, 0, left, LEAST, "upper", node.about),
        Label(left / 2, y + 4, titles[0], 11, "title", True),
        Rectangle(begin, 0, right, LEAST, "lower", node.about),
        Label(begin + right / 2, y + 4, titles[1], 11, "title", True),
        Curve(((left, y), (begin, y)), "residual", False, True, "what is kept for the way back"),
    )
    return Shape(begin + right, LEAST, ins, outs, (), marks)
