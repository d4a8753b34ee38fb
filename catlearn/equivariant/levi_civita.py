"""The Levi-Civita symbol, and its contraction with a tensor by signed sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, permutations

import jax
import jax.numpy as jnp
import numpy as np


def parity(order: Sequence[int]) -> int:
    """The sign of a permutation of 0, 1, ….

    >>> parity([0, 1, 2]), parity([1, 0, 2]), parity([])
    (1, -1, 1)
    """
    return (-1) ** sum(a > b for a, b in combinations(order, 2))


def symbol(n: int, summed: int = 0) -> np.ndarray:
    """ε of n indices, and summed over the last of them where `summed` is 1: int64, shape (n,)*(n − summed).

    >>> symbol(2).tolist(), symbol(2, 1).tolist()
    ([[0, 1], [-1, 0]], [1, -1])
    """
    tensor = np.zeros((n,) * n, np.int64)
    for order in permutations(range(n)):
        tensor[order] = parity(order)
    return tensor.sum(axis=-1) if summed else tensor


def contracted(x: jax.Array, apart: int, cross: int, above: int, below: int, n: int) -> jax.Array:
    """`y[i, c, t] = Σ ε(c, t, b, rest) x[i, c, b]` over b and the rest. Shapes `(n,)*(apart + cross + below) + channels` to
    `(n,)*(apart + cross + above) + channels`.

    There is one sum for each c and each set of values of t, (n − |c| − |t|)! terms long, and each order of t has it with a sign.

    >>> contracted(jnp.array([[1, 2], [5, 0]]), 0, 0, 0, 2, 2)
    Array(-3, dtype=int32)
    """
    channels = x.shape[apart + cross + below :]
    source, signs, target, flips = _tables(cross, above, below, n)
    flat = x.reshape(n**apart, n ** (cross + below), *channels)
    end = (1,) * len(channels)
    taken = jnp.take(flat, source.ravel(), axis=1).reshape(n**apart, *source.shape, *channels)
    sums = (taken * signs.reshape(*signs.shape, *end).astype(x.dtype)).sum(axis=2, dtype=x.dtype)
    y = jnp.take(sums, target, axis=1) * flips.reshape(-1, *end).astype(x.dtype)
    return y.reshape(*(n,) * (apart + cross + above), *channels)


def _tables(cross: int, above: int, below: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Where each sum reads and with what signs, which sum each entry of the result is, and with what sign, 0 for none."""
    free = n - cross - above
    source, signs = [], []
    target, flips = np.zeros(n ** (cross + above), np.int64), np.zeros(n ** (cross + above), np.int64)
    for c in permutations(range(n), cross):
        for t in combinations([i for i in range(n) if i not in c], above):
            rests = list(permutations([i for i in range(n) if i not in c + t]))
            for order in permutations(range(above)):
                at = _flat(c + tuple(t[i] for i in order), n)
                target[at], flips[at] = len(source), parity(order)
            source.append([_flat(c + rest[:below], n) for rest in rests])
            signs.append([parity(c + t + rest) for rest in rests])
    shape = (-1, math.factorial(free))
    return np.array(source).reshape(shape), np.array(signs).reshape(shape), target, flips


def _flat(index: Sequence[int], n: int) -> int:
    at = 0
    for i in index:
        at = at * n + i
    return at
