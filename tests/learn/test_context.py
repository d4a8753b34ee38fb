"""Learners of models that read contexts: random keys are state that moves on, graphs come with the data."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catlearn as cl
from catlearn import KEY, I, R, Smooth
from catlearn.categories.cokleisli import ContextError
from catlearn.categories.lens import pair
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.learn import context
from catlearn.learn.context import Drawing, bound, data_of, keys_of, trained

SIZE, WIDE = 4, 3
noisy = R(WIDE) >> cl.dropout(0.5) >> cl.dense(2) >> cl.noise(0.1)
shaky = R(WIDE) >> cl.bias() >> cl.noise(1.0)  # what it says is its noise, while the bias is zero
net = R(WIDE, 2) >> cl.graph_conv(2) >> cl.readout(cl.aggregators.mean())


def data(key):
    xs = jax.random.normal(key, (SIZE, WIDE))
    return xs, jnp.stack([xs.sum(1), xs[:, 0]], 1)


def key_data(key):
    return tuple(jax.random.key_data(key).tolist())


@pytest.fixture(scope="module")
def learner():
    return cl.supervised(noisy, cl.quadratic, cl.momentum(0.1, 0.9))


@pytest.fixture(scope="module")
def seer():
    """A learner that does not move, and tells what its model said."""
    metrics = {f"{i}": lambda said, _, i=i: said[i, 0] for i in range(SIZE)}
    return cl.supervised(shaky, cl.quadratic, cl.descent(1e-30), metrics=metrics)


def said(metrics):
    """The first of what the model said of each example."""
    return np.array([metrics[f"{i}"] for i in range(SIZE)])


# keys


def test_keys_are_state(learner, key):
    assert learner.state[0] == KEY and learner.state.labels[0] == "key" and learner.inputs == R(WIDE)
    assert learner.state[1:] == cl.supervised(cl.inference(noisy), cl.quadratic, cl.momentum(0.1, 0.9)).state
    assert learner.params(learner.init(key))[0].shape == (WIDE, 2)
    params = noisy.init(key)
    state = learner.start(params, jax.random.key(3))
    assert all(np.array_equal(p, q) for p, q in zip(learner.params(state), params, strict=True))
    with pytest.raises(ArgumentError, match="reads a random key: give one"):
        learner.start(params)
    assert cl.supervised(R(2) >> cl.bias(), cl.quadratic, cl.descent(0.1)).state == R(2)  # none where none is read


def test_a_step_keeps_the_first_half_of_its_key_and_uses_the_second(seer, key):
    state, batch = seer.init(key), (jnp.zeros((SIZE, WIDE)), jnp.zeros((SIZE, WIDE)))
    for _ in range(3):
        kept, used = jax.random.split(state[0])
        state, metrics = seer.step(state, batch)
        assert key_data(state[0]) == key_data(kept)
        assert np.allclose(said(metrics), jax.random.normal(used, (SIZE, WIDE))[:, 0], atol=1e-6)


def noises(learner, key, steps):
    state, batch = learner.init(key), (jnp.zeros((SIZE, WIDE)), jnp.zeros((SIZE, WIDE)))
    seen, keys = [], []
    for _ in range(steps):
        keys.append(key_data(state[0]))
        state, metrics = learner.step(state, batch)
        seen.append(said(metrics))
    return np.stack(seen), keys


def test_no_key_is_used_twice(seer, key, monkeypatch):
    seen, keys = noises(seer, key, 12)
    assert len(set(keys)) == 12 and len(np.unique(seen)) == seen.size  # no two entries of all steps agree
    halves = [key_data(half) for data in keys for half in jax.random.split(jax.random.wrap_key_data(jnp.array(data, "uint32")))]
    assert len({*halves, keys[0]}) == 2 * 12 + 1
    monkeypatch.setattr(context, "spread", lambda value, n: jax.tree.map(lambda leaf: jnp.stack([leaf] * n), value))
    again = cl.supervised(shaky, cl.quadratic, cl.descent(1e-30), metrics=dict(seer.metrics))
    seen, keys = noises(again, key, 2)  # a negative control: a lens that copies its key
    assert len(set(keys)) == 1 and np.array_equal(seen[0], seen[1])


def test_drawing_is_a_lens_on_keys(key):
    lens = Drawing().at(KEY)
    assert lens.dom == pair(Smooth, KEY, KEY) and lens.cod == cl.reverse(KEY)
    used, residual = lens.forward((), key)
    _, kept = lens.backward(residual)
    assert [key_data(kept), key_data(used)] == [key_data(k) for k in jax.random.split(key)]
    two = Drawing().at(KEY @ KEY.named("other"))
    (a, b), residual = two.forward((), key, jax.random.key(1))
    _, (c, d) = two.backward(residual)
    assert len({key_data(k) for k in (key, a, b, c, d)}) == 5
    assert Drawing().at(I) == cl.identity(I)


def test_a_trajectory_is_optaxs_with_the_same_noise(learner, key):
    theirs, (xs, ys) = optax.sgd(0.1, 0.9), data(key)
    state = learner.init(key)
    params, noise, moments = learner.params(state), state[0], theirs.init(learner.params(state))
    run = cl.batch(noisy, SIZE)

    @jax.jit
    def by_hand(params, noise, moments):
        noise, used = jax.random.split(noise)
        loss = lambda params: jnp.mean(jnp.sum((run(params, used, xs) - ys) ** 2, 1) / 2)  # noqa: E731
        value, grads = jax.value_and_grad(loss)(params)
        updates, moments = theirs.update(grads, moments, params)
        return optax.apply_updates(params, updates), noise, moments, value

    for _ in range(6):
        params, noise, moments, value = by_hand(params, noise, moments)
        state, metrics = learner.step(state, (xs, ys))
        assert np.isclose(metrics["loss"], value, rtol=1e-5)
    assert key_data(state[0]) == key_data(noise)
    for p, q in zip(learner.params(state), params, strict=True):
        assert np.allclose(p, q, rtol=1e-5, atol=1e-6)


def test_evaluation_and_prediction_are_without_noise(learner, key):
    state, (xs, ys) = learner.init(key), data(key)
    quiet = cl.batch(cl.inference(noisy), SIZE)(learner.params(state), xs)
    assert np.allclose(learner.predict(state, xs), quiet, atol=1e-6)
    loss = np.mean(np.sum((quiet - ys) ** 2, 1) / 2)
    assert np.isclose(learner.evaluate(state, (xs, ys))["loss"], loss, rtol=1e-5)
    assert np.isclose(cl.evaluate(learner, state, (xs, ys))["loss"], loss, rtol=1e-5)
    _, metrics = learner.step(jax.tree.map(jnp.array, state), (xs, ys))
    assert not np.isclose(metrics["loss"], loss, rtol=1e-3)  # training has noise


def test_fitting_is_stepping_and_the_state_says_where_it_goes_on(learner, key):
    start, (xs, ys) = learner.init(key), data(key)
    for loop in ("scan", "steps"):
        once, history = learner.fit(start, (xs, ys), epochs=4, batch_size=SIZE, loop=loop)
        half, _ = learner.fit(start, (xs, ys), epochs=2, batch_size=SIZE, loop=loop)
        twice, rest = learner.fit(half, (xs, ys), epochs=2, batch_size=SIZE, loop=loop)
        assert key_data(once[0]) == key_data(twice[0]) and np.allclose(history["loss"][2:], rest["loss"], rtol=1e-5)
        assert len({*map(float, history["loss"])}) == 4
    stepped = jax.tree.map(jnp.array, start)
    for _ in range(4):
        stepped, _ = learner.step(stepped, (xs, ys))
    assert key_data(stepped[0]) == key_data(once[0])
    assert all(np.allclose(p, q, atol=1e-5) for p, q in zip(learner.params(stepped), learner.params(once), strict=True))


def test_its_machine_steps_as_it_does(learner, key):
    machine, state, (xs, ys) = cl.to_machine(learner), learner.init(key), data(key)
    after, metrics = learner.step(jax.tree.map(jnp.array, state), (xs, ys))
    loss, *unfolded = jax.jit(lambda *values: cl.laws.run(machine.coalgebra(SIZE).arrow, values))(xs, ys, *state)
    assert machine.state == learner.state and np.isclose(loss, metrics["loss"], rtol=1e-5)
    assert key_data(unfolded[0]) == key_data(after[0])
    assert all(np.allclose(p, q, atol=1e-6) for p, q in zip(unfolded[1:], after[1:], strict=True))
    used = jax.random.split(state[0])[1]
    said = cl.batch(noisy, SIZE)(learner.params(state), used, xs)
    assert np.allclose(machine.readout(state)(xs), said, atol=1e-6)  # the lens at a state has the noise of its key


def test_regularisers_and_optimisers_by_path_see_the_parameters_alone(key):
    optimiser = cl.average(cl.by_path({"*kernel": cl.adam(0.1), "*": cl.descent(1e-30)}) >> cl.clip_by_global_norm(1.0))
    learner = cl.supervised(noisy, cl.quadratic, optimiser, regulariser=cl.l2(1e-3, "*kernel"))
    state, metrics = learner.step(learner.init(key), data(key))
    assert [name for name in learner.state.labels if name.endswith("key")] == ["key"]
    assert np.isfinite(metrics["loss"]) and np.allclose(learner.params(state)[1], 0)


# contexts of the data


def graphs():
    """Four graphs with three nodes and two edges each."""
    edges = [([0, 1], [1, 2]), ([2, 1], [1, 0]), ([0, 0], [1, 2]), ([1, 1], [1, 0])]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *[cl.edge_list(s, r, WIDE) for s, r in edges])


@pytest.fixture(scope="module")
def reader():
    return cl.supervised(net, cl.softmax_cross_entropy, cl.descent(0.3), metrics={"accuracy": cl.accuracy})


@pytest.fixture(scope="module")
def seen():
    return (graphs(), jax.random.normal(jax.random.key(5), (SIZE, WIDE, 2))), jnp.array([0, 1, 0, 1])


def test_graphs_are_inputs_and_the_step_is_the_gradients(reader, seen, key):
    assert reader.inputs == cl.Graph(WIDE) @ R(WIDE, 2) and reader.state == net.param
    state, ((gs, xs), ys) = reader.init(key), seen

    def loss(params):
        logits = [net(params, jax.tree.map(lambda leaf, i=i: leaf[i], gs), xs[i]) for i in range(SIZE)]
        return -jnp.mean(jax.nn.log_softmax(jnp.stack(logits))[jnp.arange(SIZE), ys])

    value, grads = jax.jit(jax.value_and_grad(loss))(reader.params(state))
    expected = [p - 0.3 * g for p, g in zip(reader.params(state), grads, strict=True)]
    after, metrics = reader.step(jax.tree.map(jnp.array, state), seen)
    assert np.isclose(metrics["loss"], value, rtol=1e-5)
    assert all(np.allclose(p, q, atol=1e-5) for p, q in zip(after, expected, strict=True))


def test_everything_else_takes_graphs_too(reader, seen, key):
    start, ((gs, xs), ys) = reader.init(key), seen
    state, history = reader.fit(start, seen, epochs=30, batch_size=SIZE)
    assert history["loss"][-1] < history["loss"][0]
    logits = reader.predict(state, (gs, xs))
    dense = jax.vmap(cl.adjacency_of)(gs)
    assert np.allclose(reader.predict(state, (dense, xs)), logits, atol=1e-5)  # left open, any form will do
    assert cl.evaluate(reader, state, seen)["accuracy"] == np.mean(np.argmax(logits, 1) == ys)


def test_its_machine_reads_graphs(reader, seen, key):
    state, ((gs, xs), ys) = reader.init(key), seen
    machine = cl.to_machine(cl.supervised(cl.within(net, cl.Graph(WIDE, 2)), cl.softmax_cross_entropy, cl.descent(0.3)))
    loss, *after = jax.jit(lambda *values: cl.laws.run(machine.coalgebra(SIZE).arrow, values))(gs, xs, ys, *state)
    stepped, metrics = reader.step(jax.tree.map(jnp.array, state), seen)
    assert np.isclose(loss, metrics["loss"], rtol=1e-5)
    assert all(np.allclose(p, q, atol=1e-6) for p, q in zip(after, stepped, strict=True))
    assert np.allclose(
        jax.jit(lambda values: machine.readout(state)(values))((gs, xs)), reader.predict(state, (gs, xs)), atol=1e-6
    )
    with pytest.raises(TypingError, match="left open"):
        cl.to_machine(reader).coalgebra(SIZE)


def test_wrong_graphs_are_refused(reader, seen, key):
    state, ((gs, xs), ys) = reader.init(key), seen
    four = jax.tree.map(lambda leaf: jnp.stack([leaf] * SIZE), cl.edge_list([0, 1], [1, 3], 4))
    tried = [
        (((four, xs), ys), ContextError, r"declared: Graph\(3\)\n.*Graph\(4, 2\)"),
        (((xs, xs), ys), ContextError, r"shape \(3, 3\), not \(3, 2\)"),
        ((xs, ys), ArgumentError, r"takes 2 wires of inputs \(Graph\(3\) @ R\(3, 2\)\)"),
        (((cl.edge_list([0, 1], [1, 2], 3), xs), ys), ArgumentError, "examples on its first axis"),
        (((gs, xs[:, :2]), ys), ArgumentError, "first difference"),
    ]
    for examples, error, message in tried:
        for use in (reader.step, reader.evaluate, lambda s, e: reader.fit(s, e), lambda s, e: cl.evaluate(reader, s, e)):
            with pytest.raises(error, match=message):
                use(state, examples)
        if error is ContextError:
            with pytest.raises(error, match=message):
                reader.predict(state, examples[0])
    astray = gs.__class__(gs.senders + 7, gs.receivers, None, None, None, WIDE)
    for use in (reader.fit, lambda s, e: cl.evaluate(reader, s, e)):
        with pytest.raises(ArgumentError, match="senders name nodes 7 to 9"):
            use(state, ((astray, xs), ys))
    larger = cl.supervised(cl.within(net, cl.Graph(WIDE, 1)), cl.softmax_cross_entropy, cl.descent(0.1))
    with pytest.raises(ContextError, match="larger than its declared wire"):
        larger.step(state, seen)


# both, and what a model is made into


def test_graphs_and_keys_together(seen, key):
    model = net >> cl.dropout(0.5)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1))
    assert data_of(model) == cl.Graph(WIDE) and keys_of(model) == KEY
    assert learner.inputs == cl.Graph(WIDE) @ R(WIDE, 2) and learner.state == KEY @ net.param
    state = learner.init(key)
    kept = jax.random.split(state[0])[0]
    after, metrics = learner.step(jax.tree.map(jnp.array, state), seen)
    assert key_data(after[0]) == key_data(kept) and np.isfinite(metrics["loss"])
    quiet = cl.supervised(net, cl.softmax_cross_entropy, cl.descent(0.1))
    assert np.allclose(learner.predict(state, seen[0]), quiet.predict(state[1:], seen[0]), atol=1e-6)


def test_what_is_trained_is_an_arrow_of_para_of_smooth():
    model = net >> cl.dropout(0.5)
    f = trained(model)
    assert f.category == Smooth and f.dom == cl.Graph(WIDE) @ R(WIDE, 2) and f.param == KEY @ net.param
    assert f.param.labels == ("key", *net.param.labels)
    assert trained(net).param == net.param and trained(R(2) >> cl.bias()) == (R(2) >> cl.bias())
    assert str(bound(model, (graphs(),)).category) == "CoKl(graph: Graph(3, 2), key: R(dtype='key<fry>'), Smooth)"
    assert bound(R(2) >> cl.bias(), ()) == (R(2) >> cl.bias())
