"""Algebras `F(S) → S` and coalgebras `S → F(S)` of a polynomial endofunctor, in Para(Smooth), and monoids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import jax

from catlearn.algebra.polynomial import Exponent, Polynomial, Sum
from catlearn.core.diagram import Diagram, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.shown import Shown
from catlearn.core.text import call_code, short
from catlearn.core.wires import I, Object, count, difference


@dataclass(frozen=True, repr=False)
class Algebra(Shown):
    """An algebra of F: a carrier S and a structure `F(S) ⊗ P → S`.

    An arrow out of a sum is a tuple of arrows, so for `F₁ + F₂ + …` the structure may be one: an arrow `Fᵢ(S) → S` for each
    summand. Families are resolved there. Raises TypingError where they don't fit F and the carrier.
    Source: Gavranović et al. 2024 (arXiv 2402.15332), definition 2.9; in Para, definition 3.1.

    >>> import catlearn as cl
    >>> F = cl.const(cl.R(5)) * cl.X + cl.one
    >>> mix = cl.dense(8) @ cl.dense(8) >> cl.add >> cl.tanh
    >>> Algebra(F, cl.R(8), (mix, cl.parameter(cl.R(8)))).arrow.dom
    R(dtype='int32') @ R(5) @ R(8)
    """

    functor: Polynomial
    carrier: Object
    structure: Any

    def __post_init__(self) -> None:
        _are(self, functor=Polynomial, carrier=Object)
        F, S = self.functor, self.carrier
        parts = [(term, term(S), S) for term in F.summands]
        built = _structure("an algebra", "summand", self.structure, parts, lambda: (F, F(S), S))
        object.__setattr__(self, "structure", built)

    def __repr__(self) -> str:
        return call_code("Algebra", self, True)

    @property
    def cases(self) -> tuple[Diagram, ...]:
        """The structure on each summand: `Fᵢ(S) → S`."""
        F = self.functor
        if isinstance(self.structure, tuple):
            return self.structure
        return (
            tuple(F.inject(i, self.carrier) >> self.structure for i in range(len(F.parts)))
            if isinstance(F, Sum)
            else (self.structure,)
        )

    @property
    def arrow(self) -> Diagram:
        """The structure as one arrow `F(S) → S`."""
        if isinstance(self.structure, tuple):
            return self.functor.cases(self.structure, self.carrier)  # type: ignore[attr-defined]
        return self.structure

    @property
    def param(self) -> Object:
        return self.arrow.param


@dataclass(frozen=True, repr=False)
class Coalgebra(Shown):
    """A coalgebra of F: a carrier S and a structure `S ⊗ P → F(S)`.

    An arrow into a product is a tuple of arrows, so for `F₁ × F₂ × …` the structure may be one: an arrow `S → Fᵢ(S)` for
    each factor. An arrow into an exponent `F^A` is written uncurried, `A ⊗ S → F(S)`: inputs first.
    Raises TypingError where it does not fit. Source: arXiv 2402.15332, §2.2 (coalgebras, Mealy and Moore machines).

    >>> import catlearn as cl
    >>> counter = cl.function(lambda s: (s, s + 1))
    >>> Coalgebra(cl.Stream(cl.R()), cl.R(), counter).arrow.cod
    R() @ R()
    """

    functor: Polynomial
    carrier: Object
    structure: Any

    def __post_init__(self) -> None:
        _are(self, functor=Polynomial, carrier=Object)
        F, S = self.functor, self.carrier
        parts = [(part, part.inputs @ S, part(S)) for part in F.factors]
        built = _structure("a coalgebra", "factor", self.structure, parts, lambda: (F, self.inputs @ S, F(S)))
        object.__setattr__(self, "structure", built)

    def __repr__(self) -> str:
        return call_code("Coalgebra", self, True)

    @property
    def inputs(self) -> Object:
        """What a step reads: the exponent's object, or I. Raises TypingError for several exponents."""
        found = [part.inputs for part in self.functor.factors if isinstance(part, Exponent)]
        if len(found) > 1:
            raise TypingError(f"{self.functor!r} has several exponents; write them as one.")
        return found[0] if found else I

    @property
    def parts(self) -> tuple[tuple[Polynomial, Diagram], ...]:
        """Factors of F with the arrows into them."""
        if isinstance(self.structure, tuple):
            return tuple(zip(self.functor.factors, self.structure, strict=True))
        return ((self.functor, self.structure),)

    @property
    def arrow(self) -> Diagram:
        """The structure as one arrow `A ⊗ S → F(S)`, with inputs A (I, where there are none)."""
        if not isinstance(self.structure, tuple):
            return self.structure
        a, s, index = len(self.inputs), len(self.carrier), []
        for part, _ in self.parts:
            index += [*range(len(part.inputs)), *range(a, a + s)]
        return wiring(self.inputs @ self.carrier, index) >> reduce(lambda f, g: f @ g, self.structure)

    @property
    def param(self) -> Object:
        return self.arrow.param


