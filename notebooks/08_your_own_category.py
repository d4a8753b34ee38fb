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
# # 8. Your own base category
#
# After this lesson you can add a category of your own, draw its diagrams with the syntax that you know, have parametric arrows and
# lenses over it for nothing, and check it by laws. The examples are shortest paths, hidden Markov models, and logic circuits that
# learn.
#
# | if you know JAX | if you know categories |
# |---|---|
# | another backend for the same model code | a functor from diagrams into a category C |
# | `wiring(dom, index)` of C | identities, swaps, copies, discards |
# | a gradient for things that have none | the reverse derivative of C: `Lens(C)` |

# %%
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import networkx
import numpy as np

import catlearn as cl
from catlearn.categories.lens import Lens, Optic, pair
from catlearn.categories.para import Parametric
from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Box
from catlearn.core.errors import CompositionError
from catlearn.core.functor import Functor, same_wire
from catlearn.core.wires import I, Object
from catlearn.laws.counterexample import Counterexample

# %% [markdown]
# ## Matrices over a semiring
#
# Wires are finite sets. An arrow from a set to a set is a matrix, with entries that can be added and multiplied: a *semiring*. With
# (+, ×) and rows that sum to 1 these are stochastic kernels; with (min, +) lengths of ways; with (or, and) relations. One
# category does for all.


# %%
@dataclass(frozen=True)
class Finite:
    """A wire: a set of n elements."""

    n: int
    label: str | None = None

    def __repr__(self) -> str:
        return f"{self.n} states"


def finite(*sizes: int) -> Object:
    return Object(tuple(map(Finite, sizes)))


def size(A: Object) -> int:
    return int(np.prod([wire.n for wire in A.wires], dtype=int))


@dataclass(frozen=True)
class Semiring:
    """Two operations of numpy's, and what is neutral for them."""

    name: str
    add: Any
    times: Any
    zero: float
    one: float


@dataclass(frozen=True, eq=False)
class Matrix(Arrow):
    """An arrow: a row for each element of the domain."""

    category: Any
    dom: Object
    cod: Object
    rows: np.ndarray

    def then(self, other):
        if self.cod != other.dom:
            raise CompositionError(f"{self.cod} is not {other.dom}")
        ring = self.category.ring
        entries = ring.times(self.rows[:, :, None], other.rows[None])
        return Matrix(
            self.category,
            self.dom,
            other.cod,
            ring.add.reduce(entries, axis=1, initial=ring.zero),
        )

    def tensor(self, other):
        both = self.category.ring.times(
            self.rows[:, None, :, None], other.rows[None, :, None, :]
        )
        A, B = self.dom @ other.dom, self.cod @ other.cod
        return Matrix(self.category, A, B, both.reshape(size(A), size(B)))


@dataclass(frozen=True)
class Matrices:
    """The category of matrices over a semiring. What it owes the library is `wiring`."""

    ring: Semiring

    def wiring(self, dom: Object, index: Sequence[int]) -> Matrix:
        cod = dom.select(index)
        rows = np.full((size(dom), size(cod)), self.ring.zero)
        for i, element in enumerate(product(*(range(wire.n) for wire in dom.wires))):
            chosen = [element[k] for k in index]
            j = (
                int(np.ravel_multi_index(chosen, [wire.n for wire in cod.wires]))
                if chosen
                else 0
            )
            rows[i, j] = self.ring.one
        return Matrix(self, dom, cod, rows)

    def __repr__(self) -> str:
        return f"Matrices({self.ring.name})"


chance = Matrices(Semiring("+, ×", np.add, np.multiply, 0.0, 1.0))
ways = Matrices(Semiring("min, +", np.minimum, np.add, np.inf, 0.0))

# %% [markdown]
# ## Does it hold water?
#
# The laws of the library take any category, and a way of telling arrows apart:


# %%
def exact(law, f, g):
    """Equality of matrices."""
    if isinstance(f, Parametric):
        return exact(law, f.arrow, g.arrow)
    same = f.dom == g.dom and f.cod == g.cod and np.allclose(f.rows, g.rows)
    return None if same else Counterexample(law, "the entries differ", f.rows, g.rows)


