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
# # 2. Backpropagation is a functor
#
# After this lesson you can read the picture of a backward pass, say what is kept for it and what it costs, trade memory for
# time, write a layer with a derivative of your own, and check all of that by laws.
#
# | if you know JAX | if you know categories |
# |---|---|
# | a function and its `jax.vjp` | a **lens**: `get : A → B`, `put : A × B' → A'` |
# | what `vjp` keeps between the passes | the **residual** M of an optic |
# | the chain rule | `reverse(f >> g) = reverse(f) >> reverse(g)` |

# %%
import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R
from catlearn.categories.reverse import pullback

# %% [markdown]
# ## A lens goes both ways
#
# The reverse derivative of $f : A \to B$ is $R[f] : A \times B' \to A'$: from where you are, and how much a change of
# the output matters, to how much a change of the input matters. The pair $(f, R[f])$ is a lens. `cl.reverse` makes it.

# %%
square = R() >> cl.function(lambda x: x**2)
lens = cl.reverse(square)
y, residual = lens.forward((), jnp.float32(3.0))
_, dx = lens.backward(residual, jnp.float32(1.0))
assert (float(y), float(dx)) == (9.0, 6.0)
cl.draw(lens)

# %% [markdown]
# The upper half runs forward. What the lower half, `R[…]`, needs to know of that is kept: the dotted line is the
# **residual**. Dashed wires go back.
#
# ## The picture of the chain rule
#
# Lenses compose: forward one after the other, then back in the other order. And the composite of the lenses is the lens of
# the composite. That is the chain rule, and the reason why backpropagation is nothing but a picture read twice:

# %%
f = R(3) >> cl.dense(4) >> cl.tanh
g = R(4) >> cl.dense(2)
assert cl.reverse(f >> g) == cl.reverse(f) >> cl.reverse(g)
cl.draw(cl.reverse(f >> g))

# %% [markdown]
# By hand, box by box, with nothing but the derivative of each:

# %%
W, b, V, c = params = (f >> g).init(jax.random.key(0))
x, dz = jnp.array([1.0, -2.0, 0.5]), jnp.array([1.0, 0.0])

h = jnp.tanh(x @ W + b)  # forward; h is kept
z = h @ V + c
dc, dV, dh = dz, jnp.outer(h, dz), V @ dz  # back, from the right
da = dh * (1 - h**2)
db, dW, dx = da, jnp.outer(x, da), W @ da

y, residual = cl.reverse(f >> g).forward(params, x)
dparams, dx_ours = cl.reverse(f >> g).backward(residual, dz)
for ours, ours_by_hand in zip((y, dx_ours, *dparams), (z, dx, dW, db, dV, dc), strict=True):
    np.testing.assert_allclose(ours, ours_by_hand, rtol=1e-5, atol=1e-6)

_, vjp = jax.vjp(f >> g, params, x)
for ours, theirs in zip(jax.tree.leaves((dparams, dx_ours)), jax.tree.leaves(vjp(dz)), strict=True):
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)

# %% [markdown]
# ## Copies become sums
#
# A wire that is used twice gets two answers back, and they are added. The reverse of a copy is a sum, that of a discard
# is zero: there is no other rule for shared weights, skip connections or broadcasting.

# %%
twice = cl.copy(R(2)) >> (R(2) >> cl.tanh) @ R(2) >> cl.add
_, residual = cl.reverse(twice).forward((), jnp.zeros(2))
assert cl.reverse(twice).backward(residual, jnp.ones(2))[1].tolist() == [2.0, 2.0]  # 1 by tanh, and 1 past it
cl.draw(cl.reverse(twice))

# %% [markdown]
# Whole numbers can't change a little: what comes back on their wires is nothing at all, `I`, and no array of zeros.

# %%
words = R(dtype="int32") >> cl.embedding(5, 3)
assert len(cl.reverse(words).dom.wires[0].bwd) == 0
cl.draw(cl.reverse(words))

# %% [markdown]
# ## What is kept, and what that costs
#
# Two ways of composing lenses are the two ends of one trade. Keep every residual, and memory grows with depth; run forward
# again, and time grows. `cl.recompute(f)` chooses for a segment. It is the same arrow, with another residual:


# %%
def kept(f, params, x):
    """How many bytes the forward pass keeps for the way back."""
    residual = jax.eval_shape(lambda p, x: cl.reverse(f).forward(p, x)[1], params, x)
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(residual))


deep = R(64)
for _ in range(6):
    deep = deep >> cl.dense(64) >> cl.tanh
sparing = cl.recompute(deep[:6]) >> cl.recompute(deep[6:])
params, x = deep.init(jax.random.key(1)), jnp.ones(64)
assert cl.laws.extensional("recompute", cl.reverse(sparing), cl.reverse(deep)) is None
weights = 6 * 64 * 64 * 4 + 6 * 64 * 4
print(f"{kept(deep, params, x) - weights:,} bytes beside the weights, or {kept(sparing, params, x) - weights:,} with recompute")
assert kept(sparing, params, x) < kept(deep, params, x)

# %% [markdown]
# ## The laws, and one that fails
#
# Reverse derivatives obey seven axioms, RD.1 to RD.7 (Cockett et al. 2020): additivity, linearity of wirings, the chain
# rule, symmetry of second derivatives … They are in the library, as functions that return `None` or a counterexample.

