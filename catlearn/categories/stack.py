"""`stack(n, f)`: f after itself n times, each time with parameters of its own, as one loop on the device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from catlearn.categories.batch import with_axis
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Smooth, SmoothLayer, change
from catlearn.core.diagram import Box, Diagram
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.family import Family, Modified
from catlearn.core.text import short
from catlearn.core.values import unpacked
from catlearn.core.wires import Object, difference, is_whole


def stack(n: int, f: Any) -> Any:
    """n copies of f in a row, run by `lax.scan`. Type: `(A ⊗ P → A) ↦ (A ⊗ Pⁿ → A)`, a leading axis n on each parameter.

    Equal to `f >> … >> f`, and compiled once, whatever n. Its residual is what f keeps, once for each copy, and never a
    second copy of parameters; `stack(n, recompute(f))` keeps the inputs alone. Parameters have the names of f's.
    Raises TypingError where f does not end where it begins, and unless n is a whole number ≥ 1.

    >>> import catlearn as cl
    >>> deep = cl.R(4) >> cl.stack(12, cl.dense(4) >> cl.tanh)
    >>> deep.param, cl.names(deep)
    (R(12, 4, 4) @ R(12, 4), ('0.dense.kernel', '0.dense.bias'))
    """
    if not is_whole(n, least=1):
        raise TypingError(f"stack: n must be a whole number ≥ 1, got {n!r}.")
    if isinstance(f, Family):
        return Stacked(f, int(n))
    if f.category not in (None, Smooth):
        raise CompositionError(f"stack takes arrows of Smooth, and {short(f)} is one of {f.category}: stack, then reverse.")
    if f.cod != f.dom:
        raise TypingError(
            f"stack: {short(f)} begins at {f.dom} and ends in {f.cod} ({difference(f.dom, f.cod)}); they must agree."
        )
    return Box(Stack(f, int(n)), f.dom, f.cod, with_axis(f.param, int(n)), f.label)


@dataclass(frozen=True, repr=False)
class Stacked(Modified):
    """The family `stack(n, family)`."""

    times: int

    def resolve(self, dom: Object) -> Diagram:
        return stack(self.times, self.family.resolve(dom))

    def __repr__(self) -> str:
        return f"stack({self.times}, {self.family!r})"


@dataclass(frozen=True, repr=False)
class Stack(SmoothLayer):
    """The operation of a stack. It bears the name of its body, so that paths stay."""

    body: Diagram
    times: int

    around = "stack"
    loops = True

    @property
    def name(self) -> str | None:  # type: ignore[override]
        return self.body.name

    def over(self, body: Diagram) -> Diagram:
        return stack(self.times, body)

    def drawing(self, draw: Callable) -> Callable:
        return lambda key: jax.vmap(draw)(jax.random.split(key, self.times))

    def apply(self, params: tuple, *xs: Any) -> Any:
        n = len(self.body.cod)
        return jax.lax.scan(lambda xs, p: (unpacked(self.body(p, *xs), n), None), xs, params, self.times)[0]

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        """The scan of the body's lens, and the scan back. What the body keeps twice, or of its parameters, is kept once."""
        lens, n = reverse(self.body), len(change(self.body.dom))

        def forward(params: tuple, *xs: Any) -> tuple:
            kept: list[Any] = []

            def step(xs: tuple, p: tuple) -> tuple[tuple, list]:
                y, residual = lens.forward(p, *xs)
                leaves, tree = jax.tree.flatten(residual)
                old = jax.tree.leaves(p)
                new = [leaf for i, leaf in enumerate(leaves) if _place(leaf, old + leaves[:i]) is None]
                kept[:] = [tree, [_place(leaf, old + new) for leaf in leaves]]
                return unpacked(y, len(self.body.cod)), new

            ys, new = jax.lax.scan(step, xs, params, self.times)
            (tree, places), stored = kept, jax.tree.leaves(params) + new
            return ys, tree.unflatten([stored[at] for at in places])

        def backward(residual: Any, *dys: Any) -> tuple:
            def step(dys: tuple, m: Any) -> tuple[tuple, tuple]:
                dparams, dx = lens.backward(m, *dys)
                return unpacked(dx, n), dparams

            dx, dparams = jax.lax.scan(step, dys, residual, self.times, reverse=True)
            return dparams, dx

        return forward, backward

    def __repr__(self) -> str:
        return f"stack({self.times}, {self.body.code()})"


def _place(leaf: Any, among: list) -> int | None:
    """Where a value stands among others, as the same object."""
    return next((i for i, other in enumerate(among) if leaf is other), None)
