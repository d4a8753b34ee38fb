"""Matrix groups with a Lie algebra that have a name: `O`, `SO`, `Sp`, `SU`, `SL`, `Scaling`; `Lorentz` has its own file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import TypingError
from catlearn.equivariant.groups import Matrices, MatrixGroup, size


@dataclass(frozen=True, repr=False)
class O(MatrixGroup):  # noqa: E742
    """The orthogonal group: `gᵀ g = 1`. Raises TypingError unless n is a whole number ≥ 1.

    >>> O(3), O(3).order, O(1).order
    (O(3), None, 2)
    """

    n: int

    def __post_init__(self) -> None:
        size(self)

    @property
    def order(self) -> int | None:
        return 2 if self.n == 1 else None

    @property
    def orthogonal(self) -> bool:
        return True

    def generators(self) -> Matrices:
        return (reflection(self.n),)

    def algebra(self) -> Matrices:
        return _turns(self.n)

    def sample(self, key: jax.Array) -> jax.Array:
        return haar(key, self.n)

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        return preserves(self.matrix(g), np.eye(self.n), tol)


@dataclass(frozen=True, repr=False)
class SO(MatrixGroup):
    """The special orthogonal group, rotations: `gᵀ g = 1` and `det g = 1`. Raises TypingError unless n is whole and ≥ 1.

    >>> len(SO(3).algebra()), SO(3).generators()
    (2, ())
    """

    n: int

    def __post_init__(self) -> None:
        size(self)

    @property
    def order(self) -> int | None:
        return 1 if self.n == 1 else None

    @property
    def permutes(self) -> bool:
        return self.n == 1

    @property
    def orthogonal(self) -> bool:
        return True

    def algebra(self) -> Matrices:
        return _turns(self.n)

    def sample(self, key: jax.Array) -> jax.Array:
        q = haar(key, self.n)
        return q.at[:, 0].multiply(jnp.sign(jnp.linalg.det(q)))

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        g = self.matrix(g)
        return preserves(g, np.eye(self.n), tol) and bool(np.linalg.det(g) > 0)


@dataclass(frozen=True, repr=False)
class Sp(MatrixGroup):
    """The symplectic group: `gᵀ J g = J` for `J = ⊕ [[0, 1], [−1, 0]]`, n even. Raises TypingError for an odd n.

    >>> Sp(4).form[:2, :2].tolist()
    [[0.0, 1.0], [-1.0, 0.0]]
    """

    n: int

    def __post_init__(self) -> None:
        size(self, least=2)
        if self.n % 2:
            raise TypingError(f"Sp({self.n}): a symplectic form needs an even n; take Sp({self.n - 1}) or Sp({self.n + 1}).")

    @property
    def form(self) -> np.ndarray:
        """The form J that the group keeps: float64, shape (n, n)."""
        return np.kron(np.eye(self.n // 2), [[0.0, 1.0], [-1.0, 0.0]])

    def algebra(self) -> Matrices:
        squares = [unit(self.n, i, i) for i in range(self.n)]
        products = [unit(self.n, i, i + 1) + unit(self.n, i + 1, i) for i in range(self.n - 1)]
        return tuple(self.form.T @ s for s in squares + products)  # J A is symmetric

    def tangent(self, key: jax.Array) -> jax.Array:
        x = jax.random.normal(key, (self.n, self.n)) / (2 * math.sqrt(self.n))
        return jnp.asarray(self.form.T, x.dtype) @ (x + x.T)

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        return preserves(self.matrix(g), self.form, tol)


@dataclass(frozen=True, repr=False)
class SU(MatrixGroup):
    """The special unitary group of ℂᵐ in its real form on ℝ²ᵐ: `a + i b ↦ [[a, −b], [b, a]]`.

    Raises TypingError unless m is a whole number ≥ 1.

    >>> SU(2).n, SU(1).order
    (4, 1)
    """

    m: int

    def __post_init__(self) -> None:
        size(self, "m")

    @property
    def n(self) -> int:
        return 2 * self.m

    @property
    def order(self) -> int | None:
        return 1 if self.m == 1 else None

    @property
    def permutes(self) -> bool:
        return self.m == 1

    @property
    def orthogonal(self) -> bool:
        return True

    def algebra(self) -> Matrices:
        there = [unit(self.m, i, i + 1) for i in range(self.m - 1)]
        return tuple(_real(e - e.T) for e in there) + tuple(_real(1j * (e + e.T)) for e in there)

    def sample(self, key: jax.Array) -> jax.Array:
        """By Haar's measure: the first column of a random unitary matrix is turned until its determinant is 1."""
        if self.m == 1:
            return jnp.eye(2)
        real, imag = jax.random.normal(key, (2, self.m, self.m))
        q, r = jnp.linalg.qr(real + 1j * imag)
        q = q * (jnp.diagonal(r) / jnp.abs(jnp.diagonal(r)))
        q = q.at[:, 0].multiply(jnp.conj(jnp.linalg.det(q)))
        return jnp.block([[q.real, -q.imag], [q.imag, q.real]])

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        g, m = self.matrix(g), self.m
        u = g[:m, :m] + 1j * g[m:, :m]
        return bool(
            np.abs(g - _real(u)).max() <= tol and preserves(g, np.eye(2 * m), tol) and abs(np.linalg.det(u) - 1) <= tol * m
        )


