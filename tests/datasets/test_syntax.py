import ast
import sysconfig

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from catlearn.core.errors import ArgumentError, MissingPackageError
from catlearn.datasets import bag, first_child_next_sibling, python_trees, syntax_tree

TREES = st.recursive(
    st.tuples(st.integers(0, 5), st.just(())),
    lambda below: st.tuples(st.integers(0, 5), st.lists(below, max_size=4).map(tuple)),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def split():
    return python_trees()


@pytest.fixture(scope="module")
def both(split):
    return [np.concatenate(pair) for pair in zip(split.train[0], split.test[0])]


@pytest.fixture
def library(monkeypatch, tmp_path):
    """A standard library of these files."""
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path)})

    def write(**files: str) -> None:
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    return write


def forest(labels, children, i):
    """The trees that the binary tree with root i stands for."""
    if i < 0:
        return ()
    first, following = children[i]
    return ((labels[i], forest(labels, children, first)), *forest(labels, children, following))


@given(TREES)
def test_the_binary_tree_has_all_of_the_tree(tree):
    labels, children = (array.tolist() for array in first_child_next_sibling(tree))
    assert forest(labels, children, len(labels) - 1) == (tree,)
    assert all(max(pair) < i for i, pair in enumerate(children))


def test_a_function_by_hand():
    function = ast.parse("def f(x):\n    y = g(x)\n    return y").body[0]
    labels, children = first_child_next_sibling(syntax_tree(function))
    assert labels.tolist() == ["Name", "Return", "Name", "Name", "Call", "Name", "Assign", "arg", "arguments", "FunctionDef"]
    wanted = [[-1, -1], [0, -1], [-1, -1], [-1, 2], [3, -1], [-1, 4], [5, 1], [-1, -1], [7, 6], [8, -1]]
    assert children.tolist() == wanted and children.dtype == np.int32


def test_shapes(split):
    for (labels, children, sizes), targets in (split.train, split.test):
        n = len(targets)
        assert (labels.shape, children.shape, sizes.shape) == ((n, 64), (n, 64, 2), (n,))
        assert {array.dtype for array in (labels, children, sizes, targets)} == {np.dtype(np.int32)}
        assert 0.3 < targets.mean() < 0.7 and set(targets) == {0, 1} and len(split.classes) == 2
    assert 0.1 < len(split.test[1]) / len(split.train[1]) < 0.4 and 2000 < len(split.train[1]) + len(split.test[1]) <= 6000


def test_each_is_one_tree_with_children_before_parents(both):
    labels, children, sizes = both
    real = np.arange(64) < sizes[:, None]
    assert np.array_equal(labels >= 0, real) and (children[~real] == -1).all() and (labels[~real] == -1).all()
    assert (children < np.arange(64)[:, None]).all()
    parents = np.zeros(labels.shape, int)
    tree, _, _ = np.nonzero(children >= 0)
    np.add.at(parents, (tree, children[children >= 0]), 1)
    assert np.array_equal(parents, real & (np.arange(64) != sizes[:, None] - 1))  # all but the root have one parent


def test_no_two_have_the_same_shape(both):
    assert len(np.unique(both[1].reshape(len(both[1]), -1), axis=0)) == len(both[1])


def test_labels_are_kinds_of_syntax(split, both):
    kinds = split.vocabulary
    assert kinds == tuple(sorted(kinds)) and not {"Load", "Store", "Del"} & set(kinds)
    assert all(issubclass(getattr(ast, kind), ast.AST) for kind in kinds) and np.array_equal(
        np.unique(both[0]), np.arange(-1, len(kinds))
    )
    roots = both[0][np.arange(len(both[0])), both[2] - 1]
    assert {kinds[root] for root in roots} <= {"FunctionDef", "AsyncFunctionDef"}


def test_the_tree_decides_the_target(split):
    call = split.vocabulary.index("Call")
    for (labels, children, sizes), targets in (split.train, split.test):
        rows = np.arange(len(targets))
        some, nested = np.zeros((2, len(targets), 65), bool)  # the last column answers for absent children
        for i in range(64):
            first, following = children[:, i].T
            some[:, i] = (labels[:, i] == call) | some[rows, first] | some[rows, following]
            inside = (labels[:, i] == call) & some[rows, first]
            nested[:, i] = inside | nested[rows, first] | nested[rows, following]
        assert np.array_equal(nested[rows, sizes - 1], targets == split.classes.index("nested"))


def test_the_bag_does_not(split, both):
    counts = [bag(part[0][0], len(split.vocabulary)) for part in (split.train, split.test)]
    assert np.array_equal(np.concatenate(counts).sum(1), both[2])
    assert (np.concatenate(counts)[:, split.vocabulary.index("Call")] >= 2).all()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(counts[0], split.train[1])
    assert 0.6 < model.score(counts[1], split.test[1]) < 0.85


@pytest.mark.parametrize(
    ("body", "nested"),
    [
        ("    f(x)\n    g(x)", 0),
        ("    f(g(x))", 1),
        ("    f(x).g()", 1),
        ("    f(x)(y)", 1),
        ("    return f(x) + g(y)", 0),
        ("    return f(a=[1, g])[h()]", 0),
        ("    return f(a=[1, g()])", 1),
        ("    for x in f():\n        if g(x):\n            return 1", 0),
    ],
)
def test_targets_by_hand(library, body, nested):
    library(a=f"def it(x):\n{body}\n")
    split = python_trees()
    assert split.train[1].tolist() == [nested] and len(split.test[1]) == 0


def test_a_file_is_in_one_part_and_it_is_the_same_each_time(library):
    sizes = {"a": {2}, "b": {3, 4}, "c": {5, 6, 7}, "d": {8, 9, 10, 11}, "e": {12, 13, 14, 15, 16}}
    library(**{name: "\n".join("def it():\n" + "    f()\n" * n for n in ns) for name, ns in sizes.items()})
    split, again = python_trees(), python_trees()
    assert {(n - 2) // 3 for n in split.test[0][2].tolist()} in sizes.values() and len(split.train[1]) + len(split.test[1]) == 15
    assert all(map(np.array_equal, (*split.train[0], *split.test[0]), (*again.train[0], *again.test[0])))


def test_which_functions_are_taken(library):
    library(
        a="def one():\n    f(g())\n",
        b="def same_tree():\n    ff(gg())\n\nclass A:\n    def method(self):\n        def within():\n            f(g(h()))\n",
        c="def one_call():\n    return f(1)\n",
        d="def large():\n" + "    f(g())\n" * 20,
        e="this is no Python",
        test__f="def tested():\n    f(g(), h())\n",
    )
    assert sorted(python_trees().train[0][2].tolist()) == [7, 12]  # `one`, and `method`, which has `within` inside


def test_bad_input_is_an_error(library):
    with pytest.raises(ArgumentError, match="nodes must be a whole number ≥ 16"):
        python_trees(4)
    with pytest.raises(MissingPackageError, match=r"no source of its standard library \(looked for .py files in"):
        python_trees()
