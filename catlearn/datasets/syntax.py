"""Real trees: the syntax of the functions of Python's standard library."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from catlearn.algebra.functors import RoseTree
from catlearn.algebra.planting import forest, graph
from catlearn.core.errors import MissingPackageError
from catlearn.core.wires import R
from catlearn.datasets.split import Pair, Split
from catlearn.learn.batches import whole_number

MOST = 6000
TESTS_AND_GUESTS = {"test", "tests", "idle_test", "site-packages", "dist-packages"}

Tree = tuple[Any, tuple["Tree", ...]]  # a label and the subtrees below it, in order
Found = tuple[str, np.ndarray, np.ndarray, bool]  # file, labels, children, target


def python_trees(nodes: int = 64) -> Split:
    """Functions of Python's standard library, as trees: is some call inside another call, as in `f(g(x))` or `f(x).g()`,
    or does each stand by itself? Every function has two calls or more, so counting its nodes does not tell.

    A node is a node of `ast`, its label the kind; names, constants, and whether a variable is read or written are left
    out. The tree is binary: a node's children are its first child and its next sibling there. Inputs are a triple of
    int32: labels `(n, nodes)`, children `(n, nodes, 2)`, and sizes `(n,)`. Children come before parents, so a fold goes
    from left to right; the root is node `size - 1`; an absent child, and all of the padding behind the root, is −1.
    `vocabulary` names the labels. Targets are `(n,)` int32.

    Functions are those outside other functions, with at most `nodes` nodes; no two have the same tree up to labels. A fifth
    of the files is held out, so a file's functions are in one part. At most 6,000 functions, always the same ones for the
    same Python; they differ from one Python to the next. It takes some seconds.
    Raises ArgumentError unless `nodes` is a whole number ≥ 16, and MissingPackageError without the library's source.

    >>> (labels, children, sizes), targets = python_trees(16).test
    >>> bool((children[:, :, 0] < np.arange(16)).all()), labels.shape[1]
    (True, 16)
    """
    whole_number("nodes", nodes, 16)
    found = _distinct(found for path in _files() for found in _functions(path, nodes))
    kinds = np.unique(np.concatenate([labels for _, labels, _, _ in found]))
    files = sorted({file for file, *_ in found})
    random = np.random.default_rng(0)
    held = set(random.permutation(files)[: len(files) // 5])
    kept = [found[i] for i in random.permutation(len(found))[:MOST]]
    train = _part([one for one in kept if one[0] not in held], kinds, nodes)
    test = _part([one for one in kept if one[0] in held], kinds, nodes)
    return Split("python_trees", train, test, ("apart", "nested"), tuple(map(str, kinds)))


def python_forest(nodes: int = 64) -> Split:
    """`python_trees` as trees that can be folded: inputs are a forest of `RoseTree(R(dtype=int32), 2)`, whose children are the
    first child and the next sibling. Raises as `python_trees`.

    >>> python_forest(16).test[0].nodes
    16
    """
    split = python_trees(nodes)
    train, test = ((_forest(*inputs), targets) for inputs, targets in (split.train, split.test))
    return replace(split, train=train, test=test)


def _forest(labels: np.ndarray, children: np.ndarray, sizes: np.ndarray) -> Any:
    over, room = RoseTree(R(dtype="int32"), 2), labels.shape[1]
    rows = zip(labels, children, sizes, strict=True)
    return forest([graph(over, below[:n], kinds[:n], nodes=room) for kinds, below, n in rows], over, room)


def first_child_next_sibling(tree: Tree) -> tuple[np.ndarray, np.ndarray]:
    """The binary tree of an ordered tree (Knuth, The Art of Computer Programming 1, §2.3.2): a node's children are its first
    child and its next sibling there. Type: a label and subtrees to labels `(n,)`, children `(n, 2)` int32, −1 for absent;
    the nodes are in reverse preorder, so that children come before parents and the root is last.

    >>> labels, children = first_child_next_sibling(("f", (("g", (("x", ()),)), ("y", ()))))
    >>> labels.tolist(), children.tolist()
    (['y', 'x', 'g', 'f'], [[-1, -1], [-1, -1], [1, 0], [2, -1]])
    """
    labels, children = [], []

    def place(tree: Tree, following: int) -> int:
        label, subtrees = tree
        first = -1
        for subtree in reversed(subtrees):
            first = place(subtree, first)
        labels.append(label)
        children.append((first, following))
        return len(labels) - 1

    place(tree, -1)
    return np.array(labels), np.array(children, np.int32)


def bag(labels: np.ndarray, kinds: int) -> np.ndarray:
    """How many nodes of each kind a tree has: what is left of it without its shape. Type: `(n, nodes)` to `(n, kinds)` int32.

    >>> bag(np.array([[0, 2, 2, -1]]), 3)
    array([[1, 0, 2]], dtype=int32)
    """
    return np.stack([(labels == kind).sum(-1, dtype=np.int32) for kind in range(kinds)], -1)


def syntax_tree(node: ast.AST) -> Tree:
    """The kinds of the nodes of syntax, as a tree. Contexts (`Load`, `Store`, `Del`) are left out.

    >>> syntax_tree(ast.parse("f(x)", mode="eval").body)
    ('Call', (('Name', ()), ('Name', ())))
    """
    below = (child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr_context))
    return type(node).__name__, tuple(map(syntax_tree, below))


def _files() -> list[Path]:
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [path for path in library.rglob("*.py") if not TESTS_AND_GUESTS & set(path.relative_to(library).parts)]
    if not files:
        raise MissingPackageError(f"this Python has no source of its standard library (looked for .py files in {library}).")
    return sorted(files)


def _functions(path: Path, nodes: int) -> Iterator[Found]:
    """The functions of a file that have the size and two calls or more."""
    for function in _outermost(_parsed(path)):
        within = list(islice((node for node in ast.walk(function) if not isinstance(node, ast.expr_context)), nodes + 1))
        calls = [node for node in within if isinstance(node, ast.Call)]
        if len(within) <= nodes and len(calls) >= 2:
            yield str(path), *first_child_next_sibling(syntax_tree(function)), any(map(_holds_a_call, calls))


def _parsed(path: Path) -> ast.Module:
    """The syntax of a file; of one that is no Python, such as a template, that of an empty file."""
    with warnings.catch_warnings(action="ignore"):
        try:
            return ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            return ast.Module([], [])


def _outermost(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        elif not isinstance(child, ast.expr):
            yield from _outermost(child)


def _holds_a_call(call: ast.Call) -> bool:
    return sum(isinstance(node, ast.Call) for node in ast.walk(call)) > 1


def _distinct(found: Iterator[Found]) -> list[Found]:
    """The first of each shape."""
    shapes = {}
    for one in found:
        shapes.setdefault(one[2].tobytes(), one)
    return list(shapes.values())


def _part(found: list[Found], kinds: np.ndarray, nodes: int) -> Pair:
    labels, children = np.full((len(found), nodes), -1, np.int32), np.full((len(found), nodes, 2), -1, np.int32)
    for i, (_, names, below, _) in enumerate(found):
        labels[i, : len(names)], children[i, : len(names)] = np.searchsorted(kinds, names), below
    sizes = np.array([len(names) for _, names, _, _ in found], np.int32)
    return (labels, children, sizes), np.array([target for *_, target in found], np.int32)
