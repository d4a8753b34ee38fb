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
# # 1. A model is a diagram
#
# After this lesson you can write a model as a composite of arrows, read its picture and its table, say what its parameters
# are called, and read the errors. You need JAX or a little category theory; each word is explained in terms of the other.
#
# | if you know JAX | if you know categories |
# |---|---|
# | the shape and dtype of an array | a generating **object** |
# | a function of arrays, with weights beside them | an **arrow** of Para(Smooth) |
# | calling one function on the result of another | **composition**, `f >> g` |
# | two functions on two arrays | the **tensor**, `f @ g` |

# %%
import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R

# %% [markdown]
# ## Objects and arrows
#
# An object says what values look like. `R(8, 8, 1)` is an array of that shape, float32 unless told; `A @ B` is two arrays
# side by side, and `cl.I` is none. Brackets do not matter: an object is a flat list of *wires*.

# %%
image, label = R(8, 8, 1), R(dtype="int32")
assert (image @ label) @ image == image @ (label @ image)
assert image @ cl.I == image
image @ label

# %% [markdown]
# An arrow goes from an object to an object. Start with an object and say what comes next:

# %%
model = image >> cl.conv(16, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(10)
cl.draw(model)

# %% [markdown]
# Data goes from left to right, and on each wire stands its shape. Parameters come from above, with their names. Hover over
# a box to see its code. A layer such as `cl.dense(10)` is a **family**: an arrow for each domain. What stands before it
# settles which one, so that all shapes are known, and checked, while you type.

# %%
assert (model.dom, model.cod) == (R(8, 8, 1), R(10))
assert (R(3) >> cl.dense(10)).param == R(3, 10) @ R(10)
cl.describe(model)

# %% [markdown]
# `cl.dense(10)` is a short composite itself, and so are most layers. Zooming in opens them:

# %%
cl.draw(model[-1:], zoom=2)

# %% [markdown]
# ## Side by side, and wires that are only moved
#
# `f @ g` puts two arrows beside each other. Wires can cross (`cl.swap`), fork (`cl.copy`) and end (`cl.discard`). These
# are no boxes: a diagram that only moves wires computes nothing.

# %%
A, B = R(3), R(4)
f, g = A >> cl.tanh, B >> cl.dense(2)
both = f @ g >> cl.swap(A, R(2))
cl.draw(both)

# %%
assert cl.swap(A, B) >> cl.swap(B, A) == cl.identity(A @ B)
assert cl.copy(A) >> A @ cl.discard(A) == cl.identity(A)  # a copy of which one end is thrown away is nothing
a, b = jnp.arange(3.0), jnp.ones(4)
assert cl.copy(A)((), a)[1] is a, "copying a value costs nothing"

# %% [markdown]
# A residual connection is a copy, a branch, and an addition:

# %%
skip = cl.copy(R(8)) >> (R(8) >> cl.dense(16) >> cl.relu >> cl.dense(8)) @ R(8) >> cl.add
cl.draw(skip)

# %% [markdown]
# ## Different code, one diagram
#
# Doing `f` and then `g` beside each other, or `g` and then `f`, are the same arrow: the *interchange law*,
# $(f \otimes 1) ; (1 \otimes g) = f \otimes g$. The two codes have one picture, mark for mark, because drawing is a
# **functor**: it goes by the axioms of diagrams and does not see how you wrote one.

# %%
early, late = f @ B >> A @ g, A @ g >> f @ R(2)
assert cl.draw(early).scene.marks == cl.draw(late).scene.marks == cl.draw(f @ g).scene.marks
params = g.init(jax.random.key(0))
for one, other in zip(early(params, a, b), late(params, a, b), strict=True):
    np.testing.assert_array_equal(one, other)
cl.draw(f @ g)

# %% [markdown]
# ## Running it
#
# Parameters are a plain tuple of arrays, one for each wire from above, in reading order. The model is a pure JAX function
# of one example: `jit`, `vmap` and `grad` take it as it is.

# %%
params = model.init(jax.random.key(0))
x = jnp.ones((8, 8, 1))
logits = jax.jit(model)(params, x)
many = jax.vmap(model, (None, 0))(params, jnp.ones((5, 8, 8, 1)))
slope = jax.grad(lambda params: model(params, x).sum())(params)
assert logits.shape == (10,) and many.shape == (5, 10)
assert jax.tree.structure(slope) == jax.tree.structure(params)
{path: value.shape for path, value in cl.by_name(model, params).items()}

# %% [markdown]
# Paths come from the code: the place in the composite, then names. `.named("…")` gives one of your own.

# %%
encoder = (R(8) >> cl.dense(4) >> cl.tanh).named("encoder")
autoencoder = encoder >> cl.dense(8).named("decoder")
assert cl.names(autoencoder) == ("encoder.0.dense.kernel", "encoder.0.dense.bias", "decoder.kernel", "decoder.bias")
cl.draw(autoencoder)

# %% [markdown]
# ## Mistakes
#
# A mistake is an error on the line that made it. Run one of these lines by itself in a notebook, and the two arrows are
# drawn too, with the wire marked that does not fit.


# %%
def said(mistake):
    """What the error says."""
    try:
        mistake()
    except cl.CatlearnError as error:
        return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])


