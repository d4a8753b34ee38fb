"""Cells: algebras of `1 + A × X`, one for each A, as families. What a fold over lists runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from catlearn.algebra.algebras import Algebra
from catlearn.algebra.functors import List
from catlearn.algebra.polynomial import monomial
from catlearn.categories.function import constant
from catlearn.categories.smooth import zeros_of
from catlearn.core.diagram import Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import Object, R, difference


class Stepping(Composite):
    """A family of arrows `A ⊗ S ⊗ P → …` that go on from a state, and know their states S and how they begin: cells and machines.

    Subclasses define `carrier(A)` and `step(A, S)`, and `begin(A)` where they do not begin at zero.
    """

    reads: ClassVar[str]  # what A is called

    def carrier(self, A: Object) -> Object:
        """The states S, for elements A."""
        raise NotImplementedError

    def step(self, A: Object, S: Object) -> Diagram:
        """The arrow from an element and the states."""
        raise NotImplementedError

    def begin(self, A: Object) -> Diagram:
        """The first state. Type: `I ⊗ P → S`."""
        return constant(zeros_of(self.carrier(A)))

    def build(self, dom: Object) -> Diagram:
        A, S = dom[:1], self.carrier(dom[:1])
        if dom != A @ S:
            raise TypingError(f"{self!r} takes {self.reads} and its states, {A @ S}, got {dom} ({difference(A @ S, dom)}).")
        return self.step(A, S)


class Cell(Stepping):
    """A family of algebras of `1 + A × X`: `step` is the algebra on `A × X`, `A ⊗ S ⊗ P → S`, and `begin` that on `1`, the state
    of the empty list."""

    reads = "an element"

    def prefixes(self, A: Object, t: int, backwards: bool = False, masked: bool = False) -> Diagram | None:
        """A better arrow than a loop for all states over t elements, where there is one. Type: `Aᵗ ⊗ S ⊗ P → Sᵗ`.

        `masked`, it takes booleans R(t) after Aᵗ, that say which elements are real.
        """
        return None

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 1 + len(self.carrier(R(1)))

    def algebra(self, A: Object) -> Algebra:
        """The algebra of `1 + A × X` that the cell is at A."""
        S = self.carrier(A)
        return Algebra(List(A), S, (self.begin(A), self.step(A, S)))


@dataclass(frozen=True, repr=False)
class cell(Cell):
    """Any arrow `A ⊗ S ⊗ P → S` as a cell: a family or diagram, its carrier S, and how it begins, an arrow `I → S` (zero).

    Raises TypingError where the arrow does not end in the carrier.

    >>> import catlearn as cl
    >>> mean = cl.cell(cl.dense(8) @ cl.dense(8) >> cl.add >> cl.tanh, cl.R(8))
    >>> (cl.R(5, 3) >> cl.fold(mean)).cod
    R(8)
    """

    arrow: Any
    states: Object
    initial: Any = None

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 1 + len(self.states)

    def carrier(self, A: Object) -> Object:
        return self.states

    def step(self, A: Object, S: Object) -> Diagram:
        return A @ S >> self.arrow

    def begin(self, A: Object) -> Diagram:
        return super().begin(A) if self.initial is None else identity(Object()) >> self.initial


def algebra_of(what: Any, A: Object, who: Any) -> Algebra:
    """What was given to fold, as an algebra of `1 + A × X`. Raises TypingError where it is none."""
    if isinstance(what, Cell):
        return what.algebra(A)
    if isinstance(what, Algebra):
        return _as_list(what, A, who)
    raise TypingError(f"{who!r} takes a cell, an Algebra or a Monoid, got {what!r}: cell(arrow, carrier) makes one of an arrow.")


def _as_list(alg: Algebra, A: Object, who: Any) -> Algebra:
    """An algebra of `1 + A × X`, up to the order of summands and factors, with nil first and A before X."""
    terms = [monomial(F) for F in alg.functor.summands]
    if sorted(term.degree for term in terms) != [0, 1]:
        raise TypingError(
            f"{who!r}: lists are the initial algebra of one + const(A) * X, and this is an algebra of {alg.functor!r}."
        )
    nil, cons = sorted(range(2), key=lambda i: terms[i].degree)
    if terms[nil].constants.wires or terms[cons].constants != A:
        expected, found = List(A), alg.functor
        raise TypingError(f"{who!r} meets lists of {A}, so it takes an algebra of {expected!r}, and this is one of {found!r}.")
    return Algebra(List(A), alg.carrier, (alg.cases[nil], terms[cons].arrange(alg.carrier) >> alg.cases[cons]))
