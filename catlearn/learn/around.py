"""Optimisers around optimisers: averages of parameters, lookahead, accumulated gradients, and tensors of optimisers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.core.errors import TypingError
from catlearn.core.paths import chooser
from catlearn.core.wires import I, Object, R
from catlearn.learn.optimiser import Optimiser
from catlearn.learn.settings import counting, fraction, labelled, proportion


@dataclass(frozen=True, repr=False)
class Around(Optimiser):
    """An optimiser made of another. Its state is the other's and, after it, its own: what `kept` says."""

    optimiser: Optimiser

    def __post_init__(self) -> None:
        if not isinstance(self.optimiser, Optimiser):
            raise TypingError(f"{self.name} goes around an optimiser such as catlearn.adam(1e-3), got {self.optimiser!r}.")

    def kept(self, P: Object) -> Object:
        """The object of its own state."""
        return I

    def keep(self, p: tuple) -> tuple:
        """The first values of its own state."""
        return ()

    def knowing(self, P: Object) -> Any:
        return replace(self, optimiser=self.optimiser.knowing(P))  # type: ignore[type-var]

    def state(self, P: Object) -> Object:
        return self.optimiser.state(P) @ self.kept(P)

    def begin(self, p: tuple) -> tuple:
        return (*self.optimiser.begin(p), *self.keep(p))

    def cut(self, s: tuple, p: tuple) -> tuple[tuple, tuple]:
        """The other's state and its own."""
        n = len(s) - len(self.keep(p))
        return s[:n], s[n:]

    def get(self, s: tuple, p: tuple) -> tuple:
        return self.optimiser.get(self.cut(s, p)[0], p)

    def stored(self, s: tuple, seen: tuple) -> tuple:
        return self.optimiser.stored(self.cut(s, seen)[0], seen)

    def deployed(self, s: tuple, p: tuple) -> tuple:
        return self.optimiser.deployed(self.cut(s, p)[0], p)


@dataclass(frozen=True, repr=False)
class average(Around):
    """Keep an exponential moving average of the parameters, `e⁺ = βe + (1−β)p⁺`, e₀ = p₀, and deploy it. S ⊗ P.

    Training sees the parameters as ever; `learner.params`, `predict`, `evaluate` and validation use the average.
    Source: Polyak and Juditsky 1992; Tarvainen and Valpola 2017 (arXiv 1703.01780), equation 2. Equals optax's
    `incremental_update(p⁺, e, 1 − β)`. Raises TypingError unless the decay is a number in [0, 1).

    >>> import catlearn as cl
    >>> s, p = average(cl.descent(0.5), 0.5).put((1.0,), (1.0,), (1.0,))
    >>> float(p[0]), float(s[0])
    (0.5, 0.75)
    """

    decay: float = 0.999

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction(self, "decay")

    def kept(self, P: Object) -> Object:
        return labelled(P, self.name)

    def keep(self, p: tuple) -> tuple:
        return jax.tree.map(jnp.array, p)

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        s, e = self.cut(s, p)
        s, p = self.optimiser.put(s, p, g)
        return (*s, *jax.tree.map(lambda e, p: self.decay * e + (1 - self.decay) * p, e, self.optimiser.deployed(s, p))), p

    def deployed(self, s: tuple, p: tuple) -> tuple:
        return self.cut(s, p)[1]


@dataclass(frozen=True, repr=False)
class lookahead(Around):
    """Every k steps pull slow parameters towards the fast ones, `q⁺ = q + α(p − q)`, and begin again there. S ⊗ ℕ ⊗ P.

    The slow parameters are deployed. Source: Zhang, Lucas, Hinton, Ba 2019 (arXiv 1907.08610), Algorithm 1; optax's
    `lookahead(…, k, α)`. Raises TypingError unless k is a whole number ≥ 1 and α in (0, 1].

    >>> import catlearn as cl, jax.numpy as jnp
    >>> opt = lookahead(cl.descent(0.5), every=1, pull=0.5)
    >>> float(opt.put(opt.begin((jnp.float32(1),)), (jnp.float32(1),), (jnp.float32(1),))[1][0])
    0.75
    """

    every: int = 6
    pull: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        counting(self, "every")
        proportion(self, "pull")
        if isinstance(self.optimiser, average):
            raise TypingError(f"lookahead deploys its slow parameters: average stands around it, as average({self.name}(…)).")

    def kept(self, P: Object) -> Object:
        return R(dtype="int32", label=f"{self.name}.step") @ labelled(P, f"{self.name}.slow")

    def keep(self, p: tuple) -> tuple:
        return (jnp.zeros((), jnp.int32), *jax.tree.map(jnp.array, p))

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        s, (t, *slow) = self.cut(s, p)
        s, p = self.optimiser.put(s, p, g)
        meets = (t + 1) % self.every == 0
        slow = jax.tree.map(lambda q, p: jnp.where(meets, q + self.pull * (p - q), q), tuple(slow), p)
        return (*s, (t + 1) % self.every, *slow), jax.tree.map(lambda p, q: jnp.where(meets, q, p), p, slow)

    def deployed(self, s: tuple, p: tuple) -> tuple:
        return self.cut(s, p)[1][1:]


