"""Does a better reverse derivative pay? The conv net with max-pooling by reshape and by `reduce_window`."""

from __future__ import annotations

import jax
import numpy as np

import catlearn as cl
from benchmarks.harness import in_turn, median, stepping, table
from benchmarks.models import CASES, Case, adam_by_hand, adam_state, conv_by_hand, conv_model


def windows(x: jax.Array) -> jax.Array:
    least = np.array(-np.inf, x.dtype)  # not a JAX array: under `jit` that hides from JAX that this is a maximum
    return jax.lax.reduce_window(x, least, jax.lax.max, (2, 2, 1), (2, 2, 1), "VALID")


def main() -> None:
    case = CASES[1]
    slow = Case("windows", conv_model(cl.function(windows)), conv_by_hand("window"), case.batch, case.steps)
    params = case.model.init(jax.random.key(0))
    runs = {
        "catlearn, `max_pool(2)` (reshape)": stepping(case.learner.step, case.learner.start(params), case.examples, 4),
        "catlearn, `reduce_window`": stepping(slow.learner.step, slow.learner.start(params), case.examples, 4),
        "by hand, reshape": stepping(adam_by_hand(case.by_hand), adam_state(params), case.examples, 4),
        "by hand, `reduce_window`": stepping(adam_by_hand(slow.by_hand), adam_state(params), case.examples, 4),
    }
    found = in_turn(runs, 9)
    ours = median(next(iter(found.values())))
    rows = [[name, f"{1e3 * median(times):.1f}", f"{median(times) / ours:.2f}"] for name, times in found.items()]
    table("Conv net 28×28, batch 128, one step of Adam", ["max-pooling", "ms", "× ours"], rows)


if __name__ == "__main__":
    main()
