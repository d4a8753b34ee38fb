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
# | `eqx.nn.Lambda(f)` | a line in `forward` | `cl.function(f)` |
# | `model(x)`, parameters inside | the same | `model(params, x)`, parameters beside |
# | `jax.vmap(model)(xs)` | a batch axis in every layer | `jax.vmap(model, (None, 0))(params, xs)`, or `cl.batch` |
# | `eqx.filter_jit` | `torch.compile` | `jax.jit`, as it is |
# | a pytree of leaves, `nnx.state(model)` | `state_dict()` | `cl.by_name(model, params)` |
# | `eqx.partition(model, spec)` | `p.requires_grad_(False)` | `cl.freeze(model, params, "path*")` |
# | `eqx.nn.Shared` | one tensor assigned twice | `cl.tie` |
# | `jax.checkpoint(f)` | `torch.utils.checkpoint` | `cl.recompute(f)` |
# | `optax.adam`, `apply_updates` | `torch.optim.Adam`, `.step()` | `cl.adam`, `learner.step` |
# | a loop over batches | the same, with a `DataLoader` | `learner.fit` on arrays, or on any iterable of batches |
# | `eqx.tree_serialise_leaves` | `torch.save` | `cl.save`, `cl.load`, by name |
# | returning one thing more, `self.sow` | `register_forward_hook` | a copied wire |
# | `inference_mode(model)`, `model.eval()` | `model.eval()` | `cl.inference(model)` |
# | an array that is not trained | `register_buffer` | `cl.constant` |
# | `BatchNorm` with its statistics | `BatchNorm2d` | none: see the end |

# %%
import tempfile
from importlib.util import find_spec
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from safetensors.numpy import load_file, save_file
from scipy.signal import correlate2d

import catlearn as cl
from catlearn import R
from catlearn.datasets import digits

# %% [markdown]
# ## One net, three times
#
# A convolution, a pooling and a dense layer on an image of 8 × 8 numbers. In Equinox:


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


# %% [markdown]
# In Flax:


# %%
class FlaxNet(nnx.Module):
    def __init__(self, rngs):
        self.conv = nnx.Conv(1, 8, (3, 3), rngs=rngs)
        self.head = nnx.Linear(8 * 4 * 4, 10, rngs=rngs)

    def __call__(self, x):  # channels last: (8, 8, 1)
        x = nnx.max_pool(nnx.relu(self.conv(x)), (2, 2), (2, 2))
        return self.head(x.ravel())


# %% [markdown]
# And here, where sizes of inputs are inferred: 8 × 4 × 4 is computed by nobody.

