import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import I, R, laws
from catlearn.core.errors import TypingError

CELLS = [cl.min_gru(4), cl.min_lstm(4), cl.diagonal_ssm(4)]
OPTIONS = [(method, start, backwards) for method in ("sequential", "associative") for start in (0, 1) for backwards in (0, 1)]


def by_hand(a, b, h, backwards):
    """The definition, in NumPy's float64."""
    a, b, h, found = (np.asarray(x, np.float64) for x in (a, b, h, np.zeros_like(b)))
    for t in reversed(range(len(a))) if backwards else range(len(a)):
        h = a[t] * h + b[t]
        found[t] = h
    return found


@pytest.mark.parametrize(("method", "start", "backwards"), OPTIONS)
def test_a_recurrence_is_its_definition_and_keeps_the_laws(method, start, backwards, key):
    dom = R(7, 3) @ R(7, 3) @ (R(3) if start else I)
    f = dom >> cl.recurrence(method, bool(start), bool(backwards))
    a, b, h = (jax.random.normal(k, s) for k, s in zip(jax.random.split(key, 3), ((7, 3), (7, 3), (3,)), strict=True))
    expected = by_hand(a, b, h if start else jnp.zeros(3), backwards)
    np.testing.assert_allclose(f((), a, b, *[h] * start), expected, rtol=1e-5, atol=1e-5)
    assert laws.agrees_with_vjp(f, key) is None
    assert laws.agrees_with_vjp(cl.batch(f, 2), key) is None and laws.batch_runs_each_example(f, 2, key) is None


@pytest.mark.parametrize("method", ["sequential", "associative"])
@pytest.mark.parametrize("t", [0, 1, 2])
def test_short_lists(method, t, key):
    f = R(t, 2) @ R(t, 2) @ R(2) >> cl.recurrence(method, start=True)
    assert f.cod == R(t, 2) and laws.agrees_with_vjp(f, key) is None
    a, b, h = jnp.full((t, 2), 2.0), jnp.ones((t, 2)), jnp.ones(2)
    np.testing.assert_allclose(f((), a, b, h), by_hand(a, b, h, False), rtol=1e-6)


def test_a_recurrence_of_numbers_and_of_matrices(key):
    for shape in ((), (2, 3)):
        f = R(5, *shape) @ R(5, *shape) >> cl.recurrence("associative")
        assert f.cod == R(5, *shape) and laws.agrees_with_vjp(f, key) is None


def test_bad_recurrences():
    for dom, start in ((R(5, 2) @ R(5, 3), False), (R(5, 2) @ R(4, 2), False), (R(5, 2) @ R(5, 2) @ R(3), True)):
        with pytest.raises(TypingError, match="of one shape and dtype"):
            dom >> cl.recurrence(start=start)
    with pytest.raises(TypingError, match="at least one axis"):
        R() @ R() >> cl.recurrence()
    with pytest.raises(TypingError, match="floats"):
        R(3, dtype="int32") @ R(3, dtype="int32") >> cl.recurrence()
    with pytest.raises(TypingError, match="method is one of"):
        cl.recurrence("fast")
    with pytest.raises(TypingError, match="units"):
        cl.min_gru(0)


def test_mixed_precision_leaves_a_recurrence_alone():
    f = cl.cast(R(5, 3) >> cl.scan(cl.min_gru(4)), "bfloat16")
    params = f.init(jax.random.key(0))
    jaxpr = str(jax.make_jaxpr(f)(params, jnp.ones((5, 3))))
    assert "bf16[3,8]" in jaxpr and "f32[4] = mul" in jaxpr and "bf16[4] = mul" not in jaxpr


# cells


def stepped(cell, params, xs):
    """The definition: the step of the cell at each element in turn."""
    S = cell.carrier(R(3))
    step, h, states = R(3) @ S >> cell, jnp.zeros(S.structs[0].shape), []
    for x in xs:
        h = step(params, x, h)
        states.append(h)
    return jnp.stack(states)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("backwards", [False, True])
