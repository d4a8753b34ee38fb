"""`Lens(C)`: arrows that go both ways, over any category C, kept as optics with an explicit residual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from catlearn.categories.para import Para, Parametric, identity_of
from catlearn.core.arrow import AdditiveCategory, Arrow, Category, middle_swapped
from catlearn.core.diagram import Diagram
from catlearn.core.errors import ArgumentError, CompositionError
from catlearn.core.functor import Functor, expanded, same_wire, sum_objects
from catlearn.core.parameters import initialise
from catlearn.core.shown import Shown
from catlearn.core.text import short, unequal
from catlearn.core.values import pack, values_of
from catlearn.core.wires import Object


@dataclass(frozen=True)
class Pair:
    """A wire of Lens(C): an object `A` of C going forward and an object `A'` of C coming back."""

    base: Category
    fwd: Object
    bwd: Object
    label: str | None = field(default=None, compare=False)

    @property
    def category(self) -> Lens:
        return Lens(self.base)

    @property
    def size(self) -> int:
        return self.fwd.size

    @property
    def bytes(self) -> int:
        return self.fwd.bytes

    @property
    def shape_text(self) -> str:
        return " ".join(wire.shape_text for wire in self.fwd.wires)

    def __repr__(self) -> str:
        return f"reverse({self.fwd})" if self.fwd == self.bwd else f"Pair({self.fwd}, {self.bwd})"


def pair(base: Category, fwd: Object, bwd: Object, label: str | None = None) -> Object:
    """The object `(A, A')` of Lens(C), as one wire.

    >>> from catlearn.categories.smooth import Smooth
    >>> from catlearn.core.wires import R, I
    >>> pair(Smooth, R(2), I)
    Pair(R(2), I)
    """
    return Object((Pair(base, fwd, bwd, label),))


def forward_of(A: Object) -> Object:
    """The object of C that goes forward along an object of Lens(C)."""
    return sum_objects(wire.fwd for wire in A.wires)


def backward_of(A: Object) -> Object:
    """The object of C that comes back along an object of Lens(C)."""
    return sum_objects(wire.bwd for wire in A.wires)


@dataclass(frozen=True)
class Residual:
    """A wire for what a box keeps between its passes, where only running the box tells its shape."""

    label: str | None = None

    def __repr__(self) -> str:
        return f"Residual({self.label!r})"


@dataclass(frozen=True, repr=False)
class Optic(Arrow):
    """An arrow `(A, A') → (B, B')` of Lens(C): `fwd : A → M ⊗ B` and `bwd : M ⊗ B' → A'` with the residual M.

    Composition keeps both residuals, so nothing is computed twice. Source: theory of optics, Riley 2018
    (arXiv 1809.00738); as lenses, arXiv 2103.01931 §2.2.

    >>> import catlearn as cl
    >>> optic = Lens(cl.Smooth).semantics(cl.reverse(cl.R(2) >> cl.tanh >> cl.tanh)).arrow
    >>> len(optic.residual), optic.bwd.cod
    (2, R(2))
    """

    base: Any
    dom: Object
    cod: Object
    residual: Object
    fwd: Any
    bwd: Any

    def then(self, other: Any) -> Optic:
        """`fwd = f.fwd; (1_M ⊗ g.fwd)`, `bwd = (1_M ⊗ g.bwd); f.bwd`, residual M ⊗ N."""
        if not isinstance(other, Optic):
            return NotImplemented  # a richer arrow lifts this one
        if self.cod != other.dom:
            raise CompositionError(unequal(self, other))
        keep = identity_of(self.base, self.residual)
        fwd, bwd = self.fwd >> (keep @ other.fwd), (keep @ other.bwd) >> self.bwd
        return Optic(self.base, self.dom, other.cod, self.residual @ other.residual, fwd, bwd)

    def tensor(self, other: Any) -> Optic:
        """Side by side, with the residuals moved together. Type: `(A ⊗ C, A' ⊗ C') → (B ⊗ D, B' ⊗ D')`."""
        if not isinstance(other, Optic):
            return NotImplemented
        m, n = len(self.residual), len(other.residual)
        b, db = len(forward_of(self.cod)), len(backward_of(self.cod))
        fwd, bwd = self.fwd @ other.fwd, self.bwd @ other.bwd
        if n and b:
            fwd = fwd >> self.base.wiring(fwd.cod, middle_swapped(m, b, n, len(fwd.cod) - m - b - n))
        if n and db:
            gathered = self.residual @ other.residual @ backward_of(self.cod) @ backward_of(other.cod)
            bwd = self.base.wiring(gathered, middle_swapped(m, n, db, len(gathered) - m - n - db)) >> bwd
        return Optic(self.base, self.dom @ other.dom, self.cod @ other.cod, self.residual @ other.residual, fwd, bwd)


@dataclass(frozen=True)
class Lens(Shown):
    """The category `Lens(C)`. Its diagrams are made of boxes whose operation gives an `optic(box)` over C.

    Wirings of C go along with their transposes, which takes a C with `dagger`; permutations do without.
    Source: arXiv 2103.01931, §2.2.

    >>> from catlearn.categories.smooth import Smooth
    >>> from catlearn.core.wires import R
    >>> Lens(Smooth), Lens(Smooth).wiring(pair(Smooth, R(2), R(2)), (0, 0)).bwd.dom
    (Lens(Smooth), R(2) @ R(2))
    """

    base: AdditiveCategory | Any

    def wiring(self, dom: Object, index: Sequence[int]) -> Optic:
        """Copies, swaps and discards forward; sums, swaps and zeros backward (RD.3, RD.4)."""
        chosen, cod = list(index), dom.select(index)
        fwd = self.base.wiring(forward_of(dom), expanded([len(wire.fwd) for wire in dom.wires], chosen))
        back = expanded([len(wire.bwd) for wire in dom.wires], chosen)
        bwd = (
            self.base.wiring(backward_of(cod), _inverse(back))
            if _permutes(back, dom)
            else self.base.dagger(backward_of(dom), back)
        )
        return Optic(self.base, dom, cod, Object(), fwd, bwd)

    def semantics(self, diagram: Diagram) -> Parametric:
        """What a diagram of lenses means in `Para(Lens(C))`: one optic."""
        on_box = lambda box: Parametric(self, box.dom, box.own, box.op.optic(box))  # noqa: E731
        return Functor(Para(self), on_wire=same_wire, on_box=on_box, name="lens")(diagram)

    def init(self, diagram: Diagram, key: Any) -> tuple:
        """Initial values of a diagram's parameters, as they go forward."""
        return initialise(diagram, forward_of(diagram.param), key)

    def forward(self, diagram: Diagram, params: tuple, xs: tuple) -> tuple[Any, tuple]:
        """`(y, residual)`: run the forward half on values."""
        xs = values_of(forward_of(diagram.dom), xs, diagram, "inputs")
        params = values_of(forward_of(diagram.param), params, diagram, "parameters")
        optic = self.semantics(diagram).arrow
        out, m = optic.fwd.run((*xs, *params)), len(optic.residual)
        return pack(out[m:]), out[:m]

    def backward(self, diagram: Diagram, residual: tuple, dys: tuple) -> tuple[tuple, Any]:
        """`(dparams, dx)`: run the backward half on what the forward half kept and on changes of its outputs."""
        optic = self.semantics(diagram).arrow
        if not isinstance(residual, tuple) or len(residual) != len(optic.residual):
            raise ArgumentError(f"{short(diagram)}: backward takes the residual that forward gave, as it was.")
        dys = values_of(backward_of(diagram.cod), dys, diagram, "changes of outputs")
        back, n = optic.bwd.run((*residual, *dys)), len(backward_of(diagram.dom))
        return back[n:], pack(back[:n])

    def __repr__(self) -> str:
        return f"Lens({self.base})"


def _permutes(index: list[int], dom: Object) -> bool:
    return sorted(index) == list(range(len(backward_of(dom))))


def _inverse(index: list[int]) -> list[int]:
    return sorted(range(len(index)), key=index.__getitem__)
