"""Training: the learner's step unfolded over a stream of batches, with progress, validation and nothing lost."""

from __future__ import annotations

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.core.values import values_of
from catlearn.learn.batches import Arrays, Batches, Trainable, source_of, whole_number
from catlearn.learn.errors import DivergenceError, Interrupted
from catlearn.learn.history import History
from catlearn.learn.interrupts import heard
from catlearn.learn.loops import Chunk, Metrics, runner

EXAMPLES_AT_ONCE = 1024


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
    if any(leaf.is_deleted() for leaf in jax.tree.leaves(state) if isinstance(leaf, jax.Array)):
        raise ArgumentError("this state was given to `step`, which gives its memory away; go on from the state that it returned.")
    if not _finite(state):
        raise ArgumentError("the state to begin from is not finite.")
    source, epochs = source_of(learner, data, batch_size, key), whole_number("epochs", epochs, 0)
    held_out = None if validation is None else _all_of(learner, validation)
    state, history = jax.tree.map(jnp.array, state), History()
    try:
        run = runner(learner, source, state, loop)
        history = History((), run.loop)
        with heard() as asked, _bar(epochs, source, run.loop, progress) as bar:
            for epoch in range(1, epochs + 1):
                began, meter = time.perf_counter(), _Meter()
                for chunk in run.chunks(epoch):
                    after, metrics = chunk.run(state)
                    if not (np.all(np.isfinite(metrics["loss"])) and _finite(after)):
                        raise _diverged(learner, state, chunk, epoch, meter.steps, history)
                    state = after
                    meter.add(metrics, chunk.weights())
                    bar.set_postfix(epoch=epoch, loss=f"{metrics['loss'][-1]:.4f}", refresh=False)
                    bar.update(len(metrics["loss"]))
                    asked()
                if not meter.steps:
                    raise ArgumentError(
                        f"the data gave no batches in epoch {epoch}; an iterator is spent after one walk: give a list."
                    )
                history = history.with_row(_row(learner, state, epoch, meter, held_out, began))
    except KeyboardInterrupt as interrupt:
        raise Interrupted(state, history) from interrupt
    except ArgumentError as error:
        error.state, error.history = state, history
        raise
    return state, history


# what is recorded


class _Meter:
    """Means over the examples of an epoch, each with its weight."""

    def __init__(self) -> None:
        self.steps, self.weight, self.sums = 0, 0.0, {}

    def add(self, metrics: Metrics, weights: list[float]) -> None:
        counts = np.asarray(weights, np.float64)
        for name, values in metrics.items():
            total = np.tensordot(counts[counts > 0], values.astype(np.float64)[counts > 0], axes=(0, 0))
            self.sums[name] = self.sums.get(name, 0.0) + float(total)
        self.steps, self.weight = self.steps + len(weights), self.weight + sum(weights)

    def means(self) -> dict[str, float]:
        return {name: total / (self.weight or 1.0) for name, total in self.sums.items()}


def _row(learner: Trainable, state: tuple, epoch: int, meter: _Meter, held_out: Arrays | None, began: float) -> dict[str, Any]:
    judged = {} if held_out is None else _evaluated(learner, state, held_out)
    validation = {f"validation_{name}": value for name, value in judged.items()}
    return {"epoch": epoch, **meter.means(), **validation, "seconds": time.perf_counter() - began}


def evaluate(learner: Trainable, state: tuple, data: tuple, batch_size: int = EXAMPLES_AT_ONCE) -> dict[str, float]:
    """The learner's metrics over all the examples of a pair of arrays, in batches that fit in memory.

    Metrics are means over examples, so a metric that is no mean is weighted by batch. Raises ArgumentError for data that
    do not fit the learner.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> learner = cl.supervised(cl.R(2) >> cl.dense(2), cl.quadratic, cl.descent(0.1))
    >>> sorted(evaluate(learner, learner.init(jax.random.key(0)), (jnp.ones((8, 2)), jnp.zeros((8, 2)))))
    ['loss']
    """
    return _evaluated(learner, state, _all_of(learner, data, batch_size))


def _all_of(learner: Trainable, data: tuple, batch_size: int = EXAMPLES_AT_ONCE) -> Arrays:
    """The batches of a pair of arrays, which are looked at here, once. Raises ArgumentError where they don't fit the learner."""
    return Arrays(data[0], data[1], learner.check_data(data), batch_size, None)


def _evaluated(learner: Trainable, state: tuple, source: Arrays) -> dict[str, float]:
    meter = _Meter()
    for examples in source.batches(1):
        metrics = learner.evaluate(state, examples)
        meter.add({name: np.asarray(value)[None] for name, value in metrics.items()}, [learner.weigh(examples)])
    return meter.means()


def _bar(epochs: int, source: Arrays | Batches, loop: str, progress: bool | None) -> Any:
    from tqdm import tqdm

    steps = source.steps
    total = None if steps is None else epochs * steps
    return tqdm(total=total, unit="step", desc=f"fit ({loop})", disable=None if progress is None else not progress, leave=True)


# how it ends badly


def _diverged(learner: Trainable, state: tuple, chunk: Chunk, epoch: int, steps: int, history: History) -> DivergenceError:
    """Run the chunk again, slowly, to find the step and the last state without infinities."""
    step, loss = jax.jit(learner.pure_step), float("nan")
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
