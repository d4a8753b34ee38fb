"""Optimisers as lenses `(S ⊗ P, S ⊗ P) → (P, P')`, attached to a model by reparameterisation.

`get` gives the parameters that the model sees, `put` takes the gradient that came back on them. Here the gradient is
raw and the rate stands in the optimiser; the cap carries the sign. S has a label on each wire, for files and tables.
Source: arXiv 2103.01931, §3.4, with the signs of momentum and Nesterov corrected (`s⁺ = γs − εg`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.lens import Lens, Optic, backward_of, forward_of, pair
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Map, Smooth, change, changed, changing
from catlearn.core.diagram import Box
from catlearn.core.errors import TypingError
from catlearn.core.text import call_code
from catlearn.core.wires import I, Object, R


@dataclass(frozen=True)
class Optimiser:
    """A lens `(S ⊗ P, S ⊗ P) → (P, P')` for each object of parameters: what `at` gives.

    A subclass says what its state is and gives `get(s, p)` and `put(s, p, g)` on tuples of pytrees, where p and g are
    the parts of the parameters that can change. Parameters of integers, booleans and keys stay as they are.
    """

    def state(self, P: Object) -> Object:
        """The object S for parameters P."""
        return I

    def begin(self, p: tuple) -> tuple:
        """The first state."""
        return ()

    def get(self, s: tuple, p: tuple) -> tuple:
        """The parameters that the model sees. Type: `S ⊗ P → P`."""
        return p

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        """The next state and parameters from the gradient. Type: `S ⊗ P ⊗ P' → S ⊗ P`."""
        raise NotImplementedError

    def at(self, P: Object) -> Box:
        """The lens at these parameters, an arrow of Lens(Smooth): the 2-cell to reparameterise a model's lens along."""
        whole = self.state(change(P)) @ P
        return Box(Attached(self, P), pair(Smooth, whole, whole, "state"), reverse(P))

    def __repr__(self) -> str:
        return call_code(self.name, self, called=True)

    @property
    def name(self) -> str:
        return type(self).__name__


@dataclass(frozen=True)
class Attached:
    """The operation of an optimiser's lens at an object of parameters."""

    optimiser: Optimiser
    P: Object

    category = Lens(Smooth)

    @property
    def name(self) -> str:
        return self.optimiser.name

    def optic(self, box: Box) -> Optic:
        """Residual S ⊗ P: what put needs of the past is the stored state, not what get showed the model."""
        opt, P, n = self.optimiser, self.P, len(self.optimiser.state(change(self.P)))
        whole = forward_of(box.dom)

        def fwd(values: tuple) -> tuple:
            s, p = values[:n], values[n:]
            return (*values, *changed(P, p, opt.get(s, changing(P, p))))

        def bwd(values: tuple) -> tuple:
            s, p, g = values[:n], values[n : len(whole)], values[len(whole) :]
            new_s, new_p = opt.put(s, changing(P, p), g)
            return (*new_s, *changed(P, p, new_p))

        residual = whole
        back = Map(residual @ backward_of(box.cod), whole, bwd)
        return Optic(Smooth, box.dom, box.cod, residual, Map(whole, residual @ P, fwd), back)

    def __repr__(self) -> str:
        return f"{self.optimiser!r}.at({self.P})"


def _zeros(p: tuple) -> tuple:
    return jax.tree.map(jnp.zeros_like, p)


def _like(P: Object, label: str) -> Object:
    return P.named(*(f"{label}.{at or i}" for i, at in enumerate(P.labels)))


def _fraction(what: str, value: float, who: str) -> None:
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= value < 1:
        raise TypingError(f"{who}: {what} must be a number in [0, 1), got {value!r}.")


def _positive(what: str, value: float, who: str) -> None:
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 < value < math.inf:
        raise TypingError(f"{who}: {what} must be a number > 0, got {value!r}.")


@dataclass(frozen=True, repr=False)
class descent(Optimiser):
    """Gradient descent: `p⁺ = p − εg`, S = I. Raises TypingError unless the rate is a number > 0.

    Source: arXiv 2103.01931, §3.4.

    >>> descent(0.5).put((), (1.0,), (1.0,))
    ((), (0.5,))
    """

    learning_rate: float

    def __post_init__(self) -> None:
        _positive("learning_rate", self.learning_rate, self.name)

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        return s, jax.tree.map(lambda p, g: p - self.learning_rate * g, p, g)


