import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn.core.errors import EquivarianceError, TypingError
from catlearn.equivariant import (
    Cube,
    D,
    FiniteGroup,
    S,
    cyclic_table,
    from_matrices,
    rotations_of_plane,
    symmetries_of_plane,
)
from catlearn.equivariant.group_convolution import group_conv, group_pool, invariant_pool, window_pool
from catlearn.equivariant.images import Image, Points
from catlearn.laws.equivariance import equivariance_error
from tests.equivariant.moving import drawn, error

P4, P4M = rotations_of_plane(4), symmetries_of_plane(4)


def act_by_numpy(g, x):
    """An element rᵏ sʲ on an image by `numpy.rot90` and `numpy.flip`: s reflects the second axis, and goes first."""
    k, j = g % 4, g // 4
    return np.rot90(np.flip(x, 1) if j else x, k)


def act_on_lifted(group, g, x):
    """On lifted images also `h ↦ g h`."""
    moved = np.empty_like(x)
    for h in range(group.order):
        moved[:, :, group.array[g, h]] = act_by_numpy(g, x[:, :, h])
    return moved


# the representations


@pytest.mark.parametrize("group", [P4, P4M])
@pytest.mark.parametrize("side", [4, 5])
def test_the_action_on_images_is_that_of_numpy(group, side):
    rng = np.random.default_rng(0)
    for g, matrix in enumerate(group.regular()):
        element = np.eye(group.order)[:, matrix]
        x, y = rng.normal(size=(side, side, 2)), rng.normal(size=(side, side, group.order, 2))
        np.testing.assert_allclose(Image(group, side).act(element, jnp.asarray(x)), act_by_numpy(g, x), atol=1e-6)
        lifted = Image(group, side, lifted=True).act(element, jnp.asarray(y))
        np.testing.assert_allclose(lifted, act_on_lifted(group, g, y), atol=1e-6)


@pytest.mark.parametrize("rep", [Image(P4M, 3), Image(P4, 2, lifted=True), Points(from_matrices(S(3)))])
def test_a_representation_is_a_homomorphism_into_permutations(rep):
    elements = rep.group.elements()
    matrices = {g.tobytes(): np.asarray(rep.matrix(g)) for g in elements}
    for g, h in itertools.product(elements, repeat=2):
        np.testing.assert_array_equal(matrices[g.tobytes()] @ matrices[h.tobytes()], matrices[(g @ h).tobytes()])
    for g in elements:
        M = matrices[g.tobytes()]
        assert (M.sum(0) == 1).all() and (M.sum(1) == 1).all() and set(np.unique(M)) == {0, 1}
        x = jnp.arange(2.0 * rep.size).reshape(*rep.places, 2)
        np.testing.assert_allclose(rep.act(g, x).reshape(rep.size, 2), M @ x.reshape(rep.size, 2))
    assert len({M.tobytes() for M in matrices.values()}) == len(elements)


def test_points_are_those_of_the_permutations():
    group = from_matrices(S(4))
    for g, matrix in zip(group.regular(), group.representation, strict=True):
        np.testing.assert_array_equal(Points(group).matrix(np.eye(24)[:, g]), matrix)


# convolutions by the table


@pytest.mark.parametrize("group", [FiniteGroup(cyclic_table(5)), from_matrices(Cube())])
def test_a_convolution_is_the_sum_over_the_table(group):
    f = group.power(1, channels=2) >> group_conv(3)
    (kernel, b), (x,) = drawn(f.param, np.random.default_rng(0)), drawn(f.dom, np.random.default_rng(1))
    assert kernel.shape == (group.order, 2, 3) and cl.names(f) == ("kernel", "bias")
    wanted = np.zeros((group.order, 3)) + b
    for g, h in itertools.product(range(group.order), repeat=2):
        wanted[g] += x[h] @ kernel[group.array[group.inverses[g], h]]
    np.testing.assert_allclose(jax.jit(f)((kernel, b), x), wanted, atol=1e-4)
    deep = f >> cl.relu >> group_conv(2) >> cl.tanh
    assert error(deep, deep.dom, deep.cod, group) < 1e-5
    plain = cl.R(group.order, 2) >> cl.flatten >> cl.linear(group.order) >> cl.reshape(group.order, 1)
    assert error(plain, f.dom, group.power(1), group) > 1e-2


