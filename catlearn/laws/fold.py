"""What folds, scans, unfolds and machines must do, against the composites that they abbreviate.

Source: Gavranović et al. 2024 (arXiv 2402.15332), §2.2 and §3: in Para, tied weights are a copy `P → Pⁿ`, and gradients add.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from catlearn.algebra.algebras import Monoid
from catlearn.algebra.cells import algebra_of
from catlearn.algebra.lists import fold, scan
from catlearn.algebra.machines import Machine, cascade, hylo, run, unfold
from catlearn.categories.batch import with_axis
from catlearn.categories.function import function
from catlearn.categories.reverse import reverse
from catlearn.core.diagram import Diagram, identity, wiring
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample, equal_values, extensional, first, sample
from catlearn.laws.counterexample import run as run_arrow


def unrolled(what: Any, A: Object, n: int) -> Diagram:
    """The fold of n elements written out: `nil`, then n copies of `cons`, each with parameters of its own.

    Type: `Aⁿ ⊗ P_nil ⊗ Pⁿ → S`.
    """
    nil, cons = algebra_of(what, A, "unrolled").cases
    a, f = len(A), identity(with_axis(A, n)) >> function(_Elements(n), arity=len(A))
    f = f @ nil
    for i in range(n):
        rest = a * (n - 1 - i)
        others, S = f.cod[a : a + rest], f.cod[a + rest :]
        f = f >> wiring(f.cod, (*range(a), *range(a + rest, len(f.cod)), *range(a, a + rest)))
        f = f >> cons @ others
        f = f >> wiring(f.cod, (*range(len(S), len(f.cod)), *range(len(S))))
    return f


@dataclass(frozen=True)
class _Elements:
    """A list's elements, one by one, each with all its wires."""

    n: int

    __name__ = "elements"

    def __call__(self, *lists: Any) -> tuple:
        return tuple(jax.tree.map(lambda x, i=i: x[i], value) for i in range(self.n) for value in lists)


def fold_is_the_composite(what: Any, A: Object, n: int) -> Counterexample | None:
    """The fold of n elements is its unrolled composite, of parameters Pⁿ, reparameterised along the copy `P → Pⁿ`: in values and
    in what comes back.

    >>> import catlearn as cl
    >>> fold_is_the_composite(cl.simple_cell(2), cl.R(3), 4) is None
    True
    """
    nil, cons = (len(f.param) for f in algebra_of(what, A, "law").cases)
    tied = _tied(unrolled(what, A, n), nil, cons, n)
    return extensional("a fold is its composite, tied", reverse(_folded(what, A, n)), reverse(tied))


def tied_gradient_adds(what: Any, A: Object, n: int, key: jax.Array) -> Counterexample | None:
    """The gradient of a fold is the sum of those of the copies that it ties.

    >>> import catlearn as cl, jax
    >>> tied_gradient_adds(cl.simple_cell(2), cl.R(3), 4, jax.random.key(0)) is None
    True
    """
    nil, cons = (len(f.param) for f in algebra_of(what, A, "law").cases)
    f, g = _folded(what, A, n), unrolled(what, A, n)
    j, k, m = jax.random.split(key, 3)
    xs, p, dy = sample(f.dom, j), sample(f.param, k), sample(f.cod, m)
    whole = _gradient(f, p, xs, dy)
    apart = _gradient(g, (*p[:nil], *p[nil:] * n), xs, dy)
    summed = tuple(sum(apart[nil + i :: cons][1:], apart[nil + i]) for i in range(cons)) if cons else ()
    return equal_values("gradient of a fold", whole, (*apart[:nil], *summed))


def _gradient(f: Diagram, params: tuple, xs: tuple, dy: tuple) -> tuple:
    lens = reverse(f)
    return lens.backward(lens.forward(params, *xs)[1], *dy)[0]


def _folded(what: Any, A: Object, n: int) -> Diagram:
    return with_axis(A, n) >> fold(what)


def _tied(f: Diagram, nil: int, cons: int, n: int) -> Diagram:
    return f.reparameterise(wiring(f.param[: nil + cons], (*range(nil), *(*range(nil, nil + cons),) * n)))


