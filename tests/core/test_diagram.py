import copy
import functools
import operator
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

import catlearn as cl
from catlearn import I, R
from catlearn.core.diagram import Par, Seq, Wiring
from catlearn.core.errors import ArgumentError, CompositionError, NamingError, TypingError
from catlearn.core.text import short
from catlearn.laws.strategies import composables, objects


@given(composables(3))
def test_composition_is_strict_on_terms(fgh):
    f, g, h = fgh
    assert (f >> g) >> h == f >> (g >> h)
    assert hash((f >> g) >> h) == hash(f >> (g >> h))
    assert (f @ g) @ h == f @ (g @ h)
    assert f @ cl.identity(I) == f == cl.identity(I) @ f
    assert f >> f.cod == f == f.dom >> f
    assert ((f >> g) >> h).param == f.param @ g.param @ h.param


@given(objects(), objects())
def test_all_wirings_are_one_kind(A, B):
    plain = (cl.identity(A), cl.swap(A, B), cl.copy(A), cl.discard(A))
    for f in (*plain, cl.swap(A, B) >> cl.copy(B @ A), cl.copy(A) @ cl.discard(B)):
        assert isinstance(f, Wiring)
    assert cl.swap(A, B) >> cl.swap(B, A) == cl.identity(A @ B)
    assert cl.identity(A) @ cl.identity(B) == cl.identity(A @ B)


def test_equal_terms_are_equal_and_others_are_not():
    make = lambda: R(8, 8, 1) >> cl.conv(4, 3) >> cl.relu >> cl.flatten >> cl.dense(10)  # noqa: E731
    assert make() == make() and hash(make()) == hash(make())
    assert make() != R(8, 8, 1) >> cl.conv(4, 3) >> cl.tanh >> cl.flatten >> cl.dense(10)
    assert R(3) >> cl.dense(4) != R(3) >> cl.dense(4, use_bias=False)
    assert (R(3) >> cl.tanh).named("a") != R(3) >> cl.tanh


def test_seq_and_par_are_flat():
    f = R(3) >> cl.tanh
    assert len((f >> f) >> (f >> f)) == 4 and len((f @ f) @ (f @ f)) == 4
    assert isinstance(f >> f, Seq) and isinstance(f @ f, Par)


def test_index_slice_iterate():
    model = R(4) >> cl.dense(3) >> cl.tanh >> cl.dense(2)
    assert [part.name for part in model] == ["dense", "tanh", "dense"]
    assert model[:2] >> model[2:] == model
    assert model[1] == R(3) >> cl.tanh
    assert model[1:1] == cl.identity(R(3)) and model[3:] == cl.identity(R(2))
    assert model[-1].cod == R(2)
    both = model @ (R(5) >> cl.relu)
    assert both[0] == model and both[1:] == R(5) >> cl.relu


@pytest.mark.parametrize(
    "make",
    [
        lambda: R(3) >> cl.dense(4) >> cl.relu,
        lambda: (R(3) >> cl.dense(4)).named("head") >> cl.dense(2),
        lambda: (R(3) >> cl.residual(cl.dense(3) >> cl.tanh)).named("block") >> cl.tanh,
        lambda: (R(3) >> cl.tanh) @ R(2) @ (R(4) >> cl.dense(1)),
        lambda: R(3) >> cl.tanh >> cl.copy(R(3)) >> (cl.dense(2) @ cl.relu) >> cl.swap(R(2), R(3)),
        lambda: cl.copy(R(3) @ R(2), 3) @ cl.discard(R(1)),
        lambda: cl.wiring(R(1) @ R(2) @ R(3), (2, 0, 2)),
        lambda: ((R(3) >> cl.dense(3)) >> (R(3) >> cl.dense(3))).reparameterise(cl.copy(R(3, 3) @ R(3))),
        lambda: cl.recompute(R(3) >> cl.dense(3) >> cl.tanh) >> cl.dense(1),
        lambda: R(6, 6, 2) >> cl.conv(3, 3, stride=2, padding="VALID") >> cl.max_pool(2, stride=1),
        lambda: (R(2) @ R(2)) >> cl.add,
        lambda: R(4) >> (cl.dense(3) >> cl.tanh).named("encoder") >> cl.dense(2),
    ],
)
def test_repr_evaluates_back(make):
    assert eval(repr(make()), vars(cl)) == make()


def test_repr_says_domain_codomain_and_parameters():
    said = repr(R(3) >> cl.dense(4) >> cl.relu)
    assert said == "R(3) >> dense(4) >> relu\n# R(3) → R(4), 16 parameters: 0.dense.kernel (3, 4), 0.dense.bias (4,)"


