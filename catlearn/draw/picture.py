"""A picture: the text of an SVG, shown by notebooks and written to files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, repr=False)
class Picture:
    """An SVG. Notebooks show it; `save` writes it."""

    svg: str

    def _repr_html_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike) -> None:
        Path(path).write_text(self.svg)

    def __repr__(self) -> str:
        return "Picture(…)"
