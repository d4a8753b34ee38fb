"""A picture: a positioned scene, which notebooks show and files keep."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from catlearn.core.errors import ArgumentError
from catlearn.draw.scene import Scene
from catlearn.draw.svg import svg


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawn thing. A notebook shows it; `svg` is its text, and `save("model.svg")` or `.tex` writes a file."""

    scene: Scene

    @property
    def svg(self) -> str:
        """The text of an SVG that stands alone, with paper and ink for light and for dark."""
        return svg(self.scene, alone=True)

    def save(self, path: str | os.PathLike) -> None:
        """Write the picture to a file, SVG or TikZ by its ending. Raises ArgumentError for other endings."""
        from catlearn.draw.tikz import tikz

        kind = Path(path).suffix
        if kind not in (".svg", ".tex", ".tikz"):
            raise ArgumentError(f"a picture is saved as .svg, .tex or .tikz, not as {kind or 'a file without an ending'!r}.")
        Path(path).write_text(self.svg if kind == ".svg" else tikz(self.scene), encoding="utf-8")

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{svg(self.scene)}</div>'

    def __repr__(self) -> str:
        return f"Picture({self.scene.about}, {self.scene.width:.0f} × {self.scene.height:.0f})"
