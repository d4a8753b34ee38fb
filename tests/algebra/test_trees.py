import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import Algebra, BinaryTree, List, R, X, const, one
from catlearn.algebra.forest import Tree, trees
from catlearn.algebra.functors import RoseTree
from catlearn.algebra.planting import forest, graph, tree
from catlearn.algebra.relabel import relabel
from catlearn.algebra.trees import tree_fold, tree_scan
from catlearn.core.errors import CompositionError, TypingError
from catlearn.laws.trees import fold_is_the_algebra_map, forest_is_each_tree
from catlearn.nets.tree_cells import tree_cell, tree_lstm
from tests.algebra.test_forest import random_dag

A, S = R(2), R(3)
BINARY, ROSE, MIXED = BinaryTree(A), RoseTree(A, 2), const(A) + const(R()) * X * (one + X) + X**3 + const(R(1)) * (one + X)
JOIN = cl.concatenate() >> cl.dense(3) >> cl.tanh


def squashed(*xs):
    """A node of any summand: all that there is, weighed by its place; a tag chooses whether the state after it counts."""
    total, there = jnp.zeros(3), 1.0
    for place, x in enumerate(xs, 1):
        if x.dtype == jnp.int32:
            there = x.astype(jnp.float32)
        else:
            total, there = total + jnp.sin(place * there * jnp.sum(x)) * jnp.arange(1.0, 4.0), 1.0
    return jnp.tanh(total)


def any_algebra(F):
    """An algebra of any functor here, with parameters in each summand."""
    cases = [cl.function(squashed, arity=len(term(S))) >> cl.dense(3) for term in F.summands]
    return Algebra(F, S, tuple(cases))


ALGEBRAS = {
    "binary": Algebra(BINARY, S, (cl.dense(3) >> cl.tanh, JOIN)),
    "rose": any_algebra(ROSE),
    "mixed": any_algebra(MIXED),
    "list": any_algebra(List(A)),
    "counting": Algebra(
        RoseTree(A, 2),
        S @ R(dtype="int32"),
        cl.function(lambda x, t, a, n, u, b, m: (jnp.sin(x).sum() + jnp.cos(a * t - 2 * b * u), 1 + n * t + m * u), arity=7),
    ),
    "records": Algebra(
        RoseTree(cl.wire({"x": R(2), "scale": R(dtype="int32")}), 1),
        S,
        cl.function(lambda label, t, s: label["scale"] * jnp.sin(s + label["x"].sum()), arity=3) >> cl.dense(3),
    ),
    "pairs": Algebra(
        const(A) + X**2, S @ R(), (cl.branch(cl.dense(3), cl.linear(1) >> cl.reshape()), (S @ R()) @ cl.discard(S @ R()))
    ),
}


def random_tree(rng, F, n):
    """A random DAG of any of these functors, nodes in any order."""
    terms = [term.degree for term in trees(F, 1).structs[0].summands]
    optional = [term.optional for term in trees(F, 1).structs[0].summands]
    children, tags = np.full((n, max(terms)), -1), np.zeros(n, int)
    for i in reversed(range(n)):
        after = n - 1 - i
        tags[i] = rng.choice([t for t in range(len(terms)) if after or all(optional[t])])
        for k, may in enumerate(optional[tags[i]]):
            if after and not (may and rng.random() < 0.4):
                children[i, k] = rng.integers(i + 1, n)
    shuffled = rng.permutation(n)
    moved, kinds = np.full_like(children, -1), np.zeros(n, int)
    moved[shuffled], kinds[shuffled] = np.where(children >= 0, shuffled[children], -1), tags
    normal = lambda leaf: (2 * rng.normal(size=(n, *leaf.shape))).astype(leaf.dtype)  # noqa: E731
    draw = lambda B: jax.tree.map(normal, B.structs)  # noqa: E731
    labels = tuple(map(draw, trees(F, 1).structs[0].objects))
    return graph(F, moved, labels if sum(map(len, labels)) > 1 else sum(labels, ())[0], kinds, int(shuffled[0]), nodes=12)


