import io
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import ArgumentError, CompositionError, MissingPackageError, TypingError
from catlearn.laws.counterexample import sample

KEY = jax.random.key(0)
norm, state = eqx.nn.make_with_state(eqx.nn.BatchNorm)(4, "batch", mode="batch")


class Weighted(eqx.Module):
    """A module of everything: numpy's arrays, integers, booleans, a key, a dictionary, a function."""

    scale: np.ndarray
    order: jax.Array
    mask: np.ndarray
    key: jax.Array
    more: dict
    act: object
    nothing: np.ndarray

    def __init__(self):
        self.scale, self.order, self.mask = np.ones(3), jnp.array([2, 0, 1]), np.array([True, True, False])
        self.key, self.more, self.act = jax.random.key(7), {"shift": jnp.arange(3.0)}, jax.nn.relu
        self.nothing = np.zeros(3, jax.dtypes.float0)

    def __call__(self, x):
        return self.act(x[self.order] * self.scale + self.more["shift"]) * self.mask + jax.random.normal(self.key, (3,))


class AtRest(eqx.Module):
    """A module and its state, as users are told to write it."""

    norm: eqx.Module
    state: eqx.nn.State

    def __call__(self, x):
        return self.norm(x, self.state)[0]


class Bare(eqx.Module):
    def __call__(self, x, y):
        return x + y, {"product": x * y}


MODULES = {
    "linear": (eqx.nn.Linear(4, 3, key=KEY), R(4)),
    "mlp": (eqx.nn.MLP(4, 3, 5, 2, key=KEY), R(4)),
    "conv": (eqx.nn.Conv2d(2, 3, 3, padding=1, key=KEY), R(2, 5, 5)),
    "layer norm": (eqx.nn.LayerNorm(4), R(4)),
    "attention": (eqx.nn.MultiheadAttention(2, 4, key=KEY), R(3, 4) @ R(3, 4) @ R(3, 4) @ R(3, 3, dtype="bool")),
    "sequential": (eqx.nn.Sequential([eqx.nn.Linear(4, 3, key=KEY), eqx.nn.Lambda(jnp.tanh), eqx.nn.LayerNorm(3)]), R(4)),
    "recurrent": (eqx.nn.LSTMCell(4, 3, key=KEY), R(4) @ cl.wire((R(3), R(3)))),
    "embedding": (eqx.nn.Embedding(6, 3, key=KEY), R(dtype="int32")),
    "dropout at rest": (eqx.nn.inference_mode(eqx.nn.Dropout(0.5)), R(4)),
    "weighted": (Weighted(), R(3)),
    "no parameters": (Bare(), R(3) @ R(3)),
}


@pytest.fixture(params=MODULES, scope="module")
def case(request):
    module, dom = MODULES[request.param]
    return module, dom, dom >> cl.from_equinox(module, arity=len(dom))


def inexact(tree):
    return [leaf for leaf in jax.tree.leaves(tree) if eqx.is_inexact_array(leaf)]


