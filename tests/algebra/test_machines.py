from dataclasses import replace
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError

INTS = R(dtype="int32")
CELL = cl.simple_cell(2)
COUNT = cl.function(lambda s: (s, s + 1))


def test_a_mealy_machine_reads_its_scan(key):
    """run(mealy(cell, readout)) = scan(cell), then the readout at each place."""
    f = R(5, 3) >> cl.run(cl.mealy(CELL, cl.dense(4)))
    g = R(5, 3) >> cl.scan(CELL) >> cl.dense(4)
    assert laws.extensional("mealy", cl.reverse(f), cl.reverse(g)) is None
    assert laws.batch_runs_each_example(f, 2, key) is None


def test_a_moore_machine_speaks_before_it_reads(key):
    machine = cl.moore(cl.cell(CELL, R(2), cl.parameter(R(2))), cl.dense(4))
    f, g = R(5, 3) >> cl.run(machine), R(5, 3) >> cl.scan(CELL)
    p, x = laws.sample(f.param, key), jax.random.normal(key, (5, 3))
    begin, readout, rest = p[0], p[1:3], p[3:]
    held = R(5, 3) >> cl.scan(cl.cell(CELL, R(2), cl.constant((begin,))))
    states = jnp.concatenate([begin[None], held(rest, x)[:-1]])
    np.testing.assert_allclose(f(p, x), states @ readout[0] + readout[1], rtol=1e-5, atol=1e-6)
    assert machine.coalgebra(R(3)).functor == cl.Moore(R(3), R(4)) and g.param == held.param
    other = x.at[4].set(9.0)  # the last input changes nothing that is said
    np.testing.assert_allclose(f(p, x), f(p, other))


def test_machines_cascade(key):
    m, k = cl.mealy(cl.gru_cell(2), cl.dense(3)), cl.mealy(cl.lstm_cell(2), cl.hidden)
    assert laws.cascade_is_composition(m, k, R(3), 3) is None
    swapped = laws.extensional("cascade", R(3, 3) >> cl.run(cl.cascade(m, k)), R(3, 3) >> cl.run(k) >> cl.run(m))
    assert swapped is not None


def test_wrong_compositions_are_caught(monkeypatch):
    m, k = cl.mealy(CELL, cl.dense(2)), cl.mealy(CELL, R(2))
    right, whole = cl.cascade.step, cl.hylo.build
    other = lambda self, A, S: right(replace(self, first=self.second, second=self.first), A, S)  # noqa: E731
    monkeypatch.setattr(cl.cascade, "step", other)
    assert laws.cascade_is_composition(m, k, R(2), 2) is not None
    monkeypatch.setattr(cl.hylo, "build", lambda self, dom: whole(replace(self, steps=self.steps - 1), dom))
    grow = cl.branch(cl.dense(2), cl.dense(3) >> cl.tanh)
    assert laws.hylo_is_unfold_then_fold(grow, CELL, R(3), 3) is not None


def test_a_coalgebra_runs_from_a_state_that_is_given(key):
    total = cl.Coalgebra(cl.Mealy(R(), R()), R(), cl.function(lambda a, s: (a + s, a + s), arity=2))
    sums, last = (R(4) @ R() >> cl.run(total))((), jnp.arange(4.0), jnp.float32(10))
    np.testing.assert_allclose(sums, 10 + np.cumsum(np.arange(4.0)))
    assert float(last) == 16


def test_causality(key):
    """What a machine says does not depend on what it has not read."""
    f = R(5, 3) >> cl.run(cl.mealy(cl.gru_cell(2), cl.hidden))
    p, x = laws.sample(f.param, key), jax.random.normal(key, (5, 3))
    for i in range(5):
        np.testing.assert_array_equal(f(p, x)[:i], f(p, x.at[i:].set(7.0))[:i])


def test_unfolds(key):
    grow = cl.branch(cl.dense(2), cl.dense(3) >> cl.tanh)
    f = R(3) >> cl.unfold(grow, 4)
    p, s = f.init(key), jax.random.normal(key, (3,))
    for said in f(p, s):
        np.testing.assert_allclose(said, s @ p[0] + p[1], rtol=1e-5, atol=1e-6)
        s = jnp.tanh(s @ p[2] + p[3])
    assert laws.agrees_with_vjp(f, key) is None
    np.testing.assert_allclose([*islice(cl.stream(R() >> COUNT, (), jnp.float32(2)), 3)], [2, 3, 4])
    assert laws.hylo_is_unfold_then_fold(grow, CELL, R(3), 3) is None
    coalgebra = cl.Coalgebra(cl.Stream(R(2)), R(3), grow)
    assert (R(3) >> cl.unfold(coalgebra, 4)).cod == R(4, 2)


