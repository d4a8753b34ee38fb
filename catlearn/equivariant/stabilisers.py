"""Permutation groups by chains of stabilisers: their order, which permutations belong to them, and uniform random ones.

Source: Sims 1970 (Computational methods in the study of permutation groups); Seress 2003 (Permutation Group Algorithms), §4.
A permutation is an array σ of whole numbers that sends i to σ[i]; the product of σ and τ is `σ[τ]`, τ first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import ArgumentError

Permutation = tuple[int, ...]


@dataclass(frozen=True)
class StabiliserChain:
    """Of each stabiliser of `base[:i]`, one element for each place where it sends `base[i]`: `cosets[i][place]`.

    Every element of the group is in one way only a product of one of each, the first level leftmost.
    """

    n: int
    base: tuple[int, ...]
    cosets: tuple[dict[int, Permutation], ...]

    @property
    def order(self) -> int:
        """How many elements the group has: the product of the sizes of the orbits."""
        return math.prod(len(level) for level in self.cosets)

    def contains(self, sigma: Sequence[int] | np.ndarray) -> bool:
        """Whether a permutation belongs to the group."""
        rest, _ = _sift(self.base, self.cosets, tuple(int(i) for i in sigma))
        return rest == tuple(range(self.n))

    def draw(self, key: jax.Array) -> jax.Array:
        """A uniform element: int32, shape (n,). It can be compiled."""
        one = jnp.arange(self.n, dtype=jnp.int32)
        if not self.base:
            return one
        sizes = jnp.array([len(level) for level in self.cosets])
        picks = jax.random.randint(key, sizes.shape, 0, sizes)
        chosen = jnp.asarray(self._tables)[jnp.arange(len(picks)), picks]
        return jax.lax.scan(lambda sigma, tau: (sigma[tau], None), one, chosen)[0]

    @cached_property
    def _tables(self) -> np.ndarray:
        """The elements of each level, filled up to as many as the largest has: int32, shape (levels, most, n)."""
        out = np.zeros((len(self.base), max(map(len, self.cosets)), self.n), np.int32)
        for i, level in enumerate(self.cosets):
            out[i, : len(level)] = list(level.values())
        return out


def stabiliser_chain(generators: Sequence[np.ndarray], n: int) -> StabiliserChain:
    """The chain of the group that permutations of n points generate, by the algorithm of Schreier and Sims.

    >>> stabiliser_chain([np.array([1, 2, 3, 0]), np.array([1, 0, 2, 3])], 4).order
    24
    """
    one = tuple(range(n))
    base: list[int] = []
    strong: list[list[Permutation]] = []  # the generators found so far of the stabiliser of base[:i]
    cosets: list[dict[int, Permutation]] = []

    def insert(g: Permutation, below: int, level: int) -> None:
        if level == len(base):
            base.append(next(i for i in range(n) if g[i] != i))
            strong.append([])
            cosets.append({base[-1]: one})
        for i in range(below, level + 1):
            strong[i].append(g)
            cosets[i] = orbit_of(base[i], strong[i], one)

    for g in (tuple(int(i) for i in g) for g in generators):
        rest, level = _sift(base, cosets, g)
        if rest != one:
            insert(rest, 0, level)
    i = len(base) - 1
    while i >= 0:
        missing = _missing(i, base, strong, cosets)
        if missing is None:
            i -= 1
        else:
            insert(missing[0], i + 1, missing[1])
            i = missing[1]
    return StabiliserChain(n, tuple(base), tuple(cosets))


def _missing(
    i: int, base: list[int], strong: list[list[Permutation]], cosets: list[dict[int, Permutation]]
) -> tuple[Permutation, int] | None:
    """A Schreier generator at level i that the levels below do not make, sifted, and where it stops."""
    one = tuple(range(len(next(iter(cosets[i].values())))))
    for u in cosets[i].values():
        for s in strong[i]:
            su = times(s, u)
            v = cosets[i][su[base[i]]]
            if su == v:
                continue
            rest, level = _sift(base[i + 1 :], cosets[i + 1 :], times(inverse(v), su))
            if rest != one:
                return rest, i + 1 + level
    return None


def _sift(base: Sequence[int], cosets: Sequence[dict[int, Permutation]], g: Permutation) -> tuple[Permutation, int]:
    for level, (point, elements) in enumerate(zip(base, cosets, strict=True)):
        u = elements.get(g[point])
        if u is None:
            return g, level
        g = times(inverse(u), g)
    return g, len(base)


def orbit_of(point: int, generators: Sequence[Permutation], one: Permutation) -> dict[int, Permutation]:
    """The orbit of a point, and for each of its places an element that sends the point there.

    >>> orbit_of(0, [(1, 2, 0)], (0, 1, 2))
    {0: (0, 1, 2), 1: (1, 2, 0), 2: (2, 0, 1)}
    """
    found = {point: one}
    queue = [point]
    for place in queue:
        for g in generators:
            if g[place] not in found:
                found[g[place]] = times(g, found[place])
                queue.append(g[place])
    return found


def times(g: Permutation, h: Permutation) -> Permutation:
    """The product `g h`: h first."""
    return tuple(map(g.__getitem__, h))


def inverse(g: Permutation) -> Permutation:
    """The inverse of a permutation."""
    out = [0] * len(g)
    for i, j in enumerate(g):
        out[j] = i
    return tuple(out)


def matrix_of(sigma: Sequence[int] | np.ndarray) -> np.ndarray:
    """The matrix with `g eᵢ = e_{σ(i)}`: float64, shape (n, n).

    >>> matrix_of([1, 2, 0]) @ [10, 20, 30]
    array([30., 10., 20.])
    """
    n = len(sigma)
    out = np.zeros((n, n))
    out[np.asarray(sigma, int), np.arange(n)] = 1
    return out


def generated_permutations(generators: Sequence[np.ndarray], n: int) -> np.ndarray:
    """The group that permutations generate, the identity first. Int64, shape (order, n). Raises ArgumentError past 100 000."""
    one = tuple(range(n))
    found = {one: None}
    queue = [one]
    steps = [tuple(int(i) for i in g) for g in generators]
    for g in queue:
        for h in steps:
            new = times(h, g)
            if new not in found:
                found[new] = None
                queue.append(new)
        if len(queue) > 100_000:
            raise ArgumentError("these permutations generate more than 100 000 elements, too many to list.")
    return np.array(queue, np.int64).reshape(len(queue), n)
