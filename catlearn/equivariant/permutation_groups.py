"""Groups of permutation matrices."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.equivariant.groups import Matrices, MatrixGroup
from catlearn.equivariant.stabilisers import StabiliserChain, generated_permutations, matrix_of, stabiliser_chain


class PermutationGroup(MatrixGroup):
    """A group of permutation matrices, given by `generating_permutations`. `g eᵢ = e_{σ(i)}` for the permutation σ, so that
    products of matrices are composites of permutations."""

    @property
    def permutes(self) -> bool:
        return True

    @property
    def orthogonal(self) -> bool:
        return True

    def generating_permutations(self) -> Matrices:
        """The discrete generators as permutations: arrays of whole numbers of shape (n,)."""
        return ()

    def generators(self) -> Matrices:
        return tuple(matrix_of(p) for p in self.generating_permutations())

    def permutations(self) -> np.ndarray:
        """All the elements as permutations, the identity first. Int64, shape (order, n).

        Raises ArgumentError where there are too many, as `elements`.

        >>> from catlearn.equivariant import A
        >>> A(3).permutations().tolist()
        [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
        """
        self._check_enumerable(self.n)
        return generated_permutations(self.generating_permutations(), self.n)

    def elements(self) -> np.ndarray:
        self._check_enumerable(self.n**2)
        return np.stack([matrix_of(p) for p in self.permutations()])

    def draw_permutation(self, key: jax.Array) -> jax.Array:
        """A uniform element as a permutation: shape (n,), int32. One element of each coset along a chain of stabilisers."""
        return self.chain.draw(key)

    def sample(self, key: jax.Array) -> jax.Array:
        return jnp.eye(self.n)[:, self.draw_permutation(key)]

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        sigma = permutation_of(self.matrix(g), tol)
        return sigma is not None and self.contains_permutation(sigma)

    def contains_permutation(self, sigma: np.ndarray) -> bool:
        """Whether a permutation of shape (n,) belongs to the group."""
        return self.chain.contains(sigma)

    @cached_property
    def chain(self) -> StabiliserChain:
        """The chain of stabilisers of the coordinates, found from the generators."""
        return stabiliser_chain(self.generating_permutations(), self.n)


def permutation_of(g: np.ndarray, tol: float = 1e-5) -> np.ndarray | None:
    """The permutation σ with `g eᵢ = e_{σ(i)}`, shape (n,), if `g` is a permutation matrix up to `tol`, else None.

    >>> permutation_of(np.array([[0.0, 1.0], [1.0, 0.0]]))
    array([1, 0])
    """
    sigma = np.argmax(g, axis=0)
    good = len(set(sigma.tolist())) == len(sigma) and np.abs(g - matrix_of(sigma)).max(initial=0) <= tol
    return sigma if good else None
