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
# | what a group does to the axes of an array | a **representation** V: a matrix for each element of G, carried by a wire |
# | the equivariant linear layers: weights times fixed maps | the **Hom-space** Hom(V, W) of Rep(G), and a basis of it |
# | einsum with repeated indices | the image of a **partition diagram** |

# %%
import jax
import jax.numpy as jnp
import numpy as np
from IPython.display import HTML

import catlearn as cl
from catlearn import R
from catlearn.algebra.actions import defining, rotations
from catlearn.cli.symmetric_models import of_symmetric
from catlearn.datasets import inertia
from catlearn.draw.showing import in_a_row
from catlearn.draw.squares import square
from catlearn.draw.style import figure
from catlearn.equivariant import O, S, basis, dim, gated, linear, partition, solve

# %% [markdown]
# ## An action is an algebra
#
# A group G acting on a space V is a map $G \times V \to V$: an algebra of the functor G × −, as a cell was an algebra in
# lesson 6. A map h is **equivariant** when $h(gv) = g\,h(v)$ for all g and v, and that is just what a homomorphism of these
# algebras is. Below, `turn` is the action of the rotations of space on ℝ³, matrix times vector. Multiplying a vector by the
# square of its length commutes with it; clipping each coordinate at zero does not.

# %%
turn = defining(rotations(3), R(3))
stretch = cl.function(lambda x: x * (x @ x))
assert cl.laws.algebra_homomorphism(stretch, turn, turn) is None
assert cl.laws.algebra_homomorphism(cl.relu, turn, turn) is not None

# %% [markdown]
# As a square, for one rotation, the quarter turn about the third axis: turning and then mapping, against mapping and then
# turning.

# %%
quarter = (R(3) >> cl.function(lambda x: jnp.stack([-x[1], x[0], x[2]]))).named("turn")
h = (R(3) >> stretch).named("stretch")
square(h, quarter, quarter, h, name="stretching")

# %%
clip = R(3) >> cl.relu
square(clip, quarter, quarter, clip, name="clipping")

# %% [markdown]
# ## Symmetry is a type
#
# `S(n)` is the group of all permutations of n things. `S(4).power(2, channels=3)` is a wire of arrays of shape (4, 4, 3), and
# permutations act on the first two axes, on both at once: the nodes of a graph are renamed, and its adjacency matrix with them.
# `power(0)` has no such axis, so nothing moves it: it is invariant. What composes between such wires is equivariant, and
# the rest is refused.

# %%
pairs = S(4).power(2, channels=3)
layer = pairs >> linear(power=2, channels=5) >> cl.relu >> linear(power=0, channels=2)
assert cl.laws.equivariant(layer) is None
cl.draw(layer)

# %% [markdown]
# ## Two maps, then fifteen
#
# The first layer has 15 weights for each pair of channels. Why? Take a simpler case first, a matrix W from vectors to
# vectors. It commutes with permutations when $W_{ij} = W_{\sigma i, \sigma j}$ for each permutation σ. So all entries on the
# diagonal are equal, and so are all others: $W = a\,I + b\,J$, where I is the identity and J is all ones. That is two
# weights, whatever the size: keep each entry, or sum all entries and hand the sum to everyone. (Networks on sets, *Deep
# Sets*, are made of this.)

# %%
from catlearn.equivariant import bell, partition_diagrams

keep, total = partition_diagrams(1, 1)
np.testing.assert_array_equal(keep.matrix(5), np.eye(5))
np.testing.assert_array_equal(total.matrix(5), np.ones((5, 5)))
basis(S(5), 1, 1)

# %% [markdown]
# Such pictures are **partition diagrams**. The upper points are the axes of the input, the lower those of the output, and
# points that are joined share one index. An upper point that reaches no lower one is summed over; a lower point that
# reaches no upper one gets the same number at each index. Under each stands its code: which points each part has above,
# then below. (`S(5).standard()` is ℝ⁵ with its coordinates permuted; `*` between two such is the tensor product.)
#
# From matrices to matrices there are two points above and two below. Entries of W that some permutation moves onto each
# other must be equal, so what matters of an entry is only which of its four indices agree. Four points can be parted in
# 15 ways, the Bell number B(4). For n ≥ 4 each way occurs, and the space of equivariant maps has this dimension.

# %%
fifteen = basis(S(4), 2, 2)
assert tuple(fifteen) == partition_diagrams(2, 2)
assert len(fifteen) == bell(4) == 15
fifteen

# %% [markdown]
# `solve` knows nothing of diagrams: it finds the same space by linear algebra, from the equations $W \rho(g) = \rho(g) W$,
# where ρ(g) is the matrix by which g acts.

# %%
matrices = np.stack([d.matrix(4).ravel() for d in fifteen])
space = solve(S(4), 2, 2).reshape(-1, 256)
both = np.concatenate([matrices, space])
assert len(space) == 15
assert np.linalg.matrix_rank(matrices) == np.linalg.matrix_rank(both) == 15

# %% [markdown]
# Each diagram is something that you have written with `einsum`, or with its friends:

