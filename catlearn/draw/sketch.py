"""From diagrams to open nets: drawing is a functor, and what is seen of a composite depends on how far it is zoomed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from catlearn.categories.function import function
from catlearn.categories.reverse import reverse
from catlearn.core.arrow import balanced
from catlearn.core.diagram import Box, Diagram, ImageOf, Reparameterised, Seq
from catlearn.core.functor import Functor, same_wire
from catlearn.core.shown import cut
from catlearn.core.text import short
from catlearn.draw.net import Net, Nets, Node, single
from catlearn.draw.unfold import unfolded
from catlearn.draw.wires import is_lens

LONG, MANY = 16, 120  # parts of a composite: with more, repeats are folded, and what is in the middle of still more left out
LETTERS = 28  # of a title


@dataclass(frozen=True)
class Sketch(Functor):
    """The functor from diagrams to open nets. A composite under a name is a box with its net inside; so is a part that repeats.

    Where it `unfolds`, loops are their first rounds instead of a box with wires that go back.
    """

    unfolds: bool = False

    def box(self, node: Box) -> Net:
        op, body = node.op, getattr(node.op, "body", None)
        if isinstance(body, Diagram):
            inside = self(reverse(body) if is_lens(ends_of(node)) else body)
            loop = getattr(op, "box", node).op
            return unfolded(node, inside, loop) if self.unfolds and hasattr(loop, "still") else single(_node(node, inside))
        if not len(node.dom) and op.name == "ask":
            return single(Node(", ".join(map(str, op.wires.labels)), node.dom, node.cod, look="context", about=_about(node)))
        return single(_node(node, None))

    def seq(self, node: Seq, images: Sequence[Net]) -> Net:
        shown = [*images] if len(images) <= LONG else _left_out(_folded(node.parts, images))
        return _framed(balanced(_then, shown), node)

    def par(self, node: Any, images: Sequence[Net]) -> Net:
        return _framed(balanced(lambda f, g: f @ g, images), node)

    def reparameterised(self, node: Reparameterised, body: Net, along: Net) -> Net:
        whole = body.reparameterise(replace(along, dom=node.param))
        return whole if node.label is None else _framed(whole, node)


def net_of(f: Diagram) -> Net:
    """The open net of a diagram, with all that can be opened.

    >>> import catlearn as cl
    >>> [node.title for node in net_of(cl.R(3) >> cl.dense(2) >> cl.relu).nodes]
    ['dense(2)', 'relu']
    """
    return sketch(f)


def _node(box: Box, inside: Net | None) -> Node:
    op = box.op
    return Node(
        title_of(box),
        box.dom,
        box.cod,
        named(box),
        _about(box),
        _look(box, inside),
        inside,
        reads=reads(box),
        fed=getattr(op, "fed", 0) if inside else 0,
        states=hasattr(op, "known"),
    )


def ends_of(f: Any) -> Any:
    """All wires of an arrow."""
    return f.dom @ f.cod @ f.param


def named(box: Box) -> Any:
    """The parameters of a box; an only one bears the name of the box."""
    P = box.own
    return P.named(box.label) if len(P) == 1 and box.label and not P.labels[0] else P


def _look(box: Box, inside: Net | None) -> str:
    if inside is not None:
        return "frame"
    if is_lens(ends_of(box)) and not isinstance(getattr(box.op, "box", None), Box):
        return "lens"
    return "rounded" if len(box.dom) == len(box.cod) == 1 and not len(box.own) else "box"


def reads(f: Diagram) -> tuple[str, ...]:
    """The names of the contexts that an arrow reads."""
    return tuple(getattr(f.category, "names", ()))


def title_of(f: Diagram) -> str:
    """What is written on a box: its name if the user gave one, else the code that makes it, short."""
    if f.label and not (isinstance(f, Box) and len(f.own)):
        return f.label
    op = _plain(f.op)
    around = getattr(op, "around", "")
    if around and getattr(op, "body", None) is not None:
        return f"{around} of {f.name}" if f.name else around
    return shortened(_called(op) or repr(op))


def shortened(code: str) -> str:
    """Code that fits on a box: without what is deepest in brackets, as far as it must, and at last without brackets."""
    if len(code) <= LETTERS:
        return code
    shorter = [_without(code, depth) for depth in (3, 2, 1)]
    shorter.append(shorter[-1].replace("(…)", ""))
    return next((text for text in shorter if len(text) <= LETTERS), cut(shorter[-1], LETTERS))


def _without(code: str, depth: int) -> str:
    """Code with dots for all that is in so many round brackets."""
    kept, inside = "", 0
    for letter, after in zip(code, code[1:] + " ", strict=True):
        inside -= letter == ")"
        kept += letter if inside < depth else ""
        inside += letter == "("
        kept += "…" if letter == "(" and inside == depth and after != ")" else ""
    return kept


def _called(op: Any) -> str | None:
    """Of a function its name; of a constant its name alone, for its values say nothing."""
    if getattr(op, "name", "") in ("constant", "parameter"):
        return op.name
    if type(op) is function and hasattr(op.fn, "__name__"):
        return "function" if op.fn.__name__ == "<lambda>" else op.fn.__name__
    known = getattr(op, "known", None)
    return repr(known) if known is not None else None


def _plain(op: Any) -> Any:
    """The operation that the user wrote, before functors took it."""
    while True:
        if isinstance(op, ImageOf):
            op = op.op
        elif isinstance(getattr(op, "box", None), Box):
            op = op.box.op
        else:
            return op


def _about(f: Diagram) -> str:
    return f"{cut(short(f), 300)}\n{cut(f.summary, 300)}"


def _framed(net: Net, node: Diagram) -> Net:
    """A composite under a name, as one box that can be opened."""
    if node.name is None or not net.nodes:
        return net
    title = title_of(node)
    inside, rounds = replace(net, param=node.param), any(part.round or part.always for part in net.nodes)
    return single(Node(title, net.dom, net.cod, node.param, _about(node), "composite", inside, always=rounds, reads=reads(node)))


def _folded(parts: Sequence[Diagram], images: Sequence[Net]) -> list[Net]:
    """Runs of the same parts, three and more times over, as one box each."""
    shown: list[Net] = []
    at = 0
    while at < len(parts):
        period, times = _run(parts, at)
        if times < 3:
            shown.append(images[at])
            at += 1
            continue
        once = balanced(_then, images[at : at + period])
        every = sum((image.param.wires for image in images[at : at + period * times]), ())
        param = replace(once.param, wires=every)
        about = f"{times} times: " + cut(" >> ".join(part.code(False) for part in parts[at : at + period]), 200)
        opened = Node(
            "",
            once.dom,
            once.cod,
            param,
            about,
            "repeat",
            once,
            always=True,
            times=times,
            reads=_all_read(parts[at : at + period]),
        )
        shown.append(single(opened))
        at += period * times
    return shown


def _all_read(parts: Sequence[Diagram]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in reads(part)))


def _run(parts: Sequence[Diagram], at: int) -> tuple[int, int]:
    """How long the shortest run that begins here is, and how many times over: `(period, times)`."""
    for period in range(1, min(12, (len(parts) - at) // 3) + 1):
        times = 1
        while _same(parts, at, at + times * period, period):
            times += 1
        if times >= 3:
            return period, times
    return 1, 1


def _same(parts: Sequence[Diagram], a: int, b: int, period: int) -> bool:
    return b + period <= len(parts) and all(parts[a + i] == parts[b + i] for i in range(period))


def _left_out(shown: list[Net]) -> list[Net]:
    """The parts at both ends, and one box for those between."""
    if len(shown) <= MANY:
        return shown
    ends = MANY // 10
    middle = balanced(_then, shown[ends:-ends])
    title = f"… {len(shown) - 2 * ends} more …"
    return [*shown[:ends], single(Node(title, middle.dom, middle.cod, middle.param, title, "composite")), *shown[-ends:]]


def zoomed(net: Net, level: int) -> Net:
    """The net with composites open down to this level: at 1 its parts are boxes, at 2 those are open, and so on."""
    nodes = tuple(_opened(node, level) for node in net.nodes)
    return replace(net, nodes=nodes)


def _opened(node: Node, level: int) -> Node:
    if node.inside is None:
        return node
    if level <= 1 and not node.always:
        return replace(node, inside=None, look="composite")
    return replace(node, inside=zoomed(node.inside, level - (not node.always)), opened=True)


def boxes(net: Net) -> int:
    """How many boxes are to be seen."""
    return sum(boxes(node.inside) if node.opened and node.inside else 1 for node in net.nodes)


def chosen(net: Net, zoom: int | None) -> Net:
    """The net at a level, unless told the first at which there is more than one box."""
    if zoom is not None:
        return zoomed(net, zoom)
    levels = (zoomed(net, level) for level in range(1, 5))
    return next((seen for seen in levels if boxes(seen) > 1), zoomed(net, 1))


sketch = Sketch(Nets, on_wire=same_wire, on_box=lambda box: single(_node(box, None)), name="draw")
unfolding = replace(sketch, unfolds=True)


def _then(f: Net, g: Net) -> Net:
    return f >> g
