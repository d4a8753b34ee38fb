"""A sum of diagrams with channels, all shared work done once: `y = Σ_π D_π x W_π`, and never a matrix of n^(k+l).

Each diagram is a lower half (diagonals, then sums: `V^{⊗k} → V^{⊗d}`), a permutation of its d blocks that go through, and an
upper half (the transpose of a lower one). Every distinct half is used once, and channels are mixed by one product for each
number of blocks through. The reverse derivative is the same sum with every diagram upside down.
Source: Pearce-Crump 2023 (arXiv 2304.14165), the factoring. There are a_d(k) = Σ_t S(k, t) C(t, d) lower halves of partition
diagrams, and B(k + l) = Σ_d d! a_d(k) a_d(l) diagrams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.equivariant.diagonals import diagonals

Block = tuple[int, ...]


@dataclass(frozen=True)
class Half:
    """Half of a diagram: blocks of axes that go through, in order, and blocks of axes that end."""

    through: tuple[Block, ...]
    closed: tuple[Block, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(sorted(self.through + self.closed))


Parts = dict[tuple[Block, ...], list[tuple[Half, jax.Array]]]


@dataclass(frozen=True)
class Row:
    """The axes of one end: for each the factor of the group that acts on it, and its length; and for each factor whether it
    `twists`, that is, whether a closed pair of its axes is contracted with the symplectic form."""

    factors: tuple[int, ...]
    lengths: tuple[int, ...]
    twists: tuple[bool, ...] = ()

    def twisted(self, block: Block) -> bool:
        return bool(self.twists) and self.twists[self.factors[block[0]]]


@dataclass(frozen=True)
class Route:
    """The diagrams of a grade with one permutation: axis j of the upper side is axis `order[j]` of the lower. `table[i][j]` is
    the place among all diagrams of the one from lower half i to upper half j, or −1."""

    order: tuple[int, ...]
    table: tuple[tuple[int, ...], ...]

    @property
    def inverse(self) -> tuple[int, ...]:
        return tuple(int(i) for i in np.argsort(self.order))


@dataclass(frozen=True)
class Grade:
    """The diagrams through which blocks of the same factors go."""

    lower: tuple[Half, ...]
    upper: tuple[Half, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class Shared:
    """Sums of the diagrams of partitions of axes, with weights. `count` diagrams from axes `below` to axes `above`.

    `forward(x, w)` takes x of shape (batch, axes of `below`, c_in) and w of shape (count, c_in, c_out).
    """

    below: Row
    above: Row
    grades: tuple[Grade, ...]
    count: int

    def forward(self, x: jax.Array, w: jax.Array) -> Parts:
        """`Σ_π D_π x W_π` before it is expanded: for each pattern of blocks of axes the parts of the result on its diagonal.

        For each channel it reads n^(d+b) numbers once for each lower half of d blocks through and b closed, mixes channels with
        `2 n^d a_d(k) a_d(l) c_in c_out` FLOPs for each of the d! permutations, and `expanded` writes n^(d+t) for each upper half.
        """
        found, made = _Reduced(x, self.below), {}
        for grade in self.grades:
            mixed = jnp.split(_mixed(found.beside(grade.lower), self._matrix(grade, w)), len(grade.routes), -1)
            orders = [route.order for route in grade.routes]
            _divide(made, grade.upper, reduce(jnp.add, map(_permuted, mixed, orders)))
        return made

    def backward(self, x: jax.Array, w: jax.Array, dy: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The reverse derivative: changes of x and of w. The first is the sum of the transposed diagrams.

        What comes back is permuted before the products, where one copy of it serves both changes.
        """
        below, above = _Reduced(x, self.below), _Reduced(dy, self.above)
        made, changes = {}, []
        for grade in self.grades:
            r, g = below.beside(grade.lower), above.beside(grade.upper)
            g = _beside([_permuted(g, route.inverse) for route in grade.routes])
            _divide(made, grade.lower, _mixed(g, self._matrix(grade, w).T))
            changes.append(self._entries(grade, r.reshape(-1, r.shape[-1]).T @ g.reshape(-1, g.shape[-1]), w))
        dx = expanded([made], self.below, x.shape, x.dtype)
        return dx, jnp.concatenate(changes)[self._places] if changes else jnp.zeros_like(w)

    def _matrix(self, grade: Grade, w: jax.Array) -> jax.Array:
        """The weights of a grade as a matrix (lower halves · c_in, permutations · upper halves · c_out)."""
        tables = np.array([route.table for route in grade.routes])
        padded = jnp.concatenate([w, jnp.zeros_like(w[:1])]) if (tables < 0).any() else w
        return padded[tables].transpose(1, 3, 0, 2, 4).reshape(len(grade.lower) * w.shape[1], -1)

    def _entries(self, grade: Grade, matrix: jax.Array, w: jax.Array) -> jax.Array:
        """Such a matrix's blocks (c_in, c_out), in the order of the tables."""
        blocks = matrix.reshape(len(grade.lower), w.shape[1], len(grade.routes), len(grade.upper), w.shape[2])
        return blocks.transpose(2, 0, 3, 1, 4).reshape(-1, *w.shape[1:])

    @cached_property
    def _places(self) -> np.ndarray:
        """Where each diagram stands in the tables, one after the other."""
        entries = [i for grade in self.grades for route in grade.routes for row in route.table for i in row]
        places = np.zeros(self.count, np.int32)
        for place, i in enumerate(entries):
            if i >= 0:
                places[i] = place
        return places


