"""Networks of vectors and invariants, for any matrix group: products, gates, and what is left invariant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catlearn.core.diagram import Diagram, copy, discard
from catlearn.core.errors import EquivarianceError, TypingError
from catlearn.core.family import Composite, Family
from catlearn.core.wires import Object, is_whole
from catlearn.equivariant.architectures import chain, dense_head
from catlearn.equivariant.hom import dim, representation
from catlearn.equivariant.linear import linear
from catlearn.equivariant.nonlinear import tensor_product
from catlearn.equivariant.representations import Representation, Tensor
from catlearn.nets.dense import dense
from catlearn.nets.function import sigmoid, silu
from catlearn.nets.shape import branch, concatenate


@dataclass(frozen=True, repr=False)
class products(Composite):
    """Products of two mixtures of the channels, `Σ_i a_i x_i ⊗ Σ_j b_j x_j`, for each of so many channels. Type: `V → V * V`.

    Raises TypingError for a wire without an action.

    >>> from catlearn.equivariant import O
    >>> (O(3).power(1, channels=4) >> products(8)).cod
    O(3).power(2, channels=8)
    """

    channels: int

    def build(self, dom: Object) -> Diagram:
        mixed = linear(rep=_acted(self, dom, 0), channels=self.channels, use_bias=False)
        return dom >> branch(mixed.named("left"), mixed.named("right")) >> tensor_product()


@dataclass(frozen=True, repr=False)
class inner_products(Composite):
    """Mixtures of the invariants of `products`: of vectors of O(n) inner products, of Sp(n) values of the form. `V → R(c)`.

    Raises EquivarianceError where the only invariant is zero, TypingError for a wire without an action.

    >>> from catlearn.equivariant import Sp
    >>> (Sp(4).power(1, channels=3) >> inner_products(8)).cod
    R(8)
    """

    channels: int

    def build(self, dom: Object) -> Diagram:
        return dom >> products(self.channels) >> linear(power=_zero(dom.wires[0]), channels=self.channels)


@dataclass(frozen=True, repr=False)
class vector_layer(Composite):
    """Invariants and vectors that act on each other. Type: `R(s) ⊗ V(c) → R(w) ⊗ V(w)`, w = `channels`.

    New invariants are `s' = σ(W [s, products of x] + b)`, new vectors are mixtures of the old, each times a gate, which is
    `sigmoid(W s' + b)`. No norms, so that it does for groups that keep no lengths. Raises EquivarianceError where the only
    invariant is zero.
    Sources: Deng et al. 2021 (arXiv 2104.12229), mixed channels of vectors; Finzi et al. 2021 (arXiv 2104.09459), §5, gates and
    bilinear layers; Villar et al. 2021 (arXiv 2106.06610): of O(n), functions of inner products times vectors are all there are.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import O
    >>> (cl.R(5) @ O(3).power(1, channels=4) >> vector_layer(8)).cod
    R(8) @ O(3).power(1, channels=8)
    """

    channels: int
    activation: Family = silu

    arity = 2

    def build(self, dom: Object) -> Diagram:
        rep, w = _acted(self, dom, 1), self.channels
        s, x = dom[0], dom[1]
        invariants = (s @ inner_products(w).named("inner")) >> concatenate() >> dense(w).named("mix") >> self.activation
        seen = (s @ copy(x)) >> (invariants @ x)
        mixed = linear(rep=rep, channels=w, use_bias=False).named("vectors")
        vectors = ((dense(w).named("gate") >> sigmoid) @ mixed) >> tensor_product()
        return seen >> (copy(seen.cod[0]) @ x) >> (seen.cod[0] @ vectors)


@dataclass(frozen=True, repr=False)
class vector_readout(Composite):
    """The general linear map from vectors, and products of them, to a power. Type: `R(s) ⊗ V(c) → V^{⊗p}(channels)`.

    Mixtures of vectors, `width` of them, and of products of vectors, each times an affine function of the invariants, and those
    functions themselves. To power 0 it is `dense` of the invariants. Raises EquivarianceError where there is no map but zero.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import O
    >>> (cl.R(5) @ O(3).power(1, channels=4) >> vector_readout(2, 1, width=8)).cod
    O(3).power(2)
    """

    power: Any
    channels: int
    width: int

    arity = 2

    def build(self, dom: Object) -> Diagram:
        rep = _acted(self, dom, 1)
        group, target = rep.group, representation(rep.group, self.power)
        gate = dense(self.width)
        if not target.axes:  # type: ignore[attr-defined]
            return (dom[0] @ discard(dom[1])) >> dense(self.channels)
        sources: list[tuple[Representation, Any]] = [
            (Tensor(group), (dom[0] @ discard(dom[1])) >> gate),
            (rep, (gate @ linear(rep=rep, channels=self.width, use_bias=False)) >> tensor_product()),
            (rep * rep, (gate @ products(self.width)) >> tensor_product()),
        ]
        kept = [f for source, f in sources if dim(group, source, target)]
        if not kept:
            raise EquivarianceError(
                f"{self!r} at {dom}: invariants, vectors and their products have no map to {target!r} but zero."
            )
        return dom >> branch(*kept) >> linear(power=self.power, channels=self.channels, arity=len(kept))


def vector_network(power: Any = 1, channels: int = 1, *, width: int = 16, depth: int = 2, activation: Family = silu) -> Family:
    """A function of invariants and vectors to a power of the standard representation. Type: `R(s) ⊗ V(c) → V^{⊗p}(channels)`.

    `vector_layer`s, then `vector_readout`. For any matrix group: O(n), SO(n), Lorentz, Sp(n). Vectors alone get invariants by
    `branch(inner_products(w), V)`. Raises EquivarianceError where the only invariant, or map to the target, is zero.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import O
    >>> (cl.R(5) @ O(3).power(1, channels=5) >> vector_network(2, width=8)).cod
    O(3).power(2)
    """
    if not is_whole(depth):
        raise TypingError(f"vector_network: depth must be a whole number ≥ 0, got {depth!r}.")
    return chain([vector_layer(width, activation)] * int(depth) + [vector_readout(power, channels, width)])


@dataclass(frozen=True, repr=False)
class hamiltonian_regression(Composite):
    """The energy of states in a system that a tensor describes. Type: `V(c) ⊗ V ⊗ V(c') → R(out)`.

    The invariants of `z ⊗ z ⊗ T`, mixed in `width` channels by an equivariant linear map each, then a dense head with these
    widths: none make it exactly the linear combinations of contractions, such as `H = ½ Σ ω(z_a, e_i) ω(z_a, e_j) T_ij`. Of
    Sp(2n) invariance is under linear canonical transformations of (q₁, p₁, q₂, p₂, …), as a quadratic Hamiltonian has it.
    Raises EquivarianceError where the only invariant is zero. Source: Goldstein 1980, §9.3; first fundamental theorem for the
    symplectic group (Weyl 1939): all polynomial invariants are such contractions.

    >>> from catlearn.equivariant import Sp
    >>> (Sp(4).power(1) @ Sp(4).power(2) >> hamiltonian_regression(8)).cod
    R(1)
    """

    width: int = 16
    out: int = 1
    head: Sequence[int] = ()
    activation: Family = silu

    arity = 2

    def build(self, dom: Object) -> Diagram:
        _acted(self, dom, 0)
        tensors = linear(rep=_acted(self, dom, 1), channels=self.width, use_bias=False).named("tensors")
        pairs = products(self.width).named("states") @ tensors
        invariants = dom >> pairs >> tensor_product() >> linear(power=_zero(dom.wires[0]), channels=self.width)
        return invariants >> dense_head(self.head, self.out, self.activation)


def _acted(family: Family, dom: Object, place: int) -> Representation:
    """The representation on a wire. Raises TypingError where there is none."""
    if len(dom) != family.arity or not hasattr(dom.wires[place], "rep"):
        which = "its wire" if family.arity == 1 else f"wire {place + 1} of {family.arity}"
        raise TypingError(f"{family!r} takes {which} with an action, such as O(3).power(1, channels=4), got {dom}.")
    return dom.wires[place].rep  # type: ignore[attr-defined]


def _zero(wire: Any) -> Any:
    """The exponents of the trivial representation."""
    factors = len(wire.rep.group.factors)
    return 0 if factors == 1 else (0,) * factors
