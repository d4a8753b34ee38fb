"""A loop as the rounds that it stands for: its body side by side, parameters copied to each round."""

from __future__ import annotations

from typing import Any

from catlearn.core.wires import I, Object
from catlearn.draw.net import DOMAIN, PARAMETER, Net, Node, Source

ROUNDS = 3  # that are shown where there are more than one besides


def unfolded(box: Any, body: Net, loop: Any) -> Net:
    """The net of a loop `C ⊗ Eⁿ ⊗ S → Yⁿ ⊗ S` with the first rounds of its body, and one box for those after them.

    Source: an unrolled recurrent network is the composite of n cells along the copy `P → Pⁿ` (arXiv 2402.15332, §3.1).
    """
    c, k, n = loop.still, loop.states, loop.length
    shown = n if n <= ROUNDS + 1 else ROUNDS
    e, y = len(body.dom) - c - k, len(body.cod) - k
    many, made, state = box.dom[c : c + e], box.cod[:y], box.dom[c + e :]
    rest = n > shown
    nodes: list[Node] = []
    links: list[tuple[Source, ...]] = []

    def add(node: Node, *feeds: Source) -> int:
        nodes.append(node)
        links.append(feeds)
        return len(nodes) - 1

    ends = [(DOMAIN, i) for i in range(len(box.dom))]
    still, lists, states = ends[:c], ends[c : c + e], ends[c + e :]
    params = [(PARAMETER, i) for i in range(len(body.param))]
    said: list[Source] = []
    elements: list[Source] = []
    if e:
        cod = Object(body.dom.wires[c : c + e] * shown + many.wires * rest)
        each = add(Node("each", many, cod, about="the elements of a list, from the first on"), *lists)
        elements = [(each, i) for i in range(len(cod))]
    for i in range(shown):
        about = f"round {i + 1} of {n}"
        cell = Node(f"round {i + 1}", body.dom, body.cod, body.param, about, "composite", body, round=i + 1)
        at = add(cell, *still, *elements[i * e : (i + 1) * e], *states, *params)
        said, states = said + [(at, j) for j in range(y)], [(at, y + j) for j in range(k)]
    if rest:
        title = f"{n - shown} more rounds"
        more = Node(title, box.dom[:c] @ many @ state, made @ state, body.param, "the rounds after these", "composite")
        at = add(more, *still, *elements[shown * e :], *states, *params)
        said, states = said + [(at, j) for j in range(y)], [(at, y + j) for j in range(k)]
    if y:
        dom = Object(body.cod.wires[:y] * shown + made.wires * rest)
        at = add(Node("all", dom, made, about="the list of what each round says"), *said)
        said = [(at, i) for i in range(y)]
    return Net(box.dom, box.cod, body.param if len(body.param) else I, tuple(nodes), tuple(links), (*said, *states))
