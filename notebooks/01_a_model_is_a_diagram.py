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
# are called, tell when two codes are one diagram, and read the errors. You need JAX or a little category theory, not both:
# each word is explained in terms of the other. It takes about twenty minutes, with the exercises.
#
# | if you know JAX | if you know categories |
# |---|---|
# | the shape and dtype of an array | a generating **object** |
# | a function of arrays, with weights beside them | an **arrow** of Para(Smooth) |
# | calling one function on the result of another | **composition**, `f >> g` |
# | two functions on two arrays | the **tensor**, `f @ g` |
# | using a variable twice, or not at all | **copy** and **discard**: the category is *cartesian* |
# | a layer whose shapes are settled when it meets its input | a **family** of arrows, one for each domain |
# | a transformation such as `grad` or `vmap` | a **functor**: it respects `>>` and `@` |

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
# side by side, and `cl.I` is none. An object is a flat list of *wires*, so brackets do not matter and `I` is no wire at all:
# the tensor is **strict**. In JAX's words: arguments are a flat tuple, never a tuple in a tuple.

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
# a box to see its code. `cl.describe` says the same as a table, one line for each box:

# %%
assert (model.dom, model.cod) == (R(8, 8, 1), R(10))
cl.describe(model)

# %% [markdown]
# A layer such as `cl.dense(10)` is a **family**: an arrow for each domain. What stands before it settles which one, so that
# all shapes are known, and checked, while you type. Families compose before they meet an object, and one may be used at many:

# %%
layer = cl.dense(10) >> cl.relu  # a family still: no shapes yet
assert (R(3) >> layer).param == R(3, 10) @ R(10)
assert (R(7) >> layer).param == R(7, 10) @ R(10)
R(7) >> layer

# %% [markdown]
# `cl.dense(10)` is a short composite itself, and so are most layers. A picture has levels: `zoom=1` shows what you wrote,
# `zoom=2` opens it, and so on down to the boxes.

# %%
cl.draw(model[-2:], zoom=1)

# %%
cl.draw(model[-2:], zoom=2)

# %% [markdown]
# ## Side by side, and wires that are only moved
#
# `f @ g` puts two arrows beside each other. Wires can cross (`cl.swap`), fork (`cl.copy`) and end (`cl.discard`).

# %%
A, B = R(3), R(4)
f, g = A >> cl.tanh, B >> cl.dense(2)
both = f @ g >> cl.swap(A, R(2))
cl.draw(both)

# %% [markdown]
# The code crosses the wires last, the picture first. That is no slip: boxes slide along a crossing (the swap is *natural*),
# so both are one arrow, and a picture has to draw it somewhere.
#
# Swap, copy and discard are no boxes. They are one thing, a **wiring**: for each wire that leaves, which of the entering
# ones it is. Wirings are compared by that list alone, so their equations hold on the nose, and JAX sees no operation:

# %%
assert (
    cl.wiring(A @ B, (1, 0)) == cl.swap(A, B)
    and cl.wiring(A, (0, 0)) == cl.copy(A)
    and cl.wiring(A, ()) == cl.discard(A)
)
assert cl.swap(A, B) >> cl.swap(B, A) == cl.identity(A @ B)
# a copy of which one end is thrown away is nothing
assert cl.copy(A) >> A @ cl.discard(A) == cl.identity(A)
a, b = jnp.arange(3.0), jnp.ones(4)
assert cl.copy(A)((), a)[1] is a, "copying a value costs nothing"
assert not jax.make_jaxpr(cl.copy(A) @ cl.discard(B))((), a, b).eqns

# %% [markdown]
# If a copy were a box, each functor would need a rule for it. As wiring it has one, the same for all, and the next lesson
# needs it: a wire that forks forwards is a sum backwards. A residual connection is a copy, a branch, and an addition:

# %%
skip = cl.copy(R(8)) >> (R(8) >> cl.dense(16) >> cl.relu >> cl.dense(8)) @ R(8) >> cl.add
cl.draw(skip)

