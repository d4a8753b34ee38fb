"""What a data set of many graphs is here: all of them padded to one size, so that any of them are a batch; and folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from catlearn.algebra.graphs import EdgeList, Graph, padded
from catlearn.core.errors import ArgumentError
from catlearn.core.shown import Shown
from catlearn.core.wires import Object, R, count
from catlearn.datasets.split import Pair, Split, named_facts
from catlearn.learn.batches import whole_number


@dataclass(frozen=True, repr=False)
class GraphSet(Shown):
    """Many graphs, each padded to the same number of nodes and edges, with an axis for them before the own ones of all arrays.

    `graphs` is an `EdgeList` of arrays with a graph on each row, features of its edges `(n, edges, l)` float32; `features`
    `(n, nodes, k)` float32 are those of nodes, 0 for padding. Targets are as a `Split`'s.
    """

    name: str
    graphs: EdgeList
    features: np.ndarray
    targets: np.ndarray
    classes: tuple[str, ...] = ()

    def _facts(self) -> list[tuple[str, Any]]:
        own = [("graphs", self.graphs), ("features", self.features), ("targets", self.targets)]
        return [*own, *named_facts(self.classes)]

    def __repr__(self) -> str:
        sizes = f"at most {count(self.graphs.nodes - 1, 'node')} and {count(self.graphs.edges, 'edge')}"
        classes = f", {len(self.classes)} classes" if self.classes else ""
        return f"GraphSet({self.name}: {count(len(self), 'graph')}, {sizes}{classes})"

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def wires(self) -> Object:
        """The type of one graph and the features of its nodes: `Graph(nodes, edges, R(l), padded=True) ⊗ R(nodes, k)`."""
        edges = self.graphs.features
        along = None if edges is None else R(*edges.shape[2:])
        graph = Graph(self.graphs.nodes, self.graphs.edges, along, weighted=self.graphs.weights is not None, padded=True)
        return graph @ R(*self.features.shape[1:])

    def take(self, rows: Any) -> Pair:
        """These graphs as a batch, `((graph, x), targets)`."""
        return jax.tree.map(lambda leaf: leaf[rows], ((self.graphs, self.features), self.targets))

    def split(self, test: Any) -> Split:
        """The graphs that are not these to train on, and these held out."""
        train = np.setdiff1d(np.arange(len(self)), test)
        return Split(self.name, self.take(train), self.take(test), self.classes)


def graph_set(
    name: str, graphs: Sequence[EdgeList], features: Sequence[np.ndarray], targets: np.ndarray, classes: tuple[str, ...] = ()
) -> GraphSet:
    """The set of these graphs, each with features of its nodes `(nodes, k)`, with room for the largest of them.
    Raises ArgumentError for none, for as many features or targets as there are not graphs, and for features of other nodes.

    >>> from catlearn.algebra.graphs import edge_list
    >>> one, two = edge_list([0], [1], 2), edge_list([], [], 1)
    >>> graph_set("two", [one, two], [np.ones((2, 3)), np.ones((1, 3))], np.array([0, 1])).features.shape
    (2, 3, 3)
    """
    if not len(graphs) or not len(graphs) == len(features) == len(targets):
        raise ArgumentError(f"{name}: {len(graphs)} graphs with {len(features)} features and {len(targets)} targets.")
    wrong = [i for i, (graph, x) in enumerate(zip(graphs, features, strict=True)) if len(x) != graph.nodes]
    if wrong:
        raise ArgumentError(f"{name}: graph {wrong[0]} has {graphs[wrong[0]].nodes} nodes, features {len(features[wrong[0]])}.")
    nodes, edges = max(g.nodes for g in graphs) + 1, max(g.edges for g in graphs)  # one more, for edges of padding to be at
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *(padded(graph, nodes, edges) for graph in graphs))
    x = np.stack([np.pad(np.asarray(one, np.float32), ((0, nodes - len(one)), (0, 0))) for one in features])
    return GraphSet(name, stacked, x, targets, classes)


def folds(targets: np.ndarray, count: int, seed: int = 0) -> list[np.ndarray]:
    """The numbers of the examples in `count` parts, each of which is once held out: shuffled with `seed`, and dealt out.
    Integer targets `(n,)` are classes, and stratified: each class has as many in one part as in another, or one more.
    Raises ArgumentError unless there is an example for each part, and there are two or more.

    >>> [part.tolist() for part in folds(np.array([0, 0, 1, 1]), 2)]
    [[0, 2], [1, 3]]
    """
    whole_number("the number of folds", count, 2)
    if count > len(targets):
        raise ArgumentError(f"{len(targets)} examples can't be {count} folds: take at most one for each.")
    order = np.random.default_rng(seed).permutation(len(targets))
    if np.issubdtype(targets.dtype, np.integer):
        order = order[np.argsort(targets[order], kind="stable")]
    return [np.sort(order[i::count]) for i in range(count)]
