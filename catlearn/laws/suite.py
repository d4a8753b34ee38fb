"""Every law of the library with random arrows to try it on: what `catlearn laws` and the tests run."""

from __future__ import annotations

from collections.abc import Callable

from catlearn.categories.batch import batch
from catlearn.categories.lens import Lens
from catlearn.categories.para import Para, Parametric
from catlearn.categories.precision import cast
from catlearn.categories.recompute import recompute
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Smooth, smooth
from catlearn.core.diagram import Diagram, identity, swap
from catlearn.laws import batch as batches
from catlearn.laws import category, functor, optimiser, para
from catlearn.laws import lens as lenses
from catlearn.laws import reverse as rd
from catlearn.laws import stack as stacks
from catlearn.laws.counterexample import Counterexample, extensional, first
from catlearn.laws.law import Law, a_key, an_arrow, three, two
from catlearn.laws.random import Choose, random_endomorphism, random_object, random_reparameterisation, summed
from catlearn.laws.suite_algebra import ALGEBRA
from catlearn.laws.suite_contexts import CONTEXTS
from catlearn.laws.suite_diagrams import DIAGRAMS
from catlearn.laws.suite_equivariance import EQUIVARIANCE
from catlearn.laws.suite_graphs import GRAPHS
from catlearn.learn.around import accumulate, average, lookahead
from catlearn.learn.optimiser import Optimiser
from catlearn.learn.optimisers import adam, descent, lion, momentum, nesterov
from catlearn.learn.transformations import clip, clip_by_global_norm, rescale, weight_decay


def _interchange(choose: Choose) -> Counterexample | None:
    (f, h), (g, k) = two(choose), two(choose)
    return category.interchange(f, g, h, k)


def _reparameterised(choose: Choose) -> tuple[Diagram, Diagram, Diagram]:
    f = random_endomorphism(choose)
    r = random_reparameterisation(choose, f.param)
    return f, r, random_reparameterisation(choose, r.dom)


def _composes(choose: Choose) -> Counterexample | None:
    f, r, s = _reparameterised(choose)
    return first(para.reparameterisation_composes(f, r, s), para.reparameterisation_composes(reverse(f), reverse(r), reverse(s)))


def _local(choose: Choose) -> Counterexample | None:
    f, r, _ = _reparameterised(choose)
    g = random_endomorphism(choose, f.cod)
    return para.reparameterisation_is_local(f, g, r, random_reparameterisation(choose, g.param))


def _rd1(choose: Choose) -> Counterexample | None:
    A = random_object(choose)
    f, g = (summed(an_arrow(choose, A, parametric=False)) for _ in range(2))
    return rd.additive_in_the_map(f, g, a_key(choose))


def _uncurried(choose: Choose) -> Counterexample | None:
    return para.reverse_goes_under_para(an_arrow(choose))


def _rd4(choose: Choose) -> Counterexample | None:
    f = an_arrow(choose, parametric=False)
    return rd.pairing(f, an_arrow(choose, f.dom, parametric=False), a_key(choose))


def _rd7(choose: Choose) -> Counterexample | None:
    return rd.symmetric_second_derivative(an_arrow(choose, random_object(choose, 1)), a_key(choose))


def _meaning(f: Diagram) -> Parametric:
    return Lens(Smooth).semantics(reverse(f))


def _associative(meaning: Callable[[Diagram], Parametric], choose: Choose) -> Counterexample | None:
    f, g, h = three(choose)
    return category.associativity(meaning(f), meaning(g), meaning(h))


def _well_behaved(choose: Choose) -> Counterexample | None:
    A, B = random_object(choose), random_object(choose)
    lens, key = reverse(choose((swap(A, B), identity(A)))), a_key(choose)
    return first(lenses.get_put(lens, key), lenses.put_get(lens, key), lenses.put_put(lens, key))


def _maybe_recomputed(choose: Choose) -> Diagram:
    return choose((recompute, lambda f: f))(an_arrow(choose))


def _batched_composite(choose: Choose) -> Counterexample | None:
    f, g = two(choose)
    return functor.preserves_composition(lambda h: batch(h, 3), f, g)


def _optimiser(choose: Choose) -> Counterexample | None:
    opt = choose((descent(0.1), momentum(0.1, 0.9), nesterov(0.1, 0.9)))
    return optimiser.optimiser_is_monoidal(opt, random_object(choose), random_object(choose), a_key(choose))


def _recomputed(choose: Choose) -> Counterexample | None:
    f = an_arrow(choose)
    return extensional("recompute changes no value", reverse(recompute(f)), reverse(f))


def _some_optimiser(choose: Choose) -> Optimiser:
    opt = choose((descent(0.1), momentum(0.1, 0.9), nesterov(0.1, 0.9), adam(0.1), lion(0.1)))
    return choose((opt, average(opt), lookahead(opt, 2), accumulate(opt, 2), opt >> clip(0.1)))


def _transformed(choose: Choose) -> Counterexample | None:
    g = choose((clip(0.1), clip_by_global_norm(0.1), rescale(2.0), weight_decay(0.1)))
    opt = choose((descent(0.1), momentum(0.1, 0.9), nesterov(0.1, 0.9), adam(0.1)))
    return optimiser.transformation_composes(opt, g, random_object(choose), a_key(choose))


