"""The models of the benchmarks in Equinox, trained as its users do: `filter_jit` and optax."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from benchmarks.models import cross_entropy


class ConvNet(eqx.Module):
    first: eqx.nn.Conv2d
    second: eqx.nn.Conv2d
    pool: eqx.nn.MaxPool2d
    last: eqx.nn.Linear

    def __init__(self, key: jax.Array):
        a, b, c = jax.random.split(key, 3)
        self.first = eqx.nn.Conv2d(1, 16, 3, padding="SAME", key=a)
        self.second = eqx.nn.Conv2d(16, 32, 3, padding="SAME", key=b)
        self.pool = eqx.nn.MaxPool2d(2, 2)
        self.last = eqx.nn.Linear(32 * 7 * 7, 10, key=c)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = jnp.transpose(x, (2, 0, 1))
        x = self.pool(jax.nn.relu(self.first(x)))
        x = self.pool(jax.nn.relu(self.second(x)))
        return self.last(x.ravel())


class Block(eqx.Module):
    norms: tuple[eqx.nn.LayerNorm, eqx.nn.LayerNorm]
    attention: eqx.nn.MultiheadAttention
    up: eqx.nn.Linear
    down: eqx.nn.Linear

    def __init__(self, width: int, heads: int, key: jax.Array):
        a, b, c = jax.random.split(key, 3)
        biases = {f"use_{name}_bias": True for name in ("query", "key", "value", "output")}
        self.norms = (eqx.nn.LayerNorm(width), eqx.nn.LayerNorm(width))
        self.attention = eqx.nn.MultiheadAttention(heads, width, key=a, **biases)
        self.up = eqx.nn.Linear(width, 4 * width, key=b)
        self.down = eqx.nn.Linear(4 * width, width, key=c)

    def __call__(self, x: jax.Array) -> jax.Array:
        h = jax.vmap(self.norms[0])(x)
        x = x + self.attention(h, h, h)
        return x + jax.vmap(self.down)(jax.nn.gelu(jax.vmap(self.up)(jax.vmap(self.norms[1])(x))))


class Transformer(eqx.Module):
    blocks: list[Block]
    last: eqx.nn.Linear

    def __init__(self, key: jax.Array, width: int = 128, heads: int = 4, depth: int = 2):
        *keys, last = jax.random.split(key, depth + 1)
        self.blocks = [Block(width, heads, k) for k in keys]
        self.last = eqx.nn.Linear(width, 10, key=last)

    def __call__(self, x: jax.Array) -> jax.Array:
        for block in self.blocks:
            x = block(x)
        return self.last(x.mean(0))


def models(key: jax.Array) -> tuple[Any, ...]:
    """In the order of `CASES`."""
    return (
        eqx.nn.MLP(784, 10, 512, 2, key=key),
        ConvNet(key),
        eqx.nn.MLP(4, 3, 20, 1, key=key),
        Transformer(key),
    )


def step_of(model: Any) -> tuple[Any, tuple]:
    """A step that donates nothing, as `filter_jit` does unless told, and its first state."""
    tx = optax.adam(1e-3)

    @eqx.filter_jit
    def step(state: tuple, examples: tuple) -> tuple:
        model, opt = state

        def loss(model: Any) -> jax.Array:
            return cross_entropy(jax.vmap(model)(examples[0]), examples[1])

        value, g = eqx.filter_value_and_grad(loss)(model)
        updates, opt = tx.update(g, opt, eqx.filter(model, eqx.is_array))
        return (eqx.apply_updates(model, updates), opt), value

    return step, (model, tx.init(eqx.filter(model, eqx.is_array)))
