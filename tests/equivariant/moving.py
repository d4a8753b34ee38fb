"""How far a map is from an intertwiner, on random inputs and elements, with one compilation."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np


def acted(A, g, xs):
    """`ρ(g) x` on each wire; what has no action stays."""
    return tuple(w.rep.act(g, x) if hasattr(w, "rep") else x for w, x in zip(A.wires, xs, strict=True))


def drawn(A, rng, lead=()):
    """Normal values of an object, float32, with leading axes."""
    return jax.tree.map(lambda leaf: rng.normal(size=(*lead, *leaf.shape)).astype(np.float32), A.structs)


def elements(group, rng, samples):
    """Random elements of a group, shape (samples, n, n)."""
    if group.order is not None:
        return group.elements()[rng.integers(0, group.order, samples)].astype(np.float32)
    return rng.permutation(_sampled(group))[:samples]


@cache
def _sampled(group):
    return np.asarray(jax.jit(jax.vmap(group.sample))(jax.random.split(jax.random.key(0), 32)))


def error(f, dom, cod, group, seed=0, samples=5, inputs=None, params=None):
    """The largest `|f(ρ(g) x) − ρ'(g) f(x)|` over random x and g; `inputs(rng, samples)` may draw the x."""
    rng = np.random.default_rng(seed)
    params = drawn(f.param, rng) if params is None else params
    xs = drawn(dom, rng, (samples,)) if inputs is None else inputs(rng, samples)
    wires = lambda y: y if len(cod) > 1 else (y,)  # noqa: E731

    def moved(g, xs):
        there, here = wires(f(params, *acted(dom, g, xs))), acted(cod, g, wires(f(params, *xs)))
        return jax.tree.map(lambda a, b: jnp.abs(a - b).max(), there, here)

    return float(max(np.max(leaf) for leaf in jax.tree.leaves(jax.jit(jax.vmap(moved))(elements(group, rng, samples), xs))))
