"""Diagrams as small text. The domain is the upper row, so that composites read downwards."""

from __future__ import annotations

from typing import Any


def ascii_text(d: Any) -> str:
    """A diagram as lines of text: under each point of the domain, and over each of the codomain, the letter of its block.

    Blocks that ε reads are in capitals. A last line tells edges and loops, if there are any.
    """
    letters = [_letter(i, block in getattr(d, "marked", ())) for i, block in enumerate(d.blocks)]
    letters += [_letter(i + len(d.blocks), False) for i in range(getattr(d, "inner", 0))]
    of = {x: letters[i] for i, block in enumerate(d.blocks) for x in block}
    width = max([1, *(len(letter) for letter in letters), len(str(max(d.dom, d.cod)))])
    above = [of[d.cod + x] for x in range(d.dom)]
    below = [of[x] for x in range(d.cod)]
    line = lambda words: " ".join(word.rjust(width) for word in words)  # noqa: E731
    names = lambda k: [str(x + 1) for x in range(k)]  # noqa: E731
    rows = [line(names(d.dom)), line(above), "-" * max(1, (width + 1) * max(d.dom, d.cod) - 1), line(below), line(names(d.cod))]
    notes = [f"edges {' '.join(letters[u] + letters[v] for u, v in d.edges)}"] if getattr(d, "edges", ()) else []
    return "\n".join([*rows, *notes, *([f"loops {d.loops}"] if d.loops else [])])


def _letter(i: int, marked: bool) -> str:
    letter = "abcdefghijklmnopqrstuvwxyz"[i % 26] + (str(i // 26) if i >= 26 else "")
    return letter.upper() if marked else letter
