"""Brute force that the tests compare with, and the table of dimensions."""

# ruff: noqa: E741  (k and l are what the field calls the numbers of points)
import itertools
import json
from pathlib import Path

import numpy as np

TABLE = json.loads((Path(__file__).parent / "hom_dims.json").read_text())


def dims(group, most=4, n_most=9):
    """(n, k, l, dim) of the table for a group, for k + l ≤ most."""
    return [(n, k, l, dim) for g, n, k, l, dim in TABLE["entries"] if g == group and k + l <= most and n <= n_most]


def constant_on(blocks, points, n):
    """The tensor that is 1 where indices are constant on the blocks, by trying all indices."""
    T = np.zeros((n,) * points)
    for index in itertools.product(range(n), repeat=points):
        T[index] = all(index[x] == index[block[0]] for block in blocks for x in block)
    return T


def tensor(matrix, n, points):
    return np.asarray(matrix).reshape((n,) * points)


def rank(matrices):
    return int(np.linalg.matrix_rank(np.array([np.ravel(m) for m in matrices]))) if len(matrices) else 0


def power(g, k):
    """The k-fold Kronecker power."""
    result = np.ones((1, 1))
    for _ in range(k):
        result = np.kron(result, g)
    return result


def commutes(matrix, g, k, l):
    return np.allclose(power(g, l) @ matrix, matrix @ power(g, k))


def apply_agrees(d, n, *argument, channels=(2,)):
    """Whether `apply` is the product with `matrix`, with channels behind."""
    argument = argument or (n,)
    x = np.random.default_rng(d.dom + 7 * d.cod).integers(-3, 4, size=(*(n,) * d.dom, *channels)).astype(np.float32)
    want = d.matrix(*argument) @ x.reshape(n**d.dom, -1)
    return np.array_equal(np.asarray(d.apply(x, *argument)), want.reshape(*(n,) * d.cod, *channels))


def graph(name):
    """The adjacency matrix of a graph of the table."""
    G = TABLE["graphs"][name]
    A = np.zeros((G["n"],) * 2, int)
    for u, v in G["edges"]:
        A[u, v] = A[v, u] = 1
    return A
