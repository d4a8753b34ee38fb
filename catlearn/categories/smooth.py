"""`Smooth`: JAX functions on tuples of pytrees, and what a diagram of JAX boxes means there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer

from catlearn.categories.para import Para, Parametric
from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Box, Diagram
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.family import Layer
from catlearn.core.functor import Free, Functor, same_wire, sum_objects
from catlearn.core.parameters import initialise
from catlearn.core.retype import retyped
from catlearn.core.shown import Shown
from catlearn.core.text import unequal
from catlearn.core.track import tracking
from catlearn.core.values import pack, values_of
from catlearn.core.wires import Object, Wire

Run = Callable[[tuple], tuple]


@dataclass(frozen=True, repr=False)
class Map(Arrow):
    """An arrow of Smooth: a function from a tuple of values, one for each wire of `dom`, to one for each wire of `cod`."""

    dom: Object
    cod: Object
    run: Run

    def then(self, other: Any) -> Map:
        if not isinstance(other, Map):
            return NotImplemented  # a richer arrow lifts this one
        if self.cod != other.dom:
            raise CompositionError(unequal(self, other))
        first, second = self.run, other.run
        return Map(self.dom, other.cod, lambda xs: second(first(xs)))

    def tensor(self, other: Any) -> Map:
        if not isinstance(other, Map):
            return NotImplemented
        n, top, bottom = len(self.dom), self.run, other.run
        return Map(self.dom @ other.dom, self.cod @ other.cod, lambda xs: top(xs[:n]) + bottom(xs[n:]))


@dataclass(frozen=True)
class SmoothCategory(Shown):
    """The category of JAX functions. Cartesian, and left-additive on the changes of its objects."""

    def wiring(self, dom: Object, index: Sequence[int]) -> Map:
        chosen = tuple(index)
        if chosen == tuple(range(len(dom))):
            return Map(dom, dom, lambda xs: xs)
        return Map(dom, dom.select(chosen), lambda xs: tuple(xs[i] for i in chosen))

    def dagger(self, dom: Object, index: Sequence[int]) -> Map:
        """The transpose of a wiring: copy† = +, discard† = 0. Source: Cockett et al. 2020, linear maps and †-biproducts."""
        uses = [[j for j, i in enumerate(index) if i == wire] for wire in range(len(dom))]

        def sums(ys: tuple) -> tuple:
            return tuple(_sum([ys[j] for j in use], zero) for use, zero in zip(uses, zeros_of(dom), strict=True))

        return Map(dom.select(index), dom, sums)

    def init(self, diagram: Diagram, key: jax.Array) -> tuple:
        """Initial values of a diagram's parameters."""
        return initialise(diagram, diagram.param, key)

    def call(self, diagram: Diagram, params: tuple, xs: tuple) -> Any:
        """Run a diagram of JAX boxes on values: a pure JAX function, for `jax.jit`, `jax.vmap` and `jax.grad`."""
        xs = values_of(diagram.dom, xs, diagram, "inputs")
        params = values_of(diagram.param, params, diagram, "parameters")
        inspect(diagram, xs)
        return pack(smooth(diagram).arrow.run(jax.tree.map(jnp.asarray, (*xs, *params))))

    def __repr__(self) -> str:
        return "Smooth"


Smooth = SmoothCategory()


class SmoothLayer(Layer):
    """A family of boxes of Smooth: `apply` is a JAX function. See `Layer` for what a subclass says.

    `optic(dom)` may return a pair `(forward, backward)` of a better reverse derivative than `jax.vjp`'s, shaped as a
    lens's halves: `forward(params, *xs) → (y, residual)`, `backward(residual, *dys) → (dparams, dx)`.
    `batch(box, size, batched)` may return a better batched box than `jax.vmap`'s. `shared = False` says that the
    parameters belong to examples (labels), so that a batch has one of each for every example. `precise = True` asks that
    mixed precision leaves the box in the type that it has (norms, softmax).
    """

    category = Smooth
    shared = True
    precise = False

    def optic(self, dom: Object) -> tuple[Callable, Callable] | None:
        return None

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram | None:
        return None

    def inspect(self, *xs: Any) -> None:
        """Raise ArgumentError for values that fit their wires and can't be, such as a length beyond the padding. It is asked
        of inputs, possibly with axes of batches before their own; one that is not yet known is None."""


def inspect(diagram: Diagram, xs: tuple) -> None:
    """Let boxes look at the inputs that come to them as they are, where there are whole numbers among them, and are known."""
    leaves = jax.tree.leaves(xs)
    if all(map(is_smooth, leaves)) or any(isinstance(leaf, Tracer) for leaf in leaves):
        return

    def see(box: Box, places: tuple) -> None:
        if any(place is not None for place in places):
            box.op.inspect(*places)

    tracking(see)(diagram).track(tuple(xs))


def uncurry(f: Diagram) -> Diagram:
    """The arrow `A ⊗ P → B` without parameters that a parametric arrow `A → B` is: its parameters become wires.

    >>> import catlearn as cl
    >>> uncurry(cl.R(3) >> cl.linear(2)).dom
    R(3) @ R(3, 2)
    """
    return _uncurry(f).arrow


