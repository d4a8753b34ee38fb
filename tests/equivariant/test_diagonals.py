"""Diagonals against indexing; what `apply` reads, adds and writes is what its docstring says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catlearn.equivariant import brauer_diagrams, partition_diagrams, symplectic_diagrams
from catlearn.equivariant.diagonals import diagonals, spread


@pytest.mark.parametrize("n", [1, 2, 3])
def test_diagonals_are_those_of_indexing(n):
    x = np.random.default_rng(0).normal(size=(n,) * 4 + (2,)).astype(np.float32)
    i, j = np.indices((n, n))
    assert np.array_equal(diagonals(jnp.asarray(x), [(3, 0, 1), (2,)]), x[i, i, j, i])
    assert np.array_equal(diagonals(jnp.asarray(x), [(0, 2), (1, 3)]), x[i, j, i, j])


@pytest.mark.parametrize("n", [1, 2, 3])
def test_to_spread_is_the_transpose(n):
    groups, rng = [(2, 0), (1,)], np.random.default_rng(1)
    x, y = rng.normal(size=(n,) * 3 + (2,)), rng.normal(size=(n, n, 2))
    assert np.allclose((x * spread(jnp.asarray(y), groups, n)).sum(), (diagonals(jnp.asarray(x), groups) * y).sum(), atol=1e-5)
    assert np.array_equal(diagonals(spread(jnp.asarray(y), groups, n), groups), np.asarray(y, np.float32))


def costs(d, n):
    """Sizes in the program of `apply`: what slices read, sums add, and padding writes, and what is multiplied."""
    jaxpr = jax.make_jaxpr(lambda x: d.apply(x, n))(jnp.ones((n,) * d.dom)).jaxpr
    sizes = lambda name: [(e.invars[0].aval.size, e.outvars[0].aval.size) for e in every(jaxpr) if e.primitive.name == name]  # noqa: E731
    reads, sums, writes = sizes("slice"), sizes("reduce_sum"), sizes("pad")
    return reads[0][1], sum(a - b for a, b in sums), writes[-1][0], len(sizes("mul")) + len(sizes("dot_general"))


def every(jaxpr):
    for e in jaxpr.eqns:
        yield e
        for inner in e.params.values():
            if hasattr(inner, "jaxpr"):
                yield from every(inner.jaxpr)


@pytest.mark.parametrize("diagrams", [f(*kl) for f in (partition_diagrams, brauer_diagrams) for kl in ((2, 2), (3, 1), (1, 3))])
def test_apply_costs_what_it_says(diagrams):
    n = 3
    for d in diagrams:
        c, b, t = d.through, len(d.domain_only), len(d.codomain_only)
        assert costs(d, n) == (n ** (c + b), n ** (c + b) - n**c, n ** (c + t), 0)


def test_signs_of_the_symplectic_group_cost_no_more_additions():
    n = 4
    for d in symplectic_diagrams(4, 2):
        c, b, t = d.through, len(d.domain_only), len(d.codomain_only)
        assert costs(d, n)[:3] == (n ** (c + b), n ** (c + b) - n**c, n ** (c + t))
