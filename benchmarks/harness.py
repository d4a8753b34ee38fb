"""Fair comparison: everybody in one process, in turn, in an order drawn anew each round; medians and their ratio."""

from __future__ import annotations

import os
import platform
import random
import statistics
import time
from collections.abc import Callable

import jax


def in_turn(contestants: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Let each contestant run once a round and give a number, such as its seconds."""
    rng, found = random.Random(0), {name: [] for name in contestants}
    for _ in range(rounds):
        for name in rng.sample(list(contestants), len(contestants)):
            found[name].append(contestants[name]())
    return found


def stepping(step: Callable, state: object, examples: object, steps: int) -> Callable[[], float]:
    """Seconds for each step of a Python loop of a step that donates its state."""

    def run() -> float:
        current = jax.tree.map(jax.numpy.copy, state)
        current, _ = step(current, examples)
        jax.block_until_ready(current)
        began = time.perf_counter()
        for _ in range(steps):
            current, _ = step(current, examples)
        jax.block_until_ready(current)
        return (time.perf_counter() - began) / steps

    return run


def median(values: list[float]) -> float:
    return statistics.median(values)


def table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    line = lambda row: "| " + " | ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)) + " |"  # noqa: E731
    print(f"\n### {title}\n\n{line(heads)}\n|{'|'.join('-' * (w + 2) for w in widths)}|")
    print("\n".join(map(line, rows)), flush=True)


def machine() -> str:
    """What this runs on."""
    try:
        with open("/proc/cpuinfo") as file:
            cpu = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores of {cpu}; Python {platform.python_version()}, JAX {jax.__version__}, {jax.default_backend()}"
