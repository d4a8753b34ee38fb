"""What does training the tiny MLP cost, in a Python loop of each library and by `fit`? And one iris example a step?"""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from benchmarks.harness import in_turn, median, table
from benchmarks.libraries import contestants
from benchmarks.loops import epochs
from benchmarks.models import CASES
from benchmarks.paper import IRIS_HIDDEN, MNIST

NUMERIC_OPTICS = {"iris": 47.0, "mnist": 3600.0}  # its published code, µs a step, measured on 2 x86 cores


def one_by_one(model: cl.Diagram, optimiser: cl.Optimiser, steps: int) -> Callable[[], float]:
    """Seconds for each step of an epoch on the device with one example a step."""
    learner, rng = cl.supervised(model, cl.quadratic, optimiser), np.random.default_rng(0)
    xs = jnp.asarray(rng.normal(size=(150, *model.dom.structs[0].shape)).astype(np.float32))
    ys = jnp.eye(model.cod.size)[rng.integers(0, 3, 150)]
    state, indices = learner.init(jax.random.key(0)), jnp.asarray(rng.integers(0, 150, (steps, 1)))
    jax.block_until_ready(learner.epoch(state, xs, ys, indices))

    def run() -> float:
        began = time.perf_counter()
        jax.block_until_ready(learner.epoch(state, xs, ys, indices))
        return (time.perf_counter() - began) / steps

    return run


def main() -> None:
    tiny = CASES[2]
    found = in_turn({"catlearn, `fit`": epochs(tiny, "auto", 8000), **contestants(tiny, 2)}, 11)
    ours = median(found["catlearn, `fit`"])
    rows = [[name, f"{1e6 * median(times):.1f}", f"{median(times) / ours:.1f}"] for name, times in found.items()]
    table("Training MLP 4-20-3, batch 8, Adam", ["loop", "µs a step", "× ours"], rows)
    runs = {"iris": one_by_one(IRIS_HIDDEN, cl.descent(0.01), 60_000), "mnist": one_by_one(MNIST, cl.momentum(0.01, 0.1), 500)}
    names = {"iris": "iris 4-20-3", "mnist": "MNIST conv net of the paper"}
    rows = [
        [
            names[name],
            f"{1e6 * median(times):.2f}",
            f"{NUMERIC_OPTICS[name]:,.0f}",
            f"{NUMERIC_OPTICS[name] / 1e6 / median(times):.1f}",
        ]
        for name, times in in_turn(runs, 11).items()
    ]
    table("One example a step, on the device", ["model", "catlearn µs", "numeric-optics µs (its figure)", "× faster"], rows)


if __name__ == "__main__":
    main()
