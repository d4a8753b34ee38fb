"""Binding times: an arrow cut into what can be done early, before some of its inputs are known, and what must wait for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catlearn.categories.smooth import Smooth
from catlearn.core.arrow import Arrow, middle_swapped
from catlearn.core.diagram import Box, Diagram, identity, wiring
from catlearn.core.functor import Functor, same_wire
from catlearn.core.wires import Object

Flags = tuple[bool, ...]


@dataclass(frozen=True)
class Cut:
    """`early : Aₑ → Bₑ ⊗ M` and `late : M ⊗ Aₗ → Bₗ`, whose composite over M is the arrow; `out` flags what of B is late."""

    early: Diagram
    late: Diagram
    kept: Object
    out: Flags

    def waiting(self, cod: Object) -> Cut:
        """The same with all of B late, in its order: what was early is kept on M."""
        made, m = len(self.out) - sum(self.out), len(self.kept)
        done, waits = iter(range(made)), iter(range(made, len(cod)))
        whole = self.early.cod @ self.late.dom[m:]
        late = identity(self.early.cod[:made]) @ self.late
        order = wiring(late.cod, [next(waits) if flag else next(done) for flag in self.out])
        assert late.dom == whole and order.cod == cod
        return Cut(self.early, late >> order, self.early.cod, (True,) * len(cod))


@dataclass(frozen=True, repr=False)
class Timed(Arrow):
    """An arrow, cut for each choice of which wires of its domain come late."""

    dom: Object
    cod: Object
    at: Callable[[Flags], Cut]

    def then(self, other: Timed) -> Timed:
        """`early = f.early; (g.early ⊗ 1_M)`, `late = (1_N ⊗ f.late); g.late`, with N ⊗ M between: as optics compose."""

        def at(flags: Flags) -> Cut:
            f = self.at(flags)
            g = other.at(f.out)
            return Cut(f.early >> g.early @ f.kept, g.kept @ f.late >> g.late, g.kept @ f.kept, g.out)

        return Timed(self.dom, other.cod, at)

    def tensor(self, other: Timed) -> Timed:
        def at(flags: Flags) -> Cut:
            n = len(self.dom)
            f, g = self.at(flags[:n]), other.at(flags[n:])
            b, d, m, k = len(f.early.cod) - len(f.kept), len(g.early.cod) - len(g.kept), len(f.kept), len(g.kept)
            early, late = f.early @ g.early, f.late @ g.late
            shuffled = early >> wiring(early.cod, middle_swapped(b, m, d, k))
            a, c = len(f.late.dom) - m, len(g.late.dom) - k
            gathered = f.kept @ g.kept @ f.late.dom[m:] @ g.late.dom[k:]
            return Cut(shuffled, wiring(gathered, middle_swapped(m, k, a, c)) >> late, f.kept @ g.kept, f.out + g.out)

        return Timed(self.dom @ other.dom, self.cod @ other.cod, at)


class _Times:
    """The category of timed arrows."""

    def wiring(self, dom: Object, index: Sequence[int]) -> Timed:
        def at(flags: Flags) -> Cut:
            early, late = _among(dom, index, flags, False), _among(dom, index, flags, True)
            return Cut(early, late, Object(), tuple(flags[i] for i in index))

        return Timed(dom, dom.select(index), at)


def _among(dom: Object, index: Sequence[int], flags: Flags, which: bool) -> Diagram:
    """The part of a wiring on the wires that are flagged so."""
    wires = [i for i, flag in enumerate(flags) if flag == which]
    return wiring(dom.select(wires), [wires.index(i) for i in index if flags[i] == which])


def _on_box(box: Box) -> Timed:
    def at(flags: Flags) -> Cut:
        if not any(flags):
            return Cut(box, identity(Object()), Object(), (False,) * len(box.cod))
        first = [i for i, flag in enumerate(flags) if not flag]
        order = [*first, *(i for i, flag in enumerate(flags) if flag)]
        gathered, kept = box.dom.select(order), box.dom.select(first)
        return Cut(
            identity(kept), wiring(gathered, [order.index(i) for i in range(len(order))]) >> box, kept, (True,) * len(box.cod)
        )

    return Timed(box.dom, box.cod, at)


_timing = Functor(_Times(), on_wire=same_wire, on_box=_on_box, name="early", source=Smooth)


def cut(f: Diagram, late: Sequence[bool]) -> Cut:
    """An arrow without parameters, cut by which wires of its domain come late. Type: `(A → B) ↦ (Aₑ → Bₑ ⊗ M, M ⊗ Aₗ → Bₗ)`.

    A box is late where any of its inputs is. What only moves wires is cut between the two.

    >>> import catlearn as cl
    >>> f = (cl.R(3) >> cl.tanh) @ cl.R(3) >> cl.add
    >>> found = cut(f, (False, True))
    >>> found.early, found.late.dom
    (R(3) >> tanh
    # R(3) → R(3), no parameters, R(3) @ R(3))
    """
    return _timing(f).at(tuple(late))
