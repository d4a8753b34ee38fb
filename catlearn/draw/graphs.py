"""Graphs as positioned pictures: the nodes on a circle in their order, an arrow for an edge and a line for one each way."""

from __future__ import annotations

from math import cos, hypot, pi, sin

import numpy as np

from catlearn.algebra.graphs import EdgeList
from catlearn.algebra.homomorphisms import Pattern
from catlearn.core.errors import ArgumentError
from catlearn.core.wires import count
from catlearn.draw.scene import Curve, Label, Mark, Place, Scene, Sign, scene

MOST, NAMED = 60, 12  # nodes in all; edges that are told one by one
ROOM, GAP = 24.0, 6.0  # from node to node, and from a node to the tip of an arrow


def graph_scene(graph: EdgeList | Pattern) -> Scene:
    """The picture of a graph. Padding is left out; edges of patterns have no direction, and those of graphs one.
    Raises ArgumentError for a batch of graphs, and for more than 60 nodes.

    >>> import catlearn as cl
    >>> graph_scene(cl.edge_list([0, 1, 1], [1, 0, 2], 3)).about
    'a graph of 3 nodes with 2 edges: 0–1, 1→2'
    """
    nodes, pairs = _parts(graph)
    if len(nodes) > MOST:
        raise ArgumentError(f"a graph of {len(nodes)} nodes is too large to draw: at most {MOST}.")
    radius = max(ROOM, ROOM * len(nodes) / (2 * pi)) if len(nodes) > 1 else 0.0
    way = {node: (sin(2 * pi * i / len(nodes)), -cos(2 * pi * i / len(nodes))) for i, node in enumerate(nodes)}
    place = {node: (radius * x, radius * y) for node, (x, y) in way.items()}
    both = pairs if isinstance(graph, EdgeList) else pairs | {(v, u) for u, v in pairs}
    drawn = {pair for pair in both if pair[::-1] not in both or pair[0] < pair[1]}
    rings = {(node, node) for node in nodes if (node, node) in pairs}
    marks: list[Mark] = [_edge(place[u], place[v], (v, u) not in both, f"{u} → {v}") for u, v in sorted(drawn)]
    for node, (x, y) in way.items():
        a, b = place[node]
        marks += [Sign(a + 8 * x, b + 8 * y, "ring", f"{node} → {node}")] if (node, node) in pairs else []
        far = 26 if (node, node) in pairs else 16
        marks += [Sign(a, b, "copy", f"node {node}"), Label(a + far * x, b + far * y + 3, str(node), 9, "type", True)]
    lines = [f"{u}–{v}" if (v, u) in both and u != v else f"{u}→{v}" for u, v in sorted(drawn | rings)]
    named = ": " + ", ".join(lines) if 0 < len(lines) <= NAMED else ""
    return scene(marks, f"a graph of {count(len(nodes), 'node')} with {count(len(lines), 'edge')}{named}")


def _edge(a: Place, b: Place, arrow: bool, about: str) -> Curve:
    """A straight line; an arrow ends before its node."""
    far = hypot(b[0] - a[0], b[1] - a[1])
    t = 1 - GAP / far if arrow else 1.0
    return Curve((a, (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]))), "plain", arrow=arrow, about=about, cornered=True)


def _parts(graph: EdgeList | Pattern) -> tuple[list[int], set[tuple[int, int]]]:
    """The nodes and the edges that are no padding."""
    if isinstance(graph, Pattern):
        return list(range(graph.nodes)), set(graph.edges)
    if np.ndim(graph.senders) != 1:
        raise ArgumentError(f"draw takes one graph, and this is {graph!r}: choose one of them.")
    owner = np.zeros(graph.nodes, int) if graph.owner is None else np.asarray(graph.owner)
    nodes = [int(i) for i in np.flatnonzero(owner < graph.parts)]
    ends = zip(np.asarray(graph.senders).tolist(), np.asarray(graph.receivers).tolist(), strict=True)
    return nodes, {(u, v) for u, v in ends if owner[u] < graph.parts and owner[v] < graph.parts}
