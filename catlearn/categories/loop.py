"""`loop(f, n)`: an arrow fed what came out of it, n times, over elements that come and results that go round by round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.batch import Spread, batching, with_axis
from catlearn.categories.cokleisli import asked, context_of, reading, underlying
from catlearn.categories.comonoid import has_keys
from catlearn.categories.early import Cut, cut
from catlearn.categories.lens import Lens
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Smooth, SmoothLayer, change, change_of_wire, is_smooth, uncurry, zeros_of
from catlearn.core.diagram import Box, Diagram, identity, wiring
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.text import short
from catlearn.core.values import unpacked
from catlearn.core.wires import Object, Wire, difference, is_whole

Axes = tuple[tuple[int, ...], ...]


def loop(f: Diagram, n: int, states: int, apart: bool = False, backwards: bool = False, still: int = 0) -> Diagram:
    """f, n times over, as one `lax.scan`. Type: `(C ⊗ E ⊗ S ⊗ P → Y ⊗ S) ↦ (C ⊗ Eⁿ ⊗ S ⊗ P → Yⁿ ⊗ S)`,
    with S the last `states` wires, and C the first `still` ones, which are the same in each round.

    Wires of E and Y gain an axis n before their own. Parameters are shared by all rounds: the composite of n copies of f
    reparameterised along the copy `P → Pⁿ`; where they are `apart`, each round has its own, `Pⁿ`. What depends on E
    and P alone is computed for all rounds at once, before the loop. `backwards` goes from the last element to the first.
    The residual is what f keeps in each round; elements and parameters are kept once. Of an arrow that reads a context, all
    rounds read it: of random keys, each gets its own.
    Raises TypingError where f does not end in the states that it began with, and unless n is a whole number ≥ 0.

    >>> import catlearn as cl
    >>> total = loop(cl.R(3) @ cl.R(3) >> cl.add, 5, 1)
    >>> total.dom, total.cod
    (R(5, 3) @ R(3), R(3))
    """
    if not is_whole(n):
        raise TypingError(f"loop: n must be a whole number ≥ 0, got {n!r}.")
    if context_of(f).wires:
        return _in_context(f, int(n), states, apart, backwards)
    if f.category not in (None, Smooth):
        raise CompositionError(f"loops take arrows of Smooth, and {short(f)} is one of {f.category}: loop, then reverse.")
    begin, end = f.dom[len(f.dom) - states :], f.cod[len(f.cod) - states :]
    if begin != end or len(f.dom) < states + still:
        raise TypingError(
            f"{short(f)} must end in the states that it begins with.\n  it begins with: {begin}\n  it ends in:     {end}\n"
            f"  first difference: {difference(begin, end)}"
        )
    return _boxed(Loop(f, int(n), states, tuple(map(_before, _moving(f, still, states))), apart, backwards, still))


def _moving(f: Diagram, still: int, states: int) -> tuple[Wire, ...]:
    """The wires of elements and of results."""
    return (*f.dom.wires[still : len(f.dom) - states], *f.cod.wires[: len(f.cod) - states])


def _before(wire: Wire) -> tuple[int, ...]:
    """For each leaf, the axis before its own, from the end."""
    return tuple(-len(leaf.shape) - 1 for leaf in wire.leaves)


def _in_context(f: Diagram, n: int, states: int, apart: bool, backwards: bool) -> Diagram:
    """The loop over the arrow `C ⊗ K ⊗ E ⊗ S → Y ⊗ S` that f is, with one key K for each round."""
    A = context_of(f)
    keyed = [has_keys(wire) for wire in A.wires]
    begin = _read(Object(tuple(w for w, key in zip(A.wires, keyed, strict=True) if not key)))
    for wire, key in zip(A, keyed, strict=True):
        begin = begin @ (asked(wire) >> Spread(n)) if key else begin
    return reading(begin, loop(underlying(f), n, states, apart, backwards, len(A) - sum(keyed)))


def _read(A: Object) -> Diagram:
    return asked(A) if len(A) else identity(A)


def _boxed(op: Loop) -> Diagram:
    f, n, k = op.body, op.length, op.states
    dom = f.dom[: op.still] @ _lengthened(op.elements, n, op.axes) @ f.dom[len(f.dom) - k :]
    cod = _lengthened(op.results, n, op.axes[len(op.elements) :]) @ f.cod[len(f.cod) - k :]
    return Box(op, dom, cod, with_axis(f.param, n) if op.apart else f.param, f.label)


def _lengthened(A: Object, n: int, axes: Axes) -> Object:
    return Object(tuple(_longer(wire, n, at) for wire, at in zip(A.wires, axes, strict=False)))


def _shortened(A: Object, axes: Axes) -> Object:
    return Object(tuple(_shorter(wire, at) for wire, at in zip(A.wires, axes, strict=False)))


def _shorter(wire: Wire, axes: tuple[int, ...]) -> Wire:
    def cut(leaf: jax.ShapeDtypeStruct, axis: int) -> jax.ShapeDtypeStruct:
        at = len(leaf.shape) + axis
        return jax.ShapeDtypeStruct((*leaf.shape[:at], *leaf.shape[at + 1 :]), leaf.dtype)

    return replace(wire, leaves=tuple(map(cut, wire.leaves, axes)))


def _longer(wire: Wire, n: int, axes: tuple[int, ...]) -> Wire:
    def grown(leaf: jax.ShapeDtypeStruct, axis: int) -> jax.ShapeDtypeStruct:
        at = len(leaf.shape) + 1 + axis
        return jax.ShapeDtypeStruct((*leaf.shape[:at], n, *leaf.shape[at:]), leaf.dtype)

    return replace(wire, leaves=tuple(map(grown, wire.leaves, axes)))


@dataclass(frozen=True, repr=False)
class Loop(SmoothLayer):
    """The operation of a loop. It bears the name of its body, so that paths stay.

    `axes` says, for each leaf of elements and results, which axis counts the rounds, from the end: a batch's axes come before.
    """

    body: Diagram
    length: int = 1
    states: int = 0
    axes: Axes = ()
    apart: bool = False
    backwards: bool = False
    still: int = 0

    @property
    def name(self) -> str | None:  # type: ignore[override]
        return self.body.name

    @property
    def around(self) -> str:  # type: ignore[override]
        return "stack" if self.apart else f"loop × {self.length}"

    @property
    def loops(self) -> bool:  # type: ignore[override]
        return self.apart

    @property
    def times(self) -> int:  # type: ignore[override]
        return self.length if self.apart else 1

    @property
    def fed(self) -> int:  # type: ignore[override]
        return self.states

    @property
    def elements(self) -> Object:
        return self.body.dom[self.still : len(self.body.dom) - self.states]

    @property
    def results(self) -> Object:
        return self.body.cod[: len(self.body.cod) - self.states]

    def over(self, body: Diagram) -> Diagram:
        wires = _moving(body, self.still, self.states)
        axes = (at if len(at) == len(w.leaves) else _before(w) for w, at in zip(wires, self.axes, strict=True))
        return _boxed(replace(self, body=body, axes=tuple(axes)))

    def inner(self, dom: Object) -> Object:
        c, e = self.still, len(dom) - self.states
        return dom[:c] @ _shortened(dom[c:e], self.axes) @ dom[e:]

    def drawing(self, draw: Callable) -> Callable:
        return (lambda key: jax.vmap(draw)(jax.random.split(key, self.length))) if self.apart else draw

    @cached_property
    def _parts(self) -> tuple[Diagram, Cut, tuple[bool, ...]]:
        """What is done for all rounds at once, the cut that it is the early part of, and which wires of M differ by round.

        On CPU what depends on elements is done early only where its results are no larger than they: a loop that computes
        them anew reads less memory (measured: up to 1.5 times as fast where they are, 0.9 times where they are larger).
        """
        _, found, moving = ahead = self._timed(True)
        made = sum(wire.bytes for wire, moves in zip(found.kept.wires, moving, strict=True) if moves)
        small = self.apart or made <= self.elements.bytes
        return ahead if small or jax.default_backend() != "cpu" else self._timed(False)

    def _timed(self, ahead: bool) -> tuple[Diagram, Cut, tuple[bool, ...]]:
        f, c, e = uncurry(self.body), self.still, len(self.elements)
        late = [c <= i < c + e + self.states and (i >= c + e or not ahead) for i in range(len(f.dom))]
        found = cut(f, late).waiting(f.cod)
        found = found if ahead else _carrying(found, c, self.elements)
        flags = (False,) * c + (True,) * e + (self.apart,) * (len(f.dom) - c - e - self.states)
        early, moving = batching(self.length)(found.early).at(flags)
        return early, found, moving

    def _scan(self, step: Callable, carry: Any, xs: Any, back: bool = False) -> tuple:
        return jax.lax.scan(step, carry, xs, self.length, reverse=self.backwards != back)

    def apply(self, params: tuple, *xs: Any) -> Any:
        early, found, moving = self._parts
        c, e, y = self.still, self.still + len(self.elements), len(self.results)
        kept = _run(early, (*xs[:c], *_first(xs[c:e], self._at("elements")), *params))
        each, once = _parted(moving, kept)

        def step(s: tuple, m: tuple) -> tuple[tuple, tuple]:
            out = _run(found.late, (*_woven(moving, m, once), *s))
            return out[y:], out[:y]

        s, ys = self._scan(step, xs[e:], each)
        return (*_back(ys, self._at("results")), *s)

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        """The scan of the late part's lens, and the scan back. What it keeps of elements and parameters is kept once."""
        early, found, _ = self._parts
        before, lens = _halves(early), _halves(found.late)
        return (
            lambda params, *xs: self._forward(before, lens, params, xs),
            lambda residual, *dys: self._backward(before, lens, residual, dys),
        )

    def _forward(self, before: _Halves, lens: _Halves, params: tuple, xs: tuple) -> tuple:
        moving, c, e, y = self._parts[2], self.still, self.still + len(self.elements), len(self.results)
        first, kept = before.forward((*xs[:c], *_first(xs[c:e], self._at("elements")), *params))
        each, once = _parted(moving, kept)
        shared, note = jax.tree.leaves(once), []

        def step(s: tuple, m: tuple) -> tuple[tuple, tuple]:
            residual, out = lens.forward((*_woven(moving, m, once), *s))
            leaves, tree = jax.tree.flatten(residual)
            given = shared + jax.tree.leaves(m)
            new = [leaf for i, leaf in enumerate(leaves) if _place(leaf, given + leaves[:i]) is None]
            note[:] = [tree, [_place(leaf, given + new) for leaf in leaves]]
            return out[y:], (out[:y], new)

        s, (ys, new) = self._scan(step, xs[e:], each)
        (tree, places), stored = note, shared + jax.tree.leaves(each) + new
        kept = [stored[at] for at in places], _Kept(tree, tuple(at < len(shared) for at in places))
        return (*_back(ys, self._at("results")), *s), (first, *kept)

    def _backward(self, before: _Halves, lens: _Halves, residual: tuple, dys: tuple) -> tuple:
        (first, leaves, note), axes = residual, self._at("results", changes=True)
        still, constant = self._changing
        once, each = _parted(note.same, leaves)

        def step(carry: tuple, at: tuple) -> tuple[tuple, tuple]:
            (ds, total), (dy, mine) = carry, at
            back = lens.backward(note.tree.unflatten(_woven(note.same, once, mine)), (*dy, *ds))
            dm, ds = back[: len(still)], back[len(still) :]
            mine, common = _parted(still, dm)
            return (ds, jax.tree.map(jnp.add, total, common)), mine

        begin = dys[len(axes) :], zeros_of(change(constant))
        (ds, total), dm = self._scan(step, begin, (_first(dys[: len(axes)], axes), each), back=True)
        back, axes = before.backward(first, tuple(_woven(still, dm, total))), self._at("elements", changes=True)
        c = len(change(self.body.dom[: self.still]))
        e = c + len(axes)
        return back[e:], (*back[:c], *_back(back[c:e], axes), *ds)

    @property
    def _changing(self) -> tuple[list[bool], Object]:
        """Of the wires of M that can change: which differ by round, and the object of those that don't."""
        _, found, moving = self._parts
        pairs = [(wire, moves) for wire, moves in zip(found.kept.wires, moving, strict=True) if len(change_of_wire(wire))]
        return [moves for _, moves in pairs], Object(tuple(wire for wire, moves in pairs if not moves))

    def _at(self, what: str, changes: bool = False) -> list[list[int]]:
        """The axes that count rounds, for the leaves of "elements" or "results", or of their changes."""
        e = len(self.elements)
        axes, wires = (self.axes[:e], self.elements) if what == "elements" else (self.axes[e:], self.results)
        if not changes:
            return [*map(list, axes)]
        smooth = [
            [at for leaf, at in zip(w.leaves, a, strict=True) if is_smooth(leaf)] for w, a in zip(wires.wires, axes, strict=True)
        ]
        return [found for found in smooth if found]

    def __repr__(self) -> str:
        if self.apart:
            return f"stack({self.length}, {self.body.code()})"
        options = (", backwards=True" if self.backwards else "") + (f", still={self.still}" if self.still else "")
        return f"loop({self.body.code()}, {self.length}, {self.states}{options})"


