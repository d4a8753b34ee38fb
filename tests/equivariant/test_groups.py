import math

import jax
import numpy as np
import pytest
from scipy.linalg import expm

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.equivariant import SL, SO, SU, A, Aut, Cube, D, Lorentz, MatrixGroup, O, Product, Rubik, S, Scaling, Sp, Trivial, Z

PATH = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
FINITE = [S(1), S(2), S(4), A(1), A(2), A(3), A(4), A(5), Z(1), Z(6), D(1), D(2), D(3), D(7), D(5, permuting=True), Cube()]
FINITE += [Cube(reflections=True), Trivial(2), O(1), SO(1), SU(1), SL(1), Aut(PATH), S(3) * Z(2) * D(3)]
INFINITE = [O(3), SO(2), Sp(4), SU(2), SL(3), Lorentz(), Lorentz("SO+", space=2), Scaling(3), O(2) * S(3)]
LARGE = [S(30), A(9), Rubik()]
DRAWN = [A(2), A(5), Z(6), D(7), Cube(), SU(1), Trivial(2), Aut(PATH), Sp(2), Lorentz("SO+", space=2), SO(2), O(2) * S(3), *LARGE]


@pytest.mark.parametrize("group", FINITE, ids=repr)
def test_elements_are_a_group_of_that_order(group):
    elements = group.elements()
    assert elements.dtype == np.float64 and elements.shape == (group.order, group.n, group.n)
    np.testing.assert_array_equal(elements[0], np.eye(group.n))
    products = elements[:8, None] @ elements[None]
    distances = np.abs(products[:, :, None] - elements).max((3, 4))
    assert distances.min(2).max() < 1e-6  # closed
    assert np.sum(np.abs(elements[:, None] - elements).max((2, 3)) < 1e-3) == group.order  # no two are the same
    assert all(group.contains(np.linalg.inv(g)) for g in elements)


@pytest.mark.parametrize("group", DRAWN, ids=repr)
def test_generators_and_samples_belong_to_the_group(group):
    draw = jax.jit(group.sample)
    samples = [np.asarray(draw(jax.random.key(i)), np.float64) for i in range(4)]
    for g in (*group.generators(), *samples, samples[0] @ samples[1], np.linalg.inv(samples[2])):
        assert group.contains(g, 1e-4)
        assert not group.permutes or np.array_equal(np.sort(g, axis=0)[-1], np.ones(group.n))
        assert not group.orthogonal or np.allclose(g.T @ g, np.eye(group.n), atol=1e-5)
    assert not group.contains(2 * np.eye(group.n) + np.eye(group.n)[::-1] * 0.5)
    assert not group.contains(np.full((group.n, group.n), 0.5))


@pytest.mark.parametrize("group", FINITE + INFINITE + LARGE, ids=repr)
def test_code_and_equality(group):
    assert eval(repr(group)) == group and hash(eval(repr(group))) == hash(group)
    assert isinstance(group, MatrixGroup) and group != S(17)
    assert (group.order is None) == bool(len(group.algebra()))
    assert all(x.dtype == np.float64 and x.shape == (group.n, group.n) for x in (*group.generators(), *group.algebra()))


def test_groups_that_are_not_orthogonal_say_so():
    for group in (Sp(2), SL(2), Lorentz(), Scaling(1)):
        g = expm(group.algebra()[0])
        assert not group.orthogonal and not np.allclose(g.T @ g, np.eye(group.n), atol=1e-3)


@pytest.mark.parametrize("group", [A(4), Cube()], ids=repr)
def test_samples_of_finite_groups_are_uniform(group):
    samples = np.asarray(jax.jit(jax.vmap(group.sample))(jax.random.split(jax.random.key(0), 2000)))
    counts = np.sum(np.abs(samples[:, None] - group.elements()).max((2, 3)) < 1e-3, axis=0)
    expected = 2000 / group.order
    assert counts.sum() == 2000
    chi_squared = np.sum((counts - expected) ** 2 / expected)
    assert chi_squared < group.order + 4 * math.sqrt(2 * group.order)


def test_a_group_is_cheap_to_make():
    assert S(10_000).n == 10_000 and len(S(10_000).generating_permutations()) == 2
    assert {S(3): 1}[S(3)] == 1 and S(3) != A(3)


def test_products():
    group = S(3) * O(2) * Z(2)
    assert group.factors == (S(3), O(2), Z(2)) and group == S(3) * (O(2) * Z(2))
    assert group.order is None and (S(3) * Z(2)).order == 12
    assert group.orthogonal and not group.permutes and (S(3) * Z(2)).permutes
    assert (S(2) * Sp(2)).orthogonal is False
    parts = group.parts(jax.jit(group.sample)(jax.random.key(0)))
    assert all(factor.contains(g) for factor, g in zip(group.factors, parts, strict=True))
    assert not group.contains(np.eye(7)[[3, 1, 2, 0, 4, 5, 6]])  # it mixes two factors
    assert Product((S(3),)).factors == (S(3),)
    for wrong in ((), (1,), 3):
        with pytest.raises(TypingError, match="at least one group"):
            Product(wrong)
    with pytest.raises(TypeError):
        S(3) * 3


def test_what_can_not_be_listed():
    for group, words in ((O(2), "infinitely many"), (S(20), r"about 10\^18 elements"), (Z(5000), "2 GiB")):
        with pytest.raises(ArgumentError, match=words):
            group.elements()
    assert len(S(7).elements()) == 5040


def test_elements_have_the_right_shape():
    with pytest.raises(ArgumentError, match=r"shape \(3, 3\), got \(2, 2\)"):
        S(3).contains(np.eye(2))
    with pytest.raises(ArgumentError, match="got 'x'"):
        O(3).contains("x")
