"""The box of an equivariant linear layer: sums over bases of maps between the terms of representations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.batch import with_axis
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Box, Diagram
from catlearn.core.errors import TypingError
from catlearn.core.wires import I, Object, R, wire
from catlearn.equivariant.hom import Maps, maps_between
from catlearn.equivariant.representations import Representation, Tensor
from catlearn.equivariant.sharing import expanded


@dataclass(frozen=True)
class Piece:
    """The maps from a term of a source into a term of the target. Their weights are `w[source][start:end]`."""

    source: int
    term: int
    into: int
    maps: Maps
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.maps.basis)


@dataclass(frozen=True, repr=False)
class EquivariantMap(SmoothLayer):
    """The operation of `linear`, its `family`, on arrays: `sources` are the representations and channels on its wires."""

    family: Any
    sources: tuple[tuple[Representation, int], ...]
    target: Representation

    name = "linear"

    @property
    def arity(self) -> int:  # type: ignore[override]
        return len(self.sources)

    @cached_property
    def ends(self) -> tuple[tuple[Representation, int], ...]:
        """The sources, and for the bias a number 1 that all examples have."""
        return self.sources + ((Tensor(self.target.group), 1),) * self.family.use_bias

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        found: list[Piece] = []
        for i, (rep, _) in enumerate(self.ends):
            start = 0
            for t, into in enumerate(self.target.terms):
                for s, term in enumerate(rep.terms):
                    found.append(Piece(i, s, t, maps_between(term, into), start))
                    start = found[-1].end
        return tuple(found)

    @cached_property
    def counts(self) -> list[int]:
        """How many maps go out of each end."""
        return [max(piece.end for piece in self.pieces if piece.source == i) for i in range(len(self.ends))]

    def _each(self, value: Callable[[Piece], np.ndarray]) -> list[np.ndarray]:
        """A number for each map, by ends."""
        return [np.concatenate([value(piece) for piece in self.pieces if piece.source == i]) for i in range(len(self.ends))]

    def _unit(self, piece: Piece) -> np.ndarray:
        """By what each map is multiplied so that a normal input gives an output of unit variance."""
        return np.sqrt(self.target.terms[piece.into].size / np.array(piece.maps.norms, np.float64))

    @cached_property
    def scales(self) -> list[np.ndarray]:
        """For each end what its weights are multiplied by."""
        return self._each(lambda p: np.array(p.maps.signs) * (self._unit(p) if self.family.normalised else 1.0))

    @cached_property
    def deviations(self) -> list[np.ndarray]:
        """For each end the standard deviations with which its weights begin."""
        terms = [0] * len(self.target.terms)
        for piece in self.pieces:
            if piece.source < len(self.sources):
                terms[piece.into] += len(piece.maps.basis) * self.ends[piece.source][1]
        units = lambda p: np.ones(len(p.maps.basis)) if self.family.normalised else self._unit(p)  # noqa: E731
        return self._each(lambda p: units(p) / math.sqrt(max(terms[p.into], 1)))

    # as a layer

    def check(self, dom: Object) -> None:
        super().check(dom)
        for (rep, channels), found in zip(self.sources, dom.wires, strict=True):
            like = jax.tree.leaves(rep.arrays(channels, "float32"))
            ends = [leaf.shape[max(len(leaf.shape) - len(own.shape), 0) :] for leaf, own in zip(found.leaves, like, strict=False)]
            if ends != [own.shape for own in like]:
                raise TypingError(f"{self!r} takes arrays that end in {', '.join(str(own.shape) for own in like)}, got {dom}.")

    def parameters(self, dom: Object) -> Object:
        dtype, several, channels = dom.wires[0].leaves[0].dtype, len(self.sources) > 1, self.family.channels
        found = I
        for i, (r, (_, c_in)) in enumerate(zip(self.counts, self.sources, strict=False)):
            found = found @ R(r, c_in, channels, dtype=dtype, label=f"weight{i}" if several else "weight")
        return found @ (R(self.counts[-1], channels, dtype=dtype, label="bias") if self._biased else I)

    @property
    def _biased(self) -> bool:
        return self.family.use_bias and self.counts[-1] > 0

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        wires, n = self.parameters(dom).structs, len(self.sources)
        each = zip(wires[:n], self.deviations, jax.random.split(key, len(wires)), strict=False)
        drawn = [_column(deviation, like.dtype) * jax.random.normal(k, like.shape, like.dtype) for like, deviation, k in each]
        return (*drawn, *(jnp.zeros(like.shape, like.dtype) for like in wires[n:]))

    def codomain(self, dom: Object, param: Object) -> Object:
        leading, dtype = self._leading(dom.structs), dom.wires[0].leaves[0].dtype
        arrays = self.target.arrays(self.family.channels, dtype)
        return wire(jax.tree.map(lambda a: jax.ShapeDtypeStruct((*leading, *a.shape), dtype), arrays))

    def _leading(self, xs: Sequence[Any]) -> tuple[int, ...]:
        """The axes of batches before those of the first wire."""
        own = jax.tree.leaves(self.sources[0][0].arrays(1, "float32"))[0]
        shape = jax.tree.leaves(xs[0])[0].shape
        return shape[: len(shape) - len(own.shape)]

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram | None:
        """The same box, on one more axis, where all wires have it."""
        return Box(self, with_axis(box.dom, size), with_axis(box.cod, size), box.own, box.label) if all(batched) else None

    # on arrays

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self._forward(params, *xs)[0]

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        """Keeps parameters and inputs. What comes back is the same sum with every map transposed."""
        return self._forward, self._backward

    def _forward(self, params: tuple, *xs: Any) -> tuple[Any, Any]:
        inputs, leading = self._inputs(xs)
        weights, dtype = self._weights(params), inputs[0][0].dtype
        outs = []
        for t, into in enumerate(self.target.terms):
            own = into.arrays(self.family.channels, dtype).shape
            pieces = [(piece.maps, inputs[piece.source][piece.term], self._of(piece, weights)) for piece in self._into(t)]
            outs.append(_sum((math.prod(leading), *own), dtype, pieces).reshape(*leading, *own))
        return jax.tree.structure(self.target.arrays(1, "float32")).unflatten(outs), (params, xs)

    def _backward(self, kept: tuple, dy: Any) -> tuple[tuple, tuple]:
        params, xs = kept
        inputs, leading = self._inputs(xs)
        weights, dys = self._weights(params), [d.reshape(-1, *d.shape[len(leading) :]) for d in jax.tree.leaves(dy)]
        dxs: dict[tuple[int, int], jax.Array] = {}
        dws: list[list[jax.Array]] = [[] for _ in weights]
        for piece in self.pieces:
            place = piece.source, piece.term
            dx, dw = piece.maps.backward(inputs[place[0]][place[1]], self._of(piece, weights), dys[piece.into])
            dxs[place] = dxs[place] + dx if place in dxs else dx
            dws[piece.source].append(dw)
        changes = [jnp.concatenate(dw) * _column(c, dw[0].dtype) for dw, c in zip(dws, self.scales, strict=True)]
        back = [
            jax.tree.map(lambda x, dx: dx.reshape(x.shape), x, tree.unflatten([dxs[i, s] for s in range(tree.num_leaves)]))
            for i, (x, tree) in enumerate(zip(xs, map(jax.tree.structure, xs), strict=True))
        ]
        return (*changes[: len(xs)], *([changes[-1][:, 0]] if self._biased else [])), tuple(back)

    def _inputs(self, xs: Sequence[Any]) -> tuple[list[list[jax.Array]], tuple[int, ...]]:
        """For each end its terms, with one axis for the batch."""
        leading = self._leading(xs)
        batch = math.prod(leading)
        flat = [[x.reshape(batch, *x.shape[len(leading) :]) for x in jax.tree.leaves(value)] for value in xs]
        return flat + [[jnp.ones((batch, 1), flat[0][0].dtype)]] * self.family.use_bias, leading

    def _weights(self, params: Sequence[jax.Array]) -> list[jax.Array]:
        """For each end its weights, (maps, c_in, c_out), with all constants in them."""
        found = [*params[: len(self.sources)]]
        if self.family.use_bias:
            found.append(params[-1][:, None] if self._biased else jnp.zeros((0, 1, self.family.channels), params[0].dtype))
        return [w * _column(c, w.dtype) for w, c in zip(found, self.scales, strict=True)]

    def _into(self, t: int) -> list[Piece]:
        return [piece for piece in self.pieces if piece.into == t]

    def _of(self, piece: Piece, weights: list[jax.Array]) -> jax.Array:
        return weights[piece.source][piece.start : piece.end]

    def __repr__(self) -> str:
        return repr(self.family)


def _column(c: np.ndarray, dtype: Any) -> jax.Array:
    return jnp.asarray(c[:, None, None], dtype)


def _sum(shape: tuple[int, ...], dtype: Any, pieces: Sequence[tuple[Maps, jax.Array, jax.Array]]) -> jax.Array:
    """The sum over all maps into one term of the target: what is shared is expanded once."""
    plans = [(maps.shared, x, w) for maps, x, w in pieces if maps.shared is not None]
    others = [(maps.others, x, w) for maps, x, w in pieces if maps.others is not None]
    parts = [plan.forward(x, w[: plan.count]) for plan, x, w in plans]
    total = expanded(parts, plans[0][0].above, shape, dtype) if plans else jnp.zeros(shape, dtype)
    for other, x, w in others:
        total = total + other.forward(x, w[len(w) - other.count :])
    return total