@dataclass(frozen=True, repr=False)
class accumulate(Around):
    """Move once in n steps, along the mean of their gradients. S ⊗ ℕ ⊗ P.

    Source: optax's `MultiSteps(…, n)`, which it equals. Raises TypingError unless n is a whole number ≥ 1.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> opt, p = accumulate(cl.descent(0.5), 2), (jnp.float32(1),)
    >>> s, p = opt.put(opt.begin(p), p, (jnp.float32(1),))
    >>> float(p[0]), float(opt.put(s, p, (jnp.float32(3),))[1][0])
    (1.0, 0.0)
    """

    steps: int

    def __post_init__(self) -> None:
        super().__post_init__()
        counting(self, "steps")

    def kept(self, P: Object) -> Object:
        return R(dtype="int32", label=f"{self.name}.step") @ labelled(P, self.name)

    def keep(self, p: tuple) -> tuple:
        return (jnp.zeros((), jnp.int32), *jax.tree.map(jnp.zeros_like, p))

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        s, (t, *total) = self.cut(s, p)
        mean = jax.tree.map(lambda a, g: a + (g - a) / (t + 1).astype(g.dtype), tuple(total), g)
        move = lambda: self.optimiser.put(s, p, mean)  # noqa: E731
        full = t + 1 == self.steps
        s, p = jax.lax.cond(full, move, lambda: (s, p))
        return (*s, jnp.where(full, 0, t + 1), *jax.tree.map(lambda a: jnp.where(full, jnp.zeros_like(a), a), mean)), p


@dataclass(frozen=True, repr=False)
class by_path(Optimiser):
    """Different optimisers on different parameters: a tensor of lenses. S = S₁ ⊗ S₂ ⊗ …, each at its share of P.

    `rules` maps patterns of paths to optimisers; of those that match a path the first counts, and some must.
    Raises TypingError for a parameter that no pattern matches, and for a pattern that comes to nothing.

    >>> import catlearn as cl
    >>> model = cl.R(3) >> cl.dense(4) >> cl.dense(2).named("head")
    >>> by_path({"head.*": cl.adam(1e-3), "*": cl.descent(0.1)}).knowing(model.param).state(model.param).labels
    ('adam.step', 'adam.mean.head.kernel', 'adam.mean.head.bias', 'adam.square.head.kernel', 'adam.square.head.bias')
    """

    rules: Mapping[str, Optimiser]

    def __post_init__(self) -> None:
        wrong = [rule for rule in self.rules.values() if not isinstance(rule, Optimiser)]
        if wrong:
            raise TypingError(f"by_path maps patterns to optimisers such as catlearn.adam(1e-3), got {wrong[0]!r}.")

    def __hash__(self) -> int:
        return hash(tuple(self.rules.items()))

    def knowing(self, P: Object) -> Optimiser:
        paths = [label or "0" for label in P.labels]
        owner = [next((pattern for pattern in self.rules if chooser(pattern)(path)), None) for path in paths]
        left = [path for path, pattern in zip(paths, owner, strict=True) if pattern is None]
        idle = [pattern for pattern in self.rules if paths and pattern not in owner]
        if left or idle:
            what = f"no pattern matches {', '.join(left)}" if left else f"{idle[0]!r} matches nothing that is left"
            raise TypingError(f'by_path: {what}; the parameters are {", ".join(paths)}, and "*" matches all.')
        index = {pattern: tuple(i for i, who in enumerate(owner) if who == pattern) for pattern in self.rules}
        return Tensor(tuple((self.rules[pattern].knowing(P.select(at)), at) for pattern, at in index.items()))

    def _facts(self) -> list[tuple[str, Any]]:
        return list(self.rules.items())

    def __repr__(self) -> str:
        return f"by_path({dict(self.rules)!r})"


@dataclass(frozen=True, repr=False)
class Tensor(Optimiser):
    """A tensor of optimisers, each with the places of its parameters."""

    parts: tuple[tuple[Optimiser, tuple[int, ...]], ...]

    @property
    def name(self) -> str:
        return "by_path"

    def state(self, P: Object) -> Object:
        found = I
        for optimiser, at in self.parts:
            found = found @ optimiser.state(P.select(at))
        return found

    def begin(self, p: tuple) -> tuple:
        return tuple(value for optimiser, at in self.parts for value in optimiser.begin(_picked(p, at)))

    def get(self, s: tuple, p: tuple) -> tuple:
        return self._each("get", s, p)

    def stored(self, s: tuple, seen: tuple) -> tuple:
        return self._each("stored", s, seen)

    def deployed(self, s: tuple, p: tuple) -> tuple:
        return self._each("deployed", s, p)

    def _each(self, verb: str, s: tuple, p: tuple) -> tuple:
        found: list[Any] = list(p)
        for optimiser, at, share in self._shares(s, p):
            for i, value in zip(at, getattr(optimiser, verb)(share, _picked(p, at)), strict=True):
                found[i] = value
        return tuple(found)

    def _shares(self, s: tuple, p: tuple) -> list[tuple[Optimiser, tuple[int, ...], tuple]]:
        found, start = [], 0
        for optimiser, at in self.parts:
            stop = start + len(optimiser.begin(_picked(p, at)))
            found.append((optimiser, at, s[start:stop]))
            start = stop
        return found

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        states, found = [], list(p)
        for optimiser, at, share in self._shares(s, p):
            share, moved = optimiser.put(share, _picked(p, at), _picked(g, at))
            states.extend(share)
            for i, value in zip(at, moved, strict=True):
                found[i] = value
        return tuple(states), tuple(found)


def _picked(values: tuple, at: tuple[int, ...]) -> tuple:
    return tuple(values[i] for i in at)
