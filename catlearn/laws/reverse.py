"""The axioms of reverse derivative categories, RD.1 to RD.7, for `reverse` on arrows of Smooth, and the test of optics.

Written pointwise, with `R[f](a, b)` for "the transpose of the Jacobian of f at a, applied to b". Parameters count as
inputs. Axioms hold of programs away from kinks. Source: Cockett et al. 2020 (arXiv 1910.07065), the axioms RD.1 to RD.7.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from catlearn.categories.function import constant
from catlearn.categories.reverse import pullback, reverse
from catlearn.categories.smooth import change, changed, changing, zeros_of
from catlearn.core.diagram import Diagram, copy, discard, identity, wiring
from catlearn.core.values import unpacked
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, equal_values, first, run, sample
from catlearn.nets.function import add

Tuple = tuple


def R(f: Diagram, a: Sequence, b: Sequence) -> Tuple:
    """`R[f](a, b)` on tuples of values."""
    return run(pullback(f), (*a, *b))


def forward_derivative(f: Diagram) -> Diagram:
    """`D[f] = (ι₀ × 1); R[R[f]]; π₁` as an arrow of Smooth. Type: `A ⊗ P ⊗ A ⊗ P → B`, for arrows of floats."""
    A, B = f.dom @ f.param, f.cod
    twice = pullback(pullback(f))
    return A @ constant(zeros_of(B)) @ A >> twice >> wiring(twice.cod, range(len(A), len(A) + len(B)))


def D(f: Diagram, a: Sequence, v: Sequence) -> Tuple:
    """The forward derivative `D[f](a, v)` on tuples of values."""
    return run(forward_derivative(f), (*a, *v))


def additive_in_the_map(f: Diagram, g: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.1: `R[f + g] = R[f] + R[g]` and `R[0] = 0`, for arrows of one type without parameters.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.tanh
    >>> additive_in_the_map(f, f >> f, jax.random.key(0)) is None
    True
    """
    a, b = _samples(key, f.dom, f.cod)
    zero = discard(f.dom) >> constant(zeros_of(f.cod))
    return first(
        equal_values("RD.1 (sum)", R(_plus(f, g), a, b), _sum(R(f, a, b), R(g, a, b))),
        equal_values("RD.1 (zero)", R(zero, a, b), zeros_of(f.dom)),
    )


