"""Known networks of permutations, each a short composite of equivariant layers: functions of sets and of graphs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.wires import is_whole
from catlearn.equivariant.linear import linear
from catlearn.nets.dense import dense
from catlearn.nets.function import relu
from catlearn.nets.norm import layer_norm


def deep_sets(
    widths: Sequence[int] = (64, 64), out: int = 1, *, head: Sequence[int] = (64,), activation: Family = relu
) -> Family:
    """A function of sets: equivariant layers on points, their sum, and a dense head. Type: `V → R(out)` for V of S(n).

    A layer is `x Λ + 1 1ᵀ x Γ + 1 βᵀ` with matrices of channels Λ and Γ: `2 c c' + c'` parameters. `head` are the widths of the
    layers after the sum. Raises EquivarianceError where the activation does not commute with the group.
    Source: Zaheer et al. 2017 (arXiv 1703.06114), equation 4 (the layer) and theorem 2 (the sum and the head).

    >>> from catlearn.equivariant import S
    >>> (S(5).power(1, channels=3) >> deep_sets((8,), 2, head=(4,))).param.size  # 2·3·8 + 8, 8·4 + 4, 4·2 + 2
    102
    """
    return chain([*_each([linear(power=1, channels=w) for w in widths], activation), invariant_head(head, out, activation)])


def invariant_graph_network(
    widths: Sequence[int] = (16, 16),
    out: int = 1,
    *,
    order: int = 2,
    head: Sequence[int] = (32,),
    activation: Family = relu,
    norm: bool = True,
) -> Family:
    """A function of graphs, given as adjacency matrices and features of pairs. Type: `V ⊗ V → R(out)` for V of S(n).

    Equivariant layers to tensors of this order, their sums, and a dense head. With order 2 a layer has `15 c c' + 2 c'`
    parameters (n ≥ 4), with order 3 the first `52 c c' + 5 c'` and others `203 c c' + 5 c'` (n ≥ 6). Order k tells apart what
    k-WL does: order 2 can't count triangles and order 3 can. With `norm` the sums, which grow with n, go through a layer norm
    first; that is not in the paper. Raises EquivarianceError where the activation does not commute with the group.
    Source: Maron et al. 2019 (arXiv 1812.09902); what the orders can do: Maron et al. 2019 (arXiv 1905.11136), theorem 1, and
    Chen et al. 2020 (arXiv 2002.04025).

    >>> from catlearn.equivariant import S
    >>> (S(5).power(2, channels=3) >> invariant_graph_network((8,), head=(4,), norm=False)).param.size
    449
    """
    if not is_whole(order, least=1):
        raise TypingError(f"invariant_graph_network: order must be a whole number ≥ 1, got {order!r}.")
    layers = [linear(power=int(order), channels=w) for w in widths]
    return chain([*_each(layers, activation), invariant_head(head, out, activation, norm)])


def invariant_head(widths: Sequence[int], out: int, activation: Family, norm: bool = False) -> Family:
    """Invariants, as many as the first width, and dense layers on them. Type: `V^{⊗k}(c) → R(out)`.

    Raises TypingError for no widths.

    >>> from catlearn.equivariant import S
    >>> S(5).power(2) >> invariant_head((8, 4), 1, relu, norm=True)
    S(5).power(2) >> linear(power=0, channels=8) >> layer_norm() >> relu >> dense(4) >> relu >> dense(1)
    # S(5).power(2) → R(1), 81 parameters: 0.linear.weight (2, 1, 8), 0.linear.bias (1, 8), 1.layer_norm.scale (8,),
    1.layer_norm.bias (8,), 3.dense.kernel (8, 4), 3.dense.bias (4,), 5.dense.kernel (4, 1), 5.dense.bias (1,)
    """
    if not len(widths):
        raise TypingError("an invariant head takes the number of invariants, and widths of layers after them: got none.")
    first = [linear(power=0, channels=widths[0]), *[layer_norm()] * norm, activation]
    return chain([*first, dense_head(widths[1:], out, activation)])


def dense_head(widths: Sequence[int], out: int, activation: Family) -> Family:
    """Dense layers, with an activation between them. Type: `R(c) → R(out)`.

    >>> dense_head((8,), 2, relu)
    dense(8) >> relu >> dense(2)
    """
    return chain([*_each([dense(w) for w in widths], activation), dense(out)])


def chain(stages: Sequence[Any]) -> Any:
    """`f >> g >> …`."""
    return reduce(lambda f, g: f >> g, stages)


def _each(layers: Sequence[Family], activation: Family) -> list[Family]:
    return [stage for layer in layers for stage in (layer, activation)]
