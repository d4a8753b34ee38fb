"""Folds in a monoid: any bracketing gives the same, so lists are folded in log t steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.algebras import Monoid
from catlearn.categories.batch import with_axis
from catlearn.categories.function import function
from catlearn.core.diagram import Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.values import unpacked
from catlearn.core.wires import R


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
