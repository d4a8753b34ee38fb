"""What a model can tell of graphs: which pairs it separates, and the laws that bound it by colour refinement.

A model here is any of three: a callable on adjacency matrices; a diagram, or a family, that reads a graph and takes features
of its nodes, `R(n, d) → Y`; or a diagram, or a family, of an adjacency matrix, `R(n, n) → Y`, such as `homomorphisms`.
Keys are left out, so that there is no noise.
Source: Xu et al. 2019 (arXiv 1810.00826), §4; Morris et al. 2019 (arXiv 1810.02244), §3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from catlearn.algebra.graphs import from_adjacency
from catlearn.algebra.refinement import classes, indicator, matrix_of, quotient, stable_colouring
from catlearn.categories.cokleisli import context_of, fits, is_silent
from catlearn.core.diagram import Diagram
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.family import Family
from catlearn.core.text import short
from catlearn.core.wires import Object, R
from catlearn.laws.counterexample import TOLERANCE, Counterexample, equal_values, sample

TRIES = 3

# models, whatever they are


@dataclass(frozen=True)
class Reader:
    """A model on graphs with n nodes: its parameters, the object of its nodes' features (None: it has none), and `run`."""

    param: Object
    features: Object | None
    init: Callable[[jax.Array], tuple]
    run: Callable[[tuple, np.ndarray, Any], Any]

    def value(self, params: tuple, matrix: np.ndarray) -> Any:
        """What it says of a graph with features of ones. Raises ArgumentError for NaN, which is equal to nothing."""
        ones = None if self.features is None else jax.tree.map(lambda s: np.ones(s.shape, s.dtype), self.features.structs[0])
        y = self.run(params, matrix, ones)
        if any(np.any(leaf != leaf) for leaf in map(np.asarray, jax.tree.leaves(y))):
            raise ArgumentError(
                "this model gives NaN, which can't be compared: see where it divides, or takes a logarithm or root."
            )
        return y


def reader(model: Any, n: int) -> Reader:
    """A model on graphs with n nodes. Raises ArgumentError for what has no meaning there."""
    if not isinstance(model, Diagram | Family):
        if not callable(model):
            raise ArgumentError(f"a model is a diagram, a family or a callable on adjacency matrices, got {model!r}.")
        return Reader(Object(), None, lambda key: (), lambda params, matrix, x: model(matrix))
    f = model if isinstance(model, Diagram) else _resolved(model, n)
    A, plain = context_of(f), [w for w in context_of(f).wires if not is_silent(w)]
    if not plain and f.dom == R(n, n):
        return Reader(f.param, None, f.init, jax.jit(lambda params, matrix, x: f(params, matrix)))
    if [w.label for w in plain] != ["graph"] or len(f.dom) != 1 or [leaf.shape[:1] for leaf in f.dom.wires[0].leaves] != [(n,)]:
        raise ArgumentError(
            f"a model on graphs with {n} nodes reads one graph and takes features R({n}, d), or takes an adjacency matrix "
            f"R({n}, {n}); {short(f)} takes {f.dom} and reads {', '.join(map(str, A.labels)) or 'nothing'}."
        )
    dense = fits(plain[0], R(n, n).wires[0])  # matrices where they will do: one shape, one program
    form = np.asarray if dense else from_adjacency
    run = jax.jit(lambda params, graph, x: f(params, graph, x))
    return Reader(f.param, f.dom, f.init, lambda params, matrix, x: run(params, form(matrix), x))


def _resolved(model: Family, n: int) -> Diagram:
    """A family on features of nodes; where it reads no graph, or is none, on the adjacency matrix."""
    try:
        f = R(n, 1) >> model
    except TypingError:
        return R(n, n) >> model
    return f if any(not is_silent(w) for w in context_of(f).wires) else R(n, n) >> model


def _matrix(graph: Any) -> np.ndarray:
    return matrix_of(graph).astype(np.float32)


# what is told apart


