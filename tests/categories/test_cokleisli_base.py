"""`CoKl(A, C)` over a base that is not Smooth, and over its lenses: the same construction, laws to the last digit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn import CoKl, I, Lens, Para, laws
from catlearn.categories.cokleisli import CoKleisli, ContextError
from catlearn.categories.para import Parametric
from catlearn.core.errors import CompositionError
from catlearn.core.wires import Object
from tests.categories.mat import Dim, Mat, Matrix, Transposed, exact, get, matrices, matrix_box, put, transpose

A, B, C = (Object((Dim(n),)) for n in (1, 2, 3))
CONTEXT = Object((Dim(2, "graph"), Dim(1, "mood")))
OTHER = Object((Dim(3, "graph"), Dim(2, "mood")))
OVER_MAT, OVER_LENSES = CoKl(CONTEXT, Mat), CoKl(transpose(CONTEXT), Lens(Mat))
USES = ((0, 1, 0), (), (1,), (0,))
rngs = st.integers(0, 10_000).map(np.random.default_rng)


def reads(rng, dom, cod, category=OVER_MAT, param=I):
    """A random arrow of CoKl(A, Mat), or of CoKl((A, A'), Lens(Mat)), that uses the context up to three times."""
    uses = USES[rng.integers(len(USES))]
    box = matrix_box(rng, dom @ param @ CONTEXT.select(uses), cod)
    if category.base is Mat:
        return CoKleisli(category, uses, Parametric(Mat, dom @ param, CONTEXT.select(uses), matrices(box).arrow))
    under = transpose(box)
    optic = Transposed(box).optic(under)
    return CoKleisli(category, uses, Parametric(Lens(Mat), transpose(dom @ param), transpose(CONTEXT.select(uses)), optic))


def three(rng, category):
    return reads(rng, A @ B, C, category), reads(rng, C, B @ A, category), reads(rng, B @ A, A, category)


def parametric(rng, dom, cod):
    """A random arrow of Para(CoKl(A, Mat))."""
    return Parametric(OVER_MAT, dom, B, reads(rng, dom, cod, OVER_MAT, B))


@pytest.mark.parametrize("category", [OVER_MAT, OVER_LENSES])
@given(rng=rngs)
def test_category_and_monoidal_laws(category, rng):
    f, g, h = three(rng, category)
    assert laws.associativity(f, g, h, equal=exact) is None
    assert laws.unit(f, category, equal=exact) is None
    assert laws.tensor_associativity(f, g, h, equal=exact) is None
    assert laws.tensor_unit(f, category, equal=exact) is None
    assert laws.interchange(f, f, g, g, equal=exact) is None
    assert laws.uses_interchange(f, h, g, reads(rng, A, C, category), equal=exact) is None
    assert laws.swap_is_natural(f, g, category, equal=exact) is None
    assert laws.cokleisli_composition(f, g, equal=exact) is None


@given(rng=rngs)
def test_it_is_cartesian_where_its_base_is(rng):
    f, _, _ = three(rng, OVER_MAT)
    assert laws.copy_is_natural(f, OVER_MAT, equal=exact) is None
    assert laws.discard_is_natural(f, OVER_MAT, equal=exact) is None
    assert laws.comonoid(A @ B, OVER_MAT, equal=exact) is None


@given(rng=rngs)
def test_its_base_embeds_in_it_as_a_faithful_functor(rng):
    f, g = (matrices(matrix_box(rng, *ends)).arrow for ends in ((A @ B, C), (C, B)))
    embed = OVER_MAT.embed
    assert laws.preserves_composition(embed, f, g, equal=exact) is None
    assert laws.preserves_tensor(embed, f, g, equal=exact) is None
    assert exact("identity", embed(Mat.wiring(A @ B, (0, 1))), OVER_MAT.wiring(A @ B, (0, 1))) is None
    other = Matrix(f.dom, f.cod, f.rows + 1)
    assert exact("faithful", embed(f), embed(other)) is not None
    # `>>` and `@` take arrows of the base too
    h = reads(rng, C, B)
    assert exact("lifting", embed(f) >> h, embed(f).then(h)) is None and (h @ f).dom == C @ A @ B
    assert (
        exact(
            "lifting",
            h >> matrices(matrix_box(np.random.default_rng(1), B, A)).arrow,
            h >> embed(matrices(matrix_box(np.random.default_rng(1), B, A)).arrow),
        )
        is None
    )


@given(rng=rngs)
def test_para_on_top(rng):
    f, g, h = parametric(rng, A, C), parametric(rng, C, B), parametric(rng, B, A)
    category = Para(OVER_MAT)
    assert laws.associativity(f, g, h, equal=exact) is None
    assert laws.unit(f, category, equal=exact) is None
    assert laws.tensor_associativity(f, g, h, equal=exact) is None
    assert laws.interchange(f, parametric(rng, A, C), g, parametric(rng, C, B), category, equal=exact) is None
    assert laws.swap_is_natural(f, g, category, equal=exact) is None
    assert (f >> g).param == B @ B and (f >> g).arrow.category.context == CONTEXT  # weights grow, the context does not
    r, s, t = reads(rng, A, B), reads(rng, C, A), reads(rng, A, B)  # 2-cells that read the context
    assert laws.reparameterisation_composes(f, r, s, equal=exact) is None
    assert laws.reparameterisation_is_local(f, g, r, t, equal=exact) is None


@given(rng=rngs)
def test_composites_against_numpy(rng):
    """With f = [F | K] on X ⊗ A, and g = [G | L], it is [GF | GK + L]: what both read adds up."""
    f, g = (
        CoKleisli(OVER_MAT, (0, 1), Parametric(Mat, X, CONTEXT, matrices(matrix_box(rng, X @ CONTEXT, Y)).arrow))
        for X, Y in ((A, C), (C, B))
    )
    F, K = f.open.arrow.rows[:, :1], f.open.arrow.rows[:, 1:]
    G, L = g.open.arrow.rows[:, :3], g.open.arrow.rows[:, 3:]
    assert np.array_equal((f >> g).arrow.rows, np.hstack([G @ K + L, G @ F]))


@given(rng=rngs)
def test_the_lens_of_a_composite_sums_what_comes_back_to_the_context(rng):
    f, g = reads(rng, A, C, OVER_LENSES), reads(rng, C, B, OVER_LENSES)
    whole = (f >> g).arrow
    assert np.array_equal(put(whole).rows[:, -2:], get(whole).rows.T)  # R[M](x, y) = Mᵀ y, with the sum over layers in it


@given(rng=rngs)
def test_change_of_context(rng):
    f, g, _ = three(rng, OVER_MAT)
    r, s = (matrices(matrix_box(rng, *ends)).arrow for ends in ((OTHER, CONTEXT), (CONTEXT, OTHER)))
    over = CoKl(OTHER, Mat)
    pull = lambda h: h.pull(r, over)  # noqa: E731
    assert laws.preserves_composition(pull, f, g, equal=exact) is None
    assert laws.preserves_tensor(pull, f, g, equal=exact) is None
    assert exact("identity", pull(OVER_MAT.wiring(A, (0,))), over.wiring(A, (0,))) is None
    along = lambda h, r: h.pull(r, CoKl(r.dom, Mat))  # noqa: E731
    assert laws.change_of_context(f, r, s, pull=along, equal=exact) is None
    twice = lambda h, r: h.pull(Matrix(r.dom, r.cod, r.rows + 1), CoKl(r.dom, Mat))  # noqa: E731
    assert laws.change_of_context(CoKleisli(OVER_MAT, (0,), all_ones()), r, s, pull=twice, equal=exact) is not None


def all_ones():
    return Parametric(Mat, A, CONTEXT[:1], Matrix(A @ CONTEXT[:1], A, np.ones((1, 3), int)))


def flipped(x):
    """A strict monoidal functor Mat → Mat: the coordinates of each wire in reverse order."""
    if isinstance(x, Object):
        return x
    order = [
        np.concatenate([np.arange(end - w.n, end)[::-1] for w, end in zip(X.wires, ends(X), strict=True)]) for X in (x.cod, x.dom)
    ]
    return Matrix(x.dom, x.cod, x.rows[np.ix_(*order)])


def ends(X):
    return np.cumsum([wire.n for wire in X.wires])


@given(rng=rngs)
def test_cokl_of_a_functor(rng):
    """`CoKl(F)` is a functor, commutes with the embedding, and is F on what arrows are."""
    f, g, _ = three(rng, OVER_MAT)
    F = OVER_MAT.along(flipped, OVER_MAT)
    assert laws.preserves_composition(F, f, g, equal=exact) is None
    assert laws.preserves_tensor(F, f, g, equal=exact) is None
    assert exact("closed", F(f).arrow, flipped(f.arrow)) is None
    m = matrices(matrix_box(rng, A, B)).arrow
    assert exact("embedding", F(OVER_MAT.embed(m)), OVER_MAT.embed(flipped(m))) is None
    twice = lambda x: x if isinstance(x, Object) else Matrix(x.dom, x.cod, 2 * x.rows)  # noqa: E731
    dense = CoKleisli(OVER_MAT, (0,), all_ones())
    assert laws.preserves_composition(OVER_MAT.along(twice, OVER_MAT), dense, dense, equal=exact) is not None


def test_wrong_composites_are_refused():
    f, _, _ = three(np.random.default_rng(0), OVER_MAT)
    with pytest.raises(CompositionError):
        f >> f
    with pytest.raises(ContextError, match="has a name"):
        CoKl(Object((Dim(2),)), Mat)


def test_negative_controls():
    rng = np.random.default_rng(0)
    louder = CoKl(CONTEXT, Mat, lambda X, uses: Matrix(X, X.select(uses), len(uses) * Mat.wiring(X, uses).rows))
    f, g = (CoKleisli(louder, (0,), all_ones()) for _ in range(2))
    assert laws.cokleisli_composition(f, g, equal=exact) is not None  # who reads more hears more: no comonoid

    class Forgets(CoKleisli):
        """Composes without signs."""

        def then(self, other):
            return unsigned(CoKleisli.then(self, other))

        def tensor(self, other):
            return unsigned(CoKleisli.tensor(self, other))

    def unsigned(f):
        m = f.open.arrow
        return Forgets(f.category, f.uses, replace(f.open, arrow=Matrix(m.dom, m.cod, np.abs(m.rows))))

    f, g, h = (Forgets(k.category, k.uses, k.open) for k in (reads(rng, B, B) for _ in range(3)))
    assert laws.cokleisli_composition(f, g, equal=exact) is not None
    assert laws.associativity(f, g, h, equal=exact) is not None
    assert laws.interchange(f, g, h, f, equal=exact) is not None
    assert laws.uses_interchange(f, g, h, f, equal=exact) is not None
