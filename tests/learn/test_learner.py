import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catlearn as cl
from catlearn import R
from catlearn.categories.lens import backward_of, forward_of
from catlearn.core.errors import ArgumentError, TypingError


def test_the_step_is_the_backward_arrow_of_the_composite(learner, batch_of_blobs, key):
    state = learner.init(key)
    xs, ys = batch_of_blobs
    lens = learner.composite(16)
    out, residual = lens.forward((*state, ys), xs)
    back, _ = lens.backward(residual)
    after, metrics = learner.step(learner.init(key), batch_of_blobs)
    for a, b in zip(back, after, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    assert np.isclose(out[0], metrics["loss"], rtol=1e-6)


def test_the_composite_is_a_closed_diagram_that_can_be_inspected(learner):
    lens = learner.composite(16)
    assert forward_of(lens.dom) == R(16, 4) and len(backward_of(lens.cod)) == 0
    assert forward_of(lens.cod) == R() @ R(16, 3)
    assert [part.name for part in lens.body][:4] == ["dense", "tanh", "dense", "observe"]
    assert "nesterov(0.05)" in repr(lens.along) and cl.describe(lens).total > 0
    assert learner.state.labels[0] == "nesterov.0.dense.kernel" and learner.state.labels[4:] == learner.model.param.labels


def test_quadratic_loss_and_descent_is_the_formula_of_the_paper(key):
    """`p⁺ = p − ε π_P R[f](p, a, f(p, a) − b_t)`, on one example. Source: arXiv 2103.01931, Example 4.1."""
    model = R(3) >> cl.dense(2) >> cl.tanh
    learner = cl.supervised(model, cl.quadratic, cl.descent(0.1))
    p, x, t = model.init(key), jnp.ones((1, 3)), jnp.array([[0.5, -0.5]])
    _, back = jax.vjp(lambda p: model(p, x[0]), p)
    (gradient,) = back(model(p, x[0]) - t[0])
    after, _ = learner.step(learner.start(p), (x, t))
    for a, b, g in zip(after, p, gradient, strict=True):
        np.testing.assert_allclose(a, b - 0.1 * g, rtol=1e-5, atol=1e-7)


def test_training_equals_optax_on_a_whole_model(blobs, key):
    model = R(4) >> cl.dense(8) >> cl.tanh >> cl.dense(3)
    learner, tx = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(0.01)), optax.adam(0.01)
    xs, ys = map(jnp.asarray, blobs)
    state, params = learner.init(key), model.init(key)
    opt = tx.init(params)

    @jax.jit
    def step(params, opt):
        def loss(p):
            logits = jnp.tanh(xs @ p[0] + p[1]) @ p[2] + p[3]
            return optax.softmax_cross_entropy_with_integer_labels(logits, ys).mean()

        updates, opt = tx.update(jax.grad(loss)(params), opt, params)
        return optax.apply_updates(params, updates), opt

    for _ in range(20):
        state, _ = learner.step(state, (xs, ys))
        params, opt = step(params, opt)
    for a, b in zip(learner.params(state), params, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_step_gives_the_memory_of_its_state_away(learner, batch_of_blobs, key):
    state = learner.init(key)
    learner.step(state, batch_of_blobs)
    assert all(leaf.is_deleted() for leaf in state)


def test_predict_shows_what_the_model_sees(learner, batch_of_blobs, key):
    state, _ = learner.step(learner.init(key), batch_of_blobs)
    xs, ys = batch_of_blobs
    seen = learner.params(state)
    np.testing.assert_allclose(learner.predict(state, xs), cl.batch(learner.model, 16)(seen, xs), rtol=1e-5, atol=1e-6)
    assert not np.allclose(seen[0], state[4])
    judged = learner.evaluate(state, (xs, ys))
    assert np.isclose(judged["accuracy"], cl.accuracy(learner.predict(state, xs), ys))
    assert learner.predict(state, xs[:0]).shape == (0, 3)


def test_a_frozen_part_does_not_train(batch_of_blobs, key):
    features = R(4) >> cl.dense(8) >> cl.tanh
    kept = features.init(key)
    model = features.reparameterise(cl.constant(kept)) >> cl.dense(3)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(0.1))
    state, metrics = learner.step(learner.init(key), batch_of_blobs)
    assert len(learner.params(state)) == 2 and np.isfinite(metrics["loss"])


def test_a_wholly_frozen_model_can_be_stepped(batch_of_blobs, key):
    f = R(4) >> cl.dense(3)
    learner = cl.supervised(f.reparameterise(cl.constant(f.init(key))), cl.softmax_cross_entropy, cl.descent(0.1))
    state, metrics = learner.step(learner.init(key), batch_of_blobs)
    assert state == () and np.isfinite(metrics["loss"])


def test_models_of_several_inputs(key):
    model = (R(2) @ R(3)) >> (cl.dense(4) @ cl.dense(4)) >> cl.add >> cl.dense(2)
    learner = cl.supervised(model, cl.quadratic, cl.descent(0.1))
    xs = (jnp.ones((5, 2)), jnp.ones((5, 3)))
    state, metrics = learner.step(learner.init(key), (xs, jnp.zeros((5, 2))))
    assert np.isfinite(metrics["loss"]) and learner.predict(state, xs).shape == (5, 2)
    with pytest.raises(ArgumentError, match="2 wires of inputs"):
        learner.predict(state, xs[0])


