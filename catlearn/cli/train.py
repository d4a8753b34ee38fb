"""`catlearn train`: fit a task's model, say how well it does, and write what came of it."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import jax

from catlearn.cli.tasks import OPTIMISERS, RATES, TASKS
from catlearn.core.parameters import describe
from catlearn.learn.checkpoint import save
from catlearn.learn.errors import DivergenceError, Interrupted
from catlearn.learn.history import History
from catlearn.learn.learner import Learner, supervised
from catlearn.learn.losses import accuracy, softmax_cross_entropy


def train(options: argparse.Namespace, out: Path) -> int:
    """Train and write `params.npz`, `metrics.json` and `curve.png` to `out`; the exit code."""
    task = TASKS[options.task]
    data, model = task.load(), task.model()
    rate = options.lr or RATES[options.optimiser]
    learner = supervised(model, softmax_cross_entropy, OPTIMISERS[options.optimiser](rate), metrics={"accuracy": accuracy})
    print(describe(model), flush=True)
    print(f"\n{options.task}: {len(data.train[0]):,} examples, {len(data.test[0]):,} held out; {learner.optimiser!r}", flush=True)
    begin, shuffle = jax.random.split(jax.random.key(options.seed))
    state, history, code = _fit(learner, learner.init(begin), data, task, options, shuffle)
    score = float(accuracy(learner.predict(state, data.test[0]), data.test[1]))
    print(f"test accuracy: {100 * score:.2f} %", flush=True)
    _write(out, learner, state, history, score, options, rate)
    print(f"written to {out}: params.npz, metrics.json, curve.png")
    return code


def _fit(
    learner: Learner, state: tuple, data: Any, task: Any, options: argparse.Namespace, key: jax.Array
) -> tuple[tuple, History, int]:
    how = {"epochs": options.epochs or task.epochs, "batch_size": options.batch_size or task.batch_size}
    try:
        state, history = learner.fit(state, data.train, key=key, validation=data.test, progress=True, **how)
        return state, history, 0
    except Interrupted as stop:
        print(f"\nstopped after {len(stop.history)} epochs; keeping what there is", file=sys.stderr)
        return stop.state, stop.history, 130
    except DivergenceError as stop:
        print(f"\ncatlearn: {str(stop).splitlines()[0]} Keeping the last good state.", file=sys.stderr)
        return stop.state, stop.history, 1


def _plain(value: Any) -> Any:
    """The value with null for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write(
    out: Path, learner: Learner, state: tuple, history: History, score: float, options: argparse.Namespace, rate: float
) -> None:
    from catlearn.draw.curves import save_curves

    save(out / "params.npz", learner.model, learner.params(state))
    record = {
        "task": options.task,
        "model": learner.model.code(),
        "parameters": learner.model.param.size,
        "optimiser": options.optimiser,
        "lr": rate,
        "seed": options.seed,
        "loop": history.loop,
        "test_accuracy": score,
        "history": list(history),
    }
    draft = out / "metrics.json.draft"
    draft.write_text(json.dumps(_plain(record), indent=2, allow_nan=False) + "\n")
    os.replace(draft, out / "metrics.json")
    save_curves(history, out / "curve.png", f"{options.task}, {learner.optimiser!r}: {100 * score:.2f} % of the held-out fifth")
