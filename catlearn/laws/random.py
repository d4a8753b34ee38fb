"""Random objects and arrows of Smooth, drawn by any `choose`: a seeded generator's or hypothesis's.

`choose(options)` gives one of a sequence. Arrows are smooth (no kinks), small, and have parameters, copies, swaps,
discards and boxes side by side, so that laws are tried on every kind of node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp

from catlearn.categories.function import function, parameter
from catlearn.core.diagram import Diagram, copy, discard, identity, swap
from catlearn.core.family import Family
from catlearn.core.wires import I, Object, R
from catlearn.nets.dense import bias, dense, linear
from catlearn.nets.function import Known, add, sigmoid, tanh
from catlearn.nets.residual import residual

Choose = Callable[[Sequence[Any]], Any]

multiply = Known(jnp.multiply, arity=2, known_as="multiply")
square = Known(jnp.square, known_as="square")

SIZES = (1, 2, 3)
LAYERS: tuple[Family, ...] = (tanh, sigmoid, square, bias(), linear(2), dense(1), dense(3), residual(tanh))
MOST_WIRES = 3


def random_object(choose: Choose, most: int = 2) -> Object:
    """An object of one to `most` small vectors."""
    A = I
    for _ in range(choose(range(1, most + 1))):
        A = A @ R(choose(SIZES))
    return A


def random_arrow(choose: Choose, dom: Object | None = None, stages: int = 3, parametric: bool = True) -> Diagram:
    """An arrow from `dom` (drawn, unless given) of up to `stages` stages, each one move on some of the wires."""
    f: Diagram = identity(dom if dom is not None else random_object(choose))
    for _ in range(choose(range(1, stages + 1))):
        f = f >> _stage(choose, f.cod, parametric)
    return f


def random_endomorphism(choose: Choose, dom: Object | None = None) -> Diagram:
    """An arrow of one wire from an object to itself, with parameters."""
    A = dom if dom is not None else R(choose(SIZES))
    return _gather(random_arrow(choose, A, 2), A)


def random_reparameterisation(choose: Choose, P: Object) -> Diagram:
    """An arrow into P without parameters: each wire by itself, from a wire like it."""
    r = identity(I)
    for wire in P:
        r = r @ (wire >> choose((tanh, square, sigmoid)))
    return r


def _stage(choose: Choose, A: Object, parametric: bool) -> Diagram:
    at = choose(range(len(A)))
    return identity(A[:at]) @ _move(choose, A, at, parametric) @ A[at + 1 :]


def _move(choose: Choose, A: Object, at: int, parametric: bool) -> Diagram:
    wire = A[at]
    layers = [layer for layer in LAYERS if parametric or layer in (tanh, sigmoid, square)]
    moves: list[Any] = [wire >> layer for layer in layers]
    if len(A) < MOST_WIRES:
        moves += [copy(wire), copy(wire) >> (wire >> tanh) @ wire >> swap(wire, wire)]
    if len(A) > 1:
        moves += [discard(wire)]
    if parametric:
        moves += [wire @ (I >> parameter(wire.named("shift"))) >> choose((add, multiply))]
    if parametric and len(A) < MOST_WIRES:
        moves += [wire @ (I >> parameter(R(2, label="given")) >> tanh)]
    moves += [copy(wire) >> choose((add, multiply))]
    return choose(moves)


def summed(f: Diagram) -> Diagram:
    """f, then the sum of all that it gives: an arrow to one scalar, without parameters of its own."""
    total = function(lambda *xs: sum(jnp.sum(x) for x in xs), arity=len(f.cod))
    return f >> total


def _gather(f: Diagram, A: Object) -> Diagram:
    """Back to A from whatever wires there are: each made the right size, and added up."""
    size = A.wires[0].leaves[0].shape[0]
    for i in range(len(f.cod)):
        f = f >> f.cod[:i] @ linear(size) @ f.cod[i + 1 :]
    while len(f.cod) > 1:
        f = f >> add @ f.cod[2:]
    return f
