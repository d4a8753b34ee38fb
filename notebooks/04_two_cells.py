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
# what happens to the gradient. It takes about twenty minutes, with the exercises, and needs lessons 1 and 2.
#
# | if you know JAX | if you know categories |
# |---|---|
# | a model with its parameters | a **1-cell** of Para: (P, f : A ⊗ P → B) |
# | computing the parameters from others before the model runs | a **2-cell**, given by r : Q → P; `f.reparameterise(r)` |
# | using one array in two places | r is a copy P → P ⊗ P |
# | `stop_gradient` on weights, a LoRA wrapper | r is a constant, or a map such as (U, V) ↦ W + UV |

# %%
import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R
from catlearn.datasets import digits

# %% [markdown]
# ## Arrows between arrows
#
# A model is a pair: the object P of its parameters, and an arrow $f : A \otimes P \to B$. Such pairs are the arrows A → B of
# **Para**, and there are arrows between *them*: from (P, f) to (Q, g) an arrow $r : Q \to P$ for which
# $g(a, q) = f(a, r(q))$. So g is f with its parameters computed by r. To tell the two kinds apart, the models are
# called 1-cells, and the arrows between models 2-cells.
#
# Mind the direction: r goes from the new parameters to the old ones. Given f and r there is just one such g, f *pulled back*
# along r, and it is called `f.reparameterise(r)`. r is an arrow like any other, drawn above f. If it is a copy, the weights
# are tied:

# %%
f = R(4) >> cl.dense(4) >> cl.tanh
tied = (f >> f).reparameterise(cl.copy(f.param))
assert len((f >> f).param) == 4 and tied.param == f.param
cl.draw(tied)

# %% [markdown]
# What happens to the gradient? By the chain rule, what comes back on P goes back through r:
#
# $$\partial q \;=\; R[r](q, \partial p), \qquad \partial p \text{ the gradient of } f \text{ at } p = r(q).$$
#
# And by lesson 2 the reverse of a copy is a sum. So the gradient of tied weights is the sum of those of all their uses,
# and nobody had to write that down:

# %%
key = jax.random.key(0)
params, x = f.init(key), jnp.arange(4.0)
apart = jax.grad(lambda p: (f >> f)(p, x).sum())((*params, *params))
together = jax.grad(lambda p: tied(p, x).sum())(params)
for whole, first, second in zip(together, apart[:2], apart[2:], strict=True):
    np.testing.assert_allclose(whole, first + second, rtol=1e-5)
assert cl.laws.gradient_rule(f >> f, cl.copy(f.param), key) is None  # the rule, for any r
assert cl.laws.tied_gradient_is_the_sum(f, key) is None
cl.draw(cl.reverse(tied))

# %% [markdown]
# Each parameter forks into two uses on the way in, and on the way back, on the dashed wires, the two answers meet in a ⊕.
#
# Freezing pulls back along a constant, an arrow that starts from nothing, I → P. So nothing is left to learn, and nothing
# comes back:

# %%
frozen = f.reparameterise(cl.constant(params))
assert frozen.param == cl.I
np.testing.assert_array_equal(frozen((), x), f(params, x))
_, residual = cl.reverse(frozen).forward((), x)
dparams, dx = cl.reverse(frozen).backward(residual, jnp.ones(4))
assert dparams == () and dx.shape == (4,)
cl.draw(frozen)

# %% [markdown]
# ## They compose, both ways
#
# *Vertically*: pulling back along r and then along s is pulling back along `s >> r`. *Horizontally*: in `f >> g` each part
# can be pulled back by itself, and that is pulling the whole back along `r @ s`. Objects and arrows with 2-cells that
# compose in these two ways are a **bicategory**. Here is each law on an example, in values, and the first in pictures too:

# %%
g = R(4) >> cl.dense(2)
kernel, bias = f.param[:1], f.param[1:]
r, s = (kernel >> cl.tanh) @ bias, kernel @ (bias >> cl.sigmoid)
assert cl.laws.reparameterisation_composes(f, r, s) is None
assert cl.laws.reparameterisation_is_local(f, g, r, cl.identity(g.param)) is None
once, twice = f.reparameterise(s >> r), f.reparameterise(r).reparameterise(s)
assert cl.draw(once).scene.marks == cl.draw(twice).scene.marks
cl.draw(twice)

