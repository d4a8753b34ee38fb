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
# shared, and run machines that read, speak and learn. It takes about twenty-five minutes, with the exercises, and needs
# lessons 1 to 3.
#
# | if you know JAX | if you know categories |
# |---|---|
# | `functools.reduce`, `lax.scan` | the **fold**: the one map out of an initial algebra |
# | a cell `(x, state) → state` and a first state | an **algebra** of F(X) = 1 + A × X |
# | a generator with a state | a **coalgebra** |
# | weights that every step uses | a copy P → Pⁿ |

# %%
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R
from catlearn.algebra.automata import dfa, weighted_automaton
from catlearn.draw.squares import square

# %% [markdown]
# ## Algebras
#
# A list of A's is nothing, or a list and one more A. Write 1 for nothing, + for "or", × for "and", and X for what the list goes
# on with: $F(X) = 1 + A \times X$. Such a polynomial F says what a structure is made of. It is a functor: from X it makes
# an object, and from an arrow X → Y an arrow F(X) → F(Y), which acts on the X inside and leaves the rest.

# %%
F = cl.List(R(2))
F

# %% [markdown]
# An **algebra** of F is an object S and an arrow $F(S) \to S$: what to make of each case, if what was inside has been made
# already. For lists that is a value for the empty list, which is called *nil*, and an arrow A × S → S for one more element,
# called *cons*; or, as one says of nets, a first state and a cell.

# %%
total = cl.Algebra(F, R(2), (cl.constant((jnp.zeros(2),)), cl.add))
cl.draw(total, zoom=2)

# %% [markdown]
# An element of a sum is drawn as a number that says which case it is, beside the contents of all cases; `chosen` takes the
# one that is meant.
#
# Lists themselves are an algebra of F, by the empty list and by appending. And they are the first of all (*initial*): to any
# other algebra there is just one map f that respects the cases. It is called the **fold**:
#
# $$f([\,]) = \mathrm{nil}, \qquad f(w \cdot a) = \mathrm{cons}(a, f(w)).$$
#
# Lists grow at their end here, so the first element is read first, as by `lax.scan`. (If they grow at the front, the last one
# is read first: that is `cl.foldr`.) Unfolded, the fold is the cell, over and over; `each` hands out the elements:

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
# So an unfolded net has parameters $P^n$, and the recurrent one is that, pulled back along a copy $P \to P^n$, a 2-cell as in
# lesson 4. And by lesson 2 the gradient of a weight is the sum over time: backpropagation through time is a copy read backwards.
# Two laws say so of any cell. `cl.scan` gives all the states, that is the folds of all beginnings of the list:

# %%
cell = cl.simple_cell(2)
assert cl.laws.fold_is_the_composite(cell, R(3), 3) is None
assert cl.laws.tied_gradient_adds(cell, R(3), 3, jax.random.key(0)) is None

params = reader.init(jax.random.key(1))
x = jax.random.normal(jax.random.key(2), (5, 3))
states = (R(5, 3) >> cl.scan(cl.gru_cell(4)))(params, x)
beginning = R(3, 3) >> cl.fold(cl.gru_cell(4))
np.testing.assert_allclose(states[2], beginning(params, x[:3]), rtol=1e-5, atol=1e-6)

# %% [markdown]
# ## Maps that respect the cases
#
# Folds are not the only maps that respect the cases. Any map h from an algebra S to another one T may: whether we first make an
# element of S and then go to T by h, or first go to T inside and make it there, it is the same. Then h is a **homomorphism**.
# Doubling is one, from sums to the algebra that doubles each element as it comes. Squaring is not one, to the algebra that
# squares each element: the square of a sum is no sum of squares. The diagrams show the case of one more element, with F(h) at the left.

# %%
A, S = R(2), R(2)
double = (S >> cl.function(lambda s: 2 * s)).named("double")
twice_and_add = (A @ S >> cl.function(lambda a, s: 2 * a + s, arity=2)).named("add twice")
doubles = cl.Algebra(F, S, (cl.constant((jnp.zeros(2),)), twice_and_add))
assert cl.laws.algebra_homomorphism(double, total, doubles) is None
inside = (A @ double).named("1 × double")
square(A @ S >> cl.add, double, inside, twice_and_add, name="doubling")

