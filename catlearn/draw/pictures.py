"""Which picture each kind of thing has."""

from __future__ import annotations

from typing import Any

from catlearn.core.text import short
from catlearn.draw.layout import laid_out
from catlearn.draw.picture import Picture
from catlearn.draw.scene import scene
from catlearn.draw.sketch import chosen, net_of


def picture_of(thing: Any, zoom: int | None, width: float | None, size: int, unfold: bool) -> Picture:
    net = chosen(net_of(thing), zoom)
    laid = laid_out(net, width)
    return Picture(scene(laid.marks, f"string diagram of {short(thing)}"))
