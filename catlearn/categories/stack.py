"""`stack(n, f)`: f after itself n times, each time with parameters of its own, as one loop on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catlearn.categories.cokleisli import context_of
from catlearn.categories.loop import loop
from catlearn.categories.smooth import Smooth
from catlearn.core.diagram import Diagram
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.family import Family, Modified
from catlearn.core.text import short
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
    transported = getattr(f.category, "transported", None)
    if f.category not in (None, Smooth) and not context_of(f).wires and transported is None:
        raise CompositionError(f"stack takes arrows of Smooth, and {short(f)} is one of {f.category}: stack, then reverse.")
    if f.cod != f.dom:
        raise TypingError(
            f"stack: {short(f)} begins at {f.dom} and ends in {f.cod} ({difference(f.dom, f.cod)}); they must agree."
        )
    looped = lambda f: loop(f, int(n), len(f.dom), apart=True)  # noqa: E731
    return looped(f) if transported is None else transported(looped, f)


@dataclass(frozen=True, repr=False)
class Stacked(Modified):
    """The family `stack(n, family)`."""

    times: int

    def resolve(self, dom: Object) -> Diagram:
        return stack(self.times, self.family.resolve(dom))

    def __repr__(self) -> str:
        return f"stack({self.times}, {self.family!r})"
