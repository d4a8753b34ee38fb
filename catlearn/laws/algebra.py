"""The laws of endofunctors, and of the algebras, coalgebras and monoids on them.

Source: Gavranović et al. 2024 (arXiv 2402.15332), §2. Arrows here have no parameters: freeze a model to try it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from catlearn.algebra.algebras import Algebra, Coalgebra, Monoid
from catlearn.algebra.polynomial import Polynomial
from catlearn.core.diagram import Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.text import short
from catlearn.core.wires import Object
from catlearn.laws.counterexample import TOLERANCE, Counterexample, equal_values, extensional, first, run, sample

TRIES = 5


def algebra_homomorphism(
    h: Any, a: Algebra, b: Algebra, seed: int = 0, tries: int = TRIES, draw: Callable = sample
) -> Counterexample | None:
    """`h ∘ a = b ∘ F(h)`: whether `h : S → T` is a homomorphism from the algebra a on S to b on T, on random values of F(S).

    For algebras of `G × −` that are actions of a group it says whether h is equivariant. A family h is resolved at S.
    `draw(S, key)` gives values of S, where not all that fit will do. Constants of F have their own.
    Raises TypingError where h does not go from the one carrier to the other, the functors differ, or there are parameters.
    Source: arXiv 2402.15332, definition 2.10 and proposition 2.12.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> total = cl.Algebra(cl.List(cl.R(2)), cl.R(2), (cl.constant((jnp.zeros(2),)), cl.add))
    >>> algebra_homomorphism(cl.R(2), total, total) is None, algebra_homomorphism(cl.tanh, total, total) is None
    (True, False)
    """
    h = _between(h, a, b)
    checks = []
    for i, (F, f, g) in enumerate(zip(a.functor.summands, a.cases, b.cases, strict=True)):
        checks.append(
            agree(f"homomorphism of algebras, summand {i}", f >> h, F(h) >> g, _drawing(F, a.carrier, draw), seed, tries)
        )
    return first(*checks)


def coalgebra_homomorphism(h: Any, c: Coalgebra, d: Coalgebra, seed: int = 0, tries: int = TRIES) -> Counterexample | None:
    """`F(h) ∘ c = d ∘ h`: whether `h : S → T` is a homomorphism from the coalgebra c on S to d on T, on random states and inputs.

    Raises TypingError as `algebra_homomorphism`. Source: arXiv 2402.15332, §2.2.
    """
    h = _between(h, c, d)
    checks = []
    for (F, f), (_, g) in zip(*_alike(c, d), strict=True):
        draw = lambda key, A=F.inputs @ c.carrier: sample(A, key)  # noqa: E731
        checks.append(agree(f"homomorphism of coalgebras, {F!r}", f >> F(h), F.inputs @ h >> g, draw, seed, tries))
    return first(*checks)


def _alike(c: Coalgebra, d: Coalgebra) -> tuple:
    apart = isinstance(c.structure, tuple) and isinstance(d.structure, tuple)
    return (c.parts, d.parts) if apart else (((c.functor, c.arrow),), ((d.functor, d.arrow),))


def _between(h: Any, a: Any, b: Any) -> Diagram:
    if a.functor != b.functor:
        raise TypingError(
            f"a homomorphism is between structures of one functor, and these are of {a.functor!r} and {b.functor!r}."
        )
    h = identity(a.carrier) >> h if isinstance(h, Family | Object) else h
    if (h.dom, h.cod) != (a.carrier, b.carrier):
        raise TypingError(f"a homomorphism {a.carrier} → {b.carrier} was expected, and {short(h)} is {h.dom} → {h.cod}.")
    for f in (h, a, b):
        if f.param.wires:
            raise TypingError(f"this law takes arrows without parameters, and there are {f.param}: freeze them at their values.")
    return h


def _drawing(F: Polynomial, S: Object, draw: Callable) -> Callable[[jax.Array], tuple]:
    return lambda key: F.draw(S, key, draw)


def agree(
    law: str, lhs: Diagram, rhs: Diagram, draw: Callable, seed: int = 0, tries: int = TRIES, canonical: Callable = tuple
) -> Counterexample | None:
    """Whether two arrows agree on random values that are drawn as told; what they give is compared as `canonical` values."""
    both = jax.jit(lambda values: (canonical(run(lhs, values)), canonical(run(rhs, values))))
    for key in jax.random.split(jax.random.key(seed), tries):
        found = equal_values(law, *both(draw(key)), tolerance=TOLERANCE)
        if found is not None:
            return found
    return None


def endofunctor(F: Polynomial, f: Diagram, g: Diagram) -> Counterexample | None:
    """`F(1) = 1` and `F(f; g) = F(f); F(g)`, for parametric arrows too.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> endofunctor(cl.const(cl.R(2)) * cl.X**2 + cl.X, f, f) is None
    True
    """
    one = identity(f.dom)
    return first(
        extensional("F(1) = 1", F(one), identity(F(f.dom))),
        extensional("F(f; g) = F(f); F(g)", F(f >> g), F(f) >> F(g)),
    )


def monoid(m: Monoid, seed: int = 0, tries: int = TRIES) -> Counterexample | None:
    """Associativity, and the unit on both sides, on random elements.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> monoid(cl.Monoid(cl.R(2), cl.constant((jnp.zeros(2),)), cl.add)) is None
    True
    """
    M, times, unit, draw = m.carrier, m.multiply, m.unit, elements(m)
    three = lambda key: sum(map(draw, jax.random.split(key, 3)), ())  # noqa: E731
    return first(
        agree("associativity", times @ M >> times, M @ times >> times, three, seed, tries),
        agree("left unit", unit @ M >> times, identity(M), draw, seed, tries),
        agree("right unit", M @ unit >> times, identity(M), draw, seed, tries),
    )


def elements(m: Monoid) -> Callable[[jax.Array], tuple]:
    """How random elements of a monoid are drawn."""
    return m.draw or (lambda key: sample(m.carrier, key))
