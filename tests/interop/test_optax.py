import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import TypingError
from tests.learn.test_optimisers import distance, optax_trajectory, problem, trajectory


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (cl.nesterov(0.02, 0.9), optax.sgd(0.02, momentum=0.9, nesterov=True)),
        (cl.adam(0.03), optax.adam(0.03)),
        (cl.momentum(0.05) >> cl.clip_by_global_norm(0.5), optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(0.05, 0.9))),
        (cl.by_path({"1": cl.nesterov(0.1), "*": cl.nesterov(0.1)}), optax.sgd(0.1, momentum=0.9, nesterov=True)),
    ],
)
def test_a_lens_as_a_transformation_has_optax_s_trajectory(ours, theirs):
    with jax.enable_x64(True):
        gradient, start = problem("float64")
        a, b = (optax_trajectory(tx, gradient, start, 60) for tx in (cl.to_optax(ours), theirs))
        assert max(map(distance, a, b)) <= 1e-12


def test_there_and_back_again():
    with jax.enable_x64(True):
        gradient, start = problem("float64")
        for lens in (cl.nesterov(0.02, 0.9), cl.adam(0.03)):
            round_trip = cl.from_optax(cl.to_optax(lens))
            a, b = trajectory(lens, gradient, start, 60), trajectory(round_trip, gradient, start, 60)
            assert max(map(distance, a, b)) <= 1e-12


def test_masks_go_by_name(key):
    decay = optax.masked(optax.add_decayed_weights(0.5), lambda p: {path: path.endswith("kernel") for path in p})
    learner = cl.supervised(
        R(3) >> cl.dense(2), cl.quadratic, cl.from_optax(optax.chain(optax.scale(0.0), decay, optax.scale(-1.0)))
    )
    kernel, bias = learner.start((jnp.ones((3, 2)), jnp.ones(2)))[-2:]
    state, _ = learner.step(learner.start((kernel, bias)), (jnp.ones((4, 3)), jnp.zeros((4, 2))))
    np.testing.assert_allclose(state[-2], 0.5 * np.ones((3, 2)))
    np.testing.assert_allclose(state[-1], np.ones(2))


def test_an_equinox_model_trains_along_a_lens(key):
    model = eqx.nn.MLP(3, "scalar", 8, 1, key=key)
    tx = cl.to_optax(cl.by_path({"*.bias": cl.descent(0.01), "*": cl.nesterov(0.02)}))
    params, static = eqx.partition(model, eqx.is_inexact_array)
    x = jax.random.normal(key, (32, 3))

    @jax.jit
    def step(params, state):
        value, g = jax.value_and_grad(lambda p: jnp.mean((jax.vmap(eqx.combine(p, static))(x) - x[:, 0]) ** 2))(params)
        updates, state = tx.update(g, state, params)
        return optax.apply_updates(params, updates), state, value

    state, losses = tx.init(params), []
    for _ in range(40):
        params, state, value = step(params, state)
        losses.append(float(value))
    assert losses[-1] < 0.3 * losses[0]


def test_what_is_no_transformation():
    with pytest.raises(TypingError, match="takes an optax transformation"):
        cl.from_optax(0.1)
    with pytest.raises(TypingError, match="takes an optimiser"):
        cl.to_optax(optax.adam(0.1))
    with pytest.raises(TypingError, match="can't be a lens"):
        cl.supervised(R(3) >> cl.dense(2), cl.quadratic, cl.from_optax(optax.polyak_sgd()))
    with pytest.raises(TypingError, match="give them"):
        cl.to_optax(cl.adam(0.1)).update({}, ())
