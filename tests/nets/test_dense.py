import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError


def test_dense_is_equinox_linear_on_the_same_weights(key):
    theirs = eqx.nn.Linear(5, 3, key=key)
    x = jax.random.normal(key, (5,))
    ours = (R(5) >> cl.dense(3))((theirs.weight.T, theirs.bias), x)
    np.testing.assert_allclose(ours, theirs(x), rtol=1e-5, atol=1e-6)


def test_dense_is_linear_then_bias(key):
    f, g = R(4) >> cl.dense(3), R(4) >> cl.linear(3) >> cl.bias()
    assert laws.extensional("dense = linear; bias", f, g) is None
    assert laws.extensional("dense = linear", f[:1], R(4) >> cl.linear(3)) is None
    bare = R(4) >> cl.dense(3, use_bias=False)
    assert laws.extensional("dense = linear", bare, R(4) >> cl.linear(3)) is None
    assert cl.names(bare >> cl.dense(2)) == ("0.dense.kernel", "1.dense.kernel", "1.dense.bias")
    assert cl.names(cl.reverse(cl.batch(bare >> cl.tanh, 3))) == ("0.dense.kernel",)


def test_the_last_axis_is_mapped(key):
    f = R(2, 5) >> cl.dense(3)
    assert f.cod == R(2, 3) and f.param == R(5, 3) @ R(3)
    params, x = f.init(key), jax.random.normal(key, (2, 5))
    np.testing.assert_allclose(f(params, x), x @ params[0] + params[1], rtol=1e-5)


def test_a_batch_is_more_rows(key):
    f = R(2, 5) >> cl.linear(3)
    assert cl.batch(f, 4) == R(4, 2, 5) >> cl.linear(3)
    lens = cl.reverse(cl.batch(R(2, 5) >> cl.dense(3), 4))
    run = lambda p, x, dy: lens.backward(lens.forward(p, x)[1], dy)  # noqa: E731
    jaxpr = jax.make_jaxpr(run)((*f.init(key), jnp.zeros(3)), jnp.ones((4, 2, 5)), jnp.ones((4, 2, 3)))
    products = [eqn for eqn in jaxpr.eqns if eqn.primitive.name == "dot_general"]
    assert len(products) == 3 and all(x.aval.ndim == 2 for eqn in products for x in eqn.invars)
    assert laws.batch_runs_each_example(f, 3, key) is None and laws.batch_sums_gradients(f, 3, key) is None
    assert (R(2, 0, 3) >> cl.linear(4))((jnp.ones((3, 4)),), jnp.ones((2, 0, 3))).shape == (2, 0, 4)


def test_parameters_take_the_dtype_of_the_domain(key):
    f = R(3, dtype="bfloat16") >> cl.dense(2)
    assert f.cod == R(2, dtype="bfloat16") and all(p.dtype == jnp.bfloat16 for p in f.init(key))
    with jax.enable_x64(True):
        g = R(3, dtype="float64") >> cl.dense(2)
        assert g(g.init(key), jnp.ones(3)).dtype == jnp.float64


def test_initialisers_are_jax_s(key):
    f = R(400) >> cl.dense(100, kernel_init=jax.nn.initializers.glorot_normal())
    assert np.isclose(float(f.init(key)[0].std()), np.sqrt(2 / 500), rtol=0.05)
    assert np.isclose(float((R(400) >> cl.dense(100)).init(key)[0].std()), np.sqrt(1 / 400), rtol=0.05)


@pytest.mark.parametrize("units", [0, -1, 2.5, "3", True])
def test_units_are_a_number(units):
    with pytest.raises(TypingError, match="whole number ≥ 1"):
        R(3) >> cl.dense(units)


@pytest.mark.parametrize("dom", [R(), R(3, dtype="int32"), R(3) @ R(3), cl.wire({"a": R(3)})])
def test_what_dense_does_not_take(dom):
    for layer in (cl.dense(2), cl.linear(2), cl.bias()):
        with pytest.raises(TypingError):
            dom >> layer
