import subprocess
import sys
import types
from importlib.util import find_spec

import numpy as np
import pytest

from catlearn.core.errors import ArgumentError, MissingPackageError
from catlearn.datasets import mutag, shipped
from catlearn.datasets.mutag import FOLDER

NEEDS_FILES = pytest.mark.skipif(find_spec("grakel") is None, reason="needs the files of grakel (pip install '.[data]')")
FILES = {
    "A": "1, 2\n2, 1\n3, 4\n4, 3\n4, 5\n5, 4\n",
    "graph_indicator": "1\n1\n2\n2\n2\n",
    "graph_labels": "1\n-1\n",
    "node_labels": "0\n2\n6\n0\n1\n",
    "edge_labels": "2\n2\n0\n0\n1\n1\n",
}


@pytest.fixture
def files(monkeypatch, tmp_path):
    """Write the files where the package would have them."""
    monkeypatch.setattr(shipped, "find_spec", lambda name: types.SimpleNamespace(submodule_search_locations=[str(tmp_path)]))
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)

    def write(**changed):
        for part, text in (FILES | changed).items():
            (folder / f"MUTAG_{part}.txt").write_text(text)

    return write


@pytest.fixture(scope="module")
def molecules():
    return mutag()


@NEEDS_FILES
def test_the_published_set(molecules):
    assert len(molecules) == 188 and np.bincount(molecules.targets).tolist() == [63, 125]  # README: 188; Debnath et al. 1991
    assert str(molecules.wires) == "Graph(29, 66, features=R(4), padded=True) @ R(29, 7)"
    assert molecules.features.sum() == 3371 and molecules.graphs.features.sum() == 7442


@NEEDS_FILES
def test_the_molecules_are_those_that_grakel_reads(molecules, monkeypatch):
    base = pytest.importorskip("grakel.datasets.base")
    monkeypatch.chdir(shipped.shipped("these", FOLDER / "MUTAG_A.txt", ("grakel",)).parent.parent)
    read = base.read_data("MUTAG")
    assert np.array_equal(read.target, np.array(molecules.classes, int)[molecules.targets])
    for i in (0, 1, 50, 187):
        edges, atoms, bonds = read.data[i]
        first = min(atoms)
        (graph, x), target = molecules.take(i)
        real = graph.features.any(-1)
        ours = {
            (s + first, r + first): int(f.argmax())
            for s, r, f in zip(graph.senders[real], graph.receivers[real], graph.features[real])
        }
        assert ours == bonds and set(ours) == set(edges) and int(molecules.classes[target]) == read.target[i]
        assert x[: len(atoms)].argmax(-1).tolist() == [atoms[a] for a in sorted(atoms)]


@NEEDS_FILES
def test_it_imports_nothing_else():
    code = "import sys, catlearn.datasets as d; d.mutag(); assert not {'grakel', 'sklearn'} & {*sys.modules}"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_small_set_by_hand(files):
    files()
    found = mutag()
    assert found.classes == ("-1", "1") and found.targets.tolist() == [1, 0]
    assert found.features.argmax(-1).tolist() == [[0, 2, 0, 0], [6, 0, 1, 0]] and found.features.sum() == 5
    assert found.graphs.senders.tolist() == [[0, 1, 3, 3], [0, 1, 1, 2]] and found.graphs.owner.tolist() == [
        [0, 0, 1, 1],
        [0, 0, 0, 1],
    ]
    assert found.graphs.features[0, 0].tolist() == [0, 0, 1, 0] and not found.graphs.features[0, 2:].any()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"A": "1, 2\n2, 1\n3, 4\n4, 3\n4, 5\n"}, "5 edges (6 labelled)"),
        ({"A": "1, 2\n2, 1\n3, 4\n4, 3\n4, 5\n2, 3\n"}, "an edge joins nodes of two graphs"),
        ({"A": "1, 2\n2, 1\n3, 4\n4, 3\n4, 5\n0, 3\n"}, "do not fit each other"),
        ({"A": "1\n2\n3\n4\n5\n4\n"}, "do not fit each other"),
        ({"A": "1, b\n"}, "MUTAG_A.txt: expected whole numbers"),
        ({"graph_indicator": "1\n1\n2\n2\n1\n"}, "do not fit each other"),
        ({"graph_indicator": "1\n1\n3\n3\n3\n"}, "do not fit each other"),
        ({"node_labels": "0\n2\n7\n0\n1\n"}, "are the numbers 0 to 6 of C, N, O"),
        ({"edge_labels": "2\n2\n0\n0\n1\n-1\n"}, "are the numbers 0 to 3 of aromatic"),
    ],
)
def test_malformed_files_are_named(files, changed, said):
    files(**changed)
    with pytest.raises(ArgumentError) as caught:
        mutag()
    assert said in str(caught.value)


def test_a_missing_file_is_named(files):
    with pytest.raises(MissingPackageError, match=r"this grakel has no tests/data/MUTAG/MUTAG_A.txt"):
        mutag()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "grakel", None)
    with pytest.raises(MissingPackageError, match=r"these molecules come with grakel: pip install 'catlearn\[data\]'"):
        mutag()
