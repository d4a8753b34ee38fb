import subprocess
import sys

import networkx as nx
import numpy as np
import pytest

from catlearn.core.errors import ArgumentError, MissingPackageError
from catlearn.datasets import csl, gallery, graphs_up_to, rook, shrikhande


@pytest.mark.parametrize("pair", gallery(), ids=lambda pair: pair.name)
def test_pairs_are_simple_graphs_that_are_not_isomorphic(pair):
    for matrix in pair:
        assert matrix.dtype == np.float32 and set(np.unique(matrix)) == {0, 1}
        assert np.array_equal(matrix, matrix.T) and not matrix.diagonal().any()
    left, right = map(nx.from_numpy_array, pair)
    assert len(left) == len(right) and left.size() == right.size() and not nx.is_isomorphic(left, right)


def test_molecules():
    decalin, bicyclopentyl = map(nx.from_numpy_array, next(pair for pair in gallery() if pair.name.startswith("decalin")))
    assert decalin.number_of_edges() == bicyclopentyl.number_of_edges() == 11
    assert [sorted(map(len, nx.minimum_cycle_basis(g))) for g in (decalin, bicyclopentyl)] == [[6, 6], [5, 5]]
    assert (len(list(nx.bridges(decalin))), len(list(nx.bridges(bicyclopentyl)))) == (0, 1)


def test_the_rook_and_shrikhande_are_strongly_regular():
    squares = nx.line_graph(nx.complete_bipartite_graph(4, 4))
    assert nx.is_isomorphic(nx.from_numpy_array(rook()), squares)
    for A in (rook(), shrikhande()):
        assert nx.is_strongly_regular(nx.from_numpy_array(A))
        assert np.array_equal(A @ A, 6 * np.eye(16) + 2 * A + 2 * (1 - np.eye(16) - A))  # parameters (16, 6, 2, 2)
    near = nx.from_numpy_array(shrikhande()).subgraph(np.nonzero(shrikhande()[0])[0])
    assert nx.is_isomorphic(near, nx.cycle_graph(6))  # what tells it from the rook's, where they are two triangles


@pytest.mark.parametrize(("n", "skip"), [(41, 2), (41, 16), (11, 3), (5, 2)])
def test_skip_links_are_circulants(n, skip):
    assert nx.utils.graphs_equal(
        nx.from_numpy_array((csl(n, skip) > 0).astype(int)), _unweighted(nx.circulant_graph(n, [1, skip]))
    )
    assert (csl(n, skip).sum(0) == 4).all()


def _unweighted(graph):
    return nx.from_numpy_array(nx.to_numpy_array(graph).astype(int))


def test_the_ten_classes_of_skip_links():
    skips = (2, 3, 4, 5, 6, 9, 11, 12, 13, 16)  # Murphy et al. 2019
    spectra = np.sort([np.sort(np.linalg.eigvalsh(csl(41, skip).astype(float))) for skip in skips])
    assert all(not np.allclose(a, b) for i, a in enumerate(spectra) for b in spectra[:i])


def test_all_small_graphs():
    found = graphs_up_to(6)
    assert [sum(len(g) == n for g in found) for n in range(1, 7)] == [1, 2, 4, 11, 34, 156]  # OEIS A000088
    assert len(graphs_up_to(7)) == 208 + 1044 and graphs_up_to(0) == ()
    four = [nx.from_numpy_array(g) for g in found if len(g) == 4]
    assert not any(nx.is_isomorphic(a, b) for i, a in enumerate(four) for b in four[:i])
    assert all(g.dtype == np.float32 and np.array_equal(g, g.T) for g in found)


def test_bad_input_is_an_error(monkeypatch):
    for n in (8, -1, 2.0, "6"):
        with pytest.raises(ArgumentError, match="a whole number from 0 to 7"):
            graphs_up_to(n)
    for n, skip in ((41, 1), (41, 40), (10, 5), (9, 3), (3, 2), (41.0, 2), (41, "2")):
        with pytest.raises(ArgumentError, match="without a common divisor"):
            csl(n, skip)
    monkeypatch.setitem(sys.modules, "networkx.generators.atlas", None)
    with pytest.raises(MissingPackageError, match=r"networkx: pip install 'catlearn\[data\]'"):
        graphs_up_to(3)


def test_the_pairs_need_no_package():
    code = "import sys; sys.modules['networkx'] = None; import catlearn.datasets as d; assert len(d.gallery()) == 5"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
