"""How a wire is used more than once: arrays are copied, random keys are split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, identity, wiring
from catlearn.core.wires import I, Object, R, Wire

KEY = R(dtype=jax.eval_shape(jax.random.key, 0).dtype, label="key")  # a random key


def is_key(leaf: Any) -> bool:
    """Whether an array is of random keys."""
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def has_keys(wire: Wire) -> bool:
    """Whether a wire carries random keys, so that it is split and never copied."""
    return any(map(is_key, wire.leaves))


def shared(A: Object, uses: Sequence[int]) -> Diagram:
    """Each wire of A as often as it is used, in the order of the uses. Type: `A → A[uses[0]] ⊗ A[uses[1]] ⊗ …`.

    Arrays are copied. Keys are split, in as many as there are uses: the comultiplication of the comonoid of keys, n at once.
    A key that is used once is used as it is, so this is counital; and since the uses of a composite are those of its
    parts in order, it does not matter how the composite is bracketed.

    >>> shared(KEY, (0,)), len(shared(KEY, (0, 0, 0)).cod)
    (identity(R(dtype='key<fry>'))
    # R(dtype='key<fry>') → R(dtype='key<fry>'), no parameters, 3)
    """
    times = [uses.count(i) for i in range(len(A))]
    parts = [_times(wire, n) for wire, n in zip(A, times, strict=True)]
    together = reduce(lambda f, g: f @ g, parts, identity(I))
    starts = [sum(times[:i]) for i in range(len(A))]
    order = [starts[i] + uses[:at].count(i) for at, i in enumerate(uses)]
    return together >> wiring(together.cod, order)


def _times(A: Object, n: int) -> Diagram:
    return split(n).resolve(A) if has_keys(A.wires[0]) and n > 1 else wiring(A, (0,) * n)


@dataclass(frozen=True, repr=False)
class split(SmoothLayer):
    """Independent keys from one. Type: `K → K ⊗ … ⊗ K`, n of them; other arrays beside the keys of a wire are copied.

    >>> len((KEY >> split(3)).cod)
    3
    """

    n: int

    def apply(self, params: tuple, *xs: Any) -> Any:
        many = spread(xs[0], self.n)
        return tuple(jax.tree.map(lambda leaf, i=i: leaf[i], many) for i in range(self.n))


def spread(value: Any, n: int) -> Any:
    """A value n times, along a new first axis of its arrays: keys are split, other arrays repeated."""
    return jax.tree.map(
        lambda leaf: jax.random.split(leaf, n) if is_key(leaf) else jnp.broadcast_to(leaf, (n, *leaf.shape)), value
    )