@pytest.mark.parametrize("group", [from_matrices(S(3)), P4M, FiniteGroup(cyclic_table(6))])
def test_convolutions_are_all_the_intertwiners_of_the_regular_representation(group):
    """Their span has dimension |G|, the number of orbits of G on G × G by Burnside's lemma; and each is equivariant."""
    n = group.order
    f = group.power(1) >> group_conv(1, use_bias=False)
    matrices = jax.vmap(lambda w: jax.vmap(lambda x: f((w,), x))(jnp.eye(n)[..., None]))(jnp.eye(n).reshape(n, n, 1, 1))
    span = np.asarray(matrices).reshape(n, n, n)
    assert np.linalg.matrix_rank(span.reshape(n, -1)) == n
    fixed = sum((np.eye(n)[:, g].trace()) ** 2 for g in group.regular()) / n
    assert fixed == n
    for M, g in itertools.product(span, group.regular()):
        L = np.eye(n)[:, g]
        np.testing.assert_array_equal(L @ M.T, M.T @ L)


@pytest.mark.parametrize("group", [from_matrices(S(4)), from_matrices(D(5, permuting=True))])
def test_lifting_from_points_is_the_sum_over_them(group):
    n = group.representation.shape[-1]
    f = Points(group).wire(2) >> group_conv(3)
    (kernel, b), (x,) = drawn(f.param, np.random.default_rng(0)), drawn(f.dom, np.random.default_rng(1))
    wanted = np.zeros((group.order, 3)) + b
    for g, i in itertools.product(range(group.order), range(n)):
        there = int(np.argmax(group.representation[group.inverses[g]][:, i]))  # g⁻¹ i
        wanted[g] += x[i] @ kernel[there]
    np.testing.assert_allclose(jax.jit(f)((kernel, b), x), wanted, atol=1e-4)
    deep = f >> cl.relu >> group_conv(2) >> group_pool()
    assert error(deep, deep.dom, deep.cod, group) < 1e-4


# images


@pytest.mark.parametrize(("group", "side", "padding", "k"), [(P4M, 6, "SAME", 3), (P4M, 7, "VALID", 4), (P4, 5, 2, 2)])
def test_image_convolutions_are_sums_over_filters_turned_by_numpy(group, side, padding, k):
    lifting = Image(group, side).wire(2) >> group_conv(3, k, padding)
    pad: Any = {"SAME": 1, "VALID": 0}.get(padding, padding)
    (kernel, b), (x,) = drawn(lifting.param, np.random.default_rng(0)), drawn(lifting.dom, np.random.default_rng(1))
    y = np.asarray(jax.jit(lifting)((kernel, b), x))
    regular = lifting.cod >> group_conv(2, k, padding, use_bias=False)
    (filters,) = drawn(regular.param, np.random.default_rng(2))
    assert filters.shape == (k, k, group.order, 3, 2) and kernel.shape == (k, k, 2, 3)

    def correlated(x, w):
        x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
        m = len(x) - k + 1
        return sum(x[i : i + m, j : j + m] @ w[i, j] for i in range(k) for j in range(k))

    for g in range(group.order):
        np.testing.assert_allclose(y[:, :, g], correlated(x, act_by_numpy(g, kernel)) + b, atol=1e-4)
    z = np.asarray(jax.jit(regular)((filters,), y))
    for g in range(group.order):
        turned = act_on_lifted(group, g, filters)
        wanted = sum(correlated(y[:, :, h], turned[:, :, h]) for h in range(group.order))
        np.testing.assert_allclose(z[:, :, g], wanted, atol=1e-3)


