"""Partition diagrams: the maps between tensor powers of ℝⁿ which the symmetric group Sₙ commutes with.

Source: Pearce-Crump, "Connecting Permutation Equivariant Neural Networks and Partition Diagrams" (arXiv 2212.08648); Maron et
al. 2019 (arXiv 1812.09902) for the case of graphs.
"""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from catlearn.core.errors import TypingError
from catlearn.core.wires import is_whole
from catlearn.equivariant.diagonals import diagonals, repeated, spread
from catlearn.equivariant.diagrams import Block, DiagramCategory, PointDiagram, dense, dimension, times, wired
from catlearn.equivariant.notation import Row, blocks_of, written


@dataclass(frozen=True)
class PartitionCategory(DiagramCategory):
    """The category of partition diagrams: objects are numbers of points, and wirings copy and discard (its spiders).

    >>> PartitionCategory().wiring(2, [1, 0, 0])
    partition("1|2", "23|1")
    """

    def wiring(self, dom: int, index: Sequence[int]) -> Partition:
        """The diagram `dom → len(index)` that joins point j of its codomain with point `index[j]`."""
        return Partition(dom, len(index), wired(dom, index))


@dataclass(frozen=True, repr=False)
class Partition(PointDiagram):
    """A partition diagram: any parting of the points of two rows. Type: `k → l`. `partition("12|3", "1|23")` writes it.

    The functor to representations of Sₙ sends it to the matrix with 1 where the indices are constant on each block, times
    n for each of its `loops`. Source: arXiv 2212.08648.

    >>> d = partition("12|3", "1|23")
    >>> d.dom, d.cod, d.through, d.dagger()
    (3, 3, 2, partition("1|23", "12|3"))
    >>> partition("1|2", "") >> partition("", "1"), partition("", "1") >> partition("1", "")
    (partition("1|2", "||1"), partition("", "", loops=1))
    """

    @property
    def category(self) -> Any:
        return PartitionCategory()

    def matrix(self, n: int) -> np.ndarray:
        """The image under the functor: int64, shape (n^l, n^k), row-major indices. For tests: `apply` never forms it.

        >>> partition("12", "1").matrix(2).tolist()
        [[1, 0, 0, 0], [0, 0, 0, 1]]
        """
        n = dimension(n)
        tensor = dense(self.blocks, self.cod + self.dom, n, self.loops)
        return tensor.reshape(n**self.cod, n**self.dom)

    def apply(self, x: Any, n: int | None = None) -> jax.Array:
        """The matrix times x, never formed. Type: `(n,)*k + channels → (n,)*l + channels`, in the dtype of x.

        With d blocks that cross, b of the domain alone and t of the codomain alone it costs, for each channel, n^(d+b) reads,
        n^(d+b) − n^d additions and n^(d+t) writes besides the zeros of the result, and n^d products where there are loops.
        Raises ArgumentError for another shape, and where k = 0 and n is not given.
        Source: arXiv 2304.14165 (the factoring), with the diagonals taken first.

        >>> import jax.numpy as jnp
        >>> partition("12|3", "1").apply(jnp.ones((2, 2, 2))).tolist()
        [2.0, 2.0]
        """
        x, n = self._input(x, n)
        cross, d = self.cross, self.through
        y = diagonals(x, [self.lower(block) for block in cross + self.domain_only])
        y = times(y.sum(axis=range(d, d + len(self.domain_only)), dtype=x.dtype), n**self.loops)
        y = repeated(y, d, len(self.codomain_only), n)
        return spread(y, [self.upper(block) for block in cross + self.codomain_only], n)

    def __repr__(self) -> str:
        return code("partition", self)


def partition(dom: Row, cod: Row, loops: int = 0) -> Partition:
    """The partition diagram whose i-th block joins the i-th place of the domain with the i-th of the codomain. Type: `k → l`.

    Points are numbered from 1 in each row, 1 to 9 and then a to z; an empty place has none, and places missing at the end are
    empty. Longer rows are lists, `[[1, 2], [3]]`. Raises TypingError for a point that is missing or twice.

    >>> partition("12|3|", "1||23") == partition("3|21", "|1|32")
    True
    """
    return Partition(*blocks_of("partition", dom, cod), loops)


def code(name: str, d: PointDiagram) -> str:
    """The call that makes a diagram from its blocks, those with points of the domain first."""
    places = sorted(((d.lower(block), d.upper(block)) for block in d.blocks), key=lambda place: (not place[0], place))
    return f"{name}({written(places)}{f', loops={d.loops}' if d.loops else ''})"


# how many there are


def stirling(m: int, t: int) -> int:
    """The Stirling number of the second kind: how many partitions of m points have t blocks.

    >>> [stirling(4, t) for t in range(5)]
    [0, 1, 7, 6, 1]
    """
    row = [1]
    for i in range(m):
        row = [0, *(j * (row[j] if j <= i else 0) + row[j - 1] for j in range(1, i + 2))]
    return row[t] if 0 <= t <= m else 0


def bell(m: int) -> int:
    """The Bell number: how many partitions m points have. They are the diagrams `k → l` for k + l = m.

    >>> [bell(m) for m in range(7)]
    [1, 1, 2, 5, 15, 52, 203]
    """
    return sum(stirling(m, t) for t in range(m + 1))


def partition_diagrams(k: int, l: int, most_blocks: int | None = None) -> tuple[Partition, ...]:
    """All partition diagrams `k → l`, of at most so many blocks, in one order: restricted growth strings as in a dictionary.

    There are Σ_{t ≤ most} stirling(k + l, t) of them, and bell(k + l) without a limit. Raises TypingError for bad counts.

    >>> partition_diagrams(1, 1)
    (partition("1", "1"), partition("1", "|1"))
    """
    points = counted("partition_diagrams", k, l)
    most = points if most_blocks is None else most_blocks
    if not is_whole(most):
        raise TypingError(f"partition_diagrams: most_blocks is a whole number ≥ 0, got {most_blocks!r}.")
    return tuple(Partition(k, l, blocks) for blocks in partings(points, most))


def partings(points: int, most: int) -> Iterator[tuple[Block, ...]]:
    """All partitions of 0, …, points − 1 into at most so many blocks.

    >>> list(partings(2, 2))
    [((0, 1),), ((0,), (1,))]
    """
    layer: list[tuple[Block, ...]] = [()]
    for x in range(points):
        layer = [blocks for parting in layer for blocks in _with(parting, x, most)]
    yield from layer


def _with(parting: tuple[Block, ...], x: int, most: int) -> Iterator[tuple[Block, ...]]:
    for i, block in enumerate(parting):
        yield (*parting[:i], (*block, x), *parting[i + 1 :])
    if len(parting) < most:
        yield (*parting, (x,))


def counted(name: str, k: Any, l: Any) -> int:
    """k + l. Raises TypingError unless both are whole numbers ≥ 0."""
    if not (is_whole(k) and is_whole(l)):
        raise TypingError(f"{name}: rows have whole numbers of points ≥ 0, got {k!r} and {l!r}.")
    return int(k + l)


def partition_basis(n: int, k: int, l: int) -> tuple[Partition, ...]:
    """The diagrams `k → l` of at most n blocks: their matrices are a basis of the maps that Sₙ commutes with.

    Source: arXiv 2212.08648, in the diagram basis.

    >>> len(partition_basis(3, 2, 2)), len(partition_basis(4, 2, 2))
    (14, 15)
    """
    return partition_diagrams(k, l, dimension(n))
