import numpy as np
import pytest

from catlearn.equivariant import SO, SU, Cube, D, Lorentz, O, S, Scaling, Sp, solve_matrices, why_empty
from tests.equivariant.matrices import pairs

ODD = [(O(3), 1, 2), (O(2), 1, 0), (Sp(4), 1, 2), (Sp(2), 1, 0), (D(4), 1, 2), (SU(2), 1, 0), (Lorentz(), 1, 0), (O(4), 2, 1)]


@pytest.mark.parametrize("group, k, l", ODD, ids=repr)
def test_minus_one_acts_by_different_signs(group, k, l):  # noqa: E741
    assert len(solve_matrices(**pairs(group, k, l))) == 0
    signs = ("by −1 on the domain and by 1", "by 1 on the domain and by −1")
    assert signs[k % 2 == 0] in why_empty(**pairs(group, k, l))


def test_other_scalars():
    assert "acts by 1 on the domain and by 2 on the codomain" in why_empty(**pairs(Scaling(2), 1, 2))


def test_no_common_eigenvalue():
    assert why_empty(**pairs(D(3), 1, 0)).startswith("generator 0 has no eigenvalue")


@pytest.mark.parametrize("group", [SO(3), Cube()], ids=repr)
def test_else_what_each_generator_leaves_is_counted(group):
    assert "alone leaves 1 independent map" in why_empty(**pairs(group, 1, 0))


def test_nothing_is_said_of_spaces_that_are_not_empty():
    assert why_empty(**pairs(S(3), 1, 1)) is None and why_empty(**pairs(SO(3), 1, 2)) is None
    assert why_empty([(np.eye(2), np.eye(1))]) is None
