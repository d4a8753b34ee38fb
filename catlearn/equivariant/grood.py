"""Brauer–Grood diagrams: the maps between tensor powers of ℝⁿ which the special orthogonal group SO(n) commutes with.

Source: Grood 1999, "Brauer algebras and centralizer algebras for SO(2n, C)"; Pearce-Crump, "Brauer's Group Equivariant Neural
Networks" (arXiv 2212.08630); Lehrer, Zhang (arXiv 1612.03998) for the category.
"""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from catlearn.core.errors import TypingError
from catlearn.equivariant.brauer import brauer_basis, brauer_diagrams, matchings, paired, permuted
from catlearn.equivariant.determinants import Determinant, DeterminantCategory, given_n
from catlearn.equivariant.diagrams import dimension
from catlearn.equivariant.independent import independent
from catlearn.equivariant.levi_civita import parity
from catlearn.equivariant.notation import Row, marked_blocks_of, written
from catlearn.equivariant.partitions import counted


@dataclass(frozen=True)
class GroodCategory(DeterminantCategory):
    """The category of Brauer–Grood diagrams for one n. It has swaps, and neither copies nor discards.

    >>> GroodCategory(3).identity(2)
    grood("1|2", "1|2", n=3)
    """

    def wiring(self, dom: int, index: Sequence[int]) -> Grood:
        """The diagram of a permutation. Raises CompositionError for a copy or a discard, which SO(n) does not commute with."""
        return Grood(dom, len(index), permuted(self, dom, index), n=self.n)


@dataclass(frozen=True, repr=False)
class Grood(Determinant):
    """A matching of all points, or of all but n free ones. Type: `k → l`. `grood("1|*23", "1|*2")` has the free ones after `*`.

    Its matrix is the product of δ over the pairs, and of ε over the free points: those of the codomain from left to right, then
    those of the domain. Two with free points compose to a sum, one with a Brauer diagram to another, its negative, or zero.

    >>> cross = grood("*12", "*1")
    >>> cross.matrix().tolist()
    [[0, 0, 0, 0, 0, 1, 0, -1, 0], [0, 0, -1, 0, 0, 0, 1, 0, 0], [0, 1, 0, -1, 0, 0, 0, 0, 0]]
    >>> cross.dagger() >> cross, grood("*12", "") >> grood("", "*12")
    (2 * grood("1", "1", n=3), 1 * grood("1|2", "1|2", n=2) - 1 * grood("1|2", "2|1", n=2))
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        paired("grood", tuple(block for block in self.blocks if block not in self.marked))
        if any(len(block) != 1 for block in self.marked) or len(self.marked) not in (0, self.n):
            raise TypingError(f"grood: there are {self.n} free points or none, each by itself; got {self.marked!r}.")

    @property
    def category(self) -> GroodCategory:
        return GroodCategory(self.n)

    def __repr__(self) -> str:
        pairs = [(self.lower(block), self.upper(block)) for block in self.blocks if block not in self.marked]
        places = sorted(pairs, key=lambda place: (not place[0], place))
        free = tuple(block[0] for block in self.marked)
        end = f", loops={self.loops}" if self.loops else ""
        if not free:
            return f"grood({written(places)}, n={self.n}{end})"
        return f"grood({written([*places, (self.lower(free), self.upper(free))], (len(places),))}{end})"


def grood(dom: Row, cod: Row, n: int | None = None, loops: int = 0) -> Grood:
    """The diagram of SO(n) with these pairs, and with the points of a place that begins with `*` free. Type: `k → l`.

    The notation is that of `partition`. n is the number of free points; where there are none it has to be said. Raises
    TypingError for a block that is no pair, for another number of free points than n, and for bad notation.

    >>> grood("*12", "").matrix().tolist(), grood("12", "", n=2).matrix().tolist()
    ([[0, 1, -1, 0]], [[1, 0, 0, 1]])
    """
    k, l, blocks, marked = marked_blocks_of("grood", dom, cod)
    free = [(x,) for block in marked for x in block]
    pairs = [block for block in blocks if block not in marked]
    return Grood(k, l, (*pairs, *free), loops, given_n("grood", n, len(free), 0), tuple(free))


def grood_diagrams(n: int, k: int, l: int) -> tuple[Grood, ...]:
    """All diagrams `k → l` of SO(n), in one order: those of O(n), and then those with n free points.

    There are (k + l − 1)!! of the first where k + l is even, and of the second C(k + l, n) (k + l − n − 1)!! where k + l − n
    is even and not negative. Source: arXiv 2212.08630.

    >>> len(grood_diagrams(3, 2, 2)), len(grood_diagrams(3, 2, 3)), grood_diagrams(2, 1, 1)
    (3, 10, (grood("1", "1", n=2), grood("*1", "*1")))
    """
    n = dimension(n)
    return (*(_plain(n, d) for d in brauer_diagrams(k, l)), *_free_diagrams(n, k, l))


def _plain(n: int, d: Any) -> Grood:
    return Grood(d.dom, d.cod, d.blocks, d.loops, n)


def _free_diagrams(n: int, k: int, l: int) -> tuple[Grood, ...]:
    points = range(counted("grood_diagrams", k, l))
    return tuple(
        Grood(k, l, (*pairs, *((x,) for x in free)), 0, n, tuple((x,) for x in free))
        for free in combinations(points, n)
        for pairs in matchings([x for x in points if x not in free])
    )


def grood_basis(n: int, k: int, l: int) -> tuple[Grood, ...]:
    """Diagrams `k → l` whose matrices are a basis of the maps that SO(n) commutes with, first come, first taken.

    Those with free points change their sign under reflections and the others do not, so each kind has its own basis: the
    others that of O(n), and these by exact elimination on their inner products. Source: arXiv 2212.08630 for the spanning set.

    >>> [len(grood_basis(3, 0, m)) for m in range(7)]
    [1, 0, 1, 1, 3, 6, 15]
    """
    n, free = dimension(n), _free_diagrams(dimension(n), k, l)
    pairs = [_partners(d) for d in free]
    gram = np.zeros((len(free),) * 2, dtype=object)
    for i, d in enumerate(free):
        for j in range(i + 1):
            gram[i, j] = gram[j, i] = _closed(d, pairs[i], pairs[j])
    return (*(_plain(n, d) for d in brauer_basis(n, k, l)), *independent(free, gram))


def free_inner(d: Grood, e: Grood) -> int:
    """`tr(Dᵀ E)` of two diagrams `k → l` with free points: ± n! n^loops, or 0 where two free points of one are joined.

    >>> free_inner(grood("*12", "*1"), grood("*12", "*1"))
    6
    """
    return _closed(d, _partners(d), _partners(e))


def _closed(d: Grood, mine: list[int], yours: list[int]) -> int:
    """The value of d closed up with another: each free point leads to one of the other, along pairs of both in turn."""
    ends, seen = [], set()
    for (x,) in d.marked:
        here, sides = x, (yours, mine)
        turn = 0
        seen.add(x)
        while sides[turn][here] != here:
            here, turn = sides[turn][here], 1 - turn
            seen.add(here)
        if turn == 1:
            return 0
        ends.append(here)
    loops = 0
    for x in range(d.dom + d.cod):
        loops += x not in seen
        while x not in seen:
            seen |= {x, mine[x]}
            x = yours[mine[x]]
    return parity(ends) * math.factorial(d.n) * d.n**loops


def _partners(d: Grood) -> list[int]:
    """What each point is paired with; a free one with itself."""
    partner = list(range(d.dom + d.cod))
    for block in d.blocks:
        partner[block[0]], partner[block[-1]] = block[-1], block[0]
    return partner
