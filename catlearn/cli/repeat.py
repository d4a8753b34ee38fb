"""`catlearn train --seeds N`, and tasks of folds: the same plan several times, and the mean of what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

from catlearn.cli.plan import Plan, Run
from catlearn.cli.train import fitted, introduce, scores_of, text_of, write_record
from catlearn.learn.memory import keep_memory


def repeat(runs: Sequence[Run], out: Path) -> int:
    """Carry out each run, print its scores and then their mean ± sd, and write all of them to `metrics.json`; the exit code.

    Runs that are not finished, for the loss diverges or on Ctrl-C, are left out, and none comes after them. The standard
    deviation is that of a sample, with n − 1.
    """
    keep_memory()
    introduce(runs[0].plan, len(runs))
    done, code = [], 0
    for run in runs:
        begin, shuffle = jax.random.split(jax.random.key(run.seed))
        state, _, code = fitted(run.plan, run.plan.learner.init(begin), shuffle, shown=False)
        if code:
            break
        done.append((run, scores_of(run.plan, state)))
        print(f"{run.label}: {_line(run.plan, done[-1][1])}", flush=True)
    if done:
        _write(out, done)
        print(f"written to {out}: metrics.json")
    return code


def _line(plan: Plan, scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {text_of(name, score, plan.unit)}" for name, score in scores.items())


def _write(out: Path, done: list[tuple[Run, dict[str, float]]]) -> None:
    plan, record, rows = done[0][0].plan, {}, []
    for name in done[0][1]:
        values = np.array([scores[name] for _, scores in done])
        mean, sd = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
        said = f"{text_of(name, mean, plan.unit)} ± {text_of(name, sd, plan.unit)} (mean ± sd of {len(values)} runs)"
        print(f"{plan.part} {name}: {said}", flush=True)
        record |= {f"{plan.part}_{name}": mean, f"{plan.part}_{name}_sd": sd}
    for run, scores in done:
        rows.append({"run": run.label, "seed": run.seed, **{f"{plan.part}_{name}": score for name, score in scores.items()}})
    about = {
        "task": plan.name,
        "model": plan.learner.model.code(),
        "parameters": plan.learner.model.param.size,
        "optimiser": repr(plan.learner.optimiser),
        "epochs": plan.epochs,
        "batch_size": plan.batch_size,
    }
    write_record(out, {**about, **record, "runs": rows})
