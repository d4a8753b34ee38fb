"""How an epoch is run: as a scan on the device or as a Python loop of compiled steps, in chunks that can be run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.learn.batches import Arrays, Batches, Trainable

STEPS_BETWEEN_CHECKS = 64
BYTES_BETWEEN_CHECKS = 2**27

Metrics = dict[str, np.ndarray]


@dataclass(frozen=True)
class Chunk:
    """Some steps between two checks of the loss. `run` leaves its argument valid, so that the chunk can be run again."""

    run: Callable[[tuple], tuple[tuple, Metrics]]
    batches: Callable[[], Sequence[tuple]]
    weights: Callable[[], list[float]]  # asked once the chunk has run, when its batches are known to be some


@dataclass(frozen=True)
class Steps:
    """A Python loop of the learner's own compiled step, which gives its state's memory away."""

    learner: Trainable
    source: Arrays | Batches

    loop = "steps"

    def chunks(self, epoch: int) -> Iterator[Chunk]:
        held: list[tuple] = []
        for examples in self.source.batches(epoch):
            held.append(examples)
            if len(held) == STEPS_BETWEEN_CHECKS or _bytes(held) > BYTES_BETWEEN_CHECKS:
                yield step_by_step(self.learner, held)
                held = []
        if held:
            yield step_by_step(self.learner, held)


def _bytes(batches: list[tuple]) -> int:
    return len(batches) * sum(getattr(leaf, "nbytes", 0) for leaf in jax.tree.leaves(batches[-1]))


def step_by_step(learner: Trainable, batches: list[tuple]) -> Chunk:
    """The chunk that steps through these batches."""

    def run(state: tuple) -> tuple[tuple, Metrics]:
        state, rows = jax.tree.map(jnp.copy, state), []
        for examples in batches:
            state, metrics = learner.step(state, examples)
            rows.append(metrics)
        return state, {name: np.asarray([row[name] for row in rows]) for name in rows[0]}

    return Chunk(run, lambda: batches, lambda: [*map(learner.weigh, batches)])


@dataclass(frozen=True)
class Scan:
    """Whole epochs on the device: one `lax.scan` over the full batches, and a step for what is left."""

    learner: Trainable
    source: Arrays

    loop = "scan"

    def chunks(self, epoch: int) -> Iterator[Chunk]:
        order, size = self.source.order(epoch), self.source.batch_size
        full = len(order) // size * size
        if full:
            indices = order[:full].reshape(-1, size)
            yield Chunk(
                lambda state: _on_host(self.learner.epoch(state, self.source.xs, self.source.ys, indices)),
                lambda: [self.source.take(row) for row in indices],
                lambda: (
                    [*map(self.learner.weigh, map(self.source.take, indices))] if self.learner.weighs else [size] * len(indices)
                ),
            )
        if full < len(order):
            yield step_by_step(self.learner, [self.source.take(order[full:])])


def runner(learner: Trainable, source: Arrays | Batches, state: tuple, loop: str) -> Steps | Scan:
    """The loop by this name, or the better one. Raises ArgumentError for another name, and for a scan over an iterable."""
    if loop not in ("auto", "scan", "steps"):
        raise ArgumentError(f"loop must be 'auto', 'scan' or 'steps', got {loop!r}.")
    if isinstance(source, Batches):
        if loop == "scan":
            raise ArgumentError("a scan needs arrays (X, Y) on the device; batches from an iterable run by loop='steps'.")
        return Steps(learner, source)
    chosen = _better_loop(learner, source, state) if loop == "auto" else loop
    if chosen == "steps":
        return Steps(learner, _moved(source, _to_host))
    return Scan(learner, _moved(source, jnp.asarray))


def _moved(source: Arrays, to: Callable) -> Arrays:
    return replace(source, xs=jax.tree.map(to, source.xs), ys=jax.tree.map(to, source.ys))


def _to_host(array: Any) -> Any:
    return array if jnp.issubdtype(array.dtype, jax.dtypes.extended) else np.asarray(array)


def _better_loop(learner: Trainable, source: Arrays, state: tuple) -> str:
    """Convolutions inside a loop lose their fast kernels on CPU (several times slower); all else gains from a scan."""
    if jax.default_backend() != "cpu":
        return "scan"
    examples = source.take(np.arange(min(source.batch_size, source.size)))
    return "steps" if "conv_general_dilated" in str(learner.step.trace(state, examples).jaxpr) else "scan"  # type: ignore[attr-defined]


def _on_host(result: tuple) -> tuple[tuple, Metrics]:
    state, metrics = result
    return state, {name: np.asarray(values) for name, values in metrics.items()}
