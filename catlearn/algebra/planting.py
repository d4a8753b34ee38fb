"""Trees from plain data, on the host: from nested tuples, or from arrays. What can't be a tree is an error here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from catlearn.algebra.forest import Summand, Tree, labels_of, summands_of, trees
from catlearn.algebra.outline import (
    check_children,
    check_count,
    checked_root,
    found_heights,
    found_root,
    found_tags,
    whole_numbers,
    wrong_children,
)
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

    >>> from catlearn.algebra.functors import BinaryTree
    >>> from catlearn.core.wires import R
    >>> tree(((1.0, 2.0), 3.0), BinaryTree(R()), 8).heights.tolist()
    [2, 1, 0, 0, 0, -1, -1, -1]
    """
    summands, queue, rows = summands_of(over), [value], []
    plain = _plain(summands)
    for node in queue:
        if len(queue) > nodes:
            raise ArgumentError(f"this tree has more than {count(nodes, 'node')}: give `nodes`, as many as the largest tree has.")
        tag, label, children = _read(node, summands, plain, over)
        places = [
            -1 if child is None else len(queue) + sum(c is not None for c in children[:i]) for i, child in enumerate(children)
        ]
        queue.extend(child for child in children if child is not None)
        rows.append((tag, label, places))
    return _planted(rows, summands, over, nodes)


def forest(values: Sequence[Any], over: Polynomial, nodes: int = 64) -> Tree:
    """Many trees as a batch: a leading axis on every array. Values are `Tree`s, or nested data as `tree` takes.

    Raises ArgumentError for no trees at all, for trees of another functor or capacity, and as `tree` does.

    >>> from catlearn.algebra.functors import BinaryTree
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

    >>> from catlearn.algebra.functors import RoseTree
    >>> from catlearn.core.wires import R
    >>> diamond = graph(RoseTree(R(), 2), [[1, 2], [3, -1], [3, -1], [-1, -1]], [1.0, 2.0, 3.0, 4.0], nodes=4)
    >>> diamond.heights.tolist(), int(diamond.root)
    ([2, 1, 1, 0], 0)
    """
    summands, children = summands_of(over), whole_numbers("children", children)
    degree = max(term.degree for term in summands)
    n = len(children)
    if children.shape != (n, degree):
        raise ArgumentError(f"children of {over!r} are an array (nodes, {degree}), got shape {children.shape}.")
    check_count(n, nodes)
    tags = found_tags(tags, children, summands, over)
    check_children(children, tags, summands, over)
    heights = found_heights(children)
    rows = tuple(
        tuple(_padded(value, wire, n, nodes, tags == i, over) for value, wire in zip(values, A.wires, strict=True))
        for i, (values, A) in enumerate(zip(_by_summand(labels, over), labels_of(over), strict=True))
    )
    at = np.int32(found_root(children) if root is None else checked_root(root, n))
    tags = _grown(tags, nodes, 0) if len(summands) > 1 else None
    return Tree(rows, tags, _grown(children, nodes, -1), _grown(heights, nodes, -1), at, summands)


# nested data


def _read(node: Any, summands: tuple[Summand, ...], plain: tuple[int, int] | None, over: Polynomial) -> Row:
    """A node of nested data: its summand, label and children."""
    if len(summands) == 1 and isinstance(node, tuple | list) and len(node) == 2 and isinstance(node[1], tuple | list):
        return 0, node[0], node[1]
    if plain and isinstance(node, tuple):
        return plain[1], (), node
    if plain:
        return plain[0], node, ()
    if len(summands) > 1 and isinstance(node, tuple | list) and len(node) == 3 and node[0] in range(len(summands)):
        return int(node[0]), node[1], node[2]
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
            raise ArgumentError(wrong_children(i, len(children), tag, over))
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