rng = np.random.default_rng(0)


def kernel(a: int, b: int) -> Matrix:
    """A random stochastic matrix."""
    return Matrix(chance, finite(a), finite(b), rng.dirichlet(np.ones(b), size=a))


f, g, h = kernel(2, 3), kernel(3, 2), kernel(2, 4)
assert cl.laws.associativity(f, g, h, exact) is None
assert cl.laws.interchange(f, g, g, h, chance, exact) is None
assert cl.laws.swap_is_natural(f, h, chance, exact) is None
assert cl.laws.comonoid(finite(2), chance, exact) is None

# %% [markdown]
# Chance has a law of its own that fails: tossing a coin and copying the result is not tossing two coins. Copies are not natural.
# Discards are: whatever happened, something did. (A category like this is a *Markov category*.)

# %%
assert cl.laws.discard_is_natural(f, chance, exact) is None
fault = cl.laws.copy_is_natural(f, chance, exact)
assert fault is not None
fault

# %% [markdown]
# ## Syntax, and a functor
#
# To draw and to name things, make boxes. An operation is any hashable thing with a name and a category; a functor says what the
# boxes mean, and composites follow.


# %%
@dataclass(frozen=True)
class Entries:
    """An operation: the name of a matrix and its entries."""

    name: str
    entries: tuple
    category: Matrices

    def __repr__(self) -> str:
        return self.name


def box(name: str, category: Matrices, dom: Object, cod: Object, rows) -> Box:
    return Box(
        Entries(name, tuple(map(tuple, np.asarray(rows, float).tolist())), category),
        dom,
        cod,
    )


def meaning(category: Matrices) -> Functor:
    return Functor(
        category,
        same_wire,
        lambda b: Matrix(category, b.dom, b.cod, np.array(b.op.entries)),
        "meaning",
    )


# %% [markdown]
# A hidden Markov model: a state that moves by chance, and is seen by what it emits. That a thing was seen is an arrow S → I, with
# the chance of seeing it from each state. The forward algorithm is the composite:

# %%
state = finite(3)
start_p, move_p, emit_p = (
    rng.dirichlet(np.ones(3)),
    rng.dirichlet(np.ones(3), 3),
    rng.dirichlet(np.ones(2), 3),
)
begin = box("start", chance, I, state, [start_p])
move = box("move", chance, state, state, move_p)
saw = [box(f"saw {o}", chance, state, I, emit_p[:, [o]]) for o in range(2)]

seen = (0, 1, 1)
hmm = begin
for o in seen:
    hmm = hmm >> cl.copy(state) >> saw[o] @ move
hmm = hmm >> cl.discard(state)
cl.draw(hmm)

# %%
likelihood = meaning(chance)(hmm).rows.item()
brute = sum(
    start_p[path[0]]
    * np.prod([move_p[a, b] for a, b in pairwise(path)])
    * np.prod([emit_p[s, o] for s, o in zip(path, seen)])
    for path in product(range(3), repeat=len(seen))
)
np.testing.assert_allclose(likelihood, brute)
likelihood

# %% [markdown]
# The same syntax over (min, +): composing adds lengths along ways, and takes the shortest.

# %%
roads = networkx.gnp_random_graph(6, 0.5, seed=1, directed=True)
lengths = np.full((6, 6), np.inf)
for a, b in roads.edges:
    lengths[a, b] = int(rng.integers(1, 10))
    roads.edges[a, b]["weight"] = lengths[a, b]
np.fill_diagonal(lengths, 0.0)
step = box("step", ways, finite(6), finite(6), lengths)
journey = step >> step >> step >> step >> step
shortest = meaning(ways)(journey).rows
for a, b in product(range(6), repeat=2):
    expected = (
        networkx.shortest_path_length(roads, a, b, "weight")
        if networkx.has_path(roads, a, b)
        else np.inf
    )
    assert shortest[a, b] == expected
cl.draw(journey)

