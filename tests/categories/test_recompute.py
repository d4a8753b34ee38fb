import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

import catlearn as cl
from catlearn import I, R, laws
from catlearn.categories.recompute import veiled
from catlearn.laws.strategies import arrows, keys


@given(arrows(), keys())
def test_values_and_gradients_never_change(f, key):
    assert laws.extensional("recompute", cl.reverse(cl.recompute(f)), cl.reverse(f)) is None
    assert laws.agrees_with_vjp(cl.recompute(f), key) is None


def test_a_wrong_recomputation_is_caught(monkeypatch):
    from catlearn.categories import recompute

    f = R(3) >> cl.dense(3) >> cl.tanh
    monkeypatch.setattr(recompute, "veiled", lambda values, witness: jax.tree.map(lambda x: x + 1, values))
    assert laws.extensional("recompute", cl.reverse(cl.recompute(f)), cl.reverse(f)) is not None


def test_names_and_initial_parameters_are_kept(key):
    f = R(3) >> (cl.dense(4) >> cl.tanh).named("block") >> cl.dense(2)
    assert cl.names(cl.recompute(f)) == cl.names(f)
    assert all(map(jnp.array_equal, cl.recompute(f).init(key), f.init(key)))


def test_switching_it_on_keeps_the_names_of_layers():
    plain = R(3) >> cl.dense(4) >> (cl.dense(4) >> cl.tanh).named("block") >> cl.dense(2)
    kept = R(3) >> cl.recompute(cl.dense(4)) >> cl.recompute((cl.dense(4) >> cl.tanh).named("block")) >> cl.dense(2)
    assert cl.names(kept) == cl.names(plain)
    assert "recompute" in repr(cl.describe(kept))


def test_inside_a_batch_it_goes_as_its_body_goes():
    f = (R(3) >> cl.tanh) @ (I >> cl.parameter(R(2)))
    assert cl.batch(cl.recompute(f), 4).cod == cl.batch(f, 4).cod == R(4, 3) @ R(4, 2)
    g = (R(2) >> cl.tanh) @ (I >> cl.parameter(R(2)))
    assert cl.batch(cl.recompute(g) >> cl.add, 4).cod == R(4, 2)
    loss = (R(3) >> cl.recompute(cl.quadratic)).reparameterise(R(3) >> cl.tanh)
    assert cl.batch(loss, 4).param == R(4, 3)


def test_it_commutes_with_batch():
    f = R(3) >> cl.dense(3) >> cl.tanh
    assert cl.batch(cl.recompute(f), 4) == cl.recompute(cl.batch(f, 4))


def test_its_residual_is_its_inputs():
    f = R(256) >> cl.dense(2) >> cl.tanh >> cl.tanh >> cl.tanh
    kept = jax.eval_shape(cl.reverse(cl.recompute(f)).forward, f.param.structs, f.dom.structs[0])[1]
    assert [leaf.shape for leaf in jax.tree.leaves(kept)] == [(256, 2), (2,), (256,)]


WIDTH, SIZE, DEPTH = 64, 128, 16
LAYER = cl.dense(WIDTH) >> cl.tanh
EXAMPLES = jax.ShapeDtypeStruct((SIZE, WIDTH), jnp.float32)


def compiled(step, params):
    return jax.jit(step, donate_argnums=0).lower(params, EXAMPLES).compile()


def ours(every):
    segment, model = LAYER, R(WIDTH)
    for _ in range((every or 1) - 1):
        segment = segment >> LAYER
    for _ in range(DEPTH // (every or 1)):
        model = model >> (cl.recompute(segment) if every else segment)
    lens = cl.reverse(cl.batch(model, SIZE))

    def step(params, x):
        y, residual = lens.forward(params, x)
        dparams, _ = lens.backward(residual, y)
        return tuple(p - 0.1 * g for p, g in zip(params, dparams, strict=True))

    return compiled(step, model.param.structs), model


def by_checkpoint(every):
    @jax.checkpoint
    def segment(y, weights):
        for i in range(0, len(weights), 2):
            y = jnp.tanh(y @ weights[i] + weights[i + 1])
        return y

    def step(params, x):
        def loss(params):
            y = x
            for i in range(0, 2 * DEPTH, 2 * every):
                y = segment(y, params[i : i + 2 * every])
            return jnp.sum(y**2) / 2

        return tuple(p - 0.1 * g for p, g in zip(params, jax.grad(loss)(params), strict=True))

    return compiled(step, ours(None)[1].param.structs)


def test_the_compiler_does_not_undo_it(key):
    """Memory against the plain program and `jax.checkpoint`, products counted in what the compiler made of it."""
    (plain, model), (again, _) = ours(None), ours(4)
    kept = [program.memory_analysis().temp_size_in_bytes for program in (plain, again, by_checkpoint(4))]
    assert kept[1] <= 0.6 * kept[0] and kept[1] <= kept[2]
    products = [program.as_text().count(" dot(") for program in (plain, again)]
    assert products[1] > products[0]
    x = jax.random.normal(key, (SIZE, WIDTH))
    for a, b in zip(plain(model.init(key), x), again(model.init(key), x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "complex64"])
def test_veiled_values_are_the_same_to_the_last_bit(key, dtype):
    x = jnp.array([1.5, -0.0, jnp.inf, jnp.nan, 1e-40], dtype)
    for witness in (x, -x, x[3:], jnp.full(2, -jnp.nan)):
        out = jax.jit(veiled)((x, jnp.arange(3), jnp.array(True)), witness)
        assert np.asarray(out[0]).tobytes() == np.asarray(x).tobytes()
        assert np.array_equal(out[1], [0, 1, 2]) and out[2]
    assert veiled(x, ()) is x and veiled(x, jnp.zeros(0)) is x


def test_second_derivatives_go_through():
    f = R(3) >> cl.recompute(cl.dense(3) >> cl.tanh)
    assert laws.linear_in_the_covector(f, jax.random.key(0)) is None
    assert laws.symmetric_second_derivative(f, jax.random.key(0)) is None
    assert laws.forward_agrees_with_jvp(f, jax.random.key(0)) is None
