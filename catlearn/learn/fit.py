"""Training: the learner's step unfolded over a stream of batches, with progress, validation and nothing lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.core.values import values_of
from catlearn.core.wires import Object
from catlearn.learn.errors import DivergenceError, Interrupted
from catlearn.learn.history import History

STEPS_BETWEEN_CHECKS = 64
EXAMPLES_AT_ONCE = 1024

Metrics = dict[str, np.ndarray]


class Trainable(Protocol):
    """What `fit` needs of a learner."""

    @property
    def optimiser(self) -> Any: ...
    @property
    def state(self) -> Object: ...
    @property
    def step(self) -> Any: ...
    @property
    def evaluate(self) -> Any: ...
    def pure_step(self, state: tuple, examples: tuple) -> tuple: ...
    def unpacked(self, examples: tuple) -> tuple[int, tuple, tuple]: ...
    def check_data(self, examples: tuple) -> int: ...


def fit(
    learner: Trainable,
    state: tuple,
    data: Any,
    *,
    epochs: int = 1,
    batch_size: int = 32,
    key: jax.Array | None = None,
    validation: tuple | None = None,
    loop: str = "auto",
    progress: bool | None = None,
) -> tuple[tuple, History]:
    """Train for some epochs: `(state, history)`. The state that you pass in stays valid.

    `data` is a pair of arrays `(X, Y)` with the examples on the first axis, or an iterable of batches `(xs, ys)`, which
    is walked once an epoch and may vary in batch size. Arrays are shuffled anew each epoch with `key`, or kept in order
    where it is None. A last partial batch is a smaller batch; epoch means weigh every example once.
    `validation` is a pair of arrays, measured after each epoch. `loop` is "scan" (whole epochs on the device), "steps"
    (a Python loop of compiled steps), or "auto", which takes "steps" for batches from an iterable, and on CPU for
    models with convolutions, which XLA runs slowly inside loops there. `progress` shows a bar: None, in terminals only.

    Raises ArgumentError for data that can't be (`state` and `history` of the error are those so far); DivergenceError when
    the loss or a parameter is infinite or not a number, with the last good state; Interrupted on Ctrl-C, likewise.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> learner = cl.supervised(cl.R(2) >> cl.dense(2), cl.quadratic, cl.descent(0.1))
    >>> data = jnp.ones((8, 2)), jnp.zeros((8, 2))
    >>> state, history = learner.fit(learner.init(jax.random.key(0)), data, epochs=3, batch_size=4)
    >>> len(history), history["loss"][2] < history["loss"][0]
    (3, True)
    """
    state = values_of(learner.state, state, "this learner", "wires of state")
    if not _finite(state):
        raise ArgumentError("the state to begin from is not finite.")
    source, epochs = _source(learner, data, batch_size, key), _whole("epochs", epochs, 0)
    if validation is not None:
        learner.check_data(validation)
    state, history = jax.tree.map(jnp.array, state), History()
    try:
        run = _runner(learner, source, state, loop)
        history = History((), run.loop)
        with _bar(epochs, source, run.loop, progress) as bar:
            for epoch in range(1, epochs + 1):
                began, meter = time.perf_counter(), _Meter()
                for chunk in run.chunks(epoch):
                    after, metrics = chunk.run(state)
                    if not (np.all(np.isfinite(metrics["loss"])) and _finite(after)):
                        raise _diverged(learner, state, chunk, epoch, meter.steps, history)
                    state = after
                    meter.add(metrics, chunk.sizes())
                    bar.set_postfix(epoch=epoch, loss=f"{metrics['loss'][-1]:.4f}", refresh=False)
                    bar.update(len(metrics["loss"]))
                if not meter.steps:
                    raise ArgumentError(
                        f"the data gave no batches in epoch {epoch}; an iterator is spent after one walk: give a list."
                    )
                history = history.with_row(_row(learner, state, epoch, meter, validation, began))
    except KeyboardInterrupt as interrupt:
        raise Interrupted(state, history) from interrupt
    except ArgumentError as error:
        error.state, error.history = state, history
        raise
    return state, history


# where batches come from


@dataclass(frozen=True)
class Arrays:
    """Batches cut from arrays, in an order drawn for each epoch."""

    xs: Any
    ys: Any
    size: int
    batch_size: int
    key: jax.Array | None

    def order(self, epoch: int) -> np.ndarray:
        if self.key is None:
            return np.arange(self.size)
        seed = np.asarray(jax.random.key_data(self.key)).ravel()
        return np.random.default_rng([*seed, epoch]).permutation(self.size)  # a sort on the device costs as much as the scan

    def take(self, indices: np.ndarray) -> tuple:
        return jax.tree.map(lambda array: array[indices], (self.xs, self.ys))

    def batches(self, epoch: int) -> Iterator[tuple]:
        order = self.order(epoch)
        return (self.take(order[i : i + self.batch_size]) for i in range(0, self.size, self.batch_size))

    @property
    def steps(self) -> int:
        return -(-self.size // self.batch_size)


@dataclass(frozen=True)
class Batches:
    """Batches as they come from an iterable."""

    source: Iterable[tuple]

    def batches(self, epoch: int) -> Iterator[tuple]:
        return iter(self.source)

    @property
    def steps(self) -> int | None:
        return len(self.source) if hasattr(self.source, "__len__") else None  # type: ignore[arg-type]


def _source(learner: Trainable, data: Any, batch_size: int, key: jax.Array | None) -> Arrays | Batches:
    arrays = isinstance(data, tuple) and len(data) == 2
    if not arrays:
        if not hasattr(data, "__iter__"):
            raise ArgumentError(f"data is a pair of arrays (X, Y) or an iterable of batches (xs, ys), got {type(data).__name__}.")
        return Batches(data)
    if key is not None and not (isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        raise ArgumentError(f"key must be a PRNG key such as jax.random.key(0), got {key!r}.")
    size, batch_size = learner.check_data(data), _whole("batch_size", batch_size, 1)
    xs, ys = jax.tree.map(lambda array: array if isinstance(array, jax.Array) else np.asarray(array), data)
    return Arrays(xs, ys, size, batch_size, key)


def _whole(what: str, value: Any, least: int) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ArgumentError(f"{what} must be a whole number ≥ {least}, got {value!r}.")
    return int(value)


# how they are run


@dataclass(frozen=True)
class Chunk:
    """Some steps between two checks of the loss. `run` leaves its argument valid, so that the chunk can be run again."""

    run: Callable[[tuple], tuple[tuple, Metrics]]
    batches: Callable[[], Sequence[tuple]]
    sizes: Callable[[], list[int]]  # asked once the chunk has run, when its batches are known to be some


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
            if len(held) == STEPS_BETWEEN_CHECKS:
                yield step_by_step(self.learner, held)
                held = []
        if held:
            yield step_by_step(self.learner, held)


def step_by_step(learner: Trainable, batches: list[tuple]) -> Chunk:
    """The chunk that steps through these batches."""

    def run(state: tuple) -> tuple[tuple, Metrics]:
        state, rows = jax.tree.map(jnp.copy, state), []
        for examples in batches:
            state, metrics = learner.step(state, examples)
            rows.append(metrics)
        return state, {name: np.asarray([row[name] for row in rows]) for name in rows[0]}

    return Chunk(run, lambda: batches, lambda: [len(jax.tree.leaves(examples)[0]) for examples in batches])


@dataclass(frozen=True)
class Scan:
    """Whole epochs on the device: one `lax.scan` over the full batches, and a step for what is left."""

    learner: Trainable
    source: Arrays
    epoch: Callable

    loop = "scan"

    def chunks(self, epoch: int) -> Iterator[Chunk]:
        order, size = self.source.order(epoch), self.source.batch_size
        full = len(order) // size * size
        if full:
            indices = order[:full].reshape(-1, size)
            yield Chunk(
                lambda state: _on_host(self.epoch(state, self.source.xs, self.source.ys, indices)),
                lambda: [self.source.take(row) for row in indices],
                lambda: [size] * len(indices),
            )
        if full < len(order):
            yield step_by_step(self.learner, [self.source.take(order[full:])])


def _runner(learner: Trainable, source: Arrays | Batches, state: tuple, loop: str) -> Steps | Scan:
    if loop not in ("auto", "scan", "steps"):
        raise ArgumentError(f"loop must be 'auto', 'scan' or 'steps', got {loop!r}.")
    if isinstance(source, Batches):
        if loop == "scan":
            raise ArgumentError("a scan needs arrays (X, Y) on the device; batches from an iterable run by loop='steps'.")
        return Steps(learner, source)
    chosen = _better_loop(learner, source, state) if loop == "auto" else loop
    if chosen == "steps":
        return Steps(learner, _moved(source, _to_host))
    return Scan(learner, _moved(source, jnp.asarray), _epoch(learner))


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


def _epoch(learner: Trainable) -> Callable:
    def epoch(state: tuple, xs: Any, ys: Any, indices: jax.Array) -> tuple:
        def step(state: tuple, row: jax.Array) -> tuple:
            return learner.pure_step(state, jax.tree.map(lambda array: array[row], (xs, ys)))

        return jax.lax.scan(step, state, indices)

    return jax.jit(epoch)


def _on_host(result: tuple) -> tuple[tuple, Metrics]:
    state, metrics = result
    return state, {name: np.asarray(values) for name, values in metrics.items()}


# what is recorded


class _Meter:
    """Means over the examples of an epoch."""

    def __init__(self) -> None:
        self.steps, self.examples, self.sums = 0, 0, {}

    def add(self, metrics: Metrics, sizes: list[int]) -> None:
        weights = np.asarray(sizes, np.float64)
        for name, values in metrics.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(np.tensordot(weights, values.astype(np.float64), axes=(0, 0)))
        self.steps, self.examples = self.steps + len(sizes), self.examples + sum(sizes)

    def means(self) -> dict[str, float]:
        return {name: total / self.examples for name, total in self.sums.items()}


def _row(learner: Trainable, state: tuple, epoch: int, meter: _Meter, validation: tuple | None, began: float) -> dict[str, Any]:
    judged = {} if validation is None else evaluate(learner, state, validation)
    held_out = {f"validation_{name}": value for name, value in judged.items()}
    return {"epoch": epoch, **meter.means(), **held_out, "seconds": time.perf_counter() - began}


def evaluate(learner: Trainable, state: tuple, data: tuple, batch_size: int = EXAMPLES_AT_ONCE) -> dict[str, float]:
    """The learner's metrics over all the examples of a pair of arrays, in batches that fit in memory.

    Metrics are means over examples, so a metric that is no mean is weighted by batch. Raises ArgumentError for data that
    do not fit the learner.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> learner = cl.supervised(cl.R(2) >> cl.dense(2), cl.quadratic, cl.descent(0.1))
    >>> sorted(evaluate(learner, learner.init(jax.random.key(0)), (jnp.ones((8, 2)), jnp.zeros((8, 2)))))
    ['loss']
    """
    size = learner.check_data(data)
    source, meter = Arrays(data[0], data[1], size, batch_size, None), _Meter()
    for examples in source.batches(1):
        metrics = learner.evaluate(state, examples)
        meter.add({name: np.asarray(value)[None] for name, value in metrics.items()}, [learner.unpacked(examples)[0]])
    return meter.means()


def _bar(epochs: int, source: Arrays | Batches, loop: str, progress: bool | None) -> Any:
    from tqdm import tqdm

    steps = source.steps
    total = None if steps is None else epochs * steps
    return tqdm(total=total, unit="step", desc=f"fit ({loop})", disable=None if progress is None else not progress, leave=True)


# how it ends badly


def _diverged(learner: Trainable, state: tuple, chunk: Chunk, epoch: int, steps: int, history: History) -> DivergenceError:
    """Run the chunk again, slowly, to find the step and the last state without infinities."""
    step, loss, after = jax.jit(learner.pure_step), float("nan"), state
    for at, examples in enumerate(chunk.batches(), steps + 1):
        after, metrics = step(state, examples)
        loss = float(metrics["loss"])
        if not (np.isfinite(loss) and _finite(after)):
            return DivergenceError(_explained(learner, loss, epoch, at), state, history, epoch, at)
        state = after
    return DivergenceError(_explained(learner, loss, epoch, steps), state, history, epoch, steps)


def _explained(learner: Trainable, loss: float, epoch: int, at: int) -> str:
    what = "parameters became infinite" if np.isfinite(loss) else f"loss became {loss}"
    return (
        f"the {what} at epoch {epoch}, step {at}.\n"
        f"  the last good state is this error's .state, and what came before its .history\n"
        f"  optimiser: {learner.optimiser!r}; a smaller rate, or inputs of order 1, usually mends this"
    )


def _finite(state: tuple) -> bool:
    return bool(_all_finite(state))


@jax.jit
def _all_finite(state: tuple) -> jax.Array:
    leaves = [leaf for leaf in jax.tree.leaves(state) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    return jnp.all(jnp.array([jnp.all(jnp.isfinite(leaf)) for leaf in leaves], bool))
