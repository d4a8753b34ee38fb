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
# arrow, add dropout by the same construction, and say what such a network can't see.
#
# | if you know JAX | if you know categories |
# |---|---|
# | an argument that every layer takes: `layer(params, adjacency, x)` | the context A of the **product comonad** A × − |
# | passing it on to all of them | the comultiplication A → A × A |
# | a layer that does not need it | the counit A → I |
# | a network over graphs | an arrow of Para(CoKl(A, Smooth)) |

# %%
import jax
import jax.numpy as jnp
import networkx
import numpy as np

import catlearn as cl
from catlearn import R
from catlearn.datasets import karate

# %% [markdown]
# ## A context is read once
#
# A graph convolution takes the features of nodes, mixes them along the edges, and applies weights. The graph is no input
# like others: all layers read the *same* one. So an arrow X → Y of CoKl(A) is an arrow A ⊗ X → Y, and composing two of
# them copies A. Contexts come from below in the picture.

# %%
gcn = R(34, 34) >> cl.graph_conv(16) >> cl.relu >> cl.graph_conv(2)
assert gcn.category.names == ("graph",)
cl.draw(gcn)

# %%
cl.draw(gcn, zoom=2)

# %% [markdown]
# `relu` reads nothing: Smooth embeds in CoKl(A), by the counit. Composition is $(\delta \otimes 1) ; (1 \otimes f) ; g$, and
# the laws hold:

# %%
from catlearn.categories.contextual import contextual

shift = R(2) >> R(2) @ cl.ask(R(2).named("condition")) >> cl.add
assert (
    cl.laws.cokleisli_composition(contextual(shift).arrow, contextual(shift).arrow) is None
)
assert cl.laws.context_gradient_is_the_sum([shift, shift, shift], jax.random.key(0)) is None
shift

# %% [markdown]
# By the second law the gradient of the graph is the sum over all layers: that is a copy again, as in lesson 2.
#
# ## The karate club
#
# Zachary watched a club of 34 people split in two. We know who is a friend of whom, and the club that the instructor and
# the administrator, nodes 0 and 33, went to. Where did the others go?

# %%
club = karate()
params = gcn.init(jax.random.key(0))
logits = gcn(params, club.graph, club.features)  # one graph for the whole composite
assert logits.shape == (34, 2)
club.graph

# %%
mask = jnp.zeros(34).at[club.train].set(1.0)
learner = cl.supervised(gcn, cl.weighted(cl.softmax_cross_entropy), cl.adam(0.02))
# a batch of one graph
one = lambda tree: jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], tree)
data = one((club.graph, club.features)), one((club.labels, mask))
state, history = learner.fit(
    learner.init(jax.random.key(1)), data, epochs=60, batch_size=1, progress=False
)
said = learner.predict(state, data[0])[0].argmax(-1)
right = np.asarray(said == club.labels)
assert right[club.test].mean() > 0.9
f"{right[club.test].sum()} of {len(club.test)} members placed rightly, from two that were known"

# %%
from catlearn.draw.style import figure as titled

graph = networkx.karate_club_graph()
places = networkx.spring_layout(graph, seed=3)
picture = titled(
    "the friendships; circles and squares are the two clubs, as the net says; crosses are mistakes",
    6,
    3.6,
)
axes = picture.subplots()
networkx.draw_networkx_edges(graph, places, ax=axes, edge_color="#bbbbbb")
for k, (colour, marker) in enumerate((("#2f80c2", "o"), ("#d2622a", "s"))):
    nodes = [i for i in graph if int(said[i]) == k]
    axes.scatter(
        *np.array([places[i] for i in nodes]).T,
        c=colour,
        marker=marker,
        s=90,
        label=club.classes[k],
        zorder=2,
    )
wrong = [i for i in graph if not right[i]]
axes.scatter(
    *np.array([places[i] for i in wrong]).reshape(-1, 2).T,
    c="black",
    marker="x",
    s=60,
    zorder=3,
)
axes.legend(frameon=False)
axes.set_axis_off()
picture

# %% [markdown]
# ## No node comes first
#
# Renaming the nodes renames the answers: the net commutes with permutations. It must, since a permutation is an isomorphism
# of graphs.

