"""The laws of equivariant networks, with random groups and layers to try them on."""

from __future__ import annotations

from typing import Any

from catlearn.core.diagram import Diagram, copy, identity
from catlearn.equivariant.common_groups import A, S, Z
from catlearn.equivariant.intertwiners import forget
from catlearn.equivariant.lie_groups import SO, O, Sp
from catlearn.equivariant.linear import linear
from catlearn.equivariant.nonlinear import gated, tensor_product
from catlearn.laws import reverse as rd
from catlearn.laws.equivariance import equivariant
from catlearn.laws.law import Law, a_key
from catlearn.laws.random import Choose
from catlearn.nets.function import relu


def _layer(choose: Choose, power: int | None = None) -> Diagram:
    """A linear layer between small powers, of which there are maps."""
    group: Any = choose((S(3), A(3), Z(3), O(2), SO(2), Sp(2)))
    k = choose((1, 2)) if power is None else power
    return group.power(k, channels=2) >> linear(power=choose((k, k + 2)) if k == 1 else k, channels=2)


def _network(choose: Choose) -> Diagram:
    """A layer and something that is not linear after it."""
    f = _layer(choose, 1)
    group, V = f.category.group, f.cod
    if group.permutes:
        return f >> relu
    squared = copy(V) >> (identity(V) @ identity(V)) >> tensor_product()
    return f >> (gated() if group.orthogonal and choose((True, False)) else squared)


EQUIVARIANCE: tuple[Law, ...] = (
    Law("equivariance", "layer", lambda c: equivariant(_layer(c), 2, key=a_key(c))),
    Law("equivariance", "network", lambda c: equivariant(_network(c), 2, key=a_key(c))),
    Law("R[f] = vjp", "layer", lambda c: rd.agrees_with_vjp(forget(_layer(c)), a_key(c))),
)
