"""Polynomial endofunctors of one variable, as data: `const(A) * X + one`, with their action on objects and arrows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, islice
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.function import constant, function
from catlearn.categories.smooth import zeros_of
from catlearn.core.diagram import Diagram, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.functor import sum_objects
from catlearn.core.shown import Shown
from catlearn.core.wires import I, Object, R, is_whole

TAG = R(dtype="int32").named("tag")


class Polynomial(Shown):
    """An endofunctor of Smooth, and of Para(Smooth): `F(S)` for an object, `F(f)` for an arrow.

    `F + G`, `F * G`, `F ** 3` (a product of three), and `F ** A` for an object A (exponent by inputs A). A value of a sum
    is a tag and a value of each summand, of which the tag's counts: shapes do not depend on values. An arrow into an
    exponent is written uncurried, `A ⊗ S → F(T)`; so on objects and arrows `F ** A` is F, in a context A.
    A parametric arrow goes along with its parameters, copied to each place where X stands: `Para(F)(P, f) = (P, σ; F(f))`; where
    it stands nowhere, they are forgotten.
    Source: Gavranović et al. 2024 (arXiv 2402.15332), §2.2 and appendix (strengths).

    >>> from catlearn.core.wires import R
    >>> F = const(R(5)) * X + one
    >>> F, F(R(2))
    (const(R(5)) * X + one, R(dtype='int32') @ R(5) @ R(2))
    """

    def __call__(self, of: Any) -> Any:
        return self.on_object(of) if isinstance(of, Object) else self.on_arrow(of)

    @property
    def uses(self) -> int:
        """How often X stands in it."""
        raise NotImplementedError

    @property
    def summands(self) -> tuple[Polynomial, ...]:
        """The terms of a sum; else itself alone."""
        return (self,)

    @property
    def factors(self) -> tuple[Polynomial, ...]:
        """The factors of a product; else itself alone."""
        return (self,)

    @property
    def inputs(self) -> Object:
        """The object A of an exponent `F ** A`, which arrows into it begin with; else I."""
        return I

    def _facts(self) -> list[tuple[str, Any]]:
        summands = [(f"summand {i}", summand) for i, summand in enumerate(self.summands)]
        return [*summands, ("places of X", self.uses), *([("inputs", self.inputs)] if self.inputs.wires else [])]

    def on_object(self, S: Object) -> Object:
        """F(S)."""
        raise NotImplementedError

    def on_arrow(self, f: Diagram) -> Diagram:
        """F(f). Type: `(S ⊗ P → T) ↦ (F(S) ⊗ P → F(T))`."""
        n = self.uses
        return self.apart(f) if n < 2 or not f.param.wires else self.apart(f).reparameterise(_copies(f.param, n))

    def apart(self, f: Diagram) -> Diagram:
        """F(f) with parameters of their own for each place of X. Type: `F(S) ⊗ Pⁿ → F(T)`, n = `uses`."""
        raise NotImplementedError

    def draw(self, S: Object, key: jax.Array, sample: Callable) -> tuple:
        """Random values of F(S), for laws: constants from their own `sample`, all else from this one."""
        raise NotImplementedError

    def canonical(self, S: Object, values: tuple) -> tuple:
        """The same element of F(S), with zeros in the summands that tags don't choose: equal elements have equal values."""
        return values

    def __add__(self, other: Any) -> Polynomial:
        return Sum(self.summands + other.summands) if isinstance(other, Polynomial) else NotImplemented

    def __mul__(self, other: Any) -> Polynomial:
        return Product(self.factors + other.factors) if isinstance(other, Polynomial) else NotImplemented

    def __pow__(self, by: Any) -> Polynomial:
        if isinstance(by, Object):
            return Exponent(self, by)
        if not is_whole(by):
            raise TypingError(f"{self!r} ** {by!r}: an exponent is a whole number ≥ 0, or the object of inputs.")
        return Product(self.factors * int(by)) if by != 1 else self


def _copies(P: Object, n: int) -> Diagram:
    return wiring(P, (*range(len(P)),) * n)


