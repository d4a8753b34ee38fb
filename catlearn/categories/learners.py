"""`Learn(C)`, the category of learners that request their inputs, and gradient descent as a functor into it.

A learner `A → B` is a parametric lens whose wires bring back values, not changes: `Learn(C)` is Para(Lens(C)) on the
objects (A, A). Source: Fong, Spivak, Tuyéras 2019 (Backprop as Functor, arXiv 1711.10455); Fong, Johnson 2019 (Lenses and
Learners, arXiv 1903.03671).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.lens import Lens, Optic, forward_of, pair
from catlearn.categories.para import Para, Parametric, identity_of
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Map, Smooth, change
from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Diagram
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.functor import sum_objects
from catlearn.core.shown import Shown
from catlearn.core.text import short, unequal
from catlearn.core.wires import Object


def both_ways(base: Any, A: Object) -> Object:
    """The object (A, A) of Lens(C), wire by wire.

    >>> from catlearn.core.wires import R
    >>> both_ways(Smooth, R(2) @ R(3))
    reverse(R(2)) @ reverse(R(3))
    """
    return sum_objects(pair(base, wire, wire, *wire.labels) for wire in A)


@dataclass(frozen=True, repr=False)
class OpenLearner(Arrow):
    """An arrow `(P, I, U, r) : A → B` of Learn(C), kept as its parametric lens. `Learn(C).arrow` makes one from the four.

    Composition requests of f what g asks for: with `b = I(a, p)`, `(U ∗ V)(a, p, q, c) = (U(a, p, s(b, q, c)), V(b, q, c))`.
    Source: arXiv 1711.10455, §2, with parameters on the right.
    """

    lens: Parametric

    @property
    def base(self) -> Any:
        return self.lens.base.base  # type: ignore[attr-defined]

    @property
    def dom(self) -> Object:  # type: ignore[override]
        return forward_of(self.lens.dom)

    @property
    def cod(self) -> Object:  # type: ignore[override]
        return forward_of(self.lens.cod)

    @property
    def param(self) -> Object:
        return forward_of(self.lens.param)

    @property
    def implement(self) -> Any:
        """I, what it predicts. Type: `A ⊗ P → B`."""
        fwd, m = self.lens.arrow.fwd, len(self.lens.arrow.residual)
        return fwd >> self.base.wiring(fwd.cod, range(m, len(fwd.cod)))

    @property
    def request(self) -> Any:
        """r, the inputs that it would rather have had. Type: `A ⊗ P ⊗ B → A`."""
        return self._put >> self.base.wiring(self.dom @ self.param, range(len(self.dom)))

    @property
    def update(self) -> Any:
        """U, its next parameters. Type: `A ⊗ P ⊗ B → P`."""
        n = len(self.dom)
        return self._put >> self.base.wiring(self.dom @ self.param, range(n, n + len(self.param)))

    @property
    def _put(self) -> Any:
        optic, b, m = self.lens.arrow, len(self.cod), len(self.lens.arrow.residual)
        seen = optic.fwd @ identity_of(self.base, self.cod)
        return seen >> self.base.wiring(seen.cod, [*range(m), *range(m + b, m + 2 * b)]) >> optic.bwd

    def then(self, other: Any) -> OpenLearner:
        if not isinstance(other, OpenLearner):
            return NotImplemented
        if self.cod != other.dom:
            raise CompositionError(unequal(self, other))
        return OpenLearner(self.lens >> other.lens)

    def tensor(self, other: Any) -> OpenLearner:
        return OpenLearner(self.lens @ other.lens) if isinstance(other, OpenLearner) else NotImplemented


@dataclass(frozen=True)
class Learn(Shown):
    """The category `Learn(C)` of learners over a cartesian category C.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> from catlearn.categories.smooth import smooth
    >>> scaled = cl.R(2) @ cl.R() >> cl.function(lambda a, p: p * a, arity=2)
    >>> keep = cl.wiring(cl.R(2) @ cl.R() @ cl.R(2), (1,))
    >>> ask = cl.R(2) @ cl.R() @ cl.R(2) >> cl.function(lambda a, p, b: b / p, arity=3)
    >>> f = Learn(Smooth).arrow(cl.R(2), cl.R(), *(smooth(g).arrow for g in (scaled, keep, ask)))
    >>> (f >> f).param, (f >> f).request.run((jnp.ones(2), jnp.float32(2.0), jnp.float32(4.0), jnp.ones(2)))
    (R() @ R(), (Array([0.125, 0.125], dtype=float32),))
    """

    base: Any

    def wiring(self, dom: Object, index: Sequence[int]) -> OpenLearner:
        """A permutation. Raises CompositionError for copies and discards: no one request is right for them all."""
        if sorted(index) != list(range(len(dom))):
            raise CompositionError(
                f"Learn({self.base}) has permutations of wires, no copies and discards, such as {tuple(index)}."
            )
        return self.embed(Lens(self.base).wiring(both_ways(self.base, dom), index))

    def embed(self, lens: Optic) -> OpenLearner:
        """The functor Lens(C) → Learn(C), the identity on objects: no parameters, `I = get`, `r = put`.

        Source: arXiv 1903.03671. Raises TypingError where the lens does not bring back what goes forward.
        """
        for A in (lens.dom, lens.cod):
            if both_ways(self.base, forward_of(A)) != A:
                raise TypingError(f"a learner's wires go both ways as they are, and this lens goes {lens.dom} → {lens.cod}.")
        return OpenLearner(Para(Lens(self.base)).embed(lens))

    def arrow(self, dom: Object, param: Object, implement: Any, update: Any, request: Any) -> OpenLearner:
        """The learner of `I : A ⊗ P → B`, `U : A ⊗ P ⊗ B → P` and `r : A ⊗ P ⊗ B → A`, arrows of C.

        Raises TypingError where they are of other types.
        """
        ins, cod = dom @ param, implement.cod
        for name, f, A, B in (
            ("implement", implement, ins, cod),
            ("update", update, ins @ cod, param),
            ("request", request, ins @ cod, dom),
        ):
            if (f.dom, f.cod) != (A, B):
                raise TypingError(f"{name} of a learner {dom} → {cod} goes {A} → {B}, and this one {f.dom} → {f.cod}.")
        twice = lambda A: self.base.wiring(A, [*range(len(A))] * 2)  # noqa: E731
        fwd, bwd = twice(ins) >> (identity_of(self.base, ins) @ implement), twice(ins @ cod) >> (request @ update)
        A, P, B = (both_ways(self.base, X) for X in (dom, param, cod))
        return OpenLearner(Parametric(Lens(self.base), A, P, Optic(self.base, A @ P, B, ins, fwd, bwd)))

    def __repr__(self) -> str:
        return f"Learn({self.base})"


# gradient descent as a functor


@dataclass(frozen=True)
class ErrorFunction:
    """An error `e(x, y)` of a prediction x and a target y, by its derivative in x and the inverse of that in y.

    `inverse(x, slope(x, y)) = y`, number by number: that is what makes gradient descent a functor.
    """

    slope: Callable[[jax.Array, jax.Array], jax.Array]
    inverse: Callable[[jax.Array, jax.Array], jax.Array]
    name: str = "error"

    def __repr__(self) -> str:
        return self.name


squared_error = ErrorFunction(jnp.subtract, jnp.subtract, "squared_error")  # ½ (x − y)²
cosh_error = ErrorFunction(lambda x, y: jnp.sinh(x - y), lambda x, d: x - jnp.arcsinh(d), "cosh_error")  # cosh(x − y)


@dataclass(frozen=True)
class backprop_as_functor:
    """Gradient descent as a functor Para(Smooth) → Learn(Smooth), the identity on objects: `(P, I) ↦ (P, I, U, r)`.

    With `E = Σⱼ e(Iⱼ, bⱼ)`: `U = p − rate ∇ₚE` and `r = inverse(a, ∇ₐE)`. It is the reverse derivative between two lenses that
    undo each other where learners meet: `inverse(x, ·)` before it and `slope(x, ·)` after it.
    Raises TypingError for wires that can't change smoothly. Source: arXiv 1711.10455, §3.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> f = backprop_as_functor(0.5)(cl.R(1) >> cl.bias())
    >>> f.update.run((jnp.array([1.0]), jnp.array([2.0]), jnp.array([5.0])))  # 2 − 0.5 (1 + 2 − 5)
    (Array([3.], dtype=float32),)
    """

    rate: float = 1.0
    error: ErrorFunction = squared_error

    def __call__(self, f: Any) -> Any:
        if isinstance(f, Object):
            return f
        _check_smooth(f)
        gradient = Lens(Smooth).semantics(reverse(f))
        ask, judge = _changing(f.dom, self.error.inverse), _changing(f.cod, self.error.slope)
        descend = _changing(f.param, lambda p, dp: p - self.rate * dp)
        lens = Parametric(gradient.base, gradient.dom, gradient.param, (ask @ descend) >> gradient.arrow >> judge)
        return OpenLearner(lens)


def _check_smooth(f: Diagram) -> None:
    A = f.dom @ f.param @ f.cod
    if change(A) != A:
        raise TypingError(f"gradient descent requests changes of every wire, and {short(f)} has some that are no floats: {A}.")


def _changing(A: Object, back: Callable) -> Optic:
    """The lens that shows A as it is, and brings back `back(a, b)` for b. Type: `(A, A) → (A, A)`."""
    n, ends = len(A), both_ways(Smooth, A)
    put = lambda values: jax.tree.map(back, values[:n], values[n:])  # noqa: E731
    return Optic(Smooth, ends, ends, A, Map(A, A @ A, lambda xs: xs + xs), Map(A @ A, A, put))
