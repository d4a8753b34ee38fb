"""Nonlinear maps that commute with any group: products of representations, and functions of invariants.

What a pointwise activation can't do where matrices mix coordinates (see `admission`), these do. Sources: Weiler et al. 2018
(arXiv 1807.02547), gates and norms; Thomas et al. 2018 (arXiv 1802.08219), tensor products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, copy, identity
from catlearn.core.errors import EquivarianceError, TypingError
from catlearn.core.family import Composite, Family
from catlearn.core.wires import Object
from catlearn.equivariant.intertwiners import forget, intertwiner
from catlearn.equivariant.representations import Representation, Sum, Tensor
from catlearn.equivariant.sums import product
from catlearn.nets.dense import bias, dense
from catlearn.nets.function import sigmoid


@dataclass(frozen=True, repr=False)
class tensor_product(SmoothLayer):
    """The tensor product of two representations, channel by channel. Type: `V ⊗ W → V * W`, both of c channels.

    With a plain wire `R(c)` of invariants it multiplies each channel by a number. Products of sums are sums of products. A
    `linear` after it is the general bilinear equivariant map. Raises TypingError for wires of other channels or of two groups.

    >>> from catlearn.equivariant import O
    >>> (O(3).power(1, channels=4) @ O(3).power(1, channels=4) >> tensor_product()).cod
    O(3).power(2, channels=4)
    """

    arity = 2

    def check(self, dom: Object) -> None:
        super().check(dom)
        leaves = [leaf for wire in dom.wires for leaf in wire.leaves]
        if len({leaf.shape[-1] for leaf in leaves}) != 1 or len({leaf.dtype for leaf in leaves}) != 1:
            raise TypingError(f"{self!r} takes two wires of as many channels and of one dtype, got {dom}.")

    def resolve(self, dom: Object) -> Diagram:
        acting = [wire for wire in dom.wires if hasattr(wire, "rep")]
        if not acting:
            return self.boxed(dom)
        self.check(dom)
        a, b = (wire.rep if hasattr(wire, "rep") else Tensor(acting[0].rep.group) for wire in dom.wires)
        cod = (a * b).wire(acting[0].channels, acting[0].leaves[0].dtype)
        return intertwiner(_Products(forget(cod).structs[0]).boxed(forget(dom)), dom, cod)

    def apply(self, params: tuple, *xs: Any) -> Any:
        return _outer(*xs)

    def __repr__(self) -> str:
        return "tensor_product()"


@dataclass(frozen=True, repr=False)
class _Products(SmoothLayer):
    """The outer products of all arrays of one value with all of another, shaped as the result is."""

    like: Any

    name = "tensor_product"
    arity = 2

    def apply(self, params: tuple, *xs: Any) -> Any:
        a, b = (jax.tree.leaves(x) for x in xs)
        leaves, tree = jax.tree.flatten(self.like)
        products = [_outer(x, y) for x in a for y in b]
        return tree.unflatten([x.reshape(leaf.shape) for x, leaf in zip(products, leaves, strict=True)])

    def __hash__(self) -> int:
        return hash(str(self.like))

    def __repr__(self) -> str:
        return "tensor_product()"


def _outer(x: jax.Array, y: jax.Array) -> jax.Array:
    return x.reshape(*x.shape[:-1], *(1,) * (y.ndim - 1), x.shape[-1]) * y


@dataclass(frozen=True, repr=False)
class squared_norms(SmoothLayer):
    """The squared length of each channel: an invariant of orthogonal matrices. Type: `V → R(c)`.

    Raises EquivarianceError where the representation is not orthogonal.

    >>> from catlearn.equivariant import O
    >>> (O(3).power(1, channels=4) >> squared_norms()).cod
    R(4)
    """

    def resolve(self, dom: Object) -> Diagram:
        self.check(dom)
        for wire in dom.wires:
            if hasattr(wire, "rep") and not is_orthogonal(wire.rep):
                raise EquivarianceError(
                    f"{self!r} at {dom}: matrices of {wire.rep.group!r} are not orthogonal here, so they change lengths.\n"
                    "  instead: invariants by catlearn.equivariant.tensor_product() >> catlearn.equivariant.linear(power=0, …)."
                )
        box = self.boxed(forget(dom))
        return intertwiner(box, dom, box.cod)

    def apply(self, params: tuple, *xs: Any) -> Any:
        return sum(jnp.square(x).sum(tuple(range(x.ndim - 1))) for x in jax.tree.leaves(xs[0]))


@dataclass(frozen=True, repr=False)
class norms(squared_norms):
    """The length of each channel, `√(‖x‖² + eps)`, which is smooth at zero. Type: `V → R(c)`. Raises what `squared_norms` does.

    >>> from catlearn.equivariant import SO
    >>> (SO(3).power(2, channels=4) >> norms()).cod
    R(4)
    """

    eps: float = 1e-6

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jnp.sqrt(super().apply(params, *xs) + self.eps)


@dataclass(frozen=True, repr=False)
class norm_activation(Composite):
    """Each channel times a function of its own length: `y = x · σ(‖x‖ + b)`. Type: `V ⊗ R(c) → V`, parameter `bias`.

    The composite `copy >> V @ (norms >> bias >> σ) >> tensor_product`. Raises EquivarianceError where lengths are no invariants.
    Source: Weiler et al. 2018 (arXiv 1807.02547), norm nonlinearities; Worrall et al. 2017 (arXiv 1612.04642), equation 11.

    >>> from catlearn.equivariant import O
    >>> (O(3).power(1, channels=4) >> norm_activation()).cod
    O(3).power(1, channels=4)
    """

    activation: Family = sigmoid

    def build(self, dom: Object) -> Diagram:
        return copy(dom) >> (identity(dom) @ (norms() >> bias().named("bias") >> self.activation)) >> tensor_product()


@dataclass(frozen=True, repr=False)
class gated(Composite):
    """Each channel times a gate, a function of the lengths of all channels: `y = x · σ(W ‖x‖ + b)`.

    Type: `V ⊗ R(c, c) ⊗ R(c) → V`, parameters `gate.kernel` and `gate.bias`. The composite
    `copy >> V @ (norms >> dense(c) >> σ) >> tensor_product`. Raises EquivarianceError where lengths are no invariants.
    Source: Weiler et al. 2018 (arXiv 1807.02547), gated nonlinearities, with lengths for the scalars of their own.

    >>> from catlearn.equivariant import O
    >>> (O(3).power(1, channels=4) >> gated()).cod
    O(3).power(1, channels=4)
    """

    activation: Family = sigmoid

    def build(self, dom: Object) -> Diagram:
        c = dom.wires[0].leaves[0].shape[-1]
        return copy(dom) >> (identity(dom) @ (norms() >> dense(c).named("gate") >> self.activation)) >> tensor_product()


@dataclass(frozen=True, repr=False)
class gram(squared_norms):
    """All inner products of channels: invariants of orthogonal matrices. Type: `V → R(c · c)`.

    They are all invariants of vectors under O(n) (first fundamental theorem: Weyl 1939). Raises EquivarianceError where the
    representation is not orthogonal.

    >>> from catlearn.equivariant import O
    >>> (O(3).power(1, channels=4) >> gram()).cod
    R(16)
    """

    def apply(self, params: tuple, *xs: Any) -> Any:
        x = jnp.concatenate([x.reshape(-1, x.shape[-1]) for x in jax.tree.leaves(xs[0])])
        return product(x.T, x).reshape(-1)


def is_orthogonal(rep: Representation) -> bool:
    """Whether all matrices of a representation are orthogonal.

    >>> from catlearn.equivariant import O, SL
    >>> is_orthogonal(O(3).standard()), is_orthogonal(SL(3).standard())
    (True, False)
    """
    if isinstance(rep, Sum):
        return all(map(is_orthogonal, rep.summands))
    if isinstance(rep, Tensor):
        return all(rep.group.factors[axis.factor].orthogonal for axis in rep.axes)
    each = [np.asarray(rep.matrix(h)) for h in rep.group.generators()]
    derived = [rep.derivative(i, X) for i, factor in enumerate(rep.group.factors) for X in factor.algebra()]
    return all(np.allclose(M @ M.T, np.eye(len(M)), atol=1e-6) for M in each) and all(
        np.allclose(X, -X.T, atol=1e-6) for X in derived
    )
