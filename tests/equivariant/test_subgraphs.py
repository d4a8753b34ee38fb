"""Networks on subgraphs, against networkx's subgraphs and sums over them that are written out here."""

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pytest

import catlearn as cl
from catlearn.core.errors import TypingError
from catlearn.equivariant import O, S, basis, ego_networks, induced, linear_by_size, overlapped, subgraph_layer, subgraph_network
from tests.equivariant.test_architectures import FIFTEEN, drawn, maron, run

rng = np.random.default_rng(1)
N = 9


def graph(seed=0, n=N, p=0.4):
    """A random graph with nodes that have no neighbours among others, and its matrix with a second channel of numbers."""
    found = nx.gnp_random_graph(n - 1, p, seed=seed)
    found.add_node(n - 1)
    A = nx.to_numpy_array(found)
    return found, np.stack([A, np.random.default_rng(seed).normal(size=(n, n))], -1).astype(np.float32)


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_ego_networks_are_those_of_networkx(hops):
    found, x = graph()
    sets = run(S(N).power(2, channels=2) >> ego_networks(hops), (), x)[..., 0]
    for i in range(N):
        assert set(np.flatnonzero(sets[i])) == set(nx.ego_graph(found, i, radius=hops)) and set(np.unique(sets)) <= {0, 1}


def test_an_edge_in_one_direction_is_one():
    x = np.zeros((3, 3, 1), np.float32)
    x[0, 2] = -1
    sets = run(S(3).power(2) >> ego_networks(1), (), x)
    assert sets[..., 0].tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]


def test_each_subgraph_goes_through_the_fifteen_maps_of_its_own_size():
    """On small arrays, one for each subgraph, cut out of the large one; sizes from 1 to more than there are weights for."""
    found, x = graph(3)
    sizes = 3
    family = S(N).power(3, channels=2) @ S(N).power(2) >> linear_by_size(3, sizes)
    weight, bias = params = drawn(family)
    assert weight.shape == (sizes, 15, 2, 3) and bias.shape == (sizes, 2, 3)
    sets = run(S(N).power(2, channels=2) >> ego_networks(1), (), x)
    y = run(S(N).power(2, channels=2) @ S(N).power(2) >> induced(), (), x, sets)
    out, seen = run(family, params, y, sets), set()
    order, everywhere = order_of(basis(S(N), 2, 2), N), next(i for i, d in enumerate(basis(S(N), 0, 2)) if d.matrix(N).all())
    for i in range(N):
        nodes = sorted(nx.ego_graph(found, i, radius=1))
        s = len(nodes)
        seen.add(s)
        own = np.ix_(nodes, nodes)
        w, b = np.asarray(weight[min(s, sizes) - 1]), np.asarray(bias[min(s, sizes) - 1])
        maps = maron(x[own])[order]
        scales = np.array([s / np.sqrt(np.square(m).sum()) for m in matrices(s)[order]])
        wanted = np.einsum("kabc,kcd,k->abd", maps, w, scales)
        wanted += b[everywhere] + np.sqrt(s) * np.eye(s)[..., None] * b[1 - everywhere]
        np.testing.assert_allclose(out[i][own], wanted, rtol=1e-4, atol=1e-4)
        outside = np.delete(out[i], nodes, 0)
        assert not outside.any() and not np.delete(out[i], nodes, 1).any()
    assert {1, 2, 3} & seen and max(seen) > sizes


def matrices(n):
    units = np.eye(n * n).reshape(n * n, n, n, 1)
    return np.stack([maron(u)[..., 0].reshape(15, n * n) for u in units], -1)


def order_of(diagrams, n):
    theirs = matrices(n)
    assert len(diagrams) == len(FIFTEEN)
    return [next(i for i, m in enumerate(theirs) if np.array_equal(m, d.matrix(n))) for d in diagrams]


def test_overlaps_are_averaged():
    sets = (rng.uniform(size=(N, N)) < 0.4).astype(np.float32)
    y = rng.normal(size=(N, N, N, 2)).astype(np.float32)
    out = run(S(N).power(3, channels=2) @ S(N).power(2) >> overlapped(), (), y, sets[..., None])
    for a in range(N):
        for b in range(N):
            both = [i for i in range(N) if sets[i, a] and sets[i, b]]
            wanted = y[both, a, b].mean(0) if both else np.zeros(2)
            np.testing.assert_allclose(out[a, b], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("to_nodes", [False, True])
def test_a_network_commutes_with_permutations_of_sparse_graphs(to_nodes):
    model = S(N).power(2, channels=2) >> subgraph_network((4, 3), None if to_nodes else 2)
    params, ran = drawn(model), jax.jit(lambda p, x: model(p, x))
    for seed in range(4):
        _, x = graph(seed)
        order = rng.permutation(N)
        y, moved = ran(params, x), ran(params, x[order][:, order])
        wanted = y[order] if to_nodes else y
        assert jnp.abs(moved - wanted).max() <= 1e-5 * max(1, float(jnp.abs(y).max()))
        assert not to_nodes or jnp.abs(moved - y).max() > 1e-2


def test_subgraphs_tell_apart_what_the_whole_does_not():
    """A ring of six and two of three have the same 2-tensors up to 2-WL, and other neighbourhoods."""
    ring = np.roll(np.eye(6), 1, 0) + np.roll(np.eye(6), -1, 0)
    two = np.kron(np.eye(2), np.ones((3, 3)) - np.eye(3))
    model = S(6).power(2) >> subgraph_network((4,), 1, norm=False)
    params = drawn(model)
    left, right = (run(model, params, A[..., None].astype(np.float32)).item() for A in (ring, two))
    assert abs(left - right) > 1e-3


def test_parameters_by_hand():
    model = S(8).power(2, channels=2) >> subgraph_network((3, 4), 1, sizes=5, head=(6,), norm=False)
    assert model.param.size == 5 * (15 * 2 * 3 + 2 * 3) + 5 * (15 * 3 * 4 + 2 * 4) + 2 * 4 * 6 + 6 + 6 + 1


def test_it_learns():
    """The density of graphs."""
    model = S(6).power(2, channels=2) >> subgraph_network((3,), 1)
    x = np.stack([graph(seed, 6)[1] for seed in range(8)])
    targets = np.array([[nx.density(graph(seed, 6)[0])] for seed in range(8)], np.float32)
    learner = cl.supervised(cl.forget(model), cl.quadratic, cl.adam(0.01))
    _, history = learner.fit(learner.init(jax.random.key(0)), (x, targets), epochs=40, batch_size=8, progress=False)
    assert history["loss"][-1] < 0.1 * history["loss"][0]


def test_other_wires_are_refused():
    for wire, family in (
        (O(3).power(2), ego_networks()),
        (S(5).power(1), ego_networks()),
        (cl.R(5, 5, 1), ego_networks()),
        (S(5).power(2) @ S(6).power(2), induced()),
        (S(5).power(2) @ S(5).power(2), linear_by_size(3)),
    ):
        with pytest.raises(TypingError, match="takes S"):
            wire >> family
    for make in (lambda: ego_networks(-1), lambda: linear_by_size(0), lambda: linear_by_size(2, 0), lambda: subgraph_network(())):
        with pytest.raises(TypingError):
            make()
    assert (S(5).power(2, channels=2) @ S(5).power(2) >> subgraph_layer(3)).cod[0] == S(5).power(2, channels=3)
