"""`relabel(f)`: an arrow on every label of a tree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.forest import Summand, Tree, tree_of
from catlearn.categories.batch import batch
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import I, Object, count


@dataclass(frozen=True, repr=False, init=False)
class relabel(Composite):
    """f on the label of every node. Type: `trees(F, n) ⊗ P → trees(G, n)` for `f : A ⊗ P → B`, G being F with B for A.

    One arrow for each summand that has labels, as in `relabel(embedding(100, 32))`. All labels are one batch of f, so it
    is the functor's action on constants. Raises TypingError for domains that are no trees, and another number of arrows.

    >>> import catlearn as cl
    >>> from catlearn.algebra.forest import trees
    >>> (trees(cl.BinaryTree(cl.R(dtype="int32")), 8) >> relabel(cl.embedding(100, 4))).cod
    trees(const(R(4)) + X ** 2, 8)
    """

    arrows: tuple[Any, ...]

    def __init__(self, *arrows: Any) -> None:
        object.__setattr__(self, "arrows", arrows)

    def build(self, dom: Object) -> Diagram:
        t = tree_of(dom, self)
        labelled = [A for A in t.objects if len(A)]
        if len(labelled) != len(self.arrows):
            raise TypingError(
                f"{self!r} has {count(len(self.arrows), 'arrow')}, and {t.functor!r} has "
                f"{count(len(labelled), 'summand')} with labels."
            )
        fs = [identity(A) >> f for f, A in zip(self.arrows, labelled, strict=True)]
        opened = dom >> OpenTree()
        many = reduce(lambda f, g: f @ g, [_on_nodes(f, (*t.axes, t.nodes)) for f in fs], identity(I))
        return opened >> (many @ opened.cod[-1]) >> CloseTree(_summands(self, t, fs), arity=len(many.cod) + 1)

    def __repr__(self) -> str:
        return f"relabel({', '.join(f.code() if isinstance(f, Diagram) else repr(f) for f in self.arrows)})"


def _on_nodes(f: Diagram, axes: tuple[int, ...]) -> Diagram:
    for axis in reversed(axes):
        f = batch(f, axis)
    return f


def _summands(who: relabel, t: Tree, arrows: list[Diagram]) -> tuple[Summand, ...]:
    """The terms with as many wires in their constants as the arrows end in."""
    left = iter(arrows)
    return tuple(_with_wires(who, term, next(left)) if term.labels else term for term in t.summands)


def _with_wires(who: relabel, term: Summand, f: Diagram) -> Summand:
    constants = [factor for factor in term.factors if isinstance(factor, int) and factor]
    if len(f.cod) == term.labels:
        return term
    if len(constants) > 1:
        raise TypingError(
            f"{who!r}: {f.code()} must end in {count(term.labels, 'wire')}, for {len(constants)} constants, not {f.cod}."
        )
    return Summand(tuple(len(f.cod) if isinstance(factor, int) and factor else factor for factor in term.factors))


@dataclass(frozen=True, repr=False)
class OpenTree(SmoothLayer):
    """A tree as its labels, a wire for each, and a tree without labels. Where a node has no such label, it is some node's."""

    name = "open_tree"

    def apply(self, params: tuple, *xs: Any) -> Any:
        t = xs[0]
        labels = [_filled(t, tag, value) for tag, values in enumerate(t.labels) for value in values]
        return (*labels, replace(t, labels=((),) * len(t.labels)))


def _filled(t: Tree, tag: int, value: Any) -> Any:
    """Labels without padding, which may hold anything."""
    own = (t.heights >= 0) & (True if t.tags is None else t.tags == tag)
    first = jnp.argmax(own, -1, keepdims=True)

    def filled(leaf: jax.Array) -> jax.Array:
        spread = lambda mask: mask.reshape(*mask.shape, *[1] * (leaf.ndim - own.ndim))  # noqa: E731
        some = jax.lax.stop_gradient(jnp.take_along_axis(leaf, spread(first), own.ndim - 1))
        some = jnp.where(spread(own.any(-1, keepdims=True)), some, jnp.zeros((), leaf.dtype))
        return jnp.where(spread(own), leaf, some)

    return jax.tree.map(filled, value)


@dataclass(frozen=True, repr=False)
class CloseTree(SmoothLayer):
    """The inverse of `OpenTree`, with labels for these summands."""

    summands: tuple[Summand, ...]
    arity: int = 1  # type: ignore[assignment]

    name = "close_tree"

    def apply(self, params: tuple, *xs: Any) -> Any:
        left = iter(xs[:-1])
        labels = tuple(tuple(next(left) for _ in range(term.labels)) for term in self.summands)
        return replace(xs[-1], labels=labels, summands=self.summands)
