"""Modules of other libraries as families: what they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax
import numpy as np

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object, Wire, is_whole


@dataclass(frozen=True, eq=False, repr=False)
class Foreign(SmoothLayer):
    """A family that runs a module of another library. Each array of `weights` is a parameter, named by its place there.

    `at(params)` is the module with these parameters, which is called with one value for each wire and the `options`.
    Two are equal where their modules are, array by array. A subclass has `maker`, the name of the function that makes
    it, and may give advice on an error of its library.
    """

    module: Any
    arity: int = 1  # type: ignore[assignment]
    options: Mapping[str, Any] = field(default_factory=dict)

    maker: ClassVar[str]

    def __post_init__(self) -> None:
        if not is_whole(self.arity):
            raise TypingError(f"{self.maker}: arity is the number of inputs that the module takes, got {self.arity!r}.")

    @property
    def name(self) -> str:  # type: ignore[override]
        return type(self.module).__name__

    @property
    def weights(self) -> Any:
        """A pytree of arrays, or of their types: the parameters."""
        raise NotImplementedError

    @property
    def content(self) -> Any:
        """What makes two modules equal, as a pytree."""
        return self.module

    def at(self, params: Sequence[Any]) -> Any:
        """The module with these parameters."""
        raise NotImplementedError

    def advice(self, said: str) -> str:
        """What to do about an error of the library that says this."""
        return ""

    def parameters(self, dom: Object) -> Object:
        return Object(tuple(Wire.of(leaf, _path(place)) for place, leaf in jax.tree_util.tree_leaves_with_path(self.weights)))

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return tuple(jax.tree.leaves(self.weights))

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.at(params)(*xs, **self.options)

    def codomain(self, dom: Object, param: Object) -> Object:
        try:
            return super().codomain(dom, param)
        except TypingError as error:
            raise self.refused(dom, error.__cause__) from error.__cause__

    def refused(self, dom: Object, error: BaseException | None) -> TypingError:
        """What to say where the library refuses a domain."""
        said = f"{type(error).__name__}: {error}"
        return TypingError("\n  ".join(filter(None, (f"{self!r} can't be typed at {dom}.", said, self.advice(said)))))

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Foreign) or type(self) is not type(other):
            return self is other
        return self.arity == other.arity and alike((self.options, self.content), (other.options, other.content))

    def __hash__(self) -> int:
        return hash((type(self), self.name, self.arity))

    def __repr__(self) -> str:
        arity = {"arity": self.arity} if self.arity != 1 else {}
        said = [f"{self.name}(…)", *(f"{name}={value!r}" for name, value in {**arity, **self.options}.items())]
        return f"{self.maker}({', '.join(said)})"


def _path(place: tuple) -> str:
    return jax.tree_util.keystr(place, simple=True, separator=".")


def what(value: Any) -> str:
    """What a value is, for a message.

    >>> what(int), what(3)
    ('the class int: make one first', 'a value of int')
    """
    return f"the class {value.__name__}: make one first" if isinstance(value, type) else f"a value of {type(value).__name__}"


def alike(left: Any, right: Any) -> bool:
    """Whether two pytrees are equal, their arrays in dtype and value too.

    >>> import jax.numpy as jnp
    >>> alike({"a": jnp.ones(2), "b": "x"}, {"a": jnp.ones(2), "b": "x"}), alike(jnp.ones(2), jnp.ones(2, int))
    (True, False)
    """
    if left is right:
        return True
    (xs, shape), (ys, other) = jax.tree.flatten(left), jax.tree.flatten(right)
    return shape == other and all(map(_same, xs, ys))


def _same(x: Any, y: Any) -> bool:
    arrays = [isinstance(leaf, jax.Array | np.ndarray | np.generic) for leaf in (x, y)]
    if x is y or not all(arrays):
        return x is y or (not any(arrays) and bool(x == y))
    return (x.shape, x.dtype) == (y.shape, y.dtype) and bool((x == y).all())
