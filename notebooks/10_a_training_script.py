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
# # 10. A real training script, start to end
#
# After this lesson you have trained a net on images of handwritten digits as you would in earnest: data looked at, shapes checked
# before the first step, a schedule, validation, checkpoints, a run that is killed and goes on, pictures of what was learned, a
# file for others, and a script for the command line.

# %%
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.metrics import confusion_matrix

import catlearn as cl
from catlearn import R
from catlearn.datasets import mnist5k
from catlearn.draw.style import figure

cl.keep_memory()  # on CPU, keep large blocks between steps instead of giving them back each time

# %% [markdown]
# ## The data
#
# Five thousand digits of MNIST, 28 × 28 numbers in [0, 1]; a fifth is held out, and never touched before the end. For choosing
# things, a fifth of the rest is set aside as well.

# %%
data = mnist5k()
(X, y), test = data.train, data.test
rng = np.random.default_rng(0)
order = rng.permutation(len(X))
fit_on, validation = order[800:], order[:800]
training, held_out = (X[fit_on], y[fit_on]), (X[validation], y[validation])

shown = figure("sixteen digits with their labels", 6, 1.7)
for axes, image, label in zip(shown.subplots(2, 8).ravel(), X[:16], y[:16], strict=True):
    axes.imshow(image[..., 0], cmap="Greys")
    axes.set_title(int(label), fontsize=8)
    axes.set_axis_off()
shown

# %% [markdown]
# ## The model
#
# Two convolutions and a dense layer. The table says where the numbers are.

# %%
model = (
    R(28, 28, 1)
    >> (cl.conv(8, 3) >> cl.relu >> cl.max_pool(2)).named("edges")
    >> (cl.conv(16, 3) >> cl.relu >> cl.max_pool(2)).named("parts")
    >> cl.flatten
    >> cl.dense(10).named("digits")
)
cl.draw(model)

# %%
cl.describe(model)

# %% [markdown]
# ## The learner
#
# A loss with some smoothing, Adam with a warm-up and a cosine, clipping, and averaged weights for the end. These are lenses, and
# compose. The penalty is an arrow of the parameters.

