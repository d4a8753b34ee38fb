import pytest

from catlearn import R
from catlearn.core.arrow import balanced, middle_swapped
from catlearn.core.diagram import wiring


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 100])
def test_balanced_keeps_the_order_and_is_shallow(n):
    assert balanced(lambda a, b: a + b, [[i] for i in range(n)]) == list(range(n))
    depth = balanced(lambda a, b: 1 + max(a, b), [0] * n)
    assert 2**depth < 2 * n


def test_the_middle_is_swapped():
    A, B, C, D = R(1), R(2) @ R(3), R(4), R(5)
    assert wiring(A @ B @ C @ D, middle_swapped(1, 2, 1, 1)).cod == A @ C @ B @ D
