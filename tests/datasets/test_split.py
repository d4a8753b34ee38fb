import numpy as np

from catlearn.datasets.split import cut, scaled


def test_a_feature_that_never_changes_stays_finite():
    xs = np.stack([np.arange(10.0), np.full(10, 7.0)], 1)
    split = scaled(cut("constant", xs, np.arange(10.0)))
    assert np.all(split.train[0][:, 1] == 0) and np.all(split.test[0][:, 1] == 0)
    assert np.isfinite(split.test[0]).all() and split.train[0].dtype == np.float32


def test_inputs_and_targets_stay_together():
    xs = np.arange(20.0)[:, None]
    split = cut("pairs", xs, np.arange(20) % 3, ("a", "b", "c"))
    for inputs, labels in (split.train, split.test):
        assert np.array_equal(inputs[:, 0] % 3, labels)
    assert np.array_equal(np.sort(np.concatenate([split.train[0], split.test[0]])[:, 0]), xs[:, 0])
