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
# # 5. Graph networks are coKleisli arrows
#
# After this lesson you can write graph networks over one graph that all layers share, change that graph for another along an
# arrow, add dropout by the same construction, and say what such a network can't see. It takes about twenty-five minutes, with
# the exercises, and needs lessons 1 and 2.
#
# | if you know JAX | if you know categories |
# |---|---|
# | an argument that every layer takes: `layer(params, graph, x)` | a **context** A, and the **product comonad** A × − |
# | a layer X → Y that takes it | a **coKleisli** arrow, A × X → Y |
# | passing it on to all of them | the comultiplication δ : A × X → A × (A × X), a copy |
# | a layer that does not need it | the counit ε : A × X → X, a discard |
# | a network over graphs | an arrow of Para(CoKl(A, Smooth)) |

# %%
import jax
import jax.numpy as jnp
import networkx
import numpy as np

import catlearn as cl
from catlearn import R
from catlearn.algebra.homomorphisms import complete, cycle
from catlearn.categories.contextual import contextual
from catlearn.datasets import karate
from catlearn.draw.style import figure

# %% [markdown]
# ## A context is read everywhere
#
# A graph convolution takes the features of nodes, here 34 nodes with 34 features each, mixes them along the edges, and
# applies weights. The graph is no input like others: it does not change from layer to layer, for all read the *same* one.
# In the picture such a context comes from below, from a diamond:

# %%
gcn = R(34, 34) >> cl.graph_conv(16) >> cl.relu >> cl.graph_conv(2)
assert gcn.category.names == ("graph",)
cl.draw(gcn)

# %%
cl.draw(gcn, zoom=2)

# %% [markdown]
# Neither the domain nor the parameters have a graph in them: `gcn` goes from features to features. What it is an arrow *of*
# has changed. In the category **CoKl(A)** an arrow X → Y is a function A × X → Y, and two of them compose by giving A to
# both:
#
# $$(f ; g)(a, x) \;=\; g(a,\, f(a, x)).$$
#
# To write that with arrows one needs to copy a and to throw it away, δ and ε of the table. A way of putting something
# beside X that comes with such a δ and ε is called a **comonad**, and the arrows of this kind are named after Kleisli. Then
# composition is $f ; g = (\delta \otimes 1) ; (1 \otimes f) ; g$, with δ the copy of A, and a layer such as `relu`, which
# reads no graph, throws its copy away. In code:

# %%
club = karate()
params = gcn.init(jax.random.key(0))
first, second = gcn[:2], gcn[2:]
logits = gcn(params, club.graph, club.features)  # one graph for the whole composite
hidden = first(params[:2], club.graph, club.features)
np.testing.assert_array_equal(logits, second(params[2:], club.graph, hidden))
assert logits.shape == (34, 2)

# %% [markdown]
# A layer of your own reads a context by `cl.ask`, the arrow I → A that gives it. All that reads contexts is made of it and
# of arrows that read none. Here one adds a condition, and the laws are tried on it: composition is the formula above, and
# the gradient of a context is the sum of those of all layers that read it, since a copy read backwards is a sum, as in
# lesson 2.

# %%
shift = R(2) >> R(2) @ cl.ask(R(2).named("condition")) >> cl.add
meaning = contextual(shift).arrow  # as an arrow of CoKl(R(2)), over A × X → Y
assert meaning.arrow.dom == R(2) @ R(2)
assert cl.laws.cokleisli_composition(meaning, meaning) is None
assert cl.laws.context_gradient_is_the_sum([shift, shift, shift], jax.random.key(0)) is None
shift >> cl.dense(2) >> shift

# %% [markdown]
# ## The karate club
#
# Zachary watched a club of 34 people split in two. We know who is a friend of whom, and which of the two clubs the
# instructor (Mr. Hi, node 0) and the administrator (the officer, node 33) went to. Where did the others go? The features say
# no more than who is who, a one for each:

# %%
assert (club.features == np.eye(34)).all() and club.train.tolist() == [0, 33]
club.graph

# %% [markdown]
# One example is the whole club: the graph and the features, and for each member the club that they joined. The loss may
# look at two of the 34: `cl.weighted` takes a weight for each.

# %%
known = jnp.zeros(34).at[club.train].set(1.0)
learner = cl.supervised(gcn, cl.weighted(cl.softmax_cross_entropy), cl.adam(0.02))
# a batch of one graph: a first axis of 1
one = lambda tree: jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], tree)
data = one((club.graph, club.features)), one((club.labels, known))
state, history = learner.fit(
    learner.init(jax.random.key(1)), data, epochs=60, batch_size=1, progress=False
)
said = learner.predict(state, data[0])[0].argmax(-1)
right = np.asarray(said == club.labels)
assert right[club.test].sum() >= 29 and len(club.test) == 32
f"{right[club.test].sum()} of {len(club.test)} members placed rightly, from two that were known"

