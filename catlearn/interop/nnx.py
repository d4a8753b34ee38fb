"""Modules of `flax.nnx` as families: a module is split into what it is, its parameters, and the rest of its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
from flax import nnx

from catlearn.core.wires import Object
from catlearn.interop.foreign import Foreign


@dataclass(frozen=True, eq=False, repr=False)
class FromNnx(Foreign):
    """The family of `from_flax(module)` for a module of nnx, which it copies: what becomes of the module is not seen here."""

    parts: Any = field(init=False)  # what it is, its parameters, the rest; made here lest a trace make them

    name = Foreign.name  # type: ignore[assignment]
    maker = "from_flax"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "module", nnx.clone(self.module))
        object.__setattr__(self, "parts", nnx.split(self.module, nnx.Param, ...))

    @property
    def content(self) -> Any:
        return self.parts

    @property
    def weights(self) -> Any:
        return self.parts[1]

    def parameters(self, dom: Object) -> Object:
        P = super().parameters(dom)
        return P.named(*(str(label).removesuffix(".value") for label in P.labels))

    def _merged(self, params: Sequence[Any]) -> Any:
        """The module, on the very variables of this family: to change one while JAX traces is an error, not a lost update."""
        static, weights, rest = self.parts
        return nnx.merge(static, jax.tree.unflatten(jax.tree.structure(weights), params), rest)

    def at(self, params: Sequence[Any]) -> Any:
        return nnx.clone(self._merged(params))

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self._merged(params)(*xs, **self.options)

    def advice(self, said: str) -> str:
        if "Cannot mutate" in said or "No `deterministic`" in said:
            return (
                "An arrow has no place for a state that the module changes when called: module.eval() first, for dropout "
                "and running statistics as they are when a model is used."
            )
        return ""
