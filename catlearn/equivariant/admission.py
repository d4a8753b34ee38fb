"""Which boxes of JAX functions are intertwiners, and between which representations.

A function σ of one number, applied to each coordinate, commutes with a matrix M exactly where M is monomial (one entry that is
not zero in each row) and `σ(λx) = λσ(x)` for each of its entries λ, unless σ is affine. So the entries of the group's
matrices decide. Sources: Wood and Shawe-Taylor 1996; Pacini, Dong, Lepri, Santin 2024 (arXiv 2401.09235).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.errors import EquivarianceError, TypingError
from catlearn.core.wires import Object
from catlearn.equivariant.representations import Representation, Sum, Tensor
from catlearn.nets.dense import bias, linear
from catlearn.nets.function import (
    Known,
    add,
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    multiply,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from catlearn.nets.norm import scale
from catlearn.nets.shape import concatenate

ANY, POSITIVE, ODD, NONE = "any factor", "positive factors", "the sign", "no factor"


@dataclass(frozen=True)
class Entries:
    """What is in the rows of a group's monomial matrices: the entries of generators, and the weights of the Lie algebra."""

    factors: frozenset[float] = frozenset({1.0})
    weights: frozenset[float] = frozenset({0.0})

    @property
    def permute(self) -> bool:
        """Whether the matrices are permutations."""
        return self.factors <= {1.0} and self.weights <= {0.0}

    def within(self, commutes: str) -> bool:
        """Whether a function that commutes with these factors commutes with the matrices."""
        if commutes == ANY:
            return True
        if commutes == POSITIVE:
            return all(factor > 0 for factor in self.factors)
        return self.weights <= {0.0} and self.factors <= ({1.0, -1.0} if commutes == ODD else {1.0})


def entries(rep: Representation) -> Entries | None:
    """The entries of a representation's matrices, where all of them are monomial; None where one is not.

    >>> from catlearn.equivariant import O, S, standard
    >>> entries(standard(S(3))).permute, entries(standard(O(3)))
    (True, None)
    """
    if getattr(rep, "permutes", False):  # known without matrices, which may be large
        return Entries()
    if isinstance(rep, Sum):
        return _union(entries(term) for term in rep.summands)
    if isinstance(rep, Tensor):
        return _union(_of_factor(rep, factor) for factor in range(len(rep.group.factors)))
    return _of_matrices(rep)


def _union(found: Iterable[Entries | None]) -> Entries | None:
    each = list(found)
    if any(one is None for one in each):
        return None
    kept = [one for one in each if one is not None]
    return Entries(*(frozenset().union(*(getattr(one, name) for one in kept)) for name in ("factors", "weights")))


def _of_factor(rep: Tensor, factor: int) -> Entries | None:
    """The entries of the matrices of one factor of the group: products of those on each axis."""
    signs = [-1 if axis.dual else 1 for axis in rep.axes if axis.factor == factor]
    group = rep.group.factors[factor]
    if not signs or group.permutes:
        return Entries()
    each = [_monomial(h) for h in group.generators()]
    weights = [_diagonal(A) for A in group.algebra()]
    if any(found is None for found in each + weights):
        return None
    factors = {_rounded(np.prod(c)) for f in each for c in product(*([v**s for v in f] for s in signs))}  # type: ignore[union-attr]
    sums = {_rounded(sum(c)) for w in weights for c in product(*([s * v for v in w] for s in signs))}  # type: ignore[union-attr]
    return Entries(frozenset(factors | {1.0}), frozenset(sums | {0.0}))


def _of_matrices(rep: Representation) -> Entries | None:
    each = [_monomial(np.asarray(rep.matrix(h))) for h in rep.group.generators()]
    weights = [_diagonal(rep.derivative(i, X)) for i, factor in enumerate(rep.group.factors) for X in factor.algebra()]
    if any(found is None for found in each + weights):
        return None
    return Entries(frozenset({1.0}).union(*each), frozenset({0.0}).union(*weights))  # type: ignore[arg-type]


def _monomial(M: np.ndarray) -> set[float] | None:
    """The entries of a monomial matrix that are not zero; None for another matrix."""
    kept = np.abs(M) > 1e-6
    return {_rounded(value) for value in M[kept]} if (kept.sum(1) == 1).all() else None


def _diagonal(A: np.ndarray) -> set[float] | None:
    return {_rounded(value) for value in np.diag(A)} if np.allclose(A, np.diag(np.diag(A)), atol=1e-6) else None


def _rounded(value: float) -> float:
    return round(float(value), 6) + 0.0


# what is known of functions


@dataclass(frozen=True, repr=False)
class pointwise(Known):
    """A JAX function of one number, on each coordinate, that says with what factors it commutes. Type: `R(…) → R(…)`.

    `commutes` is "odd" for `f(−x) = −f(x)`, "positive" for `f(λx) = λf(x)` where λ > 0, and None otherwise. It is tried on
    numbers. Raises TypingError where it does not hold, and for a function that is not of each number by itself.

    >>> import jax.numpy as jnp
    >>> pointwise(jnp.sin, "odd")
    pointwise(sin, 'odd')
    """

    commutes: str | None = None

    def __init__(self, fn: Callable, commutes: str | None = None) -> None:
        if commutes not in (None, "odd", "positive"):
            raise TypingError(f"pointwise: `commutes` is 'odd', 'positive' or None, got {commutes!r}.")
        for name, value in (("fn", fn), ("arity", 1), ("known_as", getattr(fn, "__name__", "function")), ("commutes", commutes)):
            object.__setattr__(self, name, value)
        self._try()

    def _try(self) -> None:
        x = jnp.linspace(-3.0, 3.0, 13).reshape(1, 13)
        y = self.fn(x)
        alone = jnp.concatenate([self.fn(x[0, i : i + 1]) for i in range(13)])
        if jnp.shape(y) != x.shape or not jnp.allclose(y[0], alone, atol=1e-5):
            raise TypingError(f"{self!r}: the function is not of each number by itself.")
        factor = {"odd": -1.0, "positive": 2.5}.get(self.commutes or "", 1.0)
        if not jnp.allclose(self.fn(factor * x), factor * y, atol=1e-5):
            raise TypingError(f"{self!r}: f({factor} x) is not {factor} f(x) for all x.")

    def __repr__(self) -> str:
        said = "" if self.commutes is None else f", {self.commutes!r}"
        return f"pointwise({self.known_as}{said})"

    def __reduce__(self) -> tuple:  # type: ignore[override]
        return pointwise, (self.fn, self.commutes)


