"""Bases of the spaces of equivariant linear maps: by diagrams where the group has them, else by solving for its generators."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.errors import TypingError
from catlearn.core.wires import Object
from catlearn.equivariant.automorphisms import Aut
from catlearn.equivariant.bilabelled_bases import bilabelled_basis
from catlearn.equivariant.brauer import brauer_basis, double_factorial
from catlearn.equivariant.common_groups import A, S
from catlearn.equivariant.constraints import solve_matrices
from catlearn.equivariant.diagrams import PointDiagram
from catlearn.equivariant.grood import grood_basis
from catlearn.equivariant.groups import MatrixGroup
from catlearn.equivariant.jellyfish import jellyfish_basis
from catlearn.equivariant.lie_groups import SO, O, Sp
from catlearn.equivariant.partitions import bell, partition_basis, stirling
from catlearn.equivariant.representations import Representation, Tensor, power_of
from catlearn.equivariant.sharing import Row, Shared, shared
from catlearn.equivariant.sums import Dense, Each
from catlearn.equivariant.symplectic import symplectic_basis
from catlearn.equivariant.why_empty import why_empty


def diagrams(group: MatrixGroup, k: int, l: int) -> tuple[Any, ...] | None:  # noqa: E741
    """Diagrams `k → l` whose matrices are a basis of the maps `V^{⊗k} → V^{⊗l}` that a group commutes with; None for a group
    whose maps no diagrams are known for.

    >>> diagrams(O(3), 1, 1)
    (brauer("1", "1"),)
    """
    match group:
        case S():
            return partition_basis(group.n, k, l)
        case O():
            return brauer_basis(group.n, k, l)
        case Sp():
            return symplectic_basis(group.n, k, l)
        case SO():
            return grood_basis(group.n, k, l)
        case A():
            return jellyfish_basis(group.n, k, l)
        case Aut() if k + l <= 2 and _simple(group.adjacency):  # beyond, graphs that tell orbits apart take long to find
            return bilabelled_basis(group.adjacency, k, l)
    return None


def _every(group: MatrixGroup, k: int, l: int) -> int:  # noqa: E741
    """How many diagrams `k → l` there are for a group, dependent ones among them; 0 where there is no end of them."""
    m, n = k + l, group.n
    matched = lambda points: double_factorial(points - 1) if points >= 0 and points % 2 == 0 else 0  # noqa: E731
    match group:
        case S():
            return bell(m)
        case A():
            return bell(m) + (stirling(m, n) + stirling(m, n - 1) if n > 1 else 0)
        case O() | Sp():
            return matched(m)
        case SO():
            return matched(m) + math.comb(m, n) * matched(m - n)
    return 0


def _simple(adjacency: np.ndarray) -> bool:
    """Whether a graph has neither directions nor weights nor loops."""
    loops = np.diag(adjacency).any()
    return not loops and np.array_equal(adjacency, adjacency.T) and bool(np.isin(adjacency, (0, 1)).all())


def image_of(factor: MatrixGroup) -> Any:
    """What makes a diagram's functor that to the maps of this group: n, or the graph."""
    return factor.adjacency if isinstance(factor, Aut) else factor.n


def solve(group: MatrixGroup, source: Any, target: Any, method: str = "auto") -> np.ndarray:
    """A basis of all equivariant linear maps between two representations of any matrix group, by its generators alone.

    Type: (group, V, W) → float64 (dim, size of W, size of V). Representations are given as such, as objects of one wire (without
    their channels) or as exponents of the standard one. `method` is that of `solve_matrices`, which says what is raised.
    Source: Finzi, Welling, Wilson 2021 (arXiv 2104.09459), equations 7 and 8.

    >>> from catlearn.equivariant import S, SO
    >>> solve(SO(3), 1, 2).shape, solve(S(3), 2, 2).shape
    ((1, 9, 3), (14, 9, 9))
    """
    a, b = representation(group, source), representation(group, target)
    discrete, algebra = generator_pairs(a, b)
    return solve_matrices(discrete, algebra, shape=(b.size, a.size), method=method)


def why_zero(group: MatrixGroup, source: Any, target: Any) -> str | None:
    """Why there is no equivariant map but zero between two representations, in words; None where there is one.

    >>> from catlearn.equivariant import O
    >>> why_zero(O(2), 1, 0)
    'exp(π × element 0 of the Lie algebra) acts by −1 on the domain and by 1 on the codomain, so every equivariant map is zero.'
    """
    return why_empty(*generator_pairs(representation(group, source), representation(group, target)))


