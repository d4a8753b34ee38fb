import sys

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import MissingPackageError, TypingError
from catlearn.laws.counterexample import sample


class Net(nn.Module):
    """A compact module that does otherwise in training."""

    @nn.compact
    def __call__(self, x, train):
        x = nn.Dropout(0.5, deterministic=not train)(nn.tanh(nn.Dense(5)(x)))
        return nn.Dense(3)(x)


class Block(nnx.Module):
    """Layers with states of every kind, one of them used twice."""

    def __init__(self, rngs):
        self.first, self.norm = nnx.Linear(4, 4, rngs=rngs), nnx.BatchNorm(4, rngs=rngs)
        self.dropout, self.layers = nnx.Dropout(0.5, rngs=rngs), nnx.List([self.first, nnx.Linear(4, 3, rngs=rngs)])
        self.act, self.shift = jax.nn.relu, jnp.ones(3)

    def __call__(self, x):
        x = self.layers[0](self.dropout(self.norm(self.first(x))))
        return self.layers[1](self.act(x)) + self.shift


def block(seed=0, at_rest=True):
    module = Block(nnx.Rngs(seed))
    if at_rest:
        module.eval()
    return module


CARRY = cl.wire((R(3), R(3)))
LINEN = {
    "dense": (nn.Dense(3), R(4), {}),
    "compact": (Net(), R(4), {"train": False}),
    "sequential": (nn.Sequential([nn.Dense(3), nn.relu, nn.LayerNorm()]), R(4), {}),
    "conv": (nn.Conv(3, (3, 3)), R(4, 4, 2), {}),
    "recurrent": (nn.LSTMCell(3), CARRY @ R(4), {}),
    "embedding": (nn.Embed(6, 3), R(dtype="int32"), {}),
    "no parameters": (nn.Dropout(0.5), R(4), {"deterministic": True}),
}
NNX = {
    "linear": (nnx.Linear(4, 3, rngs=nnx.Rngs(0)), R(4), {}),
    "block": (block(), R(4), {}),
    "attention": (nnx.MultiHeadAttention(2, 4, 4, rngs=nnx.Rngs(0)), R(3, 4) @ R(3, 4), {"decode": False}),
    "no parameters": (nnx.Dropout(0.5, deterministic=True), R(4), {}),
}


def ours(dom, module, options, key):
    """An arrow with its first parameters, and what it gives forward and backward at random values."""
    f = dom >> cl.from_flax(module, len(dom), **options)
    xs, ws, lens = sample(dom, key), sample(f.cod, jax.random.key(1)), cl.reverse(f)

    @jax.jit
    def run(params):
        y, residual = lens.forward(params, *xs)
        return y, lens.backward(residual, *ws)[0]

    return f, f.init(key), xs, ws, run(f.init(key))


def vdot(ys, ws):
    return sum(map(jnp.vdot, jax.tree.leaves(ys), jax.tree.leaves(ws)))


def agree(found, expected):
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("which", LINEN)
def test_linen_s_values_gradients_and_first_parameters(which, key):
    module, dom, options = LINEN[which]
    _, params, xs, ws, (y, dparams) = ours(dom, module, options, key)
    variables = module.init(key, *xs, **options)
    agree(params, variables)

    @jax.jit
    @jax.grad
    def theirs(variables):
        return vdot(module.apply(variables, *xs, **options), ws)

    agree(y, module.apply(variables, *xs, **options))
    agree(dparams, theirs(variables))


@pytest.mark.parametrize("which", NNX)
def test_nnx_s_values_gradients_and_first_parameters(which, key):
    module, dom, options = NNX[which]
    _, params, xs, ws, (y, dparams) = ours(dom, module, options, key)
    static, weights, rest = nnx.split(module, nnx.Param, ...)
    assert all(a is b for a, b in zip(params, jax.tree.leaves(weights), strict=True))

    @jax.jit
    @jax.grad
    def theirs(weights):
        return vdot(nnx.merge(static, weights, rest)(*xs, **options), ws)

    agree(y, module(*xs, **options))
    agree(dparams, theirs(weights))


@pytest.mark.parametrize(("cases", "which"), [(LINEN, "compact"), (NNX, "block")])
def test_the_lens_and_the_batch_obey_their_laws(cases, which, key):
    module, dom, options = cases[which]
    f = dom >> cl.from_flax(module, **options)
    assert laws.agrees_with_vjp(f, key) is None
    assert laws.batch_runs_each_example(f, 3, key) is None


def test_parameters_are_named_by_their_places():
    net = R(4) >> cl.from_flax(Net(), train=False)
    assert cl.names(net) == ("Dense_0.bias", "Dense_0.kernel", "Dense_1.bias", "Dense_1.kernel")
    model = R(4) >> cl.from_flax(block()) >> cl.dense(2)
    assert cl.names(model)[2:6] == ("0.Block.layers.1.bias", "0.Block.layers.1.kernel", "0.Block.norm.bias", "0.Block.norm.scale")
    assert cl.names(model)[:2] == ("0.Block.first.bias", "0.Block.first.kernel") and len(model.param) == 8


def test_code_is_one_line():
    model = R(4) >> cl.from_flax(Net(), train=False) >> cl.from_flax(nnx.Linear(3, 2, rngs=nnx.Rngs(0)))
    assert repr(model).splitlines()[0] == "R(4) >> from_flax(Net(…), train=False) >> from_flax(Linear(…))"


