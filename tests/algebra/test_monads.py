import itertools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.algebra import monads
from catlearn.algebra.actions import cyclic, defining, symmetric
from catlearn.algebra.monads import Padded, maybe, reader, state, writer
from catlearn.algebra.monoids import reduced
from catlearn.core.errors import TypingError
from catlearn.laws.monads import list_algebra, monad, monad_algebra, monad_is_natural

MONADS = [maybe, reader(1), reader(3), state(1), state(3), writer(symmetric(3))]


@pytest.mark.parametrize("m", MONADS, ids=repr)
def test_each_is_a_monad(m):
    assert monad(m, R(2) @ R()) is None
    assert monad_is_natural(m, R(2) @ R() >> (cl.tanh @ R()) >> cl.function(lambda x, y: (x * y, x), arity=2)) is None


@pytest.mark.parametrize("m", MONADS, ids=repr)
def test_free_algebras_are_algebras(m):
    assert repr(eval(repr(m))) == repr(m)
    assert monad_algebra(m, m.free(R(2))) is None


def test_the_multiplications_are_those_of_the_books():
    """Against Python's own functions and tuples."""
    x = np.arange(8.0, dtype=np.float32)
    assert np.array_equal(jnp.stack(reader(2).multiply(R())((), *x[:4])), [x[0], x[3]])
    table = list(itertools.product(range(2), range(2), range(2)))
    for go in itertools.product(table, table):  # from each state: where it goes, and from there where each state goes
        values = [v for i, (s, *then) in enumerate(go) for v in (s, then[0], x[2 * i], then[1], x[2 * i + 1])]
        found = state(2).multiply(R())((), *(jnp.asarray(v, "int32" if isinstance(v, int) else "float32") for v in values))
        expected = [(go[i][1 + go[i][0]], x[2 * i + go[i][0]]) for i in range(2)]
        assert [(int(found[2 * i]), float(found[2 * i + 1])) for i in range(2)] == expected


@pytest.mark.parametrize("outer, inner, tag", [(0, 1, 0), (1, 0, 0), (1, 1, 1)])
def test_maybe_is_there_where_both_are(outer, inner, tag):
    found = maybe.multiply(R())((), jnp.int32(outer), jnp.int32(inner), jnp.float32(3.0))
    assert int(found[0]) == tag


def test_sums_are_compared_by_what_their_tags_choose():
    garbage = (jnp.int32(0), jnp.float32(3.0))
    assert maybe.functor.canonical(R(), garbage) == (0, 0.0)
    assert maybe.functor.canonical(R(), (jnp.int32(1), jnp.float32(3.0))) == (1, 3.0)
    nested = cl.const(R()) * (cl.one + cl.X)
    assert nested.canonical(R(), (jnp.float32(2.0), *garbage)) == (2.0, 0, 0.0)


def test_what_is_no_monad_is_caught():
    first_row = replace(reader(2), multiply=lambda A: cl.wiring(A @ A @ A @ A, range(2 * len(A))))
    assert monad(first_row, R(2)).law == "right unit of a monad"
    less = cl.Monoid(R(2), cl.constant((jnp.zeros(2),)), cl.function(jnp.subtract, arity=2))
    assert monad(writer(less), R(2)).law == "left unit of a monad"
    mean = cl.Monoid(R(2), cl.constant((jnp.zeros(2),)), cl.function(lambda a, b: a + b + a * b * a, arity=2))
    assert monad(writer(mean), R(2)).law == "associativity of a monad"
    never = replace(maybe, unit=lambda A: maybe.functor.inject(1, A) >> (cl.function(lambda tag: 0 * tag) @ A))
    assert monad(never, R(2)).law == "left unit of a monad"


def test_what_is_not_natural_is_caught():
    f = R(2) >> cl.tanh
    doubled = lambda A: A >> cl.function(lambda x: 2 * x)  # noqa: E731
    unit = replace(maybe, unit=lambda A: doubled(A) >> maybe.unit(A))
    assert monad_is_natural(unit, f).law == "naturality of the unit"
    times = replace(maybe, multiply=lambda A: maybe.multiply(A) >> cl.R(dtype="int32") @ doubled(A))
    assert monad_is_natural(times, f).law == "naturality of the multiplication"


def test_algebras_of_other_monads():
    assert monad_algebra(reader(2), cl.Algebra(reader(2).functor, R(2), cl.wiring(R(2) @ R(2), (1,)))) is None
    assert monad_algebra(reader(2), cl.Algebra(reader(2).functor, R(2), cl.add)).law == "unit of an algebra"
    default = cl.Algebra(maybe.functor, R(2), (cl.constant((jnp.ones(2),)), R(2)))
    assert monad_algebra(maybe, default) is None
    flipped = cl.Algebra(maybe.functor, R(2), (cl.constant((jnp.ones(2),)), cl.function(jnp.flip)))
    assert monad_algebra(maybe, flipped).law == "unit of an algebra"


