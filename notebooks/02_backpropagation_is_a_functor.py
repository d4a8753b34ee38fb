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
# time, write a layer with a derivative of your own, and check all of that by laws. It takes about thirty minutes, with the
# exercises; lesson 1 comes first.
#
# | if you know JAX | if you know categories |
# |---|---|
# | a function and its `jax.vjp` | a **lens**: `get : A → B`, `put : A × B' → A'` |
# | what `vjp` keeps between the passes | the **residual** M of an optic |
# | the chain rule | `reverse(f >> g) = reverse(f) >> reverse(g)` |
# | the gradients of a variable used twice are added | the reverse of a copy is a sum |
# | `jax.checkpoint` | another residual for the same lens, `cl.recompute` |
# | `jax.custom_vjp` | a box that brings its own optic |

# %%
import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R

# %% [markdown]
# ## A lens goes both ways
#
# The reverse derivative of $f : A \to B$ is $R[f] : A \times B' \to A'$: from where you are, and how much a change of
# the output matters, to how much a change of the input matters. In JAX, `R[f](a, b) = jax.vjp(f, a)[1](b)`. The pair
# $(f, R[f])$ is a lens, `get` and `put`, and `cl.reverse` makes it.


# %%
def square(x):
    return x**2


lens = cl.reverse(R() >> cl.function(square))
y, residual = lens.forward((), jnp.float32(3.0))
_, dx = lens.backward(residual, jnp.float32(1.0))
assert (float(y), float(dx)) == (9.0, 6.0)
cl.draw(lens)

# %% [markdown]
# The upper half runs forward. The lower half, `R[…]`, runs back, on dashed wires. What it needs to know of the way forward is
# kept: the dotted line is the **residual** M. So a lens is stored as two functions, `forward : A → B × M` and
# `backward : M × B' → A'`, which the literature calls an *optic*. With M = A it is `get` and `put` word for word; with
# another M it is the same lens, and perhaps cheaper.
#
# ## The picture of the chain rule
#
# Lenses compose: forward one after the other, then back in the other order. And the composite of the lenses is the lens of
# the composite. That is the chain rule,
#
# $$R[f ; g](a, c) \;=\; R[f]\bigl(a,\; R[g](f(a), c)\bigr),$$
#
# and in the picture there is nothing to see of it but two pictures side by side:

# %%
f = R(3) >> cl.dense(4) >> cl.tanh
g = R(4) >> cl.dense(2)
assert cl.reverse(f >> g) == cl.reverse(f) >> cl.reverse(g)
cl.draw(cl.reverse(f >> g))

# %% [markdown]
# Parameters are wires like others: what comes back on them, `kernel´` and `bias´`, leaves at the top. Here is the same by
# hand, box by box, with nothing but the derivative of each. Read the picture along the upper row, then the lower one back:

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
for ours, theirs in zip(
    jax.tree.leaves((dparams, dx_ours)), jax.tree.leaves(vjp(dz)), strict=True
):
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)

# %% [markdown]
# ## Copies become sums
#
# A wire that is used twice gets two answers back. Copying is linear, $x \mapsto (x, x)$, with the matrix $(1, 1)$; going back
# is the transposed matrix, $(y_1, y_2) \mapsto y_1 + y_2$. So the reverse of a copy is a sum. A wire that is thrown away
# gets no answer: the reverse of a discard is a zero. There is no other rule for shared weights, skip connections or
# broadcasting, and none is written in any layer: it is the rule for wirings.

# %%
twice = cl.copy(R(2)) >> (R(2) >> cl.tanh) @ R(2) >> cl.add
_, residual = cl.reverse(twice).forward((), jnp.zeros(2))
# 1 by tanh, and 1 past it
assert cl.reverse(twice).backward(residual, jnp.ones(2))[1].tolist() == [2.0, 2.0]
cl.draw(cl.reverse(twice))

# %%
first_of_two = R(2) @ cl.discard(R(3))
_, residual = cl.reverse(first_of_two).forward((), jnp.ones(2), jnp.ones(3))
_, (back, nothing) = cl.reverse(first_of_two).backward(residual, jnp.ones(2))
assert back.tolist() == [1.0, 1.0] and nothing.tolist() == [0.0, 0.0, 0.0]
cl.draw(cl.reverse(first_of_two))

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
# again, and time grows. `cl.recompute(f)` chooses for a segment: it keeps the segment's inputs and runs it once more on the
# way back. It is the same arrow, with another residual. In twelve layers, with segments of k:


# %%
def layers(n):
    net = R(16)
    for _ in range(n):
        net = net >> cl.dense(16) >> cl.tanh
    return net


