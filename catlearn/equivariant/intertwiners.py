"""`Rep(G)`: wires that carry representations, and intertwiners between them as diagrams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax

from catlearn.categories.smooth import Smooth
from catlearn.core.diagram import Box, Diagram
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.family import Family
from catlearn.core.functor import Free, Functor
from catlearn.core.shown import Shown
from catlearn.core.text import short
from catlearn.core.wires import Object, R, Wire, is_whole
from catlearn.equivariant.admission import codomain_of, on_each_array
from catlearn.equivariant.representations import Representation, Tensor


@dataclass(frozen=True, repr=False)
class RepWire(Wire):
    """A wire with an action: `channels` copies of a representation, channels on the last axis of its arrays.

    Two of them are equal where their representations are, so what composes is an intertwiner. A wire without an action, such
    as `R(10)`, carries trivial representations.
    """

    rep: Representation = field(kw_only=True)
    channels: int = field(kw_only=True)

    @property
    def category(self) -> RepCategory:
        return RepCategory(self.rep.group)

    def __repr__(self) -> str:
        dtype = str(self.leaves[0].dtype)
        powers = self.rep.powers if isinstance(self.rep, Tensor) else None
        given = [f"channels={self.channels}"] * (self.channels != 1) + [f"dtype={dtype!r}"] * (dtype != "float32")
        if powers is None:
            compound = not isinstance(self.rep, Tensor) or len(self.rep.axes) > 1
            return f"{f'({self.rep!r})' if compound else repr(self.rep)}.wire({', '.join(given)})"
        group, power = (repr(self.rep.group), powers[0]) if len(powers) == 1 else (f"({self.rep.group!r})", powers)
        return f"{group}.power({', '.join([str(power), *given])})"


def represented(rep: Representation, channels: int = 1, dtype: Any = "float32") -> Object:
    """The object of one wire that carries `channels` copies of a representation; of a trivial one, without an action.

    Raises TypingError for channels that are no whole number ≥ 0.

    >>> from catlearn.equivariant import S
    >>> S(12).power(2, channels=3), S(12).power(0, channels=3)
    (S(12).power(2, channels=3), R(3))
    """
    if not is_whole(channels):
        raise TypingError(f"a wire carries a whole number of channels, not {channels!r}.")
    dtype = R(dtype=dtype).structs[0].dtype
    if isinstance(rep, Tensor) and not rep.axes:
        return R(int(channels), dtype=dtype)
    leaves, tree = jax.tree.flatten(rep.arrays(int(channels), dtype))
    return Object((RepWire(tuple(leaves), tree, rep=rep, channels=int(channels)),))


@dataclass(frozen=True)
class RepCategory(Shown):
    """The category of representations of a group: its arrows are the maps f with `f(ρ(g) x) = ρ'(g) f(x)`.

    Composites and tensors of intertwiners are intertwiners, and so are copies, swaps and discards. Smooth embeds in it as the
    maps of trivial representations. `underlying` forgets the actions.
    """

    group: Any

    base = Smooth

    def admitted(self, family: Family, dom: Object) -> Diagram:
        """The box of a family of Smooth as an intertwiner. Raises EquivarianceError where it is none."""
        box = on_each_array(family, dom).boxed(forget(dom))
        return intertwiner(box, dom, codomain_of(family, dom, box.cod))

    @staticmethod
    def join(a: Any, b: Any) -> Any:
        """The richer of two categories, one of which is Smooth."""
        over = [c for c in (a, b) if isinstance(c, RepCategory)]
        if len(over) == 2:
            raise CompositionError(
                f"arrows of {a} and {b} don't compose: write both over the product {over[0].group!r} * {over[1].group!r}."
            )
        other = b if over[0] is a else a
        return over[0] if other == Smooth else None

    def underlying(self, f: Diagram) -> Diagram:
        """The arrow of Smooth that an intertwiner is."""
        return forget(f)

    def transported(self, made: Callable[[Diagram], Diagram], f: Diagram) -> Diagram:
        """What is made of an intertwiner as an arrow of Smooth, where that changes neither its values nor its types."""
        box: Any = made(self.underlying(f))
        return Box(Acting(box, self), f.dom, f.cod, box.param, f.label)

    def wiring(self, dom: Object, index: Sequence[int]) -> Any:
        return Free.wiring(dom, index)

    def init(self, f: Diagram, key: jax.Array) -> tuple:
        """Initial values of a diagram's parameters."""
        return Smooth.init(forget(f), key)

    def call(self, f: Diagram, params: tuple, xs: tuple) -> Any:
        """Run an intertwiner on arrays."""
        return Smooth.call(forget(f), params, xs)

    def __repr__(self) -> str:
        return f"Rep({self.group!r})"


@dataclass(frozen=True, repr=False)
class Acting:
    """The operation of a box of Smooth that is an intertwiner."""

    box: Box
    category: Any

    body = None
    loops = False
    times = 1

    @property
    def name(self) -> str:
        return self.box.op.name

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return self.box.op.initial(key, self.box.dom)

    def __repr__(self) -> str:
        return repr(self.box.op)


def intertwiner(box: Box, dom: Object, cod: Object) -> Diagram:
    """A box of Smooth that is known to be an intertwiner, between wires with actions."""
    group = next((wire.category for wire in (dom @ cod).wires if isinstance(wire, RepWire)), None)
    return box if group is None else Box(Acting(box, group), dom, cod, box.own)


def forget(f: Any) -> Any:
    """The functor `Rep(G) → Smooth` that forgets the actions: the way out, to boxes that break the symmetry. Objects to objects.

    Raises TypingError for a family, which has no domain yet.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import S
    >>> model = S(5).power(1, channels=4) >> cl.relu
    >>> cl.forget(model) >> cl.flatten
    R(5, 4) >> relu >> flatten
    # R(5, 4) → R(20), no parameters
    """
    if not isinstance(f, Object | Diagram):
        raise TypingError(f"forget takes an object or a diagram, got {short(f)}.")
    return _forget(f)


def _plain_wire(wire: Any) -> Object:
    return Object((Wire(wire.leaves, wire.tree, wire.label) if isinstance(wire, RepWire) else wire,))


def _plain_box(box: Box) -> Diagram:
    return replace(box.op.box, label=box.label) if isinstance(box.op, Acting) else box


_forget = Functor(Free, on_wire=_plain_wire, on_box=_plain_box, name="")
