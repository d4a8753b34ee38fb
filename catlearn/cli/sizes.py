"""`catlearn train` of tasks with sizes: a model and its baseline, each trained on ever more examples, and the errors of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from catlearn.cli.plan import Plan, Run
from catlearn.cli.train import fitted, introduce, scores_of, write_record
from catlearn.learn.checkpoint import save
from catlearn.learn.learner import Learner
from catlearn.learn.memory import keep_memory

Column = tuple[str, str]  # a model, and the part that it is measured on


def by_size(runs: Sequence[Run], out: Path) -> int:
    """Carry out each run with its model and its baseline, print the errors, and write all of them; the exit code.

    Writes `metrics.json`, `sizes.png` and `params.npz`, those of the model on the most examples. A run that is not finished, for
    the loss diverges or on Ctrl-C, is left out, and none comes after it.
    """
    keep_memory()
    introduce(max(runs, key=lambda run: run.size or 0).plan, len(runs))
    rows, state, code = [], None, 0
    for run in runs:
        errors, trained, code = _errors(run)
        if code:
            break
        rows.append((run, errors))
        state = (run.plan, trained) if state is None or (run.size or 0) >= max(other.size or 0 for other, _ in rows) else state
        print(f"{run.label}: " + "; ".join(f"{' '.join(column)} {error:.4g}" for column, error in errors.items()), flush=True)
    if rows and state:
        _write(out, rows, *state)
        print(f"written to {out}: params.npz, metrics.json, sizes.png")
    return code


def _errors(run: Run) -> tuple[dict[Column, float], tuple, int]:
    """The RMSE of the model and of the baseline on each part, the trained state of the first, and the exit code."""
    plan = run.plan
    begin, shuffle = jax.random.split(jax.random.key(run.seed))
    state, code = _trained(plan, plan.learner, begin, shuffle)
    found = {} if code else _measured(plan, plan.called, plan.learner, state)
    if plan.baseline and not code:
        name, learner = plan.baseline
        other, code = _trained(plan, learner, begin, shuffle)
        found |= {} if code else _measured(plan, name, learner, other)
    return found, state, code


def _trained(plan: Plan, learner: Learner, begin: jax.Array, shuffle: jax.Array) -> tuple[tuple, int]:
    state, _, code = fitted(replace(plan, learner=learner), learner.init(begin), shuffle, shown=False)
    return state, code


def _measured(plan: Plan, name: str, learner: Learner, state: tuple) -> dict[Column, float]:
    parts = {plan.part: plan.measured} | dict([plan.moved] if plan.moved else [])
    return {(name, part): scores_of(replace(plan, learner=learner, held_out=pair), state)["rmse"] for part, pair in parts.items()}


def _write(out: Path, rows: list[tuple[Run, dict[Column, float]]], plan: Plan, state: tuple) -> None:
    from catlearn.draw.sizes import save_sizes

    sizes = sorted({run.size or 0 for run, _ in rows})
    columns = list(rows[0][1])
    errors = {c: [[found[c] for run, found in rows if run.size == size] for size in sizes] for c in columns}
    print("\n".join(table(sizes, errors)), flush=True)
    save(out / "params.npz", plan.learner.model, plan.learner.params(state))
    nets = {plan.called: plan.learner} | dict([plan.baseline] if plan.baseline else [])
    record = {
        "task": plan.name,
        "models": {name: {"code": net.model.code(), "parameters": net.model.param.size} for name, net in nets.items()},
        "optimisers": {name: repr(net.optimiser) for name, net in nets.items()},
        "batch_size": plan.batch_size,
        "steps": _steps(plan),
        "runs": [_row(run, found) for run, found in rows],
    }
    write_record(out, record)
    save_sizes(
        sizes, {" ".join(c): errors[c] for c in columns}, out / "sizes.png", f"{plan.name}: RMSE, {_steps(plan):,} steps each"
    )


def _steps(plan: Plan) -> int:
    n = plan.learner.check_data(plan.train)
    return plan.epochs * -(-n // min(plan.batch_size, n))


def _row(run: Run, found: dict[Column, float]) -> dict[str, Any]:
    return {"seed": run.seed, "examples": run.size, **{"_".join((*column, "rmse")): error for column, error in found.items()}}


def table(sizes: Sequence[int], errors: dict[Column, list[list[float]]]) -> list[str]:
    """Lines with the errors of each size: a number, or the mean ± sd of several.

    >>> print("\\n".join(table([10, 100], {("net", "test"): [[0.5], [0.25]]})))
    examples  net test rmse
    ───────────────────────
          10            0.5
         100           0.25
    """
    heads = ["examples", *(f"{' '.join(column)} rmse" for column in errors)]
    cells = [[f"{size:,}", *(_cell(of[i]) for of in errors.values())] for i, size in enumerate(sizes)]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in (heads, *cells)]
    return [lines[0], "─" * len(lines[0]), *lines[1:]]


def _cell(values: list[float]) -> str:
    return f"{np.mean(values):.3g}" + (f" ± {np.std(values, ddof=1):.1g}" if len(values) > 1 else "")
