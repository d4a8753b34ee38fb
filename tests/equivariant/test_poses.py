import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn.core.errors import CatlearnError, TypingError
from catlearn.equivariant import SO, Cube, O, S
from catlearn.equivariant.euclidean import SE, E, homogeneous
from catlearn.equivariant.frames import frame_average, pca_frame
from catlearn.equivariant.poses import canonicalise, orthonormal, pose
from tests.equivariant.moving import drawn, error

TOLERANCE = 1e-5


def mixing(out):
    shape = out.wires[0].leaves[0].shape
    return cl.flatten >> cl.dense(7) >> cl.tanh >> cl.dense(out.size) >> cl.reshape(*shape)


def network(group, channels):
    """A linear map of channels, near a choice of points; the first, for the Euclidean groups, is a point."""
    kernel = np.random.default_rng(1).normal(size=(6, channels)).astype(np.float32) / 2
    if isinstance(group, E | SE):
        kernel[:, 0] = 1 / 6
    return (kernel,)


def clouds(group, rng, n):
    (x,) = drawn(cl.R(3, 6), rng, (n,))
    x = np.linalg.qr(x.transpose(0, 2, 1))[0].transpose(0, 2, 1) * 2  # far from linearly dependent
    return (np.asarray(jax.vmap(homogeneous)(x)) if group.n == 4 else x,)


@pytest.mark.parametrize(("group", "k"), [(O(3), 1), (SO(3), 2), (E(3), 1), (SE(3), 0)])
def test_it_is_equivariant_and_the_plain_model_is_not(group, k):
    dom, cod = group.power(1, channels=6), group.power(k, channels=2)
    phi = cl.forget(dom) >> mixing(cod)
    f = canonicalise(phi, cl.linear(pose(group).wires[0].channels), dom, cod)
    params = network(group, pose(group).wires[0].channels) + drawn(phi.param, np.random.default_rng(0))
    inputs = lambda rng, n: clouds(group, rng, n)  # noqa: E731
    assert error(f, dom, cod, group, params=params, inputs=inputs) < 2 * TOLERANCE
    assert error(phi, dom, cod, group, inputs=inputs) > 1e-2
    assert cl.names(f) == cl.names(cl.forget(f)) == ("network", *(f"model.{name}" for name in cl.names(phi)))


@pytest.mark.parametrize("k", [0, 2])
def test_sorting_by_learned_scores_is_exact(k):
    dom, cod = S(6).power(1, channels=3), S(6).power(k, channels=2)
    phi = cl.forget(dom) >> mixing(cod)
    f = canonicalise(phi, cl.dense(4) >> cl.tanh >> cl.linear(1), dom, cod)
    assert error(f, dom, cod, S(6)) < 1e-6
    assert error(phi, dom, cod, S(6)) > 1e-2


def test_reflections_are_none_of_the_symmetries_of_rotations():
    dom = SO(3).power(1, channels=6)
    f = cl.forget(canonicalise(mixing(dom), cl.linear(2), dom, dom))
    params = network(SO(3), 2) + drawn(f.param[1:], np.random.default_rng(0))
    both = O(3).power(1, channels=6)
    assert error(f, both, both, O(3), params=params, inputs=lambda rng, n: clouds(O(3), rng, n)) > 1e-2


def test_it_fixes_intertwiners_and_lets_them_out():
    """With one element for each input there is no mean, so an intertwiner comes out on the left though it is not affine."""
    sets, rng = S(5).power(1, channels=3), np.random.default_rng(0)
    a = sets >> cl.dense(3) >> cl.tanh
    phi, net = cl.forget(sets) >> mixing(sets), cl.linear(1)
    (c,), p, q, (x,) = drawn((sets >> net).param, rng), drawn(phi.param, rng), drawn(a.param, rng), drawn(sets, rng)
    f = canonicalise(phi, net, sets, sets)
    np.testing.assert_allclose(canonicalise(cl.forget(a), net, sets, sets)((c, *q), x), a(q, x), atol=1e-6)
    outside = canonicalise(phi >> cl.forget(a), net, sets, sets)((c, *p, *q), x)
    np.testing.assert_allclose(outside, (f >> a)((c, *p, *q), x), atol=1e-6)
    frozen = a.reparameterise(cl.constant(q))
    left = canonicalise(cl.forget(frozen) >> phi, frozen >> net, sets, sets)((c, *p), x)
    np.testing.assert_allclose(left, (frozen >> f)((c, *p), x), atol=1e-6)
    with pytest.raises(AssertionError):  # no functor
        np.testing.assert_allclose(
            canonicalise(phi >> phi, net, sets, sets)((c, *p, *p), x), (f >> f)((c, *p, c, *p), x), atol=1e-3
        )