@pytest.mark.parametrize(("group", "side"), [(P4, 6), (P4M, 9)])
def test_a_network_of_images_is_equivariant_by_rot90_and_flip(group, side):
    window = 2 if side % 2 == 0 else 3
    body = Image(group, side).wire(2) >> group_conv(3, 3) >> cl.relu >> window_pool(window) >> group_conv(4, 3) >> cl.tanh
    images, invariants = body >> group_pool(), body >> group_pool("mean") >> invariant_pool() >> cl.dense(3)
    assert images.cod == Image(group, side // window).wire(4) and invariants.cod == cl.R(3)
    (x,) = drawn(body.dom, np.random.default_rng(0))
    actions = (lambda g, y: act_on_lifted(group, g, y)), act_by_numpy, (lambda g, y: y)
    for f, moved in zip((body, images, invariants), actions, strict=True):
        params, run = jax.tree.map(lambda w: 0.2 * w, drawn(f.param, np.random.default_rng(1))), jax.jit(f)
        y = np.asarray(run(params, x))
        for g in range(group.order):
            np.testing.assert_allclose(run(params, act_by_numpy(g, x).copy()), moved(g, y), atol=1e-5)


def test_an_ordinary_convolution_is_not_and_neither_are_reflections_of_p4():
    images = Image(P4, 6).wire(2)
    plain = cl.forget(images) >> cl.conv(3, 3)
    assert error(plain, images, Image(P4, 6).wire(3), P4) > 1e-2
    turned = images >> group_conv(3, 3) >> cl.relu >> group_pool() >> invariant_pool("mean")
    assert equivariance_error(turned, params=drawn(turned.param, np.random.default_rng(0))) < 1e-5
    assert error(cl.forget(turned), Image(P4M, 6).wire(2), turned.cod, P4M) > 1e-2
    with pytest.raises(EquivarianceError):
        images >> cl.conv(3, 3)


def test_functors_take_it():
    f = Image(P4, 5).wire(2) >> group_conv(3, 3) >> cl.relu >> group_conv(2, 3, "VALID") >> group_pool("mean") >> invariant_pool()
    params, (xs,) = drawn(f.param, np.random.default_rng(0)), drawn(cl.R(4, 5, 5, 2), np.random.default_rng(1))
    batched, one = cl.batch(f, 4), jax.vmap(lambda p, x: f(p, x), (None, 0))
    np.testing.assert_allclose(jax.jit(batched)(params, xs), jax.jit(one)(params, xs), atol=1e-4)
    assert (
        cl.names(batched)
        == cl.names(f)
        == ("0.group_conv.kernel", "0.group_conv.bias", "2.group_conv.kernel", "2.group_conv.bias")
    )
    lens, dy = cl.reverse(batched), jnp.ones((4, 2))
    found = jax.jit(lambda p, x: lens.backward(lens.forward(p, x)[1], dy))(params, xs)
    wanted = jax.jit(lambda p, x: jax.vjp(one, p, x)[1](dy))(params, xs)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)


def test_first_values_are_scaled_by_the_number_of_inputs():
    kernel, first_bias = jax.jit((Image(P4, 3, lifted=True).wire(16) >> group_conv(64, 3)).init)(jax.random.key(0))
    np.testing.assert_allclose(np.std(kernel), (9 * 4 * 16) ** -0.5, rtol=0.05)
    assert not first_bias.any()


def test_bad_input_is_an_error():
    images, sets = Image(P4, 6).wire(), FiniteGroup(cyclic_table(3)).power(1)
    with pytest.raises(TypingError, match="an even kernel is off the middle"):
        images >> group_conv(3, 2)
    with pytest.raises(TypingError, match="images take a kernel size"):
        images >> group_conv(3)
    with pytest.raises(TypingError, match="no space for a kernel size"):
        sets >> group_conv(3, 3)
    with pytest.raises(TypingError, match="larger than the 6"):
        images >> group_conv(3, 7, "VALID")
    with pytest.raises(TypingError, match="takes a wire such as"):
        S(3).power(1) >> group_conv(3)
    with pytest.raises(TypingError, match="takes a wire such as"):
        cl.R(6, 6, 1) >> group_conv(3, 3)
    with pytest.raises(TypingError, match="has no axis of one"):
        images >> group_pool()
    with pytest.raises(TypingError, match="a multiple of 4"):
        images >> window_pool(4)
    with pytest.raises(TypingError, match="'max' or 'mean'"):
        group_pool("sum")
    with pytest.raises(TypingError, match="padding must be"):
        group_conv(3, 3, "FULL")
    with pytest.raises(TypingError, match="off the grid"):
        Image(rotations_of_plane(6), 5)
    with pytest.raises(TypingError, match="FiniteGroup with matrices"):
        Image(S(3), 5)  # type: ignore[arg-type]
    with pytest.raises(TypingError, match="permutations of points"):
        Points(P4)
    with pytest.raises(TypingError, match="side must be"):
        Image(P4, 0)
