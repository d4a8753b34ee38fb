"""Which picture each kind of thing has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catlearn.algebra.algebras import Algebra, Coalgebra, Monoid
from catlearn.algebra.forest import Tree
from catlearn.algebra.graphs import EdgeList
from catlearn.algebra.homomorphisms import Pattern
from catlearn.core.diagram import Diagram, identity
from catlearn.core.errors import CatlearnError, TypingError
from catlearn.core.family import Family
from catlearn.core.text import short
from catlearn.core.wires import I, Object, R, Wire
from catlearn.draw.graphs import graph_scene
from catlearn.draw.layout import laid_out
from catlearn.draw.picture import Picture
from catlearn.draw.scene import scene
from catlearn.draw.sketch import Sketch, chosen, sketch, unfolding
from catlearn.draw.strands import strands, summed
from catlearn.draw.trees import tree_scene
from catlearn.equivariant.combinations import Combination
from catlearn.equivariant.diagrams import PointDiagram
from catlearn.learn.learner import Learner
from catlearn.learn.optimiser import Optimiser, Transformation


def picture_of(thing: Any, zoom: int | None, width: float | None, size: int, unfold: bool) -> Picture:
    """The picture of a thing: see `draw`."""
    match thing:
        case PointDiagram():
            return Picture(strands(thing))
        case Combination():
            return Picture(summed(thing))
        case Tree():
            return Picture(tree_scene(thing))
        case EdgeList() | Pattern():
            return Picture(graph_scene(thing))
    return string_diagram(diagram_of(thing, size), zoom, width, unfolding if unfold else sketch)


def string_diagram(f: Diagram, zoom: int | None, width: float | None, functor: Sketch = sketch) -> Picture:
    """The string diagram of an arrow."""
    laid = laid_out(chosen(functor(f), zoom), width)
    return Picture(scene(laid.marks, f"string diagram of {short(f)}, from {f.dom} to {f.cod}"))


def diagram_of(thing: Any, size: int) -> Diagram:
    """The arrow that a thing is, or that tells what it is. Raises TypingError for what is none."""
    match thing:
        case Diagram():
            return thing
        case Object():
            return identity(thing)
        case Wire():
            return identity(Object((thing,)))
        case Learner():
            return composite_of(thing, size)
        case Optimiser() | Transformation():
            return thing.at(R(label="parameter"))
        case Algebra() | Coalgebra():
            return thing.arrow
        case Monoid():
            return (identity(I) >> thing.unit) @ thing.carrier >> thing.multiply
        case Family():
            raise TypingError(f"{thing!r} has no picture yet: put an object before it, as in R(64) >> {thing!r}.")
    raise TypingError(
        f"draw takes a diagram, a learner, an optimiser, an algebra, a machine, a tree or a graph, got {type(thing).__name__}."
    )


def composite_of(learner: Learner, size: int) -> Diagram:
    """The training step of a learner as one diagram, in which the model is one box under its name."""
    whole = replace(learner, model=learner.model if learner.model.label else learner.model.named("model"))
    try:
        return whole.composite(size)
    except CatlearnError:  # an optimiser that chooses parameters by their paths finds them under other ones there
        return learner.composite(size)
