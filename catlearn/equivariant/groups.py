"""Matrix groups: what a group of symmetries says about itself, and products of groups.

A group is described by its standard representation on ℝⁿ: discrete generators, and generators of its Lie algebra.
Source: Finzi, Welling, Wilson 2021 (EMLP, arXiv 2104.09459).
"""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import expm
from scipy.linalg import block_diag

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.shown import Shown
from catlearn.core.wires import Object, is_whole
from catlearn.equivariant.intertwiners import represented
from catlearn.equivariant.representations import Tensor, power_of, standard

Matrices = tuple[np.ndarray, ...]


class MatrixGroup(Shown):
    """A group of invertible real n × n matrices. Subclasses are frozen dataclasses of what they are made from, so groups can
    be compared and hashed; nothing is computed until it is asked for. `G * H` is the direct product.

    A new group gives `n` and some of `generators`, `algebra`, `order`, `permutes`, `orthogonal`; the rest follows.

    >>> from catlearn.equivariant import S
    >>> S(10_000).n, S(3) == S(3), S(3).order
    (10000, True, 6)
    """

    n: int

    @property
    def order(self) -> int | None:
        """How many elements the group has; None where there are infinitely many."""
        return None

    @property
    def permutes(self) -> bool:
        """Whether every matrix of the group is a permutation matrix."""
        return False

    @property
    def orthogonal(self) -> bool:
        """Whether every matrix of the group is orthogonal, so that the standard representation is its own dual."""
        return False

    def _facts(self) -> list[tuple[str, Any]]:
        order, found = self.order, [("matrices", f"{self.n} × {self.n}")]
        kind = "permutations" if self.permutes else "orthogonal" if self.orthogonal else "invertible"
        return [*found, ("order", "infinite" if order is None else order), ("of kind", kind)]

    @property
    def name(self) -> str:
        """A name to show: the code that makes the group, where that is short."""
        return repr(self)

    @property
    def factors(self) -> tuple[MatrixGroup, ...]:
        """The groups of which this one is a direct product: itself alone, unless it is a `Product`."""
        return (self,)

    def standard(self, factor: int = 0) -> Tensor:
        """The standard representation, on ℝⁿ; of a product of groups, that of one factor. Representations make others by
        `V + W`, `V * W` and `V.dual`, and `V.wire(channels)` is an object. Raises TypingError for a factor that is not there.

        >>> from catlearn.equivariant import SL
        >>> V = SL(3).standard()
        >>> (V * V.dual).wire(channels=4)
        (SL(3).standard() * SL(3).standard().dual).wire(channels=4)
        """
        return standard(self, factor)

    @property
    def trivial(self) -> Tensor:
        """The trivial representation on ℝ."""
        return Tensor(self)

    def power(self, k: int | tuple[int, ...], channels: int = 1, dtype: Any = "float32") -> Object:
        """The object of one wire that carries `channels` copies of `V^{⊗k}`: arrays (n, …, n, channels). Of a product of groups
        with an exponent for each factor. Power 0 is trivial, and is the plain `R(channels)`.

        Raises TypingError for bad exponents and channels.

        >>> from catlearn.equivariant import O, S
        >>> S(12).power(2, channels=3), ((S(5) * O(3)).power((2, 1))).wires[0].shape_text
        (S(12).power(2, channels=3), '(5, 5, 3, 1)')
        """
        return represented(power_of(self, k), channels, dtype)

    def generators(self) -> Matrices:
        """Discrete generators: float64 matrices of shape (n, n), which with the exponentials of `algebra` make the group."""
        return ()

    def algebra(self) -> Matrices:
        """Generators of the Lie algebra, under sums and brackets: float64 matrices of shape (n, n); none for a finite group."""
        return ()

    def elements(self) -> np.ndarray:
        """All the elements of a finite group, the identity first. Float64, shape (order, n, n).

        Raises ArgumentError for an infinite group, for more than 100 000 elements, and for more than 2 GiB of them.

        >>> from catlearn.equivariant import Z
        >>> Z(5).elements().shape
        (5, 5, 5)
        """
        self._check_enumerable(self.n**2)
        return generated_matrices(self.generators(), self.n)

    def sample(self, key: jax.Array) -> jax.Array:
        """A random element, shape (n, n), in JAX's default float; it can be compiled.

        Uniform for finite groups, by Haar's measure for the compact ones here. Others have no uniform measure, and exponentials
        of normal elements of the Lie algebra are drawn.

        >>> from catlearn.equivariant import SO
        >>> SO(3).sample(jax.random.key(0)).shape
        (3, 3)
        """
        if self.order is not None:
            return jnp.asarray(self._elements)[jax.random.randint(key, (), 0, self.order)]
        one, other = expm(jax.vmap(self.tangent)(jax.random.split(key)))
        g = one @ other
        for i, h in enumerate(self.generators()):
            g = jnp.where(jax.random.bernoulli(jax.random.fold_in(key, i)), jnp.asarray(h, g.dtype) @ g, g)
        return g

    def tangent(self, key: jax.Array) -> jax.Array:
        """A random element of the Lie algebra, shape (n, n): here a normal combination of `algebra()`."""
        basis = jnp.asarray(np.stack(self.algebra()))
        return jnp.tensordot(jax.random.normal(key, (len(basis),)), basis, 1) / math.sqrt(self.n)

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        """Whether a matrix is an element, up to `tol` in each entry. Raises ArgumentError for another shape than (n, n).

        >>> from catlearn.equivariant import SO
        >>> SO(2).contains([[0, -1], [1, 0]]), SO(2).contains([[0, 1], [1, 0]])
        (True, False)
        """
        g = self.matrix(g)
        return bool((np.abs(self._elements - g).max((1, 2)) <= tol).any())

    def matrix(self, g: Any) -> np.ndarray:
        """The argument as a float64 matrix of shape (n, n). Raises ArgumentError where it is none."""
        try:
            matrix = np.asarray(g, np.float64)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"{self.name}: an element is a matrix of shape ({self.n}, {self.n}), got {g!r}.") from error
        if matrix.shape != (self.n, self.n):
            raise ArgumentError(f"{self.name}: an element has shape ({self.n}, {self.n}), got {matrix.shape}.")
        return matrix

    @cached_property
    def _elements(self) -> np.ndarray:
        return self.elements()

    def _check_enumerable(self, size: int) -> None:
        if self.order is None:
            raise ArgumentError(f"{self.name} has infinitely many elements; take some by .sample(key).")
        if self.order > 100_000:
            raise ArgumentError(f"{self.name} has {shown(self.order)} elements, too many to list; take some by .sample(key).")
        if self.order * size > 2**28:
            raise ArgumentError(
                f"{self.name} has {self.order} elements of {size} numbers, more than 2 GiB; take some by .sample(key)."
            )

    def __mul__(self, other: MatrixGroup) -> Product:
        return Product(self.factors + other.factors) if isinstance(other, MatrixGroup) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(_arguments(self))})"