# %%
n = 4
A = jnp.arange(16.0).reshape(n, n)
written = {
    partition("1|2", "1|2"): A,
    partition("1|2", "2|1"): jnp.einsum("ij->ji", A),
    partition("12", "12"): jnp.diag(jnp.einsum("ii->i", A)),
    partition("1|2", "12"): jnp.diag(jnp.einsum("ij->i", A)),
    partition("12", "|1|2"): jnp.full((n, n), jnp.einsum("ii->", A)),
    partition("1|2", "1||2"): jnp.repeat(jnp.einsum("ij->i", A)[:, None], n, axis=1),
}
for d, by_hand in written.items():
    np.testing.assert_array_equal(d.apply(A), by_hand)

# %% [markdown]
# As matrices of zeros and ones, here for n = 4, from 16 numbers to 16 numbers, in the order of the gallery above. A layer is
# a weighted sum of them.

# %%
about = "the 15 matrices of the diagrams, each 16 by 16: ones are dark, zeros white"
plots = figure(about, 7.5, 4.6)
for axes, d in zip(plots.subplots(3, 5).ravel(), fifteen, strict=True):
    axes.imshow(d.matrix(4), cmap="Greys", vmin=0, vmax=1.3)
    axes.set(xticks=[], yticks=[])
plots

# %% [markdown]
# Sending diagrams to matrices is a **functor**: one diagram on top of another goes to the product of their matrices, and
# side by side to the Kronecker product. What closes up in the middle, joined to neither end, is a *loop*: all that is left of
# its index is the number of its values, a factor n.

# %%
f, g = partition("12|3", "1|2"), partition("1|2", "12|3")
np.testing.assert_array_equal((f >> g).matrix(3), g.matrix(3) @ f.matrix(3))
np.testing.assert_array_equal((f @ g).matrix(2), np.kron(f.matrix(2), g.matrix(2)))
closed = partition("", "1") >> partition("1", "")
assert closed.loops == 1 and closed.matrix(5) == 5
HTML(in_a_row("a composite", [("f", f), ("g", g), ("f >> g", f >> g)]))

# %% [markdown]
# A layer has a weight for each diagram and each pair of an input and an output channel, and a bias for each invariant
# matrix: the diagonal, and all entries. The number of weights does not depend on n. No matrix of n² × n² numbers is ever
# formed: the diagrams are applied as above, and those that sum the same entries share the sum.

# %%
wide = S(12).power(2, channels=3) >> linear(power=2, channels=32)
assert wide.param.size == 15 * 3 * 32 + 2 * 32
wide

# %% [markdown]
# Other groups have other diagrams. For O(n), rotations and reflections, points are joined in pairs only (*Brauer diagrams*):
# from matrices to matrices the trace times the identity matrix, the matrix itself, and its transpose.

# %%
assert dim(O(3), 2, 2) == len(solve(O(3), 2, 2)) == 3
basis(O(3), 2, 2)

# %% [markdown]
# Some Hom-spaces are zero, and the library says why. From vectors to numbers: the reflection −1 is in O(3), and it changes
# the sign of each vector and of no number, so $h(v) = h(-v) = -h(v)$. (The library found −1 as a reflection times a half turn.)

# %%
from catlearn.equivariant import why_zero

assert dim(O(3), 1, 0) == len(solve(O(3), 1, 0)) == 0
print(why_zero(O(3), 1, 0))

# %% [markdown]
# ## Which activations are allowed
#
# A function of each coordinate by itself commutes with permutations: they only change places. A theorem says when else. A
# continuous f that is not affine commutes with an invertible matrix only if each row has one entry λ that is not zero,
# and $f(\lambda x) = \lambda f(x)$. So tanh, which is odd, allows changes of sign, relu allows positive factors, and neither
# allows a rotation by 45°. On vectors relu is refused, with the theorem, and with what to write instead:

# %%
vectors = O(3).power(1, channels=4)
try:
    vectors >> cl.relu
    raise AssertionError("relu was let through")
except cl.CatlearnError as error:
    print(error)
    assert "gated" in str(error)

# %% [markdown]
# A *gate* multiplies each vector by a number that is computed from the lengths of all: $y = x \cdot \sigma(W \|x\| + b)$.
# Lengths don't change under rotations, so the gate is allowed. If you leave the symmetry, by `cl.forget`, relu composes, and you
# can see how far off it is. Each column is a random element of O(3), and the number is the greatest relative error.

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
# Moments of inertia: five masses at five places are given, and the symmetric 3 × 3 matrix that says how hard the body is to
# turn is asked for. Rotate the places, and the matrix rotates with them. A net with this symmetry, and an MLP without, learn it
# from 100 examples. (The contest is not quite fair: among the functions of the first net is the exact formula.)

# %%
data = inertia(100, 200)
nets = of_symmetric(data)
rates = {"vector": 0.01, "mlp": 0.003}
scores = {}
for name, rate in rates.items():
    learner = cl.supervised(nets[name], cl.quadratic, cl.average(cl.adam(rate), 0.98))
    start = learner.init(jax.random.key(1))
    state, _ = learner.fit(
        start, data.train, epochs=300, batch_size=50, key=jax.random.key(2), progress=False
    )
    scores[name] = float(cl.rmse(learner.predict(state, data.test[0]), data.test[1]))
