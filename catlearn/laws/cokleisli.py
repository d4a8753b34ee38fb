"""The laws of CoKl(A, C): composites share a context along its comonoid, and reverse, batch and changes of context go through.

Those of a category, of its tensor and of functors are in `category` and `functor`, and take arrows of CoKl as any others.
Source: Gavranović, Villani 2022 (arXiv 2212.00542), §§3, 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.batch import batch, with_axis
from catlearn.categories.cokleisli import (
    CoKl,
    CoKleisli,
    context_of,
    contextual_to_parametric,
    inference,
    pull_context,
    underlying,
)
from catlearn.categories.comonoid import is_key, shared
from catlearn.categories.contextual import contextual, lens
from catlearn.categories.para import identity_of
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import change, smooth, uncurry
from catlearn.core.arrow import middle_swapped
from catlearn.core.diagram import Diagram, discard, identity, wiring
from catlearn.core.values import unpacked
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, Equal, equal_values, extensional, first, run, sample

# composition


def cokleisli_composition(f: CoKleisli, g: CoKleisli, equal: Equal = extensional) -> Counterexample | None:
    """`f; g = (δ ⊗ 1); (1 ⊗ f); g` and `1 = ε ⊗ 1`, for arrows of CoKl(A, C) where C copies A.

    >>> import catlearn as cl
    >>> from catlearn.categories.contextual import contextual
    >>> f = cl.R(2) >> cl.R(2) @ cl.ask(cl.R(2).named("condition")) >> cl.add
    >>> cokleisli_composition(contextual(f).arrow, contextual(f).arrow) is None
    True
    """
    A, C, X = f.category.context, f.category.base, f.dom
    n, m = len(A), len(X)
    by_hand = C.wiring(A @ X, (*range(n), *range(n + m))) >> (identity_of(C, A) @ f.arrow) >> g.arrow
    return first(
        equal("coKleisli composition", (f >> g).arrow, by_hand),
        equal("coKleisli identity", identity_of(f.category, X).arrow, C.wiring(A @ X, range(n, n + m))),
    )


def uses_interchange(f: CoKleisli, g: CoKleisli, h: CoKleisli, k: CoKleisli, equal: Equal = extensional) -> Counterexample | None:
    """`(f ⊗ g); (h ⊗ k) = (f; h) ⊗ (g; k)`, up to the order in which g and h use the context.

    Where A is copied the order does not matter, and the law is `interchange`. Keys are drawn in that order.

    >>> import catlearn as cl
    >>> from catlearn.categories.contextual import contextual
    >>> f = contextual(cl.R(2) >> cl.dropout(0.5)).arrow
    >>> uses_interchange(f, f, f, f) is None
    True
    """
    lhs, rhs = ((f @ g) >> (h @ k)).open, ((f >> h) @ (g >> k)).open
    order = middle_swapped(*(len(arrow.uses) for arrow in (f, g, h, k)))
    return equal("interchange of uses", lhs, rhs.reparameterise(f.category.base.wiring(lhs.param, order)))


def underlying_is_the_meaning(f: Diagram, equal: Equal = extensional) -> Counterexample | None:
    """The arrow `A ⊗ X ⊗ P → Y` of `underlying(f)` is that of f's meaning in Para(CoKl(A, Smooth)).

    >>> import catlearn as cl
    >>> underlying_is_the_meaning(cl.R(2) >> cl.dropout(0.5) >> cl.dense(3)) is None
    True
    """
    return equal("underlying", smooth(underlying(f)).arrow, contextual(f).arrow.arrow)


# the comonoid


def sharing(
    A: Object, uses: Sequence[int], order: Sequence[int], comultiply: Callable = shared, equal: Equal = extensional
) -> Counterexample | None:
    """`comultiply(A, uses) : A → A[uses]` is counital: all once are all, none is `discard`. And it commutes: uses in another
    order are the others in that order. Of keys, this may not change the order of uses of one key.

    Coassociativity says that composites which use A don't depend on brackets: it is `associativity` of CoKl(A, C).

    >>> from catlearn.categories.comonoid import KEY
    >>> from catlearn.core.wires import R
    >>> sharing(KEY @ R(2), (0, 1, 0), (1, 0, 2)) is None
    True
    """
    whole = comultiply(A, tuple(uses))
    return first(
        equal("counit", comultiply(A, tuple(range(len(A)))), identity(A)),
        equal("counit", comultiply(A, ()), discard(A)),
        equal("commutativity", whole >> wiring(whole.cod, order), comultiply(A, tuple(uses[i] for i in order))),
    )


def no_key_twice(A: Object, uses: Sequence[int], key: jax.Array, comultiply: Callable = shared) -> Counterexample | None:
    """All keys that uses of a context get are different, and one that was split is not used itself.

    >>> from catlearn.categories.comonoid import KEY
    >>> no_key_twice(KEY, (0, 0, 0), jax.random.key(0)) is None
    True
    """
    given = sample(A, key)
    drawn = _key_data(run(comultiply(A, tuple(uses)), given))
    split = [data for i, value in enumerate(given) if list(uses).count(i) > 1 for data in _key_data([value])]
    seen = drawn + split
    if len(set(seen)) == len(seen):
        return None
    return Counterexample("no key twice", f"of {len(seen)} keys {len(set(seen))} are different", seen, sorted(set(seen)))


def _key_data(values: Any) -> list[tuple]:
    keys = [leaf for leaf in jax.tree.leaves(values) if is_key(leaf)]
    return [tuple(map(int, jax.random.key_data(leaf).ravel())) for leaf in keys]


def inference_is_silent(f: Diagram, key: jax.Array) -> Counterexample | None:
    """`inference(f)` is f called without its keys, reads none, and again is itself.

    >>> import catlearn as cl
    >>> inference_is_silent(cl.R(2) >> cl.dropout(0.5) >> cl.dense(3), jax.random.key(0)) is None
    True
    """
    silent = inference(f)
    A, (x, p) = context_of(silent), (sample(B, k) for B, k in zip((f.dom, f.param), jax.random.split(key), strict=True))
    a = sample(A, key)
    return first(
        equal_values("inference", f(p, *a, *x), silent(p, *a, *x)),
        extensional("inference twice", inference(silent), silent),
        Counterexample("inference", "it still reads keys") if any(map(is_key, jax.tree.leaves(A.structs))) else None,
    )


# reverse through it


def reverse_goes_under_contexts(f: Diagram, equal: Equal = extensional) -> Counterexample | None:
    """The reverse of f is its meaning in Para(CoKl((A, A'), Lens(Smooth))): CoKl of a functor is one, that takes δ to (δ, +).

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.R(2) @ cl.ask(cl.R(2).named("condition")) >> cl.add
    >>> reverse_goes_under_contexts(f >> f) is None
    True
    """
    return equal("CoKl(reverse)", lens(underlying(f)).arrow, contextual(f, to=lens).arrow.arrow)


def context_gradient_is_the_sum(layers: Sequence[Diagram], key: jax.Array) -> Counterexample | None:
    """The gradient of a composite with respect to its one context is the sum of those of its layers, each with its own copy.

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.R(2) @ cl.ask(cl.R(2).named("condition")) >> cl.add
    >>> context_gradient_is_the_sum([f, f, f], jax.random.key(0)) is None
    True
    """
    whole = reduce(lambda f, g: f >> g, layers)
    A, k = context_of(whole), len(layers)
    apart = identity(_times(A, k) @ whole.dom)
    for i, layer in enumerate(layers, 1):
        apart = apart >> _times(A, k - i) @ _open(A, layer)
    a, x, p, dy = (sample(B, j) for B, j in zip((A, whole.dom, whole.param, whole.cod), jax.random.split(key, 4), strict=True))
    n = len(change(A))
    together, each = _dx(underlying(whole), p, (*a, *x), dy), _dx(apart, p, (*a * k, *x), dy)
    sums = [reduce(lambda s, t: jax.tree.map(jnp.add, s, t), each[i : k * n : n]) for i in range(n)]
    return equal_values("gradient of a context", together, (*sums, *each[k * n :]))


def chain_rule_in_context(f: Diagram, g: Diagram, key: jax.Array) -> Counterexample | None:
    """`R_A[f; g](a, x, z') = R_A[f](a, x, R_A[g](a, f(a, x), z'))` with `R_A[f](a, x, y') = π_X R[f]((a, x), y')`: where C is a
    reverse derivative category, so is CoKl(A, C).

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.R(2) @ cl.ask(cl.R(2).named("condition")) >> cl.add
    >>> chain_rule_in_context(f, f, jax.random.key(0)) is None
    True
    """
    whole = f >> g
    A = context_of(whole)
    parts = (A, f.dom, f.param, g.param, g.cod)
    a, x, p, q, dz = (sample(B, k) for B, k in zip(parts, jax.random.split(key, 5), strict=True))
    under = [_open(A, arrow) for arrow in (f, g)]
    y, n = run(under[0], (*a, *x, *p)), len(change(A))
    dy = _dx(under[1], q, (*a, *y), dz)[n:]
    dx = _dx(under[0], p, (*a, *x), dy)[n:]
    return equal_values("chain rule in context", _dx(underlying(whole), (*p, *q), (*a, *x), dz)[n:], dx)


def _times(A: Object, n: int) -> Object:
    return Object(A.wires * n)


def _open(A: Object, f: Diagram) -> Diagram:
    """The arrow `A ⊗ X → Y` of an arrow that reads some of A, or nothing."""
    return CoKl(A).underlying(f)


def _dx(f: Diagram, p: tuple, x: tuple, dy: tuple) -> tuple:
    back = reverse(f)
    return unpacked(back.backward(back.forward(p, *x)[1], *dy)[1], len(change(f.dom)))


# changes of context


def change_of_context(f: Any, r: Any, s: Any, pull: Callable = pull_context, equal: Equal = extensional) -> Counterexample | None:
    """f pulled back along 1 is f, and along `s; r` what along r, then along s. `pull(f, r)` does it (diagrams, unless told).

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.R(2) @ cl.ask(cl.R(2).named("condition")) >> cl.add
    >>> r = cl.R(2).named("condition") >> cl.tanh
    >>> change_of_context(f, r, r) is None
    True
    """
    one = identity(r.cod) if isinstance(f, Diagram) else identity_of(f.category.base, r.cod)
    return first(
        equal("change of context along 1", pull(f, one), f),
        equal("change of context along a composite", pull(f, s >> r), pull(pull(f, r), s)),
    )


def change_of_context_composes(f: Diagram, g: Diagram, r: Diagram, equal: Equal = extensional) -> Counterexample | None:
    """What `f; g` is along r is f along r, then g along r; where r has parameters the two share them.

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.R(2) @ cl.ask(cl.R(2).named("condition")) >> cl.add
    >>> change_of_context_composes(f, f, cl.R(3).named("condition") >> cl.dense(2)) is None
    True
    """
    whole, twice = pull_context(f >> g, r), pull_context(f, r) >> pull_context(g, r)
    return equal("change of context of a composite", whole, _sharing_first(whole, twice, len(r.param), len(f.param)))


def context_as_parameter(f: Diagram, g: Diagram, equal: Equal = extensional) -> Counterexample | None:
    """`contextual_to_parametric` gives the same values, and is a functor up to what composites share: the one context.

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.R(2) @ cl.ask(cl.R(2).named("condition")) >> cl.dense(2) @ cl.R(2) >> cl.add
    >>> context_as_parameter(f, f) is None
    True
    """
    A, (learned, whole) = context_of(f), map(contextual_to_parametric, (f, f >> g))
    n, m, p = len(A), len(f.dom), len(f.param)
    moved = wiring(f.dom @ A @ f.param, (*range(m, m + n), *range(m), *range(m + n, m + n + p)))
    twice = learned >> contextual_to_parametric(g)
    return first(
        equal("value with its context a parameter", uncurry(learned), moved >> uncurry(underlying(f))),
        equal("composite with its context a parameter", whole, _sharing_first(whole, twice, n, p)),
    )


def _sharing_first(whole: Diagram, twice: Diagram, n: int, p: int) -> Diagram:
    """An arrow with parameters `A ⊗ P ⊗ A ⊗ Q`, where the two A of n wires are one."""
    return twice.reparameterise(wiring(whole.param, (*range(n + p), *range(n), *range(n + p, len(whole.param)))))


def batch_shares_the_context(f: Diagram, size: int, key: jax.Array) -> Counterexample | None:
    """`batch(f, n)` is f on each example with the one context, whose gradient is the sum over examples.

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.R(2) @ cl.ask(cl.R(2).named("condition")) >> cl.dense(2) @ cl.R(2) >> cl.add
    >>> batch_shares_the_context(f, 3, jax.random.key(0)) is None
    True
    """
    A, many, one = context_of(f), underlying(batch(f, size)), underlying(f)
    parts = (A, with_axis(f.dom, size), f.param, with_axis(f.cod, size))
    a, xs, p, dys = (sample(B, k) for B, k in zip(parts, jax.random.split(key, 4), strict=True))
    at = lambda values, i: jax.tree.map(lambda leaf: leaf[i], values)  # noqa: E731
    n = len(change(A))

    @jax.jit
    def whole(a: tuple, xs: tuple, p: tuple, dys: tuple) -> tuple:
        return run(many, (*a, *xs, *p)), _dx(many, p, (*a, *xs), dys)[:n]

    @jax.jit
    def single(a: tuple, x: tuple, p: tuple, dy: tuple) -> tuple:
        return run(one, (*a, *x, *p)), _dx(one, p, (*a, *x), dy)[:n]

    outs, grads = zip(*(single(a, at(xs, i), p, at(dys, i)) for i in range(size)))
    together, total = whole(a, xs, p, dys)
    return first(
        equal_values("batch under a context", together, jax.tree.map(lambda *rows: jnp.stack(rows), *outs)),
        equal_values("gradient of a batch's context", total, jax.tree.map(lambda *rows: sum(rows[1:], rows[0]), *grads)),
    )
