"""Tables: `embedding` of whole numbers, learned `positions`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn.initializers import normal, variance_scaling

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.wires import Object, R
from catlearn.nets.dense import draw, floating, whole

_rows_of_length_one = variance_scaling(1.0, "fan_in", "normal", out_axis=0)
_small = normal(0.02)


def table_initialiser(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """Normal with variance 1 / features, so that rows have length 1 on average: the default of tables here."""
    return _rows_of_length_one(key, shape, dtype)


def position_initialiser(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """Normal with standard deviation 0.02, the default of positions here: `jax.nn.initializers.normal(0.02)` under a name."""
    return _small(key, shape, dtype)


@dataclass(frozen=True, repr=False)
class embedding(SmoothLayer):
    """The row of a table for each whole number. Type: `R(…, dtype=int32) ⊗ R(v, d) → R(…, d)`, in `dtype` (float32).

    Takes any integer dtype. A number that has no row (negative, or ≥ `vocabulary`) raises ArgumentError among inputs that are
    known as the arrow runs, and gives NaN elsewhere. Raises TypingError for wires of anything else, and where `vocabulary`
    or `features` is no whole number ≥ 1.

    >>> import catlearn as cl
    >>> cl.R(7, dtype="int32") >> embedding(100, 16)
    R(7, dtype='int32') >> embedding(100, 16)
    # R(7, dtype='int32') → R(7, 16), 1,600 parameters: table (100, 16)
    """

    vocabulary: int
    features: int
    dtype: Any = "float32"
    table_init: Callable = table_initialiser

    def __post_init__(self) -> None:
        whole(self, "vocabulary", "features")

    def check(self, dom: Object) -> None:
        super().check(dom)
        leaves = dom.wires[0].leaves
        if dom.wires[0].tree != jax.tree.structure(0) or not jnp.issubdtype(leaves[0].dtype, jnp.integer):
            raise TypingError(f"{self!r} takes an array of whole numbers, such as R(8, dtype='int32'), got {dom}.")
        if not jnp.issubdtype(R(dtype=self.dtype).wires[0].leaves[0].dtype, jnp.inexact):
            raise TypingError(f"{self!r}: a table must be of floats, such as dtype='float32', to learn.")

    def parameters(self, dom: Object) -> Object:
        return R(self.vocabulary, self.features, dtype=self.dtype, label="table")

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(self.table_init, key, self.parameters(dom))

    def inspect(self, *xs: Any) -> None:
        low, high = (np.min(xs[0]), np.max(xs[0])) if np.size(xs[0]) else (0, 0)
        if low < 0 or high >= self.vocabulary:
            raise ArgumentError(f"{self!r} has rows 0 to {self.vocabulary - 1}, and there are numbers from {low} to {high}.")

    def apply(self, params: tuple, *xs: Any) -> Any:
        return params[0].at[xs[0]].get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)


@dataclass(frozen=True, repr=False)
class positions(SmoothLayer):
    """Add a learned row for each position. Type: `R(t, d) ⊗ R(t, d) → R(t, d)`, in the dtype of the domain.

    Raises TypingError for a wire without two axes of floats. Source: Gehring et al. 2017 (arXiv 1705.03122), §3.1.

    >>> import catlearn as cl
    >>> cl.R(7, dtype="int32") >> embedding(100, 16) >> positions()
    R(7, dtype='int32') >> embedding(100, 16) >> positions()
    # R(7, dtype='int32') → R(7, 16), 1,712 parameters: 0.embedding.table (100, 16), 1.positions.table (7, 16)
    """

    table_init: Callable = position_initialiser

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, "two axes (time, features)", 2, 2)

    def parameters(self, dom: Object) -> Object:
        return dom.named("table")

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(self.table_init, key, dom)

    def codomain(self, dom: Object, param: Object) -> Object:
        return dom

    def apply(self, params: tuple, *xs: Any) -> Any:
        return xs[0] + params[0]