def test_an_unfold_that_stops(key):
    until = cl.function(lambda x: x >= 3)
    f = R() >> cl.unfold(COUNT, 6, until)
    for start, said, n in ((1.0, [1, 2, 3, 0, 0, 0], 3), (5.0, [5, 0, 0, 0, 0, 0], 1), (-9.0, [-9, -8, -7, -6, -5, -4], 6)):
        found, length = f((), jnp.float32(start))
        np.testing.assert_array_equal(found, said)
        assert int(length) == n
    total = f >> cl.fold(cl.cell(cl.add, R()), masked=True)
    assert float(total((), jnp.float32(1))) == 6


def test_generation(key):
    """A net that has learned the successor says it: greedily the sequence itself, and with sampling what its logits say."""
    table = jnp.eye(5)[jnp.array([1, 2, 3, 4, 0])] * 50.0
    successor = cl.cell(cl.function(lambda a, s: table[a], arity=2), R(5))
    machine = cl.mealy(successor, R(5))
    for temperature in (0, 0.5):
        f = INTS >> cl.generate(machine, cl.categorical(temperature), 7)
        keys = (key,) if temperature else ()
        np.testing.assert_array_equal(f((), *keys, jnp.int32(0)), [1, 2, 3, 4, 0, 1, 2])
    stop = INTS >> cl.generate(machine, cl.categorical(), 7, cl.function(lambda a: a == 4))
    said, n = stop((), key, jnp.int32(1))
    np.testing.assert_array_equal(said, [2, 3, 4, 0, 0, 0, 0])
    assert int(n) == 3
    many = cl.batch(stop, 2)((), key, jnp.array([1, 3]))
    np.testing.assert_array_equal(many[1], [3, 1])


def test_generation_draws_anew_at_each_step_and_needs_a_key(key):
    machine = cl.mealy(cl.cell(cl.function(lambda a, s: s, arity=2), R(5)), cl.hidden)  # all five alike
    f = INTS >> cl.generate(machine, cl.categorical(), 40)
    said = f((), key, jnp.int32(0))
    assert len(set(said.tolist())) == 5 and any(jnp.diff(said) != 0)
    again = cl.stream(INTS @ R(5) >> cl.feedback(machine, cl.categorical()), (), key, jnp.int32(0), jnp.zeros(5))
    assert len({int(x) for x in islice(again, 40)}) == 5
    with pytest.raises(TypingError, match="no draw without a key"):
        f((), jnp.int32(0))


def test_sampling_has_the_probabilities_of_the_logits(key):
    draw = R(2) >> cl.categorical(2.0)
    logits = jnp.array([0.0, 2 * np.log(3.0)], jnp.float32)  # at temperature 2, one to three
    found = cl.batch(draw, 4000)((), key, jnp.broadcast_to(logits, (4000, 2)))
    assert abs(float(found.mean()) - 0.75) < 0.03


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(4, 3) >> cl.run(CELL), "run takes a machine such as"),
        (lambda: R(4, 3) >> cl.run(cl.mealy(cl.dense(3), cl.dense(2))), "takes a cell, an Algebra"),
        (lambda: R(3) >> cl.unfold(cl.dense(4), 2), "takes an arrow S → O ⊗ S"),
        (lambda: R() >> cl.unfold(COUNT, 2, cl.tanh), "`until` must be an arrow"),
        (lambda: cl.unfold(COUNT, -1), "whole number ≥ 0"),
        (lambda: cl.categorical(-1), "temperature must be a number ≥ 0"),
        (lambda: R(3) >> cl.run(cl.Coalgebra(cl.Stream(R()), R(), COUNT)), "reads nothing: unfold it"),
        (lambda: R(4) >> cl.generate(cl.mealy(CELL, cl.hidden), cl.categorical(), 3), "must end in the next input"),
        (lambda: R(3) @ R(4) >> cl.mealy(CELL, cl.dense(2)), "takes an input and its states"),
    ],
)
def test_bad_machines(make, said):
    with pytest.raises(TypingError, match=said):
        make()
