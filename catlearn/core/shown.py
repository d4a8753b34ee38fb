"""What notebooks show instead of text: pictures of arrows, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any


class Shown:
    """Something that notebooks show as a picture, or as its text where it has none.

    The picture is drawn in `catlearn.draw`, which stands above all rooms: it is asked only when something is shown.
    """

    def _repr_html_(self) -> str:
        from catlearn.draw.showing import shown

        return shown(self)


def table_html(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], foot: str = "") -> str:
    """A table for a notebook: numbers to the right, everything escaped.

    >>> table_html("sizes", ["n"], [[3]]).count("<td")
    1
    """
    style = 'style="text-align:left;caption-side:top"'
    head = "".join(f'<th scope="col" style="text-align:left">{escape(text)}</th>' for text in heads)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    below = f'<tfoot><tr><td colspan="{len(heads)}" style="text-align:left">{escape(foot)}</td></tr></tfoot>' if foot else ""
    title = f'<table class="catlearn"><caption {style}>{escape(caption)}</caption>'
    return f"{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{below}</table>"


def _cell(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = f"{value:,}" if isinstance(value, int) and number else f"{value:.4g}" if number else str(value)
    return f'<td style="text-align:{"right" if number else "left"}">{escape(text)}</td>'