# %%
model = (
    R(8, 8, 1) >> cl.conv(8, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(10)
)
cl.draw(model)

# %% [markdown]
# The diagram is the module without its weights. It is data: you can look into it, cut it, and send it along functors.
#
# ## Bringing weights
#
# Parameters are a tuple, in the order of these names:

# %%
cl.describe(model)

# %% [markdown]
# So weights move by name. Flax has the layouts that are used here, and the move is a dictionary:

# %%
key = jax.random.key(0)
x = jax.random.normal(key, (8, 8, 1))
flax_net = FlaxNet(nnx.Rngs(0))
from_flax = {
    "0.conv.kernel": flax_net.conv.kernel[...],
    "0.conv.bias": flax_net.conv.bias[...],
    "4.dense.kernel": flax_net.head.kernel[...],
    "4.dense.bias": flax_net.head.bias[...],
}


def in_order(named):
    """The tuple that the model takes."""
    assert set(named) == set(cl.names(model))
    return tuple(jnp.asarray(named[name]) for name in cl.names(model))


np.testing.assert_allclose(model(in_order(from_flax), x), flax_net(x), rtol=1e-5, atol=1e-5)

# %% [markdown]
# PyTorch has channels first, kernels as (out, in, height, width), and matrices transposed:
#
# | what | PyTorch, Equinox | Flax, catlearn |
# |---|---|---|
# | images | channels × height × width | height × width × channels |
# | kernel of a convolution | out × in × height × width | height × width × in × out |
# | matrix of a dense layer | out × in | in × out |
# | what a `flatten` lists | channel by channel | place by place |
#
# The last line is the one that people forget: the dense layer after a `flatten` must have its rows in the other order too. Where
# PyTorch is, the weights leave it by
#
# ```python
# from safetensors.torch import save_file
#
# save_file(net.state_dict(), "torch.safetensors")
# ```
#
# PyTorch isn't needed here, so we write such a file ourselves, with random numbers:

# %%
rng = np.random.default_rng(0)
shapes = {
    "conv.weight": (8, 1, 3, 3),
    "conv.bias": (8,),
    "head.weight": (10, 128),
    "head.bias": (10,),
}
folder = Path(tempfile.mkdtemp())
save_file(
    {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()},
    folder / "torch.safetensors",
)

state_dict = load_file(folder / "torch.safetensors")
{name: array.shape for name, array in state_dict.items()}

# %% [markdown]
# The conversion, a line for each layout:


# %%
def kernel(weight):
    """A convolution's: out × in × height × width → height × width × in × out."""
    return weight.transpose(2, 3, 1, 0)


def after_flatten(weight, channels, height, width):
    """A dense layer's that reads a flattened image: out × (channels · height · width) → (height · width · channels) × out."""
    out = len(weight)
    return (
        weight.reshape(out, channels, height, width).transpose(2, 3, 1, 0).reshape(-1, out)
    )


def from_torch(state):
    return {
        "0.conv.kernel": kernel(state["conv.weight"]),
        "0.conv.bias": state["conv.bias"],
        "4.dense.kernel": after_flatten(
            state["head.weight"], channels=8, height=4, width=4
        ),
        "4.dense.bias": state["head.bias"],
    }


params = in_order(from_torch(state_dict))
logits = model(params, x)
logits

# %% [markdown]
# Is it the same net? What PyTorch computes, in numpy and scipy: correlation with a border of zeros, maxima of 2 × 2, channels
# first.


# %%
def as_torch_does(state, image):  # 1 × 8 × 8
    weights = zip(state["conv.weight"], state["conv.bias"], strict=True)
    maps = np.stack([correlate2d(image[0], w[0], mode="same") + b for w, b in weights])
    pooled = np.maximum(maps, 0).reshape(8, 4, 2, 4, 2).max((2, 4))
    return state["head.weight"] @ pooled.ravel() + state["head.bias"]


image = np.moveaxis(np.asarray(x), -1, 0)
np.testing.assert_allclose(logits, as_torch_does(state_dict, image), rtol=1e-4, atol=1e-4)

# %% [markdown]
# And PyTorch itself, if you have it:

# %%
if find_spec("torch"):
    import torch

    layers = torch.nn.Conv2d(1, 8, 3, padding="same"), torch.nn.Linear(128, 10)
    net = torch.nn.Sequential(
        layers[0], torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(), layers[1]
    )
    for layer, name in zip(layers, ("conv", "head"), strict=True):
        layer.load_state_dict(
            {
                part: torch.tensor(state_dict[f"{name}.{part}"])
                for part in ("weight", "bias")
            }
        )
    np.testing.assert_allclose(
        logits, net(torch.tensor(image)[None])[0].detach().numpy(), rtol=1e-4, atol=1e-4
    )

# %% [markdown]
# A negative control. Had we only transposed the matrix, all shapes would fit, and the numbers would be wrong:

# %%
careless = from_torch(state_dict) | {"4.dense.kernel": state_dict["head.weight"].T}
assert careless["4.dense.kernel"].shape == from_torch(state_dict)["4.dense.kernel"].shape
assert not np.allclose(model(in_order(careless), x), logits, atol=1.0)

# %% [markdown]
# Equinox has PyTorch's layouts. Only its biases of convolutions are of shape (8, 1, 1).

# %%
eqx_net = EquinoxNet(key)


def from_eqx(net):
    conv = {"conv.weight": net.conv.weight, "conv.bias": net.conv.bias.ravel()}
    return in_order(
        from_torch(conv | {"head.weight": net.head.weight, "head.bias": net.head.bias})
    )


params = from_eqx(eqx_net)
np.testing.assert_allclose(
    model(params, x), eqx_net(jnp.asarray(image)), rtol=1e-5, atol=1e-5
)

# %% [markdown]
# ## Not rewriting at all
#
# A module of another library is a layer here, as it is, with the weights that it has:

# %%
mixed = R(4) >> cl.from_equinox(eqx.nn.MLP(4, 8, 16, 1, key=key)) >> cl.tanh >> cl.dense(3)
cl.draw(mixed)

# %% [markdown]
# And a model from here is a module there, which `eqx.filter_jit`, optax and `eqx.nn.Sequential` take as any other. Its leaves are
# in a dictionary by path.

# %%
there = cl.to_equinox(model, params)
longer = eqx.nn.Sequential([there, eqx.nn.Lambda(jax.nn.softmax)])
np.testing.assert_allclose(longer(x).sum(), 1, rtol=1e-5)
{name: leaf.shape for name, leaf in there.parameters.items()}

# %% [markdown]
# A module that changes while it runs is refused. Batch norm in training is one, for it keeps running means; in use, it is a
# function of its input, and welcome.


# %%
class Normed(nnx.Module):
    def __init__(self, rngs):
        self.norm = nnx.BatchNorm(8, rngs=rngs)

    def __call__(self, x):
        return self.norm(x)


normed = Normed(nnx.Rngs(0))
try:
    R(8, 8, 1) >> cl.conv(8, 3) >> cl.from_flax(normed)
except cl.CatlearnError as error:
    print(error)
else:
    raise AssertionError("it should have been refused")

# %%
normed.eval()
frozen_statistics = R(8, 8, 1) >> cl.conv(8, 3) >> cl.from_flax(normed) >> cl.relu
cl.draw(frozen_statistics)

# %% [markdown]
# ## Training: the same numbers
#
# The loop that you have:

# %%
data = digits()
X, y = data.train[0][:256], data.train[1][:256]
batches = [slice(at, at + 64) for at in range(0, 256, 64)]


def train(net, tx, epochs):
    """Equinox and optax: the trained net, and the mean loss of each epoch."""

    @eqx.filter_jit
    def step(net, opt, xs, ys):
        def loss(net):
            logits = jax.vmap(net)(jnp.moveaxis(xs, -1, 1))
            return optax.softmax_cross_entropy_with_integer_labels(logits, ys).mean()

        value, grads = eqx.filter_value_and_grad(loss)(net)
        updates, opt = tx.update(grads, opt, eqx.filter(net, eqx.is_array))
        return eqx.apply_updates(net, updates), opt, value

    opt, rows = tx.init(eqx.filter(net, eqx.is_array)), []
    for epoch in range(1, epochs + 1):
        losses = []
        for part in batches:
            net, opt, value = step(net, opt, X[part], y[part])
            losses.append(float(value))
        rows.append({"epoch": epoch, "loss": np.mean(losses)})
    return net, rows


trained, rows = train(eqx_net, optax.adam(5e-3), epochs=6)

# %% [markdown]
# And `fit`. Without a key the batches keep their order, so that both see the same ones.

# %%
learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(5e-3))
state, history = learner.fit(
    learner.start(params), (X, y), epochs=6, batch_size=64, progress=False
)
cl.plot.compare({"Equinox and optax": cl.History(tuple(rows)), "catlearn": history})

