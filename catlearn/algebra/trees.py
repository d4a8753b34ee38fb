"""Folds of trees and DAGs: an algebra run height by height over all trees of a batch at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate
from typing import Any

import jax

from catlearn.algebra.algebras import Algebra
from catlearn.algebra.cases import TreeCell, cases_of, check_cases
from catlearn.algebra.forest import Summand, Tree, functor_of, tree_of, trees
from catlearn.algebra.levels import Case, folding_backward, folding_forward
from catlearn.algebra.polynomial import Polynomial
from catlearn.categories.batch import batch, with_axis
from catlearn.categories.smooth import SmoothLayer, change, changing
from catlearn.core.diagram import Box, Diagram, Par
from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.values import pack, unpacked
from catlearn.core.wires import I, Object


@dataclass(frozen=True, repr=False)
class tree_fold(Family):
    """The state at the root of a tree, by an algebra or a recursive cell. Type: `trees(F, n) ⊗ P → S`.

    The one map from the initial algebra: `fold(node(t₁, …)) = a(node(fold t₁, …))`. All nodes of one height run at once, for
    all trees of a batch; padding is never computed, and one program does for trees of any shape. A node of a DAG is
    computed once. The backward pass keeps the states alone, and runs the structure of each node once more; JAX can't
    differentiate it a second time.
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
        S, cases = cases_of(self.structure, t.functor)
        check_cases(self, cases, t.functor, S)
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
        """A fold bears the name of its cell, where that has one."""
        return self.fold.structure.name if isinstance(self.fold.structure, TreeCell) else self.fold.name

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
            params, t, states = kept
            return folding_backward(self.cases, params, t, states, dys, self.fold.every)

        return forward, backward

    def __repr__(self) -> str:
        return repr(self.fold)
