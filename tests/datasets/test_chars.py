import sys

import numpy as np
import pytest

from catlearn.core.errors import ArgumentError, MissingPackageError
from catlearn.datasets import Characters, characters_of, topics
from catlearn.datasets.chars import UNKNOWN


@pytest.fixture(scope="module")
def split():
    return topics(50)


def text_of(split, part):
    return Characters(split.classes).decode(part[0].ravel())


def test_windows_follow_one_another_and_targets_are_the_next_characters(split):
    for inputs, targets in (split.train, split.test):
        assert inputs.shape == targets.shape and inputs.shape[1] == 50 and inputs.dtype == targets.dtype == np.int32
        assert np.array_equal(inputs.ravel()[1:], targets.ravel()[:-1])
    n, held = len(split.train[0]), len(split.test[0])
    assert abs(held - (n + held) / 10) < 2 and n > 5000


def test_the_text_is_pythons_help(split):
    from pydoc_data.topics import topics as theirs

    assert text_of(split, split.train).startswith(theirs["assert"][:300])
    assert text_of(split, split.test).strip()[-100:] in theirs["yield"]


def test_no_paragraph_is_in_both_parts(split):
    train, test = (text_of(split, part).split("\n\n") for part in (split.train, split.test))
    assert len(test) > 100 and not set(train[:-1]) & set(test[1:-1])  # the cut may go through a paragraph


def test_the_alphabet_is_sorted_and_its_characters_are_often_there(split):
    assert split.vocabulary == split.classes == tuple(sorted(set(split.classes))) and UNKNOWN in split.classes
    text, targets = text_of(split, split.train), Characters(split.classes).decode(split.train[1][-1])
    assert all((text + targets).count(character) >= 9 for character in split.classes if character != UNKNOWN)
    assert len(split.classes) > 80 and (text_of(split, split.test)).count(UNKNOWN) < 50


def test_rare_characters_share_one_code():
    found = characters_of("aaaabbbbc€", rare=4)
    assert found.alphabet == ("a", "b", UNKNOWN)
    assert found.encode("abc€z").tolist() == [0, 1, 2, 2, 2] and found.decode(found.encode("bac")) == "ba" + UNKNOWN
    assert found.encode("").shape == (0,) and found.decode(found.encode("")) == ""


def test_bad_input_is_an_error():
    found = Characters(("a", "b"))
    with pytest.raises(ArgumentError, match="no UNKNOWN: 'xz'"):
        found.encode("azax")
    with pytest.raises(ArgumentError, match="code 2 stands for nothing: the alphabet has 2 characters"):
        found.decode(np.array([0, 2]))
    for codes in (np.array([-1]), np.array([0.5]), np.array([[0]])):
        with pytest.raises(ArgumentError, match="whole numbers ≥ 0"):
            found.decode(codes)
    with pytest.raises(ArgumentError, match="length must be a whole number ≥ 1"):
        topics(0)
    with pytest.raises(ArgumentError, match="length must be at most"):
        topics(10**6)


def test_a_python_without_its_help_is_an_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(MissingPackageError, match=r"has no pydoc_data\.topics"):
        topics()
