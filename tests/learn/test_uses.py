"""The one composite put to other uses, against the formulas of the papers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import TypingError


def test_a_step_of_a_dream_is_ascent_on_a_logit(key):
    """`a⁺ = a + ε·π_A R[f](p, a, b_t)`, whatever the prediction."""
    model = R(5) >> cl.dense(8) >> cl.tanh >> cl.dense(3)
    params, a, target = model.init(key), jax.random.normal(key, (5,)), jnp.eye(3)[1:2]
    dreamer = cl.dream(model, params, cl.ascent(0.2))
    assert dreamer.state.labels == ("0.parameter.input",)
    expected = a + 0.2 * jax.grad(lambda a: model(params, a)[1])(a)
    (after,), _ = dreamer.step(dreamer.start((a,)), ((), target))
    np.testing.assert_allclose(after, expected, rtol=1e-5)


def test_a_dream_of_an_intertwiner_is_one_of_its_arrow_of_smooth(key):
    """A dream breaks the symmetry: its input is a parameter. It is that of the model without its representations."""
    from catlearn.equivariant import S, linear

    model = S(3).power(1) >> linear(power=0, channels=2) >> cl.dense(2)
    params, targets = model.init(key), ((), jnp.eye(2)[:1])
    ours, theirs = (cl.dream(f, params, cl.ascent(0.2)) for f in (model, cl.forget(model)))
    a = (jax.random.normal(key, (3, 1)),)
    np.testing.assert_array_equal(*(d.step(d.start(a), targets)[0][0] for d in (ours, theirs)))
    assert abs(ours.step(ours.start(a), targets)[0][0] - a[0]).max() > 0


def test_a_dream_raises_its_logit_and_can_be_fitted(key):
    model = R(5) >> cl.dense(8) >> cl.tanh >> cl.dense(3)
    params = model.init(key)
    dreamer = cl.dream(model, params, cl.ascent(0.1) >> cl.clip_by_global_norm(1.0), init=lambda k: (jax.random.normal(k, (5,)),))
    begin = dreamer.init(key)
    state, history = dreamer.fit(begin, ((), np.eye(3, dtype=np.float32)[2:]), epochs=50, batch_size=1)
    assert model(params, state[0])[2] > model(params, begin[0])[2] + 1
    assert history["loss"][-1] > history["loss"][0]
    assert begin[0].any() and dreamer.params(state)[0].shape == (5,)


G, D = R(2) >> cl.dense(8) >> cl.tanh >> cl.dense(3), R(3) >> cl.dense(8) >> cl.tanh >> cl.dense(1)


def test_one_reverse_pass_moves_both_players(key):
    """`L(p, q) = D_q(x) − D_q(G_p(z))`: p descends and q ascends, each by its own optimiser."""
    game = cl.gan(G, D, (cl.descent(0.1), cl.ascent(0.3)))
    p, q = G.init(key), D.init(jax.random.key(1))
    z, x = jax.random.normal(key, (6, 2)), jax.random.normal(key, (6, 3)) + 2

    def gap(p, q):
        return jnp.mean(jax.vmap(lambda z, x: D(q, x)[0] - D(q, G(p, z))[0])(z, x))

    (dp, dq), before = jax.grad(gap, (0, 1))(p, q), (*p, *q)
    state, metrics = game.step(game.start(before), ((z, x), ()))
    assert float(metrics["loss"]) == pytest.approx(float(gap(p, q)), rel=1e-4)
    expected = [a - 0.1 * d for a, d in zip(p, dp, strict=True)] + [a + 0.3 * d for a, d in zip(q, dq, strict=True)]
    for new, want in zip(state, expected, strict=True):
        np.testing.assert_allclose(new, want, rtol=1e-4, atol=1e-6)


def test_a_gan_moves_its_points_to_the_data(key):
    """The generator's mean goes to the data's; a penalty on the discriminator's size keeps the game tame."""
    z, x = jax.random.normal(key, (512, 2)), jax.random.normal(jax.random.key(1), (512, 3)) * 0.3 + jnp.array([1.0, -1.0, 0.5])
    critic = R(3) >> cl.dense(16) >> cl.tanh >> cl.dense(1)
    players = (cl.rmsprop(0.002), cl.rmsprop(0.002) >> cl.rescale(-1.0) >> cl.weight_decay(0.1))
    game = cl.gan(G, critic, players)
    state, _ = game.fit(game.init(key), ((z, x), ()), epochs=60, batch_size=64, key=key)
    made = np.asarray(cl.batch(G, 512)(game.params(state)[: len(G.param)], z)).mean(0)
    assert np.linalg.norm(made - np.array([1.0, -1.0, 0.5])) < 0.5


def test_a_loss_of_the_input(key):
    """An autoencoder has no labels: the loss compares the output with the input itself."""
    coder = R(4) >> cl.dense(2) >> cl.dense(4)
    rebuilt = cl.loss(lambda y, x: jnp.sum((y - x) ** 2), cl.I, arity=2)
    learner = cl.supervised(cl.with_input(coder), rebuilt, cl.adam(0.02))
    xs = jax.random.normal(key, (64, 2)) @ jax.random.normal(jax.random.key(1), (2, 4))
    state, history = learner.fit(learner.init(key), (xs, ()), epochs=100, batch_size=16, key=key)
    assert history["loss"][-1] < 0.02 * history["loss"][0]
    out, shown = learner.predict(state, xs)
    np.testing.assert_array_equal(shown, xs)
    np.testing.assert_allclose(history["loss"][-1], float(jnp.mean(jnp.sum((out - xs) ** 2, -1))), atol=0.05)


def test_players_that_do_not_fit():
    with pytest.raises(TypingError, match="makes R\\(3\\)"):
        cl.gan(G, R(4) >> cl.dense(1), (cl.descent(0.1), cl.ascent(0.1)))


def test_players_of_one_parameter_or_none(key):
    one = cl.gan(R(2) >> cl.linear(3), R(3) >> cl.linear(1), (cl.descent(0.1), cl.ascent(0.1)))
    fixed = G.reparameterise(cl.constant(G.init(key)))
    none = cl.gan(fixed, D, (cl.descent(0.1), cl.ascent(0.1)))
    for game in (one, none):
        state, metrics = game.step(game.init(key), ((jnp.ones((4, 2)), jnp.ones((4, 3))), ()))
        assert np.isfinite(metrics["loss"]) and len(state) == len(game.state)
    with pytest.raises(TypingError, match="a pair"):
        cl.gan(G, D, cl.adam(0.1))


def test_a_dream_predicts_without_inputs_and_needs_a_smooth_one(key):
    model = R(5) >> cl.dense(3)
    dreamer = cl.dream(model, model.init(key), cl.ascent(0.1))
    np.testing.assert_allclose(dreamer.predict(dreamer.init(key), ()), model(model.init(key), jnp.zeros(5)), rtol=1e-6)
    with pytest.raises(TypingError, match="can't change smoothly"):
        cl.dream(R(dtype="int32") >> cl.function(lambda i: jax.nn.one_hot(i, 5)), (), cl.ascent(0.1))
