"""The one style of plots: colours that the colour-blind tell apart, each with a line and a marker of its own."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from catlearn.draw.svg import COLOURS

INK, SECOND = "#1b4965", "#d1495b"
LINES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P")
MAP = "cividis"  # of one hue's lightness, alike for all eyes


class Plot(Figure):
    """A figure that notebooks show once, as an image with a text in its place for those who don't see it."""

    about = "a plot"

    def _repr_html_(self) -> str:
        from base64 import b64encode
        from html import escape
        from io import BytesIO

        file = BytesIO()
        self.savefig(file, format="png", dpi=110)
        data = b64encode(file.getvalue()).decode()
        width = round(self.get_figwidth() * 90)
        alt = escape(self.about, quote=True)
        return f'<img alt="{alt}" width="{width}" src="data:image/png;base64,{data}" style="max-width:100%">'


def figure(about: str, width: float, height: float) -> Plot:
    """An empty figure of so many inches."""
    made = Plot(figsize=(width, height), layout="constrained", facecolor="white")
    made.about = about
    return made


def line_style(i: int) -> dict[str, Any]:
    """Of the i-th line: a colour, and a way of drawing it that tells it apart without colour."""
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": LINES[i % len(LINES)]}


def plain(axes: Any) -> None:
    """No lines where there is nothing to read off."""
    axes.spines[["top", "right"]].set_visible(False)