@dataclass(frozen=True)
class Constant(Polynomial):
    """`S ↦ A`, `f ↦ 1_A`."""

    of: Object
    sample: Callable[[jax.Array], tuple] | None = field(default=None, compare=False)

    uses = 0  # type: ignore[assignment]

    def on_object(self, S: Object) -> Object:
        return self.of

    def apart(self, f: Diagram) -> Diagram:
        return identity(self.of)

    def draw(self, S: Object, key: jax.Array, sample: Callable) -> tuple:
        return tuple(self.sample(key)) if self.sample else sample(self.of, key)

    def __repr__(self) -> str:
        return f"const({self.of})" if self.of.wires else "one"


def const(A: Object, sample: Callable[[jax.Array], tuple] | None = None) -> Constant:
    """The constant functor at A. `sample(key)` draws values of A where not all values that fit its shapes will do.

    >>> from catlearn.core.wires import R
    >>> const(R(3))(R(2))
    R(3)
    """
    if not isinstance(A, Object):
        raise TypingError(f"const takes an object such as R(5), got {A!r}.")
    return Constant(A, sample)


@dataclass(frozen=True)
class Variable(Polynomial):
    """The identity functor `S ↦ S`."""

    uses = 1  # type: ignore[assignment]

    def on_object(self, S: Object) -> Object:
        return S

    def apart(self, f: Diagram) -> Diagram:
        return f

    def draw(self, S: Object, key: jax.Array, sample: Callable) -> tuple:
        return sample(S, key)

    def __repr__(self) -> str:
        return "X"


X = Variable()
one = const(I)


@dataclass(frozen=True)
class _Compound(Polynomial):
    parts: tuple[Polynomial, ...]

    @property
    def uses(self) -> int:  # type: ignore[override]
        return sum(part.uses for part in self.parts)

    def on_object(self, S: Object) -> Object:
        return sum_objects(part.on_object(S) for part in self.parts)

    def apart(self, f: Diagram) -> Diagram:
        return reduce(lambda g, h: g @ h, (part.apart(f) for part in self.parts), identity(I))

    def draw(self, S: Object, key: jax.Array, sample: Callable) -> tuple:
        keys = jax.random.split(key, len(self.parts) + 1)
        return tuple(chain.from_iterable(part.draw(S, k, sample) for part, k in zip(self.parts, keys, strict=False)))

    def shares(self, S: Object, values: tuple) -> list[tuple]:
        """The values of each part, made canonical."""
        left = iter(values)
        return [part.canonical(S, tuple(islice(left, len(part(S))))) for part in self.parts]

    def canonical(self, S: Object, values: tuple) -> tuple:
        return tuple(chain.from_iterable(self.shares(S, values)))


@dataclass(frozen=True)
class Product(_Compound):
    """`S ↦ F₁(S) ⊗ F₂(S) ⊗ …`."""

    @property
    def factors(self) -> tuple[Polynomial, ...]:
        return self.parts

    def __repr__(self) -> str:
        if len(self.parts) > 1 and len(set(self.parts)) == 1:
            return f"{_factor(self.parts[0])} ** {len(self.parts)}"
        return " * ".join(map(_factor, self.parts)) or "one"


def _factor(F: Polynomial) -> str:
    return f"({F!r})" if isinstance(F, Sum | Product | Exponent) else repr(F)