def _cast(choose: Choose) -> Counterexample | None:
    f = an_arrow(choose)
    return extensional("cast to its own type", cast(f, "float32"), f)


def _stacked(choose: Choose) -> Counterexample | None:
    return stacks.stack_is_the_composite(_maybe_recomputed_endomorphism(choose), 3, a_key(choose))


def _maybe_recomputed_endomorphism(choose: Choose) -> Diagram:
    return choose((recompute, lambda f: f))(random_endomorphism(choose))


SUITE: tuple[Law, ...] = (
    Law("associativity", "diagrams", lambda c: category.associativity(*three(c))),
    Law("unit", "diagrams", lambda c: category.unit(an_arrow(c))),
    Law("associativity", "smooth", lambda c: _associative(smooth, c)),
    Law("unit", "smooth", lambda c: category.unit(smooth(an_arrow(c)), Para(Smooth))),
    Law("associativity of ⊗", "monoidal", lambda c: category.tensor_associativity(an_arrow(c), an_arrow(c), an_arrow(c))),
    Law("unit of ⊗", "monoidal", lambda c: category.tensor_unit(an_arrow(c))),
    Law("interchange", "monoidal", _interchange),
    Law("naturality of swap", "monoidal", lambda c: category.swap_is_natural(an_arrow(c), an_arrow(c))),
    Law("swap twice", "monoidal", lambda c: category.swap_is_involutive(random_object(c), random_object(c))),
    Law("hexagon", "monoidal", lambda c: category.hexagon(random_object(c), random_object(c), random_object(c))),
    Law("comonoid", "cartesian", lambda c: category.comonoid(random_object(c))),
    Law("naturality of copy", "cartesian", lambda c: category.copy_is_natural(an_arrow(c))),
    Law("naturality of discard", "cartesian", lambda c: category.discard_is_natural(an_arrow(c))),
    Law("identity", "reverse", lambda c: functor.preserves_identity(reverse, random_object(c))),
    Law("composition", "reverse", lambda c: functor.preserves_composition(reverse, *two(c))),
    Law("tensor", "reverse", lambda c: functor.preserves_tensor(reverse, an_arrow(c), an_arrow(c))),
    Law("2-cells", "reverse", lambda c: functor.preserves_reparameterisation(reverse, *_reparameterised(c)[:2])),
    Law("composition", "smooth", lambda c: functor.preserves_composition(smooth, *two(c))),
    Law("associativity", "lens", lambda c: _associative(_meaning, c)),
    Law("unit", "lens", lambda c: category.unit(_meaning(an_arrow(c)), Para(Lens(Smooth)))),
    Law("composition", "lens", lambda c: functor.preserves_composition(_meaning, *two(c))),
    Law("tensor", "lens", lambda c: functor.preserves_tensor(_meaning, an_arrow(c), an_arrow(c))),
    Law("GetPut, PutGet, PutPut", "lens", _well_behaved),
    Law("RD.1", "reverse", _rd1),
    Law("RD.2", "reverse", lambda c: rd.additive_in_the_covector(an_arrow(c), a_key(c))),
    Law("RD.3", "reverse", lambda c: rd.identity_and_projections(random_object(c), random_object(c), a_key(c))),
    Law("RD.4", "reverse", _rd4),
    Law("RD.5", "reverse", lambda c: rd.chain_rule(*two(c), key=a_key(c))),
    Law("RD.6", "reverse", lambda c: rd.linear_in_the_covector(an_arrow(c), a_key(c))),
    Law("RD.7", "reverse", _rd7),
    Law("D[f] = jvp", "reverse", lambda c: rd.forward_agrees_with_jvp(an_arrow(c), a_key(c))),
    Law("R[f] = vjp", "reverse", lambda c: rd.agrees_with_vjp(an_arrow(c), a_key(c))),
    Law("vertical composition", "para", _composes),
    Law("horizontal composition", "para", _local),
    Law("gradient along a 2-cell", "para", lambda c: para.gradient_rule(*_reparameterised(c)[:2], key=a_key(c))),
    Law("tied gradient", "para", lambda c: para.tied_gradient_is_the_sum(random_endomorphism(c), a_key(c))),
    Law("Para(reverse)", "para", _uncurried),
    Law("runs each example", "batch", lambda c: batches.batch_runs_each_example(_maybe_recomputed(c), 3, a_key(c))),
    Law("sums gradients", "batch", lambda c: batches.batch_sums_gradients(_maybe_recomputed(c), 3, a_key(c))),
    Law("composition", "batch", _batched_composite),
    Law("changes no value", "recompute", _recomputed),
    Law("changes no type", "cast", _cast),
    Law("is the composite", "stack", _stacked),
    Law("tensor", "optimiser", _optimiser),
    Law("shear", "optimiser", lambda c: optimiser.shear_is_invertible(_some_optimiser(c), random_object(c), a_key(c))),
    Law("composition", "optimiser", _transformed),
    *ALGEBRA,
    *GRAPHS,
    *CONTEXTS,
    *DIAGRAMS,
    *EQUIVARIANCE,
)