@pytest.mark.parametrize("a", ALGEBRAS.values(), ids=ALGEBRAS)
def test_a_fold_is_the_algebra_at_every_node(a, key):
    assert fold_is_the_algebra_map(a, random_tree(np.random.default_rng(0), a.functor, 12), key) is None


@pytest.mark.parametrize(("a", "every"), [("mixed", tree_fold), ("counting", tree_scan), ("records", tree_fold)])
def test_a_forest_is_each_of_its_trees(a, every, key):
    rng, a = np.random.default_rng(5), ALGEBRAS[a]
    grown = [random_tree(rng, a.functor, n) for n in (1, 6, 12)]
    assert forest_is_each_tree(trees(a.functor, 12) >> every(a), grown, key) is None


def test_a_fold_of_the_wrong_children_is_caught(key, monkeypatch):
    a = ALGEBRAS["binary"]
    t = tree(((np.ones(2), np.zeros(2)), np.ones(2)), BINARY, 8)
    swapped = Algebra(BINARY, S, (a.structure[0], cl.swap(S, S) >> a.structure[1]))
    monkeypatch.setattr("catlearn.laws.trees.tree_scan", lambda _: tree_scan(swapped))
    assert "fold at the nodes [0, 1]" in repr(fold_is_the_algebra_map(a, t, key))


def test_a_batch_of_another_arrow_is_caught(key, monkeypatch):
    f, t = trees(BINARY, 4) >> tree_fold(tree_cell(3)), tree(np.ones(2), BINARY, 4)
    other = lambda f, n: cl.batch(f >> cl.relu if hasattr(f, "parts") else f, n)  # noqa: E731
    monkeypatch.setattr("catlearn.laws.trees.batch", other)
    assert "forest fails" in repr(forest_is_each_tree(f, [t, t], key))


class crooked(tree_cell):
    """A cell whose cases do not end in its carrier."""

    def carrier(self, over):
        return R(self.units + 1)


def by_recursion(params, value):
    W, b, U, c = params
    if not isinstance(value, tuple):
        return jnp.tanh(value @ W + b)
    return jnp.tanh(jnp.concatenate([by_recursion(params, child) for child in value]) @ U + c)


def random_value(rng, leaves):
    if leaves == 1:
        return rng.normal(size=2).astype(np.float32)
    left = int(rng.integers(1, leaves))
    return random_value(rng, left), random_value(rng, leaves - left)


@pytest.fixture(scope="module")
def binary():
    rng = np.random.default_rng(1)
    values = [random_value(rng, n) for n in (1, 2, 9, 16, 5)]
    return values, forest(values, BINARY, 32)


def there_and_back(f):
    lens = cl.reverse(f)

    def run(params, xs, *dys):
        y, residual = lens.forward(params, xs)
        return y, *lens.backward(residual, *dys)

    return jax.jit(run)


def both(f, params, xs, *dys):
    return there_and_back(f)(params, xs, *dys)


