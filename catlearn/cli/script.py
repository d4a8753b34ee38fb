"""A learner of your own for `catlearn train path/to/script.py:learner`.

The script is run, and these names are read from it; each may be a function of no arguments that returns it:

  learner      what catlearn.supervised gives (after the colon, any other name; without a colon, `learner`)
  data         the pair of arrays (X, Y) to train on, or a split as in catlearn.datasets, with `train` and `test`
  validation   a pair held out (optional; a split's `test` unless told)
"""

from __future__ import annotations

import argparse
import inspect
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from catlearn.cli.plan import Plan, Run, UsageError
from catlearn.learn.learner import Learner

EPOCHS, BATCH_SIZE = 20, 32


def is_script(text: str) -> bool:
    """Whether an argument names a script: `x.py` or `x.py:name`."""
    return text.endswith(".py") or ".py:" in text


def script_plan(options: argparse.Namespace) -> Plan:
    """The plan that a script gives. Raises UsageError where the script, a name or a type is wrong."""
    for given in ("model", "optimiser", "lr", "folds"):
        if getattr(options, given) is not None:
            raise UsageError(f"--{given} is for the named tasks: a script's learner and data are its own.")
    if options.path:
        raise UsageError(f"{options.path}: no path goes here; a script has its own data.")
    path, name = _place(options.task)
    script = _run(path)
    learner, (pair, held_out) = _learner(script, path, name), _data(script, path)
    epochs, size = options.epochs or EPOCHS, options.batch_size or BATCH_SIZE
    return Plan(f"{path.name}:{name}", learner, pair, held_out, learner.metrics, epochs, size)


def script_runs(options: argparse.Namespace) -> list[Run]:
    """The runs of a script: one, or one for each seed. Raises UsageError as `script_plan`."""
    plan, count = script_plan(options), options.seeds
    return [Run(f"seed {seed}" if count else "", plan, seed) for seed in range(options.seed, options.seed + (count or 1))]


def script_learner(text: str) -> Learner:
    """The learner that `x.py:name` names. Raises UsageError as `script_plan`."""
    path, name = _place(text)
    return _learner(_run(path), path, name)


def _place(text: str) -> tuple[Path, str]:
    path, _, name = text.rpartition(":")
    return (Path(path), name) if path.endswith(".py") else (Path(text), "learner")


def _run(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"there is no script {path}.")
    spec = spec_from_file_location("__catlearn_script__", path.absolute())
    assert spec and spec.loader
    script = sys.modules[spec.name] = module_from_spec(spec)  # pickling and dataclasses look their module up there
    sys.path.insert(0, str(path.parent.resolve()))  # as `python script.py` does
    with _seen(path):
        spec.loader.exec_module(script)
    return script


def _learner(script: ModuleType, path: Path, name: str) -> Learner:
    learner = _value(script, path, name)
    if learner is None:
        raise UsageError(f"{path} has no {name!r}: define it, or name another learner, as in {path}:NAME.")
    if not isinstance(learner, Learner):
        made = type(learner).__name__
        raise UsageError(f"{name!r} in {path} must be a learner, as catlearn.supervised gives, or a function; got {made}.")
    return learner


def _data(script: ModuleType, path: Path) -> tuple[tuple, tuple | None]:
    data, validation = _value(script, path, "data"), _value(script, path, "validation")
    if data is None:
        raise UsageError(f"{path} has no 'data': define data = (X, Y), or a split with `train` and `test`.")
    if hasattr(data, "train"):
        data, validation = data.train, getattr(data, "test", None) if validation is None else validation
    return _pair(data, path, "data"), None if validation is None else _pair(validation, path, "validation")


def _pair(value: Any, path: Path, name: str) -> tuple:
    if not isinstance(value, tuple | list) or len(value) != 2:
        found = f"{type(value).__name__}" + (f" of length {len(value)}" if hasattr(value, "__len__") else "")
        raise UsageError(f"{name!r} in {path} must be a pair of arrays (X, Y) or a split with `train` and `test`; got {found}.")
    return tuple(value)


def _value(script: ModuleType, path: Path, name: str) -> Any:
    value = getattr(script, name, None)
    if not inspect.isroutine(value):
        return value
    with _seen(path):
        return value()


@contextmanager
def _seen(path: Path) -> Iterator[None]:
    """What a script raises is shown with the script's own traceback, and ends the command."""
    try:
        yield
    except (Exception, SystemExit) as error:
        tb = error.__traceback__
        while tb is not None and tb.tb_frame.f_code.co_filename != str(path.absolute()):
            tb = tb.tb_next
        traceback.print_exception(type(error), error, tb)
        raise UsageError(f"{path} raised {type(error).__name__}; its traceback stands above.") from None
