"""The models of the benchmarks in Flax nnx, trained as its users do: `nnx.jit` and `nnx.Optimizer`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import jax
import optax
from flax import nnx

from benchmarks.models import cross_entropy


class Mlp(nnx.Module):
    def __init__(self, *widths: int, rngs: nnx.Rngs):
        self.layers = nnx.List([nnx.Linear(m, n, rngs=rngs) for m, n in pairwise(widths)])

    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in self.layers[:-1]:
            x = nnx.relu(layer(x))
        return self.layers[-1](x)


class ConvNet(nnx.Module):
    def __init__(self, rngs: nnx.Rngs):
        self.first = nnx.Conv(1, 16, (3, 3), rngs=rngs)
        self.second = nnx.Conv(16, 32, (3, 3), rngs=rngs)
        self.last = nnx.Linear(32 * 7 * 7, 10, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = nnx.max_pool(nnx.relu(self.first(x)), (2, 2), strides=(2, 2))
        x = nnx.max_pool(nnx.relu(self.second(x)), (2, 2), strides=(2, 2))
        return self.last(x.reshape(len(x), -1))


class Block(nnx.Module):
    def __init__(self, width: int, heads: int, rngs: nnx.Rngs):
        self.first, self.second = (nnx.LayerNorm(width, epsilon=1e-5, rngs=rngs) for _ in range(2))
        self.attention = nnx.MultiHeadAttention(heads, width, decode=False, rngs=rngs)
        self.up = nnx.Linear(width, 4 * width, rngs=rngs)
        self.down = nnx.Linear(4 * width, width, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = x + self.attention(self.first(x))
        return x + self.down(nnx.gelu(self.up(self.second(x))))


class Transformer(nnx.Module):
    def __init__(self, rngs: nnx.Rngs, width: int = 128, heads: int = 4, depth: int = 2):
        self.blocks = nnx.List([Block(width, heads, rngs) for _ in range(depth)])
        self.last = nnx.Linear(width, 10, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        for block in self.blocks:
            x = block(x)
        return self.last(x.mean(1))


def models() -> tuple[Any, ...]:
    """In the order of `CASES`."""
    rngs = nnx.Rngs(0)
    return Mlp(784, 512, 512, 10, rngs=rngs), ConvNet(rngs), Mlp(4, 20, 3, rngs=rngs), Transformer(rngs)


def step_of(model: Any) -> tuple[Any, tuple]:
    """A step that changes its model in place, and the state that it goes on from."""
    optimiser = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)

    @nnx.jit
    def move(model: Any, optimiser: Any, examples: tuple) -> jax.Array:
        loss = lambda model: cross_entropy(model(examples[0]), examples[1])  # noqa: E731
        value, g = nnx.value_and_grad(loss)(model)
        optimiser.update(model, g)
        return value

    return (lambda state, examples: (state, move(*state, examples))), (model, optimiser)