def test_values_and_gradients_are_those_of_a_recursion(binary, key):
    values, batch = binary
    f = trees(BINARY, 32) >> tree_fold(ALGEBRAS["binary"])
    params, dy = f.init(key), jax.random.normal(key, (5, 3))
    y, dparams, dx = both(cl.batch(f, 5), params, batch, dy)
    recursion = lambda params, values: jnp.stack([by_recursion(params, value) for value in values])  # noqa: E731
    expected, pullback = jax.vjp(recursion, params, values)
    np.testing.assert_allclose(y, expected, atol=1e-5)
    for ours, theirs in zip(dparams, pullback(dy)[0], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    labels = forest(jax.tree.map(np.asarray, pullback(dy)[1]), BINARY, 32).labels[0][0]
    np.testing.assert_allclose(dx.labels[0][0], labels, atol=1e-5)
    assert cl.names(f)[0] == "leaf.0.dense.kernel" and f.cod == S


def test_jax_differentiates_it_too(binary, key):
    _, batch = binary
    f = trees(BINARY, 32) >> tree_fold(ALGEBRAS["binary"])
    many, params = cl.batch(f, 5), f.init(key)
    _, dparams, dx = both(many, params, batch, jnp.ones((5, 3)))
    ours, theirs = jax.jit(jax.grad(lambda p, t: many(p, t).sum(), argnums=(0, 1), allow_int=True))(params, batch)
    assert jax.tree.all(jax.tree.map(jnp.allclose, ours, dparams)) and jnp.allclose(theirs.labels[0][0], dx.labels[0][0])
    one_by_one = jax.jit(jax.vmap(f, (None, 0)))(params, batch)
    np.testing.assert_allclose(one_by_one, jax.jit(many)(params, batch), atol=1e-6)


def test_a_node_of_a_dag_is_one_node(key):
    """A recursion that remembers what it has computed, and so one state a node."""
    rng, F = np.random.default_rng(3), ROSE
    children, root = random_dag(rng, 10, 2)
    labels = rng.normal(size=(10, 2)).astype(np.float32)
    f = trees(F, 16) >> tree_fold(tree_cell(3))
    params = f.init(key)

    def recursion(params, labels):
        W, U, b = params
        seen = {-1: jnp.zeros(3)}

        def state(i):
            if i not in seen:
                below = jnp.concatenate([state(int(c)) for c in children[i]])
                seen[i] = jnp.tanh(labels[i] @ W + below @ U + b)
            return seen[i]

        return state(root)

    expected, pullback = jax.vjp(recursion, params, labels)
    y, dparams, dx = both(f, params, graph(F, children, labels, root=root, nodes=16), jnp.ones(3))
    np.testing.assert_allclose(y, expected, atol=1e-5)
    for ours, theirs in zip((*dparams, dx.labels[0][0][:10]), (*pullback(jnp.ones(3))[0], pullback(jnp.ones(3))[1]), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def poisoned(t: Tree) -> Tree:
    """The same tree with garbage wherever there is no node, and in labels of other summands."""
    real = t.heights >= 0

    def poison(tag, value):
        own = real if t.tags is None else real & (t.tags == tag)
        return np.where(own.reshape(*own.shape, *[1] * (value.ndim - own.ndim)), value, np.nan).astype(value.dtype)

    labels = tuple(tuple(poison(tag, value) for value in values) for tag, values in enumerate(t.labels))
    rubbish = lambda leaf, mask: np.where(mask, leaf, 7 * 10**8).astype(leaf.dtype)  # noqa: E731
    tags = None if t.tags is None else rubbish(t.tags, real)
    return Tree(labels, tags, rubbish(t.children, real[..., None]), t.heights, t.root, t.summands)


@pytest.mark.parametrize(("a", "every"), [("binary", tree_fold), ("rose", tree_scan), ("mixed", tree_scan)])
def test_padding_never_leaks(a, every, key):
    rng, a = np.random.default_rng(2), ALGEBRAS[a]
    t = jax.tree.map(lambda *leaves: np.stack(leaves), *[random_tree(rng, a.functor, n) for n in (1, 5, 11)])
    labels = [struct.shape for o in t.objects for struct in o.structs]
    changed = relabel(*[cl.dense(shape[-1]) if shape else cl.tanh for shape in labels])
    f = cl.batch(trees(a.functor, 12) >> changed >> every(a), 3)
    params, dy = f.init(key), jax.random.normal(key, f.cod.structs[0].shape)
    run = there_and_back(f)
    clean, dirty = run(params, t, dy), run(params, poisoned(t), dy)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(dirty))
    assert jax.tree.all(jax.tree.map(np.array_equal, clean, dirty))


def test_integer_labels_learn_by_an_embedding(key):
    F = RoseTree(R(dtype="int32"), 2)
    rng = np.random.default_rng(0)
    value = lambda depth: (int(rng.integers(0, 9)), [value(depth - 1) for _ in range(2)] if depth else [])  # noqa: E731
    values = [value(int(rng.integers(0, 3))) for _ in range(24)]
    targets = np.array([label % 2 for label, _ in values])
    model = trees(F, 8) >> relabel(cl.embedding(12, 5)) >> tree_fold(tree_lstm(6)) >> (cl.dense(2) @ cl.discard(R(6)))
    batch = forest(values, F, 8)
    used = np.unique(batch.labels[0][0][batch.heights >= 0])
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(0.03), metrics={"accuracy": cl.accuracy})
    begun = learner.init(key)
    state, history = learner.fit(begun, (batch, targets), epochs=30, batch_size=8, key=key, loop="steps")
    moved = np.abs(learner.params(state)[0] - learner.params(begun)[0]).sum(1)
    assert moved[used].all() and not moved[9:].any()
    assert history["accuracy"][-1] > 0.95 > history["accuracy"][0]
    assert learner.predict(state, batch).shape == (24, 2)


