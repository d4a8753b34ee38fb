"""Trees as positioned pictures: the root above, children below in their order, on each node its labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from catlearn.algebra.forest import Tree
from catlearn.core.errors import ArgumentError
from catlearn.core.shown import cut
from catlearn.core.wires import count
from catlearn.draw.layers import Edge, Item, Layers
from catlearn.draw.scene import Curve, Label, Mark, Rectangle, Scene, scene, text_width

ROW, HEIGHT, MOST = 56.0, 24.0, 400


def tree_scene(tree: Tree) -> Scene:
    """The picture of one tree, or of a DAG with shared subtrees. Padding is left out.
    Raises ArgumentError for a forest with leading axes, and for more than 400 nodes.

    >>> import catlearn as cl
    >>> tree_scene(cl.tree(((1.0, 2.0), 3.0), cl.BinaryTree(cl.R()))).about
    'a tree of 5 nodes, 3 levels high'
    """
    if tree.axes:
        raise ArgumentError(f"draw takes one tree, and this is a forest with axes {tree.axes}: choose one of them.")
    heights, children = np.asarray(tree.heights), np.asarray(tree.children)
    nodes = [int(i) for i in np.flatnonzero(heights >= 0)]
    if len(nodes) > MOST:
        raise ArgumentError(f"a tree of {count(len(nodes), 'node')} is too large to draw: at most {MOST}.")
    below = {i: [int(c) for c in children[i] if c >= 0] if children.ndim > 1 else [] for i in nodes}
    depth = _depths(int(np.asarray(tree.root)), below)
    seen = [i for i in nodes if i in depth]
    place = {i: k for k, i in enumerate(seen)}
    texts = [node_text(tree, i) for i in seen]
    items = [_item(depth[i], text, len(below[i])) for i, text in zip(seen, texts, strict=True)]
    edges: list[Edge] = [(place[i], k, place[c], 0) for i in seen for k, c in enumerate(below[i]) if depth[c] == depth[i] + 1]
    left = Layers(items, edges, 14.0).place()
    marks: list[Mark] = []
    for k, (i, text) in enumerate(zip(seen, texts, strict=True)):
        y = ROW * depth[i]
        marks += [Rectangle(left[k], y, items[k].size, HEIGHT, "rounded" if not below[i] else "box")]
        marks += [Label(left[k] + items[k].size / 2, y + HEIGHT / 2 + 4, text, 11, "title", True)]
        for out, c in enumerate(below[i]):
            begin, end = (left[k] + items[k].outs[out], y + HEIGHT), (left[place[c]] + items[place[c]].size / 2, ROW * depth[c])
            marks.append(Curve((begin, end), "data", upright=True))
    return scene(marks, f"a tree of {count(len(seen), 'node')}, {count(1 + max(depth.values(), default=0), 'level')} high")


def _item(layer: int, text: str, degree: int) -> Item:
    size = max(HEIGHT, text_width(text) + 16)
    outs = [size * (k + 1) / (degree + 1) for k in range(degree)]
    return Item(layer, size, (size / 2,), outs)


def _depths(root: int, below: dict[int, list[int]]) -> dict[int, int]:
    """How far each node is from the root, by the longest way."""
    depth, stack = {root: 0}, [root]
    while stack:
        i = stack.pop()
        for c in below[i]:
            if depth.get(c, -1) < depth[i] + 1:
                depth[c] = depth[i] + 1
                stack.append(c)
    return depth


def node_text(tree: Tree, i: int) -> str:
    """The labels of a node; of one without any, a dot."""
    tag = 0 if tree.tags is None else int(np.asarray(tree.tags)[i])
    values: list[Any] = [np.asarray(value)[i] if not isinstance(value, dict | tuple) else value for value in tree.labels[tag]]
    return cut(", ".join(map(_short, values)), 14) or "·"


def _short(value: Any) -> str:
    if np.ndim(value) == 0:
        return f"{value:g}" if np.issubdtype(np.asarray(value).dtype, np.number) else str(value)
    return "×".join(map(str, np.shape(value)))
