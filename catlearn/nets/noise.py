"""Arrows of CoKl(K, Smooth) for a random key K: noise in training, none at inference."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from math import isfinite
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.batch import with_axis
from catlearn.categories.cokleisli import asked
from catlearn.categories.comonoid import KEY
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Box, Diagram, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import Object
from catlearn.nets.dense import floating


def is_number(value: Any) -> bool:
    """Whether a value is a finite number, and no boolean."""
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


class Noise(Composite):
    """A family of arrows `X → X` that read a random key: `noisy(key, x)` with it, the identity without (`inference`).

    A batch has noise of its own for each example.
    """

    def noisy(self, key: jax.Array, x: jax.Array) -> jax.Array:
        raise NotImplementedError

    def build(self, dom: Object) -> Diagram:
        if len(dom) != 1:
            raise TypingError(f"{self!r} takes 1 wire, got {len(dom)}: {dom}.")
        floating(self, dom, axes="an array", least=0)
        return asked(KEY) @ dom >> _Noisy(self)


@dataclass(frozen=True, repr=False)
class _Noisy(SmoothLayer):
    """Noise by a key, or none where there is no key. Type: `K ⊗ X → X`."""

    kind: Noise

    arity = 2

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.kind.name

    def resolve(self, dom: Object) -> Diagram:
        return super().resolve(dom) if dom.wires[0].leaves else wiring(dom, (1,))

    def codomain(self, dom: Object, param: Object) -> Object:
        return dom[1:]

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.kind.noisy(*xs)

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram | None:
        """One key makes the noise of the whole batch."""
        if batched[0]:
            return None
        return replace(box, dom=box.dom[:1] @ with_axis(box.dom[1:], size), cod=with_axis(box.cod, size))

    def __repr__(self) -> str:
        return f"noisy({self.kind!r})"


@dataclass(frozen=True, repr=False)
class dropout(Noise):
    """Set each entry to zero with probability `rate`, and scale the others by 1/(1 − rate). Type: `R(…) → R(…)`, reading a key.

    At inference it is the identity. Raises TypingError for a rate outside [0, 1) and for wires of integers.
    Source: Srivastava et al. 2014, "Dropout", §4 (there, weights are scaled at inference).

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> f = cl.R(4) >> cl.dropout(0.5)
    >>> set(f((), jax.random.key(0), jnp.ones(4)).tolist()) <= {0.0, 2.0}, f((), jnp.ones(4))
    (True, Array([1., 1., 1., 1.], dtype=float32))
    """

    rate: float

    def __post_init__(self) -> None:
        if not (is_number(self.rate) and 0 <= self.rate < 1):
            raise TypingError(f"dropout: rate must be a probability below 1, got {self.rate!r}.")

    def noisy(self, key: jax.Array, x: jax.Array) -> jax.Array:
        return jnp.where(_kept(key, self.rate, x.shape), x / (1 - self.rate), jnp.zeros((), x.dtype))


def _kept(key: jax.Array, rate: float, shape: tuple[int, ...]) -> jax.Array:
    """True with probability 1 − rate at each place. A rate of few binary digits, as 0.5, takes as many random bits for each,
    not 32: drawing them takes most of the time."""
    few = [bits for bits in (1, 2, 4, 8) if float(rate * 2**bits).is_integer()]
    if not few:
        return jax.random.bernoulli(key, 1 - rate, shape)
    bits, size = few[0], math.prod(shape)
    words = jax.random.bits(key, (-(-size * bits // 32), 1), "uint32")
    drawn = (words >> jnp.arange(0, 32, bits, "uint32")) & jnp.uint32(2**bits - 1)
    return drawn.reshape(-1)[:size].reshape(shape) >= int(rate * 2**bits)


@dataclass(frozen=True, repr=False)
class noise(Noise):
    """Add normal noise of this deviation. Type: `R(…) → R(…)`, reading a key; the identity at inference.

    Raises TypingError for a deviation that is no number ≥ 0 and for wires of integers.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> f = cl.R(2) >> cl.noise(0.1)
    >>> bool(jnp.all(f((), jax.random.key(0), jnp.ones(2)) != 1)), f((), jnp.ones(2))
    (True, Array([1., 1.], dtype=float32))
    """

    deviation: float

    def __post_init__(self) -> None:
        if not (is_number(self.deviation) and self.deviation >= 0):
            raise TypingError(f"noise: deviation must be a finite number ≥ 0, got {self.deviation!r}.")

    def noisy(self, key: jax.Array, x: jax.Array) -> jax.Array:
        return x + self.deviation * jax.random.normal(key, x.shape, x.dtype)
