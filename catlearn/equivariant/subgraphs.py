"""Networks on the subgraphs around each node: permutation equivariant maps with weights for each size of a subgraph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Box, Diagram, copy, discard, identity
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite, Family
from catlearn.core.wires import Object, R, is_whole
from catlearn.equivariant.architectures import chain, invariant_head
from catlearn.equivariant.common_groups import S
from catlearn.equivariant.hom import Maps, maps_between
from catlearn.equivariant.intertwiners import forget, intertwiner
from catlearn.equivariant.linear import linear
from catlearn.equivariant.representations import power_of
from catlearn.equivariant.sharing import expanded
from catlearn.nets.function import relu


class _OfNodes(SmoothLayer):
    """A box that treats all nodes alike: it commutes with permutations of them by the way it is written."""

    powers: tuple[int, ...]

    def target(self, group: S, dom: Object) -> Object:
        """The codomain."""
        raise NotImplementedError

    def resolve(self, dom: Object) -> Diagram:
        self.check(dom)
        group = dom.wires[0].rep.group  # type: ignore[attr-defined]
        plain, cod = forget(dom), self.target(group, dom)
        return intertwiner(Box(self, plain, forget(cod), self.parameters(plain)), dom, cod)

    def check(self, dom: Object) -> None:
        reps = [getattr(wire, "rep", None) for wire in dom.wires]
        group = getattr(reps[0], "group", None) if reps else None
        if not isinstance(group, S) or reps != [power_of(group, k) for k in self.powers]:
            wanted = " @ ".join(f"S(n).power({k}, …)" for k in self.powers)
            raise TypingError(f"{self!r} takes {wanted}, got {dom}.")


def _channels(dom: Object) -> int:
    return dom.wires[0].leaves[0].shape[-1]


@dataclass(frozen=True, repr=False)
class ego_networks(_OfNodes):
    """Which nodes are within so many steps of each node: 1 at (i, a) where a is, 0 elsewhere. Type: `V ⊗ V(c) → V ⊗ V`.

    There is an edge where a number of channel 0 is not 0, in one of the two directions. Nothing is differentiated through it.

    >>> ego = S(3).power(2) >> ego_networks(1)
    >>> ego((), jnp.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 0]])[..., None])[..., 0].tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """

    hops: int = 1

    powers = (2,)

    def __post_init__(self) -> None:
        if not is_whole(self.hops, least=0):
            raise TypingError(f"ego_networks: hops must be a whole number ≥ 0, got {self.hops!r}.")

    def target(self, group: S, dom: Object) -> Object:
        return group.power(2, 1, dom.wires[0].leaves[0].dtype)

    def apply(self, params: tuple, *xs: Any) -> Any:
        edge = jax.lax.stop_gradient(xs[0][..., 0]) != 0
        near = (edge | edge.T | jnp.eye(len(edge), dtype=bool)).astype(xs[0].dtype)
        reached = jnp.eye(len(edge), dtype=xs[0].dtype)
        for _ in range(int(self.hops)):
            reached = (reached @ near > 0).astype(near.dtype)
        return reached[..., None]


@dataclass(frozen=True, repr=False)
class induced(_OfNodes):
    """The subgraph on each node's own set of nodes: `y_iab = m_ia m_ib x_ab`. Type: `V ⊗ V(c) ⊗ V ⊗ V → V ⊗ V ⊗ V(c)`.

    >>> (S(5).power(2, channels=3) @ S(5).power(2) >> induced()).cod
    S(5).power(3, channels=3)
    """

    powers = (2, 2)
    arity = 2

    def target(self, group: S, dom: Object) -> Object:
        return group.power(3, _channels(dom), dom.wires[0].leaves[0].dtype)

    def apply(self, params: tuple, *xs: Any) -> Any:
        x, m = xs
        return x[None] * m[:, :, None] * m[:, None, :]


@dataclass(frozen=True, repr=False)
class linear_by_size(_OfNodes):
    """The general map of 2-tensors that permutations of a subgraph's own nodes commute with, and its bias.

    Type: `V³(c) ⊗ V² → V³(channels)` with the subgraph of node i on the first axis and `m_ia` saying whether a is one of its
    nodes. Parameters `weight` (sizes, 15, c, channels), `bias` (sizes, 2, channels): one set for each number of nodes from 1 to
    `sizes` (n unless given), and larger subgraphs share the last. A subgraph of s nodes, padded with zeros to n, goes through
    the diagrams of S(n), and what stands at its own nodes is the diagram of S(s); of the 15, 8 are independent for s = 2 and 14
    for s = 3. Source: Mitton, Murray-Smith 2021 (arXiv 2111.11840), with the layers of Maron et al. 2019 (arXiv 1812.09902).

    >>> (S(5).power(3, channels=2) @ S(5).power(2) >> linear_by_size(4)).param.size  # 5 (15·2·4 + 2·4)
    640
    """

    channels: int
    sizes: int | None = None

    powers = (3, 2)
    arity = 2

    def __post_init__(self) -> None:
        for name, value in (("channels", self.channels), ("sizes", 1 if self.sizes is None else self.sizes)):
            if not is_whole(value, least=1):
                raise TypingError(f"linear_by_size: {name} must be a whole number ≥ 1, got {value!r}.")

    def target(self, group: S, dom: Object) -> Object:
        return group.power(3, self.channels, dom.wires[0].leaves[0].dtype)

    def _maps(self, n: int) -> tuple[Maps, Maps]:
        pairs, one = power_of(S(n), 2), power_of(S(n), 0)
        return maps_between(pairs, pairs), maps_between(one, pairs)

    def parameters(self, dom: Object) -> Object:
        n, dtype = dom.wires[0].leaves[0].shape[0], dom.wires[0].leaves[0].dtype
        sizes = min(self.sizes or n, n)
        maps, bias = self._maps(n)
        weight = R(sizes, len(maps.basis), _channels(dom), self.channels, dtype=dtype, label="weight")
        return weight @ R(sizes, len(bias.basis), self.channels, dtype=dtype, label="bias")

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        weight, bias = self.parameters(dom).structs
        deviation = 1 / np.sqrt(weight.shape[1] * weight.shape[2])
        return deviation * jax.random.normal(key, weight.shape, weight.dtype), jnp.zeros(bias.shape, bias.dtype)

    def apply(self, params: tuple, *xs: Any) -> Any:
        (weight, bias), (x, m) = params, xs
        n, room = len(x), len(weight)
        maps, constants = self._maps(n)
        size = jax.lax.stop_gradient(m[..., 0].sum(1)).astype(jnp.int32)
        row = jnp.clip(size, 1, room) - 1
        w = weight[row] * _scales(maps, n, x.dtype)[size][:, :, None, None]
        b = bias[row] * _scales(constants, n, x.dtype)[size][:, :, None]

        def one(x: jax.Array, w: jax.Array, b: jax.Array) -> jax.Array:
            assert maps.shared and constants.shared
            parts = [maps.shared.forward(x[None], w), constants.shared.forward(jnp.ones((1, 1), x.dtype), b[:, None])]
            return expanded(parts, maps.shared.above, (1, n, n, self.channels), x.dtype)[0]

        return jax.vmap(one)(x, w, b) * m[:, :, None] * m[:, None, :]


def _scales(maps: Maps, n: int, dtype: Any) -> jax.Array:
    """For subgraphs of 0 to n nodes the root of s² / ‖D‖², s² entries each: as `linear` is normalised. (n + 1, maps)."""
    blocks = np.array([len(d.blocks) for d in maps.basis], np.float64)
    s = np.maximum(np.arange(n + 1.0), 1)[:, None]
    return jnp.asarray(s ** (1 - blocks / 2), dtype)


@dataclass(frozen=True, repr=False)
class overlapped(_OfNodes):
    """What subgraphs say of each pair of nodes, on average over those that hold both. Type: `V³(c) ⊗ V² → V²(c)`.

    `y_ab = Σ_i m_ia m_ib x_iab / Σ_i m_ia m_ib`, and 0 for pairs that no subgraph holds.

    >>> (S(5).power(3, channels=3) @ S(5).power(2) >> overlapped()).cod
    S(5).power(2, channels=3)
    """

    powers = (3, 2)
    arity = 2

    def target(self, group: S, dom: Object) -> Object:
        return group.power(2, _channels(dom), dom.wires[0].leaves[0].dtype)

    def apply(self, params: tuple, *xs: Any) -> Any:
        x, m = xs
        both = m[:, :, None] * m[:, None, :]
        return (both * x).sum(0) / jnp.maximum(both.sum(0), 1)


@dataclass(frozen=True, repr=False)
class subgraph_layer(Composite):
    """Subgraphs, an equivariant map of each, and back to the graph. Type: `V²(c) ⊗ V² → V²(channels) ⊗ V²`; the sets go along.

    The composite `induced >> linear_by_size >> activation >> overlapped`.

    >>> (S(5).power(2, channels=3) @ S(5).power(2) >> subgraph_layer(4)).cod
    S(5).power(2, channels=4) @ S(5).power(2)
    """

    channels: int
    sizes: int | None = None
    activation: Family = relu

    arity = 2

    def build(self, dom: Object) -> Diagram:
        sets = dom[1]
        found = dom[0] @ copy(sets, 4) >> (induced() @ sets @ sets @ sets)
        found = found >> ((linear_by_size(self.channels, self.sizes) >> self.activation) @ sets @ sets)
        return found >> (overlapped() @ sets)


def subgraph_network(
    widths: Sequence[int] = (16, 16),
    out: int | None = 1,
    *,
    hops: int = 1,
    sizes: int | None = None,
    head: Sequence[int] = (32,),
    activation: Family = relu,
    norm: bool = True,
) -> Family:
    """A subgraph permutation equivariant network (SPEN). Type: `V²(c) → R(out)` for V of S(n); `V²(c) → V(w)` with out=None.

    As in the paper: the subgraph on the nodes within `hops` steps of each node; on each the general permutation equivariant map,
    with weights that subgraphs of one size share; results averaged over the subgraphs that hold a pair, after each layer; an
    invariant readout. Simplified here: features of every layer are 2-tensors (the paper has V ⊕ V² too), and what nodes have is
    on their diagonal; subgraphs larger than `sizes` share weights (the paper groups sizes by a table); a layer norm on the
    invariants (`norm`) in place of norms in between; the graph is dense, O(n³) numbers a channel. Channel 0 of the input says
    where edges are.
    Source: Mitton, Murray-Smith 2021 (arXiv 2111.11840), §3 and §4.

    >>> (S(5).power(2) >> subgraph_network((4, 4), 2)).cod, (S(5).power(2) >> subgraph_network((4,), None)).cod
    (R(2), S(5).power(1, channels=4))
    """
    if not len(widths):
        raise TypingError("subgraph_network takes the channels of one layer or more, got none.")
    layers = chain([_with_sets(hops), *(subgraph_layer(w, sizes, activation) for w in widths), _features()])
    if out is None:
        return layers >> linear(power=1, channels=widths[-1])
    return layers >> invariant_head(head, out, activation, norm)


@dataclass(frozen=True, repr=False)
class _with_sets(Composite):
    """The graph, and its sets of nodes. Type: `V²(c) → V²(c) ⊗ V²`."""

    hops: int

    name = "with_sets"

    def build(self, dom: Object) -> Diagram:
        return copy(dom) >> (dom @ ego_networks(self.hops))


@dataclass(frozen=True, repr=False)
class _features(Composite):
    """The graph without its sets. Type: `V²(c) ⊗ V² → V²(c)`."""

    arity = 2
    name = "features"

    def build(self, dom: Object) -> Diagram:
        return identity(dom[0]) @ discard(dom[1])
