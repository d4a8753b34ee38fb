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
# stores, read a whole training step as one picture, and write an optimiser of your own.
#
# | if you know JAX | if you know categories |
# |---|---|
# | `opt_state`, `params` | the object S ⊗ P |
# | which parameters the model runs with | `get : S ⊗ P → P` |
# | `optimiser.update` and `apply_updates` | `put : S ⊗ P ⊗ P' → S ⊗ P` |
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
# parameters `get(s, p)`, takes the gradient g that came back on them, and stores `put(s, p, g)`. Descent has no state:

# %%
descent = cl.descent(0.1)
assert descent.get((), (1.0,)) == (1.0,)
assert descent.put((), (1.0,), (2.0,)) == ((), (0.8,))
cl.draw(cl.adam(0.1))

# %% [markdown]
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
# Libraries that have only `update(gradient)` can't say that: the model must run with the parameters that are stored. So
# they store the looked-ahead ones, $\theta = p + \gamma s$. With $m = -s/\varepsilon$ one finds
#
# $$\theta^+ = p^+ + \gamma s^+ = \theta + \gamma s^+ - \varepsilon g, \qquad m^+ = \gamma m + g, \qquad
#   \theta^+ = \theta - \varepsilon (g + \gamma m^+),$$
#
# which is optax's `sgd(ε, momentum=γ, nesterov=True)`. Both are one optimiser in two coordinates:

# %%
hill = lambda p: jnp.sum(jnp.array([0.5, 10.0]) * p**2)
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
runs = {"momentum": ours(cl.momentum(0.03, 0.9), start, steps), "nesterov": ours(cl.nesterov(0.03, 0.9), start, steps)}
np.testing.assert_allclose(runs["momentum"], theirs(optax.sgd(0.03, 0.9), start, steps), rtol=2e-4, atol=1e-5)
np.testing.assert_allclose(runs["nesterov"], theirs(optax.sgd(0.03, 0.9, nesterov=True), start, steps), rtol=2e-4, atol=1e-5)

# %% [markdown]
# ## On a ravine
#
# A valley twenty times steeper across than along. Momentum overshoots and swings from side to side; Nesterov looks where it
# is about to go, finds the wall there, and turns earlier.

# %%
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.figure import Figure

LOOKS = {"momentum": ("#d2622a", "--", "s"), "nesterov": ("#2f80c2", "-", "o")}


def ravine(upto):
    """The paths of both so far."""
    figure = Figure(figsize=(6.2, 2.9), layout="constrained")
    axes = figure.subplots()
    x, y = np.meshgrid(np.linspace(-4.5, 3, 120), np.linspace(-1.5, 1.5, 80))
    axes.contour(x, y, 0.5 * x**2 + 10 * y**2, levels=np.geomspace(0.1, 40, 12), colors="#999999", linewidths=0.6)
    lines = {name: axes.plot(*path[:upto].T, color=c, linestyle=l, marker=m, markersize=3, label=name)[0]
             for (name, path), (c, l, m) in zip(runs.items(), LOOKS.values(), strict=True)}
    axes.legend(frameon=False, loc="upper right")
    axes.set(xlabel="along", ylabel="across")
    return figure, lines


def image(data, kind, alt):
    return HTML(f'<img alt="{alt}" src="data:image/{kind};base64,{b64encode(data).decode()}" style="max-width:100%">')


still = BytesIO()
ravine(steps)[0].savefig(still, format="png", dpi=100)
image(still.getvalue(), "png", "momentum swings across the ravine for long, Nesterov for a few steps")

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
    FuncAnimation(figure, frame, frames=40).save(film, PillowWriter(fps=8), dpi=70)
    gif = film.read_bytes()
assert len(gif) < 400_000
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
# goes to the optimiser. Nothing is left open but the data, and the state:

# %%
model = R(2) >> cl.dense(8) >> cl.tanh >> cl.dense(3)
learner = cl.supervised(model, cl.softmax_cross_entropy, cl.nesterov(0.1, 0.9))
cl.draw(learner)

# %% [markdown]
# Its backward arrow *is* the training step. By hand: look ahead, differentiate there, put.

# %%
X = jax.random.normal(jax.random.key(0), (32, 2))
y = (X[:, 0] > 0).astype(jnp.int32) + (X[:, 1] > 0).astype(jnp.int32)
state = learner.init(jax.random.key(1))
state, _ = learner.pure_step(state, (X, y))  # the second step is the interesting one: now s is not zero

