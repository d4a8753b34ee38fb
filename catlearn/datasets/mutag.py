"""Molecules that change genes of a bacterium, or don't: graphs that ship inside grakel."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from catlearn.algebra.graphs import edge_list
from catlearn.core.errors import ArgumentError
from catlearn.datasets.graph_set import GraphSet, graph_set
from catlearn.datasets.shipped import shipped

FOLDER = Path("tests", "data", "MUTAG")
ATOMS = ("C", "N", "O", "F", "I", "Cl", "Br")
BONDS = ("aromatic", "single", "double", "triple")


def mutag() -> GraphSet:
    """188 nitroaromatic molecules with 10 to 28 atoms, no hydrogens among them; which are mutagenic (125)?

    Features of nodes are one of seven atoms, of edges one of four kinds of bonds; a bond is an edge each way. From Debnath
    et al. 1991, in the form of Kriege and Mutzel 2012, by grakel, whose files are read without importing it.
    Raises MissingPackageError without grakel, or where it has no such files, and ArgumentError for malformed files.

    >>> molecules = mutag()  # doctest: +SKIP
    >>> len(molecules), molecules.wires  # doctest: +SKIP
    (188, Graph(29, 66, features=R(4), padded=True) @ R(29, 7))
    """
    return tu_graphs(shipped("these molecules", FOLDER / "MUTAG_A.txt", ("grakel",)).parent, "MUTAG", ATOMS, BONDS)


def tu_graphs(folder: Path, name: str, nodes: tuple[str, ...], edges: tuple[str, ...]) -> GraphSet:
    """Graphs in the format of the TU Dortmund collection: `NAME_A.txt` (two nodes, from 1 on, on each line),
    `NAME_graph_indicator.txt` (the graph of each node), and labels of graphs, nodes and edges, those of the last two from 0 on:
    the numbers of `nodes` and `edges`. Raises ArgumentError for malformed files.
    """
    read = {part: _lines(folder / f"{name}_{part}.txt") for part in ("A", "graph_indicator", "graph_labels")}
    atoms = _one_hot(_lines(folder / f"{name}_node_labels.txt"), nodes, folder)
    bonds = _one_hot(_lines(folder / f"{name}_edge_labels.txt"), edges, folder)
    ends, owner, labels = read["A"] - 1, read["graph_indicator"][:, 0] - 1, read["graph_labels"][:, 0]
    n, count = len(owner), len(labels)
    fits = ends.shape[1] == 2 and len(atoms) == n and len(bonds) == len(ends) and (np.diff(owner) >= 0).all()
    if not fits or set(owner.tolist()) != set(range(count)) or ends.min() < 0 or ends.max() >= n:
        raise ArgumentError(
            f"the files {name}_*.txt in {folder} do not fit each other: {n} nodes ({len(atoms)} labelled) of {count} graphs in "
            f"order, and {len(ends)} edges ({len(bonds)} labelled) between them."
        )
    if (owner[ends[:, 0]] != owner[ends[:, 1]]).any():
        raise ArgumentError(f"{folder / f'{name}_A.txt'}: an edge joins nodes of two graphs.")
    starts = np.searchsorted(owner, np.arange(count))
    rows = [np.flatnonzero(owner[ends[:, 0]] == i) for i in range(count)]
    x = [atoms[owner == i] for i in range(count)]
    own = ends - starts[owner[ends[:, 0]], None]
    graphs = [edge_list(own[at, 0], own[at, 1], len(x[i]), features=bonds[at]) for i, at in enumerate(rows)]
    classes = np.unique(labels)
    return graph_set(name.lower(), graphs, x, np.searchsorted(classes, labels).astype(np.int32), tuple(map(str, classes)))


def _lines(path: Path) -> np.ndarray:
    try:
        return np.loadtxt(path, delimiter=",", dtype=np.int64, ndmin=2)
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{path}: expected whole numbers, as many on each line, with commas. ({error})") from error


def _one_hot(labels: np.ndarray, kinds: tuple[str, ...], folder: Path) -> np.ndarray:
    if not (labels.shape[1:] == (1,) and labels.size and 0 <= labels.min() <= labels.max() < len(kinds)):
        raise ArgumentError(
            f"the labels in {folder} are the numbers 0 to {len(kinds) - 1} of {', '.join(kinds)}, one on each line."
        )
    return np.eye(len(kinds), dtype=np.float32)[labels[:, 0]]
