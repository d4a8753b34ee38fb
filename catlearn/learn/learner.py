"""The learner: model, loss and cap composed, reparameterised along an optimiser. Its backward arrow is the training step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from inspect import signature
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.batch import batch, with_axis
from catlearn.categories.cokleisli import inference
from catlearn.categories.function import parameter
from catlearn.categories.lens import Lens, Optic, forward_of, pair
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Map, Smooth, change, changed, changing, inspect
from catlearn.core.diagram import Box, Diagram, identity, wiring
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.family import Family
from catlearn.core.shown import Shown
from catlearn.core.text import short
from catlearn.core.values import pack, values_of
from catlearn.core.wires import I, Object, count
from catlearn.learn.context import Drawing, bound, data_of, keys_of, of_smooth, trained
from catlearn.learn.fit import fit
from catlearn.learn.losses import Loss
from catlearn.learn.metrics import Metric
from catlearn.learn.optimiser import Optimiser
from catlearn.nets.function import add, mean, weighted_mean

SMALL = 2**16  # bytes of a state whose steps are so short that going round the loop costs a fifth of them


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
class Learner(Shown):
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
    regulariser: Diagram | None = None

    # the diagram

    def composite(self, size: int) -> Diagram:
        """The closed diagram: `judged` reparameterised along the optimiser. Type: `(Aⁿ, Aⁿ') → (L, I) ⊗ (Bⁿ, I)`, with
        parameters `(S ⊗ P, S ⊗ P) ⊗ (Tⁿ, Tⁿ')`: the loss and the predictions can be read."""
        open_lens = self.judged(size)
        targets = identity(open_lens.param[len(self.arrow.param) :])
        return open_lens.reparameterise(self.attached @ targets)

    def judged(self, size: int) -> Diagram:
        """The same with the parameters of the model themselves, `(P, P') ⊗ (Tⁿ, Tⁿ')`:
        `reverse(batch(model)) >> observe >> (reverse(batch(loss) >> mean) >> cap)`, and the regulariser's loss added."""
        seen = reverse(batch(self.arrow, size)) >> observe
        judge = reverse(batch(self.loss, size) >> (weighted_mean if self.weighs else mean))
        rest = seen.cod[len(self.model.cod) :]
        if self.regulariser is None:
            return seen >> ((judge >> self.cap) @ rest)
        priced = reverse(identity(I) >> parameter(self.model.param) >> self.regulariser)
        both = seen >> (((judge @ priced) >> reverse(add) >> self.cap) @ rest)
        k, n, m = self._keys, len(self.model.param), len(both.param) - len(self.model.param)
        return both.reparameterise(wiring(both.param[:m], (*range(m), *range(k, k + n))))

    @cached_property
    def arrow(self) -> Diagram:
        """The model as an arrow of Para(Smooth), `A ⊗ X → B`: contexts that come with the data are inputs, keys parameters."""
        return trained(self.model)

    @cached_property
    def silent(self) -> Learner:
        """The learner of the model without its noise: what evaluates and predicts."""
        return replace(self, model=inference(self.model))

    @property
    def attached(self) -> Diagram:
        """The lens that parameters are reparameterised along: that of random keys beside the optimiser's."""
        return Drawing().at(keys_of(self.model)) @ self.optimiser.at(self.model.param)

    @property
    def inputs(self) -> Object:
        """What one example brings: the contexts that the model reads, but for keys, and its domain."""
        return data_of(self.model) @ self.model.dom

    @property
    def state(self) -> Object:
        """The object S ⊗ P, each wire under its name; random keys that the model reads stand first."""
        S = forward_of(self.optimiser.at(self.model.param).dom)
        return keys_of(self.model) @ S

    @property
    def _keys(self) -> int:
        return len(keys_of(self.model))

    # states

    def init(self, key: jax.Array) -> tuple:
        """The first state, with parameters drawn with `key`, and the keys that the model reads."""
        if not self._keys:
            return self.start(self.model.init(key))
        first, key = jax.random.split(key)
        return self.start(self.model.init(first), key)

    def start(self, params: tuple, key: jax.Array | None = None) -> tuple:
        """The first state from these parameters, and a key where the model reads one. Raises ArgumentError without it."""
        params = values_of(self.model.param, tuple(params), self.model, "parameters")
        params = jax.tree.map(jnp.array, params)
        return (*self._drawn(key), *self._known.begin(changing(self.model.param, params)), *params)

    def _drawn(self, key: jax.Array | None) -> tuple:
        K = keys_of(self.model)
        if not len(K):
            return ()
        if key is None:
            raise ArgumentError(f"{short(self.model)} reads a random key: give one, as start(params, jax.random.key(0)).")
        return values_of(K, tuple(jax.random.split(key, len(K))), self.model, "keys")

    def params(self, state: tuple) -> tuple:
        """The parameters to use at a state: those that the optimiser shows the model, or an average that it keeps."""
        P, k, n = self.model.param, self._keys, len(state) - len(self.model.param)
        return changed(P, state[n:], self._known.deployed(state[k:n], changing(P, state[n:])))

    @property
    def _known(self) -> Optimiser:
        return self.optimiser.knowing(change(self.model.param))

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
        lens = self.bound(xs).composite(size)
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
            return jax.lax.scan(step, state, indices, unroll=3 if self.state.bytes < SMALL else 1)

        return jax.jit(epoch)

    @cached_property
    def evaluate(self) -> Callable[[tuple, tuple], dict[str, jax.Array]]:
        """Metrics of a state on a batch, `(state, (xs, ys)) → metrics`: the forward arrow of `judged`, compiled."""
        return jax.jit(self._evaluate)

    def _evaluate(self, state: tuple, examples: tuple) -> dict[str, jax.Array]:
        size, xs, ys = self.unpacked(examples)
        (loss, *predictions), _ = self.silent.bound(xs).judged(size).forward((*self.params(state), *ys), *xs)
        return self._measured(loss, predictions, ys)

    def _measured(self, loss: jax.Array, predictions: list, ys: tuple) -> dict[str, jax.Array]:
        judged = (pack(predictions), pack(ys[:-1]), ys[-1]) if self.weighs else (pack(predictions), pack(ys))
        return {"loss": loss, **{name: _scalar(name, metric(*judged)) for name, metric in self.metrics}}

    def predict(self, state: tuple, xs: Any) -> Any:
        """What the model says of a batch, with the parameters that it sees at this state. Compiled. Empty batches are fine."""
        return self._predict(state, xs)

    @cached_property
    def _predict(self) -> Callable:
        def predict(state: tuple, xs: Any) -> Any:
            inputs = self._wires(xs, self.inputs, "inputs")
            if not inputs:
                return inference(self.model)(self.params(state))
            return batch(self.silent.bound(inputs).arrow, self._size(inputs))(self.params(state), *inputs)

        return jax.jit(predict)

    fit = fit  # its first argument is the learner

    # batches

    def unpacked(self, examples: tuple) -> tuple[int, tuple, tuple]:
        """The size of a batch, its inputs and its targets, one for each wire. Raises ArgumentError for an empty batch."""
        if not isinstance(examples, tuple | list) or len(examples) != 2:
            raise ArgumentError(f"a batch is a pair (xs, ys), got {type(examples).__name__} of {_length(examples)}.")
        xs, ys = self._wires(examples[0], self.inputs, "inputs"), self._wires(examples[1], self.loss.param, "targets")
        size = self._size(xs + ys)
        if size == 0:
            raise ArgumentError("a batch of no examples has no mean loss; give at least one.")
        values_of(with_axis(self.bound(xs).inputs, size), xs, self.model, "inputs")
        values_of(with_axis(self.loss.param, size), ys, f"{_untyped(self.loss)} after {short(self.model)}", "targets")
        return size, xs, ys

    @property
    def weighs(self) -> bool:
        """Whether targets come with weights: the loss then gives a sum and its weight."""
        return len(self.loss.cod) > 1

    def weigh(self, examples: tuple) -> float:
        """How much a batch counts in the mean of an epoch: its number of examples, or the sum of their weights."""
        return float(jnp.sum(examples[1][-1])) if self.weighs else self._size(tuple(jax.tree.leaves(examples)))

    def check_data(self, examples: tuple) -> int:
        """How many examples a pair of arrays has. Raises ArgumentError where they, or the values of the targets, can't be."""
        size, xs, ys = self.unpacked(examples)
        inspect(self.silent.bound(xs).arrow, xs)
        judges = [part for part in self.loss.parts if isinstance(part.op, Loss)]
        if judges:
            judges[-1].op.check_targets(judges[-1].dom, ys)
        return size

    def bound(self, xs: tuple) -> Learner:
        """The same learner with a context that was left open, such as a graph with any number of edges, as it is in these inputs.
        Raises ContextError where they are no such context."""
        model = bound(self.model, xs[: len(data_of(self.model))])
        return self if model == self.model else replace(self, model=model)

    def _wires(self, values: Any, A: Object, what: str) -> tuple:
        if len(A) == 1:
            return (values,)
        values = () if values is None else values
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

    def code(self) -> str:
        """The code that makes the learner."""
        parts = [f"model={self.model.code()}", f"loss={_untyped(self.loss)}", f"optimiser={self.optimiser!r}"]
        parts += [f"regulariser={_untyped(self.regulariser)}"] if self.regulariser is not None else []
        parts += [f"cap={self.cap.alpha}"] if self.cap != Cap() else []
        return f"supervised({', '.join(parts)})"

    def __repr__(self) -> str:
        return f"{self.code()}\n# {self.model.summary}"


