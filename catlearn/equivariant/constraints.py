"""The space of equivariant maps between two representations, from the matrices of generators alone.

Source: Finzi, Welling, Wilson 2021 (EMLP, arXiv 2104.09459): `W` is equivariant if and only if it commutes with the
discrete generators and with generators of the Lie algebra.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.equivariant.null_exact import Pair, maps_of_orbits, rational_maps, signed_orbits
from catlearn.equivariant.null_numerical import LARGEST_RESULT, dense_maps, echelon, krylov_maps, residual

METHODS = ("auto", "orbits", "rational", "dense", "krylov")
LARGEST_RATIONAL, LARGEST_DENSE = 512, 1000


def solve_matrices(
    discrete: Sequence[tuple[Any, Any]] = (),
    algebra: Sequence[tuple[Any, Any]] = (),
    *,
    shape: tuple[int, int] | None = None,
    method: str = "auto",
) -> np.ndarray:
    """A basis of the maps W with `ρ_out(h) W = W ρ_in(h)` for generators h, and likewise for generators of a Lie algebra.

    Type: pairs `(ρ_in(h), ρ_out(h))` of matrices, shapes (N_in, N_in) and (N_out, N_out), and pairs `(dρ_in(A), dρ_out(A))`;
    → float64, shape (dim, N_out, N_in). `shape=(N_out, N_in)` is for groups without generators. The basis is in reduced row
    echelon form, rows of W after one another, so it depends on the space only. It is exact, and proved, by "orbits" for signed
    permutations and by "rational" for up to 512 numbers in W that stem from fractions; "dense" is for up to 1000, and
    "krylov" beyond. "auto" takes the first of these that applies.

    Raises TypingError for matrices that don't fit together, ArgumentError where floats don't decide the dimension or there are
    too many maps to write out.

    >>> flip = np.array([[0, 1], [1, 0]])
    >>> solve_matrices([(flip, flip)])
    array([[[1., 0.],
            [0., 1.]],
           [[0., 1.],
            [1., 0.]]])
    """
    pairs, shape = checked(discrete, algebra, shape)
    if method not in METHODS:
        raise TypingError(f"method must be one of {', '.join(METHODS)}; got {method!r}.")
    m = math.prod(shape)
    labels = signed_orbits(pairs, shape) if method in ("auto", "orbits") and not algebra else None
    if labels is not None:
        _check_result(int(np.abs(labels).max(initial=0)), shape)
        return maps_of_orbits(labels)
    if method == "orbits":
        raise TypingError('method="orbits" takes signed permutation matrices, and no Lie algebra; take method="auto".')
    _check_invertible(pairs[: len(discrete)])
    exact = rational_maps(pairs, shape) if method == "rational" or (method == "auto" and m <= LARGEST_RATIONAL) else None
    if exact is not None:
        return exact
    if method == "rational":
        raise ArgumentError('method="rational" takes entries that are fractions with small numbers; take method="dense".')
    return _numerical(pairs, shape, dense=method == "dense" or (method == "auto" and m <= LARGEST_DENSE))


def _numerical(pairs: list[Pair], shape: tuple[int, int], dense: bool) -> np.ndarray:
    maps = dense_maps(pairs, shape) if dense else krylov_maps(pairs, shape)
    _check_result(len(maps), shape)
    reduced = echelon(maps)
    worst = residual(pairs, reduced)
    if worst > 1e-5:
        raise ArgumentError(
            f"the maps found are equivariant only up to {worst:.1e}: the matrices of generators are not exact enough. "
            "Give them in float64."
        )
    return reduced


def _check_result(dim: int, shape: tuple[int, int]) -> None:
    if dim * math.prod(shape) > LARGEST_RESULT:
        raise ArgumentError(f"there are {dim} equivariant maps of shape {shape}: too many to write out as matrices.")


def checked(
    discrete: Sequence[tuple[Any, Any]], algebra: Sequence[tuple[Any, Any]], shape: tuple[int, int] | None = None
) -> tuple[list[Pair], tuple[int, int]]:
    """All pairs as float64 matrices, and the shape (N_out, N_in) of maps. Raises TypingError where they don't fit together."""
    pairs = [_pair(pair) for pair in (*discrete, *algebra)]
    shapes = {(len(b), len(a)) for a, b in pairs} | ({(int(shape[0]), int(shape[1]))} if shape is not None else set())
    if not shapes:
        raise TypingError("a group without generators says nothing of the shape of maps; give shape=(N_out, N_in).")
    if len(shapes) > 1:
        raise TypingError(f"all generators act on the same two spaces, but maps would have the shapes {sorted(shapes)}.")
    return pairs, shapes.pop()


def _check_invertible(pairs: Sequence[Pair]) -> None:
    for which, matrix in ((which, x) for pair in pairs for which, x in zip(("ρ_in", "ρ_out"), pair, strict=True)):
        if np.linalg.matrix_rank(matrix) < len(matrix):
            raise TypingError(f"a discrete generator acts by invertible matrices, but this {which} has no inverse:\n{matrix}")


def _pair(pair: Any) -> Pair:
    try:
        a, b = (np.asarray(x, np.float64) for x in pair)
    except (TypeError, ValueError) as error:
        raise TypingError(f"a generator is a pair (ρ_in, ρ_out) of square matrices, got {pair!r}.") from error
    for x in (a, b):
        if x.ndim != 2 or x.shape[0] != x.shape[1]:
            raise TypingError(f"a generator is a pair (ρ_in, ρ_out) of square matrices, got shapes {a.shape} and {b.shape}.")
        if not np.all(np.isfinite(x)):
            raise TypingError("the matrices of a generator have entries that are not finite.")
    return a, b
