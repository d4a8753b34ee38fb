"""The laws of arrows that read contexts, with random instances to try them on: conditions, random keys and graphs."""

from __future__ import annotations

from functools import reduce
from typing import Any

import jax

from catlearn.algebra.graph_forms import adjacency_of
from catlearn.categories.batch import batch
from catlearn.categories.cokleisli import CoKleisli, inference, pull_context, within
from catlearn.categories.comonoid import KEY
from catlearn.categories.contextual import context_category, contextual, lens
from catlearn.categories.para import Para, Parametric
from catlearn.categories.smooth import smooth
from catlearn.core.diagram import Diagram, identity
from catlearn.core.wires import Object
from catlearn.laws import category, functor, para
from catlearn.laws import cokleisli as laws
from catlearn.laws import gcnn as graphs
from catlearn.laws.counterexample import Counterexample, extensional, first
from catlearn.laws.law import Law, a_key, an_arrow
from catlearn.laws.random import Choose, random_reparameterisation
from catlearn.laws.random_contexts import (
    CONDITION,
    EDGES,
    NODES,
    TWO,
    random_change,
    random_contextual,
    random_contextual_reparameterisation,
    random_gcnn,
    random_graph_net,
    random_noisy,
)
from catlearn.nets.dense import dense
from catlearn.nets.graph.gcnn import gcnn, width
from catlearn.nets.noise import noise

# what is drawn


def _two(choose: Choose, draw: Any = random_contextual) -> tuple[Diagram, Diagram]:
    f = draw(choose)
    return f, draw(choose, f.cod)


def _three(choose: Choose, draw: Any = random_contextual) -> tuple[Diagram, Diagram, Diagram]:
    f, g = _two(choose, draw)
    return f, g, draw(choose, g.cod)


def _nets(choose: Choose, dom: Object | None = None) -> Diagram:
    return random_graph_net(choose, dom, EDGES)


def _both(choose: Choose, dom: Object | None = None) -> Diagram:
    """An arrow that reads one or both of two contexts."""
    return random_contextual(choose, dom, TWO)


def _mixed(choose: Choose, dom: Object | None = None) -> Diagram:
    """An arrow that reads contexts of arrays, and a key."""
    f = _both(choose, dom)
    return f >> random_noisy(choose, f.cod)


def _any(choose: Choose) -> Any:
    """A way to draw arrows: of a condition, of a key, of a graph, or of several contexts."""
    return choose((random_contextual, random_noisy, _nets, _mixed))


def _plain(choose: Choose, dom: Object | None = None) -> CoKleisli:
    return contextual(random_contextual(choose, dom, parametric=False), CONDITION).arrow


# what is tried

READERS, NOISY = Para(context_category(CONDITION)), Para(context_category(KEY))
OVER_LENSES = Para(context_category(CONDITION, lens))


def _meant(f: Diagram) -> Parametric:
    return contextual(f, CONDITION)


def _as_lens(f: Diagram) -> Parametric:
    return contextual(f, CONDITION, lens)


def _noise(f: Diagram) -> Parametric:
    return contextual(f, KEY)


def _associative(meaning: Any, draw: Any, choose: Choose) -> Counterexample | None:
    f, g, h = map(meaning, _three(choose, draw))
    return category.associativity(f, g, h)


def _monoidal(choose: Choose) -> Counterexample | None:
    f, g, h = (_meant(random_contextual(choose)) for _ in range(3))
    return first(
        category.tensor_associativity(f, g, h),
        category.tensor_unit(f, READERS),
        category.swap_is_natural(f, g, READERS),
    )


def _interchange(choose: Choose) -> Counterexample | None:
    (f, h), (g, k) = (map(_meant, _two(choose)) for _ in range(2))
    return category.interchange(f, g, h, k, READERS)


def _cartesian(choose: Choose) -> Counterexample | None:
    f = _meant(random_contextual(choose))
    return first(category.copy_is_natural(f, READERS), category.discard_is_natural(f, READERS))


def _composition(choose: Choose) -> Counterexample | None:
    f = _plain(choose)
    return laws.cokleisli_composition(f, _plain(choose, f.cod))


def _embedding(choose: Choose) -> Counterexample | None:
    embed = context_category(CONDITION).embed
    f = smooth(an_arrow(choose, parametric=False)).arrow
    g = smooth(an_arrow(choose, f.cod, parametric=False)).arrow
    return first(functor.preserves_composition(embed, f, g), functor.preserves_tensor(embed, f, g))


def _two_cells(choose: Choose) -> Counterexample | None:
    f = random_contextual(choose)
    r = random_contextual_reparameterisation(choose, f.param)
    shaken = reduce(lambda s, wire: s @ (wire >> noise(0.1)), f.param, identity(Object()))
    s = random_contextual_reparameterisation(choose, r.dom)
    return first(
        functor.preserves_reparameterisation(_meant, f, r),
        laws.underlying_is_the_meaning(f.reparameterise(r)),
        laws.underlying_is_the_meaning((f >> random_noisy(choose, f.cod)).reparameterise(shaken)),
        para.reparameterisation_composes(_meant(f), _meant(r).arrow, _meant(s).arrow),
    )


def _sum(choose: Choose) -> Counterexample | None:
    return laws.context_gradient_is_the_sum(_three(choose, choose((random_contextual, _both, _nets))), a_key(choose))


