"""What optimisers that work coordinate by coordinate satisfy."""

from __future__ import annotations

import jax

from catlearn.categories.lens import backward_of, forward_of
from catlearn.core.values import unpacked
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, equal_values, sample
from catlearn.learn.optimiser import Optimiser, Stateful, Transformation


def optimiser_is_monoidal(optimiser: Optimiser, P: Object, Q: Object, key: jax.Array) -> Counterexample | None:
    """`Opt(P ⊗ Q) = Opt(P) ⊗ Opt(Q)` up to the order of the states, for an optimiser with a state wire for each parameter.

    A global norm breaks it; Adam shares its counter, so it satisfies this only up to that. Source: optimisers as 2-cells,
    arXiv 2103.01931, §3.4.

    >>> import catlearn as cl
    >>> import jax
    >>> optimiser_is_monoidal(cl.momentum(0.1), cl.R(2), cl.R(3), jax.random.key(0)) is None
    True
    """
    whole, left, right = optimiser.at(P @ Q), optimiser.at(P), optimiser.at(Q)
    m, n = len(optimiser.state(P)), len(optimiser.state(Q))
    j, k = jax.random.split(key)
    s, t, x, y = _cut(sample(forward_of(whole.dom), j), m, n, len(P))
    b = sample(backward_of(whole.cod), k)
    seen, residual = whole.forward((), *s, *t, *x, *y)
    _, back = whole.backward(residual, *b)
    (seen_l, kept_l), (seen_r, kept_r) = left.forward((), *s, *x), right.forward((), *t, *y)
    (_, back_l), (_, back_r) = left.backward(kept_l, *b[: len(P)]), right.backward(kept_r, *b[len(P) :])
    back_l, back_r = unpacked(back_l, m + len(P)), unpacked(back_r, n + len(Q))
    apart = (*back_l[:m], *back_r[:n], *back_l[m:], *back_r[n:])
    return equal_values("optimiser ⊗", (seen, back), ((*unpacked(seen_l, len(P)), *unpacked(seen_r, len(Q))), apart))


def shear_is_invertible(optimiser: Optimiser, P: Object, key: jax.Array) -> Counterexample | None:
    """`stored(s, get(s, p)) = p` and `get(s, stored(s, q)) = q`: the shear `φ(s, p) = (s, get(s, p))` is an isomorphism, so
    that conjugating by it gives the lens a trivial get (its normal form, which optax has).

    >>> import catlearn as cl
    >>> import jax
    >>> shear_is_invertible(cl.nesterov(0.1), cl.R(2) @ cl.R(3), jax.random.key(0)) is None
    True
    """
    known, (j, k) = optimiser.knowing(P), jax.random.split(key)
    s, p = sample(known.state(P), j), sample(P, k)
    ahead, behind = known.stored(s, known.get(s, p)), known.get(s, known.stored(s, p))
    return equal_values("shear", ahead, p) or equal_values("shear", behind, p)


def transformation_composes(optimiser: Optimiser, g: Transformation, P: Object, key: jax.Array) -> Counterexample | None:
    """`(f >> g).at(P) = (f.at(P) ⊗ S₂); g.at(P)` up to the order of the states: composing is composing lenses.

    >>> import catlearn as cl
    >>> import jax
    >>> transformation_composes(cl.nesterov(0.1), cl.clip_by_global_norm(0.1), cl.R(2), jax.random.key(0)) is None
    True
    """
    whole, first, second = (optimiser >> g).at(P), optimiser.at(P), g.at(P)
    s, t, p = _reached(optimiser, P, key), _reached(g, P, key), sample(P, key)
    m, n = len(s), len(t)
    seen, residual = whole.forward((), *s, *t, *p)
    shown, kept = first.forward((), *s, *p)
    out, kept_g = second.forward((), *t, *unpacked(shown, len(P)))
    dys = sample(backward_of(whole.cod), jax.random.fold_in(key, 1))
    back_g = unpacked(second.backward(kept_g, *dys)[1], n + len(P))
    back_f = unpacked(first.backward(kept, *back_g[n:])[1], m + len(P))
    back = unpacked(whole.backward(residual, *dys)[1], m + n + len(P))
    return equal_values("optimiser ; transformation", (seen, back), (out, (*back_f[:m], *back_g[:n], *back_f[m:])))


def _reached(optimiser: Stateful, P: Object, key: jax.Array) -> tuple:
    """A state that can be: the one after the first, by a random change."""
    known, (j, k) = optimiser.knowing(P), jax.random.split(key)
    p = sample(P, j)
    return known.put(known.begin(p), p, sample(P, k))[0]


def _cut(values: tuple, *sizes: int) -> list[tuple]:
    cuts, start = [], 0
    for size in sizes:
        cuts.append(values[start : start + size])
        start += size
    return [*cuts, values[start:]]
