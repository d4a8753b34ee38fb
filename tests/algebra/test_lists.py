from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import I, R, X, const, laws, one
from catlearn.algebra import lists
from catlearn.categories.loop import Loop
from catlearn.core.errors import ArgumentError, TypingError

A = R(3)
LEARNED = cl.cell(cl.dense(2) @ cl.dense(2) >> cl.add >> cl.tanh, R(2), cl.parameter(R(2)))
CELLS = [cl.simple_cell(2), cl.gru_cell(2), cl.lstm_cell(2), LEARNED]


@pytest.fixture(params=CELLS, ids=lambda c: c.name)
def cell(request):
    return request.param


def test_a_fold_is_its_unrolled_composite_along_the_copy_of_weights(cell, key):
    assert laws.fold_is_the_composite(cell, A, 4) is None
    assert laws.tied_gradient_adds(cell, A, 4, key) is None


def test_scans_and_directions(cell, key):
    assert laws.backwards_is_reversed(cell, A, 4, key) is None
    assert laws.segments_change_nothing(cell, A, 5, 2) is None


def test_a_scan_folds_every_prefix(key):
    assert laws.scan_folds_prefixes(LEARNED, A, 3, key) is None


def test_wrong_folds_are_caught(key, monkeypatch):
    """Every law of folds fails for a loop that goes the wrong way."""
    right = Loop._scan
    monkeypatch.setattr(Loop, "_scan", lambda self, step, carry, xs, back=False: right(self, step, carry, xs, not back))
    assert laws.fold_is_the_composite(CELLS[0], A, 3) is not None
    assert laws.scan_folds_prefixes(CELLS[0], A, 3, key) is not None
    monkeypatch.undo()
    monkeypatch.setattr(Loop, "optic", lambda self, dom: (lambda p, *x: (self.apply(p, *x), (p, x)), lambda m, *dy: m))
    assert laws.tied_gradient_adds(CELLS[0], A, 3, key) is not None


def test_directions_and_segments_that_are_wrong_are_caught(key, monkeypatch):
    right = Loop._scan
    always = lambda self, step, carry, xs, back=False: right(replace(self, backwards=False), step, carry, xs, back)  # noqa: E731
    monkeypatch.setattr(Loop, "_scan", always)
    assert laws.backwards_is_reversed(CELLS[0], A, 3, key) is not None
    monkeypatch.undo()
    monkeypatch.setattr(lists, "recompute", lambda segment: lists._entered(segment, 1))  # gradients stop between segments
    assert laws.segments_change_nothing(CELLS[0], A, 4, 2) is not None


def test_batches_of_folds(cell, key):
    f = R(4, 3) >> cl.scan(cell)
    assert laws.agrees_with_vjp(f, key) is None
    assert laws.batch_runs_each_example(f, 2, key) is None and laws.batch_sums_gradients(f, 2, key) is None


def test_the_names_are_the_cells(cell, key):
    model = R(4, 3) >> cl.fold(cell) >> cl.hidden >> cl.dense(2) if cell.name == "lstm_cell" else R(4, 3) >> cl.fold(cell)
    assert eval(model.code(), {**vars(cl), "dense": cl.dense}) == model
    if cell is CELLS[1]:
        assert cl.names(R(4, 3) >> cl.fold(cell)) == ("input.kernel", "input.bias", "hidden", "gates")
        assert "loop × 4" in repr(cl.describe(model)) and "38 parameters" in repr(cl.describe(model))


def test_the_program_does_not_grow_with_time():
    lines = []
    for t in (8, 64):
        lens = cl.reverse(cl.batch(R(t, 3) >> cl.fold(cl.gru_cell(4)), 2))
        step = jax.jit(lambda p, x, dy, lens=lens: lens.backward(lens.forward(p, x)[1], dy))
        lines.append(len(step.lower(lens.init(jax.random.key(0)), jnp.ones((2, t, 3)), jnp.ones((2, 4))).as_text().splitlines()))
    assert lines[0] == lines[1]


# lengths and masks


@pytest.mark.parametrize("backwards", [False, True])
def test_what_is_padding_never_gets_anywhere(cell, backwards, key):
    """A padded list, with NaN in the padding, folds as the list without it; so does its gradient."""
    padded, plain = (
        (R(6, 3) @ R(dtype="int32")) >> cl.fold(cell, backwards=backwards, masked=True),
        R(4, 3) >> cl.fold(cell, backwards=backwards),
    )
    x, p = jax.random.normal(key, (4, 3)), laws.sample(plain.param, key)
    noisy = jnp.full((6, 3), jnp.nan).at[:4].set(x)
    for mask in (jnp.int32(4),):
        lens, short = cl.reverse(padded), cl.reverse(plain)
        (y, kept), (z, less) = lens.forward(p, noisy, mask), short.forward(p, x)
        assert laws.equal_values("values", y, z) is None
        dy = laws.sample(plain.cod, key)
        (dp, dx), (dq, dz) = lens.backward(kept, *dy), short.backward(less, *dy)
        assert laws.equal_values("gradients", dp, dq) is None
        np.testing.assert_allclose(dx[:4], dz, rtol=1e-5, atol=1e-6)
        assert not np.any(dx[4:])


