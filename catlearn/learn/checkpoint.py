"""Parameters and states of learners in files, under their readable names."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.diagram import Diagram
from catlearn.core.errors import ArgumentError
from catlearn.core.packages import package
from catlearn.core.parameters import labelled
from catlearn.core.paths import distinct
from catlearn.core.values import values_of
from catlearn.core.wires import Object
from catlearn.learn.batches import Trainable

Arrays = dict[str, np.ndarray]

DTYPES = {  # by their names in .safetensors files
    "BOOL": "bool",
    "I8": "int8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "U8": "uint8",
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}


def save(path: str | os.PathLike, model: Diagram | Trainable, values: Sequence[Any]) -> None:
    """Write a model's parameters, or a learner's state, to an `.npz` or a `.safetensors` file. It is complete or not there.

    It has an array for each path, such as `0.dense.kernel`, or `adam.mean.0.dense.kernel` of a state. Raises ArgumentError
    where the values are not the model's or the learner's, and for another suffix or a dtype that such a file can't hold;
    MissingPackageError without safetensors; OSError where the file can't be written.

    >>> import jax, tempfile, catlearn as cl
    >>> model = cl.R(2) >> cl.dense(3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/p.npz", model, model.init(jax.random.key(0)))
    ...     [p.shape for p in load(f"{folder}/p.npz", model)]
    [(2, 3), (3,)]
    """
    kind, held = _kind(path), _held(model)
    values = values_of(held, values, "save", "parameters" if isinstance(model, Diagram) else "wires of state")
    arrays = {name: _numbers(value) for name, value in _flat(labelled(held, values)).items()}
    with replacing(path) as draft:
        kind.write(draft, arrays)


def load(path: str | os.PathLike, model: Diagram | Trainable) -> tuple[Any, ...]:
    """Read what `save` wrote. Raises ArgumentError that lists every missing, unexpected and misshapen name.

    >>> import jax, tempfile, catlearn as cl
    >>> model = cl.R(2) >> cl.dense(3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/p.safetensors", model, model.init(jax.random.key(0)))
    ...     [p.shape for p in load(f"{folder}/p.safetensors", model)]
    [(2, 3), (3,)]
    """
    kind, held = _kind(path), _held(model)
    structs = labelled(held, held.structs)
    leaves = _flat(structs)
    wanted = {name: jax.eval_shape(_data, like) for name, like in leaves.items()}
    found = kind.read(path, wanted)
    problems = _problems(found, wanted)
    if problems:
        what = "the parameters of this model" if isinstance(model, Diagram) else "a state of this learner"
        raise ArgumentError(f"{path} does not hold {what}:\n  " + "\n  ".join(problems))
    tree = jax.tree.structure(tuple(structs.values()))
    return jax.tree.unflatten(tree, [_value(found[name], like) for name, like in leaves.items()])


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A draft beside the file, which takes its place once it is written; whatever happens before leaves the old file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/a.txt") as draft:
    ...         _ = draft.write_text("whole")
    ...     [(file.name, file.read_text()) for file in Path(folder).iterdir()]
    [('a.txt', 'whole')]
    """
    target = Path(path)
    draft = target.with_name(target.name + ".draft")
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _held(model: Diagram | Trainable) -> Object:
    """What a file holds: the parameters of an arrow, the state of what is trained."""
    return model.param if isinstance(model, Diagram) else distinct(model.state)


def _problems(found: Arrays, wanted: dict[str, jax.ShapeDtypeStruct]) -> list[str]:
    return [
        *(f"missing: {name}" for name in wanted if name not in found),
        *(f"unexpected: {name}" for name in found if name not in wanted),
        *(
            f"misshapen: {name} is {found[name].shape} {found[name].dtype}, not {like.shape} {like.dtype}"
            for name, like in wanted.items()
            if name in found and (found[name].shape, found[name].dtype) != (like.shape, like.dtype)
        ),
    ]


# kinds of file


@dataclass(frozen=True)
class _Kind:
    """How arrays are written to a file, and read from one that should have arrays like those wanted."""

    write: Callable[[Path, Arrays], None]
    read: Callable[[str | os.PathLike, dict[str, jax.ShapeDtypeStruct]], Arrays]


def _kind(path: str | os.PathLike) -> _Kind:
    match Path(path).suffix:
        case ".npz":
            return _Kind(_write_npz, _read_npz)
        case ".safetensors":
            return _Kind(_write_safetensors, _read_safetensors)
    raise ArgumentError(f"{os.fspath(path)!r}: the name of a file of parameters ends in .npz or .safetensors.")


def _write_npz(draft: Path, arrays: Arrays) -> None:
    with zipfile.ZipFile(draft, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, array.view(_bits(array.dtype)), allow_pickle=False)


def _read_npz(path: str | os.PathLike, wanted: dict[str, jax.ShapeDtypeStruct]) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except (ValueError, AttributeError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ArgumentError(f"{path} is no .npz file of parameters: {error}") from error
    fits = {name: like.dtype for name, like in wanted.items() if name in found and found[name].dtype == _bits(like.dtype)}
    return {name: array.view(fits.get(name, array.dtype)) for name, array in found.items()}


def _bits(dtype: np.dtype) -> np.dtype:
    """The dtype that numpy's files have for this one: for those of JAX's own, such as bfloat16, their bits."""
    return dtype if dtype.isbuiltin != 2 else np.dtype(f"uint{8 * dtype.itemsize}")


def _write_safetensors(draft: Path, arrays: Arrays) -> None:
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES.values():
            raise ArgumentError(f"a .safetensors file can't hold {array.dtype}, which {name} is; an .npz file can.")
    package("safetensors.numpy", "interop").save_file(arrays, draft)


def _read_safetensors(path: str | os.PathLike, wanted: dict[str, jax.ShapeDtypeStruct]) -> Arrays:
    safetensors = package("safetensors", "interop")
    try:
        entries = safetensors.deserialize(Path(path).read_bytes())
        return {name: _tensor(**entry) for name, entry in entries}
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise ArgumentError(f"{path} is no .safetensors file of parameters: {error}") from error


def _tensor(dtype: str, shape: Sequence[int], data: bytes) -> np.ndarray:
    return np.frombuffer(data, jnp.dtype(DTYPES[dtype])).reshape(shape)


# leaves


def _data(leaf: Any) -> Any:
    """A leaf as numbers: a random key is the words that make it."""
    return jax.random.key_data(leaf) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf


def _numbers(leaf: Any) -> np.ndarray:
    return np.asarray(_data(jnp.asarray(leaf)), order="C")


def _value(array: np.ndarray, like: jax.ShapeDtypeStruct) -> jax.Array:
    if jnp.issubdtype(like.dtype, jax.dtypes.prng_key):
        return jax.random.wrap_key_data(jnp.asarray(array), impl=jax.random.key_impl(jnp.empty(0, like.dtype)))
    return jnp.asarray(array)


def _flat(named: dict[str, Any]) -> dict[str, Any]:
    """One entry for each array; an array inside a pytree wire has its place after the wire's path."""
    return {
        name + jax.tree_util.keystr(place): leaf
        for name, value in named.items()
        for place, leaf in jax.tree_util.tree_leaves_with_path(value)
    }
