"""The command line: `catlearn train`, `catlearn describe`, `catlearn laws`."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from catlearn.core.errors import CatlearnError

EXAMPLES = """examples:
  catlearn train digits
  catlearn train mnist5k --model transformer
  catlearn train iris --optimiser adam --lr 0.01 --epochs 50 --out runs/mine
  catlearn train karate --seeds 10
  catlearn train mutag --folds 10
  catlearn train inertia --seeds 3
  catlearn train cora path/to/planetoid/data
  catlearn train path/to/script.py:learner
  catlearn describe digits
  catlearn laws
"""


class _Parser(argparse.ArgumentParser):
    """Errors in one line, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        fail(message)


def fail(message: str) -> NoReturn:
    """Say what is wrong in one line and leave with exit code 2."""
    print(f"catlearn: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. 0: done; 1: a law failed or a loss diverged; 2: bad arguments; 130: Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (CatlearnError, OSError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        print("\ncatlearn: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    from catlearn.cli import script
    from catlearn.cli.models import MODELS
    from catlearn.cli.tasks import OPTIMISERS, TASKS

    text = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog="catlearn", description=__doc__, epilog=EXAMPLES, formatter_class=text)
    commands = parser.add_subparsers(dest="command", required=True, metavar="{train,describe,laws}")
    train = commands.add_parser(
        "train", help="train a model on real data and write what came of it", epilog=script.__doc__, formatter_class=text
    )
    train.add_argument("task", type=_task, help=f"{', '.join(TASKS)}, or path/to/script.py:learner (see below)")
    train.add_argument("path", nargs="?", help="the folder of the data, for cora")
    train.add_argument("--model", choices=MODELS, help="conv and transformer take images (default: the task's)")
    train.add_argument("--optimiser", choices=OPTIMISERS, help="default: nesterov")
    train.add_argument("--lr", type=_rate, help="learning rate (default: one that suits the optimiser)")
    train.add_argument("--epochs", type=_count, help=f"walks over the data (default: the task's; {script.EPOCHS} for a script)")
    train.add_argument("--batch-size", type=_count, help=f"examples in a step (default: likewise; {script.BATCH_SIZE})")
    train.add_argument("--seed", type=_seed, default=0, help="of parameters and shuffling (default: 0)")
    train.add_argument("--seeds", type=_count, help="train this often, with seeds from --seed on, and print mean ± sd")
    train.add_argument("--folds", type=_folds, help="of sets of graphs, hold out one part of so many at a time (mutag: 10)")
    train.add_argument("--out", type=_folder, help="folder for parameters, metrics and the curve (default: runs/TASK)")
    train.set_defaults(run=_train)
    describe = commands.add_parser("describe", help="print the table of a task's model")
    describe.add_argument("task", type=_task, help="as for train")
    describe.add_argument("path", nargs="?", help="as for train")
    describe.add_argument("--model", choices=MODELS, help="default: the task's")
    describe.set_defaults(run=_describe)
    laws = commands.add_parser("laws", help="try every law on random arrows and print a table")
    laws.add_argument("--examples", type=_count, default=5, help="random instances of each law (default: 5)")
    laws.add_argument("--seed", type=_seed, default=0, help="of the instances (default: 0)")
    laws.set_defaults(run=_laws)
    return parser


def _task(text: str) -> str:
    from catlearn.cli.script import is_script
    from catlearn.cli.tasks import TASKS

    if text not in TASKS and not is_script(text):
        known = ", ".join(TASKS)
        raise argparse.ArgumentTypeError(f"invalid choice: {text!r} (choose from {known}, or path/to/script.py:learner)")
    return text


def _number(kind: type, text: str, fits: Callable[[float], bool], wanted: str) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not fits(value):
        raise argparse.ArgumentTypeError(f"must be {wanted}, got {text!r}")
    return value


def _rate(text: str) -> float:
    return _number(float, text, lambda value: 0 < value < float("inf"), "a number > 0")


def _count(text: str) -> int:
    return _number(int, text, lambda value: value >= 1, "a whole number ≥ 1")


def _folds(text: str) -> int:
    return _number(int, text, lambda value: value >= 2, "a whole number ≥ 2")


def _seed(text: str) -> int:
    return _number(int, text, lambda value: 0 <= value < 2**32, "a whole number from 0 to 4294967295")


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("must name a folder")
    return Path(text)


def writable(folder: Path) -> Path:
    """The folder, made if missing. Leaves with exit code 2 where nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        fail(f"can't write to {folder}: {error.strerror or error}")


def _train(options: argparse.Namespace) -> int:
    from catlearn.cli.repeat import repeat
    from catlearn.cli.script import is_script, script_runs
    from catlearn.cli.sizes import by_size
    from catlearn.cli.tasks import task_runs
    from catlearn.cli.train import train

    made = is_script(options.task)
    runs = list((script_runs if made else task_runs)(options))
    out = writable(options.out or Path("runs") / (Path(options.task).stem if made else options.task))
    if runs[0].size:
        return by_size(runs, out)
    return repeat(runs, out) if runs[0].label else train(runs[0].plan, runs[0].seed, out)


def _describe(options: argparse.Namespace) -> int:
    from catlearn.cli.script import is_script, script_learner
    from catlearn.cli.tasks import task_model
    from catlearn.core.parameters import describe

    made = is_script(options.task)
    print(describe(script_learner(options.task).model if made else task_model(options.task, options.model, options.path)))
    return 0


def _laws(options: argparse.Namespace) -> int:
    from catlearn.laws.suite import SUITE

    print(f"{'category':<10}  {'law':<24}  {'tried':>5}  {'seconds':>7}  result")
    print("  ".join("─" * n for n in (10, 24, 5, 7, 6)))
    failures = 0
    for law in SUITE:
        began, found, tried = time.perf_counter(), None, 0
        while found is None and tried < options.examples:
            rng = random.Random(f"{options.seed}.{law.of}.{law.name}.{tried}")
            found, tried = law.check(lambda choices, rng=rng: rng.choice(list(choices))), tried + 1
        failures += found is not None
        took = time.perf_counter() - began
        print(f"{law.of:<10}  {law.name:<24}  {tried:>5}  {took:>7.2f}  {'holds' if found is None else found}", flush=True)
    print(f"{len(SUITE) - failures} of {len(SUITE)} laws hold")
    return 1 if failures else 0


def run() -> NoReturn:
    """The console script: quiet when its reader goes away."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    raise SystemExit(code)


if __name__ == "__main__":
    run()
