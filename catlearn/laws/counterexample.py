"""What a law says when it does not hold, and how arrows are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.algebra.graphs import EdgeList
from catlearn.categories.cokleisli import CoKleisli, context_of, underlying
from catlearn.categories.lens import Optic, backward_of, forward_of
from catlearn.categories.para import Parametric
from catlearn.categories.smooth import Map
from catlearn.core.diagram import Diagram
from catlearn.core.shown import Shown
from catlearn.core.text import short
from catlearn.core.values import unpacked
from catlearn.core.wires import Object, Wire

TOLERANCE = 1e-4
FEW = 12  # numbers, which a table shows


@dataclass(frozen=True)
class Counterexample(Shown):
    """Why a law fails: its name, the two sides, and where they differ. A law returns one of these, or None."""

    law: str
    where: str
    lhs: Any = None
    rhs: Any = None

    def _facts(self) -> list[tuple[str, Any]]:
        sides = [] if self.lhs is None else [("left", _numbers(self.lhs)), ("right", _numbers(self.rhs))]
        return [("fails", self.where), *sides]

    def __repr__(self) -> str:
        sides = "" if self.lhs is None else f"\n  left:  {self.lhs}\n  right: {self.rhs}"
        return f"{self.law} fails: {self.where}{sides}"


def _numbers(side: Any) -> Any:
    """Few numbers as text; other things as they are."""
    leaves = jax.tree.leaves(side)
    plain = all(isinstance(leaf, jax.Array | np.ndarray) and jnp.issubdtype(leaf.dtype, jnp.number) for leaf in leaves)
    if not leaves or not plain or sum(leaf.size for leaf in leaves) > FEW:
        return side
    return "; ".join(np.array2string(np.asarray(leaf), precision=4, separator=", ").replace("\n", "") for leaf in leaves)


Equal = Callable[[str, Any, Any], Counterexample | None]


def sample(A: Object, key: jax.Array) -> tuple:
    """Random values for an object: standard normal floats, small non-negative integers, fair booleans, random keys,
    graphs with edges between any nodes."""
    keys = jax.random.split(key, len(A) + 1)
    return tuple(_sample_wire(wire, k) for wire, k in zip(A.wires, keys, strict=False))


def _sample_wire(wire: Wire, key: jax.Array) -> Any:
    keys = jax.random.split(key, len(wire.leaves) + 1)
    drawn = wire.tree.unflatten([_sample_leaf(leaf, k) for leaf, k in zip(wire.leaves, keys, strict=False)])
    return _joined(drawn, keys[-1]) if isinstance(drawn, EdgeList) and drawn.senders is not None else drawn


def _joined(graph: EdgeList, key: jax.Array) -> EdgeList:
    """The graph with edges between any nodes. Of several graphs each has as many nodes as the others, and the rest is padding."""
    start, end = jax.random.split(key)
    each = max(graph.nodes // graph.parts, 1)
    senders = jax.random.randint(start, graph.senders.shape, 0, graph.nodes)
    receivers = senders // each * each + jax.random.randint(end, graph.senders.shape, 0, each)
    owner = jnp.minimum(jnp.arange(graph.nodes, dtype=jnp.int32) // each, graph.parts)
    return replace(
        graph,
        senders=senders,
        receivers=jnp.minimum(receivers, graph.nodes - 1),
        owner=None if graph.owner is None else jnp.broadcast_to(owner, graph.owner.shape),
    )


def _sample_leaf(leaf: jax.ShapeDtypeStruct, key: jax.Array) -> jax.Array:
    if jnp.issubdtype(leaf.dtype, jnp.inexact):
        return jax.random.normal(key, leaf.shape, leaf.dtype)
    if leaf.dtype == jnp.bool_:
        return jax.random.bernoulli(key, shape=leaf.shape)
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jax.random.split(key, leaf.shape or (1,)).reshape(leaf.shape)
    return jax.random.randint(key, leaf.shape, 0, 2).astype(leaf.dtype)


def equal_values(law: str, lhs: Any, rhs: Any, tolerance: float = TOLERANCE) -> Counterexample | None:
    """None where two pytrees of arrays agree in structure, shape, dtype and, relative to their size, in value."""
    left, right = jax.tree.leaves_with_path(lhs), jax.tree.leaves_with_path(rhs)
    if jax.tree.structure(lhs) != jax.tree.structure(rhs):
        return Counterexample(law, "the two sides have different structure", jax.tree.structure(lhs), jax.tree.structure(rhs))
    for (path, a), (_, b) in zip(left, right, strict=True):
        place = jax.tree_util.keystr(path) or "the value"
        if jnp.shape(a) != jnp.shape(b) or jnp.result_type(a) != jnp.result_type(b):
            return Counterexample(law, f"{place} has another shape or dtype", jax.typeof(a), jax.typeof(b))
        if not _close(_plain(a), _plain(b), tolerance):
            return Counterexample(law, f"{place} differs", a, b)
    return None


def _plain(x: Any) -> np.ndarray:
    is_key = isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(x) if is_key else x)


def _close(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    if not np.issubdtype(a.dtype, np.inexact):
        return bool(np.array_equal(a, b))
    scale = max(1.0, float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b))))
    with np.errstate(invalid="ignore"):  # ∞ − ∞
        return bool(np.all((a == b) | (np.abs(a - b) <= tolerance * scale)))


def extensional(law: str, lhs: Any, rhs: Any, seed: int = 0) -> Counterexample | None:
    """None where two arrows have the same type and give the same values on random inputs, forward and backward.

    Knows diagrams of JAX boxes and of lenses, and their meanings in Smooth, Lens(Smooth), and CoKl and Para of both. Arrows
    that read contexts read the same ones, and are compared as the arrows `A ⊗ X → Y` that they are. It compares what arrows
    do, not what lenses keep: residuals are equal only up to sliding.
    """
    if _context(lhs) != _context(rhs):
        return Counterexample(law, "the two sides read different contexts", _context(lhs), _context(rhs))
    for what in ("dom", "cod", "param"):
        a, b = getattr(lhs, what, None), getattr(rhs, what, None)
        if a != b:
            return Counterexample(law, f"the two sides differ in `{what}`", a, b)
    key = jax.random.key(seed)
    found = equal_values(law, observed(lhs, key), observed(rhs, key))
    return found and Counterexample(law, f"{found.where}, for {_text(lhs)}  against  {_text(rhs)}", found.lhs, found.rhs)


def _context(f: Any) -> list[tuple[str | None, Any]]:
    """The contexts that an arrow reads, by name."""
    A = context_of(f) if isinstance(f, Diagram) else getattr(getattr(f, "category", None), "context", Object())
    return list(zip(A.labels, A.wires, strict=True))


def _text(f: Any) -> str:
    return short(f) if isinstance(f, Diagram) else type(f).__name__


def observed(f: Any, key: jax.Array) -> Any:
    """What can be seen of an arrow from outside: its outputs on random inputs, and for a lens what comes back too."""
    ins, outs = jax.random.split(key)
    match f:
        case Map():
            return f.run(sample(f.dom, ins))
        case Parametric():
            return observed(f.arrow, key)
        case CoKleisli():
            return observed(f.arrow, key)
        case Optic():
            made, m = f.fwd.run(sample(forward_of(f.dom), ins)), len(f.residual)
            return made[m:], f.bwd.run((*made[:m], *sample(backward_of(f.cod), outs)))
        case Diagram():
            return _observed_diagram(underlying(f), ins, outs)
    return f


def _observed_diagram(f: Diagram, ins: jax.Array, outs: jax.Array) -> Any:
    if hasattr(f.category, "backward"):
        values = sample(forward_of(f.dom @ f.param), ins)
        n = len(forward_of(f.dom))
        y, residual = f.forward(values[n:], *values[:n])
        return y, f.backward(residual, *sample(backward_of(f.cod), outs))
    values, n = sample(f.dom @ f.param, ins), len(f.dom)
    return f(values[n:], *values[:n])


def run(f: Diagram, values: Sequence[Any]) -> tuple:
    """Run a diagram on a tuple of values for `dom ⊗ param`: a tuple, with a value for each wire of the codomain."""
    n = len(f.dom)
    return unpacked(f(tuple(values[n:]), *values[:n]), len(f.cod))


def first(*found: Counterexample | None) -> Counterexample | None:
    """The first counterexample among several checks, if any."""
    return next((c for c in found if c is not None), None)
