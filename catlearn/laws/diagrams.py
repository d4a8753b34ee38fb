"""The laws of diagram categories and of their functors to representations. Each returns None or a counterexample.

`n` stands for what a diagram's `matrix` takes: a dimension, an adjacency matrix, or nothing where the diagram knows n.
Source: Pearce-Crump, "Categorification of Group Equivariant Neural Networks" (arXiv 2304.14144).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from catlearn import equivariant
from catlearn.equivariant.combinations import combination
from catlearn.laws.counterexample import Counterexample, first


def equal_diagrams(law: str, lhs: Any, rhs: Any) -> Counterexample | None:
    """None where two diagrams, or sums of them, are equal as such. For the laws of `laws.category` too.

    >>> from catlearn.equivariant import partition
    >>> equal_diagrams("the same", partition("12", "1"), partition("12", "1")) is None
    True
    """
    return None if combination(lhs) == combination(rhs) else Counterexample(law, "the two sides are different diagrams", lhs, rhs)


def equal_maps(law: str, lhs: Any, rhs: Any, *n: Any) -> Counterexample | None:
    """None where two diagrams, or sums of them, have the same matrix."""
    return _equal_matrices(law, f"the maps of {lhs!r} and {rhs!r}", lhs.matrix(*n), rhs.matrix(*n))


def _equal_matrices(law: str, where: str, lhs: Any, rhs: Any) -> Counterexample | None:
    lhs, rhs = np.asarray(lhs), np.asarray(rhs)
    same = lhs.shape == rhs.shape and np.allclose(lhs, rhs, rtol=0, atol=1e-6)
    return None if same else Counterexample(law, where + " differ", lhs, rhs)


def unit_of_diagrams(d: Any) -> Counterexample | None:
    """`1; d = d = d; 1`, and the same beside: `d ⊗ 1_0 = d = 1_0 ⊗ d`.

    >>> from catlearn.equivariant import brauer
    >>> unit_of_diagrams(brauer("12|3", "|1")) is None
    True
    """
    one = d.category.identity
    sides = (one(d.dom) >> d, d >> one(d.cod), one(0) @ d, d @ one(0))
    return first(*(equal_diagrams("unit of diagrams", side, d) for side in sides))


def swap_of_diagrams(d: Any, e: Any) -> Counterexample | None:
    """`(d ⊗ e); swap = swap; (e ⊗ d)`.

    >>> from catlearn.equivariant import partition
    >>> swap_of_diagrams(partition("12", "1"), partition("", "1")) is None
    True
    """
    swap = d.category.swap
    return equal_diagrams("naturality of swap", (d @ e) >> swap(d.cod, e.cod), swap(d.dom, e.dom) >> (e @ d))


def dagger_of_diagrams(d: Any, e: Any) -> Counterexample | None:
    """`(d; e)† = e†; d†` and `d†† = d`.

    >>> from catlearn.equivariant import partition
    >>> dagger_of_diagrams(partition("12", "1"), partition("1", "1")) is None
    True
    """
    return first(
        equal_diagrams("dagger of a composite", (d >> e).dagger(), e.dagger() >> d.dagger()),
        equal_diagrams("dagger twice", d.dagger().dagger(), d),
    )


def composite_is_the_product(d: Any, e: Any, *n: Any) -> Counterexample | None:
    """`M(d; e) = M(e) M(d)`: the assignment of matrices is a functor.

    >>> from catlearn.equivariant import symplectic
    >>> composite_is_the_product(symplectic("", "12"), symplectic("12", ""), 2) is None
    True
    """
    where = f"the composite and the product, for {d!r} and {e!r},"
    return _equal_matrices("functor of diagrams: composition", where, (d >> e).matrix(*n), e.matrix(*n) @ d.matrix(*n))


def tensor_is_the_kronecker_product(d: Any, e: Any, *n: Any) -> Counterexample | None:
    """`M(d ⊗ e) = M(d) ⊗ M(e)`: it is monoidal.

    >>> from catlearn.equivariant import partition
    >>> tensor_is_the_kronecker_product(partition("12", "1"), partition("1", "1"), 2) is None
    True
    """
    where = f"side by side and the Kronecker product, for {d!r} and {e!r},"
    return _equal_matrices("functor of diagrams: tensor", where, (d @ e).matrix(*n), np.kron(d.matrix(*n), e.matrix(*n)))


def dagger_is_the_transpose(d: Any, *n: Any, sign: int = 1) -> Counterexample | None:
    """`M(d†) = ± M(d)ᵀ`: upside down is the transpose, with a sign for Sp(n) alone.

    >>> from catlearn.equivariant import partition
    >>> dagger_is_the_transpose(partition("12", "1"), 2) is None
    True
    """
    where = f"upside down and the transpose, for {d!r},"
    return _equal_matrices("functor of diagrams: dagger", where, d.dagger().matrix(*n), sign * d.matrix(*n).T)


def apply_is_the_matrix(d: Any, x: Any, *n: Any) -> Counterexample | None:
    """`d.apply(x) = M(d) x`, on each channel.

    >>> import numpy as np
    >>> from catlearn.equivariant import partition
    >>> apply_is_the_matrix(partition("12", "1"), np.ones((2, 2)), 2) is None
    True
    """
    matrix = d.matrix(*n)
    want = matrix @ np.asarray(x).reshape(matrix.shape[1], -1)
    return _equal_matrices("apply", f"the map and the matrix of {d!r}", np.asarray(d.apply(x, *n)).reshape(want.shape), want)


def commutes_with(d: Any, g: Any, *n: Any) -> Counterexample | None:
    """`g^{⊗l} M(d) = M(d) g^{⊗k}`: the map is equivariant under g, a matrix of shape (n, n).

    >>> import numpy as np
    >>> from catlearn.equivariant import partition
    >>> commutes_with(partition("12", "1"), np.array([[0, 1], [1, 0]]), 2) is None
    True
    """
    matrix = d.matrix(*n)
    left, right = _power(g, d.cod) @ matrix, matrix @ _power(g, d.dom)
    return _equal_matrices("equivariance of a diagram", f"before and after, for {d!r},", left, right)


def _power(g: Any, k: int) -> np.ndarray:
    power = np.ones((1, 1))
    for _ in range(k):
        power = np.kron(power, g)
    return power


def orbits_are_inverse(d: Any, n: int) -> Counterexample | None:
    """`from_orbits(to_orbits(d)) = d`, and the orbit matrices that `to_orbits` names add up to that of d.

    >>> from catlearn.equivariant import partition
    >>> orbits_are_inverse(partition("1|2", "1"), 2) is None
    True
    """
    split = equivariant.to_orbits(d)
    total = sum(float(c) * equivariant.orbit_matrix(x, n) for c, x in split.terms)
    return first(
        equal_diagrams("orbits and back", equivariant.from_orbits(split), d),
        _equal_matrices("orbits", f"the sum of orbits and the matrix of {d!r}", total, d.matrix(n)),
    )


def text_evaluates_back(d: Any) -> Counterexample | None:
    """`eval(repr(d)) = d` with the names of `catlearn.equivariant`.

    >>> from catlearn.equivariant import partition
    >>> text_evaluates_back(2 * partition("12", "1") - partition("1|2", "1") / 3) is None
    True
    """
    return equal_diagrams("text of a diagram", eval(repr(d), dict(vars(equivariant))), d)