def shared(below: Row, above: Row, diagrams: Sequence[Sequence[tuple[Block, Block]]]) -> Shared:
    """The plan for these diagrams, each a sequence of blocks (axes of `above`, axes of `below`)."""
    found: dict[tuple, list] = {}
    for place, blocks in enumerate(diagrams):
        lower, upper, order = _halves(below, above, blocks)
        found.setdefault(tuple(above.factors[b[0]] for b in upper.through), []).append((place, lower, upper, order))
    return Shared(below, above, tuple(_grade(members) for _, members in sorted(found.items())), len(diagrams))


def _halves(below: Row, above: Row, blocks: Sequence[tuple[Block, Block]]) -> tuple[Half, Half, tuple[int, ...]]:
    cross = [(up, low) for up, low in blocks if up and low]
    upper = sorted((up for up, _ in cross), key=lambda b: (above.factors[b[0]], b))
    lower = sorted((low for _, low in cross), key=lambda b: (below.factors[b[0]], b))
    joined = dict(cross)
    order = tuple(lower.index(joined[up]) for up in upper)
    ends = tuple(sorted(low for up, low in blocks if not up)), tuple(sorted(up for up, low in blocks if not low))
    return Half(tuple(lower), ends[0]), Half(tuple(upper), ends[1]), order


def _grade(members: list[tuple[int, Half, Half, tuple[int, ...]]]) -> Grade:
    lower = list(dict.fromkeys(low for _, low, _, _ in members))
    upper = list(dict.fromkeys(up for _, _, up, _ in members))
    tables: dict[tuple[int, ...], np.ndarray] = {}
    ins, outs = {h: i for i, h in enumerate(lower)}, {h: i for i, h in enumerate(upper)}
    for place, low, up, order in members:
        tables.setdefault(order, np.full((len(lower), len(upper)), -1))[ins[low], outs[up]] = place
    routes = tuple(Route(order, tuple(tuple(map(int, row)) for row in table)) for order, table in sorted(tables.items()))
    return Grade(tuple(lower), tuple(upper), routes)


class _Reduced:
    """An array with the diagonals and sums of it that were asked for, each computed once."""

    def __init__(self, x: jax.Array, row: Row) -> None:
        self.x, self.row = x, row
        self.found: dict[tuple, jax.Array] = {}

    def beside(self, halves: Sequence[Half]) -> jax.Array:
        """The array reduced by each half, side by side along the channels."""
        return _beside([self._reduced(half.through, half.closed) for half in halves])

    def _reduced(self, through: tuple[Block, ...], closed: tuple[Block, ...]) -> jax.Array:
        taken = self._summed(tuple(sorted(through + closed)), tuple(sorted(closed)))
        return _permuted(taken, [sorted(through).index(block) for block in through])

    def _summed(self, blocks: tuple[Block, ...], closed: tuple[Block, ...]) -> jax.Array:
        """The diagonal of the blocks, in their order, summed over those closed: from the sum over one block fewer."""
        if (blocks, closed) not in self.found:
            if not closed:
                forms = tuple(block for block in blocks if len(block) == 2 and self.row.twisted(block))
                self.found[blocks, closed] = self._diagonal(blocks, forms)
            else:
                kept = [block for block in blocks if block not in closed[:-1]]
                before = self._summed(blocks, closed[:-1])
                self.found[blocks, closed] = before.sum(1 + kept.index(closed[-1]))
        return self.found[blocks, closed]

    def _diagonal(self, blocks: tuple[Block, ...], forms: tuple[Block, ...]) -> jax.Array:
        x = self.x
        for _, second in forms:
            x = contracted_with_form(x, 1 + second)
        if all(len(block) == 1 for block in blocks):
            return x
        return jax.vmap(lambda one: diagonals(one, blocks))(x)


