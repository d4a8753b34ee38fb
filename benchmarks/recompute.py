"""What does `recompute` save? Temporary memory and time of a deep MLP's step, against `jax.checkpoint` of each layer."""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

import catlearn as cl
from benchmarks.harness import in_turn, median, table
from catlearn import R

DEPTH, WIDTH, BATCH = 32, 256, 128
LAYER = cl.dense(WIDTH) >> cl.tanh


def model(every: int | None):
    segment = LAYER
    for _ in range((every or 1) - 1):
        segment = segment >> LAYER
    whole = R(WIDTH)
    for _ in range(DEPTH // (every or 1)):
        whole = whole >> (segment if every is None else cl.recompute(segment))
    return whole


def ours(every: int | None) -> Callable:
    learner = cl.supervised(model(every), cl.quadratic, cl.descent(0.01))
    return jax.jit(learner.pure_step, donate_argnums=0)


def by_hand(every: int | None) -> Callable:
    """The same step in plain JAX, with `jax.checkpoint` around every so many layers."""

    def segment(y: jax.Array, weights: tuple) -> jax.Array:
        for i in range(0, len(weights), 2):
            y = jnp.tanh(y @ weights[i] + weights[i + 1])
        return y

    run, n = (segment, 2 * DEPTH) if every is None else (jax.checkpoint(segment), 2 * every)

    def step(params: tuple, examples: tuple) -> tuple:
        def loss(params: tuple) -> jax.Array:
            y = examples[0]
            for i in range(0, 2 * DEPTH, n):
                y = run(y, params[i : i + n])
            return jnp.mean(jnp.sum((y - examples[1]) ** 2, axis=1) / 2)

        value, g = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - 0.01 * g, params, g), value

    return jax.jit(step, donate_argnums=0)


def running(program: Callable, params: tuple, examples: tuple) -> Callable[[], float]:
    def run() -> float:
        fresh = jax.block_until_ready(jax.tree.map(jnp.copy, params))
        began = time.perf_counter()
        jax.block_until_ready(program(fresh, examples))
        return time.perf_counter() - began

    return run


def main() -> None:
    params = model(None).init(jax.random.key(0))
    examples = jnp.ones((BATCH, WIDTH)), jnp.zeros((BATCH, WIDTH))
    programs = {
        "by hand": by_hand(None),
        **{f"by hand, `jax.checkpoint` every {n}": by_hand(n) for n in (1, 4)},
        "catlearn": ours(None),
        **{f"catlearn, `recompute` every {n}": ours(n) for n in (1, 2, 4, 8, 16)},
    }
    compiled = {name: step.lower(params, examples).compile() for name, step in programs.items()}
    times = in_turn({name: running(program, params, examples) for name, program in compiled.items()}, 15)
    base = median(times["by hand"])
    rows = [
        [
            name,
            f"{program.memory_analysis().temp_size_in_bytes / 1e6:.2f}",
            f"{1e3 * median(times[name]):.1f}",
            f"{median(times[name]) / base:.2f}",
        ]
        for name, program in compiled.items()
    ]
    table(
        f"Depth {DEPTH}, width {WIDTH}, batch {BATCH}: one step of descent", ["program", "temporary MB", "ms", "× by hand"], rows
    )


if __name__ == "__main__":
    main()
