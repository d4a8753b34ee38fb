"""Products, gates and norms: equivariant for every group that they take, and refused by the others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import laws
from catlearn.core.errors import EquivarianceError, TypingError
from catlearn.equivariant import (
    SL,
    SO,
    Lorentz,
    O,
    S,
    Sp,
    gated,
    gram,
    linear,
    norm_activation,
    norms,
    squared_norms,
    tensor_product,
)

U = O(3).power(1, channels=3)


@pytest.mark.parametrize(
    "f",
    [
        U >> norm_activation(),
        U >> gated(cl.tanh),
        SO(3).power(1, channels=2) @ SO(3).power(1, channels=2) >> tensor_product() >> linear(power=1, channels=2),
        cl.copy(Sp(4).power(1, channels=2)) >> tensor_product() >> linear(power=0, channels=2) >> cl.relu,
        cl.copy(Lorentz().power(1, channels=2)) >> tensor_product() >> linear(power=0, channels=2),
        U >> gram() >> cl.dense(2),
        (O(2).standard() + O(2).standard() * O(2).standard()).wire(2) >> gated(),
        cl.copy((S(3).standard() + S(3).trivial).wire(2)) >> tensor_product(),
        (S(3) * O(2)).power((1, 1), channels=2) >> norm_activation(),
    ],
    ids=lambda f: f.code(),
)
def test_they_are_equivariant(f):
    assert laws.equivariant(f, samples=3) is None


def test_formulas():
    x = jax.random.normal(jax.random.key(0), (3, 3))
    lengths = np.linalg.norm(x, axis=0)
    np.testing.assert_allclose((U >> squared_norms())((), x), lengths**2, rtol=1e-5)
    np.testing.assert_allclose((U >> norms())((), x), lengths, rtol=1e-4)
    np.testing.assert_allclose((U >> gram())((), x), np.asarray(x.T @ x).reshape(-1), rtol=1e-5)
    b = jnp.array([0.1, -0.2, 0.3])
    expected = np.asarray(x) / (1 + np.exp(-(lengths + b)))
    np.testing.assert_allclose((U >> norm_activation())((b,), x), expected, rtol=1e-4)
    y = jax.random.normal(jax.random.key(1), (3, 3))
    np.testing.assert_allclose((U @ U >> tensor_product())((), x, y), np.einsum("ic,jc->ijc", x, y), rtol=1e-6)
    np.testing.assert_allclose((U @ cl.R(3) >> tensor_product())((), x, y[0]), x * y[0], rtol=1e-6)
    np.testing.assert_allclose((cl.R(3) @ cl.R(3) >> tensor_product())((), x[0], y[0]), x[0] * y[0], rtol=1e-6)


def test_gradients_at_zero_are_finite():
    f = U >> norm_activation()
    (dparams,), dx = jax.grad(lambda p, x: f(p, x).sum(), (0, 1))(f.init(jax.random.key(0)), jnp.zeros((3, 3)))
    assert bool(jnp.isfinite(dparams).all() and jnp.isfinite(dx).all())


def test_they_are_batched_and_reversed():
    f = U >> gated() >> linear(power=3, channels=2) >> gram()
    assert laws.batch_runs_each_example(cl.forget(f), 2, jax.random.key(0)) is None


def test_lengths_that_change_are_refused():
    for V in (Sp(2).power(1), SL(2).power(1), Lorentz().power(1)):
        for box in (norms(), norm_activation(), gated(), gram()):
            with pytest.raises(EquivarianceError, match=r"not orthogonal[\s\S]*tensor_product"):
                V >> box


def test_misfits_are_refused():
    with pytest.raises(TypingError, match="as many channels"):
        U @ O(3).power(1, channels=2) >> tensor_product()
    with pytest.raises(TypingError, match="2 wires"):
        U >> tensor_product()