def in_segments(net, k):
    """The same arrow, with k layers (2k boxes) recomputed at a time."""
    whole = net.dom
    for at in range(0, len(net), 2 * k):
        whole = whole >> cl.recompute(net[at : at + 2 * k])
    return whole


deep = layers(12)
assert (
    cl.laws.extensional("recompute", cl.reverse(in_segments(deep, 4)), cl.reverse(deep))
    is None
)

# %% [markdown]
# They have equal values and gradients. What they need is told by the compiler itself, here for a batch of 4096:


# %%
def memory(net):
    """Bytes beside inputs and results of a compiled pass forward and back, by XLA's count."""
    lens = cl.reverse(cl.batch(net, 4096))

    def there_and_back(params, x, dy):
        _, residual = lens.forward(params, x)
        return lens.backward(residual, dy)

    x = jax.ShapeDtypeStruct((4096, 16), jnp.float32)
    params = jax.eval_shape(net.init, jax.random.key(0))
    return (
        jax.jit(there_and_back)
        .lower(params, x, x)
        .compile()
        .memory_analysis()
        .temp_size_in_bytes
    )


one = 4096 * 16 * 4  # the bytes of what is on one wire
needed = {"keep all": memory(deep)} | {
    f"k = {k}": memory(in_segments(deep, k)) for k in (2, 4, 12)
}
assert (
    needed["k = 4"] < 0.6 * needed["keep all"]
    and needed["k = 4"] < needed["k = 2"] < needed["k = 12"]
)
{name: f"{size / one:.1f} wires" for name, size in needed.items()}

# %% [markdown]
# The n/k inputs of segments are kept all the way, and the k residuals of the one segment on which we are: about n/k + k in
# all, which is least at k = √n. That is how a deep net is trained in memory of order √n, for one more forward pass. One
# segment (k = 12) saves nothing: it has to keep everything in the end, and its own input besides.

# %% [markdown]
# ## The laws, and one that fails
#
# Reverse derivatives obey seven axioms, RD.1 to RD.7 (Cockett et al. 2020): additivity, linearity of wirings, the chain
# rule, symmetry of second derivatives … They are in the library, as functions that return `None` or a counterexample.


# %%
def neighbours(x):
    return x[:2] * x[1:]


key = jax.random.key(2)
p, q, same = R(3) >> cl.tanh, R(3) >> cl.function(neighbours), R(3) >> cl.sigmoid
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
# A law that can't fail says nothing. So here is a map of diagrams that is no functor: it forgets the last box of each
# composite, and is found out.


# %%
def forgetful(f):
    return cl.reverse(f[:-1]) if len(f) > 1 else cl.reverse(f)


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
        def forward(params, x):
            return jax.nn.softplus(x), jax.nn.sigmoid(x)  # the value, and what is kept

        def backward(slope, dy):
            return (), slope * dy  # changes of the parameters (none), and of x

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
# Why does `reverse` take a diagram and not just any function? Because the derivative of a function need not exist, while that
# of a *program* does. Where a box has a kink, it says what its slope there is meant to be, and the chain rule does the rest.
# Then two programs of one function may differ: $\mathrm{relu}(x) - \mathrm{relu}(-x)$ is $x$, but at 0 each relu says 0.


# %%
def minus(x):
    return -x


def difference(a, b):
    return a - b


bent = (
    cl.copy(R())
    >> (R() >> cl.relu) @ (R() >> cl.function(minus) >> cl.relu)
    >> cl.function(difference, arity=2)
)
straight = cl.identity(R())
for value in (-2.0, 0.0, 0.5):
    assert bent((), jnp.float32(value)) == straight((), jnp.float32(value)) == value


def slope(f, x):
    _, residual = cl.reverse(f).forward((), jnp.float32(x))
    return float(cl.reverse(f).backward(residual, jnp.float32(1.0))[1])


assert (slope(bent, 0.5), slope(straight, 0.5)) == (1.0, 1.0)
assert (slope(bent, 0.0), slope(straight, 0.0)) == (0.0, 1.0)
cl.draw(cl.reverse(bent))

# %% [markdown]
# It is not about kinks alone. On bits, counted modulo 2, $x^2$ and $x$ are one function, for $0^2 = 0$ and $1^2 = 1$. As
# polynomials they have the derivatives $2x = 0$ and $1$. No rule that looks at the function only can give both, and the
# chain rule needs both. (Lesson 8 trains logic circuits by the polynomials.)

# %%
bits = (0, 1)
assert tuple(bit**2 % 2 for bit in bits) == bits
assert tuple(2 * bit % 2 for bit in bits) != (1, 1)

