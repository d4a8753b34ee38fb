"""The laws of functors, for any F given as a callable on objects and arrows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catlearn.categories.para import identity_of
from catlearn.core.diagram import identity
from catlearn.core.functor import Free
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, Equal, extensional


def preserves_identity(F: Callable, A: Object, target: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """`F(1_A) = 1_{F A}`.

    >>> import catlearn as cl
    >>> preserves_identity(cl.reverse, cl.R(3)) is None
    True
    """
    return equal("functor: identity", F(identity(A)), identity_of(target, F(A)))


def preserves_composition(F: Callable, f: Any, g: Any, equal: Equal = extensional) -> Counterexample | None:
    """`F(f; g) = F(f); F(g)`.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> preserves_composition(cl.reverse, f, f) is None
    True
    """
    return equal("functor: composition", F(f >> g), F(f) >> F(g))


def preserves_tensor(F: Callable, f: Any, g: Any, equal: Equal = extensional) -> Counterexample | None:
    """`F(f ⊗ g) = F(f) ⊗ F(g)`.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> preserves_tensor(cl.reverse, f, f) is None
    True
    """
    return equal("functor: tensor", F(f @ g), F(f) @ F(g))


def preserves_reparameterisation(F: Callable, f: Any, r: Any, equal: Equal = extensional) -> Counterexample | None:
    """`F((A ⊗ r); f) = (F A ⊗ F r); F f`: on 2-cells of Para, F acts as `Para(F)`.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> preserves_reparameterisation(cl.reverse, f @ f, cl.copy(f.param)) is None
    True
    """
    return equal("functor: 2-cells", F(f.reparameterise(r)), F(f).reparameterise(F(r)))
