import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

import catlearn as cl
from catlearn import Para, R, Smooth, laws
from catlearn.categories.smooth import smooth
from catlearn.core.errors import CompositionError
from catlearn.laws.strategies import arrows, composables, keys


@given(composables(2))
def test_parameters_are_in_reading_order(fg):
    f, g = fg
    assert smooth(f >> g).param == f.param @ g.param
    assert smooth(f @ g).param == f.param @ g.param


@given(arrows())
def test_reverse_goes_under_para(f):
    assert laws.reverse_goes_under_para(f) is None


@given(arrows(parametric=False))
def test_the_base_embeds(f):
    assert laws.extensional("embedding", Para(Smooth).embed(smooth(f).arrow), smooth(f)) is None


def test_composition_lifts_the_poorer_arrow():
    f, g = smooth(R(3) >> cl.linear(3)), smooth(R(3) >> cl.tanh).arrow
    assert laws.extensional("lifting", f >> g, f >> Para(Smooth).embed(g)) is None
    assert laws.extensional("lifting", g >> f, Para(Smooth).embed(g) >> f) is None
    assert laws.extensional("lifting", g @ f, Para(Smooth).embed(g) @ f) is None
    assert laws.extensional("lifting", f @ g, f @ Para(Smooth).embed(g)) is None


@given(keys())
def test_tied_gradients_add_and_frozen_ones_vanish(key):
    f = R(3) >> cl.dense(3) >> cl.tanh
    assert laws.tied_gradient_is_the_sum(f, key) is None
    frozen = f.reparameterise(cl.constant((jnp.eye(3), jnp.ones(3))))
    lens = cl.reverse(frozen)
    dparams, dx = lens.backward(lens.forward((), jnp.ones(3))[1], jnp.ones(3))
    assert dparams == () and dx.shape == (3,)


def test_gradient_rules_have_negative_controls(key, monkeypatch):
    from catlearn.laws import para

    f = R(3) >> cl.dense(3)
    right = para._dparams
    wrong = lambda g, *rest: tuple(2.0 * d for d in right(g, *rest)) if len(g.param) == 2 else right(g, *rest)  # noqa: E731
    monkeypatch.setattr(para, "_dparams", wrong)
    assert para.tied_gradient_is_the_sum(f, key) is not None
    assert para.gradient_rule(f, (R(3, 3) >> cl.tanh) @ (R(3) >> cl.tanh), key) is None
    monkeypatch.setattr(para, "_dparams", lambda g, p, *rest: tuple(jnp.sin(d) for d in right(g, p, *rest)))
    assert para.gradient_rule(f, (R(3, 3) >> cl.tanh) @ (R(3) >> cl.tanh), key) is not None


def test_composition_of_two_cells_has_negative_controls():
    f = R(3) >> cl.linear(3)
    r = R(3, 3) >> cl.tanh

    class Contrary:
        """Composes 2-cells the wrong way round."""

        def __init__(self, arrow, along=()):
            self.arrow, self.along = arrow, along

        def reparameterise(self, s):
            return f.reparameterise(s >> s >> r)

    assert laws.reparameterisation_composes(Contrary(f), r, r) is not None
    assert laws.preserves_reparameterisation(lambda h: h >> cl.tanh if h.cod == R(3) else h, f, r) is None
    assert laws.preserves_reparameterisation(lambda h: h if h.cod == R(3) else h >> cl.tanh, f, r) is not None
    assert laws.reparameterisation_is_local(f, f, r, R(3, 3) >> cl.sigmoid) is None


def test_lora_is_one_line(key):
    f = R(4) >> cl.linear(3)
    (w,) = f.init(key)
    low_rank = (R(4, 1) @ R(1, 3)) >> cl.function(lambda u, v: w + u @ v, arity=2)
    adapted = f.reparameterise(low_rank, init=lambda key: (jnp.zeros((4, 1)), jnp.ones((1, 3))))
    x = jnp.arange(4.0)
    np.testing.assert_allclose(adapted(adapted.init(key), x), f((w,), x))
    assert laws.gradient_rule(f, low_rank, key) is None


def test_a_semantic_two_cell_must_end_in_the_parameters():
    f = smooth(R(3) >> cl.linear(3))
    with pytest.raises(CompositionError, match="must end in the parameters"):
        f.reparameterise(smooth(R(3) >> cl.tanh).arrow)
