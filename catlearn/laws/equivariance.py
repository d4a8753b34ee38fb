"""Equivariance of models: what a map of representations must satisfy, measured on random elements of the group."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.text import short
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, run, sample


def equivariant(
    f: Diagram,
    samples: int = 5,
    params: tuple | None = None,
    key: jax.Array | None = None,
    tolerance: float = 1e-5,
    *,
    dom: Object | None = None,
    cod: Object | None = None,
) -> Counterexample | None:
    """`f(ρ(g) x) = ρ'(g) f(x)`, to within `tolerance` of the greatest number of either side: on that many random g and x.

    `params` are those of the model, drawn anew each time unless given; parameters that begin at zero are drawn too. For an arrow
    of Smooth, `dom` and `cod` say with what actions it is tried; a plain wire is acted on trivially.
    Raises TypingError where no wire has an action.

    >>> import catlearn as cl
    >>> from catlearn.equivariant import S, linear
    >>> equivariant(S(5).power(2, channels=2) >> linear(power=2, channels=3) >> cl.relu) is None
    True
    """
    worst, where = 0.0, ""
    for i, (error, g) in enumerate(equivariance_errors(f, samples, params, key, dom=dom, cod=cod)):
        if not error <= worst:  # a number that is none is the worst
            worst, where = error, f"sample {i} of {samples}, relative error {error:.1e} for g =\n{g}"
    return None if worst <= tolerance else Counterexample("equivariance", f"{short(f)} at {where}")


def equivariance_error(
    f: Diagram,
    samples: int = 5,
    params: tuple | None = None,
    key: jax.Array | None = None,
    *,
    dom: Object | None = None,
    cod: Object | None = None,
) -> float:
    """The greatest relative error of `f(ρ(g) x) = ρ'(g) f(x)` on random g and x. See `equivariant`.

    >>> from catlearn.equivariant import O, linear
    >>> equivariance_error(O(3).power(1, channels=2) >> linear(power=3, channels=2)) < 1e-5
    True
    """
    return max((error for error, _ in equivariance_errors(f, samples, params, key, dom=dom, cod=cod)), default=0.0)


def equivariance_errors(
    f: Diagram,
    samples: int = 5,
    params: tuple | None = None,
    key: jax.Array | None = None,
    *,
    dom: Object | None = None,
    cod: Object | None = None,
) -> list[tuple[float, Any]]:
    """The relative error for each of the random g and x, with the g. See `equivariant`."""
    A, B = dom if dom is not None else f.dom, cod if cod is not None else f.cod
    group = next((wire.rep.group for wire in (A @ B).wires if hasattr(wire, "rep")), None)
    if group is None:
        raise TypingError(f"equivariance of {short(f)}: no wire of {A} → {B} has an action; give dom= and cod= that have.")

    def both(key: jax.Array) -> tuple[Any, Any, Any]:
        ks = jax.random.split(key, 3)
        g, xs = group.sample(ks[0]), sample(A, ks[1])
        values = _drawn(f, ks[2]) if params is None else tuple(params)
        moved = run(f, (*acted(A, g, xs), *values))
        return acted(B, g, run(f, (*xs, *values))), moved, g

    together = jax.jit(both)
    found = []
    for k in jax.random.split(jax.random.key(0) if key is None else key, samples):
        expected, got, g = together(k)
        pairs = zip(jax.tree.leaves(expected), jax.tree.leaves(got), strict=True)
        found.append((max((_difference(np.asarray(a), np.asarray(b)) for a, b in pairs), default=0.0), g))
    return found


def acted(A: Object, g: Any, xs: tuple) -> tuple:
    """`ρ(g)` on values of an object; wires without an action stay.

    >>> from catlearn.equivariant import S
    >>> acted(S(2).power(1), jnp.array([[0.0, 1.0], [1.0, 0.0]]), (jnp.array([[3.0], [4.0]]),))[0].tolist()
    [[4.0], [3.0]]
    """
    pairs = zip(A.wires, xs, strict=True)
    return tuple(wire.rep.act(g, x) if hasattr(wire, "rep") else x for wire, x in pairs)


def _drawn(f: Diagram, key: jax.Array) -> tuple:
    """First values of the parameters, with some noise: so that what begins at zero is tried too."""
    first, noise = jax.random.split(key)
    values = f.init(first)
    leaves, tree = jax.tree.flatten(values)
    drawn = [
        x + 0.1 * jax.random.normal(k, x.shape, x.dtype) if jnp.issubdtype(x.dtype, jnp.inexact) else x
        for x, k in zip(leaves, jax.random.split(noise, max(len(leaves), 1)), strict=False)
    ]
    return tree.unflatten(drawn)


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    scale = max(1.0, float(np.abs(a).max(initial=0.0)), float(np.abs(b).max(initial=0.0)))
    return float(np.abs(a.astype(np.float64) - b).max(initial=0.0) / scale)
