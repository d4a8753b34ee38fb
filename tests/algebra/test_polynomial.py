import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import I, R, X, const, laws, one
from catlearn.algebra.polynomial import Constant, Variable, monomial
from catlearn.core.errors import TypingError

S, A = R(2), R(3)
FUNCTORS = [one, X, const(A), const(A) * X + one, X**2 + const(A), (const(A) + X) * X, cl.Mealy(R(4), A), X ** R(2) * const(A)]
ARROW = S >> cl.dense(2) >> cl.tanh


@pytest.mark.parametrize("F", FUNCTORS, ids=repr)
def test_functors_are_functors(F):
    assert laws.endofunctor(F, ARROW, S >> cl.linear(3)) is None
    assert F(ARROW).param == (ARROW.param if F.uses else I) and (F(ARROW).dom, F(ARROW).cod) == (F(S), F(S))
    assert eval(repr(F), vars(cl)) == F


def test_an_action_that_forgets_an_occurrence_is_caught(monkeypatch):
    monkeypatch.setattr(Variable, "apart", lambda self, f: f >> cl.tanh)
    assert laws.endofunctor(X, ARROW, ARROW) is not None
    monkeypatch.undo()
    monkeypatch.setattr(Constant, "on_object", lambda self, S: S)
    assert laws.endofunctor(const(A) * X, ARROW, ARROW) is not None


def test_objects():
    assert (const(A) * X + one)(S) == R(dtype="int32") @ A @ S
    assert (X**3)(S) == S @ S @ S and (X**0)(S) == I and (X**1) == X
    assert cl.List(A) == one + const(A) * X and cl.Stream(A) == const(A) * X and cl.Moore(R(4), A)(S) == A @ S


def test_weights_are_copied_to_each_place():
    """Para(F)(P, f) = (P, σ; F(f)): the strength of X² copies P, theory of tied weights."""
    f = (X**2)(ARROW)
    p = f.init(jax.random.key(0))
    x, y = jnp.ones(2), jnp.arange(2.0)
    np.testing.assert_allclose(f(p, x, y)[0], ARROW(p, x))
    np.testing.assert_allclose(f(p, x, y)[1], ARROW(p, y))
    dp = cl.reverse(f).backward(cl.reverse(f).forward(p, x, y)[1], x, y)[0]
    one_by_one = [cl.reverse(ARROW).backward(cl.reverse(ARROW).forward(p, z)[1], z)[0] for z in (x, y)]
    assert laws.equal_values("tied", dp, tuple(a + b for a, b in zip(*one_by_one, strict=True))) is None


@pytest.mark.parametrize("F", [one + const(A) * X, X**2 + X + const(R(2)) * X])
def test_sums_are_coproducts(F):
    """An injection, then a copairing, is the arrow for that summand."""

    def total(i, G):
        return G(S) >> cl.function(lambda *xs: sum((x.sum() for x in xs), jnp.float32(i)), arity=len(G(S)))

    to = [total(i, G) for i, G in enumerate(F.summands)]
    for i in range(len(to)):
        assert laws.extensional("β", F.inject(i, S) >> F.cases(to, S), to[i]) is None
        if i:
            assert laws.extensional("β", F.inject(i, S) >> F.cases(to, S), to[0]) is not None
    assert len(F.cases(to, S).dom) == len(F(S))


def test_monomials():
    m = monomial(X * const(A) * X)
    assert (m.constants, m.degree) == (A, 2)
    assert m.arrange(S).dom == A @ S @ S and m.arrange(S).cod == S @ A @ S
    with pytest.raises(TypingError, match="write the functor as a sum of such products"):
        monomial((X + one) * X)


@pytest.mark.parametrize(
    ("make", "said"),
    [(lambda: X ** (-1), "whole number ≥ 0, or the object of inputs"), (lambda: const(3), "takes an object such as")],
)
def test_bad_functors(make, said):
    with pytest.raises(TypingError, match=said):
        make()