@dataclass(frozen=True, repr=False)
class Product(MatrixGroup):
    """The direct product of groups, made by `G * H`. Its standard representation is the direct sum of theirs: block matrices.

    What depends on one factor only, such as tensor powers, is had from `factors` and `parts`.

    >>> from catlearn.equivariant import S, O
    >>> S(3) * O(2), (S(3) * O(2)).n, (S(3) * S(2)).order
    (S(3) * O(2), 5, 12)
    """

    groups: tuple[MatrixGroup, ...]

    def __post_init__(self) -> None:
        groups = tuple(self.groups) if isinstance(self.groups, (tuple, list)) else ()
        if not groups or not all(isinstance(group, MatrixGroup) for group in groups):
            raise TypingError(f"Product takes a tuple of at least one group, such as (S(3), O(2)), got {self.groups!r}.")
        object.__setattr__(self, "groups", tuple(factor for group in groups for factor in group.factors))

    @property
    def n(self) -> int:
        return sum(group.n for group in self.groups)

    @property
    def order(self) -> int | None:
        orders = [group.order for group in self.groups if group.order is not None]
        return math.prod(orders) if len(orders) == len(self.groups) else None

    @property
    def permutes(self) -> bool:
        return all(group.permutes for group in self.groups)

    @property
    def orthogonal(self) -> bool:
        return all(group.orthogonal for group in self.groups)

    @property
    def factors(self) -> tuple[MatrixGroup, ...]:
        return self.groups

    def generators(self) -> Matrices:
        return tuple(self._placed(i, h, np.eye) for i, group in enumerate(self.groups) for h in group.generators())

    def algebra(self) -> Matrices:
        zero = lambda n: np.zeros((n, n))  # noqa: E731
        return tuple(self._placed(i, a, zero) for i, group in enumerate(self.groups) for a in group.algebra())

    def _placed(self, i: int, block: np.ndarray, other: Any) -> np.ndarray:
        blocks = [block if j == i else other(group.n) for j, group in enumerate(self.groups)]
        return np.asarray(block_diag(*blocks))

    def parts(self, g: Any) -> tuple[Any, ...]:
        """The parts of an element in each factor: the diagonal blocks of its matrix, shapes (nᵢ, nᵢ)."""
        ends = np.cumsum([0, *(group.n for group in self.groups)])
        return tuple(g[a:b, a:b] for a, b in pairwise(ends))

    def sample(self, key: jax.Array) -> jax.Array:
        keys = jax.random.split(key, len(self.groups))
        return jax.scipy.linalg.block_diag(*(group.sample(k) for group, k in zip(self.groups, keys, strict=True)))

    def contains(self, g: Any, tol: float = 1e-5) -> bool:
        g = self.matrix(g)
        parts = self.parts(g)
        blocks = np.abs(g - block_diag(*parts)).max() <= tol
        return bool(blocks) and all(group.contains(h, tol) for group, h in zip(self.groups, parts, strict=True))

    def __repr__(self) -> str:
        texts = [repr(group) for group in self.groups]
        return " * ".join(texts) if len(texts) > 1 else f"Product(({texts[0]},))"


