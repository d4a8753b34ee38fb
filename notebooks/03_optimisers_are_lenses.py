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
# # 3. Optimisers are lenses
#
# After this lesson you can say what an optimiser *is*, why Nesterov's momentum shows the model other parameters than it
# stores, read a whole training step as one picture, and write an optimiser of your own. It takes about thirty minutes, with
# the exercises; lesson 2 comes first.
#
# | if you know JAX | if you know categories |
# |---|---|
# | `opt_state`, `params` | the object S ⊗ P |
# | which parameters the model runs with | `get : S ⊗ P → P` |
# | `optimiser.update` and `apply_updates` | `put : S ⊗ P ⊗ P' → S ⊗ P` |
# | running a model with what the optimiser shows | **reparameterisation**: a 2-cell of Para |
# | `optax.chain` | composition of lenses |
# | `optax.multi_transform` | their tensor |
# | a training step | the backward arrow of one closed lens |

# %%
from base64 import b64encode
from io import BytesIO

import jax
import jax.numpy as jnp
import numpy as np
import optax
from IPython.display import HTML

import catlearn as cl
from catlearn import R

# %% [markdown]
# ## get and put
#
# A lens shows something and takes something back. An optimiser stores a state s and parameters p. It shows the model the
# parameters `get(s, p)`, takes the gradient g that came back on them, and stores `put(s, p, g)`:
#
# $$\mathrm{get} : S \otimes P \to P, \qquad \mathrm{put} : S \otimes P \otimes P' \to S \otimes P.$$
#
# Descent has no state, S = I, and shows what it stores. Adam keeps a counter and two means:

# %%
descent = cl.descent(0.1)
assert descent.get((), (1.0,)) == (1.0,)
assert descent.put((), (1.0,), (2.0,)) == ((), (0.8,))
assert cl.adam(0.1).state(R(3)) == R(dtype="int32") @ R(3) @ R(3)
cl.draw(cl.adam(0.1))

# %% [markdown]
# Most rules are known by their put. With ε for the learning rate and g for the gradient:
#
# | rule | S | get(s, p) | put: s⁺, p⁺ |
# |---|---|---|---|
# | descent | I | p | p⁺ = p − εg |
# | momentum | P | p | s⁺ = γs − εg, p⁺ = p + s⁺ |
# | Nesterov | P | **p + γs** | s⁺ = γs − εg, p⁺ = p + s⁺ |
# | Adagrad | P | p | G⁺ = G + g², p⁺ = p − εg/√(G⁺ + δ) |
# | Adam | ℕ ⊗ P ⊗ P | p | t⁺, m⁺, v⁺: means of g and g²; p⁺ = p − ε m̂/(√v̂ + δ) |
#
# One line has something in its third column.
#
# ## Momentum, and what Nesterov changed
#
# Momentum remembers a velocity: $s^+ = \gamma s - \varepsilon g$ and $p^+ = p + s^+$. The gradient is taken at p, although
# the next move will carry the parameters on by about $\gamma s$ whatever the gradient says. Nesterov's idea is to ask for
# the gradient *there*, at $p + \gamma s$. As a lens nothing changes but `get`:

# %%
momentum, nesterov = cl.momentum(0.5, 0.5), cl.nesterov(0.5, 0.5)
s, p, g = (1.0,), (1.0,), (1.0,)
assert momentum.put(s, p, g) == nesterov.put(s, p, g)
assert momentum.get(s, p) == (1.0,) and nesterov.get(s, p) == (1.5,)

# %% [markdown]
# So the parameters that the model sees are not the stored ones, and which you deploy is your choice.
#
# Libraries that have only `update(gradient)` can't say that: the model must run with the parameters that are stored. So
# they store the looked-ahead ones, $\theta = p + \gamma s$, that is $p = \theta - \gamma s$. Then
#
# $$\theta^+ = p^+ + \gamma s^+ = (p + s^+) + \gamma s^+ = (\theta - \gamma s) + (\gamma s - \varepsilon g) + \gamma s^+
#   = \theta - \varepsilon g + \gamma s^+.$$
#
# Put $m = -s/\varepsilon$, the decaying sum of gradients without the rate in it:
#
# $$m^+ = \gamma m + g, \qquad \theta^+ = \theta - \varepsilon (g + \gamma m^+),$$
#
# which is optax's `sgd(ε, momentum=γ, nesterov=True)`, line by line. The change of coordinates
# $(s, p) \mapsto (s, p + \gamma s)$ is a *shear*, and can be undone, so both are one optimiser. A lens says which parameters
# are meant; a formula for the update hides it. On a hill in two dimensions, for sixty steps:


# %%
def hill(p):
    return jnp.sum(jnp.array([0.5, 10.0]) * p**2)


slope = jax.jit(jax.grad(hill))


def ours(optimiser, p, steps):
    """What the model sees at each step."""
    s, p, seen = optimiser.begin((p,)), (p,), []
    for _ in range(steps):
        at = optimiser.get(s, p)
        seen.append(at[0])
        s, p = optimiser.put(s, p, (slope(at[0]),))
    return np.stack(seen)


def theirs(optimiser, p, steps):
    """optax's parameters at each step."""
    state, seen = optimiser.init(p), []
    for _ in range(steps):
        seen.append(p)
        update, state = optimiser.update(slope(p), state, p)
        p = optax.apply_updates(p, update)
    return np.stack(seen)


start, steps = jnp.array([-4.0, 1.2]), 60
runs = {
    "momentum": ours(cl.momentum(0.03, 0.9), start, steps),
    "nesterov": ours(cl.nesterov(0.03, 0.9), start, steps),
}
np.testing.assert_allclose(
    runs["momentum"], theirs(optax.sgd(0.03, 0.9), start, steps), rtol=2e-4, atol=1e-5
)
np.testing.assert_allclose(
    runs["nesterov"],
    theirs(optax.sgd(0.03, 0.9, nesterov=True), start, steps),
    rtol=2e-4,
    atol=1e-5,
)
assert cl.laws.shear_is_invertible(cl.nesterov(0.03, 0.9), R(2), jax.random.key(0)) is None
# and they are not one another's
assert np.abs(runs["momentum"] - runs["nesterov"]).max() > 0.5

# %% [markdown]
# ## On a ravine
#
# A valley twenty times steeper across than along. Momentum overshoots and swings from side to side; Nesterov looks where it
# is about to go, finds the wall there, and turns earlier. First both paths as a whole, then step by step.

# %%
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.figure import Figure

LOOKS = {
    "momentum": {"color": "#d2622a", "linestyle": "--", "marker": "s"},
    "nesterov": {"color": "#2f80c2", "linestyle": "-", "marker": "o"},
}


def ravine(upto):
    """The paths of both so far."""
    figure = Figure(figsize=(6.2, 2.9), layout="constrained")
    axes = figure.subplots()
    x, y = np.meshgrid(np.linspace(-4.5, 3, 120), np.linspace(-1.5, 1.5, 80))
    axes.contour(
        x,
        y,
        0.5 * x**2 + 10 * y**2,
        levels=np.geomspace(0.1, 40, 12),
        colors="#999999",
        linewidths=0.6,
    )
    lines = {
        name: axes.plot(*path[:upto].T, **LOOKS[name], markersize=3, label=name)[0]
        for name, path in runs.items()
    }
    axes.legend(frameon=False, loc="upper right")
    axes.set(xlabel="along", ylabel="across")
    return figure, lines


def image(data, kind, alt):
    return HTML(
        f'<img alt="{alt}" src="data:image/{kind};base64,{b64encode(data).decode()}" style="max-width:100%">'
    )


still = BytesIO()
ravine(steps)[0].savefig(still, format="png", dpi=100)
image(
    still.getvalue(),
    "png",
    "momentum swings across the ravine for long, Nesterov for a few steps",
)

# %%
import tempfile
from pathlib import Path

figure, lines = ravine(1)


def frame(k):
    for name, line in lines.items():
        line.set_data(*runs[name][: k + 1].T)
    return [*lines.values()]


with tempfile.TemporaryDirectory() as folder:
    film = Path(folder) / "ravine.gif"
    FuncAnimation(figure, frame, frames=30).save(film, PillowWriter(fps=6), dpi=70)
    gif = film.read_bytes()
assert len(gif) < 300_000
image(gif, "gif", "the same, step by step: Nesterov turns back earlier than momentum")

# %%
across = {name: np.abs(path[:, 1]).sum() for name, path in runs.items()}
assert across["nesterov"] < 0.6 * across["momentum"]
{name: f"went {way:.1f} across in all" for name, way in across.items()}

# %% [markdown]
# ## The whole step is one lens
#
# A learner composes the lens of the model with that of a loss, closes it with a learning-rate **cap**, and
# *reparameterises* along the optimiser: what the optimiser shows are the model's parameters, and what comes back on them
# goes to the optimiser. Nothing is left open but the data, and the state. (On the right the loss and the predictions go
# out to be looked at, for metrics; nothing comes back from there.)

# %%
model = R(2) >> cl.dense(8) >> cl.tanh >> cl.dense(3)
learner = cl.supervised(model, cl.softmax_cross_entropy, cl.nesterov(0.1, 0.9))
cl.draw(learner)

