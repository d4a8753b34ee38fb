"""Machines: coalgebras of `(O × X)^A`, run over streams. `mealy`, `moore`, `cascade`, `run`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catlearn.algebra.algebras import Coalgebra
from catlearn.algebra.cells import Stepping, algebra_of
from catlearn.algebra.functors import Mealy, Moore
from catlearn.algebra.padding import element_of, length_of
from catlearn.categories.loop import loop
from catlearn.core.diagram import Diagram, copy, discard, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import Object


class Machine(Stepping):
    """A family of coalgebras of `(O × X)^A`, one for each A: `step` says something on an input and goes to the next state,
    `A ⊗ S ⊗ P → O ⊗ S`. `run(machine)` runs one over a list of inputs."""

    reads = "an input"

    def coalgebra(self, A: Object) -> Coalgebra:
        """The machine at A as a coalgebra."""
        S = self.carrier(A)
        f = self.step(A, S)
        return Coalgebra(Mealy(A, f.cod[: len(f.cod) - len(S)]), S, f)


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

    def step(self, A: Object, S: Object) -> Diagram:
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

    def step(self, A: Object, S: Object) -> Diagram:
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
        S = self.first.carrier(A)
        f = self.first.step(A, S)
        return f.cod[: len(f.cod) - len(S)]

    def carrier(self, A: Object) -> Object:
        return self.first.carrier(A) @ self.second.carrier(self._middle(A))

    def begin(self, A: Object) -> Diagram:
        return self.first.begin(A) @ self.second.begin(self._middle(A))

    def step(self, A: Object, S: Object) -> Diagram:
        B = self._middle(A)
        first, T = self.first.carrier(A), self.second.carrier(B)
        b, s, t = len(B), len(first), len(T)
        both = self.first.step(A, first) @ T
        both = both >> wiring(both.cod, (*range(b), *range(b + s, b + s + t), *range(b, b + s)))
        both = both >> self.second.step(B, T) @ first
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
    def arity(self) -> int:  # type: ignore[override]
        return 1 if isinstance(self.machine, Machine) else len(self.machine.inputs @ self.machine.carrier)

    def build(self, dom: Object) -> Diagram:
        if isinstance(self.machine, Coalgebra):
            return self._open(dom)
        if not isinstance(self.machine, Machine):
            raise TypingError(f"run takes a machine such as mealy(cell, readout), or a Coalgebra, got {self.machine!r}.")
        t, A = length_of(dom, self), Object(tuple(map(element_of, dom.wires)))
        S = self.machine.carrier(A)
        whole = loop(self.machine.step(A, S), t, len(S))
        return identity(dom) @ self.machine.begin(A) >> whole >> whole.cod[: len(whole.cod) - len(S)] @ discard(S)

    def _open(self, dom: Object) -> Diagram:
        a, f = len(self.machine.inputs), self.machine.arrow
        if not a:
            raise TypingError(f"{self.machine!r} reads nothing: unfold it.")
        whole = loop(f, length_of(dom[:a], self), len(self.machine.carrier))
        return identity(dom) >> whole
