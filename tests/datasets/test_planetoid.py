import os

import networkx as nx
import numpy as np
import pytest

from catlearn.algebra.graph_forms import dense_of
from catlearn.core.errors import ArgumentError
from catlearn.datasets import cora, planetoid
from tests.datasets.old_pickles import old_array, old_graph, old_pickle, old_sparse, write_planetoid

NEEDS_FILES = pytest.mark.skipif("PLANETOID" not in os.environ, reason="needs the folder of Planetoid's files in PLANETOID")


def test_a_network_comes_back_from_its_files(tmp_path):
    x, labels, pairs = write_planetoid(tmp_path)
    found = cora(tmp_path)
    sums = x.sum(1, keepdims=True)
    np.testing.assert_allclose(found.features, x / np.where(sums == 0, 1, sums), rtol=1e-6)
    assert np.array_equal(found.labels, labels) and found.features.dtype == np.float32 and found.labels.dtype == np.int32
    parts = found.train, found.validation, found.test
    assert [part.tolist() for part in parts] == [[*range(40)], [*range(40, 540)], [*range(670, 700)]]
    theirs = nx.Graph(pairs)
    theirs.add_nodes_from(range(700))
    np.testing.assert_array_equal(dense_of(found.graph), nx.to_numpy_array(theirs, nodelist=range(700)))


def test_a_batch_counts_the_nodes_that_it_is_asked_for(tmp_path):
    write_planetoid(tmp_path)
    found = cora(tmp_path)
    (graph, x), (labels, weights) = found.examples(found.test)
    assert graph.senders.shape == (1, found.graph.edges) and x.shape == (1, 700, 6) and graph.nodes == 700
    assert np.flatnonzero(weights[0]).tolist() == found.test.tolist()
    assert np.array_equal(labels[0, 670:], found.labels[670:]) and not labels[0, :670].any()


def test_papers_that_the_files_say_nothing_of_have_no_label(tmp_path):
    """As in Citeseer: the graph has more nodes than there are rows."""
    write_planetoid(tmp_path, "citeseer")
    (tmp_path / "ind.citeseer.graph").write_bytes(old_pickle(old_graph({i: [] for i in range(702)})))
    found = planetoid(tmp_path, "citeseer")
    assert found.labels[700:].tolist() == [-1, -1] and not found.features[700:].any() and found.classes == ("0", "1")
    with pytest.raises(ArgumentError, match="some of these nodes have no label"):
        found.examples(np.array([0, 701]))


def test_missing_files_are_named_with_where_they_come_from(tmp_path):
    with pytest.raises(
        ArgumentError, match=r"has no ind.cora.x, .*Give the folder of Planetoid's .*kimiyoung/planetoid on GitHub"
    ):
        cora(tmp_path)
    write_planetoid(tmp_path)
    (tmp_path / "ind.cora.ty").unlink()
    with pytest.raises(ArgumentError, match=r"has no ind.cora.ty\. Give"):
        cora(tmp_path)
    with pytest.raises(ArgumentError, match=r"nowhere has no ind.cora.x"):
        cora(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("part", "raw", "said"),
    [
        ("x", b"cos\nsystem\n(U\x04truetR.", "asks for os.system"),
        ("y", old_pickle(old_array(np.zeros((39, 2), np.int32))), "do not fit each other"),
        ("tx", old_pickle(old_sparse(np.eye(30, dtype=np.float32))), "do not fit each other"),
        ("graph", old_pickle(old_array(np.zeros((39, 2), np.int32))), "ind.cora.graph holds a ndarray"),
        ("ally", old_pickle(old_graph({0: []})), "ind.cora.ally holds a dict"),
        ("graph", old_pickle(old_graph({**{i: [] for i in range(700)}, 0: [700]})), "not the numbers 0 to 699"),
        (
            "graph",
            old_pickle(b"}(" + b"".join(b"M" + i.to_bytes(2, "little") + b"N" for i in range(700)) + b"u"),
            "not the numbers",
        ),
        ("test.index", b"1\n2\n", "do not fit each other"),
        ("test.index", b"one\n", "expected the number of a node on each line"),
        ("test.index", b"", "do not fit each other"),
    ],
)
def test_malformed_files_are_named(tmp_path, part, raw, said):
    write_planetoid(tmp_path)
    (tmp_path / f"ind.cora.{part}").write_bytes(raw)
    with pytest.raises(ArgumentError) as caught:
        cora(tmp_path)
    assert said in str(caught.value) and str(tmp_path) in str(caught.value)


@NEEDS_FILES
def test_cora_is_the_published_one():
    found = cora(os.environ["PLANETOID"])
    assert (found.graph.nodes, found.graph.edges, found.features.shape) == (2708, 10556, (2708, 1433))
    counts = dict(zip(found.classes, np.bincount(found.labels)))
    assert counts["Neural Networks"] == 818 and counts["Rule Learning"] == 180  # McCallum et al. 2000; LINQS' page
    assert np.bincount(found.labels[found.train]).tolist() == [20] * 7  # Yang et al. 2016, §5.2
    assert [len(found.train), len(found.validation), len(found.test)] == [140, 500, 1000]
