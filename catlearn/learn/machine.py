"""A learner as a machine: its state says which lens it is, and a batch moves it on. Unfolded over data it is training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from catlearn.algebra.algebras import Coalgebra
from catlearn.algebra.functors import Mealy
from catlearn.categories.batch import batch, with_axis
from catlearn.categories.cokleisli import left_open
from catlearn.categories.function import function
from catlearn.categories.reverse import reverse
from catlearn.core.diagram import identity
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.shown import Shown
from catlearn.core.text import short
from catlearn.core.values import pack
from catlearn.core.wires import Object, is_whole
from catlearn.learn.learner import Learner


@dataclass(frozen=True, repr=False)
class Machine(Shown):
    """The generalised Moore machine `S ⊗ P → Σ_φ (S ⊗ P)^(A × T)` of a learner: at a state it is the lens φ, and moves on (a, t).

    Source: Spivak 2021 (Learners' Languages, arXiv 2103.01189): learners A → B are coalgebras of `[A y^A, B y^B]`.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> machine = to_machine(cl.supervised(cl.R(2) >> cl.dense(1), cl.quadratic, cl.descent(0.1)))
    >>> state = machine.learner.init(jax.random.key(0))
    >>> state = machine.update(state, (jnp.ones((4, 2)), jnp.zeros((4, 1))))
    >>> machine.readout(state)(jnp.ones((4, 2))).shape, machine.coalgebra(4).functor
    ((4, 1), (const(R()) * X) ** (R(4, 2) @ R(4, 1)))
    """

    learner: Learner

    def __repr__(self) -> str:
        return f"to_machine({self.learner.code()})"

    @property
    def state(self) -> Object:
        """The object S ⊗ P."""
        return self.learner.state

    def readout(self, state: tuple) -> Readout:
        """The lens that the machine is at a state."""
        return Readout(self.learner, state)

    def update(self, state: tuple, examples: tuple) -> tuple:
        """The transition, `(state, (xs, ys)) → state`."""
        return self.learner.pure_step(state, examples)[0]

    def coalgebra(self, batch_size: int) -> Coalgebra:
        """The machine as a coalgebra of `Mealy(Aⁿ ⊗ Tⁿ, L)`: it says the loss, and goes to the next state.

        Its structure is the backward arrow of the learner's `composite(n)`. Raises TypingError for an empty batch, and for a
        model that reads a context which is left open.
        """
        if not is_whole(batch_size, least=1):
            raise TypingError(f"a batch has a whole number of examples ≥ 1, not {batch_size!r}.")
        if left_open(self.learner.inputs):
            raise TypingError(f"{short(self.learner.model)} reads a context that is left open: say which, by catlearn.within.")
        inputs = with_axis(self.learner.inputs @ self.learner.loss.param, batch_size)
        step = identity(inputs @ self.state) >> function(_Step(self.learner), arity=len(inputs @ self.state))
        return Coalgebra(Mealy(inputs, step.cod[:1]), self.state, step)


@dataclass(frozen=True, repr=False)
class Readout(Shown):
    """The lens φ of a learner at a state: called on inputs it predicts, with the parameters that its optimiser shows."""

    learner: Learner
    state: tuple

    def __repr__(self) -> str:
        return f"<the lens of {self.learner.code()} at a state>"

    def __call__(self, xs: Any) -> Any:
        """What the model says of a batch. Raises ArgumentError for a batch that does not fit, and for a model without inputs."""
        learner = self.learner.bound(self._inputs(xs))
        leaves = jax.tree.leaves(xs)
        if not leaves:
            raise ArgumentError("a batch of no inputs has no size: give an array with the examples on the first axis.")
        seen = reverse(batch(learner.arrow, leaves[0].shape[0])).reparameterise(learner.attached)
        return seen.forward(self.state, *self._inputs(xs))[0]

    def _inputs(self, xs: Any) -> tuple:
        return tuple(xs) if len(self.learner.inputs) > 1 else (xs,)

    def request(self, xs: Any, ys: Any) -> Any:
        """What comes back on the inputs for these targets: the changes of inputs that the loss asks for, as gradients."""
        size, inputs, targets = self.learner.unpacked((xs, ys))
        lens = self.learner.bound(inputs).composite(size)
        _, residual = lens.forward((*self.state, *targets), *inputs)
        return lens.backward(residual)[1]


@dataclass(frozen=True)
class _Step:
    """A learner's step as a function of wires: `(Aⁿ ⊗ Tⁿ) ⊗ (S ⊗ P) → L ⊗ (S ⊗ P)`."""

    learner: Learner

    __name__ = "step"

    def __call__(self, *values: Any) -> tuple:
        a, t = len(self.learner.inputs), len(self.learner.loss.param)
        examples = pack(values[:a]), pack(values[a : a + t])
        state, metrics = self.learner.pure_step(tuple(values[a + t :]), examples)
        return metrics["loss"], *state


def to_machine(learner: Learner) -> Machine:
    """The machine of a `catlearn.supervised` learner. Raises TypingError for anything else.

    >>> import catlearn as cl
    >>> to_machine(cl.supervised(cl.R(2) >> cl.bias(), cl.quadratic, cl.momentum(0.1))).state
    R(2) @ R(2)
    """
    if not isinstance(learner, Learner):
        raise TypingError(f"to_machine takes a learner, such as catlearn.supervised(model, loss, optimiser), got {learner!r}.")
    return Machine(learner)
