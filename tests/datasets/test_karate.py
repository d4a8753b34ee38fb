import sys

import numpy as np
import pytest

from catlearn.algebra.graph_forms import dense_of
from catlearn.core.errors import MissingPackageError
from catlearn.datasets import karate
from catlearn.datasets.network import undirected


def test_the_club_is_that_of_networkx():
    nx = pytest.importorskip("networkx")
    club, theirs = karate(), nx.karate_club_graph()
    np.testing.assert_array_equal(dense_of(club.graph), nx.to_numpy_array(theirs, weight=None))
    assert [club.classes[label] for label in club.labels] == [theirs.nodes[i]["club"] for i in range(34)]


def test_two_members_are_labelled_and_all_others_held_out():
    club = karate()
    assert club.train.tolist() == [0, 33] and club.labels[club.train].tolist() == [0, 1] and len(club.validation) == 0
    assert sorted([*club.train, *club.test]) == [*range(34)] and np.array_equal(club.features, np.eye(34))


def test_a_graph_without_pairs_has_no_edges():
    assert undirected([], 3).edges == 0 and undirected([(2, 2)], 3).receivers.tolist() == [2]


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(MissingPackageError, match=r"takes the package networkx: pip install 'catlearn\[data\]'"):
        karate()
