"""What does a Python loop over the tiny MLP cost? `learner.step` against jitted, donating JAX + optax, and Equinox."""

from __future__ import annotations

import time

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from benchmarks.harness import in_turn, median, stepping, table
from benchmarks.models import CASES, adam_by_hand, adam_state, cross_entropy, mlp_by_hand


def optax_step(tx: optax.GradientTransformation):
    def step(state: tuple, examples: tuple) -> tuple:
        params, opt = state
        loss, g = jax.value_and_grad(lambda p: cross_entropy(mlp_by_hand(p, examples[0]), examples[1]))(params)
        updates, opt = tx.update(g, opt, params)
        return (optax.apply_updates(params, updates), opt), loss

    return jax.jit(step, donate_argnums=0)


def equinox_step(tx: optax.GradientTransformation):
    @eqx.filter_jit
    def step(state: tuple, examples: tuple) -> tuple:
        model, opt = state

        def loss(model):
            return cross_entropy(jax.vmap(model)(examples[0]), examples[1])

        value, g = eqx.filter_value_and_grad(loss)(model)
        updates, opt = tx.update(g, opt, eqx.filter(model, eqx.is_array))
        return (eqx.apply_updates(model, updates), opt), value

    return step


def main() -> None:
    case, tx = CASES[2], optax.adam(1e-3)
    params = case.model.init(jax.random.key(0))
    listed = [jnp.array(p) for p in params]
    model = eqx.nn.MLP(4, 3, 20, 1, key=jax.random.key(0))
    equinox = equinox_step(tx)
    begin = (model, tx.init(eqx.filter(model, eqx.is_array)))

    def equinox_loop() -> float:
        state, _ = equinox(begin, case.examples)
        began = time.perf_counter()
        for _ in range(500):
            state, _ = equinox(state, case.examples)
        jax.block_until_ready(jax.tree.leaves(eqx.filter(state, eqx.is_array)))
        return (time.perf_counter() - began) / 500

    runs = {
        "catlearn `learner.step`": stepping(case.learner.step, case.learner.start(params), case.examples, case.steps),
        "JAX + optax, jitted, donating": stepping(optax_step(tx), (listed, tx.init(listed)), case.examples, case.steps),
        "JAX by hand, jitted, donating": stepping(adam_by_hand(mlp_by_hand), adam_state(params), case.examples, case.steps),
        "Equinox `filter_jit` + optax": equinox_loop,
    }
    found = in_turn(runs, 15)
    ours = median(found["catlearn `learner.step`"])
    rows = [[name, f"{1e6 * median(times):.1f}", f"{median(times) / ours:.2f}"] for name, times in found.items()]
    table("A Python loop over MLP 4-20-3, batch 8, Adam", ["step", "µs", "× ours"], rows)


if __name__ == "__main__":
    main()
