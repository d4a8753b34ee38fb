import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn.core.errors import TypingError
from catlearn.equivariant import SO, O, S, Z
from catlearn.equivariant.euclidean import SE, E, homogeneous
from catlearn.equivariant.frames import frame_average, pca_frame, sorting_frame
from tests.equivariant.moving import drawn, error

TOLERANCE = 1e-5
POINTS = 6
AXES = np.diag([0.4, 1.0, 1.8])  # so that principal axes are far from each other


def mixing(out):
    shape = out.wires[0].leaves[0].shape
    return cl.flatten >> cl.dense(7) >> cl.tanh >> cl.dense(out.size) >> cl.reshape(*shape)


def clouds(group):
    """Point clouds of different spread along random axes, in coordinates of the group."""

    def draw(rng, samples):
        d = 3
        turns = np.linalg.qr(rng.normal(size=(samples, d, d)))[0]
        frames = np.linalg.qr(rng.normal(size=(samples, POINTS, POINTS)) + 0.0)[0][:, :, :d]
        frames -= frames.mean(1, keepdims=True)
        x = (turns @ AXES @ frames.transpose(0, 2, 1)).astype(np.float32)
        return (x if group.n == d else np.asarray(jax.vmap(homogeneous)(x)),)

    return draw


CLOUDS = [(O(3), 1), (SO(3), 2), (E(3), 0), (SE(3), 1)]


@pytest.mark.parametrize(("group", "k"), CLOUDS)
def test_an_average_over_principal_axes_is_equivariant(group, k):
    dom, cod = group.power(1, channels=POINTS), group.power(k, channels=2)
    phi = cl.forget(dom) >> mixing(cod)
    f = frame_average(phi, pca_frame(), dom, cod)
    assert (f.dom, f.cod, f.param, cl.names(f)) == (dom, cod, phi.param, cl.names(phi))
    assert error(f, dom, cod, group, inputs=clouds(group)) < TOLERANCE
    assert error(phi, dom, cod, group, inputs=clouds(group)) > 1e-2


def test_a_frame_that_is_none_fails():
    dom, cod = O(3).power(1, channels=POINTS), O(3).power(1)
    phi = cl.forget(dom) >> mixing(cod)
    fixed = cl.function(lambda x: jnp.eye(3)[None])
    some_signs = cl.function(lambda x: jnp.linalg.eigh(x @ x.T)[1][None])
    for frame in (fixed, some_signs):
        assert error(frame_average(phi, frame, dom, cod), dom, cod, O(3), inputs=clouds(O(3))) > 1e-2
    rotations = frame_average(phi, pca_frame(), SO(3).power(1, channels=POINTS), SO(3).power(1))
    assert error(cl.forget(rotations), dom, cod, O(3), inputs=clouds(O(3))) > 1e-2  # of rotations, not of reflections


def test_a_cloud_in_the_plane_of_a_sphere_has_no_principal_axes():
    """Where eigenvalues agree the theorem does not hold: a regular triangle."""
    angles = 2 * np.pi * np.arange(3) / 3
    triangle = np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    dom, cod = O(2).power(1, channels=3), O(2).power(0)
    f = frame_average(cl.forget(dom) >> mixing(cod), pca_frame(), dom, cod)
    assert error(f, dom, cod, O(2), inputs=lambda rng, n: (np.stack([triangle] * n),)) > 1e-3


def test_elements_of_the_frame_belong_to_the_group():
    for group, count in ((O(3), 8), (SO(3), 4), (E(3), 8), (SE(3), 4)):
        dom = group.power(1, channels=POINTS)
        (x,) = clouds(group)(np.random.default_rng(0), 1)
        found = np.asarray(pca_frame().at(dom)((), x[0]))
        assert len(found) == count == len({g.tobytes() for g in found.round(3)})
        assert all(group.contains(g, 1e-4) for g in found)


@pytest.mark.parametrize(("k", "by"), [(0, None), (2, None), (1, 1)])
def test_sorting_is_equivariant_and_exact(k, by):
    dom, cod = S(6).power(1, channels=2), S(6).power(k, channels=2)
    phi = cl.forget(dom) >> mixing(cod)
    assert error(frame_average(phi, sorting_frame(by), dom, cod), dom, cod, S(6)) == 0
    assert error(phi, dom, cod, S(6)) > 1e-2


def test_ties():
    """Equal rows don't matter to invariant outputs; rows that agree in the channel looked at alone do."""
    dom, cod = S(4).power(1, channels=2), S(4).power(0, channels=2)
    phi = cl.forget(dom) >> mixing(cod)
    equal = lambda rng, n: (rng.integers(0, 2, (n, 4, 2)).astype(np.float32),)  # noqa: E731
    assert error(frame_average(phi, sorting_frame(), dom, cod), dom, cod, S(4), inputs=equal, samples=20) == 0
    assert error(frame_average(phi, sorting_frame(0), dom, cod), dom, cod, S(4), inputs=equal, samples=20) > 1e-3


