"""What an optimiser is: a lens `(S ⊗ P, S ⊗ P) → (P, P')`, attached to a model by reparameterisation; and how they compose.

`get` gives the parameters that the model sees, `put` takes the gradient that came back on them. Here the gradient is
raw and the rate stands in the optimiser; the cap carries the sign. S has a label on each wire, for files and tables.
Source: arXiv 2103.01931, §3.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catlearn.categories.lens import Lens, Optic, backward_of, forward_of, pair
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Map, Smooth, change, changed, changing
from catlearn.core.diagram import Box
from catlearn.core.errors import CompositionError
from catlearn.core.paths import distinct
from catlearn.core.shown import Shown
from catlearn.core.text import call_code
from catlearn.core.wires import I, Object


class Stateful(Shown):
    """What optimisers and transformations of gradients share: a state for each object of parameters, and a `get`.

    p and g are tuples of pytrees, the parts of the parameters that can change. Parameters of integers, booleans and keys
    stay as they are. What depends on the names of parameters is decided by `knowing(P)`, before anything else is asked.
    """

    def knowing(self, P: Object) -> Any:
        """The same, with what depends on the names of these parameters decided."""
        return self

    def state(self, P: Object) -> Object:
        """The object S for parameters P."""
        return I

    def begin(self, p: tuple) -> tuple:
        """The first state."""
        return ()

    def get(self, s: tuple, p: tuple) -> tuple:
        """The parameters that the model sees. Type: `S ⊗ P → P`."""
        return p

    def stored(self, s: tuple, seen: tuple) -> tuple:
        """The inverse of `get` at a state: the parameters that show themselves to the model as `seen`."""
        return seen

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        raise NotImplementedError

    def at(self, P: Object) -> Box:
        raise NotImplementedError

    @property
    def name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return call_code(self.name, self, called=True)


class Optimiser(Stateful):
    """A lens `(S ⊗ P, S ⊗ P) → (P, P')` for each object of parameters: what `at` gives.

    A subclass says what its state is and gives `put(s, p, g) → (s⁺, p⁺)`, and `get` (with its inverse `stored`) where the
    model is to see other parameters than the stored ones. `optimiser >> transformation` composes the lenses: gradients
    meet the transformation first.
    """

    def deployed(self, s: tuple, p: tuple) -> tuple:
        """The parameters to use once trained: those that the model sees, or an average that the optimiser keeps."""
        return self.get(s, p)

    def at(self, P: Object) -> Box:
        """The lens at these parameters, an arrow of Lens(Smooth): the 2-cell to reparameterise a model's lens along."""
        known = self.knowing(change(P))
        whole = distinct(known.state(change(P))) @ P
        return Box(Attached(known, P), pair(Smooth, whole, whole, "state"), reverse(P))

    def then(self, other: Any) -> Optimiser:
        """`f >> g` for a transformation g of gradients. Type: `(S₁ ⊗ P, S₁ ⊗ P) → (P, P') → (P, P')`, with state S₁ ⊗ S₂."""
        if not isinstance(other, Transformation):
            raise CompositionError(f"{other!r} can't follow {self!r}: after an optimiser stand transformations of gradients.")
        return Then(self, other)

    def __rshift__(self, other: Any) -> Optimiser:
        return self.then(other)


class Transformation(Stateful):
    """A lens `(S ⊗ P, S ⊗ P') → (P, P')` for each object of parameters: gradients are changed on their way to an optimiser.

    A subclass gives `put(s, p, g) → (s⁺, g⁺)`, where p are the parameters that the model sees.
    """

    def __rshift__(self, other: Any) -> Any:
        raise CompositionError(f"{self!r} changes gradients on their way to an optimiser: write optimiser >> {self!r} first.")

    def at(self, P: Object) -> Box:
        """The lens at these parameters."""
        known = self.knowing(change(P))
        S = known.state(change(P))
        return Box(Attached(known, P), pair(Smooth, S @ P, S @ change(P), "state"), reverse(P))


@dataclass(frozen=True, repr=False)
class Then(Optimiser):
    """The composite of an optimiser and a transformation."""

    first: Optimiser
    second: Transformation

    def knowing(self, P: Object) -> Then:
        return Then(self.first.knowing(P), self.second.knowing(P))

    def state(self, P: Object) -> Object:
        return self.first.state(P) @ self.second.state(P)

    def begin(self, p: tuple) -> tuple:
        return (*self.first.begin(p), *self.second.begin(p))

    def _states(self, s: tuple, p: tuple) -> tuple[tuple, tuple]:
        n = len(self.second.begin(p))
        return s[: len(s) - n], s[len(s) - n :]

    def get(self, s: tuple, p: tuple) -> tuple:
        s, t = self._states(s, p)
        return self.second.get(t, self.first.get(s, p))

    def stored(self, s: tuple, seen: tuple) -> tuple:
        s, t = self._states(s, seen)
        return self.first.stored(s, self.second.stored(t, seen))

    def put(self, s: tuple, p: tuple, g: tuple) -> tuple[tuple, tuple]:
        s, t = self._states(s, p)
        t, g = self.second.put(t, self.first.get(s, p), g)
        s, p = self.first.put(s, p, g)
        return (*s, *t), p

    def deployed(self, s: tuple, p: tuple) -> tuple:
        return self.first.deployed(self._states(s, p)[0], p)

    def __repr__(self) -> str:
        return f"{self.first!r} >> {self.second!r}"


@dataclass(frozen=True)
class Attached:
    """The operation of an optimiser's lens, or of a transformation's, at an object of parameters."""

    known: Any
    P: Object

    category = Lens(Smooth)

    @property
    def name(self) -> str:
        return self.known.name

    def optic(self, box: Box) -> Optic:
        """Residual S ⊗ P: what put needs of the past is the stored state, not what get showed the model."""
        known, P, n = self.known, self.P, len(self.known.state(change(self.P)))
        whole, closes = forward_of(box.dom), isinstance(self.known, Optimiser)

        def fwd(values: tuple) -> tuple:
            s, p = values[:n], values[n:]
            return (*values, *changed(P, p, known.get(s, changing(P, p))))

        def bwd(values: tuple) -> tuple:
            s, p, g = values[:n], values[n : len(whole)], values[len(whole) :]
            new_s, new = known.put(s, changing(P, p), g)
            return (*new_s, *(changed(P, p, new) if closes else new))

        back = Map(whole @ backward_of(box.cod), backward_of(box.dom), bwd)
        return Optic(Smooth, box.dom, box.cod, whole, Map(whole, whole @ P, fwd), back)

    def __repr__(self) -> str:
        return f"{self.known!r}.at({self.P})"
