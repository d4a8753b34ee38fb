"""Folds in a monoid: any bracketing gives the same, so lists are folded in log t steps. And monoids that have a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.algebras import Monoid
from catlearn.categories.batch import with_axis
from catlearn.categories.function import constant, function
from catlearn.categories.smooth import zeros_of
from catlearn.core.diagram import Diagram, identity, swap
from catlearn.core.errors import TypingError
from catlearn.core.values import unpacked
from catlearn.core.wires import Object, R


def reduced(m: Monoid, t: int, masked: bool = False) -> Diagram:
    """The product of a list of t elements of a monoid, by halves. Type: `Mᵗ → M`, or `Mᵗ ⊗ R(t, dtype=bool) → M`.

    In the order of the list. Raises TypingError for a monoid with parameters.
    Source: lists are the free monoid; the parallel reduction, Blelloch 1990, "Prefix sums and their applications", §1.2.
    """
    return _listed(m, t, masked) >> function(_Reduced(_plain(m), masked), arity=len(m.carrier) + masked)


def accumulated(m: Monoid, t: int, backwards: bool = False, masked: bool = False) -> Diagram:
    """The products of all prefixes (all suffixes, `backwards`), by `jax.lax.associative_scan`. Type: `Mᵗ → Mᵗ`.

    Raises TypingError for a monoid with parameters. Source: Blelloch 1990, §1.4.
    """
    return _listed(m, t, masked) >> function(_Accumulated(_plain(m), masked, backwards), arity=len(m.carrier) + masked)


def _plain(m: Monoid) -> Monoid:
    if m.multiply.param.wires or m.unit.param.wires:
        raise TypingError(
            f"a monoid is folded by halves, so it has no parameters, and this one has {m.unit.param @ m.multiply.param}."
        )
    return m


def _listed(m: Monoid, t: int, masked: bool) -> Diagram:
    lists = with_axis(m.carrier, t)
    return identity(lists @ R(t, dtype="bool") if masked else lists)


@dataclass(frozen=True)
class _Folding:
    monoid: Monoid
    masked: bool

    def elements(self, xs: tuple) -> tuple:
        """The list, with the unit where an element is not real."""
        if not self.masked:
            return xs
        *values, mask = xs
        unit = self.unit()
        blank = lambda x, e: jnp.where(mask.reshape(mask.shape + (1,) * (x.ndim - 1)), x, e)  # noqa: E731
        return jax.tree.map(blank, tuple(values), unit)

    def unit(self) -> tuple:
        return unpacked(self.monoid.unit(()), len(self.monoid.carrier))

    def times(self, a: tuple, b: tuple) -> tuple:
        """Products of many pairs."""
        m = len(self.monoid.carrier)
        return jax.vmap(lambda *ab: unpacked(self.monoid.multiply((), *ab), m))(*a, *b)


@dataclass(frozen=True)
class _Reduced(_Folding):
    __name__ = "reduced"

    def __call__(self, *xs: Any) -> tuple:
        xs = self.elements(xs)
        t = jax.tree.leaves(xs)[0].shape[0]
        if t == 0:
            return self.unit()
        while t > 1:
            even = jax.tree.map(lambda x, t=t: x[: t - t % 2], xs)
            pairs = self.times(*(jax.tree.map(lambda x, i=i: x[i::2], even) for i in (0, 1)))
            xs = pairs if t % 2 == 0 else jax.tree.map(lambda p, x: jnp.concatenate([p, x[-1:]]), pairs, xs)
            t = t - t // 2
        return jax.tree.map(lambda x: x[0], xs)


@dataclass(frozen=True)
class _Accumulated(_Folding):
    backwards: bool

    __name__ = "accumulated"

    def __call__(self, *xs: Any) -> tuple:
        xs = self.elements(xs)
        if jax.tree.leaves(xs)[0].shape[0] < 2:
            return xs
        times = (lambda later, earlier: self.times(earlier, later)) if self.backwards else self.times
        return jax.lax.associative_scan(times, xs, reverse=self.backwards)


# monoids by name


def opposite(m: Monoid) -> Monoid:
    """The same, multiplied from right to left: `a · b` is b a.

    >>> reduced(opposite(matrices(2)), 2)((), jnp.array([[[0.0, 1.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 2.0]]])).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    return Monoid(m.carrier, m.unit, swap(m.carrier, m.carrier) >> m.multiply)


def sums(A: Object) -> Monoid:
    """Addition on A, with unit 0.

    >>> from catlearn.core.wires import R
    >>> reduced(sums(R()), 4)((), jnp.arange(4.0))
    Array(6., dtype=float32)
    """
    return _pointwise(A, jnp.zeros_like, jnp.add)


