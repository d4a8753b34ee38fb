"""Deep Sets and invariant graph networks, against formulas written out here and against what theorems say they can tell apart."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn.core.errors import EquivarianceError, TypingError
from catlearn.equivariant import O, S, Sp, basis, deep_sets, invariant_graph_network, linear
from catlearn.laws.equivariance import equivariance_error

rng = np.random.default_rng(0)

# the maps of Maron et al. 2019, appendix A, from arrays x_ab to arrays y_ab: what is summed, and where the result is put
FIFTEEN = [
    *["ab->ab", "ab->ba"],
    *["aa->aa", "ab->aa", "ba->aa"],  # diagonal, sums of rows, sums of columns, on the diagonal
    *["aa->ab", "ac->ab", "ca->ab", "bb->ab", "bc->ab", "cb->ab"],  # the same, on all of a row or of a column
    *["cc->ab", "cd->ab", "cc->aa", "cd->aa"],  # trace and total, everywhere and on the diagonal
]


def maron(x):
    """The fifteen maps, `(15, n, n, c)` of x `(n, n, c)`."""
    n, found = len(x), []
    for term in FIFTEEN:
        ins, outs = term.split("->")
        kept = "".join(sorted(set(ins) & set(outs)))
        y = np.einsum(f"{ins}z->{kept}z", x)
        for letter in sorted(set(outs) - set(kept)):  # what no input says is the same everywhere
            y, kept = np.repeat(y[None], n, 0), letter + kept
        eye = np.eye(n)[..., None]
        found.append(np.einsum(f"{kept}z->{outs}z", y) if len(set(outs)) == 2 else eye * y[:, None])
    return np.stack(found)


def drawn(f):
    """Parameters, none of them zero."""
    return tuple((0.4 * rng.normal(size=s.shape)).astype(s.dtype) for s in f.param.structs)


def run(f, params, *xs):
    return np.asarray(jax.jit(lambda params, *xs: f(params, *xs))(params, *xs))


def test_a_layer_of_deep_sets_is_its_formula():
    """x Λ + (1 1ᵀ x) Γ / √n + 1 βᵀ, in the normalisation of `linear`."""
    n, layer = 7, S(7).power(1, channels=3) >> linear(power=1, channels=5)
    weight, bias = params = drawn(layer)
    own = next(i for i, d in enumerate(basis(S(n), 1, 1)) if np.array_equal(d.matrix(n), np.eye(n)))
    x = rng.normal(size=(n, 3)).astype(np.float32)
    wanted = x @ weight[own] + np.ones((n, n)) @ x @ weight[1 - own] / np.sqrt(n) + bias
    np.testing.assert_allclose(run(layer, params, x), wanted, rtol=1e-4, atol=1e-5)
    assert not np.allclose(run(layer, params, x), x @ weight[own] + bias, atol=1e-2)


@settings(max_examples=10, deadline=None)
@given(c=st.integers(1, 4), w=st.integers(1, 6), out=st.integers(1, 3))
def test_parameters_of_deep_sets(c, w, out):
    model = S(6).power(1, channels=c) >> deep_sets((w, w + 1), out, head=(4,))
    layers = 2 * c * w + w + 2 * w * (w + 1) + w + 1
    assert model.param.size == layers + (w + 1) * 4 + 4 + 4 * out + out


def test_deep_sets_is_its_formula():
    """ρ(Σ φ(x)) as numpy has it."""
    n, model = 5, S(5).power(1, channels=2) >> deep_sets((3,), 1, head=(4,))
    params = drawn(model)
    weight, bias, sums, shift, kernel, last = map(np.asarray, params)
    own = next(i for i, d in enumerate(basis(S(n), 1, 1)) if np.array_equal(d.matrix(n), np.eye(n)))
    x = rng.normal(size=(n, 2)).astype(np.float32)
    hidden = np.maximum(x @ weight[own] + x.sum(0) @ weight[1 - own] / np.sqrt(n) + bias, 0)
    wanted = np.maximum(hidden.sum(0) @ sums[0] / np.sqrt(n) + shift[0], 0) @ kernel + last
    np.testing.assert_allclose(run(model, params, x), wanted, rtol=1e-4, atol=1e-5)


def test_the_fifteen_maps_of_maron_are_the_diagrams():
    n = 4
    units = np.eye(n * n).reshape(n * n, n, n, 1)
    theirs = np.stack([maron(u)[..., 0].reshape(15, n * n) for u in units], -1)
    ours = np.stack([d.matrix(n) for d in basis(S(n), 2, 2)])
    assert len(ours) == 15 and np.linalg.matrix_rank(theirs.reshape(15, -1)) == 15
    assert {m.tobytes() for m in theirs.astype(np.int64)} == {np.asarray(m, np.int64).tobytes() for m in ours}


@pytest.mark.parametrize("n", [4, 6])
def test_a_layer_of_graphs_is_the_sum_of_the_fifteen_maps(n):
    layer = S(n).power(2, channels=3) >> linear(power=2, channels=2, normalised=False)
    weight, bias = params = drawn(layer)
    assert weight.shape == (15, 3, 2) and bias.shape == (2, 2)
    units = np.eye(n * n).reshape(n * n, n, n, 1)
    theirs = np.stack([maron(u)[..., 0].reshape(15, n * n) for u in units], -1)
    order = [next(i for i, m in enumerate(theirs) if np.array_equal(m, d.matrix(n))) for d in basis(S(n), 2, 2)]
    x = rng.normal(size=(n, n, 3)).astype(np.float32)
    wanted = np.einsum("kabc,kcd->abd", maron(x)[order], np.asarray(weight))
    everywhere = next(i for i, d in enumerate(basis(S(n), 0, 2)) if d.matrix(n).all())
    wanted += np.asarray(bias[everywhere]) + np.eye(n)[..., None] * np.asarray(bias[1 - everywhere])
    np.testing.assert_allclose(run(layer, params, x), wanted, rtol=1e-4, atol=1e-4)


@settings(max_examples=6, deadline=None)
@given(c=st.integers(1, 3), w=st.integers(1, 4))
def test_parameters_of_graph_networks(c, w):
    two = S(5).power(2, channels=c) >> invariant_graph_network((w, w), 3, head=(4, 5), norm=False)
    head = 4 * 5 + 5 + 5 * 3 + 3
    assert two.param.size == (15 * c * w + 2 * w) + (15 * w * w + 2 * w) + (2 * w * 4 + 4) + head


def test_parameters_of_the_third_order():
    three = S(6).power(2) >> invariant_graph_network((2, 3), 1, order=3, head=(4,))
    assert three.param.size == (52 * 2 + 5 * 2) + (203 * 6 + 5 * 3) + (5 * 3 * 4 + 4) + 2 * 4 + 5


@pytest.mark.parametrize(
    "model",
    [
        S(6).power(1, channels=3) >> deep_sets((8, 8), 2),
        S(5).power(2, channels=2) >> invariant_graph_network((4, 4), 2),
        S(4).power(2) >> invariant_graph_network((3,), 2, order=3, norm=False),
        S(5).power(2, channels=2) >> linear(power=2, channels=4) >> cl.gelu >> linear(power=1, channels=3),
    ],
    ids=["sets", "graphs", "third order", "to nodes"],
)
def test_networks_commute_with_permutations(model):
    assert equivariance_error(model) <= 1e-5


def test_a_network_of_all_the_numbers_does_not():
    broken = cl.forget(S(5).power(2)) >> cl.flatten >> cl.dense(8) >> cl.relu >> cl.dense(1)
    assert equivariance_error(broken, dom=S(5).power(2), cod=cl.R(1)) > 1e-2


def test_activations_that_break_the_symmetry_are_refused():
    for group in (O(3), Sp(4)):
        with pytest.raises(EquivarianceError, match="relu is no intertwiner"):
            group.power(1, channels=4) >> deep_sets((8,))
    with pytest.raises(EquivarianceError, match="relu is no intertwiner"):
        O(3).power(2) >> invariant_graph_network((8,))
    for wrong in ({"order": 0}, {"order": 1.5}, {"head": ()}):
        with pytest.raises(TypingError):
            invariant_graph_network((8,), **wrong)


def test_what_the_orders_tell_apart():
    """A ring of six and two of three: not 2-WL (oblivious), whatever the weights, and 3-WL, for almost all of them."""
    ring = np.roll(np.eye(6), 1, 0) + np.roll(np.eye(6), -1, 0)
    triangle = np.ones((3, 3)) - np.eye(3)
    two = np.kron(np.eye(2), triangle)
    for order, apart in ((2, False), (3, True)):
        model = S(6).power(2) >> invariant_graph_network((8, 4) if order == 2 else (8,), 1, order=order, norm=False)
        params = drawn(model)
        left, right = (run(model, params, A[..., None].astype(np.float32)).item() for A in (ring, two))
        assert (abs(left - right) > 1e-3) == apart
