import jax
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError


def test_it_adds_what_went_in(key):
    f = R(3) >> cl.residual(cl.dense(3) >> cl.tanh)
    params, x = f.init(key), jax.random.normal(key, (3,))
    inner = R(3) >> cl.dense(3) >> cl.tanh
    np.testing.assert_allclose(f(params, x), x + inner(params, x), rtol=1e-6)
    assert laws.agrees_with_vjp(f, key) is None


def test_it_nests_and_names(key):
    f = R(3) >> cl.residual(cl.residual(cl.dense(3)) >> cl.tanh)
    assert cl.names(f) == ("0.residual.0.dense.kernel", "0.residual.0.dense.bias")
    assert len(f.init(key)) == 2


def test_arrows_may_be_branches_too():
    f = R(3) >> cl.dense(3)
    assert (R(3) >> cl.residual(f)).param == f.param


def test_a_branch_that_ends_elsewhere():
    with pytest.raises(TypingError, match=r"must end in R\(3\), but it ends in R\(4\) \(wire 0, axis 0: 3 ≠ 4\)"):
        R(3) >> cl.residual(cl.dense(4))
