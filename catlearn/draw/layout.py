"""From open nets to positioned pictures: layers from left to right, parameters that are pulled back above them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catlearn.draw.layers import Edge, Item, Layers
from catlearn.draw.net import DOMAIN, PARAMETER, Net, Source, canonical, targets
from catlearn.draw.scene import Curve, Label, Mark, Sign, moved, text_width
from catlearn.draw.shapes import Port, Shape, box_shape, frame_shape
from catlearn.draw.wires import about_wire, strands, wire_text

APART, BEND, LEAD = 8.0, 30.0, 5.0  # the strands of a wire; room for a wire to bend; before what is written on it
GAP, ROWS = 14.0, 26.0  # between boxes of a layer; between rows


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


def laid_out(net: Net, width: float | None = None, exposed: frozenset[int] = frozenset(), inner: bool = False) -> Laid:
    """Place the boxes of a net. Wider ones than `width` go on in further rows; parameters of `exposed` go up to the border."""
    from catlearn.draw.storeys import raised

    net = canonical(net)
    plan = Plan(net, exposed, width, inner)
    below = plan.placed()
    return raised(plan, below) if plan.raised else below


@dataclass
class Plan:
    """What stands in which layer, and how far each is to the right."""

    net: Net
    exposed: frozenset[int]
    width: float | None
    inner: bool

    def __post_init__(self) -> None:
        net = self.net
        self.feeds = targets(net)
        self.data = [i for i, node in enumerate(net.nodes) if not node.above]
        self.raised = bool(self.exposed) or any(node.above for node in net.nodes) or any(map(self._is_tied, self.feeds))
        self.shapes = {i: self._shape(i) for i in self.data}
        self._rank()
        self._chain()

    def _is_tied(self, source: Source) -> bool:
        return source[0] == PARAMETER and len(self.feeds[source]) > 1

    def is_stub(self, source: Source) -> bool:
        """Whether a parameter goes to one box, and nowhere else."""
        return source[0] == PARAMETER and source[1] not in self.exposed and len(self.feeds[source]) == 1

    def tops(self, i: int) -> tuple[Source, ...]:
        """What feeds the parameters of a box."""
        return self.net.links[i][len(self.net.nodes[i].dom) :]

    def _shape(self, i: int) -> Shape:
        node, stubs = self.net.nodes[i], [*map(self.is_stub, self.tops(i))]
        if not (node.opened and node.inside):
            return box_shape(node, stubs)
        matched = len(node.inside.param) == len(node.param)
        up = frozenset(k for k, stub in enumerate(stubs) if not stub) if matched else frozenset()
        return frame_shape(node, laid_out(node.inside, self.width and self.width - 60, up, True), stubs)

    # layers

    def _rank(self) -> None:
        """Boxes stand as far left as what feeds them lets them; those that nothing feeds, just before what they feed."""
        net, rank = self.net, dict.fromkeys(self.data, 1)
        for i in self.data:
            sources = [s for s, _ in net.links[i][: len(net.nodes[i].dom)] if s in rank]
            rank[i] = 1 + max((rank[s] for s in sources), default=0)
        for i in reversed(self.data):
            if not net.nodes[i].dom.wires:
                fed = [rank[t] for k in range(len(net.nodes[i].cod)) for t, _ in self.feeds.get((i, k), ()) if t in rank]
                rank[i] = max(1, min(fed, default=2) - 1)
        self.last = 1 + max(rank.values(), default=0)
        self.rank = rank

    def _chain(self) -> None:
        """Items of all layers, with points where wires pass a layer; and edges between neighbours."""
        net, items = self.net, []
        self.node_item: dict[int, int] = {}
        self.dom_item = [self._add(items, Item(0, 0.0, (), (0.0,), True)) for _ in net.dom.wires]
        for i in self.data:
            shape = self.shapes[i]
            ins, outs = ([shape.head + port.middle for port in ports] for ports in (shape.ins, shape.outs))
            self.node_item[i] = self._add(items, Item(self.rank[i], shape.head + shape.height + shape.foot, ins, outs))
        self.cod_item = [self._add(items, Item(self.last, 0.0, (0.0,), (), True)) for _ in net.cod.wires]
        self.points: dict[tuple[Source, int], int] = {}
        edges: list[Edge] = []
        self.level = [(DOMAIN, k) for k in range(len(net.dom))]
        self.level += [(i, k) for i in self.data for k in range(len(net.nodes[i].cod))]
        for source in self.level:
            edges += self._way(items, source)
        self.items, self.edges = items, edges

    @staticmethod
    def _add(items: list[Item], item: Item) -> int:
        items.append(item)
        return len(items) - 1

    def _way(self, items: list[Item], source: Source) -> list[Edge]:
        start = 0 if source[0] == DOMAIN else self.rank[source[0]]
        ends = sorted((self._layer(node), node, wire) for node, wire in self.feeds.get(source, ()))
        edges: list[Edge] = []
        at, port = (self.dom_item[source[1]], 0) if source[0] == DOMAIN else (self.node_item[source[0]], source[1])
        reached = start
        for layer, node, wire in ends:
            while reached < layer - 1:
                reached += 1
                size = APART if strands(self.wire(source))[1] else 2.0
                point = self._add(items, Item(reached, size, (size / 2,), (size / 2,)))
                edges.append((at, port, point, 0))
                self.points[(source, reached)] = point
                at, port = point, 0
            end = (self.cod_item[wire], 0) if node == len(self.net.nodes) else (self.node_item[node], wire)
            edges.append((at, port, *end))
        return edges

    def _layer(self, node: int) -> int:
        return self.last if node == len(self.net.nodes) else self.rank[node]

    def wire(self, source: Source):
        """The wire that a source is the beginning of."""
        node, k = source
        if node < 0:
            return (self.net.dom if node == DOMAIN else self.net.param).wires[k]
        return self.net.nodes[node].cod.wires[k]

    # places

    def placed(self) -> Laid:
        """The boxes and wires of the lower storey, at their places."""
        self.y = Layers(self.items, self.edges, GAP).place()
        self._columns()
        marks: dict[int, list[Mark]] = {row: [] for row in range(self.rows)}
        for i in self.data:
            x, y = self.corner(i)
            marks[self.row[self.rank[i]]] += moved(self.shapes[i].marks, x, y)
        for source in self.level:
            for row, mark in self._wire_marks(source):
                marks[row].append(mark)
        return self._stacked(marks)

    def corner(self, i: int) -> tuple[float, float]:
        """The upper left corner of a box."""
        shape, layer = self.shapes[i], self.rank[i]
        return self.left[layer] + (self.widths[layer] - shape.width) / 2, self.y[self.node_item[i]] + shape.head

    def _columns(self) -> None:
        """Where each layer begins, and in which row it stands."""
        self.widths = [0.0] * (self.last + 1)
        self.leads = [0.0] * (self.last + 1)
        reach = [0.0] * (self.last + 1)
        for i in self.data:
            shape, layer = self.shapes[i], self.rank[i]
            self.widths[layer] = max(self.widths[layer], shape.width)
        for i in self.data:
            shape, layer = self.shapes[i], self.rank[i]
            reach[layer] = max(reach[layer], (self.widths[layer] - shape.width) / 2 + shape.reach - self.widths[layer])
        for source in self.level:
            layer = 0 if source[0] == DOMAIN else self.rank[source[0]]
            self.leads[layer] = max(self.leads[layer], self.lead(source))
        self.left, self.row, x, row, self.ends = [0.0], [0], 0.0, 0, []
        for layer in range(1, self.last + 1):
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
        return any(self.rank[j] == self.rank[i] and self.y[self.node_item[j]] < self.y[self.node_item[i]] for j in self.data)

    def _lanes(self, layer: int) -> float:
        """Room for wires from above to boxes that are hidden by others."""
        hidden = [i for i in self.data if self.raised and self.rank[i] == layer and self.is_hidden(i)]
        wires = sum(not self.is_stub(source) for i in hidden for source in self.tops(i))
        return 12.0 * wires + 8 if wires else 0.0

    def _breaks(self, end: float, layer: int) -> bool:
        return self.width is not None and not self.raised and end > self.width and layer < self.last and layer > 1

    def _bend(self, layer: int) -> float:
        """Room for wires to bend: little where all go straight on."""
        rough = any(
            abs(self.y[a] + self.items[a].outs[p] - self.y[b] - self.items[b].ins[q]) > 1
            for a, p, b, q in self.edges
            if self.items[a].layer == layer
        )
        return BEND if rough else 12.0

    def lead(self, source: Source) -> float:
        """How far a wire goes straight, for what is written on it, and to where it is copied."""
        text = self.text(source)
        many = len(self.feeds.get(source, ())) != 1
        return (LEAD + text_width(text, 9.5) + 3 if text else 4.0) + (10 if many else 0)

    def text(self, source: Source) -> str:
        """What is written on a wire: within a box not what is written outside."""
        ends = {node for node, _ in self.feeds.get(source, ())}
        if self.look(source) == "context" or (self.inner and (source[0] == DOMAIN or ends == {len(self.net.nodes)})):
            return ""
        return wire_text(self.wire(source))

    # wires

    def start(self, source: Source) -> tuple[float, Port]:
        """Where a wire begins: x, and its strands' y."""
        node, k = source
        if node == DOMAIN:
            return 0.0, self.dom_port(k)
        x, y = self.corner(node)
        return x + self.shapes[node].width, self.shapes[node].outs[k].moved(y)

    def dom_port(self, k: int) -> Port:
        """Where the k-th wire comes in: its strands are as far apart as where it goes, so that they are straight."""
        ends = self.feeds.get((DOMAIN, k), [])
        near = [self.shapes[i].ins[wire] for i, wire in ends if i < len(self.net.nodes)] if len(ends) == 1 else []
        return self._like(near, self.y[self.dom_item[k]], (DOMAIN, k))

    def cod_port(self, k: int) -> Port:
        """Where the k-th wire goes out."""
        node, wire = source = self.net.outs[k]
        near = [self.shapes[node].outs[wire]] if node >= 0 and len(self.feeds[source]) == 1 else []
        return self._like(near, self.y[self.cod_item[k]], source)

    def _like(self, near: list[Port], y: float, source: Source) -> Port:
        return near[0].moved(y - near[0].middle) if near else self._both(y, source)

    def _both(self, y: float, source: Source) -> Port:
        forward, back = strands(self.wire(source))
        apart = APART if forward and back else 0.0
        return Port(y - apart if forward else None, y + apart if back else None)

    def _point(self, source: Source, layer: int) -> Port:
        item = self.points[(source, layer)]
        return self._both(self.y[item] + self.items[item].size / 2, source)

    def _end(self, node: int, wire: int, source: Source) -> tuple[float, Port]:
        if node == len(self.net.nodes):
            return self.left[self.last], self.cod_port(wire)
        x, y = self.corner(node)
        return x, self.shapes[node].ins[wire].moved(y)

    def _wire_marks(self, source: Source) -> Iterable[tuple[int, Mark]]:
        """The marks of a wire, each with its row."""
        x, port = self.start(source)
        layer = 0 if source[0] == DOMAIN else self.rank[source[0]]
        about, text = about_wire(self.wire(source)), self.text(source)
        ends = sorted((self._layer(node), node, wire) for node, wire in self.feeds.get(source, ()))
        lead, look = x + self.lead(source), self.look(source)
        y = port.forward if port.forward is not None else port.back or 0.0
        if text:
            yield self.row[layer], Label(x + LEAD, y - 4, text, 9.5, "type", about=about)
        if not ends:
            yield from ((self.row[layer], mark) for mark in unused(x, lead, port, look, about))
            return
        last = max(self._layer(node) for _, node, _ in ends)
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
                    yield here, Curve(points[::-1] if back else points, "back" if back else look, False, back, about)
                continue
            for y, z, back in strands_of(port, target):
                ends = ((x, y), (self.ends[here], y)), ((6.0, z), (begin, z), (end, z))
                for row, points in zip((here, there), ends, strict=True):
                    yield row, Curve(points[::-1] if back else points, "back" if back else look, False, back, about)
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
            items = [i for i, item in enumerate(self.items) if self.row[item.layer] == row]
            top = min([*(self.y[i] for i in items), *(m.bounds[1] for m in marks[row])], default=0.0)
            bottom = max([*(self.y[i] + self.items[i].size for i in items), *(m.bounds[3] for m in marks[row])], default=0.0)
            shifts[row] = y - top
            found += moved(marks[row], 0, y - top)
            y += bottom - top + (ROWS if row + 1 < self.rows else 0)
        self.shifts = shifts
        net = self.net
        ins = tuple(self.dom_port(k).moved(shifts[0]) for k in range(len(net.dom)))
        outs = tuple(self.cod_port(k).moved(shifts[self.row[self.last]]) for k in range(len(net.cod)))
        right = self.left[self.last]
        width = max([*self.ends, right, *(mark.bounds[2] for mark in found)]) if self.rows == 1 else max(*self.ends, right)
        if self.inner or self.rows == 1:
            found += [m for p in outs for m in extended(p, right, width)]
        return Laid(tuple(found), width, y, ins, outs, {}, len(net.param))


def extended(port: Port, a: float, b: float) -> list[Mark]:
    """A wire on to a border."""
    marks: list[Mark] = [] if port.forward is None else [Curve(((a, port.forward), (b, port.forward)), "data")]
    return marks + ([] if port.back is None else [Curve(((b, port.back), (a, port.back)), "back")])


def strands_of(a: Port, b: Port) -> list[tuple[float, float, bool]]:
    """The strands between two ports: where they begin and end across, and whether they go back."""
    pairs = [(a.forward, b.forward, False), (a.back, b.back, True)]
    return [(y, z, back) for y, z, back in pairs if y is not None and z is not None]


def unused(x: float, lead: float, port: Port, look: str, about: str) -> list[Mark]:
    """A wire that nothing takes: discarded forward, and nothing comes back."""
    marks: list[Mark] = []
    for y, sign in ((port.forward, "discard"), (port.back, "zero")):
        if y is not None:
            back = sign == "zero"
            ends = ((x, y), (lead, y))
            marks += [
                Curve(ends[::-1] if back else ends, "back" if back else look, False, back, about),
                Sign(lead, y, sign, about),
            ]
    return marks
