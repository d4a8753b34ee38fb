"""Brauer diagrams with signs: the maps between tensor powers of ℝⁿ, n even, which the symplectic group Sp(n) commutes with.

The assignment of δ to pairs that cross and of the form J to the others is no functor: the snake gives −1. With the sign
(−1)^(crossings + arcs of the codomain) it is one, from the Brauer category of loops −n.
Source: Brauer 1937; Pearce-Crump (arXiv 2212.08630) for the spanning set, without the signs; Lehrer, Zhang 2012 (arXiv
1207.5889) for the functor from the Brauer category of −n.
"""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.equivariant.brauer import matchings, paired, permuted
from catlearn.equivariant.diagonals import diagonals, repeated, spread
from catlearn.equivariant.diagrams import Block, DiagramCategory, PointDiagram, dimension, loop_scalar, times
from catlearn.equivariant.independent import independent, matching_gram
from catlearn.equivariant.notation import Row, blocks_of
from catlearn.equivariant.partitions import code, counted


@dataclass(frozen=True)
class SymplecticCategory(DiagramCategory):
    """The Brauer category whose loops count −n. Its swap goes to −1 times the swap of vectors.

    >>> SymplecticCategory().identity(1).matrix(2).tolist()
    [[1, 0], [0, 1]]
    """

    def wiring(self, dom: int, index: Sequence[int]) -> Symplectic:
        """The diagram of a permutation. Raises CompositionError for a copy or a discard, which Sp(n) does not commute with."""
        return Symplectic(dom, len(index), permuted(self, dom, index))

    def size(self, n: Any) -> int:
        """The dimension of the vector space that one point stands for. Raises ArgumentError for an odd one."""
        return even(n)


@dataclass(frozen=True, repr=False)
class Symplectic(PointDiagram):
    """A perfect matching of the points of two rows, with symplectic signs. Type: `k → l`. `symplectic("12|3", "|1")` writes it.

    Its matrix is (−1)^(crossings + arcs of the codomain) (−n)^loops times the product of δ over pairs that cross and of J_xy
    over pairs x < y of one row, where J = ⊕ ((0, 1), (−1, 0)) in the basis e₁, e₁′, e₂, e₂′, …. The dagger turns it upside down:
    its matrix is the transpose up to the sign (−1)^(pairs within rows).

    >>> cap, cup, one = symplectic("12", ""), symplectic("", "12"), symplectic("1", "1")
    >>> (one @ cup) >> (cap @ one) == one, cup >> cap, (cup >> cap).matrix(2).tolist()
    (True, symplectic("", "", loops=1), [[-2]])
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        paired("symplectic", self.blocks)

    @property
    def category(self) -> SymplecticCategory:
        return SymplecticCategory()

    @property
    def sign(self) -> int:
        """(−1)^(crossings + arcs of the codomain), of the points on a circle, the domain's from right to left."""
        chords = [sorted(map(self._around, pair)) for pair in self.blocks]
        crossings = sum(a < c < b < d or c < a < d < b for (a, b), (c, d) in combinations(chords, 2))
        return (-1) ** (crossings + len(self.codomain_only))

    def _around(self, x: int) -> int:
        return x if x < self.cod else 2 * self.cod + self.dom - 1 - x

    def matrix(self, n: int) -> np.ndarray:
        """The image under the functor: int64, shape (n^l, n^k). Raises ArgumentError for odd n.

        >>> symplectic("12", "").matrix(2).tolist()
        [[0, 1, -1, 0]]
        """
        n, points = even(n), self.cod + self.dom
        tensor = np.full((n,) * points, self.sign * (-1) ** self.loops * loop_scalar(n, self.loops), np.int64)
        within = self.codomain_only + self.domain_only
        for x, y in self.blocks:
            pair = form(n) if (x, y) in within else np.eye(n, dtype=np.int64)
            tensor = tensor * pair.reshape([n if axis in (x, y) else 1 for axis in range(points)])
        return tensor.reshape(n**self.cod, n**self.dom)

    def apply(self, x: Any, n: int | None = None) -> jax.Array:
        """The matrix times x, never formed. Type: `(n,)*k + channels → (n,)*l + channels`, in the dtype of x.

        With d pairs that cross, b of the domain and t of the codomain it costs, for each channel, n^(d+b) reads, n^(d+b) − n^d
        additions, n^(d+t) writes besides the zeros of the result, and changes of sign. J pairs each index with one other,
        so an arc is a diagonal of x with two neighbours swapped. Raises ArgumentError for another shape, and for odd n.

        >>> import jax.numpy as jnp
        >>> symplectic("12", "").apply(jnp.array([[1, 2], [5, 0]]))
        Array(-3, dtype=int32)
        """
        x, n = self._input(x, n)
        n, cross, d = even(n), self.cross, self.through
        below, above = [self.lower(pair) for pair in self.domain_only], [self.upper(pair) for pair in self.codomain_only]
        y = diagonals(_exchanged(x, below, n), [self.lower(pair) for pair in cross] + below)
        y = _signed(y, range(d, d + len(below)), n).sum(axis=range(d, d + len(below)), dtype=x.dtype)
        y = times(y, self.sign * (-n) ** self.loops)
        y = _signed(repeated(y, d, len(above), n), range(d, d + len(above)), n)
        return _exchanged(spread(y, [self.upper(pair) for pair in cross] + above, n), above, n)

    def __repr__(self) -> str:
        return code("symplectic", self)


