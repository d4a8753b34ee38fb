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
# After this lesson you can add a category of your own, write and draw its diagrams as before, have parametric arrows and lenses
# over it for nothing, and check it by laws. The examples are hidden Markov models, shortest paths, and logic circuits that learn.
#
# | if you know JAX | if you know categories |
# |---|---|
# | another backend for the same model code | a functor from diagrams into a category C |
# | `x[index]`, for a tuple x of arrays | `wiring(dom, index)`: identities, swaps, copies, discards |
# | a `vjp` for values that are no floats | a reverse derivative in C: lenses over C |

# %%
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any

import networkx
import numpy as np

import catlearn as cl
from catlearn.categories.lens import Lens, Optic, pair
from catlearn.categories.para import Para, Parametric
from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Box
from catlearn.core.errors import CompositionError
from catlearn.core.functor import Functor, same_wire
from catlearn.core.wires import I, Object
from catlearn.laws.counterexample import Counterexample

# %% [markdown]
# ## Matrices over a semiring
#
# A category needs wires and arrows. Here a wire is a finite set, and several wires side by side are an `Object`, as ever.
# The empty object I has one element, the empty tuple. Where a wire carries parameters, the library writes their path into its
# `label` and asks for `size` and `shape_text`, to draw it. Labels are names only, so they are not compared.


# %%
@dataclass(frozen=True)
class Finite:
    """A wire: a set of n elements."""

    n: int
    label: str | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        return self.n

    @property
    def shape_text(self) -> str:
        return f"{self.n} states"

    def __repr__(self) -> str:
        return self.shape_text


def finite(*sizes: int) -> Object:
    return Object(tuple(map(Finite, sizes)))


def size(A: Object) -> int:
    return int(np.prod([wire.n for wire in A.wires], dtype=int))


assert size(finite(2, 3)) == 6 and size(I) == 1

# %% [markdown]
# An arrow from a set to a set is a matrix with a row for each element of the one and a column for each of the other. To
# multiply matrices is to multiply entries and add them up, so any numbers will do that can be added and multiplied, with a 0 and
# a 1: a *semiring*. It need not be (+, ×).
#
# | add, multiply | an entry is | composing |
# |---|---|---|
# | +, × | the chance to go from i to j | sums over what happened between |
# | min, + | the length of the way from i to j | takes the shortest way |
# | or, and | whether i is related to j | asks whether there is a way |


# %%
@dataclass(frozen=True)
class Semiring:
    """Two operations of numpy's, and what is neutral for them."""

    name: str
    add: Any
    times: Any
    zero: float
    one: float


# %% [markdown]
# `>>` asks an arrow for `then`, which is the matrix product. `@` asks for `tensor`, two arrows side by side: a pair goes to a
# pair, and the entries are multiplied (the Kronecker product).


# %%
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
        rows = ring.add.reduce(entries, axis=1, initial=ring.zero)
        return Matrix(self.category, self.dom, other.cod, rows)

    def tensor(self, other):
        times = self.category.ring.times
        both = times(self.rows[:, None, :, None], other.rows[None, :, None, :])
        A, B = self.dom @ other.dom, self.cod @ other.cod
        return Matrix(self.category, A, B, both.reshape(size(A), size(B)))


# %% [markdown]
# What the category itself owes the library is one method, `wiring(dom, index)`: the arrow that picks wires of `dom` by number. With
# two wires `(0, 1)` is the identity, `(1, 0)` the swap, `(0, 0, 1)` copies the first, `(1,)` discards it. As a matrix it has
# a 1 where a tuple goes, and 0 elsewhere.


# %%
@dataclass(frozen=True)
class Matrices:
    """The category of matrices over a semiring."""

    ring: Semiring

    def wiring(self, dom: Object, index: Sequence[int]) -> Matrix:
        cod = dom.select(index)
        rows = np.full((size(dom), size(cod)), self.ring.zero)
        for i, element in enumerate(product(*(range(wire.n) for wire in dom.wires))):
            j = 0  # the number of the tuple that is picked
            for k in index:
                j = j * dom.wires[k].n + element[k]
            rows[i, j] = self.ring.one
        return Matrix(self, dom, cod, rows)

    def __repr__(self) -> str:
        return f"Matrices({self.ring.name})"