def test_functors_take_it():
    dom = O(3).power(1, channels=6)
    f = canonicalise(mixing(dom), cl.linear(3), dom, dom)
    params = network(O(3), 3) + drawn(f.param[1:], np.random.default_rng(0))
    (xs,) = clouds(O(3), np.random.default_rng(1), 4)
    batched, one = cl.batch(f, 4), jax.vmap(lambda p, x: f(p, x), (None, 0))
    np.testing.assert_allclose(jax.jit(batched)(params, xs), jax.jit(one)(params, xs), atol=1e-5)
    lens, dy = cl.reverse(batched), jnp.cos(xs)
    found = jax.jit(lambda p, x: lens.backward(lens.forward(p, x)[1], dy))(params, xs)
    wanted = jax.jit(lambda p, x: jax.vjp(one, p, x)[1](dy))(params, xs)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        assert np.abs(a).max() > 0  # of the network's parameters too
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_the_pose_is_found_in_full_precision():
    """QR and eigenvectors have no form in bfloat16: mixed precision leaves these boxes as they are."""
    cloud = O(3).power(1, channels=6)
    (x,) = clouds(O(3), np.random.default_rng(1), 1)
    x = np.array([0.4, 1.0, 1.8], np.float32)[:, None] * x[0]  # with principal axes far from each other
    p = jax.tree.map(lambda w: 0.2 * w, drawn((cl.forget(cloud) >> mixing(cloud)).param, np.random.default_rng(0)))
    models = canonicalise(mixing(cloud), cl.linear(3), cloud, cloud), frame_average(mixing(cloud), pca_frame(), cloud, cloud)
    for f, params in zip(models, (network(O(3), 3) + p, p), strict=True):
        half = cl.cast(cl.forget(f), "bfloat16")
        np.testing.assert_allclose(jax.jit(half)(params, x), jax.jit(f)(params, x), atol=0.02)


@pytest.mark.parametrize(("n", "k"), [(3, 3), (3, 2), (2, 1), (4, 3)])
def test_gram_and_schmidt(n, k):
    x = np.random.default_rng(0).normal(size=(n, k)).astype(np.float32)
    q = np.asarray(orthonormal(jnp.asarray(x)))
    np.testing.assert_allclose(q.T @ q, np.eye(n), atol=1e-6)
    wanted = []
    for v in x.T:
        v = v - sum(u * (u @ v) for u in wanted)
        wanted.append(v / np.linalg.norm(v))
    np.testing.assert_allclose(q[:, :k], np.stack(wanted, 1), atol=1e-5)
    assert k == n or np.linalg.det(q) > 0


def test_bad_input_is_an_error():
    cloud = O(3).power(1, channels=4)
    same = cl.identity(cl.forget(cloud))
    with pytest.raises(TypingError, match="the network is an intertwiner"):
        canonicalise(same, cl.linear(2), cloud, cloud)
    with pytest.raises(TypingError, match="the network is an intertwiner"):
        canonicalise(same, cl.forget(cloud) >> cl.linear(3), cloud, cloud)
    with pytest.raises(CatlearnError, match="no intertwiner"):
        canonicalise(same, cl.dense(3), cloud, cloud)
    with pytest.raises(TypingError, match="frame_average takes any frame"):
        pose(Cube())
