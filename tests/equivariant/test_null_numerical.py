import numpy as np
import pytest

from catlearn.core.errors import ArgumentError
from catlearn.equivariant import SO, D, O, S
from catlearn.equivariant.null_numerical import dense_maps, echelon, krylov_maps, orthonormal, residual
from tests.equivariant.matrices import pairs, power, rows


def flat(group, k, l):  # noqa: E741
    given = pairs(group, k, l)
    return given["discrete"] + given["algebra"], (group.n**l, group.n**k)


def projector(maps):
    return rows(maps).T @ rows(maps)


CASES = [(S(4), 1, 2), (O(3), 2, 2), (SO(3), 1, 2), (D(5), 2, 2), (D(50), 2, 2), (O(3), 1, 2)]


@pytest.mark.parametrize("group, k, l", CASES, ids=repr)
def test_both_give_orthonormal_bases_of_one_space(group, k, l):  # noqa: E741
    constraints, shape = flat(group, k, l)
    dense, krylov = dense_maps(constraints, shape), krylov_maps(constraints, shape)
    np.testing.assert_allclose(rows(dense) @ rows(dense).T, np.eye(len(dense)), atol=1e-12)
    np.testing.assert_allclose(projector(dense), projector(krylov), atol=1e-10)
    assert residual(constraints, krylov) < 1e-10
    np.testing.assert_allclose(projector(krylov), projector(krylov_maps(constraints, shape, seed=1)), atol=1e-10)


def test_residuals_see_what_is_not_equivariant():
    constraints, _ = flat(S(3), 1, 1)
    assert residual(constraints, np.ones((1, 3, 3))) == 0
    assert residual(constraints, np.diag([1.0, 2, 3])[None]) == pytest.approx(2 / 3)  # it exchanges 1 and 3


def test_echelon_depends_on_the_space_only():
    rng = np.random.default_rng(0)
    maps = orthonormal(rng.normal(size=(3, 2, 4)))
    turn = orthonormal(rng.normal(size=(3, 3, 1)))[:, :, 0]
    np.testing.assert_allclose(echelon(np.tensordot(turn, maps, 1)), echelon(maps), atol=1e-10)
    first = echelon(maps).reshape(3, 8)
    np.testing.assert_array_equal(first[:, :3], np.eye(3))
    np.testing.assert_allclose(projector(orthonormal(first.reshape(3, 2, 4))), projector(maps), atol=1e-10)
    assert echelon(np.zeros((0, 2, 3))).shape == orthonormal(np.zeros((0, 2, 3))).shape == (0, 2, 3)


def test_no_gap_is_an_error():
    with pytest.raises(ArgumentError, match="clear gap"):
        dense_maps([(np.diag([0.0, 3e-5, 1.0]), np.zeros((1, 1)))], (1, 3))
    assert len(dense_maps([(np.diag([0.0, 0.0, 1.0]), np.zeros((1, 1)))], (1, 3))) == 2
    assert len(dense_maps([(np.zeros((2, 2)), np.zeros((1, 1)))], (1, 2))) == 2


def two_rotations(k, l, dtype, seed=0):  # noqa: E741
    """Two random rotations, which generate a dense subgroup of SO(3), on tensors, as exact as a dtype."""
    rng = np.random.default_rng(seed)
    turns = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(2)]
    turns = [(g * np.sign(np.linalg.det(g))).astype(dtype).astype(np.float64) for g in turns]
    return [(power(g, k), power(g, l)) for g in turns], (3**l, 3**k)


RIORDAN = {4: 3, 5: 6, 6: 15, 7: 36}  # isotropic tensors in space by their order: https://oeis.org/A005043


@pytest.mark.parametrize("method", [dense_maps, krylov_maps])
def test_isotropic_tensors(method):
    for k, l in ((2, 2), (2, 3)) + (((3, 3), (3, 4)) if method is krylov_maps else ()):  # noqa: E741
        constraints, shape = two_rotations(k, l, np.float64)
        assert len(method(constraints, shape)) == RIORDAN[k + l]


@pytest.mark.parametrize("seed", range(6))
def test_matrices_in_single_precision_never_give_a_wrong_number(seed):
    constraints, shape = two_rotations(2, 2, np.float32, seed)
    assert len(dense_maps(constraints, shape)) == RIORDAN[4]
    try:
        assert len(krylov_maps(constraints, shape)) == RIORDAN[4]
    except ArgumentError as error:
        assert "more exactly, in float64" in str(error)
