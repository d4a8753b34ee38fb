"""What comes together at a node, or in a graph: sums and maxima over edges by their receivers, over nodes by their graphs.

Sum on ℝ and max on ℝ ∪ {−∞} are the algebras of the finite multiset monad that everything else is made from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental.sparse import BCOO

from catlearn.algebra.graphs import EdgeList

LARGE, CHUNK = 2**24, 2048  # bytes of messages that are better never all in memory, and edges at a time


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
        weighed = values if weights is None else tall(weights, values) * values
        return jnp.zeros((n, *values.shape[1:]), weighed.dtype).at[index].add(weighed, mode=mode)

    def greatest(values: jax.Array) -> jax.Array:
        there = values if weights is None else jnp.where(tall(weights, values) != 0, values, -jnp.inf)
        return jnp.full((n, *values.shape[1:]), -jnp.inf, values.dtype).at[index].max(there, mode=mode)

    def spread(places: jax.Array) -> jax.Array:
        return places.at[index].get(mode=mode if inside else "clip")

    return Segments(total, greatest, spread, weights)


def by_row(matrix: jax.Array) -> Segments:
    """Values of all pairs (r, s), in rows r n + s, by r, with weights `matrix[r, s]`."""
    n = len(matrix)
    square = lambda values: values.reshape(n, n, *values.shape[1:])  # noqa: E731

    def total(values: jax.Array) -> jax.Array:
        return jnp.sum(tall(matrix, square(values)) * square(values), 1)

    def greatest(values: jax.Array) -> jax.Array:
        return jnp.max(jnp.where(tall(matrix, square(values)) != 0, square(values), -jnp.inf), 1)

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


# graphs


def incoming(graph: Any) -> Segments:
    """The edges of a graph by their receivers."""
    edges = as_edges(graph)
    return by_row(graph) if edges is None else by_index(edges.receivers, edges.nodes, edges.weights)


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
    return x.at[edges.senders].get(mode="promise_in_bounds")


def at_receivers(graph: Any, x: jax.Array) -> jax.Array:
    """For each edge the value at its receiver; of a dense matrix, for all pairs."""
    edges = as_edges(graph)
    return jnp.repeat(x, len(x), 0) if edges is None else x.at[edges.receivers].get(mode="promise_in_bounds")


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
    if x.nbytes // max(len(x), 1) * edges.edges > LARGE and jax.default_backend() == "cpu":
        return _chunked(edges.nodes, x, w, edges.senders, edges.receivers)
    messages = at_senders(edges, x)
    messages = messages if w is None else tall(w, messages) * messages
    return by_index(edges.receivers, edges.nodes).sum(messages)


def _dense(matrix: jax.Array, x: jax.Array) -> jax.Array:
    if matrix.ndim == 2:
        return jnp.tensordot(matrix.astype(x.dtype), x, 1)
    return jnp.einsum("rsh,sh...->rh...", matrix, x)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _chunked(n: int, x: jax.Array, weights: Any, senders: jax.Array, receivers: jax.Array) -> jax.Array:
    """The same, some edges at a time: messages are never all in memory, which on CPU takes most of the time for many edges."""

    def step(total: jax.Array, edges: tuple) -> tuple[jax.Array, None]:
        s, r, w = edges
        messages = x.at[s].get(mode="promise_in_bounds")
        messages = messages if w is None else tall(w, messages) * messages
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


def _chunked_forward(n: int, x: jax.Array, weights: Any, senders: jax.Array, receivers: jax.Array) -> tuple:
    kept = (x if weights is not None else None, weights, senders, receivers)
    return _chunked(n, x, weights, senders, receivers), kept


def _chunked_backward(n: int, kept: tuple, dy: jax.Array) -> tuple:
    """The adjoint sends what came in back along the same edges; a weight gets the product of its two ends."""
    x, weights, senders, receivers = kept
    dx = _chunked(n, dy, weights, receivers, senders)
    if weights is None:
        return dx, None, None, None

    def step(_: None, ends: tuple) -> tuple[None, jax.Array]:
        product = x.at[ends[0]].get(mode="promise_in_bounds") * dy.at[ends[1]].get(mode="promise_in_bounds")
        return None, jnp.sum(product.reshape(len(ends[0]), *weights.shape[1:], -1), -1)

    return dx, _over_chunks(step, None, (senders, receivers))[1].astype(weights.dtype), None, None


_chunked.defvjp(_chunked_forward, _chunked_backward)


def degrees(graph: Any, dtype: Any = jnp.float32) -> jax.Array:
    """The sum of the weights of the edges that come in to each node, shape (n,)."""
    edges = as_edges(graph)
    if edges is None:
        return jnp.sum(graph, 1).astype(dtype)
    ones = jnp.ones(edges.edges, dtype) if edges.weights is None else edges.weights.astype(dtype)
    return by_index(edges.receivers, edges.nodes).sum(ones)
