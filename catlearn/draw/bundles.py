"""Wires that run side by side from one box to others, drawn as one where they would be many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from catlearn.core.functor import sum_objects
from catlearn.core.wires import Object, count
from catlearn.draw.net import PARAMETER, Net, Source, targets
from catlearn.draw.wires import SIDE_BY_SIDE, is_lens

Ends = dict[Source, list[tuple[int, int]]]


@dataclass(frozen=True)
class Bundle:
    """Wires that are drawn as one."""

    wires: tuple[Any, ...]
    label: str | None = None

    @property
    def size(self) -> int:
        return sum(wire.size for wire in self.wires)

    def __repr__(self) -> str:
        return count(len(self.wires), "wire")


@dataclass(frozen=True, repr=False)
class LensBundle(Bundle):
    """Wires of lenses that are drawn as one: forward, and what comes back."""

    @property
    def fwd(self) -> Object:
        return sum_objects(getattr(wire, "fwd", Object((wire,))) for wire in self.wires)

    @property
    def bwd(self) -> Object:
        return sum_objects(getattr(wire, "bwd", Object()) for wire in self.wires)


def bundled(net: Net, inner: bool) -> Net:
    """The net in which more than four lines that begin side by side, and end side by side at closed boxes, are one line.

    Of an `inner` net the parameters stay as they are: they go on outside.
    """
    ends = targets(net)
    runs = [run for run in _runs(net, ends, inner) if _lines(run, ends) > SIDE_BY_SIDE]
    if not runs:
        return net
    joined = {run[0]: _bundle([net.wire(source) for source in run]) for run in runs}
    gone = {source for run in runs for source in run[1:]}

    def moved(source: Source) -> Source:
        return source[0], source[1] - sum((source[0], k) in gone for k in range(source[1]))

    def kept(link: Sequence[Source]) -> tuple[Source, ...]:
        return tuple(moved(source) for source in link if source not in gone)

    def object_of(A: Object, sources: Sequence[Source]) -> Object:
        pairs = zip(A.wires, sources, strict=True)
        return Object(tuple(joined.get(source, wire) for wire, source in pairs if source not in gone))

    nodes = []
    for i, (node, link) in enumerate(zip(net.nodes, net.links, strict=True)):
        n = len(node.dom)
        dom, param = object_of(node.dom, link[:n]), object_of(node.param, link[n:])
        nodes.append(replace(node, dom=dom, cod=object_of(node.cod, _begins(i, node.cod)), param=param))
    param = object_of(net.param, _begins(PARAMETER, net.param))
    return Net(net.dom, net.cod, param, tuple(nodes), tuple(map(kept, net.links)), kept(net.outs))


def _begins(node: int, A: Object) -> list[Source]:
    return [(node, k) for k in range(len(A))]


def _bundle(wires: Sequence[Any]) -> Bundle:
    return (LensBundle if is_lens(Object(tuple(wires))) else Bundle)(tuple(wires))


def _runs(net: Net, ends: Ends, inner: bool) -> list[list[Source]]:
    """Sources that begin one after the other and go on together to each of their ends."""
    begins = [source for i, node in enumerate(net.nodes) if not node.opened for source in _begins(i, node.cod)]
    begins += [] if inner else [source for source in _begins(PARAMETER, net.param) if not _alone(net, ends.get(source, []))]
    runs: list[list[Source]] = []
    for source in begins:
        if runs and _together(net, ends, runs[-1][-1], source):
            runs[-1].append(source)
        else:
            runs.append([source])
    return [run for run in runs if len(run) > 1]


def _alone(net: Net, ends: list[tuple[int, int]]) -> bool:
    """Whether a parameter goes to one box of the picture's lower part alone, which shows it."""
    return len(ends) == 1 and ends[0][0] < len(net.nodes) and not net.nodes[ends[0][0]].above


def _together(net: Net, ends: Ends, one: Source, other: Source) -> bool:
    """Whether a source goes wherever the one before it does, to the wire after its."""
    first = ends.get(one, [])
    beside = one[0] == other[0] and first and ends.get(other) == [(node, wire + 1) for node, wire in first]
    return bool(beside) and all(_may_join(net, node, wire) for node, wire in first)


def _may_join(net: Net, node: int, wire: int) -> bool:
    """Whether this wire of a box and the next may be one: the box is closed, and both are data or both are parameters."""
    return node < len(net.nodes) and not net.nodes[node].opened and wire + 1 != len(net.nodes[node].dom)


def _lines(run: list[Source], ends: Ends) -> int:
    """How many lines a run is. Parameters from outside have names to show: there only their number counts."""
    return len(run) * (1 if run[0][0] == PARAMETER else len(ends[run[0]]))
