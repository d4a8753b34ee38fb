"""Spaces of equivariant maps in floating point: by eigenvalues where they are small, else by projecting random maps.

The constraint of a pair (a, b) of matrices is `b W − W a = 0`; Lie algebras and groups have the same one. No Kronecker product is
formed where the maps are large. Source: Finzi, Welling, Wilson 2021 (EMLP, arXiv 2104.09459), who find the space by Krylov
methods too; conjugate gradients, Hestenes, Stiefel 1952.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.equivariant.null_exact import Pair

ZERO, NON_ZERO = 1e-11, 1e-8  # what eigenvalues of the Gram matrix are, relative to the largest: nothing may lie between
LARGEST_RESULT = 2**28


def dense_maps(pairs: Sequence[Pair], shape: tuple[int, int]) -> np.ndarray:
    """An orthonormal basis of the maps with `b W = W a` for all pairs (a, b): float64, shape (dim, N_out, N_in).

    From the eigenvalues of the Gram matrix of the constraints. Raises ArgumentError where they have no clear gap.

    >>> turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> dense_maps([(turn, turn)], (2, 2)).shape
    (2, 2, 2)
    """
    out, inner = np.eye(shape[0]), np.eye(shape[1])
    gram = np.zeros((math.prod(shape),) * 2)
    for a, b in _scaled(pairs):
        gram += np.kron(b.T @ b, inner) - np.kron(b.T, a.T) - np.kron(b, a) + np.kron(out, a @ a.T)
    values, vectors = np.linalg.eigh(gram)
    dim = _count_zeros(values, max(float(values[-1]), 1e-30) if len(values) else 1.0)
    return vectors[:, :dim].T.reshape(dim, *shape)


def _count_zeros(values: np.ndarray, largest: float) -> int:
    """How many of the increasing eigenvalues ≥ 0 are zero."""
    relative = values / largest
    dim = int(np.sum(relative <= ZERO))
    if dim < len(values) and relative[dim] < NON_ZERO:
        raise ArgumentError(
            f"it is not clear how many equivariant maps there are: eigenvalues of the constraints go from "
            f"{relative[max(dim - 1, 0)]:.1e} to {relative[dim]:.1e} of the largest without a clear gap. "
            "Give the matrices of generators more exactly, in float64, or other generators."
        )
    return dim


def krylov_maps(pairs: Sequence[Pair], shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """As `dense_maps`, without a matrix of that size: random maps less their part that violates the constraints.

    That part is found by conjugate gradients, for a block of maps at once, twice. Blocks double until they hold more maps than
    are independent. Raises ArgumentError where that does not converge, or the eigenvalues have no clear gap.

    >>> turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> krylov_maps([(turn, turn)], (2, 2)).shape
    (2, 2, 2)
    """
    scaled, rng, m = _scaled(pairs), np.random.default_rng(seed), math.prod(shape)
    found, block = np.zeros((0, m)), 16
    while True:
        if (len(found) + block) * m > LARGEST_RESULT:
            raise ArgumentError(f"there are at least {len(found)} equivariant maps of shape {shape}: too many to write out.")
        new = rng.normal(size=(block, *shape)) / math.sqrt(m)
        for _ in range(2):
            new = new - _solved(scaled, _gram(scaled, new))
        found = np.concatenate([found, new.reshape(block, m)])
        _, values, vectors = np.linalg.svd(found, full_matrices=False)
        rank = _rank(values)
        if rank < len(found) - 1 or len(found) > m:
            _check_gap(scaled, vectors[:rank], shape, rng)
            return vectors[:rank].reshape(rank, *shape)
        block = len(found)


def _rank(values: np.ndarray) -> int:
    """The rank of projected random maps of length about 1, from their decreasing singular values."""
    rank = int(np.sum(values > 1e-5))
    if rank < len(values) and values[rank] > 1e-8:
        raise ArgumentError(
            f"it is not clear how many equivariant maps there are: singular values go from {values[max(rank - 1, 0)]:.1e} to "
            f"{values[rank]:.1e} without a clear gap. Give the matrices of generators more exactly, in float64."
        )
    return rank


def _check_gap(pairs: Sequence[Pair], null: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> None:
    """Raise ArgumentError where the least eigenvalue but zero is not clearly another: it is found by inverse iteration."""
    if len(null) == math.prod(shape) or not pairs:
        return
    u, least = rng.normal(size=math.prod(shape)), 0.0
    for _ in range(3):
        u = u - null.T @ (null @ u)
        u = u / np.linalg.norm(u)
        u = _solved(pairs, u.reshape(1, *shape), 1e-8).ravel()
        least = 1 / float(np.linalg.norm(u)) / (4 * len(pairs))  # a scaled constraint stretches by 2 at most
    if least < NON_ZERO:
        raise ArgumentError(
            f"it is not clear how many equivariant maps there are: the constraints have an eigenvalue that is {least:.1e} of the "
            "largest, neither zero nor clearly another. Give the matrices of generators more exactly, in float64."
        )


def _solved(pairs: Sequence[Pair], right: np.ndarray, accuracy: float = 1e-14, steps: int = 20_000) -> np.ndarray:
    """The least solutions x of `G x = right` for a stack of maps in the range of the Gram operator G: conjugate gradients."""
    x, r, p = np.zeros_like(right), right, right
    norm = start = _squares(right)
    for _ in range(steps):
        if np.all(norm <= np.maximum(accuracy**2 * start, 1e-32)):
            return x
        q = _gram(pairs, p)
        alpha = _ratio(norm, np.sum(p * q, (1, 2)))
        x, r = x + alpha * p, r - alpha * q
        new = _squares(r)
        p, norm = r + _ratio(new, norm) * p, new
    raise ArgumentError(
        f"the constraints are too badly conditioned: conjugate gradients left {math.sqrt(float(np.max(norm / start))):.1e} after "
        f"{steps} steps. Give the matrices of generators more exactly, in float64, or other generators."
    )


def _gram(pairs: Sequence[Pair], maps: np.ndarray) -> np.ndarray:
    total = np.zeros_like(maps)
    for a, b in pairs:
        wrong = b @ maps - maps @ a
        total += b.T @ wrong - wrong @ a.T
    return total


def _squares(maps: np.ndarray) -> np.ndarray:
    return np.sum(maps * maps, (1, 2))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """The quotients, 0 where a map is done, to be multiplied with maps."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)[:, None, None]