wrong_axis = said(lambda: model[:3] >> (R(5, 4, 16) >> cl.flatten))
assert "wire 0, axis 0: 4 ≠ 5" in wrong_axis
print(wrong_axis)

# %%
wrong_number = said(lambda: R(3) >> cl.add)
wrong_dtype = said(lambda: (R(3) >> cl.tanh) >> (R(3, dtype="int32") >> cl.embedding(5, 4)))
wrong_value = said(lambda: model(params, jnp.ones((9, 8, 1))))
assert "dtype float32 ≠ int32" in wrong_dtype
print(wrong_number, wrong_dtype, wrong_value, sep="\n\n")

# %% [markdown]
# ## What it is good for
#
# A model is a piece of syntax, and *meanings* are functors out of it: running it is one, drawing it another. Each of the
# next lessons is about one more. `cl.reverse` sends a model to its backpropagation, and a composite to the composite:

# %%
assert cl.reverse(f >> cl.tanh) == cl.reverse(f) >> cl.reverse(A >> cl.tanh)
cl.draw(cl.reverse(R(3) >> cl.dense(2) >> cl.tanh))

# %% [markdown]
# ## Exercises
#
# 1. Write the arrow `R(4) → R(4)` that adds `x` to `tanh(x)` and multiplies the sum by `x`, from `cl.copy`, `cl.add`,
#    `cl.function(jnp.multiply, arity=2)` and `cl.tanh`. Hint: copy thrice.
# 2. Which paths do the parameters of `R(4) >> cl.residual(cl.dense(8) >> cl.tanh >> cl.dense(4))` have? Guess, then look.
# 3. Find two codes for `swap` of three wires to `c, b, a`, and check that they are one diagram.
# 4. How many numbers does `R(28, 28, 1) >> cl.conv(8, 3) >> cl.flatten >> cl.dense(10)` have? Reckon it, then ask.
#
# ## What to remember
#
# - Objects are lists of wires; `>>` composes and `@` puts beside; layers are families, settled by what stands before them.
# - Copies, swaps and discards are wiring, not computation.
# - Equal diagrams have one picture; parameters have paths; mistakes are found where they are made.
#
# Further: Joyal, Street, *The geometry of tensor calculus I* (1991), on why pictures are proofs; Cruttwell et al.,
# *Categorical Foundations of Gradient-Based Learning* (arXiv 2103.01931), §2.1, on parametric arrows.
#
# ## Solutions

# %%
X = R(4)
times = cl.function(jnp.multiply, arity=2)
first = cl.copy(X, 3) >> X @ (X >> cl.tanh) @ X >> (X @ X >> cl.add) @ X >> times
x = jnp.linspace(-1, 1, 4)
np.testing.assert_allclose(first((), x), (x + jnp.tanh(x)) * x, rtol=1e-6)
cl.draw(first)

# %%
second = R(4) >> cl.residual(cl.dense(8) >> cl.tanh >> cl.dense(4))
assert cl.names(second) == ("0.dense.kernel", "0.dense.bias", "2.dense.kernel", "2.dense.bias")

a, b, c = R(1), R(2), R(3)
third = cl.swap(a, b) @ c >> b @ cl.swap(a, c) >> cl.swap(b, c) @ a
assert third == cl.wiring(a @ b @ c, (2, 1, 0)) == a @ cl.swap(b, c) >> cl.swap(a, c) @ b >> c @ cl.swap(a, b)

fourth = R(28, 28, 1) >> cl.conv(8, 3) >> cl.flatten >> cl.dense(10)
assert fourth.param.size == (3 * 3 * 1 * 8 + 8) + (28 * 28 * 8 * 10 + 10) == 62810