def test_it_fixes_intertwiners_and_composes_with_them():
    dom = O(3).power(1, channels=POINTS)
    cloud = clouds(O(3))(np.random.default_rng(0), 1)[0][0]
    a, phi = dom >> cl.linear(POINTS), cl.forget(dom) >> mixing(dom)
    pa, p = drawn(a.param, np.random.default_rng(1)), drawn(phi.param, np.random.default_rng(2))
    average = lambda f, frame=pca_frame(): frame_average(f, frame, dom, dom)  # noqa: B008, E731
    np.testing.assert_allclose(average(cl.forget(a))(pa, cloud), a(pa, cloud), atol=TOLERANCE)
    np.testing.assert_allclose(average(average(phi))(p, cloud), average(phi)(p, cloud), atol=TOLERANCE)
    np.testing.assert_allclose(
        average(phi >> cl.forget(a))(p + pa, cloud), (average(phi) >> a)(p + pa, cloud), atol=TOLERANCE, rtol=1e-5
    )
    moved = cl.forget(a).reparameterise(cl.constant(pa)) >> pca_frame().at(dom)  # the frame of what comes after a
    np.testing.assert_allclose(
        average(cl.forget(a) >> phi, moved)(pa + p, cloud), (a >> average(phi))(pa + p, cloud), atol=TOLERANCE, rtol=1e-5
    )
    with pytest.raises(AssertionError):  # no functor
        np.testing.assert_allclose(average(phi >> phi)(p + p, cloud), (average(phi) >> average(phi))(p + p, cloud), atol=1e-3)


@pytest.mark.parametrize(
    ("dom", "frame"), [(E(3).power(1, channels=POINTS), pca_frame()), (S(6).power(1, channels=2), sorting_frame())]
)
def test_functors_take_it(dom, frame):
    f = frame_average(mixing(dom), frame, dom, dom) >> cl.linear(2)
    rng = np.random.default_rng(0)
    params = drawn(f.param, rng)
    xs = clouds(E(3))(rng, 4)[0] if frame == pca_frame() else drawn(cl.forget(dom), rng, (4,))[0]
    batched = cl.batch(f, 4)
    one = jax.vmap(lambda p, x: f(p, x), (None, 0))
    np.testing.assert_allclose(jax.jit(batched)(params, xs), jax.jit(one)(params, xs), atol=1e-5)
    lens, dy = cl.reverse(batched), jnp.cos(jax.jit(batched)(params, xs))
    found = jax.jit(lambda p, x: lens.backward(lens.forward(p, x)[1], dy))(params, xs)
    wanted = jax.jit(lambda p, x: jax.vjp(one, p, x)[1](dy))(params, xs)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        assert np.isfinite(a).all() and np.abs(a).max() > 0
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_features_beside_points():
    """The frame looks at one wire; others that the group moves move with it, and features stay."""
    dom, cod = SE(3).power(1, channels=POINTS) @ SE(3).power(1, channels=2) @ cl.R(4), SE(3).power(1)
    h = cl.function(lambda x, v, z: jnp.sin(x @ x.T @ v[:, :1] * z[0]) + v[:, 1:] ** 2, 3)
    f = frame_average(h, pca_frame(), dom, cod)

    def draw(rng, n):
        return (*clouds(SE(3))(rng, n), *drawn(dom[1:], rng, (n,)))

    assert error(f, dom, cod, SE(3), inputs=draw) < 1e-4  # values are in the hundreds here
    assert error(cl.forget(dom) >> h, dom, cod, SE(3), inputs=draw) > 1e-1


def test_bad_input_is_an_error():
    cloud = O(3).power(1, channels=4)
    with pytest.raises(TypingError, match="is an arrow"):
        frame_average(cl.identity(cl.forget(cloud)), cl.function(lambda x: x), cloud, cloud)
    with pytest.raises(TypingError, match="there is none in"):
        frame_average(cl.identity(cl.forget(cloud)), sorting_frame(), cloud, cloud)
    with pytest.raises(TypingError, match="there is none in"):
        frame_average(cl.identity(cl.R(3, 3, 1)), pca_frame(), O(3).power(2), O(3).power(2))
    with pytest.raises(TypingError, match="there is none in"):
        frame_average(cl.identity(cl.R(4, 1)), sorting_frame(), Z(4).power(1), Z(4).power(1))
    with pytest.raises(TypingError, match="don't determine"):
        frame_average(cl.flatten, pca_frame(), O(3).power(1), cl.R(3))
    with pytest.raises(TypingError, match="channels are 0 to 1"):
        frame_average(cl.flatten, sorting_frame(2), S(3).power(1, channels=2), cl.R(6))
