"""Regularisers: losses on the parameter wire, arrows `P → R()` that a learner adds to its loss."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.smooth import SmoothLayer, is_smooth
from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object
from catlearn.learn.optimisers import abs_square
from catlearn.learn.settings import chosen, positive


class Regulariser(SmoothLayer):
    """A family of arrows `P → R()`: the sum of `cost(p)` over the parameters that `where` chooses by path."""

    strength: float
    where: Any
    picked: tuple[bool, ...]  # what `where` means, once the parameters are known

    def __post_init__(self) -> None:
        positive(self, "strength")

    def cost(self, p: jax.Array) -> jax.Array:
        raise NotImplementedError

    def check(self, dom: Object) -> None:
        if not any(map(is_smooth, jax.tree.leaves(dom.structs))):
            raise TypingError(f"{self!r} takes parameters with floats among them, got {dom}.")

    def resolve(self, dom: Object) -> Diagram:
        self.check(dom)
        known = replace(self, picked=chosen(self.where, dom, self))  # type: ignore[type-var]
        return SmoothLayer.resolve(known, dom)

    def apply(self, params: tuple, *xs: Any) -> Any:
        leaves = [leaf for x, picked in zip(xs, self.picked, strict=True) if picked for leaf in jax.tree.leaves(x)]
        return self.strength * sum((self.cost(leaf) for leaf in leaves if is_smooth(leaf)), jnp.zeros((), jnp.bfloat16))


@dataclass(frozen=True, repr=False)
class l2(Regulariser):
    """`½λ Σ p²`, whose gradient is λp. Type: `P → R()`. `where` chooses by path: `l2(1e-4, "*kernel")`.

    Source: Hoerl and Kennard 1970 (ridge regression). Raises TypingError unless λ > 0 and something is chosen.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> float((cl.R(2) >> cl.l2(0.5))((), jnp.array([1.0, 3.0])))
    2.5
    """

    strength: float
    where: Any = "*"
    picked: tuple[bool, ...] = field(default=(), repr=False)

    def cost(self, p: jax.Array) -> jax.Array:
        return jnp.sum(abs_square(p)) / 2


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
    picked: tuple[bool, ...] = field(default=(), repr=False)

    def cost(self, p: jax.Array) -> jax.Array:
        return jnp.sum(jnp.abs(p))
