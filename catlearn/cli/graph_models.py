"""Models of graphs by name: nets that tell the nodes of a network apart, and nets that tell graphs apart."""

from __future__ import annotations

import numpy as np

from catlearn.algebra.graphs import EdgeList
from catlearn.core.diagram import Diagram, discard
from catlearn.core.family import Family
from catlearn.core.wires import Object, R
from catlearn.datasets.network import Network
from catlearn.learn.regularisers import l2
from catlearn.nets.dense import dense
from catlearn.nets.function import add, relu
from catlearn.nets.graph.convolution import graph_conv, simple_graph_conv
from catlearn.nets.graph.passing import message_passing, readout
from catlearn.nets.noise import dropout
from catlearn.nets.shape import branch, concatenate

DECAYED = {"gcn": l2(5e-4, "1.graph_conv.kernel"), "sgc": l2(5e-4, "*kernel")}  # Kipf, Welling 2017, §5.2: the first layer alone


def of_network(data: Network) -> dict[str, Diagram]:
    """Nets that see the features of all nodes and the graph, and give logits of each node.

    `gcn` is the net of Kipf, Welling 2017 (arXiv 1609.02907), §5.2; `sgc` that of Wu et al. 2019 (arXiv 1902.07153).
    """
    nodes, classes = R(*data.features.shape), len(data.classes)
    hidden = dropout(0.5) >> graph_conv(16) >> relu >> dropout(0.5)
    return {"gcn": nodes >> hidden >> graph_conv(classes), "sgc": nodes >> simple_graph_conv(classes)}


def of_graphs(graphs: EdgeList, features: np.ndarray, end: Family) -> dict[str, Diagram]:
    """Nets that see one graph of a batch such as this, and one that sees no more than how many nodes there are of each kind.

    `gin` is that of Xu et al. 2019 (arXiv 1810.00826): sums over neighbours, and over the nodes of the graph after each
    layer (eq. 4.2). Where edges have features, these are seen too, as in Hu et al. 2020 (arXiv 1905.12265), §5.1.
    """
    nodes = R(*features.shape[1:])
    along = None if graphs.features is None else R(*graphs.features.shape[2:])
    return {
        "gin": nodes >> _summed(features.shape[2], 32, 3, along) >> dropout(0.2) >> end,
        "bag": nodes >> readout() >> dense(32) >> relu >> dense(32) >> relu >> dropout(0.2) >> end,
    }


def _summed(units: int, wide: int, layers: int, edges: Object | None) -> Family | Diagram:
    """What all nodes come to before the first layer, and after each."""
    if not layers:
        return readout()
    return branch(readout(), isomorphism(units, wide, edges) >> _summed(wide, wide, layers - 1, edges)) >> concatenate()


def isomorphism(units: int, wide: int, edges: Object | None) -> message_passing:
    """A layer `mlp(hᵢ + Σ hⱼ)`, or `mlp(hᵢ + Σ relu(hⱼ + W eⱼᵢ + b))` where edges have features of this type.
    Type: `R(n, units) ⊗ P → R(n, wide)`."""
    mlp = add >> dense(wide) >> relu >> dense(wide) >> relu
    if edges is None:
        return message_passing(update=mlp)
    sent = discard(R(units)) @ R(units) @ (edges >> dense(units)) >> add >> relu
    return message_passing(sent, update=mlp, features=edges)
