"""Equivariant linear layers: a weight for each diagram, and channels."""

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
from catlearn.core.errors import EquivarianceError, TypingError
from catlearn.core.family import Family
from catlearn.core.wires import I, Object, R, count, is_whole
from catlearn.equivariant.hom import Maps, maps_between, representation, why_zero
from catlearn.equivariant.intertwiners import forget, intertwiner, represented
from catlearn.equivariant.representations import Representation, Tensor
from catlearn.equivariant.sharing import Row, expanded


@dataclass(frozen=True, repr=False)
class linear(Family):
    """The general equivariant linear map between representations, and its bias. Type: `V ⊗ W^r → V'`, channels on the last axes.

    `y = Σ_i c_i B_i x W_i + Σ_j c_j b_j β_j` over the bases `basis(group, V, V')` and `basis(group, 1, V')`, with parameters
    `weight` (r, c_in, c_out), for each wire of the domain, and `bias` (r₀, c_out). The target is a power of the standard
    representation (an exponent for each factor of a product of groups), or `rep`. Diagrams share their work: see `Shared` for the
    cost, O(n^max(k, l)) numbers read and written for each channel, never n^(k + l). Diagrams that depend on others are left out.

    With `normalised` each map is divided by the root of its mean square, so `c_i = √(size of V') / ‖B_i‖`, and weights begin as
    normal numbers of variance 1 / Σ r c_in: outputs have unit variance, and an optimiser's steps are of like effect. Without,
    `c_i = 1`, and weights begin at the same function. `group` is needed where the domain has no wire with an action.

    Raises EquivarianceError where the only equivariant map is zero, and says why; TypingError for other misfits.
    Sources: Maron et al. 2019 (arXiv 1812.09902); Pearce-Crump 2022 (arXiv 2212.08648, 2212.08630); channels: theorem
    `Hom(V ⊗ ℝ^C, W ⊗ ℝ^C') = Hom(V, W) ⊗ ℝ^(C' × C)`.

    >>> from catlearn.equivariant import S
    >>> S(12).power(2, channels=3) >> linear(power=2, channels=32)
    S(12).power(2, channels=3) >> linear(power=2, channels=32)
    # S(12).power(2, channels=3) → S(12).power(2, channels=32), 1,504 parameters: weight (15, 3, 32), bias (2, 32)
    """

    power: Any = None
    channels: int = 1
    rep: Representation | None = None
    group: Any = None
    use_bias: bool = True
    normalised: bool = True
    arity: int = 1  # type: ignore[assignment]

    name = "linear"

    def __post_init__(self) -> None:
        if not is_whole(self.channels, least=1):
            raise TypingError(f"linear: channels must be a whole number ≥ 1, got {self.channels!r}.")
        if (self.power is None) == (self.rep is None):
            raise TypingError("linear goes to a power of the standard representation, or to `rep`: give one of them.")

    def resolve(self, dom: Object) -> Diagram:
        if len(dom) != self.arity:
            raise TypingError(f"{self!r} takes {count(self.arity, 'wire')}, got {len(dom)}: {dom}.")
        group = self._group(dom)
        target = representation(group, self.power if self.rep is None else self.rep)
        dtype = dom.wires[0].leaves[0].dtype
        op = EquivariantMap(self, tuple(_carried(wire, group, dtype, self) for wire in dom.wires), target, str(dtype))
        if not op.counts:
            reasons = {why_zero(group, source, target) for source, _ in op.sources}
            raise EquivarianceError(
                f"{self!r} at {dom}: there is no equivariant map but zero.\n  " + "\n  ".join(map(str, reasons))
            )
        plain = forget(dom)
        box = Box(op, plain, forget(represented(target, self.channels, dtype)), op.parameters(plain))
        return intertwiner(box, dom, represented(target, self.channels, dtype))

    def _group(self, dom: Object) -> Any:
        said = [self.group, getattr(self.rep, "group", None), *(wire.rep.group for wire in dom.wires if hasattr(wire, "rep"))]
        groups = [group for group in said if group is not None]
        if not groups:
            raise TypingError(
                f"{self!r} at {dom}: no wire carries a representation; write one as S(12).power(2, channels=3), or give group="
            )
        if any(group != groups[0] for group in groups):
            raise EquivarianceError(
                f"{self!r} at {dom}: all are representations of one group, got {', '.join(map(repr, groups))}."
            )
        return groups[0]


