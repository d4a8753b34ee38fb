"""Sums of diagrams are collected, linear, and exact."""

import jax.numpy as jnp
import numpy as np
import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.equivariant import Combination, GroodCategory, PartitionCategory, grood, partition


def test_sums_are_collected_and_linear():
    d, e, f = partition("1|2", "1"), partition("12", "1"), partition("1", "1|2")
    s = 2 * d - e / 3 + d
    assert s == 3 * d - e / 3 and hash(1 * d) == hash(d) and 1 * d == d and s - s == 0 * d != s
    assert eval(repr(s), vars(eq)) == s and eval(repr(s - s), vars(eq)) == s - s and eval(repr(-s), vars(eq)) == -s
    assert s >> f == 3 * (d >> f) - (e >> f) / 3 and f @ s == 3 * (f @ d) - (f @ e) / 3
    assert np.allclose((s >> f).matrix(2), f.matrix(2) @ s.matrix(2)) and np.allclose(s.dagger().matrix(2), s.matrix(2).T)
    x = jnp.arange(4.0).reshape(2, 2)
    assert np.allclose(s.apply(x), s.matrix(2) @ x.reshape(4)) and not (s - s).apply(x).any() and not (s - s).matrix(2).any()
    for wrong in (lambda: d + f, lambda: s >> d, lambda: s @ 3):
        with pytest.raises((CompositionError, TypingError)):
            wrong()
    with pytest.raises(ArgumentError, match="exact"):
        d * 0.5


def test_loops_are_kept_apart_unless_n_is_known():
    d = partition("", "1") >> partition("1", "")
    assert d + d.category.identity(0) == d + 1 * partition("", "") and len((d + partition("", "")).terms) == 2
    e = grood("", "", n=3, loops=2)
    assert e + grood("", "", n=3) == 10 * grood("", "", n=3) and 1 * e == 9 * grood("", "", n=3) == e


def test_zero_has_a_type():
    zero = Combination(PartitionCategory(), 2, 1)
    assert zero.matrix(3).shape == (3, 9) and zero.apply(jnp.ones((3, 3, 5))).shape == (3, 5)
    assert zero == 0 * partition("12", "1") != Combination(PartitionCategory(), 1, 2) and not zero.dagger().terms
    assert zero >> partition("1", "1") == zero and (zero @ zero).dom == 4
    with pytest.raises(ArgumentError):
        zero.apply(jnp.ones((3, 2)))
    with pytest.raises(ArgumentError):
        Combination(GroodCategory(3), 1, 1).apply(jnp.ones(2), 2)
    with pytest.raises(CompositionError, match="can't have the term"):
        Combination(PartitionCategory(), 2, 1, ((1, partition("1", "1")),))
    for wrong in (lambda: partition("1", "1") + 3, lambda: zero >> 2):
        with pytest.raises(TypingError, match="diagrams"):
            wrong()
