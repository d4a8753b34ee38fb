"""Real text as a sequence of characters: Python's own help, which ships with Python."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from catlearn.core.errors import ArgumentError, MissingPackageError
from catlearn.core.shown import Shown
from catlearn.datasets.split import Pair, Split
from catlearn.learn.batches import whole_number

UNKNOWN = "\ufffd"  # Unicode's replacement character
RARE = 10


@dataclass(frozen=True)
class Characters(Shown):
    """The characters that a text is made of, in order; character i has code i.

    >>> abc = Characters(("a", "b", "c"))
    >>> abc.encode("cab"), abc.decode(np.array([1, 0]))
    (array([2, 0, 1], dtype=int32), 'ba')
    """

    alphabet: tuple[str, ...]

    def _facts(self) -> list[tuple[str, Any]]:
        return [("characters", len(self.alphabet)), ("alphabet", "".join(self.alphabet))]

    def encode(self, text: str) -> np.ndarray:
        """The codes of a text, `(length,)` int32; what is not in the alphabet gets the code of UNKNOWN.
        Raises ArgumentError for a character outside an alphabet that has no UNKNOWN."""
        code = {character: i for i, character in enumerate(self.alphabet)}
        outside = sorted(set(text) - set(code))
        if outside and UNKNOWN not in code:
            raise ArgumentError(f"these characters have no code, and the alphabet has no UNKNOWN: {''.join(outside)!r}.")
        return np.array([code.get(character, code.get(UNKNOWN)) for character in text], np.int32)

    def decode(self, codes: np.ndarray) -> str:
        """The text with these codes. Raises ArgumentError for codes that are not 0 ≤ code < len(alphabet)."""
        codes = np.asarray(codes)
        whole = codes.size == 0 or (np.issubdtype(codes.dtype, np.integer) and codes.min() >= 0)
        if codes.ndim != 1 or not whole:
            raise ArgumentError(f"codes are an array (length,) of whole numbers ≥ 0, got {codes.dtype} of shape {codes.shape}.")
        if codes.size and codes.max() >= len(self.alphabet):
            raise ArgumentError(f"code {codes.max()} stands for nothing: the alphabet has {len(self.alphabet)} characters.")
        return "".join(self.alphabet[code] for code in codes)


def characters_of(text: str, rare: int = RARE) -> Characters:
    """The characters that occur in a text `rare` times or more, sorted, and UNKNOWN, which stands for all others.

    >>> characters_of("abracadabra", 2).alphabet[:3]
    ('a', 'b', 'r')
    """
    often = {character for character, times in Counter(text).items() if times >= rare}
    return Characters(tuple(sorted(often | {UNKNOWN})))


def topics(length: int = 64) -> Split:
    """The language reference that Python's `help` shows (0.4 million characters; the text differs from one Python to the
    next), to be continued: windows of codes of characters `(n, length)` int32, and after each the next, `(n, length)` int32.

    Its last tenth is held out. Topics repeat each other, so a paragraph stands only where it first comes: none of the part
    held out is in the training part. Windows follow one another, and none straddles the parts. `classes` and `vocabulary`
    are the alphabet, taken from the training part: `Characters(split.classes).decode(window)` is text.
    Raises ArgumentError for a length that is no whole number ≥ 1 or longer than a part, and MissingPackageError for a
    Python that was built without its help.

    >>> split = topics(32)
    >>> split.train[0].shape[1], bool((split.train[0][:, 1:] == split.train[1][:, :-1]).all())
    (32, True)
    """
    whole_number("length", length, 1)
    text = _text()
    at = len(text) * 9 // 10
    characters = characters_of(text[:at])
    train, test = (_windows(characters.encode(part), length) for part in (text[:at], text[at:]))
    return Split("topics", train, test, characters.alphabet, characters.alphabet)


def _text() -> str:
    try:
        found = import_module("pydoc_data.topics").topics
    except ImportError as error:
        raise MissingPackageError(
            f"this Python has no pydoc_data.topics, which comes with its standard library. ({error})"
        ) from error
    paragraphs = "\n\n".join(found[name] for name in sorted(found)).split("\n\n")
    return "\n\n".join(dict.fromkeys(paragraphs))


def _windows(codes: np.ndarray, length: int) -> Pair:
    n = (len(codes) - 1) // length
    if n < 1:
        raise ArgumentError(f"length must be at most {len(codes) - 1}, so that each part has a window; got {length}.")
    return codes[: n * length].reshape(n, length), codes[1 : n * length + 1].reshape(n, length)
