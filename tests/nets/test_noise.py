import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R

RATES = (0.5, 0.25, 0.75, 0.125, 0.0625, 0.99609375, 0.1, 0.6)  # those of 1, 2, 4 and 8 binary digits, and of more


@pytest.mark.parametrize("rate", RATES)
def test_as_many_are_dropped_as_the_rate_says_each_by_itself(rate):
    """By the theorem of de Moivre and Laplace: five deviations of the number of zeros, and of pairs of neighbours both zero."""
    n = 401 * 257
    f = R(401, 257) >> cl.dropout(rate)
    out = np.asarray(f((), jax.random.key(3), jnp.ones((401, 257))))
    np.testing.assert_allclose(out[out != 0], 1 / (1 - rate), rtol=1e-6)
    zero = (out == 0).reshape(-1)
    assert abs(zero.mean() - rate) < 5 * np.sqrt(rate * (1 - rate) / n)
    for step in (1, 2, 8, 32, 257):
        both, p = (zero[step:] & zero[:-step]).mean(), rate**2
        assert abs(both - p) < 5 * np.sqrt(3 * p * (1 - p) / n)


def test_any_shape_and_no_rate():
    for shape in ((), (0,), (1,), (3, 5)):
        x = jnp.ones(shape)
        out = (R(*shape) >> cl.dropout(0.5))((), jax.random.key(0), x)
        assert out.shape == shape and set(np.unique(out)) <= {0, 2}
        assert np.array_equal((R(*shape) >> cl.dropout(0.0))((), jax.random.key(0), x), x)


def test_keys_give_different_noise_and_the_same_key_the_same():
    f = R(64) >> cl.dropout(0.5)
    a, b, again = (f((), jax.random.key(seed), jnp.ones(64)) for seed in (0, 1, 0))
    assert np.array_equal(a, again) and not np.array_equal(a, b)