# %% [markdown]
# ## Para(C), for nothing
#
# A parametric arrow is an arrow with a further wire. `Para(C)` needs nothing but what C has, and gives composition,
# reparameterisation, and their laws:

# %%
P = finite(2)
biased = Parametric(
    chance,
    finite(2),
    P,
    Matrix(chance, finite(2) @ P, finite(2), rng.dirichlet(np.ones(2), 4)),
)
both = biased >> biased
tied = both.reparameterise(chance.wiring(P, (0, 0)))
assert both.param == P @ P and tied.param == P
assert (
    cl.laws.reparameterisation_composes(biased, kernel(2, 2), kernel(2, 2), exact) is None
)

# %% [markdown]
# ## Lens(C), and circuits that learn
#
# A reverse derivative needs no real numbers. Over the two-element field, XOR is addition and AND multiplication, and
# $R[\mathrm{and}](a, b, d) = (bd, ad)$: the axioms of lesson 2 hold. For the lenses over a category it has to say how a wiring
# goes back: `dagger`, where copies become XORs.


# %%
@dataclass(frozen=True)
class Bit:
    """A wire that carries 0 or 1. Tables ask wires of parameters for a size and a shape."""

    label: str | None = None
    size = 1
    shape_text = "bit"

    def __repr__(self) -> str:
        return "bit"


def bits(n: int) -> Object:
    return Object((Bit(),) * n)


@dataclass(frozen=True, eq=False)
class Circuit(Arrow):
    """A function of tuples of bits."""

    dom: Object
    cod: Object
    run: Any

    def then(self, other):
        return Circuit(self.dom, other.cod, lambda xs: other.run(self.run(xs)))

    def tensor(self, other):
        n = len(self.dom)
        return Circuit(
            self.dom @ other.dom,
            self.cod @ other.cod,
            lambda xs: self.run(xs[:n]) + other.run(xs[n:]),
        )


@dataclass(frozen=True)
class Circuits:
    def wiring(self, dom, index):
        return Circuit(dom, dom.select(index), lambda xs: tuple(xs[i] for i in index))

    def dagger(self, dom, index):
        xor = lambda ys: tuple(
            sum(y for y, i in zip(ys, index, strict=True) if i == k) % 2
            for k in range(len(dom))
        )
        return Circuit(dom.select(index), dom, xor)


C = Circuits()


@dataclass(frozen=True)
class Gate:
    """An operation: forward, and its reverse derivative. What it keeps is its input."""

    name: str
    forward: Any
    back: Any

    category = Lens(C)

    def optic(self, lens):
        ins, outs = bits(len(lens.dom) + len(lens.own)), bits(len(lens.cod))
        n = len(ins)
        fwd = Circuit(ins, ins @ outs, lambda xs: (*xs, *self.forward(*xs)))
        bwd = Circuit(ins @ outs, ins, lambda xs: self.back(xs[:n], *xs[n:]))
        return Optic(C, lens.dom @ lens.own, lens.cod, ins, fwd, bwd)

    def __repr__(self):
        return self.name


def both_ways(n: int) -> Object:
    return Object(tuple(wire for _ in range(n) for wire in pair(C, bits(1), bits(1)).wires))


def gate(name, n, forward, back, param=0):
    return Box(Gate(name, forward, back), both_ways(n), both_ways(1), both_ways(param))


negate = gate("not", 1, lambda a: (1 - a,), lambda x, d: (d,))
xor = gate("xor", 2, lambda a, b: ((a + b) % 2,), lambda x, d: (d, d))
conj = gate("and", 2, lambda a, b: (a * b,), lambda x, d: (x[1] * d, x[0] * d))
weigh = gate("and", 1, lambda a, p: (a * p,), lambda x, d: (x[1] * d, x[0] * d), param=1)

# %% [markdown]
# A table with two inputs: four conjunctions, each *weighed* by a parameter bit, and added. As a diagram of gates, with copies:

