"""Linear recurrences `h_t = a_t ⊙ h_{t−1} + b_t`, and cells that are one: `min_gru`, `min_lstm`, `diagonal_ssm`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.nn.initializers import zeros

from catlearn.algebra.cells import Cell
from catlearn.algebra.monoids import accumulated, affine, opposite
from catlearn.categories.batch import batch
from catlearn.categories.function import function
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object, R
from catlearn.nets.dense import dense, draw, floating, kernel_initialiser, linear, whole
from catlearn.nets.function import Known

METHODS = ("auto", "sequential", "associative")


@dataclass(frozen=True, repr=False)
class recurrence(SmoothLayer):
    """All states of a linear recurrence, `h_t = a_t ⊙ h_{t−1} + b_t` from h₀ = 0. Type: `R(t, …) ⊗ R(t, …) → R(t, …)`: a, b to h.

    With `start` a third wire R(…) is h₀. `backwards` goes from the last place to the first: `h_t = a_t ⊙ h_{t+1} + b_t`.
    The gradient of a recurrence is the same one the other way: `g_t = dh_t + a_{t+1} ⊙ g_{t+1}`, `db = g`,
    `da_t = g_t ⊙ h_{t−1}`. `method` is "sequential" (`lax.scan`), "associative" (`lax.associative_scan` in the monoid
    `affine`, log t steps), or "auto": sequential on CPU, where it is faster at every length, else associative. Mixed
    precision leaves it in the type that it has. Raises TypingError for wires that differ or are no lists of floats.
    Source: Blelloch 1990, "Prefix sums and their applications", §1.4; Martin and Cundy 2018 (arXiv 1709.04057), §2.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> (cl.R(3) @ cl.R(3) >> recurrence())((), jnp.array([2.0, 2.0, 2.0]), jnp.ones(3))
    Array([1., 3., 7.], dtype=float32)
    """

    method: str = "auto"
    start: bool = False
    backwards: bool = False

    precise = True

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise TypingError(f"recurrence: method is one of {', '.join(METHODS)}, got {self.method!r}.")

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 2 + self.start

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom[:1], "at least one axis (time)", 1)
        leaf = dom.wires[0].leaves[0]
        if dom[1] != dom[0] or (self.start and dom[2] != R(*leaf.shape[1:], dtype=leaf.dtype)):
            wanted = "R(t, …) @ R(t, …)" + " @ R(…)" * self.start
            raise TypingError(f"{self!r} takes {wanted}, of one shape and dtype, got {dom}.")

    def codomain(self, dom: Object, param: Object) -> Object:
        return Object(dom.wires[1:2])

    def apply(self, params: tuple, *xs: Any) -> Any:
        a, b, *begin = xs
        return self._run(a, b, *begin, backwards=self.backwards)

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        return self._forward, self._backward

    def _forward(self, params: tuple, *xs: Any) -> tuple:
        h = self.apply(params, *xs)
        return h, (xs[0], h, *xs[2:])

    def _backward(self, kept: tuple, dh: Any) -> tuple:
        a, h, *begin = kept
        back = _sequential_back if self._one_by_one(len(a)) else _associative_back
        dbegin, g = back(a, dh, not self.backwards)
        return (), (g * _moved(h, self.backwards, *begin), g, *[dbegin] * len(begin))

    def _run(self, a: Any, b: Any, *begin: Any, backwards: bool) -> Any:
        return (_sequential if self._one_by_one(len(a)) else _associative)(a, b, *begin, backwards=backwards)

    def _one_by_one(self, t: int) -> bool:
        return t < 2 or self.method == "sequential" or (self.method == "auto" and jax.default_backend() == "cpu")


def _moved(x: jax.Array, backwards: bool, *begin: Any) -> jax.Array:
    """What stood at the place before (after, backwards): `begin`, or 0, at the first."""
    if not len(x):
        return x
    first = jnp.asarray(begin[0] if begin else jnp.zeros_like(x[0]))[None]
    return jnp.concatenate([x[1:], first] if backwards else [first, x[:-1]])


def _sequential(a: jax.Array, b: jax.Array, *begin: Any, backwards: bool) -> jax.Array:
    def step(h: jax.Array, ab: tuple) -> tuple[jax.Array, jax.Array]:
        h = _affine(ab[0], ab[1], h)
        return h, h

    return jax.lax.scan(step, begin[0] if begin else jnp.zeros_like(b, shape=b.shape[1:]), (a, b), reverse=backwards)[1]


def _sequential_back(a: jax.Array, dh: jax.Array, backwards: bool) -> tuple[jax.Array, jax.Array]:
    """What comes back to the start, and g. The state is `a_t ⊙ g_t`, so that a need not be moved."""

    def step(came: jax.Array, at: tuple) -> tuple[jax.Array, jax.Array]:
        g = at[1] + came
        return at[0] * g, g

    return jax.lax.scan(step, jnp.zeros_like(dh, shape=dh.shape[1:]), (a, dh), reverse=backwards)


def _associative_back(a: jax.Array, dh: jax.Array, backwards: bool) -> tuple[jax.Array, jax.Array]:
    g = _associative(_moved(a, backwards), dh, backwards=backwards)
    last = 0 if backwards else -1
    return a[last] * g[last], g


def _associative(a: jax.Array, b: jax.Array, *begin: Any, backwards: bool) -> jax.Array:
    at = -1 if backwards else 0
    b = b.at[at].add(a[at] * begin[0]) if begin else b
    maps = affine(R(*a.shape[1:], dtype=a.dtype))
    return accumulated(opposite(maps) if backwards else maps, len(a), backwards)((), a, b)[1]


def _affine(a: jax.Array, b: jax.Array, h: jax.Array) -> jax.Array:
    return a * h + b


class LinearCell(Cell):
    """A cell whose step is affine in its state, `h' = a ⊙ h + b`, with a and b of the element alone: it is a linear recurrence.

    Subclasses define `coefficients(A)`, an arrow `A ⊗ P → S ⊗ S`. Both the step and the recurrence over a list follow, and
    are equal: prefixes of a list are multiplied in the monoid of affine maps, which acts on S. So `fold` and `scan` compute
    all coefficients at once, and then the recurrence. `units` is the size of the state, R(units).
    """

    units: int

    def __post_init__(self) -> None:
        whole(self, "units")

    def carrier(self, A: Object) -> Object:
        floating(self, A, "at least one axis", 1)
        return R(self.units, dtype=A.structs[0].dtype)

    def coefficients(self, A: Object) -> Diagram:
        """What the element makes of the state. Type: `A ⊗ P → S ⊗ S`."""
        raise NotImplementedError

    def step(self, A: Object, S: Object) -> Diagram:
        return self.coefficients(A) @ S >> function(_affine, arity=3)

    def prefixes(self, A: Object, t: int, backwards: bool = False, masked: bool = False) -> Diagram:
        each = self.coefficients(A)
        each = each @ R(dtype="bool") >> function(_still, arity=3) if masked else each
        return batch(each, t) @ self.carrier(A) >> recurrence(start=True, backwards=backwards)


def _still(a: jax.Array, b: jax.Array, real: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The identity, where the element is not real."""
    return jnp.where(real, a, 1), jnp.where(real, b, 0)


