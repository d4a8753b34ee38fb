"""`reverse : Smooth → Lens(Smooth)`, the reverse derivative as a functor on diagrams: `f ↦ (f, R[f])`, box by box.

Functoriality on `>>` is the chain rule (RD.5). It acts on syntax, not on functions: a box is differentiated by
`jax.vjp` or by the optic that it brings, composites by composing lenses.
Source: Cockett et al. 2020 (reverse derivative categories); arXiv 2103.01931, §2.3 and §3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from catlearn.categories.lens import Lens, Optic, Pair, Residual, backward_of, forward_of, pair
from catlearn.categories.smooth import Map, Smooth, SmoothLayer, change, change_of_wire, changed, changing, unpack
from catlearn.core.diagram import Box, Diagram
from catlearn.core.errors import TypingError
from catlearn.core.family import Family, Modified
from catlearn.core.functor import Free, Functor
from catlearn.core.values import unpacked
from catlearn.core.wires import Object


def reverse(f: Any) -> Any:
    """The functor Smooth → Lens(Smooth), and on parametric arrows Para of it. Type: `(A → B) ↦ ((A, A') → (B, B'))`.

    `lens.forward(params, x)` gives `(y, residual)` and `lens.backward(residual, dy)` gives `(dparams, dx)`, both pure
    functions for `jax.jit`. Changes of integer, boolean and key wires are `I`: they do not appear in `dparams` and `dx`.
    The reverse of a family is a family. Raises CompositionError for arrows of another category.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> lens = cl.reverse(cl.R(2) >> cl.linear(1))
    >>> y, residual = lens.forward((jnp.array([[3.0], [4.0]]),), jnp.array([1.0, 2.0]))
    >>> dparams, dx = lens.backward(residual, jnp.array([1.0]))
    >>> y, dx
    (Array([11.], dtype=float32), Array([3., 4.], dtype=float32))
    """
    return ReversedFamily(f) if isinstance(f, Family) else _reverse(f)


@dataclass(frozen=True, repr=False)
class ReversedFamily(Modified):
    """The family of lenses `reverse(family)`, for domains `(A, A')`."""

    name = "reverse"

    def resolve(self, dom: Object) -> Diagram:
        if any(not isinstance(wire, Pair) for wire in dom.wires) or dom != _reverse(forward_of(dom)):
            raise TypingError(f"{self!r} takes an object of {Lens(Smooth)}, such as reverse(R(3)), got {dom}.")
        return _reverse(self.family.resolve(forward_of(dom)))


def _on_box(box: Box) -> Diagram:
    return Box(Reversed(box), _reverse(box.dom), _reverse(box.cod), _reverse(box.own), box.label)


_reverse = Functor(
    Free,
    on_wire=lambda wire: pair(Smooth, Object((wire,)), change_of_wire(wire), wire.label),
    on_box=_on_box,
    name="reverse",
    source=Smooth,
)


@dataclass(frozen=True, repr=False)
class Reversed:
    """The operation `(f, R[f])` of a box f of Smooth."""

    box: Box

    category = Lens(Smooth)

    @property
    def name(self) -> str:
        return self.box.op.name

    @property
    def body(self) -> Diagram | None:
        return self.box.op.body

    @property
    def around(self) -> str:
        return f"reverse of {self.box.op.around}"

    @property
    def loops(self) -> bool:
        return self.box.op.loops

    @property
    def times(self) -> int:
        return self.box.op.times

    def drawing(self, draw: Any) -> Any:
        return self.box.op.drawing(draw)

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return self.box.op.initial(key, self.box.dom)

    def optic(self, box: Box) -> Optic:
        halves = self.box.op.optic(self.box.dom)
        return own_optic(box, *halves) if halves else vjp_optic(box, self.box.op)

    def __repr__(self) -> str:
        return f"reverse({self.box.op!r})"


def pullback(f: Diagram) -> Diagram:
    """R[f] itself as an arrow of Smooth. Type: `A ⊗ P ⊗ B' → A' ⊗ P'`; parameters of f become wires.

    So `reverse(pullback(f))` is the second derivative. Source: Cockett et al. 2020 (arXiv 1910.07065; R[f] : A × B → A).

    >>> import jax.numpy as jnp, catlearn as cl
    >>> cube = cl.R() >> cl.function(lambda x: x**3)
    >>> float(pullback(cube)((), jnp.float32(2.0), jnp.float32(1.0)))
    12.0
    """
    dom = f.dom @ f.param @ change(f.cod)
    return Box(Pullback(f), dom, change(f.dom @ f.param))


@dataclass(frozen=True, repr=False)
class Pullback(SmoothLayer):
    """The operation of `pullback(f)`."""

    f: Diagram

    name = "pullback"

    def apply(self, params: tuple, *xs: Any) -> Any:
        lens, n, m = reverse(self.f), len(self.f.dom), len(self.f.dom) + len(self.f.param)
        _, residual = lens.forward(xs[n:m], *xs[:n])
        dparams, dx = lens.backward(residual, *xs[m:])
        return (*unpacked(dx, len(change(self.f.dom))), *dparams)

    def __repr__(self) -> str:
        return f"pullback({self.f.code()})"


def own_optic(box: Box, forward: Any, backward: Any) -> Optic:
    """The optic of a lens box from two functions: `(params, *xs) → (y, m)` and `(m, *dys) → (dparams, dx)`."""
    n, residual, ins = len(forward_of(box.dom)), Object((Residual(box.name),)), forward_of(box.dom @ box.own)

    def fwd(values: tuple) -> tuple:
        y, kept = forward(values[n:], *values[:n])
        return (kept, *unpack(y))

    def bwd(values: tuple) -> tuple:
        dparams, dx = backward(*values)
        return (*unpack(dx), *dparams)

    return _optic(Map(ins, residual @ forward_of(box.cod), fwd), box, residual, bwd)


def vjp_optic(box: Box, op: SmoothLayer) -> Optic:
    """The optic of a box by `jax.vjp`: the residual is JAX's pullback, a pytree."""
    n, ins, residual = len(forward_of(box.dom)), forward_of(box.dom @ box.own), Object((Residual(box.name),))
    outs = forward_of(box.cod)

    def fwd(values: tuple) -> tuple:
        def run(*moving: Any) -> tuple:
            full = changed(ins, values, moving)
            ys = unpack(op.apply(full[n:], *full[:n]))
            return changing(outs, ys), ys

        _, pullback, ys = jax.vjp(run, *changing(ins, values), has_aux=True)
        return (pullback, *ys)

    return _optic(Map(ins, residual @ outs, fwd), box, residual, lambda vs: vs[0](vs[1:]))


def _optic(fwd: Any, box: Box, residual: Object, bwd: Any) -> Optic:
    back = Map(residual @ backward_of(box.cod), backward_of(box.dom @ box.own), bwd)
    return Optic(Smooth, box.dom @ box.own, box.cod, residual, fwd, back)
