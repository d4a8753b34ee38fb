"""EMLP's own layer, for a Python of its own: prints seconds to build its projection, of a call and of a gradient.

Type: `python rivals_emlp.py N CHANNELS BATCH`. The layer maps `channels * V(S(n))**2` to itself, without a bias; it is called as
`emlp.nn.Linear` calls itself. EMLP 1.0.3 needs `six`, and its progress bar fails with NumPy 2, so it is off.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ["TQDM_DISABLE"] = "1"

import jax
import jax.numpy as jnp
from emlp.groups import S
from emlp.reps import V


def seconds(f, *args) -> float:
    def once() -> float:
        began = time.perf_counter()
        jax.block_until_ready(f(*args))
        return time.perf_counter() - began

    once()
    return statistics.median(once() for _ in range(15))


def main(n: int, channels: int, batch: int) -> None:
    began = time.perf_counter()
    rep = channels * V(S(n)) ** 2
    projection = (rep >> rep).equivariant_projector()
    built = time.perf_counter() - began
    size = channels * n * n
    w = jax.random.normal(jax.random.key(0), (size, size))
    x = jax.random.normal(jax.random.key(1), (batch, size))

    def layer(w, x):
        return x @ (projection @ w.reshape(-1)).reshape(w.shape).T

    gradient = jax.grad(lambda w, x: jnp.sum(layer(w, x) ** 2), (0, 1))
    print(built, seconds(jax.jit(layer), w, x), seconds(jax.jit(gradient), w, x))


main(*map(int, sys.argv[1:]))
