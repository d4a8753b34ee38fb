import jax.numpy as jnp
import pytest

import catlearn as cl
from catlearn import R, X, const, laws, one
from catlearn.core.errors import TypingError

F = const(R(5)) * X + one
MIX = cl.dense(8) @ cl.dense(8) >> cl.add >> cl.tanh
START = cl.parameter(R(8))


def test_a_structure_is_one_arrow_or_one_for_each_summand():
    alg = cl.Algebra(F, R(8), (MIX, START))
    whole = cl.Algebra(F, R(8), alg.arrow)
    assert alg.arrow.dom == F(R(8)) and alg.param == whole.param
    for ours, theirs, summand in zip(alg.cases, whole.cases, F.summands, strict=True):
        assert ours.dom == theirs.dom == summand(R(8)) and theirs.cod == R(8)
    assert cl.Algebra(X, R(3), cl.tanh).cases == (R(3) >> cl.tanh,)


def test_a_carrier_that_does_not_match_is_refused_at_once():
    with pytest.raises(TypingError, match=r"must end in R\(7\), not R\(8\)"):
        cl.Algebra(F, R(7), (MIX, cl.parameter(R(7))))
    with pytest.raises(TypingError, match="has an arrow for each summand"):
        cl.Algebra(F, R(8), (MIX,))
    with pytest.raises(TypingError, match="functor must be a Polynomial"):
        cl.Algebra(R(3), R(8), MIX)
    with pytest.raises(TypingError, match="must begin at"):
        cl.Coalgebra(cl.Stream(R(2)), R(3), R(4) >> cl.branch(cl.dense(2), cl.dense(3)))
    with pytest.raises(TypingError, match="has several exponents"):
        cl.Coalgebra(X ** R(1) * X ** R(2), R(3), cl.tanh)


def test_coalgebras_of_products_and_exponents():
    moore = cl.Coalgebra(cl.Moore(R(2), R(4)), R(3), (cl.dense(4), cl.dense(3) @ cl.dense(3) >> cl.add))
    assert moore.arrow.dom == R(2) @ R(3) and moore.arrow.cod == R(4) @ R(3) and moore.inputs == R(2)
    stream = cl.Coalgebra(cl.Stream(R(2)), R(3), cl.branch(cl.dense(2), cl.tanh))
    assert stream.arrow.dom == R(3) and stream.param == R(3, 2) @ R(2)


def test_homomorphisms_of_algebras():
    """Sums of lists: linear maps are homomorphisms, others are not."""
    total = cl.Algebra(cl.List(R(2)), R(2), (cl.constant((jnp.zeros(2),)), cl.add))
    double = cl.Algebra(cl.List(R(2)), R(2), (cl.constant((jnp.zeros(2),)), cl.function(lambda a, s: 2 * a + s, arity=2)))
    assert laws.algebra_homomorphism(R(2), total, total) is None
    assert laws.algebra_homomorphism(cl.function(lambda x: 2 * x), total, total) is not None
    # h(s) = 2s is one from sums to doubled sums
    assert laws.algebra_homomorphism(cl.function(lambda x: 2 * x), total, double) is None
    assert laws.algebra_homomorphism(cl.function(lambda x: x + 1), total, total) is not None  # keeps cons, not nil
    with pytest.raises(TypingError, match="structures of one functor"):
        laws.algebra_homomorphism(R(2), total, cl.Algebra(X, R(2), cl.tanh))
    with pytest.raises(TypingError, match="without parameters"):
        laws.algebra_homomorphism(cl.dense(2), total, total)
    with pytest.raises(TypingError, match="was expected"):
        laws.algebra_homomorphism(R(2) >> cl.function(lambda x: x[:1]), total, total)


def test_homomorphisms_of_coalgebras():
    """A shift of a counter is one to a counter that says what the first says; another step is not."""
    said = lambda off: cl.Coalgebra(cl.Stream(R()), R(), cl.function(lambda s: (s - off, s + 1)))  # noqa: E731
    shift = cl.function(lambda s: s + 3)
    assert laws.coalgebra_homomorphism(shift, said(0), said(3)) is None
    assert laws.coalgebra_homomorphism(shift, said(0), said(2)) is not None
    mealy = lambda k: cl.Coalgebra(cl.Mealy(R(), R()), R(), cl.function(lambda a, s: (a * s / k, a * k + s), arity=2))  # noqa: E731
    scale = cl.function(lambda s: 2 * s)
    assert laws.coalgebra_homomorphism(scale, mealy(1.0), mealy(2.0)) is None
    assert laws.coalgebra_homomorphism(scale, mealy(1.0), mealy(3.0)) is not None
    moore = cl.Coalgebra(cl.Moore(R(), R()), R(), (cl.tanh, cl.add))
    assert laws.coalgebra_homomorphism(R(), moore, moore) is None
    assert laws.coalgebra_homomorphism(cl.tanh, moore, moore) is not None


def test_monoids():
    zero = cl.constant((jnp.zeros(2),))
    assert laws.monoid(cl.Monoid(R(2), zero, cl.add)) is None
    assert laws.monoid(cl.Monoid(R(2), zero, cl.function(jnp.subtract, arity=2))) is not None
    assert laws.monoid(cl.Monoid(R(2), cl.constant((jnp.ones(2),)), cl.add)) is not None
    mean = cl.function(lambda a, b: (a + b) / 2, arity=2)
    assert "associativity" in repr(laws.monoid(cl.Monoid(R(2), zero, mean)))