assert scores["vector"] < 0.3 * scores["mlp"]
assert nets["vector"].param.size < 500 and nets["mlp"].param.size > 100_000
for name, score in scores.items():
    print(f"{name}: {nets[name].param.size} parameters, RMSE {score:.3f} on 200 others")

# %% [markdown]
# ## Another way: frames
#
# A model that knows nothing of the symmetry can be made equivariant from outside. Turn the input to its own axes, apply the
# model, and turn the result back. The principal axes of a cloud of points turn with the cloud, up to their signs; so average
# over the $2^3$ choices of signs. (Clouds with several equal principal moments have no such axes: there the average jumps.)

# %%
from catlearn.equivariant import frame_average, pca_frame

cloud = O(3).power(1, channels=7)
plain = cl.forget(cloud) >> cl.flatten >> cl.dense(2)
framed = frame_average(plain, pca_frame(), cloud, R(2))
models = {"plain": plain, "framed": framed}
errors = {}
for name, model in models.items():
    errors[name] = cl.laws.equivariance_error(model, dom=cloud, cod=R(2))
assert errors["plain"] > 0.1 and errors["framed"] < 1e-4
{name: f"relative error {error:.0e}" for name, error in errors.items()}

# %% [markdown]
# ## Exercises
#
# 1. How many equivariant linear maps are there from vectors to matrices, $\mathbb{R}^n \to \mathbb{R}^{n \times n}$, for S(n)
#    and for O(n)? Count the partings of three points, then ask `dim`.
# 2. Which of the 15 diagrams takes a matrix A to the matrix with $\sum_k A_{kj}$ at (i, j), the sums of its columns? Write its
#    code, draw it, and check it on an array. What is its `dagger()`, the diagram upside down?
# 3. Build an invariant of five vectors under O(3) from `gram` (in `catlearn.equivariant`), and check it.
# 4. `S(3)` has fewer than 15 maps from matrices to matrices. How many, which diagram is missing from `basis`, and why that one?
# 5. `Cube()` is the group of the 24 rotations of a cube: they permute the axes and change signs. Which of relu and tanh are
#    allowed on `Cube().power(1)`? Answer first, then try. (`Cube` is in `catlearn.equivariant` too.)
#
# ## What to remember
#
# - Equivariant maps are homomorphisms; a representation is a property of a wire.
# - Diagrams span the Hom-spaces of S(n) and O(n), and are bases of them for large n; composing diagrams is composing maps.
# - Whether an activation is allowed is a theorem, not a matter of taste.
#
# Further: Pearce-Crump, *Categorification of Group Equivariant Neural Networks* (arXiv 2304.14144); Maron et al., *Invariant and
# Equivariant Graph Networks* (arXiv 1812.09902); on activations arXiv 2401.09235; on frames Puny et al. (arXiv 2110.03336).
#
# ## Solutions

# %% [markdown]
# **1.** Three points can be parted in B(3) = 5 ways, and an odd number of points has no pairing:

# %%
assert dim(S(5), 1, 2) == bell(3) == 5 and dim(O(5), 1, 2) == 0

# %% [markdown]
# **2.** The second upper point is joined to the second lower one, and the others stand alone. The dagger turns the picture upside
# down and transposes the matrix; here that is the same diagram.

# %%
columns = partition("1|2", "|2|1")
assert columns in fifteen
sums = jnp.broadcast_to(jnp.einsum("kj->j", A), (n, n))
np.testing.assert_array_equal(columns.apply(A), sums)
np.testing.assert_array_equal(columns.dagger().matrix(4), columns.matrix(4).T)
assert columns.dagger() == columns
cl.draw(columns)

# %% [markdown]
# **3.** The inner products of the five vectors, all 25 of them, are invariant, and so is what is computed from them:

# %%
from catlearn.equivariant import gram

invariant = O(3).power(1, channels=5) >> gram() >> cl.dense(1)
assert cl.laws.equivariant(invariant) is None

# %% [markdown]
# **4.** There are 14. Three values can't give four different indices, so entries of W are of 14 kinds only. Missing is the
# diagram of four parts: its matrix, all ones, is now a combination of the others.

# %%
smaller = np.stack([d.matrix(3).ravel() for d in fifteen])
assert dim(S(3), 2, 2) == np.linalg.matrix_rank(smaller) == 14
(missing,) = set(fifteen) - set(basis(S(3), 2, 2))
assert len(missing.blocks) == 4
cl.draw(missing)

# %% [markdown]
# **5.** tanh is odd, so it commutes with changes of sign; relu does not.

# %%
from catlearn.equivariant import Cube

assert cl.laws.equivariant(Cube().power(1) >> cl.tanh) is None
try:
    Cube().power(1) >> cl.relu
    raise AssertionError("relu was let through")
except cl.CatlearnError as error:
    print(error)
