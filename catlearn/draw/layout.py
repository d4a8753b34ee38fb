"""From open nets to positioned pictures: layers from left to right, and above them what parameters are pulled back along."""

from __future__ import annotations

from catlearn.draw.bundles import bundled
from catlearn.draw.level import Laid, Level
from catlearn.draw.net import Net, canonical
from catlearn.draw.plan import Feeds, Plan
from catlearn.draw.shapes import Shape, box_shape, frame_shape
from catlearn.draw.storeys import Upper


def laid_out(net: Net, width: float | None = None, exposed: frozenset[int] = frozenset(), inner: bool = False) -> Laid:
    """Place the boxes of a net. Wider ones than `width` pixels go on in further rows; `exposed` parameters go up to the border.

    >>> import catlearn as cl
    >>> from catlearn.draw.sketch import net_of
    >>> len(laid_out(net_of(cl.R(3) >> cl.tanh)).ins)
    1
    """
    feeds = Feeds(bundled(canonical(net), inner), exposed)
    level = Level(Plan(feeds, {i: _shape(feeds, i, width) for i in feeds.level}), width, inner)
    below = level.laid()
    return Upper(level, below).laid() if feeds.raised else below


def _shape(feeds: Feeds, i: int, width: float | None) -> Shape:
    """The shape of a box, with its net laid out where it is open."""
    node, stubs = feeds.net.nodes[i], [*map(feeds.is_stub, feeds.tops(i))]
    if not (node.opened and node.inside):
        return box_shape(node, stubs)
    matched = len(node.inside.param) == len(node.param)
    up = frozenset(k for k, stub in enumerate(stubs) if not stub) if matched else frozenset[int]()
    return frame_shape(node, laid_out(node.inside, width and width - 60, up, True), stubs)
