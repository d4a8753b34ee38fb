"""Networks of vectors, against their formula in numpy, and against nets that don't know the group."""

import jax
import numpy as np
import pytest

import catlearn as cl
from catlearn.core.errors import EquivarianceError, TypingError
from catlearn.equivariant import (
    SL,
    SO,
    Lorentz,
    O,
    S,
    Sp,
    hamiltonian_regression,
    inner_products,
    norms,
    products,
    vector_layer,
    vector_network,
    vector_readout,
)
from catlearn.laws.equivariance import equivariance_error
from tests.equivariant.test_architectures import drawn, run

rng = np.random.default_rng(2)


@pytest.mark.parametrize(
    ("group", "power"), [(O(3), 1), (O(3), 2), (SO(3), 2), (Sp(4), 1), (Sp(2), 0)], ids=["O", "O to 2", "SO", "Sp", "Sp to 0"]
)
def test_networks_commute_with_their_groups(group, power):
    model = cl.R(2) @ group.power(1, channels=3) >> vector_network(power, 2, width=4, depth=1)
    assert model.cod == group.power(power, 2)
    assert equivariance_error(model, samples=3) <= 1e-5


def test_boosts_and_a_wire_without_invariants():
    V = Lorentz().power(1, channels=3)
    model = V >> cl.branch(inner_products(4), V) >> vector_network(1, width=4, depth=1)
    assert model.cod == Lorentz().power(1)
    assert equivariance_error(model, samples=3) <= 1e-4  # boosts multiply what is rounded


def test_a_network_of_coordinates_does_not():
    V = O(3).power(1, channels=2)
    broken = cl.forget(V) >> cl.flatten >> cl.dense(8) >> cl.tanh >> cl.dense(3) >> cl.reshape(3, 1)
    assert equivariance_error(broken, dom=V, cod=O(3).power(1)) > 1e-2


def test_a_layer_is_its_formula():
    layer = cl.R(2) @ O(3).power(1, channels=3) >> vector_layer(4)
    left, right, inner, shift, mix, mix_b, gate, gate_b, vectors = params = drawn(layer)
    s, x = rng.normal(size=2).astype(np.float32), rng.normal(size=(3, 3)).astype(np.float32)
    got = jax.jit(lambda p, *xs: layer(p, *xs))(params, s, x)
    dots = np.einsum("ac,ac->c", x @ left[0], x @ right[0]) / np.sqrt(3)  # as `linear` is normalised: 1 / ‖δ_ab‖
    seen = np.concatenate([s, dots @ inner[0] + shift[0]]) @ mix + mix_b
    invariants = seen / (1 + np.exp(-seen))
    np.testing.assert_allclose(got[0], invariants, rtol=1e-4, atol=1e-5)
    wanted = x @ vectors[0] / (1 + np.exp(-(invariants @ gate + gate_b)))
    np.testing.assert_allclose(got[1], wanted, rtol=1e-4, atol=1e-5)


def test_parameters_by_hand():
    layer = cl.R(2) @ O(3).power(1, channels=3) >> vector_layer(4)
    assert layer.param.size == 2 * 3 * 4 + (4 * 4 + 4) + (6 * 4 + 4) + (4 * 4 + 4) + 3 * 4
    readout = cl.R(2) @ O(3).power(1, channels=3) >> vector_readout(2, 5, width=4)
    assert readout.param.size == 2 * (2 * 4 + 4) + 2 * 3 * 4 + (1 + 3) * 4 * 5 + 5  # two gates, products, maps 0 → 2 and 2 → 2
    odd = cl.R(2) @ O(3).power(1, channels=3) >> vector_readout(1, 5, width=4)
    assert odd.param.size == (2 * 4 + 4) + 3 * 4 + 4 * 5  # O(3) has no map from scalars or products to vectors
    special = cl.R(2) @ SO(3).power(1, channels=3) >> vector_readout(1, 5, width=4)
    assert special.param.size == odd.param.size + (2 * 4 + 4) + 2 * 3 * 4 + 4 * 5  # SO(3) has one: the cross product


def test_products_are_outer_products():
    family = O(3).power(1, channels=2) >> products(4)
    left, right = params = drawn(family)
    x = rng.normal(size=(3, 2)).astype(np.float32)
    wanted = np.einsum("ac,bc->abc", x @ left[0], x @ right[0])
    np.testing.assert_allclose(run(family, params, x), wanted, rtol=1e-4, atol=1e-5)


def energies(count, n):
    """States, systems and their energies ½ zᵀKz: the quadratic form K with its indices raised by ω, as a tensor of V ⊗ V."""
    z, K = rng.normal(size=(count, n)), rng.normal(size=(count, n, n))
    K = K + K.swapaxes(1, 2)
    J = np.kron(np.eye(n // 2), [[0, 1], [-1, 0]])
    T = np.einsum("ia,bac,jc->bij", J, K, J)
    H = np.einsum("bi,bij,bj->b", z, K, z) / 2
    return (z[..., None].astype(np.float32), T[..., None].astype(np.float32)), H[:, None].astype(np.float32)


@pytest.mark.parametrize("n", [2, 4])
def test_a_hamiltonian_is_learnt_from_few_states(n):
    """From 60 states of as many systems; and better, ten times at least, than by a net that sees the same numbers."""
    train, test = energies(60, n), energies(300, n)
    known = cl.forget(Sp(n).power(1) @ Sp(n).power(2) >> hamiltonian_regression(8))
    plain = cl.R(n, 1) @ cl.R(n, n, 1) >> (cl.flatten @ cl.flatten) >> cl.concatenate() >> cl.dense(64) >> cl.silu >> cl.dense(1)
    errors = [rmse_of(model, train, test, 0.03) for model in (known, plain)]
    assert errors[0] < 0.1 * test[1].std() and errors[0] < 0.1 * errors[1]


def rmse_of(model, train, test, rate):
    learner = cl.supervised(model, cl.quadratic, cl.adam(rate))
    begin, shuffle = jax.random.split(jax.random.key(0))
    state, _ = learner.fit(learner.init(begin), train, epochs=300, batch_size=30, key=shuffle, progress=False)
    return float(np.sqrt(np.mean(np.square(np.asarray(learner.predict(state, test[0])) - test[1]))))


def test_energies_are_invariant_under_canonical_transformations():
    model = Sp(4).power(1, channels=2) @ Sp(4).power(2) >> hamiltonian_regression(4, head=(5,))
    assert equivariance_error(model, samples=3) <= 1e-4
    assert model.param.size == 2 * 2 * 4 + 3 * 4 + (3 * 4 * 4 + 4) + (4 * 5 + 5) + (5 + 1)


def test_what_is_refused():
    with pytest.raises(EquivarianceError, match="not orthogonal"):
        Sp(4).power(1, channels=2) >> norms()
    with pytest.raises(EquivarianceError, match="no map to"):
        cl.R(2) @ SL(4).power(1, channels=2) >> vector_readout(3, 1, width=2)  # determinants take four vectors
    for wrong in (
        lambda: cl.R(2) @ cl.R(3, 4) >> vector_layer(4),
        lambda: cl.R(3, 4) >> products(4),
        lambda: S(3).power(1) >> vector_layer(4),
        lambda: vector_network(depth=-1),
        lambda: cl.R(4) @ Sp(4).power(2) >> hamiltonian_regression(4),
    ):
        with pytest.raises(TypingError):
            wrong()