def _carried(wire: Any, group: Any, dtype: Any, layer: linear) -> tuple[Representation, int]:
    """The representation on a wire, and how many channels it has: those of a plain wire are trivial ones."""
    leaves = wire.leaves
    if any(not jnp.issubdtype(leaf.dtype, jnp.inexact) or leaf.dtype != dtype for leaf in leaves):
        raise TypingError(f"{layer!r} takes wires of one type of floats, got {Object((wire,))}; convert with `.astype`.")
    if hasattr(wire, "rep"):
        return wire.rep, wire.channels
    if len(leaves) != 1 or len(leaves[0].shape) != 1:
        raise TypingError(f"{layer!r} takes a plain wire as invariants, of shape (channels,), got {Object((wire,))}.")
    return Tensor(group), leaves[0].shape[0]


@dataclass(frozen=True, repr=False)
class EquivariantMap(SmoothLayer):
    """The operation of `linear`: the sum over all maps between the representations on its wires and the target."""

    family: linear
    sources: tuple[tuple[Representation, int], ...]
    target: Representation
    dtype: str

    name = "linear"

    @property
    def arity(self) -> int:  # type: ignore[override]
        return len(self.sources)

    @cached_property
    def maps(self) -> list[list[list[Maps]]]:
        """For each source, each term of the target and each term of the source, the maps between them; last, the bias."""
        ends = [source for source, _ in self.sources] + [Tensor(self.target.group)] * self.family.use_bias
        return [[[maps_between(s, t) for s in end.terms] for t in self.target.terms] for end in ends]

    @cached_property
    def counts(self) -> int:
        """How many maps there are, beside the bias."""
        return sum(len(one.basis) for each in self.maps[: len(self.sources)] for row in each for one in row)

    @cached_property
    def scales(self) -> list[np.ndarray]:
        """For each source what its weights are multiplied by; and last the bias's."""
        return [np.concatenate([self._scale(one, t) for t, row in enumerate(each) for one in row]) for each in self.maps]

    def _scale(self, one: Maps, t: int) -> np.ndarray:
        signs = np.array(one.signs, np.float64)
        if not self.family.normalised:
            return signs
        return signs * np.sqrt(self.target.terms[t].size / np.array(one.norms, np.float64))

    @cached_property
    def deviations(self) -> list[np.ndarray]:
        """For each source the standard deviations with which its weights begin."""
        found = []
        for each in self.maps[: len(self.sources)]:
            rows = []
            for t, row in enumerate(each):
                terms = sum(len(o.basis) * c for m, (_, c) in zip(self.maps, self.sources, strict=False) for o in m[t])
                size = self.target.terms[t].size
                for one in row:
                    norms = np.array(one.norms, np.float64)
                    rows.append(np.sqrt((np.ones_like(norms) if self.family.normalised else size / norms) / max(terms, 1)))
            found.append(np.concatenate(rows) if rows else np.zeros(0))
        return found

    def parameters(self, dom: Object) -> Object:
        several = len(self.sources) > 1
        found, dtype = I, self.dtype
        for i, (each, (_, c_in)) in enumerate(zip(self.maps, self.sources, strict=False)):
            r = sum(len(one.basis) for row in each for one in row)
            found = found @ R(r, c_in, self.family.channels, dtype=dtype, label=f"weight{i if several else ''}")
        if self.family.use_bias:
            r = sum(len(one.basis) for row in self.maps[-1] for one in row)
            found = found @ (R(r, self.family.channels, dtype=dtype, label="bias") if r else I)
        return found

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        wires = self.parameters(dom)
        drawn = []
        for wire, k in zip(wires.structs, jax.random.split(key, len(wires)), strict=True):
            if len(drawn) < len(self.sources):
                deviation = jnp.asarray(self.deviations[len(drawn)], wire.dtype)[:, None, None]
                drawn.append(deviation * jax.random.normal(k, wire.shape, wire.dtype))
            else:
                drawn.append(jnp.zeros(wire.shape, wire.dtype))
        return tuple(drawn)

    def codomain(self, dom: Object, param: Object) -> Object:
        leading = self._leading(dom.structs)
        arrays = self.target.arrays(self.family.channels, self.dtype)
        grown = jax.tree.map(lambda a: jax.ShapeDtypeStruct((*leading, *a.shape), a.dtype), arrays)
        return _object(grown)

    def _leading(self, xs: Sequence[Any]) -> tuple[int, ...]:
        """The axes of batches before those of the first wire."""
        rep, _ = self.sources[0]
        own = jax.tree.leaves(rep.arrays(1, self.dtype))[0]
        shape = jax.tree.leaves(xs[0])[0].shape
        return shape[: len(shape) - len(own.shape)]

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self._forward(params, *xs)[0]

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        return self._forward, self._backward

    def _inputs(self, xs: Sequence[Any]) -> tuple[list[list[jax.Array]], tuple[int, ...]]:
        """For each source its terms with one axis for the batch; last, ones for the bias."""
        leading = self._leading(xs)
        batch = math.prod(leading)
        flat = [[x.reshape(batch, *x.shape[len(leading) :]) for x in jax.tree.leaves(value)] for value in xs]
        return flat + [[jnp.ones((batch, 1), self.dtype)]] * self.family.use_bias, leading

    def _weights(self, params: Sequence[jax.Array]) -> list[jax.Array]:
        weights = [*params[: len(self.sources)]]
        if self.family.use_bias:
            bias = params[-1] if len(params) > len(self.sources) else jnp.zeros((0, self.family.channels), self.dtype)
            weights.append(bias[:, None])
        return [w * jnp.asarray(c[:, None, None], w.dtype) for w, c in zip(weights, self.scales, strict=True)]

    def _terms(self, weights: Sequence[jax.Array]) -> list[list[tuple[int, int, Maps, jax.Array]]]:
        """For each term of the target: (source, its term, maps, weights)."""
        found: list[list] = [[] for _ in self.target.terms]
        for i, each in enumerate(self.maps):
            start = 0
            for t, row in enumerate(each):
                for s, one in enumerate(row):
                    end = start + len(one.basis)
                    found[t].append((i, s, one, weights[i][start:end]))
                    start = end
        return found

    def _forward(self, params: tuple, *xs: Any) -> tuple[Any, Any]:
        inputs, leading = self._inputs(xs)
        outs = []
        for term, pieces in zip(self.target.terms, self._terms(self._weights(params)), strict=True):
            shape = (math.prod(leading), *term.arrays(self.family.channels, self.dtype).shape)
            outs.append(_into(shape, self.dtype, pieces, inputs).reshape(*leading, *shape[1:]))
        return self._packed(outs), (params, xs)

    def _packed(self, outs: list[jax.Array]) -> Any:
        return jax.tree.structure(self.target.arrays(1, self.dtype)).unflatten(outs)

    def _backward(self, kept: tuple, dy: Any) -> tuple[tuple, tuple]:
        params, xs = kept
        inputs, leading = self._inputs(xs)
        weights = self._weights(params)
        dxs = [[jnp.zeros_like(x) for x in each] for each in inputs]
        dws: list[list[jax.Array]] = [[] for _ in inputs]
        for d, pieces in zip(jax.tree.leaves(dy), self._terms(weights), strict=True):
            d = d.reshape(math.prod(leading), *d.shape[len(leading) :])
            for i, s, one, w in pieces:
                dx, dw = _back(one, inputs[i][s], w, d)
                dxs[i][s] = dx if len(self.target.terms) == 1 else dxs[i][s] + dx
                dws[i].append(dw)
        changes = [
            jnp.concatenate(dw) * jnp.asarray(c[:, None, None], self.dtype) for dw, c in zip(dws, self.scales, strict=True)
        ]
        dparams = (*changes[: len(self.sources)], *([changes[-1][:, 0]] if len(params) > len(self.sources) else []))
        back = [
            jax.tree.structure(x).unflatten([a.reshape(v.shape) for a, v in zip(dx, jax.tree.leaves(x), strict=True)])
            for x, dx in zip(xs, dxs, strict=False)
        ]
        return dparams, tuple(back)

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram | None:
        """The same box, on one more axis."""
        if not all(batched):
            return None
        return Box(box.op, with_axis(box.dom, size), with_axis(box.cod, size), box.own, box.label)

    def __repr__(self) -> str:
        return repr(self.family)


