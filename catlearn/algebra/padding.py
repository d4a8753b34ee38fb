"""Which elements of a padded list are real, and lists cleaned of those that are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.wires import Object, R, Wire


@dataclass(frozen=True, repr=False)
class real(SmoothLayer):
    """Padded lists and which of their elements are real. Type: `Aᵗ ⊗ N → Aᵗ ⊗ R(t, dtype=bool)`, with a length N = R(dtype=int32)
    or a mask N = R(t, dtype=bool).

    Elements that are not real become zero, so that nothing of them, not even NaN, gets anywhere. Raises TypingError for wires
    that are no lists of one length, and ArgumentError for lengths below 0 or beyond t where values are known as the
    arrow runs. While compiling they are not: then all elements become NaN.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> (cl.R(3) @ cl.R(dtype="int32") >> real())((), jnp.ones(3), jnp.int32(2))
    (Array([1., 1., 0.], dtype=float32), Array([ True,  True, False], dtype=bool))
    """

    lists: int = 1

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.lists + 1

    def check(self, dom: Object) -> None:
        super().check(dom)
        t = length_of(dom[:-1], self)
        if dom[-1] not in (R(dtype="int32"), R(t, dtype="bool")):
            can = f"a length R(dtype='int32') or a mask R({t}, dtype='bool')"
            raise TypingError(f"{self!r} takes {can} as its last wire, got {dom[-1]}.")

    def codomain(self, dom: Object, param: Object) -> Object:
        return dom[:-1] @ R(length_of(dom[:-1], self), dtype="bool")

    def apply(self, params: tuple, *xs: Any) -> Any:
        *lists, given = xs
        t = jax.tree.leaves(lists)[0].shape[0]
        if given.dtype == bool:
            return (*jax.tree.map(lambda leaf: _filled(given, leaf, 0), lists), given)
        possible = (given >= 0) & (given <= t)
        mask = (jnp.arange(t) < given) | ~possible
        blank = jnp.where(possible, 0.0, jnp.nan)
        return (*jax.tree.map(lambda leaf: _filled(mask & possible, leaf, blank), lists), mask)

    def inspect(self, *xs: Any) -> None:
        *lists, given = xs
        if given is None or given.dtype == bool or not np.size(given) or any(xs is None for xs in lists):
            return
        t, low, high = jax.tree.leaves(lists)[0].shape[np.ndim(given)], np.min(given), np.max(given)
        if low < 0 or high > t:
            raise ArgumentError(f"a length is from 0 to {t}, as many places as there are; got lengths from {low} to {high}.")


def _filled(mask: jax.Array, leaf: jax.Array, blank: Any) -> jax.Array:
    """The leaf where the mask says so, and else blank, where its type has such a value."""
    if jnp.issubdtype(leaf.dtype, jax.dtypes.extended):
        return leaf
    mask = mask.reshape(mask.shape + (1,) * (leaf.ndim - 1))
    return jnp.where(mask, leaf, jnp.asarray(blank if jnp.issubdtype(leaf.dtype, jnp.inexact) else 0).astype(leaf.dtype))


def length_of(lists: Object, who: Any) -> int:
    """The first axis of all wires. Raises TypingError where they have none, or different ones."""
    lengths = {leaf.shape[:1] for wire in lists.wires for leaf in wire.leaves}
    if len(lengths) != 1 or () in lengths:
        hint = " A length or a mask comes last, with masked=True." if lists[-1:] == R(dtype="int32") else ""
        raise TypingError(f"{who!r} takes lists, wires with the same first axis such as R(100, 28), got {lists}.{hint}")
    return lengths.pop()[0]


def element_of(wire: Wire) -> Wire:
    """What a list is of: the wire without its first axis."""
    return Wire(tuple(jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype) for leaf in wire.leaves), wire.tree)