def test_masks_may_have_holes(key):
    f, g = R(5, 3) @ R(5, dtype="bool") >> cl.scan(cl.simple_cell(2), masked=True), R(3, 3) >> cl.scan(cl.simple_cell(2))
    x, p = jax.random.normal(key, (5, 3)), g.init(key)
    mask = jnp.array([True, False, True, True, False])
    states = f(p, x, mask)
    np.testing.assert_allclose(states[jnp.array([0, 2, 3])], g(p, x[mask]), rtol=1e-6)
    np.testing.assert_allclose(states[1], states[0])
    np.testing.assert_allclose(states[4], states[3])


def test_batches_of_lists_of_different_lengths(key):
    f = R(6, 3) @ R(dtype="int32") >> cl.fold(cl.gru_cell(2), masked=True)
    xs, lengths, p = jax.random.normal(key, (4, 6, 3)), jnp.array([6, 0, 3, 1]), f.init(key)
    ys = cl.batch(f, 4)(p, xs, lengths)
    for x, n, y in zip(xs, lengths, ys, strict=True):
        np.testing.assert_allclose(y, (R(int(n), 3) >> cl.fold(cl.gru_cell(2)))(p, x[:n]), rtol=1e-5, atol=1e-6)


def test_a_length_beyond_the_padding_is_an_error_and_never_a_number(key, blobs):
    f = R(6, 3) @ R(dtype="int32") >> cl.fold(cl.gru_cell(2), masked=True)
    p, x = f.init(key), jnp.ones((6, 3))
    for n in (7, -1):
        with pytest.raises(ArgumentError, match="a length is from 0 to 6"):
            f(p, x, jnp.int32(n))
        assert np.isnan(jax.jit(f)(p, x, jnp.int32(n))).all()
    with pytest.raises(ArgumentError, match="got lengths from 2 to 9"):
        cl.batch(f, 2)(p, jnp.ones((2, 6, 3)), jnp.array([2, 9]))
    learner = cl.supervised(f >> cl.dense(2), cl.softmax_cross_entropy, cl.descent(0.1))
    with pytest.raises(ArgumentError, match="got lengths from 1 to 7"):
        learner.fit(learner.init(key), ((np.ones((2, 6, 3), np.float32), np.array([1, 7], np.int32)), np.zeros(2, np.int32)))


# segments


def test_truncated_gradients_stop_between_segments(key):
    """The gradient of a truncated fold is that of its last segment, from a state that is held fixed."""
    cell = cl.simple_cell(2)
    f, g = R(6, 3) >> cl.fold(cell, segment=2, truncated=True), R(2, 3) >> cl.fold(cell)
    x, p = jax.random.normal(key, (6, 3)), g.init(key)
    whole, first = R(6, 3) >> cl.fold(cell), R(4, 3) >> cl.fold(cell)
    np.testing.assert_allclose(f(p, x), whole(p, x), rtol=1e-6)
    begin = first(p, x[:4])
    last = R(2, 3) >> cl.fold(cl.cell(cl.simple_cell(2), R(2), cl.constant((begin,))))
    ours, theirs = (cl.reverse(h).backward(cl.reverse(h).forward(p, z)[1], jnp.ones(2)) for h, z in ((f, x), (last, x[4:])))
    assert laws.equal_values("truncated", ours[0], theirs[0]) is None
    assert not np.any(ours[1][:4]) and np.any(ours[1][4:])
    full = cl.reverse(whole)
    assert laws.equal_values("full", full.backward(full.forward(p, x)[1], jnp.ones(2))[0], ours[0]) is not None


def test_segments_keep_less():
    def kept(**options):
        lens = cl.reverse(R(1024, 8) >> cl.fold(cl.gru_cell(16), **options))
        found = jax.eval_shape(lambda p, x: lens.forward(p, x)[1], lens.init(jax.random.key(0)), jnp.ones((1024, 8)))
        return sum(leaf.size for leaf in jax.tree.leaves(found))

    assert kept(segment=32) < kept() / 5


# monoids