@jax.tree_util.register_static
@dataclass(frozen=True)
class _Kept:
    """How a round's residual is put together: its tree, and which of its leaves are the same in every round."""

    tree: Any
    same: tuple[bool, ...]


@dataclass(frozen=True)
class _Halves:
    """Both halves of a lens without parameters, on tuples of values: `xs → (m, ys)` and `(m, dys) → dxs`."""

    forward: Callable[[tuple], tuple[tuple, tuple]]
    backward: Callable[[tuple, tuple], tuple]


def _halves(f: Diagram) -> _Halves:
    optic = Lens(Smooth).semantics(reverse(f)).arrow
    m = len(optic.residual)

    def forward(xs: tuple) -> tuple[tuple, tuple]:
        out = optic.fwd.run(xs)
        return out[:m], out[m:]

    return _Halves(forward, lambda kept, dys: optic.bwd.run((*kept, *dys)))


def _carrying(found: Cut, c: int, E: Object) -> Cut:
    """A cut whose elements come late, with them on M: `C ⊗ E ⊗ P → M ⊗ E` and `M ⊗ E ⊗ S → …`."""
    e, dom = len(E), found.early.dom[:c] @ E @ found.early.dom[c:]
    swapped = wiring(dom, (*range(c), *range(c + e, len(dom)), *range(c, c + e)))
    return replace(found, early=swapped >> found.early @ E, kept=found.kept @ E)