def _untyped(f: Diagram) -> str:
    """The code of an arrow without its domain."""
    return f.op.__repr__() if f.op is not None else " >> ".join(part.code(False) for part in f.parts)


def _scalar(name: str, value: Any) -> Any:
    if jnp.shape(value) != ():
        raise ArgumentError(f"the metric {name!r} must give a number for a batch, got an array of shape {jnp.shape(value)}.")
    return value


def _length(value: Any) -> str:
    return f"length {len(value)}" if hasattr(value, "__len__") else "no length"


def _check_weighted(metrics: Mapping[str, Metric]) -> None:
    for name, metric in metrics.items():
        try:
            signature(metric).bind(None, None, None)
        except TypeError as error:
            raise TypingError(
                f"the metric {name!r} meets a weighted loss, so it takes (predictions, targets, weights): {error}."
            ) from error


RESERVED = ("loss", "epoch", "seconds")


def supervised(
    model: Diagram,
    loss: Family,
    optimiser: Optimiser,
    *,
    cap: Cap | float | Callable = 1.0,
    metrics: Mapping[str, Metric] | None = None,
    regulariser: Family | Diagram | None = None,
) -> Learner:
    """The learner of a model `A ⊗ P → B`, a loss `B ⊗ T → L` and an optimiser.

    `metrics` maps names to functions of `(predictions, targets)` of a batch, such as `{"accuracy": catlearn.accuracy}`.
    `cap` is the learning-rate cap, or its α. `regulariser` is an arrow `P → R()`, such as `catlearn.l2(1e-4)`, whose
    value is added to the loss. Raises TypingError where the model has no domain yet, the loss does not take its codomain
    or give a scalar, or an argument is of another kind.

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
    model = of_smooth(model)
    judged = identity(model.cod) >> loss
    if [struct.shape for struct in judged.cod.structs] not in ([()], [(), ()]):
        raise TypingError(f"{loss!r} at {model.cod} gives {judged.cod}; a loss gives one scalar, or a sum and its weight.")
    if not all(jnp.issubdtype(struct.dtype, jnp.floating) for struct in judged.cod.structs):
        raise TypingError(f"{loss!r} at {model.cod} gives {judged.cod}, which has no gradient; a loss is a real float.")
    if len(judged.cod) > 1:
        _check_weighted(metrics or {})
    optimiser.at(model.param)
    priced = None if regulariser is None else identity(model.param) >> regulariser
    if priced is not None and ([struct.shape for struct in priced.cod.structs] != [()] or priced.param.wires):
        given = f"{priced.cod}" + (f", with parameters {priced.param}" if priced.param.wires else "")
        raise TypingError(f"{regulariser!r} at the parameters {model.param} gives {given}; a regulariser gives one scalar.")
    taken = [name for name in metrics or {} if name in RESERVED or name.startswith("validation_")]
    if taken:
        raise TypingError(f"a metric can't be called {taken[0]!r}: histories have that column already.")
    closed = cap if isinstance(cap, Cap) else Cap(cap)
    return Learner(model, judged, optimiser, closed, tuple((metrics or {}).items()), priced)
