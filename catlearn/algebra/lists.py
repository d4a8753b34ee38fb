"""Folds over lists: the unique algebra map out of them, run as one loop. `fold`, `scan`, and their options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from catlearn.algebra.algebras import Algebra, Monoid
from catlearn.algebra.cells import Cell, algebra_of
from catlearn.algebra.forest import is_forest
from catlearn.algebra.functors import List
from catlearn.algebra.monoids import accumulated, reduced
from catlearn.algebra.padding import element_of, length_of, real
from catlearn.algebra.polynomial import Polynomial, monomial
from catlearn.algebra.trees import tree_fold, tree_scan
from catlearn.categories.batch import with_axis
from catlearn.categories.function import function
from catlearn.categories.loop import loop
from catlearn.categories.recompute import recompute
from catlearn.core.diagram import Diagram, copy, discard, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.text import call_code
from catlearn.core.wires import I, Object, R, is_whole


@dataclass(frozen=True, repr=False)
class fold(Composite):
    """The algebra map out of lists: `f(nil) = nil()`, `f(w · a) = cons(a, f(w))`, from the first element to the last. On a wire
    of trees it is `tree_fold`.

    Type: `Aᵗ ⊗ P → S` for an algebra `1 + A ⊗ S ⊗ P → S`: a cell such as `gru_cell(64)`, an `Algebra`, or a `Monoid`, which is
    multiplied in the order of the list, in log t steps. Every wire of Aᵗ has t as its first axis. One `lax.scan`;
    parameters are the algebra's, shared by all steps, and what depends on elements alone is computed for all of them before
    the loop.

    `over` names the type that is folded, as `List(R(28))`, and is checked. `backwards` reads lists as cons-lists,
    `f(a · w) = cons(a, f(w))`, so the last element is consumed first. With `masked` one more wire comes last: the length,
    int32, or booleans R(t) that say which elements are real; the state stays as it is at the others, whatever they hold.
    `segment` cuts time into pieces of so many steps, of which only the states between them are kept: the rest is computed
    again on the way back. `truncated` also stops the gradient between segments (truncated backpropagation through time).
    Raises TypingError where there is no algebra of that kind at A, and for wires that are no lists of one length.
    Source: Gavranović et al. 2024 (arXiv 2402.15332), example 2.14 and §3 (folding recurrent networks).

    >>> import catlearn as cl
    >>> model = cl.R(100, 28) >> cl.fold(cl.gru_cell(64)) >> cl.dense(10)
    >>> model.cod, cl.names(model)[:2]
    (R(10), ('0.gru_cell.input.kernel', '0.gru_cell.input.bias'))
    """

    algebra: Any
    over: Polynomial | None = None
    backwards: bool = False
    masked: bool = False
    segment: int | None = None
    truncated: bool = False

    states: ClassVar[bool] = False  # whether every prefix is folded

    def __post_init__(self) -> None:
        if self.segment is not None and not is_whole(self.segment, least=1):
            raise TypingError(f"fold: segment must be a whole number ≥ 1, got {self.segment!r}.")
        if self.truncated and self.segment is None:
            raise TypingError(
                "fold: give the segment after which gradients are truncated, as in fold(cell, segment=32, truncated=True)."
            )

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.algebra.name if isinstance(self.algebra, Cell) else "fold"

    def __repr__(self) -> str:
        return call_code(type(self).__name__, self, True)

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.masked + (max(1, len(self.algebra.functor(I)) - 1) if isinstance(self.algebra, Algebra) else 1)

    def resolve(self, dom: Object) -> Diagram:
        return self._tree(dom) if is_forest(dom) else super().resolve(dom)

    def build(self, dom: Object) -> Diagram:
        lists = dom[:-1] if self.masked else dom
        t = length_of(lists, self)
        A = Object(tuple(element_of(wire) for wire in lists.wires))
        if self.over is not None and self.over != List(A):
            raise TypingError(f"{self!r} is over {self.over!r}, and {lists} are lists of {A}.")
        begin = dom >> real(len(lists)) if self.masked else identity(dom)
        if isinstance(self.algebra, Monoid):
            return begin >> self._monoid(A, t)
        alg = algebra_of(self.algebra, A, self)
        nil, cons = alg.cases
        nil = nil.named("begin") if nil.param.wires and nil.label is None else nil
        better = self._better(A, t)
        whole = begin @ nil >> (better or self._loop(_held(cons, A) if self.masked else cons, t, len(alg.carrier)))
        return _in_order(whole, self.algebra, len(nil.param))

    def _tree(self, dom: Object) -> Diagram:
        """The fold of a tree, which has no direction and no padding that shows."""
        if self.masked or self.backwards or self.segment is not None:
            raise TypingError(f"{self!r}: masked, backwards and segment are options of lists, and {dom} are trees.")
        return (tree_scan if self.states else tree_fold)(self.algebra, self.over).resolve(dom)

    def _monoid(self, A: Object, t: int) -> Diagram:
        if self.segment is not None:
            raise TypingError(f"{self!r}: a monoid is folded at once, and has no segments.")
        if self.algebra.carrier != A:
            raise TypingError(f"{self!r}: a monoid on {self.algebra.carrier} folds lists of it, not of {A}: map them first.")
        return accumulated(self.algebra, t, self.backwards, self.masked) if self.states else reduced(self.algebra, t, self.masked)

    def _better(self, A: Object, t: int) -> Diagram | None:
        """What the cell does instead of a loop, if anything. Type: as `_loop`."""
        if not isinstance(self.algebra, Cell) or self.segment is not None or not t:
            return None
        states = self.algebra.prefixes(A, t, self.backwards, self.masked)
        return states if states is None or self.states else states >> _each(states.cod, function(_End(self.backwards)))

    def _loop(self, cons: Diagram, t: int, n: int) -> Diagram:
        """The loop over all elements, from the states at the beginning. Type: `Eᵗ ⊗ S ⊗ P → S`, or to Sᵗ."""
        S = cons.cod
        body = cons >> copy(S) if self.states else cons
        whole = (
            _in_segments(body, t, n, self) if self.segment and self.segment < t else loop(body, t, n, backwards=self.backwards)
        )
        return whole >> identity(whole.cod[:n]) @ discard(S) if self.states else whole


@dataclass(frozen=True, repr=False)
class scan(fold):
    """The fold of every prefix: all the states, without the one at the beginning. Type: `Aᵗ ⊗ P → Sᵗ`.

    Options are `fold`'s; `backwards` gives the fold of every suffix. At elements that are not real a state is the one before.
    Scans stack as other arrows do; of padded lists, with a copy of the lengths for each.

    >>> import catlearn as cl
    >>> (cl.R(100, 28) >> cl.scan(cl.gru_cell(64)) >> cl.scan(cl.gru_cell(64))).cod
    R(100, 64)
    >>> x, n, cell = cl.R(100, 28), cl.R(dtype="int32"), cl.gru_cell(64)
    >>> (cl.wiring(x @ n, (0, 1, 1)) >> cl.scan(cell, masked=True) @ n >> cl.fold(cell, masked=True)).cod
    R(64)
    """

    states = True


def foldl(algebra: Any, **options: Any) -> fold:
    """`fold`, under the name that says its direction: from the first element to the last, as snoc-lists are consumed.

    >>> import catlearn as cl
    >>> foldl(cl.gru_cell(3))
    fold(gru_cell(3))
    """
    return fold(algebra, **options)


def foldr(algebra: Any, **options: Any) -> fold:
    """The fold of cons-lists: `f(a · w) = cons(a, f(w))`, so the last element is consumed first.

    >>> import catlearn as cl
    >>> foldr(cl.gru_cell(3))
    fold(gru_cell(3), backwards=True)
    """
    return fold(algebra, backwards=True, **options)


def _held(cons: Diagram, A: Object) -> Diagram:
    """`A ⊗ mask ⊗ S → S`: the states stay where the element is not real."""
    a, s = len(A), len(cons.cod)
    dom = A @ R(dtype="bool") @ cons.cod
    old = range(a + 1, a + 1 + s)
    return wiring(dom, (*range(a), *old, a, *old)) >> cons @ dom[a:] >> function(_Held(s), arity=1 + 2 * s)


@dataclass(frozen=True)
class _End:
    """The last element of a list; the first, backwards."""

    backwards: bool

    __name__ = "end"

    def __call__(self, x: Any) -> Any:
        return jax.tree.map(lambda leaf: leaf[0 if self.backwards else -1], x)


@dataclass(frozen=True)
class _Held:
    """New states, a boolean and old states, n of each: the new ones where it is true."""

    n: int

    __name__ = "held"

    def __call__(self, *values: Any) -> tuple:
        new, real, old = values[: self.n], values[self.n], values[self.n + 1 :]
        return jax.tree.map(lambda a, b: jnp.where(real, a, b), new, old)


def _in_order(whole: Diagram, algebra: Any, nil: int) -> Diagram:
    """Parameters as the algebra has them: those of nil last, where its functor has 1 last."""
    if not nil or not isinstance(algebra, Algebra) or monomial(algebra.functor.summands[0]).degree == 0:
        return whole
    P, n = whole.param, len(whole.param)
    return whole.reparameterise(wiring(P.select((*range(nil, n), *range(nil))), (*range(n - nil, n), *range(n - nil))))


# segments


def _in_segments(body: Diagram, t: int, n: int, options: fold) -> Diagram:
    """The loop as a loop of segments, each computed again on the way back, and what is left as one more."""
    size = options.segment or t
    left = t % size
    loops = loop(body, size, n, backwards=options.backwards)
    segment = recompute(_entered(loops, n) if options.truncated else loops)
    many = loop(segment, t // size, n, backwards=options.backwards)
    e = len(body.dom) - n
    E = body.dom[:e]
    first = _reshaped(with_axis(E, t - left), (t // size, size)) @ body.dom[e:] >> many
    y = len(many.cod) - n
    first = first >> _reshaped(many.cod[:y], (t - left,), 2) @ many.cod[y:]
    if not left:
        return first
    rest = loop(body, left, n, backwards=options.backwards)
    rest = _entered(rest, n) if options.truncated else rest
    return _one_after_the_other(first, rest, E, t, left, options.backwards)


def _one_after_the_other(first: Diagram, rest: Diagram, E: Object, t: int, left: int, backwards: bool) -> Diagram:
    """Both loops on their parts of the elements, the second from where the first ends, with the same parameters."""
    e, y, n = len(E), len(first.cod) - (len(first.dom) - len(E)), len(first.dom) - len(E)
    lists = with_axis(E, t)
    at = left if backwards else t - left
    parts = lists >> function(_Split(at), arity=e)
    early, late = (range(e, 2 * e), range(e)) if backwards else (range(e), range(e, 2 * e))
    S = first.dom[e:]
    begin = parts @ S
    begin = begin >> wiring(begin.cod, (*early, *range(2 * e, 2 * e + n), *late))
    # E₁ ⊗ S ⊗ E₂ → Y₁ ⊗ S ⊗ E₂ → Y₁ ⊗ E₂ ⊗ S → Y₁ ⊗ Y₂ ⊗ S
    through = begin >> first @ rest.dom[:e]
    through = through >> wiring(through.cod, (*range(y), *range(y + n, y + n + e), *range(y, y + n)))
    through = through >> through.cod[:y] @ rest
    join = through >> function(_Joined(y, backwards), arity=2 * y) @ S if y else through
    return join.reparameterise(copy(first.param))


def _entered(segment: Diagram, n: int) -> Diagram:
    """A segment that no gradient leaves by the states that it begins with."""
    e = len(segment.dom) - n
    return segment.dom[:e] @ _each(segment.dom[e:], function(jax.lax.stop_gradient)) >> segment


def _each(A: Object, family: Any) -> Diagram:
    out = identity(Object())
    for wire in A:
        out = out @ (wire >> family)
    return out


def _reshaped(A: Object, leading: tuple[int, ...], old: int = 1) -> Diagram:
    return _each(A, function(_Leading(leading, old)))


@dataclass(frozen=True)
class _Leading:
    """The first `old` axes in another shape."""

    shape: tuple[int, ...]
    old: int

    __name__ = "leading"

    def __call__(self, x: Any) -> Any:
        return jax.tree.map(lambda leaf: leaf.reshape(*self.shape, *leaf.shape[self.old :]), x)


@dataclass(frozen=True)
class _Split:
    """Lists, cut in two after so many elements."""

    at: int

    __name__ = "split"

    def __call__(self, *xs: Any) -> tuple:
        return (*jax.tree.map(lambda leaf: leaf[: self.at], xs), *jax.tree.map(lambda leaf: leaf[self.at :], xs))


@dataclass(frozen=True)
class _Joined:
    """n lists and n more: each with its continuation, which stands before it where time went backwards."""

    n: int
    backwards: bool

    __name__ = "joined"

    def __call__(self, *ys: Any) -> tuple:
        first, second = (ys[self.n :], ys[: self.n]) if self.backwards else (ys[: self.n], ys[self.n :])
        return jax.tree.map(lambda a, b: jnp.concatenate([a, b]), first, second)
