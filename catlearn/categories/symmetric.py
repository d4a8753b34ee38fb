"""Symmetric lenses: spans of lenses, where learners go.

Source: Fong, Johnson 2019 (Lenses and Learners, arXiv 1903.03671).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catlearn.categories.learners import OpenLearner, both_ways
from catlearn.categories.lens import Lens, Optic, forward_of
from catlearn.categories.para import identity_of
from catlearn.core.arrow import Arrow, Category
from catlearn.core.errors import CompositionError
from catlearn.core.text import unequal
from catlearn.core.wires import Object


@dataclass(frozen=True, repr=False)
class Projection(Optic):
    """The lens onto the wires `index` of S, which keeps the others: `get = π`, `put((a, q), b) = (b, q)`."""

    index: tuple[int, ...]


def projection(base: Category, S: Object, index: Sequence[int]) -> Projection:
    """The lens `(S, S) → (A, A)` onto the wires `index` of S, each once; their complement is the residual.

    >>> from catlearn.categories.smooth import Smooth
    >>> from catlearn.core.wires import R
    >>> projection(Smooth, R(2) @ R(3), (1,)).residual
    R(2)
    """
    rest = _others(len(S), index)
    out = base.wiring(S, [*rest, *index])
    back = base.wiring(out.cod, _inverse([*rest, *index]))
    ends = both_ways(base, S), both_ways(base, S.select(index))
    return Projection(base, *ends, S.select(rest), out, back, tuple(index))


@dataclass(frozen=True, repr=False)
class SymmetricLens(Arrow):
    """A symmetric lens `A → B`: a span of lenses `A ⇐ S ⇒ B` from an apex S.

    Spans compose over the pullback of two legs, which is an object of C where one of them is a projection; else `>>` raises
    CompositionError. What comes back goes through the second span first, so the first is asked for what the second left.
    Source: arXiv 1903.03671; Hofmann, Pierce, Wagner 2011 (Symmetric lenses).
    """

    left: Optic
    right: Optic

    @property
    def base(self) -> Any:
        return self.left.base

    @property
    def apex(self) -> Object:
        return forward_of(self.left.dom)

    @property
    def dom(self) -> Object:  # type: ignore[override]
        return forward_of(self.left.cod)

    @property
    def cod(self) -> Object:  # type: ignore[override]
        return forward_of(self.right.cod)

    @property
    def converse(self) -> SymmetricLens:
        """The same span read from the other end. Type: `B → A`."""
        return SymmetricLens(self.right, self.left)

    def then(self, other: Any) -> SymmetricLens:
        if not isinstance(other, SymmetricLens):
            return NotImplemented
        if self.cod != other.dom:
            raise CompositionError(unequal(self, other))
        if isinstance(other.left, Projection):
            return self._over_a_projection(other)
        if isinstance(self.right, Projection):
            return other.converse._over_a_projection(self.converse).converse
        raise CompositionError(
            f"the legs of these spans over {self.cod} are no projections, so their pullback is no object of {self.base}."
        )

    def _over_a_projection(self, other: SymmetricLens) -> SymmetricLens:
        """The pullback of `S → B` along `T = B ⊗ Q → B` is `S ⊗ Q`."""
        index, rest, lenses = other.left.index, other.left.residual, Lens(self.base)  # type: ignore[attr-defined]
        kept = both_ways(self.base, rest)
        beside = self.right @ identity_of(lenses, kept)
        placed = lenses.wiring(beside.cod, _inverse([*index, *_others(len(other.apex), index)]))  # B ⊗ Q → T
        return SymmetricLens(_widened(self.left, rest), beside >> placed >> other.right)

    def tensor(self, other: Any) -> SymmetricLens:
        if not isinstance(other, SymmetricLens):
            return NotImplemented
        return SymmetricLens(_beside(self.left, other.left), _beside(self.right, other.right))

    @property
    def normal(self) -> SymmetricLens:
        """The same up to the order of the apex: the wires of A first, then the others. Where the left leg is a projection."""
        if not isinstance(self.left, Projection):
            return self
        S, index = self.apex, self.left.index
        order = [*index, *_others(len(S), index)]
        back = Lens(self.base).wiring(both_ways(self.base, S.select(order)), _inverse(order))
        return SymmetricLens(projection(self.base, S.select(order), range(len(index))), back >> self.right)


def _others(n: int, index: Sequence[int]) -> list[int]:
    return [i for i in range(n) if i not in index]


def _inverse(order: Sequence[int]) -> list[int]:
    return sorted(range(len(order)), key=order.__getitem__)


def _widened(leg: Optic, Q: Object) -> Optic:
    """The leg out of S as one out of S ⊗ Q."""
    S = forward_of(leg.dom)
    if isinstance(leg, Projection):
        return projection(leg.base, S @ Q, leg.index)
    return projection(leg.base, S @ Q, range(len(S))) >> leg


def _beside(f: Optic, g: Optic) -> Optic:
    if isinstance(f, Projection) and isinstance(g, Projection):
        S = forward_of(f.dom)
        return projection(f.base, S @ forward_of(g.dom), [*f.index, *(len(S) + i for i in g.index)])
    return f @ g


def symmetric_lens(f: OpenLearner) -> SymmetricLens:
    """The functor Learn(C) → symmetric lenses, the identity on objects: `A ⇐ A ⊗ P ⇒ B`, a projection and the learner.

    Right leg: `get = I`, `put((a, p), b) = (r(a, p, b), U(a, p, b))`. Composition is kept up to the order of the apex.
    Source: arXiv 1903.03671.

    >>> import catlearn as cl
    >>> from catlearn.categories.learners import backprop_as_functor
    >>> symmetric_lens(backprop_as_functor(0.1)(cl.R(2) >> cl.linear(3))).apex
    R(2) @ R(2, 3)
    """
    return SymmetricLens(projection(f.base, f.dom @ f.param, range(len(f.dom))), f.lens.arrow)
