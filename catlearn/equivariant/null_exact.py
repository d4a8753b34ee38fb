"""Exact spaces of equivariant maps: orbits of (signed) permutations, and null spaces over the rational numbers.

A map W of shape (N_out, N_in) is a vector of M = N_out · N_in numbers, row after row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]

PRIMES = (2147483647, 2147483629, 2147483587)  # the largest below 2³¹: products of two residues fit in 64 bits
LARGEST_DENOMINATOR = 64


# orbits


def orbits(actions: Sequence[np.ndarray], size: int) -> np.ndarray:
    """The orbits of permutations of `size` points: for each point the least of its orbit. Int64, shape (size,).

    Least labels are passed along all permutations and shortened until nothing changes.

    >>> orbits([np.array([1, 2, 0, 3])], 4)
    array([0, 0, 0, 3])
    """
    least = np.arange(size)
    while True:
        new = least.copy()
        for action in actions:
            new = np.minimum(new, new[action])
            np.minimum.at(new, action, new.copy())
            np.minimum.at(new, least, new.copy())  # a point of an orbit lowers the label of its least point
        new = new[new]
        if np.array_equal(new, least):
            return least
        least = new


def signed_permutation(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The places and signs (σ, s) with `g eᵢ = sᵢ e_{σ(i)}`, if a square matrix is a signed permutation, else None.

    >>> signed_permutation(np.array([[0.0, -1.0], [1.0, 0.0]]))
    (array([1, 0]), array([ 1, -1]))
    """
    there = np.abs(matrix) == 1
    if np.any((matrix != 0) != there) or np.any(there.sum(0) != 1) or np.any(there.sum(1) != 1):
        return None
    sigma = np.argmax(there, axis=0)
    return sigma, np.sign(matrix[sigma, np.arange(len(sigma))]).astype(int)


def signed_orbits(pairs: Sequence[Pair], shape: tuple[int, int]) -> np.ndarray | None:
    """The equivariant maps between representations by signed permutations, as whole numbers of shape (N_out, N_in).

    Entry `±(i + 1)` belongs to the i-th basis map, with that sign; 0 to none. A basis map is ±1 on one orbit of pairs of
    coordinates; an orbit that meets itself with the other sign carries none. None unless all are signed permutations.

    >>> swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> signed_orbits([(swap, swap)], (2, 2))
    array([[1, 2],
           [2, 1]])
    """
    m = math.prod(shape)
    actions = []
    for rho_in, rho_out in pairs:
        inner, outer = signed_permutation(rho_in), signed_permutation(rho_out)
        if inner is None or outer is None:
            return None
        place = (outer[0][:, None] * shape[1] + inner[0][None, :]).ravel()
        flips = (outer[1][:, None] * inner[1][None, :]).ravel() < 0
        actions.append(np.concatenate([place + m * flips, place + m * ~flips]))  # point x + m is −x
    least = orbits(actions, 2 * m)
    plus, minus = least[:m], least[m:]
    number = np.cumsum((plus == np.arange(m)) & (plus != minus))
    carried = np.where(plus < minus, number[np.minimum(plus, minus) % m], -number[np.minimum(plus, minus) % m])
    return np.where(plus == minus, 0, carried).reshape(shape)


def maps_of_orbits(labels: np.ndarray) -> np.ndarray:
    """The basis maps that `signed_orbits` numbers: float64, shape (dim, N_out, N_in)."""
    out = np.zeros((int(np.abs(labels).max(initial=0)), *labels.shape))
    rows, columns = np.nonzero(labels)
    number = labels[rows, columns]
    out[np.abs(number) - 1, rows, columns] = np.sign(number)
    return out


# null spaces over the rational numbers


def rational(matrix: np.ndarray) -> tuple[np.ndarray, int] | None:
    """The whole numbers and the denominator, at most 64, that make a matrix, if its entries are the nearest floats to such.

    >>> rational(np.array([[0.5, 1 / 3]]))
    (array([[3, 2]]), 6)
    """
    if not np.all(np.isfinite(matrix)) or np.abs(matrix).max(initial=0) > 2**20:
        return None
    for d in range(1, LARGEST_DENOMINATOR + 1):
        whole = np.round(matrix * d)
        if np.array_equal(whole / d, matrix):
            return whole.astype(np.int64), d
    return None


def rational_maps(pairs: Sequence[Pair], shape: tuple[int, int]) -> np.ndarray | None:
    """A basis of the maps with `ρ_out W = W ρ_in` for all pairs, over the rationals, in reduced row echelon form.

    Float64, shape (dim, N_out, N_in). The space is found modulo a prime, where it can only be larger; its lift to fractions is
    checked in whole numbers, so the result is proved. None where entries are not rational, or their fractions are too large.
    Source: Wang 1981 (A p-adic algorithm for univariate partial fractions), for the lift.
    """
    whole = []
    for rho_in, rho_out in pairs:
        inner, outer = rational(rho_in), rational(rho_out)
        if inner is None or outer is None:
            return None
        whole.append((inner[0] * outer[1], outer[0] * inner[1]))
    for prime in PRIMES:
        lifted = _lifted(_maps_modulo(whole, shape, prime), prime)
        if lifted is not None and all(_commutes(pair, lifted[0]) for pair in whole):
            numerators, denominators = lifted
            return (numerators / denominators[:, None, None]).astype(np.float64)
    return None


