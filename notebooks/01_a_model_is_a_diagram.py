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
# # A model is a diagram
#
# You know JAX; no category theory is needed. In catlearn you write a model by saying what it goes *from* and which
# arrows come one after the other. An **object** such as `R(8, 8, 1)` says what values look like; an **arrow** goes from
# one object to another; `>>` is "then" and `@` is "beside".

# %%
import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R

model = R(8, 8, 1) >> cl.conv(16, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(10)
model

# %% [markdown]
# Layers such as `cl.dense(10)` are *families*: an arrow for each domain. Putting something with a domain before one
# resolves it, so shapes are known, and checked, as you type. Here is the table:

# %%
cl.describe(model)

# %% [markdown]
# A mistake is an error on the line that made it. It names both arrows, the axis, and the place.

# %%
try:
    model[:3] >> (R(5, 4, 16) >> cl.flatten)
except cl.CatlearnError as error:
    print(error)
    assert "wire 0, axis 0: 4 ≠ 5" in str(error)

# %% [markdown]
# ## Running it
#
# Parameters are a plain tuple of arrays, in reading order; the model is a pure JAX function of one example.

# %%
params = model.init(jax.random.key(0))
x = jnp.ones((8, 8, 1))
logits = jax.jit(model)(params, x)
assert logits.shape == (10,)
cl.by_name(model, params).keys()

# %% [markdown]
# ## Backpropagation is a functor
#
# `cl.reverse` sends each box f to a *lens*: a pair of f and its reverse derivative. Lenses compose, and the composite of
# the lenses is the lens of the composite. That sentence is the chain rule.

# %%
lens = cl.reverse(model)
y, residual = lens.forward(params, x)
dparams, dx = lens.backward(residual, jnp.ones(10))

_, vjp = jax.vjp(model, params, x)
for ours, theirs in zip(jax.tree.leaves((dparams, dx)), jax.tree.leaves(vjp(jnp.ones(10))), strict=True):
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)

f, g = model[:3], model[3:]
assert cl.reverse(f >> g) == cl.reverse(f) >> cl.reverse(g)

# %% [markdown]
# ## Tying and freezing are 2-cells
#
# `f >> f` has the parameters of f twice: P ⊗ P. Pulling them back along the copy P → P ⊗ P ties them, and the gradient
# of the tied model is the sum of the two. Pulling back along a constant freezes.

# %%
f = R(4) >> cl.dense(4) >> cl.tanh
tied = (f >> f).reparameterise(cl.copy(f.param))
assert tied.param == f.param
assert cl.laws.tied_gradient_is_the_sum(f, jax.random.key(1)) is None

frozen = f.reparameterise(cl.constant(f.init(jax.random.key(2))))
assert len(frozen.param) == 0

# %% [markdown]
# ## Training
#
# A learner composes the model's lens with a loss and reparameterises along an optimiser, which is a lens too. Its
# backward arrow is the training step; `fit` unfolds it over the data.

# %%
from catlearn.datasets import digits

data = digits()
learner = cl.supervised(model, loss=cl.softmax_cross_entropy, optimiser=cl.nesterov(0.05, 0.9), metrics={"accuracy": cl.accuracy})
state = learner.init(jax.random.key(1))
state, history = learner.fit(
    state, data.train, epochs=20, batch_size=64, key=jax.random.key(2), validation=data.test, progress=False
)
accuracy = float(cl.accuracy(learner.predict(state, data.test[0]), data.test[1]))
assert accuracy > 0.96
history, f"{100 * accuracy:.2f} % of the held-out fifth"

# %% [markdown]
# The whole step is one diagram, and you can look into it:

# %%
learner.composite(64)

# %% [markdown]
# ## Exercises
#
# 1. Make `R(4) >> cl.residual(...)` with a branch of two dense layers. Which paths do its parameters have?
# 2. Write a low-rank adaptation of `R(8) >> cl.linear(8)`: a 2-cell from `R(8, 2) @ R(2, 8)` along `w + u @ v`.
# 3. Which law says that `cl.recompute(f)` may be put anywhere? Call it on an f of yours.
#
# ### Solutions

# %%
block = R(4) >> cl.residual(cl.dense(8) >> cl.tanh >> cl.dense(4))
assert cl.names(block)[0] == "0.dense.kernel"

layer = R(8) >> cl.linear(8)
(w,) = layer.init(jax.random.key(3))
low_rank = (R(8, 2) @ R(2, 8)) >> cl.function(lambda u, v: w + u @ v, arity=2)
adapted = layer.reparameterise(low_rank, init=lambda key: (jax.random.normal(key, (8, 2)), jnp.zeros((2, 8))))
assert adapted.param.size == 32
assert cl.laws.gradient_rule(layer, low_rank, jax.random.key(4)) is None

assert cl.laws.extensional("recompute", cl.reverse(cl.recompute(block)), cl.reverse(block)) is None
