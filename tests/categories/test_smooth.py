import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given

import catlearn as cl
from catlearn import R
from catlearn.categories.smooth import change, changed, changing, smooth, uncurry
from catlearn.laws.counterexample import run, sample
from catlearn.laws.strategies import arrows, keys


def test_a_model_is_a_jax_function(image_model, key):
    params, x = image_model.init(key), jnp.ones((8, 8, 1))
    y = image_model(params, x)
    np.testing.assert_allclose(jax.jit(image_model)(params, x), y, rtol=1e-5)
    assert jax.vmap(image_model, (None, 0))(params, jnp.stack([x, x])).shape == (2, 3)
    assert jax.grad(lambda p: image_model(p, x).sum())(params)[0].shape == (3, 3, 1, 4)


def test_numpy_values_are_welcome(image_model, key):
    params = jax.tree.map(np.asarray, image_model.init(key))
    assert image_model(params, np.ones((8, 8, 1))).shape == (3,)


@given(arrows(), keys())
def test_uncurrying_runs_alike(f, key):
    values = sample(f.dom @ f.param, key)
    for a, b in zip(run(f, values), run(uncurry(f), values), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_semantics_is_one_function_of_tuples():
    f = smooth(R(2) >> cl.linear(2))
    (y,) = f.arrow.run((jnp.ones(2), jnp.eye(2)))
    assert f.param == R(2, 2) and np.array_equal(y, [1, 1])


def test_several_wires_come_back_as_a_tuple():
    f = (R(2) @ R(3)) >> (cl.tanh @ cl.relu)
    a, b = f((), jnp.zeros(2), -jnp.ones(3))
    assert np.array_equal(a, np.zeros(2)) and np.array_equal(b, np.zeros(3))


def test_changes_leave_out_integers_booleans_and_keys():
    A = R(3) @ R(2, dtype="int32") @ cl.wire({"x": R(2), "n": R(dtype="bool")}) @ R(dtype="bool")
    assert len(change(A)) == 2 and change(A).size == 5
    values = (jnp.ones(3), jnp.arange(2), {"x": jnp.zeros(2), "n": jnp.array(True)}, jnp.array(False))
    moving = changing(A, values)
    assert jax.tree.map(jnp.shape, moving) == ((3,), {"n": None, "x": (2,)})
    back = changed(A, values, jax.tree.map(lambda v: v + 1, moving))
    assert np.array_equal(back[0], 2 * np.ones(3)) and back[2]["n"] is values[2]["n"] and back[1] is values[1]
