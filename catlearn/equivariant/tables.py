"""Cayley tables: those of the cyclic and dihedral groups, and the laws that make a table that of a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from catlearn.core.errors import TypingError
from catlearn.core.wires import is_whole


def cyclic_table(n: int) -> np.ndarray:
    """The table of the cyclic group: `g h = g + h mod n`. Int64, shape (n, n). Raises TypingError unless n is whole and ≥ 1.

    >>> cyclic_table(3).tolist()
    [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    """
    _check_corners("cyclic_table", n)
    return np.add.outer(np.arange(n), np.arange(n)) % n


def dihedral_table(n: int) -> np.ndarray:
    """The table of the dihedral group of order 2n: element k + n j is rᵏ sʲ, with `s r = r⁻¹ s`. Int64, shape (2n, 2n).

    Raises TypingError unless n is a whole number ≥ 1.

    >>> dihedral_table(2).tolist()
    [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]]
    """
    _check_corners("dihedral_table", n)
    k, j = np.arange(2 * n) % n, np.arange(2 * n) // n
    turned = (k[:, None] + np.where(j[:, None] == 0, k, -k)) % n
    return turned + n * (j[:, None] ^ j)


def _check_corners(name: str, n: Any) -> None:
    if not is_whole(n, least=1):
        raise TypingError(f"{name}({n!r}): this takes a whole number ≥ 1.")


# the laws of a table


def checked_table(table: Any) -> np.ndarray:
    """A table as an array, int64, shape (order, order). Raises TypingError unless every row and column has every element."""
    try:
        array = np.asarray(table)
        good = array.ndim == 2 and array.shape[0] == array.shape[1] > 0 and array.dtype.kind in "iu"
    except (TypeError, ValueError):
        good, array = False, np.empty(())
    if not good:
        raise TypingError(f"a Cayley table is a square of whole numbers, got shape {array.shape} of {array.dtype}.")
    one = np.arange(len(array))
    for what, rows in (("row", array), ("column", array.T)):
        wrong = np.any(np.sort(rows, axis=1) != one, axis=1)
        if wrong.any():
            i = int(np.argmax(wrong))
            raise TypingError(f"{what} {i} of a Cayley table has each of 0 to {len(array) - 1} once, got {rows[i].tolist()}.")
    return array.astype(np.int64)


def identity_of(table: np.ndarray) -> int:
    """The identity of a table. Raises TypingError where there is none."""
    one = np.arange(len(table))
    found = np.flatnonzero(np.all(table == one, axis=1) & np.all(table == one[:, None], axis=0))
    if not len(found):
        raise TypingError("this table has no identity: no element e with `e g = g = g e` for all g.")
    return int(found[0])


def check_associative(table: np.ndarray, identity: int) -> None:
    """Light's test: if `(x g) y = x (g y)` for generators g and all x, y, then it is so for all g.
    Source: Clifford, Preston 1961 (The Algebraic Theory of Semigroups), §1.2.
    """
    for g in generating_elements(table, identity):
        wrong = table[table[:, g]] != table[:, table[g]]
        if wrong.any():
            x, y = (int(i) for i in np.argwhere(wrong)[0])
            left, right = table[table[x, g], y], table[x, table[g, y]]
            raise TypingError(f"this table is not associative: ({x} {g}) {y} = {left}, and {x} ({g} {y}) = {right}.")


def generating_elements(table: np.ndarray, identity: int) -> tuple[int, ...]:
    """Elements that generate the group: each the first that those before it don't make."""
    found: list[int] = []
    made = {identity}
    while len(made) < len(table):
        found.append(next(g for g in range(len(table)) if g not in made))
        made = closure(table, identity, found)
    return tuple(found)


def closure(table: np.ndarray, identity: int, generators: Sequence[int]) -> set[int]:
    """What the generators make: all products g (g′ (g″ …))."""
    made = {identity}
    queue = [identity]
    for h in queue:
        for g in generators:
            new = int(table[g, h])
            if new not in made:
                made.add(new)
                queue.append(new)
    return made