def test_extensions_are_the_homomorphisms_out_of_free_algebras(key):
    """`k ↦ (T(k); a)` and `h ↦ (η; h)` are inverse, for a monad that is no group's too."""
    default = cl.Algebra(maybe.functor, R(3), (cl.constant((jnp.ones(3),)), R(3)))
    k = cl.freeze(R(2) >> cl.dense(3), (R(2) >> cl.dense(3)).init(key))
    h = maybe.extend(k, default)
    assert cl.laws.algebra_homomorphism(h, maybe.free(R(2)), default) is None
    assert cl.laws.extensional("k", maybe.unit(R(2)) >> h, k) is None
    assert cl.laws.algebra_homomorphism(h >> cl.tanh, maybe.free(R(2)), default) is not None


def aggregation(of):
    return lambda n: Padded(n)(R(2)) >> cl.function(lambda x, mask: of(x, mask[:, None]), arity=2)


total = cl.Monoid(R(2), cl.constant((jnp.zeros(2),)), cl.add)
largest = cl.Monoid(R(2), cl.constant((jnp.full(2, -jnp.inf),)), cl.function(jnp.maximum, arity=2))
of_sum = aggregation(lambda x, mask: jnp.sum(x, 0, where=mask))
of_max = aggregation(lambda x, mask: jnp.max(x, 0, where=mask, initial=-jnp.inf))
of_mean = aggregation(lambda x, mask: jnp.sum(x, 0, where=mask) / jnp.maximum(jnp.sum(mask), 1))


def test_sums_and_maxima_are_algebras_of_lists():
    assert list_algebra(of_sum, R(2)) is list_algebra(of_max, R(2)) is None
    assert (
        list_algebra(lambda n: reduced(total, n, masked=True), R(2))
        is list_algebra(lambda n: reduced(largest, n, masked=True), R(2))
        is None
    )


def test_means_are_no_algebra_of_lists():
    assert list_algebra(of_mean, R(2)).law == "fold of a list of lists"
    assert list_algebra(aggregation(lambda x, mask: 2 * jnp.sum(x, 0, where=mask)), R(2)).law == "fold of one element"


@pytest.mark.parametrize("monoid, fold", [(total, of_sum), (largest, of_max)], ids=["sum", "max"])
def test_a_monoid_folds_as_jax_reduces(monoid, fold):
    for n in (1, 3, 4):
        assert cl.laws.extensional("fold", reduced(monoid, n, masked=True), fold(n)) is None


def test_a_fold_of_a_monoid_can_be_learnt_through(key):
    f = reduced(total, 3, masked=True)
    assert cl.laws.agrees_with_vjp(f, key) is None
    assert cl.laws.batch_runs_each_example(f, 3, key) is None
    assert cl.laws.agrees_with_vjp(maybe.multiply(R(2)), key) is None
    assert cl.laws.batch_runs_each_example(state(2).multiply(R(2)), 3, key) is None


def test_lists_keep_to_their_dtype_and_their_length():
    A = R(2, dtype="bfloat16")
    assert Padded(3).flatten(Padded(2), A).cod == R(6, 2, dtype="bfloat16") @ R(6, dtype="bool")
    xs, mask = jnp.arange(4).reshape(2, 2), jnp.array([[True, False], [True, True]])
    flat, kept = Padded(2).flatten(Padded(2), R(dtype="int32"))((), xs, mask, jnp.array([True, False]))
    assert flat.tolist() == [0, 1, 2, 3] and kept.tolist() == [True, False, False, False]


def test_what_does_not_fit_is_refused():
    for make in (reader, state, Padded):
        with pytest.raises(TypingError, match="whole number ≥ 1"):
            make(0)
    with pytest.raises(TypingError, match="an algebra of one \\+ X"):
        maybe.extend(R(2) >> cl.tanh, defining(cyclic(2), R(2)))
    with pytest.raises(TypingError, match="ends in"):
        maybe.extend(R(2) >> cl.tanh, cl.Algebra(maybe.functor, R(3), (cl.constant((jnp.ones(3),)), R(3))))
    with pytest.raises(TypingError, match="an algebra of the monad"):
        monad_algebra(maybe, defining(cyclic(2), R(2)))


def test_random_constants_are_true_elements():
    draw = monads.writer(symmetric(3)).functor.draw
    g, _ = draw(R(), jax.random.key(3), lambda A, key: (jnp.zeros(()),))
    assert sorted(map(tuple, g.tolist())) == [(0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)]
