"""Message passing separates no pair that 1-WL does not; what sees more does; and the laws catch what breaks them."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.algebra.homomorphisms import complete, cycle, path, star
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.datasets import GraphPair, gallery, graphs_up_to

PAIRS = {pair.name: pair for pair in gallery()}
C6 = PAIRS["C6/2C3"]
MIX = cl.concatenate() >> cl.dense(4) >> cl.tanh
DEEP = cl.graph_conv(4) >> cl.tanh >> cl.graph_conv(4, normalise=None) >> cl.tanh  # few shapes: fewer initialisers to compile
NETWORKS = {
    "graph convolution, total": DEEP >> cl.readout(),
    "message passing, maximum": cl.message_passing(MIX, cl.aggregators.maximum(), MIX) >> cl.readout(cl.aggregators.mean()),
    "message passing, total": cl.message_passing(MIX, cl.aggregators.total(), MIX) >> cl.readout(cl.aggregators.maximum()),
}
INDEX = cl.function(lambda x: x + jnp.arange(len(x))[:, None])
NUMBERED = INDEX >> DEEP >> cl.readout()  # features tell nodes by their indices: not invariant


@pytest.mark.parametrize("name", NETWORKS)
def test_message_passing_is_bounded_by_colour_refinement(name):
    small = [graph for graph in graphs_up_to(6) if len(graph) == 6]
    assert laws.no_finer_than_wl(NETWORKS[name], small, tries=2) is None


@pytest.mark.parametrize("pair", gallery(), ids=lambda pair: pair.name)
def test_what_message_passing_separates(pair):
    assert cl.separates(NETWORKS["graph convolution, total"], pair, tries=1) == (pair.level == 1)


@pytest.mark.parametrize(
    ("pattern", "name", "told"),
    [
        (star(3), "P4/K1,3", True),
        (star(3), "C6/2C3", False),
        (cycle(3), "C6/2C3", True),
        (cycle(5), "rook/Shrikhande", False),
        (complete(4), "rook/Shrikhande", True),
    ],
)
def test_homomorphism_counts_are_bounded_by_their_width(pattern, name, told):
    assert (pattern.plan.width >= PAIRS[name].level) == told
    assert cl.separates(cl.homomorphisms(pattern), PAIRS[name]) == told
    assert laws.no_finer_than_wl(cl.homomorphisms(pattern), PAIRS[name], k=pattern.plan.width) is None


def test_a_pattern_of_more_width_is_finer():
    found = laws.no_finer_than_wl(cl.homomorphisms(complete(4)), PAIRS["rook/Shrikhande"], k=2)
    assert found is not None and "graphs 0 and 1, which 2-WL does not" in repr(found)


def test_indices_of_nodes_separate_and_break_invariance(key):
    assert cl.separates(NUMBERED, C6)
    assert laws.no_finer_than_wl(NUMBERED, C6) is not None
    assert laws.invariant_under_relabelling(NUMBERED, path(6).adjacency, key) is not None
    assert laws.equivariant_under_relabelling(INDEX >> DEEP, path(6).adjacency, key) is not None


def test_the_laws_of_relabelling(key):
    graph = graphs_up_to(5)[-5]
    assert laws.invariant_under_relabelling(R(5, 2) >> DEEP >> cl.readout(), graph, key) is None
    assert laws.equivariant_under_relabelling(R(5, 2) >> DEEP, graph, key) is None
    assert laws.invariant_under_relabelling(R(5, 2) >> DEEP, graph, key) is not None
    assert laws.invariant_under_relabelling(cl.homomorphisms(path(3)), graph, key) is None
    assert laws.invariant_under_relabelling(lambda a: a[0].sum(), star(4).adjacency, key) is not None
    assert laws.equivariant_under_relabelling(lambda a: a.sum(1), star(4).adjacency, key) is None
    assert laws.equivariant_under_relabelling(lambda a: np.cumsum(a.sum(1)), star(4).adjacency, key) is not None
    with pytest.raises(ArgumentError, match=r"a row for each of the 5 nodes, got \(\)"):
        laws.equivariant_under_relabelling(lambda a: a.sum(), star(4).adjacency, key)


def test_a_colouring_that_is_none_is_caught():
    assert laws.colouring_is_a_homomorphism(path(5).adjacency) is None
    found = laws.colouring_is_a_homomorphism(path(5).adjacency, [0] * 5)
    assert found is not None and "not stable" in found.where


def test_any_function_of_a_matrix_is_a_model():
    eigenvalues = lambda a: np.linalg.eigvalsh(a)  # noqa: E731
    assert cl.separates(eigenvalues, C6) and not cl.separates(eigenvalues, PAIRS["rook/Shrikhande"])  # cospectral
    assert not cl.separates(lambda a: a.sum(), C6)
    found = laws.no_finer_than_wl(eigenvalues, C6)
    assert found is not None and repr(found).startswith("no finer than 1-WL fails: it separates graphs 0 and 1")


def test_models_and_pairs_in_all_forms():
    pair = cl.from_adjacency(C6.left), cl.from_adjacency(C6.right)
    triangles = cl.homomorphisms(complete(3))
    assert cl.separates(R(6, 6) >> triangles, pair)
    counted = cl.I >> cl.ask(cl.Graph(6)) >> cl.adjacency_of >> triangles
    assert cl.separates(R(6, 1) >> counted @ R(6, 1) >> cl.function(lambda t, x: t + x.sum(), 2), C6)
    closed = cl.within(R(6, 2) >> DEEP >> cl.readout(), cl.Graph(6, 12))
    assert not cl.separates(closed, pair, tries=1)
    noisy = R(6, 1) >> cl.graph_conv(4) >> cl.dropout(0.5) >> cl.tanh >> cl.readout()
    assert not cl.separates(noisy, pair, tries=1) and not cl.separates(cl.inference(noisy), pair, tries=1)
    assert not cl.separates(triangles, GraphPair("the same", C6.left, C6.left[::-1, ::-1], 9))


def test_graphs_of_two_sizes():
    two = path(2).adjacency, path(3).adjacency
    assert cl.separates(cl.homomorphisms(path(1)), two) and not cl.separates(lambda a: 0.0, two)
    assert laws.no_finer_than_wl(DEEP >> cl.readout(), [*two, path(3).adjacency[::-1, ::-1]]) is None
    with pytest.raises(ArgumentError, match="other parameters for other numbers of nodes"):
        cl.separates(cl.positions() >> DEEP >> cl.readout(), two)


def test_given_parameters_and_tolerance():
    model = R(6, 1) >> NUMBERED
    zeros = jax.tree.map(jnp.zeros_like, model.init(jax.random.key(0)))
    assert not cl.separates(model, C6, params=zeros) and cl.separates(model, C6)
    size = lambda a: float(np.linalg.matrix_power(a, 3).trace()) / 12 * 1e-3  # noqa: E731
    assert cl.separates(size, C6) and not cl.separates(size, C6, tolerance=1e-2)


def test_values_of_nodes_are_read_out_first():
    order = [1, 0, 2, 3]
    twice = path(4).adjacency, path(4).adjacency[np.ix_(order, order)]
    for model in (DEEP, lambda a: a.sum(1)):
        with pytest.raises(ArgumentError, match=r"gives a value to each node, in their order: add a readout"):
            cl.separates(model, twice)
    with pytest.raises(ArgumentError, match="add a readout"):
        laws.no_finer_than_wl(lambda a: a.sum(1), twice)
    assert not cl.separates(lambda a: np.sort(a.sum(1)), twice) and cl.separates(lambda a: np.sort(a.sum(1)), PAIRS["P4/K1,3"])
    assert cl.separates(DEEP >> cl.readout() >> cl.dense(4), PAIRS["P4/K1,3"])  # as many values as nodes, and none of them


def test_bad_input_is_an_error():
    with pytest.raises(ArgumentError, match="a model is a diagram, a family or a callable on adjacency matrices, got 3"):
        cl.separates(3, C6)
    with pytest.raises(ArgumentError, match=r"reads one graph and takes features R\(6, d\).* takes R\(5, 2\) and reads graph"):
        cl.separates(R(5, 2) >> cl.graph_conv(3), C6)
    with pytest.raises(ArgumentError, match=r"takes R\(6, 2\) and reads nothing"):
        cl.separates(R(6, 2) >> cl.dense(3), C6)
    with pytest.raises(ArgumentError, match="gives NaN"):
        cl.separates(lambda a: a.sum() * np.nan, C6)
    with pytest.raises(ArgumentError, match="square"):
        cl.separates(DEEP, ([[0, 1]], [[0]]))
    with pytest.raises(TypingError):
        cl.separates(cl.embedding(3, 3), C6)


def test_it_is_imported_when_asked_for():
    code = "import sys, catlearn as cl; assert 'catlearn.laws' not in sys.modules; assert cl.separates is cl.laws.separates"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
