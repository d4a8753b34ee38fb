"""Jellyfish diagrams: the maps between tensor powers of ℝⁿ which the alternating group Aₙ commutes with.

Source: Comes 2020, "Jellyfish partition categories"; Pearce-Crump, "How Jellyfish Characterise Alternating
Group Equivariant Neural Networks" (arXiv 2301.10152).
"""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from catlearn.equivariant.combinations import Combination, combination
from catlearn.equivariant.determinants import Determinant, DeterminantCategory, given_n
from catlearn.equivariant.diagrams import Block, dimension, wired
from catlearn.equivariant.notation import Row, marked_blocks_of, written
from catlearn.equivariant.partitions import counted, partings


@dataclass(frozen=True)
class JellyfishCategory(DeterminantCategory):
    """The category of jellyfish diagrams for one n: wirings copy and discard, as in that of partition diagrams.

    >>> JellyfishCategory(3).wiring(1, [0, 0])
    jellyfish("1", "12", n=3)
    """

    def wiring(self, dom: int, index: Sequence[int]) -> Jellyfish:
        """The diagram `dom → len(index)` that joins point j of its codomain with point `index[j]`."""
        return Jellyfish(dom, len(index), wired(dom, index), n=self.n)


@dataclass(frozen=True, repr=False)
class Jellyfish(Determinant):
    """A partition diagram in which a determinant reads n of the blocks, or n − 1, or none. Type: `k → l`.

    `jellyfish("*1|2", "*2|1|*3", n=3)` marks the blocks that it reads with `*`, one less than n here. Its matrix is that of the
    partition diagram times ε of the values on the marked blocks, where ε is summed over what it lacks.
    Two with a determinant compose to a sum, one with a partition diagram to another, its negative, or zero.

    >>> jellyfish("*1|*2", "").matrix().tolist(), jellyfish("*1", "*2|1", n=2).matrix().tolist()
    ([[0, 1, -1, 0]], [[1, 0], [0, -1], [1, 0], [0, -1]])
    """

    @property
    def category(self) -> JellyfishCategory:
        return JellyfishCategory(self.n)

    def expanded(self) -> Combination:
        """The same map as a sum of diagrams whose blocks are all marked, or none. Type: `(k → l) → (k → l)`.

        A block that is not marked has the value of one that is, or of the leg that is joined with none.

        >>> jellyfish("*1|2", "", n=2).expanded()
        1 * jellyfish("*1|*2", "") + 1 * jellyfish("*12", "", n=2)
        """
        rest = [block for block in self.blocks if block not in self.marked]
        if not (self.marked and rest):
            return combination(self)
        terms: list[Any] = []
        for choice in product(range(self.n), repeat=len(rest)):
            legs = [list(block) for block in self.marked] + [[]] * self.hidden
            for leg, block in zip(choice, rest):
                legs[leg] = [*legs[leg], *block]
            ends = [tuple(sorted(leg)) for leg in legs]
            terms += combination(self._signed(self.dom, self.cod, [end for end in ends if end], ends, self.loops)).terms
        return Combination(self.category, self.dom, self.cod, tuple(terms))

    def __repr__(self) -> str:
        of = {(self.lower(block), self.upper(block)): block in self.marked for block in self.blocks}
        places = sorted(of, key=lambda place: (not place[0], place))
        end = "" if len(self.marked) == self.n else f", n={self.n}"
        marks = [i for i, place in enumerate(places) if of[place]]
        return f"jellyfish({written(places, marks)}{end}{f', loops={self.loops}' if self.loops else ''})"


def jellyfish(dom: Row, cod: Row, n: int | None = None, loops: int = 0) -> Jellyfish:
    """The diagram of Aₙ with these blocks, whose determinant reads those that begin with `*` in either row. Type: `k → l`.

    The notation is that of `partition`. n is the number of marked blocks unless it is given, as one more than these; where none
    is marked it has to be. Raises TypingError for another number of marked blocks, and for bad notation.

    >>> jellyfish("*1|*2", "|1").n, jellyfish("12", "1", n=4).matrix().shape
    (2, (4, 16))
    """
    k, l, blocks, marked = marked_blocks_of("jellyfish", dom, cod)
    return Jellyfish(k, l, blocks, loops, given_n("jellyfish", n, len(marked), 1), marked)


def jellyfish_diagrams(n: int, k: int, l: int) -> tuple[Jellyfish, ...]:
    """Diagrams `k → l` whose matrices span the maps that Aₙ commutes with, in one order.

    First all partition diagrams, and then, for n ≥ 2, the partitions into n − 1 or n blocks with all blocks marked. There are
    bell(m) + stirling(m, n) + stirling(m, n − 1) of them, with m = k + l. Diagrams with some blocks marked are sums of these:
    `expanded` tells. Source: arXiv 2301.10152.

    >>> jellyfish_diagrams(2, 1, 0)
    (jellyfish("1", "", n=2), jellyfish("*1", "", n=2))
    """
    return _diagrams("jellyfish_diagrams", n, k, l, counted("jellyfish_diagrams", k, l))


def jellyfish_basis(n: int, k: int, l: int) -> tuple[Jellyfish, ...]:
    """The diagrams `k → l` whose matrices are a basis of the maps that Aₙ commutes with: those of at most n blocks.

    Their number is Σ_{t ≤ n} S(m, t) + S(m, n) + S(m, n − 1) for n ≥ 2, with m = k + l: an orbit of Sₙ splits where at
    most one value does not occur. Source: arXiv 2301.10152.

    >>> [len(jellyfish_basis(3, m, 0)) for m in range(1, 6)]
    [1, 3, 9, 27, 81]
    """
    return _diagrams("jellyfish_basis", n, k, l, dimension(n))


def _diagrams(name: str, n: int, k: int, l: int, most: int) -> tuple[Jellyfish, ...]:
    n, points = dimension(n), counted(name, k, l)
    even = [Jellyfish(k, l, blocks, 0, n) for blocks in partings(points, most)]
    odd = [Jellyfish(k, l, blocks, 0, n, blocks) for blocks in _odd(points, n)]
    return (*even, *odd)


def _odd(points: int, n: int) -> list[tuple[Block, ...]]:
    return [blocks for blocks in partings(points, n) if n > 1 and n - 1 <= len(blocks)]
