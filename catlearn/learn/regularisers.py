"""Regularisers: losses on the parameter wire, arrows `P → R()` that a learner adds to its loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.smooth import SmoothLayer, is_smooth
from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object, R
from catlearn.learn.optimisers import chosen, positive


class Regulariser(SmoothLayer):
    """A family of arrows `P → R()`: the sum of `cost(p)` over the parameters that `where` chooses by path."""

    strength: float
    where: Any

    def __post_init__(self) -> None:
        positive("strength", self.strength, self.name)

    def cost(self, p: jax.Array) -> jax.Array:
        raise NotImplementedError

    def check(self, dom: Object) -> None:
        if not any(chosen(self.where, dom)):
            raise TypingError(f"{self!r} chooses none of the parameters {', '.join(label or '0' for label in dom.labels)}.")

    def resolve(self, dom: Object) -> Diagram:
        self.check(dom)
        known = replace(self, where=chosen(self.where, dom))  # type: ignore[type-var]
        return SmoothLayer.resolve(known, dom)

    def codomain(self, dom: Object, param: Object) -> Object:
        return R()

    def apply(self, params: tuple, *xs: Any) -> Any:
        leaves = [leaf for x, picked in zip(xs, self.where, strict=True) if picked for leaf in jax.tree.leaves(x)]
        return self.strength * sum((self.cost(leaf) for leaf in leaves if is_smooth(leaf)), jnp.float32(0))


@dataclass(frozen=True, repr=False)
class l2(Regulariser):
    """`½λ Σ p²`, whose gradient is λp. Type: `P → R()`. `where` chooses by path: `l2(1e-4, "*.kernel")`.

    Source: Hoerl and Kennard 1970 (ridge regression). Raises TypingError unless λ > 0 and something is chosen.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> float((cl.R(2) >> cl.l2(0.5))((), jnp.array([1.0, 3.0])))
    2.5
    """

    strength: float
    where: Any = "*"

    def cost(self, p: jax.Array) -> jax.Array:
        return jnp.sum(jnp.square(p)) / 2


@dataclass(frozen=True, repr=False)
class l1(Regulariser):
    """`λ Σ |p|`. Type: `P → R()`. `where` chooses by path.

    Source: Tibshirani 1996 (the lasso). Raises TypingError unless λ > 0 and something is chosen.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> float((cl.R(2) >> cl.l1(0.5))((), jnp.array([1.0, -3.0])))
    2.0
    """

    strength: float
    where: Any = "*"

    def cost(self, p: jax.Array) -> jax.Array:
        return jnp.sum(jnp.abs(p))
