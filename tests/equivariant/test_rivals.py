"""The layers that benchmarks compare with ours compute the same function. Gradients are of order 100: tested by hundredths."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from benchmarks import equivariant_by_hand as by_hand
from catlearn.equivariant import S, linear, solve

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


@pytest.fixture(scope="module")
def setting():
    """Weights of our layer of S(5), an input, what comes out, and the gradients of Σ y² in both."""
    layer = S(5).power(2, channels=3) >> linear(power=2, channels=4, use_bias=False, normalised=False)
    model = cl.batch(layer, 2)
    w, x = (jax.random.normal(jax.random.key(i), o.structs[0].shape) for i, o in enumerate((model.param, model.dom)))
    lens = cl.reverse(model)

    @jax.jit
    def step(w, x):
        y, residual = lens.forward((w,), x)
        (dw,), dx = lens.backward(residual, 2 * y)
        return y, dw, dx

    return w, x, *step(w, x)


def both(f, w, x):
    """What a rival makes of these, and its gradients of Σ y²."""

    def squares(w, x):
        y = f(w, x)
        return jnp.sum(y**2), y

    (_, y), changes = jax.jit(jax.value_and_grad(squares, (0, 1), has_aux=True))(w, x)
    return y, *changes


def test_the_fifteen_maps_are_those_of_our_basis():
    assert sorted(by_hand.places(5)) == list(range(15))


@pytest.mark.parametrize("name", ["stack", "dense", "contractions"])
def test_rivals_in_jax(name, setting):
    rival = {"stack": by_hand.stack, "dense": by_hand.dense, "contractions": lambda n: by_hand.contractions(n, 2, 2)}[name](5)
    w, x, y, *changes = setting
    out, *found = both(rival, w, x)
    np.testing.assert_allclose(out, y, **CLOSE)
    for theirs, ours in zip(found, changes, strict=True):
        np.testing.assert_allclose(theirs / 100, ours / 100, **CLOSE)


def test_another_order_of_weights_is_another_layer(setting):
    w, x, y, *_ = setting
    assert np.abs(by_hand.stack(5)(jnp.roll(w, 1, 0), x) - y).max() > 0.1


def test_contractions_of_cubes():
    model = cl.batch(S(6).power(3) >> linear(power=3, use_bias=False, normalised=False), 2)
    w, x = (jax.random.normal(jax.random.key(i), o.structs[0].shape) for i, o in enumerate((model.param, model.dom)))
    rival = by_hand.contractions(6, 3, 3)
    found, ours = jax.jit(lambda w, x: (rival(w, x), model((w,), x)))(w, x)
    np.testing.assert_allclose(found, ours, **CLOSE)


def test_projection_keeps_the_matrix_of_our_layer(setting):
    w, x, y, _, dx = setting
    rival = by_hand.projected(5, solve(S(5), 2, 2))
    whole = by_hand.whole_matrix(5, w)
    out, _, change = both(rival, whole, x)
    np.testing.assert_allclose(out, y, **CLOSE)
    np.testing.assert_allclose(change / 100, dx / 100, **CLOSE)
    noise = jax.random.normal(jax.random.key(7), whole.shape)
    assert np.abs(rival(whole + noise, x) - y).max() > 0.1


def test_invariant_graph_network(setting):
    torch = pytest.importorskip("torch")
    from benchmarks.rivals_torch_equivariant import layer

    w, x, y, dw, dx = setting
    places = by_hand.places(5)
    weight = torch.tensor(np.array(w)[places]).requires_grad_()
    given = torch.tensor(np.array(x)).requires_grad_()
    out = layer(weight, given.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    np.testing.assert_allclose(out.detach().numpy(), y, **CLOSE)
    found = torch.autograd.grad((out**2).sum(), (weight, given))
    for theirs, ours in zip(found, (np.array(dw)[places], dx), strict=True):
        np.testing.assert_allclose(theirs.numpy() / 100, ours / 100, **CLOSE)
