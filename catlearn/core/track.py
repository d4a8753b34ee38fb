"""Where values go that are only moved: copied, swapped and discarded, by the wirings of a diagram."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Box, Diagram
from catlearn.core.functor import Functor, same_wire
from catlearn.core.wires import Object


@dataclass(frozen=True, repr=False)
class Track(Arrow):
    """A function from tokens on the wires of the domain to those on the codomain: None where a box has made something new."""

    dom: Object
    cod: Object
    track: Callable[[tuple], tuple]

    def then(self, other: Track) -> Track:
        return Track(self.dom, other.cod, lambda places: other.track(self.track(places)))

    def tensor(self, other: Track) -> Track:
        n = len(self.dom)
        both = lambda places: self.track(places[:n]) + other.track(places[n:])  # noqa: E731
        return Track(self.dom @ other.dom, self.cod @ other.cod, both)

    def reparameterise(self, along: Track) -> Track:
        return self


class _Tracks:
    """The category of tracks."""

    def wiring(self, dom: Object, index: Sequence[int]) -> Track:
        return Track(dom, dom.select(index), lambda places: tuple(places[i] for i in index))


def tracking(see: Callable[[Box, tuple], None]) -> Callable[[Diagram], Track]:
    """The functor that follows tokens through a diagram, and shows each box what comes to it."""

    def on_box(box: Box) -> Track:
        def track(places: tuple) -> tuple:
            see(box, places)
            return (None,) * len(box.cod)

        return Track(box.dom, box.cod, track)

    return Functor(_Tracks(), on_wire=same_wire, on_box=on_box, name="track")


copies = tracking(lambda box, places: None)
