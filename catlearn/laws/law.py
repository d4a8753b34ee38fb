"""What a law with random instances is, and the instances that all of them draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import jax

from catlearn.core.diagram import Diagram
from catlearn.core.shown import Shown
from catlearn.core.wires import Object
from catlearn.laws.counterexample import Counterexample
from catlearn.laws.random import Choose, random_arrow

Check = Callable[[Choose], Counterexample | None]


@dataclass(frozen=True)
class Law(Shown):
    """A law with a way to try it: `check(choose)` draws arrows and returns None or a counterexample."""

    name: str
    of: str
    check: Check = field(repr=False)


def an_arrow(choose: Choose, dom: Object | None = None, parametric: bool = True) -> Diagram:
    return random_arrow(choose, dom, 2, parametric)


def two(choose: Choose) -> tuple[Diagram, Diagram]:
    f = an_arrow(choose)
    return f, an_arrow(choose, f.cod)


def three(choose: Choose) -> tuple[Diagram, Diagram, Diagram]:
    f, g = two(choose)
    return f, g, an_arrow(choose, g.cod)


def a_key(choose: Choose) -> jax.Array:
    return jax.random.key(choose(range(1000)))
