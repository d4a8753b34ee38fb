"""What optimisers that work coordinate by coordinate satisfy."""

from __future__ import annotations

import jax

from catlearn.categories.lens import backward_of, forward_of
from catlearn.core.values import unpacked
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, equal_values, sample
from catlearn.learn.optimisers import Optimiser


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


def _cut(values: tuple, *sizes: int) -> list[tuple]:
    cuts, start = [], 0
    for size in sizes:
        cuts.append(values[start : start + size])
        start += size
    return [*cuts, values[start:]]
