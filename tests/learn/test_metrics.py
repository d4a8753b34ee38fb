"""Metrics against scikit-learn's."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score, root_mean_squared_error

import catlearn as cl
from catlearn.core.errors import ArgumentError

THEIRS = [(cl.r2, r2_score), (cl.rmse, root_mean_squared_error)]
WEIGHTS = pytest.mark.parametrize("weighted", [False, True])


def drawn(key, shape, weighted):
    p, t, w = (jax.random.normal(k, s) for k, s in zip(jax.random.split(key, 3), (shape, shape, shape[:1])))
    return t + p / 2, t, jnp.abs(w) if weighted else None


@WEIGHTS
def test_accuracy(key, weighted):
    logits, _, weights = drawn(key, (50, 4), weighted)
    labels = jax.random.randint(key, (50,), 0, 4)
    theirs = accuracy_score(labels, np.argmax(logits, 1), sample_weight=weights)
    assert np.isclose(cl.accuracy(logits, labels, weights), theirs, rtol=1e-5)


@pytest.mark.parametrize(("ours", "theirs"), THEIRS)
@pytest.mark.parametrize("shape", [(40,), (40, 1), (40, 3)])
@WEIGHTS
def test_r2_and_rmse(key, ours, theirs, shape, weighted):
    p, t, w = drawn(key, shape, weighted)
    expected = theirs(t, p, sample_weight=w)
    assert np.isclose(ours(p, t, w), expected, rtol=1e-5)
    assert np.isclose(jax.jit(ours)(p, t, w), expected, rtol=1e-5) and ours(p, t, w).shape == ()


@pytest.mark.parametrize(("ours", "theirs"), THEIRS)
def test_narrow_dtypes_and_integers_are_measured_in_float32(key, ours, theirs):
    p, t, _ = drawn(key, (1000,), False)
    p, t = p.astype(jnp.bfloat16), t.astype(jnp.bfloat16)
    assert ours(p, t).dtype == jnp.float32
    assert np.isclose(ours(p, t), theirs(np.float64(t), np.float64(p)), rtol=1e-5)
    assert np.isclose(ours(jnp.arange(4), jnp.array([1, 3, 2, 0])), theirs([1, 3, 2, 0], [0, 1, 2, 3]), rtol=1e-5)


def test_r2_of_large_targets_loses_nothing(key):
    t = 4096 + jax.random.normal(key, (100,))
    p = t + 0.5
    assert np.isclose(cl.r2(p, t), r2_score(np.float64(t), np.float64(p)), rtol=1e-5)


@pytest.mark.parametrize("off", [0.0, 1.0])
def test_r2_of_equal_targets(off):
    t = jnp.full((30, 2), 0.5).at[:, 1].set(jnp.arange(30))
    p = t.at[3, 0].add(off)
    assert np.isclose(cl.r2(p, t), r2_score(t, p))


def test_r2_of_one_example_is_nan():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(r2_score([1.0], [1.0]))
    assert np.isnan(cl.r2(jnp.ones(1), jnp.ones(1)))


def test_weights_of_one_and_of_zero():
    p, t = jnp.array([1.0, 2.0, 5.0]), jnp.array([1.5, 1.0, 3.0])
    for metric, theirs in THEIRS:
        assert np.isclose(metric(p, t, jnp.ones(3, int)), theirs(t, p), rtol=1e-6)
        assert np.isclose(metric(p, t, jnp.array([0, 1, 1])), theirs(t[1:], p[1:]), rtol=1e-6)


def test_accuracy_takes_one_label_an_example():
    for labels in (jnp.zeros((3, 1), int), jnp.eye(3), jnp.zeros(1, int)):
        with pytest.raises(ArgumentError, match=r"takes labels \(3,\)"):
            cl.accuracy(jnp.eye(3), labels)


@pytest.mark.parametrize("metric", [cl.r2, cl.rmse])
def test_what_can_t_be_measured(metric):
    with pytest.raises(ArgumentError, match=r"one shape, got \(3, 1\) and \(3,\)"):
        metric(jnp.ones((3, 1)), jnp.ones(3))
    with pytest.raises(ArgumentError, match="at least one example"):
        metric(jnp.ones(()), jnp.ones(()))
    with pytest.raises(ArgumentError, match="at least one example"):
        metric(jnp.ones((0, 2)), jnp.ones((0, 2)))
    with pytest.raises(ArgumentError, match=r"takes weights of the shape \(3,\), got \(3, 1\)"):
        metric(jnp.ones(3), jnp.ones(3), jnp.ones((3, 1)))


def test_accuracy_of_nothing():
    with pytest.raises(ArgumentError, match="at least one example"):
        cl.accuracy(jnp.ones((0, 2)), jnp.ones(0, int))