def scan_folds_prefixes(what: Any, A: Object, n: int, key: jax.Array) -> Counterexample | None:
    """Entry i of a scan is the fold of the first i + 1 elements; backwards, of those from i on.

    >>> import catlearn as cl, jax
    >>> scan_folds_prefixes(cl.simple_cell(2), cl.R(3), 4, jax.random.key(0)) is None
    True
    """
    j, k = jax.random.split(key)
    xs, found = sample(with_axis(A, n), j), []
    for backwards in (False, True):
        whole = with_axis(A, n) >> scan(what, backwards=backwards)
        p = sample(whole.param, k)
        states = run_arrow(whole, (*xs, *p))
        for i in range(n):
            cut = slice(i, None) if backwards else slice(i + 1)
            part = with_axis(A, n - i if backwards else i + 1) >> fold(what, backwards=backwards)
            one = run_arrow(part, (*jax.tree.map(lambda x, cut=cut: x[cut], xs), *p))
            found.append(equal_values(f"scan at {i}", jax.tree.map(lambda x, i=i: x[i], states), one))
    return first(*found)


def backwards_is_reversed(what: Any, A: Object, n: int, key: jax.Array) -> Counterexample | None:
    """The fold of cons-lists is the fold of snoc-lists on the reversed list: `foldr(xs) = foldl(reverse(xs))`.

    >>> import catlearn as cl, jax
    >>> backwards_is_reversed(cl.simple_cell(2), cl.R(3), 4, jax.random.key(0)) is None
    True
    """
    j, k = jax.random.split(key)
    right, left = with_axis(A, n) >> fold(what, backwards=True), _folded(what, A, n)
    xs, p = sample(left.dom, j), sample(left.param, k)
    return equal_values("foldr", run_arrow(right, (*xs, *p)), run_arrow(left, (*jax.tree.map(lambda x: x[::-1], xs), *p)))


def segments_change_nothing(what: Any, A: Object, n: int, segment: int) -> Counterexample | None:
    """Cutting time into segments that are computed again on the way back changes no value, forward or backward.

    >>> import catlearn as cl
    >>> segments_change_nothing(cl.simple_cell(2), cl.R(3), 5, 2) is None
    True
    """
    return extensional(
        "segments", reverse(with_axis(A, n) >> scan(what, segment=segment)), reverse(with_axis(A, n) >> scan(what))
    )


def hylo_is_unfold_then_fold(coalgebra: Any, algebra: Any, S: Object, n: int) -> Counterexample | None:
    """`hylo(c, a, n) = unfold(c, n) >> fold(a)`.

    >>> import catlearn as cl
    >>> grow = cl.branch(cl.dense(2), cl.dense(3))
    >>> hylo_is_unfold_then_fold(grow, cl.simple_cell(4), cl.R(3), 4) is None
    True
    """
    return extensional("hylo", reverse(S >> hylo(coalgebra, algebra, n)), reverse(S >> unfold(coalgebra, n) >> fold(algebra)))


def cascade_is_composition(m: Machine, k: Machine, A: Object, n: int) -> Counterexample | None:
    """`run(cascade(m, k)) = run(m) >> run(k)`, up to the order of parameters of first states.

    >>> import catlearn as cl
    >>> m = cl.mealy(cl.simple_cell(2), cl.dense(2))
    >>> cascade_is_composition(m, m, cl.R(3), 4) is None
    True
    """
    return extensional("cascade", reverse(with_axis(A, n) >> run(cascade(m, k))), reverse(with_axis(A, n) >> run(m) >> run(k)))


def fold_is_multiplicative(m: Monoid, i: int, j: int, key: jax.Array) -> Counterexample | None:
    """The fold in a monoid is the homomorphism out of lists: `fold(xs ++ ys) = fold(xs) · fold(ys)`, and one element is itself.

    >>> import catlearn as cl, jax, jax.numpy as jnp
    >>> fold_is_multiplicative(cl.Monoid(cl.R(2), cl.constant((jnp.zeros(2),)), cl.add), 3, 2, jax.random.key(0)) is None
    True
    """
    M, k = m.carrier, len(m.carrier)
    xs = sample(with_axis(M, i + j), key)
    cut = lambda part: jax.tree.map(lambda x: x[part], xs)  # noqa: E731
    folded = lambda values, n: run_arrow(with_axis(M, n) >> fold(m), values)  # noqa: E731
    both = run_arrow(m.multiply, (*folded(cut(slice(i)), i), *folded(cut(slice(i, None)), j)))
    one = folded(cut(slice(1)), 1)
    return first(
        equal_values("fold of xs ++ ys", folded(xs, i + j), both),
        equal_values("fold of one element", one, jax.tree.map(lambda x: x[0], xs[:k])),
        equal_values("fold of none", folded(cut(slice(0)), 0), run_arrow(m.unit, ())),
    )
