"""Finite groups by their Cayley tables, and their regular representations.

Source: Cayley 1854; the regular representation in networks, Cohen, Welling 2016 (arXiv 1602.07576).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.wires import is_whole
from catlearn.equivariant.groups import Matrices, MatrixGroup
from catlearn.equivariant.permutation_groups import PermutationGroup
from catlearn.equivariant.tables import (
    check_associative,
    checked_table,
    closure,
    cyclic_table,
    dihedral_table,
    generating_elements,
    identity_of,
)


@dataclass(frozen=True, repr=False)
class FiniteGroup(PermutationGroup):
    """A finite group by its table: `table[g][h]` is the number of the product g h. Elements are numbered from 0.

    Its standard representation is the regular one, ℝ[G], where g sends the basis vector e_h to e_{gh}. `matrices`, of shape
    (order, d, d), may give another one, such as on the plane, which `representation` has as an array. Raises TypingError
    unless the table is that of a group, with the elements that break a law, and unless the matrices multiply as it says.

    >>> group = FiniteGroup(cyclic_table(3))
    >>> group.order, group.identity, group.inverses.tolist()
    (3, 0, [0, 2, 1])
    """

    table: Any
    matrices: Any = None

    def __post_init__(self) -> None:
        table = checked_table(self.table)
        object.__setattr__(self, "table", tuple(map(tuple, table.tolist())))
        object.__setattr__(self, "_identity", identity_of(table))
        check_associative(table, self.identity)
        if self.matrices is not None:
            rho = self._checked_matrices(self.matrices)
            object.__setattr__(self, "matrices", tuple(tuple(map(tuple, g)) for g in rho.tolist()))

    @property
    def n(self) -> int:
        return len(self.table)

    @property
    def order(self) -> int:
        return len(self.table)

    @property
    def identity(self) -> int:
        """The number of the identity."""
        return self.__dict__["_identity"]

    @cached_property
    def array(self) -> np.ndarray:
        """The table as an array: int64, shape (order, order)."""
        return np.array(self.table, np.int64)

    @cached_property
    def inverses(self) -> np.ndarray:
        """The inverse of each element: int64, shape (order,)."""
        return np.argmax(self.array == self.identity, axis=1)

    @cached_property
    def representation(self) -> np.ndarray:
        """The `matrices` as an array: float64, shape (order, d, d). Raises ArgumentError where none were given."""
        if self.matrices is None:
            raise ArgumentError(f"{self.name} was made without matrices; give FiniteGroup(table, matrices) or use .regular().")
        return np.array(self.matrices, np.float64)

    @cached_property
    def generating(self) -> tuple[int, ...]:
        """A few elements that generate the group: each the first that those before it don't make."""
        return generating_elements(self.array, self.identity)

    def generating_permutations(self) -> Matrices:
        return tuple(self.array[g] for g in self.generating)

    def regular(self) -> np.ndarray:
        """The left translations `L_g e_h = e_{gh}` as permutations, one for each element: int64, shape (order, order).

        >>> FiniteGroup(cyclic_table(3)).regular()[1]
        array([1, 2, 0])
        """
        return self.array.copy()

    def permutations(self) -> np.ndarray:
        first = [self.identity, *(g for g in range(self.order) if g != self.identity)]
        return self.array[first]

    def draw_permutation(self, key: jax.Array) -> jax.Array:
        return jnp.asarray(self.array)[jax.random.randint(key, (), 0, self.order)].astype(jnp.int32)

    def contains_permutation(self, sigma: np.ndarray) -> bool:
        return bool(np.array_equal(self.array[sigma[self.identity]], sigma))

    def subgroup(self, generators: Sequence[int]) -> tuple[int, ...]:
        """The elements that some generate, in increasing order. Raises ArgumentError for numbers that are no elements.

        >>> FiniteGroup(cyclic_table(6)).subgroup([4])
        (0, 2, 4)
        """
        return tuple(sorted(closure(self.array, self.identity, self._elements_of(generators))))

    def cosets(self, subgroup: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        """The left cosets g H, each in increasing order. Raises ArgumentError unless H is a subgroup.

        >>> FiniteGroup(cyclic_table(4)).cosets([0, 2])
        ((0, 2), (1, 3))
        """
        h = self._elements_of(subgroup)
        if set(h) != set(self.subgroup(h)):
            raise ArgumentError(f"cosets are of a subgroup, and {tuple(h)} is none; take .subgroup(…) of it.")
        return tuple(sorted({tuple(sorted(self.array[g, h].tolist())) for g in range(self.order)}))

    def is_homomorphism(self, mapping: Sequence[int], other: FiniteGroup) -> bool:
        """Whether `mapping[g]`, elements of another group, multiply as the g do: `φ(g h) = φ(g) φ(h)`.

        Raises ArgumentError unless there is one element for each g.

        >>> FiniteGroup(cyclic_table(4)).is_homomorphism([0, 1, 0, 1], FiniteGroup(cyclic_table(2)))
        True
        """
        phi = np.array(other._elements_of(mapping))
        if len(phi) != self.order:
            raise ArgumentError(f"a map from this group gives {self.order} elements, one for each of its own; got {len(phi)}.")
        return bool(np.array_equal(phi[self.array], other.array[phi[:, None], phi[None, :]]))

    def _elements_of(self, numbers: Sequence[int]) -> list[int]:
        if not all(is_whole(g) and g < self.order for g in numbers):
            raise ArgumentError(f"elements of this group are the whole numbers 0 to {self.order - 1}, got {numbers!r}.")
        return [int(g) for g in numbers]

    def _checked_matrices(self, matrices: Any) -> np.ndarray:
        rho = np.asarray(matrices, np.float64)
        if rho.ndim != 3 or rho.shape[0] != self.order or rho.shape[1] != rho.shape[2]:
            raise TypingError(f"matrices must have shape ({self.order}, d, d), one for each element, got {rho.shape}.")
        for g in (self.identity, *self.generating):
            wrong = np.abs(rho[g] @ rho - rho[self.array[g]]).max((1, 2)) > 1e-6
            if wrong.any():
                h = int(np.argmax(wrong))
                raise TypingError(
                    f"matrices must multiply as the table says, but those of {g} and {h} give another than {g} {h}."
                )
        return rho

    def __repr__(self) -> str:
        matrices = f", {self.matrices!r}" if self.matrices is not None else ""
        return f"FiniteGroup({self.table!r}{matrices})"

    @property
    def name(self) -> str:
        return f"FiniteGroup(of order {self.order})"


def from_matrices(group: MatrixGroup) -> FiniteGroup:
    """A finite matrix group by its table, with its elements as matrices, the identity first.

    Raises ArgumentError for infinite and large groups, as `elements` does, and beyond 5000 elements.

    >>> from catlearn.equivariant import D
    >>> from_matrices(D(4)).representation.shape
    (8, 2, 2)
    """
    if group.order is not None and group.order > 5000:
        raise ArgumentError(f"{group.name} has {group.order} elements, too many for a table: at most 5000.")
    elements = group.elements()
    n = len(elements)
    flat = elements.reshape(n, -1)
    squares = np.sum(flat * flat, axis=1)
    table = np.empty((n, n), np.int64)
    for g in range(n):
        products = (elements[g] @ elements).reshape(n, -1)
        distance = np.sum(products * products, axis=1)[:, None] - 2 * products @ flat.T + squares
        table[g] = np.argmin(distance, axis=1)
    return FiniteGroup(table, elements)


def rotations_of_plane(n: int) -> FiniteGroup:
    """The n rotations of the plane by multiples of 1/n of a turn, with their matrices: `rotations_of_plane(4)` is that of p4.

    Raises TypingError unless n is a whole number ≥ 1.

    >>> rotations_of_plane(4).representation[1].tolist()
    [[0.0, -1.0], [1.0, 0.0]]
    """
    return FiniteGroup(cyclic_table(n), _turns(n))


def symmetries_of_plane(n: int) -> FiniteGroup:
    """The rotations of `rotations_of_plane(n)` and reflections, rᵏ sʲ with s the reflection of the second axis, with their
    matrices: `symmetries_of_plane(4)` is that of p4m. Raises TypingError unless n is a whole number ≥ 1.

    >>> symmetries_of_plane(4).order
    8
    """
    table = dihedral_table(n)
    return FiniteGroup(table, np.concatenate([_turns(n), _turns(n) @ np.diag([1.0, -1.0])]))


def _turns(n: int) -> np.ndarray:
    angles = 2 * math.pi * np.arange(n) / n
    turns = np.array([[np.cos(angles), -np.sin(angles)], [np.sin(angles), np.cos(angles)]]).transpose(2, 0, 1)
    halves = np.round(2 * turns) / 2 + 0.0
    return np.where(np.abs(turns - halves) < 1e-14, halves, turns)  # quarter turns are exact
