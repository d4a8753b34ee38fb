"""Equivariant linear layers: a weight for each diagram, and channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from catlearn.core.diagram import Diagram
from catlearn.core.errors import EquivarianceError, TypingError
from catlearn.core.family import Family
from catlearn.core.wires import Object, count, is_whole
from catlearn.equivariant.hom import representation, why_zero
from catlearn.equivariant.intertwiners import forget, intertwiner, represented
from catlearn.equivariant.mapping import EquivariantMap
from catlearn.equivariant.representations import Representation, Tensor


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

    Products are in full precision, unless `jax.default_matmul_precision` asks for another: what GPUs take by default rounds so
    that O(n) acts up to 1e-3 only.

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
        op = EquivariantMap(self, tuple(_carried(wire, group, dtype, self) for wire in dom.wires), target)
        if not any(op.counts[: len(dom)]):
            reasons = {why_zero(group, source, target) for source, _ in op.sources}
            raise EquivarianceError(
                f"{self!r} at {dom}: there is no equivariant map but zero.\n  " + "\n  ".join(map(str, reasons))
            )
        return intertwiner(op.boxed(forget(dom)), dom, represented(target, self.channels, dtype))

    def _group(self, dom: Object) -> Any:
        said = [self.group, getattr(self.rep, "group", None), *(wire.rep.group for wire in dom.wires if hasattr(wire, "rep"))]
        groups = [group for group in said if group is not None]
        if not groups:
            raise TypingError(
                f"{self!r} at {dom}: no wire carries a representation; write it as S(12).power(2, channels=3), or give "
                "group=S(12)."
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