def _scaled(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs, divided by a bound on their largest singular value where that is more than 1."""
    bound = lambda x: float(np.sqrt(np.abs(x).sum(0).max(initial=0) * np.abs(x).sum(1).max(initial=0)))  # noqa: E731
    scales = [max(bound(a), bound(b), 1.0) for a, b in pairs]
    return [(a / s, b / s) for (a, b), s in zip(pairs, scales, strict=True)]


def residual(pairs: Sequence[Pair], maps: np.ndarray) -> float:
    """The largest entry of `b W − W a`, relative to the largest of W, over maps and pairs: 0 for equivariant maps."""
    size = max(float(np.abs(maps).max(initial=0)), 1e-30)
    return max((float(np.abs(b @ maps - maps @ a).max(initial=0)) for a, b in _scaled(pairs)), default=0.0) / size


def echelon(maps: np.ndarray, tol: float = 1e-6) -> np.ndarray:
    """The same space by the reduced row echelon form of its basis, given orthonormal: each map is 1 at its pivot, the others 0.

    Pivots are the first entries, row after row, that are independent of those before by more than `tol`. So the result depends
    on the space only, up to rounding. Noise below 1e-12 is made 0.

    >>> echelon(np.array([[[0.6, 0.8]]]))[0, 0].round(3)
    array([1.   , 1.333])
    """
    dim, shape = len(maps), maps.shape[1:]
    columns = maps.reshape(dim, math.prod(shape))
    q = np.zeros((dim, 0))
    pivots: list[int] = []
    for j in range(columns.shape[1]):
        if len(pivots) == dim:
            break
        v = columns[:, j]
        for _ in range(2):
            v = v - q @ (q.T @ v)
        length = float(np.linalg.norm(v))
        if length > tol:
            q = np.column_stack([q, v / length])
            pivots.append(j)
    reduced = np.linalg.solve(columns[:, pivots], columns)
    reduced[:, pivots] = np.eye(dim)
    reduced[np.abs(reduced) < 1e-12 * max(1.0, np.abs(reduced).max(initial=0))] = 0
    return reduced.reshape(dim, *shape)


def orthonormal(maps: np.ndarray) -> np.ndarray:
    """The orthonormal basis that Gram and Schmidt make of a basis, in its order: shape (dim, N_out, N_in) as before.

    >>> orthonormal(np.array([[[3.0, 4.0]]]))
    array([[[0.6, 0.8]]])
    """
    q, r = np.linalg.qr(maps.reshape(len(maps), math.prod(maps.shape[1:])).T)
    return (q * np.sign(np.diagonal(r))).T.reshape(maps.shape)
