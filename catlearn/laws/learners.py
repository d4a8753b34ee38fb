"""The laws of learners and symmetric lenses, and of the functors between lenses, learners and them.

`equal_learners` and `equal_symmetric_lenses` compare by values, for the laws of categories and functors; parameters and
apexes in order. Source: arXiv 1711.10455, §2 and §3; arXiv 1903.03671.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from catlearn.categories.learners import Learn, OpenLearner, both_ways
from catlearn.categories.lens import Lens, Optic
from catlearn.categories.para import identity_of
from catlearn.categories.smooth import Smooth
from catlearn.categories.symmetric import SymmetricLens, symmetric_lens
from catlearn.core.diagram import identity
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, equal_values, extensional, first, sample
from catlearn.laws.functor import preserves_composition, preserves_tensor


def equal_learners(law: str, f: OpenLearner, g: OpenLearner) -> Counterexample | None:
    """None where two learners have the same type, and predict, update and request the same on random inputs."""
    return extensional(law, f.lens, g.lens)


def equal_symmetric_lenses(law: str, f: SymmetricLens, g: SymmetricLens) -> Counterexample | None:
    """None where two spans have the same legs on random values, once their apexes are in order."""
    f, g = f.normal, g.normal
    return first(extensional(f"{law}, left leg", f.left, g.left), extensional(f"{law}, right leg", f.right, g.right))


def learners_compose(f: OpenLearner, g: OpenLearner, key: jax.Array) -> Counterexample | None:
    """`f >> g` predicts, updates and requests as Fong, Spivak and Tuyéras write it.

    With `b = I(a, p)`: `J(b, q)`, `(U(a, p, s(b, q, c)), V(b, q, c))` and `r(a, p, s(b, q, c))`.

    >>> import catlearn as cl
    >>> from catlearn.categories.learners import backprop_as_functor
    >>> f = backprop_as_functor(0.1)(cl.R(3) >> cl.dense(3) >> cl.tanh)
    >>> learners_compose(f, f, jax.random.key(0)) is None
    True
    """
    h = f >> g
    a, p, q, c = (sample(A, k) for A, k in zip((f.dom, f.param, g.param, g.cod), jax.random.split(key, 4), strict=True))
    b = f.implement.run(a + p)
    wanted = g.request.run(b + q + c)
    return first(
        equal_values("implement", h.implement.run(a + p + q), g.implement.run(b + q)),
        equal_values("update", h.update.run(a + p + q + c), f.update.run(a + p + wanted) + g.update.run(b + q + c)),
        equal_values("request", h.request.run(a + p + q + c), f.request.run(a + p + wanted)),
    )


def _embed(lens: Optic) -> OpenLearner:
    return Learn(Smooth).embed(lens)


def lenses_are_learners(f: Optic, g: Optic, F: Callable = _embed) -> Counterexample | None:
    """`F : Lens(Smooth) → Learn(Smooth)`, identity on objects, preserves identities, composition and the tensor.

    >>> import catlearn as cl
    >>> f = cl.Lens(Smooth).semantics(cl.reverse(cl.R(3) >> cl.tanh)).arrow
    >>> lenses_are_learners(f, f) is None
    True
    """
    one = identity_of(Lens(Smooth), f.dom)
    return first(
        equal_learners("functor: identity", F(one), identity_of(Learn(Smooth), F(f).dom)),
        preserves_composition(F, f, g, equal_learners),
        preserves_tensor(F, f, g, equal_learners),
    )


def learners_are_symmetric_lenses(f: OpenLearner, g: OpenLearner, F: Callable = symmetric_lens) -> Counterexample | None:
    """`F : Learn(Smooth) → spans of lenses`, identity on objects, preserves identities, composition and the tensor.

    >>> import catlearn as cl
    >>> from catlearn.categories.learners import backprop_as_functor
    >>> f = backprop_as_functor(0.1)(cl.R(3) >> cl.dense(3))
    >>> learners_are_symmetric_lenses(f, f) is None
    True
    """
    one = identity_of(Learn(Smooth), f.dom)
    return first(
        equal_symmetric_lenses("functor: identity", F(one), _identity_span(f.dom)),
        preserves_composition(F, f, g, equal_symmetric_lenses),
        preserves_tensor(F, f, g, equal_symmetric_lenses),
    )


def _identity_span(A: Object) -> SymmetricLens:
    one: Any = identity_of(Lens(Smooth), both_ways(Smooth, A))
    return SymmetricLens(one, one)


def descent_is_a_functor(F: Callable, f: Any, g: Any) -> Counterexample | None:
    """`F : Para(Smooth) → Learn(Smooth)`, such as `backprop_as_functor(rate, error)`, preserves identities, composition and ⊗.

    >>> import catlearn as cl
    >>> from catlearn.categories.learners import backprop_as_functor, cosh_error
    >>> f = cl.R(3) >> cl.dense(3) >> cl.tanh
    >>> descent_is_a_functor(backprop_as_functor(0.1, cosh_error), f, f) is None
    True
    """
    return first(
        equal_learners("functor: identity", F(identity(f.dom)), identity_of(Learn(Smooth), f.dom)),
        preserves_composition(F, f, g, equal_learners),
        preserves_tensor(F, f, g, equal_learners),
    )
