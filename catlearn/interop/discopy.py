"""DisCoPy and catlearn, both ways: diagrams of a Markov category, with copies and discards.

An arrow `A → B` with parameters P goes to a DisCoPy diagram `A ⊗ P → B`: `Para` of a functor into `discopy.markov`. What
DisCoPy's own drawing does not tell: which wires are parameters, which go back (both are wires among the others), which of them a
wire of a loop feeds, and which boxes are composites. That is why `draw` has a layout of its own.
Sources: de Felice, Toumi, Coecke 2020 (DisCoPy, arXiv 2005.02975); Fritz 2020 (Markov categories, arXiv 1908.07021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from discopy import cat, markov, monoidal, symmetric

from catlearn.categories.para import Para, Parametric
from catlearn.core.arrow import Arrow, balanced
from catlearn.core.diagram import Diagram, Par, Reparameterised, Seq, identity
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.family import Family
from catlearn.core.functor import Functor, same_wire, sum_objects
from catlearn.core.text import short
from catlearn.core.wires import Object, difference
from catlearn.draw.sketch import title_of
from catlearn.interop.reading import Reading, blocks


class Ob(cat.Ob):
    """A wire as an object of DisCoPy, whose name is the wire's code. Equal to any other of that name."""

    def __init__(self, wire: Any, is_parameter: bool = False):
        super().__init__(repr(wire))
        self.wire, self.is_parameter = wire, is_parameter

    def __eq__(self, other: object) -> bool:
        return isinstance(other, cat.Ob) and self.name == other.name

    def __hash__(self) -> int:
        return hash(cat.Ob(self.name))


def is_parameter(ob: Any) -> bool:
    """Whether an object of DisCoPy is a wire of parameters."""
    return isinstance(ob, Ob) and ob.is_parameter


@dataclass(frozen=True, repr=False)
class Exported(Arrow):
    """An arrow of `Markov`: a DisCoPy diagram between objects of ours."""

    dom: Object
    cod: Object
    diagram: Any

    def then(self, other: Exported) -> Exported:
        return Exported(self.dom, other.cod, self.diagram >> other.diagram)

    def tensor(self, other: Exported) -> Exported:
        return Exported(self.dom @ other.dom, self.cod @ other.cod, self.diagram @ other.diagram)


@dataclass(frozen=True)
class MarkovCategory:
    """The category of DisCoPy's diagrams with copies and discards."""

    def wiring(self, dom: Object, index: Sequence[int]) -> Exported:
        times = [index.count(i) for i in range(len(dom))]
        copies = [_copy(type_of(A), n) for A, n in zip(dom, times, strict=True)]
        order = sorted(range(len(index)), key=lambda k: index[k])  # of the copies, beside each other
        places = sorted(range(len(index)), key=order.__getitem__)
        spread = markov.Id().tensor(*copies)
        placed = spread.permute(*places) if places else spread
        return Exported(dom, dom.select(index), placed)


def _copy(ty: Any, n: int) -> Any:
    return markov.Id(ty) if n == 1 else markov.Copy(ty, n)  # type: ignore[abstract]


@dataclass(frozen=True)
class Parameter:
    """A wire of parameters, or of what is made of parameters alone."""

    wire: Any


def type_of(A: Object) -> Any:
    """An object as a type of DisCoPy."""
    return monoidal.Ty(*(Ob(w.wire, True) if isinstance(w, Parameter) else Ob(w) for w in A.wires))


@dataclass(frozen=True, repr=False)
class Export(Functor):
    """The functor to `Para(Markov)`. Composites under a name, and 2-cells with an initialiser of their own, are boxes."""

    def seq(self, node: Seq, images: Sequence[Any]) -> Any:
        return super().seq(node, images) if node.name is None else self.closed(node)

    def par(self, node: Par, images: Sequence[Any]) -> Any:
        return super().par(node, images) if node.name is None else self.closed(node)

    def reparameterised(self, node: Reparameterised, body: Any, along: Any) -> Any:
        whole = node.label is None and node.initialiser is None
        return super().reparameterised(node, body, above(node.along)) if whole else self.closed(node)

    def closed(self, node: Any) -> Any:
        return self.on_box(node)


def _upper(wire: Any) -> Object:
    return Object((Parameter(wire),))


def _upper_box(f: Diagram) -> Parametric:
    return _box(f, _upper)


def _box(f: Diagram, on_wire: Callable[[Any], Object] = same_wire) -> Parametric:
    dom, cod = (sum_objects(map(on_wire, A.wires)) for A in (f.dom, f.cod))
    param = sum_objects(map(_upper, f.param.wires))
    box = markov.Box(title_of(f), type_of(dom @ param), type_of(cod), data=f)  # type: ignore[abstract]
    return Parametric(Markov, dom, param, Exported(dom @ param, cod, box))


Markov = MarkovCategory()
above = Export(Para(Markov), on_wire=_upper, on_box=_upper_box, name="to_discopy")
export = Export(Para(Markov), on_wire=same_wire, on_box=_box, name="to_discopy")


