"""Trees as arrays: the initial algebra of a polynomial endofunctor, up to some number of nodes, as one wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import jax
import jax.export
import jax.numpy as jnp

from catlearn.algebra.polynomial import Constant, Polynomial, Product, Sum, Variable, X, const, one
from catlearn.core.errors import TypingError
from catlearn.core.functor import sum_objects
from catlearn.core.shown import Shown
from catlearn.core.wires import Object, Wire, is_whole, wire

CHILD, PERHAPS = "X", "one + X"


@dataclass(frozen=True)
class Summand:
    """A term of a functor by its factors: a constant's number of wires, `"X"` for a child, `"one + X"` where it may be absent."""

    factors: tuple[int | str, ...]

    @cached_property
    def labels(self) -> int:
        """How many wires its constants have."""
        return sum(factor for factor in self.factors if isinstance(factor, int))

    @cached_property
    def optional(self) -> tuple[bool, ...]:
        """For each child whether it may be absent."""
        return tuple(factor == PERHAPS for factor in self.factors if isinstance(factor, str))

    @cached_property
    def degree(self) -> int:
        return len(self.optional)

    def functor(self, A: Object) -> Polynomial:
        """The term again, with these constants."""
        parts, at = [], 0
        for factor in self.factors:
            if isinstance(factor, int):
                parts.append(const(A[at : at + factor]))
                at += factor
            else:
                parts.append(X if factor == CHILD else one + X)
        return parts[0] if len(parts) == 1 else Product(tuple(parts))


@partial(
    jax.tree_util.register_dataclass, meta_fields=["summands"], data_fields=["labels", "tags", "children", "heights", "root"]
)
@dataclass(frozen=True, repr=False)
class Tree(Shown):
    """A tree of a polynomial endofunctor, or a DAG, in arrays of fixed length; with leading axes on all of them, a forest.

    Node i is of summand `tags[i]` (None where there is but one), has the labels `labels[tag][wire][i]` and the children
    `children[i]`, nodes again, −1 where there is none. `heights[i]` is 0 for leaves, one more than its highest child for
    other nodes, and −1 for padding, whose other entries are never read. The constructors `tree`, `graph` and `forest`
    check all of that. Functors are rebuilt from labels and `summands`, which alone is static.
    """

    labels: tuple[tuple[Any, ...], ...]
    tags: Any
    children: Any
    heights: Any
    root: Any
    summands: tuple[Summand, ...]

    @property
    def nodes(self) -> int:
        """How many nodes there is place for."""
        return self.heights.shape[-1]

    @property
    def axes(self) -> tuple[int, ...]:
        """The leading axes: none for one tree."""
        return tuple(self.heights.shape[:-1])

    @property
    def objects(self) -> tuple[Object, ...]:
        """The labels of one node, for each summand."""
        return tuple(Object(tuple(_row(value, len(self.axes) + 1) for value in values)) for values in self.labels)

    @property
    def functor(self) -> Polynomial:
        """The functor of which this is a tree."""
        return functor_of(self.summands, self.objects)

    def __repr__(self) -> str:
        return f"Tree of {self.object_code() or 'changes'}"

    def object_code(self) -> str | None:
        """The code of the object whose values look like this, for the text of wires; None for mere changes."""
        if self.heights is None:
            return None
        code = f"trees({self.functor!r}, {self.nodes})"
        for axis in reversed(self.axes):
            code = f"batch({code}, {axis})"
        return code


jax.export.register_pytree_node_serialization(
    Tree,
    serialized_name="catlearn.Tree",
    serialize_auxdata=lambda static: json.dumps([term.factors for term in static[0]]).encode(),
    deserialize_auxdata=lambda text: (tuple(Summand(tuple(factors)) for factors in json.loads(text)),),
)


def _row(value: Any, axes: int) -> Wire:
    return Wire.of(jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[axes:], leaf.dtype), value))


