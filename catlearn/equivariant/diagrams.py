"""Diagrams between two rows of points: what the diagram categories of equivariant maps share.

A diagram `k → l` has k points in its domain row and l in its codomain row, parted into blocks. Composition stacks two, joins
what meets in the middle row, and counts the components that lie in it alone as loops, each a scalar of the functor to Rep.
Source: Pearce-Crump, "Categorification of Group Equivariant Neural Networks" (arXiv 2304.14144).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.arrow import Arrow
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.core.shown import Shown
from catlearn.core.wires import is_whole
from catlearn.equivariant.combinations import Combination, combination
from catlearn.equivariant.pictures import ascii_text

Block = tuple[int, ...]


@dataclass(frozen=True, repr=False)
class PointDiagram(Arrow):
    """Blocks of the points of two rows. Type: `k → l`, where `dom` is k and `cod` is l.

    Points are numbered as the axes of the tensor are: those of the codomain 0, …, l − 1, then those of the domain. Blocks are
    kept sorted, so equal diagrams are `==`. Raises TypingError for blocks that are no parting of the points.
    """

    dom: int
    cod: int
    blocks: tuple[Block, ...]
    loops: int = field(default=0, hash=False)

    def __post_init__(self) -> None:
        if not all(map(is_whole, (self.dom, self.cod, self.loops))):
            raise TypingError(f"points and loops are counted in whole numbers ≥ 0, got {(self.dom, self.cod, self.loops)!r}.")
        blocks = tuple(sorted(tuple(sorted(block)) for block in self.blocks))
        if sorted(x for block in blocks for x in block) != list(range(self.dom + self.cod)) or () in blocks:
            raise TypingError(
                f"blocks part the points 0, …, {self.dom + self.cod - 1} of {self.cod} + {self.dom} axes, each in one block "
                f"and no block empty; got {self.blocks!r}."
            )
        object.__setattr__(self, "blocks", blocks)

    # as an arrow

    @property
    def category(self) -> Any:
        raise NotImplementedError

    def then(self, other: Any) -> Any:
        """First this, then the other: (k → m) × (m → l) → (k → l). Raises CompositionError where they don't meet."""
        if isinstance(other, Combination):
            return combination(self).then(other)
        self._meets(other)
        size, groups = stacked(self, other)
        outer, closed = outer_blocks(size, groups, self.dom + other.cod)
        return replace(self, cod=other.cod, blocks=outer, loops=self.loops + other.loops + closed)

    def tensor(self, other: Any) -> Any:
        """Side by side: (k → l) × (k' → l') → (k + k' → l + l'). It is the Kronecker product of the matrices."""
        if isinstance(other, Combination):
            return combination(self).tensor(other)
        self._of_my_kind(other, "@")
        blocks = (*beside(self, 0, other.cod), *beside(other, self.cod, self.cod + self.dom))
        loops = self.loops + other.loops
        return replace(self, dom=self.dom + other.dom, cod=self.cod + other.cod, blocks=blocks, loops=loops)

    def dagger(self) -> Any:
        """The same diagram upside down: `(k → l) → (l → k)`. It is the transpose of the matrix."""
        return replace(self, dom=self.cod, cod=self.dom, blocks=tuple(flipped(block, self) for block in self.blocks))

    def _meets(self, other: Any) -> None:
        self._of_my_kind(other, ">>")
        if self.cod != other.dom:
            raise CompositionError(
                f"{self!r} >> {other!r}: the first ends at {self.cod} points and the second starts at {other.dom}."
            )

    def _of_my_kind(self, other: Any, operator: str) -> None:
        if getattr(other, "category", None) != self.category:
            raise CompositionError(
                f"{self!r} {operator} {other!r}: the first is of {self.category!r}, the second of {_kind(other)}; "
                "make both of one category."
            )

    # as a term of a sum

    def scalar_and_rest(self) -> tuple[int, Self]:
        """A whole number and a diagram whose product this is: loops count where n is known."""
        return 1, self

    @property
    def order(self) -> Any:
        """By what diagrams of one type are sorted in a sum."""
        return len(self.blocks), self.blocks, self.loops

    def __add__(self, other: Any) -> Combination:
        return combination(self) + other

    def __sub__(self, other: Any) -> Combination:
        return combination(self) - other

    def __mul__(self, scalar: Any) -> Combination:
        return combination(self) * scalar

    def __truediv__(self, scalar: Any) -> Combination:
        return combination(self) / scalar

    def __neg__(self) -> Combination:
        return -combination(self)

    __rmul__ = __mul__

    # its parts

    def upper(self, block: Block) -> Block:
        """The axes of the codomain in a block: 0 is the first."""
        return tuple(x for x in block if x < self.cod)

    def lower(self, block: Block) -> Block:
        """The axes of the domain in a block: 0 is the first."""
        return tuple(x - self.cod for x in block if x >= self.cod)

    @property
    def cross(self) -> tuple[Block, ...]:
        """The blocks with points of both rows."""
        return tuple(block for block in self.blocks if self.upper(block) and self.lower(block))

    @property
    def codomain_only(self) -> tuple[Block, ...]:
        """The blocks without a point of the domain."""
        return tuple(block for block in self.blocks if not self.lower(block))

    @property
    def domain_only(self) -> tuple[Block, ...]:
        """The blocks without a point of the codomain."""
        return tuple(block for block in self.blocks if not self.upper(block))

    @property
    def through(self) -> int:
        """How many blocks go through: the rank of the matrix is at most n to this power, and composites have no more."""
        return len(self.cross)

    # as text

    def ascii(self) -> str:
        """A few lines of text: the letter of its block at each point, the domain's above the codomain's.

        >>> from catlearn.equivariant import partition
        >>> print(partition("12|3", "1|2").ascii())
        1 2 3
        a a b
        -----
        a b
        1 2
        """
        return ascii_text(self)

    # what apply takes

    def _input(self, x: Any, n: int | None) -> tuple[jax.Array, int]:
        """The array and its n. Raises ArgumentError unless it has k leading axes of length n, of numbers."""
        x = jnp.asarray(x)
        if n is None and self.dom == 0:
            raise ArgumentError(f"{self!r} starts at no points, so the array does not tell n: write apply(x, n).")
        n = dimension(x.shape[0] if n is None and x.ndim else n)
        if x.shape[: self.dom] != (n,) * self.dom:
            raise ArgumentError(f"{self!r} takes {self.dom} leading axes of one length, {n} here; got shape {x.shape}.")
        if x.dtype == jnp.bool_:
            raise ArgumentError(f"{self!r} adds numbers, and got booleans: give x.astype('float32').")
        return x, n


