import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.categories.precision import _casting
from catlearn.core.errors import ArgumentError, CompositionError, TypingError

MODELS = [
    R(4) >> cl.dense(8) >> cl.tanh >> cl.dense(3),
    R(8, 8, 1) >> cl.conv(4, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(3),
    R(4) >> cl.residual(cl.dense(4) >> cl.relu).named("block") >> cl.recompute(cl.dense(3) >> cl.tanh),
    (R(3) @ R(2)) >> (cl.dense(2) @ cl.bias()) >> cl.add,
    cl.tie(R(3) >> cl.dense(3) >> cl.tanh >> cl.dense(3), "*.kernel"),
    (cl.I >> cl.constant((jnp.ones(3),))) >> cl.dense(2),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.code()[:30])
def test_the_type_stays_and_the_computation_is_in_bfloat16(model, key):
    fast = cl.cast(model, jnp.bfloat16)
    assert (fast.dom, fast.cod, fast.param) == (model.dom, model.cod, model.param)
    assert cl.names(fast) == cl.names(model)
    params, xs = model.init(key), laws.sample(model.dom, key)
    assert laws.equal_values("init", fast.init(key), params) is None
    np.testing.assert_allclose(fast(params, *xs), model(params, *xs), rtol=0.05, atol=0.05)
    text = jax.jit(fast).lower(params, *xs).as_text()
    assert "bf16" in text and not [line for line in text.splitlines() if "dot_general" in line and "bf16" not in line]


@pytest.mark.parametrize("model", MODELS[:4], ids=lambda m: m.code()[:30])
def test_gradients_are_float32_and_close(model, key):
    fast = cl.cast(model, "bfloat16")
    params, xs = model.init(key), laws.sample(model.dom, key)
    dy = laws.sample(model.cod, key)
    found = [(lens := cl.reverse(f)).backward(lens.forward(params, *xs)[1], *dy) for f in (fast, model)]
    for a, b in zip(*map(jax.tree.leaves, found), strict=True):
        assert a.dtype == jnp.float32
        np.testing.assert_allclose(a, b, rtol=0.1, atol=0.1)


def test_cast_is_a_functor():
    F = _casting("bfloat16")
    f, g = R(4) >> cl.dense(8), R(8) >> cl.tanh >> cl.dense(3)
    assert laws.preserves_composition(F, f, g) is None
    assert laws.preserves_tensor(F, f, g) is None
    assert laws.preserves_identity(F, R(3) @ R(2, dtype="int32")) is None
    assert F(R(3) @ R(2, dtype="int32")) == R(3, dtype="bfloat16") @ R(2, dtype="int32")


def test_casting_to_the_type_that_it_has_changes_nothing(key):
    model = MODELS[0]
    assert laws.extensional("cast", cl.cast(model, "float32"), model) is None


def test_precise_boxes_stay_precise():
    model = R(4) >> cl.dense(3) >> cl.softmax
    params, x = model.init(jax.random.key(0)), jnp.ones(4)
    text = jax.jit(cl.cast(model, "bfloat16")).lower(params, x).as_text()
    assert [line for line in text.splitlines() if "exponential" in line and "f32" in line and "bf16" not in line]


def test_a_learner_trains_in_bfloat16_with_parameters_in_float32(blobs, key):
    model = cl.cast(R(4) >> cl.dense(16) >> cl.relu >> cl.dense(3), jnp.bfloat16)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(0.01), metrics={"accuracy": cl.accuracy})
    state, history = learner.fit(learner.init(key), blobs, epochs=20, batch_size=16, key=key)
    assert history["accuracy"][-1] > 0.95
    assert all(leaf.dtype in (jnp.float32, jnp.int32) for leaf in jax.tree.leaves(state))


def test_loss_scaling_saves_small_gradients_in_float16(key):
    """A gradient below float16's least number is lost without scaling, and right with it."""
    model = cl.cast(R(1) >> cl.linear(1), jnp.float16)
    small = cl.loss(lambda y, t: 1e-9 * (y - t).sum())
    plain = cl.supervised(model, small, cl.descent(1e9))
    scaled = cl.supervised(model, small, cl.descent(1e9) >> cl.rescale(2.0**-20), cap=2.0**20)
    batch = jnp.ones((1, 1)), jnp.zeros((1, 1))
    before = jnp.ones((1, 1))
    assert float(plain.step(plain.start((before,)), batch)[0][0][0, 0]) == 1.0
    assert float(scaled.step(scaled.start((before,)), batch)[0][0][0, 0]) == pytest.approx(0.0, abs=1e-2)


def test_families_and_batches(key):
    family = cl.cast(cl.dense(3) >> cl.relu, "bfloat16")
    f = R(4) >> family
    assert f.param == R(4, 3) @ R(3) and repr(family) == "cast(dense(3) >> relu, 'bfloat16')"
    assert laws.batch_runs_each_example(f, 3, key) is None


def test_dtype_errors():
    with pytest.raises(TypingError, match="takes a float type"):
        cl.cast(cl.relu, "int8")
    with pytest.raises(CompositionError, match=r"dtype bfloat16 ≠ float32\n.*astype"):
        (R(3, dtype="bfloat16") >> cl.relu) >> (R(3) >> cl.relu)
    with pytest.raises(ArgumentError, match="dtype"):
        (R(3) >> cl.relu)((), jnp.ones(3, jnp.bfloat16))
    with pytest.raises(CompositionError):
        cl.cast(cl.reverse(R(3) >> cl.relu), "bfloat16")


def test_foreign_boxes_and_batches_compute_in_the_other_type(key):
    import equinox as eqx

    foreign = R(4) >> cl.from_equinox(eqx.nn.Linear(4, 3, key=key))
    for model in (foreign, cl.batch(foreign, 2)):
        params, xs = model.init(key), laws.sample(model.dom, key)
        text = jax.jit(cl.cast(model, "bfloat16")).lower(params, *xs).as_text()
        products = [line for line in text.splitlines() if "dot_general" in line]
        assert products and all("bf16" in line for line in products)


def test_complex_numbers_and_mixed_floats_keep_their_types(key):
    magnitude = R(2, dtype="complex64") >> cl.function(jnp.abs)
    assert cl.cast(magnitude, "bfloat16")((), jnp.array([3 + 4j, 1j]))[0] == 5
    W = cl.wire({"a": R(2), "b": R(2, dtype="float16")})
    f = W >> cl.function(lambda x: {"a": x["a"] * 2, "b": x["b"]})
    assert cl.cast(f, "bfloat16").cod == f.cod
    assert cl.cast(R(2), "bfloat16").dom == R(2)
