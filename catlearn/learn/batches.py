"""Where batches come from: arrays, cut in an order drawn for each epoch, or an iterable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.core.wires import Object, is_whole


class Trainable(Protocol):
    """What `fit` needs of a learner."""

    @property
    def optimiser(self) -> Any: ...
    @property
    def state(self) -> Object: ...
    @property
    def step(self) -> Any: ...
    @property
    def epoch(self) -> Any: ...
    @property
    def evaluate(self) -> Any: ...
    @property
    def weighs(self) -> bool: ...
    def weigh(self, examples: tuple) -> float: ...
    def pure_step(self, state: tuple, examples: tuple) -> tuple: ...
    def check_data(self, examples: tuple) -> int: ...


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


def source_of(learner: Trainable, data: Any, batch_size: int, key: jax.Array | None) -> Arrays | Batches:
    """The source that data are. Raises ArgumentError for data, a key or a batch size that can't be."""
    arrays = isinstance(data, tuple) and len(data) == 2
    if not arrays:
        if not hasattr(data, "__iter__"):
            raise ArgumentError(f"data is a pair of arrays (X, Y) or an iterable of batches (xs, ys), got {type(data).__name__}.")
        return Batches(data)
    if key is not None and not (isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        raise ArgumentError(f"key must be a PRNG key such as jax.random.key(0), got {key!r}.")
    size, batch_size = learner.check_data(data), whole_number("batch_size", batch_size, 1)
    xs, ys = jax.tree.map(lambda array: array if isinstance(array, jax.Array) else np.asarray(array), data)
    return Arrays(xs, ys, size, batch_size, key)


def whole_number(what: str, value: Any, least: int) -> int:
    """The value as a Python integer. Raises ArgumentError unless it is a whole number of at least `least`."""
    if not is_whole(value, least):
        raise ArgumentError(f"{what} must be a whole number ≥ {least}, got {value!r}.")
    return int(value)
