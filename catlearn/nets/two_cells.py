"""2-cells that people use: each pulls some parameters of an arrow, chosen by path, back along an arrow into them.

The gradient rule of all of them is RD.5: `∂Q = R[r](q, ∂P)`. They take an arrow, or a family such as `dense(32)` where no
values of parameters are needed. A choice is a pattern of paths (`*.kernel`, several with `|` between) or a function.
Source: reparameterisations, arXiv 2103.01931, §2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.batch import batch, with_axis
from catlearn.categories.function import constant, function
from catlearn.categories.smooth import is_smooth, uncurry
from catlearn.core.diagram import Diagram, Reparameterised, identity, wiring
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.family import Family, Modified
from catlearn.core.parameters import loops, names
from catlearn.core.paths import chooser
from catlearn.core.text import short
from catlearn.core.values import unpacked, values_of
from catlearn.core.wires import I, Object, R, is_whole, object_of
from catlearn.nets.dense import kernel_initialiser
from catlearn.nets.function import multiply

Where = str | Callable[[str], bool]


class Cell:
    """A 2-cell for one parameter P: `r : Q → P`, the value of `family` at some constants and Q.

    `domain(P)` is Q, with labels; `fixed(p)` the constants, and `begin(key, p)` the first values of Q, from a value of P.
    Where P is the parameters of all layers of a stack, r is the cell of each layer, side by side.
    """

    family: Family

    def domain(self, P: Object) -> Object:
        return P

    def fixed(self, p: Any) -> tuple:
        return ()

    def begin(self, key: jax.Array, p: Any) -> tuple:
        return (p,)

    def arrow(self, P: Object, p: Any, layers: tuple[int, ...]) -> Diagram:
        """r at P, whose first axes are these layers."""
        Q, held = self.domain(_layer_of(P, layers)), self.fixed(p)
        r = (_layer_of(object_of(held), layers) @ Q) >> self.family
        for n in reversed(layers):
            Q, r = with_axis(Q, n), batch(r, n)
        return (constant(held) @ Q) >> r if held else identity(Q) >> r

    def drawn(self, key: jax.Array, p: Any, layers: tuple[int, ...]) -> tuple:
        """The first values of Q for all layers."""
        if not layers:
            return self.begin(key, p)
        return jax.vmap(lambda k, p: self.drawn(k, p, layers[1:]))(jax.random.split(key, layers[0]), p)


def _layer_of(A: Object, layers: tuple[int, ...]) -> Object:
    """The object without its first axes, as many as there are nested layers."""
    cut = lambda leaf: jax.ShapeDtypeStruct(leaf.shape[len(layers) :], leaf.dtype)  # noqa: E731
    return Object(tuple(replace(wire, leaves=tuple(map(cut, wire.leaves))) for wire in A.wires))


@dataclass(frozen=True)
class _Begin:
    """The first parameters of an arrow pulled back along cells, from `params` or else the arrow's own."""

    f: Diagram
    cells: tuple[Cell | None, ...]
    params: tuple | None

    def __call__(self, key: jax.Array) -> tuple:
        *keys, own = jax.random.split(key, len(self.cells) + 1)
        values = self.f.init(own) if self.params is None else self.params
        rows = zip(self.cells, keys, values, loops(self.f), strict=True)
        return tuple(q for cell, k, p, layers in rows for q in ((p,) if cell is None else cell.drawn(k, p, layers)))


def along(f: Diagram, cells: Sequence[Cell | None], params: tuple | None = None) -> Diagram:
    """f with each of its parameters pulled back along a cell, or left where there is None. It begins at `params`, or as f.

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.dense(3)
    >>> along(f, (SpectralNorm(), None)).param.labels
    ('kernel', 'bias')
    """
    r: Any = I
    held = (None,) * len(cells) if params is None else params
    for cell, P, path, p, layers in zip(cells, f.param, names(f), held, loops(f), strict=True):
        P = P.named(path)
        r = r @ (identity(P) if cell is None else cell.arrow(P, p, layers))
    return f.reparameterise(r, _Begin(f, tuple(cells), params))


