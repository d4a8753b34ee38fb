"""Rivals in JAX of the layer `Σ_π D_π x W_π` of the symmetric group, written from the papers. x is (batch, n, …, n, c_in)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.equivariant import Partition, S, basis, partition

Places = tuple[int, ...]

# what each of the 15 maps of Maron et al. 2019 (arXiv 1812.09902, appendix A) does, as a diagram
FIFTEEN = (
    partition("12", "12"),
    partition("12", "|12"),
    partition("1|2", "12"),
    partition("2|1", "12"),
    partition("1|2", "||12"),
    partition("1|2", "1||2"),
    partition("2|1", "1||2"),
    partition("1|2", "2||1"),
    partition("2|1", "2||1"),
    partition("1|2", "1|2"),
    partition("1|2", "2|1"),
    partition("12", "1|2"),
    partition("12", "2|1"),
    partition("12", "|1|2"),
    partition("1|2", "||1|2"),
)


def places(n: int) -> list[int]:
    """Where each of the 15 maps stands in our basis."""
    ours = basis(S(n), 2, 2)
    return [ours.index(d) for d in FIFTEEN]


# every map materialised


def stack(n: int) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """All 15 maps side by side along the channels, and one product."""
    order = np.array(places(n))

    def layer(w: jax.Array, x: jax.Array) -> jax.Array:
        d = jnp.diagonal(x, axis1=1, axis2=2).swapaxes(1, 2)
        rows, columns = x.sum(2), x.sum(1)
        trace, total = d.sum(1)[:, None], rows.sum(1)[:, None]
        eye = jnp.eye(n, dtype=x.dtype)[:, :, None]
        on_diagonal = [eye * v[:, :, None] for v in (d, trace, rows, columns, total)]
        along = [rows[:, :, None], columns[:, :, None], rows[:, None], columns[:, None]]
        last = [d[:, :, None], d[:, None], trace[:, None], total[:, None]]
        maps = [jnp.broadcast_to(v, x.shape) for v in (*on_diagonal, *along, x, x.swapaxes(1, 2), *last)]
        chosen = w[order]
        return jnp.concatenate(maps, -1) @ chosen.reshape(-1, w.shape[-1])

    return layer


# the dense matrix


def matrices(n: int, k: int = 2, l: int = 2) -> np.ndarray:  # noqa: E741
    """The matrices of our basis, (maps, n^l, n^k)."""
    return np.stack([d.matrix(n) for d in basis(S(n), k, l)]).astype(np.float32)


def dense(n: int) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """`W = Σ w_π D_π` as a matrix with channels, and one product with it."""
    found = jnp.asarray(matrices(n))

    def layer(w: jax.Array, x: jax.Array) -> jax.Array:
        whole = jnp.einsum("rab,rio->biao", found, w)
        flat = x.reshape(len(x), n * n, -1)
        return jnp.einsum("sbi,biao->sao", flat, whole).reshape(*x.shape[:-1], w.shape[-1])

    return layer


def projected(n: int, null_space: np.ndarray) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """EMLP's layer: weights are a whole matrix (n², n², c_in, c_out), projected at every call onto an orthonormal basis of the
    equivariant ones. Source: Finzi, Welling, Wilson 2021 (arXiv 2104.09459), section 5."""
    flat = null_space.reshape(len(null_space), -1)
    q = jnp.asarray(np.linalg.qr(flat.T)[0], jnp.float32)

    def layer(w: jax.Array, x: jax.Array) -> jax.Array:
        found = (q @ (q.T @ w.reshape(len(q), -1))).reshape(w.shape)
        flat = x.reshape(len(x), n * n, -1)
        return jnp.einsum("sbi,abio->sao", flat, found).reshape(*x.shape[:-1], w.shape[-1])

    return layer


def whole_matrix(n: int, w: jax.Array) -> jax.Array:
    """The weights as the matrix that EMLP's layer holds, (n², n², c_in, c_out)."""
    return jnp.einsum("rab,rio->abio", matrices(n), w)


# shared contractions, with the reverse derivative that `jax.grad` finds


def contractions(n: int, k: int, l: int) -> Callable[[jax.Array, jax.Array], jax.Array]:  # noqa: E741
    """Diagrams by how many blocks go through: a reduced input once, a product for each number, a pattern expanded once."""
    groups: dict[int, list[tuple[int, Any, Any]]] = {}
    for place, d in enumerate(basis(S(n), k, l)):
        lower, upper = _halves(d)
        groups.setdefault(d.through, []).append((place, lower, upper))

    def layer(w: jax.Array, x: jax.Array) -> jax.Array:
        found: dict[tuple, list[jax.Array]] = {}
        for members in groups.values():
            lowers = list(dict.fromkeys(lower for _, lower, _ in members))
            uppers = list(dict.fromkeys(upper for _, _, upper in members))
            table = np.zeros((len(lowers), len(uppers)), int)
            for place, lower, upper in members:
                table[lowers.index(lower), uppers.index(upper)] = place
            inputs = jnp.concatenate([_reduced(x, *lower) for lower in lowers], -1)
            matrix = w[table].swapaxes(1, 2).reshape(len(lowers) * w.shape[1], -1)
            for (through, alone), part in zip(uppers, jnp.split(inputs @ matrix, len(uppers), -1), strict=True):
                pattern = tuple(sorted(through + alone))
                axes = [1 + i for i, block in enumerate(pattern) if block in alone]
                found.setdefault(pattern, []).append(jnp.expand_dims(part, axes))
        y = jnp.zeros((len(x), *(n,) * l, w.shape[-1]), x.dtype)
        for pattern, parts in found.items():
            y = y.at[(slice(None), *_index(pattern, n, l))].add(reduce(jnp.add, sorted(parts, key=lambda part: part.size)))
        return y

    return layer


def _halves(d: Partition) -> tuple[tuple, tuple]:
    """The blocks that go through, in the order of the codomain, and those that do not: of the domain and of the codomain."""
    pairs = [(tuple(d.upper(b)), tuple(d.lower(b))) for b in d.blocks]
    through = sorted(pair for pair in pairs if all(pair))
    lower = tuple(low for _, low in through), tuple(sorted(low for up, low in pairs if not up))
    return lower, (tuple(up for up, _ in through), tuple(sorted(up for up, low in pairs if not low)))


def _reduced(x: jax.Array, through: Sequence[Places], closed: Sequence[Places]) -> jax.Array:
    """The diagonal of all blocks, summed over those closed, with axes in the order of those that go through."""
    order = (*through, *closed)
    n, k = x.shape[1], x.ndim - 2
    if any(len(block) > 1 for block in order):
        x = x[(slice(None), *_index(order, n, k))]
    else:
        x = x.transpose(0, *(1 + block[0] for block in order), k + 1)
    return x.sum(range(1 + len(through), 1 + len(order)))


def _index(blocks: Sequence[Places], n: int, axes: int) -> list[np.ndarray]:
    """Index arrays of the diagonal of the blocks."""
    found = [np.zeros(0, int)] * axes
    for i, block in enumerate(blocks):
        for axis in block:
            found[axis] = np.arange(n).reshape([n if j == i else 1 for j in range(len(blocks))])
    return found
