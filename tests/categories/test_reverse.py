import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R, laws
from catlearn.categories.reverse import pullback
from catlearn.categories.smooth import SmoothLayer


class WrongSquare(SmoothLayer):
    """x² with the reverse derivative of x³/3: what the laws must catch."""

    def apply(self, params, *xs):
        return jnp.square(xs[0])

    def optic(self, dom):
        return (lambda params, x: (jnp.square(x), x)), (lambda x, dy: ((), x * x * dy))

    def __repr__(self):
        return "wrong_square"


class NotLinear(WrongSquare):
    """x² with a backward pass that is not additive."""

    def optic(self, dom):
        return (lambda params, x: (jnp.square(x), x)), (lambda x, dy: ((), 2 * x * jnp.sin(dy)))


class Reversible(WrongSquare):
    """x² with its own, right optic."""

    def optic(self, dom):
        return (lambda params, x: (jnp.square(x), x)), (lambda x, dy: ((), 2 * x * dy))


def test_a_box_may_bring_its_own_optic(key):
    assert laws.agrees_with_vjp(R(3) >> Reversible() >> cl.dense(2), key) is None


def test_a_wrong_reverse_derivative_is_caught(key):
    wrong = R(3) >> WrongSquare()
    assert laws.agrees_with_vjp(wrong, key).law == "optic: backward"
    assert laws.agrees_with_vjp(R(3) >> cl.dense(3) >> WrongSquare() >> cl.tanh, key) is not None
    assert laws.forward_agrees_with_jvp(wrong, key) is not None


def test_negative_controls_of_each_axiom(key):
    bad, worse = R(3) >> WrongSquare(), R(3) >> NotLinear()
    assert laws.additive_in_the_covector(worse, key).law.startswith("RD.2")
    assert laws.linear_in_the_covector(worse, key).law == "RD.6"
    assert laws.agrees_with_vjp(bad, key).law == "optic: backward"
    curl = R(2) >> CurledGradient()
    assert laws.symmetric_second_derivative(curl, key).law == "RD.7"


class CurledGradient(SmoothLayer):
    """A claimed reverse derivative (0 · x₀, x₀) of some f: R² → R, which has no symmetric second derivative."""

    def apply(self, params, *xs):
        return xs[0][:1]

    def optic(self, dom):
        return (lambda params, x: (x[:1], x)), (lambda x, dy: ((), jnp.array([0.0, 1.0]) * x[0] * dy[0]))


def test_negative_controls_of_the_chain_rule(key, monkeypatch):
    from catlearn.laws import reverse as rd

    f, g = R(3) >> cl.tanh, R(3) >> cl.dense(2)
    assert rd.chain_rule(f, g, key) is None
    right = rd.R
    monkeypatch.setattr(rd, "R", lambda h, a, b: jax.tree.map(lambda x: 2 * x, right(h, a, b)))
    for law in (
        rd.chain_rule(f, g, key),
        rd.identity_and_projections(R(2), R(3), key),
    ):
        assert law is not None
    negated = lambda h, a, b: jax.tree.map(jnp.negative, right(h, a, b))  # noqa: E731
    monkeypatch.setattr(rd, "R", lambda h, a, b: (right if h in (f, f >> f) else negated)(h, a, b))
    assert rd.pairing(f, f >> f, key).law == "RD.4 (pairing)"
    assert rd.additive_in_the_map(f, f >> f, key).law == "RD.1 (sum)"
    ones = lambda h, a, b: jax.tree.map(jnp.ones_like, right(h, a, b))  # noqa: E731
    monkeypatch.setattr(rd, "R", lambda h, a, b: (ones if "discard" in h.code() else right)(h, a, b))
    assert rd.pairing(f, f, key).law == "RD.4 (discard)"
    assert rd.additive_in_the_map(f, f, key).law == "RD.1 (zero)"


def test_changes_of_integer_wires_are_not_there(key):
    f = (R(4, dtype="int32") @ R(4)) >> cl.function(lambda n, x: (n + 1, n * x), arity=2)
    lens = cl.reverse(f)
    (n, _), residual = lens.forward((), jnp.arange(4), jnp.ones(4))
    assert n.dtype == jnp.int32
    _, dx = lens.backward(residual, jnp.ones(4))
    assert np.array_equal(dx, [0, 1, 2, 3])
    picks = R(4) >> cl.function(lambda x: jnp.argmax(x))
    _, residual = cl.reverse(picks).forward((), jnp.ones(4))
    assert np.array_equal(cl.reverse(picks).backward(residual)[1], np.zeros(4))


def test_a_scalar_or_empty_float_beside_an_integer_still_changes():
    f = cl.wire({"a": R(), "i": R(dtype="int32")}) >> cl.function(lambda d: d["a"] * d["i"])
    _, residual = cl.reverse(f).forward((), {"a": jnp.float32(3), "i": jnp.int32(2)})
    _, dx = cl.reverse(f).backward(residual, jnp.float32(1))
    assert dx["i"] is None and float(dx["a"]) == 2
    assert cl.reverse(cl.wire({"a": R(0), "i": R(dtype="int32")})).wires[0].bwd.size == 0


