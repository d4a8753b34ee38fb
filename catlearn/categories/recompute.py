"""`recompute(f)`: the same arrow, which keeps its inputs instead of its residuals and runs f again on the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from catlearn.categories.batch import batch
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Box, Diagram
from catlearn.core.family import Family
from catlearn.core.wires import Object


def recompute(f: Any) -> Any:
    """Trade time for memory on a segment: values and gradients never change. Type: `(A ⊗ P → B) ↦ (A ⊗ P → B)`.

    As an optic, f keeps a residual for each of its boxes; `recompute(f)` keeps A ⊗ P alone and runs f once more in the
    backward pass, behind a barrier that stops the compiler from merging the two runs.
    Source: Griewank and Walther 2008, §12 (checkpointing); the lens rule of arXiv 2103.01931, Definition 4.

    >>> import catlearn as cl
    >>> f = cl.R(4) >> cl.dense(4) >> cl.tanh
    >>> recompute(f).cod, recompute(f).param == f.param
    (R(4), True)
    """
    return Recomputed(f) if isinstance(f, Family) else _box(f)


def _box(f: Diagram) -> Box:
    return Box(Segment(f), f.dom, f.cod, f.param)


@dataclass(frozen=True, repr=False)
class Recomputed(Family):
    """The family `recompute(family)`."""

    family: Family

    name = "recompute"

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.family.arity

    def resolve(self, dom: Object) -> Diagram:
        return recompute(self.family.resolve(dom))


@dataclass(frozen=True, repr=False)
class Segment(SmoothLayer):
    """The operation of a recomputed segment."""

    body: Diagram

    name = "recompute"

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jax.checkpoint(lambda *args: self.body(args[0], *args[1:]))(params, *xs)

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        lens = reverse(self.body)

        def forward(params: tuple, *xs: Any) -> tuple:
            return self.body(params, *xs), (params, xs)

        def backward(kept: tuple, *dys: Any) -> tuple:
            (params, xs), dys = jax.lax.optimization_barrier((kept, dys))
            return lens.backward(lens.forward(params, *xs)[1], *dys)

        return forward, backward

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram:
        return recompute(batch(self.body, size, batched))

    def __repr__(self) -> str:
        return f"recompute({self.body.code()})"