def maxima(A: Object) -> Monoid:
    """The greater of two, on each number of A. The unit is the least number that there is: −∞ for floats.

    >>> from catlearn.core.wires import R
    >>> reduced(maxima(R()), 4)((), jnp.arange(4.0))
    Array(3., dtype=float32)
    """
    return _pointwise(A, _least, jnp.maximum)


def _least(zero: jax.Array) -> jax.Array:
    return jnp.full_like(zero, -jnp.inf if jnp.issubdtype(zero.dtype, jnp.floating) else jnp.iinfo(zero.dtype).min)


def _pointwise(A: Object, unit: Callable, times: Callable) -> Monoid:
    """A monoid of numbers, on every number of A."""
    return Monoid(A, constant(jax.tree.map(unit, zeros_of(A)), A), function(_Pointwise(times, len(A)), arity=2 * len(A)))


@dataclass(frozen=True)
class _Pointwise:
    times: Callable
    n: int

    __name__ = "pointwise"

    def __call__(self, *ab: Any) -> tuple:
        return jax.tree.map(self.times, ab[: self.n], ab[self.n :])


def mean_parts(A: Object) -> Monoid:
    """Sums on A, and how many there are: `(s, n) · (s', n') = (s + s', n + n')` on `A ⊗ R()`. Means are `s / n`.

    Means alone are no monoid, since they forget how many they are of. Map x to `(x, 1)` first.

    >>> from catlearn.core.wires import R
    >>> s, n = reduced(mean_parts(R()), 4)((), jnp.arange(4.0), jnp.ones(4))
    >>> s / n
    Array(1.5, dtype=float32)
    """
    return sums(A @ R(dtype=A.structs[0].dtype))


def matrices(n: int, dtype: Any = "float32") -> Monoid:
    """Matrices of n rows and columns, multiplied from left to right: `A · B = A B`, on `R(n, n)`.

    >>> reduced(matrices(2), 3)((), jnp.array([[[0.0, 1.0], [1.0, 0.0]]] * 3)).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    return Monoid(R(n, n, dtype=dtype), constant((jnp.eye(n, dtype=dtype),)), function(jnp.matmul, arity=2))


def affine(A: Object) -> Monoid:
    """The maps `h ↦ a ⊙ h + b`, one after the other: `(a₁, b₁) · (a₂, b₂) = (a₂ a₁, a₂ b₁ + b₂)` on `A ⊗ A`, for one wire A.

    Source: Blelloch 1990, "Prefix sums and their applications", §1.4.1 (first-order recurrences).

    >>> from catlearn.core.wires import R
    >>> reduced(affine(R()), 3)((), jnp.array([2.0, 2.0, 2.0]), jnp.ones(3))  # 2 (2 (2 h + 1) + 1) + 1
    (Array(8., dtype=float32), Array(7., dtype=float32))
    """
    (zero,) = zeros_of(A)
    return Monoid(A @ A, constant((jnp.ones_like(zero), zero), A @ A), function(_then, arity=4))


def _then(a: jax.Array, b: jax.Array, c: jax.Array, d: jax.Array) -> tuple[jax.Array, jax.Array]:
    return c * a, c * b + d


def online_softmax(A: Object) -> Monoid:
    """Sums weighted by e^s, safe for any scores s: triples `(m, Σ e^(s−m), Σ e^(s−m) v)` on `R() ⊗ R() ⊗ A`, m the greatest s.

    A score s of a value v is `(s, 1, v)`; the average is the third over the second. Two triples are brought to the greater m.
    The unit is `(−∞, 0, 0)`. A score of −∞ counts nothing. For one wire A of floats.
    Source: Milakov and Gimelshein 2018 (arXiv 1805.02867), §3.1.

    >>> from catlearn.core.wires import R
    >>> _, n, total = reduced(online_softmax(R()), 2)((), jnp.zeros(2), jnp.ones(2), jnp.array([1.0, 3.0]))
    >>> total / n
    Array(2., dtype=float32)
    """
    (zero,) = zeros_of(A)
    unit = (jnp.asarray(-jnp.inf, zero.dtype), jnp.zeros((), zero.dtype), zero)
    return Monoid(R(dtype=zero.dtype) @ R(dtype=zero.dtype) @ A, constant(unit), function(_rescaled, arity=6))


def _rescaled(m: jax.Array, z: jax.Array, v: jax.Array, n: jax.Array, y: jax.Array, w: jax.Array) -> tuple:
    top = jax.lax.stop_gradient(jnp.maximum(m, n))  # what is divided in the end does not depend on it
    at = jnp.where(top == -jnp.inf, 0, top)
    a, b = jnp.exp(m - at), jnp.exp(n - at)
    return top, a * z + b * y, a * v + b * w
