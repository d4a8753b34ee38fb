"""A canonical order of the inner vertices of a small graph whose other vertices have their order already."""

from __future__ import annotations

from collections.abc import Iterable

Edges = tuple[tuple[int, int], ...]


def canonical(fixed: int, inner: int, edges: Iterable[tuple[int, int]]) -> Edges:
    """The edges of the graph with its inner vertices renamed, equal for graphs that differ in their names alone.

    Vertices 0, …, fixed − 1 keep their names; the `inner` ones behind them are told apart by colour refinement and, where this
    does not do, by trying each of a colour, of which twins are tried once. The least list of edges is taken.
    Source: McKay 1981, "Practical graph isomorphism", individualisation and refinement.

    >>> canonical(1, 2, [(0, 2), (1, 2)]) == canonical(1, 2, [(0, 1), (1, 2)])
    True
    """
    n = fixed + inner
    near: list[set[int]] = [set() for _ in range(n)]
    for u, v in edges:
        near[u].add(v)
        near[v].add(u)
    colours = [min(v, fixed) for v in range(n)]
    return _least(_refined(colours, near), near)


def _least(colours: list[int], near: list[set[int]]) -> Edges:
    repeated = [c for c in colours if colours.count(c) > 1]
    if not repeated:
        return tuple(sorted({tuple(sorted((colours[u], colours[v]))) for u in range(len(near)) for v in near[u]}))  # pyright: ignore[reportReturnType]
    cell = [v for v, c in enumerate(colours) if c == min(repeated)]
    tried = [v for i, v in enumerate(cell) if not any(near[u] - {u, v} == near[v] - {u, v} for u in cell[:i])]
    first = lambda v: [2 * c + (u != v) for u, c in enumerate(colours)]  # noqa: E731
    return min(_least(_refined(first(v), near), near) for v in tried)


def _refined(colours: list[int], near: list[set[int]]) -> list[int]:
    """The coarsest refinement in which vertices of a colour have as many neighbours of each colour; 0, 1, … in order."""
    while True:
        seen = [(c, sorted(colours[u] for u in near[v])) for v, c in enumerate(colours)]
        order = sorted({(c, tuple(around)) for c, around in seen})
        new = [order.index((c, tuple(around))) for c, around in seen]
        if len(set(new)) == len(set(colours)):
            return new
        colours = new