# %%
key = jax.random.key(2)
p, q, same = R(3) >> cl.tanh, R(3) >> cl.function(lambda x: x[:2] * x[1:]), R(3) >> cl.sigmoid
axioms = {
    "RD.1 additive in the map": cl.laws.additive_in_the_map(p, same, key),
    "RD.2 additive in the covector": cl.laws.additive_in_the_covector(q, key),
    "RD.3 identities and projections": cl.laws.identity_and_projections(R(2), R(3), key),
    "RD.4 pairings": cl.laws.pairing(p, q, key),
    "RD.5 the chain rule": cl.laws.chain_rule(p, q, key),
    "RD.6 linear in the covector": cl.laws.linear_in_the_covector(q, key),
    "RD.7 symmetric second derivative": cl.laws.symmetric_second_derivative(p, key),
}
assert not any(axioms.values())
axioms

# %% [markdown]
# A map of diagrams that is no functor is found out. This one forgets the last box of each composite:

# %%
forgetful = lambda f: cl.reverse(f[:-1]) if len(f) > 1 else cl.reverse(f)
fault = cl.laws.preserves_composition(forgetful, p, same)
assert cl.laws.preserves_composition(cl.reverse, p, same) is None and fault is not None
fault

# %% [markdown]
# ## A derivative of one's own
#
# A box may bring its own optic where it knows a better one than `jax.vjp`: less to keep, or a faster way back. `log(1 + eˣ)`
# needs only its slope, the sigmoid, one number for each. Write forward and backward, and let the law compare.

# %%
from catlearn.categories.smooth import SmoothLayer


class my_softplus(SmoothLayer):
    """log(1 + eˣ), keeping its slope."""

    def apply(self, params, x):
        return jax.nn.softplus(x)

    def optic(self, dom):
        forward = lambda params, x: (jax.nn.softplus(x), jax.nn.sigmoid(x))
        backward = lambda slope, dy: ((), slope * dy)
        return forward, backward


class wrong_softplus(my_softplus):
    """The same with a mistake in its derivative."""

    def optic(self, dom):
        forward, _ = super().optic(dom)
        return forward, lambda slope, dy: ((), slope * slope * dy)


good, bad = R(3) >> my_softplus(), R(3) >> wrong_softplus()
assert cl.laws.agrees_with_vjp(good, key) is None
fault = cl.laws.agrees_with_vjp(bad, key)
assert fault is not None
fault

# %% [markdown]
# ## It acts on syntax
#
# Why does `reverse` take a diagram and not any JAX function? Because two diagrams that compute the same numbers may be
# differentiated differently: in what they keep, and where they have kinks. $\max(x, 0)$ and $x - \min(x, 0)$ are one
# function; which slope is meant at 0 is a matter of how they are written. As a functor on *diagrams* reverse is well
# defined: it does what it does on boxes, and composites follow.

# %%
hard = R() >> cl.function(lambda x: jnp.maximum(x, 0.0))
other = cl.copy(R()) >> R() @ (R() >> cl.function(lambda x: jnp.minimum(x, 0.0))) >> cl.function(lambda x, y: x - y, arity=2)
slopes = [cl.reverse(h).backward(cl.reverse(h).forward((), jnp.float32(0.0))[1], jnp.float32(1.0))[1] for h in (hard, other)]
assert hard((), jnp.float32(-1.5)) == other((), jnp.float32(-1.5)) == 0
[float(slope) for slope in slopes]

# %% [markdown]
# And since `R[f]` is an arrow of Smooth again, `cl.pullback(f)`, it can be differentiated again:

# %%
cube = R() >> cl.function(lambda x: x**3)
second = pullback(pullback(cube))
assert pullback(cube)((), jnp.float32(2.0), jnp.float32(1.0)) == 12.0
cl.draw(cl.reverse(pullback(cube)))

# %% [markdown]
# ## Exercises
#
# 1. What comes back through `cl.swap`? Draw `cl.reverse(cl.swap(R(2), R(3)))`, and say it in a sentence.
# 2. Make `x ↦ x @ x` for vectors by a copy and one box of arity 2, and find its gradient without calculus from the picture.
# 3. Write `my_square` with an own optic that keeps x, and check it by the law. What does the law say if `backward` returns
#    `x * dy`?
# 4. Show on an example that `reverse` commutes with `@`.
#
# ## What to remember
#
# - A lens is a forward pass, a backward pass, and what is kept between them.
# - `reverse` is a functor: on `>>` that is the chain rule, on copies the sum of gradients.
# - What is kept is a choice, and never changes a value.
#
# Further: Cockett et al., *Reverse derivative categories* (arXiv 1910.07065); Cruttwell et al. (arXiv 2103.01931), §2.2, §2.3;
# Elliott, *The simple essence of automatic differentiation* (arXiv 1804.00746).
#
# ## Solutions

# %%
cl.draw(cl.reverse(cl.swap(R(2), R(3))))  # changes cross back the other way

# %%
dot = R(3) @ R(3) >> cl.function(lambda a, b: a @ b, arity=2)
norm = cl.copy(R(3)) >> dot
x = jnp.array([1.0, 2.0, 3.0])
_, residual = cl.reverse(norm).forward((), x)
np.testing.assert_allclose(cl.reverse(norm).backward(residual, jnp.float32(1.0))[1], x + x)  # each copy brings x back


class my_square(SmoothLayer):
    def apply(self, params, x):
        return x**2

    def optic(self, dom):
        return (lambda params, x: (x**2, x)), (lambda x, dy: ((), 2 * x * dy))


assert cl.laws.agrees_with_vjp(R(3) >> my_square(), key) is None
assert cl.reverse(f @ norm) == cl.reverse(f) @ cl.reverse(norm)
