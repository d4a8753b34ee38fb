"""Machines and generators: coalgebras, run over streams and unfolded. `mealy`, `moore`, `run`, `cascade`, `unfold`, `hylo`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.algebras import Coalgebra
from catlearn.algebra.cells import algebra_of
from catlearn.algebra.padding import element_of, length_of
from catlearn.algebra.polynomial import Mealy, Moore
from catlearn.categories.function import constant, function
from catlearn.categories.loop import loop
from catlearn.core.diagram import Diagram, copy, discard, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite, Family
from catlearn.core.text import short
from catlearn.core.values import unpacked
from catlearn.core.wires import Object, R, count, is_whole

KEY = R(dtype=jax.eval_shape(jax.random.key, 0).dtype)  # a random key


class Machine(Family):
    """A family of coalgebras of `(O × X)^A`, one for each A, which know their states and how they begin.

    Subclasses define `carrier(A)`, `begin(A)` and `step(A)`. `run(machine)` runs one over a list of inputs.
    """

    def carrier(self, A: Object) -> Object:
        """The states S, for inputs A."""
        raise NotImplementedError

    def begin(self, A: Object) -> Diagram:
        """The first state. Type: `I ⊗ P → S`."""
        raise NotImplementedError

    def step(self, A: Object) -> Diagram:
        """What is said on an input, and the next state. Type: `A ⊗ S ⊗ P → O ⊗ S`."""
        raise NotImplementedError

    def coalgebra(self, A: Object) -> Coalgebra:
        """The machine at A as a coalgebra."""
        f, S = self.step(A), self.carrier(A)
        return Coalgebra(Mealy(A, f.cod[: len(f.cod) - len(S)]), S, f)

    def resolve(self, dom: Object) -> Diagram:
        A = dom[:1]
        if dom != A @ self.carrier(A):
            raise TypingError(f"{self!r} takes an input and its states, {A @ self.carrier(A)}, got {dom}.")
        return self.step(A)


@dataclass(frozen=True, repr=False)
class mealy(Machine):
    """A Mealy machine: a cell, and what is said of the state that it comes to. Type: `A ⊗ S ⊗ P → O ⊗ S`.

    A coalgebra of `(O × X)^A`, and run over a list the full recurrent network. `readout` is an arrow `S → O`.
    Source: Gavranović et al. 2024 (arXiv 2402.15332), example 2.17 (Mealy machines) and §3.

    >>> import catlearn as cl
    >>> (cl.R(9, 3) >> cl.run(cl.mealy(cl.gru_cell(8), cl.dense(2)))).cod
    R(9, 2)
    """

    cell: Any
    readout: Any

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.cell.arity

    def carrier(self, A: Object) -> Object:
        return algebra_of(self.cell, A, self).carrier

    def begin(self, A: Object) -> Diagram:
        return algebra_of(self.cell, A, self).cases[0]

    def step(self, A: Object) -> Diagram:
        cons = algebra_of(self.cell, A, self).cases[1]
        return cons >> copy(cons.cod) >> (identity(cons.cod) >> self.readout) @ cons.cod


@dataclass(frozen=True, repr=False)
class moore(mealy):
    """A Moore machine: a cell, and what is said of the state before each input. Type: `S → O` and `A ⊗ S ⊗ P → S`.

    A coalgebra of `O × X^A`; as a Mealy machine it says o(s) before it goes on. Parameters are the readout's, then the cell's.
    Source: arXiv 2402.15332, example 2.18 (Moore machines).

    >>> import catlearn as cl
    >>> (cl.R(9, 3) >> cl.run(cl.moore(cl.gru_cell(8), cl.dense(2)))).cod
    R(9, 2)
    """

    def step(self, A: Object) -> Diagram:
        return self.coalgebra(A).arrow

    def coalgebra(self, A: Object) -> Coalgebra:
        cons = algebra_of(self.cell, A, self).cases[1]
        said = identity(cons.cod) >> self.readout
        return Coalgebra(Moore(A, said.cod), cons.cod, (said, cons))


@dataclass(frozen=True, repr=False)
class cascade(Machine):
    """One machine after the other: the second reads what the first says. States `S ⊗ T`.

    `run(cascade(m, n))` is `run(m) >> run(n)`. Source: the cascade product of transducers; arXiv 2402.15332, §2.2.

    >>> import catlearn as cl
    >>> m = cl.mealy(cl.gru_cell(8), cl.hidden)
    >>> (cl.R(9, 3) >> cl.run(cl.cascade(m, m))).cod
    R(9, 8)
    """

    first: Any
    second: Any

    def _middle(self, A: Object) -> Object:
        f = self.first.step(A)
        return f.cod[: len(f.cod) - len(self.first.carrier(A))]

    def carrier(self, A: Object) -> Object:
        return self.first.carrier(A) @ self.second.carrier(self._middle(A))

    def begin(self, A: Object) -> Diagram:
        return self.first.begin(A) @ self.second.begin(self._middle(A))

    def step(self, A: Object) -> Diagram:
        S, B = self.first.carrier(A), self._middle(A)
        T = self.second.carrier(B)
        b, s, t = len(B), len(S), len(T)
        both = self.first.step(A) @ T
        both = both >> wiring(both.cod, (*range(b), *range(b + s, b + s + t), *range(b, b + s)))
        both = both >> self.second.step(B) @ S
        o = len(both.cod) - s - t
        return both >> wiring(both.cod, (*range(o), *range(o + t, o + t + s), *range(o, o + t)))


@dataclass(frozen=True, repr=False)
class run(Composite):
    """A machine over a list of inputs: what it says on each. Type: `Aᵗ ⊗ P → Oᵗ`, one `lax.scan`.

    The unique coalgebra map into causal functions of streams, on the first t inputs. A `Coalgebra` of `(O × X)^A` or `O × X^A`
    does not know how it begins: its states come after the inputs, and go out after the outputs, `Aᵗ ⊗ S ⊗ P → Oᵗ ⊗ S`.
    Raises TypingError for what is no machine, and for wires that are no lists of its inputs.
    Source: arXiv 2402.15332, §2.2; Rutten 2006, "Algebraic specification and coalgebraic synthesis of Mealy automata".

    >>> import catlearn as cl
    >>> machine = cl.mealy(cl.lstm_cell(8), cl.hidden >> cl.dense(2))
    >>> (cl.R(9, 3) >> cl.run(machine)).cod
    R(9, 2)
    """

    machine: Any

    @property
    def name(self) -> str:  # type: ignore[override]
        return "run"

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 1 if isinstance(self.machine, Machine) else len(self.machine.inputs @ self.machine.carrier)

    def build(self, dom: Object) -> Diagram:
        if isinstance(self.machine, Coalgebra):
            return self._open(dom)
        if not isinstance(self.machine, Machine):
            raise TypingError(f"run takes a machine such as mealy(cell, readout), or a Coalgebra, got {self.machine!r}.")
        t, A = length_of(dom, self), Object(tuple(map(element_of, dom.wires)))
        S = self.machine.carrier(A)
        whole = loop(self.machine.step(A), t, len(S))
        return identity(dom) @ self.machine.begin(A) >> whole >> whole.cod[: len(whole.cod) - len(S)] @ discard(S)

    def _open(self, dom: Object) -> Diagram:
        a, f = len(self.machine.inputs), self.machine.arrow
        if not a:
            raise TypingError(f"{self.machine!r} reads nothing: unfold it.")
        whole = loop(f, length_of(dom[:a], self), len(self.machine.carrier))
        return identity(dom) >> whole


# unfolds


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
    """Unfold, then fold, without the list between. Type: `S ⊗ P → T`: `unfold(coalgebra, steps) >> fold(algebra)`.

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
        return identity(dom) @ nil >> loop(both, self.steps, s + t) >> discard(dom) @ alg.carrier


