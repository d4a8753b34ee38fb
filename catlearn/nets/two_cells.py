"""2-cells that people use: each pulls some parameters of an arrow, chosen by path, back along an arrow into them.

The gradient rule of all of them is RD.5: `∂Q = R[r](q, ∂P)`. They take an arrow, or a family such as `dense(32)` where no
values of parameters are needed. A choice is a pattern of paths (`*.kernel`, several with `|` between) or a function.
Source: reparameterisations, arXiv 2103.01931, §2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.categories.smooth import uncurry
from catlearn.core.diagram import Diagram, Reparameterised, identity, wiring
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.family import Family, Modified
from catlearn.core.parameters import names
from catlearn.core.paths import chooser
from catlearn.core.text import short
from catlearn.core.values import unpacked, values_of
from catlearn.core.wires import I, Object, R, is_whole
from catlearn.nets.dense import kernel_initialiser
from catlearn.nets.function import constant, function

Where = str | Callable[[str], bool]
Begin = Callable[[jax.Array, Any], tuple]
Cell = Callable[[int, Object], tuple[Diagram, Begin]]


@dataclass(frozen=True, repr=False)
class Changed(Modified):
    """The family of the arrows of another, each with a 2-cell applied."""

    change: Callable[[Diagram], Diagram]
    code: str

    def resolve(self, dom: Object) -> Diagram:
        return self.change(self.family.resolve(dom))

    def __repr__(self) -> str:
        return self.code.format(repr(self.family))


def along(f: Diagram, where: Where, cell: Cell, params: tuple | None = None) -> Diagram:
    """f with each chosen wire Pᵢ of its parameters pulled back along `rᵢ : Qᵢ → Pᵢ`, where `cell(i, Pᵢ) = (rᵢ, begin)`.

    `begin(key, p)` gives the first values of Qᵢ from those of Pᵢ, which are `params` or else f's own.
    Raises TypingError where nothing is chosen.

    >>> import catlearn as cl
    >>> f = along(cl.R(2) >> cl.dense(3), "bias", lambda i, P: (P >> cl.tanh, lambda key, p: (p,)))
    >>> f.param.labels
    ('kernel', 'bias')
    """
    paths, wires = names(f), list(f.param)
    picked = [i for i, path in enumerate(paths) if chooser(where)(path)]
    if not picked:
        raise TypingError(_none_chosen(f, where))
    cells = {i: cell(i, wires[i].named(paths[i])) for i in picked}
    r: Any = I
    for i, wire in enumerate(wires):
        r = r @ (cells[i][0] if i in cells else identity(wire.named(paths[i])))

    def init(key: jax.Array) -> tuple:
        keys = jax.random.split(key, len(wires) + 1)
        drawn = f.init(keys[-1]) if params is None else params
        return tuple(q for i, p in enumerate(drawn) for q in (cells[i][1](keys[i], p) if i in cells else (p,)))

    return f.reparameterise(r, init)


def _none_chosen(f: Diagram, where: Where) -> str:
    return f"{where!r} chooses no parameter of {short(f)}; there are {', '.join(names(f)) or 'none'}."


def tie(f: Any, *paths: str, through: Family | None = None) -> Any:
    """Make parameters one: the first that `paths` choose is kept, the others are copies of it. 2-cell: `Δ : P → P ⊗ … ⊗ P`.

    The tied gradient is the sum of the untied ones. With `through`, a family such as `transpose(1, 0)`, the others are
    its value at the first: an embedding tied to the last layer. Raises TypingError for paths that choose fewer than two
    parameters, and for parameters of different types.

    >>> import catlearn as cl
    >>> deep = cl.R(3) >> cl.dense(3) >> cl.tanh >> cl.dense(3)
    >>> cl.names(cl.tie(deep, "*.kernel"))
    ('0.dense.kernel', '0.dense.bias', '2.dense.bias')
    """
    if isinstance(f, Family):
        return Changed(f, lambda g: tie(g, *paths, through=through), f"tie({{}}, {', '.join(map(repr, paths))})")
    found = names(f)
    picked = [i for i, path in enumerate(found) if any(chooser(p)(path) for p in paths)]
    picked.sort(key=lambda i: next(n for n, p in enumerate(paths) if chooser(p)(found[i])))
    if len(picked) < 2:
        raise TypingError(f"tie: {', '.join(map(repr, paths))} choose fewer than two of the parameters {', '.join(found)}.")
    first, *others = picked
    kept = [i for i in range(len(found)) if i not in others]
    index = [kept.index(first if i in others else i) for i in range(len(found))]
    r: Any = wiring(f.param.select(kept).named(*(found[i] for i in kept)), index)
    if through is not None:
        r = r >> _beside(r.cod[i] >> through if i in others else identity(r.cod[i]) for i in range(len(found)))
    return f.reparameterise(r, lambda key: tuple(f.init(key)[i] for i in kept))


def _beside(arrows: Any) -> Any:
    found: Any = I
    for arrow in arrows:
        found = found @ arrow
    return found


def freeze(f: Diagram, params: Sequence[Any], where: Where = "*") -> Diagram:
    """Fix the chosen parameters at their values in `params`. 2-cell: a constant `I → P` beside identities; gradient 0.

    The others begin at their values there. Raises TypingError where nothing is chosen, and ArgumentError where the
    parameters are not f's.

    >>> import jax, catlearn as cl
    >>> model = cl.R(3) >> cl.dense(4) >> cl.dense(2).named("head")
    >>> cl.names(cl.freeze(model, model.init(jax.random.key(0)), "0.*"))
    ('head.kernel', 'head.bias')
    """
    values = values_of(f.param, tuple(params), f, "parameters")
    return along(f, where, lambda i, P: (constant((values[i],), P), lambda key, p: ()), values)


def lora(f: Diagram, params: Sequence[Any], rank: int, where: Where = "*kernel", scale: float = 1.0) -> Diagram:
    """Low-rank adaptation: the chosen kernels become `W₀ + c·D·U`, W₀ from `params`; all else is frozen. 2-cell: `D ⊗ U → W`.

    Parameters `….down` in `R(m, rank)`, LeCun normal, and `….up` in `R(rank, n)`, zero, so that it begins at `params`. A
    kernel of more axes is the matrix of its last axis against the others. `merged` gives the adapted kernels.
    Source: Hu et al. 2021 (arXiv 2106.09685), equation 3. Raises TypingError for a rank that is no whole number ≥ 1, where
    nothing is chosen, and for a parameter of fewer than two axes.

    >>> import jax, catlearn as cl
    >>> model = cl.R(8) >> cl.dense(8)
    >>> adapted = cl.lora(model, model.init(jax.random.key(0)), rank=2)
    >>> adapted.param
    R(8, 2) @ R(2, 8)
    """
    if not is_whole(rank, least=1):
        raise TypingError(f"lora: rank must be a whole number ≥ 1, got {rank!r}.")
    values = values_of(f.param, tuple(params), f, "parameters")

    def cell(i: int, P: Object) -> tuple[Diagram, Begin]:
        if not chooser(where)(P.labels[0] or "0"):
            return constant((values[i],), P), lambda key, p: ()
        m, n, leaf = *_matrix_of(P, "lora"), P.structs[0]
        Q = R(m, rank, dtype=leaf.dtype) @ R(rank, n, dtype=leaf.dtype)
        begin = lambda key, p: (kernel_initialiser(key, (m, rank), leaf.dtype), jnp.zeros((rank, n), leaf.dtype))  # noqa: E731
        Q = Q.named(f"{P.labels[0]}.down", f"{P.labels[0]}.up")
        return (constant((values[i],), P) @ Q) >> function(_Adapted(scale), arity=3), begin

    if not any(map(chooser(where), names(f))):
        raise TypingError(_none_chosen(f, where))
    return along(f, "*", cell, values)


@dataclass(frozen=True)
class _Adapted:
    scale: float

    __name__ = "adapted"

    def __call__(self, w: jax.Array, down: jax.Array, up: jax.Array) -> jax.Array:
        return w + self.scale * (down @ up).reshape(w.shape)


def _matrix_of(P: Object, who: str) -> tuple[int, int]:
    """A kernel as a matrix: the product of all axes but the last, and the last."""
    shapes = [leaf.shape for leaf in P.wires[0].leaves]
    if len(shapes) != 1 or len(shapes[0]) < 2:
        raise TypingError(f"{who}: {P.labels[0]} is {P}, and a kernel has at least two axes; choose others with `where`.")
    return int(np.prod(shapes[0][:-1])), shapes[0][-1]


def weight_norm(f: Any, where: Where = "*kernel") -> Any:
    """Chosen kernels become `g·v/‖v‖`, a length and a direction for each unit (the last axis). 2-cell: `V ⊗ G → W`.

    It begins where f does. Source: Salimans and Kingma 2016 (arXiv 1602.07868), equation 2.
    Raises TypingError where nothing is chosen, and for a parameter of fewer than two axes.

    >>> import catlearn as cl
    >>> cl.names(cl.R(3) >> cl.weight_norm(cl.dense(4)))
    ('kernel.direction', 'kernel.length', 'bias')
    """
    if isinstance(f, Family):
        return Changed(f, lambda g: weight_norm(g, where), "weight_norm({}" + _told(where, "*kernel"))

    def cell(i: int, P: Object) -> tuple[Diagram, Begin]:
        units = R(_matrix_of(P, "weight_norm")[1], dtype=P.structs[0].dtype)
        Q = (P @ units).named(f"{P.labels[0]}.direction", f"{P.labels[0]}.length")
        return identity(Q) >> function(_of_length, arity=2), lambda key, p: (p, _lengths(p))

    return along(f, where, cell)


def _lengths(v: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum(jnp.square(v), axis=range(v.ndim - 1)))


def _of_length(v: jax.Array, g: jax.Array) -> jax.Array:
    return v * (g / _lengths(v))


def spectral_norm(f: Any, where: Where = "*kernel") -> Any:
    """Chosen kernels are divided by their largest singular value, so that their maps have Lipschitz constant 1. 2-cell: `W → W`.

    Exact, by the singular value decomposition of the kernel as a matrix of its last axis against the others; nothing is
    kept between steps. Source: Miyato et al. 2018 (arXiv 1802.05957), equation 8.
    Raises TypingError where nothing is chosen, and for a parameter of fewer than two axes.

    >>> import catlearn as cl
    >>> cl.names(cl.R(3) >> cl.spectral_norm(cl.dense(4)))
    ('kernel', 'bias')
    """
    if isinstance(f, Family):
        return Changed(f, lambda g: spectral_norm(g, where), "spectral_norm({}" + _told(where, "*kernel"))

    def cell(i: int, P: Object) -> tuple[Diagram, Begin]:
        _matrix_of(P, "spectral_norm")
        return identity(P) >> function(_of_norm_one), lambda key, p: (p,)

    return along(f, where, cell)


def _of_norm_one(w: jax.Array) -> jax.Array:
    return w / jnp.linalg.norm(w.reshape(-1, w.shape[-1]), 2)


def masked(f: Diagram, masks: Mapping[str, Any], params: Sequence[Any] | None = None) -> Diagram:
    """Multiply the parameters at these paths by masks. 2-cell: `p ↦ m ⊙ p`; masked gradients.

    It begins at `params`, where they are given. Raises ArgumentError for a path that f does not have, and for a mask of
    another shape.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> f = cl.masked(cl.R(2) >> cl.linear(2), {"0": jnp.eye(2)})
    >>> f((jnp.ones((2, 2)),), jnp.array([1.0, 2.0]))
    Array([1., 2.], dtype=float32)
    """
    unknown = [path for path in masks if path not in names(f)]
    if unknown:
        raise ArgumentError(f"{short(f)} has no parameter {unknown[0]!r}; there are {', '.join(names(f))}.")

    def cell(i: int, P: Object) -> tuple[Diagram, Begin]:
        like, mask = P.structs[0], jnp.asarray(masks[P.labels[0] or "0"])
        if mask.shape != like.shape:
            raise ArgumentError(f"the mask of {P.labels[0]} has shape {mask.shape}, not {like.shape}.")
        held = constant((mask.astype(like.dtype),))
        return (held @ P) >> function(jnp.multiply, arity=2), lambda key, p: (p,)

    begin = None if params is None else values_of(f.param, tuple(params), f, "parameters")
    return along(f, lambda path: path in masks, cell, begin)


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
    if not 0 <= fraction < 1:
        raise TypingError(f"prune: fraction must be a number in [0, 1), got {fraction!r}.")
    values = values_of(f.param, tuple(params), f, "parameters")
    sizes = {path: np.abs(np.asarray(p, np.float32)) for path, p in zip(names(f), values, strict=True) if chooser(where)(path)}
    if not sizes:
        raise TypingError(_none_chosen(f, where))
    flat = np.concatenate([np.ravel(size) for size in sizes.values()])
    keep = np.ones(len(flat), bool)
    keep[np.argsort(flat, kind="stable")[: round(fraction * len(flat))]] = False
    parts = np.split(keep, np.cumsum([size.size for size in sizes.values()])[:-1])
    return masked(f, {path: part.reshape(sizes[path].shape) for path, part in zip(sizes, parts, strict=True)}, values)


def hypernetwork(f: Diagram, h: Any) -> Diagram:
    """The parameters of f are made by another network `h : Z ⊗ Q → R(n)`, n as many as f has. 2-cell: `Z ⊗ Q → P`.

    The parameters are `latent`, a value of h's domain, standard normal at first, and then h's own. (For parameters that
    depend on an input, `uncurry(f)` has them as wires.) Source: Ha, Dai, Le 2016 (arXiv 1609.09106), §3.
    Raises TypingError for an h that does not end in one vector of that length.

    >>> import catlearn as cl
    >>> f = cl.R(2) >> cl.dense(3)
    >>> cl.names(cl.hypernetwork(f, cl.R(4) >> cl.dense(f.param.size)))
    ('latent', 'kernel', 'bias')
    """
    wanted = R(f.param.size, dtype=h.cod.structs[0].dtype)
    if h.cod != wanted:
        raise TypingError(f"hypernetwork: {short(h)} ends in {h.cod}, and the parameters of {short(f)} are {wanted} together.")
    made = uncurry(h) >> function(_Cut(tuple(leaf.shape for leaf in jax.tree.leaves(f.param.structs))))
    n = len(h.dom)
    latents = h.dom.named(*(["latent"] if n == 1 else [f"latent{i}" for i in range(n)]))

    def init(key: jax.Array) -> tuple:
        own, *keys = jax.random.split(key, n + 1)
        first = (jax.random.normal(k, leaf.shape, leaf.dtype) for k, leaf in zip(keys, h.dom.structs, strict=True))
        return (*first, *h.init(own))

    return f.reparameterise((latents @ h.param) >> made, init)


@dataclass(frozen=True)
class _Cut:
    """A vector cut into arrays of these shapes."""

    shapes: tuple[tuple[int, ...], ...]

    __name__ = "cut"

    def __call__(self, vector: jax.Array) -> tuple:
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        return tuple(part.reshape(shape) for part, shape in zip(jnp.split(vector, ends), self.shapes, strict=True))


def merged(f: Diagram, params: Sequence[Any]) -> tuple[Any, ...]:
    """The parameters of the arrow that f reparameterises, at these of f: `r(q)`.

    Raises TypingError where f is no reparameterisation.

    >>> import jax, catlearn as cl
    >>> model = cl.R(2) >> cl.dense(3)
    >>> [p.shape for p in cl.merged(cl.freeze(model, model.init(jax.random.key(0))), ())]
    [(2, 3), (3,)]
    """
    if not isinstance(f, Reparameterised):
        raise TypingError(f"{short(f)} is no reparameterisation, so there is nothing to merge.")
    return unpacked(f.along((), *values_of(f.param, tuple(params), f, "parameters")), len(f.along.cod))


def _told(where: Where, default: str) -> str:
    return ")" if where == default else f", {where!r})"