def contracted_with_form(x: jax.Array, axis: int) -> jax.Array:
    """x with its index j along an axis replaced by the only i with `J_{ij} ≠ 0`, times that entry: `Σ_j J_{ij} x_j`."""
    n = x.shape[axis]
    partner, sign = np.arange(n) ^ 1, np.where(np.arange(n) % 2 == 0, 1.0, -1.0)
    shape = [n if i == axis else 1 for i in range(x.ndim)]
    return jnp.take(x, partner, axis) * jnp.asarray(sign.reshape(shape), x.dtype)


def _permuted(x: jax.Array, order: Sequence[int]) -> jax.Array:
    """Axis j of what comes out is axis `order[j]` of the array, between the batch and the channels."""
    if tuple(order) == tuple(range(len(order))):
        return x
    return x.transpose(0, *(1 + i for i in order), x.ndim - 1)


def _mixed(r: jax.Array, matrix: jax.Array) -> jax.Array:
    return jnp.dot(r.reshape(-1, r.shape[-1]), matrix).reshape(*r.shape[:-1], matrix.shape[-1])


def _beside(parts: list[jax.Array]) -> jax.Array:
    """Side by side along the channels."""
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts, -1)


def _divide(made: Parts, halves: Sequence[Half], mixed: jax.Array) -> None:
    """Give each half its channels."""
    for half, part in zip(halves, jnp.split(mixed, len(halves), -1), strict=True):
        made.setdefault(half.blocks, []).append((half, part))


def expanded(made: Sequence[Parts], above: Row, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """The sum of all parts, each on the diagonal of its blocks and the same along those that it does not know. `shape` is that
    of the result: (batch, axes of `above`, channels)."""
    single = tuple((axis,) for axis in range(len(above.lengths)))
    parts: Parts = {}
    for each in made:
        for blocks, more in each.items():
            parts.setdefault(blocks, []).extend(more)
    total = _together(single, parts[single], above, shape) if single in parts else jnp.zeros(shape, dtype)
    for blocks, each in parts.items():
        if blocks != single:
            # without the barrier XLA on CPU computes the sum anew inside each reduction that reads it
            total = jax.lax.optimization_barrier(total)
            total = _placed(total, blocks, _together(blocks, each, above, shape), above)
    return total


def _together(blocks: tuple[Block, ...], parts: list[tuple[Half, jax.Array]], row: Row, shape: tuple[int, ...]) -> jax.Array:
    """The sum of parts that have an axis for some of the blocks, with an axis for each block, smallest parts first."""
    grown = []
    for half, part in sorted(parts, key=lambda pair: pair[1].size):
        places = [half.through.index(block) if block in half.through else None for block in blocks]
        ordered = _permuted(part, [place for place in places if place is not None])
        axes = iter(ordered.shape[1:-1])
        grown.append(ordered.reshape(part.shape[0], *(1 if p is None else next(axes) for p in places), part.shape[-1]))
    return jnp.broadcast_to(reduce(jnp.add, grown), (shape[0], *(row.lengths[block[0]] for block in blocks), shape[-1]))


def _placed(total: jax.Array, blocks: tuple[Block, ...], part: jax.Array, row: Row) -> jax.Array:
    """The total with a part added on the diagonal of the blocks, or where the symplectic form is not zero."""
    index: list[Any] = [None] * len(row.lengths)
    for i, block in enumerate(blocks):
        n = row.lengths[block[0]]
        along = np.arange(n).reshape([n if j == i else 1 for j in range(len(blocks))])
        for axis in block:
            index[axis] = along
        if len(block) == 2 and row.twisted(block):
            index[block[1]] = along ^ 1
            sign = np.where(along % 2 == 0, 1.0, -1.0)
            part = part * jnp.asarray(sign[None, ..., None], part.dtype)
    return total.at[(slice(None), *index)].add(part, unique_indices=True)
