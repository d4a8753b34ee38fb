"""Attention: `attend`, `rotary`, and the composites `attention` and `cross_attention`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax.nn.initializers import zeros

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite, Family
from catlearn.core.wires import Object, R, count
from catlearn.nets.dense import dense, floating, kernel_initialiser, whole
from catlearn.nets.shape import reshape

SEQUENCE = "two axes (time, features)"
HEADS = "three axes (time, heads, features)"


@dataclass(frozen=True, repr=False)
class attend(SmoothLayer):
    """Scaled dot-product attention, head by head: `softmax(q kᵀ / √s) v`.

    Type: `R(t, h, s) ⊗ R(u, g, s) ⊗ R(u, g, s) → R(t, h, s)`, where g divides h: h / g neighbouring heads of queries share
    a head of keys and values. `causal` lets place i see places 0 to i. With `masked` comes a fourth wire, booleans R(u) or
    R(t, u): the keys that may be seen; a place that sees none gives 0. The softmax is in float32 or wider.
    Raises TypingError for wires that don't fit together.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), equation 1; grouped heads, Ainslie et al. 2023 (arXiv 2305.13245), §2.2.

    >>> import catlearn as cl
    >>> (cl.R(5, 4, 8) @ cl.R(7, 2, 8) @ cl.R(7, 2, 8) >> attend()).cod
    R(5, 4, 8)
    """

    causal: bool = False
    masked: bool = False

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 3 + self.masked

    def check(self, dom: Object) -> None:
        super().check(dom)
        for wire in dom[:3]:
            floating(self, wire, HEADS, 3, 3)
        (t, h, s), (u, g, _) = (wire.leaves[0].shape for wire in dom.wires[:2])
        dtype = dom.wires[0].leaves[0].dtype
        if dom[1] != R(u, g, s, dtype=dtype) or dom[2] != dom[1] or not g or h % g:
            raise TypingError(f"{self!r} takes R(t, h, s) @ R(u, g, s) @ R(u, g, s), where g divides h, got {dom}.")
        if self.causal and t != u:
            raise TypingError(f"{self!r} takes as many keys as queries, got {u} and {t}: {dom}.")
        if self.masked and dom[3] not in (R(u, dtype=bool), R(t, u, dtype=bool)):
            raise TypingError(f"{self!r} takes a mask R({u}, dtype='bool') or R({t}, {u}, dtype='bool'), got {dom[3]}.")

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self._forward(params, *xs)[0]

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        """Keeps the weights p. Their transpose is never made: it multiplies small arrays from the right, as `xᵀ p`."""
        return self._forward, self._backward

    def _forward(self, params: tuple, *xs: Any) -> tuple:
        t, h, s = xs[0].shape
        q, k, v = (_by_head(x, xs[1].shape[1]) for x in xs[:3])
        q = q * s**-0.5
        p = jax.nn.softmax(_wide("gts,gus->gtu", q, k), where=self._seen(t, h // len(k), *xs[3:])).astype(v.dtype)
        return _by_place(jnp.einsum("gtu,gus->gts", p, v), t, h), (q, k, v, p)

    def _backward(self, kept: tuple, dy: Any) -> tuple:
        q, k, v, p = kept
        t, h, s = dy.shape
        dy = _by_head(dy, len(k))
        dp = _wide("gts,gus->gtu", dy, v)
        dl = (p * (dp - (p * dp).sum(-1, keepdims=True))).astype(p.dtype)
        dq = jnp.einsum("gtu,gus->gts", dl, k) * s**-0.5
        dk, dv = (jnp.einsum("gts,gtu->gsu", x, w) for x, w in ((q, dl), (dy, p)))
        return (), (_by_place(dq, t, h), dk.transpose(2, 0, 1), dv.transpose(2, 0, 1))

    def _seen(self, t: int, shared: int, *mask: Any) -> Any:
        """Which keys each query may see, for the queries of all heads that share a head of keys; None for all."""
        masks = [jnp.tri(t, dtype=bool)] * self.causal + list(mask)
        if not masks:
            return None
        seen = reduce(jnp.logical_and, masks)
        return jnp.tile(jnp.broadcast_to(seen, (t, seen.shape[-1])), (shared, 1))


def _by_head(x: jax.Array, groups: int) -> jax.Array:
    """`(t, h, s)` as `(g, h/g · t, s)`: heads first, those of a group one after the other."""
    t, h, s = x.shape
    return x.reshape(t, groups, h // groups, s).transpose(1, 2, 0, 3).reshape(groups, h // groups * t, s)


def _by_place(x: jax.Array, t: int, h: int) -> jax.Array:
    """`(g, h/g · t, s)` as `(t, h, s)`: the inverse of `_by_head`."""
    g, _, s = x.shape
    return x.reshape(g, h // g, t, s).transpose(2, 0, 1, 3).reshape(t, h, s)


def _wide(formula: str, a: jax.Array, b: jax.Array) -> jax.Array:
    """`jnp.einsum` with a result in float32 or wider."""
    return jnp.einsum(formula, a, b, preferred_element_type=jnp.promote_types(a.dtype, jnp.float32))


@dataclass(frozen=True, repr=False)
class rotary(SmoothLayer):
    """Turn features i and i + s/2 of place t, as a point of the plane, by t · base^(−2i/s). Type: `R(t, h, s) → R(t, h, s)`.

    The angles are in float32 or wider. Raises TypingError for a wire without three axes of floats, or an odd number of features.
    Source: Su et al. 2021 (arXiv 2104.09864), equations 14 and 15; paired by halves, as in GPT-NeoX and Equinox, where the
    paper pairs neighbours (a permutation of the features of queries and keys).

    >>> import jax.numpy as jnp, catlearn as cl
    >>> y = (cl.R(2, 1, 2) >> rotary())((), jnp.array([[[1.0, 0.0]], [[1.0, 0.0]]]))
    >>> [round(float(x), 4) for x in y[1, 0]]
    [0.5403, 0.8415]
    """

    base: float = 10_000.0

    precise = True

    def __post_init__(self) -> None:
        if not self.base > 0:
            raise TypingError(f"rotary: base must be a number > 0, got {self.base!r}.")

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, HEADS, 3, 3)
        if dom.wires[0].leaves[0].shape[-1] % 2:
            raise TypingError(f"{self!r} takes an even number of features, got {dom}.")

    def apply(self, params: tuple, *xs: Any) -> Any:
        return turned(xs[0], jnp.arange(len(xs[0])), self.base)


def turned(given: jax.Array, places: jax.Array, base: float) -> jax.Array:
    """Each row of `(t, h, s)` turned as `rotary` turns the place that is said for it."""
    x, s = given.astype(jnp.promote_types(given.dtype, jnp.float32)), given.shape[-1]
    speeds = base ** (-jnp.arange(0, s, 2, dtype=x.dtype) / s)
    angles = jnp.outer(places.astype(x.dtype), speeds)[:, None]
    (a, b), cos, sin = jnp.split(x, 2, axis=-1), jnp.cos(angles), jnp.sin(angles)
    return jnp.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1).astype(given.dtype)


@dataclass(frozen=True, repr=False)
class cross_attention(Composite):
    """Attention from a sequence of queries to one of keys. Type: `R(t, d) ⊗ R(u, e) ⊗ P → R(t, d)`.

    The composite `(1 ⊗ copy) >> (query @ key @ value) >> attend >> output`, where each dense map has parameters `kernel` and,
    unless `use_bias` is false, `bias`. A head has `head_size` features, d / heads unless told. `key_value_heads` (as many as
    heads, unless told) are shared by neighbouring heads of queries; `rotary` turns queries and keys (true, or its base). With
    `masked` comes a third wire, booleans R(u) or R(t, u): the keys that may be seen; a place that sees none has heads of 0.
    Raises TypingError for wires of no sequences, and where heads don't divide d.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), §3.2.

    >>> import catlearn as cl
    >>> f = cl.R(5, 8) @ cl.R(7, 6) >> cross_attention(4, use_bias=False)
    >>> f.cod, cl.names(f)
    (R(5, 8), ('query.kernel', 'key.kernel', 'value.kernel', 'output.kernel'))
    """

    heads: int
    causal: bool = False
    key_value_heads: int | None = None
    head_size: int | None = None
    rotary: bool | float = False
    masked: bool = False
    use_bias: bool = True
    kernel_init: Callable = kernel_initialiser
    bias_init: Callable = zeros

    sources: ClassVar[tuple[int, ...]] = (0, 1, 1)  # the wires that queries, keys and values come from

    def __post_init__(self) -> None:
        whole(self, "heads", *(name for name in ("key_value_heads", "head_size") if getattr(self, name) is not None))

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 1 + max(self.sources) + self.masked

    def build(self, dom: Object) -> Diagram:
        self._check(dom)
        begin = wiring(dom, (*self.sources, *range(len(dom))[1 + max(self.sources) :]))
        features = dom.wires[0].leaves[0].shape[-1]
        size, shared = self.head_size or features // self.heads, self.key_value_heads or self.heads
        query, key, value = (
            self._heads(wire, name, heads, size)
            for wire, name, heads in zip(begin.cod, ("query", "key", "value"), (self.heads, shared, shared), strict=False)
        )
        attended = begin >> query @ key @ value @ begin.cod[3:] >> attend(self.causal, self.masked)
        return attended >> reshape(-1, self.heads * size) >> self._dense("output", features)

    def _check(self, dom: Object) -> None:
        if len(dom) != self.arity:
            raise TypingError(f"{self!r} takes {count(self.arity, 'wire')}, got {len(dom)}: {dom}.")
        for wire in dom.select(self.sources):
            floating(self, wire, SEQUENCE, 2, 2)
        if self.head_size is None and dom.wires[0].leaves[0].shape[-1] % self.heads:
            raise TypingError(f"{self!r} can't cut the features of {dom[:1]} into {self.heads} equal heads; give head_size.")

    def _heads(self, dom: Object, name: str, heads: int, size: int) -> Diagram:
        """The dense map called `name`, cut into heads; queries and keys are turned."""
        cut = dom >> self._dense(name, heads * size) >> reshape(-1, heads, size)
        return cut >> _rotary(self.rotary) if self.rotary and name != "value" else cut

    def _dense(self, name: str, units: int) -> Family:
        return dense(units, self.use_bias, self.kernel_init, self.bias_init).named(name)


def _rotary(base: bool | float) -> rotary:
    return rotary() if base is True else rotary(base)


@dataclass(frozen=True, repr=False)
class attention(cross_attention):
    """Attention of a sequence to itself: `copy >> cross_attention`, with its options. Type: `R(t, d) ⊗ P → R(t, d)`.

    With `masked` the mask is the second wire. Raises TypingError for a wire of no sequence, and where heads don't divide d.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), §3.2.

    >>> import catlearn as cl
    >>> cl.R(5, 8) >> attention(4, causal=True, rotary=True, use_bias=False)
    R(5, 8) >> attention(4, causal=True, rotary=True, use_bias=False)
    # R(5, 8) → R(5, 8), 256 parameters: query.kernel (8, 8), key.kernel (8, 8), value.kernel (8, 8), output.kernel (8, 8)
    """

    sources = (0, 0, 0)