def functor_of(summands: tuple[Summand, ...], objects: tuple[Object, ...]) -> Polynomial:
    """The functor of these summands with these constants."""
    terms = tuple(term.functor(A) for term, A in zip(summands, objects, strict=True))
    return terms[0] if len(terms) == 1 else Sum(terms)


def summands_of(F: Any) -> tuple[Summand, ...]:
    """A functor's terms, each a product of constants, X and `one + X`. Raises TypingError for other functors, and for those
    without leaves, which have no finite trees.

    >>> from catlearn.algebra.functors import BinaryTree
    >>> from catlearn.core.wires import R
    >>> summands_of(BinaryTree(R(3)))
    (Summand(factors=(1,)), Summand(factors=('X', 'X')))
    """
    if not isinstance(F, Polynomial):
        raise TypingError(f"trees are of a functor such as BinaryTree(R(3)), got {F!r}.")
    found = tuple(Summand(tuple(_factor(part, F) for part in term.factors)) for term in F.summands)
    if not any(all(term.optional) for term in found):
        raise TypingError(f"{F!r} has no finite trees: every node has a child. A summand without X, or `one + X`, makes leaves.")
    return found


def _factor(part: Polynomial, F: Polynomial) -> int | str:
    if isinstance(part, Constant):
        return len(part.of)
    if isinstance(part, Variable):
        return CHILD
    if part == one + X:
        return PERHAPS
    raise TypingError(f"{F!r} is no sum of products of constants, X and `one + X`: {part!r} is none of these.")


def labels_of(F: Polynomial) -> tuple[Object, ...]:
    """The constants of each summand."""
    return tuple(sum_objects(part.of for part in term.factors if isinstance(part, Constant)) for term in F.summands)


def trees(F: Any, nodes: int = 64) -> Object:
    """The object of trees of a functor with up to so many nodes: one wire, whose values are `Tree`s.

    F is a sum of products of constants, X, and `one + X` for children that may be absent: `BinaryTree(A)`,
    `RoseTree(A, degree)`, `List(A)`, … Its trees are the initial algebra of F (W-types), so an algebra folds them.
    Raises TypingError for other functors and unless `nodes` is a whole number ≥ 1.
    Source: Gavranović et al. 2024 (arXiv 2402.15332), §2.2.

    >>> from catlearn.algebra.functors import BinaryTree
    >>> from catlearn.core.wires import R
    >>> trees(BinaryTree(R(32)), 64)
    trees(const(R(32)) + X ** 2, 64)
    """
    summands = summands_of(F)
    if not is_whole(nodes, least=1):
        raise TypingError(f"trees: nodes must be a whole number ≥ 1, got {nodes!r}.")
    return _wire_of(summands, labels_of(F), int(nodes))


def _wire_of(summands: tuple[Summand, ...], objects: tuple[Object, ...], nodes: int) -> Object:
    whole = lambda *shape: jax.ShapeDtypeStruct(shape, jnp.int32)  # noqa: E731
    grown = lambda leaf: jax.ShapeDtypeStruct((nodes, *leaf.shape), leaf.dtype)  # noqa: E731
    labels = tuple(jax.tree.map(grown, A.structs) for A in objects)
    tags = whole(nodes) if len(summands) > 1 else None
    degree = max(term.degree for term in summands)
    return wire(Tree(labels, tags, whole(nodes, degree), whole(nodes), whole(), summands))


def tree_of(A: Object, who: Any) -> Tree:
    """The tree that values of an object look like. Raises TypingError for any object but one wire of trees."""
    if len(A) != 1 or not isinstance(A.structs[0], Tree):
        raise TypingError(f"{who!r} takes trees, such as trees(BinaryTree(R(32)), 64), got {A}.")
    return A.structs[0]


def is_forest(A: Object) -> bool:
    """Whether an object has a wire of trees first."""
    return bool(len(A)) and isinstance(A.structs[0], Tree)
