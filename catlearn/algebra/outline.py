"""The outline of a tree given by arrays: its children, the summands of its nodes, their heights, its root; and what can't be."""

from __future__ import annotations

from typing import Any

import numpy as np

from catlearn.algebra.forest import Summand, summands_of
from catlearn.algebra.polynomial import Polynomial
from catlearn.core.errors import ArgumentError
from catlearn.core.wires import count


def whole_numbers(what: str, value: Any) -> np.ndarray:
    found = np.asarray(value)
    if not np.issubdtype(found.dtype, np.integer):
        raise ArgumentError(f"{what} are whole numbers, got {found.dtype}.")
    return found.astype(np.int64)


def check_count(n: int, nodes: int) -> None:
    if n == 0:
        raise ArgumentError("a tree has at least one node: its root.")
    if n > nodes:
        raise ArgumentError(
            f"a tree of {count(n, 'node')}, with place for {nodes}: give `nodes`, as many as the largest tree has."
        )


def found_tags(tags: Any, children: np.ndarray, summands: tuple[Summand, ...], over: Polynomial) -> np.ndarray:
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
    found = whole_numbers("tags", tags)
    if found.shape != (n,) or np.any((found < 0) | (found >= len(summands))):
        raise ArgumentError(f"tags are a number from 0 to {len(summands) - 1} for each of {n} nodes, got {tags!r}.")
    return found.astype(np.int32)


def check_children(children: np.ndarray, tags: np.ndarray, summands: tuple[Summand, ...], over: Polynomial) -> None:
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
        raise ArgumentError(wrong_children(i, int(present[i].sum()), int(tags[i]), over))


def wrong_children(i: int, have: int, tag: int, over: Polynomial) -> str:
    term = over.summands[tag]
    least, most = sum(not may for may in summands_of(over)[tag].optional), summands_of(over)[tag].degree
    takes = str(most) if least == most else f"{least} to {most}"
    return f"node {i} has {count(have, 'child', 'children')}, and a node of {term!r} has {takes}, each in its place."


def found_heights(children: np.ndarray) -> np.ndarray:
    """0 for leaves, one more than the highest child elsewhere. Raises ArgumentError with the nodes of a cycle."""
    n = len(children)
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


def found_root(children: np.ndarray) -> int:
    roots = np.setdiff1d(np.arange(len(children)), children)
    if len(roots) != 1:
        raise ArgumentError(f"the nodes {', '.join(map(str, roots[:8]))} have no parent: a tree has one root; give `root`.")
    return int(roots[0])


def checked_root(root: Any, n: int) -> int:
    if not isinstance(root, int | np.integer) or not 0 <= root < n:
        raise ArgumentError(f"root must be one of the nodes 0 to {n - 1}, got {root!r}.")
    return int(root)