@dataclass(frozen=True, repr=False)
class momentum(descent):
    """Heavy ball: `s⁺ = γs − εg`, `p⁺ = p + s⁺`, S = P, s₀ = 0. Equals optax's `sgd(ε, momentum=γ)`.

    Source: arXiv 2103.01931, Example 3.15 (with the sign of γ corrected).
    Raises TypingError unless the rate is a number > 0 and the decay one in [0, 1).

    >>> s, p = momentum(0.5, 0.5).put((1.0,), (1.0,), (1.0,))
    >>> float(s[0]), float(p[0])
    (0.0, 1.0)
    """

    decay: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        _fraction("decay", self.decay, self.name)

    def state(self, P: Object) -> Object:
        return _like(P, self.name)

    def begin(self, p: tuple) -> tuple:
        return _zeros(p)

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        s = jax.tree.map(lambda s, g: self.decay * s - self.learning_rate * g, s, g)
        return s, jax.tree.map(jnp.add, p, s)


@dataclass(frozen=True, repr=False)
class nesterov(momentum):
    """Nesterov's method, whose `get` looks ahead: the model sees `p + γs`, then `s⁺ = γs − εg`, `p⁺ = p + s⁺`.

    The parameters that the model sees are those of optax's `sgd(ε, momentum=γ, nesterov=True)`; the stored p differs.
    Source: arXiv 2103.01931, Example 3.16 (with the sign of γ corrected).

    >>> opt = nesterov(0.1)
    >>> s, p = opt.put((0.0,), (1.0,), (1.0,))
    >>> [round(float(v), 6) for v in (p[0], opt.get(s, p)[0])]
    [0.9, 0.81]
    """

    def get(self, s: tuple, p: tuple) -> tuple:
        return jax.tree.map(lambda p, s: p + self.decay * s, p, s)


@dataclass(frozen=True, repr=False)
class adam(descent):
    """Adam: `m⁺ = β₁m + (1−β₁)g`, `v⁺ = β₂v + (1−β₂)g²`, `p⁺ = p − ε·m̂/(δ + √v̂)`, with `m̂ = m⁺/(1−β₁ᵗ)`, `v̂ = v⁺/(1−β₂ᵗ)`.

    S = ℕ ⊗ P ⊗ P: one counter for all parameters, then m, then v, not corrected. Equals optax's `adam(ε, β₁, β₂, δ)`.
    Source: Kingma and Ba 2015 (arXiv 1412.6980), Algorithm 1; arXiv 2103.01931, Example 3.18 (with t in the state).
    Raises TypingError unless the rate and δ are numbers > 0 and b1, b2 in [0, 1).

    >>> import jax.numpy as jnp
    >>> opt, p = adam(0.1), (jnp.ones(()),)
    >>> _, p = opt.put(opt.begin(p), p, p)
    >>> round(float(p[0]), 4)
    0.9
    """

    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        _fraction("b1", self.b1, self.name)
        _fraction("b2", self.b2, self.name)
        _positive("eps", self.eps, self.name)

    def state(self, P: Object) -> Object:
        return R(dtype="int32", label="adam.step") @ _like(P, "adam.mean") @ _like(P, "adam.square")

    def begin(self, p: tuple) -> tuple:
        return (jnp.zeros((), jnp.int32), *_zeros(p), *_zeros(p))

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        n, t, b, c = len(p), s[0] + 1, self.b1, self.b2
        m = jax.tree.map(lambda m, g: b * m + (1 - b) * g, s[1 : n + 1], g)
        v = jax.tree.map(lambda v, g: c * v + (1 - c) * jnp.square(g), s[n + 1 :], g)

        def moved(p: Any, m: Any, v: Any) -> Any:
            # The two scalars are written anew for each wire: XLA fuses them in, and a shared one costs 2 % of an MLP's step.
            mean, spread = m / (1 - b**t).astype(m.dtype), v / (1 - c**t).astype(v.dtype)
            return p - self.learning_rate * (mean / (self.eps + jnp.sqrt(spread)))

        return (t, *m, *v), jax.tree.map(moved, p, m, v)
