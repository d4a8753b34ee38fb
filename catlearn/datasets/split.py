"""What a data set is here: a training part and a held-out part, cut the same way every time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from catlearn.core.shown import Shown

Pair = tuple[Any, np.ndarray]  # inputs may be an array, or a pytree of arrays with one example on each row


@dataclass(frozen=True, repr=False)
class Split(Shown):
    """A data set cut in two: pairs of inputs `(n, …)` and targets.

    Inputs are an array, float32 where they measure something, or a tuple of arrays with the same n. Where they are codes,
    int32, `vocabulary` says what code i stands for; otherwise it is empty.

    Of a classification, targets are labels `(n,)` int32, or `(n, length)` with one for each place of a sequence: the
    numbers of `classes`. Of a regression `classes` is empty, and targets are `(n, 1)` float32 in their own unit: what
    `quadratic` takes of a model that ends in `R(1)`.
    """

    name: str
    train: Pair
    test: Pair
    classes: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()

    def _facts(self) -> list[tuple[str, Any]]:
        parts = [("train", self.train), ("test", self.test)]
        found = [
            (f"{name} {what}", values) for name, pair in parts for what, values in zip(("inputs", "targets"), pair, strict=True)
        ]
        return [*found, *named_facts(self.classes, self.vocabulary)]

    def __repr__(self) -> str:
        sizes = f"{len(self.train[1]):,} examples to train on, {len(self.test[1]):,} held out"
        classes = f", {len(self.classes)} classes" if self.classes else ""
        return f"{type(self).__name__}({self.name}: {sizes}{classes})"


def named_facts(classes: tuple[str, ...], vocabulary: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    """What tables say of these names, where there are any."""
    lists = (("classes", classes), ("vocabulary", vocabulary))
    return [(name, f"{len(names)}: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}") for name, names in lists if names]


@dataclass(frozen=True)
class Scale:
    """The affine change of unit that gives each feature mean 0 and deviation 1 on the arrays that it was taken from.

    >>> scale = scale_of(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> scale(np.array([[4.0, 6.0]])), scale.undo(np.array([[2.0, 1.0]]))
    (array([[2., 1.]]), array([[4., 6.]]))
    """

    mean: np.ndarray
    deviation: np.ndarray

    def __call__(self, xs: np.ndarray) -> np.ndarray:
        return (xs - self.mean) / self.deviation

    def undo(self, xs: np.ndarray) -> np.ndarray:
        """The numbers in the unit that they had before."""
        return xs * self.deviation + self.mean


def scale_of(xs: np.ndarray) -> Scale:
    """The scale of these examples, one on each row. A feature that never changes keeps its unit."""
    deviation = xs.std(0)
    return Scale(xs.mean(0), np.where(deviation == 0, np.ones_like(deviation), deviation))


def cut(name: str, xs: np.ndarray, ys: np.ndarray, classes: tuple[str, ...] = ()) -> Split:
    """Shuffle with a fixed seed and hold a fifth out. Type: inputs `(n, …)` and targets `(n,)` to a Split."""
    order = np.random.default_rng(0).permutation(len(xs))
    targets = ys.astype(np.int32) if classes else ys.astype(np.float32)[:, None]
    xs, ys, held = xs[order].astype(np.float32), targets[order], len(xs) // 5
    return Split(name, (xs[held:], ys[held:]), (xs[:held], ys[:held]), classes)


def scaled(split: Split) -> Split:
    """The split with inputs scaled by its training part, so that nothing of the held-out part is known."""
    scale = scale_of(split.train[0])
    return replace(split, train=(scale(split.train[0]), split.train[1]), test=(scale(split.test[0]), split.test[1]))
