"""`draw`: the picture of an arrow, or of what has one."""

from __future__ import annotations

from typing import Any


def draw(thing: Any, zoom: int | None = None, **options: Any) -> Any:
    """A picture of a diagram, learner, algebra, machine or other arrow."""
    from catlearn.draw.picture import Picture

    return Picture(f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40"><text x="5" y="20">{type(thing).__name__}</text></svg>')