# %%
power = (S >> cl.function(lambda s: s**2)).named("square")
square_and_add = (A @ S >> cl.function(lambda a, s: a**2 + s, arity=2)).named("add square")
squares = cl.Algebra(F, S, (cl.constant((jnp.zeros(2),)), square_and_add))
assert cl.laws.algebra_homomorphism(power, total, squares) is not None
inside = (A @ power).named("1 × square")
square(A @ S >> cl.add, power, inside, square_and_add, name="squaring")

# %% [markdown]
# What are homomorphisms good for? A fold followed by one is a fold, since there is just one map from lists that respects the
# cases. So what is done to the result of a loop can be done inside it:

# %%
np.testing.assert_allclose(
    (R(5, 2) >> cl.fold(total) >> double)((), xs), (R(5, 2) >> cl.fold(doubles))((), xs)
)

# %% [markdown]
# ## Trees
#
# Another functor, the same fold. A binary tree of numbers is a number, or two trees: $F(X) = A + X^2$. So an algebra says what
# to make of a leaf, and what of the values of two subtrees. (16 is how many nodes there is room for, since XLA wants shapes
# that are fixed.)

# %%
binary = cl.BinaryTree(R())
tree = cl.tree(((1.0, 2.0), (3.0, (4.0, 5.0))), binary, 16)
cl.draw(tree)

# %% [markdown]
# Let a leaf be worth its number, `R()` being the identity, and a node what its left side is worth and half of the right:

# %%
worth = cl.Algebra(binary, R(), (R(), cl.function(lambda a, b: a + b / 2, arity=2)))
value = jax.jit(cl.trees(binary, 16) >> cl.fold(worth))((), tree)
assert float(value) == (1 + 2 / 2) + (3 + (4 + 5 / 2) / 2) / 2 == 5.125
float(value)

# %% [markdown]
# A net on trees is such an algebra with parameters: here a dense layer for leaves, and a small net that joins two vectors to
# one. (`cl.tree_lstm` is a ready one.) All nodes of one height run at once, for a whole batch of trees of any shape. Can it
# learn what a tree is worth, and say it of trees that it has not seen?

# %%
rng = np.random.default_rng(0)


def random_tree(depth):
    """A nested pair, and its value under `worth`."""
    if depth == 0 or rng.random() < 0.2:
        number = float(rng.uniform(-1, 1))
        return number, number
    (a, x), (b, y) = random_tree(depth - 1), random_tree(depth - 1)
    return (a, b), x + y / 2


def planted(pairs):
    """Trees in one batch, and their values, R(1) each."""
    grown = cl.forest([tree for tree, _ in pairs], binary, 16)
    return grown, jnp.array([[value] for _, value in pairs])


known, unseen = (planted([random_tree(3) for _ in range(n)]) for n in (200, 50))
# a number is an array of shape (), and dense takes vectors
leaf = cl.reshape(1) >> cl.dense(8)
join = cl.concatenate() >> cl.dense(16) >> cl.tanh >> cl.dense(8)
net = cl.trees(binary, 16) >> cl.fold(cl.Algebra(binary, R(8), (leaf, join))) >> cl.dense(1)
learner = cl.supervised(net, cl.quadratic, cl.adam(0.01))
state, history = learner.fit(
    learner.init(jax.random.key(4)),
    known,
    epochs=40,
    batch_size=50,
    key=jax.random.key(5),
    validation=unseen,
    progress=False,
)
assert history["loss"][-1] < 0.1 * history["loss"][0]
assert history["validation_loss"][-1] < 0.1 * history["validation_loss"][0]
cl.plot(history, log=True, title="a net on trees learns their value")

# %% [markdown]
# ## Automata
#
# Finite states instead of vectors: a deterministic automaton is an algebra of $1 + A \times X$ whose cell is a table, with a
# row for each state and a column for each letter, which says the next state. This one has two states, and stands in state 0
# where the number of ones so far is even. So the words that it accepts are those with an even number of ones:

