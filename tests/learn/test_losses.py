"""Losses against optax, and their lenses against the formulas of the paper (with its corrections)."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError
from catlearn.learn.losses import Loss


def backward(loss, b, t, alpha):
    lens = cl.reverse(R(*b.shape) >> loss)
    return lens.backward(lens.forward((t,), b)[1], alpha)


def test_quadratic(key):
    b, t = jax.random.normal(key, (2, 5))
    assert np.isclose((R(5) >> cl.quadratic)((t,), b), optax.l2_loss(b, t).sum(), rtol=1e-6)
    (dt,), db = backward(cl.quadratic, b, t, jnp.float32(0.5))
    np.testing.assert_allclose(dt, 0.5 * (t - b), rtol=1e-6)
    np.testing.assert_allclose(db, 0.5 * (b - t), rtol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_softmax_cross_entropy(key, scale):
    b, t = scale * jax.random.normal(key, (5,)), jnp.int32(3)
    theirs = optax.softmax_cross_entropy_with_integer_labels(b, t)
    assert np.isclose((R(5) >> cl.softmax_cross_entropy)((t,), b), theirs, rtol=1e-5, atol=1e-6)
    dt, db = backward(cl.softmax_cross_entropy, b, t, jnp.float32(-2))
    assert dt == ()
    np.testing.assert_allclose(db, -2 * (jax.nn.softmax(b) - jax.nn.one_hot(t, 5)), rtol=1e-5, atol=1e-6)


def test_the_parameter_of_a_loss_is_the_target():
    loss = R(5) >> cl.softmax_cross_entropy
    assert loss.param == R(dtype="int32") and loss.param.labels == ("target",) and loss.cod == R()
    assert cl.batch(loss, 7).param == R(7, dtype="int32")


def test_optics_of_losses(key):
    for loss in (cl.quadratic, cl.softmax_cross_entropy):
        assert laws.agrees_with_vjp(R(4) >> loss, key) is None
        assert laws.agrees_with_vjp(cl.batch(R(2) >> cl.dense(4) >> loss, 3), key) is None


def test_a_wrong_loss_gradient_is_caught(key):
    """The printed formula for the quadratic loss, with its signs exchanged."""

    class Printed(Loss):
        def target(self, dom):
            return dom

        def apply(self, params, *xs):
            return jnp.sum(jnp.square(xs[0] - params[0])) / 2

        def optic(self, dom):
            forward = lambda params, b: (self.apply(params, b), (params[0], b))  # noqa: E731
            return forward, lambda kept, a: ((a * (kept[1] - kept[0]),), a * (kept[0] - kept[1]))

    assert laws.agrees_with_vjp(R(4) >> Printed(), key).law == "optic: backward"


def test_a_label_that_is_no_class_is_never_a_number(key):
    b = jax.random.normal(key, (3,))
    loss = R(3) >> cl.softmax_cross_entropy
    assert [bool(jnp.isnan(loss((jnp.int32(t),), b))) for t in (-1, 0, 2, 3)] == [True, False, False, True]


@pytest.mark.parametrize("dom", [R(3, 4), R(), R(3, dtype="int32"), R(0)])
def test_what_is_no_vector_of_logits(dom):
    with pytest.raises(TypingError):
        dom >> cl.softmax_cross_entropy