@dataclass(frozen=True, repr=False)
class SL(MatrixGroup):
    """The special linear group: `det g = 1`. Raises TypingError unless n is a whole number ≥ 1.

    >>> len(SL(3).algebra())
    4
    """

    n: int

    def __post_init__(self) -> None:
        size(self)

    @property
    def order(self) -> int | None:
        return 1 if self.n == 1 else None

    @property
    def permutes(self) -> bool:
        return self.n == 1

    @property
    def orthogonal(self) -> bool:
        return self.n == 1

    def algebra(self) -> Matrices:
        up = [unit(self.n, i, i + 1) for i in range(self.n - 1)]
        return tuple(up) + tuple(e.T for e in up)

    def tangent(self, key: jax.Array) -> jax.Array:
        x = jax.random.normal(key, (self.n, self.n)) / math.sqrt(self.n)
        return x - jnp.trace(x) * jnp.eye(self.n) / self.n

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        g = self.matrix(g)
        return bool(abs(np.linalg.det(g) - 1) <= tol * max(1.0, np.abs(g).max()) ** self.n)


@dataclass(frozen=True, repr=False)
class Scaling(MatrixGroup):
    """The positive multiples of the identity on ℝⁿ. Raises TypingError unless n is a whole number ≥ 1.

    >>> Scaling(2).contains([[3, 0], [0, 3]]), Scaling(2).contains([[-3, 0], [0, -3]])
    (True, False)
    """

    n: int

    def __post_init__(self) -> None:
        size(self)

    def algebra(self) -> Matrices:
        return (np.eye(self.n),)

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        g = self.matrix(g)
        return bool(g[0, 0] > 0 and np.abs(g - g[0, 0] * np.eye(self.n)).max() <= tol * max(1.0, g[0, 0]))


# what they share


def haar(key: jax.Array, n: int) -> jax.Array:
    """A random orthogonal matrix by Haar's measure, shape (n, n): QR with the signs of R's diagonal.
    Source: Mezzadri 2007 (How to generate random matrices from the classical compact groups).
    """
    q, r = jnp.linalg.qr(jax.random.normal(key, (n, n)))
    return q * jnp.sign(jnp.diagonal(r))


def preserves(g: np.ndarray, form: np.ndarray, tol: float) -> bool:
    """Whether `gᵀ F g = F`, up to `tol` relative to the squares of the entries of g, where these are larger than 1."""
    return bool(np.abs(g.T @ form @ g - form).max() <= tol * max(1.0, np.abs(g).max() ** 2))


def unit(n: int, i: int, j: int) -> np.ndarray:
    """The matrix with a 1 at (i, j) alone: float64, shape (n, n)."""
    out = np.zeros((n, n))
    out[i, j] = 1
    return out


def reflection(n: int) -> np.ndarray:
    """The reflection of axis 0: float64, shape (n, n)."""
    return np.diag([-1.0] + [1.0] * (n - 1))


def _turns(n: int) -> Matrices:
    """Rotations of neighbouring axes: their brackets are all of so(n)."""
    return tuple(unit(n, i + 1, i) - unit(n, i, i + 1) for i in range(n - 1))


def _real(u: Any) -> np.ndarray:
    return np.block([[u.real, -u.imag], [u.imag, u.real]]).astype(float)