# %% [markdown]
# ## By path
#
# Writing r for a net of many layers would be tedious, since it has a wire for each parameter. So the library's 2-cells
# take a pattern of paths, with `*` for any letters and `|` between several, and leave all other wires alone. `cl.tie` makes
# the chosen parameters one, `cl.freeze` fixes them; `cl.weight_norm` computes a kernel from a direction and a length for each
# unit, `cl.masked` multiplies by a mask, `cl.hypernetwork` lets another model make the weights.

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
assert cl.names(body) == ("second.kernel", "second.bias", "head.kernel", "head.bias")
one_kernel = cl.tie(net, "first.kernel|second.kernel")
assert one_kernel.param.size == net.param.size - 8 * 8

normed = cl.weight_norm(net, "*kernel")
assert normed.param.size == net.param.size + 8 + 8 + 3  # a length for each unit
cl.describe(normed)

# %% [markdown]
# The boxes count no parameters of their own now: all are computed by the 2-cell, and the last line has those that it
# computes them from. Since 2-cells compose, a frozen model may be tied, and a normed one frozen, say to learn the lengths
# alone:

# %%
lengths = cl.freeze(normed, normed.init(key), "*direction|*bias")
assert cl.names(lengths) == (
    "first.kernel.length",
    "second.kernel.length",
    "head.kernel.length",
)
lengths.param

# %% [markdown]
# ## LoRA
#
# A low-rank adaptation keeps all that was trained and learns a small change of the kernels: W of shape m × n becomes $W + UV$,
# with U of shape m × k, V of shape k × n, and a small k, the *rank*. That is $k(m + n)$ numbers in place of $mn$. As a 2-cell,
# r goes from U ⊗ V to the kernel, with W as a constant; the bias is a constant too. The library calls U and V `down` and
# `up`:

# %%
adapted = cl.lora(net, start, rank=2)
# V begins at zero: adapting begins where the model was
np.testing.assert_allclose(
    adapted(adapted.init(key), jnp.ones(8)), net(start, jnp.ones(8)), rtol=1e-5, atol=1e-6
)
cl.draw(cl.lora(net[:1], start[:2], rank=2), zoom=2)

# %% [markdown]
# `cl.merged` computes the old parameters from the new ones, once: it gives r(q). So a model that was adapted can be used
# without the 2-cell, at no cost:

# %%
factors = tuple(jax.random.normal(key, U.shape) for U in adapted.init(key))
old, new = cl.by_name(net, start), cl.by_name(adapted, factors)
weights = cl.by_name(net, cl.merged(adapted, factors))
np.testing.assert_allclose(
    weights["first.kernel"] - old["first.kernel"],
    new["first.kernel.down"] @ new["first.kernel.up"],
    rtol=1e-4,
    atol=1e-5,
)
np.testing.assert_array_equal(weights["first.bias"], old["first.bias"])

# %% [markdown]
# ## An experiment
#
# Train a classifier on the digits 0 to 4. Then show it two hundred of the digits 5 to 9, and let it learn with all of its
# weights, with the last layer alone, or by a rank-4 adaptation:

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


def trained(model, begin, X, y, epochs):
    """The parameters of a model, from these on, after some epochs."""
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(3e-3))
    state, _ = learner.fit(
        learner.start(begin),
        (X, y),
        epochs=epochs,
        batch_size=32,
        key=jax.random.key(5),
        progress=False,
    )
    return learner.params(state)


def accuracy(model, params, X, y):
    return float(cl.accuracy(jax.vmap(model, (None, 0))(params, X), y))


begin = classifier.init(jax.random.key(4))
pretrained = trained(classifier, begin, X[low], y[low], epochs=10)
before = accuracy(classifier, pretrained, Xt[low_t], yt[low_t])
assert before > 0.95
f"on 0 to 4: {before:.3f}"

# %%
few = np.flatnonzero(high)[:200]
head = cl.freeze(classifier, pretrained, "first*|second*")
low_rank = cl.lora(classifier, pretrained, rank=4)
variants = {
    "all": (classifier, pretrained),
    # these begin where the classifier was
    "head only": (head, head.init(key)),
    "LoRA, rank 4": (low_rank, low_rank.init(key)),
}
after = {
    name: trained(model, begin, X[few], y[few], epochs=60)
    for name, (model, begin) in variants.items()
}
size = {name: model.param.size for name, (model, _) in variants.items()}
score = {
    name: accuracy(model, after[name], Xt[high_t], yt[high_t])
    for name, (model, _) in variants.items()
}
assert (
    size["LoRA, rank 4"] == 4 * (64 + 64) + 4 * (64 + 64) + 4 * (64 + 10) < size["all"] / 6
)
assert score["all"] > score["LoRA, rank 4"] > 0.9 > score["head only"]
for name in variants:
    print(f"{name:13} {size[name]:6,} parameters, accuracy on 5 to 9: {score[name]:.3f}")

