from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, Smooth, laws
from catlearn.categories.learners import Learn, backprop_as_functor, both_ways
from catlearn.categories.lens import Lens
from catlearn.categories.smooth import Map
from catlearn.categories.symmetric import SymmetricLens, projection, symmetric_lens
from catlearn.core.diagram import Box
from catlearn.core.errors import CompositionError
from catlearn.laws.learners import equal_symmetric_lenses, learners_are_symmetric_lenses

F = backprop_as_functor(0.3)
f, g, h = F(R(3) >> cl.dense(2) >> cl.tanh), F(R(2) >> cl.dense(4)), F(R(4) @ R(1) >> (cl.sigmoid @ cl.linear(2)))


class Onto:
    """A box of lenses that a projection is, for the laws of well-behaved lenses."""

    name, category = "onto", Lens(Smooth)

    def __init__(self, leg):
        self.leg = leg

    def optic(self, box):
        return self.leg


def test_projections_are_well_behaved(key):
    leg = projection(Smooth, R(2) @ R(3) @ R(1), (2, 0))
    box = Box(Onto(leg), leg.dom, leg.cod)
    assert laws.get_put(box, key) is laws.put_get(box, key) is laws.put_put(box, key) is None


def test_right_legs_of_learners_are_not(key):
    """They fail PutGet, so pulling the two puts back one by one would leave the pullback."""
    span = symmetric_lens(f)
    assert laws.put_get(Box(Onto(span.right), span.right.dom, span.right.cod), key).law == "PutGet"


def test_learners_are_symmetric_lenses():
    assert learners_are_symmetric_lenses(f, g) is None
    assert learners_are_symmetric_lenses(g @ F(R(1) >> cl.tanh), h) is None


def test_the_span_of_a_composite_is_as_the_paper_says(key):
    """put((a, p, q), c): the second leg first, then the first is asked for what that left."""
    span = symmetric_lens(f) >> symmetric_lens(g)
    values = laws.sample(span.apex @ R(4), key)
    a, p, q, c = values[:1], values[1:3], values[3:5], values[5:]
    made = span.right.fwd.run(a + p + q)
    m = len(span.right.residual)
    b = f.implement.run(a + p)
    asked = g.request.run(b + q + c)
    expected = f.request.run(a + p + asked) + f.update.run(a + p + asked) + g.update.run(b + q + c)
    for x, y in zip(span.right.bwd.run(made[:m] + c), expected, strict=True):
        assert np.allclose(x, y, atol=1e-5)


def test_functors_that_are_none_are_caught():
    forgets = lambda f: symmetric_lens(replace(f, lens=_without_request(f.lens)))  # noqa: E731
    assert learners_are_symmetric_lenses(f, g, forgets) is not None
    shifted = lambda f: SymmetricLens(symmetric_lens(f).left, _shifted(symmetric_lens(f).right))  # noqa: E731
    assert learners_are_symmetric_lenses(f, g, shifted).law == "functor: identity, right leg"


def _without_request(lens):
    optic = lens.arrow
    zero = Map(optic.bwd.cod, optic.bwd.cod, lambda v: (0 * v[0], *v[1:]))
    return replace(lens, arrow=replace(optic, bwd=optic.bwd >> zero))


def _shifted(optic):
    moved = Map(optic.bwd.cod, optic.bwd.cod, lambda v: tuple(x + 1 for x in v))
    return replace(optic, bwd=optic.bwd >> moved)


def test_symmetric_lenses_are_a_category():
    a, b, c = (symmetric_lens(x) for x in (f, g, F(R(4) >> cl.linear(2))))
    assert equal_symmetric_lenses("associativity", (a >> b) >> c, a >> (b >> c)) is None
    one = lambda A: symmetric_lens(Learn(Smooth).wiring(A, range(len(A))))  # noqa: E731
    assert equal_symmetric_lenses("left unit", one(a.dom) >> a, a) is None
    assert equal_symmetric_lenses("right unit", a >> one(a.cod), a) is None
    assert equal_symmetric_lenses("not equal", a >> b, a >> symmetric_lens(F(R(2) >> cl.dense(4) >> cl.tanh))) is not None


def test_spans_can_be_read_from_the_other_end():
    a, b = symmetric_lens(f), symmetric_lens(g)
    back = b.converse >> a.converse
    assert (back.dom, back.cod) == (R(4), R(3)) and a.converse.converse == a
    assert equal_symmetric_lenses("converse", back.converse, a >> b) is None
    with pytest.raises(CompositionError, match="no projections"):
        a >> a.converse
    wired = SymmetricLens(projection(Smooth, R(1) @ R(3), (1,)), projection(Smooth, R(1) @ R(3), (0,)))
    assert (wired.normal.apex, wired.normal.dom, wired.normal.cod) == (R(3) @ R(1), R(3), R(1))


def test_what_does_not_fit_is_refused():
    with pytest.raises(CompositionError, match="can't be followed"):
        symmetric_lens(f) >> symmetric_lens(f)
    assert symmetric_lens(f).left.dom == both_ways(Smooth, R(3) @ R(3, 2) @ R(2))


def test_they_run_under_jit(key):
    span = symmetric_lens(f) >> symmetric_lens(g)
    values = laws.sample(span.apex, key)
    (y,) = jax.jit(span.right.fwd.run)(values)[len(span.right.residual) :]
    assert np.allclose(y, (R(3) >> cl.dense(2) >> cl.tanh >> cl.dense(4))(values[1:], values[0]), atol=1e-5)
    assert jnp.isfinite(y).all()
