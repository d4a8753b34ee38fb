"""Diagrams in writing: `"12|3"` and `"1|23"` are the domain's and the codomain's parts of two blocks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from catlearn.core.errors import TypingError
from catlearn.core.wires import is_whole

NAMES = "123456789abcdefghijklmnopqrstuvwxyz"

Row = str | Sequence[Sequence[int]]  # "12|3", or [[1, 2], [3]] where there are more points than names
Place = tuple[tuple[int, ...], tuple[int, ...]]  # the points of a block in the domain and in the codomain, from 0


def read(name: str, dom: Row, cod: Row) -> tuple[int, int, list[Place]]:
    """How many points each row has, and the places of both rows side by side.

    Raises TypingError for a point that is missing, twice or no point, and for a place that is empty in both rows.

    >>> read("partition", "12|3|", "1||23")
    (3, 3, [((0, 1), (0,)), ((2,), ()), ((), (1, 2))])
    """
    call = f"{name}({dom!r}, {cod!r})"
    rows = [_places(call, dom), _places(call, cod)]
    counts = [_counted(call, which, row) for which, row in zip(("domain", "codomain"), rows)]
    places: list[Place] = [(a, b) for a, b in zip_longest(*rows, fillvalue=())]
    while places and places[-1] == ((), ()):
        places.pop()
    if ((), ()) in places:
        place = places.index(((), ())) + 1
        raise TypingError(f"{call}: place {place} is empty in both rows; a block has a point, so leave the place out.")
    return counts[0], counts[1], places


def blocks_of(name: str, dom: Row, cod: Row) -> tuple[int, int, tuple[tuple[int, ...], ...]]:
    """How many points the rows have, and the blocks as axes of the tensor: the codomain's points first."""
    k, l, places = read(name, dom, cod)  # noqa: E741
    return k, l, tuple((*upper, *(l + x for x in lower)) for lower, upper in places)


def marked_blocks_of(name: str, dom: Row, cod: Row) -> tuple[int, int, tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """As `blocks_of`, and the blocks whose place begins with `*` in either row.

    Raises TypingError as `read`, and for a marked place without points.
    """
    (dom_rest, dom_marks), (cod_rest, cod_marks) = map(_unmarked, (dom, cod))
    k, l, blocks = blocks_of(name, dom_rest, cod_rest)  # noqa: E741
    marks = sorted(dom_marks | cod_marks)
    if marks and marks[-1] >= len(blocks):
        raise TypingError(f"{name}({dom!r}, {cod!r}): place {marks[-1] + 1} is marked with * and has no points.")
    return k, l, blocks, tuple(blocks[i] for i in marks)


def _unmarked(row: Any) -> tuple[Any, set[int]]:
    """A row without its marks, and the places that had one."""
    if isinstance(row, str):
        places = row.replace(" ", "").split("|")
        return "|".join(place.removeprefix("*") for place in places), {i for i, p in enumerate(places) if p.startswith("*")}
    if not isinstance(row, Sequence) or not all(isinstance(place, Sequence) for place in row):
        return row, set()
    marks = {i for i, place in enumerate(row) if len(place) and place[0] == "*"}
    return [place[1:] if i in marks else place for i, place in enumerate(row)], marks


def _places(call: str, row: Any) -> list[tuple[int, ...]]:
    if isinstance(row, str):
        return [tuple(_point(call, letter) for letter in place) for place in row.replace(" ", "").split("|")]
    if not isinstance(row, Sequence) or not all(isinstance(place, Sequence) and all(map(is_whole, place)) for place in row):
        raise TypingError(
            f"{call}: a row is a string such as '12|3', or lists of whole numbers such as [[1, 2], [3]]; got {row!r}."
        )
    return [tuple(int(x) - 1 for x in place) for place in row]


def _point(call: str, letter: str) -> int:
    if letter not in NAMES:
        raise TypingError(f"{call}: points are written 1, …, 9, a, …, z and places end at '|'; got {letter!r}.")
    return NAMES.index(letter)


def _counted(call: str, which: str, row: list[tuple[int, ...]]) -> int:
    points = [x for place in row for x in place]
    twice = sorted({x for x in points if points.count(x) > 1})
    if twice:
        raise TypingError(f"{call}: point {_name(twice[0])} of the {which} is there twice; each point is in one block.")
    missing = sorted(set(range(max(points, default=-1) + 1)) - set(points))
    if missing or (points and min(points) < 0):
        raise TypingError(
            f"{call}: the {which} lacks point {_name(missing[0]) if missing else 1}; a row of {max(points) + 1} points names "
            "all, from 1 on. A point that is joined with none is a place of its own."
        )
    return len(points)


def _name(x: int) -> str:
    return NAMES[x] if 0 <= x < len(NAMES) else str(x + 1)


def written(places: Sequence[Place], marked: Sequence[int] = ()) -> str:
    """The two rows as arguments in code, with `*` before the places of these numbers.

    >>> written([((0, 1), (0,)), ((2,), ())])
    '"12|3", "1"'
    """
    rows = [_stripped([place[i] for place in places]) for i in (0, 1)]
    star = lambda i, points: ["*"] * bool(i in marked and points)  # noqa: E731
    if any(x >= len(NAMES) for row in rows for place in row for x in place):
        return ", ".join(repr([[*star(i, place), *(x + 1 for x in place)] for i, place in enumerate(row)]) for row in rows)
    texts = ("|".join("".join([*star(i, place), *map(_name, place)]) for i, place in enumerate(row)) for row in rows)
    return ", ".join(f'"{text}"' for text in texts)


def _stripped(row: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    while row and not row[-1]:
        row = row[:-1]
    return row
