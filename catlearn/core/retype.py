"""A diagram at another domain: every family in it resolved again where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Box, Diagram, Reparameterised, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.functor import Functor, same_wire
from catlearn.core.text import short
from catlearn.core.wires import Object, count


@dataclass(frozen=True, repr=False)
class Retyped(Arrow):
    """An arrow for each domain of so many wires."""

    dom: Object
    cod: Object
    replaced: Callable[[Box], Diagram]
    at: Callable[[Object], Diagram]

    def then(self, other: Retyped) -> Retyped:
        def at(dom: Object) -> Diagram:
            f = self.at(dom)
            return f >> other.at(f.cod)

        return replace(self, cod=other.cod, at=at)

    def tensor(self, other: Retyped) -> Retyped:
        n = len(self.dom)
        both = lambda dom: self.at(dom[:n]) @ other.at(dom[n:])  # noqa: E731
        return replace(self, dom=self.dom @ other.dom, cod=self.cod @ other.cod, at=both)

    def reparameterise(self, along: Retyped) -> Retyped:
        return replace(self, at=lambda dom: self.at(dom).reparameterise(along.at(along.dom)))

    def like(self, node: Diagram, functor: str) -> Retyped:
        """A composite that is the value of a family is that family's value at the new domain; others keep their parts."""

        def at(dom: Object) -> Diagram:
            if isinstance(node.op, Family) and not isinstance(node, Reparameterised) and dom != node.dom:
                return _bearing(retyped(node.op.resolve(dom), dom, self.replaced), node.label)
            image = self.at(dom)
            if node == image:
                return node
            if isinstance(image, Reparameterised) and isinstance(node, Reparameterised):
                return replace(image, label=node.label, initialiser=node.initialiser)
            return _bearing(image.made_by(node.op) if node.op is not None else image, node.label)

        return replace(self, at=at)


def _bearing(f: Diagram, label: str | None) -> Diagram:
    return f.named(label) if label else f


@dataclass(frozen=True)
class _Retypings:
    """The category of arrows for each domain."""

    replaced: Callable[[Box], Diagram]

    def wiring(self, dom: Object, index: Sequence[int]) -> Retyped:
        return Retyped(dom, dom.select(index), self.replaced, lambda new: wiring(new, index))

    def box(self, box: Box) -> Retyped:
        def at(dom: Object) -> Diagram:
            return self.replaced(box) if dom == box.dom else _resolved(box, dom)

        return Retyped(box.dom, box.cod, self.replaced, at)


def _resolved(box: Box, dom: Object) -> Diagram:
    if getattr(box.op, "body", None) is not None:
        body = box.op.body
        return _bearing(box.op.over(retyped(body, box.op.inner(dom))), box.label)
    if not isinstance(box.op, Family):
        raise TypingError(f"{short(box)} stands at {box.dom} for good, and can't be had at {dom}.")
    return _bearing(box.op.resolve(dom), box.label)


def retyped(f: Diagram, dom: Object, replaced: Callable[[Box], Diagram] = lambda box: box) -> Diagram:
    """The diagram at another domain of as many wires: boxes and composites that families made are made anew there.

    `replaced` says what stands for each box whose domain stays. Raises TypingError where a box has no arrow at its new domain,
    and for another number of wires.

    >>> import catlearn as cl
    >>> retyped(cl.R(3) >> cl.dense(2) >> cl.relu, cl.R(7)).code()
    'R(7) >> dense(2) >> relu'
    """
    if len(dom) != len(f.dom):
        raise TypingError(f"{short(f)} starts at {count(len(f.dom), 'wire')}, and can't be had at {dom}, which has {len(dom)}.")
    category = _Retypings(replaced)
    return Functor(category, same_wire, category.box, name="retyped")(f).at(dom)