# %%
graph = networkx.karate_club_graph()
places = networkx.spring_layout(graph, seed=3)
at = np.array([places[i] for i in range(34)])
picture = figure(
    "the friendships; circles and squares are the two clubs, as the net says; "
    "rings mark the two that were known, crosses mistakes",
    6,
    3.6,
)
axes = picture.subplots()
networkx.draw_networkx_edges(graph, places, ax=axes, edge_color="#bbbbbb")
for k, (colour, marker) in enumerate((("#2f80c2", "o"), ("#d2622a", "s"))):
    club_k = np.asarray(said) == k
    axes.scatter(*at[club_k].T, c=colour, marker=marker, s=90, label=club.classes[k])
axes.scatter(
    *at[club.train].T, facecolors="none", edgecolors="black", s=220, label="was known"
)
axes.scatter(*at[~right].T, c="black", marker="x", s=60, label="mistake")
axes.legend(frameon=False)
axes.set_axis_off()
picture

# %% [markdown]
# ## No node comes first
#
# Give the nodes other numbers, and the answers are renumbered in the same way: $f(P A P^\top, P X) = P f(A, X)$ for every
# permutation P. That is no accident. A layer does the same for each node, and adds up what comes from the neighbours, and a
# sum has no order. But the graph must be renumbered with the features: to permute X alone is to tell another story about
# the same club.

# %%
A = np.asarray(networkx.to_numpy_array(graph, weight=None), np.float32)
order = np.random.default_rng(0).permutation(34)
values = learner.params(state)
here = gcn(values, A, club.features)  # a graph may come as a matrix, too
np.testing.assert_allclose(
    here, gcn(values, club.graph, club.features), rtol=1e-4, atol=1e-5
)
there = gcn(values, A[order][:, order], club.features[order])
np.testing.assert_allclose(there, here[order], rtol=1e-4, atol=1e-5)
assert np.abs(gcn(values, A, club.features[order]) - here[order]).max() > 0.1
assert cl.laws.equivariant_under_relabelling(gcn, A, jax.random.key(2)) is None

# %% [markdown]
# ## Another context
#
# A net that reads a graph can read anything that a graph can be made from. Given an arrow of contexts r : A' → A,
# `cl.pull_context` makes an arrow of CoKl(A) one of CoKl(A'): r is computed once, and all layers read what it gives. It is a
# **functor**, CoKl(A) → CoKl(A'). Here r makes a graph from points in the plane, with weights that fall off with the distance:

# %%


def nearness(z):
    """A matrix from the places of points, with entry 1 for two at one place."""
    return jnp.exp(-((z[:, None] - z) ** 2).sum(-1))


near = R(34, 2).named("points") >> cl.function(nearness)
on_points = cl.pull_context(gcn, near)
z = jax.random.normal(jax.random.key(1), (34, 2))
np.testing.assert_allclose(
    on_points(params, z, club.features),
    gcn(params, near((), z), club.features),
    rtol=1e-5,
    atol=1e-6,
)
assert on_points.category.names == ("points",)
cl.draw(on_points)

# %% [markdown]
# Another functor turns the context into a parameter, CoKl → Para: then the points themselves, or the graph, are learned.

# %%
learned = cl.contextual_to_parametric(on_points)
assert cl.names(learned)[0] == "points" and learned.param[:1] == R(34, 2)
assert cl.contextual_to_parametric(gcn).param[:1] == R(34, 34)
cl.draw(learned)

# %% [markdown]
# ## Noise is a context too
#
# Dropout reads a random key. A key must not be copied, for two layers with one key would draw the same numbers: where it is
# read twice, it is *split*. What says how a context is handed to several, by copying or by splitting, is called its
# **comonoid**; all else stays as it was. To leave the key out is the counit again, and that is inference: dropout does
# nothing.

# %%
noisy = R(34, 34) >> cl.graph_conv(16) >> cl.relu >> cl.dropout(0.5) >> cl.graph_conv(2)
assert noisy.category.names == ("graph", "key")
calm = noisy(params, club.graph, club.features)
wild = noisy(params, club.graph, jax.random.key(7), club.features)
np.testing.assert_allclose(calm, logits, rtol=1e-5, atol=1e-6)
assert not np.allclose(wild, calm)
twice = R(100) >> cl.branch(cl.dropout(0.5), cl.dropout(0.5))
upper, lower = twice((), jax.random.key(7), jnp.ones(100))
assert (upper != lower).any()  # two keys, not one
cl.draw(noisy)

# %% [markdown]
# ## Messages of one's own
#
# Convolutions are a case of passing messages: each node gets one along each edge, made from what is at its two ends, and
# puts them together by a sum, a mean or a maximum, which have no order. `cl.message_passing` takes the arrow that makes a
# message, and an *aggregator* that puts them together. Here 156 is twice the 78 friendships, one for each direction:

# %%
own = (
    R(34, 34)
    >> cl.message_passing(
        cl.concatenate() >> cl.dense(8) >> cl.tanh, cl.aggregators.maximum()
    )
    >> cl.dense(2)
)
assert own(own.init(jax.random.key(2)), club.graph, club.features).shape == (34, 2)
declared = cl.within(own, cl.Graph(34, 156))  # how many edges, so that shapes are known
cl.draw(declared, zoom=2)

