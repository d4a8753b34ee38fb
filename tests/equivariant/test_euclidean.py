import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.linalg import expm

from catlearn.core.errors import TypingError
from catlearn.equivariant.euclidean import SE, E, homogeneous


@pytest.mark.parametrize("group", [E(2), SE(3)])
def test_elements_are_isometries_of_points(group):
    keys = jax.random.split(jax.random.key(0), 2)
    g, x = group.sample(keys[0]), jax.random.normal(keys[1], (group.d, 5))
    y = (g @ homogeneous(x))[:-1]
    distances = lambda x: np.linalg.norm(x[:, :, None] - x[:, None, :], axis=0)  # noqa: E731
    np.testing.assert_allclose(distances(np.asarray(y)), distances(np.asarray(x)), atol=1e-5)
    np.testing.assert_allclose(group.inverse(g) @ g, np.eye(group.n), atol=1e-6)
    assert group.contains(g) and group.contains(group.inverse(g)) and not group.contains(2 * g)
    assert not group.contains(np.diag([2.0] + [1.0] * group.d))


@pytest.mark.parametrize(("group", "dim"), [(E(1), 1), (E(2), 3), (E(3), 6), (SE(2), 3), (SE(3), 6)])
def test_the_lie_algebra_generates_turns_and_translations(group, dim):
    """`dim SE(d) = d (d + 1) / 2`."""
    found = [np.asarray(a) for a in group.algebra()]
    for _ in range(3):
        found = [*found, *(a @ b - b @ a for a in found for b in found)]
        basis = np.linalg.qr(np.stack([f.ravel() for f in found]).T)[0]
        rank = np.linalg.matrix_rank(np.stack([f.ravel() for f in found]), tol=1e-8)
        found = [v.reshape(group.n, group.n) for v in np.linalg.svd(np.stack([f.ravel() for f in found]))[2][:rank]]
        assert basis.shape[0] == group.n**2
    assert rank == dim
    assert all(group.contains(expm(jnp.asarray(a)), 1e-4) for a in group.algebra())
    assert all(group.contains(h) for h in group.generators())
    assert len(group.generators()) == isinstance(group, E)


def test_rigid_motions_keep_orientation():
    mirror = np.diag([-1.0, 1.0, 1.0])
    assert E(2).contains(mirror) and not SE(2).contains(mirror)


def test_vectors_do_not_move_with_translations():
    shift = np.eye(3)
    shift[0, 2] = 5.0
    np.testing.assert_allclose(shift @ homogeneous(jnp.ones((2, 1)), 0.0), [[1.0], [1.0], [0.0]])
    np.testing.assert_allclose(shift @ homogeneous(jnp.ones((2, 1))), [[6.0], [1.0], [1.0]])


def test_bad_dimensions_are_an_error():
    with pytest.raises(TypingError, match="d must be a whole number"):
        E(0)
    with pytest.raises(TypingError, match="d must be a whole number"):
        SE(1.5)  # type: ignore[arg-type]