def test_one_program_does_for_trees_of_any_shape(key):
    rng = np.random.default_rng(0)
    f = cl.batch(trees(BINARY, 32) >> tree_fold(ALGEBRAS["binary"]), 4)
    step = jax.jit(lambda p, t: both(f, p, t, jnp.ones((4, 3))))
    for leaves in (1, 3, 8):
        step(f.init(key), forest([random_value(rng, leaves) for _ in range(4)], BINARY, 32))
    assert step._cache_size() == 1


def test_more_trees_than_a_chunk_has_rows(key):
    """Several chunks of one height, the last of them partial."""
    rng = np.random.default_rng(0)
    grown = [tree(random_value(rng, int(rng.integers(1, 5))), BINARY, 8) for _ in range(90)]
    f = trees(BINARY, 8) >> tree_fold(ALGEBRAS["binary"])
    params, batch = f.init(key), jax.tree.map(lambda *leaves: np.stack(leaves), *grown)
    y, dparams, _ = both(cl.batch(f, 90), params, batch, jnp.ones((90, 3)))
    lens = cl.reverse(f)
    one = jax.jit(lambda t: (f(params, t), lens.backward(lens.forward(params, t)[1], jnp.ones(3))[0]))
    ys, each = zip(*map(one, grown), strict=True)
    np.testing.assert_allclose(y, np.stack(ys), atol=1e-6)
    for d, ds in zip(dparams, zip(*each, strict=True), strict=True):
        np.testing.assert_allclose(d, sum(ds), rtol=1e-4, atol=1e-5)


def test_batches_of_batches(binary, key):
    _, batch = binary
    f = trees(BINARY, 32) >> tree_scan(ALGEBRAS["binary"])
    twice = jax.tree.map(lambda leaf: np.stack([leaf, leaf]), batch)
    params = f.init(key)
    y = cl.batch(cl.batch(f, 5), 2)(params, twice)
    assert y.shape == (2, 5, 32, 3)
    np.testing.assert_allclose(y[1], cl.batch(f, 5)(params, batch), atol=1e-6)
    assert (cl.batch(trees(BINARY, 32), 5) >> tree_scan(ALGEBRAS["binary"])).cod == R(5, 32, 3)
    shared = cl.batch(f @ R(2), 4, (False, True))
    assert shared.dom == trees(BINARY, 32) @ R(4, 2) and shared.cod == R(4, 32, 3) @ R(4, 2)


def test_other_precisions(binary, key):
    (_, batch), dtype = binary, "bfloat16"
    f = trees(BINARY, 32) >> relabel(cl.dense(2)) >> tree_fold(tree_lstm(4, arity=2))
    fast, params = cl.cast(f, dtype), f.init(key)
    assert fast.param == f.param and cl.names(fast) == cl.names(f)
    y, expected = cl.batch(fast, 5)(params, batch), cl.batch(f, 5)(params, batch)
    assert not np.array_equal(y[0], expected[0])
    np.testing.assert_allclose(y[0], expected[0], atol=0.03)
    domain = trees(BinaryTree(R(2, dtype=dtype)), 8) >> tree_fold(tree_lstm(4, arity=2))
    assert {leaf.dtype for leaf in domain.param.structs} == {jnp.dtype(dtype)}
    assert domain.cod == R(4, dtype=dtype) @ R(4, dtype=dtype)


