"""The laws of diagram categories hold, and catch categories and functors that are none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn.equivariant import Brauer, Partition, Symplectic, brauer, grood, partition, symplectic
from catlearn.laws import diagrams
from catlearn.laws.strategies import chooser
from catlearn.laws.suite_diagrams import DIAGRAMS


@pytest.mark.parametrize("law", DIAGRAMS, ids=lambda law: f"{law.of}: {law.name}")
@given(data=st.data())
@settings(max_examples=25)
def test_law(law, data):
    found = law.check(chooser(data.draw))
    assert found is None, found


def test_signs_that_are_left_out_are_caught(monkeypatch):
    cap, cup, one = symplectic("12", ""), symplectic("", "12"), symplectic("1", "1")
    monkeypatch.setattr(Symplectic, "sign", 1)
    assert diagrams.composite_is_the_product(one @ cup, cap @ one, 2) is not None
    monkeypatch.undo()
    assert diagrams.composite_is_the_product(one @ cup, cap @ one, 2) is None
    assert diagrams.dagger_is_the_transpose(cup, 2) is not None and diagrams.dagger_is_the_transpose(cup, 2, sign=-1) is None


def test_loops_that_are_forgotten_are_caught(monkeypatch):
    right = Partition.then
    monkeypatch.setattr(Partition, "then", lambda d, e: replace(right(d, e), loops=0))
    assert diagrams.composite_is_the_product(brauer("", "12"), brauer("12", ""), 3) is not None
    assert isinstance(brauer("", "12") >> brauer("12", ""), Brauer)


def test_a_tensor_that_crosses_is_caught(monkeypatch):
    right = Partition.tensor
    monkeypatch.setattr(Partition, "tensor", lambda d, e: right(e, d))
    d, e = partition("1", "12"), partition("1", "1")
    assert diagrams.tensor_is_the_kronecker_product(d, e, 2) is not None
    assert diagrams.swap_of_diagrams(d, partition("", "1")) is not None


def test_an_identity_that_moves_is_caught(monkeypatch):
    d = partition("1|2", "1")
    monkeypatch.setattr(type(d.category), "identity", lambda self, k: self.wiring(k, [*range(k)][::-1]))
    assert diagrams.unit_of_diagrams(d) is not None


def test_a_dagger_that_forgets_is_caught(monkeypatch):
    monkeypatch.setattr(Partition, "dagger", lambda d: d)
    d = partition("1|2", "2|1")
    assert diagrams.dagger_of_diagrams(d, partition("12|", "1|2")) is not None
    assert diagrams.dagger_is_the_transpose(partition("12", "1"), 2) is not None


def test_maps_that_are_none_of_the_group_are_caught():
    reflection = np.diag([1.0, -1.0])
    assert diagrams.commutes_with(grood("*12", ""), reflection) is not None
    assert diagrams.commutes_with(partition("12", "1"), reflection, 2) is not None
    assert diagrams.commutes_with(brauer("12", ""), reflection, 2) is None
    assert diagrams.equal_maps("not alike", partition("12", "1"), partition("1|2", "1"), 2) is not None


def test_an_apply_that_does_something_else_is_caught(monkeypatch):
    right = Partition.apply
    monkeypatch.setattr(Partition, "apply", lambda d, x, n=None: 2 * right(d, x, n))
    assert diagrams.apply_is_the_matrix(partition("12", "1"), np.ones((2, 2)), 2) is not None


def test_orbits_and_text_that_are_wrong_are_caught(monkeypatch):
    from catlearn import equivariant

    monkeypatch.setattr(equivariant, "from_orbits", lambda x: 2 * x)
    monkeypatch.setattr(Partition, "__repr__", lambda d: 'partition("1", "1")')
    assert diagrams.orbits_are_inverse(partition("1|2", ""), 2) is not None
    assert diagrams.text_evaluates_back(partition("1", "12")) is not None