def generator_pairs(a: Representation, b: Representation) -> tuple[list, list]:
    """The matrices in two representations of a group's discrete generators, and of generators of its Lie algebra."""
    discrete = [(np.asarray(a.matrix(h)), np.asarray(b.matrix(h))) for h in a.group.generators()]
    algebra = [(a.derivative(i, X), b.derivative(i, X)) for i, f in enumerate(a.group.factors) for X in f.algebra()]
    return discrete, algebra


def representation(group: MatrixGroup, of: Any) -> Representation:
    """A representation of a group from what names it. Raises TypingError for another group's."""
    named: Any = of.wires[0].rep if isinstance(of, Object) and len(of) == 1 and hasattr(of.wires[0], "rep") else of
    found: Representation = named if isinstance(named, Representation) else power_of(group, named)
    if found.group != group:
        raise TypingError(f"{found!r} is a representation of {found.group!r}, not of {group!r}.")
    return found


MOST_DRAWN = 60  # diagrams of a basis that a notebook shows


class Basis(tuple):
    """A tuple of diagrams or matrices. Shown, it says how many diagrams there are in all, and that the others depend on these."""

    def __new__(cls, maps: Any, of: str, all_diagrams: int | None) -> Basis:
        made = super().__new__(cls, maps)
        made.of, made.all_diagrams = of, all_diagrams  # type: ignore[attr-defined]
        return made

    def _repr_html_(self) -> str:
        from catlearn.draw.showing import in_a_row, shown

        drawn = self[:MOST_DRAWN] if self.all_diagrams is not None else ()  # type: ignore[attr-defined]
        if not all(isinstance(one, PointDiagram) for one in drawn) or not drawn:
            return shown(self)
        head, *_ = repr(self).splitlines()
        return in_a_row(head.strip("<>"), [(repr(one), one) for one in drawn])

    def __repr__(self) -> str:
        total = self.all_diagrams  # type: ignore[attr-defined]
        if total is None:
            return f"<{len(self)} matrices, a basis of {self.of}>"  # type: ignore[attr-defined]
        left = f" of {total}, of which the others are combinations" if total > len(self) else ""
        return "\n".join([f"<{len(self)} diagrams{left}: a basis of {self.of}", *(f"  {one!r}" for one in self)]) + ">"  # type: ignore[attr-defined]


def basis(group: MatrixGroup, source: Any, target: Any) -> Basis:
    """A basis of the equivariant maps between two representations: diagrams where the group has them, else matrices.

    Between sums, one for each pair of terms, those into the first term of the target first. For a product of groups, tuples of
    a diagram for each factor. A layer has a weight for each of them, in this order; it takes fewer than all diagrams where those
    are linearly dependent.

    >>> from catlearn.equivariant import S, SO
    >>> len(basis(S(5), 2, 2)), basis(SO(2), 1, 1)[1]
    (15, grood("*1", "*1"))
    >>> basis(S(1), 1, 1)
    <1 diagrams of 2, of which the others are combinations: a basis of Hom(S(1).standard(), S(1).standard())
      partition("1", "1")>
    """
    a, b = representation(group, source), representation(group, target)
    each = [maps_between(s, t) for t in b.terms for s in a.terms]
    totals = [maps.of_diagrams for maps in each]
    total = None if None in totals else sum(t for t in totals if t is not None)
    return Basis((one for maps in each for one in maps.basis), f"Hom({a!r}, {b!r})", total)


def dim(group: MatrixGroup, source: Any, target: Any) -> int:
    """The dimension of the space of equivariant maps between two representations.

    >>> from catlearn.equivariant import S, SO, O
    >>> dim(S(5), 2, 2), dim(S(3), 2, 2), dim(SO(4), 2, 2), dim(S(4) * O(3), (1, 1), (1, 1))
    (15, 14, 4, 2)
    """
    return len(basis(group, source, target))


