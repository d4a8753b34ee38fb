"""Transformations of gradients: lenses `(S ⊗ P, S ⊗ P') → (P, P')` after an optimiser, as in `adam(1e-3) >> clip(1.0)`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.core.errors import TypingError
from catlearn.core.wires import Object
from catlearn.learn.optimiser import Transformation
from catlearn.learn.settings import chosen, finite, positive


@dataclass(frozen=True, repr=False)
class clip(Transformation):
    """Cut every number of the gradient to `[−c, c]`. Equals optax's `clip(c)`.
    Raises TypingError unless the bound is a number > 0.

    >>> import jax.numpy as jnp
    >>> clip(1.0).put((), (), (jnp.array([3.0, -0.5]),))[1]
    (Array([ 1. , -0.5], dtype=float32),)
    """

    bound: float

    def __post_init__(self) -> None:
        positive(self, "bound")

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        if any(map(jnp.iscomplexobj, jax.tree.leaves(g))):
            raise TypingError(f"{self!r} compares numbers, and some parameters are complex; use clip_by_global_norm.")
        return s, jax.tree.map(lambda g: jnp.clip(g, -self.bound, self.bound), g)


@dataclass(frozen=True, repr=False)
class clip_by_global_norm(Transformation):
    """Scale the whole gradient down to norm c where it is longer. Equals optax's `clip_by_global_norm(c)`.

    The one norm of all wires makes it not monoidal. Source: Pascanu, Mikolov, Bengio 2013 (arXiv 1211.5063), Algorithm 1.
    Raises TypingError unless the norm is a number > 0.

    >>> import jax.numpy as jnp
    >>> clip_by_global_norm(1.0).put((), (), (jnp.array([3.0]), jnp.array([4.0])))[1]
    (Array([0.6], dtype=float32), Array([0.8], dtype=float32))
    """

    norm: float

    def __post_init__(self) -> None:
        positive(self, "norm")

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        length = jnp.sqrt(sum(jnp.sum(jnp.square(jnp.abs(leaf))) for leaf in jax.tree.leaves(g)))
        within = length < self.norm
        return s, jax.tree.map(lambda g: jnp.where(within, g, (g / length.astype(g.dtype)) * self.norm), g)


@dataclass(frozen=True, repr=False)
class rescale(Transformation):
    """Multiply the gradient by a number. Against a cap it is loss scaling: `cap=1024.0`, `adam(1e-3) >> rescale(1 / 1024)`.
    Raises TypingError unless the factor is a number.

    >>> rescale(0.5).put((), (), (2.0,))
    ((), (1.0,))
    """

    factor: float

    def __post_init__(self) -> None:
        finite(self, "factor")

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        return s, jax.tree.map(lambda g: g * self.factor, g)


@dataclass(frozen=True, repr=False)
class weight_decay(Transformation):
    """Add λp to the gradient: the gradient of `½λ|p|²`. Equals optax's `add_decayed_weights(λ, mask)`.

    `where` chooses by path what decays: a pattern such as `"*kernel"`, or a function of paths. (Decoupled decay, which an
    adaptive optimiser does not rescale, is `adamw`'s.) Raises TypingError unless λ is a number > 0.

    >>> weight_decay(0.5).put((), (2.0,), (1.0,))
    ((), (2.0,))
    """

    strength: float
    where: Any = "*"
    decays: tuple[bool, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        positive(self, "strength")

    def knowing(self, P: Object) -> weight_decay:
        return replace(self, decays=chosen(self.where, P, self))

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        decays = (True,) * len(p) if self.decays is None else self.decays
        grown = lambda g, p: g + self.strength * p  # noqa: E731
        return s, tuple(jax.tree.map(grown, a, b) if d else a for a, b, d in zip(g, p, decays, strict=True))
