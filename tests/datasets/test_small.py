import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from catlearn.core.errors import MissingPackageError
from catlearn.datasets import digits, iris


@pytest.mark.parametrize(
    ("load", "raw", "n", "held", "shape"), [(digits, load_digits, 1797, 359, (8, 8, 1)), (iris, load_iris, 150, 30, (4,))]
)
def test_a_fixed_fifth_is_held_out(load, raw, n, held, shape):
    split, again = load(), load()
    assert len(split.train[0]) + len(split.test[0]) == n and len(split.test[0]) == held
    assert split.train[0].shape[1:] == shape and split.train[0].dtype == np.float32 and split.train[1].dtype == np.int32
    assert np.array_equal(split.test[0], again.test[0])
    labels = np.concatenate([split.train[1], split.test[1]])
    assert np.array_equal(np.bincount(labels), np.bincount(raw().target)) and len(split.classes) == labels.max() + 1


def test_no_example_is_in_both_parts():
    split = digits()
    images = np.concatenate([split.train[0], split.test[0]]).reshape(1797, -1)
    assert len(np.unique(images, axis=0)) == len(np.unique(load_digits().data, axis=0))


def test_iris_is_scaled_by_its_training_part():
    split = iris()
    np.testing.assert_allclose(split.train[0].mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(split.train[0].std(0), 1, atol=1e-5)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingPackageError, match=r"catlearn\[data\]"):
        digits()
