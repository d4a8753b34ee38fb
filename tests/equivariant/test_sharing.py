"""Sums of diagrams with shared work: how many halves there are, what it costs, and slopes in n."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catlearn.equivariant import O, S, Sp, stirling
from catlearn.equivariant.hom import maps_between, representation
from catlearn.equivariant.sharing import expanded


def plan(group, k, l):  # noqa: E741
    return maps_between(representation(group, k), representation(group, l)).shared


def a(d, k):
    return sum(stirling(k, t) * math.comb(t, d) for t in range(k + 1))


@pytest.mark.parametrize(("k", "l"), [(1, 1), (2, 2), (3, 2), (3, 3)])
def test_each_half_is_there_once(k, l):  # noqa: E741
    """Theorem: B(k + l) = Σ_d d! a_d(k) a_d(l)."""
    grades = plan(S(9), k, l).grades
    found = [(len(g.lower), len(g.upper), len(g.routes)) for g in grades]
    assert found == [(a(d, k), a(d, l), math.factorial(d)) for d in range(min(k, l) + 1)]
    assert sum(low * up * routes for low, up, routes in found) == plan(S(9), k, l).count


def lowered(shared, x, w):
    shape = (x.shape[0], *shared.above.lengths, w.shape[2])
    return jax.jit(lambda x, w: expanded([shared.forward(x, w)], shared.above, shape, x.dtype)).lower(x, w)


def flops(shared, n, k, channels=4):
    x, w = (jax.ShapeDtypeStruct(s, jnp.float32) for s in ((2, *(n,) * k, channels), (shared.count, channels, channels)))
    return lowered(shared, x, w).compile().cost_analysis()["flops"]


@pytest.mark.parametrize(("group", "k", "ns"), [(S, 2, (64, 256)), (O, 2, (64, 256)), (S, 3, (256, 512))])
def test_work_grows_as_the_array(group, k, ns):
    """The slope of FLOPs in n is k for k → k where n is large; for matrices it would be 2 k."""
    slope, _ = np.polyfit(np.log(ns), [np.log(flops(plan(group(n), k, k), n, k)) for n in ns], 1)
    assert k - 0.1 < slope < k + 0.1


def test_mixing_channels_costs_what_the_formula_says():
    n, batch, c = 20, 3, 8
    shared = plan(S(n), 2, 2)
    x, w = jnp.zeros((batch, n, n, c)), jnp.zeros((15, c, c))
    products = sum(2 * batch * n**d * a(d, 2) ** 2 * math.factorial(d) * c * c for d in range(3))
    program = lowered(shared, x, w)
    assert program.as_text().count("dot_general") == 3  # one for each grade
    assert products <= program.compile().cost_analysis()["flops"] <= 1.25 * products


def test_no_matrix_is_formed():
    """The greatest array of O(30) 3 → 3 is one of 3! n³ numbers, forward and backward: the matrix has n⁶."""
    shared = plan(O(30), 3, 3)
    x, w = jnp.zeros((1, 30, 30, 30, 1)), jnp.zeros((15, 1, 1))
    jaxpr = jax.make_jaxpr(lambda x, w: shared.backward(x, w, x))(x, w)
    assert max(math.prod(v.aval.shape) for eqn in jaxpr.eqns for v in eqn.outvars) <= math.factorial(3) * 30**3


def test_closed_pairs_of_a_symplectic_group_are_contracted_with_its_form():
    shared = plan(Sp(4), 2, 0)
    J = np.kron(np.eye(2), [[0, 1], [-1, 0]])
    x = jax.random.normal(jax.random.key(0), (1, 4, 4, 1))
    ((_, y),) = shared.forward(x, jnp.ones((1, 1, 1)))[()]
    np.testing.assert_allclose(y[0, 0], np.sum(J * np.asarray(x)[0, :, :, 0]), rtol=1e-5)
