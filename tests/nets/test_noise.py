"""Dropout and noise: their distributions against the binomial theorem and the normal law, and what they are without a key."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import catlearn as cl
from catlearn import KEY, R, Smooth
from catlearn.categories.cokleisli import ContextError
from catlearn.core.errors import ArgumentError, TypingError

WIDE, TIMES = 64, 2000
KEYS = jax.random.split(jax.random.key(7), TIMES)


def draws(layer, x=None):
    """Outputs at many keys, shape (TIMES, WIDE)."""
    x = jnp.ones(WIDE) if x is None else x
    return np.asarray(jax.jit(jax.vmap(lambda key: (R(WIDE) >> layer)((), key, x)))(KEYS))


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.8])
def test_how_many_are_kept_is_binomial(rate):
    """Of n entries k are kept with probability C(n, k) (1 − r)ᵏ rⁿ⁻ᵏ: a chi-square test of counts, and their two moments."""
    out = draws(cl.dropout(rate))
    assert set(np.unique(out)) == {np.float32(0), np.float32(1) / np.float32(1 - rate)}
    kept = (out != 0).sum(1)
    law = stats.binom(WIDE, 1 - rate)
    edges = np.unique(law.ppf([0.1, 0.25, 0.4, 0.6, 0.75, 0.9]))
    expected = np.diff(law.cdf([-1, *edges, WIDE])) * TIMES
    found = np.histogram(kept, [-0.5, *(edges + 0.5), WIDE + 0.5])[0]
    assert stats.chisquare(found, expected).pvalue > 1e-3
    assert abs(kept.mean() - law.mean()) < 4 * law.std() / np.sqrt(TIMES)
    assert abs(kept.var() / law.var() - 1) < 0.15
    assert abs(out.mean() - 1) < 4 * np.sqrt(rate / (1 - rate) / out.size)  # its expectation is the identity


def test_entries_are_dropped_independently():
    kept = (draws(cl.dropout(0.5)) != 0).astype(float)
    correlations = np.corrcoef(kept.T)[np.triu_indices(WIDE, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(TIMES)


@pytest.mark.parametrize("rate", [0.5, 0.25, 0.75, 0.125, 0.0625, 0.99609375])
def test_rates_of_few_binary_digits_take_no_more_bits_and_drop_as_many(rate):
    """Entries that come from one random word are independent: five deviations of zeros, and of pairs both zero so far apart."""
    out = np.asarray((R(401, 257) >> cl.dropout(rate))((), jax.random.key(3), jnp.ones((401, 257))))
    zero = (out == 0).reshape(-1)
    assert abs(zero.mean() - rate) < 5 * np.sqrt(rate * (1 - rate) / zero.size)
    for apart in (1, 2, 8, 32, 257):
        both = (zero[apart:] & zero[:-apart]).mean()
        assert abs(both - rate**2) < 5 * np.sqrt(3 * rate**2 * (1 - rate**2) / zero.size)


def test_noise_is_normal():
    out = draws(cl.noise(0.3)) - 1
    assert stats.kstest(out.ravel()[:20_000], stats.norm(scale=0.3).cdf).pvalue > 1e-3
    assert abs(out.std() / 0.3 - 1) < 0.02


def test_without_a_key_they_are_the_identity():
    x = jnp.arange(4.0)
    f = R(4) >> cl.dropout(0.5) >> cl.noise(1.0)
    assert f((), x).tolist() == x.tolist() == cl.inference(f)((), x).tolist()
    assert cl.inference(f).category == Smooth and f.category.context == KEY
    assert cl.laws.extensional("identity", cl.inference(R(4) >> cl.noise(1.0)), cl.identity(R(4))) is None
    for layer in (cl.dropout(0.0), cl.noise(0.0)):
        assert (R(4) >> layer)((), jax.random.key(0), x).tolist() == x.tolist()


def test_one_key_is_one_noise_and_layers_have_their_own(key):
    x = jnp.zeros(WIDE)
    once, twice = R(WIDE) >> cl.noise(1.0), R(WIDE) >> cl.noise(1.0) >> cl.noise(1.0)
    assert np.array_equal(once((), key, x), once((), key, x))
    assert not np.array_equal(once((), key, x), once((), jax.random.key(1), x))
    first, second = jax.random.split(key)
    assert np.allclose(twice((), key, x), jax.random.normal(first, (WIDE,)) + jax.random.normal(second, (WIDE,)), atol=1e-6)
    beside = (R(WIDE) >> cl.noise(1.0)) @ (R(WIDE) >> cl.noise(1.0))
    a, b = beside((), key, x, x)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.5


def test_examples_of_a_batch_have_noise_of_their_own(key):
    x = jnp.ones((50, WIDE))
    for layer in (cl.dropout(0.5), cl.noise(1.0)):
        out = np.asarray(jax.jit(cl.batch(R(WIDE) >> layer, 50))((), key, x))
        assert len(np.unique(out, axis=0)) == 50
        assert np.abs(np.corrcoef(out)[np.triu_indices(50, 1)]).max() < 0.7
        # also where each example brings its own key
        own = jax.jit(cl.batch(cl.underlying(R(WIDE) >> layer), 50))((), jax.random.split(key, 50), x)
        alone = (R(WIDE) >> layer)((), jax.random.split(key, 50)[5], x[5])
        assert np.allclose(own[5], alone, atol=1e-6)
    shared = cl.batch(R(2) >> cl.dense(WIDE) >> cl.dropout(0.5), 3)
    assert shared.param == R(2, WIDE) @ R(WIDE)


def test_what_depends_on_no_example_has_one_noise(key):
    """Noise on a weight, in a 2-cell, is one for the whole batch."""
    f = (R(3) >> cl.bias()).reparameterise(R(3) >> cl.noise(1.0))
    out = cl.batch(f, 4)((jnp.zeros(3),), key, jnp.zeros((4, 3)))
    assert np.array_equal(out, jnp.tile(out[:1], (4, 1))) and np.any(out)


def test_gradients_go_where_values_went(key):
    """R[dropout](x, y') = mask · y' / (1 − r), with the mask of the same key; R[noise] = y'."""
    x, dy = jnp.arange(1.0, 1 + WIDE), jnp.linspace(-1, 1, WIDE)
    for layer, slope in ((cl.dropout(0.4), lambda y: y / x), (cl.noise(2.0), jnp.ones_like)):
        lens = cl.reverse(R(WIDE) >> layer)
        y, residual = lens.forward((), key, x)
        dparams, dx = lens.backward(residual, dy)
        assert dparams == () and np.allclose(dx, slope(y) * dy, atol=1e-6)
        assert cl.laws.agrees_with_vjp(cl.underlying(R(3) >> layer), key) is None


def test_types_are_kept(key):
    for dtype in ("bfloat16", "float16"):
        for layer in (cl.dropout(0.5), cl.noise(1.0)):
            f = R(4, dtype=dtype) >> layer
            assert f.cod == f.dom and f((), key, jnp.ones(4, dtype)).dtype == dtype
    assert [(R(*shape) >> cl.dropout(0.5))((), key, jnp.ones(shape)).shape for shape in ((), (0,), (33,))] == [(), (0,), (33,)]
    assert (R(2, 3) >> cl.dropout(0.5)).cod == R(2, 3) and (R() >> cl.noise(1.0)).cod == R()


@pytest.mark.parametrize("rate", [1.0, 1, -0.1, float("nan"), float("inf"), "half", None, True, jnp.array(0.5)])
def test_rates_that_are_no_probability_are_refused(rate):
    with pytest.raises(TypingError, match="rate must be a probability below 1"):
        cl.dropout(rate)


@pytest.mark.parametrize("deviation", [-1.0, float("nan"), float("inf"), "one", None, True])
def test_deviations_that_are_none_are_refused(deviation):
    with pytest.raises(TypingError, match="deviation must be a finite number"):
        cl.noise(deviation)


def test_wires_and_keys_that_dont_fit_are_refused(key):
    f = R(3) >> cl.dropout(0.5)
    for make in (
        lambda: R(3, dtype="int32") >> cl.dropout(0.5),
        lambda: KEY >> cl.noise(1.0),
        lambda: cl.wire({"a": R(2)}) >> cl.noise(1.0),
    ):
        with pytest.raises(TypingError, match="takes"):
            make()
    with pytest.raises(TypingError, match="takes 1 wire, got 2"):
        R(3) @ R(2) >> cl.dropout(0.5)
    for wrong in (jax.random.PRNGKey(0), jax.random.split(key, 3), jnp.ones(3)):
        with pytest.raises(ContextError, match="reads another key"):
            f((), wrong, jnp.ones(3))
    with pytest.raises(ArgumentError, match="got 3 values"):
        f((), key, key, jnp.ones(3))
    assert f((), jax.random.key(0, impl="rbg"), jnp.ones(3)).shape == (3,)  # any kind of key will do
