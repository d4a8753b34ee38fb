"""The law of equivariance: what it measures, and that it can fail."""

import jax
import jax.numpy as jnp
import pytest

import catlearn as cl
from catlearn import laws
from catlearn.core.errors import TypingError
from catlearn.equivariant import O, S, linear

V = S(3).power(1, channels=2)


def test_it_measures_the_error_of_a_plain_model():
    f = cl.forget(V) >> cl.function(lambda x: x.at[0].multiply(2.0))
    found = laws.equivariant(f, dom=V, cod=V)
    assert found is not None and "equivariance" in repr(found)
    assert laws.equivariance_error(f, dom=V, cod=V) > 0.1
    assert laws.equivariance_error(cl.forget(V) >> cl.relu, dom=V, cod=V) == 0


def test_numbers_that_are_none_are_no_equivariance():
    f = cl.forget(V) >> cl.function(lambda x: jnp.full_like(x, jnp.nan))
    assert laws.equivariant(f, dom=V, cod=V) is not None


def test_parameters_may_be_given():
    f = V >> linear(power=1, channels=2)
    assert laws.equivariant(f, params=f.init(jax.random.key(0)), key=jax.random.key(1), samples=1) is None


def test_no_action_is_an_error():
    with pytest.raises(TypingError, match="no wire"):
        laws.equivariant(cl.R(3) >> cl.relu)


def test_elements_act_wire_by_wire():
    g = jnp.eye(3)[jnp.array([1, 0, 2])]
    x, y = jnp.arange(6.0).reshape(3, 2), jnp.ones(4)
    moved = laws.acted(V @ cl.R(4), g, (x, y))
    assert (moved[0] == x[jnp.array([1, 0, 2])]).all() and (moved[1] == y).all()
    assert O(3).power(1) != V
