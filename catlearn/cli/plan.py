"""What `catlearn train` trains: made from a task or from a script, and the same from there on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catlearn.core.errors import CatlearnError
from catlearn.learn.learner import Learner
from catlearn.learn.metrics import Metric


class UsageError(CatlearnError, ValueError):
    """A command that asks for what can't be: says what can."""


@dataclass(frozen=True)
class Plan:
    """A learner, its pairs of arrays `(X, Y)`, how long to train it, and the metrics to take of it once trained.

    `shown` makes a text of the trained parameters, such as a sample; `baseline` is a simpler learner to compare with, and
    what it is called. `watched` is measured after each epoch: what is held out, unless told. `unit` is that of the targets.
    `moved` is what is held out after a symmetry has moved it, and what that is called; `called` is the learner's own name.
    """

    name: str
    learner: Learner
    train: tuple[Any, Any]
    held_out: tuple[Any, Any] | None
    metrics: tuple[tuple[str, Metric], ...]
    epochs: int
    batch_size: int
    shown: Callable[[tuple], str] | None = None
    baseline: tuple[str, Learner] | None = None
    watched: tuple[Any, Any] | None = None
    unit: str = ""
    moved: tuple[str, tuple[Any, Any]] | None = None
    called: str = "model"

    @property
    def part(self) -> str:
        """What the measured part is called: "test" where something is held out."""
        return "test" if self.held_out else "training"

    @property
    def measured(self) -> tuple[Any, Any]:
        """The pair that the trained learner is measured on."""
        return self.held_out or self.train


@dataclass(frozen=True)
class Run:
    """A plan carried out once, with a seed of its own; `label` says which it is of several, `size` how many examples it has."""

    label: str
    plan: Plan
    seed: int
    size: int | None = None