# %% [markdown]
# Follow the solid wires to the right, through the loss to the cap, and the dashed ones back: through the model, whose
# gradients go up into `put`, whose results are the new state. Its backward arrow *is* the training step.
# By hand: look ahead, differentiate there, put.

# %%
X = jax.random.normal(jax.random.key(0), (32, 2))
y = (X[:, 0] > 0).astype(jnp.int32) + (X[:, 1] > 0).astype(jnp.int32)
step = jax.jit(learner.pure_step)
state = learner.init(jax.random.key(1))
state, _ = step(state, (X, y))  # the second step is the interesting one: now s is not zero

n = len(model.param)
s, p = state[:n], state[n:]
seen = learner.optimiser.get(s, p)


@jax.jit
def loss(params):
    return optax.softmax_cross_entropy_with_integer_labels(
        jax.vmap(model, (None, 0))(params, X), y
    ).mean()


gradient = jax.jit(jax.grad(loss))
new_s, new_p = learner.optimiser.put(s, p, gradient(seen))
stepped, metrics = step(state, (X, y))
for ours_, by_hand in zip(stepped, (*new_s, *new_p), strict=True):
    np.testing.assert_allclose(ours_, by_hand, rtol=1e-5, atol=1e-6)

# what plain momentum would have done
_, at_the_stored = learner.optimiser.put(s, p, gradient(p))
assert np.abs(stepped[n] - at_the_stored[0]).max() > 1e-4
metrics

# %% [markdown]
# ## The cap
#
# The chain rule needs something to begin with: how much does the loss matter? The cap says it, a lens from the loss to
# nothing, with $\alpha : l \mapsto l'$ for its put. $\alpha = 1$ descends; $-1$ ascends with the same optimiser. It may be a
# function of the loss: $\alpha(l) = l$ descends $\tfrac12 l^2$, for that has the slope $l \cdot \nabla l$.

# %%
up = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1), cap=-1.0)
squared = cl.supervised(
    model, cl.softmax_cross_entropy, cl.descent(0.1), cap=lambda loss: loss
)
begin = model.init(jax.random.key(2))
grad = gradient(begin)
for learner_, factor in ((up, -1.0), (squared, loss(begin))):
    after = jax.jit(learner_.pure_step)(learner_.start(begin), (X, y))[0]
    np.testing.assert_allclose(
        after[0], begin[0] - 0.1 * factor * grad[0], rtol=1e-4, atol=1e-6
    )

# %% [markdown]
# ## They compose
#
# Lenses compose, so a transformation of gradients, a lens whose get does nothing, goes after an optimiser with `>>`: what
# comes back meets it first. So the order is the reverse of optax's `chain`:

# %%
clipped = cl.momentum(0.1, 0.9) >> cl.clip_by_global_norm(1.0)
chained = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.1, 0.9))
np.testing.assert_allclose(
    ours(clipped, start, 30), theirs(chained, start, 30), rtol=1e-3, atol=1e-4
)
cl.draw(clipped)

# %% [markdown]
# Different rules for different parameters are their **tensor**, and `cl.by_path` chooses by path. The rules above treat each
# number by itself, so that $\mathrm{Opt}(P \otimes Q) = \mathrm{Opt}(P) \otimes \mathrm{Opt}(Q)$ (they are *monoidal*), and
# it does not matter how parameters are cut into arrays. A global norm looks at all at once, and breaks it:

# %%
assert (
    cl.laws.optimiser_is_monoidal(cl.nesterov(0.1), R(2), R(3), jax.random.key(0)) is None
)
fault = cl.laws.optimiser_is_monoidal(
    cl.descent(0.1) >> cl.clip_by_global_norm(1.0), R(2), R(3), jax.random.key(0)
)
assert fault is not None
fault

# %% [markdown]
# So with `by_path` it matters where the clip stands: inside, each part is clipped by its own norm, after it, all by one. A rate
# may be a schedule, any function of the number of steps, such as optax's.

# %%
rate = optax.warmup_cosine_decay_schedule(0.0, 0.05, 20, 200)
body = cl.adam(rate) >> cl.clip_by_global_norm(1.0)
optimiser = cl.by_path({"*bias": cl.descent(0.1), "*": body})
cl.plot.schedule({"warm-up and cosine": rate, "constant": 0.05}, 200)

# %%
rules = {"nesterov": cl.nesterov(0.1, 0.9), "by path": optimiser}
histories = {}
for name, rule in rules.items():
    one = cl.supervised(model, cl.softmax_cross_entropy, rule)
    _, histories[name] = one.fit(
        one.start(begin),
        (X, y),
        epochs=20,
        batch_size=8,
        key=jax.random.key(3),
        progress=False,
    )