@dataclass(frozen=True, repr=False)
class OnEachArray(SmoothLayer):
    """A function of each number by itself, on all arrays of a direct sum."""

    family: Any

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.family.name

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.family.arity

    def apply(self, params: tuple, *xs: Any) -> Any:
        leaves, tree = jax.tree.flatten(xs[0])
        each = zip(leaves, *(jax.tree.leaves(x) for x in xs[1:]), strict=True)
        return tree.unflatten([self.family.apply(params, *arrays) for arrays in each])

    def __repr__(self) -> str:
        return repr(self.family)


def on_each_array(family: Any, dom: Object) -> Any:
    """The family, or where a wire has several arrays and it knows no more than numbers, what does it on each array."""
    several = any(hasattr(wire, "rep") and len(wire.leaves) > 1 for wire in dom.wires)
    return OnEachArray(family) if several and (commutes_with(family) is not None or family == add) else family


def commutes_with(family: Any) -> str | None:
    """With what factors a function of each coordinate commutes; None for a box that is no such function."""
    if isinstance(family, pointwise):
        return {"odd": ODD, "positive": POSITIVE, None: NONE}[family.commutes]
    if family in (relu, leaky_relu):
        return POSITIVE
    if family == tanh:
        return ODD
    return NONE if family in (sigmoid, gelu, silu, elu, softplus) else None


def codomain_of(family: Any, dom: Object, plain: Object) -> Object:
    """The codomain of a box of Smooth as an intertwiner. Raises EquivarianceError, which says why, where it is none."""
    acting = [w for w in dom.wires if hasattr(w, "rep")]
    wire = acting[0]
    if commutes_with(family) is not None:
        return _activated(family, dom)
    if family == add and dom.wires[0] == dom.wires[-1]:
        return dom[0]
    if isinstance(family, concatenate) and family.axis in (-1,) and len(acting) == len(dom) and len({w.rep for w in acting}) == 1:
        return wire.rep.wire(sum(w.channels for w in acting), wire.leaves[0].dtype)
    if isinstance(family, linear | scale) and len(wire.leaves) == 1:
        return wire.rep.wire(plain.wires[0].leaves[0].shape[-1], wire.leaves[0].dtype)
    found = [entries(w.rep) for w in acting]
    permuting = len(acting) == len(dom) and all(one is not None and one.permute for one in found)
    if permuting and _of_each_position(family) and all(w.rep == wire.rep and len(w.leaves) == 1 for w in acting):
        return wire.rep.wire(plain.wires[0].leaves[0].shape[-1], plain.wires[0].leaves[0].dtype)
    raise EquivarianceError(
        f"{family!r} is no intertwiner at {dom}: it need not commute with the action of {wire.rep.group!r}.\n"
        "  what is: the layers of catlearn.equivariant, catlearn.linear on channels, add, concatenate(), and activations where\n"
        "  the theorem allows them. catlearn.forget(model) leaves the symmetry behind, before this box."
    )


def _of_each_position(family: Any) -> bool:
    """Whether a box does the same at each position of an array, along its last axis alone."""
    return isinstance(family, bias) or family in (softmax, log_softmax, multiply) or getattr(family, "axes", None) == (-1,)


def _activated(family: Any, dom: Object) -> Object:
    wire = dom.wires[0]
    commutes, found = commutes_with(family), entries(wire.rep)
    if found is not None and found.within(commutes or NONE):
        return dom
    raise EquivarianceError(
        f"{family!r} is no intertwiner at {dom}: {_why(family, wire.rep, commutes, found)}\n"
        "  (a function of each coordinate commutes with a matrix only if that is monomial, with factors λ such that\n"
        "  f(λx) = λf(x): arXiv 2401.09235, theorem on admissible activations)\n"
        f"  instead: {_instead(found)}"
    )


def _why(family: Any, rep: Representation, commutes: str | None, found: Entries | None) -> str:
    if found is None:
        return f"matrices of {rep.group!r} mix coordinates here, and {family!r} acts on each coordinate by itself."
    bad = sorted(v for v in found.factors if not Entries(frozenset({v})).within(commutes or NONE))
    said = f"the factor {bad[0]:g}" if bad else "positive factors"
    return f"elements of {rep.group!r} multiply coordinates by {said}, with which {family!r} does not commute."


def _instead(found: Entries | None) -> str:
    if found is not None and found.within(ODD):
        return "an odd function, such as tanh or catlearn.equivariant.pointwise(jnp.sin, 'odd')."
    if found is not None and found.within(POSITIVE):
        return "relu or leaky_relu."
    return (
        "catlearn.equivariant.gated(…), norm_activation(…) or tensor_product(…), any activation on invariants (power 0),\n"
        "  or catlearn.forget(model), which leaves the symmetry behind."
    )
