"""`catlearn train`: fit a plan's learner, say how well it does, and write what came of it."""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.cli.plan import Plan
from catlearn.core.parameters import describe
from catlearn.learn.batches import Arrays
from catlearn.learn.checkpoint import save
from catlearn.learn.errors import DivergenceError, Interrupted
from catlearn.learn.fit import EXAMPLES_AT_ONCE, evaluate
from catlearn.learn.history import History
from catlearn.learn.learner import Learner
from catlearn.learn.memory import keep_memory


def train(plan: Plan, seed: int, out: Path) -> int:
    """Train and write `params.npz`, `metrics.json` and `curve.png` to `out`; the exit code."""
    keep_memory()
    learner = plan.learner
    introduce(plan)
    begin, shuffle = jax.random.split(jax.random.key(seed))
    state, history, code = fitted(plan, learner.init(begin), shuffle)
    scores = scores_of(plan, state)
    for name, score in scores.items():
        print(f"{plan.part} {name}: {text_of(name, score, plan.unit)}", flush=True)
    scores |= _baseline(plan, begin, shuffle) if plan.baseline and not code else {}
    if plan.shown:
        print(plan.shown(learner.params(state)), flush=True)
    _write(out, plan, state, history, scores, seed)
    print(f"written to {out}: params.npz, metrics.json, curve.png")
    return code


def introduce(plan: Plan, runs: int = 1) -> None:
    """Print the table of the model, and what it is trained on. Raises ArgumentError for data that don't fit it."""
    learner = plan.learner
    sizes = [_size(learner, part) for part in (plan.train, plan.held_out) if part]
    held = f", {sizes[1]:,} held out" if plan.held_out else ""
    what, times = "labels" if learner.weighs else "examples", f"; {runs} runs" if runs > 1 else ""
    print(describe(learner.model), flush=True)
    print(f"\n{plan.name}: {sizes[0]:,} {what}{held}; {learner.optimiser!r}{times}", flush=True)


def _size(learner: Learner, examples: tuple) -> int:
    """How many labels there are, of one example or of many."""
    size = learner.check_data(examples)
    return int(learner.weigh(examples)) if learner.weighs else size


def fitted(plan: Plan, state: tuple, key: jax.Array, shown: bool = True) -> tuple[tuple, History, int]:
    """The state and history of a plan carried out, and the exit code. A history that is `shown` has scores of what is watched."""
    watched = (plan.watched or plan.held_out) if shown else None
    how: dict = {"epochs": plan.epochs, "batch_size": plan.batch_size, "key": key, "validation": watched}
    try:
        state, history = plan.learner.fit(state, plan.train, progress=shown, **how)
        return state, history, 0
    except Interrupted as stop:
        print(f"\nstopped after {len(stop.history)} epochs; keeping what there is", file=sys.stderr)
        return stop.state, stop.history, 130
    except DivergenceError as stop:
        print(f"\ncatlearn: {str(stop).splitlines()[0]} Keeping the last good state.", file=sys.stderr)
        return stop.state, stop.history, 1


def _baseline(plan: Plan, begin: jax.Array, shuffle: jax.Array) -> dict[str, float]:
    """What the simpler learner comes to, trained alike."""
    assert plan.baseline
    name, learner = plan.baseline
    simple = replace(plan, learner=learner)
    state, _, code = fitted(simple, learner.init(begin), shuffle)
    scores = {} if code else scores_of(simple, state)
    for metric, score in scores.items():
        print(f"{plan.part} {metric} of a {name}: {text_of(metric, score, plan.unit)}", flush=True)
    return {f"{name}_{metric}": score for metric, score in scores.items()}


def scores_of(plan: Plan, state: tuple) -> dict[str, float]:
    """The loss, and each metric of all the examples at once: not every metric is a mean over batches."""
    xs, ys = plan.measured
    loss = evaluate(plan.learner, state, (xs, ys))["loss"]
    predictions = _predicted(plan, state)
    targets = ys if plan.learner.weighs else (ys,)
    return {"loss": loss, **{name: float(metric(predictions, *targets)) for name, metric in plan.metrics}}


def _predicted(plan: Plan, state: tuple) -> Any:
    """What the model says of all the examples, in batches that fit in memory."""
    xs, ys = plan.measured
    batches = Arrays(xs, ys, plan.learner.check_data((xs, ys)), EXAMPLES_AT_ONCE, None).batches(1)
    parts = [plan.learner.predict(state, part) for part, _ in batches]
    return jax.tree.map(lambda *arrays: jnp.concatenate(arrays), *parts)


def text_of(name: str, score: float, unit: str = "") -> str:
    """A score as text: accuracy in per cent, and RMSE in the unit of the targets."""
    if name.endswith("accuracy"):
        return f"{100 * score:.2f} %"
    return f"{score:.4g} {unit}" if unit and name.endswith("rmse") else f"{score:.4g}"


def _plain(value: Any) -> Any:
    """The value with null for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_record(out: Path, record: dict[str, Any]) -> None:
    """Write `metrics.json`, whole or not at all."""
    draft = out / "metrics.json.draft"
    draft.write_text(json.dumps(_plain(record), indent=2, allow_nan=False) + "\n")
    os.replace(draft, out / "metrics.json")


def _write(out: Path, plan: Plan, state: tuple, history: History, scores: dict[str, float], seed: int) -> None:
    from catlearn.draw.curves import save_curves

    save(out / "params.npz", plan.learner.model, plan.learner.params(state))
    record = {
        "task": plan.name,
        "model": plan.learner.model.code(),
        "parameters": plan.learner.model.param.size,
        "optimiser": repr(plan.learner.optimiser),
        "seed": seed,
        "batch_size": plan.batch_size,
        "loop": history.loop,
        **{f"{plan.part}_{name}": score for name, score in scores.items()},
        "history": list(history),
    }
    write_record(out, record)
    said = ", ".join(f"{name.replace('_', ' ')} {text_of(name, score, plan.unit)}" for name, score in scores.items())
    save_curves(history, out / "curve.png", f"{plan.name}, {plan.learner.optimiser!r}\n{plan.part} {said}")
