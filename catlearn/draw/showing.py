"""What a notebook shows of a thing: its picture with its code under it, or the table of its facts, or its text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from catlearn.core.errors import CatlearnError
from catlearn.core.shown import cut, facts_html
from catlearn.draw.drawing import draw


def shown(thing: Any) -> str:
    """HTML of a thing. Never raises: what has no picture is shown as a table, and as its text where that has nothing to say.

    >>> import catlearn as cl
    >>> shown(cl.R(3) >> cl.tanh).count("<svg"), shown(cl.dense(3)).count("<table"), shown(cl.Smooth)
    (1, 1, '<pre>Smooth</pre>')
    """
    text = repr(thing)
    try:
        picture = draw(thing)._repr_html_()
    except (CatlearnError, TypeError, ValueError, AttributeError):  # a notebook's cell has run; what it shows may not fail
        return _without_picture(thing, text)
    first, _, rest = text.partition("\n")
    code = f'<code style="font-size:85%">{escape(cut(first, 160))}</code>'
    more = escape("\n".join(filter(None, (first if len(first) > 160 else "", rest))))
    under = (
        f'<details><summary>{code}</summary><pre style="font-size:85%;white-space:pre-wrap">{more}</pre></details>'
        if more
        else code
    )
    return f"<div>{picture}{under}</div>"


def in_a_row(caption: str, things: Iterable[tuple[str, Any]]) -> str:
    """HTML of some things side by side, each with a word under it, and a caption above all."""
    code = '<code style="font-size:{}">{}</code>'.format
    drawn = ((draw(thing)._repr_html_(), code("75%", escape(word))) for word, thing in things)
    each = "".join(f"<div>{picture}{word}</div>" for picture, word in drawn)
    style = 'style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-end"'
    return f"<div>{code('85%', escape(caption))}<div {style}>{each}</div></div>"


def _without_picture(thing: Any, text: str) -> str:
    try:
        facts = list(thing._facts())
        return facts_html(text.partition("\n")[0], facts) if facts else f"<pre>{escape(text)}</pre>"
    except Exception:  # a group may be too large to say how large it is
        return f"<pre>{escape(text)}</pre>"
