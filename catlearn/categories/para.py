"""`Para(C)`: arrows with an object of parameters, over any category C. Parameters stand on the right: `A ⊗ P → B`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from catlearn.core.arrow import Arrow, Category, middle_swapped
from catlearn.core.errors import CompositionError
from catlearn.core.functor import sum_objects
from catlearn.core.shown import Shown
from catlearn.core.text import unequal
from catlearn.core.wires import I, Object, difference


@dataclass(frozen=True, repr=False)
class Parametric(Arrow):
    """A 1-cell `(P, f : A ⊗ P → B)` of `Para(C)`. Type: `A → B`, with parameters P.

    Source: arXiv 2103.01931, §2.1 (there `P ⊗ A → B`).

    >>> import catlearn as cl
    >>> from catlearn.categories.smooth import smooth
    >>> (smooth(cl.R(2) >> cl.linear(3)) >> smooth(cl.R(3) >> cl.bias())).param
    R(2, 3) @ R(3)
    """

    base: Category
    dom: Object
    param: Object
    arrow: Any

    @property
    def cod(self) -> Object:
        return self.arrow.cod

    def then(self, other: Parametric) -> Parametric:
        """`(P, f); (Q, g) = (P ⊗ Q, (f ⊗ 1_Q); g)`: no swap is needed with parameters on the right."""
        other = self._lifted(other)
        if self.cod != other.dom:
            raise CompositionError(unequal(self, other))
        beside = self.arrow if not other.param.wires else self.arrow @ identity_of(self.base, other.param)
        return Parametric(self.base, self.dom, self.param @ other.param, beside >> other.arrow)

    def tensor(self, other: Parametric) -> Parametric:
        """`(P ⊗ Q, (1 ⊗ swap ⊗ 1); (f ⊗ g))`. Type: `A ⊗ C → B ⊗ D`."""
        other = self._lifted(other)
        blocks = self.dom, other.dom, self.param, other.param
        a, c, p, q = map(len, blocks)
        both = self.arrow @ other.arrow
        shuffled = both if not (c and p) else self.base.wiring(sum_objects(blocks), middle_swapped(a, c, p, q)) >> both
        return Parametric(self.base, self.dom @ other.dom, self.param @ other.param, shuffled)

    def _lifted(self, f: Any) -> Parametric:
        """An arrow of C as one of Para(C), so that `>>` and `@` take both."""
        return f if isinstance(f, Parametric) else Para(self.base).embed(f)

    def __rrshift__(self, other: Any) -> Parametric:
        return self._lifted(other).then(self)

    def __rmatmul__(self, other: Any) -> Parametric:
        return self._lifted(other).tensor(self)

    def reparameterise(self, along: Any) -> Parametric:
        """The 2-cell along `r : Q → P` of C: `(Q, (1_A ⊗ r); f)`. Raises CompositionError where r does not end in P."""
        r = along.arrow if isinstance(along, Parametric) else along
        if r.cod != self.param:
            raise CompositionError(
                f"a 2-cell must end in the parameters {self.param}, not in {r.cod}: {difference(self.param, r.cod)}."
            )
        return Parametric(self.base, self.dom, r.dom, (identity_of(self.base, self.dom) @ r) >> self.arrow)


@dataclass(frozen=True)
class Para(Shown):
    """The category `Para(C)`: 1-cells `(P, A ⊗ P → B)`. A functor on categories: `Para(C).along(F, D)` is `Para(F)`.

    Source: arXiv 2103.01931, §2.1.

    >>> from catlearn.categories.smooth import Smooth
    >>> from catlearn.core.wires import R
    >>> Para(Smooth), Para(Smooth).wiring(R(2) @ R(3), (1, 0)).cod
    (Para(Smooth), R(3) @ R(2))
    """

    base: Category

    def wiring(self, dom: Object, index: Sequence[int]) -> Parametric:
        """The wiring of C, with no parameters."""
        return self.embed(self.base.wiring(dom, index))

    def embed(self, f: Any) -> Parametric:
        """C → Para(C): an arrow as a 1-cell with parameters I."""
        return Parametric(self.base, f.dom, I, f)

    def along(self, F: Callable[[Any], Any], target: Category) -> Callable[[Parametric], Parametric]:
        """`Para(F) : Para(C) → Para(D)` of a functor `F : C → D` on objects and arrows: `(P, f) ↦ (F P, F f)`."""
        return lambda f: Parametric(target, F(f.dom), F(f.param), F(f.arrow))

    def __repr__(self) -> str:
        return f"Para({self.base})"


def identity_of(category: Category, A: Object) -> Any:
    """The identity arrow of A in a category, as a wiring."""
    return category.wiring(A, range(len(A)))