chance = Matrices(Semiring("+, ×", np.add, np.multiply, 0.0, 1.0))
ways = Matrices(Semiring("min, +", np.minimum, np.add, np.inf, 0.0))

copied = chance.wiring(finite(2), (0, 0))  # 0 goes to (0, 0), and 1 to (1, 1)
np.testing.assert_array_equal(copied.rows, [[1, 0, 0, 0], [0, 0, 0, 1]])

# %% [markdown]
# ## Does it hold water?
#
# The laws of the library take arrows of any category, and a function that tells two arrows apart: it returns None where they
# are equal, else a `Counterexample`. We try them on random *stochastic kernels*: matrices whose rows sum to 1, so that row i says
# with what chance each thing follows i.


# %%
def exact(law, f, g):
    """Equality of matrices."""
    same = f.dom == g.dom and f.cod == g.cod and np.allclose(f.rows, g.rows)
    return None if same else Counterexample(law, "the entries differ", f.rows, g.rows)


rng = np.random.default_rng(0)


def kernel(a: int, b: int) -> Matrix:
    """A random stochastic matrix."""
    return Matrix(chance, finite(a), finite(b), rng.dirichlet(np.ones(b), size=a))


f, g, h = kernel(2, 3), kernel(3, 2), kernel(2, 4)
assert cl.laws.associativity(f, g, h, exact) is None
# (f >> g) @ (g >> h) is f @ g >> g @ h
assert cl.laws.interchange(f, g, g, h, chance, exact) is None
assert cl.laws.swap_is_natural(f, h, chance, exact) is None
# copies can be copied in any order, and a copy of which one is discarded is none
assert cl.laws.comonoid(finite(2), chance, exact) is None

# %% [markdown]
# One law that arrays obey fails here. Tossing a coin and copying the result is not tossing two coins: the first gives
# equal results always, the second half of the time. In words: copies are not *natural*, `f >> copy` is not
# `copy >> f @ f`. Discards are natural: to throw away the result is to throw away the input. A category of this kind is a
# *Markov category*.

# %%
coin = Matrix(chance, I, finite(2), np.array([[0.5, 0.5]]))
np.testing.assert_array_equal((coin >> copied).rows, [[0.5, 0, 0, 0.5]])
np.testing.assert_array_equal((coin @ coin).rows, [[0.25, 0.25, 0.25, 0.25]])
assert cl.laws.copy_is_natural(coin, chance, exact) is not None
assert cl.laws.discard_is_natural(f, chance, exact) is None
cl.laws.copy_is_natural(coin, chance, exact)

# %% [markdown]
# ## Syntax, and a functor
#
# So far an arrow is a matrix, and a composite is a matrix again: how it was made is lost. To draw it, or to give it another
# meaning, write it as a diagram of boxes first. A `Box` holds an operation, which is any hashable thing with a name and a
# category. A functor then says what each box means, and the meaning of composites follows.


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
    entries = tuple(map(tuple, np.asarray(rows, float).tolist()))
    return Box(Entries(name, entries, category), dom, cod)


def meaning(category: Matrices) -> Functor:
    on_box = lambda b: Matrix(category, b.dom, b.cod, np.array(b.op.entries))
    return Functor(category, same_wire, on_box, "meaning")


# %% [markdown]
# A *hidden Markov model* has a state that moves by chance, and that we know only by what it emits. The first state is an arrow
# I → S, one row of chances. That the thing o was seen is an arrow S → I, one column: the chance of o from each state.
# (Its rows don't sum to 1, so it is no kernel. As a matrix it is as good as any.) Copy the state, look at one copy, move the
# other, and so on. The composite I → I is one number, the chance of all that was seen, and computing it from left to right is
# the *forward algorithm*.

# %%
state = finite(3)
start_p = rng.dirichlet(np.ones(3))
move_p = rng.dirichlet(np.ones(3), 3)  # a row for each state: where it goes
emit_p = rng.dirichlet(np.ones(2), 3)  # a row for each state: what it emits
begin = box("start", chance, I, state, [start_p])
move = box("move", chance, state, state, move_p)
saw = [box(f"saw {o}", chance, state, I, emit_p[:, [o]]) for o in range(2)]