# what groups share


def generated_matrices(generators: Matrices, n: int) -> np.ndarray:
    """The finite group that these matrices generate, the identity first. Float64, shape (order, n, n).

    Elements are told apart by one random projection to within 1e-6, then entry by entry. Raises ArgumentError past 100 000.
    """
    weights = np.random.default_rng(0).normal(size=n * n)
    found: list[np.ndarray] = []
    bins: dict[int, list[int]] = {}

    def add(g: np.ndarray) -> None:
        at = math.floor(float(g.ravel() @ weights) * 1e5)
        near = (i for b in (at - 1, at, at + 1) for i in bins.get(b, ()))
        if any(np.abs(found[i] - g).max() < 1e-6 for i in near):
            return
        bins.setdefault(at, []).append(len(found))
        found.append(g)

    add(np.eye(n))
    for g in found:  # it grows while it is walked through
        for h in generators:
            add(h @ g)
        if len(found) > 100_000:
            raise ArgumentError("these matrices generate more than 100 000 elements; the group may be infinite.")
    return np.stack(found)


def size(group: Any, field: str = "n", least: int = 1) -> None:
    """Make a field of a group a Python integer. Raises TypingError unless it is a whole number ≥ `least`."""
    value = getattr(group, field)
    if not is_whole(value, least=least):
        raise TypingError(f"{type(group).__name__}: {field} must be a whole number ≥ {least}, got {value!r}.")
    object.__setattr__(group, field, int(value))


def shown(order: int) -> str:
    """A large number in a few characters.

    >>> shown(720), shown(math.factorial(30))
    ('720', 'about 10^32')
    """
    digits = int(math.log2(order) * math.log10(2)) if order > 10**15 else 0
    return f"about 10^{digits}" if digits else str(order)


def _arguments(group: Any) -> list[str]:
    texts, default = [], False
    for f in fields(group):
        value = getattr(group, f.name)
        default = default or f.default is not MISSING
        if f.default is MISSING or value != f.default:
            texts.append(f"{f.name}={value!r}" if default else repr(value))
    return texts
