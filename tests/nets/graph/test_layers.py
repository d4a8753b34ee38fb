"""Every graph layer against its formula written out node by node, in NumPy and float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import CatlearnError

N, K, U = 7, 3, 4
RNG = np.random.default_rng(7)
ADJACENCY = np.triu(RNG.random((N, N)) < 0.4, 1).astype(np.float32)
ADJACENCY[5:] = ADJACENCY[:, 5:] = 0  # two nodes without neighbours
ADJACENCY[0, 3] = 1
ADJACENCY[3, 1] = 1  # and edges one way only
GRAPH = cl.from_adjacency(ADJACENCY)
X = RNG.normal(size=(N, K)).astype(np.float32)
EDGE = RNG.normal(size=(GRAPH.edges, 2)).astype(np.float32)
FEATURED = cl.edge_list(GRAPH.senders, GRAPH.receivers, N, features=EDGE)
MLP = cl.dense(5) >> cl.relu >> cl.dense(U)
agg = cl.aggregators


def incoming(i):
    return [int(j) for j, r in zip(GRAPH.senders, GRAPH.receivers) if int(r) == i]


def edges_in(i):
    return [e for e, r in enumerate(np.asarray(GRAPH.receivers)) if r == i]


def summed(rows, width):
    return np.sum(rows, 0) if len(rows) else np.zeros(width)


def softmax(scores):
    raised = np.exp(np.asarray(scores) - np.max(scores, 0))
    return raised / raised.sum(0)


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def leaky(x):
    return np.where(x > 0, x, 0.2 * x)


def mlp(p, x):
    (w, b), (v, c) = p[:2], p[2:]
    return relu(x @ w + b) @ v + c


# one formula for each, at node i, from the parameters in reading order


def gcn(p, x, i):
    degree = [len(incoming(j)) + 1 for j in range(N)]
    return sum((x[j] @ p[0]) / np.sqrt(degree[i] * degree[j]) for j in [*incoming(i), i]) + p[1]


def walk(p, x, i):
    return np.mean([x[j] @ p[0] for j in [*incoming(i), i]], 0) + p[1]


def plain(p, x, i):
    return summed([x[j] @ p[0] for j in incoming(i)], U)


def sgc(p, x, i):
    once = lambda y, i: gcn((np.eye(K), 0), y, i)  # noqa: E731
    y = np.stack([once(x, i) for i in range(N)])
    return once(y, i) @ p[0] + p[1]


def sage(p, x, i):
    near = incoming(i)
    return x[i] @ p[0] + (np.mean([x[j] for j in near], 0) if near else np.zeros(K)) @ p[1] + p[2]


def sage_max(p, x, i):
    near = incoming(i)
    return x[i] @ p[0] + (np.max([x[j] for j in near], 0) if near else np.zeros(K)) @ p[1] + p[2]


def gin(p, x, i):
    return mlp(p[1:], (1 + p[0]) * x[i] + summed([x[j] for j in incoming(i)], K))


def gat(p, x, i, heads=2):
    kernel, receiver, sender, bias = p
    h = (x @ kernel).reshape(N, heads, U)
    near = [*incoming(i), i]
    share = softmax([leaky((receiver * h[i]).sum(-1) + (sender * h[j]).sum(-1)) for j in near])
    return sum(a[:, None] * h[j] for a, j in zip(share, near)).reshape(-1) + bias


def gatv2(p, x, i, heads=2):
    rw, rb, sw, sb, a, bias = p
    left, right = (x @ rw + rb).reshape(N, heads, U), (x @ sw + sb).reshape(N, heads, U)
    near = [*incoming(i), i]
    share = softmax([(a * leaky(left[i] + right[j])).sum(-1) for j in near])
    return sum(s[:, None] * right[j] for s, j in zip(share, near)).mean(0) + bias


def transformer(p, x, i, heads=2):
    q, k, v = ((x @ p[2 * a] + p[2 * a + 1]).reshape(N, heads, U) for a in range(3))
    near = incoming(i)
    if not near:
        return np.zeros(heads * U) + p[6]
    share = softmax([(q[i] * k[j]).sum(-1) / np.sqrt(U) for j in near])
    return sum(s[:, None] * v[j] for s, j in zip(share, near)).reshape(-1) + p[6]


def pna(p, x, i, delta=1.3):
    rw, rb, sw, uw, ub = p
    messages = np.stack([x[i] @ rw + rb + x[j] @ sw for j in incoming(i)]) if incoming(i) else np.zeros((0, U))
    if len(messages):
        four = [messages.mean(0), np.sqrt(messages.var(0) + 1e-5), messages.max(0), messages.min(0)]
    else:
        four = [np.zeros(U), np.full(U, np.sqrt(1e-5)), np.zeros(U), np.zeros(U)]
    up = np.log(max(len(messages), 1) + 1) / delta
    each = np.concatenate(four)
    return np.concatenate([x[i], each, each * up, each / up]) @ uw + ub


def sir(p, x, i):
    w1, b, w2, w = p
    return summed([relu(x[i] @ w1 + b + x[j] @ w2) for j in incoming(i)], 6) @ w


def sir_with_edges(p, x, i):
    w1, b, w2, w3, w = p
    edges = edges_in(i)
    return summed([relu(x[i] @ w1 + b + x[int(GRAPH.senders[e])] @ w2 + EDGE[e] @ w3) for e in edges], 6) @ w


def gated(p, x, i):
    send, kernel, bias, hidden, gates = p
    m = summed([x[j] @ send for j in incoming(i)], K)
    given, kept = m @ kernel + bias, x[i] @ hidden
    (r, z, n), (hr, hz, hn) = np.split(given, 3), np.split(kept, 3)
    r, z = sigmoid(r + hr), sigmoid(z + hz)
    return (1 - z) * np.tanh(n + r * (hn + gates)) + z * x[i]


def residual_gated(p, x, i):
    rw, rb, gate, vw, vb, own, bias = p
    near = incoming(i)
    return x[i] @ own + summed([sigmoid(x[i] @ rw + rb + x[j] @ gate) * (x[j] @ vw + vb) for j in near], U) + bias


def edge_conditioned(p, x, i):
    w, b, own, bias = p
    edges = edges_in(i)
    sent = [x[int(GRAPH.senders[e])] @ (EDGE[e] @ w + b).reshape(K, U) for e in edges]
    return x[i] @ own + summed(sent, U) + bias


def virtual(p, x, i):
    return x[i] + relu(x.sum(0) @ p[0] + p[1])


def power(p, x, i):
    near = incoming(i)
    return np.mean([np.exp(x[j]) ** 3 for j in near], 0) ** (1 / 3) if near else np.full(K, 1e-7)


NO_KEYS = cl.discard(R(K)) @ cl.parameter(R(3))
LAYERS = {
    "graph_conv": (cl.graph_conv(U), gcn),
    "graph_conv, random walk": (cl.graph_conv(U, "random walk"), walk),
    "graph_conv, plain": (cl.graph_conv(U, None, self_loops=False, bias=False), plain),
    "simple_graph_conv": (cl.simple_graph_conv(U), sgc),
    "sage_conv": (cl.sage_conv(U), sage),
    "sage_conv, maximum": (cl.sage_conv(U, agg.maximum()), sage_max),
    "gin_conv": (cl.gin_conv(MLP, None), gin),
    "gat_conv": (cl.gat_conv(U, heads=2), gat),
    "gatv2_conv": (cl.gatv2_conv(U, heads=2, average=True), gatv2),
    "graph_transformer_conv": (cl.graph_transformer_conv(U, heads=2), transformer),
    "pna_conv": (cl.pna_conv(U, delta=1.3), pna),
    "sir_conv": (cl.sir_conv(U, hidden=6), sir),
    "sir_conv, edges": (cl.sir_conv(U, hidden=6, features=R(2)), sir_with_edges),
    "gated_graph_conv": (cl.gated_graph_conv(), gated),
    "residual_gated_graph_conv": (cl.residual_gated_graph_conv(U), residual_gated),
    "edge_conditioned_conv": (cl.edge_conditioned_conv(U, R(2), cl.dense(K * U)), edge_conditioned),
    "virtual_node": (cl.virtual_node(cl.dense(K) >> cl.relu), virtual),
    "power_mean": (cl.message_passing(cl.function(lambda q, k: jnp.exp(k), arity=2), agg.power_mean(3.0)), power),
}


def at(name, n=N):
    return R(n, K) >> LAYERS[name][0]


def graph_of(name):
    return FEATURED if "edge" in name else GRAPH


def params_of(f):
    """Parameters, none of them zero."""
    rng = np.random.default_rng(1)
    return tuple(jnp.asarray(0.5 * rng.normal(size=struct.shape), jnp.float32) for struct in f.param.structs)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_its_formula(name):
    f, formula = at(name), LAYERS[name][1]
    params = params_of(f)
    wide = [np.asarray(p, np.float64) for p in params]
    expected = np.stack([formula(wide, X.astype(np.float64), i) for i in range(N)])
    np.testing.assert_allclose(jax.jit(f)(params, graph_of(name), X), expected, atol=3e-6)


@pytest.mark.parametrize("name", ["graph_conv", "sage_conv, maximum", "gat_conv", "gatv2_conv", "pna_conv", "virtual_node"])
def test_three_forms_of_a_graph_and_padding_give_the_same(name):
    f = at(name)
    params = params_of(f)
    run = jax.jit(f)
    expected = run(params, GRAPH, X)
    np.testing.assert_allclose(run(params, jnp.asarray(ADJACENCY), X), expected, atol=2e-6)
    np.testing.assert_allclose(run(params, cl.sparse_of(GRAPH), X), expected, atol=2e-6)
    wide = jnp.concatenate([X, jnp.full((2, K), 1e3)])  # garbage in padding nodes reaches no other
    padded = jax.jit(at(name, N + 2))(params, cl.padded(GRAPH, N + 2, GRAPH.edges + 5), wide)
    np.testing.assert_allclose(padded[:N], expected, atol=2e-6)


@pytest.mark.parametrize("name", [name for name in LAYERS if "edge" not in name])
def test_a_layer_is_equivariant(name, key):
    f = at(name)
    assert laws.equivariant_under_relabelling(f, ADJACENCY, key, params=params_of(f)) is None


@pytest.mark.parametrize("how", [agg.total(), agg.mean(), agg.maximum(), agg.several(agg.minimum(), agg.deviation())])
def test_a_readout_is_invariant(how, key):
    f = at("graph_conv") >> cl.readout(how)
    assert laws.invariant_under_relabelling(f, ADJACENCY, key) is None


def test_what_looks_at_the_numbers_of_nodes_is_not_equivariant(key):
    by_number = cl.function(lambda x: x * jnp.arange(N)[:, None])
    assert laws.equivariant_under_relabelling(at("graph_conv") >> by_number, ADJACENCY, key) is not None
    assert laws.invariant_under_relabelling(at("graph_conv") >> by_number >> cl.readout(), ADJACENCY, key) is not None


@pytest.mark.parametrize("name", ["gat_conv", "pna_conv"])
def test_gradients_are_those_of_the_dense_form_and_finite(name):
    f = at(name)
    params = params_of(f)
    slope = jax.jit(jax.grad(lambda params, graph: jnp.sum(jnp.sin(f(params, graph, X)))))
    found, expected = slope(params, GRAPH), slope(params, jnp.asarray(ADJACENCY))
    for a, b in zip(found, expected, strict=True):
        assert np.isfinite(a).all()
        np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.parametrize("name", ["graph_conv", "gat_conv", "gin_conv", "sage_conv", "gatv2_conv"])
def test_layers_are_those_of_pytorch_geometric(name):
    torch = pytest.importorskip("torch")
    nn = pytest.importorskip("torch_geometric.nn")
    f = at(name)
    params = params_of(f)
    p = [torch.tensor(np.array(value)) for value in params]
    edges = torch.tensor(np.stack([GRAPH.senders, GRAPH.receivers]), dtype=torch.int64)
    layer, values = {
        "graph_conv": lambda: (nn.GCNConv(K, U), {"lin.weight": p[0].T, "bias": p[-1]}),
        "gat_conv": lambda: (
            nn.GATConv(K, U, heads=2),
            {"lin.weight": p[0].T, "att_dst": p[1][None], "att_src": p[2][None], "bias": p[3]},
        ),
        "gin_conv": lambda: (
            nn.GINConv(torch.nn.Sequential(torch.nn.Linear(K, 5), torch.nn.ReLU(), torch.nn.Linear(5, U)), train_eps=True),
            {"eps": p[0][None], "nn.0.weight": p[1].T, "nn.0.bias": p[2], "nn.2.weight": p[3].T, "nn.2.bias": p[4]},
        ),
        "sage_conv": lambda: (nn.SAGEConv(K, U), {"lin_r.weight": p[0].T, "lin_l.weight": p[1].T, "lin_l.bias": p[2]}),
        "gatv2_conv": lambda: (
            nn.GATv2Conv(K, U, heads=2, concat=False),
            {
                "lin_r.weight": p[0].T,
                "lin_r.bias": p[1],
                "lin_l.weight": p[2].T,
                "lin_l.bias": p[3],
                "att": p[4][None],
                "bias": p[5],
            },
        ),
    }[name]()
    layer.load_state_dict(values)
    np.testing.assert_allclose(f(params, GRAPH, X), layer(torch.tensor(X), edges).detach().numpy(), atol=1e-6)


def test_attention_on_the_complete_graph_is_that_of_a_set(key):
    """Set Transformer's: the library's own attention, without its last map."""
    f = cl.pull_context(R(N, K) >> cl.graph_transformer_conv(U, heads=2), cl.complete_graph(N))
    params = params_of(f)
    q, k, v = ((X @ params[2 * i] + params[2 * i + 1]).reshape(N, 2, U) for i in range(3))
    expected = jax.nn.dot_product_attention(q, k, v).reshape(N, -1) + params[6]
    np.testing.assert_allclose(f(params, X), expected, atol=1e-6)


def test_on_the_empty_graph_networks_are_those_of_sets(key):
    """Deep Sets: ρ(Σ φ(x)), and it sees nothing of an order."""
    f = cl.pull_context(R(N, K) >> cl.gin_conv(MLP) >> cl.readout() >> cl.dense(2), cl.empty_graph(N))
    params = params_of(f)
    expected = sum(mlp([np.asarray(p) for p in params[:4]], x) for x in X) @ params[4] + params[5]
    np.testing.assert_allclose(f(params, X), expected, rtol=1e-5)
    np.testing.assert_allclose(f(params, X[::-1]), expected, rtol=1e-5)
    alone = cl.pull_context(R(0, K) >> cl.gin_conv(MLP) >> cl.readout(), cl.empty_graph(0))
    np.testing.assert_array_equal(alone(alone.init(key), jnp.ones((0, K))), np.zeros(U))


def test_message_passing_reads_contexts_inside(key):
    f = R(N, K) >> cl.message_passing(None, update=cl.add >> cl.dropout(0.5))
    assert f.category.names == ("graph", "key")
    still = f((), GRAPH, X)
    noisy = f((), GRAPH, key, X)
    assert np.all((noisy == 0) | np.isclose(noisy, 2 * still, rtol=1e-5)) and np.any(noisy == 0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(N, K) >> cl.message_passing(cl.function(lambda q, k: (q, k), arity=2)), "`message` ends in one wire"),
        (lambda: R(N, K) >> cl.virtual_node(cl.dense(2)), "`update` must give what nodes have"),
        (lambda: R(N, K) >> cl.graph_attention(cl.dense(2), None, NO_KEYS), "give keys, and values"),
        (lambda: R(N, K, dtype="int32") >> cl.gat_conv(2), "takes floats"),
        (lambda: R() >> cl.gin_conv(MLP), "takes features of nodes"),
        (lambda: R(N, K) >> cl.edge_conditioned_conv(U, R(2), cl.dense(5)), "5"),
        (lambda: cl.within(R(N, K) >> cl.gat_conv(2), cl.Graph(N, 3, R(2))), "give self_loops=False"),
        (lambda: cl.gated_graph_conv(-1), "whole number"),
        (lambda: cl.complete_graph(-1), "whole number"),
        (lambda: cl.sage_conv(0), "whole number ≥ 1"),
        (lambda: agg.power_mean(0), "must not be 0"),
        (lambda: (R(N, K) >> cl.gin_conv(MLP))(params_of(at("gin_conv"))[1:], GRAPH, X[:5]), "wire 0, axis 0: 7 ≠ 5"),
    ],
)
def test_what_can_not_be_is_said(make, said):
    with pytest.raises(CatlearnError, match=said):
        make()


@pytest.mark.parametrize("name", ["graph_conv", "sage_conv, maximum", "gat_conv", "pna_conv"])
def test_rows_change_nothing_but_the_time(name):
    f = at(name)
    params = params_of(f)
    slope = jax.jit(jax.value_and_grad(lambda params, graph: jnp.sum(jnp.sin(f(params, graph, X)))))
    expected, found = slope(params, GRAPH), slope(params, cl.in_rows(GRAPH, 2))
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.parametrize("name", ["graph_conv", "gat_conv"])
def test_walking_edges_in_pieces_changes_nothing(name, monkeypatch):
    """What large graphs do on CPU, on a small one: pieces of four edges, and a rest."""
    f = at(name)
    params = params_of(f)
    loss = lambda params, graph: jnp.sum(jnp.sin(f(params, graph, X)))  # noqa: E731
    expected = jax.jit(jax.value_and_grad(loss))(params, jnp.asarray(ADJACENCY))
    monkeypatch.setattr("catlearn.nets.graph.segments.LARGE", 0)
    monkeypatch.setattr("catlearn.nets.graph.segments.CHUNK", 4)
    slope = jax.jit(jax.value_and_grad(loss))
    assert "scan" in str(jax.make_jaxpr(slope)(params, GRAPH))
    for a, b in zip(jax.tree.leaves(slope(params, GRAPH)), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)