def test_values_and_gradients_are_equinox_s(case, key):
    module, dom, f = case
    xs, ws, lens = sample(dom, key), sample(f.cod, jax.random.key(1)), cl.reverse(f)

    @jax.jit
    def ours(params):
        y, residual = lens.forward(params, *xs)
        return y, lens.backward(residual, *ws)[0]

    @eqx.filter_value_and_grad(has_aux=True)
    def theirs(module):
        y = module(*xs)
        return sum(map(jnp.vdot, jax.tree.leaves(y), jax.tree.leaves(ws))), y

    (_, expected), grads = eqx.filter_jit(theirs)(module)
    found, dparams = ours(f.init(key))
    for a, b in zip(jax.tree.leaves((found, dparams)), [*jax.tree.leaves(expected), *inexact(grads)], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("which", ["linear", "weighted", "no parameters"])
def test_the_lens_and_the_batch_obey_their_laws(which, key):
    module, dom = MODULES[which]
    f = dom >> cl.from_equinox(module, arity=len(dom))
    assert laws.agrees_with_vjp(f, key) is None
    assert laws.batch_runs_each_example(f, 3, key) is None


def test_parameters_begin_as_the_module_s_own(case, key):
    module, _, f = case
    arrays = [leaf for leaf in jax.tree.leaves(module) if isinstance(leaf, jax.Array)]
    assert all(any(value is array for value in f.init(key)) for array in arrays)


def test_parameters_are_named_by_their_places():
    mlp = R(4) >> cl.from_equinox(MODULES["mlp"][0])
    assert cl.names(mlp) == tuple(f"layers.{i}.{name}" for i in range(3) for name in ("weight", "bias"))
    model = R(4) >> cl.from_equinox(MODULES["linear"][0]) >> cl.relu >> cl.dense(2).named("head")
    assert cl.names(model) == ("0.Linear.weight", "0.Linear.bias", "head.kernel", "head.bias")


def test_integers_booleans_and_keys_are_parameters_that_do_not_change(key):
    f = R(3) >> cl.from_equinox(Weighted())
    assert cl.names(f) == ("scale", "order", "mask", "key", "more.shift")
    lens = cl.reverse(f)
    dparams, _ = lens.backward(lens.forward(f.init(key), jnp.ones(3))[1], jnp.ones(3))
    assert [d.shape for d in dparams] == [(3,), (3,)]
    learner = cl.supervised(f, cl.quadratic, cl.adam(0.1))
    state, _ = learner.step(learner.init(key), (jnp.ones((2, 3)), jnp.ones((2, 3))))
    before, after = cl.by_name(f, f.init(key)), cl.by_name(f, learner.params(state))
    assert np.array_equal(after["order"], before["order"]) and not np.array_equal(after["scale"], before["scale"])


def test_code_and_table_are_one_line_a_box():
    model = R(4) >> cl.from_equinox(MODULES["mlp"][0]) >> cl.dense(2)
    assert repr(model).splitlines()[0] == "R(4) >> from_equinox(MLP(…)) >> dense(2)"
    assert repr(cl.from_equinox(MODULES["attention"][0], arity=3)) == "from_equinox(MultiheadAttention(…), arity=3)"
    row = repr(cl.describe(model)).splitlines()[4].split("  ")
    shown = "layers.0.weight (5, 4), layers.0.bias (5,), layers.1.weight (5, 5), … 3 more"
    assert [cell.strip() for cell in row if cell.strip()] == ["0.MLP", "from_equinox(MLP(…))", "R(3)", shown, "73"]


def test_a_mixed_model_trains(blobs, key):
    theirs = eqx.nn.Linear(4, 8, key=key)
    model = R(4) >> cl.from_equinox(theirs) >> cl.relu >> cl.dense(3)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(0.02))
    state, history = learner.fit(learner.init(key), blobs, epochs=5, batch_size=10, key=key)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert cl.accuracy(learner.predict(state, blobs[0]), blobs[1]) > 0.9
    trained = cl.from_equinox(theirs).at(learner.params(state)[:2])
    assert isinstance(trained, eqx.nn.Linear) and not np.array_equal(trained.weight, theirs.weight)
    assert model.init(key)[0] is theirs.weight  # the learner gives its own copies away, not the module's arrays
    np.testing.assert_array_equal(theirs.weight, eqx.nn.Linear(4, 8, key=key).weight)


