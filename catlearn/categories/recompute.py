"""`recompute(f)`: the same arrow, which keeps its inputs instead of its residuals and runs f again on the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.cokleisli import context_of, under_context
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Smooth, SmoothLayer, change, is_smooth
from catlearn.core.diagram import Box, Diagram
from catlearn.core.errors import CompositionError
from catlearn.core.family import Family, Modified
from catlearn.core.text import short
from catlearn.core.values import unpacked
from catlearn.core.wires import Object


def recompute(f: Any) -> Any:
    """Trade time for memory on a segment: values and gradients never change. Type: `(A ⊗ P → B) ↦ (A ⊗ P → B)`.

    As an optic, f keeps a residual for each of its boxes; `recompute(f)` keeps A ⊗ P alone and runs f once more in the
    backward pass, on inputs that the compiler can't know to be the same, so it can't merge the two runs (see `veiled`).
    Source: Griewank and Walther 2008, ch. 12 (checkpointing); the composition of lenses, arXiv 2103.01931, §2.2.

    >>> import catlearn as cl
    >>> f = cl.R(4) >> cl.dense(4) >> cl.tanh
    >>> recompute(f).cod, recompute(f).param == f.param
    (R(4), True)
    """
    if isinstance(f, Family):
        return Recomputed(f)
    if context_of(f).wires:
        return under_context(recompute, f)
    if hasattr(f.category, "transported"):
        return f.category.transported(recompute, f)
    if f.category not in (None, Smooth):
        raise CompositionError(
            f"recompute takes arrows of Smooth, and {short(f)} is one of {f.category}: recompute, then reverse."
        )
    return Box(Segment(f), f.dom, f.cod, f.param, f.label)


@dataclass(frozen=True, repr=False)
class Recomputed(Modified):
    """The family `recompute(family)`."""

    name = "recompute"

    def resolve(self, dom: Object) -> Diagram:
        return recompute(self.family.resolve(dom))


@dataclass(frozen=True, repr=False)
class Segment(SmoothLayer):
    """The operation of a recomputed segment. It bears the name of its body, so that paths stay."""

    body: Diagram

    around = "recompute"

    @property
    def name(self) -> str | None:  # type: ignore[override]
        return self.body.name

    def over(self, body: Diagram) -> Diagram:
        return recompute(body)

    def apply(self, params: tuple, *xs: Any) -> Any:
        run = jax.checkpoint(lambda params, *xs: unpacked(self.body(params, *xs), len(self.body.cod)))
        return run(params, *xs)

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        lens, n = reverse(self.body), len(change(self.body.dom))

        def forward(params: tuple, *xs: Any) -> tuple:
            return unpacked(self.body(params, *xs), len(self.body.cod)), (params, xs)

        def backward(kept: tuple, *dys: Any) -> tuple:
            params, xs = kept
            dparams, dx = lens.backward(lens.forward(params, *veiled(xs, dys))[1], *dys)
            return dparams, unpacked(dx, n)

        return forward, backward

    def __repr__(self) -> str:
        return f"recompute({self.body.code()})"


def veiled(values: Any, witness: Any) -> Any:
    """The same values to the last bit, as a computation from the witness that XLA's simplifier does not see through.

    Each array is XORed, as bits, with a zero got from the witness: `popcount(bits) >> 6`, which is 0 for up to 63 set bits.
    So it is another expression than the plain values, and has to wait for the witness. An optimisation barrier, which is
    what `jax.checkpoint` uses, does not last on CPU: XLA drops it before it merges common subexpressions.
    """
    arrays = [leaf for leaf in jax.tree.leaves(witness) if leaf.size and is_smooth(leaf)]
    if not arrays:
        return values
    first = jnp.real(jnp.ravel(arrays[0])[0])
    zero = jax.lax.population_count(_bits(first) & 0xFFFF) >> 6
    return jax.tree.map(lambda leaf: _flipped(leaf, zero) if is_smooth(leaf) else leaf, values)


def _bits(x: jax.Array) -> jax.Array:
    return jax.lax.bitcast_convert_type(x, jnp.dtype(f"uint{8 * x.dtype.itemsize}"))


@jax.custom_jvp
def _flipped(x: jax.Array, zero: jax.Array) -> jax.Array:
    """x with the bits of `zero` flipped: the identity, and differentiated as such."""
    if jnp.iscomplexobj(x):
        return jax.lax.complex(_flipped(x.real, zero), _flipped(x.imag, zero))
    bits = _bits(x)
    return jax.lax.bitcast_convert_type(bits ^ zero.astype(bits.dtype), x.dtype)


@_flipped.defjvp
def _flipped_jvp(primals: tuple, tangents: tuple) -> tuple:
    return _flipped(*primals), tangents[0]
