import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import I, R, Smooth, laws
from catlearn.categories.lens import Lens, Optic, forward_of, pair
from catlearn.categories.smooth import Map
from catlearn.core.diagram import Box
from catlearn.core.errors import ArgumentError
from catlearn.core.wires import Object


class FirstOf:
    """The lens onto the first of two wires: get = π₀, put((a, c), b) = (b, c). Its complement c is constant."""

    name, category = "first", Lens(Smooth)

    def optic(self, box):
        A = forward_of(box.dom)
        put = Map(A, A, lambda values: (values[1], values[0]))
        return Optic(Smooth, box.dom, box.cod, A[1:], Map(A, A[1:] @ A[:1], lambda v: (v[1], v[0])), put)


def constant_complement():
    A = R(2) @ R(3)
    return Box(FirstOf(), pair(Smooth, A, A), pair(Smooth, A[:1], A[:1]))


def test_well_behaved_lenses_obey_the_three_laws(key):
    lens = constant_complement()
    assert laws.get_put(lens, key) is laws.put_get(lens, key) is laws.put_put(lens, key) is None


def test_reverse_derivatives_are_lenses_that_do_not(key):
    lens = cl.reverse(R(3) >> cl.function(lambda x: 3 * x))
    assert laws.get_put(lens, key).law == "GetPut"
    assert laws.put_get(lens, key).law == "PutGet"


def test_put_put_catches_a_lens_that_remembers(key):
    class Adds(FirstOf):
        def optic(self, box):
            A = forward_of(box.dom)
            keep = Map(A, A @ A[:1], lambda v: (*v, v[0]))
            return Optic(Smooth, box.dom, box.cod, A, keep, Map(A @ A[:1], A, lambda v: (v[2] + v[0], v[1] + v[2].sum())))

    A = R(2) @ R(3)
    assert laws.put_put(Box(Adds(), pair(Smooth, A, A), pair(Smooth, A[:1], A[:1])), key).law == "PutPut"


def test_residuals_are_plain_pytrees_that_cross_jit(image_model, key):
    lens, params, x = cl.reverse(image_model), image_model.init(key), jnp.ones((8, 8, 1))
    y, residual = jax.jit(lens.forward)(params, x)
    dparams, dx = jax.jit(lens.backward)(residual, jnp.ones_like(y))
    _, back = jax.vjp(image_model, params, x)
    for a, b in zip(jax.tree.leaves((dparams, dx)), jax.tree.leaves(back(jnp.ones_like(y))), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(residual))


def test_backward_checks_what_comes_back(key):
    lens = cl.reverse(R(2) >> cl.dense(3))
    params = (jnp.ones((2, 3)), jnp.ones(3))
    _, residual = lens.forward(params, jnp.ones(2))
    with pytest.raises(ArgumentError, match="changes of outputs"):
        lens.backward(residual, jnp.ones(2))
    with pytest.raises(ArgumentError, match="residual that forward gave"):
        lens.backward(residual[:1], jnp.ones(3))
    with pytest.raises(ArgumentError, match="inputs don't fit"):
        lens.forward(params, jnp.ones(3))


def test_objects_of_lens_are_pairs():
    A = cl.reverse(R(3) @ R(2, dtype="int32"))
    assert len(A) == 2 and forward_of(A) == R(3) @ R(2, dtype="int32")
    assert [wire.bwd for wire in A.wires] == [R(3), I] and isinstance(A, Object)


def test_wirings_of_lenses_run_both_ways():
    lens = cl.reverse(cl.copy(R(2)))
    y, residual = lens.forward((), jnp.ones(2))
    assert len(y) == 2
    _, dx = lens.backward(residual, jnp.ones(2), 2 * jnp.ones(2))
    assert np.array_equal(dx, [3, 3])
    _, residual = cl.reverse(cl.discard(R(2))).forward((), jnp.ones(2))
    assert np.array_equal(cl.reverse(cl.discard(R(2))).backward(residual)[1], [0, 0])
