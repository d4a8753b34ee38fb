"""The laws of 2-cells of Para, and the rules of gradients along them.

Source: arXiv 2103.01931, §2.1; the gradient rule is RD.5 on the parameter wire.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.lens import Lens
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Smooth, uncurry
from catlearn.core.diagram import Diagram, copy
from catlearn.core.values import unpacked
from catlearn.laws.counterexample import Counterexample, Equal, equal_values, extensional, run, sample


def reparameterisation_composes(f: Any, r: Any, s: Any, equal: Equal = extensional) -> Counterexample | None:
    """`(f along r) along s = f along (s; r)`, for `s : T → Q`, `r : Q → P`.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> r = (cl.R(3, 3) >> cl.tanh) @ (cl.R(3) >> cl.tanh)
    >>> reparameterisation_composes(f, r, r) is None
    True
    """
    return equal("vertical composition", f.reparameterise(r).reparameterise(s), f.reparameterise(s >> r))


def reparameterisation_is_local(f: Any, g: Any, r: Any, s: Any, equal: Equal = extensional) -> Counterexample | None:
    """`(f along r); (g along s) = (f; g) along (r ⊗ s)`.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> r = (cl.R(3, 3) >> cl.tanh) @ (cl.R(3) >> cl.tanh)
    >>> reparameterisation_is_local(f, f, r, r) is None
    True
    """
    return equal("horizontal composition", f.reparameterise(r) >> g.reparameterise(s), (f >> g).reparameterise(r @ s))


def gradient_rule(f: Diagram, r: Diagram, key: jax.Array) -> Counterexample | None:
    """`π_Q R[(A ⊗ r); f](a, q, b) = R[r](q, π_P R[f](a, r(q), b))`.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> r = (cl.R(3, 3) >> cl.tanh) @ (cl.R(3) >> cl.tanh)
    >>> gradient_rule(f, r, jax.random.key(0)) is None
    True
    """
    a, q, b = (sample(A, k) for A, k in zip((f.dom, r.dom, f.cod), jax.random.split(key, 3), strict=True))
    whole = _dparams(f.reparameterise(r), q, a, b)
    _, residual = reverse(r).forward((), *q)
    _, dq = reverse(r).backward(residual, *_dparams(f, run(r, q), a, b))
    return equal_values("gradient along a 2-cell", whole, unpacked(dq, len(r.dom)))


def tied_gradient_is_the_sum(f: Diagram, key: jax.Array) -> Counterexample | None:
    """For an endomorphism f, the gradient of `f; f` tied along the copy is the sum of the two untied gradients.

    >>> import catlearn as cl
    >>> import jax
    >>> f = cl.R(3) >> cl.dense(3)
    >>> tied_gradient_is_the_sum(f, jax.random.key(0)) is None
    True
    """
    a, p, b = (sample(A, k) for A, k in zip((f.dom, f.param, f.cod), jax.random.split(key, 3), strict=True))
    tied = _dparams((f >> f).reparameterise(copy(f.param)), p, a, b)
    apart, n = _dparams(f >> f, p + p, a, b), len(f.param)
    return equal_values("tied gradient", tied, jax.tree.map(jnp.add, apart[:n], apart[n:]))


def reverse_goes_under_para(f: Diagram, equal: Equal = extensional) -> Counterexample | None:
    """`Para(reverse)(P, f) = ((P, P'), (f, R[f]))`: reversing a parametric arrow is reversing the `A ⊗ P → B` that it is.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> reverse_goes_under_para(f) is None
    True
    """
    below = reverse(uncurry(f))
    return equal("Para(reverse)", Lens(Smooth).semantics(reverse(f)).arrow, Lens(Smooth).semantics(below).arrow)


def _dparams(f: Diagram, params: tuple, a: tuple, b: tuple) -> tuple:
    lens = reverse(f)
    return lens.backward(lens.forward(params, *a)[1], *b)[0]
