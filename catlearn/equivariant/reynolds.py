"""Averages over a finite group: the Reynolds operator, and the count of equivariant maps by characters.

They are checks of the constraint solver by other means: they take all elements of the group, where it takes generators.
Source: Serre 1977 (Linear Representations of Finite Groups), §2.2, §2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.equivariant.constraints import checked


def symmetrised(pairs: Sequence[tuple[Any, Any]], maps: Any) -> np.ndarray:
    """The equivariant part of maps: `(1 / |G|) Σ_g ρ_out(g)⁻¹ W ρ_in(g)`, over all the elements of a finite group.

    Type: pairs (ρ_in(g), ρ_out(g)), one for each element, and maps of shape (…, N_out, N_in); → the same shape, float64.
    Raises TypingError for matrices that don't fit together, ArgumentError for maps that don't.

    >>> flip = np.array([[0, 1], [1, 0]])
    >>> symmetrised([(np.eye(2), np.eye(2)), (flip, flip)], [[1, 0], [0, 0]])
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    elements, shape = checked(pairs, ())
    w = np.asarray(maps, np.float64)
    if w.shape[-2:] != shape:
        raise ArgumentError(f"maps between these representations have shape (…, {shape[0]}, {shape[1]}), got {w.shape}.")
    total = np.zeros_like(w)
    for a, b in elements:
        total += np.linalg.inv(b) @ w @ a
    return total / len(elements)


def reynolds(pairs: Sequence[tuple[Any, Any]]) -> np.ndarray:
    """The Reynolds operator as a matrix that acts on maps, row after row: float64, shape (M, M) for M = N_out · N_in.

    It is a projector onto the equivariant maps, orthogonal where the representations are, so its rank is their dimension. Takes
    pairs (ρ_in(g), ρ_out(g)), one for each element of the group. Raises TypingError for matrices that don't fit together.

    >>> flip = np.array([[0, 1], [1, 0]])
    >>> float(reynolds([(np.eye(2), np.eye(2)), (flip, flip)]).trace())
    2.0
    """
    elements, _ = checked(pairs, ())
    return np.mean([np.kron(np.linalg.inv(b), a.T) for a, b in elements], axis=0)


def character_count(pairs: Sequence[tuple[Any, Any]]) -> float:
    """The dimension of the space of equivariant maps by characters: `(1 / |G|) Σ_g tr ρ_out(g⁻¹) tr ρ_in(g)`.

    For permutations it is Burnside's count of the orbits of pairs of coordinates. Takes pairs (ρ_in(g), ρ_out(g)), one for each
    element of the group. Raises TypingError for matrices that don't fit together.

    >>> flip = np.array([[0, 1], [1, 0]])
    >>> character_count([(np.eye(2), np.eye(2)), (flip, flip)])
    2.0
    """
    elements, _ = checked(pairs, ())
    return float(np.mean([np.linalg.inv(b).trace() * a.trace() for a, b in elements]))
