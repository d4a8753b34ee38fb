"""Doctests in docstrings as blocks of code, for the pages: markdown would read `>>>` as a quotation."""

from typing import Any

from griffe import Extension


class Doctests(Extension):
    """Puts a fence around each doctest."""

    def on_object(self, *, obj: Any, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """The text with a fence around each block that begins with `>>>` and ends at an empty line."""
    lines, inside = [], False
    for line in text.splitlines():
        if line.startswith(">>> ") and not inside:
            lines += ["```pycon"]
            inside = True
        elif not line.strip() and inside:
            lines += ["```"]
            inside = False
        lines.append(line.replace("<BLANKLINE>", ""))
    return "\n".join(lines + ["```"] * inside)
