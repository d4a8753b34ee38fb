"""The README's code runs, and its error is the one that is raised."""

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

import catlearn as cl
from catlearn import R

README = (Path(__file__).parent.parent / "README.md").read_text()


def block(kind):
    return re.search(rf"```{kind}\n(.*?)```", README, re.S).group(1)


def test_the_code_runs():
    key = jax.random.key(0)
    X, Y = jax.random.normal(key, (20, 8, 8, 1)), jnp.arange(20) % 10
    given = {
        "x": X[0],
        "dy": jnp.ones(10),
        "xs": X,
        "ys": Y,
        "X": X,
        "Y": Y,
        "Xv": X,
        "Yv": Y,
        "key": key,
        "f": R(3) >> cl.dense(3),
    }
    code = block("python").replace("epochs=20", "epochs=1")
    exec(code, given)
    assert given["logits"].shape == (10,) and given["dx"].shape == (8, 8, 1) and len(given["history"]) == 1
    assert given["tied"].param == given["f"].param and len(given["frozen"].param) == 0


def test_the_error_is_the_one_that_is_raised():
    line, _, said = block("text").partition("\n")
    with pytest.raises(cl.CatlearnError) as caught:
        eval(line.removeprefix(">>> "), vars(cl) | {"cl": cl})
    assert f"{type(caught.value).__name__}: {caught.value}\n" == said
