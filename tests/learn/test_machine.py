import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import I, R, laws
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.learn.machine import to_machine

OPTIMISERS = [cl.nesterov(0.05, 0.9), cl.adam(0.01)]
SIZE, STEPS = 6, 3


def classifier(optimiser):
    return cl.supervised(R(4) >> cl.dense(5) >> cl.tanh >> cl.dense(3), cl.softmax_cross_entropy, optimiser)


@pytest.fixture
def data(blobs):
    return jnp.asarray(blobs[0][: SIZE * STEPS]), jnp.asarray(blobs[1][: SIZE * STEPS])


def unfolded(machine, state, data, steps):
    """The coalgebra run over a stream of batches: what it says, and its last state."""
    coalgebra = machine.coalgebra(SIZE)
    f = cl.batch(coalgebra.inputs, steps) @ machine.state >> cl.run(coalgebra)
    batches = jax.tree.map(lambda array: array[: steps * SIZE].reshape(steps, SIZE, *array.shape[1:]), data)
    losses, *state = jax.jit(f)((), *batches, *state)
    return losses, tuple(state)


def same(a, b):
    return all(np.allclose(x, y, rtol=1e-6, atol=1e-6) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=repr)
def test_unfolding_is_training_step_for_step(optimiser, data, key):
    learner = classifier(optimiser)
    start = learner.init(key)
    stepped = jax.tree.map(jnp.array, start)
    for i in range(STEPS):
        losses, now = unfolded(to_machine(learner), start, data, i + 1)
        seen = slice(i * SIZE, (i + 1) * SIZE)
        examples = data[0][seen], data[1][seen]
        stepped, metrics = learner.step(stepped, examples)
        so_far = data[0][: seen.stop], data[1][: seen.stop]
        fitted, history = learner.fit(start, so_far, batch_size=SIZE, key=None, loop="steps")
        assert same(now, stepped) and same(now, fitted)
        assert np.isclose(losses[i], metrics["loss"], atol=1e-6)
        assert np.isclose(np.mean(losses[: i + 1]), history["loss"][0], atol=1e-6)
    fitted, _ = learner.fit(start, data, batch_size=SIZE, key=None, loop="scan")
    assert same(now, fitted) and not same(now, start)


def test_the_next_state_of_another_learner_is_another(data, key):
    slow, fast = classifier(cl.nesterov(0.05, 0.9)), classifier(cl.nesterov(0.06, 0.9))
    after, other = (to_machine(learner).update(learner.init(key), data) for learner in (slow, fast))
    assert same(after, slow.step(slow.init(key), data)[0]) and not same(after, other)


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=repr)
def test_its_readout_is_the_lens_at_a_state(optimiser, data, key):
    """Against jax.grad of the mean loss at the parameters that the model sees."""
    learner = classifier(optimiser)
    machine, state = to_machine(learner), learner.init(key)
    for _ in range(2):
        state, _ = learner.step(state, data)
    readout, params, (xs, ys) = machine.readout(state), learner.params(state), data
    predictions = jax.vmap(lambda x: learner.model(params, x))
    assert np.allclose(readout(xs), predictions(xs), atol=1e-6)

    def loss(xs):
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(predictions(xs)), ys[:, None], 1))

    assert np.allclose(readout.request(xs, ys), jax.grad(loss)(xs), atol=1e-6)


def test_the_coalgebra_is_typed_and_can_be_derived(key):
    learner = cl.supervised(R(2) >> cl.dense(1), cl.quadratic, cl.momentum(0.1))
    coalgebra = to_machine(learner).coalgebra(3)
    assert coalgebra.functor == cl.Mealy(R(3, 2) @ R(3, 1), R()) and coalgebra.carrier == to_machine(learner).state
    assert coalgebra.arrow.dom == R(3, 2) @ R(3, 1) @ learner.state and coalgebra.arrow.param == I
    assert cl.laws.agrees_with_vjp(coalgebra.arrow, key) is None  # learning to learn: the gradient of a step
    assert cl.laws.coalgebra_homomorphism(learner.state, coalgebra, coalgebra) is None
    assert cl.laws.coalgebra_homomorphism(learner.state >> (cl.tanh @ learner.state[1:]), coalgebra, coalgebra) is not None


def test_models_of_several_wires_and_weighted_losses(key):
    model = R(2) @ R(2) >> cl.add >> cl.dense(3)
    learner = cl.supervised(model, cl.weighted(cl.softmax_cross_entropy), cl.descent(0.1))
    machine, state = to_machine(learner), learner.init(key)
    xs, ys = (jnp.ones((4, 2)), jnp.ones((4, 2))), (jnp.zeros(4, "int32"), jnp.ones(4))
    loss, *after = laws.run(machine.coalgebra(4).arrow, (*xs, *ys, *state))
    assert same(tuple(after), machine.update(state, (xs, ys)))
    assert np.isclose(loss, learner.evaluate(state, (xs, ys))["loss"])
    assert machine.readout(state)(xs).shape == (4, 3)
    assert [dx.shape for dx in machine.readout(state).request(xs, ys)] == [(4, 2), (4, 2)]


def test_integer_inputs_are_not_requested(key):
    learner = cl.supervised(R(dtype="int32") >> cl.embedding(5, 3), cl.quadratic, cl.descent(0.1))
    readout = to_machine(learner).readout(learner.init(key))
    assert readout.request(jnp.arange(3), jnp.zeros((3, 3))) == ()


def test_what_does_not_fit_is_refused(key, learner):
    with pytest.raises(TypingError, match="to_machine takes a learner"):
        to_machine(R(2) >> cl.dense(1))
    with pytest.raises(TypingError, match="examples ≥ 1"):
        to_machine(learner).coalgebra(0)
    with pytest.raises(ArgumentError, match="no inputs"):
        to_machine(learner).readout(learner.init(key))(())
    with pytest.raises(ArgumentError, match="don't fit"):
        to_machine(learner).readout(learner.init(key))(jnp.ones((2, 5)))
