"""Trees from plain data, on the host: from nested tuples, or from arrays. What can't be a tree is an error here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from catlearn.algebra.forest import Summand, Tree, labels_of, summands_of, trees
from catlearn.algebra.polynomial import Polynomial
from catlearn.core.errors import ArgumentError
from catlearn.core.wires import Object, Wire, count

Row = tuple[int, Any, Sequence[Any]]  # the summand, the label, and the children


def tree(value: Any, over: Polynomial, nodes: int = 64) -> Tree:
    """A tree from nested data, for `trees(over, nodes)`. How a node is written depends on the functor:

    - one summand with children, such as `RoseTree(A, degree)`: `(label, [child, …])`, None for a child that is absent;
    - one summand of labels and one of children, such as `BinaryTree(A)`: a tuple of children, else the label of a leaf;
    - any other: `(summand, label, [child, …])`.

    A label of several wires is a tuple, of none `()`. Children at the end may be left out where they may be absent.
    Raises ArgumentError for more nodes than `nodes`, a node with another number of children than its summand has, and
    labels of another shape or kind.

    >>> from catlearn.algebra.polynomial import BinaryTree
    >>> from catlearn.core.wires import R
    >>> tree(((1.0, 2.0), 3.0), BinaryTree(R()), 8).heights.tolist()
    [2, 1, 0, 0, 0, -1, -1, -1]
    """
    summands, queue, rows = summands_of(over), [value], []
    for node in queue:
        if len(queue) > nodes:
            raise ArgumentError(f"this tree has more than {count(nodes, 'node')}: give `nodes`, as many as the largest tree has.")
        tag, label, children = _read(node, summands, over)
        places = [
            -1 if child is None else len(queue) + sum(c is not None for c in children[:i]) for i, child in enumerate(children)
        ]
        queue.extend(child for child in children if child is not None)
        rows.append((tag, label, places))
    return _planted(rows, summands, over, nodes)


def forest(values: Sequence[Any], over: Polynomial, nodes: int = 64) -> Tree:
    """Many trees as a batch: a leading axis on every array. Values are `Tree`s, or nested data as `tree` takes.

    Raises ArgumentError for no trees at all, for trees of another functor or capacity, and as `tree` does.

    >>> from catlearn.algebra.polynomial import BinaryTree
    >>> from catlearn.core.wires import R
    >>> forest([(1.0, 2.0), 3.0], BinaryTree(R()), 4).children.shape
    (2, 4, 2)
    """
    if not len(values):
        raise ArgumentError("a forest has at least one tree.")
    grown = [value if isinstance(value, Tree) else tree(value, over, nodes) for value in values]
    like = trees(over, nodes)
    for i, one in enumerate(grown):
        if Object((Wire.of(one),)) != like:
            raise ArgumentError(f"tree {i} of this forest is of {Object((Wire.of(one),))}, not of {like}.")
    return jax.tree.map(lambda *leaves: np.stack(leaves), *grown)


def graph(over: Polynomial, children: Any, labels: Any, tags: Any = None, root: int | None = None, nodes: int = 64) -> Tree:
    """A tree, or a DAG, from arrays: node i has the children `children[i]`, −1 where there is none, in any order of nodes.

    A node with several parents is folded once. `labels` has a row for each node: an array (a pytree, where the wire is
    one) if but one summand has labels, of one wire; else for each summand a tuple with one for each wire. Rows of nodes
    of other summands are not read. `tags` says the summand of each node; it may be left out where the number of children
    does. `root` is the node without a parent, unless told.
    Raises ArgumentError for no nodes, more than `nodes`, a child out of range, a cycle, a node with another number of
    children than its summand has, several nodes without a parent, and labels of another shape or kind.

    >>> from catlearn.algebra.polynomial import RoseTree
    >>> from catlearn.core.wires import R
    >>> diamond = graph(RoseTree(R(), 2), [[1, 2], [3, -1], [3, -1], [-1, -1]], [1.0, 2.0, 3.0, 4.0], nodes=4)
    >>> diamond.heights.tolist(), int(diamond.root)
    ([2, 1, 1, 0], 0)
    """
    summands, children = summands_of(over), _whole("children", children)
    degree = max(term.degree for term in summands)
    n = len(children)
    if children.shape != (n, degree):
        raise ArgumentError(f"children of {over!r} are an array (nodes, {degree}), got shape {children.shape}.")
    _check_count(n, nodes)
    tags = _tags(tags, children, summands, over)
    _check_children(children, tags, summands, over)
    heights = _heights(children)
    rows = tuple(
        tuple(_padded(value, wire, n, nodes, tags == i, over) for value, wire in zip(values, A.wires, strict=True))
        for i, (values, A) in enumerate(zip(_by_summand(labels, over), labels_of(over), strict=True))
    )
    root = np.int32(_root(children) if root is None else _checked_root(root, n))
    tags = _grown(tags, nodes, 0) if len(summands) > 1 else None
    return Tree(rows, tags, _grown(children, nodes, -1), _grown(heights, nodes, -1), root, summands)


# nested data


def _read(node: Any, summands: tuple[Summand, ...], over: Polynomial) -> Row:
    """A node of nested data: its summand, label and children."""
    if len(summands) == 1 and isinstance(node, tuple | list) and len(node) == 2 and isinstance(node[1], tuple | list):
        return 0, node[0], node[1]
    plain = _plain(summands)
    if plain and isinstance(node, tuple):
        return plain[1], (), node
    if plain:
        return plain[0], node, ()
    if len(summands) > 1 and isinstance(node, tuple | list) and len(node) == 3 and isinstance(node[2], tuple | list):
        if isinstance(node[0], int) and 0 <= node[0] < len(summands):
            return node[0], node[1], node[2]
    form = "(label, [child, …])" if len(summands) == 1 else "(summand, label, [child, …])"
    raise ArgumentError(f"a node of {over!r} is written {form}, got {node!r}.")


def _plain(summands: tuple[Summand, ...]) -> tuple[int, int] | None:
    """The summand of labels and that of children, where there are these two: then a tuple is a node, all else a leaf."""
    leaves = [i for i, term in enumerate(summands) if term.labels == 1 and not term.degree]
    inner = [i for i, term in enumerate(summands) if term.degree and not term.labels]
    return (leaves[0], inner[0]) if len(summands) == 2 and len(leaves) == len(inner) == 1 else None


def _planted(rows: list[Row], summands: tuple[Summand, ...], over: Polynomial, nodes: int) -> Tree:
    degree, objects = max(term.degree for term in summands), labels_of(over)
    for i, (tag, _, children) in enumerate(rows):
        if len(children) > summands[tag].degree:
            raise ArgumentError(_wrong_children(i, len(children), tag, over))
    children = np.array([[*places, *[-1] * (degree - len(places))] for _, _, places in rows], np.int64).reshape(-1, degree)
    tags = np.array([tag for tag, _, _ in rows], np.int32)
    labels = tuple(_stacked([(label, i == tag) for tag, label, _ in rows], A, over) for i, A in enumerate(objects))
    return graph(over, children, _as_given(labels, objects), tags if len(summands) > 1 else None, 0, nodes)


def _stacked(labels: list[tuple[Any, bool]], A: Object, over: Polynomial) -> tuple:
    """The labels of one summand, a row for each node: zeros for nodes of others."""
    zeros = tuple(jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), struct) for struct in A.structs)
    found = [_one_label(label, A, over) if own else zeros for label, own in labels]
    return tuple(jax.tree.map(lambda *leaves: np.stack(leaves), *column) for column in zip(*found, strict=True))


def _one_label(label: Any, A: Object, over: Polynomial) -> tuple:
    values = (label,) if len(A) == 1 else tuple(label) if isinstance(label, tuple | list) else (label,)
    if len(values) != len(A):
        raise ArgumentError(f"a label of {over!r} has {count(len(A), 'wire')} ({A}), got {label!r}.")
    return tuple(_array(value, wire, (), over) for value, wire in zip(values, A.wires, strict=True))


def _as_given(labels: tuple, objects: tuple[Object, ...]) -> Any:
    """The labels of all summands as `graph` takes them."""
    found = [values for values, A in zip(labels, objects, strict=True) if len(A)]
    return found[0][0] if len(found) == 1 and len(found[0]) == 1 else labels


# labels


def _by_summand(labels: Any, over: Polynomial) -> tuple[tuple, ...]:
    """For each summand a tuple with a value for each wire of its labels."""
    objects = labels_of(over)
    if sum(map(len, objects)) == 1:
        return tuple((labels,) if len(A) else () for A in objects)
    found = tuple(labels) if isinstance(labels, tuple | list) else ()
    if [len(values) if isinstance(values, tuple | list) else -1 for values in found] != [*map(len, objects)]:
        shown = ", ".join(map(str, objects))
        raise ArgumentError(f"labels of {over!r} are a tuple for each summand, with an array for each wire of ({shown}).")
    return tuple(map(tuple, found))


def _padded(value: Any, wire: Wire, n: int, nodes: int, own: np.ndarray, over: Polynomial) -> Any:
    """A label array with places for all nodes, zero where a node has no such label."""

    def grown(leaf: np.ndarray) -> np.ndarray:
        mask = own.reshape(n, *[1] * (leaf.ndim - 1))
        return _grown(np.where(mask, leaf, np.zeros((), leaf.dtype)), nodes, 0)

    return jax.tree.map(grown, _array(value, wire, (n,), over))


def _array(value: Any, wire: Wire, leading: tuple[int, ...], over: Polynomial) -> Any:
    """A value as arrays for a wire. Raises ArgumentError for another structure, shape or kind of number."""
    if wire.tree == jax.tree.structure(0):
        return _leaf(value, wire.leaves[0], leading, over)
    leaves, structure = jax.tree.flatten(value)
    if structure != wire.tree:
        raise ArgumentError(f"a label of {over!r} must be like {Object((wire,))}, got {structure}.")
    return wire.tree.unflatten([_leaf(leaf, like, leading, over) for leaf, like in zip(leaves, wire.leaves, strict=True)])


def _leaf(value: Any, like: jax.ShapeDtypeStruct, leading: tuple[int, ...], over: Polynomial) -> np.ndarray:
    try:
        found = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"a label of {over!r} must be an array, got {value!r}: {error}") from error
    expected = (*leading, *like.shape)
    if found.shape != expected:
        raise ArgumentError(f"a label of {over!r} has shape {found.shape}, expected {expected}.")
    if not jax.numpy.can_cast(found.dtype, like.dtype, "same_kind") and not _counts(found, like):
        raise ArgumentError(f"a label of {over!r} has dtype {found.dtype}, expected {like.dtype}.")
    return found.astype(like.dtype)


def _counts(found: np.ndarray, like: jax.ShapeDtypeStruct) -> bool:
    """Whether these are integers for a wire of floats: exact enough, and meant."""
    return np.issubdtype(found.dtype, np.integer) and jax.numpy.issubdtype(like.dtype, jax.numpy.inexact)


def _grown(array: np.ndarray, nodes: int, fill: Any) -> np.ndarray:
    out = np.full((nodes, *array.shape[1:]), fill, np.int32 if array.dtype == np.int64 and fill == -1 else array.dtype)
    out[: len(array)] = array
    return out


# the shape of a tree


def _whole(what: str, value: Any) -> np.ndarray:
    found = np.asarray(value)
    if not np.issubdtype(found.dtype, np.integer):
        raise ArgumentError(f"{what} are whole numbers, got {found.dtype}.")
    return found.astype(np.int64)


def _check_count(n: int, nodes: int) -> None:
    if n == 0:
        raise ArgumentError("a tree has at least one node: its root.")
    if n > nodes:
        raise ArgumentError(
            f"a tree of {count(n, 'node')}, with place for {nodes}: give `nodes`, as many as the largest tree has."
        )


def _tags(tags: Any, children: np.ndarray, summands: tuple[Summand, ...], over: Polynomial) -> np.ndarray:
    """The summand of each node, found by the number of its children where it is not told and that will do."""
    n = len(children)
    if len(summands) == 1 and tags is None:
        return np.zeros(n, np.int32)
    if tags is None:
        degrees = [term.degree for term in summands]
        if len(set(degrees)) < len(degrees) or any(any(term.optional) for term in summands):
            raise ArgumentError(f"the number of children does not say which summand of {over!r} a node is: give `tags`.")
        have = (children >= 0).sum(1)
        bad = np.flatnonzero(~np.isin(have, degrees))
        if len(bad):
            raise ArgumentError(
                f"node {bad[0]} has {have[bad[0]]} children; nodes of {over!r} have {' or '.join(map(str, degrees))}."
            )
        return np.array([degrees.index(k) for k in have], np.int32)
    found = _whole("tags", tags)
    if found.shape != (n,) or np.any((found < 0) | (found >= len(summands))):
        raise ArgumentError(f"tags are a number from 0 to {len(summands) - 1} for each of {n} nodes, got {tags!r}.")
    return found.astype(np.int32)


def _check_children(children: np.ndarray, tags: np.ndarray, summands: tuple[Summand, ...], over: Polynomial) -> None:
    n, degree = children.shape
    bad = np.argwhere((children < -1) | (children >= n))
    if len(bad):
        i, k = bad[0]
        raise ArgumentError(f"child {k} of node {i} is {children[i, k]}: nodes are 0 to {n - 1}, and −1 is none.")
    needed = np.array([[k < term.degree and not term.optional[k] for k in range(degree)] for term in summands], bool)
    allowed = np.array([[k < term.degree for k in range(degree)] for term in summands], bool)
    present = children >= 0
    wrong = np.flatnonzero(
        ((needed.reshape(-1, degree)[tags] & ~present) | (present & ~allowed.reshape(-1, degree)[tags])).any(1)
    )
    if len(wrong):
        i = int(wrong[0])
        raise ArgumentError(_wrong_children(i, int(present[i].sum()), int(tags[i]), over))


def _wrong_children(i: int, have: int, tag: int, over: Polynomial) -> str:
    term = over.summands[tag]
    least, most = sum(not may for may in summands_of(over)[tag].optional), summands_of(over)[tag].degree
    takes = str(most) if least == most else f"{least} to {most}"
    return f"node {i} has {count(have, 'child', 'children')}, and a node of {term!r} has {takes}, each in its place."


def _heights(children: np.ndarray) -> np.ndarray:
    """0 for leaves, one more than the highest child elsewhere. Raises ArgumentError with the nodes of a cycle."""
    n, degree = children.shape
    heights, present = np.full(n, -1), children >= 0
    while (heights < 0).any():
        ready = (heights < 0) & (~present | (heights[children] >= 0)).all(1)
        if not ready.any():
            raise ArgumentError(f"the nodes {_cycle(children, heights)} are a cycle: no node may be below itself.")
        below = np.where(present, heights[children], -1)
        heights = np.where(ready, 1 + below.max(1, initial=-1), heights)
    return heights.astype(np.int32)


def _cycle(children: np.ndarray, heights: np.ndarray) -> str:
    seen, at = [], int(np.flatnonzero(heights < 0)[0])
    while at not in seen:
        seen.append(at)
        at = int(next(child for child in children[at] if child >= 0 and heights[child] < 0))
    return " → ".join(map(str, [*seen[seen.index(at) :], at]))


def _root(children: np.ndarray) -> int:
    roots = np.setdiff1d(np.arange(len(children)), children)
    if len(roots) != 1:
        raise ArgumentError(f"the nodes {', '.join(map(str, roots[:8]))} have no parent: a tree has one root; give `root`.")
    return int(roots[0])


def _checked_root(root: Any, n: int) -> int:
    if not isinstance(root, int | np.integer) or not 0 <= root < n:
        raise ArgumentError(f"root must be one of the nodes 0 to {n - 1}, got {root!r}.")
    return int(root)