def test_scan_of_a_linear_cell_is_its_step_in_turn(cell, backwards, key):
    f, last = (R(6, 3) >> g(cell, backwards=backwards) for g in (cl.scan, cl.fold))
    params, xs, dy = f.init(key), jax.random.normal(key, (6, 3)), jax.random.normal(key, (6, 4))
    ahead = lambda ys: ys[::-1] if backwards else ys  # noqa: E731
    expected, pullback = jax.vjp(jax.jit(lambda params, xs: ahead(stepped(cell, params, ahead(xs)))), params, xs)
    lens = cl.reverse(f)
    y, residual = jax.jit(lens.forward)(params, xs)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last(params, xs), ahead(expected)[-1], rtol=1e-5, atol=1e-6)
    for a, b in zip(jax.tree.leaves(jax.jit(lens.backward)(residual, dy)), jax.tree.leaves(pullback(dy)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_the_recurrence_is_the_loop(cell, key):
    """A plain cell of the same step has no better arrow than the loop, and the same parameters."""
    plain = cl.cell(cell, R(4))
    for options in ({}, {"backwards": True}, {"masked": True}, {"masked": True, "backwards": True}):
        dom = R(6, 3) @ (R(6, dtype=bool) if "masked" in options else I)
        f, g = dom >> cl.scan(cell, **options), dom >> cl.scan(plain, **options)
        assert [w.leaves for w in f.param.wires] == [w.leaves for w in g.param.wires]
        assert isinstance(f[-1].op, cl.recurrence)
        params, xs = f.init(key), listed(dom, key)
        np.testing.assert_allclose(f(params, *xs), g(params, *xs), rtol=1e-5, atol=1e-6)


def listed(dom, key):
    x = jax.random.normal(key, (6, 3))
    return (x, jnp.array([True, True, False, True, False, False])) if len(dom) > 1 else (x,)


@pytest.mark.parametrize("fold", [cl.fold, cl.scan])
def test_lengths(fold, key):
    f, short = R(6, 3) @ R(dtype="int32") >> fold(cl.min_gru(4), masked=True), R(4, 3) >> fold(cl.min_gru(4))
    params, xs = f.init(key), jax.random.normal(key, (6, 3)).at[4:].set(jnp.nan)
    assert cl.names(f) == cl.names(short)
    y, expected = f(params, xs, jnp.int32(4)), short(params, xs[:4])
    np.testing.assert_allclose(y[:4] if fold is cl.scan else y, expected, rtol=1e-6, atol=1e-6)
    dparams = jax.jit(jax.grad(lambda p: f(p, xs, jnp.int32(4)).sum()))(params)
    assert all(np.isfinite(leaf).all() for leaf in dparams)
    with_lengths = cl.batch(f, 2)
    ys = with_lengths(params, jnp.stack([xs, xs]), jnp.array([4, 2], jnp.int32))
    np.testing.assert_allclose(ys[0], y, rtol=1e-6, atol=1e-6)


def test_a_batch_of_scans_keeps_the_laws(key):
    f = cl.batch(R(3, 2) >> cl.scan(cl.min_gru(4)), 2)
    assert laws.agrees_with_vjp(f, key) is None


@pytest.mark.parametrize("cell", CELLS)
def test_segments_and_lists_of_nothing(cell, key):
    f = R(3, 2) >> cl.scan(cell)
    cut, params, x = R(3, 2) >> cl.scan(cell, segment=2), f.init(key), jax.random.normal(key, (3, 2))
    np.testing.assert_allclose(cut(params, x), f(params, x), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose((R(0, 2) >> cl.fold(cell))(params, jnp.zeros((0, 2))), jnp.zeros(4))


def test_min_lstm_has_no_nan_where_both_gates_vanish():
    f = R(1, 1) >> cl.scan(cl.min_lstm(1))
    params = (jnp.zeros((1, 3)), jnp.array([-200.0, -200.0, 1.0]))
    np.testing.assert_allclose(f(params, jnp.ones((1, 1))), [[0.5]], rtol=1e-6)
    assert all(np.isfinite(d).all() for d in jax.grad(lambda p: f(p, jnp.ones((1, 1))).sum())(params))


def test_decays_are_between_0_and_1(key):
    coefficients = cl.diagonal_ssm(64).coefficients(R(3))
    params = coefficients.init(key)
    a, b = coefficients(params, jnp.ones(3))
    assert (a >= 0.9).all() and (a <= 0.9991).all()
    np.testing.assert_allclose(b, np.sqrt(1 - np.asarray(a, np.float64) ** 2) * (jnp.ones(3) @ params[0]), rtol=1e-3, atol=1e-5)


def test_other_dtypes(key):
    for dtype in ("float16", "bfloat16"):
        f = R(4, 3, dtype=dtype) >> cl.scan(cl.min_gru(2))
        assert f.cod == R(4, 2, dtype=dtype) and f(f.init(key), jnp.ones((4, 3), dtype)).dtype == dtype
