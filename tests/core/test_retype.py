"""A diagram at another domain: what families made is made anew, and the rest stays as it is."""

import jax
import jax.numpy as jnp
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.diagram import Box
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.retype import retyped

net = R(3) >> cl.dense(2).named("first") >> cl.relu >> (cl.dense(4) >> cl.tanh).named("last")


def test_it_is_the_same_families_after_another_object():
    found = retyped(net, R(7))
    assert found == (R(7) >> cl.dense(2).named("first") >> cl.relu >> (cl.dense(4) >> cl.tanh).named("last"))
    assert found.param.labels == net.param.labels and found.param == R(7, 2) @ R(2) @ R(2, 4) @ R(4)
    assert found.code() == "R(7) >> dense(2).named('first') >> relu >> (dense(4) >> tanh).named('last')"


def test_at_its_own_domain_it_is_itself():
    tied = (R(3) >> cl.dense(3) >> cl.dense(3)).reparameterise(cl.copy(R(3, 3) @ R(3)))
    for f in (net, tied, cl.stack(2, R(3) >> cl.tanh), R(3) @ R(2) >> cl.swap(R(3), R(2)), cl.reverse(net)):
        assert retyped(f, f.dom) == f


@pytest.mark.parametrize(
    ("f", "dom", "cod"),
    [
        ((R(4) >> cl.tanh) @ (R(3) >> cl.dense(2)), R(6) @ R(5), R(6) @ R(2)),
        (R(4) @ R(3) >> cl.swap(R(4), R(3)) >> cl.tanh @ R(4), R(1) @ R(2), R(2) @ R(1)),
        (R(4) >> cl.residual(cl.tanh >> cl.bias()), R(5), R(5)),
        (R(4) >> cl.copy(R(4)) >> cl.add >> cl.function(jnp.sort), R(5), R(5)),
        (cl.stack(2, R(3) >> cl.tanh), R(4), R(4)),
        (cl.recompute(R(3) >> cl.dense(2)), R(4), R(2)),
        (cl.batch(R(3) >> cl.tanh >> cl.dense(2), 2), R(2, 4), R(2, 2)),
        (R(5, 3) >> cl.scan(cl.gru_cell(2)), R(7, 4), R(7, 2)),
        (cl.uncurry(R(4) >> cl.linear(2)), R(3) @ R(3, 2), R(2)),
        (R(4, 8) >> cl.transformer_block(2), R(6, 8), R(6, 8)),
    ],
    ids=lambda value: value.code() if hasattr(value, "code") else "",
)
def test_composites_tensors_and_bodies_are_made_anew(f, dom, cod):
    found = retyped(f, dom)
    assert (found.dom, found.cod) == (dom, cod)
    out = jax.eval_shape(lambda key, *xs: found(found.init(key), *xs), jax.random.key(0), *dom.structs)
    assert [y.shape for y in jax.tree.leaves(out)] == [struct.shape for struct in cod.structs]


def test_what_is_not_a_familys_stays():
    shift = R(3) @ cl.constant((jnp.ones(3),)) >> cl.add
    assert retyped(shift, R(3)) == shift
    drawn = R(3) @ cl.ask(R(3, label="condition")) >> cl.add
    assert (retyped(R(3) >> drawn, R(3)).category.names) == ("condition",)
    with pytest.raises(TypingError, match="add"):
        retyped(shift, R(4))


def test_boxes_are_replaced_where_their_domain_stays():
    louder = lambda box: R(3) >> cl.sigmoid if box.op == cl.tanh else box  # noqa: E731
    assert retyped(R(3) >> cl.tanh >> cl.relu, R(3), louder).code() == "R(3) >> sigmoid >> relu"
    wider = lambda box: box.dom >> cl.dense(5) if isinstance(box, Box) and box.op == cl.tanh else box  # noqa: E731
    assert retyped(R(3) >> cl.tanh >> cl.relu >> cl.dense(2), R(3), wider).param == R(3, 5) @ R(5) @ R(5, 2) @ R(2)


@pytest.mark.parametrize(
    ("f", "dom", "message"),
    [
        (R(4, 4, 1) >> cl.conv(2, 3), R(4), "conv"),
        (cl.reverse(R(3) >> cl.tanh), cl.reverse(R(4)), "for good"),
        (R(3) >> cl.tanh, R(3) @ R(4), "starts at 1 wire"),
        (cl.identity(R(3)), R(3) @ R(4), "starts at 1 wire"),
        (cl.swap(R(3), R(4)), R(3), "starts at 2 wires"),
        (cl.uncurry(R(4) >> cl.linear(2)), R(4) @ R(4, 3), "takes"),
    ],
)
def test_a_domain_that_does_not_fit_is_refused(f, dom, message):
    with pytest.raises(TypingError, match=message):
        retyped(f, dom)


def test_a_two_cell_on_parameters_that_changed_is_refused():
    tied = (R(3) >> cl.dense(3) >> cl.dense(3)).reparameterise(cl.copy(R(3, 3) @ R(3)))
    with pytest.raises(CompositionError, match="must end in its parameters"):
        retyped(tied, R(4))
