"""The structure of an algebra on each summand of a functor, with children stacked: what a fold over trees runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.algebras import Algebra
from catlearn.algebra.forest import Summand, labels_of, summands_of
from catlearn.algebra.polynomial import Polynomial
from catlearn.categories.batch import with_axis
from catlearn.categories.function import function
from catlearn.core.diagram import Diagram, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.text import short
from catlearn.core.wires import I, Object, R, difference


class TreeCell(Family):
    """A recursive cell: an algebra of each functor whose trees it can fold, given by `carrier` and `case`.

    `case(A, term)` is the structure on one summand, with its children stacked: `A ⊗ Sᵈ ⊗ present → S`, where every wire of
    Sᵈ has a leading axis d, and `present`, `R(d, dtype=bool)`, is there only if children may be absent: an absent
    child's state is zero. A summand without children is `A → S`.
    """

    def carrier(self, over: Polynomial) -> Object:
        """The object of states."""
        raise NotImplementedError

    def case(self, A: Object, term: Summand, S: Object) -> Diagram:
        """The structure on a summand with the labels A."""
        raise NotImplementedError

    def cases(self, over: Polynomial) -> tuple[Diagram, ...]:
        """The structure on each summand, children stacked."""
        S = self.carrier(over)
        return tuple(self.case(A, term, S) for A, term in zip(labels_of(over), summands_of(over), strict=True))

    def algebra(self, over: Polynomial) -> Algebra:
        """The cell as an algebra of the functor `over`: children one by one, in the order of its factors.

        >>> import catlearn as cl
        >>> from catlearn.nets.tree_cells import tree_cell
        >>> tree_cell(4).algebra(cl.BinaryTree(cl.R(3))).carrier
        R(4)
        """
        S, terms = self.carrier(over), zip(self.cases(over), summands_of(over), over.summands, strict=True)
        return Algebra(over, S, tuple(stacking(term, F, S) >> case for case, term, F in terms))

    def resolve(self, dom: Object) -> Diagram:
        raise TypingError(f"{self!r} is a cell, for trees: write tree_fold({self!r}), and so make an arrow of it.")


def cases_of(structure: Any, F: Polynomial) -> tuple[Object, tuple[Diagram, ...]]:
    if isinstance(structure, TreeCell):
        return structure.carrier(F), structure.cases(F)
    a = structure
    if len(F.summands) > 1 and not isinstance(a.structure, tuple) and a.param.wires:
        raise TypingError(
            f"a fold takes an algebra of {F!r} with an arrow for each of its {len(F.summands)} summands, as a tuple."
        )
    terms = zip(a.cases, summands_of(F), F.summands, strict=True)
    return a.carrier, tuple(unstacking(term, G, a.carrier) >> case for case, term, G in terms)


def case_domain(A: Object, term: Summand, S: Object) -> Object:
    """What a case takes: `A ⊗ Sᵈ ⊗ present`."""
    if not term.degree:
        return A
    return A @ with_axis(S, term.degree) @ (R(term.degree, dtype=bool) if any(term.optional) else I)


def check_cases(who: Any, cases: tuple[Diagram, ...], F: Polynomial, S: Object) -> None:
    for case, A, term in zip(cases, labels_of(F), summands_of(F), strict=True):
        dom = case_domain(A, term, S)
        if (case.dom, case.cod) != (dom, S):
            where = difference(dom @ S, case.dom @ case.cod)
            raise TypingError(f"{who!r}: the case {short(case)} must be an arrow {dom} → {S} ({where}).")


def unstacking(term: Summand, F: Polynomial, S: Object) -> Diagram:
    """The isomorphism `A ⊗ Sᵈ ⊗ present → F(S)`: each child by itself, with a tag where it may be absent."""
    A = labels_of(F)[0]
    if not term.degree:
        return identity(A)
    dom = case_domain(A, term, S)
    apart = A @ (dom[len(A) :] >> function(_Unstack(term.optional, len(S)), arity=len(dom) - len(A)))
    at, child, index = 0, len(A), []
    for factor in term.factors:
        width = factor if isinstance(factor, int) else len(S) + (factor != "X")
        start = at if isinstance(factor, int) else child
        index += range(start, start + width)
        at, child = (at + width, child) if isinstance(factor, int) else (at, child + width)
    return apart >> wiring(apart.cod, index)


def stacking(term: Summand, F: Polynomial, S: Object) -> Diagram:
    """The isomorphism `F(S) → A ⊗ Sᵈ ⊗ present`; the state of an absent child becomes zero."""
    labels, children, at = [], [], 0
    for factor in term.factors:
        width = factor if isinstance(factor, int) else len(S) + (factor != "X")
        (labels if isinstance(factor, int) else children).extend(range(at, at + width))
        at += width
    dom = F(S)
    if not term.degree:
        return wiring(dom, labels)
    together = dom.select(children) >> function(_Stack(term.optional, len(S)), arity=len(children))
    return wiring(dom, labels + children) >> (dom.select(labels) @ together)


@dataclass(frozen=True)
class _Unstack:
    optional: tuple[bool, ...]
    wires: int

    __name__ = "unstack"

    def __call__(self, *values: Any) -> tuple:
        states, present, out = values[: self.wires], values[self.wires :], []
        for k, may in enumerate(self.optional):
            out += [present[0][k].astype(jnp.int32)] if may else []
            out += jax.tree.map(lambda leaf, k=k: leaf[k], states)
        return tuple(out)


@dataclass(frozen=True)
class _Stack:
    optional: tuple[bool, ...]
    wires: int

    __name__ = "stack"

    def __call__(self, *values: Any) -> tuple:
        rest, children, present = list(values), [], []
        for may in self.optional:
            here = rest.pop(0) > 0 if may else jnp.bool_(True)
            state = tuple(rest.pop(0) for _ in range(self.wires))
            children.append(jax.tree.map(lambda leaf, here=here: jnp.where(here, leaf, 0), state) if may else state)
            present.append(here)
        stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *children)
        return (*stacked, jnp.stack(present)) if any(self.optional) else stacked
