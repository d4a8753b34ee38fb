"""`Para` and `Lens` over a base category that is not Smooth: the same constructions, laws to the last digit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn import I, Lens, Para, laws
from catlearn.core.diagram import wiring
from catlearn.core.errors import CompositionError
from catlearn.core.wires import Object
from tests.categories.mat import Dim, Mat, Matrix, exact, lenses, matrices, matrix_box

A, B, C = (Object((Dim(n),)) for n in (1, 2, 3))
rngs = st.integers(0, 10_000).map(np.random.default_rng)


def boxes(rng, param=I):
    return matrix_box(rng, A @ B, C, param), matrix_box(rng, C, B @ A, param), matrix_box(rng, B @ A, A, param)


def images(rng, F, param=I):
    return tuple(F(f) for f in boxes(rng, param))


@pytest.mark.parametrize(("F", "category"), [(matrices, Para(Mat)), (lenses, Para(Lens(Mat)))])
@given(rng=rngs)
def test_category_and_monoidal_laws(F, category, rng):
    f, g, h = images(rng, F, B)
    assert laws.associativity(f, g, h, equal=exact) is None
    assert laws.unit(f, category, equal=exact) is None
    assert laws.tensor_associativity(f, g, h, equal=exact) is None
    assert laws.tensor_unit(f, category, equal=exact) is None
    f, g, h = images(rng, F)
    assert laws.interchange(f, f, g, g, equal=exact) is None
    assert laws.swap_is_natural(f, g, category, equal=exact) is None


@given(rng=rngs)
def test_mat_is_cartesian_and_its_embedding_a_functor(rng):
    f, g, _ = (arrow.arrow for arrow in images(rng, matrices))
    para = Para(Mat)
    assert laws.comonoid(A @ B, Mat, equal=exact) is None
    assert laws.copy_is_natural(f, Mat, equal=exact) is None
    assert laws.preserves_composition(para.embed, f, g, equal=exact) is None
    assert laws.preserves_tensor(para.embed, f, g, equal=exact) is None


@pytest.mark.parametrize("F", [matrices, lenses])
@given(rng=rngs)
def test_functors_out_of_diagrams_preserve_everything(F, rng):
    f, g, _ = boxes(rng, B)
    assert laws.preserves_composition(F, f, g, equal=exact) is None
    assert laws.preserves_tensor(F, f, g, equal=exact) is None
    r = matrix_box(rng, A @ C, B)
    assert laws.preserves_reparameterisation(F, f, r, equal=exact) is None


@given(rng=rngs)
def test_two_cells(rng):
    f, g, _ = boxes(rng, B)
    r, s, t = matrix_box(rng, A @ C, B), matrix_box(rng, A, A @ C), matrix_box(rng, C, B)
    F = matrices
    assert laws.reparameterisation_composes(F(f), F(r).arrow, F(s).arrow, equal=exact) is None
    assert laws.reparameterisation_is_local(F(f), F(g), F(r).arrow, F(t).arrow, equal=exact) is None


def flipped(x):
    """A strict monoidal functor Mat → Mat: the coordinates of each wire in reverse order."""
    if isinstance(x, Object):
        return x
    order = [
        np.concatenate([np.arange(end)[end - w.n :][::-1] for w, end in zip(A.wires, ends(A), strict=True)])
        for A in (x.cod, x.dom)
    ]
    return Matrix(x.dom, x.cod, x.rows[np.ix_(*order)])


def ends(A):
    return np.cumsum([wire.n for wire in A.wires])


@given(rng=rngs)
def test_para_of_a_functor(rng):
    """`Para(F)(P, f) = (F P, F f)` is a functor on 1-cells, and sends 2-cells to 2-cells."""
    f, g, _ = boxes(rng, B)
    lifted = Para(Mat).along(flipped, Mat)
    assert laws.preserves_composition(lambda h: lifted(h), matrices(f), matrices(g), equal=exact) is None
    assert laws.preserves_tensor(lambda h: lifted(h), matrices(f), matrices(g), equal=exact) is None
    r = matrices(matrix_box(rng, A @ C, B)).arrow
    assert exact("2-cells", lifted(matrices(f).reparameterise(r)), lifted(matrices(f)).reparameterise(flipped(r))) is None
    twice = lambda x: x if isinstance(x, Object) else Matrix(x.dom, x.cod, 2 * x.rows)  # noqa: E731
    assert laws.preserves_composition(Para(Mat).along(twice, Mat), matrices(f), matrices(g), equal=exact) is not None


@given(rng=rngs)
def test_the_lens_of_a_composite_runs_the_transpose(rng):
    """Against numpy: forward is GF, backward FᵀGᵀ; copying lenses to adding."""
    f, g, _ = boxes(rng)
    whole = lenses(wiring(A @ B, (0, 1)) >> f >> g).arrow
    F, G = matrices(f).arrow.rows, matrices(g).arrow.rows
    m = sum(wire.n for wire in whole.residual.wires)
    assert np.array_equal(whole.fwd.rows[m:], G @ F) and np.array_equal(whole.bwd.rows[:, m:], (G @ F).T)
    assert m == 3 + 3 and not whole.bwd.rows[:, :m].any()
    twice = lenses(wiring(C, (0, 0))).arrow
    assert np.array_equal(twice.bwd.rows, np.hstack([np.eye(3, dtype=int)] * 2))


def test_wrong_composites_are_refused_in_every_category():
    f, g, _ = boxes(np.random.default_rng(0))
    for F in (matrices, lenses):
        with pytest.raises(CompositionError):
            F(f) >> F(f)
        with pytest.raises(CompositionError):
            F(f).reparameterise(F(g).arrow)


def test_negative_controls():
    rng = np.random.default_rng(0)
    f, g, h = images(rng, matrices)

    class Forgets(Matrix):
        def then(self, other):
            return Matrix(self.dom, other.cod, np.abs(other.rows @ self.rows))

    bad = Forgets(f.arrow.dom, f.arrow.cod, f.arrow.rows)
    assert laws.associativity(bad, g.arrow, h.arrow, equal=exact) is not None
    assert laws.preserves_composition(lambda m: Matrix(m.dom, m.cod, 2 * m.rows), f.arrow, g.arrow, equal=exact) is not None

    class SwapThatForgets:
        def wiring(self, dom, index):
            good = Mat.wiring(dom, index)
            return good if list(index) == list(range(len(dom))) else Matrix(dom, good.cod, 0 * good.rows)

    assert laws.swap_is_involutive(A, B, SwapThatForgets(), equal=exact) is not None

    class SwapThatScales:
        def wiring(self, dom, index):
            good = Mat.wiring(dom, index)
            return Matrix(dom, good.cod, sum(wire.n for wire in dom.wires) * good.rows)

    assert laws.swap_is_natural(f.arrow, h.arrow, SwapThatScales(), equal=exact) is not None
    assert laws.comonoid(A, SwapThatForgets(), equal=exact) is not None
