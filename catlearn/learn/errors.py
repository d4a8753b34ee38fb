"""How a training run can end before its time, with nothing lost."""

from __future__ import annotations

from typing import Any

from catlearn.core.errors import CatlearnError


class DivergenceError(CatlearnError, FloatingPointError):
    """The loss became infinite or not a number. `state` is the last good state and `history` what came before."""

    def __init__(self, message: str, state: Any, history: Any, epoch: int, step: int):
        super().__init__(message)
        self.state, self.history, self.epoch, self.step = state, history, epoch, step

    def __reduce__(self) -> tuple:
        return type(self), (str(self), self.state, self.history, self.epoch, self.step)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during `fit`. `state` and `history` are what the run had by then."""

    def __init__(self, state: Any, history: Any):
        super().__init__(f"fit was interrupted after {len(history)} epochs; this exception has its .state and .history.")
        self.state, self.history = state, history

    def __reduce__(self) -> tuple:
        return type(self), (self.state, self.history)
