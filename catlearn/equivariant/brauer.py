"""Brauer diagrams: the maps between tensor powers of ℝⁿ which the orthogonal group O(n) commutes with.

Source: Brauer 1937, "On algebras which are connected with the semisimple continuous groups"; Pearce-Crump, "Brauer's Group
Equivariant Neural Networks" (arXiv 2212.08630).
"""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from catlearn.core.errors import CompositionError, TypingError
from catlearn.equivariant.diagrams import Block, DiagramCategory, dimension, wired
from catlearn.equivariant.independent import independent, matching_gram
from catlearn.equivariant.notation import Row, blocks_of
from catlearn.equivariant.partitions import Partition, code, counted


@dataclass(frozen=True)
class BrauerCategory(DiagramCategory):
    """The category of Brauer diagrams: objects are numbers of points. It has swaps, and neither copies nor discards.

    >>> BrauerCategory().swap(1, 1)
    brauer("1|2", "2|1")
    """

    def wiring(self, dom: int, index: Sequence[int]) -> Brauer:
        """The diagram of a permutation. Raises CompositionError for a copy or a discard, which O(n) does not commute with."""
        return Brauer(dom, len(index), permuted(self, dom, index))


def permuted(category: Any, dom: int, index: Sequence[int]) -> tuple[Block, ...]:
    """The pairs of a wiring. Raises CompositionError unless its index is a permutation."""
    if sorted(index) != list(range(dom)):
        raise CompositionError(
            f"{category!r} has no copies or discards, so a wiring of {dom} points permutes them: {list(index)!r}."
        )
    return wired(dom, index)


@dataclass(frozen=True, repr=False)
class Brauer(Partition):
    """A Brauer diagram: a perfect matching of the points of two rows. Type: `k → l`. `brauer("12|3", "|1")` writes it.

    It is a partition diagram whose blocks are pairs, with the same composition, matrices and `apply`, where it costs
    n^(d+b) − n^d additions for d pairs that cross and b of the domain. Source: arXiv 2212.08630.

    >>> cap, cup = brauer("12", ""), brauer("", "12")
    >>> cup >> cap, (brauer("1", "1") @ cup) >> (cap @ brauer("1", "1"))
    (brauer("", "", loops=1), brauer("1", "1"))
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        paired("brauer", self.blocks)

    @property
    def category(self) -> Any:
        return BrauerCategory()

    def __repr__(self) -> str:
        return code("brauer", self)


def paired(name: str, blocks: tuple[Block, ...]) -> None:
    """Raise TypingError unless all blocks are pairs."""
    wrong = next((block for block in blocks if len(block) != 2), None)
    if wrong is not None:
        raise TypingError(
            f"{name}: blocks are pairs of points, and one has {len(wrong)}; for other blocks there are partition diagrams."
        )


def brauer(dom: Row, cod: Row, loops: int = 0) -> Brauer:
    """The Brauer diagram whose i-th pair is the i-th place of the domain and the i-th of the codomain. Type: `k → l`.

    The notation is that of `partition`. Raises TypingError for a block that is no pair, and for bad notation.

    >>> brauer("12|3", "|1").matrix(2).shape
    (2, 8)
    """
    return Brauer(*blocks_of("brauer", dom, cod), loops)


def double_factorial(m: int) -> int:
    """m (m − 2) (m − 4) …: with m = k + l − 1 the number of Brauer diagrams `k → l`, where k + l is even.

    >>> [double_factorial(m) for m in (-1, 1, 3, 5, 7)]
    [1, 1, 3, 15, 105]
    """
    return math.prod(range(m, 0, -2))


def brauer_diagrams(k: int, l: int) -> tuple[Brauer, ...]:
    """All Brauer diagrams `k → l`, in one order: (k + l − 1)!! where k + l is even, else none.

    >>> brauer_diagrams(2, 0), len(brauer_diagrams(3, 3))
    ((brauer("12", ""),), 15)
    """
    return tuple(Brauer(k, l, pairs) for pairs in matchings(range(counted("brauer_diagrams", k, l))))


def matchings(points: Sequence[int]) -> Iterator[tuple[Block, ...]]:
    """All perfect matchings of these points.

    >>> list(matchings(range(4)))
    [((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))]
    """
    if not points:
        yield ()
    if len(points) % 2:
        return
    for i in range(1, len(points)):
        for rest in matchings([*points[1:i], *points[i + 1 :]]):
            yield ((points[0], points[i]), *rest)


def brauer_basis(n: int, k: int, l: int) -> tuple[Brauer, ...]:
    """Diagrams `k → l` whose matrices are a basis of the maps that O(n) commutes with, first come, first taken.

    They are all diagrams where 2 n ≥ k + l, and fewer below, by exact elimination. Source: arXiv 2212.08630; Lehrer, Zhang
    2012 (arXiv 1207.5889) on the dependence of diagrams.

    >>> [len(brauer_basis(n, 3, 3)) for n in (1, 2, 3)]
    [1, 10, 15]
    """
    n, every = dimension(n), brauer_diagrams(k, l)
    if 2 * n >= k + l:
        return every
    return independent(every, matching_gram([d.blocks for d in every], k + l, n))
