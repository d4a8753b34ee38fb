"""Optax transformations as lenses, and lenses as optax transformations.

A transformation is a lens with S its state, `get = π_P` and `put((s, p), g) = (s⁺, p + u)` for `(u, s⁺) = update(g, s, p)`.
A lens becomes a transformation by the shear `φ(s, p) = (s, get(s, p))`, an isomorphism of S ⊗ P which makes its get trivial.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import optax

from catlearn.categories.smooth import change, changed, changing, zeros_of
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object, Wire, wire
from catlearn.learn.optimiser import Optimiser


@dataclass(frozen=True, repr=False)
class from_optax(Optimiser):
    """Any optax transformation as an optimiser's lens. S is one wire with the transformation's own state.

    The transformation meets parameters as a dictionary from paths to values, so its masks can go by name. Raises
    TypingError where `update` asks for more than gradients and parameters (such as the loss: that needs a wider port).

    >>> import catlearn as cl, optax
    >>> model = cl.R(3) >> cl.dense(2)
    >>> learner = cl.supervised(model, cl.quadratic, cl.from_optax(optax.adabelief(1e-3)))
    >>> learner.state.labels
    ('optax', 'kernel', 'bias')
    """

    tx: Any
    paths: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not (hasattr(self.tx, "init") and hasattr(self.tx, "update")):
            raise TypingError(f"from_optax takes an optax transformation, such as optax.adam(1e-3), got {self.tx!r}.")

    def knowing(self, P: Object) -> from_optax:
        known = replace(self, paths=tuple(label or str(i) for i, label in enumerate(P.labels)))
        try:
            jax.eval_shape(lambda p: known.put(known.begin(p), p, p), P.structs)
        except Exception as error:  # whatever a transformation raises is reported as ours
            raise TypingError(f"{self!r} can't be a lens on {P}.\n  {type(error).__name__}: {error}") from error
        return known

    def _named(self, p: tuple) -> dict[str, Any]:
        return dict(zip(self.paths or map(str, range(len(p))), p, strict=True))

    def state(self, P: Object) -> Object:
        return wire(jax.eval_shape(lambda p: self.begin(p)[0], P.structs), "optax")

    def begin(self, p: tuple) -> tuple:
        return (jax.tree.map(jnp.array, self.tx.init(self._named(p))),)  # copies: some begin with the parameters themselves

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        named = self._named(p)
        updates, state = self.tx.update(self._named(g), s[0], named)
        moved: dict[str, Any] = optax.apply_updates(named, updates)  # type: ignore[assignment]
        return (state,), tuple(moved[path] for path in named)

    def __repr__(self) -> str:
        return f"from_optax(<{type(self.tx).__name__}>)"


def to_optax(optimiser: Optimiser) -> optax.GradientTransformation:
    """An optimiser's lens as an optax transformation, in shear normal form: `put₂(s, q, g) = φ(put(φ⁻¹(s, q), g))`.

    Its parameters are those that the model sees (Nesterov's lookahead points), in any pytree; names in the lens are their
    paths, joined with dots. Raises TypingError for anything but an optimiser, and `update` does without parameters.

    >>> import catlearn as cl, jax.numpy as jnp, optax
    >>> tx, p = to_optax(cl.nesterov(0.1)), {"w": jnp.ones(3)}
    >>> updates, state = tx.update({"w": jnp.ones(3)}, tx.init(p), p)
    >>> optax.apply_updates(p, updates)["w"].shape
    (3,)
    """
    if not isinstance(optimiser, Optimiser):
        raise TypingError(f"to_optax takes an optimiser such as catlearn.adam(1e-3), got {optimiser!r}.")

    def init(params: Any) -> tuple:
        P, p = _wires(params)
        return optimiser.knowing(change(P)).begin(changing(P, p))

    def update(updates: Any, state: tuple, params: Any = None) -> tuple[Any, tuple]:
        if params is None:
            raise TypingError("an optimiser of catlearn moves parameters: give them, as tx.update(gradients, state, params).")
        P, seen = _wires(params)
        given = jax.tree.structure(params).flatten_up_to(updates)  # with None for integers, where gradients were filtered
        known, g, q = optimiser.knowing(change(P)), changing(P, given), changing(P, seen)
        state, p = known.put(state, known.stored(state, q), g)
        moves = jax.tree.map(jnp.subtract, known.get(state, p), q)
        return jax.tree.structure(params).unflatten(changed(P, zeros_of(P), moves)), state

    return optax.GradientTransformation(init, update)  # type: ignore[arg-type]


def _wires(params: Any) -> tuple[Object, list]:
    found = jax.tree_util.tree_leaves_with_path(jax.tree.map(jnp.asarray, params))
    paths = [jax.tree_util.keystr(path, simple=True, separator=".") or None for path, _ in found]
    return Object(tuple(Wire.of(leaf, path) for (_, leaf), path in zip(found, paths, strict=True))), [leaf for _, leaf in found]
