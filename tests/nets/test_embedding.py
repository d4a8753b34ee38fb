import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import ArgumentError, TypingError


def test_embedding_is_equinox_embedding_on_the_same_weights(key):
    theirs = eqx.nn.Embedding(7, 4, key=key)
    f, x = R(5, dtype="int32") >> cl.embedding(7, 4), jnp.array([0, 6, 3, 3, 1])
    np.testing.assert_array_equal(f((theirs.weight,), x), jax.vmap(theirs)(x))
    assert (R(dtype="int32") >> cl.embedding(7, 4)).cod == R(4)
    assert cl.names(f >> cl.dense(2)) == ("0.embedding.table", "1.dense.kernel", "1.dense.bias")
    assert laws.agrees_with_vjp(f, key) is None
    assert laws.batch_runs_each_example(f, 3, key) is None and laws.batch_sums_gradients(f, 3, key) is None


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint32"])
def test_a_number_without_a_row_gives_nan(dtype, key):
    f = R(4, dtype=dtype) >> cl.embedding(5, 3)
    numbers = jnp.array([4, 5, -1, 127]).astype(dtype)
    y = jax.jit(f)(f.init(key), numbers)
    assert np.isfinite(y[0]).all() and np.isnan(y[1:]).all()
    with pytest.raises(ArgumentError, match=r"rows 0 to 4, and there are numbers from"):
        f(f.init(key), numbers)


def test_the_gradient_touches_only_rows_that_were_taken(key):
    f = cl.batch(R(2, dtype="int32") >> cl.embedding(5, 3), 4)
    lens, dy = cl.reverse(f), jax.random.normal(key, (4, 2, 3))
    x = jnp.array([[0, 3], [3, 3], [0, 1], [1, 9]])
    (table,), _ = lens.backward(lens.forward(f.init(key), x)[1], dy)
    expected = np.zeros((5, 3), np.float32)
    np.add.at(expected, np.ravel(x)[:-1], np.asarray(dy).reshape(-1, 3)[:-1])
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=1e-6)


def test_the_gradient_is_one_scatter(key):
    f = cl.batch(R(2, dtype="int32") >> cl.embedding(5, 3), 4)
    lens = cl.reverse(f)
    back = lambda p, x, dy: lens.backward(lens.forward(p, x)[1], dy)  # noqa: E731
    text = str(jax.make_jaxpr(back)(f.init(key), jnp.zeros((4, 2), int), jnp.ones((4, 2, 3))))
    assert text.count("scatter-add[") == 1 and "f32[4,5,3]" not in text


def test_rows_have_length_one_on_average_and_the_dtype_asked_for(key):
    table = (R(2, dtype="int32") >> cl.embedding(1000, 64)).init(key)[0]
    assert np.isclose(float(jnp.square(table).sum(-1).mean()), 1, rtol=0.02)
    f = R(2, dtype="int32") >> cl.embedding(9, 4, dtype="bfloat16", table_init=jax.nn.initializers.ones)
    assert f.cod == R(2, 4, dtype="bfloat16") and (f.init(key)[0] == jnp.ones((9, 4), jnp.bfloat16)).all()


def test_positions_are_added(key):
    f = R(5, 4) >> cl.positions()
    (table,), x = f.init(key), jax.random.normal(key, (5, 4))
    assert np.array_equal(f((table,), x), x + table) and 0 < float(table.std()) < 0.05
    assert laws.agrees_with_vjp(f, key) is None and laws.batch_sums_gradients(f, 3, key) is None


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(5) >> cl.embedding(7, 4), "whole numbers, such as"),
        (lambda: R(5, dtype=bool) >> cl.embedding(7, 4), "whole numbers, such as"),
        (lambda: cl.wire({"a": R(5, dtype="int32")}) >> cl.embedding(7, 4), "whole numbers, such as"),
        (lambda: R(5, dtype="int32") >> cl.embedding(7, 4, dtype="int32"), "a table must be of floats"),
        (lambda: cl.embedding(0, 4), "vocabulary must be a whole number"),
        (lambda: cl.embedding(3, 4.5), "features must be a whole number"),
        (lambda: R(5) >> cl.positions(), "two axes"),
        (lambda: R(5, 4, dtype="int32") >> cl.positions(), "takes floats"),
    ],
)
def test_what_tables_do_not_take(make, said):
    with pytest.raises(TypingError, match=said):
        make()