@dataclass(frozen=True, repr=False)
class min_gru(LinearCell):
    """The minimal GRU: `z = σ(W x + b)`, `h' = (1 − z) ⊙ h + z ⊙ (V x + c)`. Type: `R(m) ⊗ R(h) ⊗ P → R(h)`.

    Parameters `input.kernel` in R(m, 2h), W and V in turn, and `input.bias`. Raises TypingError for elements that are no
    vectors of floats. Source: Feng et al. 2024 (arXiv 2410.01201), §3.1.

    >>> import catlearn as cl
    >>> (cl.R(100, 28) >> cl.scan(cl.min_gru(64))).cod
    R(100, 64)
    """

    units: int
    kernel_init: Callable = kernel_initialiser
    bias_init: Callable = zeros

    def coefficients(self, A: Object) -> Diagram:
        return A >> dense(2 * self.units, True, self.kernel_init, self.bias_init).named("input") >> min_gru_gates


def _min_gru_gates(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    z, h = jnp.split(x, 2, -1)
    return jax.nn.sigmoid(-z), jax.nn.sigmoid(z) * h


min_gru_gates = Known(_min_gru_gates, known_as="min_gru_gates")


@dataclass(frozen=True, repr=False)
class min_lstm(min_gru):
    """The minimal LSTM: `f, i = σ(W x + b)`, `h' = (f ⊙ h + i ⊙ (V x + c)) / (f + i)`. Type: `R(m) ⊗ R(h) ⊗ P → R(h)`.

    Parameters `input.kernel` in R(m, 3h), for f, i and V in turn, and `input.bias`. `f / (f + i)` is taken as
    `σ(log f − log i)`, which is a number wherever both vanish. Raises TypingError as `min_gru`.
    Source: Feng et al. 2024 (arXiv 2410.01201), §3.2, with gates that sum to 1.

    >>> import catlearn as cl
    >>> (cl.R(100, 28) >> cl.fold(cl.min_lstm(64))).cod
    R(64)
    """

    def coefficients(self, A: Object) -> Diagram:
        return A >> dense(3 * self.units, True, self.kernel_init, self.bias_init).named("input") >> min_lstm_gates


def _min_lstm_gates(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    f, i, h = jnp.split(x, 3, -1)
    more = jax.nn.log_sigmoid(f) - jax.nn.log_sigmoid(i)
    return jax.nn.sigmoid(more), jax.nn.sigmoid(-more) * h


min_lstm_gates = Known(_min_lstm_gates, known_as="min_lstm_gates")


def ring(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """First values of ν such that the squares of the decays `exp(−exp ν)` are uniform between 0.9² and 0.999².

    Source: Orvieto et al. 2023 (arXiv 2303.06349), lemma 3.2.
    """
    squares = jax.random.uniform(key, shape, dtype, 0.9**2, 0.999**2)
    return jnp.log(-0.5 * jnp.log(squares))


@dataclass(frozen=True, repr=False)
class diagonal_ssm(LinearCell):
    """A state space with a diagonal of real decays: `h' = a ⊙ h + √(1 − a²) ⊙ B x`. Type: `R(m) ⊗ R(h) ⊗ P → R(h)`.

    `a = exp(−exp ν)`, so always between 0 and 1, and the root keeps the size of the states near the inputs'. Parameters
    `input` in R(m, h), B, and `decay` in R(h), ν. Raises TypingError as `min_gru`. Source: Orvieto et al. 2023
    (arXiv 2303.06349), §3.3 and §3.4, on the real line.

    >>> import catlearn as cl
    >>> cl.names(cl.R(100, 28) >> cl.scan(cl.diagonal_ssm(64)))
    ('input', 'decay')
    """

    units: int
    kernel_init: Callable = kernel_initialiser
    decay_init: Callable = ring

    def coefficients(self, A: Object) -> Diagram:
        return A >> linear(self.units, self.kernel_init).named("input") >> decay(self.decay_init).named("decay")


@dataclass(frozen=True, repr=False)
class decay(SmoothLayer):
    """The coefficients of `diagonal_ssm`: `x ↦ (a, √(1 − a²) ⊙ x)`, `a = exp(−exp ν)`. Type: `R(h) ⊗ R(h) → R(h) ⊗ R(h)`."""

    decay_init: Callable = ring

    def parameters(self, dom: Object) -> Object:
        return dom

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(self.decay_init, key, dom)

    def apply(self, params: tuple, *xs: Any) -> Any:
        rate = -jnp.exp(params[0])
        return jnp.broadcast_to(jnp.exp(rate), xs[0].shape), jnp.sqrt(-jnp.expm1(2 * rate)) * xs[0]
