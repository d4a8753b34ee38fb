"""The axioms of reverse derivative categories, RD.1 to RD.7, for `reverse` on arrows of Smooth, and the test of optics.

Written pointwise, with `R[f](a, b)` for "the transpose of the Jacobian of f at a, applied to b". Parameters count as
inputs. Axioms hold of programs away from kinks. Source: Cockett et al. 2020 (arXiv 1910.07065), the axioms RD.1 to RD.7.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from catlearn.categories.reverse import pullback, reverse
from catlearn.categories.smooth import change
from catlearn.core.diagram import Diagram, copy, identity, wiring
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, equal_values, first, run, sample
from catlearn.nets.function import add

Tuple = tuple


def R(f: Diagram, a: Sequence, b: Sequence) -> Tuple:
    """`R[f](a, b)` on tuples of values."""
    return run(pullback(f), (*a, *b))


def D(f: Diagram, a: Sequence, v: Sequence) -> Tuple:
    """The forward derivative `D[f](a, v) = π₁ R[R[f]]((a, 0), v)`."""
    zero = _zeros(f.cod)
    return R(pullback(f), (*a, *zero), v)[len(a) :]


def additive_in_the_map(f: Diagram, g: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.1: `R[f + g] = R[f] + R[g]`, for arrows of one type without parameters."""
    a, b = _samples(key, f.dom, f.cod)
    return equal_values("RD.1", R(_plus(f, g), a, b), _sum(R(f, a, b), R(g, a, b)))


def additive_in_the_covector(f: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.2: `R[f](a, b + c) = R[f](a, b) + R[f](a, c)` and `R[f](a, 0) = 0`."""
    a, b, c = _samples(key, f.dom @ f.param, f.cod, f.cod)
    return first(
        equal_values("RD.2 (sum)", R(f, a, _sum(b, c)), _sum(R(f, a, b), R(f, a, c))),
        equal_values("RD.2 (zero)", R(f, a, _zeros(f.cod)), _zeros(f.dom @ f.param)),
    )


def identity_and_projections(A: Object, B: Object, key: jax.Array) -> Counterexample | None:
    """RD.3: `R[1] = π₁`, `R[π₀](a, b) = (b, 0)`, `R[π₁](a, b) = (0, b)`."""
    a, b, c = _samples(key, A @ B, A, B)
    left, right = wiring(A @ B, range(len(A))), wiring(A @ B, range(len(A), len(A) + len(B)))
    return first(
        equal_values("RD.3 (identity)", R(identity(A), a[: len(A)], b), b),
        equal_values("RD.3 (π₀)", R(left, a, b), (*b, *_zeros(B))),
        equal_values("RD.3 (π₁)", R(right, a, c), (*_zeros(A), *c)),
    )


def pairing(f: Diagram, g: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.4: `R[⟨f, g⟩](a, (b, c)) = R[f](a, b) + R[g](a, c)`, for arrows from one object without parameters."""
    a, b, c = _samples(key, f.dom, f.cod, g.cod)
    return equal_values("RD.4", R(copy(f.dom) >> (f @ g), a, (*b, *c)), _sum(R(f, a, b), R(g, a, c)))


def chain_rule(f: Diagram, g: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.5: `R[f; g](a, c) = R[f](a, R[g](f(a), c))`; with parameters, g's own part of R[g] comes out beside it."""
    a, p, q, c = _samples(key, f.dom, f.param, g.param, g.cod)
    middle = R(g, (*run(f, (*a, *p)), *q), c)
    n = len(change(f.cod))
    return equal_values("RD.5", R(f >> g, (*a, *p, *q), c), (*R(f, (*a, *p), middle[:n]), *middle[n:]))


def linear_in_the_covector(f: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.6: the second component of `R[R[R[f]]](((a, 0), a₁), (0, b))` is `R[f](a, b)`, for every a₁."""
    A = f.dom @ f.param
    a, a1, b = _samples(key, A, A, f.cod)
    third = R(pullback(pullback(f)), (*a, *_zeros(f.cod), *a1), (*_zeros(A), *b))
    return equal_values("RD.6", third[len(A) + len(f.cod) :], R(f, a, b))


def symmetric_second_derivative(f: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.7: `D[D[f]]((a, u), (v, w))` does not change when u and v are exchanged."""
    A = f.dom @ f.param
    a, u, v, w = _samples(key, A, A, A, A)
    return equal_values("RD.7", _second(f, a, u, v, w), _second(f, a, v, u, w))


def forward_agrees_with_jvp(f: Diagram, key: jax.Array) -> Counterexample | None:
    """`D[f]`, got by reversing twice, is `jax.jvp`."""
    a, v = _samples(key, f.dom @ f.param, f.dom @ f.param)
    return equal_values("D[f] = jvp", D(f, a, v), jax.jvp(lambda *xs: run(f, xs), a, v)[1])


def agrees_with_vjp(f: Diagram, key: jax.Array) -> Counterexample | None:
    """The lens of f, box by box, is `(f, jax.vjp(f))` around the whole: what a box's own optic has to satisfy."""
    values, b = _samples(key, f.dom @ f.param, f.cod)
    n, lens = len(f.dom), reverse(f)
    y, residual = lens.forward(values[n:], *values[:n])
    dparams, dx = lens.backward(residual, *b)
    out, back = jax.vjp(lambda *xs: run(f, xs), *values)
    found = (*((dx,) if n == 1 else dx), *dparams)
    return first(
        equal_values("optic: forward", (y,) if len(f.cod) == 1 else y, out),
        equal_values("optic: backward", found, back(tuple(b))),
    )


def _second(f: Diagram, a: Tuple, u: Tuple, v: Tuple, w: Tuple) -> Tuple:
    def first_derivative(*values: jax.Array) -> Tuple:
        return D(f, values[: len(a)], values[len(a) :])

    return jax.jvp(first_derivative, (*a, *u), (*v, *w))[1]


def _plus(f: Diagram, g: Diagram) -> Diagram:
    if len(f.cod) != 1:
        raise ValueError("RD.1 is stated here for arrows with one wire in their codomain")
    return copy(f.dom) >> (f @ g) >> add


def _samples(key: jax.Array, *objects: Object) -> list[Tuple]:
    return [sample(A, k) for A, k in zip(objects, jax.random.split(key, len(objects)), strict=True)]


def _zeros(A: Object) -> Tuple:
    return tuple(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), struct) for struct in A.structs)


def _sum(left: Sequence, right: Sequence) -> Tuple:
    return jax.tree.map(jnp.add, tuple(left), tuple(right))
