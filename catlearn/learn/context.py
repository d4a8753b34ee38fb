"""What a learner makes of a model that reads contexts: those of the data are inputs, and random keys are state that is split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from catlearn.categories.cokleisli import CoKl, context_of, is_silent, underlying, within
from catlearn.categories.comonoid import spread
from catlearn.categories.function import parameter
from catlearn.categories.lens import Lens, Optic, forward_of, pair
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Map, Smooth, change
from catlearn.core.diagram import Box, Diagram, identity
from catlearn.core.wires import I, Object, object_of


def data_of(model: Diagram) -> Object:
    """The contexts that come with each example: all but random keys."""
    return Object(tuple(wire for wire in context_of(model).wires if not is_silent(wire)))


def keys_of(model: Diagram) -> Object:
    """The random keys that a model reads, `I` for one that reads none."""
    return Object(tuple(wire for wire in context_of(model).wires if is_silent(wire)))


def of_smooth(model: Diagram) -> Diagram:
    """The arrow of Smooth that a model without contexts is, such as an intertwiner; a model that reads some as it is."""
    return model if context_of(model).wires else underlying(model)


def trained(model: Diagram) -> Diagram:
    """The arrow that is trained: contexts of the data are inputs, random keys are parameters before the model's own.

    Type: `(A ⊗ K ⊗ X ⊗ P → Y) ↦ (A ⊗ X) ⊗ (K ⊗ P) → Y`, an arrow of Para(Smooth); a model of Smooth is that itself.

    >>> import catlearn as cl
    >>> trained(cl.R(3) >> cl.dropout(0.5) >> cl.dense(2)).param.labels
    ('key', '1.dense.kernel', '1.dense.bias')
    """
    if not isinstance(model.category, CoKl):
        return model
    A, K = data_of(model), keys_of(model)
    if not len(K):
        return underlying(model)
    whole, P = A @ (identity(I) >> parameter(K)) @ model.dom >> underlying(model), K @ model.param
    return whole if whole.param.labels == P.labels else whole.reparameterise(identity(P))


def bound(model: Diagram, values: tuple) -> Diagram:
    """The model at the types of these values of contexts, which have a leading axis for the examples. Raises ContextError."""
    A = data_of(model)
    one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), values)
    return within(model, object_of(one).named(*A.labels)) if len(A) else model


@dataclass(frozen=True)
class Drawing:
    """The lens `(K, K) → (K, I)` of a random key: `get` gives one to use, `put` one to keep. It is half the comultiplication of
    keys each way, so that no key is used twice; and a learner's keys are parameters with this for their optimiser.

    >>> from catlearn.categories.comonoid import KEY
    >>> Drawing().at(KEY).cod
    Pair(R(dtype='key<fry>'), I)
    """

    category = Lens(Smooth)
    name = "draw"

    def at(self, K: Object) -> Diagram:
        """The lens at these keys, `identity(I)` at none."""
        return Box(self, pair(Smooth, K, K, "state"), reverse(K)) if len(K) else identity(I)

    def optic(self, box: Box) -> Optic:
        K = forward_of(box.dom)

        def fwd(keys: tuple) -> tuple:
            many = [spread(key, 2) for key in keys]
            return (*(_part(m, 0) for m in many), *(_part(m, 1) for m in many))

        return Optic(Smooth, box.dom, box.cod, K, Map(K, K @ K, fwd), Map(K @ change(K), K, lambda kept: kept[: len(K)]))

    def __repr__(self) -> str:
        return "draw()"


def _part(many: Any, i: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[i], many)
