"""Folds of trees and DAGs: an algebra run height by height over all trees of a batch at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.algebras import Algebra
from catlearn.algebra.forest import Summand, Tree, functor_of, labels_of, summands_of, tree_of, trees
from catlearn.algebra.levels import Case, folding_backward, folding_forward
from catlearn.algebra.polynomial import Polynomial
from catlearn.categories.batch import batch, with_axis
from catlearn.categories.function import function
from catlearn.categories.smooth import SmoothLayer, change, changing
from catlearn.core.diagram import Box, Diagram, Par, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.functor import sum_objects
from catlearn.core.text import short
from catlearn.core.values import pack, unpacked
from catlearn.core.wires import I, Object, R, difference


class TreeCell(Family):
    """A recursive cell: an algebra of each functor whose trees it can fold, given by `carrier` and `case`.

    `case(A, term)` is the structure on one summand, with its children stacked: `A ⊗ Sᵈ ⊗ present → S`, where every wire of
    Sᵈ has a leading axis d, and `present`, `R(d, dtype=bool)`, is there only if children may be absent: an absent
    child's state is zero. A summand without children is `A → S`.
    """

    def carrier(self, over: Polynomial) -> Object:
        """The object of states."""
        raise NotImplementedError

    def case(self, A: Object, term: Summand, S: Object) -> Diagram:
        """The structure on a summand with the labels A."""
        raise NotImplementedError

    def cases(self, over: Polynomial) -> tuple[Diagram, ...]:
        """The structure on each summand, children stacked."""
        S = self.carrier(over)
        return tuple(self.case(A, term, S) for A, term in zip(labels_of(over), summands_of(over), strict=True))

    def algebra(self, over: Polynomial) -> Algebra:
        """The cell as an algebra of the functor `over`: children one by one, in the order of its factors.

        >>> import catlearn as cl
        >>> from catlearn.nets.tree_cells import tree_cell
        >>> tree_cell(4).algebra(cl.BinaryTree(cl.R(3))).carrier
        R(4)
        """
        S, terms = self.carrier(over), zip(self.cases(over), summands_of(over), over.summands, strict=True)
        return Algebra(over, S, tuple(stacking(term, F, S) >> case for case, term, F in terms))

    def resolve(self, dom: Object) -> Diagram:
        raise TypingError(f"{self!r} is a cell, for trees: write tree_fold({self!r}), and so make an arrow of it.")


@dataclass(frozen=True, repr=False)
class tree_fold(Family):
    """The state at the root of a tree, by an algebra or a recursive cell. Type: `trees(F, n) ⊗ P → S`.

    The one map from the initial algebra: `fold(node(t₁, …)) = a(node(fold t₁, …))`. All nodes of one height run at once, for
    all trees of a batch; padding costs nothing, and one program does for trees of any shape. A node of a DAG is computed
    once. The backward pass keeps the states alone, and runs the structure of each node once more.
    `structure` is an `Algebra`, with an arrow for each summand, or a cell such as `tree_lstm(64)`. A domain is a wire of
    trees, or the functor is told by `over`. Raises TypingError for other domains, and where the functors differ.
    Source: Gavranović et al. 2024 (arXiv 2402.15332), §2.2; by levels: Looks et al. 2017 (arXiv 1702.02181), §2.

    >>> import catlearn as cl
    >>> from catlearn.algebra.planting import tree
    >>> F = cl.BinaryTree(cl.R())
    >>> total = trees(F, 8) >> tree_fold(cl.Algebra(F, cl.R(), (cl.R(), cl.add)))
    >>> float(total((), tree(((1.0, 2.0), 3.0), F, 8)))
    6.0
    """

    structure: Any
    over: Polynomial | None = None

    every = False  # whether all states are wanted

    def __post_init__(self) -> None:
        if not isinstance(self.structure, Algebra | TreeCell):
            raise TypingError(f"{self.name} takes an Algebra, or a cell such as tree_lstm(64), got {self.structure!r}.")
        told = self.structure.functor if isinstance(self.structure, Algebra) else self.over
        if None not in (told, self.over) and told != self.over:
            raise TypingError(f"{self.name}: the algebra is one of {told!r}, not of {self.over!r}.")
        object.__setattr__(self, "over", self.over if isinstance(self.structure, Algebra) else told)

    def resolve(self, dom: Object) -> Diagram:
        t = tree_of(dom, self)
        told = self.structure.functor if isinstance(self.structure, Algebra) else self.over
        if told is not None and told != t.functor:
            raise TypingError(f"{self!r} folds trees of {told!r}, and these are of {t.functor!r}.")
        S, cases = _cases(self.structure, t.functor)
        _check_cases(self, cases, t.functor, S)
        return _folding(self, cases, t.summands, t.nodes, t.axes)

    def __repr__(self) -> str:
        over = "" if self.over is None else f", {self.over!r}"
        return f"{self.name}({_code(self.structure)}{over})"


def _code(structure: Any) -> str:
    """The code that makes an algebra or a cell."""
    if not isinstance(structure, Algebra):
        return repr(structure)
    arrows = structure.structure if isinstance(structure.structure, tuple) else (structure.structure,)
    return f"Algebra({structure.functor!r}, {structure.carrier}, ({', '.join(f.code() for f in arrows)},))"


class tree_scan(tree_fold):
    """The states at all nodes of a tree, in their order; zero where there is no node. Type: `trees(F, n) ⊗ P → Sⁿ`.

    As `tree_fold`, for predictions at every node.

    >>> import catlearn as cl
    >>> from catlearn.algebra.planting import tree
    >>> F = cl.BinaryTree(cl.R())
    >>> totals = trees(F, 6) >> tree_scan(cl.Algebra(F, cl.R(), (cl.R(), cl.add)))
    >>> totals((), tree(((1.0, 2.0), 3.0), F, 6)).tolist()
    [6.0, 3.0, 3.0, 1.0, 2.0, 0.0]
    """

    every = True


# from algebras to cases: children stacked


def _cases(structure: Any, F: Polynomial) -> tuple[Object, tuple[Diagram, ...]]:
    if isinstance(structure, TreeCell):
        return structure.carrier(F), structure.cases(F)
    a = structure
    if len(F.summands) > 1 and not isinstance(a.structure, tuple) and a.param.wires:
        raise TypingError(
            f"a fold takes an algebra of {F!r} with an arrow for each of its {len(F.summands)} summands, as a tuple."
        )
    terms = zip(a.cases, summands_of(F), F.summands, strict=True)
    return a.carrier, tuple(unstacking(term, G, a.carrier) >> case for case, term, G in terms)


def case_domain(A: Object, term: Summand, S: Object) -> Object:
    """What a case takes: `A ⊗ Sᵈ ⊗ present`."""
    if not term.degree:
        return A
    return A @ with_axis(S, term.degree) @ (R(term.degree, dtype=bool) if any(term.optional) else I)


def _check_cases(who: Any, cases: tuple[Diagram, ...], F: Polynomial, S: Object) -> None:
    for case, A, term in zip(cases, labels_of(F), summands_of(F), strict=True):
        dom = case_domain(A, term, S)
        if (case.dom, case.cod) != (dom, S):
            where = difference(dom @ S, case.dom @ case.cod)
            raise TypingError(f"{who!r}: the case {short(case)} must be an arrow {dom} → {S} ({where}).")


def unstacking(term: Summand, F: Polynomial, S: Object) -> Diagram:
    """The isomorphism `A ⊗ Sᵈ ⊗ present → F(S)`: each child by itself, with a tag where it may be absent."""
    A = labels_of(F)[0]
    if not term.degree:
        return identity(A)
    dom = case_domain(A, term, S)
    apart = A @ (dom[len(A) :] >> function(_Unstack(term.optional, len(S)), arity=len(dom) - len(A)))
    at, child, index = 0, len(A), []
    for factor in term.factors:
        width = factor if isinstance(factor, int) else len(S) + (factor != "X")
        start = at if isinstance(factor, int) else child
        index += range(start, start + width)
        at, child = (at + width, child) if isinstance(factor, int) else (at, child + width)
    return apart >> wiring(apart.cod, index)


def stacking(term: Summand, F: Polynomial, S: Object) -> Diagram:
    """The isomorphism `F(S) → A ⊗ Sᵈ ⊗ present`; the state of an absent child becomes zero."""
    labels, children, at = [], [], 0
    for factor in term.factors:
        width = factor if isinstance(factor, int) else len(S) + (factor != "X")
        (labels if isinstance(factor, int) else children).extend(range(at, at + width))
        at += width
    dom = F(S)
    if not term.degree:
        return wiring(dom, labels)
    together = dom.select(children) >> function(_Stack(term.optional, len(S)), arity=len(children))
    return wiring(dom, labels + children) >> (dom.select(labels) @ together)


@dataclass(frozen=True)
class _Unstack:
    optional: tuple[bool, ...]
    wires: int

    __name__ = "unstack"

    def __call__(self, *values: Any) -> tuple:
        states, present, out = values[: self.wires], values[self.wires :], []
        for k, may in enumerate(self.optional):
            out += [present[0][k].astype(jnp.int32)] if may else []
            out += jax.tree.map(lambda leaf, k=k: leaf[k], states)
        return tuple(out)


@dataclass(frozen=True)
class _Stack:
    optional: tuple[bool, ...]
    wires: int

    __name__ = "stack"

    def __call__(self, *values: Any) -> tuple:
        rest, children, present = list(values), [], []
        for may in self.optional:
            here = rest.pop(0) > 0 if may else jnp.bool_(True)
            state = tuple(rest.pop(0) for _ in range(self.wires))
            children.append(jax.tree.map(lambda leaf, here=here: jnp.where(here, leaf, 0), state) if may else state)
            present.append(here)
        stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *children)
        return (*stacked, jnp.stack(present)) if any(self.optional) else stacked


# the box


def _folding(
    fold: tree_fold, cases: tuple[Diagram, ...], summands: tuple[Summand, ...], nodes: int, axes: tuple[int, ...]
) -> Diagram:
    """The box that folds by these cases."""
    parts = tuple(Par((f,), f.dom, f.cod, f.category, label=name) for f, name in zip(cases, _names(summands), strict=True))
    body = cases[0] if len(cases) == 1 else reduce(lambda f, g: f @ g, parts)
    objects = tuple(case.dom[: term.labels] for case, term in zip(cases, summands, strict=True))
    dom, S = trees(functor_of(summands, objects), nodes), cases[0].cod
    cod = with_axis(S, nodes) if fold.every else S
    for axis in reversed(axes):
        dom, cod = batch(dom, axis), batch(cod, axis)
    return Box(TreeFold(fold, summands, nodes, body, axes), dom, cod, body.param)


def _names(summands: tuple[Summand, ...]) -> list[str]:
    kinds = ["node" if term.degree else "leaf" for term in summands]
    return [kind if kinds.count(kind) == 1 else f"{kind}{i}" for i, kind in enumerate(kinds)]


def _unnamed(part: Any) -> Diagram:
    """The arrow itself, where it was put alone into a composite to bear a name."""
    return part.factors[0] if isinstance(part, Par) and len(part.factors) == 1 else replace(part, label=None)


@dataclass(frozen=True, repr=False)
class TreeFold(SmoothLayer):
    """The operation of a fold. Its body is the case of the only summand, or those of all side by side."""

    fold: tree_fold
    summands: tuple[Summand, ...]
    nodes: int
    body: Diagram
    axes: tuple[int, ...] = ()

    around = "fold over trees"

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.fold.name

    @property
    def cases(self) -> tuple[Case, ...]:
        """Each case with its summand and the place of its parameters."""
        arrows = self._arrows(self.body)
        ends = list(accumulate((len(f.param) for f in arrows), initial=0))
        return tuple(
            Case(f, term, tag, range(ends[tag], ends[tag + 1]))
            for tag, (f, term) in enumerate(zip(arrows, self.summands, strict=True))
        )

    def _arrows(self, body: Diagram) -> tuple[Diagram, ...]:
        """The cases of such a body, without the names under which they stand there."""
        return (body,) if len(self.summands) == 1 else tuple(map(_unnamed, body.parts))

    def over(self, body: Diagram) -> Diagram:
        return _folding(self.fold, self._arrows(body), self.summands, self.nodes, self.axes)

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram:
        """The same on a forest: more trees, of which all nodes of one height still run at once."""
        if not any(batched):
            return box
        dom, cod = with_axis(box.dom, size), with_axis(box.cod, size)
        return replace(box, op=replace(self, axes=(size, *self.axes)), dom=dom, cod=cod)

    def apply(self, params: tuple, *xs: Any) -> Any:
        """The fold. A loop whose length only the trees tell can't be differentiated by JAX, so it brings its own pullback."""
        forward, backward = self.optic(I)
        S = self.cases[0].arrow.cod

        def back(kept: Any, dys: Any) -> tuple:
            dparams, dx = backward(kept, *changing(S, unpacked(dys, len(S))))
            fresh = iter(dparams)
            return tuple(next(fresh) if len(change(P)) else None for P in self.body.param), dx[0] if dx else None

        run = jax.custom_vjp(lambda params, t: forward(params, t)[0])
        run.defvjp(forward, back)
        return run(params, xs[0])

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        """Up the heights, keeping states; and down again, running each chunk of nodes once more."""

        def forward(params: tuple, t: Tree) -> tuple:
            out, kept = folding_forward(self.cases, params, t, self.fold.every)
            return pack(out), (params, t, kept)

        def backward(kept: tuple, *dys: Any) -> tuple:
            return folding_backward(self.cases, *kept, dys, self.fold.every)

        return forward, backward

    def __repr__(self) -> str:
        return repr(self.fold)
