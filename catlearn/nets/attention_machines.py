"""Attention, place by place: machines whose state is what the places before have left. And linear attention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn.initializers import zeros

from catlearn.algebra.machines import Machine
from catlearn.categories.function import constant
from catlearn.categories.smooth import SmoothLayer, zeros_of
from catlearn.core.diagram import Diagram, discard, wiring
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.family import Composite, Family
from catlearn.core.wires import Object, R, difference
from catlearn.nets.attention import HEADS, SEQUENCE, attend, turned
from catlearn.nets.dense import dense, floating, kernel_initialiser, whole
from catlearn.nets.shape import reshape

N = R(dtype="int32")


@dataclass(frozen=True, repr=False)
class _Attending(Composite):
    """What machines and layers of attention share: dense maps `query`, `key`, `value` and `output`, cut into heads."""

    heads: int
    head_size: int | None = field(default=None, kw_only=True)
    use_bias: bool = field(default=True, kw_only=True)
    kernel_init: Callable = field(default=kernel_initialiser, kw_only=True)
    bias_init: Callable = field(default=zeros, kw_only=True)

    def __post_init__(self) -> None:
        whole(self, "heads", *(["head_size"] if self.head_size is not None else []))

    def _size(self, A: Object) -> int:
        features = A.wires[0].leaves[0].shape[-1]
        if self.head_size is None and features % self.heads:
            raise TypingError(f"{self!r} can't cut the features of {A} into {self.heads} equal heads; give head_size.")
        return self.head_size or features // self.heads

    def _dense(self, name: str, units: int) -> Family:
        return dense(units, self.use_bias, self.kernel_init, self.bias_init).named(name)

    def _heads(self, A: Object, groups: int) -> Diagram:
        """Queries, keys and values. Type: `R(…, d) ⊗ P → R(t, h, s) ⊗ R(t, g, s) ⊗ R(t, g, s)`, t = 1 for one place."""
        size = self._size(A)
        of = lambda name, n: A >> self._dense(name, n * size) >> reshape(-1, n, size)  # noqa: E731
        return wiring(A, (0, 0, 0)) >> of("query", self.heads) @ of("key", groups) @ of("value", groups)

    def _output(self, attended: Diagram, A: Object) -> Diagram:
        """`R(t, h, s) ⊗ S ⊗ P → A ⊗ S`."""
        heads, rest = attended.cod[:1], attended.cod[1:]
        joined = heads >> reshape(*A.wires[0].leaves[0].shape[:-1], self.heads * self._size(A))
        return attended >> (joined >> self._dense("output", A.wires[0].leaves[0].shape[-1])) @ rest


class _AttentionMachine(_Attending, Machine):
    """A machine that reads vectors, and attends."""

    def _vector(self, A: Object) -> Any:
        floating(self, A, "one axis (features)", 1, 1)
        return A.structs[0].dtype


@dataclass(frozen=True, repr=False)
class cached_attention(_AttentionMachine):
    """Causal attention as a machine whose state is the list of the keys and values so far. Type: `R(d) ⊗ S ⊗ P → R(d) ⊗ S`.

    `o(s, x) = softmax(q · K(s ∪ k) / √size) V(s ∪ v)`. The list has room for `length` of them, and a count:
    `S = R(length, g, size) ⊗ R(length, g, size) ⊗ R(dtype=int32)`. Over a sequence it gives what
    `attention(heads, causal=True)` gives with the same parameters and options; `rotary` turns by the count. Beyond the
    `length` all outputs are NaN; ArgumentError where the count is known as the arrow runs. For generating: a gradient
    keeps the list once for each step. Raises TypingError for inputs that are no vectors of floats.
    Source: Gavranović et al. 2024 (arXiv 2402.15332), §2.2 (Mealy machines); the cache, Shazeer 2019 (arXiv 1911.02150), §2.4.

    >>> import catlearn as cl
    >>> cached_attention(2, 16).carrier(cl.R(8))
    R(16, 2, 4) @ R(16, 2, 4) @ R(dtype='int32')
    """

    length: int
    key_value_heads: int | None = None
    rotary: bool | float = False

    arity = 4  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self, "length", *(["key_value_heads"] if self.key_value_heads is not None else []))

    @property
    def _groups(self) -> int:
        return self.key_value_heads or self.heads

    def carrier(self, A: Object) -> Object:
        listed = R(self.length, self._groups, self._size(A), dtype=self._vector(A))
        return listed @ listed @ N

    def step(self, A: Object, S: Object) -> Diagram:
        made = self._heads(A, self._groups) @ S
        if self.rotary:
            made = made >> wiring(made.cod, (0, 5, 1, 5, 2, 3, 4, 5)) >> self._turn @ self._turn @ made.cod[2:]
        # q ⊗ k ⊗ v ⊗ S → q ⊗ K ⊗ V ⊗ seen ⊗ n → o ⊗ K ⊗ V ⊗ n
        listed = made >> made.cod[:1] @ snoc(2)
        shared = listed >> wiring(listed.cod, (0, 1, 2, 4, 1, 2, 3))
        return self._output(shared >> attend(masked=True) @ S, A)

    @property
    def _turn(self) -> Family:
        return rotary_at() if self.rotary is True else rotary_at(self.rotary)


@dataclass(frozen=True, repr=False)
class rotary_at(SmoothLayer):
    """What `rotary` does at the place that is said. Type: `R(1, h, s) ⊗ R(dtype=int32) → R(1, h, s)`.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> y = (cl.R(1, 1, 2) @ cl.R(dtype="int32") >> rotary_at())((), jnp.array([[[1.0, 0.0]]]), jnp.int32(1))
    >>> [round(float(x), 4) for x in y[0, 0]]
    [0.5403, 0.8415]
    """

    base: float = 10_000.0

    arity = 2
    precise = True

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom[:1], HEADS, 3, 3)
        if dom.wires[0].leaves[0].shape[-1] % 2:
            raise TypingError(f"{self!r} takes an even number of features, got {dom}.")

    def apply(self, params: tuple, *xs: Any) -> Any:
        return turned(xs[0], xs[1][None], self.base)


@dataclass(frozen=True, repr=False)
class snoc(SmoothLayer):
    """One more element at the end of a list with room for u of them. Type: `A ⊗ Aᵘ ⊗ N → Aᵘ ⊗ N ⊗ R(u, dtype=bool)`, N a count.

    Elements are given as lists of one, `R(1, …)`, on `wires` wires. The booleans say which places are taken. Where there is
    no room, all elements become NaN, and stay so; ArgumentError where the count is known as the arrow runs. Raises
    TypingError for wires that don't fit together.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> f = cl.R(1) @ cl.R(3) @ cl.R(dtype="int32") >> snoc(1)
    >>> f((), jnp.ones(1), jnp.zeros(3), jnp.int32(1))[0]
    Array([0., 1., 0.], dtype=float32)
    """

    wires: int = 1

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 2 * self.wires + 1

    def check(self, dom: Object) -> None:
        super().check(dom)
        for one, many in zip(dom[: self.wires], dom[self.wires : -1], strict=True):
            floating(self, many, "lists", 1)
            leaf = many.wires[0].leaves[0]
            if one != R(1, *leaf.shape[1:], dtype=leaf.dtype):
                raise TypingError(f"{self!r} adds R(1, …) to R(u, …), got {one} for {many}.")
        if dom[-1] != N:
            raise TypingError(f"{self!r} takes a count R(dtype='int32') as its last wire, got {dom[-1]}.")

    def apply(self, params: tuple, *xs: Any) -> Any:
        *values, n = xs
        u = values[-1].shape[0]
        room = (n >= 0) & (n < u)

        def put(one: jax.Array, many: jax.Array) -> jax.Array:
            return jnp.where(room, jax.lax.dynamic_update_slice_in_dim(many, one, n, 0), jnp.nan)

        return *map(put, values[: self.wires], values[self.wires :]), n + 1, jnp.arange(u) <= n

    def inspect(self, *xs: Any) -> None:
        count, many = xs[-1], xs[self.wires]
        if count is None or many is None or not np.size(count):
            return
        u = many.shape[np.ndim(count)]
        if np.min(count) < 0 or np.max(count) >= u:
            raise ArgumentError(f"a list with room for {u} elements can't take one more after {np.max(count)}: give more room.")


# linear attention


@dataclass(frozen=True, repr=False)
class linear_attend(SmoothLayer):
    """Causal attention with weights `φ(q) · φ(k)`, `φ = elu + 1`, on from the sums of what went before, head by head.

    Type: `R(t, h, s) ⊗ R(t, h, s) ⊗ R(t, h, e) ⊗ R(h, s, e) ⊗ R(h, s) → R(t, h, e) ⊗ R(h, s, e) ⊗ R(h, s)`: queries, keys,
    values, and the sums `Σ φ(k) vᵀ` and `Σ φ(k)`. `y = φ(q)ᵀ Σ φ(k) vᵀ / φ(q)ᵀ Σ φ(k)`, over the keys so far; 0 where all
    weights vanish. Places are taken in pieces of `piece`, all at once: within one by its matrix of weights, before it by
    the sums, which are in float32 or wider. Raises TypingError for wires that don't fit together.
    Source: Katharopoulos et al. 2020 (arXiv 2006.16236), equations 7, 9 and 18; pieces, Hua et al. 2022 (arXiv 2202.10447), §3.2.

    >>> import catlearn as cl
    >>> (cl.R(5, 2, 4) @ cl.R(5, 2, 4) @ cl.R(5, 2, 3) @ cl.R(2, 4, 3) @ cl.R(2, 4) >> linear_attend()).cod
    R(5, 2, 3) @ R(2, 4, 3) @ R(2, 4)
    """

    piece: int = 64

    arity = 5
    precise = True

    def __post_init__(self) -> None:
        whole(self, "piece")

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom[:1], HEADS, 3, 3)
        floating(self, dom[2:3], HEADS, 3, 3)
        (t, h, s), e, dtype = dom.wires[0].leaves[0].shape, dom.wires[2].leaves[0].shape[-1], dom.structs[0].dtype
        q, v = R(t, h, s, dtype=dtype), R(t, h, e, dtype=dtype)
        sums = R(h, s, e, dtype=_wide(dtype)) @ R(h, s, dtype=_wide(dtype))
        if dom != q @ q @ v @ sums:
            wanted = "R(t, h, s) @ R(t, h, s) @ R(t, h, e) @ R(h, s, e) @ R(h, s)"
            raise TypingError(f"{self!r} takes {wanted}, got {dom} ({difference(q @ q @ v @ sums, dom)}).")

    def apply(self, params: tuple, *xs: Any) -> Any:
        (t, h, _), dtype = xs[0].shape, xs[0].dtype
        q, k, v, before, weights = (x.astype(_wide(dtype)) for x in xs)
        n = max(1, -(-t // self.piece))
        cut = lambda x: _pieces(x, n, -(-t // n))  # noqa: E731
        # the values have a last column of ones, so that sums of weights come with the others
        q, k, v = cut(_positive(q)), cut(_positive(k)), cut(jnp.concatenate([v, jnp.ones((t, h, 1), v.dtype)], -1))
        start = jnp.concatenate([before, weights[..., None]], -1)
        sums = jnp.cumsum(jnp.concatenate([start[None], jnp.einsum("nchs,nche->nhse", k, v)]), 0)
        inside = jnp.einsum("nchs,ndhs->nhcd", q, k) * jnp.tri(q.shape[1], dtype=q.dtype)
        total = jnp.einsum("nhcd,ndhe->nche", inside, v) + jnp.einsum("nchs,nhse->nche", q, sums[:-1])
        total = total.reshape(-1, *total.shape[2:])[:t]
        found, weight = total[..., :-1], total[..., -1:]
        y = found / jnp.where(weight > 0, weight, 1)
        return y.astype(dtype), sums[-1, ..., :-1], sums[-1, ..., -1]


def _wide(dtype: Any) -> Any:
    return jnp.promote_types(dtype, jnp.float32)


def _positive(x: jax.Array) -> jax.Array:
    """`elu(x) + 1`, without the rounding of the sum."""
    return jnp.where(x > 0, x + 1, jnp.exp(jnp.minimum(x, 0)))


def _pieces(x: jax.Array, n: int, size: int) -> jax.Array:
    """The first axis as n pieces, with zeros after the last."""
    padding = [(0, n * size - len(x)), *[(0, 0)] * (x.ndim - 1)]
    return jnp.pad(x, padding).reshape(n, size, *x.shape[1:])


@dataclass(frozen=True, repr=False)
class linear_attention(_Attending):
    """Causal linear attention of a sequence to itself: time and memory grow with t, not t². Type: `R(t, d) ⊗ P → R(t, d)`.

    Dense maps `query`, `key`, `value` and `output`, with `linear_attend` between, from sums of 0. Raises TypingError for a
    wire that is no sequence, and where heads don't divide d. Source: Katharopoulos et al. 2020 (arXiv 2006.16236), §3.

    >>> import catlearn as cl
    >>> (cl.R(100, 8) >> linear_attention(2)).cod
    R(100, 8)
    """

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, SEQUENCE, 2, 2)
        place = R(dom.structs[0].shape[1], dtype=dom.structs[0].dtype)
        sums = linear_attention_machine(self.heads, head_size=self.head_size).carrier(place)
        attended = self._heads(dom, self.heads) @ constant(zeros_of(sums)) >> linear_attend()
        return self._output(attended >> attended.cod[:1] @ discard(sums), dom)


@dataclass(frozen=True, repr=False)
class linear_attention_machine(_AttentionMachine):
    """Causal linear attention as a machine with a finite state: the sums `Σ φ(k) vᵀ` and `Σ φ(k)`, for each head.

    Type: `R(d) ⊗ (R(h, s, s) ⊗ R(h, s)) ⊗ P → R(d) ⊗ (R(h, s, s) ⊗ R(h, s))`. Over a sequence it gives what
    `linear_attention` gives with the same parameters. Raises TypingError for inputs that are no vectors of floats.
    Source: Katharopoulos et al. 2020 (arXiv 2006.16236), §3.4, equations 16 to 20.

    >>> import catlearn as cl
    >>> linear_attention_machine(2).carrier(cl.R(8))
    R(2, 4, 4) @ R(2, 4)
    """

    arity = 3  # type: ignore[assignment]

    def carrier(self, A: Object) -> Object:
        size, dtype = self._size(A), _wide(self._vector(A))
        return R(self.heads, size, size, dtype=dtype) @ R(self.heads, size, dtype=dtype)

    def step(self, A: Object, S: Object) -> Diagram:
        return self._output(self._heads(A, self.heads) @ S >> linear_attend(), A)
