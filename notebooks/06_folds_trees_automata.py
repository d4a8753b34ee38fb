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
# # 6. A recurrent net is a fold; trees and automata too
#
# After this lesson you can write recurrent nets, tree networks and automata as one construction, say where their weights are
# shared, and unfold them into sequences.
#
# | if you know JAX | if you know categories |
# |---|---|
# | `functools.reduce`, `lax.scan` | the **fold**: the one map out of an initial algebra |
# | a cell `(x, state) → state` and a first state | an **algebra** of F(X) = 1 + A × X |
# | a generator with a state | a **coalgebra** |
# | weights that every step uses | a copy P → Pⁿ |

# %%
import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R
from catlearn.algebra.automata import dfa

# %% [markdown]
# ## Algebras
#
# A polynomial functor F says what a structure is made of: a list of A's is nothing, or an A and a list, so $F(X) = 1 + A
# \times X$. An algebra $F(S) \to S$ says what to make of each case. For lists: a first state, and a cell.

# %%
total = cl.Algebra(cl.List(R(2)), R(2), (cl.constant((jnp.zeros(2),)), cl.add))
cl.draw(total, zoom=2)

# %% [markdown]
# The fold of an algebra is the only map out of lists that respects the cases: `f([]) = nil`, `f(w · a) = cons(a, f(w))`.

# %%
summing = R(5, 2) >> cl.fold(total)
xs = jnp.arange(10.0).reshape(5, 2)
np.testing.assert_allclose(summing((), xs), xs.sum(0))
cl.draw(summing, unfold=True)

# %% [markdown]
# ## A recurrent net
#
# A GRU is an algebra of the same functor, with parameters. Its fold reads a list, and is one `lax.scan`. Drawn as a loop, the
# state goes back below; unfolded, the cell stands there once for each round, and its weights are *copied* to all of them.

# %%
reader = R(5, 3) >> cl.fold(cl.gru_cell(4))
cl.draw(reader, zoom=3)

# %%
cl.draw(reader, unfold=True)

# %% [markdown]
# So by lesson 2 the gradient of a weight is the sum over time: backpropagation through time is a copy read backwards. The
# law compares the fold with the composite of its cells, tied:

# %%
cell = cl.simple_cell(2)
assert cl.laws.fold_is_the_composite(cell, R(3), 4) is None
assert cl.laws.tied_gradient_adds(cell, R(3), 4, jax.random.key(0)) is None

params = reader.init(jax.random.key(1))
x = jax.random.normal(jax.random.key(2), (5, 3))
prefixes = (R(5, 3) >> cl.scan(cl.gru_cell(4)))(params, x)  # the state after each element
np.testing.assert_allclose(prefixes[-1], reader(params, x), rtol=1e-5)
assert cl.laws.scan_folds_prefixes(cl.gru_cell(4), R(3), 5, jax.random.key(3)) is None

# %% [markdown]
# A map that respects the cases is a **homomorphism**. Doubling is one from sums to sums; squaring is none:

# %%
double, squared = cl.function(lambda s: 2 * s), cl.function(lambda s: s**2)
doubled = cl.Algebra(
    cl.List(R(2)),
    R(2),
    (cl.constant((jnp.zeros(2),)), cl.function(lambda a, s: 2 * a + s, arity=2)),
)
assert cl.laws.algebra_homomorphism(double, total, doubled) is None
fault = cl.laws.algebra_homomorphism(squared, total, doubled)
assert fault is not None
fault

# %% [markdown]
# ## Trees
#
# Another functor, the same fold. A binary tree of numbers is a number, or two trees: $F(X) = A + X^2$. Here is arithmetic:
# leaves are numbers, and inner nodes say what to do with their children.

# %%
binary = cl.BinaryTree(R())
tree = cl.tree(((1.0, 2.0), (3.0, (4.0, 5.0))), binary, 16)
cl.draw(tree)

# %%
times_half = cl.Algebra(binary, R(), (R(), cl.function(lambda a, b: a + b / 2, arity=2)))
value = (cl.trees(binary, 16) >> cl.fold(times_half))((), tree)
assert float(value) == (1 + 2 / 2) + (3 + (4 + 5 / 2) / 2) / 2
float(value)

# %% [markdown]
# A Tree-LSTM is an algebra too. All nodes of one height run at once, for a whole batch of trees of any shape. Let one learn
# the value of random trees:

# %%
rng = np.random.default_rng(0)


def random_tree(depth):
    """A nested pair, and its value under `times_half`."""
    if depth == 0 or rng.random() < 0.2:
        number = float(rng.uniform(-1, 1))
        return number, number
    (a, x), (b, y) = random_tree(depth - 1), random_tree(depth - 1)
    return (a, b), x + y / 2


pairs = [random_tree(3) for _ in range(200)]
woods = cl.forest([tree for tree, _ in pairs], binary, 16)
targets = jnp.array([[value] for _, value in pairs])
leaf = cl.reshape(1) >> cl.dense(8)
join = cl.concatenate() >> cl.dense(16) >> cl.tanh >> cl.dense(8)
grower = (
    cl.trees(binary, 16) >> cl.fold(cl.Algebra(binary, R(8), (leaf, join))) >> cl.dense(1)
)
learner = cl.supervised(grower, cl.quadratic, cl.adam(0.01))
state, history = learner.fit(
    learner.init(jax.random.key(4)),
    (woods, targets),
    epochs=40,
    batch_size=50,
    key=jax.random.key(5),
    progress=False,
)
assert history["loss"][-1] < 0.1 * history["loss"][0]
cl.plot(history, log=True, title="a net on trees learns their value")

