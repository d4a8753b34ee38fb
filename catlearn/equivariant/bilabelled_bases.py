"""The orbits of the automorphisms of a graph on tuples of vertices, and the bilabelled graphs that tell these apart."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.core.wires import is_whole
from catlearn.equivariant.automorphisms import automorphisms
from catlearn.equivariant.bilabelled import Bilabelled, adjacency_of
from catlearn.equivariant.diagrams import components
from catlearn.equivariant.independent import PRIMES
from catlearn.equivariant.partitions import counted, partings


def tuple_orbits(adjacency: Any, m: int) -> tuple[tuple[int, ...], ...]:
    """The first tuple of each orbit of Aut(G) on m-tuples of vertices. As many as `dim Hom(k, l)` for k + l = m.

    Source: arXiv 2307.07810, on dimensions.

    >>> tuple_orbits([[0, 1, 0], [1, 0, 1], [0, 1, 0]], 1)
    ((0,), (1,))
    """
    A = adjacency_of(adjacency)
    generators, n = automorphisms(A)[0], len(A)
    index = np.indices((n,) * m).reshape(m, n**m)
    place = n ** np.arange(m)[::-1]
    images = [place @ g[index] for g in generators]
    least = np.arange(n**m)
    while True:
        before = least
        for image in images:
            least = np.minimum(least, least[image])
            least = _lowered(least, image)
        least = least[least]
        if np.array_equal(before, least):
            return tuple(tuple(int(v) for v in index[:, at]) for at in np.flatnonzero(least == np.arange(n**m)))


def _lowered(least: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Each entry's image knows what the entry knows."""
    lower = least.copy()
    lower[image] = np.minimum(lower[image], least)
    return lower


def bilabelled_basis(adjacency: Any, k: int, l: int, most_vertices: int | None = None) -> tuple[Bilabelled, ...]:
    """Bilabelled graphs `k → l` whose matrices are a basis of the maps that Aut(G) commutes with, first come, first taken.

    Graphs come with few vertices first, then few edges. One is taken where its homomorphism counts, at a tuple of each orbit,
    are independent of those before, modulo a prime near 2³¹, until there are as many as orbits: both are exact. How large they
    get depends on how alike different vertices of G look. Raises ArgumentError where those of up to `most_vertices`, by default
    k + l + 3, do not do. Source: Mančinska, Roberson 2020 (arXiv 1910.06958), that they span; arXiv 2307.07810.

    >>> bilabelled_basis([[0, 1, 0], [1, 0, 1], [0, 1, 0]], 1, 0)
    (bilabelled("1", "", ""), bilabelled("1", "", "12"))
    """
    A, m = adjacency_of(adjacency), counted("bilabelled_basis", k, l)
    limit = m + 3 if most_vertices is None else most_vertices
    if not is_whole(limit):
        raise ArgumentError(f"most_vertices is a whole number ≥ 0, got {most_vertices!r}.")
    firsts = tuple_orbits(A, m)
    tuples = np.array(firsts, dtype=int).reshape(len(firsts), m)
    taken: list[Bilabelled] = []
    echelon: list[np.ndarray] = []
    for vertices in range(limit + 1):
        for d in _graphs(len(A), k, l, vertices):
            row = _reduced(_counts(d, A, tuples) % PRIMES[0], echelon)
            if row.any():
                taken.append(d)
                echelon.append(row * pow(int(row[np.flatnonzero(row)[0]]), -1, PRIMES[0]) % PRIMES[0])
            if len(taken) == len(tuples):
                return tuple(taken)
    raise ArgumentError(
        f"graphs of up to {limit} vertices span {len(taken)} of the {len(tuples)} dimensions of Hom({k}, {l}); "
        f"look further with most_vertices={limit + 1}, which takes longer."
    )


def _graphs(n: int, k: int, l: int, vertices: int) -> Iterator[Bilabelled]:
    """The bilabelled graphs of so many vertices, with at most n labelled, in which all vertices are joined with a label."""
    pairs = list(combinations(range(vertices), 2))
    labelled = list(partings(k + l, min(n, vertices)))
    for count in range(len(pairs) + 1):
        for blocks in labelled:
            for edges in combinations(pairs, count):
                if _joined(vertices, len(blocks), edges):
                    yield Bilabelled(k, l, blocks, 0, vertices - len(blocks), edges)


def _joined(vertices: int, labelled: int, edges: tuple[tuple[int, int], ...]) -> bool:
    roots = components(vertices, edges)
    return all(root < labelled for root in roots)


def _counts(d: Bilabelled, A: np.ndarray, tuples: np.ndarray) -> np.ndarray:
    """The homomorphism counts of d at these tuples of its points."""
    count = np.broadcast_to(d.homomorphisms(A)[tuple(tuples[:, block[0]] for block in d.blocks)], len(tuples))
    for block in d.blocks:
        count = np.where((tuples[:, list(block)] == tuples[:, block[:1]]).all(axis=1), count, 0)
    return count


def _reduced(row: np.ndarray, echelon: list[np.ndarray]) -> np.ndarray:
    for head in echelon:
        row = (row - row[np.flatnonzero(head)[0]] * head) % PRIMES[0]
    return row
