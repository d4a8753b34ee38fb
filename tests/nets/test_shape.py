import jax
import numpy as np
import pytest

import catlearn as cl
from catlearn import I, R, laws
from catlearn.core.errors import TypingError


@pytest.mark.parametrize(
    ("f", "numpy"),
    [
        (R(4, 6) >> cl.reshape(2, -1, 3), lambda x: np.reshape(x, (2, 4, 3))),
        (R(4, 6) >> cl.reshape(24), lambda x: np.reshape(x, 24)),
        (R(2, 3, 4) >> cl.transpose(1, 2, 0), lambda x: np.transpose(x, (1, 2, 0))),
        (R(2, 3, 4) >> cl.transpose(), np.transpose),
    ],
)
def test_reshape_and_transpose_are_numpy_s(f, numpy, key):
    x = jax.random.normal(key, f.dom.structs[0].shape)
    assert np.array_equal(f((), x), numpy(np.asarray(x)))
    assert laws.agrees_with_vjp(f, key) is None and laws.batch_runs_each_example(f, 3, key) is None


def test_a_branch_runs_each_arrow_on_the_same_value(key):
    f, g, h = R(4) >> cl.dense(3), R(4) >> cl.tanh, R(4) >> cl.dense(2)
    whole = R(4) >> cl.branch(cl.dense(3), cl.tanh, h)
    params, x = whole.init(key), jax.random.normal(key, (4,))
    found, expected = whole(params, x), (f(params[:2], x), g((), x), h(params[2:], x))
    assert whole.cod == R(3) @ R(4) @ R(2) and whole.param == f.param @ h.param
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    assert laws.agrees_with_vjp(whole, key) is None and laws.batch_runs_each_example(whole, 3, key) is None
    assert (R(4) >> cl.branch()).cod == I


def test_branches_that_meet(key):
    f = R(3) >> cl.branch(cl.dense(3), cl.dense(3).named("skip")) >> cl.add
    assert cl.names(f) == ("0.branch.0.dense.kernel", "0.branch.0.dense.bias", "0.branch.skip.kernel", "0.branch.skip.bias")
    assert laws.extensional("residual", R(3) >> cl.branch(cl.tanh, R(3)) >> cl.add, R(3) >> cl.residual(cl.tanh)) is None


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concatenate_is_numpy_s(axis, key):
    f = R(2, 3) @ R(2, 3) @ R(2, 3) >> cl.concatenate(axis)
    xs = [jax.random.normal(k, (2, 3)) for k in jax.random.split(key, 3)]
    assert np.array_equal(f((), *xs), np.concatenate(xs, axis))
    assert laws.agrees_with_vjp(f, key) is None and laws.batch_runs_each_example(f, 4, key) is None
    assert (R(2) @ R(3) @ R(4) >> cl.concatenate() @ cl.tanh).cod == R(5) @ R(4)


@pytest.mark.parametrize(
    "f", [cl.reshape(2, -1), cl.transpose(1, 0), cl.transpose(), cl.branch(cl.dense(3), cl.tanh), cl.concatenate(axis=0)]
)
def test_code_makes_them_again(f):
    assert eval(repr(f), vars(cl)) == f


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(8, 6) >> cl.reshape(5, 7), r"\(size 48\) into shape \(5, 7\) \(size 35\)"),
        (lambda: R(8, 6) >> cl.reshape(5, -1), r"\(5\) does not evenly divide 48"),
        (lambda: R(8, 6) >> cl.reshape(-1, -1), "one unknown axis"),
        (lambda: R(2, 3, 4) >> cl.transpose(0, 2), "isn't a permutation"),
        (lambda: cl.wire({"a": R(3)}) >> cl.reshape(3), "requires ndarray"),
        (lambda: R(2, 3) @ R(3, 3) >> cl.concatenate(), "concatenate"),
        (lambda: I >> cl.concatenate(), "at least one array"),
        (lambda: R(4) >> cl.branch(cl.tanh, cl.conv(3, 3)), "three axes"),
    ],
)
def test_what_does_not_fit(make, said):
    with pytest.raises(TypingError, match=said):
        make()
