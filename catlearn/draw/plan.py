"""Which layer each box of a net stands in, and the points where wires pass layers: what a layered layout places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catlearn.draw.layers import Edge, Item
from catlearn.draw.net import DOMAIN, PARAMETER, Net, Source, targets
from catlearn.draw.shapes import Port, Shape, beside
from catlearn.draw.wires import strands

APART = 8.0  # the strands of a wire, from its middle


class Feeds:
    """What feeds what in a net. Parameters that are `exposed` come from outside of the box that the net is in."""

    def __init__(self, net: Net, exposed: frozenset[int] = frozenset()) -> None:
        self.net, self.exposed, self.ends = net, exposed, targets(net)
        self.level = [i for i, node in enumerate(net.nodes) if not node.above]
        uses = [len(self.ends.get((PARAMETER, k), ())) for k in range(len(net.param))]
        self.raised = bool(exposed) or any(n != 1 for n in uses) or any(node.above for node in net.nodes)

    def is_stub(self, source: Source) -> bool:
        """Whether a parameter goes to one box, and nowhere else."""
        return source[0] == PARAMETER and source[1] not in self.exposed and len(self.ends[source]) == 1

    def tops(self, i: int) -> tuple[Source, ...]:
        """What feeds the parameters of a box."""
        return self.net.links[i][len(self.net.nodes[i].dom) :]

    def wire(self, source: Source) -> Any:
        """The wire that a source is the beginning of."""
        return self.net.wire(source)


class Plan:
    """Items in layers, the domain's first and the codomain's last, with edges between neighbours."""

    def __init__(self, feeds: Feeds, shapes: Mapping[int, Shape]) -> None:
        self.feeds, self.net, self.shapes = feeds, feeds.net, shapes
        self._rank()
        self._chain()

    def _rank(self) -> None:
        """Boxes stand as far left as what feeds them lets them; those that nothing feeds, just before what they feed."""
        net, rank = self.net, dict.fromkeys(self.feeds.level, 1)
        for i in self.feeds.level:
            sources = [s for s, _ in net.links[i][: len(net.nodes[i].dom)] if s in rank]
            rank[i] = 1 + max((rank[s] for s in sources), default=0)
        for i in reversed(self.feeds.level):
            if not net.nodes[i].dom.wires:
                fed = [rank[t] for k in range(len(net.nodes[i].cod)) for t, _ in self.feeds.ends.get((i, k), ()) if t in rank]
                rank[i] = max(1, min(fed, default=2) - 1)
        self.last = 1 + max(rank.values(), default=0)
        self.rank = rank

    def _chain(self) -> None:
        """Items of all layers, with points where wires pass a layer; and edges between neighbours."""
        net, items = self.net, []
        self.node_item: dict[int, int] = {}
        sizes = [self._room((DOMAIN, k), self._first(k)) for k in range(len(net.dom))]
        self.dom_item = [self._add(items, Item(0, size, (), (size / 2,), True)) for size in sizes]
        for i in self.feeds.level:
            shape = self.shapes[i]
            ins, outs = ([shape.head + port.middle for port in ports] for ports in (shape.ins, shape.outs))
            self.node_item[i] = self._add(items, Item(self.rank[i], shape.head + shape.height + shape.foot, ins, outs))
        sizes = [self._room(source, self._last(source)) for source in net.outs]
        self.cod_item = [self._add(items, Item(self.last, size, (size / 2,), (), True)) for size in sizes]
        self.points: dict[tuple[Source, int], int] = {}
        edges: list[Edge] = []
        self.sources = [(DOMAIN, k) for k in range(len(net.dom))]
        self.sources += [(i, k) for i in self.feeds.level for k in range(len(net.nodes[i].cod))]
        for source in self.sources:
            edges += self._way(items, source)
        self.items, self.edges = items, edges

    def _first(self, k: int) -> Port | None:
        """The port that the k-th wire of the domain goes to, if it is one of a box."""
        ends = self.feeds.ends.get((DOMAIN, k), ())
        return self.shapes[ends[0][0]].ins[ends[0][1]] if len(ends) == 1 and ends[0][0] < len(self.net.nodes) else None

    def _last(self, source: Source) -> Port | None:
        """The port that a wire of the codomain comes from, if it is one of a box."""
        node, wire = source
        return self.shapes[node].outs[wire] if node >= 0 and len(self.feeds.ends[source]) == 1 else None

    def port(self, source: Source, middle: float, like: Port | None) -> Port:
        """Where the strands of a wire are: as far apart as at the port that it goes straight to, if there is one."""
        return beside(self.feeds.wire(source), middle, APART) if like is None else like.moved(middle - like.middle)

    def first(self, k: int, middle: float) -> Port:
        """Where the k-th wire comes in."""
        return self.port((DOMAIN, k), middle, self._first(k))

    def end(self, k: int, middle: float) -> Port:
        """Where the k-th wire goes out."""
        return self.port(self.net.outs[k], middle, self._last(self.net.outs[k]))

    def _room(self, source: Source, like: Port | None) -> float:
        port = self.port(source, 0.0, like)
        return 2.0 if port.forward is None or port.back is None else abs(port.back - port.forward) + 2

    @staticmethod
    def _add(items: list[Item], item: Item) -> int:
        items.append(item)
        return len(items) - 1

    def _way(self, items: list[Item], source: Source) -> list[Edge]:
        edges: list[Edge] = []
        at, port = (self.dom_item[source[1]], 0) if source[0] == DOMAIN else (self.node_item[source[0]], source[1])
        reached = self.begins(source)
        for layer, node, wire in self.goals(source):
            while reached < layer - 1:
                reached += 1
                size = APART if strands(self.feeds.wire(source))[1] else 2.0
                point = self._add(items, Item(reached, size, (size / 2,), (size / 2,)))
                edges.append((at, port, point, 0))
                self.points[(source, reached)] = point
                at, port = point, 0
            end = (self.cod_item[wire], 0) if node == len(self.net.nodes) else (self.node_item[node], wire)
            edges.append((at, port, end[0], end[1]))
        return edges

    def layer(self, node: int) -> int:
        """The layer of a box, or of the codomain."""
        return self.last if node == len(self.net.nodes) else self.rank[node]

    def begins(self, source: Source) -> int:
        """The layer that a wire begins in."""
        return 0 if source[0] == DOMAIN else self.rank[source[0]]

    def goals(self, source: Source) -> list[tuple[int, int, int]]:
        """Where a wire goes: `(layer, box, which of its wires)`."""
        return sorted((self.layer(node), node, wire) for node, wire in self.feeds.ends.get(source, ()))
