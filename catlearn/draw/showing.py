"""What a notebook shows of a thing: its picture with its code under it, or its text."""

from __future__ import annotations

from html import escape
from typing import Any

from catlearn.core.errors import CatlearnError
from catlearn.draw.pictures import picture_of
from catlearn.draw.scene import cut

WIDTH, SIZE = 860.0, 32


def shown(thing: Any) -> str:
    """HTML of a thing. Never raises: what has no picture is shown as its text.

    >>> import catlearn as cl
    >>> shown(cl.R(3) >> cl.tanh).count("<svg"), shown(cl.dense(3))
    (1, '<pre>dense(3)</pre>')
    """
    text = repr(thing)
    try:
        picture = picture_of(thing, None, WIDTH, SIZE, False)._repr_html_()
    except (CatlearnError, TypeError, ValueError, AttributeError):  # a notebook's cell has run; what it shows may not fail
        return f"<pre>{escape(text)}</pre>"
    first, _, rest = text.partition("\n")
    code = f'<code style="font-size:85%">{escape(cut(first, 160))}</code>'
    more = escape("\n".join(filter(None, (first if len(first) > 160 else "", rest))))
    under = f'<details><summary>{code}</summary><pre style="font-size:85%">{more}</pre></details>' if more else code
    return f"<div>{picture}{under}</div>"