def exported(f: Diagram, zoom: int) -> Any:
    """The DisCoPy diagram of an arrow: see `to_discopy`."""
    labelled = type_of(f.dom @ sum_objects(map(_upper, f.param.wires)))  # with the paths of parameters
    return markov.Id(labelled) >> export(_opened(f, zoom)).arrow.diagram


def _opened(f: Diagram, level: int) -> Diagram:
    """The arrow without the names of its composites, down to this level."""
    if isinstance(f, Seq | Par) and f.name is not None:
        return f if level <= 1 else _opened(replace(f, op=None, label=None), level - 1)
    match f:
        case Seq():
            return balanced(lambda a, b: a >> b, [_opened(part, level) for part in f.parts])
        case Par():
            return balanced(lambda a, b: a @ b, [_opened(part, level) for part in f.parts])
        case Reparameterised(label=None, initialiser=None):
            return _opened(f.body, level).reparameterise(f.along)
    return f


@dataclass(frozen=True)
class Import:
    """What a functor from diagrams of DisCoPy does on objects and boxes, by name. What `to_discopy` made, it takes back."""

    objects: Mapping[str, Object]
    boxes: Mapping[str, Any]

    def on_object(self, ob: Any) -> Object:
        if isinstance(ob, Ob):
            return Object((ob.wire,))
        found = self.objects.get(ob.name)
        if not isinstance(found, Object):
            raise TypingError(
                f"the DisCoPy object {ob.name!r} has no object here: write from_discopy(…, objects={{{ob.name!r}: cl.R(…)}})."
            )
        return found

    def on_type(self, ty: Any) -> Object:
        return sum_objects(map(self.on_object, ty.inside))

    def on_box(self, box: Any) -> Diagram:
        """The arrow that a box is. The last wires of one that `to_discopy` made are the parameters of the arrow."""
        match box:
            case symmetric.Swap():
                return blocks((self.on_type(box.left), self.on_type(box.right)), (1, 0))
            case markov.Copy():
                return blocks((self.on_type(box.dom),), [0] * len(box.cod))
        dom, cod = self.on_type(box.dom), self.on_type(box.cod)
        found = self._found(box)
        f = dom >> found if isinstance(found, Family) else found
        if not isinstance(f, Diagram):
            raise TypingError(f"the DisCoPy box {box.name!r} has to be a diagram or a layer here, got {f!r}.")
        takes = f.dom @ f.param if self.parameters(box) else f.dom
        for verb, expected, came in (("takes", dom, takes), ("gives", cod, f.cod)):
            if expected != came:
                raise CompositionError(
                    f"the DisCoPy box {box.name!r} {verb} {expected}, and {short(f)} {verb} {came}.\n"
                    f"  first difference: {difference(expected, came)}"
                )
        return f

    def _found(self, box: Any) -> Any:
        kind = "dagger" if box.is_dagger else type(box).__name__
        if not box.is_dagger and (box.name in self.boxes or isinstance(box.data, Diagram)):
            return self.boxes.get(box.name, box.data)
        if kind == "Box":
            advice = f"write from_discopy(…, boxes={{{box.name!r}: …}}), with a diagram or a layer"
            raise TypingError(f"the DisCoPy box {box.name!r} has no arrow here: {advice}.")
        raise TypingError(f"{box} is a {kind} of DisCoPy, which is no arrow here: boxes, swaps, copies and discards are.")

    def parameters(self, box: Any) -> int:
        """How many of the last wires of a box are parameters."""
        return len(box.data.param) if isinstance(box.data, Diagram) and box.name not in self.boxes else 0


def imported(diagram: Any, functor: Import) -> Diagram:
    """The arrow of a DisCoPy diagram: see `from_discopy`."""
    if not isinstance(diagram, monoidal.Diagram):
        raise TypingError(
            f"from_discopy takes a diagram of DisCoPy, such as one of discopy.markov, got {type(diagram).__name__}."
        )
    wires = tuple((is_parameter(ob), functor.on_object(ob)) for ob in diagram.dom.inside)
    data, params = (sum_objects(A for upper, A in wires if upper == side) for side in (False, True))
    reading = Reading(identity(data), identity(params), wires)
    for box, at in _boxes(diagram):
        if isinstance(box, symmetric.Swap) and reading.wires[at][0] != reading.wires[at + 1][0]:
            reading = reading.crossed(at)
            continue
        cod = [functor.on_object(ob) for ob in box.cod.inside]
        upper = bool(box.dom) or all(map(is_parameter, box.cod.inside))
        reading = reading.box(functor.on_box(box), cod, at, len(box.dom), functor.parameters(box), upper)
    return reading.closed()


def _boxes(diagram: Any) -> Iterator[tuple[Any, int]]:
    """The boxes in order, and how many wires are on the left of each when its turn comes."""
    for layer in diagram.inside:
        at = 0
        for part in layer.boxes_or_types:
            if isinstance(part, monoidal.Box):
                yield part, at
            at += len(part.cod if isinstance(part, monoidal.Box) else part)
