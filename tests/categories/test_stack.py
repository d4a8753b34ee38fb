import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.categories.loop import Loop
from catlearn.core.errors import CompositionError, TypingError

LAYERS = [
    R(4) >> cl.dense(4) >> cl.tanh,
    R(4) >> cl.residual(cl.dense(4) >> cl.relu).named("block"),
    R(4) >> cl.recompute(cl.dense(4) >> cl.tanh),
    R(4) >> cl.tanh,
    (R(3) @ R(2)) >> ((cl.dense(3) >> cl.tanh) @ cl.bias()),
    R(3) >> cl.stack(2, cl.dense(3) >> cl.tanh),
]


@pytest.fixture(params=LAYERS, ids=lambda f: f.code()[:28])
def layer(request):
    return request.param


def test_a_stack_is_the_composite(layer, key):
    assert laws.stack_is_the_composite(layer, 3, key) is None
    f = cl.stack(3, layer)
    assert laws.agrees_with_vjp(f, key) is None
    assert laws.batch_runs_each_example(f, 2, key) is None and laws.batch_sums_gradients(f, 2, key) is None


def test_a_stack_in_the_wrong_order_is_caught(key, monkeypatch):
    right = Loop.apply
    monkeypatch.setattr(Loop, "optic", lambda self, dom: None)
    assert laws.stack_is_the_composite(LAYERS[0], 3, key) is None
    monkeypatch.setattr(Loop, "apply", lambda self, params, *xs: right(self, tuple(p[::-1] for p in params), *xs))
    assert laws.stack_is_the_composite(LAYERS[0], 3, key) is not None


def test_each_copy_is_drawn_anew_and_has_the_names_of_one(key):
    f = R(4) >> cl.stack(3, cl.dense(4) >> cl.tanh)
    kernel, bias = f.init(key)
    assert kernel.shape == (3, 4, 4) and not np.allclose(kernel[0], kernel[1])
    assert np.isclose(float(kernel.std()), 0.5, atol=0.1) and not bias.any()
    assert cl.names(f) == cl.names(cl.reverse(cl.batch(f, 2))) == ("0.dense.kernel", "0.dense.bias")
    assert cl.reverse(f).init(key)[0].shape == (3, 4, 4)
    assert "stack × 3" in repr(cl.describe(f)) and "60 parameters" in repr(cl.describe(f))
    assert eval(f.code(), vars(cl)) == f


def test_the_program_does_not_grow_with_n():
    lines = []
    for n in (4, 64):
        lens = cl.reverse(cl.batch(R(8) >> cl.stack(n, cl.dense(8) >> cl.tanh), 4))
        step = jax.jit(lambda p, x, lens=lens: lens.backward(lens.forward(p, x)[1], x))
        lines.append(len(step.lower(lens.init(jax.random.key(0)), jnp.ones((4, 8))).as_text().splitlines()))
    assert lines[0] == lines[1]


def test_parameters_are_not_kept_twice():
    """The residual of a stack has no array as large as all its kernels, but the kernels themselves."""
    f = R(32) >> cl.stack(16, cl.recompute(cl.dense(32) >> cl.tanh))
    lens, params = cl.reverse(f), f.init(jax.random.key(0))
    seen = []

    def forward(params, x):
        seen.append([leaf is params[0] for leaf in jax.tree.leaves(lens.forward(params, x)[1]) if leaf.shape == (16, 32, 32)])
        return x

    jax.eval_shape(forward, params, jnp.ones(32))
    assert seen == [[True]]


def test_wires_that_become_batched_in_the_loop(key):
    """The second wire is the same for all examples until the loop mixes it with the first."""
    mix = (R(2) @ R(2)) >> cl.copy(R(2) @ R(2)) >> (cl.add @ cl.discard(R(2)) @ R(2))
    f = cl.stack(3, mix)
    many = cl.batch(f, 4, (False, True))
    x, y = jnp.ones(2), jax.random.normal(key, (4, 2))
    for ours, i in zip(zip(*many((), x, y), strict=True), range(4), strict=True):
        assert laws.equal_values("mixed", ours, f((), x, y[i])) is None


def test_a_learner_of_a_stack(blobs, key):
    model = R(4) >> cl.dense(8) >> cl.stack(4, cl.residual(cl.dense(8) >> cl.tanh)) >> cl.dense(3)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(0.01), metrics={"accuracy": cl.accuracy})
    _, history = learner.fit(learner.init(key), blobs, epochs=15, batch_size=16, key=key)
    assert history["accuracy"][-1] > 0.95
    fast = cl.cast(model, "bfloat16")
    np.testing.assert_allclose(fast(model.init(key), jnp.ones(4)), model(model.init(key), jnp.ones(4)), rtol=0.1, atol=0.1)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: R(4) >> cl.stack(3, cl.dense(5)), TypingError, "begins at R\\(4\\) and ends in R\\(5\\)"),
        (lambda: cl.stack(0, LAYERS[0]), TypingError, "whole number"),
        (lambda: cl.stack(2, cl.reverse(LAYERS[0])), CompositionError, "stack, then reverse"),
    ],
)
def test_bad_stacks(make, error, said):
    with pytest.raises(error, match=said):
        make()
