"""Recursive nets over trees: all trees of a batch by height in one program, against a Python recursion, in JAX and in PyTorch.

256 random binary trees of 5 to 59 nodes, a binary Tree-LSTM of 64 units, forward and backward. Prints a table.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

import catlearn as cl
from benchmarks.harness import in_turn, median, table
from catlearn import R
from catlearn.algebra.forest import trees
from catlearn.algebra.planting import forest
from catlearn.algebra.trees import tree_fold
from catlearn.nets.tree_cells import tree_lstm

TREES, UNITS, NODES, FEW = 256, 64, 64, 4
F = cl.BinaryTree(R(UNITS))
MODEL = trees(F, NODES) >> tree_fold(tree_lstm(UNITS, arity=2))


def random_tree(rng: np.random.Generator, leaves: int) -> Any:
    """A binary tree with so many leaves, split at random."""
    if leaves == 1:
        return rng.normal(size=UNITS).astype(np.float32)
    left = int(rng.integers(1, leaves))
    return random_tree(rng, left), random_tree(rng, leaves - left)


def random_trees(seed: int) -> list:
    rng = np.random.default_rng(seed)
    return [random_tree(rng, int(rng.integers(3, 31))) for _ in range(TREES)]


def ours() -> Callable:
    """The states at the roots, and the gradient of their sum."""
    lens = cl.reverse(cl.batch(MODEL, TREES))

    def step(params: tuple, batch: Any) -> tuple:
        y, residual = lens.forward(params, batch)
        return y, lens.backward(residual, *map(jnp.ones_like, y))

    return jax.jit(step)


def recursive(params: tuple, node: Any, np_: Any, sigmoid: Callable, split: Callable) -> tuple:
    """The cell on one node after another, in whatever library."""
    W, b, bias, U = params
    if not isinstance(node, tuple):
        i, o, u = split(node @ W + b, 3)
        c = sigmoid(i) * np_.tanh(u)
        return sigmoid(o) * np_.tanh(c), c
    (h0, c0), (h1, c1) = (recursive(params, child, np_, sigmoid, split) for child in node)
    pre = np_.concatenate([h0, h1]) @ U
    i, o, u = split(pre[: 3 * UNITS] + bias[: 3 * UNITS], 3)
    f0, f1 = pre[3 * UNITS : 4 * UNITS] + bias[3 * UNITS :], pre[4 * UNITS :] + bias[3 * UNITS :]
    c = sigmoid(i) * np_.tanh(u) + sigmoid(f0) * c0 + sigmoid(f1) * c1
    return sigmoid(o) * np_.tanh(c), c


def eager_jax(params: tuple, values: list) -> tuple:
    def total(params: tuple) -> jax.Array:
        return sum(sum(map(jnp.sum, recursive(params, value, jnp, jax.nn.sigmoid, jnp.split))) for value in values)

    return jax.value_and_grad(total)(params)


def in_torch(params: tuple, values: list) -> tuple:
    split = lambda x, n: torch.chunk(x, n)  # noqa: E731
    total = sum(sum(part.sum() for part in recursive(params, value, torch, torch.sigmoid, split)) for value in values)
    return total, torch.autograd.grad(total, params)


def seconds(run: Callable) -> Callable[[], float]:
    def timed() -> float:
        began = time.perf_counter()
        jax.block_until_ready(run())
        return time.perf_counter() - began

    return timed


def contestants() -> dict[str, Callable[[], float]]:
    """Seconds for all trees, of each."""
    params, values, step = MODEL.init(jax.random.key(0)), random_trees(0), ours()
    batch = jax.tree.map(jnp.asarray, forest(values, F, NODES))
    weights = tuple(torch.tensor(np.asarray(p), requires_grad=True) for p in params)
    theirs = jax.tree.map(torch.tensor, values)
    y, (dparams, _) = step(params, batch)
    total, expected = in_torch(weights, theirs)
    np.testing.assert_allclose(sum(map(jnp.sum, y)), float(total.detach()), rtol=1e-4)
    for ours_, theirs_ in zip(dparams, expected, strict=True):
        np.testing.assert_allclose(ours_, theirs_, rtol=1e-3, atol=1e-3)
    for seed in range(1, 4):
        step(params, jax.tree.map(jnp.asarray, forest(random_trees(seed), F, NODES)))
    assert step._cache_size() == 1, "batches of other trees must not compile again"
    few = seconds(lambda: eager_jax(params, values[:FEW]))
    nodes = lambda vs: sum(int((v.heights >= 0).sum()) for v in [forest(vs, F, NODES)])  # noqa: E731
    share = nodes(values) / nodes(values[:FEW])
    return {
        "catlearn, one program": seconds(lambda: step(params, batch)),
        "PyTorch, a recursion": seconds(lambda: in_torch(weights, theirs)),
        "JAX, a recursion (of 4 trees)": lambda: few() * share,
    }


def main() -> None:
    torch.set_num_threads(1)  # its operations are too small for more: it is faster so
    runs = contestants()
    best = runs["catlearn, one program"]
    many = [best() for _ in range(20)]
    times = {name: median(found) for name, found in in_turn(runs, 3).items()}
    times["catlearn, one program"] = median(many)
    base = times["catlearn, one program"]
    rows = [[name, f"{1e3 * t:,.1f}", f"{TREES / t:,.0f}", f"{t / base:,.1f}"] for name, t in times.items()]
    table("Tree-LSTM(64), 256 random trees, forward and backward", ["", "ms", "trees / s", "× ours"], rows)


if __name__ == "__main__":
    cl.keep_memory()
    main()
