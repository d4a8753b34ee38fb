"""Activations and other functions that have a name here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from catlearn.categories.function import function
from catlearn.categories.smooth import change
from catlearn.core.wires import Object


@dataclass(frozen=True, repr=False)
class Known(function):
    """A JAX function that has a name here, such as `relu`.

    `precise` says that it should compute in float32 where its neighbours compute in less. `slope` is the derivative of a
    function of each number by itself, where it is worth having: then the box keeps its input for the way back, and no more.
    """

    known_as: str = ""
    precise: bool = False
    slope: Callable | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.known_as

    def __repr__(self) -> str:
        return self.known_as

    def optic(self, dom: Object) -> tuple[Callable, Callable] | None:
        slope = self.slope
        if slope is None or not change(dom).wires:
            return None
        return (lambda params, x: (self.fn(x), x)), (lambda x, dy: ((), slope(x) * dy))

    def __reduce__(self) -> str:
        return self.known_as  # to pickle and copy, a function with a name is that name in this module


def _gelu_slope(x: jax.Array) -> jax.Array:
    """The derivative of `jax.nn.gelu`, which is `x σ(w)` with `w = √(8/π) (x + 0.044715 x³)`."""
    root, cubic = math.sqrt(8 / math.pi), 0.044715
    s = jax.nn.sigmoid(root * x * (1 + cubic * x * x))
    return s + x * s * (1 - s) * root * (1 + 3 * cubic * x * x)


def _flatten(x: jax.Array) -> jax.Array:
    return jnp.reshape(x, -1)


def _weighted_mean(totals: jax.Array, weights: jax.Array) -> jax.Array:
    weight = jnp.sum(weights)
    return jnp.where(weight > 0, jnp.sum(totals) / jnp.where(weight > 0, weight, 1), 0)


relu = Known(jax.nn.relu, known_as="relu")
tanh = Known(jnp.tanh, known_as="tanh")
sigmoid = Known(jax.nn.sigmoid, known_as="sigmoid")
gelu = Known(jax.nn.gelu, known_as="gelu", slope=_gelu_slope)  # Hendrycks and Gimpel 2016 (arXiv 1606.08415), by tanh
silu = Known(jax.nn.silu, known_as="silu")
elu = Known(jax.nn.elu, known_as="elu")
leaky_relu = Known(jax.nn.leaky_relu, known_as="leaky_relu")
softplus = Known(jax.nn.softplus, known_as="softplus")
softmax = Known(jax.nn.softmax, known_as="softmax", precise=True)  # along the last axis, as log_softmax
log_softmax = Known(jax.nn.log_softmax, known_as="log_softmax", precise=True)
flatten = Known(_flatten, known_as="flatten")
add = Known(jnp.add, arity=2, known_as="add")
multiply = Known(jnp.multiply, arity=2, known_as="multiply")
mean = Known(jnp.mean, known_as="mean")
weighted_mean = Known(_weighted_mean, arity=2, known_as="weighted_mean")