def _each(f: Diagram, where: Where, cell: Cell | None, other: Cell | None = None) -> tuple[Cell | None, ...]:
    """The cell for each parameter that is chosen, and the other for the rest. Raises TypingError where none is."""
    picked = [*map(chooser(where), names(f))]
    if not any(picked):
        raise TypingError(f"{where!r} chooses no parameter of {short(f)}; there are {', '.join(names(f)) or 'none'}.")
    return tuple(cell if pick else other for pick in picked)


@dataclass(frozen=True, repr=False)
class Changed(Modified):
    """The family of the arrows of another, each with a 2-cell applied: `of(arrow, **arguments)`."""

    of: Callable[..., Diagram]
    arguments: tuple[tuple[str, Any], ...]

    def resolve(self, dom: Object) -> Diagram:
        return self.of(self.family.resolve(dom), **dict(self.arguments))

    def __repr__(self) -> str:
        told = "".join(f", {name}={value!r}" for name, value in self.arguments)
        return f"{self.of.__name__}({self.family!r}{told})"


# tying


def tie(f: Any, where: Where, *, to: str | None = None, through: Family | None = None) -> Any:
    """Make the chosen parameters one: the one at the path `to`, or else the first. 2-cell: the copy `Δ : P → P ⊗ … ⊗ P`.

    The tied gradient is the sum of the untied ones. With `through`, a family such as `transpose(1, 0)`, the others are
    its value at the one: an embedding tied to the last layer. Raises TypingError for a choice of fewer than two
    parameters, and CompositionError for parameters of different types.

    >>> import catlearn as cl
    >>> deep = cl.R(3) >> cl.dense(3) >> cl.tanh >> cl.dense(3)
    >>> cl.names(cl.tie(deep, "*.kernel"))
    ('0.dense.kernel', '0.dense.bias', '2.dense.bias')
    """
    if isinstance(f, Family):
        told = (("where", where), ("to", to), ("through", through))
        return Changed(f, tie, tuple((name, value) for name, value in told if value is not None))
    found = names(f)
    picked = [i for i, path in enumerate(found) if chooser(where)(path) or path == to]
    if len(picked) < 2 or (to is not None and to not in found):
        raise TypingError(f"tie: {where!r} and {to!r} choose fewer than two of the parameters {', '.join(found)}.")
    one = picked[0] if to is None else found.index(to)
    others = [i for i in picked if i != one]
    kept = tuple(i for i in range(len(found)) if i not in others)
    index = [kept.index(one if i in others else i) for i in range(len(found))]
    r: Any = wiring(f.param.select(kept).named(*(found[i] for i in kept)), index)
    if through is not None:
        r = r >> _beside([identity(r.cod[i]) >> through if i in others else identity(r.cod[i]) for i in range(len(found))])
    return f.reparameterise(r, _Kept(f, kept))


@dataclass(frozen=True)
class _Kept:
    """The first values of some of an arrow's parameters."""

    f: Diagram
    index: tuple[int, ...]

    def __call__(self, key: jax.Array) -> tuple:
        values = self.f.init(key)
        return tuple(values[i] for i in self.index)


def _beside(arrows: Sequence[Diagram]) -> Diagram:
    found: Any = I
    for arrow in arrows:
        found = found @ arrow
    return found


# freezing and low rank


@dataclass(frozen=True)
class Frozen(Cell):
    """A constant: `I → P`."""

    def arrow(self, P: Object, p: Any, layers: tuple[int, ...]) -> Diagram:
        return constant((p,), P)

    def drawn(self, key: jax.Array, p: Any, layers: tuple[int, ...]) -> tuple:
        return ()


def freeze(f: Diagram, params: Sequence[Any], where: Where = "*") -> Diagram:
    """Fix the chosen parameters at their values in `params`. 2-cell: a constant `I → P` beside identities; gradient 0.

    The others begin at their values there. Raises TypingError where nothing is chosen, and ArgumentError where the
    parameters are not f's.

    >>> import jax, catlearn as cl
    >>> model = cl.R(3) >> cl.dense(4) >> cl.dense(2).named("head")
    >>> cl.names(cl.freeze(model, model.init(jax.random.key(0)), "0.*"))
    ('head.kernel', 'head.bias')
    """
    return along(f, _each(f, where, Frozen()), values_of(f.param, tuple(params), f, "parameters"))


