"""Recursive cells for `tree_fold`: Tree-LSTMs, the simple recursive net, the recursive tensor net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.cases import TreeCell, case_domain
from catlearn.algebra.forest import Summand, labels_of
from catlearn.algebra.polynomial import Polynomial
from catlearn.categories.function import function
from catlearn.core.diagram import Diagram, discard, wiring
from catlearn.core.errors import TypingError
from catlearn.core.wires import I, Object, R, is_whole
from catlearn.nets.dense import bias, linear, whole
from catlearn.nets.function import tanh


def _dtype(over: Polynomial) -> Any:
    """The float type of the labels: float32 where there are none."""
    leaves = [leaf for A in labels_of(over) for wire in A.wires for leaf in wire.leaves]
    return next((leaf.dtype for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.floating)), "float32")


def _check_label(cell: TreeCell, A: Object) -> None:
    if len(A) > 1:
        raise TypingError(f"{cell!r} takes labels of one wire, got {A}: join them by `relabel(concatenate())`.")
    if len(A) and not (len(A.wires[0].leaves) == 1 and jnp.issubdtype(A.wires[0].leaves[0].dtype, jnp.floating)):
        raise TypingError(
            f"{cell!r} takes labels of floats, such as R(32), got {A}: `relabel(embedding(…))` makes some of numbers."
        )


def _inputs(A: Object, units: int) -> list[Diagram]:
    """The product with the label, where there is one."""
    return [A >> linear(units).named("input")] if len(A) else []


def _sum_of(terms: list[Diagram], units: int, dtype: Any) -> Diagram:
    """The sum of some products, each on wires of its own, and a bias: `W x + U h + b`. Without terms, `b` alone."""
    if not terms:
        return function(_Zeros(units, jnp.dtype(dtype).name), arity=0).resolve(I) >> bias().named("bias")
    found = terms[0]
    for term in terms[1:]:
        found = (found @ term) >> function(jnp.add, arity=2)
    return found >> bias().named("bias")


@dataclass(frozen=True)
class _Zeros:
    units: int
    dtype: str

    __name__ = "zeros"

    def __call__(self) -> jax.Array:
        return jnp.zeros(self.units, self.dtype)


def _row(x: jax.Array) -> jax.Array:
    return x.reshape(-1)


def _total(x: jax.Array) -> jax.Array:
    return x.sum(0)


def _outer(x: jax.Array) -> jax.Array:
    """All products of two entries of a vector."""
    return (x[:, None] * x[None, :]).reshape(-1)


@dataclass(frozen=True, repr=False)
class tree_cell(TreeCell):
    """The simple recursive net: a node is `tanh(W x + U [h₁; h₂; …] + b)`, of what it has. Carrier `R(units)`.

    So a leaf is `tanh(W x + b)`, and a node without a label `tanh(U [h₁; h₂] + b)`. Each summand has parameters of its
    own, `input`, `hidden` and `bias`; an absent child counts as zero. Raises TypingError for labels that are no floats.
    Source: Socher et al. 2011 (Parsing natural scenes and natural language with recursive neural networks), equation 2.

    >>> import catlearn as cl
    >>> from catlearn.algebra.forest import trees
    >>> from catlearn.algebra.trees import tree_fold
    >>> (trees(cl.BinaryTree(cl.R(32)), 64) >> tree_fold(tree_cell(8))).cod
    R(8)
    """

    units: int

    def __post_init__(self) -> None:
        whole(self, "units")

    def carrier(self, over: Polynomial) -> Object:
        return R(self.units, dtype=_dtype(over))

    def case(self, A: Object, term: Summand, S: Object) -> Diagram:
        _check_label(self, A)
        terms = _inputs(A, self.units)
        terms += [self._children(case_domain(I, term, S))] if term.degree else []
        return _sum_of(terms, self.units, S.wires[0].leaves[0].dtype) >> tanh

    def _children(self, dom: Object) -> Diagram:
        """The part of a node that depends on its children."""
        return dom[0] @ discard(dom[1:]) >> function(_row) >> linear(self.units).named("hidden")


class tensor_cell(tree_cell):
    """The recursive neural tensor net: a node with children is `tanh(zᵀ V z + W x + U z + b)`, z = [h₁; h₂; …].

    V is the kernel `tensor`, a row for each product of two entries of z: for two children of d units, `R(4 d², d)`. Else
    as `tree_cell`. Carrier `R(units)`.
    Source: Socher et al. 2013 (Recursive deep models for semantic compositionality over a sentiment treebank), §4.3.

    >>> import catlearn as cl
    >>> from catlearn.algebra.forest import trees
    >>> from catlearn.algebra.trees import tree_fold
    >>> (trees(cl.BinaryTree(cl.R(32)), 64) >> tree_fold(tensor_cell(5))).param[2].labels
    ('node.tensor',)
    """

    def _children(self, dom: Object) -> Diagram:
        z = dom[0] @ discard(dom[1:]) >> function(_row)
        tensor = z.cod >> function(_outer) >> linear(self.units).named("tensor")
        both = wiring(z.cod, (0, 0)) >> (tensor @ (z.cod >> linear(self.units).named("hidden")))
        return z >> both >> function(jnp.add, arity=2)


@dataclass(frozen=True, repr=False)
class tree_lstm(TreeCell):
    """Tree-LSTMs. Carrier `R(units) ⊗ R(units)`, the hidden state and the memory.

    Child-sum (`arity=None`), for any number of children, with h̃ = Σ hₖ:
    `i, o, u = σ, σ, tanh(W x + U h̃ + b)`, `fₖ = σ(W_f x + U_f hₖ + b_f)`, `c = i ⊙ u + Σ fₖ ⊙ cₖ`, `h = o ⊙ tanh(c)`.
    N-ary (`arity=N`), for up to N children, each with matrices of its own:
    `i, o, u = σ, σ, tanh(W x + Σ Uₗ hₗ + b)`, `fₖ = σ(W_f x + Σ U_f,k,l hₗ + b_f)`, and c, h as before.
    Parameters of each summand: `input` (W of i, o, u, f), `hidden` (U), for child-sum `forget` (U_f), and `bias` (b of
    i, o, u, f); those of f only where there are children, of W where there is a label. So in `BinaryTree(A)` leaves have
    W, nodes have U, and each a bias of its own. An absent child has no gate, and h = c = 0.
    Raises TypingError for labels that are no floats, and nodes with more children than `arity`.
    Source: Tai, Socher and Manning 2015 (arXiv 1503.00075), equations 2 to 8 and 9 to 14.

    >>> import catlearn as cl
    >>> from catlearn.algebra.forest import trees
    >>> from catlearn.algebra.trees import tree_fold
    >>> F = cl.BinaryTree(cl.R(32))
    >>> (trees(F, 64) >> tree_fold(tree_lstm(8, arity=2))).cod
    R(8) @ R(8)
    """

    units: int
    arity: int | None = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        whole(self, "units")
        if self.arity is not None and not is_whole(self.arity, least=1):
            raise TypingError(f"{self.name}: arity must be a whole number ≥ 1, or None for child-sum, got {self.arity!r}.")

    def carrier(self, over: Polynomial) -> Object:
        S = R(self.units, dtype=_dtype(over))
        return S @ S

    def case(self, A: Object, term: Summand, S: Object) -> Diagram:
        _check_label(self, A)
        if self.arity is not None and term.degree > self.arity:
            raise TypingError(f"{self!r} takes up to {self.arity} children, and these nodes have {term.degree}.")
        dtype = S.wires[0].leaves[0].dtype
        gates = (3 + bool(term.degree)) * self.units
        x = _inputs(A, gates)
        if not term.degree:
            return _sum_of(x, gates, dtype) >> function(_leaf_state)
        dom = case_domain(I, term, S)
        return self._with_children(_sum_of(x, gates, dtype), A, dom)

    def _with_children(self, wx: Diagram, A: Object, dom: Object) -> Diagram:
        """`A ⊗ hs ⊗ cs ⊗ present → h ⊗ c`."""
        hs = self._hidden(dom[0], dom.wires[0].leaves[0].shape[0])
        before = wx @ hs @ dom[1] @ discard(dom[2:])
        return before >> function(_node_state, arity=2 + len(hs.cod))

    def _hidden(self, H: Object, degree: int) -> Diagram:
        """The products with the states of the children: of i, o, u, and of each forget gate, `R(d, units)`."""
        if self.arity is None:
            summed = H >> function(_total) >> linear(3 * self.units).named("hidden")
            return wiring(H, (0, 0)) >> (summed @ (H >> linear(self.units).named("forget")))
        joined = H >> function(_row) >> linear((3 + degree) * self.units).named("hidden")
        return joined >> function(_Split(self.units))


@dataclass(frozen=True)
class _Split:
    """The products of i, o, u, and those of each child's gate."""

    units: int

    __name__ = "split"

    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return x[: 3 * self.units], x[3 * self.units :].reshape(-1, self.units)


def _leaf_state(pre: jax.Array) -> tuple[jax.Array, jax.Array]:
    i, o, u = jnp.split(pre, 3)
    c = jax.nn.sigmoid(i) * jnp.tanh(u)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def _node_state(wx: jax.Array, iou: jax.Array, forget: jax.Array, cs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Equations 4 to 8, from what the matrices gave: `W x + b` of i, o, u, f; `U h` of i, o, u; `U_f h` of each child."""
    n = cs.shape[-1]
    i, o, u = jnp.split(wx[: 3 * n] + iou, 3)
    kept = jax.nn.sigmoid(wx[3 * n :] + forget) * cs
    c = jax.nn.sigmoid(i) * jnp.tanh(u) + kept.sum(0)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c