def test_mismatch_names_both_arrows_both_objects_the_axis_and_the_place():
    left, right = R(8, 8, 1) >> cl.relu >> cl.max_pool(2), R(4, 5, 1) >> cl.tanh >> cl.flatten
    with pytest.raises(CompositionError) as caught:
        left >> right
    assert str(caught.value) == (
        "tanh can't follow max_pool(2): the objects differ.\n"
        "  left:  R(8, 8, 1) >> relu >> max_pool(2)\n"
        "         ends in   R(4, 4, 1)\n"
        "  right: R(4, 5, 1) >> tanh >> flatten\n"
        "         starts at R(4, 5, 1)\n"
        "  first difference: wire 0, axis 1: 4 ≠ 5\n"
        "  at: between parts 1 and 2 of the composite."
    )


def test_mismatch_that_a_flatten_would_mend_says_so():
    with pytest.raises(CompositionError, match="A `flatten` between them"):
        (R(4, 4, 1) >> cl.relu) >> (R(16) >> cl.dense(2))


def test_a_two_cell_must_end_in_the_parameters():
    f = R(3) >> cl.dense(3)
    with pytest.raises(CompositionError, match="must end in its parameters"):
        f.reparameterise(cl.copy(f.param))
    with pytest.raises(CompositionError, match="parameters of its own"):
        f.reparameterise((R(3, 3) >> cl.dense(3)) @ R(3))


def test_arrows_of_two_categories_do_not_compose():
    f = R(3) >> cl.tanh
    with pytest.raises(CompositionError):
        f >> cl.reverse(f)
    with pytest.raises(CompositionError, match="send one along a functor"):
        f @ cl.reverse(f)


def test_ten_thousand_layers_compose_type_and_have_names():
    f = R(2) >> cl.dense(2)
    model = functools.reduce(operator.rshift, [f] * 10_000)
    again = functools.reduce(lambda g, h: h >> g, [f] * 10_000)
    assert model == again and len(model) == 10_000
    assert cl.names(model)[-1] == "9999.dense.bias" and model.param.size == 60_000
    assert len(cl.reverse(model)) == 10_000 and len(cl.batch(model, 2)) == 10_000
    assert "9996 more" in short(model)


def test_composing_does_not_visit_what_was_composed():
    """Linear time, counted: composing looks at no part of a long composite."""
    f = R(2) >> cl.tanh
    model = functools.reduce(operator.rshift, [f] * 1_000)
    assert "parts" not in vars(model)
    assert "parts" not in vars((model >> f) >> model)


def test_paths():
    inner = (cl.dense(4) >> cl.relu >> cl.dense(4)).named("encoder")
    model = R(3) >> inner >> cl.dense(2).named("head")
    assert cl.names(model) == (
        "encoder.0.dense.kernel",
        "encoder.0.dense.bias",
        "encoder.2.dense.kernel",
        "encoder.2.dense.bias",
        "head.kernel",
        "head.bias",
    )
    twice = R(4) >> cl.dense(4).named("a") >> cl.dense(4).named("a")
    assert cl.names(twice) == ("0.a.kernel", "0.a.bias", "1.a.kernel", "1.a.bias")
    side = (R(3) >> cl.dense(1)) @ (R(3) >> cl.linear(1))
    assert cl.names(side) == ("0.dense.kernel", "0.dense.bias", "1.linear")


def test_paths_are_unique_and_kept_by_functors():
    block = cl.residual(cl.dense(4) >> cl.tanh >> cl.dense(4))
    model = R(4) >> block >> block >> (cl.dense(2) >> cl.tanh).named("head") >> cl.linear(3)
    assert len(set(cl.names(model))) == len(model.param)
    for image in (cl.reverse(model), cl.batch(model, 3), cl.reverse(cl.batch(model, 3))):
        assert cl.names(image) == cl.names(model)


@pytest.mark.parametrize("label", ["", "a.b", "3", 7])
def test_a_name_can_stand_in_a_path(label):
    with pytest.raises(NamingError):
        (R(3) >> cl.dense(2)).named(label)
    with pytest.raises(NamingError):
        cl.dense(2).named(label)


def test_wiring_of_a_wire_that_is_not_there():
    with pytest.raises(TypingError, match="no wire 2"):
        cl.wiring(R(1) @ R(2), (0, 2))