def test_a_wire_that_carries_a_tuple_stays_one_wire():
    f = cl.wire((R(2), R(3))) >> cl.function(lambda z: z[0] * 2)
    for g in (f, cl.recompute(f)):
        _, residual = cl.reverse(g).forward((), (jnp.ones(2), jnp.ones(3)))
        dparams, dx = cl.reverse(g).backward(residual, jnp.ones(2))
        assert dparams == () and np.array_equal(dx[0], [2, 2]) and np.array_equal(dx[1], [0, 0, 0])


def test_changes_inside_a_pytree_wire():
    f = cl.wire({"n": R(dtype="int32"), "x": R(3)}) >> cl.function(lambda d: d["n"] * d["x"])
    lens = cl.reverse(f)
    _, residual = lens.forward((), {"n": jnp.int32(2), "x": jnp.ones(3)})
    _, dx = lens.backward(residual, jnp.ones(3))
    assert dx["n"] is None and np.array_equal(dx["x"], [2, 2, 2])


def test_nothing_carries_float0(key):
    model = R(3) >> cl.dense(2) >> cl.softmax_cross_entropy
    lens = cl.reverse(model)
    params = (jnp.ones((3, 2)), jnp.zeros(2), jnp.int32(1))
    dparams, dx = lens.backward(lens.forward(params, jnp.ones(3))[1], jnp.float32(1))
    assert len(dparams) == 2
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves((dparams, dx)))


def test_reverse_is_compositional_on_terms():
    f, g = R(3) >> cl.dense(3) >> cl.tanh, R(3) >> cl.residual(cl.tanh)
    assert cl.reverse(f >> g) == cl.reverse(f) >> cl.reverse(g)
    assert cl.reverse(f @ g) == cl.reverse(f) @ cl.reverse(g)
    assert cl.reverse(cl.identity(R(3))) == cl.identity(cl.reverse(R(3)))
    tied = (f >> f).reparameterise(cl.copy(f.param))
    assert cl.reverse(tied) == cl.reverse(f >> f).reparameterise(cl.reverse(cl.copy(f.param)))


def test_the_reverse_of_a_family_is_a_family_and_repr_evaluates_back():
    f = R(3) >> cl.dense(3) >> cl.residual(cl.tanh) >> cl.copy(R(3)) >> cl.add >> cl.dense(2).named("head")
    assert cl.reverse(R(3)) >> cl.reverse(cl.dense(3) >> cl.tanh) == cl.reverse(R(3) >> cl.dense(3) >> cl.tanh)
    assert eval(repr(cl.reverse(f)), vars(cl)) == cl.reverse(f)


def test_second_derivatives_agree_with_jax():
    cube = R() >> cl.function(lambda x: x**3)
    twice = pullback(pullback(cube))
    assert np.allclose(twice((), jnp.float32(2), jnp.float32(1), jnp.float32(1))[0], 12.0)


def depth(n):
    model = R(4)
    for _ in range(n):
        model = model >> cl.dense(4) >> cl.tanh
    return model


def test_the_learner_s_step_is_linear_in_depth_too():
    def lines(n):
        learner = cl.supervised(depth(n), cl.softmax_cross_entropy, cl.adam(1e-3))
        state, examples = (
            learner.state.structs,
            (jax.ShapeDtypeStruct((8, 4), jnp.float32), jax.ShapeDtypeStruct((8,), jnp.int32)),
        )
        return len(learner.step.lower(state, examples).as_text().splitlines())

    found = {n: lines(n) for n in (16, 32, 64, 128)}
    steps = [(found[2 * n] - found[n]) / n for n in (16, 32, 64)]
    assert max(steps) <= 1.01 * min(steps)


def lowered(model):
    lens = cl.reverse(model)

    def gradient(params, x):
        y, residual = lens.forward(params, x)
        return lens.backward(residual, jnp.ones_like(y))

    return jax.jit(gradient).lower(model.param.structs, model.dom.structs[0])


def test_stablehlo_lines_are_linear_in_depth():
    lines = {n: len(lowered(depth(n)).as_text().splitlines()) for n in (16, 32, 64, 128)}
    steps = [(lines[2 * n] - lines[n]) / n for n in (16, 32, 64)]
    assert max(steps) <= 1.01 * min(steps)


def test_the_compiled_program_is_jax_grads():
    model = depth(16)
    ours = lowered(model).compile().cost_analysis()
    theirs = jax.jit(jax.grad(lambda p, x: jnp.sum(model(p, x)), argnums=(0, 1)))
    theirs = theirs.lower(model.param.structs, model.dom.structs[0]).compile().cost_analysis()
    for what in ("flops", "bytes accessed", "transcendentals"):
        assert abs(ours[what] / theirs[what] - 1) <= 0.01, what