def stream(f: Diagram, params: tuple, *states: Any) -> Iterator[Any]:
    """The endless stream that a coalgebra `S ⊗ P → O ⊗ S` makes from a state: an iterator of outputs, by compiled steps.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> from itertools import islice
    >>> count = cl.R() >> cl.function(lambda s: (s, s + 1))
    >>> [float(x) for x in islice(cl.stream(count, (), jnp.float32(0)), 3)]
    [0.0, 1.0, 2.0]
    """
    _stream(f, f.dom, "stream")
    step, o = jax.jit(f), len(f.cod) - len(f.dom)
    while True:
        out = unpacked(step(params, *states), len(f.cod))
        states = out[o:]
        yield out[0] if o == 1 else out[:o]


@dataclass(frozen=True, repr=False)
class feedback(Composite):
    """A machine that reads what it has said: a generator. Type: `A ⊗ K ⊗ S ⊗ P → A ⊗ (A ⊗ K ⊗ S)`, a coalgebra of `A × X`.

    `sample` is an arrow `O ⊗ K → A ⊗ K` from what the machine says, and a random key, to the next input, and the next key.
    `unfold(feedback(machine, categorical()), steps)` generates from a first input, a key and a state; `generate` begins by
    itself. Source: autoregressive models as unfolds, arXiv 2402.15332, example 2.16.

    >>> import catlearn as cl
    >>> net = cl.mealy(cl.cell(cl.embedding(9, 8) @ cl.dense(8) >> cl.add >> cl.tanh, cl.R(8)), cl.dense(9))
    >>> f = cl.R(dtype="int32") @ KEY @ cl.R(8) >> cl.feedback(net, cl.categorical())
    >>> len(f.cod)
    4
    """

    machine: Any
    sample: Any

    @property
    def arity(self) -> int:  # type: ignore[override]
        return 2 + len(self.machine.carrier(R(1)))

    def build(self, dom: Object) -> Diagram:
        A, K, S = dom[0], dom[1], dom[2:]
        f = self.machine.step(A)
        o, s = len(f.cod) - len(S), len(S)
        # A ⊗ K ⊗ S → A ⊗ S ⊗ K → O ⊗ S ⊗ K → O ⊗ K ⊗ S → A ⊗ K ⊗ S → A ⊗ A ⊗ K ⊗ S
        said = wiring(dom, (0, *range(2, 2 + s), 1)) >> f @ K
        said = said >> wiring(said.cod, (*range(o), o + s, *range(o, o + s)))
        next_ = said >> (said.cod[: o + 1] >> self.sample) @ S
        if next_.cod != dom:
            raise TypingError(
                f"{self!r}: `sample` must end in the next input and key, {A @ K}, not {next_.cod[: len(next_.cod) - s]}."
            )
        return next_ >> wiring(dom, (0, *range(len(dom))))


