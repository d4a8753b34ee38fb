"""The laws of monads and groups, and of the algebras on them. Each returns None or a counterexample.

Values are drawn by the functors themselves, so that constants are true elements (of a group, a set of states), and compared
as elements: of a sum, only what its tag chooses. Arrows here have no parameters.
Source: Gavranović et al. 2024 (arXiv 2402.15332), §2.1; Mac Lane, Categories for the Working Mathematician, VI.1 and VI.2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax

from catlearn.algebra.actions import Group
from catlearn.algebra.algebras import Algebra
from catlearn.algebra.monads import Monad, Padded
from catlearn.algebra.polynomial import Polynomial
from catlearn.core.diagram import Diagram, copy, discard, identity
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object
from catlearn.laws.algebra import agree, elements, monoid
from catlearn.laws.counterexample import Counterexample, first, sample

MANY = 20  # so that tags choose every summand within summands


def monad(m: Monad, A: Object) -> Counterexample | None:
    """The units `η_{T A}; μ = 1 = T(η_A); μ` and associativity `T(μ_A); μ_A = μ_{T A}; μ_A`.

    >>> from catlearn.algebra.monads import maybe
    >>> from catlearn.core.wires import R
    >>> monad(maybe, R(2)) is None
    True
    """
    T, draw, same = m.functor, partial(_draw, m.functor, A), partial(m.functor.canonical, A)
    mu, one = m.multiply(A), identity(T(A))
    return first(
        agree("left unit of a monad", m.unit(T(A)) >> mu, one, partial(draw, 1), tries=MANY, canonical=same),
        agree("right unit of a monad", T(m.unit(A)) >> mu, one, partial(draw, 1), tries=MANY, canonical=same),
        agree("associativity of a monad", T(mu) >> mu, m.multiply(T(A)) >> mu, partial(draw, 3), tries=MANY, canonical=same),
    )


def monad_is_natural(m: Monad, f: Diagram) -> Counterexample | None:
    """`f; η_B = η_A; T(f)` and `T(T(f)); μ_B = μ_A; T(f)`, for `f : A → B`.

    >>> import catlearn as cl
    >>> from catlearn.algebra.monads import reader
    >>> monad_is_natural(reader(2), cl.R(2) >> cl.tanh) is None
    True
    """
    T, A, B = m.functor, f.dom, f.cod
    draw, same = partial(_draw, T, A), partial(T.canonical, B)
    unit, twice = (f >> m.unit(B), m.unit(A) >> T(f)), (T(T(f)) >> m.multiply(B), m.multiply(A) >> T(f))
    return first(
        agree("naturality of the unit", *unit, partial(draw, 0), tries=MANY, canonical=same),
        agree("naturality of the multiplication", *twice, partial(draw, 2), tries=MANY, canonical=same),
    )


def monad_algebra(m: Monad, algebra: Algebra) -> Counterexample | None:
    """`η; a = 1` and `T(a); a = μ; a`: for `M × −`, whether a is an action of M. Raises TypingError for another functor.

    >>> import catlearn as cl
    >>> from catlearn.algebra import actions, monads
    >>> S3 = actions.symmetric(3)
    >>> monad_algebra(monads.writer(S3), actions.defining(S3, cl.R(3))) is None
    True
    """
    if algebra.functor != m.functor:
        raise TypingError(f"an algebra of the monad on {m.functor!r} was expected, and this is one of {algebra.functor!r}.")
    S, a, draw = algebra.carrier, algebra.arrow, partial(_draw, m.functor, algebra.carrier)
    return first(
        agree("unit of an algebra", m.unit(S) >> a, identity(S), partial(draw, 0), tries=MANY),
        agree("multiplication of an algebra", m.functor(a) >> a, m.multiply(S) >> a, partial(draw, 2), tries=MANY),
    )


def _draw(T: Polynomial, A: Object, times: int, key: jax.Array) -> tuple:
    """Random values of T(T(…A)), so many times."""
    if times == 0:
        return sample(A, key)
    inside = A
    for _ in range(times - 1):
        inside = T(inside)
    return T.draw(inside, key, lambda S, k: _draw(T, A, times - 1, k) if S is inside else sample(S, k))


def group(g: Group) -> Counterexample | None:
    """The laws of a monoid, and the inverse on both sides, on random elements.

    >>> from catlearn.algebra.actions import rotations
    >>> group(rotations(3)) is None
    True
    """
    G, inverse, times = g.carrier, g.inverse, g.multiply
    to_unit = discard(G) >> g.unit
    return first(
        monoid(g),
        agree("left inverse", copy(G) >> inverse @ G >> times, to_unit, elements(g)),
        agree("right inverse", copy(G) >> G @ inverse >> times, to_unit, elements(g)),
    )


def list_algebra(fold: Callable[[int], Diagram], A: Object, m: int = 3, n: int = 2) -> Counterexample | None:
    """Whether `fold(n) : Lₙ(A) → A` are an algebra of the monad of padded lists: of one element, and of a list of lists.

    Sums and maxima are, as the products `reduced(m, n, masked=True)` of any monoid; means are not.
    Source: Mac Lane, VI.4 (algebras of words are monoids).

    >>> import catlearn as cl, jax.numpy as jnp
    >>> from catlearn.algebra.monoids import reduced
    >>> total = cl.Monoid(cl.R(2), cl.constant((jnp.zeros(2),)), cl.add)
    >>> list_algebra(lambda n: reduced(total, n, masked=True), cl.R(2)) is None
    True
    """
    outer, inner = Padded(m), Padded(n)
    draw = lambda key: sample(outer(inner(A)), key)  # noqa: E731
    whole, by_parts = outer.flatten(inner, A) >> fold(m * n), outer(fold(n)) >> fold(m)
    return first(
        agree("fold of one element", Padded.unit(A) >> fold(1), identity(A), lambda key: sample(A, key)),
        agree("fold of a list of lists", whole, by_parts, draw),
    )
