import sys

import numpy as np
import pytest
from sklearn import datasets as theirs
from sklearn.preprocessing import StandardScaler

from catlearn.core.errors import MissingPackageError
from catlearn.datasets import breast_cancer, diabetes, digits, iris, wine

CLASSES = [
    (digits, theirs.load_digits, 1797, 359, (8, 8, 1)),
    (iris, theirs.load_iris, 150, 30, (4,)),
    (wine, theirs.load_wine, 178, 35, (13,)),
    (breast_cancer, theirs.load_breast_cancer, 569, 113, (30,)),
]


@pytest.mark.parametrize(("load", "raw", "n", "held", "shape"), CLASSES)
def test_a_fixed_fifth_is_held_out(load, raw, n, held, shape):
    split, again = load(), load()
    assert len(split.train[0]) + len(split.test[0]) == n and len(split.test[0]) == held
    assert split.train[0].shape[1:] == shape and split.train[0].dtype == np.float32 and split.train[1].dtype == np.int32
    assert np.array_equal(split.test[0], again.test[0]) and split.name == load.__name__
    labels = np.concatenate([split.train[1], split.test[1]])
    assert np.array_equal(np.bincount(labels), np.bincount(raw().target)) and len(split.classes) == labels.max() + 1


def test_no_example_is_in_both_parts():
    split = digits()
    images = np.concatenate([split.train[0], split.test[0]]).reshape(1797, -1)
    assert len(np.unique(images, axis=0)) == len(np.unique(theirs.load_digits().data, axis=0))


@pytest.mark.parametrize("load", [iris, wine, breast_cancer, diabetes])
def test_tables_are_scaled_by_their_training_part(load):
    split, raw = load(), getattr(theirs, f"load_{load.__name__}")
    found = raw(scaled=False) if load is diabetes else raw()
    order = np.random.default_rng(0).permutation(len(found.data))
    held = len(split.test[0])
    scaler = StandardScaler().fit(found.data[order[held:]])
    np.testing.assert_allclose(split.train[0], scaler.transform(found.data[order[held:]]), atol=1e-4)
    np.testing.assert_allclose(split.test[0], scaler.transform(found.data[order[:held]]), atol=1e-4)
    assert np.array_equal(split.test[1].ravel(), found.target[order[:held]].astype(split.test[1].dtype))


def test_a_regression_has_no_classes_and_targets_in_their_own_unit():
    split = diabetes()
    assert split.classes == () and split.train[1].shape == (354, 1) and split.test[1].shape == (88, 1)
    targets = np.concatenate([split.train[1], split.test[1]])
    assert targets.dtype == np.float32 and (targets.min(), targets.max()) == (25, 346)
    np.testing.assert_allclose(np.sort(targets.ravel()), np.sort(theirs.load_diabetes().target))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    for load in (digits, diabetes):
        with pytest.raises(MissingPackageError, match=r"catlearn\[data\]"):
            load()