@dataclass(frozen=True)
class LowRank(Cell):
    """`D ⊗ U → W`: a fixed kernel and a product of low rank."""

    rank: int
    scale: float

    @property
    def family(self) -> Family:  # type: ignore[override]
        return function(_Adapted(self.scale), arity=3)

    def domain(self, P: Object) -> Object:
        m, n, dtype = *_matrix_of(P, "lora"), P.structs[0].dtype
        Q = R(m, self.rank, dtype=dtype) @ R(self.rank, n, dtype=dtype)
        return Q.named(f"{P.labels[0]}.down", f"{P.labels[0]}.up")

    def fixed(self, p: Any) -> tuple:
        return (p,)

    def begin(self, key: jax.Array, p: Any) -> tuple:
        m, n = p.size // p.shape[-1], p.shape[-1]
        return kernel_initialiser(key, (m, self.rank), p.dtype), jnp.zeros((self.rank, n), p.dtype)


@dataclass(frozen=True)
class _Adapted:
    scale: float

    __name__ = "adapted"

    def __call__(self, w: jax.Array, down: jax.Array, up: jax.Array) -> jax.Array:
        return w + self.scale * (down @ up).reshape(w.shape)


def lora(f: Diagram, params: Sequence[Any], rank: int, where: Where = "*kernel", scale: float = 1.0) -> Diagram:
    """Low-rank adaptation: the chosen kernels become `W₀ + c·D·U`, W₀ from `params`; all else is frozen. 2-cell: `D ⊗ U → W`.

    Parameters `….down` in `R(m, rank)`, LeCun normal, and `….up` in `R(rank, n)`, zero, so that it begins at `params`. A
    kernel of more axes is the matrix of its last axis against the others; in a stack each layer has its own. `merged`
    gives the adapted kernels. Source: Hu et al. 2021 (arXiv 2106.09685), equation 3.
    Raises TypingError for a rank that is no whole number ≥ 1, where nothing is chosen, and for a parameter of fewer than
    two axes, and ArgumentError where the parameters are not f's.

    >>> import jax, catlearn as cl
    >>> model = cl.R(8) >> cl.dense(8)
    >>> adapted = cl.lora(model, model.init(jax.random.key(0)), rank=2)
    >>> adapted.param
    R(8, 2) @ R(2, 8)
    """
    if not is_whole(rank, least=1):
        raise TypingError(f"lora: rank must be a whole number ≥ 1, got {rank!r}.")
    cells = _each(f, where, LowRank(int(rank), float(scale)), Frozen())
    return along(f, cells, values_of(f.param, tuple(params), f, "parameters"))


def _matrix_of(P: Object, who: str) -> tuple[int, int]:
    """A kernel as a matrix: the product of all axes but the last, and the last."""
    shape = _array_of(P, who)
    if len(shape) < 2:
        raise TypingError(f"{who}: {P.labels[0]} is {P}, and a kernel has at least two axes; choose others with `where`.")
    return int(np.prod(shape[:-1])), shape[-1]


def _array_of(P: Object, who: str) -> tuple[int, ...]:
    """The shape of a parameter that is one array of floats."""
    leaves = P.wires[0].leaves
    if P.wires[0].tree != jax.tree.structure(0) or not is_smooth(leaves[0]):
        raise TypingError(f"{who}: {P.labels[0]} is {P}, and no array of floats; choose others with `where`.")
    return leaves[0].shape


# norms


@dataclass(frozen=True)
class WeightNorm(Cell):
    """`V ⊗ G → W`: directions and lengths."""

    @property
    def family(self) -> Family:  # type: ignore[override]
        return function(_of_length, arity=2)

    def domain(self, P: Object) -> Object:
        units = R(_matrix_of(P, "weight_norm")[1], dtype=P.structs[0].dtype)
        return (P @ units).named(f"{P.labels[0]}.direction", f"{P.labels[0]}.length")

    def begin(self, key: jax.Array, p: Any) -> tuple:
        return p, _lengths(p)


def weight_norm(f: Any, where: Where = "*kernel") -> Any:
    """Chosen kernels become `g·v/‖v‖`, a length and a direction for each unit (the last axis). 2-cell: `V ⊗ G → W`.

    It begins where f does. Source: Salimans and Kingma 2016 (arXiv 1602.07868), equation 2.
    Raises TypingError where nothing is chosen, and for a parameter of fewer than two axes.

    >>> import catlearn as cl
    >>> cl.names(cl.R(3) >> cl.weight_norm(cl.dense(4)))
    ('kernel.direction', 'kernel.length', 'bias')
    """
    if isinstance(f, Family):
        return Changed(f, weight_norm, (("where", where),) if where != "*kernel" else ())
    return along(f, _each(f, where, WeightNorm()))


