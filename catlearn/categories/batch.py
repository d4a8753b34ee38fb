"""The batch functor: data wires gain a leading axis, parameters are shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax

from catlearn.categories.cokleisli import context_of, under_context, underlying
from catlearn.categories.comonoid import has_keys, spread
from catlearn.categories.smooth import Smooth, SmoothLayer, change, unpack
from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Box, Diagram, Reparameterised, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.functor import Functor, same_wire
from catlearn.core.retype import retyped
from catlearn.core.text import short
from catlearn.core.wires import Object, Wire, count, is_whole

Flags = tuple[bool, ...]


def batch(f: Any, size: int, batched: Sequence[bool] | None = None) -> Any:
    """The arrow that runs f on `size` examples at once. Type: `(A ⊗ P → B) ↦ (Aⁿ ⊗ P → Bⁿ)`.

    A wire that depends on parameters alone stays without the axis and is computed once; it is spread over the batch
    only where it meets an example's wire, or at the end. `batched` says which wires of the domain have the axis (all,
    unless told). A context is one for all examples, and a random key is split among them; with `batched`, which speaks of the
    wires of A ⊗ X, the arrow of Smooth. Batch first, then `reverse`: gradients of parameters are then summed inside one
    product, never built for each example. Raises TypingError for a size that is no whole number ≥ 0.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(2)
    >>> batch(f, 8).dom, batch(f, 8).cod, batch(f, 8).param == f.param
    (R(8, 3), R(8, 2), True)
    """
    if not is_whole(size):
        raise TypingError(f"a batch has a whole number of examples, not {size!r}.")
    size = int(size)
    if isinstance(f, Object):
        return with_axis(f, size)
    if context_of(f).wires and batched is None:
        still = (False,) * len(context_of(f)) + (True,) * len(f.dom)
        return under_context(lambda g: batch(g, size, still), f)
    f = underlying(f)
    staged = batching(size)(f)
    flags = (True,) * len(f.dom) if batched is None else tuple(batched)
    if len(flags) != len(f.dom):
        raise TypingError(
            f"batch: {short(f)} has {count(len(f.dom), 'wire')} in its domain, and `batched` speaks of {len(flags)}."
        )
    out, found = staged.at(flags)
    return out >> _spread(out.cod, found, size)


def with_axis(A: Object, size: int, flags: Flags | None = None) -> Object:
    """The object with a leading axis of this length on each wire, or on those flagged."""
    flags = flags if flags is not None else (True,) * len(A)
    return Object(tuple(_grown(wire, size) if flag else wire for wire, flag in zip(A.wires, flags, strict=True)))


def without_axis(A: Object, flags: Flags) -> Object:
    """The inverse of `with_axis`."""
    return Object(tuple(_shrunk(wire) if flag else wire for wire, flag in zip(A.wires, flags, strict=True)))


def _shrunk(wire: Wire) -> Wire:
    return replace(wire, leaves=tuple(jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype) for leaf in wire.leaves))


def _grown(wire: Wire, size: int) -> Wire:
    leaves = tuple(jax.ShapeDtypeStruct((size, *leaf.shape), leaf.dtype) for leaf in wire.leaves)
    return replace(wire, leaves=leaves)


@dataclass(frozen=True, repr=False)
class Staged(Arrow):
    """An arrow for each choice of which domain wires have the axis, with the same for its codomain.

    `own` flags the parameter wires that belong to examples (labels): they have the axis always, the others never.
    """

    dom: Object
    cod: Object
    size: int
    own: Flags
    at: Callable[[Flags], tuple[Diagram, Flags]]

    def then(self, other: Staged) -> Staged:
        def at(flags: Flags) -> tuple[Diagram, Flags]:
            f, middle = self.at(flags)
            g, out = other.at(middle)
            return f >> g, out

        return Staged(self.dom, other.cod, self.size, self.own + other.own, at)

    def tensor(self, other: Staged) -> Staged:
        def at(flags: Flags) -> tuple[Diagram, Flags]:
            (f, out), (g, more) = self.at(flags[: len(self.dom)]), other.at(flags[len(self.dom) :])
            return f @ g, out + more

        return Staged(self.dom @ other.dom, self.cod @ other.cod, self.size, self.own + other.own, at)

    def reparameterise(self, along: Staged) -> Staged:
        """What feeds only shared parameters is computed once for the batch; what feeds an example's, for each of them."""
        own = tuple(along.feeds(i, self.own) for i in range(len(along.dom))) if any(self.own) else (False,) * len(along.dom)

        def at(flags: Flags) -> tuple[Diagram, Flags]:
            (f, out), (r, made) = self.at(flags), along.at(own)
            missing = tuple(has or not needs for has, needs in zip(made, self.own, strict=True))
            return f.reparameterise(r >> _spread(r.cod, missing, self.size)), out

        return replace(self, own=own, at=at)

    def feeds(self, wire: int, flagged: Flags) -> bool:
        """Whether a wire of the domain reaches one of the flagged wires of the codomain."""
        reached = self.at(tuple(i == wire for i in range(len(self.dom))))[1]
        return any(hit and flag for hit, flag in zip(reached, flagged, strict=True))

    def like(self, node: Any, functor: str) -> Staged:
        def at(flags: Flags) -> tuple[Diagram, Flags]:
            f, out = self.at(flags)
            named = f.like(node, functor)
            return replace(named, initialiser=node.initialiser) if isinstance(named, Reparameterised) else named, out

        return replace(self, at=at)