# %%
even = dfa(((0, 1), (1, 0)), start=0, accepting=(0,))
accepts = R(6, dtype="int32") >> cl.fold(even) >> even.accepts
words = ([0, 1, 0, 1, 0, 0], [1, 1, 1, 0, 0, 0], [0] * 6)
for word in words:
    assert bool(accepts((), jnp.array(word))) == (sum(word) % 2 == 0)
cl.draw(accepts)

# %% [markdown]
# Write state q as the vector with a one at q. Then each letter is a matrix, and reading a word multiplies by matrices. If
# their entries are any numbers it is a *weighted* automaton: a linear recurrent net whose matrix depends on the letter. Its
# entries are parameters and learn. With the matrices of `even` it is `even`:

# %%
weighing = R(6, dtype="int32") >> cl.fold(weighted_automaton(letters=2, states=2))
assert cl.names(weighing) == ("begin.start", "letter.weights")
for word in words:
    weights = weighing((jnp.array([1.0, 0.0]), even.matrices), jnp.array(word))
    assert weights.tolist() == [1 - sum(word) % 2, sum(word) % 2]

# %% [markdown]
# ## The other way round: coalgebras
#
# An algebra $F(S) \to S$ builds; a **coalgebra** $S \to F(S)$ takes a state apart. With $F(X) = O \times X$ it gives an output
# and the next state, over and over: a stream. `cl.unfold` takes the first n outputs.

# %%
count = cl.function(lambda s: (s, s + 1))
counting = R() >> cl.unfold(count, 4)
assert counting((), jnp.float32(3)).tolist() == [3, 4, 5, 6]
cl.draw(counting, unfold=True)

# %% [markdown]
# A *machine* waits for an input before it says something and goes on: it is a coalgebra $S \to (O \times S)^A$, or what is the
# same, an arrow A × S → O × S. `cl.mealy` makes one of a cell and an arrow that reads the state out, and `cl.run` runs it
# over a list. That is a recurrent net with an output at each step:

# %%
machine = cl.mealy(cl.gru_cell(4), cl.dense(2))
talker = R(9, 3) >> cl.run(machine)
assert talker.cod == R(9, 2)
weights = talker.init(jax.random.key(6))
heard = jax.random.normal(jax.random.key(7), (9, 3))
*cell_weights, W, b = weights
states = (R(9, 3) >> cl.scan(cl.gru_cell(4)))(tuple(cell_weights), heard)
np.testing.assert_allclose(talker(weights, heard), states @ W + b, rtol=1e-5, atol=1e-6)
cl.draw(machine.coalgebra(R(3)), zoom=1)

# %% [markdown]
# Feed a machine its own words, and it generates. This one reads a word, a number from 0 to 4, and says how likely each of five
# words is to be next; `cl.categorical()` draws one, and for that reads a random key, as in lesson 5. Nothing was trained here, so
# it babbles:

# %%
speaker = cl.mealy(
    cl.cell(cl.embedding(5, 8) @ cl.dense(8) >> cl.add >> cl.tanh, R(8)), cl.dense(5)
)
writing = R(dtype="int32") >> cl.generate(speaker, cl.categorical(), 12)
assert writing.category.names == ("key",)
first_word = jnp.int32(0)
said = writing(writing.init(jax.random.key(6)), jax.random.key(7), first_word)
assert said.shape == (12,) and set(said.tolist()) <= set(range(5))
said

# %% [markdown]
# And a learner is a machine: its inputs are batches, its states are those of lesson 3, and it says its loss. Running it over a
# list of batches is training:

# %%
small = cl.supervised(R(2) >> cl.dense(1), cl.quadratic, cl.descent(0.1))
student = cl.to_machine(small)
course = R(3, 4, 2) @ R(3, 4, 1) @ student.state >> cl.run(student.coalgebra(4))
X = jax.random.normal(jax.random.key(8), (3, 4, 2))  # three batches of four examples
Y = X.sum(-1, keepdims=True)
state, step = small.init(jax.random.key(9)), jax.jit(small.pure_step)
losses, *after = course((), X, Y, *state)
for x, y, loss in zip(X, Y, losses, strict=True):
    state, metrics = step(state, (x, y))
    np.testing.assert_allclose(loss, metrics["loss"], rtol=1e-5)
