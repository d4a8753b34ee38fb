"""Layered layout: in which order boxes stand in each layer, so that few wires cross, and where, so that wires are straight.

The order begins as the diagram's own, and is changed only where fewer wires cross: pictures are stable under small edits.
Source: Sugiyama, Tagawa, Toda 1981, *Methods for visual understanding of hierarchical system structures*; places by
isotonic regression in each layer (pool adjacent violators, Barlow et al. 1972).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

SWEEPS, STEPS = 6, 9  # for the order, and for places: the last goes with the wires, so that chains of boxes are straight


@dataclass
class Item:
    """Something that stands in a layer: how much room it takes across, and where on it wires arrive and leave.

    Items that are `pinned` keep their order among themselves, as the ends of a diagram do.
    """

    layer: int
    size: float
    ins: Sequence[float] = ()
    outs: Sequence[float] = ()
    pinned: bool = False
    at: float | None = None  # where it has to be, if anywhere


Edge = tuple[int, int, int, int]  # from an item's wire to an item's wire, of neighbouring layers


@dataclass
class Layers:
    """Items in layers with edges between neighbouring ones. `place()` gives the beginning of each item across."""

    items: list[Item]
    edges: list[Edge]
    gap: float = 12
    order: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = 1 + max((item.layer for item in self.items), default=0)
        self.into: list[list[Edge]] = [[] for _ in self.items]
        self.out: list[list[Edge]] = [[] for _ in self.items]
        for edge in self.edges:
            self.out[edge[0]].append(edge)
            self.into[edge[2]].append(edge)
        layers: list[list[int]] = [[] for _ in range(count)]
        for i in self._depth_first():
            layers[self.items[i].layer].append(i)
        self.order = layers

    # order

    def _depth_first(self) -> list[int]:
        """The order in which a depth first search from the last layer's items, through wires in order, leaves them."""
        found: list[int] = []
        seen: set[int] = set()
        ends = sorted(range(len(self.items)), key=lambda i: -self.items[i].layer if not self.out[i] else 0)
        stack = [(i, False) for i in reversed(ends)]
        while stack:
            i, done = stack.pop()
            if done:
                found.append(i)
            elif i not in seen:
                seen.add(i)
                stack.append((i, True))
                before = sorted(self.into[i], key=lambda edge: edge[3])
                stack += [(edge[0], False) for edge in reversed(before)]
        return found

    def crossings(self) -> int:
        """How many pairs of wires cross."""
        return sum(self._crossed(layer) for layer in range(len(self.order) - 1))

    def _crossed(self, layer: int) -> int:
        place = {i: k for below in self.order[layer : layer + 2] for k, i in enumerate(below)}
        ends = [
            ((place[a], p), (place[b], q)) for i in self.order[layer] for a, p, b, q in self.out[i] if b in place and a in place
        ]
        ends.sort()
        lower = [end for _, end in ends]
        return sum(lower[i] > lower[j] and ends[i][0] != ends[j][0] for i in range(len(lower)) for j in range(i + 1, len(lower)))

    def arrange(self) -> None:
        """Fewer crossings, by the means of neighbours' places, going right and left. Pinned items stay in order."""
        self._pin()
        best, fewest = [list(layer) for layer in self.order], self.crossings()
        for sweep in range(SWEEPS):
            if not fewest:
                break
            self._sweep(rightwards=sweep % 2 == 0)
            now = self.crossings()
            if now < fewest:
                best, fewest = [list(layer) for layer in self.order], now
        self.order = best

    def _pin(self) -> None:
        for layer in self.order:
            places = [k for k, i in enumerate(layer) if self.items[i].pinned]
            for k, i in zip(places, sorted(layer[k] for k in places), strict=True):
                layer[k] = i

    def _sweep(self, rightwards: bool) -> None:
        layers = range(1, len(self.order)) if rightwards else range(len(self.order) - 2, -1, -1)
        place = {i: float(k) for layer in self.order for k, i in enumerate(layer)}
        for n in layers:
            means = {i: self._mean(i, place, rightwards) for i in self.order[n]}
            self.order[n].sort(key=means.__getitem__)
            self._pin()
            place.update({i: float(k) for k, i in enumerate(self.order[n])})

    def _mean(self, i: int, place: dict[int, float], rightwards: bool) -> float:
        before = [(a, p) for a, p, _, _ in self.into[i]]
        near = before if rightwards else [(b, q) for _, _, b, q in self.out[i]]
        return sum(place[k] + wire / 100 for k, wire in near) / len(near) if near else place[i]

    # places

    def place(self) -> list[float]:
        """Where each item begins across: in order, apart, and wires as straight as can be."""
        self.arrange()
        begin = [0.0] * len(self.items)
        for layer in self.order:
            total = 0.0
            for i in layer:
                begin[i], total = total, total + self.items[i].size + self.gap
            for i in layer:
                begin[i] -= (total - self.gap) / 2
        n = len(self.order)
        for sweep in range(STEPS):
            for k in range(n) if sweep % 2 == 0 else range(n - 1, -1, -1):
                self._align(self.order[k], begin, rightwards=sweep % 2 == 0)
        return begin

    def _align(self, layer: list[int], begin: list[float], rightwards: bool) -> None:
        wanted, weights = [], []
        for i in layer:
            item = self.items[i]
            if item.at is not None:
                wanted.append(item.at)
                weights.append(1e6)
                continue
            if rightwards:
                pulls = [begin[a] + self.items[a].outs[p] - item.ins[q] for a, p, _, q in self.into[i]]
            else:
                pulls = [begin[b] + self.items[b].ins[q] - item.outs[p] for _, p, b, q in self.out[i]]
            wanted.append(sum(pulls) / len(pulls) if pulls else begin[i])
            weights.append(max(0.05, len(pulls)))
        sizes = [self.items[i].size + self.gap for i in layer[:-1]]
        steps = [*accumulate(sizes, initial=0.0)][: len(layer)]
        fitted = isotonic([w - s for w, s in zip(wanted, steps, strict=True)], weights)
        for i, at, step in zip(layer, fitted, steps, strict=True):
            begin[i] = at + step


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest sequence that does not fall, by weighted least squares: pool adjacent violators.

    scipy.optimize has it too; importing that takes longer than drawing a hundred boxes.

    >>> isotonic([1.0, 3.0, 2.0], [1, 1, 1])
    [1.0, 2.5, 2.5]
    """
    pools: list[list[float]] = []
    for value, weight in zip(values, weights, strict=True):
        pools.append([value, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            v, w, n = pools.pop()
            u, x, m = pools[-1]
            pools[-1] = [(u * x + v * w) / (x + w), x + w, m + n]
    return [value for value, _, n in pools for _ in range(int(n))]
