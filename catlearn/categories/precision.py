"""Mixed precision as a functor: the same arrow, computed in another float type, with parameters as they were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.cokleisli import context_of, under_context
from catlearn.categories.smooth import Smooth, SmoothLayer
from catlearn.core.diagram import Box, Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.family import Family, Modified
from catlearn.core.functor import Free, Functor
from catlearn.core.wires import I, Object, Wire


@dataclass(frozen=True, repr=False)
class astype(SmoothLayer):
    """Convert the floats of a wire. Type: `A → A` with leaves of that dtype; complex numbers, integers and keys stay.

    Raises TypingError for a dtype that is no float.

    >>> import catlearn as cl
    >>> (cl.R(3) >> cl.astype("bfloat16")).cod
    R(3, dtype='bfloat16')
    """

    dtype: Any

    def __post_init__(self) -> None:
        try:
            name = jnp.dtype(self.dtype).name
        except TypeError:
            name = ""
        if not name or not jnp.issubdtype(name, jnp.floating):
            raise TypingError(f"{self.name} takes a float type such as 'bfloat16', got {self.dtype!r}.")
        object.__setattr__(self, "dtype", name)

    def codomain(self, dom: Object, param: Object) -> Object:
        return as_type(dom, self.dtype)

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jax.tree.map(lambda leaf: leaf.astype(self.dtype) if _is_float(leaf) else leaf, xs[0])


def as_type(A: Object, dtype: Any) -> Object:
    """The object with its floats in another type."""
    return Object(tuple(_converted(wire, dtype) for wire in A.wires))


def _converted(wire: Wire, dtype: Any) -> Wire:
    leaves = tuple(jax.ShapeDtypeStruct(leaf.shape, dtype) if _is_float(leaf) else leaf for leaf in wire.leaves)
    return replace(wire, leaves=leaves)


def _is_float(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jnp.floating)


def cast(f: Any, dtype: Any) -> Any:
    """The arrow f computed in `dtype`. Type: `(A ⊗ P → B) ↦ (A ⊗ P → B)`: inputs and parameters are converted on their way in,
    outputs on their way out, and so are their gradients on the way back.

    Parameters, their gradients and the optimiser stay in float32. Boxes that say `precise` (norms, softmax) run in the
    type that they had. For float16, scale the loss: `cap=1024.0` and an optimiser `>> rescale(1 / 1024)`.
    Source: Micikevicius et al. 2018 (arXiv 1710.03740), §3.1 and §3.2; a functor with a 2-cell `P → F(P)`.
    Raises TypingError for a dtype that is no float.

    >>> import catlearn as cl
    >>> fast = cl.cast(cl.R(3) >> cl.dense(4) >> cl.relu, "bfloat16")
    >>> fast.cod, fast.param
    (R(4), R(3, 4) @ R(4))
    """
    dtype = astype(dtype).dtype
    f = identity(f) if isinstance(f, Object) else f
    if isinstance(f, Family):
        return CastFamily(f, dtype)
    if len(context_of(f)):
        return under_context(lambda g: cast(g, dtype), f)
    inside = _casting(dtype)(f)
    params = f.param
    body = _converting(f.dom, inside.dom) >> inside >> _converting(inside.cod, f.cod)
    return body.reparameterise(_converting(params, inside.param), f.init)


@dataclass(frozen=True, repr=False)
class CastFamily(Modified):
    """The family `cast(family, dtype)`."""

    dtype: str

    name = "cast"

    def resolve(self, dom: Object) -> Diagram:
        return cast(self.family.resolve(dom), self.dtype)


def _casting(dtype: str) -> Functor:
    return Functor(
        Free,
        on_wire=lambda wire: Object((_converted(wire, dtype),)),
        on_box=lambda box: _on_box(box, dtype),
        name="cast",
        source=Smooth,
    )


def _on_box(box: Box, dtype: str) -> Diagram:
    """A box in another type: around its body; else the same family, or the same function, there; else between conversions."""
    dom, cod, own = (as_type(A, dtype) for A in (box.dom, box.cod, box.own))
    if box.op.body is not None:
        return box.op.over(_casting(dtype)(box.op.body))
    for there in () if box.op.precise else (_resolved(box.op, dom), _retyped(box, dom, own)):
        if there is not None and (there.cod, there.own) == (cod, own):
            return replace(there, label=box.label)
    inside = _converting(dom, box.dom) >> box >> _converting(box.cod, cod)
    return inside.reparameterise(_converting(own, box.own)) if own.wires else inside


def _resolved(op: Any, dom: Object) -> Box | None:
    try:
        found = op.resolve(dom)
    except TypingError:
        return None
    return found if isinstance(found, Box) and found.op == op else None


def _retyped(box: Box, dom: Object, own: Object) -> Box | None:
    op = Retyped(box)
    try:
        return Box(op, dom, op.codomain(dom, own), own)
    except TypingError:
        return None


@dataclass(frozen=True, repr=False)
class Retyped(SmoothLayer):
    """The function of a box, on values of other types: for boxes whose family gives parameters a type of its own."""

    box: Box

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.box.op.name

    @property
    def shared(self) -> bool:  # type: ignore[override]
        return self.box.op.shared

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return self.box.op.initial(key, self.box.dom)

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self.box.op.apply(params, *xs)

    def __repr__(self) -> str:
        return f"retyped({self.box.op!r})"


def _converting(A: Object, B: Object) -> Diagram:
    """The arrow A → B that converts where the types of wires differ, with the names of A."""
    found: Any = identity(I)
    for a, b in zip(A, B, strict=True):
        found = found @ (identity(a) if a == b else identity(a) >> _to(b))
    return found


def _to(B: Object) -> SmoothLayer:
    dtypes = {leaf.dtype for leaf in B.wires[0].leaves if _is_float(leaf)}
    return astype(dtypes.pop()) if len(dtypes) == 1 else Convert(B)


@dataclass(frozen=True, repr=False)
class Convert(SmoothLayer):
    """Convert each leaf of a wire to the type that it has in another."""

    to: Object

    name = "convert"

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jax.tree.map(lambda leaf, like: leaf.astype(like.dtype), xs[0], self.to.structs[0])
