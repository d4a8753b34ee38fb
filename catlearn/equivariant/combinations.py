"""Formal linear combinations of diagrams: what composition gives where it gives no single diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.arrow import Arrow
from catlearn.core.errors import ArgumentError, CompositionError, TypingError

Term = tuple[Any, Any]  # a coefficient, a whole number or a Fraction, and a diagram


@dataclass(frozen=True, repr=False, eq=False)
class Combination(Arrow):
    """A formal sum of diagrams from k points to l points, with whole or fractional coefficients. Type: `k → l`.

    Sums, multiples, `>>`, `@` and `dagger` are linear. Diagrams make it themselves: `d + e`, `2 * d`, `d - e / 3`. Terms are
    collected, in order, and those of coefficient 0 left out, so equal combinations are `==`; and a combination of a diagram
    alone is `==` to that diagram. `Combination(category, k, l)` is zero. The diagrams' scalars `n^loops` stay in the diagrams,
    except in a category of one n, where they go into the coefficients. Raises CompositionError for diagrams of several types.

    >>> from catlearn.equivariant import partition
    >>> d = partition("12", "1")
    >>> d + d - partition("1|2", "1") / 3
    2 * partition("12", "1") - 1 * partition("1|2", "1") / 3
    """

    category: Any
    dom: int
    cod: int
    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        total: dict[Any, Any] = {}
        for coefficient, diagram in self.terms:
            _alike(self, diagram)
            scalar, bare = diagram.scalar_and_rest()
            total[bare] = total.get(bare, 0) + _rational(coefficient) * scalar
        kept = [(_whole(c), d) for d, c in total.items() if c != 0]
        object.__setattr__(self, "terms", tuple(sorted(kept, key=lambda term: term[1].order)))

    def then(self, other: Any) -> Combination:
        """First this, then the other, term by term. Type: (k → m) × (m → l) → (k → l)."""
        other = combination(other)
        if self.category != other.category or self.cod != other.dom:
            raise CompositionError(
                f"{self!r} ends at {self.cod} points of {self.category!r}, and {other!r} starts at {other.dom} "
                f"of {other.category!r}."
            )
        return self._bilinear(other, self.dom, other.cod, lambda d, e: d.then(e))

    def tensor(self, other: Any) -> Combination:
        """Side by side, term by term. Type: (k → l) × (k' → l') → (k + k' → l + l')."""
        other = combination(other)
        if self.category != other.category:
            raise CompositionError(f"{self!r} is of {self.category!r}, and {other!r} of {other.category!r}.")
        return self._bilinear(other, self.dom + other.dom, self.cod + other.cod, lambda d, e: d.tensor(e))

    def _bilinear(self, other: Combination, dom: int, cod: int, product: Callable) -> Combination:
        made = ((a * b, combination(product(d, e))) for a, d in self.terms for b, e in other.terms)
        return Combination(self.category, dom, cod, tuple(_flat(made)))

    def dagger(self) -> Combination:
        """Every diagram upside down. Type: `(k → l) → (l → k)`."""
        return Combination(self.category, self.cod, self.dom, tuple(_flat((c, combination(d.dagger())) for c, d in self.terms)))

    def matrix(self, *n: Any) -> np.ndarray:
        """The sum of the diagrams' matrices: float64, shape (n^l, n^k). Takes what they take; a zero of no fixed n needs n."""
        if not self.terms:
            size = self.category.size(*n)
            return np.zeros((size**self.cod, size**self.dom))
        return sum(float(c) * d.matrix(*n) for c, d in self.terms)  # pyright: ignore[reportReturnType]

    def apply(self, x: Any, *n: Any) -> Any:
        """The sum of the diagrams, each applied. Type: `(n,)*k + channels → (n,)*l + channels`."""
        if not self.terms:
            return self._nothing(jnp.asarray(x), *n)
        made = [d.apply(x, *n) * (c if isinstance(c, int) else float(c)) for c, d in self.terms]
        return sum(made[1:], made[0])

    def _nothing(self, x: jax.Array, *n: Any) -> jax.Array:
        size = self.category.size(*n or x.shape[: min(self.dom, 1)])
        if x.shape[: self.dom] != (size,) * self.dom:
            raise ArgumentError(f"{self!r} takes {self.dom} leading axes of length {size}, got shape {x.shape}.")
        return jnp.zeros((*(size,) * self.cod, *x.shape[self.dom :]), x.dtype)

    def simplified(self) -> Any:
        """The diagram itself where there is one alone, with coefficient 1; else the combination."""
        return self.terms[0][1] if len(self.terms) == 1 and self.terms[0][0] == 1 else self

    def __add__(self, other: Any) -> Combination:
        other = combination(other)
        if (self.category, self.dom, self.cod) != (other.category, other.dom, other.cod):
            raise CompositionError(f"{self!r} and {other!r} are of different types, so they have no sum.")
        return Combination(self.category, self.dom, self.cod, self.terms + other.terms)

    def __mul__(self, scalar: Any) -> Combination:
        factor = _rational(scalar)
        return Combination(self.category, self.dom, self.cod, tuple((c * factor, d) for c, d in self.terms))

    def __truediv__(self, scalar: Any) -> Combination:
        return self * (1 / Fraction(_rational(scalar)))

    def __neg__(self) -> Combination:
        return self * -1

    def __sub__(self, other: Any) -> Combination:
        return self + combination(other) * -1

    __rmul__ = __mul__

    def __eq__(self, other: Any) -> bool:
        if not (isinstance(other, Combination) or hasattr(other, "scalar_and_rest")):
            return NotImplemented
        other = combination(other)
        return (self.category, self.dom, self.cod, self.terms) == (other.category, other.dom, other.cod, other.terms)

    def __hash__(self) -> int:
        return hash(self.terms[0][1] if len(self.terms) == 1 else self.terms)

    def __repr__(self) -> str:
        if not self.terms:
            return f"Combination({self.category!r}, {self.dom}, {self.cod})"
        first, *rest = self.terms
        return _term_text(*first) + "".join(f" {'-' if c < 0 else '+'} {_term_text(abs(c), d)}" for c, d in rest)


def combination(d: Any) -> Combination:
    """A diagram as the combination of it alone; a combination as it is. Raises TypingError for what is neither."""
    if not (isinstance(d, Combination) or hasattr(d, "scalar_and_rest")):
        raise TypingError(f"sums and composites are of diagrams and their sums, got {d!r}.")
    return d if isinstance(d, Combination) else Combination(d.category, d.dom, d.cod, ((1, d),))


def _flat(terms: Iterable[tuple[Any, Combination]]) -> list[Term]:
    return [(a * b, d) for a, inner in terms for b, d in inner.terms]


def _alike(c: Combination, diagram: Any) -> None:
    if (diagram.category, diagram.dom, diagram.cod) != (c.category, c.dom, c.cod):
        raise CompositionError(f"a combination of diagrams {c.dom} → {c.cod} of {c.category!r} can't have the term {diagram!r}.")


def _rational(scalar: Any) -> Any:
    if not isinstance(scalar, Rational) or isinstance(scalar, bool):
        raise ArgumentError(f"coefficients are whole numbers or fractions, so that they are exact; got {scalar!r}.")
    return scalar


def _whole(c: Any) -> Any:
    return int(c) if c == int(c) else Fraction(c)


def _term_text(c: Any, d: Any) -> str:
    return f"{c} * {d!r}" if isinstance(c, int) else f"{c.numerator} * {d!r} / {c.denominator}"