class DiagramCategory(Shown):
    """A category of diagrams: objects are numbers of points. A new one gives `wiring`; what of that is a permutation follows."""

    def wiring(self, dom: int, index: Sequence[int]) -> Any:
        """The diagram `dom → len(index)` that joins point j of its codomain with point `index[j]`."""
        raise NotImplementedError

    def identity(self, k: int) -> Any:
        """k strands side by side. Type: `k → k`."""
        return self.wiring(k, range(k))

    def swap(self, a: int, b: int) -> Any:
        """a points past b points. Type: `a + b → b + a`."""
        return self.wiring(a + b, [*range(a, a + b), *range(a)])

    def size(self, n: Any) -> int:
        """The dimension of the vector space that one point stands for."""
        return dimension(n)


def dimension(n: Any) -> int:
    """n as a Python integer. Raises ArgumentError unless it is a whole number ≥ 1."""
    if not is_whole(n, least=1):
        raise ArgumentError(f"n is the dimension of the vector space, a whole number ≥ 1; got {n!r}.")
    return int(n)


def times(x: jax.Array, scalar: int) -> jax.Array:
    """x times a whole number, in the dtype of x."""
    return x if scalar == 1 else x * (float(scalar) if jnp.issubdtype(x.dtype, jnp.inexact) else scalar)


