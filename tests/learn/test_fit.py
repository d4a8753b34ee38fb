import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import ArgumentError
from catlearn.core.wires import object_of
from catlearn.learn import batches


def test_scan_and_steps_train_alike_and_the_last_partial_batch_counts(learner, blobs, key):
    options = {"epochs": 3, "batch_size": 32, "key": key, "validation": blobs}
    begin = learner.init(key)
    (a, h), (b, g) = (learner.fit(begin, blobs, loop=loop, **options) for loop in ("scan", "steps"))
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(h["loss"], g["loss"], rtol=1e-4)
    assert (h.loop, g.loop) == ("scan", "steps")
    assert not any(leaf.is_deleted() for leaf in begin)


def test_fit_is_the_step_unfolded_over_the_batches(learner, blobs, key):
    """90 examples in batches of 32 are 32, 32 and 26, in the order that the key draws."""
    state, history = learner.fit(learner.init(key), blobs, epochs=1, batch_size=32, key=key, loop="steps")
    order = np.random.default_rng([*np.asarray(jax.random.key_data(key)), 1]).permutation(90)
    by_hand, losses = learner.init(key), []
    for part in (order[:32], order[32:64], order[64:]):
        by_hand, metrics = learner.step(by_hand, (blobs[0][part], blobs[1][part]))
        losses.append(float(metrics["loss"]))
    for x, y in zip(state, by_hand, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6)
    assert np.isclose(history["loss"][0], np.average(losses, weights=[32, 32, 26]), rtol=1e-6)


def test_it_learns_and_reports(learner, blobs, key):
    state, history = learner.fit(learner.init(key), blobs, epochs=15, batch_size=30, key=key, validation=blobs)
    assert history.loop == "scan" and len(history) == 15
    assert set(history.columns) == {"epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds"}
    assert history["loss"][-1] < history["loss"][0] / 5
    assert float(cl.accuracy(learner.predict(state, blobs[0]), blobs[1])) > 0.95
    assert np.isclose(history["validation_accuracy"][-1], cl.accuracy(learner.predict(state, blobs[0]), blobs[1]))


def test_convolutions_on_cpu_run_step_by_step_and_products_do_not(image_model, key):
    """A convolution of few channels is a product with patches here, and may run inside a loop."""
    large = R(16, 16, 8) >> cl.conv(8, 3) >> cl.flatten >> cl.dense(3)
    for model, loop in ((large, "steps"), (image_model, "scan")):
        learner = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1))
        data = jnp.zeros((8, *model.dom.structs[0].shape)), jnp.zeros(8, int)
        _, history = learner.fit(learner.init(key), data, batch_size=8)
        assert history.loop == loop


def test_batches_from_an_iterable(learner, blobs, key):
    batches = [(blobs[0][:40], blobs[1][:40]), (blobs[0][40:], blobs[1][40:])]
    state, history = learner.fit(learner.init(key), batches, epochs=2)
    by_hand = learner.init(key)
    for _ in range(2):
        for examples in batches:
            by_hand, _ = learner.step(by_hand, examples)
    for x, y in zip(state, by_hand, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6)
    assert len(history) == 2
    _, once = learner.fit(learner.init(key), iter(batches), epochs=1)
    assert len(once) == 1
    with pytest.raises(ArgumentError, match="spent after one walk"):
        learner.fit(learner.init(key), iter(batches), epochs=2)


def test_without_a_key_the_order_is_kept(learner, blobs, key):
    a, _ = learner.fit(learner.init(key), blobs, batch_size=90)
    b, _ = learner.step(learner.init(key), blobs)
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loop", ["scan", "steps"])
def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_state(blobs, key, loop):
    learner = cl.supervised(R(4) >> cl.dense(3), cl.softmax_cross_entropy, cl.descent(0.1))
    xs = np.array(blobs[0])
    xs[70] = np.nan  # in order, batches of 30: epoch 1, step 3
    with pytest.raises(cl.DivergenceError, match="epoch 1, step 3") as caught:
        learner.fit(learner.init(key), (xs, blobs[1]), batch_size=30, epochs=2, loop=loop)
    good = learner.init(key)
    for i in (0, 30):
        good, _ = learner.step(good, (blobs[0][i : i + 30], blobs[1][i : i + 30]))
    for x, y in zip(caught.value.state, good, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-7)
    assert (caught.value.epoch, caught.value.step, len(caught.value.history)) == (1, 3, 0)


def test_a_rate_that_blows_up_keeps_finite_parameters(blobs, key):
    learner = cl.supervised(R(4) >> cl.dense(3), cl.quadratic, cl.descent(1e30))
    targets = np.zeros((90, 3), np.float32)
    with pytest.raises(cl.DivergenceError) as caught:
        learner.fit(learner.init(key), (blobs[0], targets), batch_size=10, epochs=3)
    assert all(np.isfinite(leaf).all() for leaf in caught.value.state)


@pytest.mark.parametrize("loop", ["scan", "steps"])
@pytest.mark.parametrize("epochs", [1, 3])
def test_parameters_that_overflow_in_the_last_step_are_not_kept(key, loop, epochs):
    xs = 1e3 * np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    learner = cl.supervised(R(3) >> cl.dense(2), cl.quadratic, cl.descent(3e38))
    with pytest.raises(cl.DivergenceError, match="epoch 1, step 1") as caught:
        learner.fit(learner.init(key), (xs, xs[:, :2]), epochs=epochs, batch_size=20, loop=loop)
    assert all(map(np.array_equal, caught.value.state, learner.init(key)))
    assert pickle.loads(pickle.dumps(caught.value)).step == 1