@dataclass(frozen=True)
class _Batching:
    """The category of staged arrows: the target of the batch functor."""

    size: int

    def wiring(self, dom: Object, index: Sequence[int]) -> Staged:
        def at(flags: Flags) -> tuple[Diagram, Flags]:
            return wiring(with_axis(dom, self.size, flags), index), tuple(flags[i] for i in index)

        return Staged(dom, dom.select(index), self.size, (), at)


def batching(size: int) -> Functor:
    """The batch functor itself, into staged arrows: `batching(n)(f).at(flags)` gives an arrow, and which wires of its codomain
    have the axis."""
    return Functor(_Batching(size), same_wire, lambda box: _on_box(box, size), name="batch", source=Smooth)


def _on_box(box: Box, size: int) -> Staged:
    return _on_plain_box(box, size) if box.op.body is None else _on_body(box, size)


def _on_body(box: Box, size: int) -> Staged:
    inside = batching(size)(box.op.body)
    if box.op.fed and any(inside.own):
        raise TypingError(f"{box.op!r} has parameters that belong to examples (labels); those stand outside of loops.")

    fed = box.op.fed

    def at(flags: Flags) -> tuple[Diagram, Flags]:
        better = box.op.batch(box, size, flags)
        if better is not None:
            return better, (any(flags),) * len(box.cod)
        body, out = inside.at(flags)
        begin, end = flags[len(flags) - fed :], out[len(out) - fed :]
        if begin == end:
            return box.op.over(body), out
        wide = (*flags[: len(flags) - fed], *(a or b for a, b in zip(begin, end, strict=True)))
        if wide != flags:
            looped, out = at(wide)
            dom = with_axis(box.dom, size, flags)
            return _spread(dom, tuple(a or not b for a, b in zip(flags, wide, strict=True)), size) >> looped, out
        made = (*out[: len(out) - fed], *begin)
        return box.op.over(body >> _spread(body.cod, tuple(a or not b for a, b in zip(out, made, strict=True)), size)), made

    return replace(inside, dom=box.dom, cod=box.cod, at=at)


def _on_plain_box(box: Box, size: int) -> Staged:
    own = (not box.op.shared,) * len(box.own)

    def at(flags: Flags) -> tuple[Diagram, Flags]:
        moving = any(flags + own)
        return (batched_box(box, size, flags) if moving else box), (moving,) * len(box.cod)

    return Staged(box.dom, box.cod, size, own, at)


def batched_box(box: Box, size: int, flags: Flags) -> Diagram:
    """A box on a batch: its own `batch` where it brings one, else by `jax.vmap`."""
    better = box.op.batch(box, size, flags)
    if better is not None:
        return better
    lone = tuple(not flag and has_keys(wire) for wire, flag in zip(box.dom.wires, flags, strict=True))
    if any(lone):
        each = tuple(a or b for a, b in zip(flags, lone, strict=True))
        return _spread(with_axis(box.dom, size, flags), tuple(not a for a in lone), size) >> batched_box(box, size, each)
    own = box.own if box.op.shared else with_axis(box.own, size)
    return Box(Batched(box, size, flags), with_axis(box.dom, size, flags), with_axis(box.cod, size), own, box.label)


@dataclass(frozen=True, repr=False)
class Batched(SmoothLayer):
    """The operation of a box on a batch."""

    box: Box
    size: int
    flags: Flags

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.box.op.name

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.box.op.arity

    @property
    def shared(self) -> bool:  # type: ignore[override]
        return self.box.op.shared

    @property
    def _axes(self) -> tuple:
        return (None if self.shared else 0, *(0 if flag else None for flag in self.flags))

    def resolve(self, dom: Object) -> Diagram:
        size = next(wire.leaves[0].shape[0] for wire, flag in zip(dom.wires, self.flags, strict=True) if flag and wire.leaves)
        inside = retyped(self.box, without_axis(dom, self.flags))
        return batching(size)(inside).at(self.flags)[0]

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return self.box.op.initial(key, self.box.dom)

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jax.vmap(self.box.op.apply, in_axes=self._axes, axis_size=self.size)(params, *xs)

    def inspect(self, *xs: Any) -> None:
        self.box.op.inspect(*xs)

    def optic(self, dom: Object) -> tuple[Callable, Callable] | None:
        """A box's own optic on each example; what all examples share gets the sum of their changes."""
        halves = self.box.op.optic(self.box.dom)
        if halves is None:
            return None
        moving = [flag for wire, flag in zip(self.box.dom, self.flags, strict=True) if len(change(wire))]
        each = jax.vmap(halves[1], axis_size=self.size)

        def backward(kept: Any, *dys: Any) -> tuple:
            dparams, dx = each(kept, *dys)
            summed = [d if flag else _total(d) for d, flag in zip(unpack(dx), moving, strict=True)]
            return (_total(dparams) if self.shared else dparams), tuple(summed)

        return jax.vmap(halves[0], in_axes=self._axes, axis_size=self.size), backward

    def __repr__(self) -> str:
        return f"batch({self.box.op!r}, {self.size})"


def _total(changes: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf.sum(0), changes)


def _spread(A: Object, flags: Flags, size: int) -> Diagram:
    out = identity(Object())
    for wire, flag in zip(A, flags, strict=True):
        out = out @ (identity(wire) if flag else Spread(size).resolve(wire))
    return out


@dataclass(frozen=True)
class Spread(SmoothLayer):
    """The same value for each of `size` examples; of a random key, a key for each. Type: `A → Aⁿ`."""

    size: int

    def apply(self, params: tuple, *xs: Any) -> Any:
        return spread(xs[0], self.size)
