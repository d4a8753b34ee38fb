"""What a data set of nodes is here: one graph, features and labels of its nodes, and which of them are for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from catlearn.algebra.graphs import EdgeList, edge_list
from catlearn.core.errors import ArgumentError
from catlearn.core.shown import Shown
from catlearn.core.wires import count
from catlearn.datasets.split import named_facts


@dataclass(frozen=True, repr=False)
class Network(Shown):
    """One graph with features `(n, k)` float32 and labels `(n,)` int32 of its nodes: the numbers of `classes`, −1 where unknown.

    `train`, `validation` and `test` are the numbers of the nodes whose labels are trained on, chosen by, and held out.
    """

    name: str
    graph: EdgeList
    features: np.ndarray
    labels: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    classes: tuple[str, ...]

    def _facts(self) -> list[tuple[str, Any]]:
        parts = [("train", self.train), ("validation", self.validation), ("test", self.test)]
        own = [("graph", self.graph), ("features", self.features), ("labels", self.labels)]
        return [*own, *((f"nodes to {name}", len(nodes)) for name, nodes in parts), *named_facts(self.classes)]

    def __repr__(self) -> str:
        sizes = f"{count(self.graph.nodes, 'node')}, {count(self.graph.edges, 'edge')}, {self.features.shape[-1]} features"
        return f"Network({self.name}: {sizes}, {len(self.classes)} classes)"

    def examples(self, nodes: np.ndarray) -> tuple[tuple[EdgeList, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """The batch of one example that the whole graph is, with the labels of these nodes: `((graph, x), (labels, weights))`, an
        axis of length 1 before the own ones of each array. Weights `(1, n)` are 1 at these nodes, so that targets are
        those of `weighted(softmax_cross_entropy)`; labels are 0 elsewhere.
        Raises ArgumentError for nodes whose label is not known.
        """
        weights = np.zeros(len(self.labels), np.float32)
        weights[nodes] = 1
        if (self.labels[nodes] < 0).any():
            raise ArgumentError(f"{self.name}: some of these nodes have no label.")
        batch = (self.graph, self.features), (np.where(weights > 0, self.labels, 0).astype(np.int32), weights)
        return jax.tree.map(lambda leaf: np.asarray(leaf)[None], batch)


def undirected(pairs: Any, nodes: int) -> EdgeList:
    """The graph with an edge each way between two nodes for each of these pairs, however often they stand there.

    >>> undirected([(0, 1), (1, 0), (1, 2)], 3).senders.tolist()
    [0, 1, 1, 2]
    """
    pairs = np.asarray(pairs, np.int64).reshape(-1, 2)
    both = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    return edge_list(both[:, 0], both[:, 1], nodes)