def test_linen_s_parameters_are_as_wide_as_its_inputs(key):
    layer = cl.from_flax(nn.Dense(2))
    assert (R(3) >> layer).param == R(2) @ R(3, 2) and (R(7) >> layer).param == R(2) @ R(7, 2)
    half = R(3, dtype="bfloat16") >> cl.from_flax(nn.Dense(2, dtype=jnp.bfloat16, param_dtype=jnp.bfloat16))
    assert half.param == R(2, dtype="bfloat16") @ R(3, 2, dtype="bfloat16") and half.cod == R(2, dtype="bfloat16")
    f = R(3) >> layer
    assert all(map(jnp.array_equal, jax.jit(f.init)(key), f.init(key)))


@pytest.mark.parametrize(
    "layer", [cl.from_flax(nn.Dense(8)), cl.from_flax(nnx.Linear(4, 8, rngs=nnx.Rngs(0)))], ids=["linen", "nnx"]
)
def test_a_mixed_model_trains(layer, blobs, key):
    learner = cl.supervised(R(4) >> layer >> cl.relu >> cl.dense(3), cl.softmax_cross_entropy, cl.adam(0.02))
    state, history = learner.fit(learner.init(key), blobs, epochs=5, batch_size=10, key=key)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert cl.accuracy(learner.predict(state, blobs[0]), blobs[1]) > 0.9


def test_the_module_comes_back_with_other_parameters(key):
    f, x = R(4) >> cl.from_flax(block()), jnp.arange(4.0)
    doubled = tuple(2 * value for value in f.init(key))
    module = f.op.at(doubled)
    assert isinstance(module, Block)
    np.testing.assert_allclose(module(x), f(doubled, x), rtol=1e-6)
    module.train()
    module(x)  # changes its own statistics, and not those of the arrow
    np.testing.assert_allclose(f(f.init(key), x), block()(x), rtol=1e-6)
    g = R(4) >> cl.from_flax(nn.Dense(3))
    np.testing.assert_allclose(g.op.at(g.init(key))(x), g(g.init(key), x), rtol=1e-6)
    with pytest.raises(TypingError, match="no domain yet"):
        cl.from_flax(nn.Dense(3)).at(())


def test_what_becomes_of_an_nnx_module_is_not_seen(key):
    module, x = block(), jnp.arange(4.0)
    f, before = R(4) >> cl.from_flax(module), block()(x)
    module.first.kernel[...] = jnp.zeros((4, 4))
    module.norm.mean[...] = jnp.ones(4)
    module.train()
    np.testing.assert_allclose(f(f.init(key), x), before, rtol=1e-6)


def test_equal_where_the_modules_are():
    a, b, c = cl.from_flax(Net(), train=False), cl.from_flax(Net(), train=False), cl.from_flax(Net(), train=True)
    assert a == b and hash(a) == hash(b) and a != c and R(4) >> a == R(4) >> b
    lists = [cl.from_flax(nn.Sequential([nn.Dense(n), nn.relu])) for n in (3, 3, 4)]
    assert lists[0] == lists[1] != lists[2] and len({lists[0], lists[1]}) == 1
    d, e, g = cl.from_flax(block()), cl.from_flax(block()), cl.from_flax(block(1))
    assert d == e != g and hash(d) == hash(e) and d != cl.from_flax(block(at_rest=False)) and a != d
    moved = block()
    moved.norm.mean[...] = jnp.ones(4)
    assert cl.from_flax(moved) != d


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(4) >> cl.from_flax(Net(), train=True), 'needs PRNG for "dropout".*\n.*called without a key'),
        (lambda: R(4) >> cl.from_flax(Net()), "missing 1 required positional argument: 'train'"),
        (lambda: R(4) >> cl.from_flax(nn.BatchNorm(use_running_average=True)), "keeps batch_stats.*LayerNorm"),
        (lambda: R(3, 4) >> cl.from_flax(nn.LSTMCell(3), 2), "takes 2 wires, got 1"),
        (lambda: R(4) >> cl.relu >> cl.from_flax(nnx.Linear(5, 3, rngs=nnx.Rngs(0))), r"\(4,\) and \(5,\)"),
        (lambda: R(4) >> cl.from_flax(block(at_rest=False)), r"mutate BatchStat.*\n.*module.eval\(\) first"),
        (lambda: R(4) >> cl.from_flax(nnx.Dropout(0.5, rngs=nnx.Rngs(0))), r"mutate RngCount.*\n.*module.eval\(\) first"),
        (lambda: R() >> cl.from_flax(nn.Dense(3)), "IndexError"),
        (lambda: cl.from_flax(nn.Dense), "got the class Dense: make one first"),
        (lambda: cl.from_flax(jnp.tanh), "takes a module of flax.linen or flax.nnx"),
        (lambda: cl.from_flax(nn.Dense(3), -1), "arity is the number of inputs"),
    ],
)
def test_what_no_arrow_is_made_of(make, said):
    with pytest.raises(TypingError, match=said):
        make()


def test_a_state_that_changes_is_refused_while_tracing_too():
    layer = cl.from_flax(block(at_rest=False))
    with pytest.raises(TypingError, match="mutate BatchStat"):
        jax.jit(lambda x: (R(4) >> layer)((), x))(jnp.ones(4))
    with pytest.raises(TypingError, match="mutate BatchStat"):
        jax.jit(lambda x: (R(4) >> cl.from_flax(block(at_rest=False)))((), x))(jnp.ones(4))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "flax.linen", None)
    with pytest.raises(MissingPackageError, match=r"flax: pip install 'catlearn\[interop\]'"):
        cl.from_flax(object())