# %% [markdown]
# One line hides the other. The losses and the trained weights are the same:

# %%
np.testing.assert_allclose(history["loss"], [row["loss"] for row in rows], rtol=1e-5)
for here, theirs in zip(learner.params(state), from_eqx(trained), strict=True):
    np.testing.assert_allclose(here, theirs, rtol=1e-3, atol=1e-5)

# %% [markdown]
# `learner.step(state, batch)` is one step, for those who like to write the loop. Optimisers go both ways too. `cl.from_optax(tx)`
# is a lens, and `cl.to_optax(optimiser)` a transformation, here in the Equinox loop:

# %%
same = cl.supervised(model, cl.softmax_cross_entropy, cl.from_optax(optax.adam(5e-3)))
_, by_optax = same.fit(same.start(params), (X, y), epochs=1, batch_size=64, progress=False)
_, by_lens = train(eqx_net, cl.to_optax(cl.adam(5e-3)), epochs=1)
np.testing.assert_allclose(
    [by_optax["loss"][0], by_lens[0]["loss"]], history["loss"][0], rtol=1e-5
)

# %% [markdown]
# ## Files
#
# `cl.save` writes `.npz` or `.safetensors` by path, which any library reads.

# %%
cl.save(folder / "net.safetensors", model, params)
assert set(load_file(folder / "net.safetensors")) == set(cl.names(model))
for saved, value in zip(cl.load(folder / "net.safetensors", model), params, strict=True):
    np.testing.assert_array_equal(saved, value)

