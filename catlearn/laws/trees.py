"""What a fold over trees is: the one map from the trees of a functor to an algebra. On given trees: random arrays are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.algebra.algebras import Algebra
from catlearn.algebra.cases import unstacking
from catlearn.algebra.forest import Tree, trees
from catlearn.algebra.trees import tree_fold, tree_scan
from catlearn.categories.batch import batch
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import change
from catlearn.core.diagram import Diagram
from catlearn.core.values import unpacked
from catlearn.laws.counterexample import Counterexample, equal_values, first, run, sample


def fold_is_the_algebra_map(a: Algebra, t: Tree, key: jax.Array) -> Counterexample | None:
    """`fold ∘ in = a ∘ F(fold)` at every node of a tree or DAG: its state is the algebra's, of its label and its children's.

    Source: Gavranović et al. 2024 (arXiv 2402.15332), §2.2 (initial algebras).

    >>> import jax, catlearn as cl
    >>> from catlearn.algebra.planting import tree
    >>> F = cl.BinaryTree(cl.R(2))
    >>> a = cl.Algebra(F, cl.R(3), (cl.dense(3), cl.add >> cl.tanh))
    >>> fold_is_the_algebra_map(a, tree(((jax.numpy.ones(2),) * 2, jax.numpy.zeros(2)), F, 8), jax.random.key(0)) is None
    True
    """
    dom, checks, start = trees(a.functor, t.nodes), [], 0
    scan, fold = dom >> tree_scan(a), dom >> tree_fold(a)
    params = sample(scan.param, key)
    states, root = jax.jit(lambda t, params: (run(scan, (t, *params)), run(fold, (t, *params))))(t, params)
    for tag, (case, term, F) in enumerate(zip(a.cases, t.summands, a.functor.summands, strict=True)):
        own, start = params[start : start + len(case.param)], start + len(case.param)
        nodes = np.flatnonzero((t.heights >= 0) & (True if t.tags is None else t.tags == tag))
        each = batch(unstacking(term, F, a.carrier) >> case, len(nodes))
        expected = jax.jit(lambda values, each=each: run(each, values))((*_of_nodes(t, tag, nodes, states), *own))
        found = jax.tree.map(lambda leaf, nodes=nodes: leaf[nodes], states)
        checks.append(equal_values(f"fold at the nodes {nodes.tolist()}", found, expected))
    return first(*checks, equal_values("fold at the root", root, jax.tree.map(lambda leaf: leaf[t.root], states)))


def _of_nodes(t: Tree, tag: int, nodes: np.ndarray, states: tuple) -> tuple:
    """The labels of nodes, the states of their children, stacked, and which of them are there."""
    labels, term = jax.tree.map(lambda leaf: leaf[nodes], t.labels[tag]), t.summands[tag]
    if not term.degree:
        return labels
    children = t.children[nodes, : term.degree]
    below = jax.tree.map(lambda leaf: jnp.append(leaf, jnp.zeros_like(leaf[:1]), 0)[children], states)
    return (*labels, *below, children >= 0) if any(term.optional) else (*labels, *below)


def forest_is_each_tree(f: Diagram, grown: Sequence[Tree], key: jax.Array) -> Counterexample | None:
    """`batch(f, n)` on a forest is f on each tree, forward; and backward: gradients of parameters are sums.

    >>> import jax, catlearn as cl
    >>> from catlearn.algebra.forest import trees
    >>> from catlearn.algebra.planting import tree
    >>> F = cl.BinaryTree(cl.R())
    >>> f = trees(F, 4) >> tree_fold(cl.Algebra(F, cl.R(), (cl.tanh, cl.add)))
    >>> forest_is_each_tree(f, [tree(1.0, F, 4), tree((2.0, 3.0), F, 4)], jax.random.key(0)) is None
    True
    """
    n = len(grown)
    k, j = jax.random.split(key)
    params, dys = sample(f.param, k), sample(batch(change(f.cod), n), j)
    many, alone = reverse(batch(f, n)), reverse(f)
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *grown)
    both = lambda lens: jax.jit(_there_and_back(lens, len(f.cod)))  # noqa: E731
    ys, *changes = both(many)(params, stacked, dys)
    ours, single = (ys, tuple(changes)), both(alone)
    each = [single(params, t, jax.tree.map(lambda dy, i=i: dy[i], dys)) for i, t in enumerate(grown)]
    ys, dparams, dxs = zip(*each, strict=True)
    together = lambda values: jax.tree.map(lambda *leaves: jnp.stack(leaves), *values)  # noqa: E731
    summed = jax.tree.map(lambda *leaves: sum(leaves[1:], leaves[0]), *dparams)
    return equal_values("forest", ours, (together(ys), (summed, together(dxs))))


def _there_and_back(lens: Any, wires: int) -> Any:
    """A lens there and back, as a function."""

    def run(params: tuple, t: Tree, dys: tuple) -> tuple:
        y, residual = lens.forward(params, t)
        return unpacked(y, wires), *lens.backward(residual, *dys)

    return run