seen = (0, 1, 1)
hmm = begin
for o in seen:
    hmm = hmm >> cl.copy(state) >> saw[o] @ move
hmm = hmm >> cl.discard(state)
cl.draw(hmm)

# %% [markdown]
# The oracle sums over all 27 paths of states:

# %%
likelihood = meaning(chance)(hmm).rows.item()


def chance_of(path):
    moves = np.prod([move_p[a, b] for a, b in pairwise(path)])
    sights = np.prod([emit_p[state, o] for state, o in zip(path, seen, strict=True)])
    return start_p[path[0]] * moves * sights


np.testing.assert_allclose(likelihood, sum(map(chance_of, product(range(3), repeat=3))))
likelihood

# %% [markdown]
# Now (min, +), with the same code. A step takes one road, at its length, or stays, at no cost; so five steps reach all that
# can be reached among six places. Composing takes the shortest way; networkx agrees on each of the 36 pairs.

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
    there_is = networkx.has_path(roads, a, b)
    length = networkx.shortest_path_length(roads, a, b, "weight") if there_is else np.inf
    assert shortest[a, b] == length
cl.draw(journey)

# %% [markdown]
# ## Para(C), for nothing
#
# A parametric arrow A → B is an arrow A ⊗ P → B, and P is its parameters. `Para(C)` is made of these and needs nothing but
# what C has. A box takes its parameters as a fourth argument; they are drawn from above, and `reparameterise` ties them as in
# lesson 4. Take a walk between two states that has two habits, and P says which one it follows.

# %%
P = finite(2)
habits = rng.dirichlet(np.ones(2), 4)  # rows: (state, habit)
entries = tuple(map(tuple, habits.tolist()))
walk = Box(Entries("walk", entries, chance), finite(2), finite(2), P)
twice = walk >> walk
tied = twice.reparameterise(cl.copy(P))
assert len(twice.param) == 2 and len(tied.param) == 1
cl.draw(tied)

# %% [markdown]
# The functor now sends a box to a parametric arrow, and diagrams go to `Para(chance)`, whose laws hold:


# %%
def on_box(b):
    rows = np.array(b.op.entries)
    return Parametric(chance, b.dom, b.own, Matrix(chance, b.dom @ b.own, b.cod, rows))


with_params = Functor(Para(chance), same_wire, on_box, "with parameters")


def exact_para(law, f, g):
    return exact(law, f.arrow, g.arrow)


r, s = kernel(2, 2), kernel(2, 2)
assert cl.laws.reparameterisation_composes(with_params(walk), r, s, exact_para) is None

# %% [markdown]
# Since copies are not natural, tying says something about chance too. Draw the habit by a coin. Untied, each step draws its
# own: a chain of the average habit. Tied, both steps follow the same: the average of two chains. They differ.

# %%
stay = chance.wiring(finite(2), (0,))  # the identity
drawn_apart = stay @ coin @ coin >> with_params(twice).arrow
drawn_once = stay @ coin >> with_params(tied).arrow
one, other = habits.reshape(2, 2, 2).swapaxes(0, 1)
np.testing.assert_allclose(drawn_apart.rows, ((one + other) / 2) @ ((one + other) / 2))
np.testing.assert_allclose(drawn_once.rows, (one @ one + other @ other) / 2)
assert not np.allclose(drawn_apart.rows, drawn_once.rows)

# %% [markdown]
# ## Lens(C), and circuits that learn
#
# A reverse derivative needs no real numbers. A *bit* is 0 or 1; bits are added by XOR and multiplied by AND, and then the product
# rule reads $R[\mathrm{and}](a, b, d) = (bd, ad)$, as for numbers. The axioms of lesson 2 hold for circuits of such gates.
#
# The arrows of C are functions of tuples of bits. For lenses over C the category has to say one thing more, how a wiring goes
# back. That is `dagger`: what was copied is added, here by XOR, and what was discarded gets 0.


# %%
@dataclass(frozen=True)
class Bit:
    """A wire that carries 0 or 1."""

    label: str | None = field(default=None, compare=False)
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
        both = lambda xs: self.run(xs[:n]) + other.run(xs[n:])
        return Circuit(self.dom @ other.dom, self.cod @ other.cod, both)


