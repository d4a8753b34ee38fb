"""What diagrams that read contexts mean in Para(CoKl(A, C)). That it is a functor is in the suite."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import KEY, CoKl, Lens, Para, R, Smooth, laws
from catlearn.categories.cokleisli import ContextError
from catlearn.categories.contextual import context_category, contextual, lens

CONDITION = R(2, label="condition")
shifted = R(2) >> R(2) @ cl.ask(CONDITION) >> cl.add
net = shifted >> cl.dense(3) >> cl.noise(0.1)


def test_it_is_an_arrow_of_para_of_cokl(key):
    meant = contextual(net)
    assert meant.base == CoKl(CONDITION @ KEY, Smooth) and meant.param == net.param and meant.dom == R(2)
    assert meant.arrow.arrow.dom == CONDITION @ KEY @ R(2) @ net.param
    params, a, x = net.init(key), jnp.ones(2), jnp.arange(2.0)
    assert np.allclose(meant.arrow.arrow.run((a, key, x, *params))[0], net(params, a, key, x))


def test_it_composes_with_arrows_of_all_categories_below():
    meant = contextual(net, CONDITION @ KEY)
    above = meant >> Para(meant.base).wiring(R(3), (0, 0))
    assert above.cod == R(3) @ R(3) and above.param == net.param
    assert laws.extensional("twice", above, contextual(net >> cl.copy(R(3)))) is None


def test_a_larger_context_is_discarded_where_it_is_not_read():
    wide = contextual(shifted, CONDITION @ R(1, label="mood"))
    assert wide.arrow.arrow.dom == R(2) @ R(1) @ R(2)
    assert wide.arrow.arrow.run((jnp.ones(2), jnp.zeros(1), jnp.ones(2)))[0].tolist() == [2.0, 2.0]


def test_over_lenses_it_is_the_reverse_derivative(key):
    meant = contextual(net, to=lens)
    assert meant.base.base == Lens(Smooth) and repr(meant.base.context) == "reverse(R(2)) @ Pair(R(dtype='key<fry>'), I)"
    optic, params, a, x = meant.arrow.arrow, net.init(key), jnp.ones(2), jnp.arange(2.0)
    made, m = optic.fwd.run((a, key, x, *params)), len(optic.residual)
    da, dx, *dparams = optic.bwd.run((*made[:m], jnp.ones(3)))
    grads = jax.grad(lambda a, x, params: net(params, a, key, x).sum(), argnums=(0, 1, 2))(a, x, params)
    for ours, theirs in zip((da, dx, *dparams), (*grads[:2], *grads[2]), strict=True):
        assert np.allclose(ours, theirs, atol=1e-6)
    assert context_category(CONDITION, lens) == CoKl(cl.reverse(CONDITION), Lens(Smooth))


def test_a_context_that_does_not_fit_is_refused():
    with pytest.raises(ContextError, match="reads another condition"):
        contextual(shifted, R(3, label="condition"))
    with pytest.raises(ContextError, match="has a name"):
        contextual(shifted, R(2))


def test_a_context_that_is_missing_is_refused():
    for given in (lambda: contextual(shifted, KEY), lambda: CoKl(KEY).underlying(shifted)):
        with pytest.raises(ContextError, match="reads condition, which is not among"):
            given()