def test_a_step_is_that_of_equinox_and_optax(batch_of_blobs, key):
    module, (xs, ys) = eqx.nn.MLP(4, 3, 8, 1, key=key), batch_of_blobs
    learner = cl.supervised(R(4) >> cl.from_equinox(module), cl.softmax_cross_entropy, cl.descent(0.1))
    state, metrics = learner.step(learner.init(key), (xs, ys))

    def loss(module):
        return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(module)(xs), ys).mean()

    value, grads = eqx.filter_jit(eqx.filter_value_and_grad(loss))(module)
    expected = eqx.apply_updates(module, jax.tree.map(lambda g: -0.1 * g, grads))
    np.testing.assert_allclose(metrics["loss"], value, rtol=1e-6)
    for a, b in zip(learner.params(state), inexact(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_equal_where_the_modules_are():
    a, b, c = (cl.from_equinox(eqx.nn.MLP(4, 3, 5, 1, key=jax.random.key(i))) for i in (0, 0, 1))
    assert a == b and hash(a) == hash(b) and a != c
    assert R(4) >> a == R(4) >> b != R(4) >> c
    assert cl.from_equinox(Weighted()) == cl.from_equinox(Weighted()) != a
    assert cl.from_equinox(MODULES["attention"][0]) != cl.from_equinox(MODULES["attention"][0], arity=3)
    other = eqx.tree_at(lambda m: m.order, Weighted(), jnp.arange(3))
    assert cl.from_equinox(other) != cl.from_equinox(Weighted())
    tanh = eqx.tree_at(lambda m: m.act, Weighted(), jnp.tanh)
    assert cl.from_equinox(tanh) != cl.from_equinox(Weighted())


def test_a_shared_layer_is_one_parameter_and_a_shared_array_two(key):
    class Twice(eqx.Module):
        layers: list

        def __call__(self, x):
            return self.layers[1](self.layers[0](x))

    layer = eqx.nn.Linear(3, 3, key=key)
    assert len((R(3) >> cl.from_equinox(Twice([layer, layer]))).param) == 4
    shared = eqx.nn.Shared(Twice([layer, layer]), lambda m: m.layers[1], lambda m: m.layers[0])

    class Tied(eqx.Module):
        shared: eqx.nn.Shared

        def __call__(self, x):
            return self.shared()(x)

    f, x = R(3) >> cl.from_equinox(Tied(shared)), jnp.ones(3)
    assert len(f.param) == 2
    np.testing.assert_allclose(f(f.init(key), x), layer(layer(x)), rtol=1e-6)


def test_dtypes_are_the_module_s(key):
    half = eqx.nn.Linear(3, 2, dtype=jnp.bfloat16, key=key)
    assert (R(3, dtype="bfloat16") >> cl.from_equinox(half)).cod == R(2, dtype="bfloat16")
    with jax.enable_x64(True):
        f = R(3, dtype="float64") >> cl.from_equinox(eqx.nn.Linear(3, 2, dtype=jnp.float64, key=key))
        assert f(f.init(key), jnp.ones(3)).dtype == jnp.float64
    wide = eqx.tree_at(lambda m: m.scale, Weighted(), np.ones(3, np.float64))
    assert cl.from_equinox(wide).resolve(R(3)).param[0] == R(3)  # as JAX itself takes numpy's arrays


def test_it_can_be_made_and_composed_while_tracing(key):
    layer = cl.from_equinox(Weighted())
    outside = jax.jit(lambda x: (R(3) >> layer)((R(3) >> layer).init(key), x))(jnp.ones(3))
    np.testing.assert_allclose(outside, Weighted()(jnp.ones(3)), rtol=1e-6)
    assert all(isinstance(value, jax.Array) and value.is_fully_addressable for value in (R(3) >> layer).init(key))
    module = MODULES["linear"][0]
    inside = eqx.filter_jit(lambda module, x: (f := R(4) >> cl.from_equinox(module))(f.init(key), x))
    np.testing.assert_allclose(inside(module, jnp.ones(4)), module(jnp.ones(4)), rtol=1e-6)


def test_a_module_at_rest_may_hold_its_state(key):
    module = AtRest(eqx.nn.inference_mode(norm), state)
    f, x = R(4) >> cl.from_equinox(module), jax.random.normal(key, (4,))
    np.testing.assert_allclose(f(f.init(key), x), module(x), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(5) >> cl.relu >> cl.from_equinox(MODULES["linear"][0]), r"got \(4,\) and \(5,\)"),
        (lambda: R(4) >> cl.from_equinox(eqx.nn.Dropout(0.5)), r"without a key: equinox.nn.inference_mode\(module\)"),
        (lambda: R(4) >> cl.from_equinox(norm), r"keeps a state.*inference_mode\(module\) and its state in a module"),
        (lambda: R(4) >> cl.from_equinox(AtRest(norm, state)), "keeps a state"),
        (lambda: R(3, 4) >> cl.from_equinox(MODULES["attention"][0]), r"was given 1 of its inputs: .*arity=…"),
        (lambda: R(3, 4) >> cl.from_equinox(MODULES["attention"][0], 3), "takes 3 wires, got 1"),
        (lambda: cl.from_equinox(eqx.nn.Linear), "got the class Linear: make one first"),
        (lambda: cl.from_equinox(jnp.ones(3)), "takes an equinox.Module that can be called"),
        (lambda: cl.from_equinox(state), "takes an equinox.Module that can be called"),
        (lambda: cl.from_equinox(MODULES["linear"][0], arity=1.5), "arity is the number of inputs"),
    ],
)
def test_what_no_arrow_is_made_of(make, said):
    with pytest.raises(TypingError, match=said):
        make()


def test_an_error_says_where_it_stands():
    with pytest.raises(TypingError) as caught:
        R(5) >> cl.relu >> cl.from_equinox(MODULES["linear"][0])
    assert str(caught.value).startswith("from_equinox(Linear(…)) can't be typed at R(5).\n  TypeError: dot_general")
    assert "  after: R(5) >> relu" in caught.value.__notes__[0]


# the other way


@pytest.fixture
def pair(key):
    model = R(4) >> cl.dense(8) >> cl.tanh >> cl.dense(3).named("head")
    return model, model.init(key)


def test_a_model_is_a_module_with_its_parameters_by_name(pair, key):
    model, params = pair
    module, x = cl.to_equinox(model, params), jax.random.normal(key, (4,))
    assert isinstance(module, eqx.Module) and set(module.parameters) == set(cl.names(model))
    assert all(a is b for a, b in zip(module.params, params, strict=True))
    np.testing.assert_array_equal(module(x), model(params, x))
    changed = eqx.tree_at(lambda m: m.parameters["head.bias"], module, jnp.ones(3))
    np.testing.assert_allclose(changed(x), module(x) + 1, rtol=1e-5)
    assert repr(module).startswith("ToEquinox(") and "head.bias" in repr(module) and "Wire" not in repr(module)