@dataclass(frozen=True)
class Circuits:
    """The category of these functions."""

    def wiring(self, dom, index):
        return Circuit(dom, dom.select(index), lambda xs: tuple(xs[i] for i in index))

    def dagger(self, dom, index):
        def back(ys):
            came = list(zip(ys, index, strict=True))
            return tuple(sum(y for y, i in came if i == k) % 2 for k in range(len(dom)))

        return Circuit(dom.select(index), dom, back)


C = Circuits()

# %% [markdown]
# `Lens(C)` is the category of lenses over C, of lesson 2. A wire of it is a *pair*: bits that go forward, and changes that come
# back. A box of it has an operation with a method `optic`, which gives both halves: `fwd` computes the outputs, and keeps
# something for later, the residual; `bwd` takes the residual and the changes of the outputs, and gives the changes of the
# inputs. Our gates keep their inputs.


# %%
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
weigh = gate("weigh", 1, lambda a, p: (a * p,), lambda x, d: (x[1] * d, x[0] * d), param=1)

# %% [markdown]
# Every function of two bits a, b is a *truth table*: four bits p, one for each input. As a circuit: compute the four conjunctions
# of a or not-a with b or not-b, of which just one is 1, *weigh* each by its bit p (an AND with a parameter), and add them up.
# Forward wires are solid, and what comes back is dashed.

# %%
W = both_ways(1)
literal = cl.copy(W) >> W @ negate  # a and not a
terms = literal @ literal  # a, a', b, b'
pairs = cl.wiring(both_ways(4), (0, 2, 0, 3, 1, 2, 1, 3))  # a b, a b', a' b, a' b'
table = terms >> pairs >> conj @ conj @ conj @ conj
table = table >> weigh @ weigh @ weigh @ weigh >> xor @ xor >> xor
assert len(table.param) == 4
cl.draw(table)

# %% [markdown]
# *Reverse derivative ascent* trains it: run forward, add the answer to the truth, which is 1 where they differ, send that
# back, and add what arrives at the parameters to them. It is the training step of lesson 3 without a learning rate, and there is
# nothing to tune: on each input just one bit p matters, so one step sets it right. One pass over the four inputs learns
# each of the 16 truth tables. (Where several parameters matter at once there is no such promise: if they are even in number, their
# changes cancel.)

# %%
inputs = [*product((0, 1), repeat=2)]


def optic_of(diagram):
    return Lens(C).semantics(diagram).arrow


def answer(optic, params, x):
    """The output bit: what `fwd` gives after the residual."""
    return optic.fwd.run((*x, *params))[len(optic.residual)]


def step_of(optic, params, x, y):
    """One step: forward, the difference, back, and add."""
    *kept, out = optic.fwd.run((*x, *params))
    changes = optic.bwd.run((*kept, (out + y) % 2))[len(x) :]
    return tuple((p + d) % 2 for p, d in zip(params, changes, strict=True))


optic = optic_of(table)
for truth in product((0, 1), repeat=4):
    params = (0, 0, 0, 0)
    for x, y in zip(inputs, truth, strict=True):
        params = step_of(optic, params, x, y)
    assert [answer(optic, params, x) for x in inputs] == [*truth]

# %% [markdown]
# ## Is it a derivative?
#
# A derivative that you write by hand can be wrong, and the axioms find it out. One of them, RD.2, says that what comes back is
# additive: the changes of a sum are the sums of the changes. For bits it can be tried on all of them.


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
# Why does the library differentiate diagrams, and not functions? Copy a bit and AND the copies: $a \cdot a = a$, so forward this
# is the identity. So are two NOTs in a row. But a change d comes back through the NOTs as d, and through the copies as
# $ad + ad = 0$. Two circuits that compute the same function have different derivatives, so the derivative belongs to the
# circuit.

# %%
square, twice_not = optic_of(cl.copy(W) >> conj), optic_of(negate >> negate)
for a in (0, 1):
    assert answer(square, (), (a,)) == answer(twice_not, (), (a,)) == a
    back = [lens.bwd.run((*lens.fwd.run((a,))[:-1], 1)) for lens in (square, twice_not)]
    assert back == [(0,), (1,)]

