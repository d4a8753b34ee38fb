"""Symmetrisation of plain models: the average of a model over group elements that a frame chooses for each input.

All of it is one diagram of Smooth. A frame `F : A → Gᵐ` gives m elements for each input, and the average is

    A → A ⊗ Gᵐ        copy, and the frame on one copy
      → Aᵐ ⊗ Gᵐ       ρ(g)⁻¹ x for each of the elements
      → Bᵐ ⊗ Gᵐ       the batch functor's image of the model, with its parameters
      → B             the mean of ρ'(g) y

The group's own elements, whatever the input, are the Reynolds operator. Sources: Yarotsky 2022 (arXiv 1804.10306), §2;
Murphy et al. 2019 (arXiv 1811.01900); Puny et al. 2022 (arXiv 2110.03336), equation 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.batch import batch
from catlearn.categories.function import constant
from catlearn.categories.loop import loop
from catlearn.categories.smooth import SmoothLayer, is_smooth, zeros_of
from catlearn.core.diagram import Diagram, copy, identity, wiring
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.wires import I, Object, R, is_whole
from catlearn.equivariant.intertwiners import forget
from catlearn.equivariant.whole import Made, group_of, plain_between, representations, whole

MOST = 50_000  # elements of a group that is averaged over


def symmetrise(phi: Any, dom: Object, cod: Object, chunk: int = 256) -> Diagram:
    """The average of a plain model over a finite group, the Reynolds operator: an intertwiner with the model's parameters.

    Type: `(φ : U A ⊗ P → U B) ↦ (𝓡φ : A ⊗ P → B)`, `𝓡φ = 1/|G| Σ_g ρ'(g) ∘ φ ∘ ρ(g)⁻¹`, for objects A, B with actions of G
    whose types without them, `U A = forget(A)`, are those of φ (a diagram, or a family). The model runs on |G| inputs at once,
    or in a loop on `chunk` of them (on the largest divisor of |G| up to it).

    On objects it is the choice of actions. On arrows, with a, b intertwiners:
    - `𝓡(a) = a`, identities among them: it is a projection onto Hom_G, and the orthogonal one on linear maps where the
      representations are orthogonal, of rank dim Hom_G;
    - `𝓡(φ ∘ a) = 𝓡(φ) ∘ a`, and `𝓡(b ∘ φ) = b ∘ 𝓡(φ)` where b is affine;
    - it is linear in φ, and no functor: in general `𝓡(ψ ∘ φ) ≠ 𝓡(ψ) ∘ 𝓡(φ)`.

    Raises ArgumentError for infinite groups and those of more than 50 000 elements, TypingError for other types than declared.
    Sources: Yarotsky 2022 (arXiv 1804.10306), §2.1; Murphy et al. 2019 (arXiv 1811.01900), equation 3.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import S
    >>> sets = S(3).power(1, channels=2)
    >>> model = symmetrise(cl.flatten >> cl.dense(6) >> cl.tanh >> cl.reshape(3, 2), sets, sets)
    >>> (model >> cl.relu).cod, model.param
    (S(3).power(1, channels=2), R(6, 6) @ R(6))
    """
    f = plain_between(phi, dom, cod, "symmetrise")
    group = group_of(dom, cod, lambda: "symmetrise")
    if not is_whole(chunk, least=1):
        raise TypingError(f"symmetrise: chunk must be a whole number ≥ 1, got {chunk!r}.")
    if group.order is None or group.order > MOST:
        many = "infinitely many" if group.order is None else "too many"
        raise ArgumentError(
            f"symmetrise: {group.name} has {many} elements to average over (at most {MOST}): "
            "frame_average(model, frame, dom, cod) and canonicalise(model, network, dom, cod) take a few for each input."
        )
    size = max(m for m in range(1, min(int(chunk), group.order) + 1) if group.order % m == 0)
    elements = identity(I) >> Elements(group, group.order // size, size, element_type(dom, cod))
    one = R(size, group.n, group.n, dtype=element_type(dom, cod))
    average = averaged(f, one, 1 / group.order, dom, cod)
    plain = forget(dom) @ elements >> average if size == group.order else _over_chunks(average, elements)
    return whole(plain, Made("symmetrise", f"symmetrise({f.code()}, {dom}, {cod})"), dom, cod)


def over_frame(f: Diagram, frame: Diagram, dom: Object, cod: Object, label: str | None = None) -> Diagram:
    """The diagram of Smooth of the average over a frame `U A → R(m, n, n)`. Parameters are the frame's, then the model's, under
    its label."""
    m = frame.cod.wires[0].leaves[0].shape[0]
    plain = forget(dom)
    return copy(plain) >> (plain @ frame) >> averaged(f, frame.cod, 1 / m, dom, cod, label)


def averaged(f: Diagram, elements: Object, weight: float, dom: Object, cod: Object, label: str | None = None) -> Diagram:
    """The sum over given elements, `Σ weight ρ'(g) f(ρ(g)⁻¹ x)`. Type: `U A ⊗ R(m, n, n) ⊗ P → U B`."""
    check_floats(dom, cod)
    group, ins, outs = group_of(dom, cod, lambda: "an average"), representations(dom), representations(cod)
    m, plain, n = elements.wires[0].leaves[0].shape[0], forget(dom), len(dom)
    many = batch(f, m, tuple(rep is not None for rep in ins))
    many = many.named(label) if label else many
    pulled = (plain @ elements) >> Pulled(group, ins)
    return wiring(plain @ elements, (*range(n), n, n)) >> pulled @ elements >> many @ elements >> Pushed(group, outs, weight)


def _over_chunks(average: Diagram, elements: Diagram) -> Diagram:
    """The sum of averages over chunks of elements, as a loop."""
    a, b, rounds = average.dom[:-1], average.cod, elements.cod.wires[0].leaves[0].shape[0]
    step = average @ b >> Added(len(b))
    return a @ elements @ constant(zeros_of(b)) >> loop(step, rounds, len(b), still=len(a))


def element_type(dom: Object, cod: Object) -> Any:
    """The type of the numbers in elements that act on these objects."""
    acting = [wire for wire in (dom @ cod).wires if hasattr(wire, "rep")]
    return jnp.result_type(*(leaf.dtype for wire in acting for leaf in wire.leaves))


def check_floats(dom: Object, cod: Object) -> None:
    """Raise TypingError where an average would be of integers."""
    moved = [wire for wire in dom.wires if hasattr(wire, "rep")] + [*cod.wires]
    whole = next((wire for wire in moved if not all(map(is_smooth, wire.leaves))), None)
    if whole is not None:
        raise TypingError(f"an average over a group is of floats, and {Object((whole,))} has other numbers.")


# the boxes


def inverses(group: Any, gs: jax.Array) -> jax.Array:
    """The inverse of each of some elements, shape (m, n, n). A group may bring its own `inverse`."""
    if hasattr(group, "inverse"):
        return jax.vmap(group.inverse)(gs)
    return jnp.swapaxes(gs, -1, -2) if group.orthogonal else jnp.linalg.inv(gs)


def acted(rep: Any, gs: jax.Array, x: Any, axis: int | None) -> Any:
    """`ρ(g) x` for each element, of one x or of one for each along the first axis."""
    dtype = jax.tree.leaves(x)[0].dtype
    return jax.vmap(rep.act, (0, axis))(gs.astype(dtype), x)


@dataclass(frozen=True, repr=False)
class Elements(SmoothLayer):
    """All the elements of a finite group, in chunks. Type: `I → R(rounds, size, n, n)`, without the first axis for one round."""

    group: Any
    rounds: int
    size: int
    dtype: Any

    arity = 0

    @cached_property
    def _values(self) -> np.ndarray:
        n, rounds = self.group.n, (self.rounds,) * (self.rounds > 1)
        return self.group.elements().reshape(*rounds, self.size, n, n)

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jnp.asarray(self._values, self.dtype)


@dataclass(frozen=True, repr=False)
class Pulled(SmoothLayer):
    """`ρ(g)⁻¹ x` for each of m elements; wires without an action stay as they are. Type: `A ⊗ R(m, n, n) → Aᵐ`."""

    group: Any
    reps: tuple

    @property
    def arity(self) -> int:  # type: ignore[override]
        return len(self.reps) + 1

    def apply(self, params: tuple, *xs: Any) -> Any:
        back = inverses(self.group, xs[-1])
        return tuple(x if rep is None else acted(rep, back, x, None) for rep, x in zip(self.reps, xs[:-1], strict=True))


@dataclass(frozen=True, repr=False)
class Pushed(SmoothLayer):
    """`Σ weight ρ'(g) y` over m elements and a value for each of them. Type: `Bᵐ ⊗ R(m, n, n) → B`."""

    group: Any
    reps: tuple
    weight: float

    @property
    def arity(self) -> int:  # type: ignore[override]
        return len(self.reps) + 1

    def apply(self, params: tuple, *xs: Any) -> Any:
        pairs = zip(self.reps, xs[:-1], strict=True)
        pushed = tuple(y if rep is None else acted(rep, xs[-1], y, 0) for rep, y in pairs)
        return jax.tree.map(lambda leaf: (jnp.sum(leaf, 0) * self.weight).astype(leaf.dtype), pushed)


@dataclass(frozen=True, repr=False)
class Added(SmoothLayer):
    """The sum of two values of an object of so many wires. Type: `B ⊗ B → B`."""

    wires: int

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 2 * self.wires

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jax.tree.map(jnp.add, tuple(xs[: self.wires]), tuple(xs[self.wires :]))