for ours, by_steps in zip(after, state, strict=True):
    np.testing.assert_allclose(ours, by_steps, rtol=1e-5, atol=1e-6)
assert losses[-1] < losses[0]
student.coalgebra(4).functor

# %% [markdown]
# ## Exercises
#
# 1. Write an algebra whose fold is the *length* of a list, and one whose fold is its largest number. Hint: what is the largest
#    of no numbers?
# 2. Which words does the automaton `dfa(((1, 0), (1, 2), (2, 2)), start=0, accepting=(2,))` accept? Guess, and try all
#    words of length 4.
# 3. A fold reads from the first element on, `cl.foldr` from the last. For which algebras is that the same? Hint: begin with lists
#    of two elements.
# 4. A *cascade* is two machines, of which the second reads what the first says. Check by `cl.laws.cascade_is_composition`
#    that running it is running one and then the other.
# 5. `cl.categorical(0)` takes the likeliest word, and reads no key. Let `speaker` write twelve words in this way, and then
#    `cl.run` it over what it has written. What does it say? Hint: what did it read while writing?
#
# ## What to remember
#
# - A functor is a shape of data, an algebra says what to make of it, and the fold does it: lists, trees, words.
# - Shared weights are a copy, and backpropagation through time or structure is its reverse.
# - Machines are coalgebras; generators feed themselves, and training runs a machine over batches.
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
largest = cl.Algebra(
    cl.List(R()),
    R(),
    (cl.constant((jnp.float32(-jnp.inf),)), cl.function(jnp.maximum, arity=2)),
)
assert (R(5, 2) >> cl.fold(length))((), xs) == 5
assert (R(4) >> cl.fold(largest))((), jnp.array([1.0, 7.0, -3.0, 2.0])) == 7

# %% [markdown]
# The second: those in which a zero is followed at once by a one. State 1 is "the last letter was a zero", and from state 2
# there is no way back.

# %%
mystery = dfa(((1, 0), (1, 2), (2, 2)), start=0, accepting=(2,))
model = R(4, dtype="int32") >> cl.fold(mystery) >> mystery.accepts
every = jnp.array([*product((0, 1), repeat=4)])
answers = jax.jit(jax.vmap(model, (None, 0)))((), every)
for word, yes in zip(every.tolist(), answers.tolist(), strict=True):
    assert yes == ("01" in "".join(map(str, word)))
assert answers.sum() == 11
int(answers.sum())

# %% [markdown]
# The third: for those whose elements may change places, $c(a, c(b, s)) = c(b, c(a, s))$ at all states s that can be reached.
# If that holds, the order of a list does not matter, and so it may be reversed. If reversing never matters, lists of two give
# the equation at the first state, so f(ab) = f(ba), and f(abu) = f(bau) for whatever comes after. Then
# f(uab) is f(ba v), where v is u reversed, which is f(ab v), which is f(uba). Sums are of this kind, and a GRU is not:

# %%
back = R(5, 2) >> cl.foldr(total)
np.testing.assert_allclose(back((), xs), summing((), xs))
gru_back = R(5, 3) >> cl.foldr(cl.gru_cell(4))
x = jax.random.normal(jax.random.key(2), (5, 3))
assert np.abs(gru_back(params, x) - reader(params, x)).max() > 1e-3
# in any case it is the fold of the reversed list (the law `backwards_is_reversed`)
np.testing.assert_allclose(gru_back(params, x), reader(params, x[::-1]), rtol=1e-5)

# %%
m = cl.mealy(cl.simple_cell(2), cl.dense(2))
assert cl.laws.cascade_is_composition(m, m, R(3), 2) is None

# %% [markdown]
# The fifth: the same words again. At each step it read the word before, and it is the same machine with the same weights.

# %%
certain = R(dtype="int32") >> cl.generate(speaker, cl.categorical(0), 12)
weights = certain.init(jax.random.key(6))
written = certain(weights, first_word)
read = jnp.concatenate([first_word[None], written[:-1]])
scores = (R(12, dtype="int32") >> cl.run(speaker))(weights, read)
assert (scores.argmax(-1) == written).all()