# %% [markdown]
# Such shapes have short names. `cl.residual(f)` is the one above, and `cl.branch(f, g)` gives the same wire to both:

# %%
short = R(8) >> cl.residual(cl.dense(16) >> cl.relu >> cl.dense(8))
weights = skip.init(jax.random.key(2))
np.testing.assert_array_equal(skip(weights, jnp.ones(8)), short(weights, jnp.ones(8)))
cl.draw(R(8) >> cl.branch(cl.dense(4), cl.tanh), zoom=2)

# %% [markdown]
# ## Different code, one diagram
#
# Doing `f` and then `g` beside each other, or `g` and then `f`, are the same arrow: the *interchange law*,
# $(f \otimes 1) ; (1 \otimes g) = f \otimes g$. The two codes have one picture, mark for mark, because drawing is a
# **functor**: it goes by the axioms of diagrams and does not see how you wrote one. The values are the same bits, too.

# %%
early, late = f @ B >> A @ g, A @ g >> f @ R(2)
assert early.code() != late.code()
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
many = jax.jit(jax.vmap(model, (None, 0)))(params, jnp.ones((5, 8, 8, 1)))
slope = jax.jit(jax.grad(lambda params: model(params, x).sum()))(params)
assert logits.shape == (10,) and many.shape == (5, 10)
assert jax.tree.structure(slope) == jax.tree.structure(params)
{path: value.shape for path, value in cl.by_name(model, params).items()}

# %% [markdown]
# Paths come from the code: the place in the composite, then names. `.named("…")` gives one of your own.

# %%
encoder = (R(8) >> cl.dense(4) >> cl.tanh).named("encoder")
autoencoder = encoder >> cl.dense(8).named("decoder")
assert cl.names(autoencoder) == (
    "encoder.0.dense.kernel",
    "encoder.0.dense.bias",
    "decoder.kernel",
    "decoder.bias",
)
cl.draw(autoencoder)

# %% [markdown]
# ## Mistakes
#
# A mistake is an error on the line that made it, not some layers later while it runs. It says both arrows, the first
# difference, and where in the composite it stands.


# %%
def said(line):
    """What the error says."""
    try:
        line()
    except cl.CatlearnError as error:
        return "\n".join(
            [f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())]
        )


wrong_axis = said(lambda: model[:3] >> (R(5, 4, 16) >> cl.flatten))
assert "wire 0, axis 0: 4 ≠ 5" in wrong_axis
print(wrong_axis)

# %% [markdown]
# Write that line by itself in a notebook, and above the traceback you see both arrows, with the wire marked that does not
# fit:

# %%
from catlearn.draw.mistakes import mistake

mistake(model[:3], R(5, 4, 16) >> cl.flatten)

# %% [markdown]
# Three more: too few wires, a wrong dtype, and a value that is not what the model takes.

# %%
wrong_number = said(lambda: R(3) >> cl.add)
wrong_dtype = said(lambda: (R(3) >> cl.tanh) >> (R(3, dtype="int32") >> cl.embedding(5, 4)))
wrong_value = said(lambda: model(params, jnp.ones((9, 8, 1))))
assert "dtype float32 ≠ int32" in wrong_dtype
print(wrong_number, wrong_dtype, wrong_value, sep="\n\n")

# %% [markdown]
# ## What it is good for
#
# A model is a piece of syntax, and *meanings* are functors out of it: whatever respects `>>` and `@` need only be told what
# to do on boxes, and composites follow.
#
# | functor | sends a model to | lesson |
# |---|---|---|
# | running it | a JAX function | this one |
# | `cl.draw` | a picture | this one |
# | `cl.batch(_, n)` | the model of n examples at once | this one |
# | `cl.reverse` | its forward and backward pass | 2 |
# | `cl.cast(_, "bfloat16")` | the same in another precision | 10 |

# %%
g2 = R(3) >> cl.dense(2)
assert cl.batch(f >> g2, 5) == cl.batch(f, 5) >> cl.batch(g2, 5)
assert cl.reverse(f >> g2) == cl.reverse(f) >> cl.reverse(g2)
cl.draw(cl.reverse(f >> g2))