# %%
epochs, batch = 6, 32
steps = epochs * -(-len(training[0]) // batch)
rate = optax.warmup_cosine_decay_schedule(0.0, 3e-3, steps // 10, steps)
optimiser = cl.average(cl.adam(rate) >> cl.clip_by_global_norm(1.0), 0.99)
learner = cl.supervised(
    model,
    cl.softmax_cross_entropy(smoothing=0.05),
    optimiser,
    regulariser=cl.l2(1e-5, "*kernel"),
    metrics={"accuracy": cl.accuracy},
)
cl.plot.schedule(rate, steps)

# %%
cl.draw(learner, size=batch)

# %% [markdown]
# ## Before the first step
#
# Wrong data is an error now, not a wrong number after an hour:

# %%
state = learner.init(jax.random.key(0))
for wrong in ((X[:8], y[:8].astype(np.float32)), (X[:8, :, :, 0], y[:8]), (X[:8], y[:7]), (X[:0], y[:0])):
    try:
        learner.step(state, wrong)
    except cl.CatlearnError as error:
        print(f"{type(error).__name__}: {error}\n")
    else:
        raise AssertionError("it should have been refused")

# %% [markdown]
# ## Training, and a run that is killed
#
# Shuffling is by a key for each part of the run, so it can be told twice. The state is a tuple of arrays: parameters, and what the
# optimiser remembers. Saved under their names, it is all that is needed to go on.


# %%
def save_state(path, state):
    np.savez(path, **{name: np.asarray(value) for name, value in zip(learner.state.labels, state, strict=True)})


def load_state(path):
    with np.load(path) as file:
        return tuple(jnp.asarray(file[name]) for name in learner.state.labels)


keys = jax.random.split(jax.random.key(1), epochs)
rows, folder = [], Path(tempfile.mkdtemp())
for epoch in range(3):
    state, history = learner.fit(
        state, training, epochs=1, batch_size=batch, key=keys[epoch], validation=held_out, progress=False
    )
    rows += history.rows
    save_state(folder / "state.npz", state)
went_on, _ = learner.fit(state, training, epochs=1, batch_size=batch, key=keys[3], progress=False)
del state  # the power fails

# %%
state = load_state(folder / "state.npz")
for epoch in range(3, epochs):
    state, history = learner.fit(
        state, training, epochs=1, batch_size=batch, key=keys[epoch], validation=held_out, progress=False
    )
    if epoch == 3:
        for kept, lost in zip(state, went_on, strict=True):
            np.testing.assert_array_equal(kept, lost)  # not a digit differs
    rows += history.rows
run = cl.History(tuple({**row, "epoch": i + 1} for i, row in enumerate(rows)), "steps")
cl.plot(run, title="mnist5k")

# %% [markdown]
# ## How good is it?

# %%
params = learner.params(state)  # the averaged weights
logits = learner.predict(state, test[0])
accuracy = float(cl.accuracy(logits, test[1]))
assert accuracy > 0.96
f"{100 * accuracy:.1f} % of 1,000 digits that it never saw (catlearn train mnist5k: 98.3 % after 12 epochs and more channels)"

# %%
said = np.asarray(logits.argmax(-1))
table = confusion_matrix(test[1], said)
picture = figure("how often each digit (row) was taken for each (column); the diagonal is left out", 4.2, 3.6)
axes = picture.subplots()
axes.imshow(table - np.diag(np.diag(table)), cmap="Greys")
for i, j in np.argwhere(table - np.diag(np.diag(table)) > 0):
    axes.text(j, i, table[i, j], ha="center", va="center", fontsize=7, color="#c2528b")
axes.set(xticks=range(10), yticks=range(10), xlabel="said", ylabel="is")
picture

# %%
wrong = np.flatnonzero(said != test[1])[:8]
mistakes = figure("the first mistakes: what it said, and in brackets what it is", 6, 1.2)
for axes, i in zip(mistakes.subplots(1, 8), wrong, strict=False):
    axes.imshow(test[0][i, ..., 0], cmap="Greys")
    axes.set_title(f"{said[i]} ({test[1][i]})", fontsize=8)
for axes in mistakes.axes:
    axes.set_axis_off()
mistakes

# %% [markdown]
# ## Larger models
#
# Two functors for when memory or time is short: `cl.cast` computes in half precision and keeps parameters in single, and
# `cl.recompute` keeps less of a segment. Neither asks you to change the model.

# %%
fast = cl.cast(model, "bfloat16")
np.testing.assert_allclose(fast(params, test[0][0]), model(params, test[0][0]), rtol=0.05, atol=0.3)
sparing = cl.recompute(model[:2]) >> model[2:]
np.testing.assert_allclose(sparing(params, test[0][0]), model(params, test[0][0]), rtol=1e-5, atol=1e-5)

# %% [markdown]
# ## Files for others

# %%
cl.save(folder / "mnist5k.safetensors", model, params)
again = cl.load(folder / "mnist5k.safetensors", model)
cl.export(folder / "mnist5k.bin", model, again)
program = jax.export.deserialize(bytearray((folder / "mnist5k.bin").read_bytes()))
np.testing.assert_allclose(program.call(test[0][:5]), logits[:5], rtol=1e-4, atol=1e-4)
sorted(path.name for path in folder.iterdir())

# %% [markdown]
# ## From the command line
#
# A script with a `learner` and `data` is trained by `catlearn train script.py:learner`, with a bar, curves, checkpoints, and Ctrl-C
# that loses nothing.

# %%
script = folder / "mine.py"
script.write_text(
    textwrap.dedent("""
    import catlearn as cl
    from catlearn import R
    from catlearn.datasets import digits

    data = digits()
    model = R(8, 8, 1) >> cl.conv(8, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(10)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.nesterov(0.05), metrics={"accuracy": cl.accuracy})
    """)
)
command = [sys.executable, "-m", "catlearn.cli.main", "train", f"{script}:learner", "--epochs", "2", "--out", str(folder / "run")]
done = subprocess.run(command, capture_output=True, text=True, check=False)
print(done.stdout[-400:], done.stderr[-400:] if done.returncode else "")
assert done.returncode == 0

# %% [markdown]
# ## Exercises
#
# 1. Train with a hundred examples of each digit only. Which of the smoothing, the penalty and the averaging help?
# 2. Which parameters does `cl.freeze(model, params, "edges*")` leave? Train the rest on the digits 5 to 9.
# 3. Write the state of the learner to a file at every epoch, and keep the three best by validation.
#
# ## What to remember
#
# - A learner checks data before it trains; its state is a tuple of named arrays.
# - Determinism is a matter of keys: the same keys give the same run, killed or not.
# - The command line trains any learner of yours.
#
# ## Solutions

# %%
few = np.concatenate([np.flatnonzero(training[1] == k)[:100] for k in range(10)])
plain = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(3e-3), metrics={"accuracy": cl.accuracy})
small, _ = plain.fit(
    plain.init(jax.random.key(2)), (training[0][few], training[1][few]), epochs=3, batch_size=32, key=keys[0], progress=False
)
float(cl.accuracy(plain.predict(small, held_out[0]), held_out[1]))

# %%
rest = cl.freeze(model, params, "edges*")
assert set(cl.names(rest)) == {name for name in cl.names(model) if not name.startswith("edges")}
cl.names(rest)