# %% [markdown]
# So `reverse` is a functor on *diagrams*: it does on boxes what they say, and composites follow. Equal diagrams have equal
# reverses; equal functions have them where everything is smooth.
#
# ## Again
#
# $R[f] : A \times B' \to A'$ is an arrow of Smooth itself, `cl.pullback(f)`, so it can be differentiated again. For
# $f(x) = x^3$ it is $(x, y') \mapsto 3x^2 y'$, whose reverse gives back $(6 x y', 3 x^2)$ times what comes in:


# %%
def cube(x):
    return x**3


f3 = R() >> cl.function(cube)
once, again = cl.pullback(f3), cl.pullback(cl.pullback(f3))
x, dy = jnp.float32(3.0), jnp.float32(1.0)
assert once((), x, dy) == 27.0 == jax.grad(cube)(x)
curvature, linear = again((), x, dy, jnp.float32(1.0))
assert curvature == 18.0 == jax.grad(jax.grad(cube))(x)
assert linear == 27.0  # R[f] is linear in y', so that half is R[f] again: RD.6
cl.draw(cl.reverse(once.named("R[cube]")))

# %% [markdown]
# ## Exercises
#
# 1. What comes back through `cl.swap`? Draw `cl.reverse(cl.swap(R(2), R(3)))`, and say it in a sentence. Hint: follow a
#    dashed wire from the right.
# 2. Make `x ↦ x @ x` for vectors by a copy and one box of arity 2, and find its gradient from the picture. Hint: what does
#    the reverse of `a @ b` send to a, and what to b?
# 3. Write `my_square` with an own optic that keeps x, and check it by the law. What does the law say if `backward` returns
#    `x * dy`? Hint: change two lines of `my_softplus`.
# 4. Show on an example that `reverse` commutes with `@`. Hint: `==`.
# 5. `f >> g >> f` with the *same* parameters for both f: what comes back on them? Hint: `reparameterise` along a copy, and
#    count.
#
# ## What to remember
#
# - A lens is a forward pass, a backward pass, and what is kept between them.
# - `reverse` is a functor: on `>>` that is the chain rule, on copies the sum of gradients.
# - What is kept is a choice, and never changes a value.
#
# Further: Cockett et al., *Reverse derivative categories* (arXiv 1910.07065), for the axioms; Cruttwell et al. (arXiv
# 2103.01931), §2.2 and §2.3, for lenses and parametric lenses; Wilson and Zanasi, *Reverse derivative ascent* (arXiv
# 2101.10488), for circuits; Elliott, *The simple essence of automatic differentiation* (arXiv 1804.00746); Chen et al.,
# *Training deep nets with sublinear memory cost* (arXiv 1604.06174), for √n.
#
# ## Solutions
#
# The first: changes cross back the way they came, for a permutation is linear, and its transpose is its inverse.

# %%
cl.draw(cl.reverse(cl.swap(R(2), R(3))))

# %% [markdown]
# The second: the box sends b to a and a to b. Here both are x, and the copy adds them, so 2x.


# %%
def inner(a, b):
    return a @ b


norm = cl.copy(R(3)) >> cl.function(inner, arity=2)
x = jnp.array([1.0, 2.0, 3.0])
_, residual = cl.reverse(norm).forward((), x)
np.testing.assert_allclose(cl.reverse(norm).backward(residual, jnp.float32(1.0))[1], x + x)
cl.draw(cl.reverse(norm))


# %%
class my_square(SmoothLayer):
    """x², keeping x."""

    factor = 2

    def apply(self, params, x):
        return x**2

    def optic(self, dom):
        return (lambda params, x: (x**2, x)), (lambda x, dy: ((), self.factor * x * dy))


class half_square(my_square):
    """The same with half of its derivative."""

    factor = 1


assert cl.laws.agrees_with_vjp(R(3) >> my_square(), key) is None
fault = cl.laws.agrees_with_vjp(R(3) >> half_square(), key)
assert fault is not None
fault

# %%
assert cl.reverse(f @ norm) == cl.reverse(f) @ cl.reverse(norm)

# %% [markdown]
# The fifth: both gradients, added, for the parameters fork on the way forward. That is weight tying, and lesson 4.

# %%
h, g = R(3) >> cl.dense(3) >> cl.tanh, R(3) >> cl.tanh
loose = h >> g >> h
tied = loose.reparameterise(cl.copy(h.param))
params = h.init(key)
_, residual = cl.reverse(loose).forward((*params, *params), x)
both, _ = cl.reverse(loose).backward(residual, jnp.ones(3))
_, residual = cl.reverse(tied).forward(params, x)
for together, first, last in zip(
    cl.reverse(tied).backward(residual, jnp.ones(3))[0], both[:2], both[2:], strict=True
):
    np.testing.assert_allclose(together, first + last, rtol=1e-5, atol=1e-6)
cl.draw(cl.reverse(tied))
