import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import ArgumentError, TypingError


def test_init_gives_each_box_its_own_draw(key):
    model = R(4) >> cl.dense(4) >> cl.dense(4)
    kernel, _, other, _ = model.init(key)
    assert not jnp.array_equal(kernel, other)
    again = model.init(key)
    assert all(map(jnp.array_equal, again, model.init(key)))
    assert [p.shape for p in again] == [(4, 4), (4,), (4, 4), (4,)]


def test_tied_parameters_begin_as_one_copy_of_the_untied_ones(key):
    f = R(3) >> cl.dense(3)
    tied = (f >> f).reparameterise(cl.copy(f.param))
    params = tied.init(key)
    assert cl.names(tied) == ("kernel", "bias") and len(params) == 2
    x = jnp.ones(3)
    assert jnp.allclose(tied(params, x), (f >> f)((*params, *params), x))


def test_a_frozen_model_has_no_parameters(key):
    f = R(3) >> cl.dense(3)
    params = f.init(key)
    frozen = f.reparameterise(cl.constant(params))
    assert frozen.init(key) == () and len(frozen.param) == 0
    assert jnp.array_equal(frozen((), jnp.ones(3)), f(params, jnp.ones(3)))


def test_part_of_the_parameters_can_be_frozen(key):
    f = R(3) >> cl.dense(3)
    kernel, bias = f.init(key)
    half = f.reparameterise(cl.constant((kernel,)) @ f.param[1:])
    assert half.param == R(3)
    lens = cl.reverse(half)
    dparams, _ = lens.backward(lens.forward((bias,), jnp.ones(3))[1], jnp.ones(3))
    assert np.array_equal(dparams[0], np.ones(3))


def test_part_of_the_parameters_begin_as_the_whole_does_where_they_are_only_copied(key):
    f = R(3) >> cl.dense(3)
    kernel, bias = f.init(key)
    half = f.reparameterise(cl.constant((kernel,)) @ f.param[1:])
    assert np.array_equal(half.init(key)[0], bias)
    swapped = f.reparameterise(cl.swap(R(3), R(3, 3)))
    assert [p.shape for p in swapped.init(key)] == [(3,), (3, 3)]


def test_paths_are_unique_whatever_the_labels(key, tmp_path):
    f = R(3) >> cl.dense(3)
    tied = (f >> f >> f).reparameterise(cl.copy(f.param) @ f.param)
    assert cl.names(tied) == ("0.kernel", "1.bias", "2.kernel", "3.bias")
    for P in (R(3).named("a") @ R(2).named("a"), R(3).named("1") @ R(2), R(3) @ R(2)):
        assert len(set(cl.names(cl.I >> cl.parameter(P)))) == 2
    cl.save(tmp_path / "p.npz", tied, tied.init(key))
    assert len(cl.load(tmp_path / "p.npz", tied)) == 4


def test_lenses_begin_as_their_models_do(key):
    f = R(3) >> cl.dense(3) >> cl.tanh
    assert all(map(jnp.array_equal, cl.reverse(f).init(key), f.init(key)))


def test_a_two_cell_without_initial_parameters_asks_for_them(key):
    f = R(3) >> cl.linear(3)
    g = f.reparameterise(R(3, 3) >> cl.tanh)
    with pytest.raises(TypingError, match="give `init`"):
        g.init(key)
    assert f.reparameterise(R(3, 3) >> cl.tanh, init=lambda key: (jnp.zeros((3, 3)),)).init(key)[0].shape == (3, 3)


def test_an_initialiser_of_the_wrong_shape_is_caught(key):
    f = R(3) >> cl.dense(2, kernel_init=lambda key, shape, dtype: jnp.zeros((1, 1)))
    with pytest.raises(ArgumentError, match="initialiser"):
        f.init(key)


def test_by_name_is_a_dictionary_of_paths(key):
    model = R(3) >> cl.dense(2).named("head")
    named = cl.by_name(model >> cl.tanh, model.init(key))
    assert list(named) == ["head.kernel", "head.bias"]


def test_describe_is_the_table():
    said = repr(cl.describe(R(4, 4, 1) >> cl.conv(2, 3) >> cl.relu >> cl.flatten >> cl.dense(3).named("head")))
    assert said.splitlines() == [
        "R(4, 4, 1) → R(3)",
        "",
        "path           arrow           codomain    parameters    count",
        "─────────────  ──────────────  ──────────  ────────────  ─────",
        "0.conv.kernel  convolve(2, 3)  R(4, 4, 2)  (3, 3, 1, 2)     18",
        "0.conv.bias    bias()          R(4, 4, 2)  (2,)              2",
        "1.relu         relu            R(4, 4, 2)                    0",
        "2.flatten      flatten         R(32)                         0",
        "head.kernel    linear(3)       R(3)        (32, 3)          96",
        "head.bias      bias()          R(3)        (3,)              3",
        "─────────────  ──────────────  ──────────  ────────────  ─────",
        "119 parameters, 476 bytes",
    ]


def test_describe_shows_two_cells():
    f = R(3) >> cl.dense(3)
    said = repr(cl.describe((f >> f).reparameterise(cl.copy(f.param))))
    assert "reparameterised along copy(R(3, 3) @ R(3))" in said and "12 parameters" in said


def test_describe_of_a_lens_and_of_a_learner(learner):
    assert "39 parameters" in repr(cl.describe(cl.reverse(R(12) >> cl.dense(3))))
    assert "observe" in repr(cl.describe(learner.composite(4)))