# %%
W = both_ways(1)
literal = cl.copy(W) >> W @ negate  # a and not a
terms = literal @ literal  # a, a', b, b'
table = (
    terms >> cl.wiring(both_ways(4), (0, 2, 0, 3, 1, 2, 1, 3)) >> conj @ conj @ conj @ conj
)
table = table >> weigh @ weigh @ weigh @ weigh >> xor @ xor >> xor
assert len(table.param) == 4
cl.draw(table)

# %% [markdown]
# *Reverse derivative ascent*: what comes back of the difference between the answer and the truth is added, in the field, to the
# parameters. That is the training step of lesson 3, with another base. It finds every one of the 16 truth tables.

# %%
optic = Lens(C).semantics(table).arrow
n = len(optic.residual)


def step_of(params, x, y):
    """One step: forward, the difference, back, and add."""
    out = optic.fwd.run((*x, *params))
    back = optic.bwd.run((*out[:n], (out[n] + y) % 2))
    return tuple((p + d) % 2 for p, d in zip(params, back[len(x) :], strict=True))


def says(params, x):
    return optic.fwd.run((*x, *params))[n]


inputs = [*product((0, 1), repeat=2)]
for truth in product((0, 1), repeat=4):
    params = (0, 0, 0, 0)
    for x, y in zip(inputs, truth, strict=True):
        params = step_of(params, x, y)
    assert [says(params, x) for x in inputs] == [*truth]

# %% [markdown]
# A wrong derivative is found out by the axiom that fails first: the change of a sum must be the sum of the changes.


# %%
def additive(gate_box):
    """RD.2 for a gate: R(x, d + e) = R(x, d) + R(x, e), tried on all bits."""
    back, k = gate_box.op.back, len(gate_box.dom) + len(gate_box.own)
    for x in product((0, 1), repeat=k):
        for d, e in product((0, 1), repeat=2):
            total = tuple((a + b) % 2 for a, b in zip(back(x, d), back(x, e), strict=True))
            if tuple(back(x, (d + e) % 2)) != total:
                return Counterexample("RD.2", f"at {x}", back(x, (d + e) % 2), total)
    return None


wrong = gate("and", 2, lambda a, b: (a * b,), lambda x, d: (1, 1))
assert additive(conj) is None and additive(wrong) is not None
additive(wrong)

# %% [markdown]
# ## Exercises
#
# 1. Relations: give `Matrices` the booleans, and compute the transitive closure of `roads` by composing a diagram five times.
# 2. Show that a *deterministic* kernel, with one 1 in each row, has natural copies.
# 3. Learn three inputs: write `table` for three, with eight parameters.
#
# ## What to remember
#
# - A category owes the library `wiring`, arrows with `then` and `tensor`, and for lenses `dagger`.
# - Syntax, pictures, Para, Lens and laws come with it.
# - What holds of arrays need not hold elsewhere: say which laws do.
#
# Further: Wilson, Zanasi, *Reverse Derivative Ascent* (arXiv 2101.10488); Fritz, *A synthetic approach to Markov kernels*
# (arXiv 1908.07021); Cockett et al. (arXiv 1910.07065).
#
# ## Solutions

# %%
relations = Matrices(Semiring("or, and", np.logical_or, np.logical_and, False, True))
related = box("road", relations, finite(6), finite(6), lengths < np.inf)
within = meaning(relations)(
    related >> related >> related >> related >> related
).rows.astype(bool)
assert all(
    within[a, b] == networkx.has_path(roads, a, b) for a, b in product(range(6), repeat=2)
)

# %%
certain = Matrix(chance, finite(3), finite(2), np.eye(2)[[0, 1, 1]])
assert cl.laws.copy_is_natural(certain, chance, exact) is None

# %%
six = literal @ literal @ literal
choices = [i for a, b, c in product((0, 1), (2, 3), (4, 5)) for i in (a, b, c)]
and3 = conj @ W >> conj
eight = six >> cl.wiring(both_ways(6), choices)
row = and3 >> weigh
eight = (
    eight
    >> row @ row @ row @ row @ row @ row @ row @ row
    >> xor @ xor @ xor @ xor
    >> xor @ xor
    >> xor
)
assert len(eight.param) == 8
cl.draw(eight)