def test_folds_in_a_monoid(key):
    matrices = cl.Monoid(R(2, 2), cl.constant((jnp.eye(2),)), cl.function(jnp.matmul, arity=2))
    for n in range(1, 8):
        xs = jax.random.normal(key, (n, 2, 2))
        expected = np.linalg.multi_dot([np.eye(2), *np.asarray(xs)]) if n else np.eye(2)
        np.testing.assert_allclose((R(n, 2, 2) >> cl.fold(matrices))((), xs), expected, rtol=1e-4, atol=1e-5)
    assert laws.fold_is_multiplicative(matrices, 3, 2, key) is None
    prefixes, suffixes = ((R(5, 2, 2) >> cl.scan(matrices, backwards=b))((), xs[:5]) for b in (False, True))
    np.testing.assert_allclose(prefixes[2], np.linalg.multi_dot(np.asarray(xs[:3])), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(suffixes[2], np.linalg.multi_dot(np.asarray(xs[2:5])), rtol=1e-4, atol=1e-5)
    masked = (R(7, 2, 2) @ R(dtype="int32")) >> cl.fold(matrices, masked=True)
    np.testing.assert_allclose(masked((), xs, jnp.int32(3)), prefixes[2], rtol=1e-5, atol=1e-6)
    mean = cl.Monoid(R(), cl.constant((jnp.float32(0),)), cl.function(lambda a, b: (a + b) / 2, arity=2))
    assert laws.fold_is_multiplicative(mean, 3, 2, key) is not None


# any algebra


def test_an_algebra_of_ones_own_in_any_order_of_summands(key):
    F = const(R(5)) * X + one
    alg = cl.Algebra(F, R(8), (cl.dense(8) @ cl.dense(8) >> cl.add >> cl.tanh, cl.parameter(R(8))))
    f = R(7, 5) >> cl.fold(alg, over=cl.List(R(5)))
    assert f.param == alg.param and f.cod == R(8)
    other = cl.Algebra(one + X * const(R(5)), R(8), (cl.parameter(R(8)), cl.dense(8) @ cl.dense(8) >> cl.add >> cl.tanh))
    g = R(7, 5) >> cl.fold(other)
    p, x = f.init(key), jax.random.normal(key, (7, 5))
    swapped = (p[-1], p[2], p[3], p[0], p[1])
    np.testing.assert_allclose(f(p, x), g(swapped, x), rtol=1e-6)


def test_the_empty_list_is_nil(key):
    f = R(0, 3) >> cl.fold(LEARNED)
    np.testing.assert_allclose(f((jnp.arange(2.0), *f.init(key)[1:]), jnp.ones((0, 3))), [0, 1])
    assert (R(0, 3) >> cl.scan(LEARNED)).cod == R(0, 2)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: R(4, 3) >> cl.fold(cl.dense(3)), "takes a cell, an Algebra or a Monoid"),
        (lambda: R() >> cl.fold(cl.gru_cell(3)), "takes lists, wires with the same first axis"),
        (lambda: R(4, dtype="int32") >> cl.fold(cl.gru_cell(3)), "takes"),
        (lambda: R(4, 3) @ R(dtype="int32") >> cl.fold(cl.gru_cell(3)), "comes last, with masked=True"),
        (
            lambda: R(4, 3) >> cl.fold(cl.cell(cl.dense(3) @ cl.dense(2) >> cl.concatenate(), R(4))),
            "must end in R\\(4\\), not R\\(5\\)",
        ),
        (lambda: R(4, 3) >> cl.fold(cl.Algebra(X**2 + const(R(3)), R(3), (cl.add, cl.tanh))), r"one \+ const\(A\) \* X"),
        (lambda: R(4, 3) >> cl.fold(cl.Algebra(cl.List(R(2)), R(2), (cl.parameter(R(2)), cl.add))), "meets lists of R\\(3\\)"),
        (lambda: R(4, 3) >> cl.fold(cl.gru_cell(3), over=cl.List(R(2))), "is over"),
        (lambda: R(4, 3) @ R(3, dtype="bool") >> cl.fold(cl.gru_cell(3), masked=True), "a mask R\\(4, dtype='bool'\\)"),
        (lambda: R(4, 3) >> cl.fold(cl.Monoid(R(2), cl.parameter(R(2)), cl.add)), "folds lists of it, not of"),
        (lambda: cl.fold(cl.gru_cell(3), segment=0), "segment must be a whole number"),
        (lambda: cl.fold(cl.gru_cell(3), truncated=True), "give the segment after which"),
        (lambda: R(3) @ R(4) >> cl.gru_cell(3), "takes an element and its states"),
        (lambda: cl.gru_cell(0), "whole number"),
    ],
)
def test_bad_folds(make, said):
    with pytest.raises(TypingError, match=said):
        make()


def test_a_learner_of_a_fold_and_its_stack(key):
    """The first bit of a list of eight, remembered to the end."""
    xs = jax.random.bernoulli(key, shape=(64, 8, 1)).astype(jnp.float32)
    deep = R(8, 1) >> cl.scan(cl.gru_cell(8)) >> cl.fold(cl.gru_cell(8)) >> cl.dense(2)
    learner = cl.supervised(deep, cl.softmax_cross_entropy, cl.adam(0.02), metrics={"accuracy": cl.accuracy})
    _, history = learner.fit(learner.init(key), (xs, xs[:, 0, 0].astype(jnp.int32)), epochs=30, batch_size=16, key=key)
    assert history["accuracy"][-1] > 0.95
    assert len(cl.cast(deep, "bfloat16").cod) == 1 and I @ deep.cod == R(2)
