"""The README's code runs, and its error is the one that is raised."""

import re
from pathlib import Path

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
import pytest

import catlearn as cl
from catlearn import R

README = (Path(__file__).parent.parent / "README.md").read_text()


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", README, re.S)


def test_the_code_runs(tmp_path, monkeypatch):
    key = jax.random.key(0)
    X, Y = jax.random.normal(key, (20, 8, 8, 1)), jnp.arange(20) % 10
    images = {"x": X[0], "dy": jnp.ones(10), "xs": X, "ys": Y, "X": X, "Y": Y, "Xv": X, "Yv": Y}
    players = {"generator": R(2) >> cl.dense(3), "critic": R(3) >> cl.dense(1)}
    foreign = {"module": eqx.nn.Linear(4, 8, key=key), "linen": nn.Dense(8), "optax": optax}
    ends = jnp.arange(34)
    graphs = {"senders": ends, "receivers": (ends + 1) % 34, "nodes": jnp.eye(34)}
    given = {**images, **players, **foreign, **graphs, "key": key, "f": R(3) >> cl.dense(3)}
    monkeypatch.chdir(tmp_path)
    for code in blocks("python"):
        exec(code.replace("epochs=20", "epochs=1"), given)
    assert given["logits"].shape == (10,) and given["dx"].shape == (8, 8, 1) and len(given["history"]) == 1
    assert given["tied"].param == given["f"].param and len(given["frozen"].param) == 0
    sequences = jnp.ones((2, 16, 8)), (jnp.zeros((2, 16), int), jnp.ones((2, 16)))
    gpt = given["gpt_learner"]
    assert given["learned"].param[:1] == R(34, 34) and given["own"].cod == R(34, 1, 8)
    assert jnp.isfinite(gpt.step(gpt.init(key), sequences)[1]["loss"])
    assert cl.laws.equivariant(given["counting"], 1) is None and given["framed"].param == given["plain"].param
    assert given["fast"].param == given["gpt"].param and (R(4) >> given["mixed"]).cod == R(3)


def test_the_errors_are_those_that_are_raised():
    for example in blocks("text")[0].split("\n\n"):
        line, _, said = example.partition("\n")
        with pytest.raises(cl.CatlearnError) as caught:
            eval(line.removeprefix(">>> "), vars(cl) | {"cl": cl, "O": cl.equivariant.O})
        assert f"{type(caught.value).__name__}: {caught.value}".split() == said.split()
