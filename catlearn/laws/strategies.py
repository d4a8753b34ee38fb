"""Hypothesis strategies for objects and arrows, for property tests of your own. Needs `hypothesis`."""

from __future__ import annotations

from typing import Any

import jax
from hypothesis import strategies as st

from catlearn.core.diagram import Diagram
from catlearn.core.wires import Object
from catlearn.laws.random import Choose, random_arrow, random_object


def chooser(draw: Any) -> Choose:
    """`choose` for the generators of `catlearn.laws.random`, drawing from hypothesis, so that failures shrink."""
    return lambda options: draw(st.sampled_from(list(options)))


@st.composite
def objects(draw: Any, most: int = 2) -> Object:
    """Objects of one to `most` small float vectors."""
    return random_object(chooser(draw), most)


@st.composite
def arrows(draw: Any, dom: Object | None = None, stages: int = 3, parametric: bool = True) -> Diagram:
    """Arrows of Smooth from `dom`, or from anywhere."""
    return random_arrow(chooser(draw), dom, stages, parametric)


@st.composite
def composables(draw: Any, n: int = 2, parametric: bool = True) -> tuple[Diagram, ...]:
    """Arrows `f₁, …, fₙ` of Smooth that compose in this order."""
    found: list[Diagram] = []
    for _ in range(n):
        found.append(random_arrow(chooser(draw), found[-1].cod if found else None, 2, parametric))
    return tuple(found)


def keys() -> st.SearchStrategy[jax.Array]:
    """PRNG keys."""
    return st.integers(0, 2**31 - 1).map(jax.random.key)
