"""Unfolds: what coalgebras say, step by step. `unfold`, `hylo`, `stream`, and generation from what a machine itself has said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.algebras import Coalgebra
from catlearn.algebra.cells import algebra_of
from catlearn.categories.cokleisli import asked
from catlearn.categories.comonoid import KEY, spread
from catlearn.categories.function import constant, function
from catlearn.categories.loop import loop
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, discard, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.text import short
from catlearn.core.values import unpacked
from catlearn.core.wires import Object, R, is_whole


@dataclass(frozen=True, repr=False)
class unfold(Composite):
    """What a coalgebra of `O × X` says in so many steps. Type: `S ⊗ P → Oᵗ`, from `S ⊗ P → O ⊗ S`.

    `coalgebra` is a `Coalgebra` of `Stream(O)`, or an arrow `S → O ⊗ S`. With `until`, an arrow `O → R(dtype=bool)`, it stops
    after the first output of which that is true: outputs after it are zero, and one more wire says how many there are,
    `S ⊗ P → Oᵗ ⊗ R(dtype=int32)`: a padded list and its length, as a fold takes them with `masked`.
    Raises TypingError for an arrow that does not end in the states that it begins with.
    Source: arXiv 2402.15332, example 2.16 (streams; unfolding recurrent networks).

    >>> import catlearn as cl, jax.numpy as jnp
    >>> count = cl.function(lambda s: (s, s + 1))
    >>> (cl.R() >> cl.unfold(count, 4))((), jnp.float32(3))
    Array([3., 4., 5., 6.], dtype=float32)
    """

    coalgebra: Any
    steps: int
    until: Any = None

    def __post_init__(self) -> None:
        if not is_whole(self.steps):
            raise TypingError(f"unfold: steps must be a whole number ≥ 0, got {self.steps!r}.")

    @property
    def arity(self) -> int:  # type: ignore[override]
        return len(self.coalgebra.carrier) if isinstance(self.coalgebra, Coalgebra) else self.coalgebra.arity

    def build(self, dom: Object) -> Diagram:
        f = _stream(self.coalgebra, dom, self)
        o = len(f.cod) - len(dom)
        if self.until is None:
            whole = loop(f, self.steps, len(dom))
            return whole >> whole.cod[:o] @ discard(dom)
        stopping, more = _stopping(f, dom, f.cod[:o] >> self.until), R(dtype="bool") @ R(dtype="int32")
        whole = identity(dom) @ constant((jnp.array(True), jnp.int32(0))) >> loop(stopping, self.steps, len(dom @ more))
        return whole >> whole.cod[:o] @ discard(dom) @ discard(more[0]) @ more[1]


def _stream(what: Any, S: Object, who: Any) -> Diagram:
    """The arrow `S → O ⊗ S` that was given."""
    f = what.arrow if isinstance(what, Coalgebra) else identity(S) >> what
    if f.dom != S or f.cod[len(f.cod) - len(S) :] != S:
        raise TypingError(f"{who!r} takes an arrow S → O ⊗ S at S = {S}, and {short(f)} is {f.dom} → {f.cod}.")
    return f


def _stopping(f: Diagram, S: Object, until: Diagram) -> Diagram:
    """`S ⊗ going ⊗ count → O ⊗ S ⊗ going ⊗ count`: f, until it says stop; then zeros, and states that stay."""
    if until.cod != R(dtype="bool"):
        raise TypingError(
            f"unfold: `until` must be an arrow {until.dom} → R(dtype='bool'), and {short(until)} ends in {until.cod}."
        )
    o, s = len(until.dom), len(S)
    dom = S @ R(dtype="bool") @ R(dtype="int32")
    # S ⊗ going ⊗ count → O ⊗ S ⊗ (S ⊗ going ⊗ count) → O ⊗ stop ⊗ S ⊗ …
    both = wiring(dom, (*range(s), *range(s + 2))) >> f @ dom
    both = both >> wiring(both.cod, (*range(o), *range(len(both.cod)))) >> both.cod[:o] @ until @ both.cod[o:]
    return both >> function(_Stopping(o, s), arity=len(both.cod))


@dataclass(frozen=True)
class _Stopping:
    """o outputs, whether to stop, s new states, s old ones, whether it goes on, and how many outputs there are."""

    o: int
    s: int

    __name__ = "stopping"

    def __call__(self, *values: Any) -> tuple:
        o, s = self.o, self.s
        said, stop, new, old, going, count = values[:o], values[o], values[o + 1 : o + 1 + s], values[-s - 2 : -2], *values[-2:]
        zeroed = jax.tree.map(lambda x: jnp.where(going, x, jnp.zeros((), x.dtype)), said)
        states = jax.tree.map(lambda a, b: jnp.where(going, a, b), new, old)
        return (*zeroed, *states, going & ~stop, count + going.astype(jnp.int32))


@dataclass(frozen=True, repr=False)
class hylo(Composite):
    """Unfold, then fold, without the list between. Type: `S ⊗ P → T`: `unfold(coalgebra, steps) >> fold(algebra)`, with its
    parameters.

    Source: Meijer, Fokkinga, Paterson 1991, "Functional programming with bananas, lenses, envelopes and barbed wire", §2.4.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> count = cl.function(lambda s: (s, s + 1))
    >>> total = cl.cell(cl.add, cl.R())
    >>> (cl.R() >> cl.hylo(count, total, 4))((), jnp.float32(3))
    Array(18., dtype=float32)
    """

    coalgebra: Any
    algebra: Any
    steps: int

    @property
    def arity(self) -> int:  # type: ignore[override]
        return len(self.coalgebra.carrier) if isinstance(self.coalgebra, Coalgebra) else self.coalgebra.arity

    def build(self, dom: Object) -> Diagram:
        f = _stream(self.coalgebra, dom, self)
        O = f.cod[: len(f.cod) - len(dom)]  # noqa: E741
        alg = algebra_of(self.algebra, O, self)
        nil, cons = alg.cases
        o, s, t = len(O), len(dom), len(alg.carrier)
        # S ⊗ T → O ⊗ S ⊗ T → O ⊗ T ⊗ S → T ⊗ S → S ⊗ T
        both = f @ alg.carrier
        both = both >> wiring(both.cod, (*range(o), *range(o + s, o + s + t), *range(o, o + s))) >> cons @ dom
        both = both >> wiring(both.cod, (*range(t, t + s), *range(t)))
        whole = identity(dom) @ nil >> loop(both, self.steps, s + t) >> discard(dom) @ alg.carrier
        first, rest = len(nil.param), len(f.param)
        P = whole.param.select((*range(first, first + rest), *range(first), *range(first + rest, len(whole.param))))
        order = (*range(rest, rest + first), *range(rest), *range(first + rest, len(P)))
        return whole.reparameterise(wiring(P, order)) if first and rest else whole


def stream(f: Diagram, params: tuple, *given: Any) -> Iterator[Any]:
    """The endless stream that a coalgebra `S ⊗ P → O ⊗ S` makes from a state: an iterator of outputs, by compiled steps.

    One that reads contexts takes their values before the state; a random key is split for each step.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> from itertools import islice
    >>> count = cl.R() >> cl.function(lambda s: (s, s + 1))
    >>> [float(x) for x in islice(cl.stream(count, (), jnp.float32(0)), 3)]
    [0.0, 1.0, 2.0]
    """
    _stream(f, f.dom, "stream")
    step, o, c = jax.jit(f), len(f.cod) - len(f.dom), len(given) - len(f.dom)
    contexts, states = given[:c], given[c:]
    while True:
        contexts, now = _two(contexts)
        out = unpacked(step(params, *now, *states), len(f.cod))
        states = out[o:]
        yield out[0] if o == 1 else out[:o]


def _two(contexts: tuple) -> tuple[tuple, tuple]:
    """Contexts to keep and to use: arrays twice, keys split."""
    many = spread(contexts, 2)
    return tuple(jax.tree.map(lambda leaf, i=i: leaf[i], many) for i in (0, 1))  # type: ignore[return-value]


@dataclass(frozen=True, repr=False)
class feedback(Composite):
    """A machine that reads what it has said: a generator. Type: `A ⊗ S ⊗ P → A ⊗ (A ⊗ S)`, a coalgebra of `A × X`.

    `sample` is an arrow `O → A` from what the machine says to the next input; if it draws, it reads a random key, and so does
    this. `unfold(feedback(machine, categorical()), steps)` generates from a first input and a state; `generate` begins by
    itself. Source: autoregressive models as unfolds, arXiv 2402.15332, example 2.16.

    >>> import catlearn as cl
    >>> net = cl.mealy(cl.cell(cl.embedding(9, 8) @ cl.dense(8) >> cl.add >> cl.tanh, cl.R(8)), cl.dense(9))
    >>> f = cl.R(dtype="int32") @ cl.R(8) >> cl.feedback(net, cl.categorical())
    >>> len(f.cod), f.category.names
    (3, ('key',))
    """

    machine: Any
    sample: Any

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 1 + len(self.machine.carrier(R(1)))

    def build(self, dom: Object) -> Diagram:
        A, S = dom[0], dom[1:]
        f = self.machine.step(A, S)
        o = len(f.cod) - len(S)
        next_ = f >> (f.cod[:o] >> self.sample) @ S
        if next_.cod != dom:
            raise TypingError(f"{self!r}: `sample` must end in the next input, {A}, not {next_.cod[: len(next_.cod) - len(S)]}.")
        return next_ >> wiring(dom, (0, *range(len(dom))))


@dataclass(frozen=True, repr=False)
class generate(Composite):
    """What a machine says when it reads its own words. Type: `A ⊗ P → Aᵗ`, from a first input, reading a key if `sample` does.

    Options are `unfold`'s: with `until` comes the number of outputs. Raises TypingError as `feedback` and `unfold`.

    >>> import catlearn as cl
    >>> net = cl.mealy(cl.cell(cl.embedding(9, 8) @ cl.dense(8) >> cl.add >> cl.tanh, cl.R(8)), cl.dense(9))
    >>> (cl.R(dtype="int32") >> cl.generate(net, cl.categorical(), 80)).cod
    R(80, dtype='int32')
    """

    machine: Any
    sample: Any
    steps: int
    until: Any = None

    def build(self, dom: Object) -> Diagram:
        return identity(dom) @ self.machine.begin(dom) >> unfold(feedback(self.machine, self.sample), self.steps, self.until)


@dataclass(frozen=True, repr=False)
class categorical(Composite):
    """Draw a number by its logits. Type: `R(n) → R(dtype=int32)`, reading a random key; temperature 0 takes the largest, and
    reads none.

    Raises TypingError for a temperature below 0.

    >>> import catlearn as cl
    >>> (cl.R(9) >> cl.categorical(0.8)).cod
    R(dtype='int32')
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise TypingError(f"categorical: temperature must be a number ≥ 0, got {self.temperature!r}.")

    def build(self, dom: Object) -> Diagram:
        return identity(dom) >> function(_largest) if self.temperature == 0 else asked(KEY) @ dom >> _Drawn(self.temperature)


def _largest(logits: jax.Array) -> jax.Array:
    return jnp.argmax(logits).astype(jnp.int32)


@dataclass(frozen=True, repr=False)
class _Drawn(SmoothLayer):
    """A number drawn with a key. Type: `K ⊗ R(n) → R(dtype=int32)`. Raises TypingError where there is no key."""

    temperature: float

    name = "categorical"
    arity = 2

    def check(self, dom: Object) -> None:
        super().check(dom)
        if not dom.wires[0].leaves:
            raise TypingError(
                "categorical draws, and there is no draw without a key: give one, or categorical(0) for the largest."
            )

    def apply(self, params: tuple, *xs: Any) -> Any:
        return jax.random.categorical(xs[0], xs[1] / self.temperature).astype(jnp.int32)

    def __repr__(self) -> str:
        return f"drawn({self.temperature!r})"