# %% [markdown]
# ## Exercises
#
# 1. Relations: make `Matrices` of (or, and), and say which places of `roads` can be reached from which, by a composite of five
#    boxes. Check it with `networkx.has_path`.
# 2. A kernel is *deterministic* if each row has one 1. Show on an example that copies are natural for it.
# 3. The last `move` of the hidden Markov model is thrown away. Which law says that it can be left out? Check the number.
# 4. Learn all 256 truth tables of three inputs: write `table` for three, with eight parameters.
# 5. RD.2 lets the gate pass that gives back (0, 0). Write a sharper test: the *Boolean difference* of f in its i-th bit is
#    f(x with the bit changed) + f(x), and for a gate in which no bit is multiplied by itself, R(x, 1) is the tuple of these.
#
# ## What to remember
#
# - A category owes the library `wiring`, arrows with `then` and `tensor`, and for lenses `dagger`.
# - Syntax, pictures, Para, Lens and laws come with it.
# - What holds of arrays need not hold elsewhere: copies of chance are not natural. Say which laws hold, and test them.
# - A derivative belongs to the diagram, not to the function that it computes.
#
# Further: Wilson, Zanasi, *Reverse Derivative Ascent* (arXiv 2101.10488); Fritz, *A synthetic approach to Markov kernels*
# (arXiv 1908.07021); Cockett et al. (arXiv 1910.07065).
#
# ## Solutions
#
# **1.** Each place is related to itself (the diagonal of `lengths` is 0), so five steps are five or fewer:

# %%
relations = Matrices(Semiring("or, and", np.logical_or, np.logical_and, False, True))
related = box("road", relations, finite(6), finite(6), lengths < np.inf)
within = meaning(relations)(
    related >> related >> related >> related >> related
).rows.astype(bool)
assert all(
    within[a, b] == networkx.has_path(roads, a, b) for a, b in product(range(6), repeat=2)
)

# %% [markdown]
# **2.** Copying a result that is certain is computing it twice:

# %%
certain = Matrix(chance, finite(3), finite(2), np.eye(2)[[0, 1, 1]])
assert cl.laws.copy_is_natural(certain, chance, exact) is None

# %% [markdown]
# **3.** Discards are natural: `move >> discard` is `discard`.

# %%
shorter = begin
for o in seen[:-1]:
    shorter = shorter >> cl.copy(state) >> saw[o] @ move
shorter = shorter >> saw[seen[-1]]
np.testing.assert_allclose(meaning(chance)(shorter).rows.item(), likelihood)
cl.draw(shorter)

# %% [markdown]
# **4.** Eight conjunctions of three, each with its weight. `row` is one of them:

# %%
row = conj @ W >> conj >> weigh
choices = [i for a, b, c in product((0, 1), (2, 3), (4, 5)) for i in (a, b, c)]
rows = row @ row @ row @ row @ row @ row @ row @ row
eight = literal @ literal @ literal >> cl.wiring(both_ways(6), choices) >> rows
eight = eight >> xor @ xor @ xor @ xor >> xor @ xor >> xor
assert len(eight.param) == 8

three, optic8 = [*product((0, 1), repeat=3)], optic_of(eight)
for truth in product((0, 1), repeat=8):
    params = (0,) * 8
    for x, y in zip(three, truth, strict=True):
        params = step_of(optic8, params, x, y)
    assert [answer(optic8, params, x) for x in three] == [*truth]
cl.draw(row)

# %% [markdown]
# **5.** The gate that gives back nothing passes RD.2, and fails here:


# %%
def is_difference(gate_box):
    """Whether R(x, 1) is the Boolean difference in each bit, and R(x, 0) is zero."""
    forward, back = gate_box.op.forward, gate_box.op.back
    k = len(gate_box.dom) + len(gate_box.own)
    for x in product((0, 1), repeat=k):
        changed = [tuple(bit ^ (i == j) for j, bit in enumerate(x)) for i in range(k)]
        differences = tuple((forward(*y)[0] + forward(*x)[0]) % 2 for y in changed)
        if tuple(back(x, 1)) != differences or any(back(x, 0)):
            return False
    return True


silent = gate("and", 2, lambda a, b: (a * b,), lambda x, d: (0, 0))
assert additive(silent) is None and not is_difference(silent)
assert all(map(is_difference, (negate, xor, conj, weigh)))
