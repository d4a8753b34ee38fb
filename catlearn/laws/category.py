"""The laws of categories, of their tensor, and of copying. Each takes arrows of yours and returns None or a counterexample.

`category` gives wirings (diagrams, unless told) and `equal` compares arrows (by their values, unless told), so the same
laws serve any category that obeys the protocol. Source: Mac Lane, Categories for the Working Mathematician, I.1, VII.1.
"""

from __future__ import annotations

from typing import Any

from catlearn.categories.para import identity_of
from catlearn.core.arrow import middle_swapped
from catlearn.core.functor import Free
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, Equal, extensional, first


def associativity(f: Any, g: Any, h: Any, equal: Equal = extensional) -> Counterexample | None:
    """`(f; g); h = f; (g; h)`.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> associativity(f, f, f) is None
    True
    """
    return equal("associativity", (f >> g) >> h, f >> (g >> h))


def unit(f: Any, category: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """`1; f = f = f; 1`.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> unit(f) is None
    True
    """
    left, right = identity_of(category, f.dom) >> f, f >> identity_of(category, f.cod)
    return first(equal("left unit", left, f), equal("right unit", right, f))


def tensor_associativity(f: Any, g: Any, h: Any, equal: Equal = extensional) -> Counterexample | None:
    """`(f ⊗ g) ⊗ h = f ⊗ (g ⊗ h)`, strictly.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> tensor_associativity(f, f, f) is None
    True
    """
    return equal("associativity of ⊗", (f @ g) @ h, f @ (g @ h))


def tensor_unit(f: Any, category: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """`1_I ⊗ f = f = f ⊗ 1_I`, strictly.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> tensor_unit(f) is None
    True
    """
    nothing = identity_of(category, Object())
    return first(equal("left unit of ⊗", nothing @ f, f), equal("right unit of ⊗", f @ nothing, f))


def interchange(f: Any, g: Any, h: Any, k: Any, category: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """`(f ⊗ g); (h ⊗ k) = (f; h) ⊗ (g; k)`; for parametric arrows up to the swap of the middle parameters.

    That swap is the one coherence of Para that is no identity here: `P_f ⊗ P_g ⊗ P_h ⊗ P_k` against `P_f ⊗ P_h ⊗ P_g ⊗ P_k`.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> interchange(f, f, f, f) is None
    True
    """
    lhs, rhs = (f @ g) >> (h @ k), (f >> h) @ (g >> k)
    if not getattr(rhs, "param", None):
        return equal("interchange", lhs, rhs)
    a, b, c, d = (len(arrow.param) for arrow in (f, g, h, k))
    return equal("interchange", lhs, rhs.reparameterise(category.wiring(lhs.param, middle_swapped(a, b, c, d))))


def swap_is_natural(f: Any, g: Any, category: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """`(f ⊗ g); swap = swap; (g ⊗ f)`, for arrows without parameters (or up to swapping those).

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> swap_is_natural(f, f) is None
    True
    """
    before, after = _swap(category, f.dom, g.dom), _swap(category, f.cod, g.cod)
    lhs, rhs = (f @ g) >> after, before >> (g @ f)
    if getattr(rhs, "param", None):
        p, q = len(f.param), len(g.param)
        rhs = rhs.reparameterise(category.wiring(lhs.param, [*range(p, p + q), *range(p)]))
    return equal("naturality of swap", lhs, rhs)


def swap_is_involutive(A: Object, B: Object, category: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """`swap_{A,B}; swap_{B,A} = 1`.

    >>> from catlearn.core.wires import R
    >>> swap_is_involutive(R(2), R(3)) is None
    True
    """
    return equal("swap twice", _swap(category, A, B) >> _swap(category, B, A), identity_of(category, A @ B))


def hexagon(A: Object, B: Object, C: Object, category: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """`swap_{A, B⊗C} = (swap_{A,B} ⊗ 1); (1 ⊗ swap_{A,C})`.

    >>> from catlearn.core.wires import R
    >>> hexagon(R(1), R(2), R(3)) is None
    True
    """
    one = identity_of
    steps = (_swap(category, A, B) @ one(category, C)) >> (one(category, B) @ _swap(category, A, C))
    return equal("hexagon", _swap(category, A, B @ C), steps)


def comonoid(A: Object, category: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """Copying is coassociative and cocommutative, and discarding is its counit.

    >>> from catlearn.core.wires import R
    >>> comonoid(R(2)) is None
    True
    """
    one, double, drop = identity_of(category, A), _copy(category, A), category.wiring(A, ())
    return first(
        equal("coassociativity", double >> (double @ one), double >> (one @ double)),
        equal("cocommutativity", double >> _swap(category, A, A), double),
        equal("counit", double >> (drop @ one), one),
        equal("counit", double >> (one @ drop), one),
    )


def copy_is_natural(f: Any, category: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """`f; copy = copy; (f ⊗ f)`, where the two copies of f share their parameters along a copy.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> copy_is_natural(f) is None
    True
    """
    lhs, rhs = f >> _copy(category, f.cod), _copy(category, f.dom) >> (f @ f)
    return equal("naturality of copy", lhs, _tied(category, rhs, f))


def discard_is_natural(f: Any, category: Any = Free, equal: Equal = extensional) -> Counterexample | None:
    """`f; ! = !`, where the right side discards the parameters of f too.

    >>> import catlearn as cl
    >>> f = cl.R(3) >> cl.dense(3)
    >>> discard_is_natural(f) is None
    True
    """
    lhs, rhs = f >> category.wiring(f.cod, ()), category.wiring(f.dom, ())
    if getattr(f, "param", None):
        rhs = rhs.reparameterise(category.wiring(f.param, ()))
    return equal("naturality of discard", lhs, rhs)


def _tied(category: Any, twice: Any, f: Any) -> Any:
    return twice.reparameterise(category.wiring(f.param, (*range(len(f.param)),) * 2)) if getattr(f, "param", None) else twice


def _swap(category: Any, A: Object, B: Object) -> Any:
    return category.wiring(A @ B, [*range(len(A), len(A) + len(B)), *range(len(A))])


def _copy(category: Any, A: Object) -> Any:
    return category.wiring(A, [*range(len(A))] * 2)
