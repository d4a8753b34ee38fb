"""The laws of algebras, monads, groups, learners and folds, with random instances to try them on."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.actions import Group, by_conjugation, cyclic, defining, dihedral, free, rotations, symmetric, trivial
from catlearn.algebra.algebras import Algebra, Monoid
from catlearn.algebra.cells import Cell, cell
from catlearn.algebra.functors import BinaryTree
from catlearn.algebra.machines import mealy
from catlearn.algebra.monads import Monad, maybe, reader, state, writer
from catlearn.algebra.monoids import reduced
from catlearn.algebra.planting import tree
from catlearn.algebra.polynomial import X, const, one
from catlearn.categories.function import constant, function, parameter
from catlearn.categories.learners import OpenLearner, backprop_as_functor
from catlearn.categories.lens import Lens
from catlearn.categories.para import Parametric
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Smooth
from catlearn.core.diagram import Diagram
from catlearn.core.wires import Object, R
from catlearn.laws import category, monads
from catlearn.laws import fold as folds
from catlearn.laws import learners as learn
from catlearn.laws.algebra import algebra_homomorphism, endofunctor, monoid
from catlearn.laws.counterexample import Counterexample
from catlearn.laws.law import Law, a_key, an_arrow, three, two
from catlearn.laws.random import Choose, random_endomorphism, random_object
from catlearn.laws.trees import fold_is_the_algebra_map
from catlearn.nets.cells import gru_cell, lstm_cell, simple_cell
from catlearn.nets.dense import dense
from catlearn.nets.function import add, tanh
from catlearn.nets.shape import branch


def _group(choose: Choose) -> Group:
    return choose((cyclic(3), dihedral(3), symmetric(3), rotations(3)))


def _monad(choose: Choose) -> Monad:
    return choose((maybe, reader(2), state(2), writer(_group(choose))))


def _lists(choose: Choose) -> Counterexample | None:
    operation, unit = choose(((jnp.add, 0.0), (jnp.multiply, 1.0), (jnp.maximum, -jnp.inf)))
    m = Monoid(R(2), constant((jnp.full(2, unit),)), function(operation, arity=2))
    return monads.list_algebra(lambda n: reduced(m, n, masked=True), R(2), choose((1, 3)), choose((1, 2)))


def _action(choose: Choose) -> Counterexample | None:
    g, act = _group(choose), choose((defining, by_conjugation, trivial, free))
    return monads.monad_algebra(writer(g), act(g, R(3, 3)))


def _equivariant(choose: Choose) -> Counterexample | None:
    g, f = _group(choose), an_arrow(choose, parametric=False)
    return algebra_homomorphism(g.carrier @ f, free(g, f.dom), free(g, f.cod))


def _learner(f: Diagram) -> OpenLearner:
    return backprop_as_functor(0.1)(f)


def _learners_compose(choose: Choose) -> Counterexample | None:
    f, g = map(_learner, two(choose))
    return learn.learners_compose(f, g, a_key(choose))


def _symmetric_lenses(choose: Choose) -> Counterexample | None:
    f, g = map(_learner, two(choose))
    return learn.learners_are_symmetric_lenses(f, g)


def _learners_associate(choose: Choose) -> Counterexample | None:
    return category.associativity(*map(_learner, three(choose)), equal=learn.equal_learners)


def _lenses_are_learners(choose: Choose) -> Counterexample | None:
    f = an_arrow(choose, parametric=False)
    return learn.lenses_are_learners(_meaning(f).arrow, _meaning(an_arrow(choose, f.cod, parametric=False)).arrow)


def _meaning(f: Diagram) -> Parametric:
    return Lens(Smooth).semantics(reverse(f))


def _cell(choose: Choose) -> Cell:
    learned = cell(dense(2) @ dense(2) >> add >> tanh, R(2), parameter(R(2)))
    return choose((simple_cell(2), gru_cell(1), lstm_cell(1), learned))


def _element(choose: Choose) -> Object:
    return R(choose((1, 2, 3)))


def _endofunctor(choose: Choose) -> Counterexample | None:
    A = random_object(choose, 1)
    F = choose((const(A) * X + one, X**2 + const(A), (X + one) * const(A), X**A * const(A)))
    f = random_endomorphism(choose)
    return endofunctor(F, f, random_endomorphism(choose, f.cod))


def _hylo(choose: Choose) -> Counterexample | None:
    S = _element(choose)
    grow = branch(dense(2), random_endomorphism(choose, S))
    return folds.hylo_is_unfold_then_fold(grow, _cell(choose), S, choose((1, 3)))


def _cascade(choose: Choose) -> Counterexample | None:
    m, k = (mealy(choose((simple_cell(2), gru_cell(1))), dense(2)) for _ in range(2))
    return folds.cascade_is_composition(m, k, _element(choose), choose((1, 3)))


def _matrices(choose: Choose) -> Monoid:
    n = choose((1, 2))
    return Monoid(R(n, n), constant((jnp.eye(n),)), function(jnp.matmul, arity=2))


def _grown(choose: Choose, height: int = 3) -> Any:
    """A random binary tree with numbers on its leaves, as nested pairs."""
    if height == 0 or choose((True, False)):
        return float(choose(range(5)))
    return _grown(choose, height - 1), _grown(choose, height - 1)


def _algebra_map(choose: Choose) -> Counterexample | None:
    F = BinaryTree(R())
    structure = Algebra(F, R(2), (function(_doubled), dense(2) @ dense(2) >> add >> tanh))
    return fold_is_the_algebra_map(structure, tree(_grown(choose), F, 16), a_key(choose))


def _doubled(x: jax.Array) -> jax.Array:
    return jnp.stack([x, 2 * x])


ALGEBRA: tuple[Law, ...] = (
    Law("units and associativity", "monad", lambda c: monads.monad(_monad(c), random_object(c))),
    Law("naturality", "monad", lambda c: monads.monad_is_natural(_monad(c), an_arrow(c, parametric=False))),
    Law("lists", "monad", _lists),
    Law("inverses", "group", lambda c: monads.group(_group(c))),
    Law("action", "group", _action),
    Law("equivariance", "group", _equivariant),
    Law("composition", "learn", _learners_compose),
    Law("associativity", "learn", _learners_associate),
    Law("lenses", "learn", _lenses_are_learners),
    Law("gradient descent", "learn", lambda c: learn.descent_is_a_functor(_learner, *two(c))),
    Law("symmetric lenses", "learn", _symmetric_lenses),
    Law("functors", "algebra", _endofunctor),
    Law("monoid", "algebra", lambda c: monoid(_matrices(c))),
    Law("the tied composite", "fold", lambda c: folds.fold_is_the_composite(_cell(c), _element(c), c((1, 3)))),
    Law("tied gradients add", "fold", lambda c: folds.tied_gradient_adds(_cell(c), _element(c), c((2, 3)), a_key(c))),
    Law("prefixes", "fold", lambda c: folds.scan_folds_prefixes(_cell(c), _element(c), 2, a_key(c))),
    Law("backwards", "fold", lambda c: folds.backwards_is_reversed(_cell(c), _element(c), c((1, 3)), a_key(c))),
    Law("segments", "fold", lambda c: folds.segments_change_nothing(_cell(c), _element(c), c((3, 4)), 2)),
    Law("monoids", "fold", lambda c: folds.fold_is_multiplicative(_matrices(c), c((1, 2)), c((1, 3)), a_key(c))),
    Law("unfold, then fold", "fold", _hylo),
    Law("the algebra map", "tree", _algebra_map),
    Law("cascade", "machine", _cascade),
)
