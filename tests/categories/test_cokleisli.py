"""Diagrams that read contexts: how they compose, run, and change. The laws of CoKl(A, C) are in `test_cokleisli_base`."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import CoKl, I, R, Smooth, laws
from catlearn.categories.cokleisli import CoKleisli, ContextError, context_of, underlying
from catlearn.categories.comonoid import KEY
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.core.wires import Object

CONDITION = R(2, label="condition")
shifted = R(2) >> R(2) @ cl.ask(CONDITION) >> cl.add
net = (shifted >> cl.dense(2)).named("block") >> cl.dropout(0.5) >> cl.dense(3)
a, x = jnp.array([10.0, 20.0]), jnp.array([1.0, 2.0])


# composites


def test_composites_share_a_context_by_its_name():
    other = R(2) >> R(2) @ cl.ask(R(2, label="other")) >> cl.add
    assert context_of(shifted >> shifted).labels == ("condition",)
    assert context_of(shifted >> other).labels == ("condition", "other")
    assert context_of((R(2) >> cl.dropout(0.5)) @ shifted).labels == ("condition", "key")  # keys come last
    assert context_of(R(2) >> cl.tanh) == I and (R(2) >> cl.tanh).category == Smooth
    assert (shifted >> shifted >> other)((), a, -a, x).tolist() == [11.0, 22.0]  # x + a + a − a
    assert (shifted @ other)((), a, -a, x, x)[0].tolist() == [11.0, 22.0]


def test_arrows_of_smooth_compose_with_those_that_read():
    f, g = R(2) >> cl.tanh, shifted
    assert (f >> g).category == (g >> f).category == (f @ g).category == (g @ f).category == g.category
    assert np.allclose((f >> g)((), a, x), jnp.tanh(x) + a)
    assert laws.extensional("identity", R(2) >> g, g) is None
    assert np.allclose((g >> cl.identity(R(2)))((), a, x), x + a)


def test_one_name_for_two_contexts_is_refused():
    wide = R(3) >> R(3) @ cl.ask(R(3, label="condition")) >> cl.add
    for compose in (lambda: shifted @ wide, lambda: shifted >> cl.dense(3) >> wide):
        with pytest.raises(ContextError, match=r"under the name 'condition'.*\n.*R\(2\)\n.*R\(3\)\n.*pull_context"):
            compose()
    graphs = (R(5, 3) >> cl.graph_conv(2)), (R(6, 2) >> cl.graph_conv(2))
    with pytest.raises(ContextError, match="'graph'"):
        graphs[0] @ graphs[1]
    lens = cl.reverse(R(2) >> cl.tanh)
    with pytest.raises(CompositionError):
        lens @ shifted


def test_a_context_that_is_declared_further_is_that_of_the_whole():
    conv = R(5, 3) >> cl.graph_conv(3)
    closed = cl.within(conv, cl.Graph(5, 8))
    for f in (conv >> closed, closed >> conv, conv >> closed >> conv):
        assert str(f.category) == "CoKl(graph: Graph(5, 8), Smooth)"
    g = cl.edge_list(range(4), range(1, 5), 5)
    with pytest.raises(ContextError, match=r"declared: Graph\(5, 8\)\n.*given: +Graph\(5, 4\)\n.*padded"):
        (conv >> closed)(closed.init(jax.random.key(0)) * 2, g, jnp.ones((5, 3)))


def test_contexts_have_names():
    for make in (lambda: cl.ask(R(2)), lambda: CoKl(R(2)), lambda: cl.within(shifted, R(2))):
        with pytest.raises(ContextError, match="has a name"):
            make()
    with pytest.raises(TypingError, match="ask takes an object"):
        cl.ask("condition")
    asks = cl.ask(CONDITION @ R(3, label="mood"))
    assert repr(asks) == "ask((R(2) @ R(3)).named('condition', 'mood'))"
    assert eval(repr(asks), {"ask": cl.ask, "R": R}) == asks
    assert repr(shifted).splitlines()[0] == "R(2) >> (identity(R(2)) @ ask(R(2).named('condition'))) >> add"


# running


def test_running_takes_contexts_before_inputs(key):
    params = net.init(key)
    y = net(params, a, key, x)
    assert y.shape == (3,) and np.allclose(jax.jit(net)(params, a, key, x), y, atol=1e-6)
    assert np.allclose(net(params, a, x), cl.inference(net)(params, a, x))  # keys may be left out
    assert np.allclose(underlying(net)(params, a, key, x), y)
    assert net.param.labels == underlying(net).param.labels
    assert net.param.labels == ("block.2.dense.kernel", "block.2.dense.bias", "2.dense.kernel", "2.dense.bias")


def test_wrong_contexts_and_inputs_are_refused(key):
    params = net.init(key)
    for given, message in [
        ((x,), r"takes its context \(condition, key\), then 1 input \(R\(2\)\), got 1 value"),
        ((a, key, x, x), "got 4 values"),
        ((jnp.ones(3), key, x), r"reads another condition.\n.*R\(2\)\n.*R\(3\)"),
        ((key, a, x), "reads another condition"),
        ((a, jax.random.PRNGKey(0), x), r"reads another key.*\n.*\n.*uint32"),
        ((a, key, jnp.ones(3)), "wire 0, axis 0: 2 ≠ 3"),
    ]:
        with pytest.raises((ContextError, ArgumentError), match=message):
            net(params, *given)
    wide = cl.ask(CONDITION @ R(3, label="mood"))
    with pytest.raises(ArgumentError, match=r"takes its context \(condition, mood\), got 1 value"):
        (I >> wide)((), a)


def test_a_diagram_that_reads_can_be_pickled_and_hashed():
    assert pickle.loads(pickle.dumps(net)) == net and hash(pickle.loads(pickle.dumps(net))) == hash(net)
    assert {net.category: 1}[pickle.loads(pickle.dumps(net)).category] == 1


def test_the_context_does_not_grow_with_depth(key):
    deep = R(2)
    for _ in range(40):
        deep = deep >> shifted
    assert context_of(deep) == CONDITION and len(underlying(deep).dom) == 2
    assert np.allclose(deep((), a, x), x + 40 * a)
    grad = jax.grad(lambda a: deep((), a, x).sum())(a)
    lens = cl.reverse(deep)
    assert lens.backward(lens.forward((), a, x)[1], jnp.ones(2))[1][0].tolist() == grad.tolist() == [40.0, 40.0]


def test_weights_may_be_made_from_the_context(key):
    """A 2-cell that reads: P ⊗ A → P."""
    f = (R(2) >> cl.bias()).reparameterise(R(2) @ cl.ask(CONDITION).resolve(I) >> cl.add)
    assert f.category == shifted.category and f.param == R(2)
    assert f((x,), a, jnp.zeros(2)).tolist() == [11.0, 22.0]
    twice = f >> f
    assert twice((x, x), a, jnp.zeros(2)).tolist() == [22.0, 44.0]


# changes of context


def test_pulling_back_along_an_arrow(key):
    r = R(3) >> cl.dense(2)
    f = cl.pull_context(shifted >> shifted, r)
    assert f.category.names == ("condition",) and f.category.context == R(3)
    (w, b), c = f.init(key), jnp.array([1.0, 2.0, 3.0])
    assert np.allclose(f((w, b), c, x), x + 2 * (c @ w + b), atol=1e-6)
    assert f.param == r.param  # computed once, however many read it
    named = cl.pull_context(shifted, R(3, label="query") @ R(1, label="time") >> cl.concatenate() >> cl.dense(2))
    assert named.category.names == ("query", "time")
    family = cl.pull_context(cl.dropout(0.5) >> R(2) @ cl.ask(CONDITION) >> cl.add, r)
    assert (R(2) >> family).category.names == ("condition", "key")


def test_pulling_back_what_does_not_fit_is_refused():
    with pytest.raises(ContextError, match=r"declared: R\(2\)\n.*given: +R\(3\)"):
        cl.pull_context(shifted, R(3) >> cl.dense(3))
    with pytest.raises(ContextError, match="reads no context"):
        cl.pull_context(R(2) >> cl.relu, R(3) >> cl.dense(2))
    with pytest.raises(ContextError, match="reads key"):
        cl.pull_context(R(2) >> cl.dropout(0.5), R(3) >> cl.dense(2))


def test_declaring_a_context(key):
    conv = cl.graph_conv(2)
    assert str((R(5, 3) >> cl.within(conv, cl.Graph(5, 8))).category) == "CoKl(graph: Graph(5, 8), Smooth)"
    assert cl.within(R(2) >> cl.relu, CONDITION) == (R(2) >> cl.relu)
    assert cl.within(shifted, R(7, label="another")) == shifted
    with pytest.raises(ContextError, match=r"shape \(5, 5\), not \(4, 4\)"):
        cl.within(R(5, 3) >> conv, R(4, 4, label="graph"))
    open_net = (R(5, 3) >> conv).named("first") >> cl.tanh >> conv
    closed = cl.within(open_net, R(5, 5, label="graph"))
    assert closed.param.labels == open_net.param.labels and closed.cod == open_net.cod
    for p, q in zip(closed.init(key), open_net.init(key), strict=True):
        assert np.array_equal(p, q)  # the same net: a context does not change what its parameters are


def test_inference_has_no_noise_and_still_reads_the_rest(key):
    quiet = cl.inference(net)
    assert quiet.category == shifted.category and quiet.param == net.param
    assert cl.inference(R(2) >> cl.relu) == (R(2) >> cl.relu)
    assert (R(2) >> cl.inference(cl.dropout(0.5) >> cl.dense(2))).category == Smooth
    with pytest.raises(TypingError, match="no draw without a key"):
        cl.inference(R(4) >> cl.categorical(1.0))


def test_a_context_can_be_learned(key):
    learned = cl.contextual_to_parametric(net, (a,))
    params = learned.init(key)
    assert learned.category == CoKl(KEY) and learned.param.labels[0] == "0.parameter.condition"
    assert params[0].tolist() == a.tolist()
    assert np.allclose(learned(params, key, x), net(params[1:], a, key, x))
    assert cl.contextual_to_parametric(shifted).init(key)[0].tolist() == [0.0, 0.0]
    conv = cl.contextual_to_parametric(R(3, 2) >> cl.graph_conv(2))
    assert conv.param[0] == R(3, 3)  # a graph that was left open is learned as its adjacency matrix
    with pytest.raises(ArgumentError, match="the contexts to learn are condition"):
        cl.contextual_to_parametric(shifted, ())
    with pytest.raises(ContextError, match="reads another condition"):
        cl.contextual_to_parametric(shifted, (jnp.ones(3),))


# functors go inside


def test_loops_split_keys_and_share_the_rest(key):
    f = R(2) >> cl.noise(1.0)
    stacked = cl.stack(3, f)
    drawn = [jax.random.normal(k, (2,)) for k in jax.random.split(key, 3)]
    assert np.allclose(stacked((), key, x), x + sum(drawn), atol=1e-6)
    assert np.allclose(cl.stack(3, shifted)((), a, x), x + 3 * a)
    again = cl.recompute(f >> cl.tanh)
    assert np.allclose(again((), key, x), (f >> cl.tanh)((), key, x))


def test_mixed_precision_goes_inside(key):
    fast, params = cl.cast(net, "bfloat16"), net.init(key)
    assert fast.category == net.category and fast.param == net.param and fast.param.labels == net.param.labels
    assert np.allclose(fast(params, a, x), net(params, a, x), rtol=0.02, atol=0.02)


def test_two_cells_by_name_see_through(key):
    params = net.init(key)
    adapted = cl.lora(net, params, rank=1)
    assert adapted.category == net.category and "2.dense.kernel.up" in adapted.param.labels
    frozen = cl.freeze(net, params, "block*")
    assert np.allclose(frozen(params[2:], a, x), net(params, a, x), atol=1e-6)


def test_arrows_are_asked_for_what_they_are():
    category = CoKl(CONDITION @ R(1, label="mood"))
    asked = category.ask(1, 0)
    assert isinstance(asked, CoKleisli) and asked.dom == Object() and asked.cod == R(1) @ R(2)
    assert [v.tolist() for v in asked.arrow.run((a, x[:1]))] == [[1.0], [10.0, 20.0]]
    assert repr(category) == "CoKl(condition: R(2), mood: R(1), Smooth)"
    assert CoKl.join(Smooth, category) == category == CoKl.join(category, category)
    assert CoKl.join(CoKl(CONDITION), cl.Lens(Smooth)) is None
