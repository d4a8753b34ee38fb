"""The functor GCNN_n → Para(CoKl(R(n, n), Smooth)) of the paper, and what its laws must catch. Numbers are numpy's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import CoKl, I, R, laws
from catlearn.categories.cokleisli import ContextError, context_of, underlying
from catlearn.categories.contextual import contextual
from catlearn.core.errors import ArgumentError, CompositionError, TypingError, WireError
from catlearn.nets.graph import gcnn as module
from catlearn.nets.graph.gcnn import gcnn, gcnn_layer, width

KEY = jax.random.key(0)
net = width(3) >> gcnn_layer(4, cl.tanh) >> gcnn_layer(2, cl.sigmoid)


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(0)
    return tuple(rng.normal(size=shape).astype(np.float32) for shape in ((5, 5), (5, 3), (3, 4), (4, 2)))


def test_composites_are_the_papers(values):
    """`(A, X, (W₁, W₂)) ↦ σ₂(A σ₁(A X W₁) W₂)`, theorem of §5."""
    A, X, W1, W2 = values
    expected = 1 / (1 + np.exp(-(A @ np.tanh(A @ X @ W1) @ W2)))
    F = gcnn(5)(net)
    assert np.allclose(F((W1, W2), A, X), expected, atol=1e-5)
    assert np.allclose(net((W1, W2), A, X), expected, atol=1e-5)
    meant = contextual(F)  # as an arrow A ⊗ X ⊗ (W₁ ⊗ W₂) → Y of Smooth
    assert meant.arrow.arrow.dom == R(5, 5) @ R(5, 3) @ R(3, 4) @ R(4, 2)
    assert np.allclose(meant.arrow.arrow.run((A, X, W1, W2))[0], expected, atol=1e-5)
    edges = cl.from_adjacency(A)
    assert np.allclose(net((W1, W2), edges, X), expected, atol=1e-5)
    assert np.allclose(net((W1, W2), cl.sparse_of(edges), X), expected, atol=1e-5)


def test_graph_conv_is_the_layer(values):
    A, X, W1, _ = values
    for units, W in ((4, W1), (2, W1[:, :2])):  # features are moved along the edges before W, and after
        conv = R(5, 3) >> cl.graph_conv(units, normalise=None, self_loops=False, bias=False)
        assert np.allclose(conv((W,), A, X), A @ X @ W, atol=1e-5)
        assert np.allclose(gcnn(5)(width(3) >> gcnn_layer(units))((W,), A, X), A @ X @ W, atol=1e-5)


def test_it_goes_to_para_of_cokl():
    F = gcnn(5)(net)
    assert F.category == CoKl(R(5, 5, label="graph")) and F.dom == R(5, 3) and F.cod == R(5, 2)
    assert F.param == net.param == R(3, 4) @ R(4, 2)  # weights compose as in Para
    assert F.param.labels == net.param.labels == ("0.gcnn_layer.kernel", "1.gcnn_layer.kernel")
    named = gcnn(5)(width(3) >> gcnn_layer(2).named("first") >> gcnn_layer(2).named("last"))
    assert named.param.labels == ("first.kernel", "last.kernel")


def test_the_context_does_not_grow_with_depth():
    deep = width(2)
    for _ in range(12):
        deep = deep >> gcnn_layer(2, cl.tanh)
    assert laws.gcnn_shares_one_graph(deep, 4) is None
    assert len(underlying(gcnn(4)(deep)).dom) == 2 and len(gcnn(4)(deep).param) == 12


def test_objects_and_weights_are_told_apart(values):
    W1, W2 = values[2:]
    assert gcnn(5)(width(3)) == R(5, 3) and gcnn(5)(width(3) @ I) != gcnn(5)(width(4))
    assert laws.gcnn_is_injective(width(3), width(4), 5) is None
    assert laws.gcnn_is_injective(width(3), width(4), 0) is None
    assert laws.gcnn_is_faithful(net, (W1, W2), (W1, W2 + 0.1), 5, KEY) is None
    assert laws.gcnn_is_faithful(net, (W1, W2), (W1, W2), 5, KEY) is None
    # hidden features in another order: other weights, and the same values, so the functor is faithful on 1-cells with weights
    # as parameters, as the theorem has it, and not on their values
    order = np.array([1, 0, 3, 2])
    assert laws.gcnn_is_faithful(net, (W1, W2), (W1[:, order], W2[order]), 5, KEY) is not None


def test_two_cells_go_to_two_cells(values):
    A, X, _, _ = values
    twice = width(3) >> gcnn_layer(3, cl.tanh) >> gcnn_layer(3, cl.tanh)
    tied = twice.reparameterise(cl.copy(R(3, 3)))
    W = np.eye(3, dtype=np.float32) / 2
    assert gcnn(5)(tied).param == R(3, 3)
    assert np.allclose(gcnn(5)(tied)((W,), A, X), np.tanh(A @ np.tanh(A @ X @ W) @ W), atol=1e-5)
    assert laws.preserves_reparameterisation(gcnn(5), twice, cl.copy(R(3, 3))) is None
    assert np.array_equal(tied.init(KEY)[0], twice.init(KEY)[0])


def test_the_gradient_of_the_graph_is_the_sum_over_layers(values):
    """∂/∂A of `A σ(A X W₁) W₂` by hand: each layer has its own, and they add up."""
    A, X, W1, W2 = values
    lens = cl.reverse(gcnn(5)(width(3) >> gcnn_layer(4, cl.tanh) >> gcnn_layer(2)))
    dy = np.ones((5, 2), np.float32)
    _, residual = lens.forward((W1, W2), A, X)
    _, (dA, dX) = lens.backward(residual, dy)
    H = np.tanh(A @ X @ W1)
    from_last = dy @ (H @ W2).T
    at_hidden = (A.T @ dy @ W2.T) * (1 - H**2)
    from_first = at_hidden @ (X @ W1).T
    assert np.allclose(dA, from_last + from_first, atol=1e-4)
    assert np.allclose(dX, A.T @ at_hidden @ W1.T, atol=1e-4)
    assert (
        laws.context_gradient_is_the_sum([gcnn(5)(width(3) >> gcnn_layer(4, cl.tanh)), gcnn(5)(width(4) >> gcnn_layer(2))], KEY)
        is None
    )


def test_activations_are_one_cells_of_their_own():
    """Applying σ after every arrow is no functor: σ(f; g) ≠ σ(f); σ(g)."""
    f, g = gcnn(5)(width(3) >> gcnn_layer(4)), gcnn(5)(width(4) >> gcnn_layer(2))
    assert laws.preserves_composition(lambda h: h >> cl.tanh, f, g) is not None
    assert laws.preserves_composition(gcnn(5), width(3) >> gcnn_layer(4, cl.tanh), width(4) >> gcnn_layer(2)) is None


def test_one_net_reads_graphs_of_any_size(values):
    W1, W2 = values[2:]
    for n in (1, 7):
        A, X = jnp.eye(n), jnp.ones((n, 3))
        assert np.allclose(net((W1, W2), A, X), net((W1, W2), jnp.eye(1), jnp.ones((1, 3)))[0], atol=1e-5)


def test_wrong_nets_and_values_are_refused(values):
    A, X, *W = values
    with pytest.raises(CompositionError, match=r"width\(2\) ≠ width\(3\)"):
        net >> net
    with pytest.raises(TypingError, match="takes features of nodes, such as width"):
        R(5, 3) >> gcnn_layer(2)
    with pytest.raises(TypingError, match="units"):
        gcnn_layer(2.5)
    with pytest.raises(TypingError):
        net >> cl.tanh  # an activation belongs to a layer
    for make in (lambda: width(-1), lambda: width(True), lambda: gcnn(2.5)):
        with pytest.raises(WireError):
            make()
    with pytest.raises(ArgumentError, match="takes a graph, then features of its nodes"):
        net(W, X)
    with pytest.raises(ContextError, match=r"shape \(5, 5\), not \(4, 4\)"):
        net(W, A[:4, :4], X)
    with pytest.raises(ArgumentError, match="axis 1: 3 ≠ 2"):
        net(W, A, X[:, :2])
    with pytest.raises(ArgumentError):
        net(W[:1], A, X)
    with pytest.raises(CompositionError, match="is an arrow of GCNN"):
        cl.reverse(net)


def test_functors_that_are_others_are_caught(monkeypatch):
    right = module.gcnn_layer.meaning
    monkeypatch.setattr(module.gcnn_layer, "meaning", lambda self, X: X >> cl.tanh >> right(self, X))
    assert laws.gcnn_is_the_formula(net, 3, KEY) is not None
    constant = lambda self, X: right(self, X) >> cl.function(jnp.zeros_like)  # noqa: E731
    monkeypatch.setattr(module.gcnn_layer, "meaning", constant)
    assert laws.gcnn_is_faithful(net, net.init(KEY), net.init(jax.random.key(1)), 3, KEY) is not None
    biased = lambda self, X: right(self, X) >> cl.bias()  # noqa: E731
    monkeypatch.setattr(module.gcnn_layer, "meaning", biased)
    assert laws.gcnn_shares_one_graph(net, 3) is not None

    def moody(self, X):
        return right(self, X) >> R(3, self.units) @ cl.ask(R(1, label="mood")) >> cl.function(lambda y, m: y, arity=2)

    monkeypatch.setattr(module.gcnn_layer, "meaning", moody)
    assert context_of(gcnn(3)(net)) == R(3, 3) @ R(1) and laws.gcnn_shares_one_graph(net, 3) is not None
