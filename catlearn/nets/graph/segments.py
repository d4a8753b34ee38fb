"""What comes together at a node, or in a graph: sums and maxima over edges by their receivers, over nodes by their graphs.

Sum on ℝ and max on ℝ ∪ {−∞} are the algebras of the finite multiset monad that everything else is made from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental.sparse import BCOO

from catlearn.algebra.graphs import EdgeList
from catlearn.algebra.rows import Rows

LARGE, CHUNK = 2**30, 2**16  # bytes of messages that are never all in memory on CPU, and edges at a time


@dataclass(frozen=True)
class Segments:
    """A finite multiset for each of n places: `sum(values)` and `max(values)` of values with one on each row.

    `weights` (None: all 1) multiply in sums; entries of weight 0 are not there. Places without values have sum 0 and max −∞.
    """

    sum: Callable[[jax.Array], jax.Array]
    max: Callable[[jax.Array], jax.Array]
    spread: Callable[[jax.Array], jax.Array]  # from a place to each of its values
    weights: jax.Array | None = None


def by_index(index: jax.Array, n: int, weights: jax.Array | None = None, inside: bool = True) -> Segments:
    """Values by the place `index[e]` of each, from 0 to n − 1; others are left out, unless all are known to be `inside`."""
    mode = "promise_in_bounds" if inside else "drop"

    def total(values: jax.Array) -> jax.Array:
        weighed = _weighed(weights, values)
        return jnp.zeros((n, *values.shape[1:]), weighed.dtype).at[index].add(weighed, mode=mode)

    def greatest(values: jax.Array) -> jax.Array:
        return jnp.full((n, *values.shape[1:]), -jnp.inf, values.dtype).at[index].max(_there(weights, values), mode=mode)

    def spread(places: jax.Array) -> jax.Array:
        return places.at[index].get(mode=mode if inside else "clip")

    return Segments(total, greatest, spread, weights)


def by_rows(index: jax.Array, n: int, rows: tuple, weights: jax.Array | None = None) -> Segments:
    """The same of edges that are laid out in rows by node: `index[e]` is where slots of `rows` have e."""
    slots, node = rows

    def total(values: jax.Array) -> jax.Array:
        return _total(n, _weighed(weights, values), index, rows)

    def greatest(values: jax.Array) -> jax.Array:
        there = _there(weights, values)
        each = [there.at[slot].get(mode="fill", fill_value=-jnp.inf) for slot in slots.T]
        begin = jnp.full((n, *values.shape[1:]), -jnp.inf, values.dtype)
        return begin.at[node].max(reduce(jnp.maximum, each), mode="promise_in_bounds")

    return Segments(total, greatest, lambda places: _spread(n, places, index, rows), weights)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _total(n: int, values: jax.Array, index: jax.Array, rows: tuple) -> jax.Array:
    """The sum of values (edges, …) at each node: of each row by gathers, and then of rows. Its adjoint is `_spread`."""
    slots, node = rows
    each = [values.at[slot].get(mode="fill", fill_value=0) for slot in slots.T]
    return _by_node(n, reduce(jnp.add, each), node)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _spread(n: int, places: jax.Array, index: jax.Array, rows: tuple) -> jax.Array:
    """For each edge the value at its node. Its adjoint is `_total`."""
    return places.at[index].get(mode="promise_in_bounds")


def _by_node(n: int, rows: jax.Array, node: jax.Array) -> jax.Array:
    begin = jnp.zeros((n, *rows.shape[1:]), rows.dtype)
    return begin.at[node].add(rows, mode="promise_in_bounds")


_total.defvjp(
    lambda n, values, index, rows: (_total(n, values, index, rows), (index, rows)),
    lambda n, kept, dy: (_spread(n, dy, *kept), None, None),
)
_spread.defvjp(
    lambda n, places, index, rows: (_spread(n, places, index, rows), (index, rows)),
    lambda n, kept, dy: (_total(n, dy, *kept), None, None),
)


def by_row(matrix: jax.Array) -> Segments:
    """Values of all pairs (r, s), in rows r n + s, by r, with weights `matrix[r, s]`."""
    n = len(matrix)
    square = lambda values: values.reshape(n, n, *values.shape[1:])  # noqa: E731

    def total(values: jax.Array) -> jax.Array:
        return jnp.sum(_weighed(matrix, square(values)), 1)

    def greatest(values: jax.Array) -> jax.Array:
        return jnp.max(_there(matrix, square(values)), 1)

    def spread(places: jax.Array) -> jax.Array:
        return jnp.repeat(places, n, 0)

    return Segments(total, greatest, spread, matrix.reshape(-1))


def all_of(n: int) -> Segments:
    """All rows in one place."""
    return Segments(
        lambda values: jnp.sum(values, 0, keepdims=True),
        lambda values: jnp.max(values, 0, keepdims=True, initial=-jnp.inf),
        lambda places: jnp.broadcast_to(places, (n, *places.shape[1:])),
    )


def tall(weights: jax.Array, values: jax.Array) -> jax.Array:
    """Weights with axes of length 1 after their own, to multiply values."""
    return weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))


def _weighed(weights: jax.Array | None, values: jax.Array) -> jax.Array:
    return values if weights is None else tall(weights, values) * values


def _there(weights: jax.Array | None, values: jax.Array) -> jax.Array:
    """Values, and −∞ in place of those of weight 0."""
    return values if weights is None else jnp.where(tall(weights, values) != 0, values, -jnp.inf)


# graphs


def incoming(graph: Any) -> Segments:
    """The edges of a graph by their receivers."""
    edges = as_edges(graph)
    if edges is None:
        return by_row(graph)
    if edges.rows is not None:
        return by_rows(edges.receivers, edges.nodes, edges.rows.into, edges.weights)
    return by_index(edges.receivers, edges.nodes, edges.weights)


def members(graph: Any, n: int) -> Segments:
    """The nodes by the graph that they are of, without padding."""
    if not isinstance(graph, EdgeList) or graph.owner is None:
        return all_of(n)
    return by_index(graph.owner, graph.parts, inside=False)


def as_edges(graph: Any) -> EdgeList | None:
    """A graph by its edges; None for a dense matrix."""
    if isinstance(graph, BCOO):
        return EdgeList(graph.indices[:, 1], graph.indices[:, 0], graph.data, None, None, graph.shape[0])
    return graph if isinstance(graph, EdgeList) else None


def at_senders(graph: Any, x: jax.Array) -> jax.Array:
    """For each edge the value at its sender; of a dense matrix, for all pairs."""
    edges = as_edges(graph)
    if edges is None:
        return jnp.tile(x, (len(x), *(1,) * (x.ndim - 1)))
    return _at(edges.nodes, x, edges.senders, None if edges.rows is None else edges.rows.out)


def at_receivers(graph: Any, x: jax.Array) -> jax.Array:
    """For each edge the value at its receiver; of a dense matrix, for all pairs."""
    edges = as_edges(graph)
    if edges is None:
        return jnp.repeat(x, len(x), 0)
    return _at(edges.nodes, x, edges.receivers, None if edges.rows is None else edges.rows.into)


def _at(n: int, x: jax.Array, index: jax.Array, rows: Any) -> jax.Array:
    return x.at[index].get(mode="promise_in_bounds") if rows is None else _spread(n, x, index, rows)


def edge_count(graph: Any) -> int:
    """For how many edges there is place; of a dense matrix, all pairs."""
    if isinstance(graph, BCOO):
        return graph.indices.shape[0]
    return graph.edges if isinstance(graph, EdgeList) else graph.shape[0] ** 2


# the linear one: messages are what senders have


def neighbours(graph: Any, x: jax.Array, weights: jax.Array | None = None) -> jax.Array:
    """The sum over neighbours, `(A x)_r = Σ w_e x_s` over edges e from s to r; with `weights`, of each edge, for its own.

    Weights may have axes for heads after that of edges: they multiply the first axes of x after the nodes.
    """
    edges = as_edges(graph)
    if edges is None:
        return _dense(graph if weights is None else weights.reshape(len(x), len(x), *weights.shape[1:]), x)
    w = edges.weights if weights is None else weights
    large = x.nbytes // max(len(x), 1) * edges.edges > LARGE and jax.default_backend() == "cpu"
    if large or edges.rows is not None:
        return _moved(edges.nodes, x, w, edges.senders, edges.receivers, edges.rows)
    return by_index(edges.receivers, edges.nodes, w).sum(at_senders(edges, x))


def _dense(matrix: jax.Array, x: jax.Array) -> jax.Array:
    if matrix.ndim == 2:
        return jnp.tensordot(matrix.astype(x.dtype), x, 1)
    return jnp.einsum("rsh,sh...->rh...", matrix, x)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _moved(n: int, x: jax.Array, weights: Any, senders: jax.Array, receivers: jax.Array, rows: Rows | None) -> jax.Array:
    """The same without all messages in memory: of edges in rows by place in the row, of a list some edges at a time."""
    if rows is None:
        return _by_chunks(n, x, weights, senders, receivers)
    slots, node = rows.into
    each = [x.at[senders.at[slot].get(mode="fill", fill_value=n)].get(mode="fill", fill_value=0) for slot in slots.T]
    if weights is not None:
        by_slot = [weights.at[slot].get(mode="fill", fill_value=0) for slot in slots.T]
        each = list(map(_weighed, by_slot, each))
    return _by_node(n, reduce(jnp.add, each), node)


def _moved_forward(n: int, x: jax.Array, weights: Any, senders: jax.Array, receivers: jax.Array, rows: Rows | None) -> tuple:
    kept = (x if weights is not None else None, weights, senders, receivers, rows)
    return _moved(n, x, weights, senders, receivers, rows), kept


def _moved_backward(n: int, kept: tuple, dy: jax.Array) -> tuple:
    """The adjoint sends what came in back along the same edges; a weight gets the product of its two ends."""
    x, weights, senders, receivers, rows = kept
    dx = _moved(n, dy, weights, receivers, senders, None if rows is None else rows.reversed)
    dw = None if weights is None else _products(x, dy, weights, senders, receivers)
    return dx, dw, None, None, None


_moved.defvjp(_moved_forward, _moved_backward)


def _by_chunks(n: int, x: jax.Array, weights: Any, senders: jax.Array, receivers: jax.Array) -> jax.Array:
    def step(total: jax.Array, edges: tuple) -> tuple[jax.Array, None]:
        s, r, w = edges
        messages = _weighed(w, x.at[s].get(mode="promise_in_bounds"))
        return total.at[r].add(messages, mode="promise_in_bounds"), None

    begin = jnp.zeros((n, *x.shape[1:]), x.dtype)
    return _over_chunks(step, begin, (senders, receivers, weights))[0]


def _over_chunks(step: Callable, begin: Any, arrays: tuple) -> tuple[Any, Any]:
    """A scan over so many rows at a time, and the rest."""
    m = len(arrays[0])
    whole = m // CHUNK * CHUNK
    first = jax.tree.map(lambda a: a[:whole].reshape(-1, CHUNK, *a.shape[1:]), arrays)
    carry, made = jax.lax.scan(step, begin, first)
    carry, last = step(carry, jax.tree.map(lambda a: a[whole:], arrays))
    join = lambda a, b: jnp.concatenate([a.reshape(whole, *a.shape[2:]), b])  # noqa: E731
    return carry, jax.tree.map(join, made, last)


def _products(x: jax.Array, dy: jax.Array, weights: jax.Array, senders: jax.Array, receivers: jax.Array) -> jax.Array:
    """What comes back on the weight of each edge: the product of its two ends, some edges at a time."""

    def step(_: None, ends: tuple) -> tuple[None, jax.Array]:
        product = x.at[ends[0]].get(mode="promise_in_bounds") * dy.at[ends[1]].get(mode="promise_in_bounds")
        return None, jnp.sum(product, tuple(range(weights.ndim, product.ndim)))

    return _over_chunks(step, None, (senders, receivers))[1].astype(weights.dtype)


def degrees(graph: Any, dtype: Any = jnp.float32) -> jax.Array:
    """The sum of the weights of the edges that come in to each node, shape (n,)."""
    edges = as_edges(graph)
    if edges is None:
        return jnp.sum(graph, 1).astype(dtype)
    ones = jnp.ones(edges.edges, dtype) if edges.weights is None else edges.weights.astype(dtype)
    return by_index(edges.receivers, edges.nodes).sum(ones)
