"""The optimisers that people reach for, each a lens given by what it does to one number.

Source of the lenses: arXiv 2103.01931, §3.4, with the signs of momentum and Nesterov corrected (`s⁺ = γs − εg`). The others
follow the papers that they name; where conventions differ (where δ stands, first states) they are optax's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from catlearn.core.wires import I, Object, R
from catlearn.learn.optimiser import Optimiser
from catlearn.learn.settings import chosen, fraction, labelled, not_negative, positive

Rate = float | Callable[[Any], Any]


class Rule(Optimiser):
    """An optimiser that moves every array by itself: a subclass gives `move(t, at, p, g, *slots) → (p⁺, *slots⁺)`.

    `slots` names what it remembers of each parameter, and `at` is the place of the array's wire. t is the number of
    this step, from 1 on, where the optimiser `counts`; its state is then one counter for all parameters, and the slots.
    """

    slots: ClassVar[tuple[str, ...]] = ()

    @property
    def counts(self) -> bool:
        return False

    def move(self, t: Any, at: int, p: jax.Array, g: jax.Array, *slots: jax.Array) -> tuple:
        raise NotImplementedError

    def state(self, P: Object) -> Object:
        found = R(dtype="int32", label=f"{self.name}.step") if self.counts else I
        for slot in self.slots:
            found = found @ labelled(P, ".".join(filter(None, (self.name, slot))))
        return found

    def begin(self, p: tuple) -> tuple:
        clock = (jnp.zeros((), jnp.int32),) if self.counts else ()
        return (*clock, *(value for _ in self.slots for value in self.first(p)))

    def first(self, p: tuple) -> tuple:
        """What the slots hold before the first step."""
        return jax.tree.map(jnp.zeros_like, p)

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        n, t, kept = len(p), s[0] + 1 if self.counts else 1, s[self.counts :]
        columns = [(i, p[i], g[i], *kept[i::n]) for i in range(n)]
        moved = [_mapped(lambda *leaves, i=i: self.move(t, i, *leaves), column, 1 + len(self.slots)) for i, *column in columns]
        p, *slots = zip(*moved, strict=True) if moved else ((),) * (1 + len(self.slots))
        clock = (t,) if self.counts else ()
        return (*clock, *(value for slot in slots for value in slot)), tuple(p)


def _mapped(move: Callable, trees: list, results: int) -> list:
    """`move` on the leaves of trees of one shape: a tree for each of its results."""
    rows = [move(*leaves) for leaves in zip(*map(jax.tree.leaves, trees), strict=True)]
    return [jax.tree.structure(trees[0]).unflatten([row[i] for row in rows]) for i in range(results)]


def _rate_at(rate: Rate, t: Any, dtype: Any) -> Any:
    return jnp.asarray(rate(t - 1)).astype(dtype) if callable(rate) else rate


@dataclass(frozen=True, repr=False)
class descent(Rule):
    """Gradient descent: `p⁺ = p − εg`, S = I. Equals optax's `sgd(ε)`.

    In every optimiser here the rate ε is a number, or a schedule: a function of the number of steps before this one, such
    as optax's; the state then has a counter. Raises TypingError unless the rate is a number > 0 or a function.
    Source: arXiv 2103.01931, §3.4.

    >>> descent(0.5).put((), (1.0,), (1.0,))
    ((), (0.5,))
    """

    learning_rate: Rate

    def __post_init__(self) -> None:
        if not callable(self.learning_rate):
            positive(self, "learning_rate", or_else=" or a schedule")

    @property
    def counts(self) -> bool:
        return callable(self.learning_rate)

    def rate(self, t: Any, p: Any) -> Any:
        """The rate ε at a step, in the dtype of the parameter."""
        return _rate_at(self.learning_rate, t, jnp.result_type(p))

    def direction(self, t: Any, p: Any, g: Any, *slots: Any) -> tuple:
        """Where to go down, and the new slots: `p⁺ = p − ε·direction`."""
        return (g,)

    def move(self, t: Any, at: int, p: Any, g: Any, *slots: Any) -> tuple:
        down, *kept = self.direction(t, p, g, *slots)
        return p - self.rate(t, p) * down, *kept


@dataclass(frozen=True, repr=False)
class ascent(descent):
    """Gradient ascent: `p⁺ = p + εg`, S = I. For players who maximise, and for dreams.

    Source: arXiv 2103.01931, §3.3 (there the sign is the cap's). Raises TypingError as `descent` does.

    >>> ascent(0.5).put((), (1.0,), (1.0,))
    ((), (1.5,))
    """

    def direction(self, t: Any, p: Any, g: Any, *slots: Any) -> tuple:
        return (-g,)


@dataclass(frozen=True, repr=False)
class momentum(descent):
    """Heavy ball: `s⁺ = γs − εg`, `p⁺ = p + s⁺`, S = P, s₀ = 0. Equals optax's `sgd(ε, momentum=γ)` at a constant rate.

    With a schedule each gradient keeps the rate of its own step; optax's takes the newest rate for them all.
    Source: arXiv 2103.01931, Example 3.15 (with the sign of γ corrected).
    Raises TypingError unless the rate is a number > 0 or a schedule and the decay a number in [0, 1).

    >>> s, p = momentum(0.5, 0.5).put((1.0,), (1.0,), (1.0,))
    >>> float(s[0]), float(p[0])
    (0.0, 1.0)
    """

    decay: float = 0.9

    slots = ("",)

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction(self, "decay")

    def move(self, t: Any, at: int, p: Any, g: Any, *slots: Any) -> tuple:
        s = self.decay * slots[0] - self.rate(t, p) * g
        return p + s, s


@dataclass(frozen=True, repr=False)
class nesterov(momentum):
    """Nesterov's momentum: the model sees `get(s, p) = p + γs`; put is momentum's. Equals optax's `sgd(…, nesterov=True)`,
    whose parameters are the ones that the model sees here (the shear normal form: `stored` is the change of coordinates).

    Source: arXiv 2103.01931, Example 3.16 (with the signs of get and put made to agree).
    Raises TypingError unless the rate is a number > 0 or a schedule and the decay a number in [0, 1).

    >>> nesterov(0.5, 0.5).get((1.0,), (1.0,))
    (1.5,)
    """

    def get(self, s: tuple, p: tuple) -> tuple:
        return jax.tree.map(lambda p, s: p + self.decay * s, p, s[self.counts :])

    def stored(self, s: tuple, seen: tuple) -> tuple:
        return jax.tree.map(lambda q, s: q - self.decay * s, seen, s[self.counts :])


@dataclass(frozen=True, repr=False)
class adagrad(descent):
    """Adagrad: `G⁺ = G + g²`, `p⁺ = p − εg/√(G⁺ + δ)`, S = P, G₀ = 0.1. Equals optax's `adagrad(ε)`.

    Source: Duchi, Hazan, Singer 2011, §1.1; δ inside the root, and no move where G is 0, as in optax.
    Raises TypingError unless the rate is a number > 0 or a schedule and δ and G₀ are numbers > 0.

    >>> opt, p = adagrad(0.1), (jnp.ones(()),)
    >>> round(float(opt.put(opt.begin(p), p, p)[1][0]), 6)
    0.904654
    """

    begin_at: float = 0.1
    eps: float = 1e-7

    slots = ("square",)

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "begin_at", "eps")

    def first(self, p: tuple) -> tuple:
        return jax.tree.map(lambda leaf: jnp.full_like(leaf, self.begin_at), p)

    def direction(self, t: Any, p: Any, g: Any, *slots: Any) -> tuple:
        square = slots[0].real + abs_square(g)
        scale = jnp.where(square > 0, jax.lax.rsqrt(square + self.eps), 0.0)
        return scale * g, square.astype(slots[0].dtype)


@dataclass(frozen=True, repr=False)
class rmsprop(descent):
    """RMSProp: `v⁺ = βv + (1−β)g²`, `p⁺ = p − εg/√(v⁺ + δ)`, S = P, v₀ = 0. Equals optax's `rmsprop(ε, β, δ)`.

    Source: Hinton 2012, *Neural Networks for Machine Learning*, lecture 6e; δ inside the root as in optax.
    Raises TypingError unless the rate is a number > 0 or a schedule, δ one > 0 and the decay one in [0, 1).

    >>> opt, p = rmsprop(0.1), (jnp.ones(()),)
    >>> round(float(opt.put(opt.begin(p), p, p)[1][0]), 6)
    0.683772
    """

    decay: float = 0.9
    eps: float = 1e-8

    slots = ("square",)

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction(self, "decay")
        positive(self, "eps")

    def direction(self, t: Any, p: Any, g: Any, *slots: Any) -> tuple:
        square = self.decay * slots[0].real + (1 - self.decay) * abs_square(g)
        return jax.lax.rsqrt(square + self.eps) * g, square.astype(slots[0].dtype)


@dataclass(frozen=True, repr=False)
class adam(descent):
    """Adam: `m⁺ = β₁m + (1−β₁)g`, `v⁺ = β₂v + (1−β₂)g²`, `p⁺ = p − ε·m̂/(δ + √v̂)`, with `m̂ = m⁺/(1−β₁ᵗ)`, `v̂ = v⁺/(1−β₂ᵗ)`.

    S = ℕ ⊗ P ⊗ P: one counter for all parameters, then m, then v, not corrected. Equals optax's `adam(ε, β₁, β₂, δ)`.
    Source: Kingma and Ba 2015 (arXiv 1412.6980), Algorithm 1; arXiv 2103.01931, Example 3.18 (with t in the state).
    Raises TypingError unless the rate and δ are numbers > 0 (the rate may be a schedule) and b1, b2 in [0, 1).

    >>> import jax.numpy as jnp
    >>> opt, p = adam(0.1), (jnp.ones(()),)
    >>> _, p = opt.put(opt.begin(p), p, p)
    >>> round(float(p[0]), 4)
    0.9
    """

    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8

    slots = ("mean", "square")

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction(self, "b1", "b2")
        positive(self, "eps")

    @property
    def counts(self) -> bool:
        return True

    def direction(self, t: Any, p: Any, g: Any, *slots: Any) -> tuple:
        m = self.b1 * slots[0] + (1 - self.b1) * g
        v = self.b2 * slots[1].real + (1 - self.b2) * abs_square(g)
        # The two scalars are written anew for each wire: XLA fuses them in, and a shared one costs 2 % of an MLP's step.
        spread = v / _correction(self.b2, t, v)
        return self.mean(t, m, g) / (self.eps + jnp.sqrt(spread)), m, v.astype(slots[1].dtype)

    def mean(self, t: Any, m: Any, g: Any) -> Any:
        """The mean of the gradients at step t, corrected for beginning at zero."""
        return m / _correction(self.b1, t, m)


def abs_square(x: jax.Array) -> jax.Array:
    """|x|², a real number even where x is complex."""
    return jnp.square(x) if not jnp.iscomplexobj(x) else jnp.square(x.real) + jnp.square(x.imag)


def _correction(b: float, t: Any, like: Any) -> Any:
    return (1 - b**t).astype(like.dtype)


@dataclass(frozen=True, repr=False)
class nadam(adam):
    """Adam with Nesterov's momentum: `m̂ = β₁m⁺/(1−β₁ᵗ⁺¹) + (1−β₁)g/(1−β₁ᵗ)`. Equals optax's `nadam(ε, β₁, β₂, δ)`.

    Source: Dozat 2016, *Incorporating Nesterov Momentum into Adam*. Raises TypingError as `adam` does.

    >>> import jax.numpy as jnp
    >>> opt, p = nadam(0.1), (jnp.ones(()),)
    >>> float(opt.put(opt.begin(p), p, p)[1][0]) < 0.9
    True
    """

    def mean(self, t: Any, m: Any, g: Any) -> Any:
        return self.b1 * m / _correction(self.b1, t + 1, m) + (1 - self.b1) * g / _correction(self.b1, t, m)


class Decoupled(descent):
    """What `adamw` and `lion` share: `p⁺ = … − ε·λ·p` for the parameters that decay, whatever the gradient.

    `where` chooses them by path: a pattern such as `"*kernel"`, or a function of paths. All decay, unless told.
    """

    weight_decay: float
    where: Any
    decays: tuple[bool, ...] | None  # what `where` means, once the parameters are known

    def __post_init__(self) -> None:
        super().__post_init__()
        not_negative(self, "weight_decay")

    def knowing(self, P: Object) -> Any:
        return replace(self, decays=chosen(self.where, P, self))  # type: ignore[type-var]

    def move(self, t: Any, at: int, p: Any, g: Any, *slots: Any) -> tuple:
        down, *kept = self.direction(t, p, g, *slots)
        decays = self.decays is None or self.decays[at]
        return p - self.rate(t, p) * (down + self.weight_decay * p if decays else down), *kept


@dataclass(frozen=True, repr=False)
class adamw(Decoupled, adam):
    """Adam with decoupled weight decay: `p⁺ = p − ε(m̂/(δ + √v̂) + λp)`. Equals optax's `adamw(ε, …, weight_decay=λ)`.

    `where` chooses by path what decays, as in `where="*kernel"`; all does, unless told.
    Source: Loshchilov and Hutter 2019 (arXiv 1711.05101), Algorithm 2. Raises TypingError as `adam` does.

    >>> import jax.numpy as jnp
    >>> opt, p = adamw(0.1, weight_decay=0.1), (jnp.ones(()),)
    >>> round(float(opt.put(opt.begin(p), p, p)[1][0]), 4)
    0.89
    """

    weight_decay: float = 1e-4
    where: Any = "*"
    decays: tuple[bool, ...] | None = field(default=None, repr=False)


@dataclass(frozen=True, repr=False)
class lion(Decoupled, descent):
    """Lion: `p⁺ = p − ε(sign(β₁m + (1−β₁)g) + λp)`, `m⁺ = β₂m + (1−β₂)g`, S = P, m₀ = 0. Equals optax's `lion(ε, β₁, β₂)`.

    `where` chooses by path what decays. Source: Chen et al. 2023 (arXiv 2302.06675), Algorithm 2.
    Raises TypingError unless the rate is a number > 0 or a schedule and b1, b2 in [0, 1).

    >>> import jax.numpy as jnp
    >>> s, p = lion(0.5, weight_decay=0.0).put((jnp.float32(0),), (jnp.float32(1),), (jnp.float32(3),))
    >>> float(p[0])
    0.5
    """

    b1: float = 0.9
    b2: float = 0.99
    weight_decay: float = 1e-3
    where: Any = "*"
    decays: tuple[bool, ...] | None = field(default=None, repr=False)

    slots = ("mean",)

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction(self, "b1", "b2")

    def direction(self, t: Any, p: Any, g: Any, *slots: Any) -> tuple:
        sign = jnp.sign(self.b1 * slots[0] + (1 - self.b1) * g)
        return sign, self.b2 * slots[0] + (1 - self.b2) * g
