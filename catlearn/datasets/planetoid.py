"""Networks of citations, from the files of the Planetoid benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.datasets.network import Network, undirected
from catlearn.datasets.pickled import unpickled

PARTS = ("x", "y", "tx", "ty", "allx", "ally", "graph", "test.index")
VALIDATION = 500
ORIGIN = (
    "Planetoid's public files, ind.cora.x and seven more: they lie in the folder `data` of the repository kimiyoung/planetoid "
    "on GitHub."
)
CLASSES = {
    "cora": (
        "Theory",
        "Reinforcement Learning",
        "Genetic Algorithms",
        "Neural Networks",
        "Probabilistic Methods",
        "Case Based",
        "Rule Learning",
    )
}


def cora(folder: str | Path) -> Network:
    """2,708 papers on machine learning, which of 1,433 words each has, who cites whom (5,278 pairs), and seven topics.

    The public split: 140 papers to train on, 20 of each topic, 500 for validation, and 1,000 held out. See `planetoid`.

    >>> cora("data/planetoid").graph.edges  # doctest: +SKIP
    10556
    """
    return planetoid(folder, "cora")


def planetoid(folder: str | Path, name: str) -> Network:
    """A network of citations from the files `ind.NAME.*` in a folder, with its public split: `cora`, `citeseer` or `pubmed`.

    Features are words of papers, scaled so that each paper's sum to 1; citations go both ways, without repetitions.
    A node of which the files say nothing has features 0 and label −1. The pickles are read, never run.
    Raises ArgumentError where files are missing, saying where they come from, and where they are malformed.
    Source: Yang, Cohen, Salakhutdinov 2016 (arXiv 1603.08861); preprocessing as Kipf, Welling 2017 (arXiv 1609.02907), §5.2.
    """
    paths = {part: Path(folder) / f"ind.{name}.{part}" for part in PARTS}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise ArgumentError(f"{Path(folder)} has no {', '.join(missing)}. Give the folder of {ORIGIN}")
    index = _lines(paths.pop("test.index"))
    found = {part: unpickled(path) for part, path in paths.items()}
    wrong = [part for part, value in found.items() if isinstance(value, dict) != (part == "graph")]
    if wrong:
        raise ArgumentError(f"{paths[wrong[0]]} holds a {type(found[wrong[0]]).__name__}, which is not what Planetoid has there.")
    return _network(name, found, index, str(paths["x"].parent))


def _lines(path: Path) -> np.ndarray:
    try:
        return np.array([int(line) for line in path.read_text("ascii", "replace").split()], np.int64)
    except (ValueError, OverflowError) as error:
        raise ArgumentError(f"{path}: expected the number of a node on each line. ({error})") from error


def _network(name: str, found: dict[str, Any], index: np.ndarray, where: str) -> Network:
    """Papers are numbered: those of `allx` first, then, in the order of `index`, those of `tx`."""
    first, n = len(found["allx"]), len(found["graph"])
    train, places = len(found["x"]), np.arange(len(found["x"]) + VALIDATION)
    _check(found, index, where)
    words = np.zeros((n, found["allx"].shape[1]), np.float32)
    labels = np.full(n, -1, np.int32)
    words[:first], words[index] = found["allx"], found["tx"]
    labels[:first], labels[index] = _classes(found["ally"]), _classes(found["ty"])
    sums = words.sum(1, keepdims=True)
    words = words / np.where(sums == 0, 1, sums)
    graph = undirected(_citations(found["graph"], n, where), n)
    classes = CLASSES.get(name, tuple(map(str, range(found["ally"].shape[1]))))
    return Network(name, graph, words, labels, places[:train], places[train:], np.sort(index), classes)


def _check(found: dict[str, Any], index: np.ndarray, where: str) -> None:
    """Raise ArgumentError unless the arrays fit each other."""
    shapes = {part: found[part].shape for part in ("x", "y", "allx", "ally", "tx", "ty")}
    pairs = (("x", "y"), ("allx", "ally"), ("tx", "ty"))
    fit = all(len(shape) == 2 for shape in shapes.values()) and all(shapes[a][0] == shapes[b][0] for a, b in pairs)
    fit = fit and len({shapes[a][1] for a, _ in pairs}) == len({shapes[b][1] for _, b in pairs}) == 1
    first, n = len(found["allx"]), len(found["graph"])
    fit = fit and len(found["x"]) + VALIDATION <= first and len(index) == len(found["tx"]) == len(set(index.tolist()))
    if not fit or not (len(index) and first <= index.min() and index.max() < n):
        raise ArgumentError(
            f"the Planetoid files in {where} do not fit each other: arrays {shapes}, {len(index)} numbers of test nodes from "
            f"{index.min() if len(index) else None} to {index.max() if len(index) else None}, and {n} nodes in the graph."
        )


def _classes(onehot: np.ndarray) -> np.ndarray:
    return np.where(onehot.sum(1) == 1, onehot.argmax(1), -1)


def _citations(graph: dict, n: int, where: str) -> list[tuple[int, int]]:
    pairs = [(a, b) for a, others in graph.items() for b in (others if isinstance(others, list) else [others])]
    if not all(isinstance(i, int) and 0 <= i < n for pair in pairs for i in pair):
        raise ArgumentError(f"the graph in {where} names papers that are not the numbers 0 to {n - 1}.")
    return pairs
