import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

import catlearn as cl
from catlearn import I, R, laws
from catlearn.categories.batch import batch
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.errors import TypingError
from catlearn.core.functor import Free, Functor, same_wire
from catlearn.core.wires import Object
from catlearn.laws.strategies import arrows, composables, keys


@given(arrows(), keys())
def test_it_runs_each_example_and_sums_gradients(f, key):
    assert laws.batch_runs_each_example(f, 3, key) is None
    assert laws.batch_sums_gradients(f, 3, key) is None


@given(composables(2))
def test_it_is_a_functor(fg):
    f, g = fg
    F = lambda h: batch(h, 3)  # noqa: E731
    assert laws.preserves_composition(F, f, g) is None
    assert laws.preserves_tensor(F, f, g) is None
    assert laws.preserves_identity(F, f.dom) is None


def test_a_wrong_batch_is_caught(key, monkeypatch):
    from catlearn.laws import batch as rule

    f = R(3) >> cl.dense(2)
    monkeypatch.setattr(rule, "batch", lambda f, n: batch(f, n) if isinstance(f, Object) else batch(f >> cl.tanh, n))
    assert rule.batch_runs_each_example(f, 3, key) is not None
    assert rule.batch_sums_gradients(f, 3, key) is not None


def counted(boxes):
    seen = []
    Functor(Free, on_wire=same_wire, on_box=lambda box: seen.append(box) or box)(boxes)
    return seen


def test_what_depends_on_parameters_alone_is_computed_once():
    f = R(3) @ ((I >> cl.parameter(R(3))) >> cl.tanh) >> cl.add
    assert [box.cod for box in counted(batch(f, 5))] == [R(3), R(3), R(5, 3)]
    normalised = (R(3) >> cl.linear(2)).reparameterise(R(3, 2) >> cl.function(lambda w: w / jnp.linalg.norm(w)))
    assert batch(normalised, 5).along == normalised.along
    inputs = {n: jax.ShapeDtypeStruct((n, 3), jnp.float32) for n in (5, 10)}
    programs = [jax.jit(batch(normalised, n)).lower(normalised.param.structs, x) for n, x in inputs.items()]
    flops = [program.compile().cost_analysis() for program in programs]
    assert flops[0]["transcendentals"] == flops[1]["transcendentals"]


def test_a_result_that_no_example_touches_is_spread_at_the_end():
    f = I >> cl.parameter(R(3)) >> cl.tanh
    B = batch(f, 4)
    assert B.cod == R(4, 3) and B((jnp.ones(3),)).shape == (4, 3)


def test_parameters_that_belong_to_examples_get_the_axis():
    loss = R(3) >> cl.softmax_cross_entropy
    B = batch(R(2) >> cl.dense(3) >> cl.softmax_cross_entropy, 4)
    assert batch(loss, 4).param == R(4, dtype="int32")
    assert B.param == R(2, 3) @ R(3) @ R(4, dtype="int32")


def test_two_cells_on_labels_are_batched_and_on_shared_parameters_are_not():
    loss = (R(3) >> cl.quadratic).reparameterise(R(3) >> cl.tanh)
    model = (R(2) >> cl.linear(3)).reparameterise(R(2, 3) >> cl.tanh)
    B = batch(model >> loss, 4)
    assert B.param == R(2, 3) @ R(4, 3)
    both = (R(2) >> cl.linear(3) >> cl.quadratic).reparameterise((R(2, 3) >> cl.tanh) @ (R(3) >> cl.tanh))
    assert batch(both, 4).param == R(2, 3) @ R(4, 3)
    x, w, t = jnp.ones((4, 2)), jnp.ones((2, 3)), jnp.arange(12.0).reshape(4, 3)
    np.testing.assert_allclose(B((w, t), x), batch(both, 4)((w, t), x), rtol=1e-6)


def test_a_box_may_bring_its_own_batch(key):
    class Doubled(SmoothLayer):
        def apply(self, params, *xs):
            return 2 * xs[0]

        def batch(self, box, size, batched):
            return cl.batch(box.dom, size) >> Known2()

    class Known2(SmoothLayer):
        def apply(self, params, *xs):
            return xs[0] + xs[0]

    f = R(3) >> Doubled()
    assert counted(batch(f, 4))[0].op.name == "Known2"
    assert laws.batch_runs_each_example(f, 4, key) is None


def test_a_box_s_own_optic_serves_a_batch_with_shared_parameters(key):
    calls = []

    class Scaled(SmoothLayer):
        def parameters(self, dom):
            return dom

        def initial(self, key, dom):
            return (jnp.ones(3),)

        def apply(self, params, *xs):
            return params[0] * xs[0]

        def optic(self, dom):
            def backward(kept, dy):
                calls.append(dy)
                return (kept[1] * dy,), kept[0] * dy

            return (lambda params, x: (params[0] * x, (params[0], x))), backward

    f = R(3) >> Scaled()
    assert laws.agrees_with_vjp(f, key) is None
    calls.clear()
    assert laws.agrees_with_vjp(batch(f, 4), key) is None and len(calls) == 1
    assert laws.agrees_with_vjp(batch((R(3) @ R(3)) >> cl.add >> Scaled(), 4, (True, False)), key) is None


def test_weight_gradients_are_never_built_for_each_example():
    """Batch first, then reverse: the gradient of a linear layer is one product, of the same size for any batch."""
    lens = cl.reverse(batch(R(32) >> cl.linear(64), 16))
    text = jax.jit(lambda p, x: lens.backward(lens.forward(p, x)[1], jnp.ones((16, 64)))).lower(
        (jnp.ones((32, 64)),), jnp.ones((16, 32))
    )
    assert "16x32x64" not in text.as_text()


def test_sizes():
    f = R(3) >> cl.dense(2)
    assert batch(f, 0)((jnp.ones((3, 2)), jnp.ones(2)), jnp.zeros((0, 3))).shape == (0, 2)
    with pytest.raises(TypingError, match="not -1"):
        batch(f, -1)


def test_flags_say_which_wires_have_the_axis():
    f = (R(3) @ R(3)) >> (cl.tanh @ cl.tanh)
    B = batch(f, 4, (True, False))
    assert B.dom == R(4, 3) @ R(3) and B.cod == R(4, 3) @ R(4, 3)
