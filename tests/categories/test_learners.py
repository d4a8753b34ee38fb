from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, Smooth, laws
from catlearn.categories.learners import (
    ErrorFunction,
    Learn,
    OpenLearner,
    backprop_as_functor,
    both_ways,
    cosh_error,
    squared_error,
)
from catlearn.categories.lens import Lens
from catlearn.categories.smooth import Map, smooth
from catlearn.core.errors import CompositionError, TypingError
from catlearn.laws.learners import descent_is_a_functor, equal_learners, learners_compose, lenses_are_learners

learn = Learn(Smooth)
f, g, h = R(3) >> cl.dense(2) >> cl.tanh, R(2) >> cl.dense(4) >> cl.sigmoid, R(4) >> cl.linear(1)
skewed = ErrorFunction(lambda x, y: 2 * x - 3 * y, lambda x, d: (2 * x - d) / 3, "skewed")  # e = x² − 3xy, not symmetric
ERRORS = [squared_error, cosh_error, skewed]


def meaning(f, n, arity):
    """A learner's I, U or r from a function of n wires."""
    return smooth(n >> cl.function(f, arity=arity)).arrow


def pocket(n, m):
    """A learner n → m that is no gradient descent: it keeps one number, and asks for more of the same."""
    A, P, B = R(n), R(), R(m)
    implement = meaning(lambda a, p: jnp.resize(jnp.tanh(a * p), m), A @ P, 2)
    update = meaning(lambda a, p, b: p + b.sum() * a.mean(), A @ P @ B, 3)
    request = meaning(lambda a, p, b: a * b.max() - p, A @ P @ B, 3)
    return learn.arrow(A, P, implement, update, request)


def test_learners_compose_as_the_paper_says(key):
    assert learners_compose(pocket(2, 3), pocket(3, 2), key) is None
    assert learners_compose(backprop_as_functor(0.1)(f), pocket(2, 3), key) is None


def test_learners_are_a_monoidal_category():
    a, b, c = pocket(2, 3), backprop_as_functor(0.1)(R(3) >> cl.dense(3)), pocket(3, 1)
    assert laws.associativity(a, b, c, equal=equal_learners) is None
    assert laws.unit(a, learn, equal=equal_learners) is None
    assert laws.tensor_associativity(a, b, c, equal=equal_learners) is None
    assert laws.tensor_unit(a, learn, equal=equal_learners) is None
    assert laws.swap_is_involutive(R(2), R(3), learn, equal=equal_learners) is None
    assert laws.hexagon(R(2), R(3), R(1), learn, equal=equal_learners) is None


def test_the_four_parts_come_back_as_they_were(key):
    a = pocket(2, 3)
    again = learn.arrow(a.dom, a.param, a.implement, a.update, a.request)
    assert equal_learners("the four parts", again, a) is None
    assert (again.dom, again.param, again.cod) == (R(2), R(), R(3))


def test_a_composition_that_asks_for_the_wrong_thing_is_caught(key, monkeypatch):
    right = OpenLearner.then

    def careless(self, other):
        """Requests of the first what it made itself, not what the second asks for."""
        made, whole = self >> learn.wiring(self.cod, range(len(self.cod))), right(self, other)
        return learn.arrow(whole.dom, whole.param, whole.implement, whole.update, _own_request(made, whole))

    def _own_request(made, whole):
        n, m = len(made.dom), len(made.param)
        own = lambda v: made.request.run((*v[: n + m], *made.implement.run(v[: n + m])))  # noqa: E731
        return Map(whole.request.dom, whole.request.cod, own)

    a, b = pocket(2, 3), pocket(3, 2)
    monkeypatch.setattr(OpenLearner, "then", lambda self, other: careless(self, other) if other is b else right(self, other))
    assert learners_compose(a, b, key).law == "request"


# lenses


def test_lenses_are_learners_without_parameters():
    optic = lambda f: Lens(Smooth).semantics(cl.reverse(f)).arrow  # noqa: E731
    lens, other = optic(R(3) >> cl.tanh), optic(R(3) >> cl.function(lambda x: jnp.sin(x[:2])))
    assert lenses_are_learners(lens, other) is None
    assert learn.embed(lens).param == cl.I

    def doubled(lens):
        A = lens.bwd.cod
        return learn.embed(replace(lens, bwd=lens.bwd >> Map(A, A, lambda v: tuple(2 * x for x in v))))

    assert lenses_are_learners(lens, other, doubled).law == "functor: identity"


