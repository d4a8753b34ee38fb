"""Images and points as representations of a finite group, and where its elements send the places of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import TypingError
from catlearn.core.wires import is_whole
from catlearn.equivariant.cayley import FiniteGroup, rotations_of_plane, symmetries_of_plane
from catlearn.equivariant.representations import Representation


class OnPlaces(Representation):
    """Functions on a set of places that a finite group moves: `(ρ(g) f)(x) = f(g⁻¹ x)`. Arrays are of shape (…places, channels).

    It permutes coordinates, so that functions of each number are intertwiners.
    """

    permutes = True
    group: FiniteGroup

    @property
    def places(self) -> tuple[int, ...]:
        """The shape of an array without its channels."""
        raise NotImplementedError

    @property
    def moves(self) -> np.ndarray:
        """The place g⁻¹ x, for each element g and place x: int64, shape (order, size)."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        return int(np.prod(self.places))

    @property
    def dual(self) -> OnPlaces:
        return self

    def arrays(self, channels: int, dtype: Any) -> Any:
        return jax.ShapeDtypeStruct((*self.places, channels), dtype)

    def act(self, g: Any, x: jax.Array) -> jax.Array:
        flat = jnp.reshape(x, (self.size, -1))
        return flat[jnp.asarray(self.moves)[number_of(self.group, g)]].reshape(x.shape)

    def matrix(self, g: Any) -> Any:
        return jnp.eye(self.size)[jnp.asarray(self.moves)[number_of(self.group, g)]]


@dataclass(frozen=True, repr=False)
class Points(OnPlaces):
    """Functions on the points that a finite group's `matrices` permute: arrays (points, channels).

    Raises TypingError where the matrices are no permutations.

    >>> from catlearn.equivariant import S, from_matrices
    >>> Points(from_matrices(S(3))).wire(channels=2).wires[0].shape_text
    '(3, 2)'
    """

    group: FiniteGroup

    def __post_init__(self) -> None:
        rho = checked_group(self.group, "Points").representation
        if not np.array_equal(rho, rho.round()) or not np.array_equal(rho.sum(1), np.ones(rho.shape[:2])) or rho.min() < 0:
            raise TypingError(f"Points takes a group whose matrices are permutations of points, and {self.group.name}'s are not.")

    @property
    def places(self) -> tuple[int, ...]:
        return (self.group.representation.shape[-1],)

    @cached_property
    def moves(self) -> np.ndarray:
        return np.argmax(self.group.representation[self.group.inverses], axis=1)

    def __repr__(self) -> str:
        return f"Points({shown(self.group)})"


@dataclass(frozen=True, repr=False)
class Image(OnPlaces):
    """Square images that a group of turns and reflections of the plane moves: arrays (side, side, channels).

    With `lifted=True` functions on the product of plane and group, (side, side, order, channels), on which g is a turn of
    images and `h ↦ g h` on the axis of the group. The group is `rotations_of_plane(4)`, that of p4, `symmetries_of_plane(4)`,
    that of p4m, or another whose matrices map the grid to itself; element 1 of these turns as `numpy.rot90`. They turn about
    the middle of the image, of odd or even side.
    Raises TypingError for a group that moves places off the grid. Source: Cohen and Welling 2016 (arXiv 1602.07576), §4.

    >>> from catlearn.equivariant import rotations_of_plane
    >>> Image(rotations_of_plane(4), 28).wire(), Image(rotations_of_plane(4), 28, lifted=True).wire(3).wires[0].shape_text
    ((Image(rotations_of_plane(4), 28)).wire(), '(28, 28, 4, 3)')
    """

    group: FiniteGroup
    side: int
    lifted: bool = False

    def __post_init__(self) -> None:
        if not is_whole(self.side, least=1):
            raise TypingError(f"Image: side must be a whole number ≥ 1, got {self.side!r}.")
        rho = checked_group(self.group, "Image").representation
        if (
            rho.shape[1:] != (2, 2)
            or not np.array_equal(np.abs(rho).sum(1), np.ones((len(rho), 2)))
            or (rho != rho.round()).any()
        ):
            raise TypingError(
                f"Image takes a group of quarter turns and reflections, such as rotations_of_plane(4) or symmetries_of_plane(4), "
                f"and {self.group.name} moves places off the grid."
            )

    @property
    def places(self) -> tuple[int, ...]:
        return (self.side, self.side, *((self.group.order,) if self.lifted else ()))

    @cached_property
    def moves(self) -> np.ndarray:
        grid = moves_of_grid(self.group, self.side)
        return moves_of_pairs(grid, moves_of_group(self.group)) if self.lifted else grid

    def __repr__(self) -> str:
        return f"Image({shown(self.group)}, {self.side}{', lifted=True' if self.lifted else ''})"


def moves_of_group(group: FiniteGroup) -> np.ndarray:
    """`g⁻¹ h` for all g and h: int64, shape (order, order)."""
    return group.array[group.inverses]


def moves_of_grid(group: FiniteGroup, side: int) -> np.ndarray:
    """The place g⁻¹ x of a square grid, row by row, for all g and x, about its middle: int64, shape (order, side²).

    >>> moves_of_grid(rotations_of_plane(4), 2)[1].tolist()
    [1, 3, 0, 2]
    """
    axis = np.arange(side) - (side - 1) / 2
    places = np.stack(np.meshgrid(axis, axis, indexing="ij")).reshape(2, -1)
    back = group.representation[group.inverses] @ places + (side - 1) / 2
    rows, columns = back.round().astype(np.int64).swapaxes(0, 1)
    return rows * side + columns


def moves_of_pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The moves of pairs of places, from those of their parts: int64, shape (order, m n)."""
    return (first[:, :, None] * second.shape[1] + second[:, None, :]).reshape(len(first), -1)


def number_of(group: FiniteGroup, g: Any) -> Any:
    """The number of an element that is given as its matrix in the regular representation, shape (order, order)."""
    return jnp.argmax(jnp.asarray(g)[:, group.identity])


def checked_group(group: Any, who: str) -> FiniteGroup:
    """The group. Raises TypingError unless it is a FiniteGroup with matrices."""
    if not isinstance(group, FiniteGroup) or group.matrices is None:
        raise TypingError(f"{who} takes a FiniteGroup with matrices, such as rotations_of_plane(4) or from_matrices(S(3)).")
    return group


def shown(group: FiniteGroup) -> str:
    """The code that makes a group of the plane; else its name."""
    for make in (rotations_of_plane, symmetries_of_plane):
        n = group.order // (1 if make is rotations_of_plane else 2)
        if n and make(n) == group:
            return f"{make.__name__}({n})"
    return group.name