def test_running_checks_values(image_model, key):
    params = image_model.init(key)
    with pytest.raises(ArgumentError, match=r"wire 0: 3 axes \(8, 8, 1\) ≠ 2 axes"):
        image_model(params, jnp.zeros((8, 8)))
    with pytest.raises(ArgumentError, match=r"dtype float32 ≠ int32.*astype"):
        image_model(params, jnp.zeros((8, 8, 1), int))
    with pytest.raises(ArgumentError, match="takes 1 inputs"):
        image_model(params)
    with pytest.raises(ArgumentError, match="4 parameters"):
        image_model(params[:2], jnp.zeros((8, 8, 1)))
    with pytest.raises(ArgumentError, match=r"0\.conv\.kernel"):
        image_model((params[0][:2], *params[1:]), jnp.zeros((8, 8, 1)))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda f: f >> jnp.tanh, "catlearn.function"),
        (lambda f: f @ 3, "no arrow"),
        (lambda f: R(3) >> jnp.tanh, "catlearn.function"),
        (lambda f: f.reparameterise(cl.dense(3)), "an arrow into its parameters"),
        (lambda f: cl.copy(f), "takes an object"),
        (lambda f: cl.copy(cl.dense(3)), "takes an object"),
        (lambda f: cl.copy(R(3), -1), "whole number"),
        (lambda f: R(3) >> cl.reverse(cl.dense(3)), "such as reverse"),
        (lambda f: cl.batch(cl.dense(3), 4), "put an object before it"),
        (lambda f: cl.describe(cl.dense(3)), "put an object before it"),
        (lambda f: cl.describe(cl.supervised(f, cl.quadratic, cl.descent(0.1))), "not yet a diagram"),
        (lambda f: cl.names(cl.dense(3)), "put an object before it"),
        (lambda f: cl.reverse(cl.reverse(f)), "goes out of Smooth"),
        (lambda f: cl.batch(cl.reverse(f), 3), "goes out of Smooth"),
        (lambda f: cl.recompute(cl.reverse(f)), "takes arrows of Smooth"),
        (lambda f: cl.batch(f, 2.5), "whole number"),
        (lambda f: cl.batch(f, 4, (True, False)), "1 wire in its domain"),
        (lambda f: f(None, jnp.ones(3)), "as a tuple"),
        (lambda f: f(jnp.ones((2, 3)), jnp.ones(3)), "as a tuple"),
        (lambda f: R(3, dtype="foo"), "is no dtype"),
        (lambda f: cl.wire({"a": R(2) @ R(3)}), "a leaf of a wire"),
        (lambda f: cl.wire({"a": 3}), "a leaf of a wire"),
        (lambda f: R(True), "is not a length"),
    ],
)
def test_what_can_t_be_is_one_of_our_errors(make, said):
    with pytest.raises(cl.CatlearnError, match=said):
        make(R(3) >> cl.dense(3))


def test_models_pickle_and_copy(image_model, key):
    tied = image_model >> cl.residual(cl.dense(3) >> cl.sigmoid) >> (cl.dense(3) >> cl.tanh).named("head")
    for again in (pickle.loads(pickle.dumps(tied)), copy.deepcopy(tied), copy.copy(tied)):
        assert again == tied and cl.names(again) == cl.names(tied)
        assert all(map(jnp.array_equal, again.init(key), tied.init(key)))
    deep = functools.reduce(operator.rshift, [R(2) >> cl.tanh] * 3000)
    assert pickle.loads(pickle.dumps(deep)) == deep


def test_a_constant_of_python_runs_as_the_array_that_it_is_typed_as():
    f = R(3) >> cl.function(lambda x: 2.0) >> cl.function(lambda y: y.reshape(1))
    assert np.array_equal(f((), jnp.ones(3)), [2.0])


def test_numpy_integers_are_whole_numbers():
    assert R(np.int64(3)) == R(3) and R(3) >> cl.dense(np.int64(4)) == R(3) >> cl.dense(4)
    assert cl.descent(np.float32(0.5)).learning_rate == 0.5


def test_an_arrow_without_a_half_says_which_has_it():
    f = R(3) >> cl.tanh
    with pytest.raises(ArgumentError, match="reverse"):
        f.forward((), jnp.zeros(3))
    with pytest.raises(ArgumentError, match="forward"):
        cl.reverse(f)((), jnp.zeros(3))


def test_wirings_run_on_values():
    x, y = jnp.zeros(2), jnp.ones(3)
    assert cl.swap(R(2), R(3))((), x, y)[0] is y
    assert cl.discard(R(2))((), x) == ()
    out = (R(2) >> cl.copy(R(2)) >> cl.discard(R(2)) @ R(2))((), x)
    assert jax.numpy.array_equal(out, x)
