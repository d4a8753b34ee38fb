import equinox as eqx
import jax
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import TypingError


def test_a_block_is_equinox_s_layers_on_the_same_weights(key):
    k, j = jax.random.split(key)
    tokens, channels = eqx.nn.MLP(5, 5, 7, 1, jax.nn.gelu, key=k), eqx.nn.MLP(8, 8, 9, 1, jax.nn.gelu, key=j)
    norm = jax.vmap(eqx.nn.LayerNorm(8))
    f, x = R(5, 8) >> cl.mixer_block(7, 9), jax.random.normal(key, (5, 8))
    weights = lambda mlp: [w for layer in mlp.layers for w in (layer.weight.T, layer.bias)]  # noqa: E731
    begin = f.init(key)
    params = (*begin[:2], *weights(tokens), *begin[6:8], *weights(channels))
    mixed = x + jax.vmap(tokens)(norm(x).T).T
    np.testing.assert_allclose(jax.jit(f)(params, x), mixed + jax.vmap(channels)(norm(mixed)), rtol=1e-5, atol=1e-5)


def test_names():
    f = R(5, 8) >> cl.mixer_block(7, 9, norm=cl.rms_norm()) >> cl.flatten
    assert cl.names(f)[:2] == ("0.mixer_block.0.residual.norm.scale", "0.mixer_block.0.residual.tokens.up.kernel")


def test_what_a_mixer_does_not_take():
    with pytest.raises(TypingError, match="two axes"):
        R(5, 8, 3) >> cl.mixer_block(7, 9)
    with pytest.raises(TypingError, match="token_hidden must be a whole number"):
        cl.mixer_block(0, 9)
