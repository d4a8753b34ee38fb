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


def deep_sets(
    widths: Sequence[int] = (64, 64), out: int = 1, *, head: Sequence[int] = (64,), activation: Family = relu
) -> Family:
    """A function of sets: equivariant layers on points, their sum, and a dense head. Type: `V → R(out)` for V of S(n).

    A layer is `λ x + γ 1 1ᵀ x + β 1` with a matrix of channels for λ and for γ: `2 c c' + c'` parameters. Raises
    EquivarianceError where the activation does not commute with the group.
    Source: Zaheer et al. 2017 (arXiv 1703.06114), equation 4 (the layer) and theorem 2 (the sum and the head).

    >>> from catlearn.equivariant import S
    >>> (S(5).power(1, channels=3) >> deep_sets((8,), 2, head=())).param.size  # 2·3·8 + 8, then 8·8 + 8 and 8·2 + 2
    146
    """
    return _invariants([linear(power=1, channels=w) for w in _whole("deep_sets", widths)], out, head, activation)


def invariant_graph_network(
    widths: Sequence[int] = (16, 16), out: int = 1, *, order: int = 2, head: Sequence[int] = (32,), activation: Family = relu
) -> Family:
    """A function of graphs, given as adjacency matrices and features of pairs. Type: `V ⊗ V → R(out)` for V of S(n).

    Equivariant layers to tensors of this order, sums of their invariants, and a dense head. With order 2 a layer has
    `15 c c' + 2 c'` parameters (n ≥ 4), with order 3 the first has `52 c c' + 5 c'` and others `203 c c' + 5 c'` (n ≥ 6).
    Order k tells apart what k-WL does, so that order 2 can't count triangles and order 3 can. Raises EquivarianceError where
    the activation does not commute with the group.
    Source: Maron et al. 2019 (arXiv 1812.09902); what the orders can do: Maron et al. 2019 (arXiv 1905.11136), theorem 1, and
    Chen et al. 2020 (arXiv 2002.04025).

    >>> from catlearn.equivariant import S
    >>> (S(5).power(2, channels=3) >> invariant_graph_network((8,), head=())).param.size  # 15·3·8 + 2·8, 2·8·8 + 8, 8 + 1
    521
    """
    if not is_whole(order, least=1):
        raise TypingError(f"invariant_graph_network: order must be a whole number ≥ 1, got {order!r}.")
    layers = [linear(power=int(order), channels=w) for w in _whole("invariant_graph_network", widths)]
    return _invariants(layers, out, head, activation)


def _invariants(layers: list[Family], out: int, head: Sequence[int], activation: Family) -> Family:
    """Layers with an activation after each, the invariants of what comes out, and a dense head on them."""
    width = layers[-1].channels  # type: ignore[attr-defined]
    return chain([*_each(layers, activation), linear(power=0, channels=width), activation, dense_head(head, out, activation)])


def dense_head(widths: Sequence[int], out: int, activation: Family) -> Family:
    """Dense layers, with an activation between them. Type: `R(c) → R(out)`."""
    return chain([*_each([dense(w) for w in widths], activation), dense(out)])


def _each(layers: list[Family], activation: Family) -> list[Family]:
    return [stage for layer in layers for stage in (layer, activation)]


def chain(stages: Sequence[Any]) -> Any:
    """`f >> g >> …`."""
    return reduce(lambda f, g: f >> g, stages)


def _whole(who: str, widths: Sequence[int]) -> Sequence[int]:
    if not len(widths):
        raise TypingError(f"{who} takes the channels of one layer or more, got none.")
    return widths
