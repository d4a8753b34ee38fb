"""Reading a diagram box by box, where parameters are wires among the others, as an arrow with a 2-cell over its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catlearn.categories.function import parameter
from catlearn.categories.smooth import uncurry
from catlearn.core.diagram import Diagram, Wiring, identity, wiring
from catlearn.core.functor import expanded, sum_objects
from catlearn.core.wires import I, Object


def blocks(objects: Sequence[Object], index: Sequence[int]) -> Wiring:
    """The wiring of whole objects: `A₀ ⊗ A₁ ⊗ … → A[index[0]] ⊗ A[index[1]] ⊗ …`."""
    return wiring(sum_objects(objects), expanded([len(A) for A in objects], index))


@dataclass(frozen=True)
class Reading:
    """A diagram from `A ⊗ P`, read up to some box: an arrow `body : A → D` with parameters P', and `above : P → P' ⊗ U` over it.

    `wires` are those that are open: each is of D, or of U, where it was made of parameters alone.
    """

    body: Diagram
    above: Diagram
    wires: tuple[tuple[bool, Object], ...]  # whether it is of U

    def box(self, f: Diagram, cod: Sequence[Object], at: int, n: int, own: int, upper: bool) -> Reading:
        """Read on, over a box on n wires from `at` on, the last `own` of them its parameters; into U if it can be, and may."""
        data, params = range(at, at + n - own), range(at + n - own, at + n)
        if upper and not f.param.wires and all(self.wires[i][0] for i in data):
            return replace(self, above=self.above >> self._beside(f, True, at, n), wires=self._replaced(at, n, True, cod))
        below = self._lowered(data)
        if not own:
            taken = below._given(f.param)
        elif all(self.wires[i][0] for i in params):
            taken = below._taken(params)
        else:
            f, taken, own = uncurry(f), below._lowered(params), 0
        body = taken.body >> taken._beside(f, False, at, n - own)
        return replace(taken, body=body, wires=taken._replaced(at, n - own, False, cod))

    def crossed(self, at: int) -> Reading:
        """Read on, over the crossing of a wire of D and one of U."""
        one, other = self.wires[at : at + 2]
        return replace(self, wires=(*self.wires[:at], other, one, *self.wires[at + 2 :]))

    def closed(self) -> Diagram:
        """The arrow that was read, when all of the diagram was."""
        done = self._lowered(range(len(self.wires)))
        return done.body if done.above == identity(done.body.param) else done.body.reparameterise(done.above)

    def _beside(self, f: Diagram, upper: bool, at: int, n: int) -> Diagram:
        """The box beside the other open wires of its side."""
        before, after = self._side(upper, self.wires[:at]), self._side(upper, self.wires[at + n :])
        return identity(self.body.param @ before if upper else before) @ f @ after

    def _side(self, upper: bool, wires: Sequence[tuple[bool, Object]]) -> Object:
        return sum_objects(A for is_upper, A in wires if is_upper == upper)

    def _replaced(self, at: int, n: int, upper: bool, cod: Sequence[Object]) -> tuple:
        return (*self.wires[:at], *((upper, A) for A in cod), *self.wires[at + n :])

    def _given(self, Q: Object) -> Reading:
        """With parameters of a box that are no wires of the diagram as the next ones of the body, and of all."""
        U = self._side(True, self.wires)
        return replace(self, above=self.above @ identity(Q) >> blocks((self.body.param, U, Q), (0, 2, 1)))

    def _taken(self, places: Sequence[int]) -> Reading:
        """With wires of U as the next parameters of the body."""
        uppers = [i for i, (upper, _) in enumerate(self.wires) if upper]
        order = [*(uppers.index(i) for i in places), *(k for k, i in enumerate(uppers) if i not in places)]
        objects = self.body.param, *(self.wires[i][1] for i in uppers)
        above = self.above >> blocks(objects, [0, *(1 + k for k in order)])
        return replace(self, above=above, wires=tuple(wire for i, wire in enumerate(self.wires) if i not in places))

    def _lowered(self, places: Sequence[int]) -> Reading:
        """With those of these wires that are of U as data: their values are parameters of the body."""
        at = next((i for i in places if self.wires[i][0]), None)
        if at is None:
            return self
        A = self.wires[at][1]
        taken = self._taken([at])
        lowered = replace(self, body=self.body >> self._beside(I >> parameter(A), False, at, 1), above=taken.above)
        return replace(lowered, wires=self._replaced(at, 1, False, [A]))._lowered(places)