def _run(f: Diagram, values: Sequence) -> tuple:
    return unpacked(f((), *values), len(f.cod))


def _first(values: Sequence, axes: list[list[int]]) -> tuple:
    """Values with the rounds on the first axis of each leaf."""
    return tuple(_on_leaves(lambda leaf, at: jnp.moveaxis(leaf, at, 0), *pair) for pair in zip(values, axes, strict=True))


def _back(values: Sequence, axes: list[list[int]]) -> tuple:
    """The inverse of `_first`."""
    return tuple(_on_leaves(lambda leaf, at: jnp.moveaxis(leaf, 0, at), *pair) for pair in zip(values, axes, strict=True))


def _on_leaves(move: Callable, value: Any, axes: Sequence[int]) -> Any:
    leaves, tree = jax.tree.flatten(value)
    return tree.unflatten([move(leaf, axis) for leaf, axis in zip(leaves, axes, strict=True)])


def _parted(flags: Sequence[bool], values: Sequence) -> tuple[tuple, tuple]:
    """The values that are flagged, and the others."""
    pairs = [*zip(flags, values, strict=True)]
    return tuple(value for flag, value in pairs if flag), tuple(value for flag, value in pairs if not flag)


def _woven(flags: Sequence[bool], ours: Sequence, others: Sequence) -> list:
    """The inverse of `_parted`."""
    fresh, rest = iter(ours), iter(others)
    return [next(fresh) if flag else next(rest) for flag in flags]


def _place(leaf: Any, among: list) -> int | None:
    """Where a value stands among others, as the same object."""
    return next((i for i, other in enumerate(among) if leaf is other), None)
