"""A second, tiny base category: integer matrices, with R[M](x, y) = Mᵀy. Exact, so laws hold to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catlearn.categories.cokleisli import CoKleisli
from catlearn.categories.lens import Lens, Optic, pair
from catlearn.categories.para import Para, Parametric
from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Box
from catlearn.core.errors import CompositionError
from catlearn.core.functor import Free, Functor, same_wire
from catlearn.core.wires import I, Object
from catlearn.laws.counterexample import Counterexample


@dataclass(frozen=True)
class Dim:
    """A wire that carries n integers."""

    n: int
    label: str | None = None

    @property
    def size(self) -> int:
        return self.n

    @property
    def shape_text(self) -> str:
        return f"({self.n},)"


def dim(A: Object) -> int:
    return sum(wire.n for wire in A.wires)


@dataclass(frozen=True, eq=False)
class Matrix(Arrow):
    dom: Object
    cod: Object
    rows: np.ndarray

    def then(self, other: Matrix) -> Matrix:
        if self.cod != other.dom:
            raise CompositionError(f"{self.cod} ≠ {other.dom}")
        return Matrix(self.dom, other.cod, other.rows @ self.rows)

    def tensor(self, other: Matrix) -> Matrix:
        top = np.zeros((dim(self.cod), dim(other.dom)), int)
        bottom = np.zeros((dim(other.cod), dim(self.dom)), int)
        return Matrix(self.dom @ other.dom, self.cod @ other.cod, np.block([[self.rows, top], [bottom, other.rows]]))

    @property
    def T(self) -> Matrix:
        return Matrix(self.cod, self.dom, self.rows.T)


@dataclass(frozen=True)
class MatCategory:
    def wiring(self, dom: Object, index: Sequence[int]) -> Matrix:
        starts = np.cumsum([0, *(wire.n for wire in dom.wires)])
        picked = [row for i in index for row in range(starts[i], starts[i + 1])]
        return Matrix(dom, dom.select(index), np.eye(dim(dom), dtype=int)[picked].reshape(len(picked), dim(dom)))

    def dagger(self, dom: Object, index: Sequence[int]) -> Matrix:
        return self.wiring(dom, index).T


Mat = MatCategory()


@dataclass(frozen=True)
class Entries:
    """The operation of a box of Mat: its entries, row by row."""

    entries: tuple[int, ...]
    name = "matrix"
    category = Mat


def matrix_box(rng: np.random.Generator, dom: Object, cod: Object, param: Object = I) -> Box:
    shape = dim(cod), dim(dom @ param)
    return Box(Entries(tuple(map(int, rng.integers(-3, 4, shape).ravel()))), dom, cod, param)


def _matrix(box: Box) -> Matrix:
    rows = np.array(box.op.entries).reshape(dim(box.cod), dim(box.dom @ box.own))
    return Matrix(box.dom @ box.own, box.cod, rows)


@dataclass(frozen=True)
class Transposed:
    """The operation of the lens of a matrix box. Its residual is its input, so that residuals are tried too."""

    box: Box
    category = Lens(Mat)

    @property
    def name(self) -> str:
        return self.box.op.name

    def optic(self, box: Box) -> Optic:
        f = _matrix(self.box)
        A, back = f.dom, f.T
        keep = Matrix(A, A @ f.cod, np.vstack([np.eye(dim(A), dtype=int), f.rows]))
        drop = Matrix(A @ f.cod, A, np.hstack([np.zeros((dim(A), dim(A)), int), back.rows]))
        return Optic(Mat, box.dom @ box.own, box.cod, A, keep, drop)


def _both(wire: Dim) -> Object:
    return pair(Mat, Object((wire,)), Object((wire,)), wire.label)


def _transposed(box: Box) -> Box:
    return Box(Transposed(box), transpose(box.dom), transpose(box.cod), transpose(box.own))


matrices = Functor(Para(Mat), on_wire=same_wire, on_box=lambda box: Parametric(Mat, box.dom, box.own, _matrix(box)))
transpose = Functor(Free, on_wire=_both, on_box=_transposed, name="transpose")


def lenses(f):
    """What the transposes of a diagram mean: `Lens(Mat).semantics`, as for any base."""
    return transpose(f) if isinstance(f, Object) else Lens(Mat).semantics(transpose(f))


def get(optic: Optic) -> Matrix:
    """The forward half without the residual. Type: `A → B`."""
    return optic.fwd >> Mat.wiring(optic.fwd.cod, range(len(optic.residual), len(optic.fwd.cod)))


def put(optic: Optic) -> Matrix:
    """The backward half from the input: optics are equal up to sliding what they keep. Type: `A ⊗ B' → A'`."""
    kept = optic.fwd >> Mat.wiring(optic.fwd.cod, range(len(optic.residual)))
    back = Mat.wiring(optic.bwd.dom[len(optic.residual) :], range(len(optic.bwd.dom) - len(optic.residual)))
    return (kept @ back) >> optic.bwd


def exact(law: str, lhs, rhs) -> Counterexample | None:
    """Equality of matrices, and of what is built from them, to the last digit."""
    match lhs, rhs:
        case Parametric(), Parametric():
            same = lhs.param == rhs.param and lhs.dom == rhs.dom
            return exact(law, lhs.arrow, rhs.arrow) if same else Counterexample(law, "parameters", lhs.param, rhs.param)
        case CoKleisli(), CoKleisli():
            same = lhs.category == rhs.category
            return exact(law, lhs.arrow, rhs.arrow) if same else Counterexample(law, "contexts", lhs.category, rhs.category)
        case Optic(), Optic():
            return exact(law, get(lhs), get(rhs)) or exact(law, put(lhs), put(rhs))
        case Matrix(), Matrix():
            same = lhs.dom == rhs.dom and lhs.cod == rhs.cod and np.array_equal(lhs.rows, rhs.rows)
            return None if same else Counterexample(law, "entries", lhs.rows, rhs.rows)
    raise AssertionError(f"{lhs} and {rhs} can't be compared")
