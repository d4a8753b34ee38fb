"""Wires and objects: what an arrow goes from and to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.core.errors import CompositionError, WireError
from catlearn.core.shown import Shown


@dataclass(frozen=True)
class Wire(Shown):
    """A pytree of shaped arrays, with an optional label. Labels name things and do not take part in equality.

    >>> R(2, 3).wires[0].shape_text
    '(2, 3)'
    """

    leaves: tuple[jax.ShapeDtypeStruct, ...]
    tree: Any
    label: str | None = field(default=None, compare=False)

    @staticmethod
    def of(tree: Any, label: str | None = None) -> Wire:
        """The wire that carries values shaped like `tree`, whose leaves have a shape and a dtype."""
        leaves, treedef = jax.tree.flatten(tree)
        return Wire(tuple(jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in leaves), treedef, label)

    @property
    def struct(self) -> Any:
        """The pytree of `jax.ShapeDtypeStruct` that values on this wire look like."""
        return self.tree.unflatten(self.leaves)

    @property
    def size(self) -> int:
        """How many numbers the wire carries."""
        return sum(math.prod(leaf.shape) for leaf in self.leaves)

    @property
    def bytes(self) -> int:
        """How many bytes the wire carries."""
        return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in self.leaves)

    @property
    def shape_text(self) -> str:
        return " ".join(str(leaf.shape) for leaf in self.leaves)

    def __repr__(self) -> str:
        if jax.tree.structure(0) == self.tree:
            return _array_text(self.leaves[0])
        code = getattr(self.struct, "object_code", lambda: None)()
        return code or f"wire({self._struct_text})"

    def __treescope_repr__(self, path: str | None, subtree_renderer: Any) -> Any:
        from catlearn.draw.folding import in_a_line

        return in_a_line(self, path)

    @property
    def _struct_text(self) -> str:
        arrays = [_Text(_array_text(leaf)) for leaf in self.leaves]
        text = repr(self.tree.unflatten(arrays))  # a class of JAX, such as BCOO, may not show itself without values
        return f"{type(self.struct).__name__}({', '.join(arrays)})" if "<invalid>" in text else text


class _Text(str):
    def __repr__(self) -> str:
        return str(self)


def _array_text(leaf: jax.ShapeDtypeStruct) -> str:
    axes = [str(axis) for axis in leaf.shape]
    dtype = [] if leaf.dtype == jnp.float32 else [f"dtype={str(leaf.dtype)!r}"]
    return f"R({', '.join(axes + dtype)})"


@dataclass(frozen=True)
class Object(Shown):
    """A tuple of wires. `A @ B` concatenates and `I` is empty, so the tensor is strictly associative and unital.

    Wires are `Wire` in the category of JAX functions; other categories bring their own. `R(3) >> f` treats the object
    as its identity arrow. Indexing and iteration give objects.

    >>> A = R(2) @ R(3, dtype="int32")
    >>> A, len(A), A[1], A @ I == A
    (R(2) @ R(3, dtype='int32'), 2, R(3, dtype='int32'), True)
    """

    wires: tuple[Any, ...] = ()

    def __matmul__(self, other: Any) -> Object:
        if not isinstance(other, Object):
            return NotImplemented
        return Object(self.wires + other.wires)

    def __rshift__(self, other: Any) -> Any:
        if not hasattr(type(other), "__rrshift__"):
            raise CompositionError(no_arrow(other))
        return NotImplemented  # arrows take it from here

    def __len__(self) -> int:
        return len(self.wires)

    def __iter__(self) -> Iterator[Object]:
        return (Object((wire,)) for wire in self.wires)

    def __getitem__(self, index: int | slice) -> Object:
        return Object(self.wires[index] if isinstance(index, slice) else (self.wires[index],))

    def select(self, index: Iterable[int]) -> Object:
        """The object whose i-th wire is wire `index[i]` of this one."""
        return Object(tuple(self.wires[i] for i in index))

    def named(self, *labels: str | None) -> Object:
        """The same object with these labels on its wires.

        >>> R(3).named("x").labels
        ('x',)
        """
        if len(labels) != len(self.wires):
            raise WireError(f"{len(self.wires)} wires can't take {len(labels)} labels {labels}.")
        return Object(tuple(replace(wire, label=label) for wire, label in zip(self.wires, labels, strict=True)))

    @property
    def labels(self) -> tuple[str | None, ...]:
        return tuple(wire.label for wire in self.wires)

    @property
    def structs(self) -> tuple[Any, ...]:
        """What values of this object look like: one pytree of `jax.ShapeDtypeStruct` for each wire."""
        return tuple(wire.struct for wire in self.wires)

    @property
    def size(self) -> int:
        """How many numbers the object carries."""
        return sum(wire.size for wire in self.wires)

    @property
    def bytes(self) -> int:
        """How many bytes the object carries."""
        return sum(wire.bytes for wire in self.wires)

    def __repr__(self) -> str:
        return " @ ".join(map(repr, self.wires)) or "I"

    def __treescope_repr__(self, path: str | None, subtree_renderer: Any) -> Any:
        from catlearn.draw.folding import in_a_line

        return in_a_line(self, path)


I = Object()  # noqa: E741  (the unit object has this name in the field)


def R(*shape: int, dtype: Any = "float32", label: str | None = None) -> Object:
    """An object of one wire: arrays of this shape, float32 unless told.

    Raises WireError for a negative or fractional axis, and for a 64-bit dtype while JAX works in 32 bits.

    >>> R(28, 28, 1), R(), R(5, dtype="int32")
    (R(28, 28, 1), R(), R(5, dtype='int32'))
    """
    for axis in shape:
        if not is_whole(axis):
            raise WireError(f"R{shape}: axis {axis!r} is not a length; write whole numbers ≥ 0, as in R(28, 28, 1).")
    shape, dtype = tuple(map(int, shape)), _dtype(dtype)
    if jax.dtypes.canonicalize_dtype(dtype, allow_extended_dtype=True) != dtype:
        raise WireError(
            f"R{shape}: JAX would silently make {dtype} 32 bits wide; jax.config.update('jax_enable_x64', True) first."
        )
    return Object((Wire.of(jax.ShapeDtypeStruct(shape, dtype), label),))


def _dtype(dtype: Any) -> Any:
    try:
        return dtype if jnp.issubdtype(dtype, jax.dtypes.extended) else jnp.dtype(dtype)
    except TypeError as error:
        raise WireError(f"{dtype!r} is no dtype: write one such as 'float32' or 'int32'.") from error


def wire(tree: Any, label: str | None = None) -> Object:
    """An object of one wire that carries a whole pytree. Leaves are one-wire objects, arrays or `ShapeDtypeStruct`.

    Raises WireError for other leaves.

    >>> wire({"hidden": R(3), "cell": R(3)})
    wire({'cell': R(3), 'hidden': R(3)})
    """
    structs = jax.tree.map(_leaf, tree, is_leaf=lambda leaf: isinstance(leaf, Object))
    return Object((Wire.of(structs, label),))


def _leaf(leaf: Any) -> Any:
    if isinstance(leaf, Object) and len(leaf) == 1:
        return leaf.structs[0]
    if isinstance(leaf, Object) or not (hasattr(leaf, "shape") and hasattr(leaf, "dtype")):
        raise WireError(f"a leaf of a wire is an object of one wire, or an array; got {leaf!r}.")
    return leaf


def object_of(values: Iterable[Any], like: Object | None = None) -> Object:
    """The object whose wires carry these values, one wire each, with the labels of `like`.

    >>> object_of((jnp.zeros((2, 3)), jnp.zeros(4)))
    R(2, 3) @ R(4)
    """
    found = Object(tuple(Wire.of(jax.tree.map(_struct_of, value)) for value in values))
    return found.named(*like.labels) if like is not None and len(like) == len(found) else found


def _struct_of(leaf: Any) -> jax.ShapeDtypeStruct:
    leaf = leaf if hasattr(leaf, "shape") and hasattr(leaf, "dtype") else jnp.asarray(leaf)
    return jax.ShapeDtypeStruct(leaf.shape, jax.dtypes.canonicalize_dtype(leaf.dtype, allow_extended_dtype=True))


def no_arrow(other: Any) -> str:
    """What to say of something that was composed and is no arrow."""
    hint = "write an object, a layer or a diagram"
    if callable(other):
        hint = (
            f"call it, as {other.__name__}(…)" if isinstance(other, type) else "make a JAX function one by catlearn.function(f)"
        )
    return f"{other!r} is no arrow: {hint}."


def difference(expected: Object, found: Object) -> str | None:
    """Where two objects first differ, in words: the wire, the leaf and the axis. None where they are equal.

    >>> difference(R(3) @ R(8, 4), R(3) @ R(8, 5))
    'wire 1, axis 1: 4 ≠ 5'
    """
    if expected == found:
        return None
    if len(expected) != len(found):
        return f"{count(len(expected), 'wire')} ≠ {len(found)}"
    at, ours, theirs = next((i, a, b) for i, (a, b) in enumerate(zip(expected.wires, found.wires, strict=True)) if a != b)
    place = f"wire {at}" + (f" ({ours.label})" if getattr(ours, "label", None) else "")
    if not (isinstance(ours, Wire) and isinstance(theirs, Wire)) or ours.tree != theirs.tree or ours.leaves == theirs.leaves:
        return f"{place}: {ours!r} ≠ {theirs!r}"
    a, b = next((a, b) for a, b in zip(ours.leaves, theirs.leaves, strict=True) if a != b)
    if a.shape == b.shape:
        return f"{place}: dtype {a.dtype} ≠ {b.dtype}"
    if len(a.shape) != len(b.shape):
        return f"{place}: {_axes(a)} {a.shape} ≠ {_axes(b)} {b.shape}"
    axis = next(i for i, (m, n) in enumerate(zip(a.shape, b.shape, strict=True)) if m != n)
    return f"{place}, axis {axis}: {a.shape[axis]} ≠ {b.shape[axis]}"


def is_whole(value: Any, least: int = 0) -> bool:
    """Whether a value is a whole number of at least `least`: Python's or numpy's, and no boolean.

    >>> is_whole(3), is_whole(True), is_whole(2.0), is_whole(0, least=1)
    (True, False, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def count(n: int, what: str, plural: str | None = None) -> str:
    """A number of things in words.

    >>> count(1, "wire"), count(2, "wire"), count(3, "axis", "axes")
    ('1 wire', '2 wires', '3 axes')
    """
    return f"{n} {what if n == 1 else plural or what + 's'}"


def _axes(leaf: jax.ShapeDtypeStruct) -> str:
    return count(len(leaf.shape), "axis", "axes")
