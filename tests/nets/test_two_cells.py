"""2-cells against what they are by hand, and the gradient rule of each."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import ArgumentError, TypingError

MODEL = R(3) >> cl.dense(4) >> cl.tanh >> cl.dense(4) >> cl.tanh >> cl.dense(2).named("head")
PARAMS = MODEL.init(jax.random.key(7))
LATENT = R(5) >> cl.dense(8) >> cl.tanh >> cl.dense(MODEL.param.size)

CELLS = {
    "tie": cl.tie(MODEL, "0.dense.bias", "2.dense.bias"),
    "freeze": cl.freeze(MODEL, PARAMS, "0.*"),
    "lora": cl.lora(MODEL, PARAMS, 2, "*.kernel"),
    "weight_norm": cl.weight_norm(MODEL),
    "spectral_norm": cl.spectral_norm(MODEL, "*.kernel"),
    "masked": cl.masked(MODEL, {"head.kernel": np.arange(8).reshape(4, 2) % 2}, PARAMS),
    "prune": cl.prune(MODEL, PARAMS, 0.5),
    "hypernetwork": cl.hypernetwork(MODEL, LATENT),
}


@pytest.fixture(params=CELLS, ids=str)
def cell(request):
    return CELLS[request.param]


def test_the_gradient_rule(cell, key):
    assert laws.gradient_rule(cell.body, cell.along, key) is None
    assert laws.agrees_with_vjp(cell, key) is None


def test_names_are_distinct_and_say_what_they_are(cell):
    found = cl.names(cell)
    assert len(set(found)) == len(found) and all(found)
    assert not any(name.isdigit() for name in found)


def test_each_trains_and_batches(cell, key):
    assert laws.batch_runs_each_example(cell, 3, key) is None
    learner = cl.supervised(cell, cl.quadratic, cl.adam(0.02))
    xs, ys = jax.random.normal(key, (16, 3)), jnp.ones((16, 2))
    _, history = learner.fit(learner.init(key), (xs, ys), epochs=30, batch_size=16)
    assert history["loss"][-1] < 0.7 * history["loss"][0]


def test_merged_parameters_are_those_of_the_model(cell, key):
    params, x = cell.init(key), jax.random.normal(key, (3,))
    np.testing.assert_allclose(MODEL(cl.merged(cell, params), x), cell(params, x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["lora", "weight_norm", "masked"])
def test_these_begin_where_they_are_told(name, key):
    cell = CELLS[name]
    if name == "weight_norm":
        begun, plain = cl.merged(cell, cell.init(key)), cell.body.init(jax.random.split(key, len(cell.body.param) + 1)[-1])
        assert laws.equal_values(name, begun, plain) is None
    if name == "lora":
        assert laws.equal_values(name, cl.merged(cell, cell.init(key)), PARAMS) is None
    if name == "masked":
        assert laws.equal_values(name, cell.init(key), PARAMS) is None


def test_lora_is_a_sum_with_a_product(key):
    cell = CELLS["lora"]
    assert cl.names(cell)[:2] == ("0.dense.kernel.down", "0.dense.kernel.up") and len(cell.param) == 6
    q = laws.sample(cell.param, key)
    merged = cl.merged(cell, q)
    np.testing.assert_allclose(merged[0], PARAMS[0] + q[0] @ q[1], rtol=1e-5)
    np.testing.assert_array_equal(merged[1], PARAMS[1])
    images = R(5, 5, 2) >> cl.conv(3, 3)
    adapted = cl.lora(images, images.init(key), 2, "kernel", scale=0.5)
    assert adapted.param == R(18, 2) @ R(2, 3)
    assert laws.gradient_rule(images, adapted.along, key) is None


def test_tied_weights_are_summed_and_may_go_through_a_family(key):
    loop = R(3) >> cl.linear(3).named("a") >> cl.tanh >> cl.linear(3).named("b")
    there = cl.tie(loop, "a", "b", through=cl.function(jnp.transpose))
    params, x = (jax.random.normal(key, (3, 3)),), jnp.arange(3.0)
    np.testing.assert_allclose(there(params, x), jnp.tanh(x @ params[0]) @ params[0].T, rtol=1e-5)
    assert cl.names(cl.tie(loop, "b", "a")) == ("b",)
    family = cl.tie(cl.linear(3) >> cl.linear(3), "*")
    assert (R(3) >> family).param == R(3, 3) and repr(family) == "tie(linear(3) >> linear(3), '*')"


def test_spectral_norm_is_one_and_weight_norm_has_its_lengths(key):
    for kernel in cl.merged(CELLS["spectral_norm"], laws.sample(CELLS["spectral_norm"].param, key))[::2]:
        assert np.linalg.svd(kernel, compute_uv=False)[0] == pytest.approx(1, rel=1e-5)
    q = laws.sample(CELLS["weight_norm"].param, key)
    kernel = cl.merged(CELLS["weight_norm"], q)[0]
    np.testing.assert_allclose(np.linalg.norm(kernel, axis=0), np.abs(q[1]), rtol=1e-5)
    torch_like = q[0] / np.linalg.norm(q[0], axis=0) * q[1]
    np.testing.assert_allclose(kernel, torch_like, rtol=1e-5)


def test_pruned_weights_stay_zero(key):
    cell = CELLS["prune"]
    learner = cl.supervised(cell, cl.quadratic, cl.adam(0.05))
    state = learner.init(key)
    kernels = [np.abs(p) for p in PARAMS[::2]]
    threshold = np.median(np.concatenate([k.ravel() for k in kernels]))
    for _ in range(3):
        state, _ = learner.step(state, (jnp.ones((4, 3)), jnp.zeros((4, 2))))
    for before, after in zip(kernels, cl.merged(cell, learner.params(state))[::2], strict=True):
        np.testing.assert_array_equal(np.asarray(after) == 0, before < threshold)


def test_a_hypernetwork_has_the_gradient_of_its_latent(key):
    cell = CELLS["hypernetwork"]
    assert cl.names(cell)[0] == "latent" and cell.param[1:] == LATENT.param
    params = cell.init(key)
    vector = LATENT(params[1:], params[0])
    np.testing.assert_allclose(jnp.concatenate([jnp.ravel(p) for p in cl.merged(cell, params)]), vector, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: cl.freeze(MODEL, PARAMS, "tail.*"), TypingError, "chooses no parameter"),
        (lambda: cl.freeze(MODEL, PARAMS[:2]), ArgumentError, "takes 6 parameters"),
        (lambda: cl.tie(MODEL, "head.kernel"), TypingError, "fewer than two"),
        (lambda: cl.tie(MODEL, "head.kernel", "0.dense.kernel"), Exception, "must end in its parameters"),
        (lambda: cl.lora(MODEL, PARAMS, 0), TypingError, "rank must be"),
        (lambda: cl.lora(MODEL, PARAMS, 2, "*.bias"), TypingError, "at least two axes"),
        (lambda: cl.weight_norm(MODEL, "*"), TypingError, "at least two axes"),
        (lambda: cl.prune(MODEL, PARAMS, 1.0), TypingError, "fraction"),
        (lambda: cl.prune(MODEL, PARAMS, 0.5, "x"), TypingError, "chooses no parameter"),
        (lambda: cl.masked(MODEL, {"x": np.ones(2)}), ArgumentError, "has no parameter 'x'"),
        (lambda: cl.masked(MODEL, {"head.bias": np.ones(3)}), ArgumentError, "has shape"),
        (lambda: cl.hypernetwork(MODEL, R(5) >> cl.dense(3)), TypingError, "ends in"),
        (lambda: cl.merged(MODEL, PARAMS), TypingError, "no reparameterisation"),
    ],
)
def test_bad_2_cells(make, error, said):
    with pytest.raises(error, match=said):
        make()
