"""Attention along the edges of a graph: `graph_attention`, and GAT, GATv2 and dot products as instances of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.nn.initializers import glorot_uniform

from catlearn.algebra.graphs import EdgeList
from catlearn.algebra.rows import Rows
from catlearn.categories.batch import batch
from catlearn.categories.function import function
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Box, Diagram, copy, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import Object, R
from catlearn.nets.dense import bias, dense, draw, floating, linear, whole
from catlearn.nets.function import add
from catlearn.nets.graph.aggregators import softmax_at
from catlearn.nets.graph.boxes import GraphLayer, check_nodes, ends
from catlearn.nets.graph.passing import Reads, part, row_of
from catlearn.nets.graph.segments import as_edges, edge_count, incoming, neighbours, tall
from catlearn.nets.shape import branch, reshape


@dataclass(frozen=True, repr=False)
class looped(GraphLayer):
    """A graph with one loop more at each node. Type: `G → G`, with n edges more; an adjacency matrix A is A + I."""

    arity = 1

    def check(self, dom: Object) -> None:
        super().check(dom)
        struct = dom.wires[0].struct
        if isinstance(struct, EdgeList) and struct.features is not None:
            raise TypingError(
                "loops have no features, and the edges of this graph have: give self_loops=False, or edges without."
            )

    def codomain(self, dom: Object, param: Object) -> Object:
        return super().codomain(dom, param).named("graph")

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram | None:
        """Graph by graph: what comes out of it is a graph."""
        return None

    def apply(self, params: tuple, *xs: Any) -> Any:
        edges = as_edges(xs[0])
        if edges is None:
            return xs[0] + jnp.eye(len(xs[0]), dtype=xs[0].dtype)
        all_nodes = jnp.arange(edges.nodes, dtype=edges.senders.dtype)
        senders, receivers = (jnp.concatenate([e, all_nodes]) for e in (edges.senders, edges.receivers))
        weights = edges.weights
        weights = None if weights is None else jnp.concatenate([weights, jnp.ones(edges.nodes, weights.dtype)])
        rows = None if edges.rows is None else _with_loops(edges.rows, edges.edges, edges.nodes)
        return replace(edges, senders=senders, receivers=receivers, weights=weights, rows=rows, open=False)


def _with_loops(rows: Rows, edges: int, nodes: int) -> Rows:
    """A row more for each node, with one edge: the loops stand after the others."""

    def grown(slots: jax.Array, node: jax.Array) -> tuple[jax.Array, jax.Array]:
        every, empty = jnp.arange(nodes, dtype=slots.dtype), edges + nodes
        loops = jnp.full((nodes, slots.shape[1]), empty, slots.dtype).at[:, 0].set(edges + every)
        return jnp.concatenate([jnp.where(slots == edges, empty, slots), loops]), jnp.concatenate([node, every])

    return Rows(grown(*rows.into), grown(*rows.out))


@dataclass(frozen=True, repr=False)
class attended(GraphLayer):
    """What senders have, weighted by the softmax of the scores of edges with the same receiver.

    Type: `G ⊗ R(m, h) ⊗ R(n, h, f) → R(n, h, f)`, head by head. Weights of edges count as how often an edge is there.
    Nodes where nothing comes in get 0.
    """

    arity = 3

    def check(self, dom: Object) -> None:
        super().check(dom)
        check_nodes(self, dom[0] @ dom[2])

    def apply(self, params: tuple, *xs: Any) -> Any:
        graph, scores, values = xs
        segments = incoming(graph)
        share = softmax_at(segments, scores)
        share = share if segments.weights is None else share * tall(segments.weights, share)
        return neighbours(graph, values, share)


@dataclass(frozen=True, repr=False)
class graph_attention(Reads):
    """Every node attends to its neighbours: `h'ᵢ = Σ softmaxⱼ(score(receive(hᵢ), key(hⱼ), eⱼᵢ)) value(hⱼ)` over edges j → i.

    Type: `R(n, …) ⊗ P → R(n, h, f)`, reading a graph. `receive : X → Q` and `send : X → K ⊗ R(h, f)`, keys and a value for
    each of h heads, are arrows of one node; `score : Q ⊗ K [⊗ E] → R(h)` is one of an edge. The aggregate of its messages is
    read from the monoid of `online_softmax`; values are never laid out by edges on CPU where they are many.
    Raises TypingError for arrows of other types. Source: Veličković et al. 2018 (arXiv 1710.10903), eqs. 3 to 5.
    """

    score: Any
    receive: Any
    send: Any
    self_loops: bool = False
    features: Object | None = None  # type: ignore[assignment]

    def reading(self, dom: Object) -> Diagram:
        one, n = row_of(dom[1]), check_nodes(self, dom)
        receive, send = part(self, "receive", one, self.receive), part(self, "send", one, self.send)
        Q, K, V = receive.cod, send.cod[: len(send.cod) - 1], send.cod[len(send.cod) - 1 :]
        graph = identity(dom[0]) >> looped() if self.self_loops else identity(dom[0])
        G, q, k = graph.cod, len(Q), len(K)
        E = Object() if self.features is None else self.features
        score = part(self, "score", Q @ K @ E, self.score, single=True)
        heads = score.cod.wires[0].leaves[0].shape
        if not len(K) or V.wires[0].leaves[0].shape[: len(heads)] != heads:
            raise TypingError(
                f"{self!r}: scores are {score.cod} and `send` ends in {send.cod}: give keys, and values for each head."
            )
        every = wiring(dom, (0, 1, 1)) >> graph @ batch(receive, n) @ batch(send, n)
        every = every >> wiring(every.cod, (0, *range(len(every.cod)))) >> G @ ends(q, k, self.features) @ every.cod[1 + q + k :]
        return every >> G @ batch(score, edge_count(G.wires[0].struct)) @ every.cod[len(every.cod) - 1 :] >> attended()


@dataclass(frozen=True, repr=False)
class _dots(SmoothLayer):
    """The product of each head with a vector of its own. Type: `R(h, f) ⊗ R(h, f) → R(h)`."""

    name = "dots"

    def parameters(self, dom: Object) -> Object:
        leaf = dom.wires[0].leaves[0]
        return R(*leaf.shape, dtype=leaf.dtype)

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(glorot_uniform(), key, self.parameters(dom))

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jnp.sum(params[0] * xs[0], -1)


_leaky = function(partial(jax.nn.leaky_relu, negative_slope=0.2))


@dataclass(frozen=True, repr=False)
class _Heads(Composite):
    """Attention with several heads, whose results stand side by side, `R(n, heads · units)`, or are averaged, `R(n, units)`."""

    units: int
    heads: int = 1
    average: bool = False
    self_loops: bool = True

    def __post_init__(self) -> None:
        whole(self, "units", "heads")

    def _cut(self) -> reshape:
        return reshape(self.heads, self.units)

    def _attended(self, dom: Object) -> Diagram:
        """Type: `R(n, k) → R(n, heads, units)`."""
        raise NotImplementedError

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, axes="features of nodes R(n, k)", least=2, most=2)
        n = dom.wires[0].leaves[0].shape[0]
        join = function(_average) if self.average else reshape(n, self.heads * self.units)
        return self._attended(dom) >> join >> bias().named("bias")


def _average(x: jax.Array) -> jax.Array:
    return jnp.mean(x, -2)


@dataclass(frozen=True, repr=False)
class gat_conv(_Heads):
    """Graph attention: scores `leaky_relu(a·W hᵢ + a'·W hⱼ)`, values `W hⱼ`. Type: `R(n, k) ⊗ P → R(n, heads · units)`, reading a
    graph, with a loop at each node unless `self_loops` is false; heads stand side by side, or are averaged.

    Source: Veličković et al. 2018 (arXiv 1710.10903), eqs. 1 to 6 (without the activation).

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.gat_conv(4, heads=2)).cod
    R(5, 8)
    """

    def _attended(self, dom: Object) -> Diagram:
        n = dom.wires[0].leaves[0].shape[0]
        mixed = identity(dom) >> linear(self.heads * self.units).named("kernel") >> reshape(n, self.heads, self.units)
        one = row_of(mixed.cod)
        send = branch(_dots().named("sender"), identity(one))
        return mixed >> graph_attention(add >> _leaky, _dots().named("receiver"), send, self.self_loops)


@dataclass(frozen=True, repr=False)
class gatv2_conv(_Heads):
    """Dynamic graph attention: scores `a · leaky_relu(W hᵢ + W' hⱼ + b)`, values `W' hⱼ + b'`. Otherwise as `gat_conv`.

    Source: Brody et al. 2022 (arXiv 2105.14491), eq. 7.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.gatv2_conv(4, heads=2, average=True)).cod
    R(5, 4)
    """

    def _attended(self, dom: Object) -> Diagram:
        width = self.heads * self.units
        one = R(self.heads, self.units, dtype=dom.wires[0].leaves[0].dtype)
        send = dense(width) >> self._cut() >> copy(one)
        return identity(dom) >> graph_attention(add >> _leaky >> _dots(), dense(width) >> self._cut(), send, self.self_loops)


@dataclass(frozen=True, repr=False)
class graph_transformer_conv(_Heads):
    """Dot-product attention along edges: scores `q(hᵢ) · k(hⱼ) / √units`, values `v(hⱼ)`. Otherwise as `gat_conv`, without loops.

    On `complete_graph` it is the self-attention of a set. Source: Shi et al. 2021 (arXiv 2009.03509), eqs. 3, 4.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> cl.graph_transformer_conv(4, heads=2)).cod
    R(5, 8)
    """

    self_loops: bool = False

    def _attended(self, dom: Object) -> Diagram:
        width, cut = self.heads * self.units, self._cut()
        query, key, value = (dense(width).named(name) >> cut for name in ("query", "key", "value"))
        return identity(dom) >> graph_attention(function(_scaled_dot, arity=2), query, branch(key, value), self.self_loops)


def _scaled_dot(q: jax.Array, k: jax.Array) -> jax.Array:
    return jnp.sum(q * k, -1) / q.shape[-1] ** 0.5
