"""Arrows that move numbers and compute none: reshape, transpose, branch, concatenate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax.numpy as jnp

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, copy, identity
from catlearn.core.family import Composite
from catlearn.core.wires import I, Object


@dataclass(frozen=True, repr=False, init=False)
class reshape(SmoothLayer):
    """The same numbers, row by row, in another shape; one axis may be −1: as long as fits. Type: `R(…) → R(*shape)`.

    Raises TypingError, with both sizes, where the numbers don't fit.

    >>> import catlearn as cl
    >>> (cl.R(8, 6) >> reshape(8, 2, -1)).cod
    R(8, 2, 3)
    """

    shape: tuple[int, ...]

    def __init__(self, *shape: int) -> None:
        object.__setattr__(self, "shape", shape)

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jnp.reshape(xs[0], self.shape)

    def __repr__(self) -> str:
        return f"reshape({', '.join(map(str, self.shape))})"


@dataclass(frozen=True, repr=False, init=False)
class transpose(SmoothLayer):
    """The axes in another order: axis i of the result is axis `axes[i]`; without axes, in reverse, as in NumPy.

    Type: `R(a₀, a₁, …) → R(a[axes[0]], a[axes[1]], …)`. Raises TypingError unless each axis is named once.

    >>> import catlearn as cl
    >>> (cl.R(2, 3, 4) >> transpose(1, 0, 2)).cod, (cl.R(2, 3, 4) >> transpose()).cod
    (R(3, 2, 4), R(4, 3, 2))
    """

    axes: tuple[int, ...]

    def __init__(self, *axes: int) -> None:
        object.__setattr__(self, "axes", axes)

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jnp.transpose(xs[0], self.axes or None)

    def __repr__(self) -> str:
        return f"transpose({', '.join(map(str, self.axes))})"


@dataclass(frozen=True, repr=False, init=False)
class branch(Composite):
    """Several arrows from one object, the composite `copy >> (f @ g @ …)`: `x ↦ (f(x), g(x), …)`. Type: `A → B ⊗ C ⊗ …`.

    What joins them comes after: `branch(f, g) >> add`, `branch(f, g, h) >> concatenate()`.
    Source: the pairing ⟨f, g⟩ of a cartesian category.

    >>> import catlearn as cl
    >>> (cl.R(4) >> branch(cl.dense(3), cl.tanh) >> concatenate()).cod
    R(7)
    """

    branches: tuple[Any, ...]

    def __init__(self, *branches: Any) -> None:
        object.__setattr__(self, "branches", branches)

    def build(self, dom: Object) -> Diagram:
        return copy(dom, len(self.branches)) >> reduce(lambda f, g: f @ (identity(dom) >> g), self.branches, identity(I))

    def __repr__(self) -> str:
        return f"branch({', '.join(map(_code, self.branches))})"


def _code(f: Any) -> str:
    return f.code() if isinstance(f, Diagram) else repr(f)


@dataclass(frozen=True, repr=False)
class concatenate(SmoothLayer):
    """All wires one after the other along an axis. Type: `R(…, m, …) ⊗ R(…, n, …) ⊗ … → R(…, m + n + …, …)`.

    Takes any number of wires; in a tensor, `arity` of them. Raises TypingError for wires that differ in another axis.

    >>> import catlearn as cl
    >>> (cl.R(5, 2) @ cl.R(5, 3) @ cl.R(5, 1) >> concatenate()).cod
    R(5, 6)
    """

    axis: int = -1
    arity: int = 2  # type: ignore[assignment]

    def check(self, dom: Object) -> None:
        """Any number of wires will do."""

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jnp.concatenate(xs, self.axis)
