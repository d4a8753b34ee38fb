import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn.cli.graph_models import of_graphs, of_network
from catlearn.datasets import Network, graph_set

rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def pair():
    """A graph with features on its edges, the same with its nodes in another order, and with other bonds."""
    ends, x, bonds = (
        rng.integers(0, 5, (2, 8)),
        rng.normal(size=(5, 3)).astype(np.float32),
        np.eye(4, dtype=np.float32)[rng.integers(0, 4, 8)],
    )
    order = rng.permutation(5)
    place = np.argsort(order)
    graphs = [
        cl.edge_list(*ends, 5, features=bonds),
        cl.edge_list(*place[ends], 5, features=bonds),
        cl.edge_list(*ends, 5, features=bonds[::-1].copy()),
        cl.edge_list(*ends[:, :4], 5, features=bonds[:4]),
    ]
    return graph_set("four", graphs, [x, x[order], x, x], np.arange(4, dtype=np.int32))


def said(model, found):
    """What a model says of each graph, at parameters that are not zero."""
    (graphs, x), _ = found.take(np.arange(len(found)))
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1))
    params = jax.tree.map(lambda p: p + 0.1, model.init(jax.random.key(1)))
    return np.asarray(learner.predict(learner.start(params, jax.random.key(0)), (graphs, x)))


def test_gin_sees_bonds_and_no_order_of_nodes(pair):
    graphs, x = pair.graphs, pair.features
    one, turned, bonds, fewer = said(of_graphs(graphs, x, cl.dense(2))["gin"], pair)
    np.testing.assert_allclose(one, turned, rtol=1e-4)
    assert not np.allclose(one, bonds, rtol=1e-3) and not np.allclose(one, fewer, rtol=1e-3)


def test_a_bag_sees_neither(pair):
    one, turned, bonds, fewer = said(of_graphs(pair.graphs, pair.features, cl.dense(2))["bag"], pair)
    for other in (turned, bonds, fewer):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_gin_of_graphs_without_bonds_is_its_equation():
    """One layer is mlp(h + A h), read out by sums: Xu et al. 2019, eqs. 4.1 and 4.2."""
    from catlearn.cli.graph_models import isomorphism

    A, x = rng.integers(0, 2, (4, 4)), rng.normal(size=(4, 3)).astype(np.float32)
    layer = cl.R(4, 3) >> isomorphism(3, 5, None)
    params = jax.tree.map(lambda p: p + 0.1, layer.init(jax.random.key(0)))
    W, b, V, c = params
    receivers, senders = np.nonzero(A)
    wanted = np.maximum(np.maximum((x + A @ x) @ W + b, 0) @ V + c, 0)
    np.testing.assert_allclose(layer(params, cl.edge_list(senders, receivers, 4), jnp.asarray(x)), wanted, rtol=1e-4)


def test_nets_of_a_network_end_in_its_classes():
    nodes = np.arange(4)
    found = Network("n", cl.edge_list([0], [1], 4), np.ones((4, 3), np.float32), nodes, nodes, nodes, nodes, ("a", "b"))
    assert {name: str(f.cod) for name, f in of_network(found).items()} == {"gcn": "R(4, 2)", "sgc": "R(4, 2)"}
