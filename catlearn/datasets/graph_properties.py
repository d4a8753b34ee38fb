"""Graphs of several kinds and what can be counted in them: regressions whose targets no labelling of the nodes changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.core.wires import R
from catlearn.datasets.split import scale_of
from catlearn.datasets.symmetric import Symmetric
from catlearn.equivariant.common_groups import S
from catlearn.learn.batches import whole_number

PROPERTIES = ("triangles", "edges", "degree variance")


def triangles(adjacency: np.ndarray) -> np.ndarray:
    """How many triangles graphs have, `tr(A³) / 6`. Type: `(…, n, n)` to int64 `(…)`.

    >>> triangles(np.ones((4, 4)) - np.eye(4)).item()
    4
    """
    A = _simple(adjacency)
    return np.einsum("...ij,...jk,...ki->...", A, A, A) // 6


def edges(adjacency: np.ndarray) -> np.ndarray:
    """How many edges graphs have, `1ᵀA1 / 2`. Type: `(…, n, n)` to int64 `(…)`.

    >>> edges(np.ones((4, 4)) - np.eye(4)).item()
    6
    """
    return _simple(adjacency).sum((-2, -1)) // 2


def degree_variance(adjacency: np.ndarray) -> np.ndarray:
    """The variance of degrees, `(n Σ d² − (Σ d)²) / n²`: one division of integers. Type: `(…, n, n)` to float64 `(…)`.

    >>> degree_variance(np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]])) == 2 / 9
    np.True_
    """
    degrees = _simple(adjacency).sum(-1)
    n = degrees.shape[-1]
    return (n * np.square(degrees).sum(-1) - np.square(degrees.sum(-1))) / n**2


def graph_properties(examples: int = 1000, held_out: int = 500, nodes: int = 12, seed: int = 0) -> Symmetric:
    """Random graphs with this many nodes, and their triangles, edges and degree variance: `V ⊗ V → R(3)` for V of S(n).

    A graph is of one of four kinds, with numbers of its own: Erdős and Rényi's (each edge with probability p from 0.1 to 0.6),
    Barabási and Albert's (each new node joins 1 to 3 old ones, more likely those with more edges), Watts and Strogatz's (a ring
    of neighbours at distance 1 or 2, an end of each edge moved with probability 0.2), and two blocks (edges within a block with
    probability 0.7, between blocks 0.1). Nodes are numbered as these are made, so that old ones, neighbours, and blocks stand
    together; `moved_test` relabels them. The first `examples` are to train on, the same for every number of them.

    Inputs are float32 `(n, nodes, nodes, 1)`. Targets are float32 `(n, 3)`, in units in which 2,000 other graphs have mean 0 and
    deviation 1; `scale.undo` gives numbers, which round to what `triangles` and `edges` say.
    Raises ArgumentError for fewer than 6 nodes, and for numbers that are not whole and ≥ 1.

    >>> data = graph_properties(8, 8)
    >>> data.train[0].shape, data.train[1].shape
    ((8, 12, 12, 1), (8, 3))
    """
    whole_number("the number of examples", examples, 1)
    whole_number("the number held out", held_out, 1)
    whole_number("the number of nodes", nodes, 6)
    scale = scale_of(targets_of(_graphs(2000, nodes, [seed, 2])))
    parts = [_graphs(examples, nodes, [seed, 0]), _graphs(held_out, nodes, [seed, 1])]
    train, test = ((A[..., None].astype(np.float32), scale(targets_of(A)).astype(np.float32)) for A in parts)
    return Symmetric("graph_properties", train, test, dom=S(nodes).power(2), cod=R(3), moved="relabelled", scale=scale)


def targets_of(adjacency: np.ndarray) -> np.ndarray:
    """The three properties side by side, in their own units. Type: `(…, n, n)` to float64 `(…, 3)`.

    >>> targets_of(np.ones((4, 4)) - np.eye(4)).tolist()
    [4.0, 6.0, 0.0]
    """
    return np.stack([f(adjacency).astype(np.float64) for f in (triangles, edges, degree_variance)], -1)


def _simple(adjacency: np.ndarray) -> np.ndarray:
    """The matrix in integers. Raises ArgumentError unless it is that of an undirected graph without loops."""
    A = np.asarray(adjacency)
    square = A.ndim >= 2 and A.shape[-1] == A.shape[-2]
    if not square or not np.isin(A, (0, 1)).all() or (A.swapaxes(-1, -2) != A).any() or np.diagonal(A, 0, -2, -1).any():
        raise ArgumentError(f"these are properties of undirected graphs without loops: symmetric 0/1 matrices, got {A.shape}.")
    return A.astype(np.int64)


def _graphs(count: int, nodes: int, seed: list[int]) -> np.ndarray:
    """Graphs of the four kinds in turn, each with a generator of its own. Int64, shape (count, nodes, nodes)."""
    kinds: tuple[Callable, ...] = (erdos_renyi, barabasi_albert, watts_strogatz, two_blocks)
    random = (np.random.default_rng([*seed, i]) for i in range(count))
    return np.stack([kinds[i % len(kinds)](nodes, r) for i, r in enumerate(random)])


def erdos_renyi(nodes: int, random: np.random.Generator) -> np.ndarray:
    """A graph in which each edge is with one probability, which is drawn from 0.1 to 0.6."""
    return _drawn(np.full((nodes, nodes), random.uniform(0.1, 0.6)), random)


def two_blocks(nodes: int, random: np.random.Generator) -> np.ndarray:
    """A graph of two blocks: the first nodes, 3 or more, and the others, 3 or more."""
    block = np.arange(nodes) < random.integers(3, nodes - 2)
    return _drawn(np.where(block[:, None] == block, 0.7, 0.1), random)


def _drawn(probabilities: np.ndarray, random: np.random.Generator) -> np.ndarray:
    upper = np.triu(random.uniform(size=probabilities.shape) < probabilities, 1).astype(np.int64)
    return upper + upper.T


def barabasi_albert(nodes: int, random: np.random.Generator) -> np.ndarray:
    """A graph that grows: each new node joins 1 to 3 of those before it, with probability proportional to their degree + 1."""
    A, joined = np.zeros((nodes, nodes), np.int64), random.integers(1, 4)
    for new in range(1, nodes):
        degrees = A[:new, :new].sum(0) + 1
        old = random.choice(new, min(joined, new), replace=False, p=degrees / degrees.sum())
        A[new, old] = A[old, new] = 1
    return A


def watts_strogatz(nodes: int, random: np.random.Generator) -> np.ndarray:
    """A ring of neighbours at distance 1 or 2, with each edge moved to another end with probability 0.2."""
    A = np.zeros((nodes, nodes), np.int64)
    ring = [(i, (i + step) % nodes) for step in (1, 2) for i in range(nodes)]
    for i, j in ring:
        A[i, j] = A[j, i] = 1
    for i, j in ring:
        free = np.flatnonzero(A[i] == 0)
        others = free[free != i]
        if random.uniform() < 0.2 and len(others):
            k = random.choice(others)
            A[i, j] = A[j, i] = 0
            A[i, k] = A[k, i] = 1
    return A
