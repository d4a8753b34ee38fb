"""Arrays out of a pickle that somebody else made, such as one of Python 2, without doing anything that it says."""

from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from catlearn.core.errors import ArgumentError

LARGEST = 2**28  # entries of a matrix that is given dense

ARRAYS = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy.ndarray")
SPARSE = ("scipy.sparse.csr.csr_matrix", "scipy.sparse._csr.csr_matrix")
DICTS = ("collections.defaultdict",)
OTHERS = ("numpy.dtype", "__builtin__.list", "builtins.list", "_codecs.encode", "__builtin__.bytes")
KNOWN = ARRAYS + SPARSE + DICTS + OTHERS


def unpickled(path: Path) -> Any:
    """What a pickle of an array, a sparse matrix (given dense) or a dict holds. Nothing that it names is imported or called.

    A pickle is a program: it says what to import and to call. Here those names only give inert values, which the array is then
    read from. Raises ArgumentError for a pickle that names anything else than arrays, sparse matrices, dicts and lists need,
    and for one that is malformed.
    Source: Python's documentation of pickle, "Restricting Globals".
    """
    raw = path.read_bytes()
    try:
        _check_places(raw)
        return _plain(_Reader(io.BytesIO(raw), encoding="latin1").load())
    except ArgumentError as error:
        raise ArgumentError(f"{path}: {error}") from None
    except Exception as error:  # whatever a malformed pickle leads to
        raise ArgumentError(f"{path} is no pickle of an array, a sparse matrix or a dict. ({error})") from error


class _Inert(dict):
    """What a pickle calls something for: its name, what it was called with, and the state that was given to it."""

    called = ""
    args: tuple = ()
    state: Any = None

    def __init__(self, *args: Any) -> None:
        super().__init__()
        self.args = args

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Reader(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        name = f"{module_name}.{global_name}"
        if name not in KNOWN:
            raise ArgumentError(f"this pickle asks for {name}, which no array needs: it is not loaded.")
        return type("inert", (_Inert,), {"called": name})


def _check_places(raw: bytes) -> None:
    """Raise ArgumentError for a pickle that keeps values under larger numbers than it has bytes: room for all is made at once."""
    for op, place, _ in pickletools.genops(raw):
        if op.name == "LONG_BINPUT" and isinstance(place, int) and place > len(raw):
            raise ArgumentError(f"this pickle of {len(raw)} bytes asks for place for {place} values: it is not loaded.")


# values from what the pickle said


def _plain(value: Any) -> Any:
    name = getattr(value, "called", None)
    if name in ARRAYS:
        return _array(value)
    if name in SPARSE:
        return _dense(value)
    if name in DICTS or type(value) is dict:
        return dict(value)
    raise ArgumentError(f"expected an array, a sparse matrix or a dict in this pickle, found {name or type(value).__name__}.")


def _array(value: Any) -> np.ndarray:
    """An array from the state `(version, shape, dtype, by columns, bytes)` of NumPy's pickles."""
    shape, dtype, by_columns, raw = value.state[-4:]
    data = np.frombuffer(_bytes(raw), _dtype(dtype))
    return data.reshape(shape, order="F" if by_columns else "C")


def _bytes(raw: Any) -> bytes:
    """Bytes, which Python 2 wrote as text, and Python 3 as `_codecs.encode(text, 'latin1')` up to protocol 2, and none as
    `bytes()`."""
    raw = (*raw.args, "")[0] if isinstance(raw, _Inert) else raw
    return raw.encode("latin1") if isinstance(raw, str) else bytes(raw)


def _dtype(value: Any) -> np.dtype:
    kind, order = value.args[0], value.state[1]
    if value.called != "numpy.dtype" or kind[0] not in "biuf" or order not in ("<", ">", "|", "="):
        raise ArgumentError(f"expected an array of numbers, found one of {kind!r}.")
    return np.dtype(order + kind)


def _dense(value: Any) -> np.ndarray:
    """The matrix of a compressed sparse one: row i has `data[k]` in column `indices[k]`, starts[i] ≤ k < starts[i + 1]."""
    state = value.state
    data, indices, starts = (_array(state[name]) for name in ("data", "indices", "indptr"))
    rows, columns = state["_shape"] if "_shape" in state else state["shape"]
    counts = np.diff(starts)
    if rows * columns > LARGEST:
        raise ArgumentError(f"a matrix of shape {(rows, columns)} is too large to be given dense.")
    if len(starts) != rows + 1 or starts[0] != 0 or (counts < 0).any() or not starts[-1] == len(data) == len(indices):
        raise ArgumentError(f"a sparse matrix of shape {(rows, columns)} whose rows do not fit its {len(data)} entries.")
    if len(indices) and not 0 <= indices.min() <= indices.max() < columns:
        raise ArgumentError(f"a sparse matrix with {columns} columns has entries in columns {indices.min()} to {indices.max()}.")
    dense = np.zeros((rows, columns), data.dtype)
    np.add.at(dense, (np.repeat(np.arange(rows), counts), indices), data)
    return dense
