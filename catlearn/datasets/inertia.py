"""Moments of inertia: a regression from scalars and vectors to a tensor, made by a formula."""

from __future__ import annotations

import numpy as np

from catlearn.core.wires import R
from catlearn.datasets.split import Scale
from catlearn.datasets.symmetric import Symmetric
from catlearn.equivariant.lie_groups import O
from catlearn.learn.batches import whole_number

BODIES = 5


def moment_of_inertia(masses: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """`I = Σ_i m_i (x_i·x_i 1 − x_i x_iᵀ)`. Type: masses `(…, k)` and positions `(…, 3, k)` to float64 `(…, 3, 3)`.

    >>> moment_of_inertia(np.array([2.0]), np.array([[3.0], [0.0], [0.0]])).tolist()
    [[0.0, 0.0, 0.0], [0.0, 18.0, 0.0], [0.0, 0.0, 18.0]]
    """
    m, x = np.asarray(masses, np.float64), np.asarray(positions, np.float64)
    squares = np.einsum("...k,...dk,...dk->...", m, x, x)
    return squares[..., None, None] * np.eye(3) - np.einsum("...k,...ak,...bk->...ab", m, x, x)


def inertia(examples: int = 1000, held_out: int = 1000, seed: int = 0) -> Symmetric:
    """Five point masses in space and their moment of inertia: `R(5) ⊗ V(5) → V ⊗ V` for V of O(3), float32.

    Masses are `log(1 + exp(a))` and coordinates b for standard normal a and b. The first `examples` are to train on; they are
    the same for every number of them, and so are those held out. Targets are divided by one number, the root mean square of
    the entries of 10,000 other examples, which the group leaves alone; `scale.undo` gives them back.
    Raises ArgumentError for numbers that are not whole and ≥ 1. Source: Finzi et al. 2021 (arXiv 2104.09459), §7.1.

    >>> (masses, positions), targets = inertia(10, 20).train
    >>> masses.shape, positions.shape, targets.shape
    ((10, 5), (10, 3, 5), (10, 3, 3, 1))
    """
    whole_number("the number of examples", examples, 1)
    whole_number("the number held out", held_out, 1)
    unit = float(np.sqrt(np.square(_drawn(10_000, [seed, 2])[1]).mean()))
    train, test = _drawn(examples, [seed, 0]), _drawn(held_out, [seed, 1])
    train, test = (((m, x), (y / unit).astype(np.float32)) for (m, x), y in (train, test))
    dom, cod = R(BODIES) @ O(3).power(1, BODIES), O(3).power(2)
    return Symmetric("inertia", train, test, dom=dom, cod=cod, moved="rotated", scale=Scale(np.zeros(1), np.full(1, unit)))


def _drawn(count: int, seed: list[int]) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(count, 4 * BODIES))  # one row an example, so that the first ones stay the same
    masses = np.logaddexp(0, numbers[:, :BODIES]).astype(np.float32)
    positions = numbers[:, BODIES:].reshape(count, 3, BODIES).astype(np.float32)
    return (masses, positions), moment_of_inertia(masses, positions)[..., None]