def test_the_cap_carries_the_sign(batch_of_blobs, key):
    model = R(4) >> cl.dense(3)
    down = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1))
    up = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1), cap=cl.cap(-1.0))
    p = model.init(key)
    a, b = (learner.step(learner.start(p), batch_of_blobs)[0] for learner in (down, up))
    for x, y, z in zip(a, b, p, strict=True):
        np.testing.assert_allclose(x - z, z - y, rtol=1e-3, atol=1e-6)


def test_the_cap_may_be_any_map_of_the_loss(batch_of_blobs, key):
    """α(l) = l descends ½l²: the step is that of the plain loss, times the loss."""
    model = R(4) >> cl.dense(3)
    p = model.init(key)
    plain = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1))
    half_square = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1), cap=lambda loss: loss)
    a, metrics = plain.step(plain.start(p), batch_of_blobs)
    b, _ = half_square.step(half_square.start(p), batch_of_blobs)
    for x, y, z in zip(a, b, p, strict=True):
        np.testing.assert_allclose(y - z, (x - z) * metrics["loss"], rtol=1e-3, atol=1e-6)


def test_learners_pickle(learner, batch_of_blobs, key):
    learner.step(learner.init(key), batch_of_blobs)
    again = pickle.loads(pickle.dumps(learner))
    assert again == learner and all(map(np.array_equal, again.init(key), learner.init(key)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"optimiser": 0.1}, "must be a lens"),
        ({"optimiser": cl.adam}, "must be a lens"),
        ({"loss": cl.identity(R(3))}, "one scalar"),
        ({"metrics": {"loss": cl.accuracy}}, "can't be called 'loss'"),
        ({"metrics": {"validation_x": cl.accuracy}}, "can't be called"),
    ],
)
def test_what_is_no_learner(options, said):
    given = {"loss": cl.softmax_cross_entropy, "optimiser": cl.descent(0.1), **options}
    with pytest.raises(TypingError, match=said):
        cl.supervised(R(4) >> cl.dense(3), **given)


def test_a_metric_is_a_number(blobs, key):
    rows = {"rows": lambda p, t: p[:, 0]}
    learner = cl.supervised(R(4) >> cl.dense(3), cl.softmax_cross_entropy, cl.descent(0.1), metrics=rows)
    with pytest.raises(ArgumentError, match="must give a number"):
        learner.step(learner.init(key), blobs)


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ((jnp.zeros((4, 5)), jnp.zeros(4, int)), r"the inputs don't fit.\n  expected: R\(4, 4\)"),
        ((jnp.zeros((4, 4)), jnp.zeros(4)), "the targets don't fit(.|\n)*dtype int32 ≠ float32"),
        ((jnp.zeros((4, 4)), jnp.eye(4, 3)), r"the targets don't fit(.|\n)*1 axis \(4,\) ≠ 2 axes \(4, 3\)"),
        ((jnp.zeros((4, 4)), jnp.zeros(5, int)), "as many as the others"),
        ((jnp.zeros((0, 4)), jnp.zeros(0, int)), "no examples"),
        ((jnp.zeros((4, 4)),), "pair"),
        (jnp.zeros((4, 4)), "pair"),
        ((jnp.float32(1), jnp.int32(1)), "first axis"),
    ],
)
def test_bad_batches(learner, key, examples, said):
    with pytest.raises(ArgumentError, match=said):
        learner.step(learner.init(key), examples)


def test_a_loss_that_does_not_take_the_prediction():
    with pytest.raises(TypingError, match="logits on the last axis"):
        cl.supervised(R(4) >> cl.function(jnp.mean), cl.softmax_cross_entropy, cl.descent(0.1))


def test_given_parameters_are_checked_and_stay_valid(learner, batch_of_blobs, key):
    params = learner.model.init(key)
    with pytest.raises(ArgumentError):
        learner.start(params[:2])
    learner.step(learner.start(params), batch_of_blobs)
    assert not params[0].is_deleted()


def test_the_compiled_step_is_the_hand_written_one(key):
    """FLOPs and bytes against `jax.grad` and a hand-written Adam; stated for times in the benchmarks."""
    model = R(32) >> cl.dense(64) >> cl.relu >> cl.dense(10)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(1e-3))
    xs, ys = jnp.zeros((16, 32)), jnp.zeros(16, int)

    def by_hand(state, examples):
        t, m, v, p = state

        def loss(p):
            logits = jax.nn.relu(examples[0] @ p[0] + p[1]) @ p[2] + p[3]
            picked = jnp.take_along_axis(logits, examples[1][:, None], 1)[:, 0]
            return jnp.mean(jax.nn.logsumexp(logits, axis=1) - picked)

        value, g = jax.value_and_grad(loss)(p)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        p = jax.tree.map(lambda p, m, v: p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), p, m, v)
        return (t, m, v, p), value

    p = list(model.init(key))
    zeros = [jnp.zeros_like(x) for x in p]
    theirs = jax.jit(by_hand, donate_argnums=0).lower((jnp.int32(0), zeros, zeros, p), (xs, ys)).compile().cost_analysis()
    ours = learner.step.lower(learner.init(key), (xs, ys)).compile().cost_analysis()
    assert abs(ours["flops"] / theirs["flops"] - 1) <= 0.01
    assert abs(ours["bytes accessed"] / theirs["bytes accessed"] - 1) <= 0.01