def _lengths(v: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum(jnp.square(v), axis=range(v.ndim - 1)))


def _of_length(v: jax.Array, g: jax.Array) -> jax.Array:
    return v * (g / _lengths(v))


@dataclass(frozen=True)
class SpectralNorm(Cell):
    """`W → W`: divide by the largest singular value."""

    @property
    def family(self) -> Family:  # type: ignore[override]
        return function(_of_norm_one)

    def domain(self, P: Object) -> Object:
        _matrix_of(P, "spectral_norm")
        return P


def spectral_norm(f: Any, where: Where = "*kernel") -> Any:
    """Chosen kernels are divided by their largest singular value: their matrices have norm 1. 2-cell: `W → W`.

    Exact, by the singular value decomposition (in float32 or wider) of the kernel as a matrix of its last axis against
    the others; nothing is kept between steps. Source: Miyato et al. 2018 (arXiv 1802.05957), equation 8.
    Raises TypingError where nothing is chosen, and for a parameter of fewer than two axes.

    >>> import catlearn as cl
    >>> cl.names(cl.R(3) >> cl.spectral_norm(cl.dense(4)))
    ('kernel', 'bias')
    """
    if isinstance(f, Family):
        return Changed(f, spectral_norm, (("where", where),) if where != "*kernel" else ())
    return along(f, _each(f, where, SpectralNorm()))


def _of_norm_one(w: jax.Array) -> jax.Array:
    wide = w.astype(jnp.promote_types(w.dtype, jnp.float32))
    return (wide / jnp.linalg.norm(wide.reshape(-1, w.shape[-1]), 2)).astype(w.dtype)


# masks


@dataclass(frozen=True)
class Masked(Cell):
    """`p ↦ m ⊙ p`."""

    mask: Any = field(compare=False)

    family = multiply

    def arrow(self, P: Object, p: Any, layers: tuple[int, ...]) -> Diagram:
        dtype = P.structs[0].dtype
        return (constant((self.mask.astype(dtype),)) @ P) >> self.family

    def drawn(self, key: jax.Array, p: Any, layers: tuple[int, ...]) -> tuple:
        return (p,)


def masked(f: Diagram, masks: Mapping[str, Any], params: Sequence[Any] | None = None) -> Diagram:
    """Multiply the parameters at these paths by masks. 2-cell: `p ↦ m ⊙ p`; masked gradients.

    It begins at `params`, where they are given. Raises ArgumentError for a path that f does not have, and for a mask of
    another shape, and TypingError for a parameter that is no array of floats.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> f = cl.masked(cl.R(2) >> cl.linear(2), {"0": jnp.eye(2)})
    >>> f((jnp.ones((2, 2)),), jnp.array([1.0, 2.0]))
    Array([1., 2.], dtype=float32)
    """
    unknown = [path for path in masks if path not in names(f)]
    if unknown:
        raise ArgumentError(f"{short(f)} has no parameter {unknown[0]!r}; there are {', '.join(names(f))}.")
    cells = [_mask_of(P.named(path), masks[path]) if path in masks else None for path, P in zip(names(f), f.param, strict=True)]
    return along(f, cells, None if params is None else values_of(f.param, tuple(params), f, "parameters"))


def _mask_of(P: Object, mask: Any) -> Masked:
    shape, mask = _array_of(P, "masked"), jnp.asarray(mask)
    if mask.shape != shape:
        raise ArgumentError(f"the mask of {P.labels[0]} has shape {mask.shape}, not {shape}.")
    return Masked(mask)