@dataclass(frozen=True)
class Sum(_Compound):
    """`S ↦ F₁(S) + F₂(S) + …`: a tag, and a value of each, of which the tag's counts."""

    @property
    def summands(self) -> tuple[Polynomial, ...]:
        return self.parts

    def on_object(self, S: Object) -> Object:
        return TAG @ super().on_object(S)

    def apart(self, f: Diagram) -> Diagram:
        return identity(TAG) @ super().apart(f)

    def draw(self, S: Object, key: jax.Array, sample: Callable) -> tuple:
        return jax.random.randint(key, (), 0, len(self.parts)), *super().draw(S, key, sample)

    def canonical(self, S: Object, values: tuple) -> tuple:
        tag, shares = values[0], self.shares(S, values[1:])
        kept = lambda i: lambda leaf: jnp.where(tag == i, leaf, jnp.zeros_like(leaf))  # noqa: E731
        return tag, *chain.from_iterable(jax.tree.map(kept(i), share) for i, share in enumerate(shares))

    def inject(self, i: int, S: Object) -> Diagram:
        """The inclusion of summand i. Type: `Fᵢ(S) → F(S)`; the other summands are zero."""
        before, own, after = self.parts[:i], self.parts[i](S), self.parts[i + 1 :]
        zero = lambda parts: constant(zeros_of(sum_objects(part(S) for part in parts)))  # noqa: E731
        return constant((jnp.int32(i),), TAG) @ zero(before) @ identity(own) @ zero(after)

    def cases(self, arrows: Sequence[Diagram], S: Object) -> Diagram:
        """The copairing. Type: `(Fᵢ(S) ⊗ Pᵢ → B)ᵢ ↦ (F(S) ⊗ P₁ ⊗ P₂ ⊗ … → B)`: all are run, and the tag's is taken."""
        side_by_side = reduce(lambda f, g: f @ g, arrows, identity(TAG))
        n = len(arrows[0].cod)
        return side_by_side >> function(_Chosen(n), arity=1 + n * len(arrows))

    def __repr__(self) -> str:
        return " + ".join(map(repr, self.parts))


@dataclass(frozen=True)
class _Chosen:
    """The values at a tag, n wires of them, among those of each case."""

    n: int

    __name__ = "chosen"

    def __call__(self, tag: jax.Array, *values: Any) -> tuple:
        cases = [values[i : i + self.n] for i in range(0, len(values), self.n)]
        at = jnp.clip(tag, 0, len(cases) - 1)
        return jax.tree.map(lambda *leaves: jnp.stack(leaves)[at] if len(leaves) != 2 else jnp.where(at, *leaves[::-1]), *cases)


@dataclass(frozen=True)
class Exponent(Polynomial):
    """`S ↦ F(S)^A`. Arrows into it are written uncurried, from `A ⊗ S`."""

    base: Polynomial
    by: Object

    @property
    def uses(self) -> int:  # type: ignore[override]
        return self.base.uses

    @property
    def inputs(self) -> Object:
        return self.by

    def on_object(self, S: Object) -> Object:
        return self.base.on_object(S)

    def apart(self, f: Diagram) -> Diagram:
        return self.base.apart(f)

    def draw(self, S: Object, key: jax.Array, sample: Callable) -> tuple:
        return self.base.draw(S, key, sample)

    def canonical(self, S: Object, values: tuple) -> tuple:
        return self.base.canonical(S, values)

    def __repr__(self) -> str:
        return f"{_factor(self.base)} ** ({self.by})"


@dataclass(frozen=True)
class Monomial:
    """A term `A × Xⁿ`, whatever the order of its factors: constants A, and how its wires stand among `A ⊗ Sⁿ`."""

    constants: Object
    degree: int
    slots: tuple[Object | None, ...]  # an object, or None for an X, as the factors come

    def arrange(self, S: Object) -> Diagram:
        """The wiring `A ⊗ Sⁿ → F(S)` into the order of the factors."""
        a, s, seen, at, index = len(self.constants), len(S), 0, 0, []
        for slot in self.slots:
            if slot is None:
                index += range(a + seen * s, a + (seen + 1) * s)
                seen += 1
            else:
                index += range(at, at + len(slot))
                at += len(slot)
        return wiring(sum_objects([self.constants, *[S] * self.degree]), index)


def monomial(F: Polynomial) -> Monomial:
    """A product of constants and X's as one. Raises TypingError for anything else.

    >>> from catlearn.core.wires import R
    >>> monomial(X * const(R(2)) * X).degree
    2
    """
    if not all(isinstance(part, Constant | Variable) for part in F.factors):
        raise TypingError(f"{F!r} is no product of constants and X: write the functor as a sum of such products.")
    slots = tuple(part.of if isinstance(part, Constant) else None for part in F.factors)
    return Monomial(sum_objects(A for A in slots if A is not None), F.uses, slots)
