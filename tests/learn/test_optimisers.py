"""Optimisers against optax over 100 steps, in both precisions, and their laws."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError

HALVING = optax.exponential_decay(0.05, 30, 0.5)

PAIRS = [
    (cl.descent(0.05), optax.sgd(0.05)),
    (cl.momentum(0.02, 0.9), optax.sgd(0.02, momentum=0.9)),
    (cl.nesterov(0.02, 0.9), optax.sgd(0.02, momentum=0.9, nesterov=True)),
    (cl.adam(0.03), optax.adam(0.03)),
    (cl.adam(0.01, 0.8, 0.95, 1e-6), optax.adam(0.01, 0.8, 0.95, 1e-6)),
    (cl.adagrad(0.1), optax.adagrad(0.1)),
    (cl.rmsprop(0.01), optax.rmsprop(0.01)),
    (cl.rmsprop(0.01, 0.8, 1e-5), optax.rmsprop(0.01, 0.8, 1e-5)),
    (cl.adamw(0.03, weight_decay=0.1), optax.adamw(0.03, weight_decay=0.1)),
    (cl.nadam(0.02), optax.nadam(0.02)),
    (cl.lion(0.01), optax.lion(0.01)),
    (cl.descent(HALVING), optax.sgd(HALVING)),
    (cl.adam(HALVING), optax.adam(HALVING)),
    (cl.adamw(HALVING, weight_decay=0.1), optax.adamw(HALVING, weight_decay=0.1)),
    (cl.lion(HALVING), optax.lion(HALVING)),
    (cl.adagrad(HALVING), optax.adagrad(HALVING)),
    (cl.adam(0.03) >> cl.clip(0.1), optax.chain(optax.clip(0.1), optax.adam(0.03))),
    (cl.momentum(0.1) >> cl.clip_by_global_norm(0.5), optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(0.1, 0.9))),
    (cl.descent(0.1) >> cl.weight_decay(0.2), optax.chain(optax.add_decayed_weights(0.2), optax.sgd(0.1))),
    (cl.nesterov(0.02) >> cl.rescale(0.5), optax.chain(optax.scale(0.5), optax.sgd(0.02, 0.9, nesterov=True))),
    (cl.accumulate(cl.adam(0.05), 3), optax.MultiSteps(optax.adam(0.05), 3, accumulator_dtype=None)),
    (cl.from_optax(optax.adabelief(0.01)), optax.adabelief(0.01)),
    (cl.from_optax(optax.lamb(0.01)), optax.lamb(0.01)),
    (cl.from_optax(optax.adamw(HALVING)), optax.adamw(HALVING)),
    (cl.from_optax(optax.sgd(0.1)) >> cl.clip(0.1), optax.chain(optax.clip(0.1), optax.sgd(0.1))),
]


def problem(dtype):
    """A strictly convex function of three parameter wires, its gradient, and where to begin."""
    rng = np.random.default_rng(1)
    shapes = [(3, 4), (5,), ()]
    targets = tuple(jnp.asarray(rng.normal(size=s), dtype) for s in shapes)
    scales = tuple(jnp.asarray(rng.uniform(0.5, 2, size=s), dtype) for s in shapes)
    start = tuple(jnp.asarray(rng.normal(size=s), dtype) for s in shapes)

    def value(p):
        return sum(
            jnp.sum(a * (x - t) ** 2) / 2 + jnp.sum(jnp.log(jnp.cosh(x))) for x, t, a in zip(p, targets, scales, strict=True)
        )

    return jax.jit(jax.grad(value)), start


def trajectory(optimiser, gradient, p, steps):
    """The parameters that the model sees, step by step, through the lens: get, then put of the gradient at what get gave."""
    P = cl.Object(tuple(w for x in p for w in R(*x.shape, dtype=x.dtype).wires))
    lens = optimiser.at(P)
    forward, backward = jax.jit(lens.forward), jax.jit(lens.backward)
    state, seen = (*optimiser.knowing(P).begin(p), *p), []
    for _ in range(steps):
        shown, residual = forward((), *state)
        seen.append(shown)
        _, state = backward(residual, *gradient(shown))
    return [*seen, forward((), *state)[0]]


def optax_trajectory(tx, gradient, p, steps):
    state, seen = tx.init(p), [p]
    update = jax.jit(tx.update)
    for _ in range(steps):
        updates, state = update(gradient(seen[-1]), state, seen[-1])
        seen.append(optax.apply_updates(seen[-1], updates))
    return seen


def distance(ours, theirs):
    flat = [np.concatenate([np.ravel(x) for x in p]).astype(np.float64) for p in (ours, theirs)]
    return np.linalg.norm(flat[0] - flat[1]) / np.linalg.norm(flat[1])


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda o: repr(o)[:24])
@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-6), ("float64", 1e-12)])
def test_a_hundred_steps_equal_optax(ours, theirs, dtype, bound):
    with jax.enable_x64(dtype == "float64"):
        gradient, start = problem(dtype)
        a = trajectory(ours, gradient, start, 100)
        b = optax_trajectory(theirs, gradient, start, 100)
        assert max(map(distance, a, b)) <= bound
        assert distance(a[-1], a[0]) > 0.1


def test_nesterov_shows_the_model_other_parameters_than_it_stores():
    with jax.enable_x64(True):
        gradient, start = problem("float64")
        lens = cl.nesterov(0.02, 0.9).at(cl.Object(tuple(w for x in start for w in R(*x.shape, dtype=x.dtype).wires)))
        state = (*jax.tree.map(jnp.zeros_like, start), *start)
        for _ in range(3):
            shown, residual = lens.forward((), *state)
            _, state = lens.backward(residual, *gradient(shown))
        stored = state[3:]
        assert distance(lens.forward((), *state)[0], stored) > 1e-3


@pytest.mark.parametrize(
    ("optimiser", "expected"),
    [
        (cl.descent(0.1), (0.9, 0.81, 0.729)),
        (cl.momentum(0.1, 0.9), (0.9, 0.72, 0.486)),
        (cl.nesterov(0.1, 0.9), (0.9, 0.729, 0.51759)),
        (cl.adam(0.1), (0.9, 0.80041223, 0.70158627)),
    ],
)
def test_the_table_of_stored_parameters_on_half_p_squared(optimiser, expected):
    """Loss ½p², p₀ = 1, ε = 0.1: values verified against optax when the theory was written down."""
    with jax.enable_x64(True):
        lens, p = optimiser.at(R(dtype="float64")), (jnp.float64(1),)
        state, stored = (*optimiser.begin(p), *p), []
        for _ in expected:
            shown, residual = lens.forward((), *state)
            _, back = lens.backward(residual, shown)
            state = back if isinstance(back, tuple) else (back,)
            stored.append(float(state[-1]))
    np.testing.assert_allclose(stored, expected, atol=1e-8)


@pytest.mark.parametrize("optimiser", [cl.descent(0.1), cl.momentum(0.1), cl.nesterov(0.1)])
def test_coordinatewise_optimisers_are_monoidal(optimiser, key):
    assert laws.optimiser_is_monoidal(optimiser, R(3) @ R(2, 2), R(1), key) is None


def test_an_optimiser_with_a_global_norm_is_not(key):
    class Clipped(cl.descent):
        def put(self, s, p, g):
            norm = jnp.sqrt(sum(jnp.sum(x**2) for x in g))
            return super().put(s, p, jax.tree.map(lambda x: x / norm, g))

    assert laws.optimiser_is_monoidal(Clipped(0.1), R(3), R(2), key) is not None


def test_parameters_that_can_t_change_stay(key):
    P = R(2) @ R(3, dtype="int32")
    for optimiser in (cl.descent(0.1), cl.adam(0.1), cl.nesterov(0.1)):
        lens = optimiser.at(P)
        p = (jnp.ones(2), jnp.arange(3))
        state = (*optimiser.begin(p[:1]), *p)
        _, residual = lens.forward((), *state)
        _, after = lens.backward(residual, jnp.ones(2))
        assert np.array_equal(after[-1], [0, 1, 2]) and not np.array_equal(after[-2], p[0])


def test_the_state_has_names():
    P = (R(3) >> cl.dense(2)).param
    assert cl.adam(0.1).state(P).labels == (
        "adam.step",
        "adam.mean.kernel",
        "adam.mean.bias",
        "adam.square.kernel",
        "adam.square.bias",
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: cl.descent(0),
        lambda: cl.descent(-1.0),
        lambda: cl.descent(float("nan")),
        lambda: cl.momentum(0.1, 1.0),
        lambda: cl.nesterov(0.1, -0.1),
        lambda: cl.adam(0.1, 1.5),
        lambda: cl.adam(0.1, eps=0),
        lambda: cl.adam("fast"),
    ],
)
def test_bad_rates(make):
    with pytest.raises(TypingError, match="must be a number"):
        make()
