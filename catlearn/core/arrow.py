"""What every arrow of every category here can do, and what a category must offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from catlearn.core.shown import Shown


class Arrow(Shown):
    """An arrow `dom → cod` of some category: composes with `>>`, tensors with `@`.

    A concrete arrow defines `dom`, `cod`, `then` and `tensor`; the operators follow.
    """

    dom: Any
    cod: Any

    def then(self, other: Any) -> Any:
        """`f.then(g)`: first f, then g. Type: (A → B) × (B → C) → (A → C)."""
        raise NotImplementedError

    def tensor(self, other: Any) -> Any:
        """`f.tensor(g)`: side by side. Type: (A → B) × (C → D) → (A ⊗ C → B ⊗ D)."""
        raise NotImplementedError

    def like(self, node: Any, functor: str) -> Any:
        """This arrow as the image of a diagram's node: arrows that bear names take the node's, others have none to take."""
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.dom} → {self.cod}>"

    def __rshift__(self, other: Any) -> Any:
        return self.then(other)

    def __matmul__(self, other: Any) -> Any:
        return self.tensor(other)


class Category(Protocol):
    """What a construction (`Para`, `Lens`, a functor) needs of the category that it is built from.

    `wiring(dom, index)` is the arrow `dom → dom[index[0]] ⊗ dom[index[1]] ⊗ …`: identities, swaps, copies and discards.
    A category without copies raises for indices that are not permutations. One that others embed in, such as CoKl, has
    `join(a, b)`, the category of composites of arrows of both, and `underlying(f)`, the arrow of its `base` that f is. One that
    does not take every box of its base between its own wires says which, by `admitted(family, dom)`; its `transported(made, f)`
    is what `made` makes of the underlying arrow, such as a segment that is recomputed, between the wires of f.
    """

    def wiring(self, dom: Any, index: Sequence[int]) -> Any: ...


class AdditiveCategory(Category, Protocol):
    """A Cartesian left-additive category: its hom-sets are commutative monoids. What `Lens` needs to send copies along.

    `dagger(dom, index)` is the transpose of the wiring: copies become sums, discards become zeros.
    """

    def dagger(self, dom: Any, index: Sequence[int]) -> Any: ...


def middle_swapped(a: int, b: int, c: int, d: int) -> list[int]:
    """The index of the wiring `1_A ⊗ swap_{B,C} ⊗ 1_D` on blocks of so many wires.

    >>> middle_swapped(1, 2, 1, 1)
    [0, 3, 1, 2, 4]
    """
    return [*range(a), *range(a + b, a + b + c), *range(a, a + b), *range(a + b + c, a + b + c + d)]


def balanced(operation, arrows: Sequence[Any]) -> Any:
    """Combine arrows pairwise as a balanced tree: strict associativity makes the bracketing free.

    Depth is log n, so a thousand layers nest ten calls deep, and tuples of wires are copied n log n times, not n².

    >>> balanced(lambda a, b: f"({a}{b})", "abcd")
    '((ab)(cd))'
    """
    layer = list(arrows)
    while len(layer) > 1:
        pairs = [operation(a, b) for a, b in zip(layer[::2], layer[1::2], strict=False)]
        layer = pairs + layer[len(pairs) * 2 :]
    return layer[0]
