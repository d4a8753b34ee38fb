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
# # 4. Weight tying, freezing and LoRA are 2-cells
#
# After this lesson you can tie, freeze and adapt the weights of any model by one construction, choose them by path, and say
# what happens to the gradient.
#
# | if you know JAX | if you know categories |
# |---|---|
# | a model with its parameters | a **1-cell** of Para: (P, f : A ⊗ P → B) |
# | computing the parameters from others before the model runs | a **2-cell** r : Q → P, `f.reparameterise(r)` |
# | using one array in two places | r is a copy P → P ⊗ P |
# | `stop_gradient` on weights, a LoRA wrapper | r is a constant, or an affine map |

# %%
import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R
from catlearn.datasets import digits

# %% [markdown]
# ## Pulling parameters back
#
# `f.reparameterise(r)` is f with its parameters computed by r from others. r is an arrow like any other, drawn above f.
# Copying gives tied weights:

# %%
f = R(4) >> cl.dense(4) >> cl.tanh
tied = (f >> f).reparameterise(cl.copy(f.param))
assert len((f >> f).param) == 4 and tied.param == f.param
cl.draw(tied)

# %% [markdown]
# By lesson 2 the reverse of a copy is a sum. So the gradient of tied weights is the sum of those of all their uses, and
# nobody had to write that down:

# %%
key = jax.random.key(0)
params, x = f.init(key), jnp.arange(4.0)
apart = jax.grad(lambda p: (f >> f)(p, x).sum())((*params, *params))
together = jax.grad(lambda p: tied(p, x).sum())(params)
for whole, first, second in zip(together, apart[:2], apart[2:], strict=True):
    np.testing.assert_allclose(whole, first + second, rtol=1e-5)
assert cl.laws.tied_gradient_is_the_sum(f, key) is None
cl.draw(cl.reverse(tied))

# %% [markdown]
# Freezing pulls back along a constant: nothing is left to learn, and no gradient is computed for what is thrown away.

# %%
frozen = f.reparameterise(cl.constant(params))
assert frozen.param == cl.I
np.testing.assert_array_equal(frozen((), x), f(params, x))
cl.draw(frozen)

# %% [markdown]
# ## They compose, both ways
#
# *Vertically*: reparameterising along r and then along s is reparameterising along `s >> r`. *Horizontally*: in `f >> g` each
# part can be pulled back by itself. These are the laws of a bicategory, and hold for random arrows:

# %%
g = R(4) >> cl.dense(2)
half, shift = (
    (f.param[:1] >> cl.tanh) @ f.param[1:],
    f.param[:1] @ (f.param[1:] >> cl.sigmoid),
)
assert cl.laws.reparameterisation_composes(f, half, shift) is None
assert cl.laws.reparameterisation_is_local(f, g, half, cl.identity(g.param)) is None
once, two = f.reparameterise(shift >> half), f.reparameterise(half).reparameterise(shift)
assert cl.draw(once).scene.marks == cl.draw(two).scene.marks
cl.draw(two)

# %% [markdown]
# ## By path
#
# The library's 2-cells take patterns of paths. `cl.tie` makes parameters equal, `cl.freeze` fixes them; `cl.weight_norm`
# computes a kernel from a direction and lengths, `cl.masked` multiplies by a mask, `cl.hypernetwork` lets another model
# make the weights.

# %%
net = (
    R(8)
    >> cl.dense(8).named("first")
    >> cl.tanh
    >> cl.dense(8).named("second")
    >> cl.tanh
    >> cl.dense(3).named("head")
)
start = net.init(jax.random.key(1))
body = cl.freeze(net, start, "first*")
normed = cl.weight_norm(net, "*kernel")
assert set(cl.names(body)) == {
    name for name in cl.names(net) if not name.startswith("first")
}
cl.describe(normed)

# %% [markdown]
# ## LoRA
#
# A low-rank adaptation keeps a trained kernel W fixed and learns $W + UV$ with thin U and V. As a 2-cell: r goes from
# (U, V) to the kernel, with W as a constant above it.

# %%
adapted = cl.lora(net, start, rank=2)
# one of the factors begins at zero: adapting begins where the model was
np.testing.assert_allclose(
    adapted(adapted.init(key), jnp.ones(8)), net(start, jnp.ones(8)), rtol=1e-5, atol=1e-6
)
cl.draw(cl.lora(net[:1], start[:2], rank=2), zoom=2)

