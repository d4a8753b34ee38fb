"""Open nets: what is drawn of a diagram. Boxes and what feeds them, whichever way the diagram was written.

`Nets` is a category: composing glues the wires that meet, so the axioms of monoidal categories hold on the nose, and two
diagrams that are equal by them have one net and one picture. Source: Joyal, Street 1991, *The geometry of tensor calculus I*;
as open hypergraphs, Bonchi, Gadducci, Kissinger, Sobociński, Zanasi 2022 (arXiv 2012.01847).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from catlearn.core.arrow import Arrow
from catlearn.core.errors import CompositionError
from catlearn.core.text import unequal
from catlearn.core.wires import I, Object

DOMAIN, PARAMETER = -1, -2
Source = tuple[int, int]  # a node, or DOMAIN or PARAMETER, and which of its wires


@dataclass(frozen=True)
class Node:
    """A box of a net: from the left `dom`, to the right `cod`, from above `param`, from below the contexts that it `reads`.

    `inside` is what can be seen when it is open, at every zoom where `always`; it stands for `times` of that, or is one `round`
    of a loop. `fed` of its last wires come back to where they began. Its wires carry the state of an optimiser where `states`.
    `above` are the arrows that parameters are pulled back along.
    """

    title: str
    dom: Object
    cod: Object
    param: Object = I
    about: str = ""
    look: str = "box"
    inside: Net | None = None
    opened: bool = False
    always: bool = False
    round: int = 0
    reads: tuple[str, ...] = ()
    fed: int = 0
    times: int = 1
    states: bool = False
    above: bool = False


@dataclass(frozen=True)
class Net(Arrow):
    """An open net `dom → cod` with parameters: the sources of each box's wires (`dom`, then `param`), and those of `cod`."""

    dom: Object
    cod: Object
    param: Object
    nodes: tuple[Node, ...]
    links: tuple[tuple[Source, ...], ...]
    outs: tuple[Source, ...]

    def wire(self, source: Source) -> Any:
        """The wire that a source is the beginning of."""
        node, k = source
        if node < 0:
            return (self.dom if node == DOMAIN else self.param).wires[k]
        return self.nodes[node].cod.wires[k]

    def then(self, other: Net) -> Net:
        """First this, then the other: what ended in a wire of the middle feeds what began at it."""
        if self.cod != other.dom:
            raise CompositionError(unequal(self, other))
        return self._glued(other, self.outs, other.cod, lambda theirs: theirs)

    def tensor(self, other: Net) -> Net:
        """Side by side."""
        fed = tuple((DOMAIN, len(self.dom) + i) for i in range(len(other.dom)))
        both = self._glued(other, fed, self.cod @ other.cod, lambda theirs: self.outs + theirs)
        return replace(both, dom=self.dom @ other.dom)

    def _glued(self, other: Net, fed: Sequence[Source], cod: Object, outs: Any) -> Net:
        n, p = len(self.nodes), len(self.param)

        def moved(source: Source) -> Source:
            node, wire = source
            return fed[wire] if node == DOMAIN else (PARAMETER, p + wire) if node == PARAMETER else (n + node, wire)

        theirs = tuple(tuple(map(moved, link)) for link in other.links)
        nodes, links = self.nodes + other.nodes, self.links + theirs
        return Net(self.dom, cod, self.param @ other.param, nodes, links, outs(tuple(map(moved, other.outs))))

    def reparameterise(self, along: Net, init: Any = None) -> Net:
        """The net with what is above its parameters: `along` feeds them."""
        n = len(self.nodes)

        def lifted(source: Source) -> Source:
            node, wire = source
            return (PARAMETER, wire) if node == DOMAIN else (n + node, wire)

        pulled = tuple(map(lifted, along.outs))

        def fed(source: Source) -> Source:
            return pulled[source[1]] if source[0] == PARAMETER else source

        ours = tuple(tuple(map(fed, link)) for link in self.links)
        theirs = tuple(tuple(map(lifted, link)) for link in along.links)
        nodes = self.nodes + tuple(replace(node, above=True) for node in along.nodes)
        return Net(self.dom, self.cod, along.dom, nodes, ours + theirs, tuple(map(fed, self.outs)))

    def like(self, node: Any, functor: str) -> Net:
        return self


@dataclass(frozen=True)
class NetCategory:
    """The category of open nets."""

    def wiring(self, dom: Object, index: Sequence[int]) -> Net:
        return Net(dom, dom.select(index), I, (), (), tuple((DOMAIN, i) for i in index))

    def __repr__(self) -> str:
        return "Nets"


Nets = NetCategory()


def single(node: Node) -> Net:
    """The net of one box."""
    n, p = len(node.dom), len(node.param)
    feed = (*((DOMAIN, i) for i in range(n)), *((PARAMETER, i) for i in range(p)))
    return Net(node.dom, node.cod, node.param, (node,), (feed,), tuple((0, k) for k in range(len(node.cod))))


def canonical(net: Net) -> Net:
    """The same net with its boxes in an order that does not tell how it was written: depth first from its outputs."""
    order: list[int] = []
    seen: set[int] = set()
    stack = [(node, False) for node in reversed([*(node for node, _ in net.outs), *range(len(net.nodes))])]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node >= 0 and node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(source, False) for source, _ in reversed(net.links[node])]
    place = {node: i for i, node in enumerate(order)}
    moved = lambda source: (place.get(source[0], source[0]), source[1])  # noqa: E731
    links = tuple(tuple(map(moved, net.links[node])) for node in order)
    return replace(net, nodes=tuple(net.nodes[i] for i in order), links=links, outs=tuple(map(moved, net.outs)))


def targets(net: Net) -> dict[Source, list[tuple[int, int]]]:
    """For each source what it feeds: nodes (the codomain is node `len(nodes)`) and which of their wires."""
    found: dict[Source, list[tuple[int, int]]] = {}
    for node, link in enumerate((*net.links, net.outs)):
        for wire, source in enumerate(link):
            found.setdefault(source, []).append((node, wire))
    return found
