"""Equivariant layers against matrices written out, and what they refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import laws
from catlearn.core.errors import ArgumentError, EquivarianceError, TypingError
from catlearn.equivariant import SL, SO, SU, A, Aut, Cube, D, Lorentz, O, S, Scaling, Sp, Z, basis, dim, linear, solve

PAIRS = [
    (S(5), 2, 2), (S(3), 2, 2), (S(3), 1, 2), (S(4), 3, 1), (S(4), 0, 2), (S(6), 2, 0), (A(4), 2, 1), (A(3), 1, 1),
    (O(3), 2, 2), (O(2), 3, 3), (O(3), 1, 3), (SO(3), 2, 1), (SO(2), 1, 1), (SO(3), 2, 2), (Sp(4), 2, 2), (Sp(2), 3, 1),
]  # fmt: skip


def matrices(group, k, l):  # noqa: E741
    """The basis as matrices, (dim, n^l, n^k)."""
    return np.stack([np.asarray(d.matrix(group.n) if hasattr(d, "matrix") else d, np.float64) for d in basis(group, k, l)])


@pytest.mark.parametrize(("group", "k", "l"), PAIRS)
def test_a_layer_is_the_sum_over_its_basis(group, k, l):  # noqa: E741
    f = (group.power(k, channels=2) if k else cl.R(2)) >> linear(
        power=l, channels=3, group=group, use_bias=False, normalised=False
    )
    w = jax.random.normal(jax.random.key(0), f.param.structs[0].shape)
    x = jax.random.normal(jax.random.key(1), cl.forget(f.dom).structs[0].shape)
    Ds = matrices(group, k, l)
    assert len(Ds) == len(w) == np.linalg.matrix_rank(Ds.reshape(len(Ds), -1))
    expected = np.einsum("roi,ic,rcd->od", Ds, np.asarray(x, np.float64).reshape(-1, 2), np.asarray(w, np.float64))
    np.testing.assert_allclose(np.asarray(f((w,), x)).reshape(-1, 3), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("group", "k", "l"), PAIRS)
def test_diagrams_and_the_solver_span_the_same_maps(group, k, l):  # noqa: E741
    Ds, solved = matrices(group, k, l), solve(group, k, l)
    both = np.concatenate([Ds, solved]).reshape(len(Ds) + len(solved), -1)
    assert len(Ds) == len(solved) == np.linalg.matrix_rank(both, tol=1e-8)


LAYERS = [
    S(5).power(2, channels=2) >> linear(power=3, channels=2),
    S(4).power(3, channels=2) >> linear(power=3, channels=2),
    A(4).power(2, channels=2) >> linear(power=2, channels=2),
    O(4).power(3, channels=2) >> linear(power=3, channels=2),
    SO(3).power(2, channels=2) >> linear(power=3, channels=2),
    Sp(4).power(3, channels=2) >> linear(power=3, channels=2),
    Z(5).power(2, channels=2) >> linear(power=2, channels=2),
    D(5).power(2, channels=2) >> linear(power=2, channels=2),
    Aut([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]).power(1, channels=2) >> linear(power=1, channels=2),
    Aut([[0, 1, 0], [1, 0, 1], [0, 1, 0]]).power(2, channels=2) >> linear(power=1, channels=2),
    Cube().power(2, channels=2) >> linear(power=2, channels=2),
    SU(2).power(2, channels=2) >> linear(power=2, channels=2),
    Lorentz().power(2, channels=2) >> linear(power=2, channels=2),
    (SL(3).standard() * SL(3).standard().dual).wire(2) >> linear(rep=SL(3).standard() * SL(3).standard().dual, channels=2),
    (S(4) * O(3)).power((2, 1), channels=2) >> linear(power=(1, 1), channels=2),
    (S(3) * S(4)).power((1, 2), channels=2) >> linear(power=(2, 1), channels=2),
    (S(3) * SO(3)).power((1, 2), channels=2) >> linear(power=(1, 1), channels=2),
    (S(3).standard() + S(3).standard() * S(3).standard()).wire(2) >> linear(rep=S(3).standard() + S(3).trivial, channels=2),
    (Sp(2).standard() * Sp(2).standard().dual).wire(2) >> linear(power=2, channels=2),
    S(4).power(2, channels=2) @ S(4).power(1, channels=3) @ cl.R(2) >> linear(power=2, channels=2, arity=3),
    cl.R(3) >> linear(power=2, channels=2, group=S(4)),
]


@pytest.mark.parametrize("f", LAYERS, ids=lambda f: f.code())
def test_every_layer_is_equivariant(f):
    assert laws.equivariant(f, samples=4, tolerance=1e-5) is None


@pytest.mark.parametrize("f", LAYERS, ids=lambda f: f.code())
def test_the_reverse_derivative_of_a_batch_is_that_of_jax(f):
    lens, plain, size = cl.reverse(cl.batch(f, 3)), cl.forget(f), 3

    @jax.jit
    def both(params, xs, dys):
        y, residual = lens.forward(params, *xs)
        expected, pull = jax.vjp(lambda p, xs: jax.vmap(lambda xs: plain(p, *xs))(xs), params, xs)
        dparams, dx = lens.backward(residual, *dys)
        return (y, dparams, dx if len(xs) > 1 else (dx,)), (expected, *pull(dys[0]))

    params = jax.tree.map(jnp.add, f.init(jax.random.key(0)), laws.sample(f.param, jax.random.key(1)))
    xs, dys = (laws.sample(cl.batch(cl.forget(A), size), jax.random.key(2)) for A in (f.dom, f.cod))
    ours, theirs = both(params, xs, dys)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_a_weight_of_one_element_off_is_not_equivariant():
    V = S(4).power(1, channels=1)
    f = cl.forget(V) >> cl.flatten >> cl.dense(4) >> cl.reshape(4, 1)
    assert laws.equivariant(f, samples=4, dom=V, cod=V) is not None


@pytest.mark.parametrize("normalised", [True, False])
@pytest.mark.parametrize(
    ("V", "into"), [(S(9).power(2, channels=24), 2), (S(5).power(3, channels=24), 1), (Sp(4).power(2, channels=24), 2)]
)
def test_outputs_begin_with_unit_variance(V, into, normalised):
    """The mean over many draws of the mean square of outputs for normal inputs is 1: within four standard errors."""
    f = V >> linear(power=into, channels=24, normalised=normalised)

    def mean_square(key):
        a, b = jax.random.split(key)
        return jnp.square(cl.forget(f)(f.init(a), jax.random.normal(b, cl.forget(V).structs[0].shape))).mean()

    drawn = jax.jit(jax.vmap(mean_square))(jax.random.split(jax.random.key(0), 200))
    assert abs(float(drawn.mean()) - 1) < 4 * float(drawn.std()) / 200**0.5


def test_both_parametrisations_are_one_function_of_different_weights():
    V = S(5).power(2, channels=2)
    f, g = (V >> linear(power=2, channels=3, normalised=n) for n in (True, False))
    w = f.init(jax.random.key(0))
    unit = np.array([np.sqrt(25 / (D**2).sum()) for D in matrices(S(5), 2, 2)])
    x = jax.random.normal(jax.random.key(1), (5, 5, 2))
    np.testing.assert_allclose(f(w, x), g((w[0] * unit[:, None, None], w[1]), x), rtol=1e-5, atol=1e-5)


def test_counts():
    assert dim(S(12), 2, 2) == 15 and dim(S(12), 0, 2) == 2 and dim(S(6), 3, 3) == 203
    assert dim(S(4) * O(3), (2, 1), (1, 1)) == 5 and dim(SO(4), 2, 2) == 4
    f = S(12).power(2, channels=3) >> linear(power=2, channels=32)
    assert f.param.structs[0].shape == (15, 3, 32) and f.param.structs[1].shape == (2, 32)


def test_a_basis_says_that_it_leaves_diagrams_out():
    assert repr(basis(S(3), 2, 2)).startswith("<14 diagrams of 15, of which the others are combinations: a basis of Hom(")
    assert repr(basis(O(2), 3, 3)).startswith("<10 diagrams of 15,") and repr(basis(SO(2), 2, 2)).startswith("<6 diagrams of 9,")
    assert repr(basis(S(4), 2, 2)).startswith("<15 diagrams: ") and repr(basis(Z(3), 1, 1)).startswith("<3 matrices, ")


def test_building_does_not_depend_on_n():
    f = S(10_000).power(3, channels=1) >> linear(power=3, channels=1)
    assert f.param.structs[0].shape == (203, 1, 1)


def test_mixed_precision_and_other_dtypes():
    f = S(4).power(2, channels=2, dtype="bfloat16") >> linear(power=1, channels=3)
    y = f(f.init(jax.random.key(0)), jnp.ones((4, 4, 2), jnp.bfloat16))
    assert y.dtype == jnp.bfloat16 and y.shape == (4, 3)


# what is refused


def test_no_map_but_zero_is_an_error_that_says_why():
    with pytest.raises(EquivarianceError, match=r"no equivariant map but zero[\s\S]*−1 on the domain and by 1"):
        O(3).power(1, channels=2) >> linear(power=2, channels=2)
    with pytest.raises(EquivarianceError, match="no equivariant map but zero"):
        Scaling(2).power(1) >> linear(power=2)


def test_bad_arguments_are_refused():
    with pytest.raises(TypingError, match="group="):
        cl.R(3) >> linear(power=2)
    with pytest.raises(TypingError, match="give one"):
        linear()
    with pytest.raises(TypingError, match="channels"):
        linear(power=1, channels=0)
    with pytest.raises(TypingError, match="whole number ≥ 0"):
        S(3).power(1) >> linear(power=-1)
    with pytest.raises(TypingError, match="2 whole numbers"):
        (S(3) * O(2)).power(1)
    with pytest.raises(TypingError, match="1 wire"):
        S(3).power(1) @ S(3).power(1) >> linear(power=1)
    with pytest.raises(TypingError, match="different groups"):
        S(3).standard() + O(3).standard()
    with pytest.raises(TypingError, match="floats"):
        S(3).power(1, dtype="int32") >> linear(power=1)
    with pytest.raises(EquivarianceError, match="one group"):
        S(3).power(1) >> linear(power=1, group=S(4))
    with pytest.raises(TypingError, match="invariants"):
        cl.R(3, 2) >> linear(power=1, group=S(3))


def test_wrong_values_are_refused_and_an_empty_batch_is_none():
    f = S(4).power(2, channels=2) >> linear(power=1, channels=3)
    params = f.init(jax.random.key(0))
    with pytest.raises(ArgumentError, match="axis 0: 4 ≠ 5"):
        f(params, jnp.zeros((5, 4, 2)))
    assert cl.batch(f, 0)(params, jnp.zeros((0, 4, 4, 2))).shape == (0, 4, 3)