# %% [markdown]
# ## An experiment
#
# Train on the digits 0 to 4, then learn 5 to 9 with few parameters: all of the net, only the head, or a rank-4 adaptation.

# %%
data = digits()
flat = lambda part: (part[0].reshape(len(part[0]), -1), part[1])
(X, y), (Xt, yt) = flat(data.train), flat(data.test)
low, low_t, high, high_t = y < 5, yt < 5, y >= 5, yt >= 5

classifier = (
    R(64)
    >> cl.dense(64).named("first")
    >> cl.relu
    >> cl.dense(64).named("second")
    >> cl.relu
    >> cl.dense(10).named("head")
)


def trained(model, part, epochs, begin=None):
    """The parameters of a model after some epochs."""
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(3e-3))
    state = learner.init(jax.random.key(4)) if begin is None else learner.start(begin)
    state, _ = learner.fit(
        state, part, epochs=epochs, batch_size=32, key=jax.random.key(5), progress=False
    )
    return learner.params(state)


def accuracy(model, params, X, y):
    return float(cl.accuracy(jax.vmap(model, (None, 0))(params, X), y))


pretrained = trained(classifier, (X[low], y[low]), 10)
few = np.flatnonzero(high)[:200]  # two hundred examples of the new digits
variants = {
    "all": (classifier, pretrained),
    "head only": (cl.freeze(classifier, pretrained, "first*|second*"), None),
    "LoRA, rank 4": (cl.lora(classifier, pretrained, rank=4), None),
}
rows = []
for name, (model, begin) in variants.items():
    begin = begin if begin is not None else (pretrained[4:] if "head" in name else None)
    params = trained(model, (X[few], y[few]), 60, begin)
    rows.append((name, model.param.size, accuracy(model, params, Xt[high_t], yt[high_t])))
assert rows[2][1] < rows[0][1] / 3 and rows[2][2] > 0.9 > rows[1][2]
print(
    f"pretrained, on 0 to 4: {accuracy(classifier, pretrained, Xt[low_t], yt[low_t]):.3f}\n"
)
for name, size, score in rows:
    print(f"{name:14} {size:6,} parameters, accuracy on 5 to 9: {score:.3f}")

# %% [markdown]
# ## Optimisers are 2-cells too
#
# In lesson 3 the optimiser stood above the model in the picture. It is a 2-cell in Para(Lens): one from S ⊗ P to P that goes
# both ways. Tying, adapting and optimising are one construction.
#
# ## Exercises
#
# 1. Tie encoder and decoder of `R(6) >> linear(3) >> linear(6)`: one kernel W, and its transpose. Hint: the 2-cell is a copy,
#    then `cl.transpose` on one wire.
# 2. Make a kernel positive, $W = e^{V}$, by a 2-cell, and check `cl.laws.gradient_rule`.
# 3. Prune: `cl.prune` keeps the largest weights. How many of `net`'s kernels are not zero at a fraction of 0.25?
#
# ## What to remember
#
# - A 2-cell computes parameters from others; `reparameterise` pulls back along it.
# - Copies tie and gradients add; constants freeze; LoRA, weight norm, masks and hypernetworks are other arrows r.
# - 2-cells compose vertically and horizontally, so all of these go together.
#
# Further: Cruttwell et al. (arXiv 2103.01931), §2.1; Hu et al., *LoRA* (arXiv 2106.09685); Gavranović et al.
# (arXiv 2402.15332), §3.1, on weight tying.
#
# ## Solutions

# %%
auto = R(6) >> cl.linear(3) >> cl.linear(6)
W = auto.param[:1]
shared = auto.reparameterise(
    cl.copy(W) >> W @ (W >> cl.transpose(1, 0)), init=lambda key: auto.init(key)[:1]
)
(w,) = shared.init(key)
np.testing.assert_allclose(shared((w,), jnp.ones(6)), jnp.ones(6) @ w @ w.T, rtol=1e-5)
cl.draw(shared)

# %%
layer = R(4) >> cl.linear(3)
positive = cl.identity(layer.param) >> cl.function(jnp.exp)
assert cl.laws.gradient_rule(layer, positive, key) is None

# %%
pruned = cl.prune(net, start, 0.25)
kept = {
    path: float(jnp.mean(W != 0))
    for path, W in cl.by_name(net, cl.merged(pruned, pruned.init(key))).items()
    if "kernel" in path
}
kept
