"""What a stack is: the composite of its copies."""

from __future__ import annotations

import functools
import operator

import jax

from catlearn.categories.reverse import reverse
from catlearn.categories.stack import stack
from catlearn.core.diagram import Diagram
from catlearn.laws.counterexample import Counterexample, equal_values, sample


def stack_is_the_composite(f: Diagram, n: int, key: jax.Array) -> Counterexample | None:
    """`stack(n, f)` and `f >> … >> f` (n times) have the same values, and the same changes of inputs and parameters.

    >>> import jax, catlearn as cl
    >>> stack_is_the_composite(cl.R(3) >> cl.dense(3) >> cl.tanh, 3, jax.random.key(0)) is None
    True
    """
    looped, row = reverse(stack(n, f)), reverse(functools.reduce(operator.rshift, [f] * n))
    keys = jax.random.split(key, 3)
    params, xs, dys = (sample(A, k) for A, k in zip((stack(n, f).param, f.dom, f.cod), keys, strict=True))
    ours, theirs = looped.forward(params, *xs), row.forward(_copies(params, n), *xs)
    (dparams, dx), (each, dx_in_a_row) = looped.backward(ours[1], *dys), row.backward(theirs[1], *dys)
    return equal_values("stack", (ours[0], dx, _copies(dparams, n)), (theirs[0], dx_in_a_row, each))


def _copies(params: tuple, n: int) -> tuple:
    return tuple(jax.tree.map(lambda p, i=i: p[i], p) for i in range(n) for p in params)
