"""A linear recurrence, forward and backward: by `lax.scan`, by the monoid of affine maps, and as JAX differentiates a scan."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

import catlearn as cl
from benchmarks.folds import timed
from benchmarks.harness import in_turn, machine, median, table

SIZES = ((4096, 1), (4096, 8), (65_536, 1), (65_536, 8))
FEATURES = 64


def by_hand(a: jax.Array, b: jax.Array) -> jax.Array:
    step = lambda h, ab: (ab[0] * h + ab[1],) * 2  # noqa: E731
    return jax.vmap(lambda a, b: jax.lax.scan(step, jnp.zeros(FEATURES), (a, b))[1])(a, b)


def of(method: str, t: int, batch: int) -> tuple[Callable, Callable]:
    """All states, and the gradient of their sum on a and b."""
    f = cl.batch(cl.R(t, FEATURES) @ cl.R(t, FEATURES) >> cl.recurrence(method), batch)
    lens = cl.reverse(f)

    def gradient(a: jax.Array, b: jax.Array) -> Any:
        y, residual = lens.forward((), a, b)
        return lens.backward(residual, jnp.ones_like(y))

    return (lambda a, b: f((), a, b)), gradient


def compare(t: int, batch: int, rounds: int) -> list[list[str]]:
    keys = jax.random.split(jax.random.key(0))
    a = jax.nn.sigmoid(2 + jax.random.normal(keys[0], (batch, t, FEATURES)))
    b = jax.random.normal(keys[1], (batch, t, FEATURES))
    found = {method: of(method, t, batch) for method in ("sequential", "associative")}
    found["`lax.scan`"] = by_hand, jax.grad(lambda a, b: by_hand(a, b).sum(), (0, 1))
    rows = []
    for i, way in enumerate(("forward", "gradient")):
        compiled = {name: jax.jit(both[i]) for name, both in found.items()}
        for f in compiled.values():
            jax.block_until_ready(f(a, b))
        runs = {name: timed(lambda f=f: f(a, b), max(1, 32_768 // t // batch)) for name, f in compiled.items()}
        times = in_turn(runs, rounds)
        rows.append([f"{t:,} places, batch {batch}", way, *(f"{1e3 * median(times[name]):.2f}" for name in found)])
    return rows


def main(rounds: int = 15) -> None:
    rows = [row for t, batch in SIZES for row in compare(t, batch, rounds)]
    heads = [f"{FEATURES} features", "", "sequential, ms", "associative, ms", "`lax.scan` and `jax.grad`, ms"]
    table("Linear recurrences", heads, rows)


if __name__ == "__main__":
    print(machine())
    cl.keep_memory()
    main(*map(int, sys.argv[1:]))