# %% [markdown]
# The adaptation has a seventh of the parameters and comes close; the last layer alone does not, for it must do with what the
# layers below it see. And what LoRA learned is a set of weights for the classifier itself:

# %%
weights = cl.merged(low_rank, after["LoRA, rank 4"])
np.testing.assert_allclose(
    accuracy(classifier, weights, Xt[high_t], yt[high_t]), score["LoRA, rank 4"], atol=0.01
)

# %% [markdown]
# ## Optimisers are 2-cells too
#
# In lesson 3 the optimiser stood above the model, and so it does as a 2-cell: of Para(Lens), where arrows go both ways. It is a
# lens from S ⊗ P to P. Its get computes the parameters that the model sees from the state, and its put takes the gradient
# that comes back on them to a new state. Tying, adapting and optimising are one construction:

# %%
nesterov = cl.nesterov(0.1, 0.9)
assert nesterov.state(f.param) == f.param  # a momentum for each parameter
optimised = cl.reverse(f).reparameterise(nesterov.at(f.param))
cl.draw(optimised)

# %% [markdown]
# ## Exercises
#
# 1. Tie encoder and decoder of `R(6) >> cl.linear(3) >> cl.linear(6)`: one kernel W, and its transpose. Hint: the 2-cell is a
#    copy, then `cl.transpose(1, 0)` on one wire; `reparameterise` takes `init`, a function of a key, to say how W begins.
# 2. Make the kernel of `R(4) >> cl.linear(3)` positive, $W = e^{V}$, by a 2-cell made of `cl.function(jnp.exp)`. What comes
#    back on V, if $\partial W$ comes back on W? Say it, and check `cl.laws.gradient_rule`.
# 3. `cl.prune(net, start, 0.25)` sets the smallest quarter of the kernels to zero for good. Is it a quarter of each? Hint:
#    `cl.merged` and `cl.by_name`.
# 4. Freezing along a constant and `jax.lax.stop_gradient` on the weights both stop the gradient. What is the difference for an
#    optimiser with a state, such as momentum? Hint: what is `param` of each?
#
# ## What to remember
#
# - A 2-cell computes parameters from others; `reparameterise` pulls a model back along it, and gradients go back through it.
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

# %% [markdown]
# The second: the exponential multiplies what comes back by its slope, which is W again: $\partial V = W \cdot \partial W$,
# entry by entry.

# %%
layer = R(4) >> cl.linear(3)
exponential = layer.param >> cl.function(jnp.exp)
positive = layer.reparameterise(exponential)
assert cl.laws.gradient_rule(layer, exponential, key) is None
V, x = jax.random.normal(key, (4, 3)), jnp.arange(4.0)
dV, dW = (
    jax.grad(lambda p, model=model: model((p,), x).sum())(at)
    for model, at in ((positive, V), (layer, jnp.exp(V)))
)
np.testing.assert_allclose(dV, jnp.exp(V) * dW, rtol=1e-5)

# %% [markdown]
# The third: no, it is a quarter of all kernels together, so a layer whose weights happen to be larger keeps more.

# %%
pruned = cl.prune(net, start, 0.25)
kernels = {
    path: W
    for path, W in cl.by_name(net, cl.merged(pruned, pruned.init(key))).items()
    if path.endswith("kernel")
}
kept = {path: float(jnp.mean(W != 0)) for path, W in kernels.items()}
assert sum(int(jnp.sum(W != 0)) for W in kernels.values()) == 0.75 * (64 + 64 + 24)
assert len({*kept.values()}) > 1
kept

# %% [markdown]
# The fourth: with `stop_gradient` the weights are parameters still, with a gradient of zero. The optimiser keeps a state for
# each, and may move them all the same: a momentum from before goes on. Pulled back along a constant they are none of its
# business.

# %%
assert f.param.size == 4 * 4 + 4 and frozen.param.size == 0
momentum, p = cl.momentum(0.1, 0.9), (jnp.ones(4),)
velocity, no_gradient = (jnp.full(4, -0.5),), (jnp.zeros(4),)
_, (moved,) = momentum.put(velocity, p, no_gradient)
np.testing.assert_allclose(moved, 1 - 0.9 * 0.5, rtol=1e-6)
assert momentum.state(f.param) == f.param and momentum.state(frozen.param) == cl.I
