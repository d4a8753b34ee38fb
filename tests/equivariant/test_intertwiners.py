"""Typed equivariance: what composes, what is refused, and what is left when the actions are forgotten."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import laws
from catlearn.core.errors import CompositionError, EquivarianceError, TypingError
from catlearn.equivariant import O, S, Scaling, Sp, Z, linear, pointwise

MODEL = S(4).power(2, channels=2) >> linear(power=2, channels=3) >> cl.relu >> linear(power=1, channels=2)


def test_a_wire_is_written_as_it_is_made():
    for A in (S(12).power(2, channels=3), (S(5) * O(3)).power((2, 1), channels=4), O(3).power(1, dtype="bfloat16")):
        assert eval(repr(A), {"S": S, "O": O}) == A
    both = (Sp(4).standard() * Sp(4).standard().dual + Sp(4).trivial).wire(channels=2)
    assert eval(repr(both), {"Sp": Sp}) == both


def test_wires_of_different_actions_differ_and_power_0_is_plain():
    assert S(3).power(1) != O(3).power(1)
    assert cl.forget(S(3).power(1)) == cl.forget(O(3).power(1)) == cl.R(3, 1)
    assert S(3).power(0, channels=5) == cl.R(5)
    with pytest.raises(CompositionError, match="differ"):
        (S(3).power(1) >> cl.relu) >> (O(3).power(1) >> cl.linear(2))


def test_composites_tensors_and_wirings_of_intertwiners_are_intertwiners():
    V = S(4).power(1, channels=2)
    f = (cl.copy(V) >> (V >> linear(power=1, channels=2) >> cl.tanh) @ (V >> linear(power=1, channels=2))) >> cl.add
    assert laws.equivariant(f, samples=3) is None
    assert laws.equivariant(cl.swap(V, S(4).power(2)), samples=3) is None
    assert laws.equivariant(V >> cl.residual(linear(power=1, channels=2) >> cl.relu), samples=3) is None


def test_arrows_of_two_groups_do_not_mix():
    with pytest.raises(CompositionError, match="product"):
        (S(3).power(1) >> cl.relu) @ (Z(3).power(1) >> cl.relu)


@pytest.mark.parametrize("made", [cl.recompute, lambda f: cl.stack(2, f)])
def test_segments_and_stacks_of_intertwiners_are_intertwiners(made):
    layer = linear(power=1, channels=2) >> cl.tanh
    V = S(3).power(1, channels=2)
    f = V >> made(layer)
    assert f.cod == V and f == made(V >> layer)
    assert laws.equivariant(f, samples=2) is None
    assert laws.agrees_with_vjp(cl.forget(f), jax.random.key(0)) is None


def test_smooth_boxes_act_on_invariants():
    f = MODEL >> linear(power=0, channels=4) >> cl.relu >> cl.dense(3) >> cl.softmax
    assert f.cod == cl.R(3) and repr(f.category) == "Rep(S(4))"
    assert laws.equivariant(f, samples=3) is None


def test_functors_out_of_smooth_take_intertwiners():
    key = jax.random.key(0)
    params = MODEL.init(key)
    plain, batched = cl.forget(MODEL), cl.batch(MODEL, 5)
    assert plain.category != MODEL.category and plain.param == MODEL.param
    lens = cl.reverse(batched)

    @jax.jit
    def both(params, x):
        y, residual = lens.forward(params, x)
        each, pull = jax.vjp(lambda p, x: jax.vmap(lambda one: plain(p, one))(x), params, x)
        ones = jnp.ones_like(y)
        return (batched(params, x), y, *lens.backward(residual, ones)), (each, each, *pull(ones))

    for a, b in zip(*map(jax.tree.leaves, both(params, jax.random.normal(key, (5, 4, 4, 2)))), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4)


def test_a_model_trains_and_is_described():
    learner = cl.supervised(MODEL >> linear(power=0, channels=1), cl.quadratic, cl.adam(0.01))
    key = jax.random.key(1)
    x = jax.random.normal(key, (64, 4, 4, 2))
    y = (x.sum((1, 2)) ** 2).mean(-1, keepdims=True) / 16
    _, history = learner.fit(learner.init(key), (x, y), epochs=30, batch_size=16, key=key)
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    assert "linear" in str(cl.describe(MODEL))


# what is refused


@pytest.mark.parametrize(
    ("V", "box"),
    [
        (O(3).power(1, channels=4), cl.relu),
        (O(3).power(1, channels=4), cl.tanh),
        (O(1).power(1, channels=2), cl.relu),
        (Scaling(2).power(1), cl.tanh),
        (S(3).power(1), cl.flatten),
        (S(3).power(1), cl.transpose()),
        (S(3).power(1), cl.function(lambda x: x)),
        (O(3).power(1), cl.bias()),
        (O(3).power(1, channels=2), cl.softmax),
        (Sp(2).power(1), cl.relu),
    ],
)
def test_boxes_that_break_the_symmetry_are_refused(V, box):
    with pytest.raises(EquivarianceError, match="no intertwiner"):
        V >> box
    assert isinstance(cl.forget(V) >> box, cl.Diagram)


@pytest.mark.parametrize(
    ("V", "box"),
    [
        (S(3).power(2, channels=2), cl.relu),
        (S(3).power(2, channels=2), cl.softplus),
        (O(1).power(1, channels=2), cl.tanh),
        (O(1).power(2, channels=2), cl.relu),
        (Scaling(2).power(1), cl.relu),
        (S(3).power(1, channels=2), cl.layer_norm()),
        (S(3).power(1, channels=2), cl.log_softmax),
        (O(3).power(2, channels=2), cl.linear(3)),
        (O(3).power(1, channels=2), cl.scale()),
        (O(1).power(1), pointwise(jnp.sin, "odd")),
        ((S(3).standard() + S(3).standard() * S(3).standard()).wire(2), cl.relu),
    ],
)
def test_boxes_that_the_theorem_allows_are_intertwiners(V, box):
    assert laws.equivariant(V >> box, samples=4) is None


def test_the_theorem_is_sharp():
    """What is refused does break equivariance: the same boxes, tried on the actions."""
    for V, box in ((O(3).power(1), cl.relu), (O(1).power(1), cl.relu), (S(3).power(1), cl.flatten), (O(3).power(1), cl.bias())):
        f = cl.forget(V) >> box
        assert laws.equivariant(f, samples=8, dom=V, cod=V if f.cod == cl.forget(V) else f.cod) is not None


def test_errors_say_why_and_what_to_use():
    with pytest.raises(EquivarianceError, match=r"mix coordinates[\s\S]*2401.09235[\s\S]*norm_activation"):
        O(3).power(1) >> cl.relu
    with pytest.raises(EquivarianceError, match=r"factor -1[\s\S]*tanh"):
        O(1).power(1) >> cl.relu
    with pytest.raises(EquivarianceError, match=r"positive factors[\s\S]*relu"):
        Scaling(2).power(1) >> cl.tanh
    with pytest.raises(EquivarianceError, match="forget"):
        S(3).power(1) >> cl.flatten


def test_pointwise_functions_are_tried():
    with pytest.raises(TypingError, match=r"not -1\.0 f"):
        pointwise(jnp.cos, "odd")
    with pytest.raises(TypingError, match="each number by itself"):
        pointwise(jax.nn.softmax)
    with pytest.raises(TypingError, match="commutes"):
        pointwise(jnp.sin, "even")
    assert laws.equivariant(S(3).power(1) >> pointwise(jnp.cos), samples=2) is None


def test_forget_takes_objects_and_diagrams():
    with pytest.raises(TypingError, match="object or a diagram"):
        cl.forget(cl.relu)
    assert cl.forget(cl.R(3) >> cl.relu) == (cl.R(3) >> cl.relu)
    assert cl.forget(MODEL).code() == "R(4, 4, 2) >> linear(power=2, channels=3) >> relu >> linear(power=1, channels=2)"