# %% [markdown]
# `cl.load` says what is missing, unexpected, or of another shape, all at once:

# %%
try:
    cl.load(
        folder / "net.safetensors",
        R(8, 8, 1) >> cl.conv(4, 3) >> cl.flatten >> cl.dense(10),
    )
except cl.CatlearnError as error:
    print(str(error).replace(f"{folder}/", ""))
else:
    raise AssertionError("it should have been refused")

# %% [markdown]
# A trap of the format, and none of ours: `safetensors.numpy.save_file` writes a transposed array in the order of its memory, and
# says nothing. Use `np.ascontiguousarray` first, or `cl.save`, which does.

# %%
moved = {name: np.asarray(array) for name, array in from_torch(state_dict).items()}
cl.save(folder / "moved.safetensors", model, tuple(moved[name] for name in cl.names(model)))
np.testing.assert_array_equal(
    load_file(folder / "moved.safetensors")["0.conv.kernel"], moved["0.conv.kernel"]
)

# %% [markdown]
# `cl.export` writes a program, weights and all, that JAX runs where catlearn isn't:

# %%
cl.export(folder / "net.bin", model, params)
program = jax.export.deserialize(bytearray((folder / "net.bin").read_bytes()))
np.testing.assert_allclose(
    program.call(X[:5])[0], model(params, X[0]), rtol=1e-4, atol=1e-4
)

# %% [markdown]
# ## What has no counterpart
#
# Elsewhere the backward pass is what a tape or `jax.grad` leaves behind, with no name and no layers. Here it is an arrow of a
# category, the image of the model under a functor (lesson 2), and as much a diagram as the model is:

# %%
cl.draw(cl.reverse(model))

# %% [markdown]
# And changing what the parameters are is an operation on any model, a 2-cell (lesson 4). There is no base class to inherit from
# and no code to touch: here the dense layer is adapted by matrices of rank 2, and all else is frozen.

# %%
adapted = cl.lora(model, params, rank=2, where="4.dense.kernel")
cl.draw(adapted)

# %% [markdown]
# It begins as the model was, and learns few numbers:

# %%
start = adapted.init(key)
np.testing.assert_allclose(adapted(start, x), model(params, x), rtol=1e-5, atol=1e-5)
cl.by_name(adapted, [p.shape for p in start])

