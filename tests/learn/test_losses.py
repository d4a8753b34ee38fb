"""Losses against optax, and their lenses against the formulas of the paper (with its corrections)."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import ArgumentError, TypingError
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


@pytest.mark.parametrize("dom", [R(), R(3, dtype="int32"), R(0)])
def test_what_is_no_vector_of_logits(dom):
    with pytest.raises(TypingError):
        dom >> cl.softmax_cross_entropy


@pytest.mark.parametrize(
    ("loss", "make", "theirs"),
    [
        (cl.softmax_cross_entropy(smoothing=0.1), "integer", lambda F, b, t: F.smoothed(b, t, 0.1)),
        (cl.softmax_cross_entropy(dense=True), "dense", lambda F, b, t: optax.softmax_cross_entropy(b, t)),
        (cl.softmax_cross_entropy(dense=True, smoothing=0.2), "dense", lambda F, b, t: F.smoothed_dense(b, t, 0.2)),
        (cl.sigmoid_cross_entropy, "unit", lambda F, b, t: -(t * np.log(F.sigma(b)) + (1 - t) * np.log(1 - F.sigma(b))).sum()),
        (cl.huber(0.5), "float", lambda F, b, t: F.huber(b, t, 0.5)),
        (cl.dot_product, "float", lambda F, b, t: np.dot(b, t)),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, Loss) else "",
)
def test_losses_against_their_formulas(loss, make, theirs, key):
    b = np.asarray(jax.random.normal(key, (5,)), np.float64)
    t = {"integer": np.int32(3), "dense": np.full(5, 0.2), "unit": np.linspace(0, 1, 5), "float": np.linspace(-2, 2, 5)}[make]
    ours = R(5) >> loss
    value = ours((jnp.asarray(t, ours.param.structs[0].dtype),), jnp.asarray(b, jnp.float32))
    np.testing.assert_allclose(value, theirs(_Formulas, b, t), rtol=1e-5)
    assert eval(repr(loss), vars(cl)) == loss
    assert laws.agrees_with_vjp(ours, key) is None or make == "integer"


class _Formulas:
    """Written anew, in numpy and float64."""

    sigma = staticmethod(lambda b: 1 / (1 + np.exp(-b)))
    log_softmax = staticmethod(lambda b: b - np.log(np.exp(b).sum()))

    @classmethod
    def smoothed(cls, b, t, a):
        return cls.smoothed_dense(b, np.eye(len(b))[t], a)

    @classmethod
    def smoothed_dense(cls, b, t, a):
        return -(((1 - a) * t + a / len(b)) * cls.log_softmax(b)).sum()

    @staticmethod
    def huber(b, t, d):
        e = np.abs(b - t)
        return np.where(e <= d, e**2 / 2, d * (e - d / 2)).sum()


def test_a_sequence_has_the_mean_of_its_positions(key):
    logits, labels = jax.random.normal(key, (4, 3)), jnp.array([0, 2, 1, 1])
    whole = R(4, 3) >> cl.softmax_cross_entropy
    one = R(3) >> cl.softmax_cross_entropy
    np.testing.assert_allclose(whole((labels,), logits), np.mean([one((t,), b) for t, b in zip(labels, logits)]), rtol=1e-5)


def masked(mask):
    """A learner on sequences and the mean loss and gradient over the positions of a mask, by hand."""
    model = R(4, 2) >> cl.dense(3)
    learner = cl.supervised(model, cl.weighted(cl.softmax_cross_entropy), cl.descent(1.0), metrics={"accuracy": cl.accuracy})
    rng = np.random.default_rng(0)
    xs, ys = rng.normal(size=(6, 4, 2)).astype(np.float32), rng.integers(0, 3, (6, 4)).astype(np.int32)

    def by_hand(params):
        logits = xs @ params[0] + params[1]
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, ys)
        return jnp.sum(losses * mask) / jnp.sum(mask)

    return learner, (xs, (ys, mask)), by_hand


def test_masked_positions_do_not_count(key):
    mask = (np.arange(24).reshape(6, 4) % 3 > 0).astype(np.float32)
    learner, examples, by_hand = masked(mask)
    params = learner.model.init(key)
    loss, g = jax.value_and_grad(by_hand)(params)
    state, metrics = learner.step(learner.start(params), examples)
    assert float(metrics["loss"]) == pytest.approx(float(loss), rel=1e-5)
    for new, p, d in zip(state, params, g, strict=True):
        np.testing.assert_allclose(new, p - d, rtol=1e-4, atol=1e-6)
    (xs, (ys, _)), right = examples, np.argmax(examples[0] @ params[0] + params[1], -1) == examples[1][0]
    assert float(metrics["accuracy"]) == pytest.approx((right * mask).sum() / mask.sum())
    garbage = xs + 100 * (1 - mask)[..., None], (np.where(mask > 0, ys, 2), mask)
    assert float(learner.step(learner.start(params), garbage)[1]["loss"]) == pytest.approx(float(loss), rel=1e-5)


@pytest.mark.parametrize("loop", ["scan", "steps"])
def test_epochs_weigh_batches_by_their_weights(loop, key):
    mask = np.zeros((6, 4), np.float32)
    mask[0], mask[4, 0] = 1, 5
    learner, examples, by_hand = masked(mask)
    still = cl.supervised(learner.model, learner.loss.op, cl.descent(1e-12))
    params = still.model.init(key)
    _, history = still.fit(still.start(params), examples, batch_size=2, loop=loop, validation=examples)
    assert history["loss"][0] == pytest.approx(float(by_hand(params)), rel=1e-5)
    assert history["validation_loss"][0] == pytest.approx(float(by_hand(params)), rel=1e-5)


def test_weights_of_nothing_and_bad_weights(key):
    learner, (xs, (ys, _)), _ = masked(np.ones((6, 4), np.float32))
    params = learner.model.init(key)
    state, metrics = learner.step(learner.start(params), (xs, (ys, np.zeros((6, 4), np.float32))))
    assert float(metrics["loss"]) == 0 and laws.equal_values("still", state, params) is None
    with pytest.raises(ArgumentError, match="weights are numbers ≥ 0"):
        learner.fit(learner.start(params), (xs, (ys, -np.ones((6, 4), np.float32))))
    with pytest.raises(ArgumentError, match="2 wires of targets"):
        learner.step(learner.start(params), (xs, ys))
    with pytest.raises(TypingError, match="takes a loss"):
        cl.weighted(cl.relu)


@pytest.mark.parametrize(
    ("loss", "labels"), [(cl.softmax_cross_entropy(dense=True), np.ones((4, 2))), (cl.sigmoid_cross_entropy, 2 * np.ones((4, 2)))]
)
def test_labels_that_make_no_sense(loss, labels, key):
    learner = cl.supervised(R(3) >> cl.dense(2), loss, cl.descent(0.1))
    with pytest.raises(ArgumentError, match="labels"):
        learner.fit(learner.init(key), (np.zeros((4, 3), np.float32), labels.astype(np.float32)))


def test_a_loss_of_one_s_own(key):
    absolute = cl.loss(lambda y, t: jnp.abs(y - t))
    learner = cl.supervised(R(3) >> cl.dense(2), absolute, cl.descent(0.05))
    xs, ys = jax.random.normal(key, (8, 3)), jnp.ones((8, 2))
    state = learner.init(key)
    expected = np.abs(np.asarray(learner.predict(state, xs)) - 1).mean()
    assert float(learner.step(state, (xs, ys))[1]["loss"]) == pytest.approx(expected, rel=1e-5)
    none = cl.supervised(R(3) >> cl.dense(2), cl.loss(lambda y: jnp.sum(y**2), cl.I), cl.descent(0.05))
    state = none.init(key)
    assert np.isfinite(none.step(state, (xs, ()))[1]["loss"])
    with pytest.raises(TypingError, match="can't be typed"):
        R(3) >> cl.loss(lambda y: y)


def test_regularisers_are_losses_on_the_parameter_wire(key):
    model = R(3) >> cl.dense(4) >> cl.tanh >> cl.dense(2)
    learner = cl.supervised(model, cl.quadratic, cl.descent(1.0), regulariser=cl.l2(0.1, "*.kernel"))
    params, xs, ys = model.init(key), jax.random.normal(key, (8, 3)), jnp.ones((8, 2))

    def by_hand(p):
        fit = jnp.mean(jnp.sum((jax.vmap(lambda x: model(p, x))(xs) - ys) ** 2, -1) / 2)
        return fit + 0.05 * (jnp.sum(p[0] ** 2) + jnp.sum(p[2] ** 2))

    value, g = jax.value_and_grad(by_hand)(params)
    state, metrics = learner.step(learner.start(params), (xs, ys))
    assert float(metrics["loss"]) == pytest.approx(float(value), rel=1e-5)
    for new, p, d in zip(state, params, g, strict=True):
        np.testing.assert_allclose(new, p - d, rtol=1e-4, atol=1e-6)
    with pytest.raises(TypingError, match="chooses none"):
        cl.supervised(model, cl.quadratic, cl.descent(1.0), regulariser=cl.l1(0.1, "kernel"))
    with pytest.raises(TypingError, match="a regulariser gives one scalar"):
        cl.supervised(R(2) >> cl.bias(), cl.quadratic, cl.descent(1.0), regulariser=cl.relu)


@pytest.mark.parametrize("loss", [cl.quadratic, cl.huber(1.0), cl.sigmoid_cross_entropy])
def test_what_has_no_weight_has_no_gradient_even_where_it_is_no_number(loss, key):
    learner = cl.supervised(R(2) >> cl.dense(1), cl.weighted(loss), cl.descent(0.1))
    ys, ws = jnp.array([[1.0], [jnp.nan], [0.0]]), jnp.array([1.0, 0.0, 1.0])
    state, metrics = learner.step(learner.init(key), (jnp.ones((3, 2)), (ys, ws)))
    assert np.isfinite(metrics["loss"]) and all(np.all(np.isfinite(p)) for p in state)


def test_padding_labels_need_no_class_where_they_do_not_count(key):
    learner, (xs, (ys, _)), _ = masked(np.ones((6, 4), np.float32))
    mask = np.ones((6, 4), np.float32)
    mask[:, 2:] = 0
    _, history = learner.fit(learner.init(key), (xs, (np.where(mask > 0, ys, -1), mask)), batch_size=3)
    assert np.isfinite(history["loss"][0])


def test_many_weights_in_half_precision(key):
    learner = cl.supervised(R(1024, 2, dtype="float16") >> cl.dense(5), cl.weighted(cl.softmax_cross_entropy), cl.descent(0.1))
    ys = jnp.zeros((64, 1024), int), jnp.ones((64, 1024))
    _, metrics = learner.step(learner.init(key), (jnp.zeros((64, 1024, 2), "float16"), ys))
    assert float(metrics["loss"]) == pytest.approx(np.log(5), rel=1e-2)


def test_dense_labels_in_bfloat16(key):
    learner = cl.supervised(R(3, dtype="bfloat16") >> cl.dense(10), cl.softmax_cross_entropy(dense=True), cl.descent(0.1))
    ys = jax.nn.softmax(jax.random.normal(key, (8, 10))).astype("bfloat16")
    assert learner.check_data((jnp.ones((8, 3), "bfloat16"), ys)) == 8


def test_what_has_no_gradient_is_no_loss():
    model = R(3) >> cl.dense(2)
    with pytest.raises(TypingError, match="no gradient"):
        cl.supervised(model, cl.loss(lambda y, t: jnp.argmax(y)), cl.descent(0.1))
    with pytest.raises(TypingError, match="predictions, targets, weights"):
        cl.supervised(model, cl.weighted(cl.quadratic), cl.descent(0.1), metrics={"m": lambda y, t: 0.0})


def test_a_composite_loss_and_a_regulariser_of_one_s_own(key):
    model = R(3, dtype="bfloat16") >> cl.dense(2)
    price = cl.function(lambda w, b: jnp.sum(w**2), arity=2)
    learner = cl.supervised(model, cl.tanh >> cl.softmax_cross_entropy, cl.descent(0.1), regulariser=price)
    assert "loss=tanh >> softmax_cross_entropy" in repr(learner)
    with pytest.raises(ArgumentError, match="labels are the numbers"):
        learner.fit(learner.init(key), (jnp.ones((4, 3), "bfloat16"), np.full(4, 9)))
    with pytest.raises(TypingError, match="with parameters"):
        cl.supervised(R(3) >> cl.bias(), cl.quadratic, cl.descent(0.1), regulariser=cl.dense(1) >> cl.function(jnp.sum))
