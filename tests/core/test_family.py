import jax
import jax.numpy as jnp
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import TypingError


def test_a_family_composed_with_a_family_is_a_family():
    block = cl.dense(4) >> cl.relu
    assert R(3) >> (block >> block) == R(3) >> cl.dense(4) >> cl.relu >> cl.dense(4) >> cl.relu
    assert (R(3) @ R(2)) >> (cl.dense(4) @ cl.tanh) == (R(3) >> cl.dense(4)) @ (R(2) >> cl.tanh)


def test_families_beside_arrows_take_their_share_of_wires():
    f = (R(2) @ R(2) @ R(3)) >> (cl.add @ R(3))
    assert f.cod == R(2) @ R(3)
    assert ((R(2) @ R(2) @ R(3)) >> (cl.add @ cl.dense(1))).cod == R(2) @ R(1)
    with pytest.raises(TypingError, match="takes 2 wires, got 1"):
        R(3) >> (cl.dense(4) @ cl.tanh)


def test_equal_families_are_equal():
    assert cl.dense(3) == cl.dense(3) != cl.dense(4)
    assert cl.dense(3) >> cl.relu == cl.dense(3) >> cl.relu
    assert {cl.conv(3, 3), cl.conv(3, 3)} == {cl.conv(3, 3)}


@pytest.mark.parametrize(
    "family",
    [
        cl.dense(3),
        cl.dense(3, use_bias=False),
        cl.relu,
        cl.bias(),
        cl.dense(4) >> cl.relu >> cl.dense(2),
        (cl.dense(4) >> cl.relu).named("block"),
        cl.residual(cl.dense(3) >> cl.tanh),
        cl.recompute(cl.dense(3) >> cl.tanh),
        cl.dense(3) @ cl.tanh,
        cl.max_pool(3, stride=2),
        cl.softmax_cross_entropy,
    ],
)
def test_repr_evaluates_back(family):
    assert eval(repr(family), vars(cl)) == family


def test_without_a_domain_there_is_no_arrow():
    with pytest.raises(TypingError, match=r"R\(64\) >> dense\(3\)"):
        cl.dense(3).init(jax.random.key(0))
    with pytest.raises(TypingError, match="no domain yet"):
        (cl.dense(3) >> cl.relu)(jnp.zeros(3))
    with pytest.raises(TypingError, match="no domain yet"):
        cl.supervised(cl.dense(3), cl.quadratic, cl.descent(0.1))


def test_jax_errors_are_reported_as_ours_with_the_box_its_shapes_and_the_message():
    with pytest.raises(Exception, match=r".") as theirs:
        jax.eval_shape(jnp.linalg.cholesky, jax.ShapeDtypeStruct((3, 4), jnp.float32))
    with pytest.raises(TypingError) as caught:
        R(3, 4) >> cl.relu >> cl.function(jnp.linalg.cholesky)
    message = f"{type(theirs.value).__name__}: {theirs.value}"
    assert str(caught.value) == f"function(cholesky) can't be typed at R(3, 4).\n  {message}"
    assert caught.value.__notes__ == ["  after: R(3, 4) >> relu\n  at: part 1 of the composite, which gets R(3, 4)"]
    assert caught.value.__cause__ is not None


def test_a_family_inside_a_composite_family_says_in_which():
    with pytest.raises(TypingError) as caught:
        R(3) >> cl.conv(4, 3)
    assert "three axes" in str(caught.value) and "  in conv(4, 3)" in caught.value.__notes__


def test_a_python_error_inside_a_function_is_reported_too():
    def broken(x):
        return x.no_such_thing

    with pytest.raises(TypingError, match="no_such_thing"):
        R(3) >> cl.function(broken)


def test_a_family_can_be_reparameterised_before_its_domain_is_known():
    doubled = cl.linear(3).reparameterise(lambda P: P >> cl.function(lambda w: 2 * w), init=lambda key: (jnp.ones((2, 3)),))
    f = R(2) >> doubled
    assert jnp.array_equal(f(f.init(jax.random.key(0)), jnp.ones(2)), jnp.full(3, 4.0))
