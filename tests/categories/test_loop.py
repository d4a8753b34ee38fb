import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.categories.early import Timed, cut
from catlearn.categories.loop import Loop
from catlearn.core.errors import CompositionError, TypingError

BODY = R(3) @ R(2) >> cl.dense(2) @ cl.dense(2) >> cl.add >> cl.tanh
WIDE = R(8) @ R(2) >> (cl.dense(2) >> cl.sigmoid) @ cl.linear(2) >> cl.add >> cl.copy(R(2))
COUNTING = (R(3) @ R(dtype="int32") @ R(3)) >> cl.function(lambda x, n, s: (x * n, n + 1, s + x), arity=3)
KEYED = (R(2) @ cl.KEY) >> cl.function(lambda x, k: (x + jax.random.normal(k, (2,)), jax.random.split(k)[0]), arity=2)
LOOPS = [(BODY, 1), (WIDE, 1), (COUNTING, 2), (KEYED, 1), (R(2) >> cl.dense(2) >> cl.tanh, 1), (R(3) >> cl.dense(2), 0)]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("body", "states"), LOOPS, ids=range(len(LOOPS)))
def test_a_loop_is_a_python_loop(body, states, backwards, key):
    f = cl.loop(body, 4, states, backwards=backwards)
    e, y = len(body.dom) - states, len(body.cod) - states
    values = laws.sample(f.dom @ f.param, key)
    xs, s, p = values[:e], values[e : len(f.dom)], values[len(f.dom) :]
    found = [None] * 4
    for i in range(4)[:: -1 if backwards else 1]:
        out = body(p, *jax.tree.map(lambda x, i=i: x[i], xs), *s)
        out = out if isinstance(out, tuple) else (out,)
        found[i], s = out[:y], out[y:]
    expected = (*jax.tree.map(lambda *rows: jnp.stack(rows), *found), *s)
    ours = f(p, *values[: len(f.dom)])
    assert laws.equal_values("loop", ours if isinstance(ours, tuple) else (ours,), expected) is None
    assert laws.agrees_with_vjp(f, key) is None


@pytest.mark.parametrize(("body", "states"), LOOPS[:3], ids=range(3))
def test_early_or_late_is_the_same(body, states, key, monkeypatch):
    """What is done before the loop, and what in it, changes no value."""
    f = cl.loop(body, 4, states)
    right = Loop._timed
    made = []
    for ahead in (True, False):
        monkeypatch.setattr(Loop, "_timed", lambda self, _, ahead=ahead: right(self, ahead))
        g = cl.loop(body, 4, states)
        made.append((laws.observed(cl.reverse(g), key), laws.observed(cl.reverse(cl.batch(g, 2)), key)))
    assert laws.equal_values("early", *made) is None
    assert laws.batch_runs_each_example(f, 2, key) is None
    assert body is COUNTING or laws.batch_sums_gradients(f, 2, key) is None


def test_what_depends_on_parameters_alone_is_done_once(key):
    """A matrix that a network makes is made once, not in each round."""
    seen = []

    def watched(w):
        seen.append(1)
        return jnp.tanh(w)

    f = cl.loop(BODY, 5, 1)
    g = f.reparameterise(f.param[:2] @ (f.param[2] >> cl.function(watched)) @ f.param[3])
    outside = cl.loop(BODY.reparameterise(BODY.param[:2] @ (BODY.param[2] >> cl.function(watched)) @ BODY.param[3]), 5, 1)
    assert laws.extensional("once", g, outside) is None
    jaxpr = str(jax.make_jaxpr(outside)(laws.sample(outside.param, key), jnp.ones((5, 3)), jnp.ones(2)))
    assert jaxpr.index("tanh") < jaxpr.index("scan[")


def test_cuts(key):
    f = BODY >> cl.copy(R(2))
    g = cl.uncurry(f)
    for late in ((False, True, False, False, False, False), (True,) * 6, (False,) * 6):
        found = cut(g, late)
        values = laws.sample(g.dom, key)
        first = laws.run(found.early, [v for v, flag in zip(values, late, strict=True) if not flag])
        b = len(first) - len(found.kept)
        rest = laws.run(found.late, (*first[b:], *(v for v, flag in zip(values, late, strict=True) if flag)))
        made = iter(first[:b]), iter(rest)
        out = tuple(next(made[flag]) for flag in found.out)
        assert laws.equal_values("cut", out, g((), *values)) is None
    assert len(cut(g, (False, True, False, False, False, False)).early) >= 1


def test_a_cut_that_drops_what_it_keeps_is_caught(key, monkeypatch):
    monkeypatch.setattr(Timed, "then", lambda f, g: Timed(f.dom, g.cod, lambda flags: g.at(f.at(flags).out)))
    with pytest.raises((CompositionError, AssertionError, ValueError)):
        cl.loop(BODY, 3, 1)(BODY.init(key), jnp.ones((3, 3)), jnp.ones(2))


def test_bodies_of_loops_are_seen_by_functors(key):
    f = cl.loop(BODY.named("step"), 3, 1)
    assert cl.names(f) == cl.names(BODY) and f.param == BODY.param
    assert laws.equal_values("first values", f.init(key), BODY.init(key)) is None
    assert {leaf.dtype for leaf in jax.tree.leaves(cl.cast(f, "bfloat16").cod.structs)} == {jnp.dtype("float32")}
    many = cl.batch(f, 2, (True, False))  # one first state for all examples
    x, s = jax.random.normal(key, (2, 3, 3)), jnp.ones(2)
    np.testing.assert_allclose(many(f.init(key), x, s)[1], f(f.init(key), x[1], s), rtol=1e-5)
    assert eval(cl.loop(R(2) >> cl.tanh, 3, 1).code(), vars(cl)) == cl.loop(R(2) >> cl.tanh, 3, 1)


def test_elements_and_parameters_are_kept_once():
    """The residual has the elements once, as they came, and the weights once, not in each round."""
    f = cl.loop(R(16) @ R(8) >> cl.linear(8) @ cl.linear(8) >> cl.add >> cl.tanh, 32, 1)
    lens = cl.reverse(f)
    kept = jax.eval_shape(lambda p, x, s: lens.forward(p, x, s)[1], lens.init(jax.random.key(0)), jnp.ones((32, 16)), jnp.ones(8))
    sizes = sorted(leaf.size for leaf in jax.tree.leaves(kept))
    assert 32 * 16 * 8 not in sizes and 32 * 8 * 8 not in sizes
    assert sum(sizes) <= 2 * 32 * 16 + 2 * 32 * 8 + 2 * (16 * 8 + 8 * 8)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: cl.loop(R(3) >> cl.dense(2), 3, 1), TypingError, "must end in the states that it begins with"),
        (lambda: cl.loop(BODY, -1, 1), TypingError, "whole number ≥ 0"),
        (lambda: cl.loop(cl.reverse(BODY), 3, 1), CompositionError, "loop, then reverse"),
    ],
)
def test_bad_loops(make, error, said):
    with pytest.raises(error, match=said):
        make()
