import subprocess
import sys
import types
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from catlearn.core.errors import ArgumentError, MissingPackageError
from catlearn.datasets import japanese_vowels, series, shipped

NEEDS_FILES = pytest.mark.skipif(
    not any(map(find_spec, series.PACKAGES)), reason="needs the files of sktime (pip install '.[data]') or aeon"
)
TRAIN = """# a comment
@problemName small
@classLabel true one two

@data
1.0,2.0,3.0:10,20,60:one
5:-30:two
"""
TEST = """@classLabel true one two
@data
4,4:0,0:two
"""


@pytest.fixture(scope="module")
def split():
    return japanese_vowels()


@pytest.fixture
def files(monkeypatch, tmp_path):
    """Write the two files where a package would have them."""
    monkeypatch.setattr(shipped, "find_spec", lambda name: types.SimpleNamespace(submodule_search_locations=[str(tmp_path)]))
    (tmp_path / series.FOLDER).mkdir(parents=True)

    def write(train: str, test: str = TEST) -> None:
        for name, text in zip(series.FILES, (train, test)):
            (tmp_path / series.FOLDER / name).write_text(text)

    return write


@NEEDS_FILES
def test_the_published_split(split):
    assert [array.shape for array in (*split.train[0], split.train[1])] == [(270, 29, 12), (270,), (270,)]
    assert [array.shape for array in (*split.test[0], split.test[1])] == [(370, 29, 12), (370,), (370,)]
    assert [array.dtype for array in (*split.test[0], split.test[1])] == [np.float32, np.int32, np.int32]
    assert split.classes == tuple("123456789") and np.array_equal(np.bincount(split.train[1]), [30] * 9)
    assert np.array_equal(np.bincount(split.test[1]), [31, 35, 88, 44, 29, 24, 40, 50, 29])  # UCI's page


@NEEDS_FILES
def test_frames_are_scaled_by_the_training_part_and_the_rest_is_zero(split):
    lengths = np.concatenate([split.train[0][1], split.test[0][1]])
    assert (lengths.min(), lengths.max()) == (7, 29)
    for values, lengths in (split.train[0], split.test[0]):
        real = np.arange(29) < lengths[:, None]
        assert not values[~real].any() and values[real].any(-1).all()
    values, lengths = split.train[0]
    frames = values[np.arange(29) < lengths[:, None]]
    np.testing.assert_allclose(frames.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(frames.std(0), 1, atol=1e-5)


@NEEDS_FILES
def test_no_utterance_is_in_both_parts(split):
    utterances = np.concatenate([split.train[0][0], split.test[0][0]]).reshape(640, -1)
    assert len(np.unique(utterances, axis=0)) == 640


@NEEDS_FILES
def test_it_imports_nothing_else():
    code = "import sys, catlearn.datasets as d; d.japanese_vowels(); assert not {'sktime', 'aeon', 'pandas'} & {*sys.modules}"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_small_file_by_hand(files):
    files(TRAIN)
    split = japanese_vowels()
    scaler = StandardScaler().fit([[1, 10], [2, 20], [3, 60], [5, -30]])
    values, lengths = split.train[0]
    assert values.shape == (2, 3, 2) and lengths.tolist() == [3, 1] and split.train[1].tolist() == [0, 1]
    np.testing.assert_allclose(values[0], scaler.transform([[1, 10], [2, 20], [3, 60]]), rtol=1e-5)
    np.testing.assert_allclose(values[1], [*scaler.transform([[5, -30]]), [0, 0], [0, 0]], rtol=1e-5)
    np.testing.assert_allclose(split.test[0][0][0], [*scaler.transform([[4, 0], [4, 0]]), [0, 0]], rtol=1e-5)
    assert split.test[0][1].tolist() == [2] and split.test[1].tolist() == [1] and split.classes == ("one", "two")


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ("", r"TRAIN.ts is no \.ts file of series"),
        (TRAIN.replace("@data\n", ""), r"is no \.ts file of series"),
        (TRAIN.partition("1.0")[0], r"no lines after @data"),
        (TRAIN.replace("5:-30:two", "5:-30:three"), r"TRAIN.ts, line 7: the class 'three' is none of one, two"),
        (TRAIN.replace("@classLabel true one two", ""), r"line 6: the class 'one' is none of those declared"),
        (TRAIN.replace("20", "2o"), r"line 6: expected dimensions .* of numbers. \(could not convert string to float: '2o'\)"),
        (TRAIN.replace("20,", ""), r"line 6: expected dimensions of the same length"),
        (TRAIN.replace("20", "nan"), r"line 6: expected .* finite numbers"),
        (TRAIN.replace("5:-30:two", "two"), r"line 7: expected one dimension or more"),
        (TRAIN.replace("5:-30:two", "5:two"), r"series differ in their number of dimensions"),
        (TRAIN.replace("one two", "two one"), r"the two files of JapaneseVowels differ"),
    ],
)
def test_a_malformed_file_is_named(files, train, message):
    files(train)
    with pytest.raises(ArgumentError, match=message):
        japanese_vowels()


def test_missing_packages_are_named(monkeypatch):
    for name in series.PACKAGES:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        MissingPackageError, match=r"come with sktime or aeon: pip install 'catlearn\[data\]', or .*--no-deps aeon"
    ):
        japanese_vowels()