def test_code_that_makes_it_again():
    names = vars(cl) | {
        "trees": trees,
        "tree_fold": tree_fold,
        "tree_scan": tree_scan,
        "relabel": relabel,
        "tree_lstm": tree_lstm,
    }
    f = trees(BINARY, 8) >> relabel(cl.dense(4)) >> tree_scan(tree_lstm(3, arity=2))
    assert eval(f.code(), names) == f
    a = ALGEBRAS["binary"]
    assert eval((trees(BINARY, 8) >> tree_fold(a)).code(), names) == trees(BINARY, 8) >> tree_fold(a)
    assert "fold over trees" in repr(cl.describe(f)) and hash(f) == hash(eval(f.code(), names))


def test_a_cell_is_the_fold_of_its_algebra(key):
    rng = np.random.default_rng(0)
    for F, cell in ((ROSE, tree_lstm(3)), (const(A) * X * X + one, tree_cell(2))):
        t, f, g = random_tree(rng, F, 9), trees(F, 12) >> tree_fold(cell), trees(F, 12) >> tree_fold(cell.algebra(F))
        params = jax.tree.map(lambda p: p + 0.1, f.init(key))
        assert f.param == g.param
        assert jax.tree.all(jax.tree.map(lambda a, b: jnp.allclose(a, b, atol=1e-6), f(params, t), g(params, t)))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: R(3) >> tree_fold(tree_cell(3)), TypingError, "takes trees, such as"),
        (lambda: trees(BINARY, 8) @ R(1) >> tree_fold(tree_cell(3)), TypingError, "takes trees, such as"),
        (lambda: trees(ROSE, 8) >> tree_fold(ALGEBRAS["binary"]), TypingError, "folds trees of"),
        (lambda: trees(ROSE, 8) >> tree_fold(tree_cell(3), over=BINARY), TypingError, "folds trees of"),
        (lambda: tree_fold(ALGEBRAS["binary"], over=ROSE), TypingError, "not of"),
        (lambda: trees(BINARY, 8) >> tree_fold(crooked(3)), TypingError, r"the case .* must be an arrow R\(2\) → R\(4\)"),
        (lambda: tree_fold(cl.dense(3)), TypingError, "takes an Algebra, or a cell"),
        (lambda: Algebra(BINARY, R(4), (cl.dense(3), JOIN)), TypingError, "must end in"),
        (lambda: trees(BINARY, 8) >> tree_cell(3), TypingError, "write tree_fold"),
        (lambda: (trees(BINARY, 8) >> tree_fold(tree_cell(3))) >> (R(4) >> cl.relu), CompositionError, "3 ≠ 4"),
        (lambda: trees(BINARY, 8) >> (trees(BINARY, 9) >> tree_fold(tree_cell(3))), CompositionError, "8 ≠ 9"),
        (lambda: trees(BINARY, 8) >> relabel(), TypingError, "0 arrows, and .* has 1 summand"),
        (lambda: R(2) >> relabel(cl.tanh), TypingError, "takes trees"),
        (lambda: trees(const(A) * const(A) * (one + X), 8) >> relabel(cl.add), TypingError, "must end in 2 wires"),
    ],
)
def test_what_does_not_fit(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_an_algebra_of_a_sum_in_one_arrow(key):
    whole = cl.function(lambda tag, x, left, right: jnp.where(tag == 0, jnp.sum(x), left + right), arity=4)
    f = trees(BINARY, 8) >> tree_fold(Algebra(BINARY, R(), whole))
    assert float(f((), tree(((np.ones(2), np.ones(2)), np.zeros(2)), BINARY, 8))) == 4.0
    learned = Algebra(BINARY, R(1), cl.discard(R(dtype="int32")) @ cl.discard(A) @ cl.add >> cl.dense(1))
    with pytest.raises(TypingError, match="an arrow for each of its 2 summands"):
        trees(BINARY, 8) >> tree_fold(learned)


def test_an_exported_fold_takes_forests_of_any_size(tmp_path, key):
    f = trees(BINARY, 8) >> tree_fold(tree_cell(3))
    params = f.init(key)
    cl.export(tmp_path / "fold.bin", f, params)
    batch = forest([((np.ones(2), np.zeros(2)), np.ones(2)), np.ones(2)], BINARY, 8)
    again = jax.export.deserialize((tmp_path / "fold.bin").read_bytes())
    np.testing.assert_allclose(again.call(batch), cl.batch(f, 2)(params, batch), atol=1e-6)
