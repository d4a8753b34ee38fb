"""The composites against hand-written JAX: the same numbers, and no more work. Times are in the benchmarks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from benchmarks.graphs_by_hand import BY_HAND
from catlearn import R

NODES, EDGES, K, H, OUT = 200, 900, 24, 16, 7
MLP = cl.dense(H) >> cl.relu
MODELS = {
    "GCN": R(NODES, K) >> cl.graph_conv(H) >> cl.relu >> cl.graph_conv(OUT),
    "GIN": R(NODES, K) >> cl.gin_conv(MLP >> cl.dense(H)) >> cl.relu >> cl.gin_conv(MLP >> cl.dense(OUT)),
    "GAT": R(NODES, K) >> cl.gat_conv(H // 4, heads=4) >> cl.elu >> cl.gat_conv(OUT),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_net_is_what_is_written_by_hand_and_does_no_more(name, compiled):
    rng = np.random.default_rng(0)
    ends = tuple(jnp.asarray(e, jnp.int32) for e in rng.integers(0, NODES, (2, EDGES)))
    graph, x = cl.edge_list(*ends, nodes=NODES), jnp.asarray(rng.normal(size=(NODES, K)), jnp.float32)
    model = MODELS[name]
    params = tuple(jnp.asarray(0.3 * rng.normal(size=s.shape), jnp.float32) for s in model.param.structs)
    lens = cl.reverse(cl.within(model, cl.Graph(NODES, EDGES)))

    def ours(params, graph, x):
        y, residual = lens.forward(params, graph, x)
        return y, lens.backward(residual, 2 * y)[0]

    def theirs(params, ends, x):
        y, pull = jax.vjp(lambda params: BY_HAND[name](params, ends, x), params)
        return y, pull(2 * y)[0]

    mine, hand = compiled(ours, params, graph, x), compiled(theirs, params, ends, x)
    (y, dparams), (expected, dexpected) = mine(params, graph, x), hand(params, ends, x)
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6 * float(jnp.abs(expected).max()))
    for a, b in zip(dparams, dexpected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6 * float(jnp.abs(b).max()))
    for what in ("flops", "bytes accessed"):
        assert mine.cost_analysis()[what] <= 1.01 * hand.cost_analysis()[what], what