def test_labels_that_are_no_classes_are_refused_before_training(learner, blobs, key):
    for labels in (blobs[1] + 1, blobs[1] - 1):
        with pytest.raises(ArgumentError, match="numbers 0 to 2 of 3 classes"):
            learner.fit(learner.init(key), (blobs[0], labels))
        with pytest.raises(ArgumentError, match="numbers 0 to 2"):
            cl.evaluate(learner, learner.init(key), (blobs[0], labels))


def test_data_that_fail_on_the_way_lose_nothing(learner, blobs, key):
    with pytest.raises(ArgumentError) as caught:
        learner.fit(learner.init(key), iter([blobs]), epochs=2)
    expected, _ = learner.fit(learner.init(key), [blobs])
    assert len(caught.value.history) == 1
    for x, y in zip(caught.value.state, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5)


@pytest.mark.parametrize("loop", ["scan", "steps"])
def test_keys_are_inputs_like_others(key, loop):
    A = object_of((key,))
    model = (R(3) @ A) >> cl.function(lambda x, k: x + jax.random.normal(k, (3,)), arity=2) >> cl.dense(2)
    learner = cl.supervised(model, cl.quadratic, cl.descent(0.1))
    data = (np.ones((10, 3), np.float32), jax.random.split(key, 10)), np.zeros((10, 2), np.float32)
    _, history = learner.fit(learner.init(key), data, batch_size=4, loop=loop)
    assert np.isfinite(history["loss"][0])


def test_ctrl_c_keeps_what_there_is(learner, blobs, key):
    batches = [(blobs[0], blobs[1])] * 3

    class Stops:
        walks = 0

        def __iter__(self):
            self.walks += 1
            yield from batches
            if self.walks == 3:
                raise KeyboardInterrupt

    with pytest.raises(cl.Interrupted) as caught:
        learner.fit(learner.init(key), Stops(), epochs=10)
    assert len(caught.value.history) == 2
    expected, _ = learner.fit(learner.init(key), batches, epochs=2)
    for x, y in zip(caught.value.state, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5)


def test_evaluate_weighs_every_example_once(learner, blobs, key):
    state = learner.init(key)
    whole, pieces = cl.evaluate(learner, state, blobs), cl.evaluate(learner, state, blobs, batch_size=40)
    assert np.isclose(whole["loss"], pieces["loss"], rtol=1e-5) and np.isclose(whole["accuracy"], pieces["accuracy"])


def test_progress_goes_to_the_terminal(learner, blobs, key, capsys):
    learner.fit(learner.init(key), blobs, progress=True)
    said = capsys.readouterr().err
    assert "fit (scan)" in said and "loss=" in said and "step" in said
    learner.fit(learner.init(key), blobs, progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"epochs": -1}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"loop": "fast"}, "'auto', 'scan' or 'steps'"),
        ({"key": 0}, "PRNG key"),
        ({"validation": (np.zeros((3, 5), np.float32), np.zeros(4, np.int32))}, "as many as the others"),
    ],
)
def test_bad_options(learner, blobs, key, options, said):
    with pytest.raises(ArgumentError, match=said):
        learner.fit(learner.init(key), blobs, **options)


def test_a_message_about_many_arrays_is_short(learner, key):
    with pytest.raises(ArgumentError) as caught:
        learner.fit(learner.init(key), ([[0.0] * 4] * 1000, [0] * 1000))
    assert len(str(caught.value)) < 200


def test_bad_data(learner, blobs, key):
    with pytest.raises(ArgumentError, match="no examples"):
        learner.fit(learner.init(key), (blobs[0][:0], blobs[1][:0]))
    with pytest.raises(ArgumentError, match="pair of arrays"):
        learner.fit(learner.init(key), 3)
    with pytest.raises(ArgumentError, match="wires of state"):
        learner.fit(learner.init(key)[:2], blobs)
    with pytest.raises(ArgumentError, match="needs arrays"):
        learner.fit(learner.init(key), [(blobs[0], blobs[1])], loop="scan")


def test_fitting_again_compiles_nothing(learner, blobs, key):
    options = {"epochs": 2, "batch_size": 32, "key": key, "validation": blobs}
    state, _ = learner.fit(learner.init(key), blobs, **options)
    before = learner.epoch._cache_size(), learner.step._cache_size()
    learner.fit(state, blobs, **options)
    assert (learner.epoch._cache_size(), learner.step._cache_size()) == before


def test_large_batches_are_not_held_for_long(learner, blobs, monkeypatch):
    from catlearn.learn import loops

    monkeypatch.setattr(loops, "BYTES_BETWEEN_CHECKS", 3 * blobs[0][:10].nbytes)
    chunks = loops.Steps(learner, batches.Arrays(*blobs, 90, 10, None)).chunks(1)
    assert [len(chunk.batches()) for chunk in chunks] == [3, 3, 3]


def test_a_state_that_was_given_away_is_said_to_be(learner, blobs, key):
    state = learner.init(key)
    learner.step(state, blobs)
    with pytest.raises(ArgumentError, match="gives its memory away"):
        learner.fit(state, blobs)


def test_no_epochs_change_nothing(learner, blobs, key):
    state, history = learner.fit(learner.init(key), blobs, epochs=0)
    assert len(history) == 0 and all(map(np.array_equal, state, learner.init(key)))
