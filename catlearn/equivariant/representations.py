"""Representations of a group: how its elements act on the arrays that a wire carries."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import block_diag

from catlearn.core.errors import TypingError
from catlearn.core.shown import Shown
from catlearn.core.wires import is_whole


@dataclass(frozen=True)
class Axis:
    """An axis of an array on which a factor of the group acts by its standard representation, or by the dual of that."""

    factor: int = 0
    dual: bool = False


class Representation(Shown):
    """A finite-dimensional representation of a group: `ρ : G → GL(W)`, and `dρ` of its Lie algebra.

    `V + W` is the direct sum, `V * W` the tensor product, `V.dual` the dual; tensor products distribute over sums.
    `V.wire(channels)` is the object of one wire that carries so many copies of it. Elements of the group are its matrices.
    """

    group: Any

    @property
    def size(self) -> int:
        """The dimension."""
        raise NotImplementedError

    @property
    def terms(self) -> tuple[Representation, ...]:
        """The summands."""
        return (self,)

    def _facts(self) -> list[tuple[str, Any]]:
        terms = [(f"summand {i}", term) for i, term in enumerate(self.terms)]
        return [("group", self.group), ("dimension", self.size), *(terms if len(terms) > 1 else [])]

    @property
    def dual(self) -> Representation:
        """The dual: `ρ*(g) = ρ(g⁻¹)ᵀ`."""
        raise NotImplementedError

    def arrays(self, channels: int, dtype: Any) -> Any:
        """What values with so many channels look like: a pytree of `jax.ShapeDtypeStruct`, channels last."""
        raise NotImplementedError

    def act(self, g: Any, x: Any) -> Any:
        """`ρ(g) x` of a value whose arrays have channels as their last axis."""
        raise NotImplementedError

    def matrix(self, g: Any) -> Any:
        """`ρ(g)` as a matrix, `(size, size)`: a dense oracle."""
        raise NotImplementedError

    def derivative(self, factor: int, A: Any) -> Any:
        """`dρ(A)` for A in the Lie algebra of a factor of the group, `(size, size)`."""
        raise NotImplementedError

    def wire(self, channels: int = 1, dtype: Any = "float32") -> Any:
        """The object of one wire that carries `channels` copies of this representation."""
        from catlearn.equivariant.intertwiners import represented

        return represented(self, channels, dtype)

    def __add__(self, other: Any) -> Representation:
        same_group(self, other, "+")
        return Sum(self.group, self.terms + other.terms)

    def __mul__(self, other: Any) -> Representation:
        same_group(self, other, "*")
        products = [_product(a, b) for a in self.terms for b in other.terms]
        return products[0] if len(products) == 1 else Sum(self.group, tuple(products))


@dataclass(frozen=True)
class Tensor(Representation):
    """A tensor product of standard representations of the group's factors, and their duals: an array with an axis for each.

    No axes at all are the trivial representation of dimension 1. Where the standard representation is orthogonal it is its own
    dual, and is written without one.
    """

    group: Any
    axes: tuple[Axis, ...] = ()

    def __post_init__(self) -> None:
        plain = tuple(Axis(a.factor, a.dual and not self.group.factors[a.factor].orthogonal) for a in self.axes)
        object.__setattr__(self, "axes", plain)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.group.factors[axis.factor].n for axis in self.axes)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def dual(self) -> Tensor:
        return Tensor(self.group, tuple(Axis(axis.factor, not axis.dual) for axis in self.axes))

    def arrays(self, channels: int, dtype: Any) -> Any:
        return jax.ShapeDtypeStruct((*self.shape, channels), dtype)

    def act(self, g: Any, x: jax.Array) -> jax.Array:
        parts = _parts(self.group, g)
        for place, axis in enumerate(self.axes):
            x = jnp.moveaxis(jnp.tensordot(_of_axis(axis, parts), x, (1, place), precision="highest"), 0, place)
        return x

    def matrix(self, g: Any) -> Any:
        parts = _parts(self.group, g)
        return reduce(_kron, (_of_axis(axis, parts) for axis in self.axes), np.eye(1))

    def derivative(self, factor: int, A: Any) -> np.ndarray:
        total = np.zeros((self.size, self.size))
        for place, axis in enumerate(self.axes):
            if axis.factor == factor:
                before, after = math.prod(self.shape[:place]), math.prod(self.shape[place + 1 :])
                total += np.kron(np.kron(np.eye(before), -A.T if axis.dual else A), np.eye(after))
        return total

    @property
    def powers(self) -> tuple[int, ...] | None:
        """The exponent of each factor's standard representation, where the axes stand in order and none is dual."""
        factors = [axis.factor for axis in self.axes]
        if any(axis.dual for axis in self.axes) or factors != sorted(factors):
            return None
        return tuple(factors.count(i) for i in range(len(self.group.factors)))

    def __repr__(self) -> str:
        if not self.axes:
            return f"{self.group!r}.trivial"
        return " * ".join(f"{_of(self.group, axis.factor)}{'.dual' * axis.dual}" for axis in self.axes)


@dataclass(frozen=True)
class Sum(Representation):
    """A direct sum of representations: a list of arrays, one for each."""

    group: Any
    summands: tuple[Representation, ...]

    @property
    def terms(self) -> tuple[Representation, ...]:
        return self.summands

    @property
    def size(self) -> int:
        return sum(term.size for term in self.summands)

    @property
    def dual(self) -> Sum:
        return Sum(self.group, tuple(term.dual for term in self.summands))

    def arrays(self, channels: int, dtype: Any) -> Any:
        return [term.arrays(channels, dtype) for term in self.summands]

    def act(self, g: Any, x: Any) -> Any:
        return [term.act(g, part) for term, part in zip(self.summands, x, strict=True)]

    def matrix(self, g: Any) -> Any:
        return _block_diagonal([term.matrix(g) for term in self.summands])

    def derivative(self, factor: int, A: Any) -> np.ndarray:
        return _block_diagonal([term.derivative(factor, A) for term in self.summands])

    def __repr__(self) -> str:
        return " + ".join(map(repr, self.summands))


