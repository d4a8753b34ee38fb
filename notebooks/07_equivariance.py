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
# # 7. Equivariance is a homomorphism
#
# After this lesson you can give a wire a symmetry, say how many weights a linear layer between two such wires has and see
# them, and know which activations are allowed, and why.
#
# | if you know JAX | if you know categories |
# |---|---|
# | "rotating the input rotates the output" | a **homomorphism** of algebras of G × − |
# | what a group does to the axes of an array | a **representation**, carried by a wire |
# | weight sharing by a basis of equivariant maps | the **Hom-space** Hom(V, W) of Rep(G) |
# | einsum with repeated indices | the image of a **partition diagram** |

# %%
import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from catlearn import R
from catlearn.algebra.actions import defining, rotations
from catlearn.draw.squares import square
from catlearn.equivariant import (
    O,
    S,
    basis,
    bell,
    brauer_diagrams,
    dim,
    frame_average,
    gated,
    gram,
    linear,
    partition,
    partition_diagrams,
    pca_frame,
    solve,
    why_zero,
)

# %% [markdown]
# ## An action is an algebra
#
# A group acting on a space is a map $G \times V \to V$: an algebra of the functor G × −, as a cell was one in lesson 6. A map
# h is equivariant when $h(gv) = g\,h(v)$, and that is what a homomorphism of algebras is. Scaling by the length commutes with
# rotations; clipping each coordinate at zero does not.

# %%
turn = defining(rotations(3), R(3))
scaled = cl.function(lambda x: x * (x @ x))
assert cl.laws.algebra_homomorphism(scaled, turn, turn) is None
assert cl.laws.algebra_homomorphism(cl.relu, turn, turn) is not None

# %% [markdown]
# As a square: turning and then mapping, against mapping and then turning. Here by a quarter turn.

# %%
quarter = (R(3) >> cl.function(lambda x: jnp.stack([-x[1], x[0], x[2]]))).named("turn")
h = (R(3) >> cl.function(lambda x: x * (x @ x))).named("scale")
square(h, quarter, quarter, h, name="scaling")

# %%
clip = R(3) >> cl.relu
square(clip, quarter, quarter, clip, name="clipping")

# %% [markdown]
# ## Symmetry is a type
#
# `S(4).power(2, channels=3)` is a wire of arrays (4, 4, 3) on whose first two axes permutations act: adjacency matrices, say.
# What composes between such wires is equivariant, and the rest is refused.

# %%
pairs = S(4).power(2, channels=3)
layer = pairs >> linear(power=2, channels=5) >> cl.relu >> linear(power=0, channels=2)
assert cl.laws.equivariant(layer) is None
cl.draw(layer)

# %% [markdown]
# ## Fifteen maps
#
# Which linear maps from n × n matrices to n × n matrices commute with all permutations? There are 15, for every n ≥ 4, and each
# is a picture: points above are the axes of the input, points below those of the output, and axes that are joined are equal
# indices. Partitions of four points: the Bell number B(4) = 15.

# %%
fifteen = partition_diagrams(2, 2)
assert len(fifteen) == bell(4) == dim(S(4), 2, 2) == solve(S(4), 2, 2).shape[0] == 15
cl.draw(fifteen[4])

# %%
from html import escape

from IPython.display import HTML


def gallery(diagrams):
    """Pictures side by side."""
    cells = "".join(
        f'<figure style="display:inline-block;margin:4px">{cl.draw(d)._repr_html_()}</figure>'
        for d in diagrams
    )
    return HTML(
        f'<div role="group" aria-label="{escape(f"{len(diagrams)} diagrams")}">{cells}</div>'
    )


gallery(fifteen)

# %% [markdown]
# Each is sent to a matrix of zeros and ones, here for n = 3: nine numbers to nine numbers.

# %%
from catlearn.draw.style import figure

plots = figure("the 15 matrices, from 9 numbers to 9 numbers, with ones in dark", 7.5, 4.6)
for axes, d in zip(plots.subplots(3, 5).ravel(), fifteen, strict=True):
    axes.imshow(d.matrix(3), cmap="Greys", vmin=0, vmax=1.3)
    axes.set(xticks=[], yticks=[])
plots

# %% [markdown]
# Sending diagrams to matrices is a **functor**: a composite goes to the product, a tensor to the Kronecker product. What closes
# up in the middle is a loop, and counts n.

# %%
f, g = partition("12|3", "1|2"), partition("1|2", "12|3")
np.testing.assert_array_equal((f >> g).matrix(3), g.matrix(3) @ f.matrix(3))
np.testing.assert_array_equal((f @ g).matrix(2), np.kron(f.matrix(2), g.matrix(2)))
lost = partition("", "1") >> partition("1", "")
assert lost.loops == 1 and lost.matrix(5) == 5
gallery([f, g, f >> g])

# %% [markdown]
# A layer is a sum of such diagrams with a weight for each, and for each pair of channels, and the diagrams share their work: it
# is never a matrix. For rotations and reflections, O(n), the points are joined in pairs (Brauer diagrams):

