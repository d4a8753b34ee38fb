"""2-cells against what they are by hand, and the gradient rule of each."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import ArgumentError, CompositionError, TypingError

MODEL = R(3) >> cl.dense(4) >> cl.tanh >> cl.dense(4) >> cl.tanh >> cl.dense(2).named("head")
PARAMS = MODEL.init(jax.random.key(7))
LATENT = R(5) >> cl.dense(8) >> cl.tanh >> cl.dense(MODEL.param.size)

CELLS = {
    "tie": cl.tie(MODEL, "0.dense.bias|2.dense.bias"),
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
    there = cl.tie(loop, "b", to="a", through=cl.function(jnp.transpose))
    params, x = (jax.random.normal(key, (3, 3)),), jnp.arange(3.0)
    np.testing.assert_allclose(there(params, x), jnp.tanh(x @ params[0]) @ params[0].T, rtol=1e-5)
    assert cl.names(cl.tie(loop, "a", to="b")) == ("b",)
    family = cl.tie(cl.linear(3) >> cl.linear(3), "*")
    assert (R(3) >> family).param == R(3, 3) and repr(family) == "tie(linear(3) >> linear(3), where='*')"


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
        (lambda: cl.tie(MODEL, "head.kernel|0.dense.kernel"), CompositionError, "must end in its parameters"),
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


def test_in_a_stack_every_layer_has_its_own(key):
    """The 2-cell of a stack is the stack of the 2-cell."""
    model = R(4) >> cl.stack(3, cl.dense(4) >> cl.tanh)
    params = model.init(key)
    for kernel in cl.merged(cl.spectral_norm(model), params)[0]:
        assert np.linalg.svd(kernel, compute_uv=False)[0] == pytest.approx(1, rel=1e-5)
    normed, inside = cl.weight_norm(model), R(4) >> cl.stack(3, cl.weight_norm(cl.dense(4)) >> cl.tanh)
    q, x = laws.sample(normed.param, key), jnp.ones(4)
    assert normed.param == inside.param == R(3, 4, 4) @ R(3, 4) @ R(3, 4)
    np.testing.assert_allclose(normed(q, x), inside(q, x), rtol=1e-5)
    adapted = cl.lora(model, params, 2)
    assert adapted.param == R(3, 4, 2) @ R(3, 2, 4)
    q = laws.sample(adapted.param, key)
    np.testing.assert_allclose(cl.merged(adapted, q)[0], params[0] + jnp.einsum("lmr,lrn->lmn", *q), rtol=1e-5)
    assert laws.equal_values("begins", cl.merged(adapted, adapted.init(key)), params) is None
    assert laws.gradient_rule(model, adapted.along, key) is None


def test_cells_pickle_and_are_equal_to_themselves_made_again(cell, key):
    again = pickle.loads(pickle.dumps(cell))
    assert laws.equal_values("init", again.init(key), cell.init(key)) is None
    x = jax.random.normal(key, (3,))
    np.testing.assert_array_equal(again(cell.init(key), x), cell(cell.init(key), x))
    assert "0x" not in repr(cell)
    families = [cl.weight_norm(cl.dense(3)), cl.spectral_norm(cl.dense(3)), cl.tie(cl.linear(3) >> cl.linear(3), "*")]
    for family in families:
        assert eval(repr(family), vars(cl)) == family and pickle.loads(pickle.dumps(family)) == family


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_cells_in_small_floats(dtype, key):
    model = R(4, dtype=dtype) >> cl.dense(3)
    params = model.init(key)
    for small in (cl.spectral_norm(model), cl.weight_norm(model), cl.lora(model, params, 2), cl.prune(model, params, 0.5)):
        y = small(small.init(key), jnp.ones(4, dtype))
        assert y.dtype == dtype and np.all(np.isfinite(np.asarray(y, np.float32)))
    mixed = cl.cast(cl.spectral_norm(R(4) >> cl.dense(3)), dtype)
    assert np.all(np.isfinite(mixed(mixed.init(key), jnp.ones(4))))