# %% [markdown]
# Those two equations are a good part of what “functor” means. What makes the second true, and what the dashed wires are, is
# the next lesson.
#
# Where no layer has what you need, any JAX function is a box too:

# %%
times = cl.function(jnp.multiply, arity=2)
R(4) @ R(4) >> times

# %% [markdown]
# ## Exercises
#
# 1. Write the arrow `R(4) → R(4)` that adds `x` to `tanh(x)` and multiplies the sum by `x`, from `cl.copy`, `cl.add`,
#    `cl.tanh` and `times` above. Hint: `cl.copy(R(4), 3)` forks thrice.
# 2. Which paths do the parameters of `R(4) >> cl.residual(cl.dense(8) >> cl.tanh >> cl.dense(4))` have? Guess, then look.
#    Hint: `cl.names`.
# 3. Find two codes for the wiring of three wires `a, b, c` to `c, b, a`, made of swaps, and check that they are one diagram.
#    Hint: `==`, and `cl.wiring` has a third.
# 4. How many numbers does `R(28, 28, 1) >> cl.conv(8, 3) >> cl.flatten >> cl.dense(10)` have? Reckon it, then ask.
#    Hint: the convolution keeps 28 × 28.
# 5. `f >> copy` and `copy >> f @ f` have the same values. Are they one diagram? Which would you rather run? Hint: draw both.
#
# ## What to remember
#
# - Objects are lists of wires; `>>` composes and `@` puts beside; layers are families, settled by what stands before them.
# - Copies, swaps and discards are wiring, not computation.
# - A functor respects `>>` and `@`; running, drawing, batching and differentiating are functors out of the same syntax.
# - Equal diagrams have one picture; parameters have paths; mistakes are found where they are made.
#
# Further: Selinger, *A survey of graphical languages for monoidal categories* (arXiv 0908.3347), §3 and §6, on which
# equations a picture proves; Fong and Spivak, *Seven Sketches in Compositionality* (arXiv 1803.05316), ch. 2 and 5, for a slow
# beginning; Cruttwell et al., *Categorical Foundations of Gradient-Based Learning* (arXiv 2103.01931), §2.1, on parametric
# arrows.
#
# ## Solutions

# %%
X = R(4)
first = cl.copy(X, 3) >> X @ (X >> cl.tanh) @ X >> (X @ X >> cl.add) @ X >> times
x = jnp.linspace(-1, 1, 4)
np.testing.assert_allclose(first((), x), (x + jnp.tanh(x)) * x, rtol=1e-6)
cl.draw(first)

# %%
second = R(4) >> cl.residual(cl.dense(8) >> cl.tanh >> cl.dense(4))
assert cl.names(second) == (
    "0.dense.kernel",
    "0.dense.bias",
    "2.dense.kernel",
    "2.dense.bias",
)

a, b, c = R(1), R(2), R(3)
third = cl.swap(a, b) @ c >> b @ cl.swap(a, c) >> cl.swap(b, c) @ a
assert (
    third
    == cl.wiring(a @ b @ c, (2, 1, 0))
    == a @ cl.swap(b, c) >> cl.swap(a, c) @ b >> c @ cl.swap(a, b)
)

fourth = R(28, 28, 1) >> cl.conv(8, 3) >> cl.flatten >> cl.dense(10)
assert fourth.param.size == (3 * 3 * 1 * 8 + 8) + (28 * 28 * 8 * 10 + 10) == 62810

# %% [markdown]
# The fifth: no. They are equal as functions (copying is *natural*), but one diagram has one box and the other has two.
# An equation that needs to know what boxes do is no axiom of diagrams, and costs or saves work: run the first.

# %%
once, again = f >> cl.copy(A), cl.copy(A) >> f @ f
assert once != again and cl.laws.copy_is_natural(f) is None
operations = [len(jax.make_jaxpr(h)((), jnp.ones(3)).eqns) for h in (once, again)]
assert operations == [1, 2]
cl.draw(again)