@dataclass(frozen=True, repr=False)
class generate(Composite):
    """What a machine says when it reads its own words. Type: `A ⊗ K ⊗ P → Aᵗ`, from a first input and a random key.

    Options are `unfold`'s: with `until` comes the number of outputs. Raises TypingError as `feedback` and `unfold`.

    >>> import catlearn as cl
    >>> net = cl.mealy(cl.cell(cl.embedding(9, 8) @ cl.dense(8) >> cl.add >> cl.tanh, cl.R(8)), cl.dense(9))
    >>> (cl.R(dtype="int32") @ KEY >> cl.generate(net, cl.categorical(), 80)).cod
    R(80, dtype='int32')
    """

    machine: Any
    sample: Any
    steps: int
    until: Any = None

    arity = 2

    def build(self, dom: Object) -> Diagram:
        if len(dom) != 2:
            raise TypingError(f"{self!r} takes a first input and a key, got {count(len(dom), 'wire')}: {dom}.")
        return identity(dom) @ self.machine.begin(dom[0]) >> unfold(feedback(self.machine, self.sample), self.steps, self.until)


@dataclass(frozen=True)
class _Categorical:
    temperature: float

    __name__ = "categorical"

    def __call__(self, logits: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        if self.temperature == 0:
            return jnp.argmax(logits).astype(jnp.int32), key
        key, own = jax.random.split(key)
        return jax.random.categorical(own, logits / self.temperature).astype(jnp.int32), key


def categorical(temperature: float = 1.0) -> function:
    """Draw a number by its logits. Type: `R(n) ⊗ K → R(dtype=int32) ⊗ K`, with the next key; temperature 0 takes the largest.

    Raises TypingError for a temperature below 0.

    >>> import catlearn as cl
    >>> (cl.R(9) @ KEY >> cl.categorical(0.8)).cod[0]
    R(dtype='int32')
    """
    if not temperature >= 0:
        raise TypingError(f"categorical: temperature must be a number ≥ 0, got {temperature!r}.")
    return function(_Categorical(float(temperature)), arity=2)
