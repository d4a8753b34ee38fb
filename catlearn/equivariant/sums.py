"""Sums of linear maps with channels, map by map: what is left where diagrams share no halves, and bases of matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class Each:
    """`y = Σ_i f_i(x) W_i` for linear maps f_i of arrays with any axes behind their own. `rank` axes go in.

    `forward(x, w)` takes x of shape (batch, axes, c_in) and w of shape (count, c_in, c_out); each map costs what it costs.
    """

    maps: tuple[Callable, ...]
    rank: int

    @property
    def count(self) -> int:
        return len(self.maps)

    def forward(self, x: jax.Array, w: jax.Array) -> jax.Array:
        inside = jnp.moveaxis(x, 0, -2)
        total: Any = 0
        for f, matrix in zip(self.maps, w, strict=True):
            total = total + jnp.moveaxis(f(inside), -2, 0) @ matrix
        return total


@dataclass(frozen=True, eq=False)
class Dense:
    """`y = Σ_i B_i x W_i` for a basis of matrices, shape (count, N_out, N_in), on arrays of N_in and N_out numbers a channel.

    It costs about `2 N_out N_in` FLOPs for each matrix and channel of the smaller end.
    """

    basis: np.ndarray
    above: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.basis)

    def forward(self, x: jax.Array, w: jax.Array) -> jax.Array:
        flat = x.reshape(x.shape[0], -1, x.shape[-1])
        basis = jnp.asarray(self.basis, x.dtype)
        if w.shape[1] <= w.shape[2]:
            y = jnp.einsum("roi,bic->borc", basis, flat).reshape(len(flat), basis.shape[1], -1) @ w.reshape(-1, w.shape[2])
        else:
            y = jnp.einsum("roi,bird->bod", basis, jnp.einsum("bic,rcd->bird", flat, w))
        return y.reshape(x.shape[0], *self.above, w.shape[2])

    @cached_property
    def _key(self) -> tuple:
        return self.basis.shape, self.basis.tobytes(), self.above

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dense) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)