@dataclass(frozen=True)
class Given(Representation):
    """A representation given by its matrices. `images(g)` is `ρ(g)`, and `derived(factor, A)` is `dρ(A)` for a Lie group.

    Two of them are equal where their group, name and functions are. The values on a wire are arrays `(size, channels)`.

    >>> from catlearn.equivariant import O
    >>> pseudoscalar = Given(O(3), "det", 1, lambda g: jnp.linalg.det(g)[None, None], lambda factor, A: np.zeros((1, 1)))
    >>> pseudoscalar.size
    1
    """

    group: Any
    name: str
    dimension: int
    images: Callable
    derived: Callable | None = None

    @property
    def size(self) -> int:
        return self.dimension

    @property
    def dual(self) -> Given:
        images, derived = self.images, self.derived
        inverse = lambda g: images(jnp.linalg.inv(g)).T  # noqa: E731
        return Given(self.group, f"{self.name}*", self.size, inverse, derived and (lambda factor, A: -derived(factor, A).T))

    def arrays(self, channels: int, dtype: Any) -> Any:
        return jax.ShapeDtypeStruct((self.size, channels), dtype)

    def act(self, g: Any, x: jax.Array) -> jax.Array:
        return jnp.matmul(jnp.asarray(self.images(g), x.dtype), x, precision="highest")

    def matrix(self, g: Any) -> Any:
        return self.images(g)

    def derivative(self, factor: int, A: Any) -> np.ndarray:
        if self.derived is None:
            raise TypingError(f"{self!r}: a representation of a Lie group needs `derived`, that of its Lie algebra.")
        return np.asarray(self.derived(factor, A))

    def __repr__(self) -> str:
        return f"<{self.name} of {self.group!r}>"


def standard(group: Any, factor: int = 0) -> Tensor:
    """The standard representation of a factor of a group, on its matrices' own space.

    >>> from catlearn.equivariant import S
    >>> standard(S(5)) * standard(S(5))
    S(5).standard() * S(5).standard()
    """
    if not 0 <= factor < len(group.factors):
        raise TypingError(f"{group!r} has factors 0 to {len(group.factors) - 1}, and no factor {factor}.")
    return Tensor(group, (Axis(factor),))


def power_of(group: Any, k: int | Sequence[int]) -> Tensor:
    """`V^{⊗k}` of the standard representation; of a product of groups, with an exponent for each factor.

    Raises TypingError for exponents that are no whole numbers ≥ 0, or not one for each factor.
    """
    exponents: tuple[Any, ...] = tuple(k) if isinstance(k, tuple | list) else (k,)
    if len(exponents) != len(group.factors) or not all(map(is_whole, exponents)):
        wanted = "a whole number ≥ 0" if len(group.factors) == 1 else f"{len(group.factors)} whole numbers ≥ 0, one a factor"
        raise TypingError(f"a power of {group!r} is {wanted}, got {k!r}.")
    return Tensor(group, tuple(Axis(i) for i, times in enumerate(exponents) for _ in range(int(times))))


def same_group(a: Representation, b: Any, sign: str) -> None:
    """Raise TypingError unless both are representations of the same group."""
    if not isinstance(b, Representation):
        raise TypingError(f"{a!r} {sign} {b!r}: a representation goes with a representation.")
    if a.group != b.group:
        raise TypingError(
            f"{a!r} {sign} {b!r}: these are representations of different groups. Take both from the product: "
            f"with G = {a.group!r} * {b.group!r}, G.standard(0) and G.standard(1) are representations of G."
        )


def _product(a: Representation, b: Representation) -> Representation:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return Tensor(a.group, a.axes + b.axes)
    for unit, other in ((a, b), (b, a)):
        if isinstance(unit, Tensor) and not unit.axes:
            return other
    eyes = np.eye(a.size), np.eye(b.size)

    def derived(factor: int, A: Any) -> np.ndarray:
        return np.kron(a.derivative(factor, A), eyes[1]) + np.kron(eyes[0], b.derivative(factor, A))

    return Given(a.group, f"{a!r} * {b!r}", a.size * b.size, _Kron(a, b), derived)


@dataclass(frozen=True)
class _Kron:
    """The matrices of a tensor product of two representations."""

    a: Representation
    b: Representation

    def __call__(self, g: Any) -> Any:
        return jnp.kron(jnp.asarray(self.a.matrix(g)), jnp.asarray(self.b.matrix(g)))


def _parts(group: Any, g: Any) -> tuple:
    return (g,) if len(group.factors) == 1 else group.parts(g)


def _of_axis(axis: Axis, parts: tuple) -> Any:
    g = parts[axis.factor]
    if not axis.dual:
        return g
    return jnp.linalg.inv(g).T if isinstance(g, jax.Array) else np.linalg.inv(g).T


def _kron(a: Any, b: Any) -> Any:
    return jnp.kron(a, b) if isinstance(a, jax.Array) or isinstance(b, jax.Array) else np.kron(a, b)


def _block_diagonal(blocks: Sequence[Any]) -> Any:
    traced = any(isinstance(block, jax.Array) for block in blocks)
    return (jax.scipy.linalg.block_diag if traced else block_diag)(*blocks)


def _of(group: Any, factor: int) -> str:
    several = len(group.factors) > 1
    return f"({group!r}).standard({factor})" if several else f"{group!r}.standard()"