def prune(f: Diagram, params: Sequence[Any], fraction: float, where: Where = "*kernel") -> Diagram:
    """Set the fraction of the chosen parameters that is smallest in `params`, all together, to zero for good; begin at the rest.

    Source: Han et al. 2015 (arXiv 1506.02626), §3. Raises TypingError unless the fraction is in [0, 1) and something is
    chosen, and ArgumentError where the parameters are not f's.

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> f = cl.prune(cl.R(2) >> cl.linear(2), (jnp.array([[1.0, 4.0], [3.0, 2.0]]),), 0.5, "*")
    >>> cl.merged(f, f.init(jax.random.key(0)))
    (Array([[0., 4.],
           [3., 0.]], dtype=float32),)
    """
    if not isinstance(fraction, float | int) or not 0 <= fraction < 1:
        raise TypingError(f"prune: fraction must be a number in [0, 1), got {fraction!r}.")
    values = values_of(f.param, tuple(params), f, "parameters")
    chosen = [i for i, cell in enumerate(_each(f, where, Frozen())) if cell is not None]
    paths = {names(f)[i]: _array_of(f.param[i].named(names(f)[i]), "prune") for i in chosen}
    flat = np.concatenate([np.abs(np.ravel(np.asarray(values[i], np.float32))) for i in chosen])
    keep = np.ones(len(flat), bool)
    keep[np.argsort(flat, kind="stable")[: round(fraction * len(flat))]] = False
    parts = np.split(keep, np.cumsum([int(np.prod(shape)) for shape in paths.values()])[:-1])
    return masked(f, {path: part.reshape(paths[path]) for path, part in zip(paths, parts, strict=True)}, values)


# hypernetworks


def hypernetwork(f: Diagram, h: Diagram) -> Diagram:
    """The parameters of f are made by another network `h : Z ⊗ Q → R(n)`, n as many as f has. 2-cell: `Z ⊗ Q → P`.

    The parameters are `latent`, a value of h's domain, standard normal at first, and then h's own. (For parameters that
    depend on an input, `uncurry(f)` has them as wires.) Source: Ha, Dai, Le 2016 (arXiv 1609.09106), §3.
    Raises TypingError for an h that does not begin at floats, or does not end in one vector of that length.

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.dense(3)
    >>> cl.names(cl.hypernetwork(f, cl.R(4) >> cl.dense(f.param.size)))
    ('latent', 'kernel', 'bias')
    """
    if h.cod != R(f.param.size):
        raise TypingError(f"hypernetwork: {short(h)} ends in {h.cod}, and the parameters of {short(f)} are R({f.param.size}).")
    if not all(map(is_smooth, jax.tree.leaves(h.dom.structs))):
        raise TypingError(f"hypernetwork: {short(h)} begins at {h.dom}, and a latent is floats.")
    made = uncurry(h) >> function(_Cut(tuple(leaf.shape for leaf in jax.tree.leaves(f.param.structs))))
    n = len(h.dom)
    latents = h.dom.named(*(["latent"] if n == 1 else [f"latent{i}" for i in range(n)]))
    return f.reparameterise((latents @ h.param) >> made, _Latent(h))


@dataclass(frozen=True)
class _Latent:
    """The first values of a hypernetwork's latent and of its own parameters."""

    h: Diagram

    def __call__(self, key: jax.Array) -> tuple:
        own, *keys = jax.random.split(key, len(self.h.dom) + 1)
        first = (jax.random.normal(k, leaf.shape, leaf.dtype) for k, leaf in zip(keys, self.h.dom.structs, strict=True))
        return (*first, *self.h.init(own))


@dataclass(frozen=True)
class _Cut:
    """A vector cut into arrays of these shapes."""

    shapes: tuple[tuple[int, ...], ...]

    __name__ = "cut"

    def __call__(self, vector: jax.Array) -> tuple:
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        return tuple(part.reshape(shape) for part, shape in zip(jnp.split(vector, ends), self.shapes, strict=True))


def merged(f: Diagram, params: Sequence[Any]) -> tuple[Any, ...]:
    """The parameters of the arrow that f reparameterises, at these of f: `r(q)`, for the last 2-cell that was applied.

    Raises TypingError where f is no reparameterisation.

    >>> import jax, catlearn as cl
    >>> model = cl.R(2) >> cl.dense(3)
    >>> [p.shape for p in cl.merged(cl.freeze(model, model.init(jax.random.key(0))), ())]
    [(2, 3), (3,)]
    """
    if not isinstance(f, Reparameterised):
        raise TypingError(f"{short(f)} is no reparameterisation, so there is nothing to merge.")
    return unpacked(f.along((), *values_of(f.param, tuple(params), f, "parameters")), len(f.along.cod))
