"""Why there is no equivariant map but zero."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from catlearn.core.wires import count
from catlearn.equivariant.constraints import checked, solve_matrices
from catlearn.equivariant.null_exact import Pair

Element = tuple[str, np.ndarray, np.ndarray]


def why_empty(discrete: Sequence[tuple[Any, Any]] = (), algebra: Sequence[tuple[Any, Any]] = ()) -> str | None:
    """A reason why no map but zero is equivariant, or None where some are.

    Takes the pairs that `solve_matrices` takes, and raises what it does. In order, it looks for: an element that acts by
    different scalars, such as −1 and 1; one whose actions have no eigenvalue in common, so that `b W = W a` forces W = 0
    (Sylvester 1884); else it counts the maps that each generator leaves. Elements tried are products of a few generators and of
    half turns `exp(π A)`.

    >>> why_empty([(-np.eye(3), np.eye(1))])
    'generator 0 acts by −1 on the domain and by 1 on the codomain, so every equivariant map is zero.'
    """
    checked(discrete, algebra)
    if len(solve_matrices(discrete, algebra)):
        return None
    derivations = _algebra_elements(algebra)
    elements = _group_elements(discrete, derivations)
    return _scalars(derivations + elements) or _spectra(derivations + elements) or _counts(discrete, algebra)


def _algebra_elements(algebra: Sequence[tuple[Any, Any]]) -> list[Element]:
    one = [(f"element {i} of the Lie algebra", a, b) for i, (a, b) in enumerate(checked((), algebra)[0])] if algebra else []
    pairs = list(combinations(one, 2))[:32]
    words = "the sum of elements {} and {} of the Lie algebra"
    sums = [(words.format(x[0].split()[1], y[0].split()[1]), x[1] + y[1], x[2] + y[2]) for x, y in pairs]
    return one + sums


def _group_elements(discrete: Sequence[tuple[Any, Any]], derivations: list[Element]) -> list[Element]:
    """Generators, half turns and products of two or three of them, up to 200."""
    pairs = checked(discrete, ())[0] if discrete else []
    steps = [(f"generator {i}", a, b) for i, (a, b) in enumerate(pairs)]
    steps += [(f"exp(π × {name})", *_half_turn((a, b))) for name, a, b in derivations if _compact(a) and _compact(b)]
    found = list(steps)
    for _ in range(2):
        new = [(f"{x[0]} times {y[0]}", x[1] @ y[1], x[2] @ y[2]) for x in found for y in steps]
        found = (found + new)[:200]
    return found


def _compact(a: np.ndarray) -> bool:
    return bool(np.allclose(a, -a.T))


def _half_turn(pair: Pair) -> Pair:
    a, b = pair
    return _exp(np.pi * a), _exp(np.pi * b)


def _exp(skew: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(1j * skew)  # −i times these are the eigenvalues of the skew matrix
    return np.real((vectors * np.exp(-1j * values)) @ vectors.conj().T)


def _scalars(elements: list[Element]) -> str | None:
    for name, a, b in elements:
        x, y = a[0, 0], b[0, 0]
        if _close(a, x * np.eye(len(a))) and _close(b, y * np.eye(len(b))) and not _close(x, y):
            scalars = f"{_number(x)} on the domain and by {_number(y)} on the codomain"
            return f"{name} acts by {scalars}, so every equivariant map is zero."
    return None


def _spectra(elements: list[Element]) -> str | None:
    for name, a, b in elements:
        x, y = np.linalg.eigvals(a), np.linalg.eigvals(b)
        if np.abs(x[:, None] - y[None, :]).min() > 1e-3:  # eigenvalues of matrices with Jordan blocks are known less well
            return f"{name} has no eigenvalue on the domain that it has on the codomain, so every equivariant map is zero."
    return None


def _counts(discrete: Sequence[tuple[Any, Any]], algebra: Sequence[tuple[Any, Any]]) -> str:
    left = [(f"generator {i}", len(solve_matrices([pair]))) for i, pair in enumerate(discrete)]
    left += [(f"element {i} of the Lie algebra", len(solve_matrices((), [pair]))) for i, pair in enumerate(algebra)]
    each = ", ".join(f"{name} alone leaves {count(dim, 'independent map')}" for name, dim in left)
    return f"the constraints have no common solution but zero: {each}, and all together none."


def _close(x: Any, y: Any) -> bool:
    return bool(np.allclose(x, y, atol=1e-8))


def _number(x: float) -> str:
    return f"{round(float(x), 6):g}".replace("-", "−")
