"""The laws of graph networks and colour refinement, with random graphs and networks to try them on."""

from __future__ import annotations

from typing import Any

import numpy as np

from catlearn.algebra.homomorphisms import Pattern, cycle, homomorphisms, path, star
from catlearn.laws import expressivity, multisets
from catlearn.laws.counterexample import Counterexample
from catlearn.laws.law import Law, a_key
from catlearn.laws.random import Choose
from catlearn.nets.dense import dense
from catlearn.nets.function import tanh
from catlearn.nets.graph.aggregators import by_degree, deviation, maximum, mean, minimum, power_mean, several, softmax_mean, total
from catlearn.nets.graph.convolution import graph_conv, propagate
from catlearn.nets.graph.passing import message_passing, readout
from catlearn.nets.shape import concatenate


def _graph(choose: Choose) -> np.ndarray:
    """An undirected graph with 3 or 4 nodes, possibly with loops."""
    n = choose((3, 4))
    below = np.tril([[float(choose((0, 1))) for _ in range(n)] for _ in range(n)])
    return np.maximum(below, below.T)


def _network(choose: Choose) -> Any:
    """One or two layers on a graph."""
    mix = concatenate() >> dense(2)
    layers = (graph_conv(2), graph_conv(2, None), propagate("random walk"), message_passing(mix, maximum(), mix))
    f = choose(layers) >> tanh
    return f if choose((True, False)) else f >> choose(layers)


def _read_out(choose: Choose) -> Any:
    return _network(choose) >> readout(choose((total(), mean(), maximum())))


def _alike(choose: Choose) -> tuple[np.ndarray, np.ndarray]:
    """Two graphs that 1-WL can't tell apart: a cycle, and two that are as long together, beside the same graph."""
    a, b = choose(((3, 3), (3, 4), (4, 4)))
    rest = choose((Pattern(0, ()), path(1), path(2), star(3)))
    return (cycle(a + b) + rest).adjacency, (cycle(a) + cycle(b) + rest).adjacency


def _bounded(choose: Choose) -> Counterexample | None:
    trees = [homomorphisms(tree) for tree in (path(2), path(4), star(3))]
    return expressivity.no_finer_than_wl(choose((_read_out(choose), *trees)), _alike(choose), tries=1)


def _values(choose: Choose) -> np.ndarray:
    return np.array([[float(choose(range(-3, 4)))] for _ in range(choose((1, 2, 3)))], np.float32)


def _pooled(choose: Choose) -> Counterexample | None:
    return multisets.multiset_algebra(choose((total(), maximum(), minimum())), [_values(choose) for _ in range(choose((1, 2)))])


def _unordered(choose: Choose) -> Counterexample | None:
    every = total(), maximum(), mean(), deviation(), power_mean(2.0), softmax_mean(), by_degree(several(mean(), minimum()))
    values = _values(choose)
    return multisets.order_free(choose(every), values, range(len(values) - 1, -1, -1))


GRAPHS: tuple[Law, ...] = (
    Law("equivariance", "graph", lambda c: expressivity.equivariant_under_relabelling(_network(c), _graph(c), a_key(c))),
    Law("invariance", "graph", lambda c: expressivity.invariant_under_relabelling(_read_out(c), _graph(c), a_key(c))),
    Law("no finer than 1-WL", "graph", _bounded),
    Law("multiset algebra", "aggregator", _pooled),
    Law("free of order", "aggregator", _unordered),
    Law("quotient", "graph", lambda c: expressivity.colouring_is_a_homomorphism(_graph(c))),
)
