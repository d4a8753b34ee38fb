"""Random arrows that read contexts, drawn as those of `random`: arrays that are copied, keys that are split, graphs."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from catlearn.algebra.graphs import Graph
from catlearn.categories.cokleisli import asked, within
from catlearn.core.diagram import Diagram, identity
from catlearn.core.wires import Object, R
from catlearn.laws.random import MOST_WIRES, Choose, random_arrow, random_object, square
from catlearn.nets.dense import dense, linear
from catlearn.nets.function import Known, add, sigmoid, tanh
from catlearn.nets.graph.aggregators import total
from catlearn.nets.graph.convolution import graph_conv, propagate
from catlearn.nets.graph.gcnn import gcnn_layer, width
from catlearn.nets.graph.passing import message_passing
from catlearn.nets.noise import dropout, noise
from catlearn.nets.shape import concatenate

CONDITION = R(2, label="condition")
TWO = CONDITION @ R(1, label="mood")
NODES = 3
DENSE, EDGES = R(NODES, NODES, label="graph"), Graph(NODES, 4, weighted=True)


def _scaled(a: jax.Array, x: jax.Array) -> jax.Array:
    return x * (1 + jnp.mean(a)) + a[0]


def _shortened(a: jax.Array) -> jax.Array:
    return a[:2] * a[-1]


scaled = Known(_scaled, arity=2, known_as="scaled")
shortened = Known(_shortened, known_as="shortened")


def random_contextual(choose: Choose, dom: Object | None = None, A: Object = CONDITION, parametric: bool = True) -> Diagram:
    """An arrow that reads a context of arrays once or twice, between moves of Smooth."""
    f: Diagram = identity(dom if dom is not None else random_object(choose))
    for _ in range(choose((1, 2))):
        f = f >> _at(choose, f.cod, _read(choose, A, parametric, len(f.cod) < MOST_WIRES))
        f = f >> random_arrow(choose, f.cod, 1, parametric)
    return within(f, A)


def random_noisy(choose: Choose, dom: Object | None = None) -> Diagram:
    """An arrow that reads a random key once or twice."""
    f: Diagram = identity(dom if dom is not None else random_object(choose))
    for _ in range(choose((1, 2))):
        f = f >> _at(choose, f.cod, lambda wire: wire >> choose((dropout(0.5), noise(1.0))) >> choose((tanh, square)))
    return f


def random_graph_net(choose: Choose, dom: Object | None = None, graph: Object | None = DENSE) -> Diagram:
    """A graph network of one or two layers on features of nodes; `graph=None` leaves the graph open."""
    f: Diagram = identity(dom if dom is not None else R(NODES, 2))
    mix = concatenate() >> dense(2) >> tanh
    layers = graph_conv(2, None, False), graph_conv(2) >> tanh, propagate(), message_passing(mix, total(), mix)
    for _ in range(choose((1, 2))):
        f = f >> choose(layers)
    return f if graph is None else within(f, graph)


def random_gcnn(choose: Choose, dom: Object | None = None) -> Diagram:
    """A 1-cell of GCNN of one or two layers."""
    f: Diagram = identity(dom if dom is not None else width(choose((1, 2))))
    for _ in range(choose((1, 2))):
        f = f >> gcnn_layer(choose((1, 2)), choose((None, tanh, sigmoid)))
    return f


def random_change(choose: Choose) -> tuple[Diagram, Diagram]:
    """Two arrows of contexts that compose, `A'' → A'` and `A' → A`, for what `random_contextual` reads."""
    first = R(3, label="condition") >> choose((tanh, square))
    return first, first.cod.named("condition") >> choose((shortened, shortened >> tanh))


def random_contextual_reparameterisation(choose: Choose, P: Object, A: Object = CONDITION) -> Diagram:
    """An arrow into P without parameters that reads a context: weights that depend on it."""
    r = identity(Object())
    for wire in P:
        r = r @ choose((wire >> tanh, asked(A[choose(range(len(A)))]) @ wire >> scaled))
    return within(r, A)


def _at(choose: Choose, X: Object, move: Callable[[Object], Diagram]) -> Diagram:
    """A move on one of the wires."""
    at = choose(range(len(X)))
    return identity(X[:at]) @ move(X[at]) @ X[at + 1 :]


def _read(choose: Choose, A: Object, parametric: bool, room: bool) -> Callable[[Object], Diagram]:
    """A move that reads one of the contexts."""

    def move(wire: Object) -> Diagram:
        a = asked(A[choose(range(len(A)))])
        moves = [a @ wire >> scaled]
        if parametric:
            moves += [(a >> linear(wire.size)) @ wire >> add]
        if room:
            moves += [a @ wire]
        return choose(moves)

    return move
