"""Finite groups that have a name: `S`, `A`, `Z`, `D`, `Cube`, `Rubik`, `Trivial`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import TypingError
from catlearn.equivariant.groups import Matrices, MatrixGroup, size
from catlearn.equivariant.permutation_groups import PermutationGroup


@dataclass(frozen=True, repr=False)
class S(PermutationGroup):
    """The symmetric group: all permutations of n coordinates. Raises TypingError unless n is a whole number ≥ 1.

    >>> S(4), S(4).order
    (S(4), 24)
    """

    n: int

    def __post_init__(self) -> None:
        size(self)

    @property
    def order(self) -> int:
        return math.factorial(self.n)

    def generating_permutations(self) -> Matrices:
        cycle, flip = np.roll(np.arange(self.n), -1), np.arange(self.n)
        flip[:2] = flip[:2][::-1]
        return (flip, cycle)[: self.n - 1]

    def draw_permutation(self, key: jax.Array) -> jax.Array:
        return jax.random.permutation(key, jnp.arange(self.n, dtype=jnp.int32))

    def contains_permutation(self, sigma: np.ndarray) -> bool:
        return True


@dataclass(frozen=True, repr=False)
class A(PermutationGroup):
    """The alternating group: the even permutations of n coordinates. Raises TypingError unless n is a whole number ≥ 1.

    >>> A(4).order, A(3).contains(np.eye(3)), A(3).contains(np.eye(3)[[1, 0, 2]])
    (12, True, False)
    """

    n: int

    def __post_init__(self) -> None:
        size(self)

    @property
    def order(self) -> int:
        return max(math.factorial(self.n) // 2, 1)

    def generating_permutations(self) -> Matrices:
        if self.n < 3:
            return ()
        three, long = np.arange(self.n), np.arange(self.n)
        three[:3] = [1, 2, 0]
        odd = 1 - self.n % 2  # the longest cycle of odd length
        long[odd:] = np.roll(long[odd:], -1)
        return (three, long)[: self.n - 2]

    def draw_permutation(self, key: jax.Array) -> jax.Array:
        sigma = jax.random.permutation(key, jnp.arange(self.n, dtype=jnp.int32))
        if self.n < 2:
            return sigma
        inversions = jnp.sum(jnp.triu(sigma[:, None] > sigma[None, :]))
        swapped = sigma.at[:2].set(sigma[:2][::-1])
        return jnp.where(inversions % 2 == 0, sigma, swapped) if self.n > 2 else jnp.arange(2, dtype=jnp.int32)

    def contains_permutation(self, sigma: np.ndarray) -> bool:
        return is_even(sigma)


@dataclass(frozen=True, repr=False)
class Z(PermutationGroup):
    """The cyclic group: shifts of n coordinates around a circle. Raises TypingError unless n is a whole number ≥ 1.

    >>> Z(3).generators()[0] @ [1, 2, 3]
    array([3., 1., 2.])
    """

    n: int

    def __post_init__(self) -> None:
        size(self)

    @property
    def order(self) -> int:
        return self.n

    def generating_permutations(self) -> Matrices:
        return (np.roll(np.arange(self.n), -1),) if self.n > 1 else ()

    def draw_permutation(self, key: jax.Array) -> jax.Array:
        return jnp.roll(jnp.arange(self.n, dtype=jnp.int32), jax.random.randint(key, (), 0, self.n))

    def contains_permutation(self, sigma: np.ndarray) -> bool:
        return bool(np.all(sigma == (np.arange(self.n) + sigma[0]) % self.n))


@dataclass(frozen=True, repr=False)
class D(MatrixGroup):
    """The dihedral group: the 2 `corners` rotations and reflections of a regular polygon, on the plane ℝ². As permutations of
    its corners, `permuting=True`, on ℝⁿ, it takes at least 3 corners. Raises TypingError for fewer.

    >>> D(4).order, D(4).n, D(5, permuting=True).n
    (8, 2, 5)
    """

    corners: int
    permuting: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.permuting, bool):
            raise TypingError(f"D: permuting must be True or False, got {self.permuting!r}.")
        size(self, "corners", 3 if self.permuting else 1)

    @property
    def n(self) -> int:
        return self.corners if self.permuting else 2

    @property
    def order(self) -> int:
        return 2 * self.corners

    @property
    def permutes(self) -> bool:
        return self.permuting

    @property
    def orthogonal(self) -> bool:
        return True

    def generators(self) -> Matrices:
        if self.permuting:
            one = np.eye(self.corners)
            return np.roll(one, 1, axis=0), one[-np.arange(self.corners)]
        angle = 2 * math.pi / self.corners
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        halves = np.round(2 * turn) / 2
        return np.where(np.abs(turn - halves) < 1e-15, halves, turn), np.diag([1.0, -1.0])  # quarter turns are exact


@dataclass(frozen=True, repr=False)
class Cube(MatrixGroup):
    """The 24 rotations of a cube on ℝ³, or with `reflections=True` all its 48 symmetries: signed permutation matrices.

    >>> Cube().order, Cube(reflections=True).order
    (24, 48)
    """

    reflections: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.reflections, bool):
            raise TypingError(f"Cube: reflections must be True or False, got {self.reflections!r}.")

    @property
    def n(self) -> int:
        return 3

    @property
    def order(self) -> int:
        return 48 if self.reflections else 24

    @property
    def orthogonal(self) -> bool:
        return True

    def generators(self) -> Matrices:
        return (*(_quarter_turn(axis).astype(float) for axis in (0, 2)), *((-np.eye(3),) if self.reflections else ()))


@dataclass(frozen=True, repr=False)
class Rubik(PermutationGroup):
    """The group of Rubik's cube: permutations of its 48 facelets that move, generated by a quarter turn of each of six faces.

    Its order is 8! · 3⁷ · 12! · 2¹⁰. Facelets are in the lexicographic order of (place of the small cube, outward normal).

    >>> Rubik().n, Rubik().order
    (48, 43252003274489856000)
    """

    @property
    def n(self) -> int:
        return 48

    @property
    def order(self) -> int:
        return math.factorial(8) * 3**7 * math.factorial(12) * 2**10

    def generating_permutations(self) -> Matrices:
        facelets = _facelets()
        index = {facelet: i for i, facelet in enumerate(facelets)}
        turns = []
        for axis, side in product(range(3), (-1, 1)):
            turned = [_turned(f, axis) if f[0][axis] == side else f for f in facelets]
            turns.append(np.array([index[f] for f in turned]))
        return tuple(turns)


@dataclass(frozen=True, repr=False)
class Trivial(PermutationGroup):
    """The group of the identity alone, on ℝⁿ: every linear map is equivariant. Raises TypingError unless n is whole and ≥ 1.

    >>> Trivial(3).order
    1
    """

    n: int

    def __post_init__(self) -> None:
        size(self)

    @property
    def order(self) -> int:
        return 1

    def draw_permutation(self, key: jax.Array) -> jax.Array:
        return jnp.arange(self.n, dtype=jnp.int32)

    def contains_permutation(self, sigma: np.ndarray) -> bool:
        return bool(np.all(sigma == np.arange(self.n)))


def is_even(sigma: np.ndarray) -> bool:
    """Whether a permutation, an array of shape (n,), is even: n less its number of cycles is.

    >>> is_even(np.array([1, 2, 0])), is_even(np.array([1, 0, 2]))
    (True, False)
    """
    seen, moves = set(), 0
    for start in range(len(sigma)):
        at = start
        while at not in seen:
            seen.add(at)
            at = int(sigma[at])
            moves += at != start
    return moves % 2 == 0


# the cube

Facelet = tuple[tuple[int, ...], tuple[int, ...]]


def _quarter_turn(axis: int) -> np.ndarray:
    a, b = (axis + 1) % 3, (axis + 2) % 3
    turn = np.zeros((3, 3), int)
    turn[axis, axis] = turn[b, a] = 1
    turn[a, b] = -1
    return turn


def _facelets() -> list[Facelet]:
    places = [p for p in product((-1, 0, 1), repeat=3) if sum(map(abs, p)) > 1]
    normal = lambda p, axis: tuple(p[axis] if i == axis else 0 for i in range(3))  # noqa: E731
    return sorted((p, normal(p, axis)) for p in places for axis in range(3) if p[axis])


def _turned(facelet: Facelet, axis: int) -> Any:
    turn = _quarter_turn(axis)
    return tuple(tuple((turn @ part).tolist()) for part in facelet)
