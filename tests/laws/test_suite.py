"""Every law of the suite on random arrows that hypothesis draws and shrinks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import R, laws
from catlearn.core.diagram import Diagram
from catlearn.laws.strategies import arrows, chooser, composables, objects


@pytest.mark.parametrize("law", laws.SUITE, ids=lambda law: f"{law.of}: {law.name}")
@given(data=st.data())
@settings(max_examples=6)
def test_law(law, data):
    found = law.check(chooser(data.draw))
    assert found is None, found


@given(data=st.data())
def test_strategies_give_arrows_that_compose(data):
    f, g = data.draw(composables(2))
    assert (f >> g).dom == f.dom
    assert all(isinstance(h, Diagram) for h in (f, g, data.draw(arrows(R(2)))))
    assert len(data.draw(objects(3))) <= 3


def test_a_functor_that_is_none_is_caught():
    f, g = R(3) >> cl.dense(3), R(3) >> cl.tanh
    twice = lambda h: h >> cl.function(lambda x: 2 * x) if hasattr(h, "cod") else h  # noqa: E731
    assert laws.preserves_composition(twice, f, g) is not None
    assert laws.preserves_identity(twice, R(3)) is not None
    other = lambda h: h >> cl.swap(h.cod[:1], h.cod[1:]) if len(h.cod) > 1 else h  # noqa: E731
    assert laws.preserves_tensor(other, f, g) is not None


def test_a_category_that_is_none_is_caught():
    class Loose:
        """Composes with a twist: not associative, not unital, not natural."""

        def __init__(self, diagram, n=0):
            self.diagram, self.n, self.dom, self.cod = diagram, n, diagram.dom, diagram.cod

        def __rshift__(self, other):
            n = self.n + 2 * other.n + 1 if isinstance(other, Loose) else self.n + 1
            return Loose(self.diagram >> getattr(other, "diagram", other), n)

        def __rrshift__(self, other):
            return Loose(other >> self.diagram, self.n + 1)

        def __matmul__(self, other):
            return Loose(self.diagram @ getattr(other, "diagram", other), self.n + 2 * getattr(other, "n", 0) + 1)

        def __rmatmul__(self, other):
            return Loose(other @ self.diagram, self.n + 1)

    def equal(law, lhs, rhs):
        a, b = getattr(lhs, "n", 0), getattr(rhs, "n", 0)
        return laws.Counterexample(law, "count", a, b) if a != b else laws.extensional(law, lhs.diagram, rhs.diagram)

    f = Loose(R(3) >> cl.dense(3))
    assert laws.associativity(f, f, f, equal=equal) is not None
    assert laws.unit(f, equal=equal) is not None
    assert laws.tensor_associativity(f, f, f, equal=equal) is not None
    assert laws.tensor_unit(f, equal=equal) is not None


def test_wirings_that_forget_are_caught():
    class Forgetful:
        """Forgets the second wire when it swaps two, and gives the first twice."""

        def wiring(self, dom, index):
            return cl.wiring(dom, [0, 0] if list(index) == [1, 0] else index)

    A = R(2)
    assert laws.swap_is_involutive(A, A, Forgetful()) is not None
    assert laws.hexagon(A, A, A, Forgetful()) is not None
    assert laws.swap_is_natural(A >> cl.tanh, A >> cl.relu, Forgetful()) is not None

    class CopiesZero:
        def wiring(self, dom, index):
            good = cl.wiring(dom, index)
            return good >> (cl.function(lambda x: 0 * x) @ good.cod[1:]) if len(index) == 2 else good

    assert laws.comonoid(A, CopiesZero()) is not None
    assert laws.copy_is_natural(A >> cl.sigmoid, CopiesZero()) is not None


def test_a_tensor_that_mixes_is_caught():
    f, g = R(2) >> cl.tanh, R(2) >> cl.relu
    wrong = lambda law, lhs, rhs: laws.extensional(law, lhs >> cl.swap(R(2), R(2)), rhs)  # noqa: E731
    assert laws.interchange(f, g, f, g, equal=wrong) is not None


def test_a_discard_that_is_not_natural_is_caught():
    class Noisy:
        def wiring(self, dom, index):
            return cl.wiring(dom, index) if index else dom >> cl.function(lambda x: x.sum())

    assert laws.discard_is_natural(R(2) >> cl.tanh, Noisy()) is not None


def test_a_counterexample_says_where_and_what():
    found = laws.extensional("these are equal", R(3) >> cl.tanh, R(3) >> cl.relu)
    assert repr(found).startswith("these are equal fails: the value differs, for R(3) >> tanh  against  R(3) >> relu\n  left:  ")
    found = laws.extensional("these are equal", R(3) >> cl.tanh, R(2) >> cl.tanh)
    assert found.where == "the two sides differ in `dom`"


def test_reverse_under_para_has_a_negative_control():
    from catlearn.laws import para

    f = R(3) >> cl.dense(3)
    wrong = lambda law, lhs, rhs: laws.equal_values(law, lhs.residual, ())  # noqa: E731
    assert para.reverse_goes_under_para(f, equal=wrong) is not None
