"""How fast is a training step in every library? Adam in a Python loop, each library as its users write it."""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from benchmarks import rivals_equinox, rivals_nnx, rivals_torch
from benchmarks.harness import in_turn, median, stepping, table
from benchmarks.models import CASES, Case, adam_by_hand, adam_state, cross_entropy, obvious_conv

ROUNDS = 11


def optax_step(net: Callable, tx: optax.GradientTransformation) -> Callable:
    """A jitted, donating step of plain JAX with optax."""

    def step(state: tuple, examples: tuple) -> tuple:
        params, opt = state
        loss, g = jax.value_and_grad(lambda p: cross_entropy(net(p, examples[0]), examples[1]))(params)
        updates, opt = tx.update(g, opt, params)
        return (optax.apply_updates(params, updates), opt), loss

    return jax.jit(step, donate_argnums=0)


def walking(step: Callable, state: tuple, examples: tuple, steps: int) -> Callable[[], float]:
    """Seconds for each step of a loop that gives no memory away."""

    def run() -> float:
        current, _ = step(state, examples)
        jax.block_until_ready(jax.tree.leaves(current))
        began = time.perf_counter()
        for _ in range(steps):
            current, value = step(current, examples)
        jax.block_until_ready(value)
        return (time.perf_counter() - began) / steps

    return run


def eager(step: Callable, examples: tuple, steps: int) -> Callable[[], float]:
    def run() -> float:
        step(examples)
        began = time.perf_counter()
        for _ in range(steps):
            step(examples)
        return (time.perf_counter() - began) / steps

    return run


def contestants(case: Case, place: int) -> dict[str, Callable[[], float]]:
    params, tx, few = case.model.init(jax.random.key(0)), optax.adam(1e-3), max(case.steps // 4, 2)
    listed = [jnp.array(p) for p in params]
    flax = rivals_nnx.step_of(rivals_nnx.models()[place])
    equinox = rivals_equinox.step_of(rivals_equinox.models(jax.random.key(0))[place])
    torch = [rivals_torch.step_of(rivals_torch.models()[place], fused) for fused in (False, True)]
    images = rivals_torch.tensors(case.examples)
    plain = obvious_conv if place == 1 else case.by_hand  # what users of JAX write, where an expert knows better
    return {
        "catlearn": stepping(case.learner.step, case.learner.start(params), case.examples, case.steps),
        "JAX by hand": stepping(adam_by_hand(case.by_hand), adam_state(params), case.examples, case.steps),
        "JAX + optax": stepping(optax_step(plain, tx), (listed, tx.init(listed)), case.examples, case.steps),
        "Equinox + optax": walking(*equinox, case.examples, few),
        "Flax nnx": walking(*flax, case.examples, few),
        "PyTorch": eager(torch[0], images, few),
        "PyTorch, fused Adam": eager(torch[1], images, few),
    }


def main() -> None:
    rivals_torch.torch.set_num_threads(2)
    columns = {case.name: in_turn(contestants(case, i), ROUNDS) for i, case in enumerate(CASES)}
    names = list(next(iter(columns.values())))
    rows = []
    for name in names:
        times = [median(found[name]) for found in columns.values()]
        ours = [median(found["catlearn"]) for found in columns.values()]
        rows.append([name, *(f"{1e6 * t:,.0f} ({t / best:.2f})" for t, best in zip(times, ours, strict=True))])
    table("A training step in every library: µs (× ours)", ["library", *columns], rows)


if __name__ == "__main__":
    main()
