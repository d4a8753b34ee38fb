"""What a notebook shows of a mistake: both arrows, and between them the wires that don't meet, marked."""

from __future__ import annotations

from typing import Any

from catlearn.core.diagram import Diagram, identity
from catlearn.core.shown import cut
from catlearn.core.wires import Object, difference
from catlearn.draw.drawing import WIDTH
from catlearn.draw.layout import laid_out
from catlearn.draw.net import Net, Nets, Node, single
from catlearn.draw.picture import Picture
from catlearn.draw.scene import scene
from catlearn.draw.sketch import net_of, zoomed

PIECES = 3  # of each arrow that are shown


def mistake(left: Diagram, right: Any) -> Picture:
    """The picture of `left >> right` where they don't compose: `right` is an arrow, or a layer that has none there.

    >>> import catlearn as cl
    >>> picture = mistake(cl.R(3) >> cl.tanh, cl.R(4) >> cl.tanh)
    >>> [mark.about for mark in picture.scene.marks if getattr(mark, "look", "") == "marked"]
    ['wire 0, axis 0: 3 ≠ 4']
    """
    before = _net(left, slice(-PIECES, None))
    if isinstance(right, Diagram):
        whole, where = before >> between(left.cod, right.dom) >> _net(right, slice(PIECES)), difference(left.cod, right.dom)
    else:
        where = f"{right!r} has no arrow at {left.cod}"
        node = Node(cut(repr(right), 30), left.cod, Object(), about=where, look="marked")
        whole = before >> single(node)
    return Picture(scene(laid_out(zoomed(whole, 1), WIDTH).marks, f"where two arrows don't compose: {where}"))


def _net(f: Diagram, which: slice) -> Net:
    pieces = f.pieces[which]
    net = net_of(pieces[0] if pieces else identity(f.dom))
    for piece in pieces[1:]:
        net = net >> net_of(piece)
    return net


def between(A: Object, B: Object) -> Net:
    """A marked box for each wire that differs, of both objects as a whole where they have unlike numbers of wires."""
    if len(A) != len(B):
        return single(Node(f"{len(A)} ≠ {len(B)} wires", A, B, about=difference(A, B) or "", look="marked"))
    net = Nets.wiring(Object(), ())
    for i, (a, b) in enumerate(zip(A, B, strict=True)):
        where = difference(A, A[:i] @ b @ A[i + 1 :]) or ""
        node = Node(cut(where.split(": ")[-1], 30), a, b, about=where, look="marked")
        net = net @ (Nets.wiring(a, (0,)) if a == b else single(node))
    return net


def rendered_traceback(error: Any) -> list[str]:
    """The traceback that IPython prints, after the picture of the mistake where the page can show one."""
    from IPython import get_ipython  # type: ignore[attr-defined]
    from IPython.display import HTML, display

    shell: Any = get_ipython()
    if error.composed is not None and hasattr(shell, "kernel"):
        try:
            display(HTML(mistake(*error.composed)._repr_html_()))
        except Exception as fault:  # the user's error is what counts, whatever is wrong with its picture
            error.add_note(f"(no picture: {fault})")
    return shell.InteractiveTB.structured_traceback(type(error), error, error.__traceback__)
