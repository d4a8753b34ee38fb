"""Moments of inertia against their definition for a rotation about an axis, and what rotations do to them."""

import numpy as np
import pytest

from catlearn.core.errors import ArgumentError
from catlearn.core.wires import R
from catlearn.datasets import inertia, moment_of_inertia
from catlearn.equivariant import O

rng = np.random.default_rng(0)


def test_energies_of_rotations_are_those_of_the_points():
    """½ ωᵀIω = Σ ½ m |ω × x|², for any angular velocity."""
    (masses, positions), _ = inertia(20, 5).train
    I = moment_of_inertia(masses, positions)  # noqa: E741
    for m, x, tensor in zip(masses.astype(float), positions.astype(float), I, strict=True):
        spin = rng.normal(size=3)
        energy = sum(0.5 * m[i] * np.square(np.cross(spin, x[:, i])).sum() for i in range(5))
        assert 0.5 * spin @ tensor @ spin == pytest.approx(energy, rel=1e-9)


def test_targets_are_tensors_in_one_unit():
    data = inertia(1000, 10)
    (masses, positions), y = data.train
    np.testing.assert_allclose(
        data.scale.undo(y[..., 0].astype(float)), moment_of_inertia(masses, positions), rtol=1e-5, atol=1e-4
    )
    assert np.sqrt(np.square(y).mean()) == pytest.approx(1, abs=0.1) and np.array_equal(y, y.swapaxes(1, 2))
    assert masses.dtype == positions.dtype == y.dtype == np.float32 and (masses > 0).all()
    assert positions.std() == pytest.approx(1, abs=0.05) and masses.mean() == pytest.approx(0.806, abs=0.03)  # E log(1 + eᵃ)
    assert data.dom == R(5) @ O(3).power(1, 5) and data.cod == O(3).power(2)


def test_a_seed_fixes_the_examples_and_more_of_them_begin_with_the_same():
    few, more, other = inertia(10, 20), inertia(30, 20), inertia(10, 20, seed=1)
    assert np.array_equal(few.train[0][1], more.first(10).train[0][1]) and np.array_equal(few.test[1], more.test[1])
    assert not np.array_equal(few.train[0][1], other.train[0][1]) and not np.array_equal(few.train[0][1], few.test[0][1][:10])


def test_moved_examples_are_rotated_or_reflected():
    data = inertia(5, 50)
    ((masses, x), y), ((same, moved), turned) = data.test, data.moved_test()
    assert np.array_equal(masses, same) and not np.allclose(x, moved, atol=0.1)
    np.testing.assert_allclose(np.square(moved).sum(1), np.square(x).sum(1), rtol=1e-4)
    np.testing.assert_allclose(data.scale.undo(turned[..., 0]), moment_of_inertia(same, moved), rtol=1e-3, atol=1e-3)
    signs = [np.linalg.det(b[:, :3]) / np.linalg.det(a[:, :3]) for a, b in zip(x, moved, strict=True)]
    assert {round(float(s)) for s in signs} == {1, -1}
    assert not np.allclose(turned, y, atol=0.1)


def test_numbers_that_can_t_be_are_refused():
    for wrong in ((0, 5), (5, 0), (1.5, 5)):
        with pytest.raises(ArgumentError):
            inertia(*wrong)
