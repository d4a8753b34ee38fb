"""Parameters in files, under their readable names."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from catlearn.core.diagram import Diagram
from catlearn.core.errors import ArgumentError
from catlearn.core.parameters import by_name
from catlearn.core.values import values_of


def save(path: str | os.PathLike, model: Diagram, params: Sequence[Any]) -> None:
    """Write parameters to an `.npz` file, an array for each path. The file is complete or not there.

    Raises ArgumentError where the parameters are not the model's, and OSError where the file can't be written.

    >>> import jax, tempfile, catlearn as cl
    >>> model = cl.R(2) >> cl.dense(3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/p.npz", model, model.init(jax.random.key(0)))
    ...     [p.shape for p in load(f"{folder}/p.npz", model)]
    [(2, 3), (3,)]
    """
    target = Path(path)
    params = values_of(model.param, params, "save", "parameters")
    draft = target.with_name(target.name + ".draft")
    with zipfile.ZipFile(draft, "w") as archive:
        for name, value in _flat(by_name(model, params)).items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, _plain(np.asarray(value)), allow_pickle=False)
    draft.replace(target)


def load(path: str | os.PathLike, model: Diagram) -> tuple[Any, ...]:
    """Read the parameters that `save` wrote. Raises ArgumentError that lists every missing, unexpected and misshapen name.

    >>> import jax, tempfile, catlearn as cl
    >>> model = cl.R(2) >> cl.dense(3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/p.npz", model, model.init(jax.random.key(0)))
    ...     [p.shape for p in load(f"{folder}/p.npz", model)]
    [(2, 3), (3,)]
    """
    found = _arrays(path)
    structs = by_name(model, model.param.structs)
    wanted = _flat(structs)
    problems = [f"missing: {name}" for name in wanted if name not in found]
    problems += [f"unexpected: {name}" for name in found if name not in wanted]
    problems += [
        f"misshapen: {name} is {found[name].shape} {found[name].dtype}, not {like.shape} {like.dtype}"
        for name, like in wanted.items()
        if name in found and (found[name].shape, found[name].dtype) != (like.shape, _plain(np.empty(0, like.dtype)).dtype)
    ]
    if problems:
        raise ArgumentError(f"{path} does not hold the parameters of this model:\n  " + "\n  ".join(problems))
    tree = jax.tree.structure(tuple(structs.values()))
    return jax.tree.unflatten(tree, [jax.numpy.asarray(found[name].view(like.dtype)) for name, like in wanted.items()])


def _arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise ArgumentError(f"{path} is no .npz file of parameters: {error}") from error


def _plain(array: np.ndarray) -> np.ndarray:
    """The array as numpy's files can hold it: dtypes of JAX's own, such as bfloat16, as bits."""
    return array if array.dtype.isbuiltin == 1 else array.view(f"uint{8 * array.dtype.itemsize}")


def _flat(named: dict[str, Any]) -> dict[str, Any]:
    """One entry for each array; an array inside a pytree wire has its place after the wire's path."""
    return {
        name + jax.tree_util.keystr(place): leaf
        for name, value in named.items()
        for place, leaf in jax.tree_util.tree_leaves_with_path(value)
    }