@dataclass(frozen=True)
class Maps:
    """A basis of the maps between two representations, and how a sum over it is applied: shared diagrams first, then others.

    `norms` are the squared Frobenius norms; `signs` what the shared sum leaves out; `of_diagrams` how many diagrams there are,
    with those that depend on these, and None of matrices.
    """

    basis: tuple[Any, ...]
    shared: Shared | None
    others: Each | Dense | None
    norms: tuple[float, ...]
    signs: tuple[int, ...]
    of_diagrams: int | None = None

    def backward(self, x: jax.Array, w: jax.Array, dy: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The changes of the input and of the weights from that of the output."""
        n = self.shared.count if self.shared is not None else 0
        changes = [self.shared.backward(x, w[:n], dy)] if self.shared is not None else []
        changes += [jax.vjp(self.others.forward, x, w[n:])[1](dy)] if self.others is not None else []
        if not changes:
            return jnp.zeros_like(x), jnp.zeros_like(w)
        return sum(dx for dx, _ in changes), jnp.concatenate([dw for _, dw in changes])  # type: ignore[return-value]


def maps_between(a: Representation, b: Representation) -> Maps:
    """The maps between two representations that are no sums."""
    found = _diagrams_between(a, b) if isinstance(a, Tensor) and isinstance(b, Tensor) else None
    return _solved(a, b) if found is None else _drawn(a, b, found)  # type: ignore[arg-type]


def _solved(a: Representation, b: Representation) -> Maps:
    matrices = solve(a.group, a, b)
    shape = b.arrays(1, "float32").shape[:-1]
    others = Dense(matrices, shape) if len(matrices) else None
    norms = tuple(float(n) for n in np.square(matrices).sum((1, 2)))
    return Maps(tuple(matrices), None, others, norms, (1,) * len(matrices))


def _diagrams_between(a: Tensor, b: Tensor) -> list[tuple[Any, ...]] | None:
    """Tuples with a diagram for each factor of the group; None where a factor has none, or an axis is dual."""
    if any(axis.dual for axis in a.axes + b.axes):
        return None
    each = []
    for i, factor in enumerate(a.group.factors):
        found = diagrams(factor, sum(x.factor == i for x in a.axes), sum(x.factor == i for x in b.axes))
        if found is None:
            return None
        each.append(found)
    return list(product(*each))


def _drawn(a: Tensor, b: Tensor, found: list[tuple[Any, ...]]) -> Maps:
    plain = [ds for ds in found if not any(_special(d) for d in ds)]
    special = [ds for ds in found if any(_special(d) for d in ds)]
    twists = tuple(isinstance(factor, Sp) for factor in a.group.factors)
    below, above = (Row(tuple(x.factor for x in t.axes), t.shape, twists if any(twists) else ()) for t in (a, b))
    plan = shared(below, above, [_blocks(a, b, ds) for ds in plain]) if plain else None
    others = Each(tuple(_Product(a, b, ds) for ds in special), len(a.axes)) if special else None
    ordered = plain + special
    norms = tuple(float(np.prod([_norm(d, f) for d, f in zip(ds, a.group.factors, strict=True)])) for ds in ordered)
    signs = tuple(int(np.prod([getattr(d, "sign", 1) for d in ds])) for ds in plain) + (1,) * len(special)
    total = math.prod(_every(f, len(_places(a, i)), len(_places(b, i))) for i, f in enumerate(a.group.factors))
    return Maps(tuple(ds[0] if len(ds) == 1 else ds for ds in ordered), plan, others, norms, signs, max(total, len(ordered)))


def _special(d: Any) -> bool:
    """Whether a diagram is more than its blocks: it has an ε, or edges."""
    return bool(getattr(d, "marked", ()) or getattr(d, "edges", ()))


def _norm(d: Any, factor: MatrixGroup) -> float:
    """The squared Frobenius norm of a diagram's matrix."""
    if _special(d):
        return float(np.square(np.asarray(d.matrix(image_of(factor)), np.float64)).sum())
    return float(factor.n) ** len(d.blocks)


def _places(t: Tensor, factor: int) -> list[int]:
    return [place for place, axis in enumerate(t.axes) if axis.factor == factor]


def _blocks(a: Tensor, b: Tensor, ds: tuple[Any, ...]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The blocks of the diagrams of all factors, as axes of the two arrays."""
    found = []
    for i, d in enumerate(ds):
        ins, outs = _places(a, i), _places(b, i)
        found += [(tuple(outs[x] for x in d.upper(block)), tuple(ins[x] for x in d.lower(block))) for block in d.blocks]
    return found


@dataclass(frozen=True)
class _Product:
    """Diagrams of the factors of a group, each applied to its own axes. Type: `(axes of a, …) → (axes of b, …)`."""

    a: Tensor
    b: Tensor
    ds: tuple[Any, ...]

    def __call__(self, x: jax.Array) -> jax.Array:
        labels: list[tuple[str, int]] = [("in", i) for i in range(len(self.a.axes))]
        for i, (d, factor) in enumerate(zip(self.ds, self.a.group.factors, strict=True)):
            mine: list[tuple[str, int]] = [("in", place) for place in _places(self.a, i)]
            rest = [label for label in labels if label not in mine]
            x = jnp.moveaxis(x, [labels.index(label) for label in mine], range(len(mine)))
            x = d.apply(x, image_of(factor))
            labels = [("out", place) for place in _places(self.b, i)] + rest
        return jnp.moveaxis(x, range(len(labels)), [place for _, place in labels])
