"""Text that a trained character model writes."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.algebra.unfolds import categorical, generate
from catlearn.categories.batch import batch
from catlearn.cli.models import text_machine
from catlearn.core.wires import R
from catlearn.datasets.chars import Characters
from catlearn.datasets.split import Split

LENGTH, TEMPERATURES = 240, (0.5, 0.8, 1.0)


def sample_of_text(data: Split, model: str) -> Callable[[tuple], str]:
    """What the model's machine writes when it reads its own words, from a line's beginning, at several temperatures."""
    characters = Characters(data.classes)
    start = jnp.full(1, characters.encode("\n")[0])

    def shown(params: tuple) -> str:
        texts = []
        for seed, temperature in enumerate(TEMPERATURES):
            writing = generate(text_machine(len(data.classes), model), categorical(temperature), LENGTH)
            f = batch(R(dtype="int32") >> writing, 1)
            codes = jax.jit(f)(params, jax.random.key(seed), start)
            texts.append(f"--- temperature {temperature}\n{characters.decode(np.asarray(codes[0]))}")
        return "\n".join(texts)

    return shown
