"""Scan or steps? A whole epoch of `fit` by each loop, for a tiny MLP and a conv net, and which of them `fit` takes."""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np

from benchmarks.harness import in_turn, median, table
from benchmarks.models import CASES, Case


def epochs(case: Case, loop: str, size: int) -> Callable[[], float]:
    """Seconds for each step of the second epoch of `fit`, so that compilation does not count."""
    learner, rng = case.learner, np.random.default_rng(0)
    shape = case.model.dom.structs[0].shape
    data = rng.normal(size=(size, *shape)).astype(np.float32), rng.integers(0, 3, size).astype(np.int32)
    state = learner.init(jax.random.key(0))

    def run() -> float:
        _, history = learner.fit(state, data, epochs=2, batch_size=case.batch, key=jax.random.key(1), loop=loop)
        return history["seconds"][1] / (size // case.batch)

    return run


def main() -> None:
    rows = []
    for case, size in ((CASES[2], 8000), (CASES[1], 1280)):
        found = in_turn({loop: epochs(case, loop, size) for loop in ("scan", "steps")}, 5)
        learner, examples = case.learner, case.examples
        _, history = learner.fit(learner.init(jax.random.key(0)), examples, batch_size=case.batch)
        times = [f"{1e6 * median(found[loop]):,.1f}" for loop in ("scan", "steps")]
        rows.append([case.name, *times, history.loop])
    table("Loops of `fit`, µs a step", ["model", "scan", "steps", "`fit` takes"], rows)


if __name__ == "__main__":
    main()