# %% [markdown]
# ## Automata
#
# Finite states instead of vectors: a deterministic automaton is an algebra of $1 + A \times X$ with a table for a cell. This
# one accepts words with an even number of ones.

# %%
even = dfa(((0, 1), (1, 0)), start=0, accepting=(0,))
accepts = R(6, dtype="int32") >> cl.fold(even) >> even.accepts
for word in ([0, 1, 0, 1, 0, 0], [1, 1, 1, 0, 0, 0], [0] * 6):
    assert bool(accepts((), jnp.array(word))) == (sum(word) % 2 == 0)
cl.draw(accepts)

# %% [markdown]
# With weights for a table, and numbers for states, it is a weighted automaton, which is a linear recurrent net, and learns.
#
# ## The other way round: coalgebras
#
# A coalgebra $S \to F(S)$ takes a state apart. A machine reads an input, says something, and goes on: a coalgebra of
# $(O \times X)^A$. `cl.run` runs it over a list, `cl.unfold` lets a state run by itself.

# %%
count = cl.function(lambda s: (s, s + 1))
assert (R() >> cl.unfold(count, 4))((), jnp.float32(3)).tolist() == [3, 4, 5, 6]

machine = cl.mealy(cl.gru_cell(4), cl.dense(2))
talker = R(9, 3) >> cl.run(machine)
assert talker.cod == R(9, 2)
cl.draw(machine.coalgebra(R(3)), zoom=1)

# %% [markdown]
# Feeding a machine its own words generates. The draw reads a random key, as in lesson 5:

# %%
speaker = cl.mealy(
    cl.cell(cl.embedding(5, 8) @ cl.dense(8) >> cl.add >> cl.tanh, R(8)), cl.dense(5)
)
writing = R(dtype="int32") >> cl.generate(speaker, cl.categorical(), 12)
words = writing(writing.init(jax.random.key(6)), jax.random.key(7), jnp.int32(0))
assert words.shape == (12,) and writing.category.names == ("key",)
words

# %% [markdown]
# And a learner is a machine: batches are its inputs, the state of lesson 3 its states. Running it over a list of batches is
# training.

# %%
small = cl.supervised(R(2) >> cl.dense(1), cl.quadratic, cl.descent(0.1))
cl.to_machine(small).coalgebra(4).functor

# %% [markdown]
# ## Exercises
#
# 1. Write an algebra whose fold is the *length* of a list, and one whose fold is its maximum.
# 2. Which words does the automaton `dfa(((1, 0), (1, 2), (2, 2)), start=0, accepting=(2,))` accept? Find out by trying all
#    words of length 4.
# 3. A fold reads from the first element on, `cl.foldr` from the last. For which algebras is that the same?
# 4. Check by `cl.laws.cascade_is_composition` that running one machine on what another says is running their cascade.
#
# ## What to remember
#
# - A functor is a shape of data, an algebra says what to make of it, and the fold does it: lists, trees, words.
# - Shared weights are a copy, and backpropagation through time or structure is its reverse.
# - Machines are coalgebras; generators feed themselves.
#
# Further: Gavranović et al., *Categorical Deep Learning* (arXiv 2402.15332), §2.2 and §3; Rutten, *Universal coalgebra* (2000).
#
# ## Solutions

# %%
length = cl.Algebra(
    cl.List(R(2)),
    R(),
    (cl.constant((jnp.float32(0),)), cl.function(lambda a, s: s + 1, arity=2)),
)
most = cl.Algebra(
    cl.List(R()),
    R(),
    (cl.constant((jnp.float32(-jnp.inf),)), cl.function(jnp.maximum, arity=2)),
)
assert (R(5, 2) >> cl.fold(length))((), xs) == 5
assert (R(4) >> cl.fold(most))((), jnp.array([1.0, 7.0, -3.0, 2.0])) == 7

# %%
from itertools import product

mystery = dfa(((1, 0), (1, 2), (2, 2)), start=0, accepting=(2,))
run = jax.jit(
    jax.vmap(
        lambda word: (R(4, dtype="int32") >> cl.fold(mystery) >> mystery.accepts)((), word)
    )
)
every = jnp.array([*product((0, 1), repeat=4)])
for word, yes in zip(every.tolist(), run(every).tolist(), strict=True):
    # those in which a zero is followed by a one
    assert yes == ("01" in "".join(map(str, word)))

# %%
assert cl.laws.backwards_is_reversed(cl.simple_cell(2), R(3), 4, jax.random.key(0)) is None
back = R(5, 2) >> cl.foldr(total)
# sums: those of a commutative monoid
np.testing.assert_allclose(back((), xs), summing((), xs))
m = cl.mealy(cl.simple_cell(2), cl.dense(2))
assert cl.laws.cascade_is_composition(m, m, R(3), 4) is None
