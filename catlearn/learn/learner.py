"""The learner: model, loss and cap composed, reparameterised along an optimiser. Its backward arrow is the training step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.batch import batch, with_axis
from catlearn.categories.lens import Lens, Optic, forward_of, pair
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Map, Smooth, change, changing
from catlearn.core.diagram import Box, Diagram, identity
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.family import Family
from catlearn.core.text import short
from catlearn.core.values import pack, unpacked, values_of
from catlearn.core.wires import I, Object, count
from catlearn.learn.fit import fit
from catlearn.learn.losses import Loss
from catlearn.learn.metrics import Metric
from catlearn.learn.optimisers import Optimiser
from catlearn.nets.function import mean


class LensLayer(Family):
    """A family of boxes of Lens(Smooth) that subclasses give by `codomain(dom)` and `optic(box)`."""

    category = Lens(Smooth)

    def codomain(self, dom: Object) -> Object:
        raise NotImplementedError

    def resolve(self, dom: Object) -> Diagram:
        return Box(self, dom, self.codomain(dom))


@dataclass(frozen=True, repr=False)
class Cap(LensLayer):
    """The learning-rate cap: closes L' with `α : L → L'`, a constant or a function, and lets the loss be read.

    Type: `(L, L') → (L, I)`. α = 1 gives raw gradients, which optimisers here descend; α = −1 ascends; `α(l) = l` descends ½l².
    Source: arXiv 2103.01931, §3.3 (there `(L, L') → (I, I)`, this one followed by a discard).

    >>> cap(-1.0)
    cap(alpha=-1.0)
    """

    alpha: float | Callable = 1.0

    name = "cap"

    def codomain(self, dom: Object) -> Object:
        return pair(Smooth, forward_of(dom), I)

    def optic(self, box: Box) -> Optic:
        L, alpha = forward_of(box.dom), self.alpha

        def bwd(kept: tuple) -> tuple:
            return tuple(jnp.broadcast_to(_at(alpha, loss).astype(loss.dtype), loss.shape) for loss in kept)

        return Optic(Smooth, box.dom, box.cod, L, Map(L, L @ L, lambda xs: xs + xs), Map(L, L, bwd))


def _at(alpha: float | Callable, loss: jax.Array) -> jax.Array:
    return jnp.asarray(alpha(loss) if callable(alpha) else alpha)


cap = Cap


@dataclass(frozen=True, repr=False)
class _Observe(LensLayer):
    """Let a value be read on its way. Type: `(B, B') → (B, B') ⊗ (B, I)`."""

    name = "observe"
    called = False

    def codomain(self, dom: Object) -> Object:
        return dom @ pair(Smooth, forward_of(dom), I)

    def optic(self, box: Box) -> Optic:
        B, back = forward_of(box.dom), change(forward_of(box.dom))
        return Optic(Smooth, box.dom, box.cod, I, Map(B, B @ B, lambda xs: xs + xs), Map(back, back, lambda ys: ys))


observe = _Observe()


@dataclass(frozen=True)
class Learner:
    """A supervised learner `A → I` of Para(Lens(Smooth)), with parameters `(S ⊗ P, S ⊗ P) ⊗ (T, T')`.

    `composite(n)` is the diagram for batches of n examples, and `step` its backward arrow. A state is a tuple with an
    array (or pytree) for each wire of S ⊗ P; a batch is `(xs, ys)`, with a leading axis for the examples.
    Source: arXiv 2103.01931, §4.

    >>> import catlearn as cl
    >>> learner = supervised(cl.R(2) >> cl.dense(3), cl.softmax_cross_entropy, cl.momentum(0.1))
    >>> learner.state.labels
    ('momentum.kernel', 'momentum.bias', 'kernel', 'bias')
    """

    model: Diagram
    loss: Diagram
    optimiser: Optimiser
    cap: Cap
    metrics: tuple[tuple[str, Metric], ...] = ()

    # the diagram

    def composite(self, size: int) -> Diagram:
        """The closed diagram: `reverse(batch(model)) >> observe >> (reverse(batch(loss) >> mean) >> cap)`, reparameterised
        along the optimiser. Type: `(Aⁿ, Aⁿ') → (L, I) ⊗ (Bⁿ, I)`: the loss and the predictions can be read."""
        model = reverse(batch(self.model, size))
        judge = reverse(batch(self.loss, size) >> mean) >> self.cap
        seen = model >> observe
        open_lens = seen >> (judge @ seen.cod[len(model.cod) :])
        targets = identity(open_lens.param[len(model.param) :])
        return open_lens.reparameterise(self.optimiser.at(self.model.param) @ targets)

    @property
    def state(self) -> Object:
        """The object S ⊗ P, each wire under its name."""
        return forward_of(self.optimiser.at(self.model.param).dom)

    # states

    def init(self, key: jax.Array) -> tuple:
        """The first state, with parameters drawn with `key`."""
        return self.start(self.model.init(key))

    def start(self, params: tuple) -> tuple:
        """The first state from these parameters."""
        params = values_of(self.model.param, tuple(params), self.model, "parameters")
        params = jax.tree.map(jnp.array, params)
        return (*self.optimiser.begin(changing(self.model.param, params)), *params)

    def params(self, state: tuple) -> tuple:
        """The parameters that the model sees at a state: the forward arrow of the optimiser's lens."""
        return _seen(self, state)

    # arrows

    @cached_property
    def step(self) -> Callable[[tuple, tuple], tuple[tuple, dict[str, jax.Array]]]:
        """One step of training, `(state, (xs, ys)) → (state, metrics)`: compiled, and it gives the memory of its state away.

        Metrics are of the parameters before the step: `loss`, the mean over the batch, and the learner's own.
        Raises ArgumentError while tracing where the batch does not fit the model.
        """
        return jax.jit(self.pure_step, donate_argnums=0)

    def pure_step(self, state: tuple, examples: tuple) -> tuple[tuple, dict[str, jax.Array]]:
        """`step` as a plain function, for transformations of your own."""
        size, xs, ys = self.unpacked(examples)
        lens = self.composite(size)
        (loss, *predictions), residual = lens.forward((*state, *ys), *xs)
        back, _ = lens.backward(residual)
        return back[: len(state)], self._measured(loss, predictions, ys)

    @cached_property
    def epoch(self) -> Callable[[tuple, Any, Any, Any], tuple[tuple, dict[str, jax.Array]]]:
        """The step unfolded over a whole epoch, `(state, xs, ys, indices) → (state, metrics)`: one compiled `lax.scan`.

        Row i of `indices`, shape `(steps, batch size)`, chooses the examples of step i; metrics have an entry for each step.
        """

        def epoch(state: tuple, xs: Any, ys: Any, indices: jax.Array) -> tuple[tuple, dict[str, jax.Array]]:
            step = lambda state, row: self.pure_step(state, jax.tree.map(lambda array: array[row], (xs, ys)))  # noqa: E731
            return jax.lax.scan(step, state, indices)

        return jax.jit(epoch)

    @cached_property
    def evaluate(self) -> Callable[[tuple, tuple], dict[str, jax.Array]]:
        """Metrics of a state on a batch, `(state, (xs, ys)) → metrics`: the forward arrow of the composite, compiled."""
        return jax.jit(self._evaluate)

    def _evaluate(self, state: tuple, examples: tuple) -> dict[str, jax.Array]:
        size, xs, ys = self.unpacked(examples)
        (loss, *predictions), _ = self.composite(size).forward((*state, *ys), *xs)
        return self._measured(loss, predictions, ys)

    def _measured(self, loss: jax.Array, predictions: list, ys: tuple) -> dict[str, jax.Array]:
        judged = pack(predictions), pack(ys)
        return {"loss": loss, **{name: _scalar(name, metric(*judged)) for name, metric in self.metrics}}

    def predict(self, state: tuple, xs: Any) -> Any:
        """What the model says of a batch, with the parameters that it sees at this state. Compiled. Empty batches are fine."""
        return self._predict(state, xs)

    @cached_property
    def _predict(self) -> Callable:
        def predict(state: tuple, xs: Any) -> Any:
            inputs = self._wires(xs, self.model.dom, "inputs")
            return batch(self.model, self._size(inputs))(_seen(self, state), *inputs)

        return jax.jit(predict)

    fit = fit  # its first argument is the learner

    # batches

    def unpacked(self, examples: tuple) -> tuple[int, tuple, tuple]:
        """The size of a batch, its inputs and its targets, one for each wire. Raises ArgumentError for an empty batch."""
        if not isinstance(examples, tuple | list) or len(examples) != 2:
            raise ArgumentError(f"a batch is a pair (xs, ys), got {type(examples).__name__} of {_length(examples)}.")
        xs, ys = self._wires(examples[0], self.model.dom, "inputs"), self._wires(examples[1], self.loss.param, "targets")
        size = self._size(xs + ys)
        if size == 0:
            raise ArgumentError("a batch of no examples has no mean loss; give at least one.")
        values_of(with_axis(self.model.dom, size), xs, self.model, "inputs")
        values_of(with_axis(self.loss.param, size), ys, f"{self.loss.op!r} after {short(self.model)}", "targets")
        return size, xs, ys

    def check_data(self, examples: tuple) -> int:
        """How many examples a pair of arrays has. Raises ArgumentError where they, or the values of the targets, can't be."""
        size, _, ys = self.unpacked(examples)
        if isinstance(self.loss.op, Loss):
            self.loss.op.check_targets(self.loss.dom, ys)
        return size

    def _wires(self, values: Any, A: Object, what: str) -> tuple:
        if len(A) == 1:
            return (values,)
        if not isinstance(values, tuple | list) or len(values) != len(A):
            raise ArgumentError(f"{short(self.model)} takes {count(len(A), 'wire')} of {what} ({A}): give a tuple of as many.")
        return tuple(values)

    def _size(self, values: tuple) -> int:
        shapes = [jnp.shape(leaf) for leaf in jax.tree.leaves(values)]
        sizes = {shape[:1] for shape in shapes}
        if len(sizes) != 1 or () in sizes:
            shown = ", ".join(map(str, shapes[:4])) + ", …" * (len(shapes) > 4)
            raise ArgumentError(
                f"every array of a batch has the examples on its first axis, as many as the others; got shapes {shown}."
            )
        return shapes[0][0]

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __repr__(self) -> str:
        parts = [f"model={self.model.code()}", f"loss={self.loss.op!r}", f"optimiser={self.optimiser!r}"]
        return f"supervised({', '.join(parts)})\n# {self.model.summary}"


def _seen(learner: Learner, state: tuple) -> tuple:
    out, _ = learner.optimiser.at(learner.model.param).forward((), *state)
    return unpacked(out, len(learner.model.param))


def _scalar(name: str, value: Any) -> Any:
    if jnp.shape(value) != ():
        raise ArgumentError(f"the metric {name!r} must give a number for a batch, got an array of shape {jnp.shape(value)}.")
    return value


def _length(value: Any) -> str:
    return f"length {len(value)}" if hasattr(value, "__len__") else "no length"


RESERVED = ("loss", "epoch", "seconds")


def supervised(
    model: Diagram,
    loss: Family,
    optimiser: Optimiser,
    *,
    cap: Cap | float | Callable = 1.0,
    metrics: Mapping[str, Metric] | None = None,
) -> Learner:
    """The learner of a model `A ⊗ P → B`, a loss `B ⊗ T → L` and an optimiser.

    `metrics` maps names to functions of `(predictions, targets)` of a batch, such as `{"accuracy": catlearn.accuracy}`.
    `cap` is the learning-rate cap, or its α. Raises TypingError where the model has no domain yet, the loss does not
    take its codomain or give a scalar, or an argument is of another kind.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> learner = cl.supervised(cl.R(2) >> cl.dense(3), cl.softmax_cross_entropy, cl.descent(0.1))
    >>> state, metrics = learner.step(learner.init(jax.random.key(0)), (jnp.ones((4, 2)), jnp.zeros(4, int)))
    >>> sorted(metrics)
    ['loss']
    """
    if isinstance(model, Family):
        raise TypingError(f"{model!r} has no domain yet: put an object before it, as in R(64) >> model.")
    if not isinstance(optimiser, Optimiser):
        raise TypingError(f"the optimiser must be a lens such as catlearn.descent(0.1), got {optimiser!r}.")
    judged = identity(model.cod) >> loss
    if [struct.shape for struct in judged.cod.structs] != [()]:
        raise TypingError(f"{loss!r} at {model.cod} gives {judged.cod}; a loss gives one scalar.")
    taken = [name for name in metrics or {} if name in RESERVED or name.startswith("validation_")]
    if taken:
        raise TypingError(f"a metric can't be called {taken[0]!r}: histories have that column already.")
    closed = cap if isinstance(cap, Cap) else Cap(cap)
    return Learner(model, judged, optimiser, closed, tuple((metrics or {}).items()))
