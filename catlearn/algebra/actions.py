"""Groups of orthogonal matrices, and their actions: the algebras of `G × −`, whose homomorphisms are the equivariant maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.algebras import Algebra, Monoid, arrow_between
from catlearn.algebra.monads import writer
from catlearn.categories.function import constant, function
from catlearn.core.diagram import discard, identity
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object, R, is_whole


@dataclass(frozen=True, repr=False)
class Group(Monoid):
    """A group: a monoid with an `inverse : G → G`, and `draw(key)` for random elements. `name` is the code that makes it.

    Raises TypingError where the arrows don't fit. `laws.group` decides whether it is one.
    """

    inverse: Any
    name: str = "group"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "inverse", arrow_between(self.inverse, self.carrier, self.carrier, "the inverse"))

    def __repr__(self) -> str:
        return self.name


def orthogonal_matrices(n: int, draw: Callable[[jax.Array], jax.Array], name: str) -> Group:
    """The group of the orthogonal matrices R(n, n) that `draw(key)` gives; the inverse is the transpose."""
    M, one = R(n, n), constant((jnp.eye(n),))
    times, flip = function(jnp.matmul, arity=2), function(jnp.transpose)
    return Group(M, one, times, identity(M) >> flip, name, draw=lambda key: (draw(key),))


def symmetric(n: int) -> Group:
    """The symmetric group Sₙ as permutation matrices: `(g x)ᵢ = x_{σ(i)}`. Raises TypingError for an n that is no size.

    >>> symmetric(3).carrier
    R(3, 3)
    """
    _check_size("symmetric", n, 1)
    return orthogonal_matrices(n, lambda key: jax.random.permutation(key, jnp.eye(n)), f"symmetric({n})")


def cyclic(n: int) -> Group:
    """The cyclic group Cₙ of rolls of n places, as permutation matrices. Raises TypingError for an n that is no size.

    >>> cyclic(5)
    cyclic(5)
    """
    _check_size("cyclic", n, 1)
    return orthogonal_matrices(n, lambda key: _rolled(key, n), f"cyclic({n})")


def dihedral(n: int) -> Group:
    """The dihedral group of rolls and flips of n ≥ 3 places, as permutation matrices. It has 2n elements.

    Raises TypingError for a smaller n, where matrices of that size can't tell its elements apart.

    >>> dihedral(4)
    dihedral(4)
    """
    _check_size("dihedral", n, 3)

    def draw(key: jax.Array) -> jax.Array:
        roll, flip = jax.random.split(key)
        g = _rolled(roll, n)
        return jnp.where(jax.random.bernoulli(flip), g[::-1], g)

    return orthogonal_matrices(n, draw, f"dihedral({n})")


def _rolled(key: jax.Array, n: int) -> jax.Array:
    return jnp.roll(jnp.eye(n), jax.random.randint(key, (), 0, n), axis=0)


def rotations(n: int) -> Group:
    """The rotations SO(n) of n dimensions. Raises TypingError for an n that is no size.

    Drawn by QR with the signs of R's diagonal, which is Haar's measure on O(n), and a column turned where det = −1.
    Source: Mezzadri 2007 (How to generate random matrices from the classical compact groups).

    >>> rotations(3)
    rotations(3)
    """
    _check_size("rotations", n, 1)

    def draw(key: jax.Array) -> jax.Array:
        q, r = jnp.linalg.qr(jax.random.normal(key, (n, n)))
        q = q * jnp.sign(jnp.diagonal(r))
        return q.at[:, 0].multiply(jnp.linalg.det(q))

    return orthogonal_matrices(n, draw, f"rotations({n})")


def _check_size(name: str, n: Any, least: int) -> None:
    if not is_whole(n, least=least):
        raise TypingError(f"{name}({n!r}): this takes a whole number ≥ {least}.")


# actions


def action(group: Monoid, V: Object, act: Callable) -> Algebra:
    """The algebra of `G × −` on V with the structure `(g, x) ↦ act(g, x)`: an action, where `laws.monad_algebra` holds.

    Equivariant maps are its homomorphisms: `laws.algebra_homomorphism(h, action1, action2)` decides.
    Source: Gavranović et al. 2024 (arXiv 2402.15332), §2.1.

    >>> import jax.numpy as jnp
    >>> action(cyclic(3), R(3, 2), lambda g, x: g @ x).arrow.dom
    R(3, 3) @ R(3, 2)
    """
    return Algebra(writer(group).functor, V, function(act, arity=len(group.carrier @ V)))


def defining(group: Monoid, V: Object) -> Algebra:
    """The action `x ↦ g x` of n × n matrices on the first axis of each wire of V.

    >>> defining(symmetric(3), R(3, 4) @ R(3)).carrier
    R(3, 4) @ R(3)
    """
    return action(group, V, _defining)


def by_conjugation(group: Monoid, V: Object) -> Algebra:
    """The action `x ↦ g x gᵀ` of n × n matrices on the first two axes of each wire of V: permutations of a graph's nodes.

    >>> by_conjugation(symmetric(3), R(3, 3)).carrier
    R(3, 3)
    """
    return action(group, V, _conjugated)


def trivial(group: Monoid, V: Object) -> Algebra:
    """The action `x ↦ x`: maps into it that are equivariant are invariant.

    >>> trivial(symmetric(3), R(2)).carrier
    R(2)
    """
    return Algebra(writer(group).functor, V, discard(group.carrier) @ V)


def free(group: Monoid, V: Object) -> Algebra:
    """The free action on `G ⊗ V`: `(h, (g, x)) ↦ (h g, x)`, the free algebra of `writer(group)`.

    >>> free(symmetric(3), R(2)).carrier
    R(3, 3) @ R(2)
    """
    return writer(group).free(V)


def _defining(g: jax.Array, *xs: Any) -> tuple:
    return tuple(jnp.tensordot(_like(g, x), x, 1) for x in xs)


def _conjugated(g: jax.Array, *xs: Any) -> tuple:
    return tuple(jnp.einsum("ij,jk...,lk->il...", _like(g, x), x, _like(g, x)) for x in xs)


def _like(g: jax.Array, x: jax.Array) -> jax.Array:
    """The matrix in the type of what it acts on, where that can hold it."""
    return g.astype(x.dtype) if jnp.issubdtype(x.dtype, jnp.inexact) else g
