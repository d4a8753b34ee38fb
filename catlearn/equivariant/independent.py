"""Which diagrams of a list are linearly independent: exact elimination on the inner products of their matrices.

The inner product `tr(Dᵀ E)` of two diagrams is read off the diagram that closes them up, n for each of its loops, so nothing
as large as n^(k + l) is ever formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.equivariant.diagrams import Block

PRIMES = (2147483647, 2147483629)  # a product of two residues, and a sum of two such less one, fits an int64


def independent(diagrams: Sequence[Any], gram: Any) -> tuple[Any, ...]:
    """The diagrams that are no linear combination of earlier ones: first come, first taken.

    `gram` is the square array of their inner products, in whole numbers of any size. It is brought to echelon form modulo two
    primes near 2³¹. What is independent modulo a prime is independent, so the result always is; and it is as large as can
    be unless both primes divide the same minors. Raises ArgumentError for a gram of another shape or of no whole numbers.

    >>> independent("abc", [[2, 2, 1], [2, 2, 1], [1, 1, 3]])
    ('a', 'c')
    """
    exact = np.array(gram, dtype=object).reshape(len(gram), -1 if len(gram) else 0)
    if exact.shape != (len(diagrams),) * 2 and (exact.size or len(diagrams)):
        raise ArgumentError(f"{len(diagrams)} diagrams have that many times as many inner products, got shape {exact.shape}.")
    if not all(isinstance(x, (int, np.integer)) for x in exact.flat):
        raise ArgumentError("inner products of diagrams are whole numbers; a gram of floats is not exact.")
    taken = max((_pivots((exact % p).astype(np.int64), p) for p in PRIMES), key=len)
    return tuple(diagrams[i] for i in taken)


def _pivots(a: np.ndarray, p: int) -> list[int]:
    """The columns that are no combination of earlier ones, modulo p."""
    pivots: list[int] = []
    for column in range(a.shape[1]):
        row = len(pivots)
        below = np.flatnonzero(a[row:, column])
        if not len(below):
            continue
        a[[row, row + below[0]]] = a[[row + below[0], row]]
        head = a[row, column:] * pow(int(a[row, column]), -1, p) % p
        a[row + 1 :, column:] = (a[row + 1 :, column:] - a[row + 1 :, column, None] * head % p) % p
        pivots.append(column)
    return pivots


def matching_gram(matchings: Sequence[tuple[Block, ...]], points: int, loop: int) -> np.ndarray:
    """`loop` to the number of loops that each two perfect matchings close up to: an object array of whole numbers.

    Source: Collins, Śniady 2006 (arXiv math-ph/0402073), the Gram matrix of pairings, for O(n) and, with −n, for Sp(n).

    >>> matching_gram([((0, 1), (2, 3)), ((0, 2), (1, 3))], 4, 5).tolist()
    [[25, 5], [5, 25]]
    """
    partner = np.zeros((len(matchings), points), np.int64)
    for i, matching in enumerate(matchings):
        for a, b in matching:
            partner[i, a], partner[i, b] = b, a
    powers = np.array([loop**c for c in range(points // 2 + 1)], dtype=object)
    return np.array([powers[_loops(one, partner)] for one in partner], dtype=object).reshape((len(matchings),) * 2)


def _loops(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How many cycles a matching forms with each of many others: each point learns the least of its cycle."""
    points = np.arange(len(one))
    least = np.broadcast_to(points, others.shape)
    for _ in points[::2]:
        least = np.minimum(least, least[:, one])
        least = np.minimum(least, np.take_along_axis(least, others, axis=1))
    return (least == points).sum(axis=1)
