"""The Euclidean groups, on homogeneous coordinates: a point x of ℝᵈ is (x, 1) there, a vector v is (v, 0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.equivariant.groups import Matrices, MatrixGroup, size
from catlearn.equivariant.lie_groups import SO, O, unit


class _Euclidean(MatrixGroup):
    """What both groups share: `[[r, t], [0, 1]]`, with r in a group of turns."""

    d: int

    @property
    def turns(self) -> MatrixGroup:
        """The group of linear parts."""
        raise NotImplementedError

    @property
    def n(self) -> int:  # type: ignore[override]
        return self.d + 1

    def generators(self) -> Matrices:
        return tuple(_bordered(h, 1.0) for h in self.turns.generators())

    def algebra(self) -> Matrices:
        """Turns, and one translation: its brackets with turns are the others (in one dimension there is only that one)."""
        return (*(_bordered(a, 0.0) for a in self.turns.algebra()), unit(self.n, 0, self.d))

    def sample(self, key: jax.Array) -> jax.Array:
        """A uniform turn, and a translation with normal entries: the group has no uniform measure."""
        turn, shift = jax.random.split(key)
        return jnp.eye(self.n).at[:-1, :-1].set(self.turns.sample(turn)).at[:-1, -1].set(jax.random.normal(shift, (self.d,)))

    def inverse(self, g: jax.Array) -> jax.Array:
        """The inverse, `[[rᵀ, −rᵀ t], [0, 1]]`."""
        r, t = g[:-1, :-1], g[:-1, -1:]
        return jnp.block([[r.T, -jnp.matmul(r.T, t, precision="highest")], [g[-1:]]])

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        g = self.matrix(g)
        last = np.eye(self.n)[-1]
        return bool(np.abs(g[-1] - last).max() <= tol) and self.turns.contains(g[:-1, :-1], tol)


@dataclass(frozen=True, repr=False)
class E(_Euclidean):
    """The Euclidean group of ℝᵈ, isometries: x ↦ r x + t with r orthogonal. Elements are matrices `[[r, t], [0, 1]]`.

    `E(3).power(1, channels=points)` is a point cloud in homogeneous coordinates, `homogeneous(x)`, of shape (4, points).
    Raises TypingError unless d is a whole number ≥ 1.

    >>> E(3).n, E(3).contains(E(3).sample(jax.random.key(0)))
    (4, True)
    """

    d: int

    def __post_init__(self) -> None:
        size(self, "d")

    @property
    def turns(self) -> MatrixGroup:
        return O(self.d)


@dataclass(frozen=True, repr=False)
class SE(_Euclidean):
    """The special Euclidean group of ℝᵈ, rigid motions: x ↦ r x + t with r a rotation. Elements are as those of `E`.

    Raises TypingError unless d is a whole number ≥ 1.

    >>> SE(2).contains([[0, -1, 5], [1, 0, 7], [0, 0, 1]]), SE(2).contains([[0, 1, 5], [1, 0, 7], [0, 0, 1]])
    (True, False)
    """

    d: int

    def __post_init__(self) -> None:
        size(self, "d")

    @property
    def turns(self) -> MatrixGroup:
        return SO(self.d)


def homogeneous(points: Any, last: float = 1.0) -> jax.Array:
    """Points of ℝᵈ, columns of an array (d, channels), with a last row of ones; with `last=0.0` vectors, which don't move with
    translations. Type: `R(d, channels) → R(d + 1, channels)`.

    >>> homogeneous(jnp.array([[5.0], [7.0]])).ravel().tolist()
    [5.0, 7.0, 1.0]
    """
    return jnp.concatenate([points, jnp.full_like(points[:1], last)])


def _bordered(block: np.ndarray, corner: float) -> np.ndarray:
    n = len(block)
    out = np.zeros((n + 1, n + 1))
    out[:n, :n], out[n, n] = block, corner
    return out
