"""Functors to and from other libraries. Each library is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catlearn.categories.smooth import smooth
from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.packages import package
from catlearn.core.parameters import by_name
from catlearn.core.values import values_of
from catlearn.interop.foreign import Foreign, what
from catlearn.interop.program import export


def from_equinox(module: Any, arity: int = 1) -> Foreign:
    """An `equinox.Module` as a family. Type: `A₁ ⊗ … ⊗ Aₙ ⊗ P → B₁ ⊗ …`, n = `arity`, a tuple of results one wire each.

    P has a wire for each array of the module, named by its place (`layers.0.weight`), and begins as the module's own;
    arrays of integers, booleans and keys are parameters whose change is I. All else stays inside. Dtypes are the
    module's. One array in two places is two parameters, as it is two leaves for Equinox; `equinox.nn.Shared` is one.
    `family.at(params)` is the module with other parameters. Raises TypingError for anything else, and when composing,
    with Equinox's message, where the module can't run: where it wants a `key` or a state, see `equinox.nn.inference_mode`.
    Raises MissingPackageError without equinox.

    >>> import equinox as eqx, jax, catlearn as cl
    >>> cl.R(4) >> from_equinox(eqx.nn.Linear(4, 8, key=jax.random.key(0))) >> cl.relu
    R(4) >> from_equinox(Linear(…)) >> relu
    # R(4) → R(8), 40 parameters: 0.Linear.weight (8, 4), 0.Linear.bias (8,)
    """
    package("equinox", "interop")
    from catlearn.interop.equinox import FromEquinox

    return FromEquinox(module, arity)


def to_equinox(model: Diagram, params: Sequence[Any]) -> Any:
    """A model with parameters as an `equinox.Module`, which trains, is saved and composes as others do.

    `module.parameters` is a dictionary from paths to arrays, `module.params` the tuple that the model takes, and
    `module(*xs)` is `model(module.params, *xs)`. Raises ArgumentError where the parameters are not the model's,
    TypingError for a family, CompositionError for arrows of another category, MissingPackageError without equinox.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> model = cl.R(4) >> cl.dense(2)
    >>> module = to_equinox(model, model.init(jax.random.key(0)))
    >>> module(jnp.ones(4)).shape, list(module.parameters)
    ((2,), ['kernel', 'bias'])
    """
    package("equinox", "interop")
    from catlearn.interop.equinox import ToEquinox

    smooth(model)
    return ToEquinox(by_name(model, values_of(model.param, params, model, "parameters")), model)


def from_flax(module: Any, arity: int = 1, **options: Any) -> Foreign:
    """A module of `flax.linen` or `flax.nnx` as a family. Type: `A₁ ⊗ … ⊗ Aₙ ⊗ P → B₁ ⊗ …`, n = `arity`.

    Of linen: P is what `module.init` makes at a domain, and begins as it says; a module that keeps other variables
    (`batch_stats`) is refused. Of nnx: P is the `nnx.Param`s of the module as it is now, with their values; the rest of
    its state is constant, and a module that changes it when called (dropout, running statistics) has to be put in
    `module.eval()` first. Wires are named by their places (`Dense_0.kernel`). `options` are keyword arguments of the
    module's call, such as `train=False`. Dtypes are the module's. Raises TypingError for anything else, and when
    composing, with Flax's message, where the module can't run. Raises MissingPackageError without flax.

    >>> import flax.linen as nn, catlearn as cl
    >>> cl.R(4) >> from_flax(nn.Dense(8)) >> cl.relu
    R(4) >> from_flax(Dense(…)) >> relu
    # R(4) → R(8), 40 parameters: 0.Dense.bias (8,), 0.Dense.kernel (4, 8)
    """
    if isinstance(module, package("flax.linen", "interop").Module):
        from catlearn.interop.linen import FromLinen

        return FromLinen(module, arity, options)
    if isinstance(module, package("flax.nnx", "interop").Module):
        from catlearn.interop.nnx import FromNnx

        return FromNnx(module, arity, options)
    raise TypingError(f"from_flax takes a module of flax.linen or flax.nnx, got {what(module)}.")
