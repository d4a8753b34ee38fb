"""The edges of a graph laid out by node in rows of one width, so that sums over neighbours are sums of a few gathers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

WIDTHS, A_ROW = (1, 2, 4, 8, 16), 4  # of rows, and what one costs beside its slots (measured on CPU)


@partial(jax.tree_util.register_dataclass, meta_fields=[], data_fields=["into", "out"])
@dataclass(frozen=True)
class Rows:
    """The edges of each node in rows of one width: those that come in, and those that go out. `catlearn.in_rows` makes them.

    Both are pairs of `slots`, shape (rows, width): edges, or their number in an empty place; and of the node of each row.
    """

    into: tuple[Any, Any]
    out: tuple[Any, Any]

    @property
    def lengths(self) -> tuple[int, int, int]:
        """The width, and how many rows there are in and out."""
        return (self.into[0].shape[1], len(self.into[1]), len(self.out[1]))

    @property
    def reversed(self) -> Rows:
        """Those of the graph with its edges turned round."""
        return Rows(self.out, self.into)

    @staticmethod
    def of_lengths(width: int, into: int, out: int) -> Rows:
        index = lambda *shape: jax.ShapeDtypeStruct(shape, jnp.int32)  # noqa: E731
        return Rows(*((index(n, width), index(n)) for n in (into, out)))


def rows_of(receivers: np.ndarray, senders: np.ndarray, nodes: int, width: int | None = None) -> Rows:
    """The rows of edges with these ends; their width is found from the degrees, unless told."""
    both = receivers, senders
    degrees = np.concatenate([np.bincount(ends, minlength=nodes) for ends in both])
    best = width or min(WIDTHS, key=lambda w: int(np.sum(-(-degrees // w))) * (w + A_ROW))
    return Rows(*(_laid_out(ends, nodes, best) for ends in both))


def _laid_out(ends: np.ndarray, nodes: int, width: int) -> tuple[jax.Array, jax.Array]:
    """Slots of edges (rows, width) by the node at this end, and the node of each row."""
    order, degrees = np.argsort(ends, kind="stable"), np.bincount(ends, minlength=nodes)
    many = -(-degrees // width)
    first = np.concatenate([[0], np.cumsum(many)[:-1]]) if nodes else np.zeros(0, int)
    place = np.arange(len(ends)) - np.repeat(np.cumsum(degrees) - degrees, degrees)
    slots = np.full((int(many.sum()), width), len(ends), np.int32)
    slots[np.repeat(first, degrees) + place // width, place % width] = order
    return jnp.asarray(slots), jnp.asarray(np.repeat(np.arange(nodes, dtype=np.int32), many))
