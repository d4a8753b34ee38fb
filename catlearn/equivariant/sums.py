"""Sums of linear maps with channels, map by map: what is left where diagrams share no halves, and bases of matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def product(a: jax.Array, b: jax.Array) -> jax.Array:
    """The matrix product in full precision, unless `jax.default_matmul_precision` asks for another.

    What accelerators take unless told (TF32, bfloat16 passes) rounds to 3 digits, so that maps are equivariant to 3 digits.
    """
    return jnp.matmul(a, b, precision=full_precision())


def full_precision() -> Any:
    """The precision of products in equivariant layers: what the user asks for, else all digits."""
    return getattr(jax.config, "jax_default_matmul_precision", None) or "highest"


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
            total = total + product(jnp.moveaxis(f(inside), -2, 0), matrix)
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
            mapped = jnp.einsum("roi,bic->borc", basis, flat, precision=full_precision())
            y = product(mapped.reshape(*mapped.shape[:2], -1), w.reshape(-1, w.shape[2]))
        else:
            mixed = jnp.einsum("bic,rcd->bird", flat, w, precision=full_precision())
            y = jnp.einsum("roi,bird->bod", basis, mixed, precision=full_precision())
        return y.reshape(x.shape[0], *self.above, w.shape[2])

    @cached_property
    def _key(self) -> tuple:
        return self.basis.shape, self.basis.tobytes(), self.above

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dense) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)
