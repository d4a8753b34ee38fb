"""Optimisers around optimisers, against optax, and the lenses that they are."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import CompositionError, TypingError
from tests.learn.test_optimisers import distance, problem, trajectory

P = (R(3) >> cl.dense(2)).param @ R(2, 2).named("head.kernel")

OPTIMISERS = [
    cl.descent(0.1),
    cl.nesterov(0.1),
    cl.nesterov(optax.linear_schedule(0.1, 0.01, 10)),
    cl.nesterov(0.1) >> cl.clip(0.1),
    cl.average(cl.nesterov(0.1)),
    cl.lookahead(cl.nesterov(0.1), 2),
    cl.accumulate(cl.nesterov(0.1), 2),
    cl.by_path({"head.*": cl.nesterov(0.1), "*": cl.adam(0.1)}),
    cl.from_optax(optax.adam(0.1)),
]


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=repr)
def test_every_optimiser_has_a_shear_normal_form(optimiser, key):
    assert laws.shear_is_invertible(optimiser, P, key) is None
    learner = cl.supervised(R(3) >> cl.dense(2) >> cl.dense(2).named("head"), cl.quadratic, optimiser)
    state, batch = learner.init(key), (jnp.ones((4, 3)), jnp.zeros((4, 2)))
    assert all(learner.state.labels) and len(set(learner.state.labels)) == len(state)
    losses = []
    for _ in range(12):
        state, metrics = learner.step(state, batch)
        losses.append(float(metrics["loss"]))
    assert losses[-1] < losses[0]


def test_a_get_without_its_inverse_is_caught(key):
    class Wrong(cl.nesterov):
        def stored(self, s, seen):
            return seen

    assert laws.shear_is_invertible(Wrong(0.1), P, key) is not None


@pytest.mark.parametrize("g", [cl.clip(0.1), cl.clip_by_global_norm(0.1), cl.weight_decay(0.1, "*.kernel"), cl.rescale(2.0)])
def test_composing_with_a_transformation_is_composing_lenses(g, key):
    assert laws.transformation_composes(cl.nesterov(0.1), g, P, key) is None
    assert laws.optimiser_is_monoidal(cl.nesterov(0.1) >> cl.clip(0.1), P, R(3).named("x"), key) is None
    assert laws.optimiser_is_monoidal(cl.nesterov(0.1) >> cl.clip_by_global_norm(0.1), P, R(3).named("x"), key) is not None


def test_transformations_stand_after_optimisers():
    with pytest.raises(CompositionError, match="transformations of gradients"):
        cl.adam(0.1) >> cl.adam(0.1)


def test_by_path_is_the_tensor_of_its_lenses(key):
    """Equal to each optimiser on its own wires."""
    both = cl.by_path({"head.*": cl.momentum(0.3), "*": cl.adam(0.1)})
    known = both.knowing(P)
    p, g = (laws.sample(P, k) for k in jax.random.split(key))
    s = known.put(known.begin(p), p, g)[0]
    s_new, p_new = known.put(s, p, g)
    momentum, adam = cl.momentum(0.3).put(s[:1], p[2:], g[2:]), cl.adam(0.1).put(s[1:], p[:2], g[:2])
    assert laws.equal_values("tensor", (s_new, p_new), ((*momentum[0], *adam[0]), (*adam[1], *momentum[1]))) is None
    assert known.state(P).labels == cl.momentum(0.3).state(P[2:]).labels + cl.adam(0.1).state(P[:2]).labels


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"head.*": cl.descent(1.0)}, "no pattern matches kernel, bias"),
        ({"*": cl.descent(1.0), "x": cl.descent(1.0)}, "'x' matches nothing"),
    ],
)
def test_rules_that_leave_something_out(rules, said):
    with pytest.raises(TypingError, match=said):
        cl.supervised(R(3) >> cl.dense(2), cl.quadratic, cl.by_path(rules)) if "x" in rules else cl.by_path(rules).at(P)


def test_lookahead_equals_optax():
    with jax.enable_x64(True):
        gradient, start = problem("float64")
        ours = cl.lookahead(cl.adam(0.05), 4, 0.3)
        seen = trajectory(ours, gradient, start, 50)
        tx = optax.lookahead(optax.adam(0.05), 4, 0.3)
        params = optax.LookaheadParams.init_synced(start)
        state = tx.init(params)
        for _ in range(50):
            updates, state = tx.update(gradient(params.fast), state, params)
            params = optax.apply_updates(params, updates)
        assert distance(seen[-1], params.fast) < 1e-12


def test_averages_equal_optax(key):
    learner = cl.supervised(R(3) >> cl.dense(2), cl.quadratic, cl.average(cl.adam(0.05), 0.9))
    batch = jax.random.normal(key, (8, 3)), jnp.ones((8, 2))
    plain = cl.supervised(learner.model, cl.quadratic, cl.adam(0.05))
    state, other = learner.init(key), plain.init(key)
    mean = plain.params(jax.tree.map(jnp.copy, other))
    for _ in range(10):
        state, _ = learner.step(state, batch)
        other, _ = plain.step(other, batch)
        mean = optax.incremental_update(plain.params(jax.tree.map(jnp.copy, other)), mean, 0.1)
    assert distance(learner.params(state), mean) < 1e-6
    assert distance(learner.params(state), plain.params(other)) > 1e-3
    by_hand = learner.model(learner.params(state), batch[0][0])
    np.testing.assert_allclose(learner.predict(state, batch[0])[0], by_hand, rtol=1e-5)
    assert float(learner.evaluate(state, batch)["loss"]) == pytest.approx(
        float(cl.evaluate(plain, plain.start(mean), batch)["loss"]), rel=1e-5
    )


@pytest.mark.parametrize("where", ["*.kernel", lambda path: path.endswith("kernel")])
def test_decay_by_name(where, key):
    names = cl.names(R(3) >> cl.dense(2) >> cl.dense(1))
    Q = (R(3) >> cl.dense(2) >> cl.dense(1)).param
    p = laws.sample(Q, key)
    zero = jax.tree.map(jnp.zeros_like, p)
    for opt in (cl.adamw(0.1, weight_decay=0.5, where=where), cl.lion(0.1, weight_decay=0.5, where=where)):
        known = opt.knowing(Q)
        _, new = known.put(known.begin(p), p, zero)
        for name, a, b in zip(names, p, new, strict=True):
            np.testing.assert_allclose(b, a * 0.95 if name.endswith("kernel") else a, rtol=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: cl.average(0.9),
        lambda: cl.average(cl.adam(0.1), 1.0),
        lambda: cl.lookahead(cl.adam(0.1), 0),
        lambda: cl.lookahead(cl.adam(0.1), 2, 0.0),
        lambda: cl.accumulate(cl.adam(0.1), 1.5),
        lambda: cl.clip(0),
        lambda: cl.clip_by_global_norm(-1),
        lambda: cl.weight_decay("much"),
        lambda: cl.rescale(None),
    ],
)
def test_bad_settings(make):
    with pytest.raises(TypingError):
        make()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: cl.adamw(0.1, where=("kernel",)), "a choice of parameters is a pattern"),
        (lambda: cl.lion(0.1, where="*.nothing"), "chooses none of the parameters kernel, bias"),
        (lambda: cl.descent(0.1) >> cl.weight_decay(0.1, "nothing"), "chooses none"),
        (lambda: cl.by_path({"*": 1e-3}), "maps patterns to optimisers"),
        (lambda: cl.lookahead(cl.average(cl.adam(0.1))), "average stands around it"),
        (lambda: cl.adamw(0.1, weight_decay=-1.0), "weight_decay must be a number ≥ 0"),
        (lambda: cl.from_optax(optax.lookahead(optax.sgd(0.1), 2, 0.5)), "can't be a lens"),
    ],
)
def test_choices_and_makings_that_mean_nothing(make, said):
    with pytest.raises(TypingError, match=said):
        cl.supervised(R(3) >> cl.dense(2), cl.quadratic, make())


def test_transformations_alone_are_no_optimiser():
    with pytest.raises(CompositionError, match="on their way"):
        cl.clip(1.0) >> cl.clip(2.0)


def test_lookahead_deploys_its_slow_parameters(key):
    learner = cl.supervised(R(3) >> cl.dense(2), cl.quadratic, cl.lookahead(cl.descent(0.1), 3))
    begun, batch = learner.init(key), (jnp.ones((4, 3)), jnp.ones((4, 2)))
    first = learner.params(begun)
    after, _ = learner.step(jax.tree.map(jnp.copy, begun), batch)
    assert laws.equal_values("slow", learner.params(after), first) is None
    assert laws.equal_values("fast", after[-2:], first) is not None


@pytest.mark.parametrize(
    "optimiser",
    [
        cl.adam(np.float32(0.1)),
        cl.descent(np.float64(0.1)) >> cl.rescale(np.float64(0.5)),
        cl.average(cl.adam(0.1), np.float64(0.5)),
        cl.adamw(lambda t: np.float64(0.1)),
    ],
)
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_types_of_the_state_stay(optimiser, dtype, key):
    learner = cl.supervised(R(3, dtype=dtype) >> cl.dense(2), cl.quadratic, optimiser)
    state = learner.init(key)
    xs, ys = jnp.ones((4, 3), dtype), jnp.ones((4, 2), dtype)
    after, _ = learner.step(jax.tree.map(jnp.copy, state), (xs, ys))
    assert [leaf.dtype for leaf in after] == [leaf.dtype for leaf in state]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(cl.adam(0.1), optax.adam(0.1)), (cl.rmsprop(0.1), optax.rmsprop(0.1)), (cl.nadam(0.1), optax.nadam(0.1))],
    ids=["adam", "rmsprop", "nadam"],
)
def test_complex_parameters_as_optax_moves_them(ours, theirs):
    p, g = (jnp.array([1 + 1j, 2.0]),), (jnp.array([1j, 1 - 1j]),)
    s, t, q = ours.begin(p), theirs.init(p), p
    for _ in range(3):
        s, p = ours.put(s, p, g)
        updates, t = theirs.update(g, t, q)
        q = optax.apply_updates(q, updates)
    np.testing.assert_allclose(p[0], q[0], rtol=1e-5)


def test_states_have_names_of_their_own():
    same = cl.by_path({"*kernel": cl.adam(0.1), "*": cl.adam(0.1)})
    for optimiser in (same, cl.accumulate(cl.accumulate(cl.adam(0.1), 2), 2), cl.average(cl.average(cl.adam(0.1)))):
        labels = cl.supervised(R(3) >> cl.dense(2), cl.quadratic, optimiser).state.labels
        assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    "optimiser",
    [
        cl.average(cl.lookahead(cl.adam(0.05), 2), 0.5),
        cl.accumulate(cl.by_path({"*kernel": cl.adam(0.05), "*": cl.nesterov(0.05)}), 2),
        cl.by_path({"*kernel": cl.accumulate(cl.adam(0.05), 2), "*": cl.average(cl.descent(0.05))}),
        cl.from_optax(optax.contrib.prodigy(0.1)),
    ],
    ids=lambda o: repr(o)[:30],
)
def test_nested_optimisers_train_by_steps_that_give_memory_away(optimiser, key):
    learner = cl.supervised(R(3) >> cl.dense(2), cl.quadratic, optimiser)
    xs = jax.random.normal(key, (16, 3))
    state, losses = learner.init(key), []
    for _ in range(30):
        state, metrics = learner.step(state, (xs, xs[:, :2]))
        losses.append(float(metrics["loss"]))
    assert losses[-1] < losses[0] and np.isfinite(learner.evaluate(state, (xs, xs[:, :2]))["loss"])
