"""The models of the benchmarks, in catlearn and by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R
from catlearn.core.diagram import Diagram, identity
from catlearn.core.family import Family


def mlp_by_hand(p: list, x: jax.Array) -> jax.Array:
    for i in range(0, len(p) - 2, 2):
        x = jax.nn.relu(x @ p[i] + p[i + 1])
    return x @ p[-2] + p[-1]


def plain_convolution(x: jax.Array, kernel: jax.Array) -> jax.Array:
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


@jax.custom_vjp
def fast_convolution(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """The convolution of a 3 × 3 kernel in the forms that are fast on CPU: patches where channels are few, else in parts."""
    if x.shape[-1] == 1:
        return seen(x, 2)[0] @ kernel.reshape(-1, kernel.shape[-1])
    return jnp.concatenate([plain_convolution(part, kernel) for part in jnp.split(x, 4)])


def seen(x: jax.Array, axes: int) -> list[jax.Array]:
    """What a 3 × 3 kernel sees, its last axis or both side by side with the channels."""
    h, w = x.shape[1:3]
    x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    x = jnp.concatenate([x[:, :, j : j + w] for j in range(3)], -1)
    rows = [x[:, i : i + h] for i in range(3)]
    return rows if axes == 1 else [jnp.concatenate(rows, -1)]


def fast_back(kept: tuple, dy: jax.Array) -> tuple:
    x, kernel = kept
    dx = fast_convolution(dy, jnp.flip(kernel, (0, 1)).swapaxes(2, 3))
    rows = [row.reshape(-1, row.shape[-1]) for row in seen(x, 2 if x.shape[-1] == 1 else 1)]
    flat = dy.reshape(-1, dy.shape[-1])
    return dx, jnp.stack([jax.lax.dot_general(row, flat, (((0,), (0,)), ((), ()))) for row in rows]).reshape(kernel.shape)


fast_convolution.defvjp(lambda x, kernel: (fast_convolution(x, kernel), (x, kernel)), fast_back)


def tiled(x: jax.Array) -> jax.Array:
    """Maximum of 2 × 2 tiles as a maximum of slices, axis by axis."""
    for axis in (1, 2):
        x = x.reshape(*x.shape[:axis], x.shape[axis] // 2, 2, *x.shape[axis + 1 :])
        a, b = jax.lax.split(x, (1, 1), axis + 1)
        x = jnp.maximum(a, b).squeeze(axis + 1)
    return x


def windowed(x: jax.Array) -> jax.Array:
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def conv_by_hand(convolution=fast_convolution, pool=tiled):
    """As an expert writes it who knows what XLA does on CPU; `obvious_conv` is what anybody writes."""

    def net(p: list, x: jax.Array) -> jax.Array:
        for i in (0, 2):
            x = pool(jax.nn.relu(convolution(x, p[i]) + p[i + 1]))
        return x.reshape(len(x), -1) @ p[4] + p[5]

    return net


obvious_conv = conv_by_hand(plain_convolution, windowed)


def transformer_by_hand(heads: int):
    """Norms first. All places of all examples are rows of one matrix, and heads stand before time: both help XLA on CPU."""

    def normed(x: jax.Array, scale: jax.Array, bias: jax.Array) -> jax.Array:
        x = x - x.mean(-1, keepdims=True)
        return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-5) * scale + bias

    def attention(x: jax.Array, n: int, wq, bq, wk, bk, wv, bv, wo, bo) -> jax.Array:
        size = x.shape[-1] // heads
        q, k, v = ((x @ w + b).reshape(n, -1, heads, size).transpose(0, 2, 1, 3) for w, b in ((wq, bq), (wk, bk), (wv, bv)))
        weights = jax.nn.softmax(jnp.einsum("nhts,nhus->nhtu", q * size**-0.5, k))
        return jnp.einsum("nhtu,nhus->nhts", weights, v).transpose(0, 2, 1, 3).reshape(x.shape) @ wo + bo

    def net(p: list, x: jax.Array) -> jax.Array:
        n, t, d = x.shape
        x = x.reshape(n * t, d)
        for i in range(0, len(p) - 2, 16):
            x = x + attention(normed(x, *p[i : i + 2]), n, *p[i + 2 : i + 10])
            wu, bu, wd, bd = p[i + 12 : i + 16]
            x = x + jax.nn.gelu(normed(x, *p[i + 10 : i + 12]) @ wu + bu) @ wd + bd
        return x.reshape(n, t, d).mean(1) @ p[-2] + p[-1]

    return net


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    picked = jnp.take_along_axis(logits, labels[:, None], axis=-1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=-1) - picked)


def adam_by_hand(net: Any, rate: float = 1e-3) -> Any:
    """A training step as an expert writes it: `jax.value_and_grad` and Adam on lists. Jitted, donating."""

    def step(state: tuple, examples: tuple) -> tuple:
        (t, m, v, p), (x, y) = state, examples
        loss, g = jax.value_and_grad(lambda p: cross_entropy(net(p, x), y))(p)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)

        def moved(p: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
            return p - rate * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)

        return (t, m, v, jax.tree.map(moved, p, m, v)), loss

    return jax.jit(step, donate_argnums=0)


def adam_state(params: tuple) -> tuple:
    zeros = lambda: [jnp.zeros_like(p) for p in params]  # noqa: E731
    return jnp.zeros((), jnp.int32), zeros(), zeros(), [jnp.array(p) for p in params]


@dataclass(frozen=True)
class Case:
    """A model with its hand-written twin and a batch of random examples."""

    name: str
    model: Diagram
    by_hand: Any
    batch: int
    steps: int

    @property
    def learner(self) -> cl.Learner:
        return cl.supervised(self.model, cl.softmax_cross_entropy, cl.adam(1e-3))

    @property
    def examples(self) -> tuple:
        rng, shape = np.random.default_rng(0), self.model.dom.structs[0].shape
        xs = jnp.asarray(rng.normal(size=(self.batch, *shape)).astype(np.float32))
        return xs, jnp.asarray(rng.integers(0, 3, self.batch).astype(np.int32))


def conv_model(pool: Family | None = None) -> Diagram:
    pool = pool or cl.max_pool(2)
    body = cl.conv(16, 3) >> cl.relu >> pool >> cl.conv(32, 3) >> cl.relu >> pool
    return R(28, 28, 1) >> body >> cl.flatten >> cl.dense(10)


def mlp(inputs: int, *widths: int) -> Diagram:
    model: Diagram = identity(R(inputs))
    for width in widths[:-1]:
        model = model >> cl.dense(width) >> cl.relu
    return model >> cl.dense(widths[-1])


def mean_over_time(x: jax.Array) -> jax.Array:
    return x.mean(0)


def transformer(length: int, features: int, heads: int, layers: int) -> Diagram:
    model: Diagram = identity(R(length, features))
    for _ in range(layers):
        model = model >> cl.transformer_block(heads)
    return model >> cl.function(mean_over_time) >> cl.dense(10)


CASES = (
    Case("MLP 784-512-512-10, batch 128", mlp(784, 512, 512, 10), mlp_by_hand, 128, 20),
    Case("conv net 28×28, batch 128", conv_model(), conv_by_hand(), 128, 4),
    Case("MLP 4-20-3, batch 8", mlp(4, 20, 3), mlp_by_hand, 8, 2000),
    Case("transformer, 2 layers, d = 128, length 128, batch 16", transformer(128, 128, 4, 2), transformer_by_hand(4), 16, 2),
)
