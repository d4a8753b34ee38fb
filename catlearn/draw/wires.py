"""What is written on a wire, and how it looks."""

from __future__ import annotations

from typing import Any

from catlearn.core.shown import cut
from catlearn.core.wires import Object

MOST = 18  # letters
SIDE_BY_SIDE = 4  # wires side by side that are drawn one by one
_SHORT = {"float32": "", "int32": "int"}


def wire_text(wire: Any) -> str:
    """A wire in a few letters: the shape of an array, with its dtype where that is not float32.

    >>> import catlearn as cl
    >>> [wire_text(w) for w in (cl.R(8, 8, 1) @ cl.R() @ cl.R(5, dtype="int32") @ cl.reverse(cl.R(2))).wires]
    ['8×8×1', '1', '5 int', '2']
    """
    if hasattr(wire, "bwd"):
        return object_text(wire.fwd if len(wire.fwd) else wire.bwd)
    leaves = getattr(wire, "leaves", None)
    if leaves is None:
        return cut(repr(wire), MOST)
    if len(leaves) != 1:
        return cut(wire.label or repr(wire), MOST)
    shape, dtype = "×".join(map(str, leaves[0].shape)), str(leaves[0].dtype)
    kind = _SHORT.get(dtype, "key" if "key" in dtype else dtype)
    return cut(" ".join(filter(None, (shape, kind))) or "1", MOST)


def object_text(A: Object) -> str:
    """The wires of an object, of many only their number."""
    return wire_text(A.wires[0]) if len(A) == 1 else f"{len(A)} wires" if len(A) else "I"


def about_wire(wire: Any) -> str:
    """A wire in full, for whoever hovers over it."""
    label = getattr(wire, "label", None)
    text = f"forward {wire.fwd}, back {wire.bwd}" if hasattr(wire, "bwd") else repr(wire)
    return cut(f"{label}: {text}" if label else text, 300)


def is_lens(A: Object) -> bool:
    """Whether something comes back along any wire of an object."""
    return any(hasattr(wire, "bwd") for wire in A.wires)


def strands(wire: Any) -> tuple[bool, bool]:
    """Whether a wire goes forward, and whether something comes back along it."""
    if hasattr(wire, "bwd"):
        return bool(len(wire.fwd)), bool(len(wire.bwd))
    return True, False


def parameter_text(wire: Any) -> str:
    """A wire of parameters: its name and shape."""
    return " ".join(filter(None, (cut(wire.label or "", 24), wire_text(wire)))) if hasattr(wire, "label") else wire_text(wire)
