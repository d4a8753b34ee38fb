"""Equinox and catlearn, both ways: modules as families, models as modules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.parameters import names
from catlearn.interop.foreign import Foreign, what


@dataclass(frozen=True, eq=False, repr=False)
class FromEquinox(Foreign):
    """The family of `from_equinox(module)`."""

    halves: tuple[Any, Any] = field(init=False)  # its arrays and the rest of it, made here lest a trace make them

    name = Foreign.name  # type: ignore[assignment]
    maker = "from_equinox"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.module, eqx.Module) or not callable(self.module):
            raise TypingError(f"from_equinox takes an equinox.Module that can be called, got {what(self.module)}.")
        arrays, static = eqx.partition(self.module, _is_weight)
        object.__setattr__(self, "halves", (jax.tree.map(jnp.asarray, arrays), static))

    @property
    def weights(self) -> Any:
        return self.halves[0]

    def at(self, params: Sequence[Any]) -> Any:
        arrays, static = self.halves
        return eqx.combine(jax.tree.unflatten(jax.tree.structure(arrays), params), static)

    def advice(self, said: str) -> str:
        if any(isinstance(node, eqx.nn.StateIndex) for node in _nodes(self.module)):
            return (
                "It keeps a state, which an arrow has no place for: put equinox.nn.inference_mode(module) and its "
                "state in a module of your own, whose call returns the output alone."
            )
        if re.search(r"(requires|missing).*\bkey\b", said):
            return "It is called without a key: equinox.nn.inference_mode(module) gives it without dropout."
        if "positional argument" in said:
            return f"It was given {self.arity} of its inputs: from_equinox(module, arity=…) says how many it takes."
        return ""


def _is_weight(leaf: Any) -> bool:
    """Whether a leaf is an array that JAX has: numpy's arrays of numbers are, its text and objects are not."""
    return eqx.is_array(leaf) and (isinstance(leaf, jax.Array) or jnp.issubdtype(leaf.dtype, jnp.number) or leaf.dtype == bool)


def _nodes(module: Any) -> list:
    return jax.tree.leaves(module, is_leaf=lambda node: isinstance(node, eqx.nn.StateIndex))


class ToEquinox(eqx.Module):
    """The module of `to_equinox(model, params)`: its leaves are the parameters, in a dictionary by path.

    `params` is the tuple of them that the model takes. The call takes a value for each wire of the model's domain, and
    a `key` for the sake of `equinox.nn.Sequential`, which it has no use for.
    """

    parameters: dict[str, Any]
    model: Diagram = eqx.field(static=True, repr=False)

    @property
    def params(self) -> tuple[Any, ...]:
        return tuple(self.parameters[name] for name in names(self.model))

    def __call__(self, *xs: Any, key: jax.Array | None = None) -> Any:
        return self.model(self.params, *xs)
