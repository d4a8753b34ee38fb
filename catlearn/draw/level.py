"""The boxes and wires of a net at their places, from left to right, in one row or more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catlearn.draw.layers import Layers
from catlearn.draw.net import DOMAIN, Source
from catlearn.draw.plan import Plan
from catlearn.draw.scene import Label, Mark, Sign, moved, strand, text_width
from catlearn.draw.shapes import Port, through
from catlearn.draw.wires import about_wire, wire_text

BEND, LEAD = 30.0, 5.0  # room for a wire to bend; before what is written on it
GAP, ROWS, LANE = 14.0, 26.0, 12.0  # between boxes of a layer; between rows; between wires that come from above past a box


@dataclass(frozen=True)
class Laid:
    """A picture of a net whose wires end at x = 0 and x = width; `tops` are the places of parameters that come from outside."""

    marks: tuple[Mark, ...]
    width: float
    height: float
    ins: tuple[Port, ...]
    outs: tuple[Port, ...]
    tops: dict[int, Port]
    params: int


class Level:
    """The places of a plan. Wider ones than `width` go on in further rows; `inner` ones are in a box that says what comes in."""

    def __init__(self, plan: Plan, width: float | None, inner: bool) -> None:
        self.plan, self.feeds, self.net, self.shapes = plan, plan.feeds, plan.net, plan.shapes
        self.width, self.inner = width, inner
        self.y = Layers(plan.items, plan.edges, GAP).place()
        self.highest: dict[int, float] = {}
        for i in self.feeds.level:
            y = self.y[plan.node_item[i]]
            self.highest[plan.rank[i]] = min(y, self.highest.get(plan.rank[i], y))
        self._columns()

    def laid(self) -> Laid:
        """The whole picture."""
        marks: dict[int, list[Mark]] = {row: [] for row in range(self.rows)}
        for i in self.feeds.level:
            x, y = self.corner(i)
            marks[self.row[self.plan.rank[i]]] += moved(self.shapes[i].marks, x, y)
        for source in self.plan.sources:
            for row, mark in self._wire_marks(source):
                marks[row].append(mark)
        return self._stacked(marks)

    def corner(self, i: int) -> tuple[float, float]:
        """The upper left corner of a box."""
        shape, layer = self.shapes[i], self.plan.rank[i]
        return self.left[layer] + (self.widths[layer] - shape.width) / 2, self.y[self.plan.node_item[i]] + shape.head

    def _columns(self) -> None:
        """Where each layer begins, and in which row it stands."""
        self.widths = [0.0] * (self.plan.last + 1)
        self.leads = [0.0] * (self.plan.last + 1)
        reach = [0.0] * (self.plan.last + 1)
        for i in self.feeds.level:
            shape, layer = self.shapes[i], self.plan.rank[i]
            self.widths[layer] = max(self.widths[layer], shape.width)
        for i in self.feeds.level:
            shape, layer = self.shapes[i], self.plan.rank[i]
            reach[layer] = max(reach[layer], (self.widths[layer] - shape.width) / 2 + shape.reach - self.widths[layer])
        for source in self.plan.sources:
            layer = self.plan.begins(source)
            self.leads[layer] = max(self.leads[layer], self.lead(source))
        self.left, self.row, x, row, self.ends = [0.0], [0], 0.0, 0, []
        for layer in range(1, self.plan.last + 1):
            step = max(self.leads[layer - 1] + self._bend(layer - 1), reach[layer - 1] + 8) + self._lanes(layer)
            begin = x + self.widths[layer - 1] + step
            if self._breaks(begin + self.widths[layer] + self.leads[layer], layer):
                self.ends.append(x + self.widths[layer - 1] + self.leads[layer - 1] + 14)
                begin, row = 26.0, row + 1
            x = begin
            self.left.append(x)
            self.row.append(row)
        self.ends.append(max(x, max((x + r for r in reach[-1:]), default=x)))
        self.rows = row + 1

    def is_hidden(self, i: int) -> bool:
        """Whether another box stands above this one in its layer."""
        return self.y[self.plan.node_item[i]] > self.highest[self.plan.rank[i]]

    def _lanes(self, layer: int) -> float:
        """Room for wires from above to boxes that are hidden by others."""
        hidden = [i for i in self.feeds.level if self.feeds.raised and self.plan.rank[i] == layer and self.is_hidden(i)]
        wires = sum(not self.feeds.is_stub(source) for i in hidden for source in self.feeds.tops(i))
        return LANE * wires + 8 if wires else 0.0

    def _breaks(self, end: float, layer: int) -> bool:
        return self.width is not None and not self.feeds.raised and end > self.width and layer < self.plan.last and layer > 1

    def _bend(self, layer: int) -> float:
        """Room for wires to bend: little where all go straight on."""
        rough = any(
            abs(self.y[a] + self.plan.items[a].outs[p] - self.y[b] - self.plan.items[b].ins[q]) > 1
            for a, p, b, q in self.plan.edges
            if self.plan.items[a].layer == layer
        )
        return BEND if rough else 12.0

    def lead(self, source: Source) -> float:
        """How far a wire goes straight, for what is written on it, and to where it is copied."""
        text = self.text(source)
        many = len(self.feeds.ends.get(source, ())) != 1
        return (LEAD + text_width(text, 9.5) + 3 if text else 4.0) + (10 if many else 0)

    def text(self, source: Source) -> str:
        """What is written on a wire: within a box not what is written outside."""
        ends = {node for node, _ in self.feeds.ends.get(source, ())}
        if self.look(source) == "context" or (self.inner and (source[0] == DOMAIN or ends == {len(self.net.nodes)})):
            return ""
        return wire_text(self.feeds.wire(source))

    # wires

    def start(self, source: Source) -> tuple[float, Port]:
        """Where a wire begins: x, and its strands' y."""
        node, k = source
        if node == DOMAIN:
            return 0.0, self.plan.first(k, self._across(self.plan.dom_item[k]))
        x, y = self.corner(node)
        return x + self.shapes[node].width, self.shapes[node].outs[k].moved(y)

    def _across(self, item: int) -> float:
        """The middle of a point."""
        return self.y[item] + self.plan.items[item].size / 2

    def _point(self, source: Source, layer: int) -> Port:
        return self.plan.port(source, self._across(self.plan.points[(source, layer)]), None)

    def _end(self, node: int, wire: int, source: Source) -> tuple[float, Port]:
        if node == len(self.net.nodes):
            return self.left[self.plan.last], self.plan.end(wire, self._across(self.plan.cod_item[wire]))
        x, y = self.corner(node)
        return x, self.shapes[node].ins[wire].moved(y)

    def _wire_marks(self, source: Source) -> Iterable[tuple[int, Mark]]:
        """The marks of a wire, each with its row."""
        x, port = self.start(source)
        layer = self.plan.begins(source)
        about, text = about_wire(self.feeds.wire(source)), self.text(source)
        ends = self.plan.goals(source)
        lead, look = x + self.lead(source), self.look(source)
        y = port.forward if port.forward is not None else port.back or 0.0
        if text:
            yield self.row[layer], Label(x + LEAD, y - 4, text, 9.5, "type", about=about)
        if not ends:
            yield from ((self.row[layer], mark) for mark in unused(x, lead, port, look, about))
            return
        last = ends[-1][0]
        for at in range(layer, last):
            goes = [self._end(node, wire, source) for where, node, wire in ends if where == at + 1]
            on = at + 1 < last
            if on:
                goes.append((self.left[at + 1], self._point(source, at + 1)))
            yield from self._hop(at, x, lead, port, goes, look, about)
            if on:
                port, x = self._point(source, at + 1), self.left[at + 1]
                lead = x + self.widths[at + 1]

    def _hop(self, at: int, x: float, lead: float, port: Port, goes: list[tuple[float, Port]], look: str, about: str):
        """A wire from one layer to the next, in one row or over the end of one."""
        here, there = self.row[at], self.row[at + 1]
        for end, target in goes:
            begin = self.left[at + 1]
            if here == there:
                for y, z, back in strands_of(port, target):
                    points = ((x, y), (lead, y), (max(lead, begin - self._lanes(at + 1)), z), (end, z))
                    yield here, strand(points, back, look, about)
                continue
            for y, z, back in strands_of(port, target):
                ends = ((x, y), (self.ends[here], y)), ((6.0, z), (begin, z), (end, z))
                for row, points, place in zip((here, there), ends, (ends[0][1], ends[1][0]), strict=True):
                    yield row, Sign(*place, "on", about)
                    yield row, strand(points, back, look, about)
        for y, sign in ((port.forward, "copy"), (port.back, "sum")):
            if len(goes) > 1 and y is not None:
                yield here, Sign(lead, y, sign, about)

    def look(self, source: Source) -> str:
        node = source[0]
        return "context" if node >= 0 and self.net.nodes[node].look == "context" else "data"

    def _stacked(self, marks: dict[int, list[Mark]]) -> Laid:
        """Rows below each other, all from y = 0 on."""
        found: list[Mark] = []
        shifts, y = {}, 0.0
        for row in range(self.rows):
            items = [i for i, item in enumerate(self.plan.items) if self.row[item.layer] == row]
            top = min([*(self.y[i] for i in items), *(m.bounds[1] for m in marks[row])], default=0.0)
            bottom = max([*(self.y[i] + self.plan.items[i].size for i in items), *(m.bounds[3] for m in marks[row])], default=0.0)
            shifts[row] = y - top
            found += moved(marks[row], 0, y - top)
            y += bottom - top + (ROWS if row + 1 < self.rows else 0)
        self.shifts = shifts
        net = self.net
        ins = tuple(self.plan.first(k, self._across(self.plan.dom_item[k])).moved(shifts[0]) for k in range(len(net.dom)))
        outs = tuple(
            self.plan.end(k, self._across(self.plan.cod_item[k])).moved(shifts[self.row[self.plan.last]])
            for k in range(len(net.cod))
        )
        right = self.left[self.plan.last]
        width = max([*self.ends, right, *(mark.bounds[2] for mark in found)]) if self.rows == 1 else max(*self.ends, right)
        if self.inner or self.rows == 1:
            found += through(outs, right, width)
        return Laid(tuple(found), width, y, ins, outs, {}, len(net.param))


def strands_of(a: Port, b: Port) -> list[tuple[float, float, bool]]:
    """The strands between two ports: where they begin and end across, and whether they go back."""
    pairs = [(a.forward, b.forward, False), (a.back, b.back, True)]
    return [(y, z, back) for y, z, back in pairs if y is not None and z is not None]


def unused(x: float, lead: float, port: Port, look: str, about: str) -> list[Mark]:
    """A wire that nothing takes: discarded forward, and nothing comes back."""
    marks: list[Mark] = []
    for y, sign in ((port.forward, "discard"), (port.back, "zero")):
        if y is not None:
            marks += [strand(((x, y), (lead, y)), sign == "zero", look, about), Sign(lead, y, sign, about)]
    return marks
