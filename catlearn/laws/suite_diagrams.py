"""The laws of diagram categories, with random diagrams of each category to try them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from catlearn.equivariant.automorphisms import automorphisms
from catlearn.equivariant.bilabelled import Bilabelled
from catlearn.equivariant.brauer import brauer_diagrams
from catlearn.equivariant.grood import grood_diagrams
from catlearn.equivariant.jellyfish import jellyfish_diagrams
from catlearn.equivariant.partitions import partings, partition_diagrams
from catlearn.equivariant.symplectic import form, symplectic_diagrams
from catlearn.laws import category, diagrams
from catlearn.laws.counterexample import Counterexample, first
from catlearn.laws.law import Law
from catlearn.laws.random import Choose

PAW = np.array([[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 0]])

KINDS = ("partition", "brauer", "symplectic", "grood", "jellyfish", "bilabelled")


@dataclass(frozen=True)
class _Of:
    """A kind of diagrams for one n: what `matrix` takes, and random diagrams."""

    kind: str
    n: int

    @property
    def arguments(self) -> tuple:
        return (PAW,) if self.kind == "bilabelled" else (self.n,)

    def row(self, choose: Choose, like: int | None = None) -> int:
        """How many points a row has, so that there are diagrams from one of `like`."""
        paired = self.kind in ("brauer", "symplectic") or (self.kind == "grood" and self.n == 2)
        return choose((0, 1, 2) if like is None or not paired else (like % 2, like % 2 + 2 if like % 2 == 0 else 1))

    def drawn(self, choose: Choose, k: int, l: int) -> Any:  # noqa: E741
        match self.kind:
            case "partition":
                return choose(partition_diagrams(k, l))
            case "brauer":
                return choose(brauer_diagrams(k, l))
            case "symplectic":
                return choose(symplectic_diagrams(k, l))
            case "grood":
                return choose(grood_diagrams(self.n, k, l))
            case "jellyfish":
                return choose(jellyfish_diagrams(self.n, k, l))
        return _bilabelled(choose, k, l)

    def chain(self, choose: Choose, length: int) -> Sequence[Any]:
        """Diagrams that compose, and at most two with a determinant, as three associate as maps alone."""
        rows = [self.row(choose)]
        for _ in range(length):
            rows.append(self.row(choose, rows[-1]))
        return [self.drawn(choose, k, l) for k, l in pairwise(rows)]  # noqa: E741


def _bilabelled(choose: Choose, k: int, l: int) -> Bilabelled:  # noqa: E741
    """A graph with at most one inner vertex."""
    blocks = choose(tuple(partings(k + l, k + l)))
    edges = [pair for pair in combinations(range(len(blocks)), 2) if choose((True, False))]
    ends = [v for v in range(len(blocks)) if choose((True, False))]
    return Bilabelled(k, l, blocks, choose((0, 1)), bool(ends), (*edges, *((v, len(blocks)) for v in ends)))


def _some(choose: Choose) -> _Of:
    kind = choose(KINDS)
    return _Of(kind, choose({"symplectic": (2,), "grood": (2,), "jellyfish": (2, 3), "bilabelled": (4,)}.get(kind, (1, 2, 3))))


def _two(choose: Choose) -> tuple[Any, Any, tuple]:
    of = _some(choose)
    return *of.chain(choose, 2), of.arguments


def _one(choose: Choose) -> tuple[Any, tuple]:
    of = _some(choose)
    return *of.chain(choose, 1), of.arguments


def _associative(choose: Choose) -> Counterexample | None:
    of = _some(choose)
    d, e, f = of.chain(choose, 3)
    if all(getattr(x, "marked", ()) for x in (d, e, f)):
        return diagrams.equal_maps("associativity", (d >> e) >> f, d >> (e >> f), *of.arguments)
    return category.associativity(d, e, f, equal=diagrams.equal_diagrams)


def _functor(choose: Choose) -> Counterexample | None:
    d, e, n = _two(choose)
    return diagrams.composite_is_the_product(d, e, *n)


def _monoidal(choose: Choose) -> Counterexample | None:
    d, e, n = _two(choose)
    return diagrams.tensor_is_the_kronecker_product(d, e, *n)


def _transposed(choose: Choose) -> Counterexample | None:
    d, n = _one(choose)
    within = len(d.domain_only) + len(d.codomain_only) if d.category == symplectic_diagrams(1, 1)[0].category else 0
    return diagrams.dagger_is_the_transpose(d, *n, sign=(-1) ** within)


def _applied(choose: Choose) -> Counterexample | None:
    d, n = _one(choose)
    size = d.category.size(*n)
    x = np.array([float(choose(range(-2, 3))) for _ in range(size**d.dom)], np.float32)
    return diagrams.apply_is_the_matrix(d, x.reshape((size,) * d.dom), *n)


def _equivariant(choose: Choose) -> Counterexample | None:
    of = _some(choose)
    (d,) = of.chain(choose, 1)
    return diagrams.commutes_with(d, _element(of, choose), *of.arguments)


def _element(of: _Of, choose: Choose) -> np.ndarray:
    """An element of the group that diagrams of this kind are for."""
    n = of.n
    turn = np.eye(n)[[*range(1, n), 0]]
    match of.kind:
        case "partition":
            return turn
        case "brauer":
            return turn @ np.diag([float(choose((-1, 1))) for _ in range(n)])
        case "symplectic":
            return np.eye(n) + choose((1, 2, -1)) * np.outer(np.eye(n)[0], np.eye(n)[0] @ form(n))  # a transvection
        case "grood":
            angle = choose((0.3, 1.0, 2.0))
            return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        case "jellyfish":
            return turn if n % 2 else turn @ turn
    return np.eye(n)[list(choose(automorphisms(PAW)[0]))]


def _dagger(choose: Choose) -> Counterexample | None:
    d, e, _ = _two(choose)
    return diagrams.dagger_of_diagrams(d, e)


def _written(choose: Choose) -> Counterexample | None:
    d, e, _ = _two(choose)
    return first(diagrams.text_evaluates_back(d), diagrams.text_evaluates_back(choose((2, -1)) * (d >> e)))


def _swapped(choose: Choose) -> Counterexample | None:
    of = _some(choose)
    return diagrams.swap_of_diagrams(*(of.drawn(choose, *choose(((1, 1), (2, 0), (0, 2)))) for _ in range(2)))


def _split(choose: Choose) -> Counterexample | None:
    return diagrams.orbits_are_inverse(choose(partition_diagrams(choose((0, 1, 2)), choose((1, 2)))), choose((2, 3)))


DIAGRAMS: tuple[Law, ...] = (
    Law("associativity", "diagram", _associative),
    Law("unit", "diagram", lambda c: diagrams.unit_of_diagrams(_one(c)[0])),
    Law("naturality of swap", "diagram", _swapped),
    Law("dagger", "diagram", _dagger),
    Law("composition", "Rep", _functor),
    Law("tensor", "Rep", _monoidal),
    Law("dagger", "Rep", _transposed),
    Law("equivariance", "Rep", _equivariant),
    Law("apply", "Rep", _applied),
    Law("orbits", "Rep", _split),
    Law("text", "diagram", _written),
)
