"""What does a fold keep for its way back? Temporary memory and time of a GRU's gradient over 1,024 steps, by segments."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

import catlearn as cl
from benchmarks.folds import gru, timed
from benchmarks.harness import in_turn, median, table
from catlearn import R

LENGTH, FEATURES, UNITS, BATCH = 1024, 32, 64, 32


def ours(**options: object) -> Callable:
    """The gradient of the sum of the last states, by the lens."""
    lens = cl.reverse(cl.batch(R(LENGTH, FEATURES) >> cl.fold(cl.gru_cell(UNITS), **options), BATCH))

    def gradient(params: tuple, x: jax.Array) -> tuple:
        y, residual = lens.forward(params, x)
        return lens.backward(residual, jnp.ones_like(y))[0]

    return jax.jit(gradient)


def by_hand(segment: int | None) -> Callable:
    """`lax.scan`, and a scan of scans under `jax.checkpoint`."""

    def total(params: tuple, x: jax.Array) -> jax.Array:
        W, b, U, c = params

        def run(h: jax.Array, xs: jax.Array) -> jax.Array:
            return jax.lax.scan(lambda h, x: (gru(x @ W + b, h @ U, c, h), None), h, xs)[0]

        xs, h = jnp.swapaxes(x, 0, 1), jnp.zeros((BATCH, UNITS))
        if segment is None:
            return run(h, xs).sum()
        cut = xs.reshape(LENGTH // segment, segment, BATCH, FEATURES)
        return jax.lax.scan(lambda h, xs: (jax.checkpoint(run)(h, xs), None), h, cut)[0].sum()

    return jax.jit(jax.grad(total))


def main() -> None:
    params = (R(LENGTH, FEATURES) >> cl.fold(cl.gru_cell(UNITS))).init(jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (BATCH, LENGTH, FEATURES))
    contestants = {
        "`fold(cell)`": ours(),
        "by hand, `lax.scan`": by_hand(None),
        "`fold(cell, segment=32)`": ours(segment=32),
        "by hand, `jax.checkpoint` of 32": by_hand(32),
        "`fold(cell, segment=32, truncated=True)`": ours(segment=32, truncated=True),
    }
    memory = [f.lower(params, x).compile().memory_analysis().temp_size_in_bytes / 1e6 for f in contestants.values()]
    found = in_turn({name: timed(lambda f=f: f(params, x), 1) for name, f in contestants.items()}, 7)
    ours_ = median(found["`fold(cell)`"])
    rows = [
        [name, f"{kept:.1f}", f"{1e3 * median(times):.0f}", f"{median(times) / ours_:.2f}"]
        for (name, times), kept in zip(found.items(), memory, strict=True)
    ]
    table("The gradient of a GRU over 1,024 steps, batch 32", ["way", "temporary MB", "ms", "× ours"], rows)


if __name__ == "__main__":
    main()
