"""Frames: a few group elements for each input, so that averages over large and infinite groups are finite.

A frame is a map F from inputs to sets of elements with `F(ρ(g) x) = g F(x)`. Source: Puny et al. 2022 (arXiv 2110.03336).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, wiring
from catlearn.core.errors import TypingError
from catlearn.core.shown import Shown
from catlearn.core.text import short
from catlearn.core.wires import Object, is_whole
from catlearn.equivariant.common_groups import S
from catlearn.equivariant.euclidean import SE, E
from catlearn.equivariant.intertwiners import RepWire, forget
from catlearn.equivariant.lie_groups import SO, O
from catlearn.equivariant.representations import Tensor
from catlearn.equivariant.symmetrise import over_frame
from catlearn.equivariant.whole import Made, group_of, plain_between, whole


def frame_average(phi: Any, frame: Any, dom: Object, cod: Object) -> Diagram:
    """The average of a plain model over a frame: an intertwiner with the model's parameters, after those of the frame, if any.

    Type: `(φ : U A ⊗ P → U B) ↦ (⟨φ⟩ : A ⊗ P → B)`, `⟨φ⟩(x) = 1/m Σ_{g ∈ F(x)} ρ'(g) φ(ρ(g)⁻¹ x)`. The frame is
    `pca_frame()`, `sorting_frame()`, or an arrow of Smooth `U A → R(m, n, n)` that gives m elements of the group as matrices;
    nobody can check of the last that `F(ρ(g) x) = g F(x)` as sets, and where that fails, so does equivariance.

    As `symmetrise`, it fixes intertwiners and is linear in φ; `⟨b ∘ φ⟩ = b ∘ ⟨φ⟩` for affine intertwiners b; and
    `⟨φ ∘ a⟩ = ⟨φ⟩ ∘ a` for an intertwiner a where the left side's frame is that of the right side after a. It is no functor:
    in general `⟨ψ ∘ φ⟩ ≠ ⟨ψ⟩ ∘ ⟨φ⟩`.
    Raises TypingError for a frame or a model of another type.
    Source: Puny et al. 2022 (arXiv 2110.03336), equations 3 and 4.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import O
    >>> cloud = O(3).power(1, channels=8)
    >>> frame_average(cl.flatten >> cl.dense(5), pca_frame(), cloud, cl.R(5)).cod
    R(5)
    """
    f = plain_between(phi, dom, cod, "frame_average")
    group = group_of(dom, cod, lambda: "frame_average")
    F = frame.at(dom) if isinstance(frame, Frame) else forget(dom) >> frame
    shape = F.cod.wires[0].leaves[0].shape if len(F.cod) == 1 and len(F.cod.wires[0].leaves) == 1 else ()
    if F.dom != forget(dom) or len(shape) != 3 or shape[1:] != (group.n, group.n) or not shape[0]:
        raise TypingError(
            f"frame_average: a frame for {group!r} at {dom} is an arrow {forget(dom)} → R(m, {group.n}, {group.n}), and "
            f"{short(frame)} is {F.dom} → {F.cod}."
        )
    made = Made("frame_average", f"frame_average({f.code()}, {frame!r}, {dom}, {cod})")
    return whole(over_frame(f, F, dom, cod), made, dom, cod)


class Frame(Shown):
    """A frame that depends on the group: `at(dom)` is the arrow of Smooth `U A → R(m, n, n)`."""

    def at(self, dom: Object) -> Diagram:
        raise NotImplementedError


@dataclass(frozen=True)
class pca_frame(Frame):
    """The principal axes of a point cloud, with all choices of their signs: 2ᵈ elements, for rotations those 2ᵈ⁻¹ among them.

    It looks at wire number `wire`, or the first with an action, which is `power(1, channels)` of O(d), SO(d), E(d) or SE(d):
    a point is a column. Axes are eigenvectors of `x xᵀ`; for the Euclidean groups of that of the centred points, with the
    mean as translation. Where eigenvalues agree (a symmetric cloud) axes are not determined, and equivariance fails; near to
    that it loses digits, as float error over the gap between eigenvalues. The average jumps where they cross.
    Raises TypingError for other wires, and too few channels to determine axes.
    Source: Puny et al. 2022 (arXiv 2110.03336), §3.1.
    """

    wire: int | None = None

    def at(self, dom: Object) -> Diagram:
        place, wire = looked_at(self, dom, self.wire, (O, SO, E, SE))
        group = wire.rep.group
        affine, special = isinstance(group, E | SE), isinstance(group, SO | SE)
        d = group.n - affine
        least = d - 1 + affine
        if wire.channels < least:
            raise TypingError(f"{self!r} at {dom}: {wire.channels} points don't determine {d} axes; give at least {least}.")
        return wiring(forget(dom), (place,)) >> Axes(affine, special)


@dataclass(frozen=True)
class sorting_frame(Frame):
    """The permutation that sorts the rows of an array, as a frame of one element for S(n).

    It looks at wire number `wire`, or the first with an action, which is `S(n).power(1, channels)`. Rows are sorted by channel
    `by`, or unless told by all of them, lexicographically. Of rows that tie the first comes first. Where whole rows are equal,
    outputs that permutations don't move are exact still, and others may differ in such rows; with `by`, other ties break
    both. The average jumps where the order changes. Raises TypingError for other wires, and a channel that is not there.
    Source: Puny et al. 2022 (arXiv 2110.03336), §3.2; Kaba et al. 2023 (arXiv 2211.06489), §3.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import S
    >>> sets = S(3).power(1, channels=2)
    >>> f = frame_average(cl.function(lambda x: x[0]), sorting_frame(), sets, cl.R(2))
    >>> f((), jnp.array([[3.0, 0.0], [1.0, 5.0], [2.0, 7.0]]))
    Array([1., 5.], dtype=float32)
    """

    by: int | None = None
    wire: int | None = None

    def at(self, dom: Object) -> Diagram:
        place, wire = looked_at(self, dom, self.wire, (S,))
        if self.by is not None and not (is_whole(self.by) and self.by < wire.channels):
            raise TypingError(f"{self!r} at {dom}: channels are 0 to {wire.channels - 1}.")
        return wiring(forget(dom), (place,)) >> Sorting(self.by)


def looked_at(frame: Any, dom: Object, wire: int | None, groups: tuple) -> tuple[int, RepWire]:
    """The wire that a frame looks at, and its place. Raises TypingError unless it is `power(1)` of one of these groups."""
    acting = [i for i, w in enumerate(dom.wires) if isinstance(w, RepWire)]
    place = wire if wire is not None else next(iter(acting), None)
    found = dom.wires[place] if place in acting else None
    if found is None or not isinstance(found.rep, Tensor) or found.rep.powers != (1,) or not isinstance(found.rep.group, groups):
        names = ", ".join(f"{group.__name__}(n)" for group in groups)
        raise TypingError(f"{frame!r} looks at a wire G.power(1, channels), for G among {names}, and there is none in {dom}.")
    return place, found  # type: ignore[return-value]


# the boxes


@dataclass(frozen=True, repr=False)
class Axes(SmoothLayer):
    """Principal axes with all signs, as elements of O, SO, E or SE. Type: `R(n, channels) → R(m, n, n)`."""

    affine: bool
    special: bool

    precise = True

    def apply(self, params: tuple, *xs: Any) -> Any:
        if not self.affine:
            return self._signed(xs[0])
        x, last = xs[0][:-1], xs[0][-1]
        mean = jnp.sum(x * last, 1) / jnp.sum(last * last)  # of points, where the last coordinate is 1; vectors have 0
        turns = self._signed(x - mean[:, None] * last)
        shift = jnp.broadcast_to(mean[:, None], (len(turns), len(x), 1))
        below = jnp.broadcast_to(jnp.eye(len(x) + 1, dtype=x.dtype)[-1:], (len(turns), 1, len(x) + 1))
        return jnp.concatenate([jnp.concatenate([turns, shift], 2), below], 1)

    def _signed(self, x: jax.Array) -> jax.Array:
        axes = jnp.linalg.eigh(jnp.matmul(x, x.T, precision="highest"))[1]
        d = len(x)
        free = d - self.special
        signs = jnp.asarray(np.array([*itertools.product((1, -1), repeat=free)]).reshape(-1, free), x.dtype)
        if self.special:
            orientation = jax.lax.stop_gradient(jnp.sign(jnp.linalg.det(axes)))
            signs = jnp.concatenate([signs, orientation * jnp.prod(signs, 1, keepdims=True)], 1)
        return axes * signs[:, None, :]


@dataclass(frozen=True, repr=False)
class Sorting(SmoothLayer):
    """The permutation that sorts rows, as a matrix. Type: `R(n, channels) → R(1, n, n)`."""

    by: int | None

    precise = True

    def apply(self, params: tuple, *xs: Any) -> Any:
        x = jax.lax.stop_gradient(xs[0])
        order = jnp.lexsort(x.T[::-1]) if self.by is None else jnp.argsort(x[:, self.by])
        return permutation_matrix(order, x.dtype)[None]


def permutation_matrix(order: jax.Array, dtype: Any) -> jax.Array:
    """The matrix P with `P eᵢ = e_{order[i]}`: its inverse puts rows in this order. Type: `R(n) → R(n, n)`."""
    return jnp.eye(len(order), dtype=dtype)[:, order]
