"""What the batch functor must do, against running each example by itself."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from catlearn.categories.batch import batch
from catlearn.categories.reverse import reverse
from catlearn.core.diagram import Diagram
from catlearn.laws.counterexample import Counterexample, equal_values, run, sample


def batch_runs_each_example(f: Diagram, size: int, key: jax.Array) -> Counterexample | None:
    """`batch(f, n)` on n stacked inputs is f on each, stacked.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> batch_runs_each_example(f, 4, jax.random.key(0)) is None
    True
    """
    B, (xs, params) = batch(f, size), _samples(f, size, key)
    one_by_one = [run(f, (*_example(xs, i), *params)) for i in range(size)]
    return equal_values("batch", run(B, (*xs, *params)), jax.tree.map(lambda *rows: jnp.stack(rows), *one_by_one))


def batch_sums_gradients(f: Diagram, size: int, key: jax.Array) -> Counterexample | None:
    """The gradient on shared parameters of `batch(f, n)` is the sum over the examples.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> batch_sums_gradients(f, 4, jax.random.key(0)) is None
    True
    """
    (xs, params), B = _samples(f, size, key), batch(f, size)
    bs = sample(B.cod, key)
    lens = reverse(B)
    whole, _ = lens.backward(lens.forward(params, *xs)[1], *bs)
    single = reverse(f)
    each = [single.backward(single.forward(params, *_example(xs, i))[1], *_example(bs, i))[0] for i in range(size)]
    return equal_values("gradient of a batch", whole, jax.tree.map(lambda *rows: sum(rows[1:], rows[0]), *each))


def _samples(f: Diagram, size: int, key: jax.Array) -> tuple[tuple, tuple]:
    k, j = jax.random.split(key)
    return sample(batch(f.dom, size), k), sample(f.param, j)


def _example(xs: tuple, i: int) -> tuple:
    return jax.tree.map(lambda x: x[i], xs)