# %%
dense_graph = np.asarray(networkx.to_numpy_array(graph, weight=None), np.float32)
order = np.random.default_rng(0).permutation(34)
# the same net, over a matrix instead of a list of edges
dense = cl.pull_context(gcn, cl.adjacency_of)
values = learner.params(state)
here = dense(values, dense_graph, club.features)
there = dense(values, dense_graph[order][:, order], club.features[order])
np.testing.assert_allclose(there, here[order], rtol=1e-4, atol=1e-5)
np.testing.assert_allclose(
    here, gcn(values, club.graph, club.features), rtol=1e-4, atol=1e-5
)
dense.category

# %% [markdown]
# `cl.pull_context` is the change of base along an arrow of contexts: from matrices to lists of edges. It is a functor, so it
# goes through the whole composite at once. Another one turns the context into a parameter, CoKl → Para: then the graph itself
# is learned.

# %%
learned = cl.contextual_to_parametric(R(5, 3) >> cl.graph_conv(2))
assert learned.param.labels[0].startswith("graph")
cl.draw(learned)

# %% [markdown]
# ## Noise is a context too
#
# Dropout reads a random key. Keys must not be copied: their comonoid *splits* them. Everything else is the same, and to
# leave the key out is the counit: inference.

# %%
noisy = R(34, 34) >> cl.graph_conv(16) >> cl.relu >> cl.dropout(0.5) >> cl.graph_conv(2)
assert noisy.category.names == ("graph", "key")
calm = noisy(params, club.graph, club.features)
wild = noisy(params, club.graph, jax.random.key(7), club.features)
np.testing.assert_allclose(calm, logits, rtol=1e-5)
assert not np.allclose(wild, calm)
cl.draw(noisy)

# %% [markdown]
# ## Messages of one's own
#
# `cl.message_passing` takes an arrow for messages, from sender and receiver, and an aggregator.

# %%
own = (
    R(34, 34)
    >> cl.message_passing(
        cl.concatenate() >> cl.dense(8) >> cl.tanh, cl.aggregators.maximum()
    )
    >> cl.dense(2)
)
assert own(own.init(jax.random.key(2)), club.graph, club.features).shape == (34, 2)
cl.draw(cl.within(own, cl.Graph(34, 156)), zoom=2)

# %% [markdown]
# ## What such nets can't see
#
# Nets that pass messages see no more than colour refinement (1-WL). A hexagon and two triangles look alike from every node:
# each has two neighbours. Counting triangles tells them apart.

# %%
from catlearn.algebra.homomorphisms import complete, cycle

hexagon, triangles = cycle(6).adjacency, (cycle(3) + cycle(3)).adjacency
assert not cl.separates(cl.graph_conv(4) >> cl.relu >> cl.readout(), (hexagon, triangles))
assert cl.separates(cl.homomorphisms(complete(3)), (hexagon, triangles))
assert (
    networkx.could_be_isomorphic(
        *map(networkx.from_numpy_array, map(np.asarray, (hexagon, triangles)))
    )
    is False
)

# %% [markdown]
# ## Exercises
#
# 1. Write a net with two contexts, the graph and a "condition" of shape (2,) that is added to every node's features. Which
#    names does its category have? Hint: `cl.ask`.
# 2. Train `noisy` on the karate club, with dropout of 0.3. How many are placed rightly?
# 3. Check by hand that `R(34, 34) >> cl.graph_conv(16)` is $D^{-1/2}(A + I)D^{-1/2} X W + b$.
#
# ## What to remember
#
# - A context is one argument of the whole composite; layers read it through a comonoid.
# - Copying arrays, splitting keys: two comonoids, one construction.
# - Changing the context along an arrow is a functor.
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
assert set(conditioned.category.names) == {"graph", "condition"}
conditioned.category

# %%
dropping = R(34, 34) >> cl.graph_conv(16) >> cl.relu >> cl.dropout(0.3) >> cl.graph_conv(2)
second = cl.supervised(dropping, cl.weighted(cl.softmax_cross_entropy), cl.adam(0.02))
after, _ = second.fit(
    second.init(jax.random.key(1)), data, epochs=60, batch_size=1, progress=False
)
int((second.predict(after, data[0])[0].argmax(-1) == club.labels)[club.test].sum())

# %%
layer = R(34, 34) >> cl.graph_conv(16)
W, b = layer.init(jax.random.key(3))
A = dense_graph + np.eye(34)
D = np.diag(A.sum(1) ** -0.5)
np.testing.assert_allclose(
    layer((W, b), club.graph, club.features),
    D @ A @ D @ club.features @ W + b,
    rtol=1e-4,
    atol=1e-5,
)
