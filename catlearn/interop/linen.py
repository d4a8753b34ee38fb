"""Modules of `flax.linen` as families: a module has parameters once it has inputs, as a family has once it has a domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax

from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object
from catlearn.interop.foreign import Foreign


@dataclass(frozen=True, eq=False, repr=False)
class FromLinen(Foreign):
    """The family of `from_flax(module)` for a module of linen. `structs` are the types of its parameters at a domain."""

    structs: Any = None

    name = Foreign.name  # type: ignore[assignment]
    maker = "from_flax"

    @property
    def weights(self) -> Any:
        return self.structs

    def resolve(self, dom: Object) -> Diagram:
        self.check(dom)
        return super(FromLinen, replace(self, structs=self._structs(dom))).resolve(dom)

    def _structs(self, dom: Object) -> Any:
        try:
            variables = jax.eval_shape(self._begin, jax.random.key(0), *dom.structs)
        except Exception as error:  # whatever a module raises is reported as ours
            raise self.refused(dom, error) from error
        more = sorted(set(variables) - {"params"})
        if more:
            raise TypingError(
                f"{self!r} keeps {', '.join(more)} beside its parameters, and an arrow has no place for variables that "
                "change while it runs: take a module without them (LayerNorm or GroupNorm for BatchNorm), or one of "
                "flax.nnx after module.eval(), where they are constants."
            )
        return variables.get("params", {})

    def _begin(self, key: jax.Array, *xs: Any) -> Any:
        return self.module.init(key, *xs, **self.options)

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return tuple(jax.tree.leaves(self.module.lazy_init(key, *dom.structs, **self.options).get("params", {})))

    def at(self, params: Sequence[Any]) -> Any:
        if self.structs is None:
            raise self._without_domain("no parameters")
        return self.module.bind({"params": jax.tree.unflatten(jax.tree.structure(self.structs), params)})

    def advice(self, said: str) -> str:
        if "PRNG" in said or "deterministic" in said:
            return "It is called without a key: from_flax(module, deterministic=True) or such gives it without dropout."
        return ""