@dataclass(frozen=True, repr=False)
class Monoid(Shown):
    """A monoid: a carrier M, `unit : I → M` and an associative `multiply : M ⊗ M → M`. An algebra of the list monad.

    Its fold may go in any bracketing, so it takes log n steps. `draw(key)` gives random elements where not all values of the
    carrier are. Raises TypingError where the arrows don't fit.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> Monoid(cl.R(2), cl.constant((jnp.zeros(2),)), cl.add).multiply.dom
    R(2) @ R(2)
    """

    carrier: Object
    unit: Any
    multiply: Any
    draw: Callable[[jax.Array], tuple] | None = field(default=None, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        M = self.carrier
        object.__setattr__(self, "unit", arrow_between(self.unit, I, M, "the unit"))
        object.__setattr__(self, "multiply", arrow_between(self.multiply, M @ M, M, "the multiplication"))

    def __repr__(self) -> str:
        return call_code("Monoid", self, True)


def arrow_between(f: Any, dom: Object, cod: Object, where: str) -> Diagram:
    """The arrow that was given for `dom → cod`. Raises TypingError where it is none."""
    f = identity(dom) >> f if isinstance(f, Family) else identity(f) if isinstance(f, Object) else f
    if not isinstance(f, Diagram):
        raise TypingError(f"at {where}: expected an arrow {dom} → {cod}, got {f!r}.")
    for what, wanted, found in (("begin at", dom, f.dom), ("end in", cod, f.cod)):
        if wanted != found:
            raise TypingError(
                f"at {where}: {short(f)} must {what} {wanted}, not {found} ({difference(wanted, found)}).\n"
                f"  expected an arrow {dom} → {cod}"
            )
    return f


End = tuple[Polynomial, Object, Object]  # a functor, and from where to where an arrow for it goes


def _structure(what: str, part: str, given: Any, parts: Sequence[End], whole: Callable[[], End]) -> Any:
    """The arrow that was given, or those for each part; of an only part its arrow."""
    if not isinstance(given, tuple | list):
        F, dom, cod = whole()
        return arrow_between(given, dom, cod, repr(F))
    if len(given) != len(parts):
        shown, many = ", ".join(repr(F) for F, _, _ in parts), count(len(parts), part)
        raise TypingError(f"the structure of {what} has an arrow for each {part} ({shown}): {many}, got {len(given)}.")
    built = tuple(arrow_between(f, dom, cod, repr(F)) for f, (F, dom, cod) in zip(given, parts, strict=True))
    return built[0] if len(built) == 1 else built


def _are(self: Any, **kinds: type) -> None:
    for name, kind in kinds.items():
        if not isinstance(getattr(self, name), kind):
            raise TypingError(f"{type(self).__name__}: {name} must be a {kind.__name__}, got {getattr(self, name)!r}.")
