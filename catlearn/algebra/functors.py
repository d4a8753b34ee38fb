"""The polynomial endofunctors that have names: lists, trees, streams, machines."""

from __future__ import annotations

from catlearn.algebra.polynomial import Polynomial, X, const, one
from catlearn.core.errors import TypingError
from catlearn.core.wires import Object, is_whole


def List(A: Object) -> Polynomial:
    """`1 + A × X`, whose initial algebra is lists of A: an algebra is `nil : I → S` and `cons : A ⊗ S → S`.

    >>> from catlearn.core.wires import R
    >>> List(R(3))
    one + const(R(3)) * X
    """
    return one + const(A) * X


def BinaryTree(A: Object) -> Polynomial:
    """`A + X²`: binary trees with a label on each leaf. An algebra is `leaf : A → S` and `node : S ⊗ S → S`.

    >>> from catlearn.core.wires import R
    >>> BinaryTree(R(3))
    const(R(3)) + X ** 2
    """
    return const(A) + X**2


def RoseTree(A: Object, degree: int) -> Polynomial:
    """`A × (1 + X)ᵈ`: trees with a label on each node and up to d children, each in its place, or absent.

    >>> from catlearn.core.wires import R
    >>> RoseTree(R(3), 2)
    const(R(3)) * (one + X) * (one + X)
    """
    if not is_whole(degree, least=1):
        raise TypingError(f"RoseTree: degree must be a whole number ≥ 1, got {degree!r}.")
    return const(A) * (one + X) ** degree


def Stream(O: Object) -> Polynomial:  # noqa: E741
    """`O × X`, whose terminal coalgebra is streams: a coalgebra is `S → O ⊗ S`.

    >>> from catlearn.core.wires import R
    >>> Stream(R(3))
    const(R(3)) * X
    """
    return const(O) * X


def Mealy(A: Object, O: Object) -> Polynomial:  # noqa: E741
    """`(O × X)^A`: a coalgebra is a machine `A ⊗ S → O ⊗ S`, which says something on each input.

    >>> from catlearn.core.wires import R
    >>> Mealy(R(2), R(3))
    (const(R(3)) * X) ** (R(2))
    """
    return (const(O) * X) ** A


def Moore(A: Object, O: Object) -> Polynomial:  # noqa: E741
    """`O × X^A`: a coalgebra is a machine with a readout `S → O` and a transition `A ⊗ S → S`.

    >>> from catlearn.core.wires import R
    >>> Moore(R(2), R(3))
    const(R(3)) * (X ** (R(2)))
    """
    return const(O) * X**A
