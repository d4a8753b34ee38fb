"""`draw`: the picture of an arrow, or of what has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catlearn.draw.picture import Picture


def draw(thing: Any, zoom: int | None = None, *, width: float | None = 860, size: int = 32, unfold: bool = False) -> Picture:
    """TODO"""
    from catlearn.draw.pictures import picture_of

    return picture_of(thing, zoom, width, size, unfold)