def _object(tree: Any) -> Object:
    from catlearn.core.wires import Wire

    return Object((Wire.of(tree),))


def _into(shape: tuple[int, ...], dtype: Any, pieces: list, inputs: list[list[jax.Array]]) -> jax.Array:
    """The sum over all maps into one term of the target: what is shared is expanded once."""
    parts = [one.shared.forward(inputs[i][s], w[: one.shared.count]) for i, s, one, w in pieces if one.shared]
    row: Row | None = next((one.shared.above for *_, one, _ in pieces if one.shared), None)
    total = jnp.zeros(shape, dtype) if row is None else expanded(parts, row, shape, dtype)
    for i, s, one, w in pieces:
        if one.others is not None:
            total = total + one.others.forward(inputs[i][s], w[len(w) - one.others.count :])
    return total


def _back(one: Maps, x: jax.Array, w: jax.Array, dy: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The changes of the input and of the weights, of the maps between two terms."""
    n = one.shared.count if one.shared else 0
    dx, dws = jnp.zeros_like(x), []
    if one.shared is not None:
        dx, dw = one.shared.backward(x, w[:n], dy)
        dws.append(dw)
    if one.others is not None:
        more, dw = jax.vjp(one.others.forward, x, w[n:])[1](dy)
        dx, dws = (dx + more if one.shared is not None else more), [*dws, dw]
    return dx, jnp.concatenate(dws) if dws else jnp.zeros_like(w)
