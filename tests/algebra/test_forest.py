import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import BinaryTree, List, R, X, const, one
from catlearn.algebra.forest import Tree, trees
from catlearn.algebra.functors import RoseTree
from catlearn.algebra.planting import forest, graph, tree
from catlearn.categories.smooth import change, changed, changing
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.wires import object_of

BINARY, ROSE, INTS = BinaryTree(R(2)), RoseTree(R(2), 3), RoseTree(R(dtype="int32"), 2)
FUNCTORS = [
    BINARY,
    ROSE,
    List(R(3)),
    one + X,
    const(R(5)) * X**2 + const(R(2)),
    X * const(R(2) @ R()) * X + one,
    const(cl.wire({"a": R(2), "b": R(dtype="int32")})) * (one + X),
    const(R(2)) * const(R(3)) * (one + X) * X + X + const(R()),
]


@pytest.mark.parametrize("F", FUNCTORS, ids=repr)
def test_the_object_of_trees_says_its_functor(F):
    A = trees(F, 8)
    assert A.structs[0].functor == F and trees(F, 8) == A and hash(A) == hash(trees(F, 8))
    assert trees(F, 9) != A and cl.batch(A, 3).structs[0].functor == F
    names = vars(cl) | {"trees": trees}
    assert eval(repr(A), names) == A and eval(repr(cl.batch(cl.batch(A, 3), 2)), names) == cl.batch(cl.batch(A, 3), 2)


def test_samples_of_constants_do_not_take_part():
    assert trees(const(R(2), lambda key: ()) + X**2, 4) == trees(BINARY, 4)


@pytest.mark.parametrize(
    ("F", "message"),
    [
        (R(3), "functor such as"),
        (X**2, "no finite trees"),
        (const(R(2)) * X, "no finite trees"),
        (const(R(2)) + X ** R(3), "no sum of products"),
        (const(R(2)) * (X + one), "no sum of products"),
    ],
)
def test_functors_without_such_trees(F, message):
    with pytest.raises(TypingError, match=message):
        trees(F, 8)


@pytest.mark.parametrize("nodes", [0, 2.5, True])
def test_bad_sizes(nodes):
    with pytest.raises(TypingError, match="nodes must be a whole number"):
        trees(BINARY, nodes)


@pytest.mark.parametrize("degree", [0, -1, 1.5])
def test_bad_degrees(degree):
    with pytest.raises(TypingError, match="degree must be a whole number"):
        RoseTree(R(2), degree)


def test_only_labels_of_floats_change():
    t = graph(ROSE, [[1, -1, -1], [-1, -1, -1]], np.ones((2, 2)), nodes=4)
    A = trees(ROSE, 4)
    assert len(change(trees(INTS, 4))) == 0
    (moved,) = changing(A, (t,))
    assert isinstance(moved, Tree) and moved.heights is None and moved.summands == t.summands
    assert object_of((moved,)) == change(A)
    (back,) = changed(A, (t,), jax.tree.map(lambda leaf: 2 * leaf, (moved,)))
    np.testing.assert_array_equal(back.labels[0][0], 2 * t.labels[0][0])
    np.testing.assert_array_equal(back.children, t.children)


def test_nested_and_arrays_say_the_same():
    x = np.arange(6.0).reshape(3, 2)
    nested = tree(((x[0], x[1]), x[2]), BINARY, 8)
    arrays = graph(BINARY, [[1, 2], [3, 4], [-1, -1], [-1, -1], [-1, -1]], np.stack([x[0], x[0], x[2], x[0], x[1]]), nodes=8)
    assert jax.tree.all(jax.tree.map(np.array_equal, nested, arrays))
    assert nested.tags[:5].tolist() == [1, 1, 0, 0, 0] and nested.heights.tolist() == [2, 1, 0, 0, 0, -1, -1, -1]
    assert not nested.labels[0][0][:2].any() and nested.labels[0][0].dtype == np.float32


def test_rose_trees_keep_the_places_of_children():
    t = tree((np.ones(2), [None, (np.zeros(2), []), (np.zeros(2), [(np.ones(2), [])])]), ROSE, 4)
    assert t.children.tolist() == [[-1, 1, 2], [-1] * 3, [3, -1, -1], [-1] * 3] and t.tags is None
    assert t.heights.tolist() == [2, 0, 1, 0]


def test_any_functor_by_the_number_of_its_summand():
    F = List(R())
    t = tree((1, 1.0, [(1, 2.0, [(0, (), [])])]), F, 4)
    assert t.tags.tolist() == [1, 1, 0, 0] and t.labels[1][0].tolist() == [1, 2, 0, 0] and t.labels[0] == ()
    wide = const(R() @ R(2)) + const(R()) * X
    t = tree((1, 3.0, [(0, (1.0, [2.0, 3.0]), [])]), wide, 2)
    assert t.labels[0][0].tolist() == [0, 1] and t.labels[0][1].tolist() == [[0, 0], [2, 3]]
    whole = const(cl.wire({"a": R(2), "b": R(dtype="int32")})) * (one + X)
    t = tree(({"a": np.ones(2), "b": 3}, [({"a": np.zeros(2), "b": 4}, [])]), whole, 3)
    assert t.labels[0][0]["b"].tolist() == [3, 4, 0] and t.labels[0][0]["b"].dtype == np.int32