def test_gradients_are_those_of_the_lens(pair, key):
    model, params = pair
    x, w = jax.random.normal(key, (4,)), jnp.arange(3.0)
    grads = eqx.filter_grad(lambda m: jnp.vdot(m(x), w))(cl.to_equinox(model, params))
    lens = cl.reverse(model)
    dparams, _ = lens.backward(lens.forward(params, x)[1], w)
    for a, b in zip(grads.params, dparams, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_there_and_back(pair, key):
    model, params = pair
    x, w = jax.random.normal(key, (4,)), jnp.arange(3.0)
    again = R(4) >> cl.from_equinox(cl.to_equinox(model, params))
    named = dict(zip(cl.names(again), again.init(key), strict=True))
    assert set(named) == {f"parameters.{name}" for name in cl.names(model)}
    one, other = cl.reverse(model), cl.reverse(again)
    np.testing.assert_array_equal(again(again.init(key), x), model(params, x))
    back = dict(zip(cl.names(again), other.backward(other.forward(again.init(key), x)[1], w)[0], strict=True))
    for name, d in cl.by_name(model, one.backward(one.forward(params, x)[1], w)[0]).items():
        np.testing.assert_allclose(back[f"parameters.{name}"], d, rtol=1e-6, atol=1e-6)
    module = eqx.nn.MLP(4, 3, 8, 1, key=key)
    f = R(4) >> cl.from_equinox(module)
    np.testing.assert_array_equal(cl.to_equinox(f, f.init(key))(x), module(x))
    assert eqx.tree_equal(f.op.at(cl.to_equinox(f, f.init(key)).params), module)


def test_a_module_with_a_model_inside_trains(blobs, key):
    model = R(8) >> cl.relu >> cl.dense(3)
    module = eqx.nn.Sequential([eqx.nn.Linear(4, 8, key=key), cl.to_equinox(model, model.init(key))])
    optimiser = optax.adam(0.02)
    xs, ys = map(jnp.asarray, blobs)

    def loss(module):
        return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(module)(xs), ys).mean()

    @eqx.filter_jit
    def step(module, state):
        value, grads = eqx.filter_value_and_grad(loss)(module)
        updates, state = optimiser.update(grads, state, eqx.filter(module, eqx.is_inexact_array))
        return eqx.apply_updates(module, updates), state, value

    state, losses = optimiser.init(eqx.filter(module, eqx.is_inexact_array)), []
    for _ in range(40):
        module, state, value = step(module, state)
        losses.append(float(value))
    assert losses[-1] < 0.2 * losses[0] and step._cached._cache_size() == 1
    trained = module.layers[1].params
    np.testing.assert_allclose(model(trained, jnp.ones(8)), module.layers[1](jnp.ones(8)), rtol=1e-6)
    assert not np.array_equal(trained[0], model.init(key)[0])


def test_leaves_are_written_and_read(pair, key):
    model, params = pair
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, cl.to_equinox(model, params))
    file.seek(0)
    back = eqx.tree_deserialise_leaves(file, cl.to_equinox(model, model.init(jax.random.key(5))))
    assert all(map(np.array_equal, back.params, params))


def test_several_models_are_an_ensemble(pair):
    model, params = pair
    one, other = cl.to_equinox(model, params), cl.to_equinox(model, jax.tree.map(lambda leaf: -leaf, params))
    both = jax.tree.map(lambda *leaves: jnp.stack(leaves), one, other)
    ys = eqx.filter_jit(eqx.filter_vmap(lambda module: module(jnp.ones(4))))(both)
    np.testing.assert_allclose(ys, [one(jnp.ones(4)), other(jnp.ones(4))], rtol=1e-5)


def test_what_no_module_is_made_of(pair, key):
    model, params = pair
    with pytest.raises(ArgumentError, match="takes 4 parameters"):
        cl.to_equinox(model, params[:3])
    with pytest.raises(ArgumentError, match="don't fit"):
        cl.to_equinox(model, params[::-1])
    with pytest.raises(TypingError, match="not yet a diagram"):
        cl.to_equinox(cl.dense(3), params)
    with pytest.raises(CompositionError, match=r"an arrow of Lens\(Smooth\)"):
        cl.to_equinox(cl.reverse(model), params)


def test_a_missing_package_is_named(pair, monkeypatch):
    monkeypatch.setitem(sys.modules, "equinox", None)
    for make in (lambda: cl.from_equinox(object()), lambda: cl.to_equinox(*pair)):
        with pytest.raises(MissingPackageError, match=r"equinox: pip install 'catlearn\[interop\]'"):
            make()
