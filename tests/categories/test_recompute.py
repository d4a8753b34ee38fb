import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given

import catlearn as cl
from catlearn import R, laws
from catlearn.laws.strategies import arrows, keys


@given(arrows(), keys())
def test_values_and_gradients_never_change(f, key):
    assert laws.extensional("recompute", cl.reverse(cl.recompute(f)), cl.reverse(f)) is None
    assert laws.agrees_with_vjp(cl.recompute(f), key) is None


def test_a_wrong_recomputation_would_be_seen():
    f = R(3) >> cl.dense(3)
    assert laws.extensional("recompute", cl.reverse(cl.recompute(f >> cl.tanh)), cl.reverse(f)) is not None


def test_names_and_initial_parameters_are_kept(key):
    f = R(3) >> (cl.dense(4) >> cl.tanh).named("block") >> cl.dense(2)
    assert cl.names(cl.recompute(f)) == cl.names(f)
    assert all(map(jnp.array_equal, cl.recompute(f).init(key), f.init(key)))


def test_it_commutes_with_batch():
    f = R(3) >> cl.dense(3) >> cl.tanh
    assert cl.batch(cl.recompute(f), 4) == cl.recompute(cl.batch(f, 4))


def test_its_residual_is_its_inputs():
    f = R(256) >> cl.dense(2) >> cl.tanh >> cl.tanh >> cl.tanh
    kept = jax.eval_shape(cl.reverse(cl.recompute(f)).forward, f.param.structs, f.dom.structs[0])[1]
    assert [leaf.shape for leaf in jax.tree.leaves(kept)] == [(256, 2), (2,), (256,)]


def gradient(model, size):
    lens = cl.reverse(cl.batch(model, size))

    def run(params, x):
        y, residual = lens.forward(params, x)
        dparams, _ = lens.backward(residual, y)
        return [p - 0.1 * g for p, g in zip(params, dparams, strict=True)]

    B = cl.batch(model.dom, size)
    return jax.jit(run, donate_argnums=0).lower(model.param.structs, B.structs[0]).compile()


def test_it_saves_the_memory_that_checkpoint_saves():
    """Against `jax.checkpoint` of each layer, hand-written, on the same program."""
    width, size, n = 64, 128, 16
    layer = cl.dense(width) >> cl.tanh

    def build(wrap):
        model = R(width)
        for _ in range(n):
            model = model >> wrap(layer)
        return model

    def by_hand(params, x):
        def net(params):
            y = x
            for i in range(n):
                y = jax.checkpoint(lambda y, w, b: jnp.tanh(y @ w + b))(y, params[2 * i], params[2 * i + 1])
            return jnp.sum(y**2) / 2

        return [p - 0.1 * g for p, g in zip(params, jax.grad(net)(params), strict=True)]

    plain, ours = gradient(build(lambda f: f), size), gradient(build(cl.recompute), size)
    B = cl.batch(R(width), size)
    theirs = jax.jit(by_hand, donate_argnums=0).lower(build(lambda f: f).param.structs, B.structs[0]).compile()
    kept = [c.memory_analysis().temp_size_in_bytes for c in (plain, ours, theirs)]
    assert kept[1] <= 1.01 * kept[2] and np.isfinite(kept[0])
