"""Models by name, for whatever a data set's inputs and targets look like."""

from __future__ import annotations

import jax
import numpy as np

from catlearn.categories.function import function
from catlearn.cli.plan import UsageError
from catlearn.core.diagram import Diagram
from catlearn.core.family import Family
from catlearn.core.wires import R
from catlearn.datasets.split import Split, scale_of
from catlearn.nets.convolution import conv
from catlearn.nets.dense import dense
from catlearn.nets.embedding import positions
from catlearn.nets.function import flatten, relu, tanh
from catlearn.nets.norm import layer_norm
from catlearn.nets.pooling import global_average_pool, max_pool
from catlearn.nets.shape import reshape
from catlearn.nets.transformer import transformer_block

MODELS = ("dense", "mlp", "conv", "transformer")


def model_for(data: Split, name: str) -> Diagram:
    """The model by this name, from an input of the data to logits, or to a number in the unit of the targets.
    Raises UsageError, with the names that can be, where the model takes images and the data have none.

    >>> from catlearn.datasets import iris
    >>> model_for(iris(), "mlp").code()
    'R(4) >> dense(20) >> tanh >> dense(3)'
    """
    shape = data.train[0].shape[1:]
    end = dense(len(data.classes)) if data.classes else dense(1) >> _in_unit_of(data.train[1])
    suitable = _of_images(end, shape) if len(shape) == 3 else _of_tables(end)
    if name not in suitable:
        raise UsageError(f"a {name} model takes images, and {data.name} has none: --model can be {' or '.join(suitable)}.")
    return R(*shape) >> suitable[name]


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


def _in_unit_of(targets: np.ndarray) -> Family:
    """The fixed affine map that leads numbers of mean 0 and deviation 1, which nets begin with, to the unit of the targets."""
    scale = scale_of(targets)

    def in_unit(x: jax.Array) -> jax.Array:
        return x * scale.deviation + scale.mean

    return function(in_unit)
