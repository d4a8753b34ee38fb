"""The Lorentz groups, symmetries of spacetime."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from catlearn.core.errors import TypingError
from catlearn.equivariant.groups import Matrices, MatrixGroup, size
from catlearn.equivariant.lie_groups import preserves, reflection, unit


@dataclass(frozen=True, repr=False)
class Lorentz(MatrixGroup):
    """A Lorentz group: `gᵀ η g = η` for `η = diag(1, −1, …, −1)`, with coordinate 0 for time and `space` others.

    `part` says which of its four pieces belong: "O" all of them, with parity and time reversal; "SO" det 1, so with both
    at once; "O+" those that keep the direction of time, with parity; "SO+" the connected piece alone. EMLP's SO13p, SO13
    and O13 are "SO+", "SO" and "O". Raises TypingError for another part.

    >>> Lorentz(), len(Lorentz("SO+").algebra()), len(Lorentz().generators())
    (Lorentz(), 6, 2)
    """

    part: str = "O"
    space: int = 3

    def __post_init__(self) -> None:
        size(self, "space")
        if self.part not in ("O", "SO", "O+", "SO+"):
            raise TypingError(f'Lorentz: part must be "O", "SO", "O+" or "SO+", got {self.part!r}.')

    @property
    def n(self) -> int:
        return 1 + self.space

    @property
    def form(self) -> np.ndarray:
        """The metric η that the group keeps: float64, shape (n, n)."""
        return np.diag([1.0] + [-1.0] * self.space)

    def generators(self) -> Matrices:
        time, parity = np.diag([-1.0] + [1.0] * self.space), reflection(self.n)[::-1, ::-1]
        return {"O": (time, parity), "SO": (time @ parity,), "O+": (parity,), "SO+": ()}[self.part]

    def algebra(self) -> Matrices:
        boosts = tuple(unit(self.n, 0, i) + unit(self.n, i, 0) for i in range(1, self.n))
        turns = tuple(unit(self.n, j, i) - unit(self.n, i, j) for i, j in combinations(range(1, self.n), 2))
        return boosts + turns

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        g = self.matrix(g)
        one = "SO" not in self.part or np.linalg.det(g) > 0
        forward = "+" not in self.part or g[0, 0] > 0
        return bool(preserves(g, self.form, tol) and one and forward)
