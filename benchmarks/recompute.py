"""What does `recompute` save? Temporary memory and time of a deep MLP's gradient, against `jax.checkpoint`, in a row and stacked.

A segment ends in a linear map here (tanh, then dense): the way back does not need its product again, so that recomputing
every layer costs a tanh, not a matrix product. Prints two tables and draws `recompute.png` beside this file.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import reduce
from operator import rshift
from pathlib import Path

import jax
import jax.numpy as jnp

import catlearn as cl
from benchmarks.harness import in_turn, median, table
from catlearn import R

DEPTH, WIDTH, BATCH = 32, 256, 128
LAYER = cl.tanh >> cl.dense(WIDTH)
EVERY = (1, 2, 4, 6, 8, 16, 32)  # 6 is about √32


def segment(n: int):
    return reduce(rshift, [LAYER] * n)


def in_a_row(every: int | None) -> cl.Diagram:
    if every is None:
        return R(WIDTH) >> segment(DEPTH)
    sizes = [every] * (DEPTH // every) + [DEPTH % every] * bool(DEPTH % every)
    return reduce(rshift, [cl.recompute(segment(n)) for n in sizes], R(WIDTH))


def stacked(every: int | None) -> cl.Diagram:
    if every is None:
        return R(WIDTH) >> cl.stack(DEPTH, LAYER)
    return R(WIDTH) >> cl.stack(DEPTH // every, cl.recompute(segment(every)))


def step(model: cl.Diagram) -> Callable:
    """One step of descent, which gives the memory of its parameters away."""
    return jax.jit(cl.supervised(model, cl.quadratic, cl.descent(0.01)).pure_step, donate_argnums=0)


def gradient(model: cl.Diagram) -> Callable:
    """Loss and gradient, by the lens of the learner without its optimiser: stacked gradients are results, not temporary."""
    lens = cl.supervised(model, cl.quadratic, cl.descent(0.01)).judged(BATCH)

    def run(params: tuple, examples: tuple) -> tuple:
        (loss, _), residual = lens.forward((*params, examples[1]), examples[0])
        return loss, lens.backward(residual)[0][: len(params)]

    return jax.jit(run)


def by_hand(every: int | None, scanned: bool) -> Callable:
    """The same in plain JAX, with `jax.checkpoint` around every so many layers."""

    def layers(y: jax.Array, weights: tuple) -> jax.Array:
        for i in range(0, len(weights), 2):
            y = jnp.tanh(y) @ weights[i] + weights[i + 1]
        return y

    run, n = (layers, 2) if every is None else (jax.checkpoint(layers), 2 * every)

    def net(params: tuple, y: jax.Array) -> jax.Array:
        if scanned:
            return jax.lax.scan(lambda y, weights: (run(y, weights), None), y, params)[0]
        for i in range(0, 2 * DEPTH, n):
            y = run(y, params[i : i + n])
        return y

    def loss(params: tuple, examples: tuple) -> jax.Array:
        return jnp.mean(jnp.sum((net(params, examples[0]) - examples[1]) ** 2, axis=1) / 2)

    def step(params: tuple, examples: tuple) -> tuple:
        value, g = jax.value_and_grad(loss)(params, examples)
        return jax.tree.map(lambda p, g: p - 0.01 * g, params, g), value

    return jax.jit(jax.value_and_grad(loss)) if scanned else jax.jit(step, donate_argnums=0)


def running(program: Callable, params: tuple, examples: tuple) -> Callable[[], float]:
    def run() -> float:
        fresh = jax.block_until_ready(jax.tree.map(jnp.copy, params))
        began = time.perf_counter()
        jax.block_until_ready(program(fresh, examples))
        return time.perf_counter() - began

    return run


def measured(title: str, programs: dict[str, Callable], params: tuple) -> dict[str, tuple[float, float]]:
    """Megabytes and time relative to the first, printed and returned."""
    examples = jnp.ones((BATCH, WIDTH)), jnp.zeros((BATCH, WIDTH))
    compiled = {name: program.lower(params, examples).compile() for name, program in programs.items()}
    times = in_turn({name: running(program, params, examples) for name, program in compiled.items()}, 21)
    base = median(next(iter(times.values())))
    sizes = {name: program.memory_analysis().temp_size_in_bytes / 1e6 for name, program in compiled.items()}
    found = {name: (sizes[name], median(times[name]) / base) for name in programs}
    rows = [[name, f"{mb:.2f}", f"{1e3 * ratio * base:.1f}", f"{ratio:.2f}"] for name, (mb, ratio) in found.items()]
    table(title, ["program", "temporary MB", "ms", "× by hand, plain"], rows)
    return found


def plot(row: dict[str, tuple[float, float]], stack: dict[str, tuple[float, float]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for found, marker, label in ((row, "o", "in a row"), (stack, "s", "stacked (scan)")):
        curve = {name: point for name, point in found.items() if "recompute" in name or name in ("catlearn", "catlearn, `stack`")}
        axes.plot(*zip(*curve.values(), strict=True), marker, label=f"catlearn, {label}")
        for name, point in curve.items():
            axes.annotate(name.rpartition("every ")[2] if "every" in name else "plain", point, (4, 4), textcoords="offset points")
        for name, (mb, ratio) in found.items():
            if "checkpoint" in name:
                axes.plot(mb, ratio, marker="x", color="black")
                axes.annotate("checkpoint", (mb, ratio), (4, -12), textcoords="offset points")
    axes.margins(0.12)
    axes.set(xlabel="temporary memory, MB", ylabel="time × by hand, plain")
    axes.set_title(f"recompute every n layers: depth {DEPTH}, width {WIDTH}, batch {BATCH}")
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    row = measured(
        f"Depth {DEPTH}, width {WIDTH}, batch {BATCH}: one step of descent, layers in a row",
        {
            "by hand": by_hand(None, False),
            "by hand, `jax.checkpoint` every 1": by_hand(1, False),
            "catlearn": step(in_a_row(None)),
            **{f"catlearn, `recompute` every {n}": step(in_a_row(n)) for n in EVERY},
        },
        in_a_row(None).init(jax.random.key(0)),
    )
    params = stacked(None).init(jax.random.key(0))
    stack = measured(
        "The same layers stacked and run by a scan: loss and gradient",
        {
            "by hand": by_hand(None, True),
            "by hand, `jax.checkpoint` every 1": by_hand(1, True),
            "catlearn, `stack`": gradient(stacked(None)),
            "catlearn, `stack` of `recompute`, every 1": gradient(stacked(1)),
        },
        params,
    )
    plot(row, stack, Path(__file__).with_name("recompute.png"))


if __name__ == "__main__":
    main()
