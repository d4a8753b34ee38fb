"""The laws of well-behaved lenses. Lenses need not obey them; those that do are the constant-complement ones.

A lens here is a diagram of lenses `(A, A) → (B, B)` without parameters; `get` is its forward half, and `put(a, b)` its
backward half with the residual that `a` left. Permutations of wires are such.
Source: Foster et al. 2007 (Combinators for bidirectional tree transformations), §3.
"""

from __future__ import annotations

import jax

from catlearn.categories.lens import forward_of
from catlearn.core.diagram import Diagram
from catlearn.core.values import unpacked
from catlearn.laws.counterexample import Counterexample, equal_values, sample


def get_put(lens: Diagram, key: jax.Array) -> Counterexample | None:
    """`put(a, get(a)) = a`.

    >>> import catlearn as cl
    >>> import jax
    >>> lens = cl.reverse(cl.swap(cl.R(2), cl.R(3)))
    >>> get_put(lens, jax.random.key(0)) is None
    True
    """
    a = sample(forward_of(lens.dom), key)
    return equal_values("GetPut", _put(lens, a, _get(lens, a)), a)


def put_get(lens: Diagram, key: jax.Array) -> Counterexample | None:
    """`get(put(a, b)) = b`.

    >>> import catlearn as cl
    >>> import jax
    >>> lens = cl.reverse(cl.swap(cl.R(2), cl.R(3)))
    >>> put_get(lens, jax.random.key(0)) is None
    True
    """
    a, b = (sample(A, k) for A, k in zip(_ends(lens), jax.random.split(key), strict=True))
    return equal_values("PutGet", _get(lens, _put(lens, a, b)), b)


def put_put(lens: Diagram, key: jax.Array) -> Counterexample | None:
    """`put(put(a, b), c) = put(a, c)`.

    >>> import catlearn as cl
    >>> import jax
    >>> lens = cl.reverse(cl.swap(cl.R(2), cl.R(3)))
    >>> put_put(lens, jax.random.key(0)) is None
    True
    """
    (a, b), (_, c) = (
        [sample(A, k) for A, k in zip(_ends(lens), jax.random.split(j), strict=True)] for j in jax.random.split(key)
    )
    return equal_values("PutPut", _put(lens, _put(lens, a, b), c), _put(lens, a, c))


def _ends(lens: Diagram) -> tuple:
    return forward_of(lens.dom), forward_of(lens.cod)


def _get(lens: Diagram, a: tuple) -> tuple:
    y, _ = lens.forward((), *a)
    return unpacked(y, len(forward_of(lens.cod)))


def _put(lens: Diagram, a: tuple, b: tuple) -> tuple:
    _, dx = lens.backward(lens.forward((), *a)[1], *b)
    return unpacked(dx, len(forward_of(lens.dom)))
