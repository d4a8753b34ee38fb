"""The orbit basis of permutation-equivariant maps, and the change of basis from and to diagrams by Möbius inversion."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from catlearn.core.errors import TypingError
from catlearn.equivariant.combinations import Combination, combination
from catlearn.equivariant.diagrams import dense, dimension
from catlearn.equivariant.partitions import Partition, PartitionCategory, partings


def orbit_matrix(d: Partition, n: int) -> np.ndarray:
    """The indicator of the orbit of d: 1 where indices are equal within blocks and differ between them. int64, (n^l, n^k).

    It is zero where d has more than n blocks. Its `loops` scale it, as they do the diagram.
    Source: arXiv 2212.08648, the orbit basis.

    >>> from catlearn.equivariant import partition
    >>> orbit_matrix(partition("1|2", ""), 2).tolist()
    [[0, 1, 1, 0]]
    """
    n, d = dimension(n), _partition(d)
    tensor = dense(d.blocks, d.cod + d.dom, n, d.loops)
    index = np.indices(tensor.shape)
    firsts = [index[block[0]] for block in d.blocks]
    for i, a in enumerate(firsts):
        for b in firsts[:i]:
            tensor = np.where(a == b, 0, tensor)
    return tensor.reshape(n**d.cod, n**d.dom)


def coarser(d: Partition) -> tuple[tuple[Partition, int], ...]:
    """The diagrams that join blocks of d, d among them, each with its Möbius number μ(d, −) = Π (−1)^(b−1) (b − 1)!.

    A block that joins b blocks of d has the factor (−1)^(b−1) (b − 1)!. Source: Rota 1964, "On the foundations of
    combinatorial theory I", §7, on the lattice of partitions.

    >>> from catlearn.equivariant import partition
    >>> coarser(partition("1|2", ""))
    ((partition("12", ""), -1), (partition("1|2", ""), 1))
    """
    blocks = _partition(d).blocks
    return tuple((_joined(d, parts), math.prod(map(_moebius, parts))) for parts in partings(len(blocks), len(blocks)))


def _joined(d: Partition, parts: tuple[tuple[int, ...], ...]) -> Partition:
    return Partition(d.dom, d.cod, tuple(tuple(x for i in part for x in d.blocks[i]) for part in parts), d.loops)


def _moebius(part: tuple[int, ...]) -> int:
    return (-1) ** (len(part) - 1) * math.factorial(len(part) - 1)


def to_orbits(d: Any) -> Combination:
    """The coefficients of a diagram, or a combination of them, in the orbit basis: `D_π = Σ X_ρ` over ρ coarser than π, or π.

    The diagrams of the result stand for their orbit matrices. Type: `(k → l) → (k → l)`. Raises TypingError for what is no
    combination of partition diagrams. Source: arXiv 2212.08648.

    >>> from catlearn.equivariant import partition
    >>> to_orbits(partition("1|2", ""))
    1 * partition("12", "") + 1 * partition("1|2", "")
    """
    return _expanded(d, lambda mu: 1)


def from_orbits(x: Any) -> Combination:
    """The inverse of `to_orbits`: `X_π = Σ μ(π, ρ) D_ρ` over ρ coarser than π, or π. Type: `(k → l) → (k → l)`.

    >>> from catlearn.equivariant import partition
    >>> d = 2 * partition("1|2", "1") - partition("12", "1")
    >>> from_orbits(to_orbits(d)) == d
    True
    """
    return _expanded(x, lambda mu: mu)


def _expanded(d: Any, coefficient: Any) -> Combination:
    if getattr(d, "category", None) != PartitionCategory():
        raise TypingError(f"orbits of Sₙ are of partition diagrams and their sums, got {d!r}.")
    given = combination(d)
    terms = [(c * coefficient(mu), rho) for c, pi in given.terms for rho, mu in coarser(pi)]
    return Combination(given.category, given.dom, given.cod, tuple(terms))


def _partition(d: Any) -> Partition:
    if not isinstance(d, Partition):
        raise TypingError(f"an orbit of Sₙ is that of a partition diagram, got {d!r}.")
    return d
