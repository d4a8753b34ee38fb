# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 9. From Equinox and PyTorch to catlearn, and back
#
# After this lesson you can rewrite a model that you have, bring its trained weights with you, train as you did, and go back; and
# you know what you gain and what is missing here.
#
# | Equinox, Flax, optax | PyTorch | catlearn |
# |---|---|---|
# | `eqx.Module`, `nnx.Module` | `nn.Module` | a diagram, `R(28, 28, 1) >> …` |
# | `eqx.nn.Sequential` | `nn.Sequential` | `f >> g` |
# | `model(x)`, parameters inside | the same | `model(params, x)`, parameters beside |
# | `jax.vmap(model)(xs)` | a batch axis in every layer | `jax.vmap(model, (None, 0))(params, xs)`, or `cl.batch` |
# | `eqx.filter_jit` | `torch.compile` | `jax.jit`, as it is |
# | a pytree of leaves | `state_dict()` | `cl.by_name(model, params)` |
# | `eqx.tree_at(where, …)` | `p.requires_grad_(False)` | `cl.freeze(model, params, "path*")` |
# | `optax.adam`, `apply_updates` | `torch.optim.Adam`, `.step()` | `cl.adam`, `learner.step` |
# | a loop over batches | the same, with a `DataLoader` | `learner.fit`, or any iterable of batches |
# | `eqx.tree_serialise_leaves` | `torch.save` | `cl.save`, `cl.load`, by name |
# | hooks | hooks | `cl.branch`, a wire more |

# %%
import tempfile
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

import catlearn as cl
from catlearn import R
from catlearn.datasets import digits

# %% [markdown]
# ## One net, three times
#
# Equinox and Flax as you know them:


# %%
class EquinoxNet(eqx.Module):
    conv: eqx.nn.Conv2d
    head: eqx.nn.Linear

    def __init__(self, key):
        one, two = jax.random.split(key)
        self.conv = eqx.nn.Conv2d(1, 8, 3, padding="SAME", key=one)
        self.head = eqx.nn.Linear(8 * 4 * 4, 10, key=two)

    def __call__(self, x):  # channels first: (1, 8, 8)
        x = jax.nn.relu(self.conv(x))
        x = eqx.nn.MaxPool2d(2, 2)(x)
        return self.head(x.ravel())


class FlaxNet(nnx.Module):
    def __init__(self, rngs):
        self.conv = nnx.Conv(1, 8, (3, 3), rngs=rngs)
        self.head = nnx.Linear(8 * 4 * 4, 10, rngs=rngs)

    def __call__(self, x):  # a batch, channels last
        x = nnx.max_pool(nnx.relu(self.conv(x)), (2, 2), (2, 2))
        return self.head(x.reshape(len(x), -1))


