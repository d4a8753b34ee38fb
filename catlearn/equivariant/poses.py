"""Canonicalisation: a learned equivariant map chooses one group element for each input.

Source: Kaba et al. 2023 (Equivariance with learned canonicalization functions, arXiv 2211.06489).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object
from catlearn.equivariant.common_groups import S
from catlearn.equivariant.euclidean import SE, E
from catlearn.equivariant.frames import permutation_matrix
from catlearn.equivariant.intertwiners import forget
from catlearn.equivariant.lie_groups import SO, O
from catlearn.equivariant.symmetrise import over_frame
from catlearn.equivariant.whole import Made, group_of, plain_between, whole


def canonicalise(phi: Any, network: Any, dom: Object, cod: Object) -> Diagram:
    """A plain model in the pose that an equivariant network chooses: an intertwiner. Parameters: the network's, then the model's.

    Type: `(φ : U A ⊗ P → U B, c : A ⊗ Q → V^c) ↦ (A ⊗ Q ⊗ P → B)`, `x ↦ ρ'(c(x)) φ(ρ(c(x))⁻¹ x)`. The network, a diagram or a
    family, is an intertwiner into the object `pose(G)`, from which an element of the group is made that moves with it:
    for O(n) n vectors, made orthonormal by Gram and Schmidt; for SO(n) n − 1 of them, and the last axis follows; for E(d) and
    SE(d) a point first, and d (or d − 1) points or vectors more; for S(n) a score for each row, by which rows are sorted.
    Equivariance is exact, except where vectors are linearly dependent or scores equal; near to that digits are lost.

    It fixes intertwiners and is linear in φ. With only one element there is no mean, so `b ∘` comes out for every intertwiner b;
    `∘ a` does where the left side's network is that of the right side after a. It is no functor.
    Raises TypingError for a network that ends elsewhere, a model of another type, and other groups.
    Source: Kaba et al. 2023 (arXiv 2211.06489), equation 3 and §3.2.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import O
    >>> cloud = O(3).power(1, channels=8)
    >>> cl.names(canonicalise(cl.flatten >> cl.dense(24) >> cl.reshape(3, 8), cl.linear(3), cloud, cloud))
    ('network', 'model.1.dense.kernel', 'model.1.dense.bias')
    """
    f = plain_between(phi, dom, cod, "canonicalise")
    group = group_of(dom, cod, lambda: "canonicalise")
    wanted, net = pose(group), network if isinstance(network, Diagram) else dom >> network
    if net.dom != dom or net.cod != wanted:
        raise TypingError(f"canonicalise: the network is an intertwiner {dom} → {wanted}, and this one is {net.dom} → {net.cod}.")
    frame = forget(net).named("network") >> Element(group)
    plain = over_frame(f, frame, dom, cod, "model")
    return whole(plain, Made("canonicalise", f"canonicalise({f.code()}, {net.code()}, {dom}, {cod})"), dom, cod)


def pose(group: Any) -> Object:
    """The object that a network for `canonicalise` ends in. Raises TypingError for groups that it is not known of.

    >>> from catlearn.equivariant import O, S, SO
    >>> pose(O(3)), pose(SO(3)), pose(S(5))
    (O(3).power(1, channels=3), SO(3).power(1, channels=2), S(5).power(1))
    """
    match group:
        case S():
            return group.power(1)
        case O() | E():
            return group.power(1, channels=group.n)
        case SO() | SE():
            return group.power(1, channels=group.n - 1)
    raise TypingError(f"canonicalise knows O(n), SO(n), E(d), SE(d) and S(n), not {group!r}; frame_average takes any frame.")


@dataclass(frozen=True, repr=False)
class Element(SmoothLayer):
    """The element of a group that a value on `pose(group)` determines. Type: `R(n, channels) → R(1, n, n)`."""

    group: Any

    precise = True

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self._element(xs[0])[None]

    def _element(self, x: jax.Array) -> jax.Array:
        if isinstance(self.group, S):
            return permutation_matrix(jnp.argsort(jax.lax.stop_gradient(x[:, 0])), x.dtype)
        if isinstance(self.group, O | SO):
            return orthonormal(x)
        first, last = x[:-1, :1], x[-1]
        vectors = x[:-1, 1:] * last[0] - first * last[1:]  # no translation moves them
        turn = orthonormal(vectors)
        return jnp.block([[turn, first / last[0]], [jnp.eye(len(x), dtype=x.dtype)[-1:]]])


def orthonormal(x: jax.Array) -> jax.Array:
    """Columns made orthonormal by Gram and Schmidt; of n − 1 in n dimensions, with the last that makes the determinant 1.

    Type: `R(n, n) → R(n, n)`, or `R(n, n − 1) → R(n, n)`.

    >>> print(orthonormal(jnp.array([[3.0], [4.0]])).round(3))
    [[ 0.6 -0.8]
     [ 0.8  0.6]]
    """
    q, r = jnp.linalg.qr(x)
    q = q * jnp.where(jnp.diagonal(r) < 0, -1, 1).astype(x.dtype)
    n, k = x.shape
    if n == k:
        return q
    ones = jnp.eye(n, dtype=x.dtype)
    normal = jax.vmap(lambda e: jnp.linalg.det(jnp.concatenate([q, e[:, None]], 1)))(ones)  # cofactors: det(q, normal) > 0
    return jnp.concatenate([q, normal[:, None]], 1)
