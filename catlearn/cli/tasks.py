"""What `catlearn train` can train: a data set, a model for it, and how to begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catlearn.core.diagram import Diagram
from catlearn.core.wires import R
from catlearn.datasets import Split, digits, iris
from catlearn.learn.optimisers import Optimiser, adam, descent, momentum, nesterov
from catlearn.nets.convolution import conv
from catlearn.nets.dense import dense
from catlearn.nets.function import flatten, relu, tanh
from catlearn.nets.pooling import max_pool


@dataclass(frozen=True)
class Task:
    """A data set with a model that suits it."""

    load: Callable[[], Split]
    model: Callable[[], Diagram]
    epochs: int
    batch_size: int


def _digits_model() -> Diagram:
    body = conv(32, 3) >> relu >> conv(32, 3) >> relu >> max_pool(2) >> conv(64, 3) >> relu >> max_pool(2)
    return R(8, 8, 1) >> body >> flatten >> dense(64) >> relu >> dense(10)


def _iris_model() -> Diagram:
    return R(4) >> dense(20) >> tanh >> dense(3)


TASKS = {
    "digits": Task(digits, _digits_model, epochs=20, batch_size=16),
    "iris": Task(iris, _iris_model, epochs=100, batch_size=16),
}

OPTIMISERS: dict[str, Callable[[float], Optimiser]] = {
    "descent": descent,
    "momentum": momentum,
    "nesterov": nesterov,
    "adam": adam,
}

RATES = {"descent": 0.1, "momentum": 0.02, "nesterov": 0.02, "adam": 0.002}