model = R(8, 8, 1) >> cl.conv(8, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(10)
cl.draw(model)

# %% [markdown]
# The diagram is the module without its weights. It is data: you can look into it, cut it, and send it along functors.
#
# ## Bringing weights
#
# Names say where they go. Flax has the layouts that are used here, so the move is a dictionary:

# %%
key = jax.random.key(0)
flax_net = FlaxNet(nnx.Rngs(0))
x = jax.random.normal(key, (8, 8, 1))
ours = {
    "0.conv.kernel": flax_net.conv.kernel[...],
    "0.conv.bias": flax_net.conv.bias[...],
    "4.dense.kernel": flax_net.head.kernel[...],
    "4.dense.bias": flax_net.head.bias[...],
}
assert tuple(ours) == cl.names(model)
params = tuple(ours[name] for name in cl.names(model))
np.testing.assert_allclose(model(params, x), flax_net(x[None])[0], rtol=1e-4, atol=1e-5)

# %% [markdown]
# PyTorch and Equinox have channels first, kernels as (out, in, height, width), and matrices transposed. The first dense layer after
# a `flatten` must have its rows in the other order too, for the numbers come in another order there. This converts a `state_dict`,
# here with the arrays that `torch.save` would have kept:


# %%
def from_torch(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A PyTorch net of one convolution and one linear layer, in our layouts."""
    conv, head = state["conv.weight"], state["head.weight"]
    channels = conv.shape[0]
    side = int((head.shape[1] / channels) ** 0.5)
    rows = head.reshape(-1, channels, side, side).transpose(2, 3, 1, 0).reshape(-1, head.shape[0])
    return {
        "0.conv.kernel": conv.transpose(2, 3, 1, 0),
        "0.conv.bias": state["conv.bias"],
        "4.dense.kernel": rows,
        "4.dense.bias": state["head.bias"],
    }


rng = np.random.default_rng(0)
state_dict = {
    "conv.weight": rng.normal(size=(8, 1, 3, 3)).astype(np.float32),
    "conv.bias": rng.normal(size=8).astype(np.float32),
    "head.weight": rng.normal(size=(10, 128)).astype(np.float32),
    "head.bias": rng.normal(size=10).astype(np.float32),
}
moved = from_torch(state_dict)
params = tuple(moved[name] for name in cl.names(model))

# %% [markdown]
# Does it compute the same? The net as PyTorch means it, in numpy and scipy: correlation with a border of zeros, maxima of 2 × 2,
# channels first.

# %%
from scipy.signal import correlate2d

image = np.asarray(x).transpose(2, 0, 1)
maps = np.stack([correlate2d(image[0], w[0], mode="same") + b for w, b in zip(state_dict["conv.weight"], state_dict["conv.bias"])])
pooled = np.maximum(maps, 0).reshape(8, 4, 2, 4, 2).max((2, 4))
torch_logits = state_dict["head.weight"] @ pooled.ravel() + state_dict["head.bias"]
np.testing.assert_allclose(model(params, x), torch_logits, rtol=1e-3, atol=1e-3)

# %% [markdown]
# And Equinox, which has PyTorch's layouts (its biases of convolutions are (8, 1, 1)):

# %%
eqx_net = EquinoxNet(key)
as_torch = {
    "conv.weight": np.asarray(eqx_net.conv.weight),
    "conv.bias": np.asarray(eqx_net.conv.bias).ravel(),
    "head.weight": np.asarray(eqx_net.head.weight),
    "head.bias": np.asarray(eqx_net.head.bias),
}
moved = from_torch(as_torch)
params = tuple(jnp.asarray(moved[name]) for name in cl.names(model))
np.testing.assert_allclose(model(params, x), eqx_net(jnp.moveaxis(x, -1, 0)), rtol=1e-3, atol=1e-4)

# %% [markdown]
# ## Not rewriting at all
#
# A module of another library is a layer here, as it is, and a model here is a module there.

# %%
mixed = R(4) >> cl.from_equinox(eqx.nn.MLP(4, 8, 16, 1, key=key)) >> cl.tanh >> cl.dense(3)
back = cl.to_equinox(mixed, mixed.init(key))
assert isinstance(back, eqx.Module) and back(jnp.ones(4)).shape == (3,)
cl.draw(mixed)

# %% [markdown]
# ## Training: the same numbers
#
# The loop that you have, and `fit`. From the same weights, with the same batches, they make the same steps.

# %%
data = digits()
(X, y), test = data.train, data.test
X, y = X[:256], y[:256]
tx = optax.adam(1e-3)


@eqx.filter_jit
def step(net, opt, xs, ys):
    def loss(net):
        logits = jax.vmap(net)(jnp.moveaxis(xs, -1, 1))
        return optax.softmax_cross_entropy_with_integer_labels(logits, ys).mean()

    value, grads = eqx.filter_value_and_grad(loss)(net)
    updates, opt = tx.update(grads, opt)
    return eqx.apply_updates(net, updates), opt, value


net, opt, their_losses = eqx_net, tx.init(eqx.filter(eqx_net, eqx.is_array)), []
for epoch in range(3):
    for at in range(0, 256, 64):
        net, opt, value = step(net, opt, X[at : at + 64], y[at : at + 64])
        their_losses.append(float(value))

learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(1e-3))
state, our_losses = learner.start(params), []
for epoch in range(3):
    for at in range(0, 256, 64):
        state, metrics = learner.step(state, (X[at : at + 64], y[at : at + 64]))
        our_losses.append(float(metrics["loss"]))
np.testing.assert_allclose(our_losses, their_losses, rtol=1e-3)

# %% [markdown]
# Optimisers go both ways too: `cl.from_optax(tx)` is a lens, and `cl.to_optax(cl.nesterov(0.1))` a transformation.

# %%
same = cl.supervised(model, cl.softmax_cross_entropy, cl.from_optax(optax.adam(1e-3)))
after, _ = same.fit(same.start(params), (X, y), epochs=1, batch_size=64, progress=False)
ours_after, _ = learner.fit(learner.start(params), (X, y), epochs=1, batch_size=64, progress=False)
for one, other in zip(same.params(after), learner.params(ours_after), strict=True):
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)

# %% [markdown]
# ## Files
#
# `cl.save` writes `.npz` or `.safetensors` by path, which any library reads; `cl.load` says what is missing, unexpected, or of
# another shape. `cl.export` writes a program that JAX runs without catlearn.

# %%
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "net.safetensors"
    cl.save(file, model, params)
    for one, other in zip(cl.load(file, model), params, strict=True):
        np.testing.assert_array_equal(one, other)
    try:
        cl.load(file, R(8, 8, 1) >> cl.conv(4, 3) >> cl.flatten >> cl.dense(10))
    except cl.CatlearnError as error:
        print(error)
    program = Path(folder) / "net.bin"
    cl.export(program, model, params)
    run = jax.export.deserialize(bytearray(program.read_bytes())).call
    np.testing.assert_allclose(run(x[None])[0], model(params, x), rtol=1e-5)

# %% [markdown]
# ## What you gain, and what you miss
#
# Gained: shapes are checked while you type; parameters have paths; freezing, tying, LoRA and optimisers are one construct, on any
# model, without touching its code; memory against time is chosen for a segment; there are laws to call, and pictures.
#
# Missed: a diagram is fixed before it runs, so a Python `if` on a value inside of a model has to go into a box (`cl.function` takes
# any JAX function). There is no batch norm with running averages (its mean over a batch is no function of one example); use layer,
# group or RMS norm. There is no hub of pretrained models, and there are fewer ready-made layers than PyTorch has. For these, bring
# the module in by `cl.from_equinox` or `cl.from_flax`.
#
# ## Exercises
#
# 1. Move an `eqx.nn.MLP(4, 8, 16, 1)` into `R(4) >> cl.dense(16) >> cl.relu >> cl.dense(8)`, and check that they agree.
# 2. Freeze the convolution of `model`, and train the head only: how many numbers are learned?
# 3. What does a forward hook do here? Let `model` show what comes out of its convolution, beside its logits, with a copy.
#
# ## What to remember
#
# - Weights move by name; layouts are the only difficulty.
# - Modules of other libraries are layers here, and models here are modules there.
# - The same steps, to the last digits that float32 has.
#
# ## Solutions

# %%
mlp = eqx.nn.MLP(4, 8, 16, 1, key=key)
ours = R(4) >> cl.dense(16) >> cl.relu >> cl.dense(8)
values = tuple(v for layer in mlp.layers for v in (layer.weight.T, layer.bias))
np.testing.assert_allclose(ours(values, jnp.arange(4.0)), mlp(jnp.arange(4.0)), rtol=1e-5)

# %%
head_only = cl.freeze(model, params, "0.conv*")
assert head_only.param.size == 128 * 10 + 10

# %%
conv, rest = model[:1], model[1:]
hooked = conv >> cl.copy(conv.cod) >> conv.cod @ rest
shown, logits = hooked(params, x)
assert shown.shape == (8, 8, 8)
np.testing.assert_array_equal(logits, model(params, x))
cl.draw(hooked)
