import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn.core.errors import ArgumentError
from catlearn.datasets import folds, graph_set


@pytest.fixture(scope="module")
def three():
    graphs = [cl.edge_list([0, 1], [1, 2], 3), cl.edge_list([], [], 1), cl.edge_list([0, 1], [1, 0], 2)]
    features = [np.arange(g.nodes * 2.0).reshape(-1, 2) + 1 for g in graphs]
    return graphs, features, graph_set("three", graphs, features, np.array([2, 0, 1], np.int32), ("a", "b", "c"))


def test_padding_changes_nothing_of_a_graph(three):
    graphs, features, found = three
    net = found.wires[1:] >> cl.message_passing() >> cl.readout()
    net = cl.within(net, found.wires[:1])
    (stacked, x), targets = found.take(np.arange(3))
    out = cl.batch(cl.underlying(net), 3)((), stacked, x)
    for graph, own, one in zip(graphs, features, out, strict=True):
        np.testing.assert_allclose(one, np.asarray(cl.adjacency_of(graph)).dot(own).sum(0))
    assert targets.tolist() == [2, 0, 1]


def test_its_wires_are_those_of_a_graph(three):
    _, _, found = three
    (graphs, x), _ = found.take(0)
    assert str(found.wires) == "Graph(4, 2, padded=True) @ R(4, 2)"
    assert jax.tree.structure(graphs) == jax.tree.structure(found.wires.structs[0]) and x.shape == (4, 2)


def test_a_split_holds_these_out(three):
    _, _, found = three
    split = found.split(np.array([1]))
    assert split.train[1].tolist() == [2, 1] and split.test[1].tolist() == [0] and split.classes == ("a", "b", "c")
    assert split.train[0][0].senders.shape == (2, 2) and split.test[0][1].shape == (1, 4, 2)


def test_edges_with_features():
    graph = cl.edge_list([0], [1], 2, features=jnp.ones((1, 3)))
    found = graph_set(
        "one", [graph, cl.edge_list([], [], 1, features=jnp.ones((0, 3)))], [np.ones((2, 1)), np.ones((1, 1))], np.zeros(2)
    )
    assert str(found.wires[:1]) == "Graph(3, 1, features=R(3), padded=True)"
    assert found.graphs.features.tolist() == [[[1, 1, 1]], [[0, 0, 0]]]


def test_every_class_is_in_every_fold_as_often():
    targets = np.repeat(np.arange(3, dtype=np.int32), (20, 33, 7))
    parts = folds(targets, 10, seed=3)
    assert sorted(np.concatenate(parts).tolist()) == [*range(60)]
    counts = np.array([np.bincount(targets[part], minlength=3) for part in parts])
    assert (counts.max(0) - counts.min(0) <= 1).all() and {len(part) for part in parts} == {6}
    assert any(not np.array_equal(a, b) for a, b in zip(parts, folds(targets, 10, seed=4)))
    assert all(map(np.array_equal, parts, folds(targets, 10, seed=3)))


def test_numbers_are_dealt_out_too():
    assert sorted(map(len, folds(np.linspace(0, 1, 11), 3))) == [3, 4, 4]


def test_bad_input_is_an_error():
    graph = cl.edge_list([0], [1], 2)
    with pytest.raises(ArgumentError, match="0 graphs with 0 features and 0 targets"):
        graph_set("none", [], [], np.zeros(0))
    with pytest.raises(ArgumentError, match="1 graphs with 1 features and 2 targets"):
        graph_set("one", [graph], [np.ones((2, 1))], np.zeros(2))
    with pytest.raises(ArgumentError, match="graph 0 has 2 nodes, features 3"):
        graph_set("one", [graph], [np.ones((3, 1))], np.zeros(1))
    with pytest.raises(ArgumentError, match="number of folds must be a whole number ≥ 2"):
        folds(np.zeros(3, int), 1)
    with pytest.raises(ArgumentError, match="3 examples can't be 4 folds"):
        folds(np.zeros(3, int), 4)
