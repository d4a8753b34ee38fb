"""A trained model as a file that JAX alone can run, without catlearn and without its libraries."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import jax
import jax.export
import jax.numpy as jnp

from catlearn.categories.batch import with_axis
from catlearn.categories.cokleisli import inference, left_open, underlying
from catlearn.categories.smooth import smooth
from catlearn.core.diagram import Diagram
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.packages import package
from catlearn.core.text import short
from catlearn.core.values import pack, values_of
from catlearn.learn.checkpoint import replacing

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


def export(path: str | os.PathLike, model: Diagram, params: Sequence[Any], platforms: Sequence[str] = ("cpu",)) -> None:
    """Write a model with its parameters as a program, by `jax.export`. The file is complete or not there.

    `jax.export.deserialize(file.read_bytes()).call(xs)` runs it where catlearn is not: on `Aⁿ` for any number n ≥ 1 of
    examples, one argument a wire, as `learner.predict(state, xs)` does with `params = learner.params(state)`. Contexts come
    before inputs, one for each example, and random keys are left out; edge lists are values of catlearn, which is then needed
    there too, and adjacency matrices are arrays. It runs on the `platforms` it was made for, some of cpu, cuda, rocm and tpu.
    Needs the package flatbuffers, here and there.
    Raises ArgumentError for parameters of another model and for other platforms, TypingError where the model can't be
    exported, with JAX's message, CompositionError for arrows of another category, MissingPackageError without flatbuffers.
    """
    package("flatbuffers", "interop")
    program = exported(model, params, platforms).serialize()
    with replacing(path) as draft:
        draft.write_bytes(program)


def exported(model: Diagram, params: Sequence[Any], platforms: Sequence[str] = ("cpu",)) -> jax.export.Exported:
    """The program that `export` writes.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> model = cl.R(4) >> cl.dense(2)
    >>> exported(model, model.init(jax.random.key(0))).call(jnp.ones((5, 4))).shape
    (5, 2)
    """
    plain = underlying(inference(model))
    arrow, params = smooth(plain).arrow, jax.tree.map(jnp.asarray, values_of(model.param, params, "export", "parameters"))
    if isinstance(platforms, str) or not platforms or not set(platforms) <= set(PLATFORMS):
        raise ArgumentError(f"export: platforms is a tuple of some of {', '.join(PLATFORMS)}, got {platforms!r}.")
    if not plain.dom.wires:
        raise TypingError(f"{short(model)} has no inputs, so no batch of them: there is nothing to export but its value.")
    if left_open(plain.dom):
        raise TypingError(f"{short(model)} reads a context that is left open: say which it is, by catlearn.within.")
    (size,) = jax.export.symbolic_shape("n")
    run = jax.vmap(lambda *xs: pack(arrow.run((*xs, *params))))  # what `batch` does, for a size that is a symbol
    try:
        return jax.export.export(jax.jit(run), platforms=tuple(platforms))(*with_axis(plain.dom, size).structs)  # type: ignore
    except Exception as error:  # whatever JAX raises is reported as ours
        raise TypingError(f"{short(model)} can't be exported.\n  {type(error).__name__}: {error}") from error
