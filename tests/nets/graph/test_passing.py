"""Batches of graphs as one disjoint union, padding that never leaks, readouts, and the contexts that a composite reads."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import CatlearnError

agg = cl.aggregators
RNG = np.random.default_rng(3)
NODES, EDGES, COUNT = 12, 24, 4  # room for the union


def random_graph(n, m):
    return cl.edge_list(RNG.integers(0, n, m), RNG.integers(0, n, m), n), RNG.normal(size=(n, 2)).astype(np.float32)


SMALL = [random_graph(n, m) for n, m in ((3, 5), (1, 0), (5, 9))]
UNION = cl.disjoint_union([g for g, _ in SMALL], nodes=NODES, edges=EDGES, count=COUNT)
FEATURES = cl.stacked_nodes([x for _, x in SMALL], NODES)


def net(n):
    return R(n, 2) >> cl.graph_conv(4) >> cl.relu >> cl.gin_conv(cl.dense(4) >> cl.tanh) >> cl.virtual_node(cl.dense(4))


@pytest.mark.parametrize(
    "how", [agg.total(), agg.mean(), agg.maximum(), agg.deviation(), agg.power_mean(2.0), agg.softmax_mean()]
)
def test_a_union_has_the_readouts_of_its_graphs_and_zero_for_none(how):
    if how == agg.total():
        params = net(3).init(jax.random.key(0))
        run = lambda n, g, x: jax.jit(net(n) >> cl.readout(how))(params, g, x)  # noqa: E731
    else:
        run = lambda n, g, x: (R(n, 2) >> cl.readout(how))((), g, x)  # noqa: E731
    wide = FEATURES.at[9:].set(1e4)  # garbage on the nodes of padding
    found = run(NODES, UNION, wide)
    assert found.shape[0] == COUNT
    for row, (graph, x) in zip(found, SMALL):
        np.testing.assert_allclose(row, run(graph.nodes, graph, x), rtol=2e-4, atol=2e-5)
    empty = run(NODES, cl.disjoint_union([], nodes=NODES, edges=EDGES, count=COUNT), wide)
    np.testing.assert_allclose(found[3], empty[3])


def test_padding_sends_no_gradient_and_gets_none():
    f = net(NODES) >> cl.readout() >> cl.dense(1)
    params = f.init(jax.random.key(0))
    real = UNION.owner < COUNT
    slope = jax.jit(jax.grad(lambda x: jnp.sum(f(params, UNION, x)[:3] ** 2)))(FEATURES)
    assert np.all(slope[~real] == 0) and np.any(slope[real] != 0)
    masked = (R(NODES, 2) >> cl.graph_conv(2) >> cl.mask_nodes)((jnp.ones((2, 2)), jnp.ones(2)), UNION, FEATURES)
    assert np.all(masked[~real] == 0) and np.all(masked[real] != 0)


@pytest.mark.parametrize("graphs", [None, 2])
def test_a_batch_of_graphs_is_run_as_their_union(graphs):
    """The batch functor on contexts with an axis, against each by itself."""
    each = [cl.padded(g, 6, 10) if graphs is None else cl.disjoint_union([g, g], nodes=11, edges=20) for g, _ in SMALL]
    n, k = each[0].nodes, 1 if graphs is None else 2
    xs = jnp.stack([cl.stacked_nodes([x] * k, n) for _, x in SMALL])
    f = cl.within(net(n) >> cl.readout(), cl.wire(each[0], label="graph"))
    params = f.init(jax.random.key(0))
    together = cl.batch(cl.underlying(f), len(each))
    found = jax.jit(together)(params, jax.tree.map(lambda *leaves: jnp.stack(leaves), *each), xs)
    run = jax.jit(f)
    for row, graph, x in zip(found, each, xs):
        np.testing.assert_allclose(row, run(params, graph, x), rtol=2e-4, atol=1e-5)
    assert "vmap" not in repr(together)


def test_bad_graphs_are_said_before_any_number():
    f = R(5, 2) >> cl.graph_conv(3)
    params = f.init(jax.random.key(0))
    x = jnp.ones((5, 2))
    graph = cl.edge_list([0, 1], [1, 4], 5)
    for call, said in (
        (lambda: f(params, cl.edge_list([0], [1], 6), jnp.ones((6, 2))), "graph"),
        (lambda: f(params, jnp.ones((4, 4)), x), r"\(5, 5\)"),
        (lambda: f(params, graph, jnp.ones((4, 2))), "axis 0"),
        (lambda: f(params, x), "graph"),
        (lambda: f(params, graph, jnp.ones((5, 2), int)), "int"),
        (lambda: cl.within(f, cl.Graph(5, 1))(params, graph, x), "larger than its declared wire"),
        (lambda: cl.edge_list([0, 5], [1, 2], 5), "senders name node 5"),
        (lambda: cl.edge_list([0, -1], [1, 2], 5), "name node -1"),
        (lambda: cl.edge_list([0.5], [1.0], 5), "whole numbers"),
        (lambda: f >> cl.within(R(5, 3) >> cl.graph_conv(2), cl.Graph(5, 7)) >> cl.within(f_of(3), cl.Graph(5, 8)), "graph"),
    ):
        with pytest.raises(CatlearnError, match=said):
            call()


def f_of(k):
    return R(5, 2) >> cl.graph_conv(k)


def test_one_context_however_many_layers_read_it():
    f = R(5, 2) >> cl.graph_conv(3) >> cl.relu >> cl.graph_conv(3) >> cl.dropout(0.5) >> cl.gat_conv(2)
    assert f.category.names == ("graph", "key")
    pulled = cl.pull_context(f, cl.adjacency_of)
    graph = cl.edge_list([0, 1, 2], [1, 2, 0], 5)
    params, x = f.init(jax.random.key(0)), jnp.ones((5, 2))
    expected = jax.jit(f)(params, graph, x)
    np.testing.assert_allclose(jax.jit(pulled)(params, graph, x), expected, atol=1e-6)
    learned = cl.contextual_to_parametric(f)
    assert learned.category.names == ("key",) and learned.param[:1] == R(5, 5)
    np.testing.assert_allclose(jax.jit(learned)((cl.adjacency_of(graph), *params), x), expected, atol=1e-6)