assert all(h["loss"][-1] < h["loss"][0] for h in histories.values())
cl.plot.compare(histories, log=True)

# %% [markdown]
# ## Exercises
#
# 1. Write *signed descent*, $p^+ = p - \varepsilon\,\mathrm{sign}(g)$, as a subclass of `Rule` from
#    `catlearn.learn.optimisers` that gives `move(t, at, p, g)`, a tuple of the new p. Compare with `optax.sign_sgd`. Hint: t is
#    the step, `at` the place of the array; you need neither.
# 2. Which laws of lenses does an optimiser *not* obey? Try `cl.laws.get_put` on `cl.descent(0.1).at(R(2))`, and say why that is
#    as it should be. Hint: what would GetPut say of a gradient?
# 3. `cl.to_optax(cl.nesterov(0.1))` is a transformation of optax's, and those can't look ahead. What does it store to have the
#    same trajectory? Hint: the derivation above.
# 4. Write momentum with a look ahead of your own, whose get is $p + \lambda s$. Which $\lambda$ goes across the
#    ravine least, of 0, 0.5, 0.9, 1.5 and 3? Hint: subclass `cl.nesterov` and give `get`.
#
# ## What to remember
#
# - An optimiser is a lens (S ⊗ P, S ⊗ P) → (P, P'). Most have a trivial `get`; Nesterov's looks ahead.
# - A training step is the backward arrow of model, loss, cap and optimiser in one composite.
# - Transformations compose with `>>`, rules for parts of the parameters are tensors.
#
# Further: Cruttwell et al., *Categorical Foundations of Gradient-Based Learning* (arXiv 2103.01931), §3.3 on caps, §3.4 on
# optimisers, §4 on the whole step; in more detail *Deep Learning with Parametric Lenses* (arXiv 2404.00408). Some signs of
# momentum are misprinted in the first; here they are as in optax. Sutskever et al., *On the importance of initialization and
# momentum in deep learning* (2013), §2, for the coordinates in which libraries have Nesterov's rule.
#
# ## Solutions
#
# The first. `slots` would name what is remembered of each parameter; this rule remembers nothing.

# %%
from dataclasses import dataclass

from catlearn.learn.optimisers import Rule


@dataclass(frozen=True, repr=False)
class signed(Rule):
    """p⁺ = p − ε sign(g)."""

    rate: float

    def move(self, t, at, p, g):
        return (p - self.rate * jnp.sign(g),)


np.testing.assert_allclose(
    ours(signed(0.02), start, 20),
    theirs(optax.sign_sgd(0.02), start, 20),
    rtol=1e-5,
    atol=1e-6,
)
cl.draw(signed(0.02))

# %% [markdown]
# The second: none of GetPut, PutGet, PutPut. GetPut asks that putting back what was shown changes nothing; but what is put
# is a gradient, no parameters, though it has their shape. Two steps are not one step either, which is PutPut.

# %%
lens = cl.descent(0.1).at(R(2))
for law in (cl.laws.get_put, cl.laws.put_get, cl.laws.put_put):
    assert law(lens, jax.random.key(0)) is not None
cl.laws.get_put(lens, jax.random.key(0))

# %% [markdown]
# The third: it stores the looked-ahead parameters, as optax's own rule does.

# %%
np.testing.assert_allclose(
    theirs(cl.to_optax(cl.nesterov(0.03, 0.9)), start, 20),
    runs["nesterov"][:20],
    rtol=1e-4,
    atol=1e-5,
)

# %% [markdown]
# The fourth: looking farther ahead brakes more across the ravine, up to a point; from too far ahead it is thrown out. λ = 0
# is momentum, λ = γ Nesterov.


# %%
@dataclass(frozen=True, repr=False)
class looking(cl.nesterov):
    """Momentum with get(s, p) = p + λs."""

    ahead: float = 0.9

    def get(self, s, p):
        return tuple(q + self.ahead * v for q, v in zip(p, s, strict=True))


ways = {
    ahead: ours(looking(0.03, 0.9, ahead), start, steps)
    for ahead in (0.0, 0.5, 0.9, 1.5, 3.0)
}
np.testing.assert_allclose(ways[0.0], runs["momentum"], rtol=1e-4, atol=1e-5)
np.testing.assert_allclose(ways[0.9], runs["nesterov"], rtol=1e-4, atol=1e-5)
across = {ahead: round(float(np.abs(path[:, 1]).sum()), 2) for ahead, path in ways.items()}
assert across[0.0] > across[0.5] > across[0.9] > across[1.5] and across[3.0] > 1e3
across