@dataclass(frozen=True, repr=False)
class Uncurried(SmoothLayer):
    """The operation of a box whose parameters are wires."""

    box: Box

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.box.op.name

    def apply(self, params: tuple, *xs: Any) -> Any:
        n = len(self.box.dom)
        return self.box.op.apply(xs[n:], *xs[:n])

    def resolve(self, dom: Object) -> Diagram:
        found = uncurry(retyped(self.box, dom[: len(self.box.dom)]))
        if found.dom != dom:
            raise TypingError(f"{self!r} takes {found.dom} where its inputs are {dom[: len(self.box.dom)]}, got {dom}.")
        return found

    def inspect(self, *xs: Any) -> None:
        self.box.op.inspect(*xs[: len(self.box.dom)])

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram | None:
        """Where its parameters stay the same for all examples, what the box does with them."""
        n = len(self.box.dom)
        better = None if any(batched[n:]) else self.box.op.batch(self.box, size, batched[:n])
        return better and uncurry(better)

    def optic(self, dom: Object) -> tuple[Callable, Callable] | None:
        halves, n = self.box.op.optic(self.box.dom), len(self.box.dom)
        if halves is None:
            return None

        def backward(kept: Any, *dys: Any) -> tuple:
            dparams, dx = halves[1](kept, *dys)
            return (), (*unpack(dx), *dparams)

        return (lambda params, *xs: halves[0](xs[n:], *xs[:n])), backward

    def __repr__(self) -> str:
        return f"uncurry({self.box.op!r})"


def _wires_for_parameters(box: Box) -> Parametric:
    arrow = Box(Uncurried(box), box.dom @ box.own, box.cod) if box.own.wires else box
    return Parametric(Free, box.dom, box.own, arrow)


_uncurry = Functor(Para(Free), on_wire=same_wire, on_box=_wires_for_parameters, name="uncurry", source=Smooth)


def smooth(diagram: Diagram) -> Parametric:
    """The meaning of a diagram of JAX boxes in `Para(Smooth)`: one function of tuples. Type: `(A → B) ↦ (P, A ⊗ P → B)`.

    Raises CompositionError for diagrams of another category. Source: arXiv 2103.01931, §3.1.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> smooth(cl.R(2) >> cl.bias()).arrow.run((jnp.zeros(2), jnp.ones(2)))
    (Array([1., 1.], dtype=float32),)
    """
    return _semantics(diagram)


def _box(box: Box) -> Parametric:
    n, apply = len(box.dom), box.op.apply
    return Parametric(Smooth, box.dom, box.own, Map(box.dom @ box.own, box.cod, lambda xs: unpack(apply(xs[n:], *xs[:n]))))


_semantics = Functor(Para(Smooth), on_wire=same_wire, on_box=_box, name="smooth", source=Smooth)


def unpack(out: Any) -> tuple:
    """What a JAX function returned, as a tuple of pytrees of arrays, one for each wire."""
    wires = out if type(out) is tuple else (out,)
    return tuple(value if isinstance(value, jax.Array) else jax.tree.map(jnp.asarray, value) for value in wires)


# changes: what a cotangent of a wire looks like


def is_smooth(leaf: Any) -> bool:
    """Whether an array can change smoothly: floats and complex numbers do; integers, booleans and keys don't."""
    return jnp.issubdtype(leaf.dtype, jnp.inexact)


def change(A: Object) -> Object:
    """The object of changes `A'`: each wire without its integer, boolean and key leaves; a wire of only those is gone.

    >>> from catlearn.core.wires import R
    >>> change(R(3) @ R(4, dtype="int32"))
    R(3)
    """
    return sum_objects(change_of_wire(wire) for wire in A.wires)


def change_of_wire(wire: Wire) -> Object:
    if all(map(is_smooth, wire.leaves)):
        return Object((wire,))
    kept = [leaf if is_smooth(leaf) else None for leaf in wire.leaves]
    return Object((Wire.of(wire.tree.unflatten(kept), wire.label),)) if any(leaf is not None for leaf in kept) else Object()


def changing(A: Object, values: Sequence[Any]) -> tuple:
    """The part of the values that can change: values of `change(A)`."""
    return tuple(_kept(wire, value) for wire, value in zip(A.wires, values, strict=True) if len(change_of_wire(wire)))


def changed(A: Object, values: Sequence[Any], new: Sequence[Any]) -> tuple:
    """The values with their changing part replaced by `new`, a tuple of values of `change(A)`."""
    fresh = iter(new)
    return tuple(
        _replaced(wire, value, next(fresh)) if len(change_of_wire(wire)) else value
        for wire, value in zip(A.wires, values, strict=True)
    )


def _kept(wire: Wire, value: Any) -> Any:
    if all(map(is_smooth, wire.leaves)):
        return value
    leaves = jax.tree.leaves(value)
    return wire.tree.unflatten([leaf if is_smooth(like) else None for like, leaf in zip(wire.leaves, leaves, strict=True)])


def _replaced(wire: Wire, value: Any, new: Any) -> Any:
    fresh, old = iter(jax.tree.leaves(new)), jax.tree.leaves(value)
    return wire.tree.unflatten([next(fresh) if is_smooth(like) else leaf for like, leaf in zip(wire.leaves, old, strict=True)])


def zeros_of(A: Object) -> tuple:
    """The zero value of each wire."""
    return tuple(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), struct) for struct in A.structs)


def _sum(values: list, zero: Any) -> Any:
    return jax.tree.map(lambda *terms: reduce(jnp.add, terms), *values) if values else zero
