"""Monads on Smooth, and their algebras: polynomial ones as data, and lists, which are graded by their length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.algebras import Algebra, Monoid
from catlearn.algebra.polynomial import TAG, Polynomial, Sum, X, const, one
from catlearn.categories.batch import batch
from catlearn.categories.function import constant, function
from catlearn.core.diagram import Diagram, copy, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.functor import sum_objects
from catlearn.core.shown import Shown
from catlearn.core.text import short
from catlearn.core.wires import Object, R, is_whole


@dataclass(frozen=True, repr=False)
class Monad(Shown):
    """A polynomial endofunctor T with `unit(A) : A → T(A)` and `multiply(A) : T(T(A)) → T(A)`, natural in A.

    Its algebras are `Algebra(T, S, a)` with `a(unit(s)) = s` and `a(multiply(t)) = a(T(a)(t))`; `laws.monad_algebra` decides.
    Source: Gavranović et al. 2024 (arXiv 2402.15332), §2.1.

    >>> from catlearn.core.wires import R
    >>> reader(2).multiply(R(3)).dom, maybe.unit(R(3)).cod
    (R(3) @ R(3) @ R(3) @ R(3), R(dtype='int32') @ R(3))
    """

    functor: Polynomial
    unit: Callable[[Object], Diagram]
    multiply: Callable[[Object], Diagram]
    name: str = "monad"

    def free(self, A: Object) -> Algebra:
        """The free algebra on A: the carrier T(A) with `multiply`."""
        return Algebra(self.functor, self.functor(A), self.multiply(A))

    def extend(self, k: Diagram, algebra: Algebra) -> Diagram:
        """The one homomorphism from the free algebra that is k on units. Type: `(A → S) ↦ (T(A) → S)`.

        Its inverse is `h ↦ unit(A) >> h`. For a group it makes any `k : A → S` an equivariant map `(g, x) ↦ g · k(x)`.
        Raises TypingError where k does not end in the algebra's carrier, or the algebra is of another functor.
        """
        if algebra.functor != self.functor:
            raise TypingError(f"extend takes an algebra of {self.functor!r}, and this is one of {algebra.functor!r}.")
        if k.cod != algebra.carrier:
            raise TypingError(f"extend takes an arrow into the carrier {algebra.carrier}, and {short(k)} ends in {k.cod}.")
        return self.functor(k) >> algebra.arrow

    def __repr__(self) -> str:
        return self.name


def writer(m: Monoid) -> Monad:
    """`M × −` of a monoid. Its algebras are actions of M: for a group, group actions, and homomorphisms are equivariant.

    Source: arXiv 2402.15332, §2.1.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> writer(cl.Monoid(cl.R(2), cl.constant((jnp.zeros(2),)), cl.add)).functor
    const(R(2)) * X
    """
    return Monad(const(m.carrier, m.draw) * X, lambda A: m.unit @ A, lambda A: m.multiply @ A, f"writer({m!r})")


_maybe = Sum((one, X))

maybe = Monad(
    _maybe,
    lambda A: _maybe.inject(1, A),
    lambda A: _maybe.cases((_maybe.inject(0, A), identity(_maybe(A))), _maybe(A)),
    "maybe",
)


def reader(n: int) -> Monad:
    """`X ↦ Xⁿ`, functions from n places: the unit is constant, and multiplication takes the diagonal.

    >>> from catlearn.core.wires import R
    >>> reader(2).multiply(R()).index
    (0, 3)
    """
    _check_size("reader", n)
    diagonal = lambda a: [(i * n + i) * a + j for i in range(n) for j in range(a)]  # noqa: E731
    return Monad(X**n, lambda A: copy(A, n), lambda A: wiring(sum_objects([A] * n * n), diagonal(len(A))), f"reader({n})")


def state(n: int) -> Monad:
    """`X ↦ (S × X)^S` for the set S of n states: `(s₀, x₀), …`, where the state goes and what it says, from each state.

    States are finite because an exponent by an infinite set is no product; a machine with real states is a coalgebra.

    >>> from catlearn.core.wires import R
    >>> state(2).functor(R(3))
    R(dtype='int32') @ R(3) @ R(dtype='int32') @ R(3)
    """
    _check_size("state", n)
    term = const(TAG, lambda key: (jax.random.randint(key, (), 0, n),)) * X
    at = lambda s, A: constant((jnp.int32(s),), TAG) @ A  # noqa: E731

    def multiply(A: Object) -> Diagram:
        from_each = Sum((X,) * n).cases([identity(term(A))] * n, term(A))  # TAG ⊗ T(A) → S ⊗ A
        return reduce(lambda f, g: f @ g, [from_each] * n)

    return Monad(
        term**n, lambda A: copy(A, n) >> reduce(lambda f, g: f @ g, [at(s, A) for s in range(n)]), multiply, f"state({n})"
    )


def _check_size(name: str, n: Any) -> None:
    if not is_whole(n, least=1):
        raise TypingError(f"{name}({n!r}): this takes a whole number ≥ 1.")


# lists


@dataclass(frozen=True)
class Padded:
    """Lists of at most n elements, as arrays with a mask: `Lₙ(A) = Aⁿ ⊗ R(n, dtype=bool)`, `Lₙ(f) = fⁿ ⊗ 1`.

    Arrays have one length, so lists are a monad graded by n: `unit : A → L₁(A)`, `flatten : Lₘ(Lₙ(A)) → Lₘₙ(A)`. An algebra is
    a fold `Lₙ(S) → S` for each n, which `laws.list_algebra` decides. Raises TypingError for an n that is no whole number.
    Source of graded monads: Katsumata 2014 (Parametric effect monads and semantics of effect systems).

    >>> from catlearn.core.wires import R
    >>> Padded(4)(R(3)), Padded(2).flatten(Padded(4), R(3)).cod
    (R(4, 3) @ R(4, dtype='bool'), R(8, 3) @ R(8, dtype='bool'))
    """

    length: int

    def __post_init__(self) -> None:
        _check_size("Padded", self.length)

    @property
    def mask(self) -> Object:
        return R(self.length, dtype="bool")

    def __call__(self, of: Any) -> Any:
        """Lₙ of an object or an arrow."""
        return batch(of, self.length) @ self.mask

    @staticmethod
    def unit(A: Object) -> Diagram:
        """The list of one element. Type: `A → L₁(A)`."""
        return identity(A) >> function(_singleton, arity=len(A))

    def flatten(self, inner: Padded, A: Object) -> Diagram:
        """The multiplication. Type: `Lₘ(Lₙ(A)) → Lₘₙ(A)`."""
        return identity(self(inner(A))) >> function(_flattened, arity=len(A) + 2)


def _singleton(*xs: Any) -> tuple:
    return (*jax.tree.map(lambda x: x[None], xs), jnp.ones(1, bool))


def _flattened(*values: Any) -> tuple:
    *xs, inner, outer = values
    join = lambda x: x.reshape(-1, *x.shape[2:])  # noqa: E731
    return (*jax.tree.map(join, tuple(xs)), join(inner & outer[:, None]))
