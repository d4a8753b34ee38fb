"""What `catlearn train` can train by name: a data set, the model that suits it best, and how to begin."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from catlearn.cli.models import model_for
from catlearn.cli.plan import Plan
from catlearn.cli.samples import sample_of_text
from catlearn.core.diagram import Diagram
from catlearn.datasets import Split, breast_cancer, diabetes, digits, iris, japanese_vowels, mnist5k, python_forest, topics, wine
from catlearn.learn.learner import Learner, supervised
from catlearn.learn.losses import quadratic, softmax_cross_entropy
from catlearn.learn.metrics import accuracy, r2, rmse
from catlearn.learn.optimiser import Optimiser
from catlearn.learn.optimisers import adagrad, adam, adamw, descent, lion, momentum, nadam, nesterov, rmsprop


@dataclass(frozen=True)
class Task:
    """A data set with a model that suits it."""

    load: Callable[[], Split]
    model: str
    epochs: int
    batch_size: int = 16
    optimiser: str = "nesterov"
    shown: Callable[[Split, str], Callable[[tuple], str]] | None = None
    baseline: str | None = None


TASKS = {
    "digits": Task(digits, "conv", epochs=20),
    "iris": Task(iris, "mlp", epochs=100),
    "wine": Task(wine, "mlp", epochs=50),
    "breast-cancer": Task(breast_cancer, "mlp", epochs=50),
    "diabetes": Task(diabetes, "dense", epochs=50),
    "mnist5k": Task(mnist5k, "conv", epochs=12, batch_size=32),
    "japanese-vowels": Task(japanese_vowels, "gru", epochs=60, optimiser="adam"),
    "chars": Task(topics, "gru", epochs=12, batch_size=32, optimiser="adam", shown=sample_of_text),
    "python-trees": Task(python_forest, "tree", epochs=5, batch_size=32, optimiser="adam", baseline="bag"),
}

OPTIMISERS: dict[str, tuple[Callable[[float], Optimiser], float]] = {  # with the rate to begin with
    "descent": (descent, 0.1),
    "momentum": (momentum, 0.02),
    "nesterov": (nesterov, 0.02),
    "adagrad": (adagrad, 0.02),
    "rmsprop": (rmsprop, 0.001),
    "adam": (adam, 0.002),
    "adamw": (adamw, 0.002),
    "nadam": (nadam, 0.002),
    "lion": (lion, 0.0003),
}


def task_plan(options: argparse.Namespace) -> Plan:
    """The plan of the task that the options name. Raises UsageError for a model that can't take its data."""
    task = TASKS[options.task]
    data = task.load()
    make, rate = OPTIMISERS[options.optimiser or task.optimiser]
    name, optimiser = options.model or task.model, make(options.lr or rate)
    learner, metrics = _learner(data, model_for(data, name), optimiser)
    epochs, size = options.epochs or task.epochs, options.batch_size or task.batch_size
    other = task.baseline if task.baseline != name else None
    baseline = other and (other, _learner(data, model_for(data, other), optimiser)[0])
    shown = task.shown and task.shown(data, name)
    return Plan(options.task, learner, data.train, data.test, tuple(metrics.items()), epochs, size, shown, baseline or None)


def task_model(task: str, model: str | None) -> Diagram:
    """A task's model: its own, or the one by this name."""
    return model_for(TASKS[task].load(), model or TASKS[task].model)


def _learner(data: Split, model: Diagram, optimiser: Optimiser) -> tuple[Learner, dict]:
    """The learner, and what to measure of it. R² and RMSE are no means, so no epoch can average them over its batches."""
    if data.classes:
        metrics = {"accuracy": accuracy}
        return supervised(model, softmax_cross_entropy, optimiser, metrics=metrics), metrics
    cap = 1 / float(data.train[1].var())  # gradients as if the targets had deviation 1; losses stay in their unit
    return supervised(model, quadratic, optimiser, cap=cap), {"r2": r2, "rmse": rmse}
