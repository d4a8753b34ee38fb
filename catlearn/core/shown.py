"""What notebooks show instead of text: pictures of arrows, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

MOST = 120  # letters of a cell


class Shown:
    """Something that notebooks show as a picture, or as a table of its facts where it has none.

    The picture is drawn in `catlearn.draw`, which stands above all rooms: it is asked only when something is shown.
    """

    def _repr_html_(self) -> str:
        from catlearn.draw.showing import shown

        return shown(self)

    def _facts(self) -> Iterable[tuple[str, Any]]:
        """What the table says: by default what the thing is made of."""
        return [(f.name, getattr(self, f.name)) for f in fields(self) if f.repr] if is_dataclass(self) else []


def facts_html(caption: str, facts: Iterable[tuple[str, Any]]) -> str:
    """A table of two columns for a notebook: what, and its value. Everything is escaped.

    >>> facts_html("dense(3)", [("features", 3)]).count('<th scope="row"')
    1
    """
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;width:1%;white-space:nowrap">{escape(name)}</th>{_cell(value, "left")}</tr>'
        for name, value in facts
    )
    style = 'style="text-align:left;caption-side:top"'
    title = f"<caption {style}><code>{escape(brief(caption))}</code></caption>"
    return f'<table class="catlearn" style="min-width:min(40em,100%)">{title}<tbody>{rows}</tbody></table>'


def brief(value: Any) -> str:
    """A value in a line: of arrays what they look like, of functions and arrows their names.

    >>> import numpy as np
    >>> brief((np.zeros((2, 3), np.float32), np.arange(2, dtype=np.int32)))
    '(2, 3) float32, (2,) int32'
    """
    if isinstance(value, tuple) and value and all(hasattr(item, "shape") or hasattr(item, "senders") for item in value):
        return ", ".join(map(brief, value))
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"{tuple(shape)} {dtype}"
    if callable(value) and isinstance(name := getattr(value, "__name__", None), str):
        return name if name != "<lambda>" else "a function"
    text = " ".join(repr(value).split("\n# ")[0].split()) if not isinstance(value, str) else value
    return cut(text, MOST)


def cut(text: str, most: int) -> str:
    """A text in at most so many letters, with … where it was longer.

    >>> cut("transformer_block(4)", 12)
    'transformer…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


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


def _cell(value: Any, side: str = "right") -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = f"{value:,}" if isinstance(value, int) and number else f"{value:.4g}" if number else brief(value)
    return f'<td style="text-align:{side if number else "left"}">{escape(text)}</td>'