def _maps_modulo(pairs: Sequence[Pair], shape: tuple[int, int], p: int) -> np.ndarray:
    m = math.prod(shape)
    rows = np.eye(m, dtype=np.int64)
    for rho_in, rho_out in pairs:
        maps = rows.reshape(len(rows), *shape)
        wrong = (_times(rho_out, maps, p) - _times(rho_in.T, maps.transpose(0, 2, 1), p).transpose(0, 2, 1)) % p
        rows = _times(null_modulo(wrong.reshape(len(rows), m).T, p), rows[None], p)[0]
    rows = echelon_modulo(rows, p)[0]
    return rows.reshape(len(rows), *shape)


def _times(a: np.ndarray, b: np.ndarray, p: int) -> np.ndarray:
    """`a @ b` modulo p for a matrix and a stack of matrices, in parts whose sums fit in 64 bits."""
    a, out = a % p, np.zeros((*b.shape[:-2], a.shape[0], b.shape[-1]), np.int64)
    for j in np.flatnonzero(np.any(a, axis=0)):
        out = (out + a[:, j, None] * b[..., j, None, :] % p) % p
    return out


def echelon_modulo(matrix: np.ndarray, p: int) -> tuple[np.ndarray, list[int]]:
    """The non-zero rows of the reduced row echelon form modulo a prime, and their pivots.

    >>> echelon_modulo(np.array([[2, 4, 1], [1, 2, 1]]), 7)[0].tolist()
    [[1, 2, 0], [0, 0, 1]]
    """
    m = matrix % p
    m = np.unique(m[np.any(m, axis=1)], axis=0)
    pivots: list[int] = []
    for column in range(m.shape[1]):
        row = len(pivots)
        below = np.flatnonzero(m[row:, column])
        if not len(below):
            continue
        m[[row, row + below[0]]] = m[[row + below[0], row]]
        m[row] = m[row] * pow(int(m[row, column]), -1, p) % p
        others = np.flatnonzero(m[:, column])
        others = others[others != row]
        m[others] = (m[others] - m[others, column, None] * m[row] % p) % p
        pivots.append(column)
    return m[: len(pivots)], pivots


def null_modulo(matrix: np.ndarray, p: int) -> np.ndarray:
    """A basis, in rows, of the vectors x with `matrix @ x = 0` modulo a prime."""
    rows, pivots = echelon_modulo(matrix, p)
    free = np.setdiff1d(np.arange(matrix.shape[1]), pivots)
    out = np.zeros((len(free), matrix.shape[1]), np.int64)
    out[np.arange(len(free)), free] = 1
    out[:, pivots] = -rows[:, free].T % p
    return out


def _lifted(maps: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Whole numbers and a denominator for each map, in Python's integers."""
    fractions = {int(x): fraction_modulo(int(x), p) for x in np.unique(maps)}
    if any(f is None for f in fractions.values()):
        return None
    out, denominators = [], []
    for one in maps:
        d = math.lcm(*(fractions[x].denominator for x in np.unique(one).tolist()))  # type: ignore[union-attr]
        whole = {x: int(fractions[x] * d) for x in np.unique(one).tolist()}  # type: ignore[operator]
        out.append([[whole[x] for x in row] for row in one.tolist()])
        denominators.append(d)
    return np.array(out, object).reshape(maps.shape), np.array(denominators, object)


def fraction_modulo(x: int, p: int) -> Fraction | None:
    """The fraction n / d with |n|, d < √(p / 2) that is x modulo p, if there is one: there is at most one.

    >>> fraction_modulo(pow(3, -1, 101) * 2 % 101, 101)
    Fraction(2, 3)
    """
    bound = math.isqrt(p // 2)
    (a, s), (b, t) = (p, 0), (x, 1)
    while b > bound:
        q = a // b
        (a, s), (b, t) = (b, t), (a - q * b, s - q * t)
    return Fraction(b, t) if 0 < abs(t) <= bound and math.gcd(b, t) == 1 else None


def _commutes(pair: Pair, maps: np.ndarray) -> bool:
    """Whether the maps intertwine a pair, in whole numbers: in 64 bits where these can't overflow."""
    rho_in, rho_out = pair
    largest = max((abs(x) for x in maps.ravel()), default=0)
    reach = largest * int(max(np.abs(rho_in).max(initial=0), np.abs(rho_out).max(initial=0))) * max(rho_in.shape + rho_out.shape)
    kind = np.int64 if reach < 2**62 else object
    maps, rho_in, rho_out = maps.astype(kind), rho_in.astype(kind), rho_out.astype(kind)
    return bool(np.all(rho_out @ maps == maps @ rho_in))