def additive_in_the_covector(f: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.2: `R[f](a, b + c) = R[f](a, b) + R[f](a, c)` and `R[f](a, 0) = 0`.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> additive_in_the_covector(f, jax.random.key(0)) is None
    True
    """
    a, b, c = _samples(key, f.dom @ f.param, f.cod, f.cod)
    return first(
        equal_values("RD.2 (sum)", R(f, a, _sum(b, c)), _sum(R(f, a, b), R(f, a, c))),
        equal_values("RD.2 (zero)", R(f, a, zeros_of(f.cod)), zeros_of(f.dom @ f.param)),
    )


def identity_and_projections(A: Object, B: Object, key: jax.Array) -> Counterexample | None:
    """RD.3: `R[1] = π₁`, `R[π₀](a, b) = (b, 0)`, `R[π₁](a, b) = (0, b)`.

    >>> import catlearn as cl
    >>> import jax
    >>> identity_and_projections(cl.R(2), cl.R(3), jax.random.key(0)) is None
    True
    """
    a, b, c = _samples(key, A @ B, A, B)
    left, right = wiring(A @ B, range(len(A))), wiring(A @ B, range(len(A), len(A) + len(B)))
    return first(
        equal_values("RD.3 (identity)", R(identity(A), a[: len(A)], b), b),
        equal_values("RD.3 (π₀)", R(left, a, b), (*b, *zeros_of(B))),
        equal_values("RD.3 (π₁)", R(right, a, c), (*zeros_of(A), *c)),
    )


def pairing(f: Diagram, g: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.4: `R[⟨f, g⟩](a, (b, c)) = R[f](a, b) + R[g](a, c)` and `R[!] = 0`, for arrows from one object without parameters.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.tanh
    >>> pairing(f, f >> f, jax.random.key(0)) is None
    True
    """
    a, b, c = _samples(key, f.dom, f.cod, g.cod)
    return first(
        equal_values("RD.4 (pairing)", R(copy(f.dom) >> (f @ g), a, (*b, *c)), _sum(R(f, a, b), R(g, a, c))),
        equal_values("RD.4 (discard)", R(discard(f.dom), a, ()), zeros_of(f.dom)),
    )


def chain_rule(f: Diagram, g: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.5: `R[f; g](a, c) = R[f](a, R[g](f(a), c))`; with parameters, g's own part of R[g] comes out beside it.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> chain_rule(f, f, jax.random.key(0)) is None
    True
    """
    a, p, q, c = _samples(key, f.dom, f.param, g.param, g.cod)
    middle = R(g, (*run(f, (*a, *p)), *q), c)
    n = len(change(f.cod))
    return equal_values("RD.5", R(f >> g, (*a, *p, *q), c), (*R(f, (*a, *p), middle[:n]), *middle[n:]))


def linear_in_the_covector(f: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.6: the second component of `R[R[R[f]]](((a, 0), a₁), (0, b))` is `R[f](a, b)`, for every a₁.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> linear_in_the_covector(f, jax.random.key(0)) is None
    True
    """
    A = f.dom @ f.param
    a, a1, b = _samples(key, A, A, f.cod)
    third = R(pullback(pullback(f)), (*a, *zeros_of(f.cod), *a1), (*zeros_of(A), *b))
    return equal_values("RD.6", third[len(A) + len(f.cod) :], R(f, a, b))


def symmetric_second_derivative(f: Diagram, key: jax.Array) -> Counterexample | None:
    """RD.7: `D[D[f]]((a, u), (v, w))` does not change when u and v are exchanged. Both D are got by reversing twice.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> symmetric_second_derivative(f, jax.random.key(0)) is None
    True
    """
    A, second = f.dom @ f.param, forward_derivative(f)
    a, u, v, w = _samples(key, A, A, A, A)
    return equal_values("RD.7", D(second, (*a, *u), (*v, *w)), D(second, (*a, *v), (*u, *w)))


def forward_agrees_with_jvp(f: Diagram, key: jax.Array) -> Counterexample | None:
    """`D[f]`, got by reversing twice, is `jax.jvp`.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> forward_agrees_with_jvp(f, jax.random.key(0)) is None
    True
    """
    a, v = _samples(key, f.dom @ f.param, f.dom @ f.param)
    return equal_values("D[f] = jvp", D(f, a, v), jax.jvp(lambda *xs: run(f, xs), a, v)[1])


def agrees_with_vjp(f: Diagram, key: jax.Array) -> Counterexample | None:
    """The lens of f, box by box, is `(f, jax.vjp(f))` around the whole: what a box's own optic has to satisfy.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> agrees_with_vjp(f, jax.random.key(0)) is None
    True
    """
    A, n, lens = f.dom @ f.param, len(f.dom), reverse(f)

    def sides(values: Tuple, b: Tuple) -> tuple[Tuple, Tuple]:
        y, residual = lens.forward(values[n:], *values[:n])
        dparams, dx = lens.backward(residual, *b)
        moving = lambda *xs: changing(f.cod, run(f, changed(A, values, xs)))  # noqa: E731
        back = jax.vjp(moving, *changing(A, values))[1](b)
        ours = (*unpacked(dx, len(change(f.dom))), *dparams)
        return (unpacked(y, len(f.cod)), ours), (run(f, values), back)

    ours, theirs = jax.jit(sides)(*_samples(key, A, change(f.cod)))
    return first(equal_values("optic: forward", ours[0], theirs[0]), equal_values("optic: backward", ours[1], theirs[1]))


def _plus(f: Diagram, g: Diagram) -> Diagram:
    if len(f.cod) != 1:
        raise ValueError("RD.1 is stated here for arrows with one wire in their codomain")
    return copy(f.dom) >> (f @ g) >> add


def _samples(key: jax.Array, *objects: Object) -> list[Tuple]:
    return [sample(A, k) for A, k in zip(objects, jax.random.split(key, len(objects)), strict=True)]


def _sum(left: Sequence, right: Sequence) -> Tuple:
    return jax.tree.map(jnp.add, tuple(left), tuple(right))
