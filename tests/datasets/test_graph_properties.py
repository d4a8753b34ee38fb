"""Properties of graphs against networkx and numpy, and what relabelling leaves alone."""

import networkx as nx
import numpy as np
import pytest

from catlearn.core.errors import ArgumentError
from catlearn.core.wires import R
from catlearn.datasets import degree_variance, edges, graph_properties, triangles
from catlearn.datasets.graph_properties import barabasi_albert, targets_of, watts_strogatz
from catlearn.equivariant import S


@pytest.fixture(scope="module")
def data():
    return graph_properties(40, 60)


def test_targets_are_those_of_networkx(data):
    x, y = data.train
    counted = np.round(data.scale.undo(y.astype(np.float64)), 4)
    for A, row in zip(x[..., 0], counted, strict=True):
        graph = nx.from_numpy_array(A)
        assert row[0] == sum(nx.triangles(graph).values()) // 3 and row[1] == graph.number_of_edges()
        assert row[2] == pytest.approx(np.var([d for _, d in graph.degree()]), abs=1e-4)
    assert len({row[0] for row in counted}) > 5


def test_counts_are_whole_numbers_and_exact():
    A = np.ones((3, 50, 50), np.float32) - np.eye(50, dtype=np.float32)
    assert triangles(A).dtype == np.int64 and triangles(A).tolist() == [19600] * 3 and edges(A).tolist() == [1225] * 3
    star = np.zeros((4, 4))
    star[0, 1:] = star[1:, 0] = 1
    assert degree_variance(star) == 0.75 and degree_variance(A).tolist() == [0, 0, 0]


def test_graphs_are_simple_and_of_every_kind(data):
    A = np.concatenate([data.train[0], data.test[0]])[..., 0]
    assert (
        A.dtype == np.float32
        and (A.swapaxes(1, 2) == A).all()
        and not np.diagonal(A, 0, 1, 2).any()
        and set(np.unique(A)) == {0, 1}
    )
    random = np.random.default_rng(0)
    ring = watts_strogatz(12, random)
    assert edges(ring) == 24
    grown = [barabasi_albert(12, random) for _ in range(20)]
    assert all(nx.is_connected(nx.from_numpy_array(g)) for g in grown) and len({int(edges(g)) for g in grown}) == 3


def test_a_seed_fixes_the_graphs_and_more_of_them_begin_with_the_same(data):
    again, more, other = graph_properties(40, 60), graph_properties(50, 60), graph_properties(40, 60, seed=1)
    assert np.array_equal(again.train[0], data.train[0]) and np.array_equal(again.test[1], data.test[1])
    assert np.array_equal(more.first(40).train[0], data.train[0]) and np.array_equal(more.test[0], data.test[0])
    assert not np.array_equal(other.train[0], data.train[0]) and not np.array_equal(data.train[0], data.test[0][:40])


def test_targets_are_in_units_of_their_deviations(data):
    large = graph_properties(1000, 10)
    assert np.abs(large.train[1].mean(0)).max() < 0.2 and np.abs(large.train[1].std(0) - 1).max() < 0.2
    assert data.dom == S(12).power(2) and data.cod == R(3)


def test_relabelled_graphs_are_isomorphic_and_have_the_same_targets(data):
    (x, y), (moved, same) = data.test, data.moved_test()
    assert np.array_equal(y, same) and not np.array_equal(x, moved)
    for A, B in zip(x[:10, ..., 0], moved[:10, ..., 0], strict=True):
        assert nx.is_isomorphic(nx.from_numpy_array(A), nx.from_numpy_array(B))
    np.testing.assert_allclose(data.scale(targets_of(moved[..., 0])), y, atol=1e-5)
    assert np.array_equal(data.moved_test(1)[0], data.moved_test(1)[0]) and not np.array_equal(data.moved_test(1)[0], moved)


def test_what_is_refused(data):
    for wrong in (np.ones((3, 3)), np.triu(np.ones((3, 3)), 1), 2 * (np.ones((3, 3)) - np.eye(3)), np.zeros((2, 3)), np.zeros(4)):
        for of in (triangles, edges, degree_variance):
            with pytest.raises(ArgumentError, match="undirected graphs without loops"):
                of(wrong)
    for wrong in ({"examples": 0}, {"held_out": 1.5}, {"nodes": 5}):
        with pytest.raises(ArgumentError):
            graph_properties(**wrong)
    with pytest.raises(ArgumentError, match="has 40 examples to train on, and not 41"):
        data.first(41)