def dense(blocks: Sequence[Block], points: int, n: int, loops: int, values: Any = 1) -> np.ndarray:
    """The tensor with `values` where the indices are constant on each block, and 0 elsewhere: int64, shape (n,)*points.

    `values` has an axis for each block, or is a number; loops count n each. Raises ArgumentError beyond 64 bits.
    """
    scalar = loop_scalar(n, loops)
    index = np.indices((n,) * len(blocks)).reshape(len(blocks), n ** len(blocks))
    at = sum((n ** (points - 1 - x) * index[i] for i, block in enumerate(blocks) for x in block), np.zeros(index.shape[1], int))
    tensor = np.zeros(n**points, np.int64)
    tensor[at] = scalar * np.broadcast_to(values, (n,) * len(blocks)).ravel()
    return tensor.reshape((n,) * points)


def loop_scalar(n: int, loops: int) -> int:
    """n^loops. Raises ArgumentError beyond 64 bits."""
    if n**loops >= 2**63:
        raise ArgumentError(f"a loop counts n = {n}, and all {loops} together {n**loops}, which no int64 holds.")
    return n**loops


# gluing


def components(size: int, groups: Iterable[Sequence[int]]) -> list[int]:
    """For each of so many nodes the least node that is joined with it by the groups.

    >>> components(5, [(0, 3), (3, 4)])
    [0, 1, 2, 0, 0]
    """
    parent = list(range(size))

    def root(x: int) -> int:
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for group in groups:
        for a, b in pairwise(group):
            low, high = sorted((root(a), root(b)))
            parent[high] = low
    return [root(x) for x in range(size)]


def stacked(d: PointDiagram, e: PointDiagram) -> tuple[int, list[Block]]:
    """The blocks of d and of e on the points of `d >> e`, and behind these the middle row: how many nodes, and the groups."""
    outer = d.dom + e.cod
    first = [tuple(outer + x if x < d.cod else e.cod + x - d.cod for x in block) for block in d.blocks]
    second = [tuple(x if x < e.cod else outer + x - e.cod for x in block) for block in e.blocks]
    return outer + d.cod, first + second


def outer_blocks(size: int, groups: Iterable[Block], outer: int) -> tuple[tuple[Block, ...], int]:
    """The components as blocks of the first `outer` nodes, and how many components have none of these."""
    found: dict[int, list[int]] = {}
    for x, root in enumerate(components(size, groups)):
        found.setdefault(root, []).append(x)
    inside = [tuple(x for x in members if x < outer) for members in found.values()]
    return tuple(block for block in inside if block), inside.count(())


def beside(d: PointDiagram, above: int, below: int) -> list[Block]:
    """The blocks with the points of the codomain moved by `above`, and those of the domain by `below`."""
    return [tuple(x + (above if x < d.cod else below) for x in block) for block in d.blocks]


def flipped(block: Block, d: PointDiagram) -> Block:
    """A block of d on the points of its dagger."""
    return tuple(sorted(x + d.dom if x < d.cod else x - d.cod for x in block))


def wired(dom: int, index: Sequence[int]) -> tuple[Block, ...]:
    """The blocks of the wiring `dom → len(index)`, whose j-th point of the codomain is joined with point `index[j]`."""
    if not is_whole(dom) or not all(is_whole(i) and i < dom for i in index):
        raise TypingError(f"a wiring of {dom!r} points takes indices 0, …, {dom!r} − 1, got {list(index)!r}.")
    l = len(index)  # noqa: E741
    return tuple((*(j for j in range(l) if index[j] == i), l + i) for i in range(dom))


def _kind(other: Any) -> str:
    return repr(getattr(other, "category", type(other).__name__))