# %% [markdown]
# `ends()` looks up the features at the two ends of each edge, and `gathered` collects the messages at each node.
#
# ## What such nets can't see
#
# A net that passes messages sees no more of a graph than **colour refinement** does (the test of Weisfeiler and Leman,
# 1-WL): give all nodes one colour, then give nodes new colours by the colours of their neighbours, until nothing changes. In
# a hexagon and in two triangles each node has two neighbours of its own colour, so nothing ever changes. Where all nodes have
# the same features no such net tells the two graphs apart, whatever its weights:

# %%
hexagon, triangles = cycle(6), cycle(3) + cycle(3)
cl.draw(hexagon)

# %%
cl.draw(triangles)

# %%
pair = hexagon.adjacency, triangles.adjacency
assert not networkx.is_isomorphic(*map(networkx.from_numpy_array, pair))
passing = cl.graph_conv(4) >> cl.relu >> cl.readout()  # one vector for the graph
counting = cl.homomorphisms(complete(3))  # how many triangles
assert not cl.separates(passing, pair) and cl.separates(counting, pair)
assert cl.laws.no_finer_than_wl(passing, pair) is None

# %% [markdown]
# (Both try random weights, and features of ones. That no weights at all would do is a theorem: see Xu et al. below.)
#
# ## Exercises
#
# 1. Write a net on five nodes of two features with two contexts: a graph, and a "condition" of shape (2,) that is added to the
#    features of each node before a `graph_conv(3)`. Which names does its category have? Hint: `cl.ask`, and a
#    `cl.function(…, arity=2)` that adds.
# 2. Train `noisy` on the karate club, with a dropout of 0.3. How many are placed rightly? Does `learner.predict` need a key?
# 3. Check by hand that `R(34, 34) >> cl.graph_conv(16)` is $D^{-1/2}(A + I)D^{-1/2} X W + b$, D the degrees of A + I.
# 4. The gradient of the condition in `shift >> shift >> shift` is three times that of `shift`. Why, and would it still be if
#    there were a `cl.tanh` between them? Hint: a copy read backwards.
#
# ## What to remember
#
# - A context is one argument of the whole composite; layers read it by a copy, or leave it, and its gradient is a sum.
# - Copying arrays, splitting keys: two comonoids, one construction.
# - Changing the context along an arrow is a functor; so is making a parameter of it.
# - Message passing has no order of nodes, and sees what colour refinement sees.
#
# Further: Gavranović, Villani, *Graph Convolutional Neural Networks as Parametric CoKleisli Morphisms* (arXiv 2212.00542);
# Kipf, Welling (arXiv 1609.02907); Xu et al., *How powerful are graph neural networks?* (arXiv 1810.00826).
#
# ## Solutions

# %%
added = (
    R(5, 2)
    >> R(5, 2) @ cl.ask(R(2).named("condition"))
    >> cl.function(lambda x, c: x + c, arity=2)
)
conditioned = added >> cl.graph_conv(3)
assert conditioned.category.names == ("condition", "graph")
conditioned.category

# %% [markdown]
# The second: no, for predicting is inference, and the key is left out. Training does read one, and the learner has it in its
# state: `init` puts it first, and each step draws from it.

# %%
dropping = R(34, 34) >> cl.graph_conv(16) >> cl.relu >> cl.dropout(0.3) >> cl.graph_conv(2)
second = cl.supervised(dropping, cl.weighted(cl.softmax_cross_entropy), cl.adam(0.02))
after, _ = second.fit(
    second.init(jax.random.key(1)),
    data,
    epochs=60,
    batch_size=1,
    progress=False,
)
assert second.state.labels[0] == "key"
placed = (second.predict(after, data[0])[0].argmax(-1) == club.labels)[club.test].sum()
assert placed >= 28
int(placed)

# %%
layer = R(34, 34) >> cl.graph_conv(16)
W, b = layer.init(jax.random.key(3))
loops = A + np.eye(34)
D = np.diag(loops.sum(1) ** -0.5)
np.testing.assert_allclose(
    layer((W, b), club.graph, club.features),
    D @ loops @ D @ club.features @ W + b,
    rtol=1e-4,
    atol=1e-5,
)

# %% [markdown]
# The fourth: the condition is copied to three layers, and of each comes back what came to it, as addition passes it on
# unchanged. With a tanh between them it is a sum of three still, but of three different things: what comes back from the
# later layers is multiplied by the slope of tanh on its way to the earlier ones.

# %%
slope = lambda f: jax.grad(lambda c: f((), c, jnp.ones(2)).sum())(jnp.ones(2))
np.testing.assert_allclose(slope(shift >> shift >> shift), 3 * slope(shift))
bent = slope(shift >> cl.tanh >> shift >> cl.tanh >> shift)
assert (slope(shift) < bent).all() and (bent < 3 * slope(shift)).all()