# %%
assert len(brauer_diagrams(2, 2)) == dim(O(3), 2, 2) == 3
weights = S(12).power(2, channels=3) >> linear(power=2, channels=32)
# and two places for a bias: diagonal, and all
assert weights.param.size == 15 * 3 * 32 + 2 * 32
gallery(brauer_diagrams(2, 2))

# %% [markdown]
# Some Hom-spaces are zero, and the library says why:

# %%
assert dim(O(3), 1, 0) == len(basis(O(3), 1, 0)) == len(solve(O(3), 1, 0)) == 0
why_zero(O(3), 1, 0)

# %% [markdown]
# ## Which activations are allowed
#
# A function of each number by itself commutes with permutations. With a rotation it does not, as the square above says. So on
# vectors relu is refused, with the theorem, and with what to write instead:

# %%
vectors = O(3).power(1, channels=4)
try:
    vectors >> cl.relu
except cl.CatlearnError as error:
    print(error)
    assert "gated" in str(error)
S(4).power(1, channels=4) >> cl.relu

# %% [markdown]
# A gate multiplies vectors by functions of their lengths. And if you leave the symmetry, by `cl.forget`, you can see how far off
# the refused model would have been:

# %%
good = vectors >> gated() >> linear(power=1, channels=4)
broken = cl.forget(vectors) >> cl.relu
assert cl.laws.equivariant(good) is None
assert cl.laws.equivariant(broken, dom=vectors, cod=vectors) is not None
cl.plot.equivariance(
    {"gated": good, "relu": broken}, key=jax.random.key(0), dom=vectors, cod=vectors
)

# %% [markdown]
# ## What it is good for
#
# Moments of inertia of five masses: vectors in, a symmetric matrix out, and all rotations are alike. A net with the symmetry
# needs a fraction of the examples. (This one has the exact formula among the functions that it can be; the MLP has not.)

# %%
from catlearn.cli.symmetric_models import of_symmetric
from catlearn.datasets import inertia

data = inertia(100, 200)
nets = of_symmetric(data)
scores = {}
for name in ("vector", "mlp"):
    learner = cl.supervised(
        nets[name],
        cl.quadratic,
        cl.average(cl.adam(0.01 if name == "vector" else 0.003), 0.98),
    )
    state, _ = learner.fit(
        learner.init(jax.random.key(1)),
        data.train,
        epochs=300,
        batch_size=50,
        key=jax.random.key(2),
        progress=False,
    )
    scores[name] = float(cl.rmse(learner.predict(state, data.test[0]), data.test[1]))
assert scores["vector"] < 0.3 * scores["mlp"]
{
    name: f"RMSE {score:.3f} on 200 others, from 100 examples"
    for name, score in scores.items()
}

# %% [markdown]
# ## Another way: frames
#
# Any model becomes equivariant by averaging over a few choices of coordinates that turn with the input:

# %%
cloud = O(3).power(1, channels=7)
plain = cl.forget(cloud) >> cl.flatten >> cl.dense(2)
framed = frame_average(plain, pca_frame(), cloud, R(2))
errors = [cl.laws.equivariance_error(m, dom=cloud, cod=R(2)) for m in (plain, framed)]
assert errors[0] > 0.1 and errors[1] < 1e-4
errors

# %% [markdown]
# ## Exercises
#
# 1. How many equivariant linear maps are there from vectors to matrices, $\mathbb{R}^n \to \mathbb{R}^{n \times n}$, for S(n)
#    and for O(n)? Reckon by partitions of three points, then ask `dim`.
# 2. Which of the 15 diagrams is the transpose? Find it, and draw it. Hint: its matrix for n = 2.
# 3. Build an invariant of five vectors under O(3) from `gram`, and check it.
# 4. `S(3)` has fewer than 15 maps 2 → 2. How many, and what does `basis` say of it?
#
# ## What to remember
#
# - Equivariant maps are homomorphisms; a representation is a property of a wire.
# - Hom-spaces of S(n), O(n), Sp(n) have diagrams for bases; composing diagrams is composing maps.
# - Whether an activation is allowed is a theorem, not a matter of taste.
#
# Further: Pearce-Crump, *Categorification of Group Equivariant Neural Networks* (arXiv 2304.14144); Maron et al., *Invariant and
# Equivariant Graph Networks* (arXiv 1812.09902); on activations arXiv 2401.09235; on frames Puny et al. (arXiv 2110.03336).
#
# ## Solutions

# %%
# an odd number of points has no pairing
assert dim(S(5), 1, 2) == bell(3) == 5 and dim(O(5), 1, 2) == 0

# %%
transposing = np.eye(4)[[0, 2, 1, 3]]
(transpose,) = [d for d in fifteen if np.array_equal(d.matrix(2), transposing)]
A = jnp.arange(9.0).reshape(3, 3)
np.testing.assert_array_equal(transpose.apply(A), A.T)
cl.draw(transpose)

# %%
invariant = O(3).power(1, channels=5) >> gram() >> cl.dense(1)
assert cl.laws.equivariant(invariant) is None

# %%
few = basis(S(3), 2, 2)
assert len(few) == dim(S(3), 2, 2) == 14
few  # four blocks need four points, so that diagram is a combination of the others
