"""The layers that benchmarks compare with ours compute the same function. Gradients are of order 100: tested by hundredths."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from benchmarks import equivariant_by_hand as by_hand
from catlearn.equivariant import S, linear, solve

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def setting(n=5, k=2, batch=2, c_in=3, c_out=4):
    """Our layer, weights, an input, and the gradients of Σ y² in both."""
    layer = S(n).power(k, channels=c_in) >> linear(power=k, channels=c_out, use_bias=False, normalised=False)
    model = cl.batch(layer, batch)
    w, x = (jax.random.normal(jax.random.key(i), o.structs[0].shape) for i, o in enumerate((model.param, model.dom)))
    lens = cl.reverse(model)
    y, residual = lens.forward((w,), x)
    (dw,), dx = lens.backward(residual, 2 * y)
    return w, x, y, dw, dx


def gradient(f, w, x):
    return jax.grad(lambda w, x: jnp.sum(f(w, x) ** 2), (0, 1))(w, x)


def test_the_fifteen_maps_are_those_of_our_basis():
    assert sorted(by_hand.places(5)) == list(range(15))


@pytest.mark.parametrize("name", ["stack", "dense", "contractions"])
def test_rivals_in_jax(name):
    rival = {"stack": by_hand.stack, "dense": by_hand.dense, "contractions": lambda n: by_hand.contractions(n, 2, 2)}[name](5)
    w, x, y, dw, dx = setting()
    np.testing.assert_allclose(rival(w, x), y, **CLOSE)
    for found, ours in zip(gradient(rival, w, x), (dw, dx), strict=True):
        np.testing.assert_allclose(found / 100, ours / 100, **CLOSE)


def test_another_order_of_weights_is_another_layer():
    w, x, y, *_ = setting()
    assert np.abs(by_hand.stack(5)(jnp.roll(w, 1, 0), x) - y).max() > 0.1


def test_contractions_of_cubes():
    w, x, y, *_ = setting(6, 3, c_in=1, c_out=2)
    np.testing.assert_allclose(by_hand.contractions(6, 3, 3)(w, x), y, **CLOSE)


def test_projection_keeps_the_matrix_of_our_layer():
    w, x, y, _, dx = setting()
    rival = by_hand.projected(5, solve(S(5), 2, 2))
    whole = by_hand.whole_matrix(5, w)
    np.testing.assert_allclose(rival(whole, x), y, **CLOSE)
    np.testing.assert_allclose(gradient(rival, whole, x)[1] / 100, dx / 100, **CLOSE)
    noise = jax.random.normal(jax.random.key(7), whole.shape)
    assert np.abs(rival(whole + noise, x) - y).max() > 0.1


def test_invariant_graph_network():
    torch = pytest.importorskip("torch")
    from benchmarks.rivals_torch_equivariant import layer

    w, x, y, dw, dx = setting()
    places = by_hand.places(5)
    weight = torch.tensor(np.array(w)[places]).requires_grad_()
    given = torch.tensor(np.array(x)).requires_grad_()
    out = layer(weight, given.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    np.testing.assert_allclose(out.detach().numpy(), y, **CLOSE)
    found = torch.autograd.grad((out**2).sum(), (weight, given))
    for theirs, ours in zip(found, (np.array(dw)[places], dx), strict=True):
        np.testing.assert_allclose(theirs.numpy() / 100, ours / 100, **CLOSE)