def _sharing(choose: Choose) -> Counterexample | None:
    uses = tuple(choose((0, 1, 2)) for _ in range(choose((1, 3))))
    keys_first = sorted(range(len(uses)), key=uses.__getitem__)  # uses of one key stay in order
    key = KEY.named("other")
    return first(
        laws.sharing(KEY @ key @ CONDITION, uses, keys_first),
        laws.sharing(CONDITION @ TWO, uses, (*range(len(uses)),)[::-1]),
        laws.no_key_twice(KEY @ key @ CONDITION, uses, a_key(choose)),
    )


def _uses(choose: Choose) -> Counterexample | None:
    (f, h), (g, k) = (_two(choose, random_noisy) for _ in range(2))
    return laws.uses_interchange(*(_noise(arrow).arrow for arrow in (f, g, h, k)))


def _inference(choose: Choose) -> Counterexample | None:
    f, g = _two(choose, random_noisy)
    return first(
        laws.inference_is_silent(f, a_key(choose)),
        functor.preserves_composition(inference, f, g),
        functor.preserves_tensor(inference, f, g),
    )


def _change(choose: Choose) -> Counterexample | None:
    s, r = random_change(choose)
    return laws.change_of_context(random_contextual(choose), r, s)


def _changed(choose: Choose) -> Counterexample | None:
    (f, g), (_, r) = _two(choose), random_change(choose)
    learned = r.dom.named("condition") >> dense(2)
    pull = lambda h: pull_context(h, r)  # noqa: E731
    return first(
        laws.change_of_context_composes(f, g, choose((r, learned))),
        functor.preserves_tensor(pull, f, g),
    )


def _forms(choose: Choose) -> Counterexample | None:
    """A graph network that reads an adjacency matrix, along the matrix of an edge list, is the one that reads the list."""
    net = random_graph_net(choose, graph=None)
    return extensional("forms of a graph", pull_context(net, EDGES >> adjacency_of), within(net, EDGES))


def _learned(choose: Choose) -> Counterexample | None:
    draw = choose((random_contextual, random_graph_net))
    return laws.context_as_parameter(*_two(choose, draw))


def _batch(choose: Choose) -> Counterexample | None:
    f, r = random_contextual(choose), random_change(choose)[1]
    return first(
        laws.batch_shares_the_context(choose((f, random_graph_net(choose))), 2, a_key(choose)),
        extensional("batch and change of context", batch(pull_context(f, r), 2), pull_context(batch(f, 2), r)),
    )


def _gcnn(choose: Choose) -> Counterexample | None:
    (f, g), F = _two(choose, random_gcnn), gcnn(NODES)
    r = random_reparameterisation(choose, f.param)
    return first(
        functor.preserves_identity(F, f.dom),
        functor.preserves_composition(F, f, g),
        functor.preserves_tensor(F, f, g),
        functor.preserves_reparameterisation(F, f, r),
        graphs.gcnn_shares_one_graph(f >> g, NODES),
    )


def _faithful(choose: Choose) -> Counterexample | None:
    net, key = random_gcnn(choose), a_key(choose)
    weights, others = (net.init(k) for k in jax.random.split(key))
    return first(
        graphs.gcnn_is_faithful(net, weights, others, NODES, key),
        graphs.gcnn_is_injective(width(choose((1, 2))), width(choose((1, 2))), NODES),
    )


def _formula(choose: Choose) -> Counterexample | None:
    return graphs.gcnn_is_the_formula(random_gcnn(choose), NODES, a_key(choose))


CONTEXTS: tuple[Law, ...] = (
    Law("associativity", "contexts", lambda c: _associative(_meant, random_contextual, c)),
    Law("unit", "contexts", lambda c: category.unit(_meant(random_contextual(c)), READERS)),
    Law("⊗", "contexts", _monoidal),
    Law("interchange", "contexts", _interchange),
    Law("naturality of copy and discard", "contexts", _cartesian),
    Law("composition", "contexts", _composition),
    Law("embedding", "contexts", _embedding),
    Law("2-cells", "contexts", _two_cells),
    Law("meaning", "contexts", lambda c: laws.underlying_is_the_meaning(_any(c)(c))),
    Law("associativity", "contexts of lenses", lambda c: _associative(_as_lens, random_contextual, c)),
    Law("unit", "contexts of lenses", lambda c: category.unit(_as_lens(random_contextual(c)), OVER_LENSES)),
    Law("reverse", "contexts", lambda c: laws.reverse_goes_under_contexts(_any(c)(c))),
    Law("sum over layers", "contexts", _sum),
    Law("RD.5 in context", "contexts", lambda c: laws.chain_rule_in_context(*_two(c), key=a_key(c))),
    Law("change", "contexts", _change),
    Law("change of composites", "contexts", _changed),
    Law("change of graphs", "contexts", _forms),
    Law("as parameters", "contexts", _learned),
    Law("batch", "contexts", _batch),
    Law("sharing", "keys", _sharing),
    Law("associativity", "keys", lambda c: _associative(_noise, random_noisy, c)),
    Law("interchange", "keys", _uses),
    Law("inference", "keys", _inference),
    Law("functor", "gcnn", _gcnn),
    Law("σ(A X W)", "gcnn", _formula),
    Law("faithful", "gcnn", _faithful),
)
