"""What a data set with a symmetry is here: inputs and targets on which a group acts, and what it makes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.core.wires import I, Object
from catlearn.datasets.split import Pair, Scale, Split
from catlearn.laws.equivariance import acted
from catlearn.learn.batches import whole_number


@dataclass(frozen=True, repr=False)
class Symmetric(Split):
    """A split whose targets are an equivariant function of its inputs.

    `dom` and `cod` are the types of one input and of one target, with the actions on them. `moved` says what the group makes of
    an example, such as "relabelled". Targets are in units of `scale`, where there is one: `scale.undo` gives their own.
    """

    dom: Object = I
    cod: Object = I
    moved: str = "moved"
    scale: Scale | None = None

    def _facts(self) -> list[tuple[str, Any]]:
        return [*super()._facts(), ("domain", self.dom), ("codomain", self.cod), ("the group makes them", self.moved)]

    def moved_test(self, seed: int = 0) -> Pair:
        """The held-out part, each example moved by an element of the group of its own."""
        return self.move(self.test, seed)

    def move(self, pair: Pair, seed: int = 0) -> Pair:
        """Examples of these types, each moved by a random element of the group: inputs and targets alike.

        >>> from catlearn.datasets import inertia
        >>> data = inertia(8, 8)
        >>> (masses, _), _ = data.moved_test()
        >>> bool((masses == data.test[0][0]).all())
        True
        """
        inputs, targets = pair
        group = next(wire.rep.group for wire in self.dom.wires if hasattr(wire, "rep"))
        xs = inputs if isinstance(inputs, tuple) else (inputs,)

        def one(key: jax.Array, xs: tuple, y: jax.Array) -> tuple:
            g = group.sample(key)
            return acted(self.dom, g, xs), acted(self.cod, g, (y,))[0]

        moved, ys = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(seed), len(targets)), xs, jnp.asarray(targets))
        arrays = tuple(np.asarray(x) for x in moved)
        return (arrays if isinstance(inputs, tuple) else arrays[0]), np.asarray(ys)

    def first(self, size: int) -> Symmetric:
        """The same with no more than the first so many examples to train on. Raises ArgumentError where there are not as many."""
        whole_number("the number of examples", size, 1)
        if size > len(self.train[1]):
            raise ArgumentError(f"{self.name} has {len(self.train[1])} examples to train on, and not {size}.")
        return replace(self, train=rows(self.train, size))


def rows(pair: Any, size: int) -> Any:
    """The first so many examples of a pair of arrays, or of pytrees of them.

    >>> rows((np.arange(5), np.arange(5)), 2)[0].tolist()
    [0, 1]
    """
    return jax.tree.map(lambda leaf: leaf[:size], pair)