n = len(model.param)
s, p = state[:n], state[n:]
seen = learner.optimiser.get(s, p)
loss = lambda params: optax.softmax_cross_entropy_with_integer_labels(jax.vmap(model, (None, 0))(params, X), y).mean()
expected = learner.optimiser.put(s, p, jax.grad(loss)(seen))

stepped, _ = learner.pure_step(state, (X, y))
for ours_, by_hand in zip(stepped, (*expected[0], *expected[1]), strict=True):
    np.testing.assert_allclose(ours_, by_hand, rtol=1e-5, atol=1e-6)

# %% [markdown]
# ## The cap
#
# The cap says what comes back of the loss itself. 1 descends; −1 ascends with the same optimiser; a function of the loss
# makes another game of it: $\alpha(l) = l$ descends $\tfrac12 l^2$.

# %%
up = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1), cap=-1.0)
squared = cl.supervised(model, cl.softmax_cross_entropy, cl.descent(0.1), cap=lambda loss: loss)
begin = model.init(jax.random.key(2))
grad = jax.grad(loss)(begin)
for learner_, factor in ((up, -1.0), (squared, loss(begin))):
    after = learner_.pure_step(learner_.start(begin), (X, y))[0]
    np.testing.assert_allclose(after[0], begin[0] - 0.1 * factor * grad[0], rtol=1e-4, atol=1e-6)

# %% [markdown]
# ## They compose
#
# Lenses compose, so transformations of gradients go after an optimiser with `>>`, and different rules for different
# parameters are their tensor. A rate may be a schedule of optax's.

# %%
rate = optax.warmup_cosine_decay_schedule(0.0, 0.05, 20, 200)
body = cl.adam(rate) >> cl.clip_by_global_norm(1.0)
optimiser = cl.by_path({"*bias": cl.descent(0.1), "*": body})
cl.plot.schedule({"warm-up and cosine": rate, "constant": 0.05}, 200)

# %%
rules = {"nesterov": cl.nesterov(0.1, 0.9), "adam": cl.adam(0.02), "mixed": optimiser}
histories = {}
for name, rule in rules.items():
    one = cl.supervised(model, cl.softmax_cross_entropy, rule)
    _, histories[name] = one.fit(one.start(begin), (X, y), epochs=30, batch_size=8, key=jax.random.key(3), progress=False)
assert all(h["loss"][-1] < h["loss"][0] for h in histories.values())
cl.plot.compare(histories, log=True)

# %% [markdown]
# ## Exercises
#
# 1. Write *signed descent*, $p^+ = p - \varepsilon\,\mathrm{sign}(g)$, as a subclass of `Rule` from
#    `catlearn.learn.optimisers` that gives `move`. Compare with `optax.sign_sgd`. Hint: read `descent` there.
# 2. Which law of lenses does an optimiser *not* obey? Try `cl.laws.get_put`, and say why that is as it should be.
# 3. `cl.to_optax(cl.nesterov(0.1))` is a transformation of optax's. What does it do to have the same trajectories?
#
# ## What to remember
#
# - An optimiser is a lens (S ⊗ P, S ⊗ P) → (P, P'). Most have a trivial `get`; Nesterov's looks ahead.
# - A training step is the backward arrow of model, loss, cap and optimiser in one composite.
# - Transformations compose with `>>`, rules for parts of the parameters are tensors.
#
# Further: Cruttwell et al. (arXiv 2103.01931), §3.4 and §4; in more detail *Deep Learning with Parametric Lenses*
# (arXiv 2404.00408).
#
# ## Solutions

# %%
from catlearn.learn.optimisers import Rule


class signed(Rule):
    """p⁺ = p − ε sign(g)."""

    def __init__(self, rate):
        self.rate = rate

    def move(self, t, at, p, g):
        return (p - self.rate * jnp.sign(g),)


np.testing.assert_allclose(ours(signed(0.02), start, 20), theirs(optax.sign_sgd(0.02), start, 20), rtol=1e-5, atol=1e-6)

# %%
lens = cl.descent(0.1).at(R(2))
fault = cl.laws.get_put(lens, jax.random.key(0))
assert fault is not None  # what is put is a gradient, no parameters: putting back what was shown is no rest
fault

# %%
np.testing.assert_allclose(  # it stores the looked-ahead parameters, as optax's own does
    theirs(cl.to_optax(cl.nesterov(0.03, 0.9)), start, 20), runs["nesterov"][:20], rtol=1e-4, atol=1e-5
)
