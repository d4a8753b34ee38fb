"""Tensor powers of matrices by Kronecker products, and the pairs that the solver takes, for tests."""

import numpy as np


def power(g, k):
    """The matrix of g on the k-th tensor power."""
    out = np.eye(1)
    for _ in range(k):
        out = np.kron(out, g)
    return out


def derived(a, k):
    """The matrix of a Lie algebra's element on the k-th tensor power."""
    n = len(a)
    return sum((np.kron(np.kron(np.eye(n**i), a), np.eye(n ** (k - 1 - i))) for i in range(k)), np.zeros((n**k, n**k)))


def pairs(group, k, l):  # noqa: E741
    """What `solve_matrices` takes for maps from the k-th to the l-th tensor power."""
    return {
        "discrete": [(power(h, k), power(h, l)) for h in group.generators()],
        "algebra": [(derived(a, k), derived(a, l)) for a in group.algebra()],
    }


def rows(maps):
    """Maps as the rows of a matrix."""
    return maps.reshape(len(maps), int(np.prod(maps.shape[1:])))


def all_pairs(group, k, l):  # noqa: E741
    """The matrices of all elements of a finite group."""
    return [(power(g, k), power(g, l)) for g in group.elements()]
