"""Graphs as contexts: what is checked, how many are one, and that the three forms are the same graph. Numbers are numpy's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.algebra.graph_forms import edges_of
from catlearn.algebra.graphs import EdgeList, Graph, from_adjacency, merged, nodes_of, padded, stacked_nodes
from catlearn.categories.cokleisli import ContextError
from catlearn.core.errors import ArgumentError, TypingError, WireError
from catlearn.core.wires import object_of

path = cl.edge_list([0, 1], [1, 2], nodes=3)
loop = cl.edge_list([0], [0], nodes=1)


# building


def test_an_edge_list_is_its_edges():
    g = cl.edge_list(np.array([0, 2], np.uint8), (1, 0), 3, weights=[0.5, 2], features={"a": np.ones((2, 4))})
    assert (g.nodes, g.edges, g.parts) == (3, 2, 1) and g.senders.dtype == g.receivers.dtype == jnp.int32
    assert g.weights.tolist() == [0.5, 2.0] and g.features["a"].shape == (2, 4)
    empty = cl.edge_list([], [], 4)
    assert (empty.nodes, empty.edges) == (4, 0) and cl.adjacency_of(empty).tolist() == np.zeros((4, 4)).tolist()


@pytest.mark.parametrize(
    ("senders", "receivers", "nodes", "message"),
    [
        ([0, 3], [1, 0], 3, "senders name node 3, and a graph with 3 nodes has 0 to 2"),
        ([0, 1], [1, -1], 3, "receivers name node -1"),
        ([0.0, 1.0], [1, 0], 3, "whole numbers in one row, got float64"),
        (jnp.array([0.0]), [1], 3, "got float32"),
        ([True], [0], 3, "got bool"),
        ([[0, 1]], [[1, 0]], 3, r"shape \(1, 2\)"),
        (0, 1, 3, r"shape \(\)"),
        ([[0], [1, 2]], [0, 1], 3, "no array"),
        (None, [0], 3, "got object"),
        ([0, 1], [1], 3, "2 senders and 1 receivers"),
        ([0], [0], 1.0, "nodes must be a whole number"),
        ([0], [0], -1, "nodes must be a whole number"),
        ([2**40], [0], 2**41, "nodes must be a whole number from 0 to"),
        ([0], [0], 0, "senders name node 0"),
    ],
)
def test_edges_that_cant_be_are_refused(senders, receivers, nodes, message):
    with pytest.raises(ArgumentError, match=message):
        cl.edge_list(senders, receivers, nodes)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"weights": [1.0]}, r"weights have a row for each of the 2 edges; got arrays of shapes \(1,\)"),
        ({"weights": 1.0}, r"shapes \(\)"),
        ({"weights": np.ones((2, 1))}, "give it as features"),
        ({"features": np.ones((3, 4))}, r"features have a row .* \(3, 4\)"),
        ({"features": {"a": np.ones((2, 1)), "b": np.ones(3)}}, r"\(2, 1\), \(3,\)"),
    ],
)
def test_weights_and_features_that_dont_fit_are_refused(given, message):
    with pytest.raises(ArgumentError, match=message):
        cl.edge_list([0, 1], [1, 2], 3, **given)


def test_graphs_are_built_where_their_edges_can_be_seen():
    for build in (lambda a: cl.edge_list(a[0], [0], 2).senders, lambda a: from_adjacency(a).senders):
        with pytest.raises(ArgumentError, match=r"outside of jax.jit"):
            jax.jit(build)(jnp.zeros((2, 2), int))


def test_matrices_that_are_no_graph_are_refused():
    for matrix in (np.ones((2, 3)), np.ones(3), np.ones((2, 2, 2)), 1.0):
        with pytest.raises(ArgumentError, match="an adjacency matrix is square"):
            from_adjacency(matrix)


# wires


@pytest.mark.parametrize(
    "wire",
    [
        Graph(3, 4),
        Graph(3),
        Graph(3, 4, R(2)),
        Graph(3, 4, weighted=True, padded=True),
        Graph(5, 4, graphs=2),
        Graph(3, 4, cl.wire({"a": R(2)})),
    ],
    ids=repr,
)
def test_wires_print_as_what_makes_them(wire):
    assert eval(repr(wire), {"Graph": Graph, "R": R, "wire": cl.wire}) == wire
    assert wire.labels == ("graph",)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Graph(2.5),
        lambda: Graph(-1),
        lambda: Graph(None),
        lambda: Graph(3, True),
        lambda: Graph(3, 4, graphs=-1),
        lambda: Graph(3, 4, R(2) @ R(3)),
        lambda: Graph(3, 4, "R(2)"),
    ],
)
def test_wires_that_cant_be_are_refused(make):
    with pytest.raises(WireError, match="Graph: "):
        make()


def test_values_have_the_wire_of_their_kind():
    assert object_of((path,)) == Graph(3, 2)
    assert object_of((cl.edge_list([0], [1], 2, weights=[1], features=np.ones((1, 4), np.float32)),)) == Graph(
        2, 1, R(4), weighted=True
    )
    assert object_of((cl.disjoint_union([path, loop]),)) == Graph(4, 3, graphs=2)
    assert object_of((padded(path, 5, 4),)) == Graph(5, 4, padded=True)


# what a net that reads a graph takes

net = R(3, 2) >> cl.graph_conv(2)
x = jnp.ones((3, 2))


@pytest.fixture(scope="module")
def params():
    return net.init(jax.random.key(0))


def test_a_graph_of_another_size_is_refused(params):
    four = cl.edge_list([0, 1], [1, 3], 4)
    with pytest.raises(ContextError, match=r"declared: Graph\(3\)\n.*Graph\(4, 2\)\n.*larger than its declared wire"):
        net(params, four, x)
    with pytest.raises(ContextError, match="larger than its declared wire"):
        cl.within(net, Graph(3, 1))(params, path, x)
    with pytest.raises(ContextError, match="A smaller graph is padded"):
        cl.within(net, Graph(3, 5))(params, path, x)
    with pytest.raises(ContextError, match=r"shape \(3, 3\), not \(3, 4\)"):
        net(params, jnp.ones((3, 4)), x)


def test_features_that_dont_match_the_nodes_are_refused(params):
    with pytest.raises(ArgumentError, match="wire 0, axis 0: 3 ≠ 4"):
        net(params, path, jnp.ones((4, 2)))
    with pytest.raises(TypingError, match=r"features of nodes R\(n, k\)"):
        R(3) >> cl.graph_conv(2)
    with pytest.raises(ContextError, match=r"Graph\(3\)\n.*Graph\(4, 2\)"):
        cl.within(net, Graph(4, 2))


def test_a_net_that_asks_for_more_than_a_graph_has_is_refused():
    mix = cl.concatenate(arity=3) >> cl.dense(2)
    reads = R(3, 2) >> cl.message_passing(mix, features=R(4))
    p = reads.init(jax.random.key(0))
    with pytest.raises(ContextError, match="features"):
        reads(p, path, x)
    with pytest.raises(ContextError):
        reads(p, jnp.eye(3), x)
    assert jax.jit(reads)(p, cl.edge_list([0, 1], [1, 2], 3, features=np.ones((2, 4), np.float32)), x).shape == (3, 2)


def test_graphs_that_were_put_together_by_hand_are_looked_at(params):
    def by_hand(senders):
        return EdgeList(senders, jnp.array([0, 1]), None, None, None, 3)

    with pytest.raises(ArgumentError, match="senders name nodes 0 to 7"):
        net(params, by_hand(jnp.array([0, 7])), x)
    with pytest.raises(ArgumentError, match="name nodes -1 to 0"):
        net(params, by_hand(jnp.array([0, -1])), x)
    with pytest.raises(ContextError, match="no whole numbers"):
        net(params, by_hand(jnp.array([0.0, 1.0])), x)


def test_two_graphs_can_be_read_under_two_names(params):
    other = cl.pull_context(net, cl.identity(Graph(3, 2).named("other")))
    both = cl.within(net, Graph(3, 2)) >> other
    assert both.category.names == ("graph", "other")
    back = cl.edge_list([1, 2], [0, 1], 3)
    once = net(params, path, x)
    assert np.allclose(both(params * 2, path, back, x), net(params, back, once), atol=1e-6)


# many as one


def test_a_disjoint_union_is_a_block_matrix():
    rng = np.random.default_rng(0)
    blocks = [(rng.random((n, n)) < 0.5) * rng.normal(size=(n, n)).astype(np.float32) for n in (2, 3, 1)]
    graphs = [cl.edge_list(*np.nonzero(b)[::-1], len(b), weights=b[np.nonzero(b)]) for b in blocks]
    union = cl.disjoint_union(graphs, nodes=8, edges=20, count=5)
    expected = np.zeros((8, 8), np.float32)
    for start, b in zip((0, 2, 5), blocks, strict=True):
        expected[start : start + len(b), start : start + len(b)] = b
    assert np.allclose(cl.adjacency_of(union), expected)
    assert union.owner.tolist() == [0, 0, 1, 1, 1, 2, 5, 5] and union.parts == 5
    assert all(e == 7 for e in union.senders[sum(g.edges for g in graphs) :].tolist())  # padding is a loop at padding


def test_padding_changes_nothing(params):
    union = cl.disjoint_union([path, loop], nodes=6, edges=5, count=4)
    v = jax.random.normal(jax.random.key(0), (4, 2))
    whole = jax.jit(R(6, 2) >> cl.graph_conv(2))(params, union, stacked_nodes([v], 6))
    alone = jax.jit(net)(params, path, v[:3]), jax.jit(R(1, 2) >> cl.graph_conv(2))(params, loop, v[3:])
    assert np.allclose(whole[:4], np.concatenate(alone), atol=1e-5)
    single = padded(path, 5, 4)
    assert single.graphs is None and single.owner.tolist() == [0, 0, 0, 1, 1]
    out = jax.jit(R(5, 2) >> cl.graph_conv(2))(params, single, stacked_nodes([v[:3]], 5))
    assert np.allclose(out[:3], alone[0], atol=1e-5)
    assert padded(single, 7, 6).owner.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert cl.disjoint_union([single, loop]).owner.tolist() == [0, 0, 0, 2, 2, 1]


def test_nothing_is_a_graph_too():
    none = cl.disjoint_union([], nodes=2, edges=1, count=3)
    assert none.owner.tolist() == [3, 3] and none.senders.tolist() == [1] and none.parts == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cl.disjoint_union([path, loop], nodes=3), "4 nodes, and there is place for 3"),
        (lambda: cl.disjoint_union([path, loop], edges=2), "3 edges, and there is place for 2"),
        (lambda: cl.disjoint_union([path, loop], count=1), "2 graphs, and there is place for 1"),
        (lambda: cl.disjoint_union([path, loop], edges=5), "give at least 5 nodes"),
        (lambda: cl.disjoint_union([path], nodes=7.5), "nodes must be a whole number"),
        (lambda: cl.disjoint_union([cl.disjoint_union([path])]), "single graphs"),
        (lambda: cl.disjoint_union([jnp.eye(3)]), "by their edges"),
        (lambda: cl.disjoint_union([path, cl.edge_list([0], [0], 1, weights=[1.0])]), "weighted=True"),
        (lambda: cl.disjoint_union([cl.edge_list([0], [0], 1, features=np.ones((1, k))) for k in (2, 3)]), "alike"),
        (lambda: padded(path, 2, 2), "place for 2"),
        (lambda: stacked_nodes([x, x], 5), "6 nodes, and there is place for 5"),
        (lambda: stacked_nodes([x, x[:, :1]], 9), "differ in the first axis alone"),
        (lambda: stacked_nodes([], 9), "differ in the first axis alone"),
    ],
)
def test_unions_that_cant_be_are_refused(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_a_batch_of_graphs_is_their_union():
    back = cl.edge_list([2, 0], [1, 1], 3)
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves), path, back)
    one, union = merged(batch), cl.disjoint_union([path, back])
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(union), strict=True))
    assert (one.nodes, one.parts) == (union.nodes, union.parts)
    unions = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[cl.disjoint_union([path, loop], nodes=5)] * 2)
    assert merged(unions).owner.tolist() == [0, 0, 0, 1, 4, 2, 2, 2, 3, 4] and merged(unions).parts == 4


# the three forms


def test_the_three_forms_are_one_graph(params):
    dense = np.array([[0, 2, 0], [0, 0, -1], [0.5, 0, 0]], np.float32)
    edges = from_adjacency(dense)
    assert (edges.senders.tolist(), edges.receivers.tolist()) == ([1, 2, 0], [0, 1, 2])  # entry (r, s) is from s to r
    assert np.array_equal(cl.adjacency_of(edges), dense) and from_adjacency(np.eye(2)).weights is None
    sparse = cl.sparse_of(edges)
    assert np.array_equal(sparse.todense(), dense) and np.array_equal(cl.sparse_of(dense).todense(), dense)
    assert [nodes_of(form) for form in (edges, dense, sparse)] == [3, 3, 3]
    mover = R(3, 2) >> cl.propagate(None, self_loops=False)
    v = np.arange(6, dtype=np.float32).reshape(3, 2)
    for form in (edges, dense, sparse, cl.adjacency_of(sparse), cl.adjacency_of(dense)):
        assert np.allclose(mover((), form, v), dense @ v, atol=1e-6)


def test_arrows_between_the_forms():
    g = cl.edge_list([0, 0, 1], [1, 1, 2], 3)  # two edges between the same nodes add up
    f = Graph(3, 3) >> cl.adjacency_of
    assert f.cod == R(3, 3) and f.cod.labels == ("graph",) and f((), g)[1, 0] == 2.0
    back = R(3, 3) >> edges_of(4)
    assert back.cod == Graph(3, 4, weighted=True)
    found = back((), f((), g))
    assert np.array_equal(cl.adjacency_of(found), cl.adjacency_of(g)) and found.weights.tolist() == [2.0, 1.0, 0.0, 0.0]
    assert np.all(np.isnan((R(3, 3) >> edges_of(1))((), f((), g)).weights))  # more edges than there is place for
    sparse = Graph(3, 3) >> cl.sparse_of
    assert (sparse >> edges_of()).cod == Graph(3, 3, weighted=True)
    assert np.array_equal(cl.adjacency_of((sparse >> edges_of())((), g)), cl.adjacency_of(g))
    weighing = lambda w: EdgeList(g.senders, g.receivers, w, None, None, 3)  # noqa: E731
    gradient = jax.grad(lambda w: cl.adjacency_of(weighing(w))[1, 0] ** 2)(jnp.array([1.0, 2.0, 5.0]))
    assert gradient.tolist() == [6.0, 6.0, 0.0]


def test_forms_that_cant_be_had_are_refused():
    for make, message in [
        (lambda: R(3, 3) >> edges_of(), "give the number of edges"),
        (lambda: R(3, 4) >> edges_of(2), "takes a graph"),
        (lambda: R(3, 4) >> cl.adjacency_of, "takes a graph"),
        (lambda: R(3) >> cl.adjacency_of, "takes a graph"),
        (lambda: R(3, 3) >> edges_of(-1), "edges_of"),
    ]:
        with pytest.raises(TypingError, match=message):
            make()
