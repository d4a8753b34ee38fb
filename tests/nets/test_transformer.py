import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError


def as_torch(torch, w):
    return torch.nn.Parameter(torch.from_numpy(np.array(w)))


def test_feed_forward_is_equinox_mlp_on_the_same_weights(key):
    theirs = eqx.nn.MLP(6, 6, 10, 1, jax.nn.gelu, key=key)
    f, x = R(5, 6) >> cl.feed_forward(10), jax.random.normal(key, (5, 6))
    params = tuple(w for layer in theirs.layers for w in (layer.weight.T, layer.bias))
    np.testing.assert_allclose(jax.jit(f)(params, x), jax.vmap(theirs)(x), rtol=1e-5, atol=1e-5)
    assert cl.names(f) == ("up.kernel", "up.bias", "down.kernel", "down.bias")


@pytest.mark.parametrize("causal", [False, True])
def test_a_block_is_torch_s_encoder_layer_on_the_same_weights(causal, key):
    torch = pytest.importorskip("torch")
    f = R(5, 8) >> cl.transformer_block(2, causal=causal, activation=cl.relu)
    params = [jax.random.normal(k, s.shape) / 3 for k, s in zip(jax.random.split(key, 16), f.param.structs, strict=True)]
    x = jax.random.normal(key, (5, 8))
    theirs = torch.nn.TransformerEncoderLayer(8, 2, 32, dropout=0, batch_first=True, norm_first=True)
    g1, b1, *qkv, wo, bo, g2, b2, wu, bu, wd, bd = params
    theirs.self_attn.in_proj_weight = as_torch(torch, jnp.concatenate([w.T for w in qkv[::2]]))
    theirs.self_attn.in_proj_bias = as_torch(torch, jnp.concatenate(qkv[1::2]))
    for layer, w, b in (
        (theirs.norm1, g1, b1),
        (theirs.self_attn.out_proj, wo.T, bo),
        (theirs.norm2, g2, b2),
        (theirs.linear1, wu.T, bu),
        (theirs.linear2, wd.T, bd),
    ):
        layer.weight, layer.bias = as_torch(torch, w), as_torch(torch, b)
    mask = torch.triu(torch.ones(5, 5, dtype=torch.bool), diagonal=1) if causal else None
    expected = theirs(torch.from_numpy(np.array(x))[None], src_mask=mask)[0].detach().numpy()
    np.testing.assert_allclose(jax.jit(f)(tuple(params), x), expected, rtol=1e-5, atol=1e-5)


def test_a_block_is_its_composite(key):
    f = R(5, 8) >> cl.transformer_block(2, 12, causal=True, rotary=True, norm=cl.rms_norm(), use_bias=False, key_value_heads=1)
    attend = cl.attention(2, causal=True, rotary=True, use_bias=False, key_value_heads=1)
    mlp = cl.feed_forward(12, use_bias=False)
    g = R(5, 8) >> cl.residual(cl.rms_norm() >> attend) >> cl.residual(cl.rms_norm() >> mlp)
    assert laws.extensional("block", f, g) is None
    assert cl.names(f)[::7] == ("0.residual.norm.scale", "1.residual.mlp.down.kernel")


def test_a_causal_block_looks_only_back(key):
    f = R(5, 8) >> cl.transformer_block(2, causal=True)
    params, x, run = f.init(key), jax.random.normal(key, (5, 8)), jax.jit(f)
    np.testing.assert_allclose(run(params, x)[:3], run(params, x.at[3:].set(7.0))[:3], rtol=1e-5, atol=1e-6)


def test_a_language_model_learns_to_count(key):
    """Predict the next number of a sequence that goes up by one, modulo 5."""
    model = (
        R(6, dtype="int32")
        >> cl.embedding(5, 16)
        >> cl.positions()
        >> cl.transformer_block(2, causal=True)
        >> cl.layer_norm()
        >> cl.function(lambda x: x[-1])
        >> cl.dense(5)
    )
    begin = jnp.arange(20) % 5
    xs = (begin[:, None] + jnp.arange(6)) % 5
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(0.01))
    state = learner.init(key)
    for _ in range(30):
        state, metrics = learner.step(state, (xs, (begin + 6) % 5))
    assert float(metrics["loss"]) < 0.05


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(5, 6) >> cl.transformer_block(4), "into 4 equal heads"),
        (lambda: R(5) >> cl.transformer_block(1), "two axes"),
        (lambda: cl.transformer_block(1.5), "heads must be a whole number"),
        (lambda: cl.transformer_block(1, 0), "hidden must be a whole number"),
        (lambda: R(5) >> cl.feed_forward(0), "units must be a whole number"),
        (lambda: R() >> cl.feed_forward(3), "at least one axis"),
    ],
)
def test_what_blocks_do_not_take(make, said):
    with pytest.raises(TypingError, match=said):
        make()
