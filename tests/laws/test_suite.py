"""Every law of the suite on random arrows that hypothesis draws and shrinks, and what each must catch."""

import random
from dataclasses import replace

import jax
import jax.numpy as jnp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import R, laws
from catlearn.categories.lens import Optic
from catlearn.categories.para import Parametric
from catlearn.categories.smooth import Map, smooth
from catlearn.core.diagram import Diagram
from catlearn.core.wires import object_of
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
    assert f.cod == g.dom and len((f >> g).param) == len(f.param) + len(g.param)
    assert data.draw(arrows(R(2))).dom == R(2)
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


def failing(*names):
    """Which of these laws of the suite fail on some of a few random instances."""
    chosen = [law for law in laws.SUITE if f"{law.of}: {law.name}" in names]
    assert len(chosen) == len(names)
    return {f"{law.of}: {law.name}" for law in chosen if any(law.check(random.Random(i).choice) for i in range(6))}


def test_meanings_that_compose_wrongly_are_caught(monkeypatch):
    right = Map.then
    twice = lambda self, other: Map(self.dom, other.cod, lambda xs: jax.tree.map(lambda x: x + 1, right(self, other).run(xs)))  # noqa: E731
    monkeypatch.setattr(Map, "then", twice)
    assert failing("smooth: unit", "smooth: composition") >= {"smooth: unit"}


def test_lenses_that_compose_wrongly_are_caught(monkeypatch):
    right = Optic.then

    def doubled(self, other):
        f = right(self, other)
        return replace(f, bwd=Map(f.bwd.dom, f.bwd.cod, lambda xs: jax.tree.map(lambda x: 2 * x, f.bwd.run(xs))))

    monkeypatch.setattr(Optic, "then", doubled)
    assert failing("lens: unit", "reverse: RD.5") == {"lens: unit", "reverse: RD.5"}


def test_a_tensor_that_crosses_is_caught(monkeypatch):
    right = Map.tensor

    def crossed(self, other):
        f = right(self, other)
        return Map(f.dom, f.cod, lambda xs: tuple(reversed(f.run(xs))))

    monkeypatch.setattr(Map, "tensor", crossed)
    f, g = smooth(R(2) >> cl.tanh), smooth(R(2) >> cl.relu)
    assert laws.interchange(f.arrow, g.arrow, f.arrow, g.arrow) is not None
    assert laws.tensor_associativity(f.arrow, g.arrow, (f >> f).arrow) is not None


def test_two_cells_that_act_on_the_outside_are_caught(monkeypatch):
    right = Parametric.reparameterise
    double = Map(R(3), R(3), lambda xs: (2 * xs[0],))
    monkeypatch.setattr(Parametric, "reparameterise", lambda f, r: replace(right(f, r), arrow=right(f, r).arrow >> double))
    f, r = smooth(R(3) >> cl.linear(3)), smooth(R(3, 3) >> cl.tanh).arrow
    assert laws.reparameterisation_is_local(f, f, r, r) is not None
    assert laws.reparameterisation_composes(f, r, r) is not None


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


def test_an_uncurrying_that_changes_the_arrow_is_caught(monkeypatch):
    from catlearn.laws import para

    right = para.uncurry
    monkeypatch.setattr(para, "uncurry", lambda f: right(f) >> cl.sigmoid)
    assert para.reverse_goes_under_para(R(3) >> cl.dense(3)) is not None


def test_infinities_are_equal_to_themselves_alone():
    infinite, finite = jnp.array([jnp.inf, 1.0]), jnp.array([2.0, 1.0])
    assert laws.equal_values("the same", infinite, infinite) is None
    for a, b in ((infinite, finite), (finite, infinite), (infinite, -infinite), (infinite, jnp.array([jnp.inf, 2.0]))):
        assert laws.equal_values("not the same", a, b) is not None
    assert laws.equal_values("not a number", jnp.array(jnp.nan), jnp.array(jnp.nan)) is not None


def test_keys_can_be_compared():
    assert laws.unit(cl.identity(object_of((jax.random.key(0),)))) is None
    split = object_of((jax.random.key(0),)) >> cl.function(lambda k: jax.random.split(k, 1)[0])
    assert laws.extensional("keys", split, cl.identity(split.dom)) is not None