def separates(
    model: Any,
    pair: Iterable[Any],
    tolerance: float = TOLERANCE,
    *,
    params: tuple | None = None,
    seed: int = 0,
    tries: int = TRIES,
) -> bool:
    """Whether a model gives two graphs different values, with features of ones: with these parameters, or some that it draws.

    `pair` is a `GraphPair`, or any two graphs; `tolerance` is relative to the size of the values, if that is more than 1.
    Raises ArgumentError for a model of another number of nodes, for NaN, and for values of nodes that are not read out.

    >>> import catlearn as cl
    >>> from catlearn.algebra.homomorphisms import complete, cycle
    >>> pair = cycle(6).adjacency, (cycle(3) + cycle(3)).adjacency
    >>> cl.separates(cl.graph_conv(4) >> cl.relu >> cl.readout(), pair), cl.separates(cl.homomorphisms(complete(3)), pair)
    (False, True)
    """
    left, right = map(_matrix, pair)
    f, g = _readers(model, (left, right))
    for given in _parameters(f, params, seed, tries):
        y, z = f.value(given, left), g.value(given, right)
        if not _same(y, z, tolerance):
            _reads_out(f, given, left, y, tolerance)
            return True
    return False


def _readers(model: Any, matrices: Sequence[np.ndarray]) -> list[Reader]:
    """The model on each graph, made once for each number of nodes."""
    sizes = {len(matrix): None for matrix in matrices}
    found = {n: reader(model, n) for n in sizes}
    if len({f.param for f in found.values()}) > 1:
        raise ArgumentError("this model has other parameters for other numbers of nodes, so graphs of one size can be compared.")
    return [found[len(matrix)] for matrix in matrices]


def _parameters(f: Reader, params: tuple | None, seed: int, tries: int) -> list[tuple]:
    if params is not None:
        return [params]
    keys = jax.random.split(jax.random.key(seed), tries if len(f.param) else 1)
    return [f.init(key) for key in keys]


def _same(y: Any, z: Any, tolerance: float) -> bool:
    return equal_values("", y, z, tolerance) is None


def _reads_out(f: Reader, params: tuple, matrix: np.ndarray, y: Any, tolerance: float) -> None:
    """Raise ArgumentError for a model that moves its rows along with the nodes, whose values mean nothing side by side."""
    n = len(matrix)
    if any(np.shape(leaf)[:1] != (n,) for leaf in jax.tree.leaves(y)):
        return
    for order in (np.roll(np.arange(n), 1), np.random.default_rng(0).permutation(n)):
        z = f.value(params, matrix[np.ix_(order, order)])
        if not _same(y, z, tolerance) and _same(_rows(y, order), z, tolerance):
            raise ArgumentError(
                "this model gives a value to each node, in their order: add a readout, such as catlearn.readout()."
            )


def _rows(values: Any, order: np.ndarray) -> Any:
    return jax.tree.map(lambda leaf: leaf[order], values)


# laws


def no_finer_than_wl(
    model: Any,
    graphs: Iterable[Any],
    k: int = 1,
    tolerance: float = TOLERANCE,
    *,
    params: tuple | None = None,
    seed: int = 0,
    tries: int = TRIES,
) -> Counterexample | None:
    """Graphs that k-WL (folklore) can't tell apart have one value. It holds at k = 1 for all that message passing computes.

    Raises ArgumentError as `separates`. Source: Xu et al. 2019 (arXiv 1810.00826), lemma 2; Morris et al. 2019, theorem 1.

    >>> import catlearn as cl
    >>> from catlearn.algebra.homomorphisms import complete, cycle
    >>> pair = cycle(6).adjacency, (cycle(3) + cycle(3)).adjacency
    >>> no_finer_than_wl(cl.homomorphisms(complete(3)), pair)
    no finer than 1-WL fails: it separates graphs 0 and 1, which 1-WL does not
      left:  0.0
      right: 12.0
    """
    matrices = list(map(_matrix, graphs))
    alike: dict[int, list[int]] = {}
    for i, number in enumerate(classes(matrices, k)):
        alike.setdefault(number, []).append(i)
    compared = [members for members in alike.values() if len(members) > 1]
    readers = _readers(model, matrices) if compared else []
    for given in _parameters(readers[0], params, seed, tries) if compared else []:
        for first, *others in compared:
            y = readers[first].value(given, matrices[first])
            for i in others:
                z = readers[i].value(given, matrices[i])
                if not _same(y, z, tolerance):
                    _reads_out(readers[first], given, matrices[first], y, tolerance)
                    where = f"it separates graphs {first} and {i}, which {k}-WL does not"
                    return Counterexample(f"no finer than {k}-WL", where, y, z)
    return None


