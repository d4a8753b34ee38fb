"""Boxes that any room needs and that compute nothing themselves: JAX functions, constants, parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.smooth import SmoothLayer, zeros_of
from catlearn.core.diagram import Box, Diagram
from catlearn.core.errors import TypingError
from catlearn.core.wires import I, Object, object_of


@dataclass(frozen=True, repr=False)
class function(SmoothLayer):
    """Any JAX function as a family of boxes. Type: `A₁ ⊗ … ⊗ Aₙ → B₁ ⊗ …`, n = `arity`, a tuple of results one wire each.

    The function is differentiated by `jax.vjp` and batched by `jax.vmap`. Two boxes are equal where their functions are
    the same object. Raises TypingError, with JAX's message, where the function can't be traced at a domain.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> (cl.R(3, 4) >> cl.function(jnp.transpose)).cod
    R(4, 3)
    """

    fn: Callable
    arity: int = 1  # type: ignore[assignment]

    @property
    def name(self) -> str:  # type: ignore[override]
        return getattr(self.fn, "__name__", type(self.fn).__name__).strip("<>")

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.fn(*xs)

    def __repr__(self) -> str:
        extra = f", arity={self.arity}" if self.arity != 1 else ""
        return f"function({getattr(self.fn, '__name__', self.fn)}{extra})"


@dataclass(frozen=True, eq=False, repr=False)
class _Constant(SmoothLayer):
    values: tuple

    name = "constant"
    arity = 0

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.values

    def _key(self) -> tuple:
        leaves, tree = jax.tree.flatten(self.values)
        return (tree, tuple((leaf.shape, str(leaf.dtype), leaf.tobytes()) for leaf in map(np.asarray, leaves)))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, _Constant) and self._key() == other._key())

    def __hash__(self) -> int:
        return hash(tuple(jax.tree.map(jnp.shape, self.values)).__repr__())

    def __repr__(self) -> str:
        return f"constant(<{object_of(self.values)}>)"


def constant(values: Any, like: Object | None = None) -> Diagram:
    """The arrow that gives these values, one a wire. Type: `I → A`. Freezing is reparameterising along it.

    `values` is a tuple of pytrees of arrays, such as the parameters of a model; the labels of `like` name the wires.
    Raises TypingError for anything else, and where the values are not of the object `like`.

    >>> import jax, catlearn as cl
    >>> model = cl.R(3) >> cl.dense(2)
    >>> model.reparameterise(cl.constant(model.init(jax.random.key(0)))).param
    I
    """
    if not isinstance(values, tuple | list):
        raise TypingError(
            f"constant takes a tuple with one value for each wire, got a {type(values).__name__}: write constant((x,))."
        )
    values = tuple(jax.tree.map(jnp.asarray, value) for value in values)
    if like is not None and object_of(values) != like:
        raise TypingError(f"constant: the values are {object_of(values)}, not {like}.")
    return Box(_Constant(values), I, object_of(values, like))


@dataclass(frozen=True, repr=False)
class parameter(SmoothLayer):
    """The parameters themselves as an arrow. Type: `I → P` with parameters P; every parametric arrow is one of these composed.

    `init_with(key)` gives a tuple with a value for each wire; zeros, unless told. Labels of the wires name the parameters.
    Raises TypingError for a domain that is not I.

    >>> import catlearn as cl
    >>> (cl.I >> cl.parameter(cl.R(3).named("shift"))).param.labels
    ('shift',)
    """

    wires: Object
    init_with: Callable | None = None

    arity = 0

    def parameters(self, dom: Object) -> Object:
        return self.wires

    def codomain(self, dom: Object, param: Object) -> Object:
        return self.wires

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        if self.init_with is None:
            return zeros_of(self.wires)
        return tuple(self.init_with(key))

    def apply(self, params: tuple, *xs: Any) -> Any:
        return tuple(params)

    def __repr__(self) -> str:
        labels = f".named{self.wires.labels}" if any(self.wires.labels) else ""
        compound = labels and len(self.wires) > 1
        wires = f"({self.wires}){labels}" if compound else f"{self.wires}{labels.replace(',)', ')')}"
        return f"parameter({wires}{'' if self.init_with is None else f', {self.init_with!r}'})"
