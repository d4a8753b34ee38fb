"""What the laws of CoKl(A, C) must catch. That they hold is tried with the suite."""

import jax
import jax.numpy as jnp
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.categories import smooth as smooths
from catlearn.categories.cokleisli import CoKleisli, underlying
from catlearn.categories.contextual import contextual
from catlearn.laws import cokleisli

KEY = jax.random.key(0)
CONDITION = R(2, label="condition")
shifted = R(2) >> R(2) @ cl.ask(CONDITION) >> cl.add
layer = shifted >> cl.tanh
noisy = R(2) >> cl.noise(1.0)


def distorted(monkeypatch, name, change):
    """The laws with one of the constructions that they speak of changed."""
    right = getattr(cokleisli, name)
    monkeypatch.setattr(cokleisli, name, lambda *args, **options: change(right(*args, **options)))


def test_composites_that_read_something_else(monkeypatch):
    f = contextual(layer).arrow
    assert laws.cokleisli_composition(f, f) is None
    right = CoKleisli.then
    monkeypatch.setattr(CoKleisli, "then", lambda f, g: right(right(f, smooths.smooth(R(2) >> cl.sigmoid).arrow), g))
    assert laws.cokleisli_composition(f, f) is not None


def test_uses_that_are_crossed(monkeypatch):
    f = contextual(noisy).arrow
    assert laws.uses_interchange(f, f, f, f) is None
    assert laws.interchange(f, f, f, f) is not None  # keys are drawn in order, so they don't interchange without a swap
    reader = contextual(layer).arrow
    assert laws.interchange(reader, reader, reader, reader) is None  # copies do


def test_noise_is_not_natural_for_copying():
    """CoKl(A, C) is Cartesian where A is copied. Two draws are not one drawn twice."""
    for f, holds in ((layer, True), (noisy, False)):
        meant = contextual(f)
        category = cl.Para(meant.base)
        assert (laws.copy_is_natural(meant, category) is None) == holds
        assert (laws.copy_is_natural(f) is None) == holds
    assert laws.discard_is_natural(contextual(layer).arrow, contextual(layer).base) is None


@pytest.mark.parametrize(
    ("law", "broken"),
    [
        (lambda: laws.underlying_is_the_meaning(layer), ("underlying", lambda f: f >> cl.sigmoid)),
        (lambda: laws.reverse_goes_under_contexts(layer), ("underlying", lambda f: f >> cl.sigmoid)),
        (lambda: laws.inference_is_silent(noisy, KEY), ("inference", lambda f: f >> cl.sigmoid)),
        (lambda: laws.change_of_context_composes(layer, layer, CONDITION >> cl.tanh), ("pull_context", lambda f: f >> cl.tanh)),
        (lambda: laws.context_as_parameter(layer, layer), ("contextual_to_parametric", lambda f: f >> cl.tanh)),
        (lambda: laws.batch_shares_the_context(layer, 2, KEY), ("batch", lambda f: f >> cl.sigmoid)),
        (lambda: laws.chain_rule_in_context(layer, layer, KEY), ("_open", lambda f: f >> cl.sigmoid)),
        (lambda: laws.context_gradient_is_the_sum([layer, layer], KEY), ("_open", lambda f: f >> cl.sigmoid)),
    ],
)
def test_constructions_that_change_the_arrow(law, broken, monkeypatch):
    assert law() is None
    distorted(monkeypatch, *broken)
    assert law() is not None


def test_copies_that_come_back_without_being_added(monkeypatch):
    scaled = R(2) >> R(2) @ cl.ask(CONDITION) >> cl.function(jnp.multiply, arity=2)
    assert laws.context_gradient_is_the_sum([scaled, scaled], KEY) is None
    monkeypatch.setattr(smooths, "_sum", lambda values, zero: values[0] if values else zero)
    assert laws.context_gradient_is_the_sum([scaled, scaled], KEY) is not None


def test_changes_of_context_that_are_no_action():
    r = CONDITION >> cl.tanh
    louder = lambda f, r: cl.pull_context(f, r) >> cl.sigmoid  # noqa: E731
    assert laws.change_of_context(layer, r, r) is None
    assert laws.change_of_context(layer, r, r, pull=louder) is not None


def test_noise_that_stays_at_inference(monkeypatch):
    monkeypatch.setattr(cokleisli, "inference", lambda f: f)
    found = laws.inference_is_silent(noisy, KEY)
    assert found is not None and found.where == "it still reads keys"


def test_arrows_of_different_contexts_are_not_equal():
    other = R(2) >> R(2) @ cl.ask(R(2, label="other")) >> cl.add
    found = laws.extensional("these are equal", shifted, other)
    assert found.where == "the two sides read different contexts"
    assert laws.extensional("these are equal", contextual(shifted).arrow, contextual(other).arrow) is not None
    assert laws.extensional("these are equal", noisy, R(2) >> cl.noise(2.0)) is not None  # compared with their noise
    assert laws.extensional("these are equal", shifted, underlying(shifted)) is not None


def test_samples_of_graphs_are_graphs():
    for wire, sizes in ((cl.Graph(5, 60), {5}), (cl.Graph(6, 60, weighted=True, graphs=3), {2})):
        (graph,) = laws.sample(wire, KEY)
        assert cl.edge_list(graph.senders, graph.receivers, graph.nodes).edges == 60
        assert set(graph.senders.tolist()) == set(graph.receivers.tolist()) == set(range(graph.nodes))
        owner = [0] * graph.nodes if graph.owner is None else graph.owner.tolist()
        assert {owner.count(i) for i in range(graph.parts)} == sizes
        assert all(owner[s] == owner[r] for s, r in zip(graph.senders.tolist(), graph.receivers.tolist(), strict=True))