def invariant_under_relabelling(
    model: Any, graph: Any, key: jax.Array, tolerance: float = TOLERANCE, *, params: tuple | None = None
) -> Counterexample | None:
    """`f(P A Pᵀ, P X) = f(A, X)` for a random permutation P, random features X and random parameters: for a value of the graph.

    >>> import jax, catlearn as cl
    >>> from catlearn.algebra.homomorphisms import path
    >>> f = cl.graph_conv(4) >> cl.relu
    >>> invariant_under_relabelling(f >> cl.readout(), path(4).adjacency, jax.random.key(0)) is None
    True
    """
    return _relabelled("invariance under relabelling", lambda y, order: y, model, graph, key, tolerance, params)


def equivariant_under_relabelling(
    model: Any, graph: Any, key: jax.Array, tolerance: float = TOLERANCE, *, params: tuple | None = None
) -> Counterexample | None:
    """`f(P A Pᵀ, P X) = P f(A, X)` for a random permutation P, random features X and random parameters: for values of nodes.

    Raises ArgumentError where f gives no row for each node. Source: Maron et al. 2019 (arXiv 1812.09902), §3.

    >>> import jax, catlearn as cl
    >>> from catlearn.algebra.homomorphisms import path
    >>> equivariant_under_relabelling(cl.graph_conv(4) >> cl.relu, path(4).adjacency, jax.random.key(0)) is None
    True
    """

    def moved(y: Any, order: np.ndarray) -> Any:
        if any(np.shape(leaf)[:1] != order.shape for leaf in jax.tree.leaves(y)):
            shapes = ", ".join(str(np.shape(leaf)) for leaf in jax.tree.leaves(y))
            raise ArgumentError(f"an equivariant model gives a row for each of the {len(order)} nodes, got {shapes}.")
        return _rows(y, order)

    return _relabelled("equivariance under relabelling", moved, model, graph, key, tolerance, params)


def _relabelled(
    law: str, moved: Callable, model: Any, graph: Any, key: jax.Array, tolerance: float, params: tuple | None
) -> Counterexample | None:
    matrix = _matrix(graph)
    f = reader(model, len(matrix))
    init, draw, permute = jax.random.split(key, 3)
    params = f.init(init) if params is None else params
    x = None if f.features is None else sample(f.features, draw)[0]
    order = np.random.default_rng(np.asarray(jax.random.key_data(permute))).permutation(len(matrix))
    there = f.run(params, matrix[np.ix_(order, order)], _rows(x, order))
    return equal_values(law, there, moved(f.run(params, matrix, x), order), tolerance)


def colouring_is_a_homomorphism(graph: Any, colours: Any = None) -> Counterexample | None:
    """`A P = P D`: the stable colouring (or this one) is a homomorphism from the coalgebra of the graph to its quotient.

    Source: Godsil, Royle 2001, lemma 9.3.1.

    >>> from catlearn.algebra.homomorphisms import path
    >>> colouring_is_a_homomorphism(path(5).adjacency) is None
    True
    """
    matrix = _matrix(graph)
    colours = stable_colouring(matrix) if colours is None else colours
    P = indicator(colours)
    try:
        D = quotient(matrix, colours)
    except ArgumentError as error:
        return Counterexample("colouring is a homomorphism", str(error))
    return equal_values("colouring is a homomorphism", matrix @ P, P @ D)