def random_dag(rng, n, degree):
    """Each node has some of the nodes after it for children; the nodes are then shuffled."""
    children = np.full((n, degree), -1)
    for i in range(n - 1):
        k = rng.integers(0, min(degree, n - 1 - i) + 1)
        children[i, :k] = rng.choice(np.arange(i + 1, n), k, replace=False)
    shuffled = rng.permutation(n)
    out = np.full_like(children, -1)
    out[shuffled] = np.where(children >= 0, shuffled[children], -1)
    return out, int(shuffled[0])


def test_heights_of_random_graphs():
    rng = np.random.default_rng(0)

    def height(children, i):
        below = [height(children, c) for c in children[i] if c >= 0]
        return 1 + max(below) if below else 0

    for n in (1, 2, 7, 12):
        children, root = random_dag(rng, n, 3)
        t = graph(ROSE, children, np.zeros((n, 2)), root=root, nodes=12)
        assert t.heights[:n].tolist() == [height(children, i) for i in range(n)] and (t.heights[n:] == -1).all()


def test_deep_trees_are_no_recursion():
    value = np.zeros(2)
    for _ in range(1500):
        value = (value, np.zeros(2))
    assert tree(value, BINARY, 3001).heights.max() == 1500


LEAF, ONES = [-1, -1], np.ones((9, 2))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: graph(BINARY, [[1, 5], LEAF, LEAF], ONES[:3]), r"child 1 of node 0 is 5: nodes are 0 to 2"),
        (lambda: graph(BINARY, [[1, -2], LEAF, LEAF], ONES[:3]), "node 0 has 1"),
        (lambda: graph(ROSE, [[1, -2, -1], [-1] * 3], ONES[:2]), "child 1 of node 0 is -2"),
        (lambda: graph(BINARY, [[1, 2], [0, 2], LEAF], ONES[:3]), "0 → 1 → 0 are a cycle"),
        (lambda: graph(ROSE, [[1, -1, -1], [1, -1, -1]], ONES[:2], root=0), "1 → 1 are a cycle"),
        (lambda: graph(BINARY, [[1, -1], LEAF], ONES[:2]), "node 0 has 1"),
        (lambda: graph(BINARY, [[1, 2], LEAF, LEAF], ONES[:3], tags=[0, 0, 0]), "node 0 has 2 children"),
        (lambda: graph(BINARY, [[1, 2], LEAF, LEAF], ONES[:3], tags=[1, 0, 2]), "tags are a number from 0 to 1"),
        (lambda: graph(BINARY, [LEAF] * 2, ONES[:2]), "0, 1 have no parent"),
        (lambda: graph(BINARY, [LEAF], ONES[:1], root=1), "root must be one of the nodes"),
        (lambda: graph(BINARY, [[1, 2], LEAF, LEAF], ONES[:3], nodes=2), "3 nodes, with place for 2"),
        (lambda: graph(BINARY, np.zeros((0, 2), int), ONES[:0]), "at least one node"),
        (lambda: graph(BINARY, [[1.0, 2.0]], ONES[:1]), "whole numbers"),
        (lambda: graph(BINARY, [[-1]], ONES[:1]), r"an array \(nodes, 2\)"),
        (lambda: graph(BINARY, [LEAF], ONES[:2]), r"shape \(2, 2\), expected \(1, 2\)"),
        (lambda: graph(INTS, [LEAF], [1.5]), "dtype float64, expected int32"),
        (lambda: graph(ROSE + const(R(2)), [[-1] * 3], ((ONES[:1],), (ONES[:1],))), "give `tags`"),
        (lambda: graph(const(R()) * X + const(R()), [[-1]], ONES[:1]), "a tuple for each summand"),
        (lambda: tree((np.ones(2),) * 3, BINARY), "node 0 has 3 children"),
        (lambda: tree(np.ones(3), BINARY), r"shape \(3,\), expected \(2,\)"),
        (lambda: tree(np.ones(2), ROSE), r"written \(label, \[child, …\]\)"),
        (lambda: tree((np.ones(2), [None, None, None, None]), ROSE), "node 0 has 4 children"),
        (lambda: tree((2, 1.0, []), List(R())), r"written \(summand, label"),
        (lambda: tree((np.ones(2), np.ones(2)), BINARY, 2), "more than 2 nodes"),
        (lambda: tree((object(), []), ROSE), "shape|dtype|array"),
        (lambda: forest([], BINARY), "at least one tree"),
        (lambda: forest([tree(np.ones(2), BINARY, 4)], BINARY, 8), "tree 0 of this forest"),
    ],
)
def test_what_is_no_tree(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_a_forest_is_rows_of_trees():
    values = [np.ones(2), (np.ones(2), np.zeros(2)), tree((np.zeros(2), (np.ones(2),) * 2), BINARY, 8)]
    f = forest(values, BINARY, 8)
    assert object_of((f,)) == cl.batch(trees(BINARY, 8), 3)
    row = jax.tree.map(lambda leaf: leaf[2], f)
    assert jax.tree.all(jax.tree.map(np.array_equal, row, values[2]))
    doubled = jax.jit(lambda t: jax.tree.map(lambda leaf: leaf + leaf, t))(f)
    assert isinstance(doubled, Tree) and jnp.array_equal(doubled.labels[0][0], 2 * f.labels[0][0])
