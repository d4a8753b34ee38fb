"""Small real data that ships inside scikit-learn, each with a fixed held-out fifth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catlearn.core.packages import package


@dataclass(frozen=True)
class Split:
    """A classification data set cut in two: pairs of inputs `(n, …)` float32 and labels `(n,)` int32."""

    name: str
    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    classes: tuple[str, ...]


def digits() -> Split:
    """1,797 images of handwritten digits, 8 × 8 × 1 in [0, 1], ten classes; 359 held out. From UCI, by scikit-learn.
    Raises MissingPackageError without scikit-learn.

    >>> digits().train[0].shape
    (1438, 8, 8, 1)
    """
    found = package("sklearn.datasets", "data").load_digits()
    images = (found.images / 16.0)[..., None]
    return _split("digits", images, found.target, tuple(str(i) for i in range(10)))


def iris() -> Split:
    """150 flowers, four lengths in cm (scaled to mean 0 and deviation 1 on the training part), three classes; 30 held out.
    Raises MissingPackageError without scikit-learn.

    >>> iris().test[0].shape, iris().classes
    ((30, 4), ('setosa', 'versicolor', 'virginica'))
    """
    found = package("sklearn.datasets", "data").load_iris()
    split = _split("iris", found.data, found.target, tuple(map(str, found.target_names)))
    mean, deviation = split.train[0].mean(0), split.train[0].std(0)
    scaled = [((x - mean) / deviation, y) for x, y in (split.train, split.test)]
    return Split("iris", scaled[0], scaled[1], split.classes)


def _split(name: str, xs: np.ndarray, ys: np.ndarray, classes: tuple[str, ...]) -> Split:
    order = np.random.default_rng(0).permutation(len(xs))
    xs, ys, held = xs[order].astype(np.float32), ys[order].astype(np.int32), len(xs) // 5
    return Split(name, (xs[held:], ys[held:]), (xs[:held], ys[:held]), classes)