# %% [markdown]
# ## What is missing here
#
# | what | better in | here |
# |---|---|---|
# | control flow that depends on values | PyTorch: any Python | a diagram is fixed before it runs; `lax.cond` in a `cl.function` |
# | layers with a state, such as batch norm | all three | none; layer, group or RMS norm, or a trained one in `eval` |
# | pretrained models, tutorials, answers | PyTorch by far, then Flax | none; bring modules, or weights in `safetensors` |
# | ready-made layers | PyTorch | fewer |
# | several devices | all three | `fit` is for one |
# | a breakpoint in the middle of `forward` | PyTorch | a copied wire, as in exercise 3 |
#
# ## Exercises
#
# 1. Move an `eqx.nn.MLP(4, 8, 16, 1)` into `R(4) >> cl.dense(16) >> cl.relu >> cl.dense(8)`, and check that they agree.
#    *Hint:* its matrices are in `mlp.layers`, and are out × in.
# 2. Freeze the convolution of `model` and train the head only, for three epochs. How many numbers are learned? Does the
#    convolution stay as it was? *Hint:* `cl.freeze`; the frozen model's parameters are those that are left.
# 3. What does a forward hook do here? Let `model` show what comes out of its convolution, beside its logits. *Hint:* `model[:1]`
#    and `model[1:]`, with `cl.copy` between.
# 4. A PyTorch net has `Linear(128, 32)`, `ReLU` and `Linear(32, 10)` in the place of `head`. Which of the two matrices is only
#    transposed? *Hint:* which of them reads a flattened image?
#
# ## What to remember
#
# - Weights move by name; layouts are the only difficulty, and a `flatten` is where it hides.
# - Modules of other libraries are layers here, models here are modules there, and the same holds of optimisers.
# - From the same weights on the same batches, the same training, up to rounding.
# - Layers with a state, control flow by value, and an ecosystem are what you would miss.
#
# ## Solutions
#
# The first: transposed, in order.

# %%
mlp = eqx.nn.MLP(4, 8, 16, 1, key=key)
ours = R(4) >> cl.dense(16) >> cl.relu >> cl.dense(8)
values = tuple(v for layer in mlp.layers for v in (layer.weight.T, layer.bias))
np.testing.assert_allclose(
    ours(values, jnp.arange(4.0)), mlp(jnp.arange(4.0)), rtol=1e-5, atol=1e-5
)

# %% [markdown]
# The second: 1,290. A frozen parameter is no parameter, so the optimiser doesn't see it, and nothing can change it.

# %%
head_only = cl.freeze(model, params, "0.conv*")
assert head_only.param.size == 128 * 10 + 10
tuner = cl.supervised(head_only, cl.softmax_cross_entropy, cl.adam(1e-2))
tuned, tuning = tuner.fit(
    tuner.start(params[2:]), (X, y), epochs=3, batch_size=64, progress=False
)
assert tuning["loss"][-1] < tuning["loss"][0]
head = tuner.params(tuned)
np.testing.assert_allclose(
    head_only(head, x), model((*params[:2], *head), x), rtol=1e-5, atol=1e-5
)
cl.names(head_only)

# %% [markdown]
# The third: a wire more.

# %%
conv, rest = model[:1], model[1:]
hooked = conv >> cl.copy(conv.cod) >> conv.cod @ rest
maps, logits = hooked(params, x)
assert maps.shape == (8, 8, 8)
np.testing.assert_array_equal(logits, model(params, x))
cl.draw(hooked)

# %% [markdown]
# The fourth: the second. The first reads the flattened image, and its rows are in another order.

# %%
deep = R(4, 4, 8) >> cl.flatten >> cl.dense(32) >> cl.relu >> cl.dense(10)
one, two = (
    rng.normal(size=(32, 128)).astype(np.float32),
    rng.normal(size=(10, 32)).astype(np.float32),
)
zeros = np.zeros(32, np.float32), np.zeros(10, np.float32)
features = rng.normal(size=(8, 4, 4)).astype(np.float32)  # channels first
np.testing.assert_allclose(
    deep(
        (after_flatten(one, 8, 4, 4), zeros[0], two.T, zeros[1]),
        jnp.moveaxis(features, 0, -1),
    ),
    two @ np.maximum(one @ features.ravel(), 0),
    rtol=1e-3,
    atol=1e-3,
)
