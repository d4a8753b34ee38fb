"""Diagrams with a determinant map: what those of SO(n) and of the alternating group Aₙ share.

n legs of the Levi-Civita symbol ε are joined with blocks, the marked ones. A leg that is joined with none is summed over, and of
two of those, or of two legs on one block, the sum is zero. Two symbols in one diagram are a signed sum of diagrams without one:
`ε ⊗ ε = Σ sgn(σ) Π δ` over the permutations σ of n. Of three symbols any two may be taken together: the sums are equal as maps,
for Rep is a quotient, and not as sums of diagrams. So composition is associative on the nose where at most two have a symbol,
and up to the functor to Rep where more have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import jax
import numpy as np

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.equivariant.combinations import Combination, combination
from catlearn.equivariant.diagonals import diagonals, repeated, spread
from catlearn.equivariant.diagrams import (
    Block,
    DiagramCategory,
    PointDiagram,
    beside,
    components,
    dense,
    dimension,
    flipped,
    stacked,
    times,
)
from catlearn.equivariant.levi_civita import contracted, parity, symbol


@dataclass(frozen=True)
class DeterminantCategory(DiagramCategory):
    """A category of diagrams for one n."""

    n: int

    def size(self, n: Any = None) -> int:
        """The dimension of the vector space that one point stands for. Raises ArgumentError for another."""
        if n not in (None, self.n):
            raise ArgumentError(f"{self!r} has no meaning for n = {n!r}.")
        return self.n


@dataclass(frozen=True, repr=False)
class Determinant(PointDiagram):
    """A diagram of a category of one n, with the marked blocks that the legs of ε are joined with, if it has one. Type: `k → l`.

    ε reads the marked blocks in the order of their first points, those of the codomain first, and then the leg that is joined
    with none. `>>`, `@` and `dagger` give a diagram where they can, and else a `Combination`: a diagram with the sign −1,
    zero, or a signed sum.
    """

    n: int = 1
    marked: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        marked = tuple(sorted(tuple(sorted(block)) for block in self.marked))
        if not set(marked) <= set(self.blocks) or len(set(marked)) < len(marked):
            raise TypingError(f"marked blocks are among the blocks {self.blocks!r}, each once; got {self.marked!r}.")
        if marked and not 0 <= dimension(self.n) - len(marked) <= 1:
            raise TypingError(f"a determinant of {self.n} legs marks {self.n} blocks or one less, got {len(marked)}: {marked!r}.")
        object.__setattr__(self, "n", dimension(self.n))
        object.__setattr__(self, "marked", marked)

    @property
    def hidden(self) -> int:
        """How many legs are joined with no block: 1 or 0."""
        return self.n - len(self.marked) if self.marked else 0

    def scalar_and_rest(self) -> tuple[int, Any]:
        """The diagram without its loops, which count n each."""
        return self.n**self.loops, replace(self, loops=0)

    @property
    def order(self) -> Any:
        """By what diagrams of one type are sorted in a sum."""
        return self.marked, *super().order

    # as an arrow

    def then(self, other: Any) -> Any:
        """First this, then the other: (k → m) × (m → l) → (k → l). Two symbols give a sum of at most n! diagrams."""
        if isinstance(other, Combination) or not (self.marked or getattr(other, "marked", ())):
            return super().then(other)
        self._meets(other)
        size, groups = stacked(self, other)
        return self._with(other, self.dom, other.cod, size, groups)

    def tensor(self, other: Any) -> Any:
        """Side by side: (k → l) × (k' → l') → (k + k' → l + l'). Two symbols give a sum of at most n! diagrams."""
        if isinstance(other, Combination) or not (self.marked or getattr(other, "marked", ())):
            return super().tensor(other)
        self._of_my_kind(other, "@")
        groups = [*beside(self, 0, other.cod), *beside(other, self.cod, self.cod + self.dom)]
        dom, cod = self.dom + other.dom, self.cod + other.cod
        return self._with(other, dom, cod, dom + cod, groups)

    def dagger(self) -> Any:
        """The same diagram upside down: `(k → l) → (l → k)`, the transpose of the matrix; with the sign of what ε reads."""
        blocks = [flipped(block, self) for block in self.blocks]
        legs = [flipped(block, self) for block in self.marked]
        return self._signed(self.cod, self.dom, blocks, legs, self.loops)

    def _with(self, other: Any, dom: int, cod: int, size: int, groups: list[Block]) -> Any:
        """The composite, on so many nodes, the points of which are the first; `groups` has the blocks of both."""
        mine, yours = groups[: len(self.blocks)], groups[len(self.blocks) :]
        first = [mine[self.blocks.index(block)][0] for block in self.marked] + [size] * self.hidden
        second = [yours[other.blocks.index(block)][0] for block in other.marked] + [size + self.hidden] * other.hidden
        size, loops = size + self.hidden + other.hidden, self.loops + other.loops
        if not (first and second):
            return self._one(dom, cod, components(size, groups), first or second, loops)
        terms = []
        for order in permutations(range(self.n)):
            joined = components(size, [*groups, *((first[i], second[j]) for i, j in enumerate(order))])
            made = self._one(dom, cod, joined, [], loops)
            terms.append((parity(order), made))
        return Combination(self.category, dom, cod, tuple(terms)).simplified()

    def _one(self, dom: int, cod: int, roots: list[int], ends: Sequence[int], loops: int) -> Any:
        """The diagram of these components of nodes, with legs that end at some of them."""
        members: dict[int, list[int]] = {}
        for x, root in enumerate(roots):
            members.setdefault(root, []).append(x)
        blocks = {root: tuple(x for x in nodes if x < dom + cod) for root, nodes in members.items()}
        legs = [blocks[roots[x]] for x in ends]
        closed = sum(not block for root, block in blocks.items() if root not in {roots[x] for x in ends})
        return self._signed(dom, cod, [block for block in blocks.values() if block], legs, loops + closed)

    def _signed(self, dom: int, cod: int, blocks: Sequence[Block], legs: Sequence[Block], loops: int) -> Any:
        """The diagram whose ε reads the legs in this order, an empty one being summed over."""
        if len(set(legs)) < len(legs):
            return Combination(self.category, dom, cod)
        order = sorted(range(len(legs)), key=lambda i: (not legs[i], legs[i]))
        marked = tuple(block for block in legs if block)
        d = replace(self, dom=dom, cod=cod, blocks=tuple(blocks), loops=loops, marked=marked)
        return d if parity(order) == 1 else -combination(d)

    # the functor

    def size_here(self, n: Any) -> int:
        """n. Raises ArgumentError where another is given."""
        if n is not None and n != self.n:
            raise ArgumentError(f"{self!r} is of n = {self.n}, so it has no meaning for n = {n!r}.")
        return self.n

    def matrix(self, n: int | None = None) -> np.ndarray:
        """The image under the functor: int64, shape (n^l, n^k), row-major. For tests: `apply` never forms it."""
        n = self.size_here(n)
        axes = [n if block in self.marked else 1 for block in self.blocks]
        values = symbol(n, self.hidden).reshape(axes) if self.marked else 1
        tensor = dense(self.blocks, self.cod + self.dom, n, self.loops, values)
        return tensor.reshape(n**self.cod, n**self.dom)

    def apply(self, x: Any, n: int | None = None) -> jax.Array:
        """The matrix times x, never formed. Type: `(n,)*k + channels → (n,)*l + channels`, in the dtype of x.

        Where u blocks cross, b are of the domain and t of the codomain, and c, m, s of these are marked, it costs, for each
        channel, n^(u+b) reads, n^(u+b) − n^(u+m) additions, n^(u−c) n! / s! reads with a sign and
        n^(u−c) n! / ((n−c−s)! s!) ((n−c−s)! − 1) additions of these, and n^(u+t) writes besides the zeros of the result.
        Without marks it is that of a partition diagram. Raises ArgumentError for another shape.
        Source: Pearce-Crump (arXiv 2304.14165), with ε by one signed sum for each set of values at the top.
        """
        x, n = self._input(x, self.size_here(n))
        ends = [tuple(b for b in kind if (b in self.marked) == mark) for kind in self._kinds for mark in (False, True)]
        plain, cross, summed, met, copied, made = ends
        y = diagonals(x, [self.lower(block) for block in plain + cross + met + summed])
        kept = len(plain + cross + met)
        y = times(y.sum(axis=range(kept, kept + len(summed)), dtype=x.dtype), n**self.loops)
        if self.marked:
            read = [self.marked.index(block) for block in cross + made + met]
            y = parity(read) * contracted(y, len(plain), len(cross), len(made), len(met), n)
        y = repeated(y, len(plain + cross + made), len(copied), n)
        return spread(y, [self.upper(block) for block in plain + cross + made + copied], n)

    @property
    def _kinds(self) -> tuple[tuple[Block, ...], ...]:
        return self.cross, self.domain_only, self.codomain_only


def given_n(name: str, n: Any, legs: int, most: int) -> int:
    """n of a diagram with so many marked things: as given, or their number. Raises TypingError where these don't fit."""
    if n is None and not legs:
        raise TypingError(f"{name}: a diagram without marks does not tell n; write {name}(…, n=3).")
    n = dimension(legs if n is None else n)
    if legs and not n - most <= legs <= n:
        raise TypingError(f"{name}: n = {n} takes {f'{n - most} or ' if most else ''}{n} marked with *, or none; got {legs}.")
    return n
