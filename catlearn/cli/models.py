"""Models by name, for whatever a data set's inputs and targets look like."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.algebra.cells import cell
from catlearn.algebra.forest import Tree, trees
from catlearn.algebra.functors import RoseTree
from catlearn.algebra.graphs import EdgeList
from catlearn.algebra.lists import fold
from catlearn.algebra.machines import mealy, run
from catlearn.algebra.relabel import relabel
from catlearn.categories.function import function
from catlearn.cli.graph_models import of_graphs, of_network
from catlearn.cli.plan import UsageError
from catlearn.cli.symmetric_models import of_symmetric
from catlearn.core.diagram import Diagram
from catlearn.core.family import Family
from catlearn.core.wires import R
from catlearn.datasets.network import Network
from catlearn.datasets.split import Split, scale_of
from catlearn.datasets.symmetric import Symmetric
from catlearn.nets.cells import gru_cell, hidden, lstm_cell
from catlearn.nets.convolution import conv
from catlearn.nets.dense import dense
from catlearn.nets.embedding import embedding, positions
from catlearn.nets.function import flatten, relu, tanh
from catlearn.nets.norm import layer_norm
from catlearn.nets.pooling import global_average_pool, max_pool
from catlearn.nets.shape import branch, concatenate, reshape
from catlearn.nets.transformer import transformer_block
from catlearn.nets.tree_cells import tree_lstm

MODELS = ("dense", "mlp", "conv", "transformer", "gru", "lstm", "bidirectional", "tree", "bag", "gcn", "sgc", "gin")
MODELS += ("ign", "ign3", "spen", "vector")

Data = Split | Network


def model_for(data: Data, name: str) -> Diagram:
    """The model by this name, from an input of the data to logits, or to a number in the unit of the targets.
    Raises UsageError, with the names that can be, where the model is for other data.

    >>> from catlearn.datasets import iris
    >>> model_for(iris(), "mlp").code()
    'R(4) >> dense(20) >> tanh >> dense(3)'
    """
    suitable = models_of(data)
    if name not in suitable:
        raise UsageError(f"{data.name} is not for a {name} model: --model can be {' or '.join(suitable)}.")
    return suitable[name]


def models_of(data: Data) -> dict[str, Diagram]:
    """The models that take inputs such as these: images, tables, padded series with their lengths, text, trees,
    graphs, or what a group acts on."""
    if isinstance(data, Network):
        return of_network(data)
    if isinstance(data, Symmetric):
        return of_symmetric(data)
    inputs, classes = data.train[0], len(data.classes)
    if isinstance(inputs, Tree):
        return _of_trees(inputs, classes, len(data.vocabulary))
    if isinstance(inputs, tuple) and isinstance(inputs[0], EdgeList):
        return of_graphs(inputs[0], inputs[1], _end(classes, data.train[1]))
    if isinstance(inputs, tuple):
        length, features = inputs[0].shape[1:]
        return _of_series(length, features, classes)
    if data.vocabulary:
        text = R(inputs.shape[1], dtype="int32")
        return {name: text >> run(text_machine(classes, name)) for name in ("gru", "lstm")}
    end = _end(classes, data.train[1])
    found = _of_images(end, inputs.shape[1:]) if inputs.ndim == 4 else _of_tables(end)
    return {name: R(*inputs.shape[1:]) >> model for name, model in found.items()}


def _of_series(length: int, features: int, classes: int) -> dict[str, Diagram]:
    series = R(length, features) @ R(dtype="int32")
    forth, back = (fold(gru_cell(32), backwards=way, masked=True) for way in (False, True))
    return {
        "gru": series >> fold(gru_cell(64), masked=True) >> dense(classes),
        "lstm": series >> fold(lstm_cell(64), masked=True) >> hidden >> dense(classes),
        "bidirectional": series >> branch(forth, back) >> concatenate() >> dense(classes),
    }


def _of_trees(inputs: Tree, classes: int, kinds: int) -> dict[str, Diagram]:
    """A net that reads the tree, and one that sees no more than how many nodes there are of each kind."""
    grown = trees(RoseTree(R(dtype="int32"), 2), inputs.nodes)
    return {
        "tree": grown >> relabel(embedding(kinds, 32)) >> fold(tree_lstm(64, arity=2)) >> hidden >> dense(classes),
        "bag": grown >> function(_Bag(kinds)) >> dense(64) >> relu >> dense(64) >> relu >> dense(classes),
    }


@dataclass(frozen=True)
class _Bag:
    """How many nodes of a tree there are of each kind."""

    kinds: int

    __name__ = "bag"

    def __call__(self, tree: Tree) -> jax.Array:
        kinds = jax.nn.one_hot(tree.labels[0][0], self.kinds)
        return jnp.sum(jnp.where((tree.heights >= 0)[:, None], kinds, 0), 0)


def text_machine(classes: int, name: str, units: int = 128) -> mealy:
    """The machine that reads a character and says the logits of the next: run over text to learn, and generated from."""
    made, S = {"gru": (gru_cell(units), R(units)), "lstm": (lstm_cell(units), R(units) @ R(units))}[name]
    read = cell(embedding(classes, 32) @ S >> made, S)
    return mealy(read, dense(classes) if name == "gru" else hidden >> dense(classes))


def _of_tables(end: Family) -> dict[str, Family]:
    return {"dense": end, "mlp": dense(20) >> tanh >> end}


def _of_images(end: Family, shape: tuple[int, ...]) -> dict[str, Family]:
    seen = conv(32, 3) >> relu >> conv(32, 3) >> relu >> max_pool(2) >> conv(64, 3) >> relu >> max_pool(2)
    rows = reshape(shape[0], -1) >> dense(64) >> positions()  # an image is the sequence of its rows
    return {
        "dense": flatten >> end,
        "mlp": flatten >> dense(128) >> relu >> end,
        "conv": seen >> flatten >> dense(64) >> relu >> end,
        "transformer": rows >> transformer_block(4) >> transformer_block(4) >> layer_norm() >> global_average_pool >> end,
    }


def _end(classes: int, targets: np.ndarray) -> Family:
    return dense(classes) if classes else dense(1) >> _in_unit_of(targets)


def _in_unit_of(targets: np.ndarray) -> Family:
    """The fixed affine map that leads numbers of mean 0 and deviation 1, which nets begin with, to the unit of the targets."""
    scale = scale_of(targets)
    return function(_InUnit(tuple(scale.mean.tolist()), tuple(scale.deviation.tolist())))


@dataclass(frozen=True)
class _InUnit:
    """Numbers in a unit, from those in which its own deviation is 1, and its mean 0."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    __name__ = "in_unit"

    def __call__(self, x: jax.Array) -> jax.Array:
        return x * np.array(self.deviation, np.float32) + np.array(self.mean, np.float32)
