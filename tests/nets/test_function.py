import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws


@pytest.mark.parametrize(
    ("family", "numpy"), [(cl.relu, lambda x: np.maximum(x, 0)), (cl.tanh, np.tanh), (cl.sigmoid, lambda x: 1 / (1 + np.exp(-x)))]
)
def test_activations(family, numpy, key):
    x = jax.random.normal(key, (5,))
    np.testing.assert_allclose((R(5) >> family)((), x), numpy(np.asarray(x)), rtol=1e-5, atol=1e-6)
    assert laws.agrees_with_vjp(R(5) >> family, key) is None


@pytest.mark.parametrize(
    ("family", "options"),
    [
        (cl.gelu, {"approximate": "tanh"}),
        (cl.silu, {}),
        (cl.elu, {}),
        (cl.leaky_relu, {}),
        (cl.softplus, {}),
        (cl.softmax, {"dim": -1}),
        (cl.log_softmax, {"dim": -1}),
    ],
    ids=repr,
)
def test_activations_are_torch_s(family, options, key):
    torch = pytest.importorskip("torch")
    f, x = R(3, 5) >> family, 3 * jax.random.normal(key, (3, 5))
    theirs = getattr(torch.nn.functional, family.name)(torch.from_numpy(np.array(x)), **options)
    np.testing.assert_allclose(f((), x), theirs.numpy(), rtol=1e-5, atol=1e-6)
    assert laws.agrees_with_vjp(f, key) is None and laws.batch_runs_each_example(f, 2, key) is None
    assert family.precise == (family in (cl.softmax, cl.log_softmax)) and eval(repr(family), vars(cl)) is family


def test_gelu_keeps_its_input_and_knows_its_slope(key):
    lens, x = cl.reverse(R(2001) >> cl.gelu), jnp.linspace(-10, 10, 2001)
    _, residual = lens.forward((), x)
    assert [leaf.shape for leaf in jax.tree.leaves(residual)] == [(2001,)]
    slopes = jax.jit(jax.vmap(jax.grad(jax.nn.gelu)))(x)
    np.testing.assert_allclose(lens.backward(residual, jnp.ones(2001))[1], slopes, rtol=1e-5, atol=1e-5)
    whole = cl.reverse(R(3, dtype="int32") >> cl.gelu)
    assert whole.backward(whole.forward((), jnp.arange(3))[1], jnp.ones(3)) == ((), ())


def test_flatten_reads_rows_first():
    x = jnp.arange(6.0).reshape(1, 2, 3)
    assert np.array_equal((R(1, 2, 3) >> cl.flatten)((), x), np.arange(6))
    assert (R() >> cl.flatten).cod == R(1)