# gradient descent


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_gradient_descent_is_a_functor(error):
    F = backprop_as_functor(0.3, error)
    assert descent_is_a_functor(F, f, g) is None
    assert descent_is_a_functor(F, g, h) is None


@pytest.mark.parametrize("error, e", [(squared_error, lambda x, y: (x - y) ** 2 / 2), (cosh_error, lambda x, y: jnp.cosh(x - y))])
def test_its_learners_are_those_of_the_paper(error, e, key):
    """U = p − ε ∇ₚE and r = f_a(∇ₐE), against jax.grad."""
    learner, p = backprop_as_functor(0.3, error)(f), f.init(key)
    a, b = (jax.random.normal(k, (n,)) for k, n in zip(jax.random.split(key), (3, 2)))
    E = lambda a, p: jnp.sum(e(f(p, a), b))  # noqa: E731
    da, dp = jax.grad(E, argnums=(0, 1))(a, p)
    assert np.allclose(learner.implement.run((a, *p))[0], f(p, a), atol=1e-6)
    for found, old, d in zip(learner.update.run((a, *p, b)), p, dp):
        assert np.allclose(found, old - 0.3 * d, atol=1e-5)
    (wanted,) = learner.request.run((a, *p, b))
    assert np.allclose(jax.grad(lambda a: jnp.sum(e(a, wanted)))(a), da, atol=1e-5)  # ∂₁e(a, r) = ∇ₐE


def test_a_descent_that_does_not_undo_its_error_is_no_functor():
    mismatched = ErrorFunction(lambda x, y: x - y, lambda x, d: x - 0.5 * d)
    assert descent_is_a_functor(backprop_as_functor(0.3, mismatched), f, g).law == "functor: identity"
    raw = ErrorFunction(lambda x, y: x - y, lambda x, d: d)  # requests gradients, as reverse derivatives do
    assert descent_is_a_functor(backprop_as_functor(0.3, raw), f, g) is not None
    F = backprop_as_functor(0.3)
    one_by_one = lambda f: F(f) if len(f) == 1 else backprop_as_functor(0.6)(f)  # noqa: E731
    assert descent_is_a_functor(one_by_one, R(3) >> cl.linear(2), R(2) >> cl.tanh).law == "functor: composition"


def test_a_composite_learner_learns(key):
    """Steps of `U` of a composite reduce its error, and are jitted and differentiated as JAX functions are."""
    learner = backprop_as_functor(0.1)(R(2) >> cl.dense(4) >> cl.tanh) >> backprop_as_functor(0.1)(R(4) >> cl.dense(1))
    p = (R(2) >> cl.dense(4) >> cl.tanh >> cl.dense(1)).init(key)
    a, b = jnp.array([1.0, -1.0]), jnp.array([0.7])
    step = jax.jit(lambda p: learner.update.run((a, *p, b)))
    losses = []
    for _ in range(20):
        losses.append(float(jnp.sum((learner.implement.run((a, *p))[0] - b) ** 2)))
        p = step(p)
    assert losses[-1] < 1e-3 < losses[0] and losses == sorted(losses, reverse=True)


def test_a_bijective_recoding_of_parameters_changes_the_learner():
    """Theory's caveat: the gradient step is not well defined on learners up to bijections of parameters."""
    F = backprop_as_functor(0.3)
    line = R(2) >> cl.linear(2)
    recoded = line.reparameterise(line.param >> cl.function(jnp.sinh))
    p, a, b = jnp.ones((2, 2)) * 0.5, jnp.ones(2), jnp.zeros(2)
    (there,), (back,) = F(recoded).update.run((a, jnp.arcsinh(p), b)), F(line).update.run((a, p, b))
    assert not np.allclose(jnp.sinh(there), back, atol=1e-2)


def test_what_does_not_fit_is_refused():
    a, B = pocket(2, 3), R(2) @ R() @ R(3)
    with pytest.raises(CompositionError, match="can't be followed"):
        a >> a
    with pytest.raises(CompositionError, match="no copies and discards"):
        learn.wiring(R(2), (0, 0))
    with pytest.raises(TypingError, match="update of a learner"):
        learn.arrow(R(2), R(), a.implement, a.request, a.request)
    with pytest.raises(TypingError, match="some that are no floats"):
        backprop_as_functor()(R(2) >> cl.function(jnp.argmax))
    ints = Lens(Smooth).semantics(cl.reverse(R(2, dtype="int32") >> cl.function(jnp.negative))).arrow
    with pytest.raises(TypingError, match="both ways"):
        learn.embed(ints)
    assert both_ways(Smooth, B[:1]) == cl.reverse(R(2)) and repr(learn) == "Learn(Smooth)"
