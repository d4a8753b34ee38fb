"""Does the structure cost anything? A training step of ours against hand-written JAX: FLOPs, bytes, time, compilation."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import jax

from benchmarks.harness import in_turn, median, stepping, table
from benchmarks.models import CASES, Case, adam_by_hand, adam_state, obvious_conv

ROUNDS, COMPILATIONS = 31, 7


def compiling(make: Callable, state: object, examples: object) -> Callable[[], float]:
    """Seconds to trace and compile a step anew."""

    def run() -> float:
        jax.clear_caches()
        step = make()
        began = time.perf_counter()
        step.lower(state, examples).compile()
        return time.perf_counter() - began

    return run


def compare(case: Case) -> list[str]:
    learner, examples, params = case.learner, case.examples, case.model.init(jax.random.key(0))
    ours = lambda: jax.jit(learner.pure_step, donate_argnums=0)  # noqa: E731
    theirs = lambda: adam_by_hand(case.by_hand)  # noqa: E731
    a, b = learner.start(params), adam_state(params)
    costs = [make().lower(s, examples).compile().cost_analysis() for make, s in ((ours, a), (theirs, b))]
    compiled = in_turn({"ours": compiling(ours, a, examples), "hand": compiling(theirs, b, examples)}, COMPILATIONS)
    runs = {"ours": stepping(learner.step, a, examples, case.steps), "hand": stepping(theirs(), b, examples, case.steps)}
    steps = in_turn(runs, ROUNDS)
    return [
        case.name,
        f"{costs[0]['flops'] / costs[1]['flops']:.4f}",
        f"{costs[0]['bytes accessed'] / costs[1]['bytes accessed']:.4f}",
        f"{1e6 * median(steps['ours']):,.0f} / {1e6 * median(steps['hand']):,.0f}",
        f"{median(steps['ours']) / median(steps['hand']):.3f}",
        f"{1e3 * median(compiled['ours']):,.0f} / {1e3 * median(compiled['hand']):,.0f}",
        f"{median(compiled['ours']) / median(compiled['hand']):.3f}",
    ]


def main() -> None:
    heads = ["training step, Adam", "FLOPs ×", "bytes ×", "step µs, ours / by hand", "×", "trace + compile ms", "×"]
    obvious = replace(CASES[1], name="conv net, the obvious program by hand", by_hand=obvious_conv)
    table("Zero cost: ours against hand-written JAX", heads, [compare(case) for case in (*CASES, obvious)])


if __name__ == "__main__":
    main()