def _exchanged(x: jax.Array, pairs: Sequence[Block], n: int) -> jax.Array:
    """x with indices 2 i and 2 i + 1 exchanged on the second axis of each pair."""
    for _, axis in pairs:
        split = x.reshape(*x.shape[:axis], n // 2, 2, *x.shape[axis + 1 :])
        x = jnp.flip(split, axis + 1).reshape(x.shape)
    return x


def _signed(x: jax.Array, axes: Sequence[int], n: int) -> jax.Array:
    """x with a minus at the odd indices of each of these axes."""
    for axis in axes:
        signs = jnp.array([1, -1] * (n // 2), x.dtype)
        x = x * signs.reshape([n if i == axis else 1 for i in range(x.ndim)])
    return x


def form(n: int) -> np.ndarray:
    """The symplectic form J = ⊕ ((0, 1), (−1, 0)): int64, shape (n, n). Sp(n) is the group of all g with gᵀ J g = J.

    >>> form(2).tolist()
    [[0, 1], [-1, 0]]
    """
    return np.kron(np.eye(even(n) // 2, dtype=np.int64), np.array([[0, 1], [-1, 0]]))


def even(n: Any) -> int:
    """n as a Python integer. Raises ArgumentError unless it is even and ≥ 2."""
    if dimension(n) % 2:
        raise ArgumentError(f"a symplectic space has an even dimension, got n = {n}.")
    return int(n)


def symplectic(dom: Row, cod: Row, loops: int = 0) -> Symplectic:
    """The diagram of Sp(n) whose i-th pair is the i-th place of the domain and the i-th of the codomain. Type: `k → l`.

    The notation is that of `partition`. Raises TypingError for a block that is no pair, and for bad notation.

    >>> symplectic("1|2", "2|1").sign
    -1
    """
    return Symplectic(*blocks_of("symplectic", dom, cod), loops)


def symplectic_diagrams(k: int, l: int) -> tuple[Symplectic, ...]:
    """All diagrams `k → l`, in one order: (k + l − 1)!! where k + l is even, else none.

    >>> symplectic_diagrams(1, 1)
    (symplectic("1", "1"),)
    """
    return tuple(Symplectic(k, l, pairs) for pairs in matchings(range(counted("symplectic_diagrams", k, l))))


def symplectic_basis(n: int, k: int, l: int) -> tuple[Symplectic, ...]:
    """Diagrams `k → l` whose matrices are a basis of the maps that Sp(n) commutes with, first come, first taken.

    They are all diagrams where n ≥ k + l, and fewer below, by exact elimination: two of them have the inner product
    (−1)^((k + l) / 2) (−n)^loops. Source: arXiv 2212.08630 for the spanning set.

    >>> [len(symplectic_basis(n, 3, 3)) for n in (2, 4, 6)]
    [5, 14, 15]
    """
    n, every = even(n), symplectic_diagrams(k, l)
    if n >= k + l:
        return every
    return independent(every, (-1) ** ((k + l) // 2) * matching_gram([d.blocks for d in every], k + l, -n))
