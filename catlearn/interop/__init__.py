"""Functors to and from other libraries. Each library is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catlearn.categories.smooth import smooth
from catlearn.core.diagram import Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.packages import package
from catlearn.core.parameters import by_name
from catlearn.core.values import values_of
from catlearn.core.wires import Object
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


def to_discopy(f: Diagram, zoom: int = 1) -> Any:
    """An arrow as a diagram of `discopy.markov`. Type: `A → B` with parameters P to `A ⊗ P → B`.

    Objects are named by the code of their wires; boxes are under their titles, with the arrow as their `data`. At `zoom` 1 the
    parts of f are boxes, at 2 those are open, and so on. Contexts stay inside the boxes. Raises TypingError for what is no
    arrow yet, MissingPackageError without discopy. Source: arXiv 2005.02975.

    >>> import catlearn as cl
    >>> print(to_discopy(cl.R(3) >> cl.dense(2) >> cl.relu))
    dense(2) >> relu
    """
    package("discopy", "discopy")
    from catlearn.interop.discopy import exported

    if not isinstance(f, Diagram | Object):
        raise TypingError(f"to_discopy takes an arrow, such as R(64) >> dense(10), got {f!r}.")
    return exported(identity(f) if isinstance(f, Object) else f, zoom)


def from_discopy(diagram: Any, boxes: Mapping[str, Any] | None = None, objects: Mapping[str, Object] | None = None) -> Diagram:
    """A diagram of DisCoPy as an arrow: the functor that is `objects` on objects and `boxes` on boxes, both by name.

    A box is a diagram, or a layer, which is taken at the domain of the box. What `to_discopy` made comes back as it was, its
    parameters too, up to the axioms of monoidal categories and the names of composites that were opened:
    `from_discopy(to_discopy(f))` has the picture of f. Swaps, copies and discards are kept; parameters that are fed by data
    become wires (`uncurry`). Raises TypingError for boxes and objects without an image, and for daggers, merges, traces and
    sums; CompositionError where an image does not fit; MissingPackageError without discopy.

    >>> from discopy.markov import Box, Ty
    >>> import catlearn as cl
    >>> x, y = Ty("x"), Ty("y")
    >>> d = Box("f", x, y) >> Box("g", y, x)
    >>> from_discopy(d, {"f": cl.dense(2), "g": cl.dense(3) >> cl.tanh}, {"x": cl.R(3), "y": cl.R(2)})
    R(3) >> dense(2) >> dense(3) >> tanh
    # R(3) → R(3), 17 parameters: 0.dense.kernel (3, 2), 0.dense.bias (2,), 1.dense.kernel (2, 3), 1.dense.bias (3,)
    """
    package("discopy", "discopy")
    from catlearn.interop.discopy import Import, imported

    return imported(diagram, Import(objects or {}, boxes or {}))
