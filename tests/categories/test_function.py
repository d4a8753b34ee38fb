import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import I, R, laws
from catlearn.core.errors import ArgumentError, TypingError


def test_any_jax_function_is_a_box():
    f = (R(2, 3) @ R(3)) >> cl.function(lambda a, b: (a @ b, b.sum()), arity=2)
    assert f.cod == R(2) @ R()
    y, z = f((), jnp.ones((2, 3)), jnp.ones(3))
    assert y.shape == (2,) and z == 3
    with pytest.raises(TypingError, match="takes 2 wires, got 1"):
        R(3) >> cl.add


def test_boxes_of_one_function_are_equal():
    f = lambda x: x  # noqa: E731
    assert cl.function(f) == cl.function(f) != cl.function(lambda x: x)


def test_pytree_wires_go_through_functions():
    f = cl.wire({"a": R(2)}) >> cl.function(lambda d: {"b": d["a"] * 2, "c": d["a"].sum()})
    assert f.cod == cl.wire({"b": R(2), "c": R()})


def test_constants(key):
    c, _again = (cl.constant((jnp.arange(3.0), {"a": jnp.ones(2)})) for _ in range(2))
    assert c.dom == I and len(c.cod) == 2
    assert c == cl.constant((jnp.arange(3.0), {"a": jnp.ones(2)})) and hash(c) == hash(
        cl.constant((jnp.arange(3.0), {"a": jnp.ones(2)}))
    )
    assert c != cl.constant((jnp.arange(3.0) + 1, {"a": jnp.ones(2)}))
    with pytest.raises(TypingError, match=r"constant\(\(x,\)\)"):
        cl.constant(jnp.ones(3))


def test_a_parameter_is_an_arrow(key):
    p = I >> cl.parameter(R(3).named("shift"))
    shifted = R(3) @ p >> cl.add
    assert p.init(key)[0].shape == (3,) and shifted.param.labels == ("1.parameter.shift",)
    assert np.array_equal(shifted((jnp.ones(3),), jnp.zeros(3)), np.ones(3))
    q = I >> cl.parameter(R(3), lambda key: (jax.random.normal(key, (3,)),))
    assert float(jnp.abs(q.init(key)[0]).sum()) > 0
    with pytest.raises(TypingError, match="takes 0 wires, got 1"):
        R(3) >> cl.parameter(R(3))
    with pytest.raises(ArgumentError):
        p((jnp.ones(4),))


def test_every_parametric_arrow_is_parameters_composed(key):
    """`(A ⊗ parameter(P)); uncurry(f)` is f."""
    from catlearn.categories.smooth import uncurry

    f = R(3) >> cl.dense(2)
    again = f.dom @ (I >> cl.parameter(f.param)) >> uncurry(f)
    assert laws.extensional("parameters", f, again) is None
