"""Cells against a recursion over single nodes in plain JAX, written from the papers' equations, on the same weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import BinaryTree, R, X, const, one
from catlearn.algebra.forest import trees
from catlearn.algebra.functors import RoseTree
from catlearn.algebra.planting import forest
from catlearn.algebra.trees import tree_fold
from catlearn.core.errors import TypingError
from catlearn.nets.tree_cells import tensor_cell, tree_cell, tree_lstm

UNITS, LABELS = 3, 2
BINARY, ROSE = BinaryTree(R(LABELS)), RoseTree(R(LABELS), 3)


def binary_value(rng, leaves):
    if leaves == 1:
        return rng.normal(size=LABELS).astype(np.float32)
    left = int(rng.integers(1, leaves))
    return binary_value(rng, left), binary_value(rng, leaves - left)


def rose_value(rng, depth):
    children = [rose_value(rng, depth - 1) if depth and rng.random() < 0.7 else None for _ in range(3)]
    return rng.normal(size=LABELS).astype(np.float32), children


def parts_of(F, value):
    """A node's label, its children (None where absent), and the path of its parameters."""
    if F is ROSE:
        return value[0], value[1], ""
    return (None, value, "node.") if isinstance(value, tuple) else (value, [], "leaf.")


def by_simple_net(p, F, value, tensor=False):
    label, children, path = parts_of(F, value)
    pre = p[path + "bias"]
    if label is not None:
        pre = pre + jnp.asarray(label) @ p[path + "input"]
    if path + "hidden" in p:
        z = jnp.concatenate([jnp.zeros(UNITS) if c is None else by_simple_net(p, F, c, tensor) for c in children])
        pre = pre + z @ p[path + "hidden"]
        if tensor:
            V = p[path + "tensor"].reshape(len(z), len(z), UNITS)
            pre = pre + jnp.stack([z @ V[:, :, k] @ z for k in range(UNITS)])
    return jnp.tanh(pre)


def gates(p, path, label):
    """W x + b of the gates i, o, u and, where there is one, f."""
    pre = p[path + "bias"] if label is None else jnp.asarray(label) @ p[path + "input"] + p[path + "bias"]
    return jnp.split(pre, len(pre) // UNITS)


def by_child_sum(p, F, value):
    """Tai, Socher and Manning 2015, equations 2 to 8."""
    label, children, path = parts_of(F, value)
    states = [by_child_sum(p, F, child) for child in children if child is not None]
    i, o, u, *f = gates(p, path, label)
    if states:
        Ui, Uo, Uu = jnp.split(p[path + "hidden"], p[path + "hidden"].shape[1] // UNITS, axis=1)
        h = sum(h for h, _ in states)
        i, o, u = i + h @ Ui, o + h @ Uo, u + h @ Uu
    c = jax.nn.sigmoid(i) * jnp.tanh(u)
    for h_k, c_k in states:
        c = c + jax.nn.sigmoid(f[0] + h_k @ p[path + "forget"]) * c_k
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def by_n_ary(p, F, value):
    """Equations 9 to 14; `hidden` has a block of rows for each child l, of columns for i, o, u and each forget gate k."""
    label, children, path = parts_of(F, value)
    states = [None if child is None else by_n_ary(p, F, child) for child in children]
    i, o, u, *f = gates(p, path, label)
    columns = jnp.split(p[path + "hidden"], p[path + "hidden"].shape[1] // UNITS, axis=1) if path + "hidden" in p else ()
    block = lambda child, column: columns[column][child * UNITS : (child + 1) * UNITS]  # noqa: E731
    there = [(place, *state) for place, state in enumerate(states) if state is not None]
    i, o, u = (gate + sum((h @ block(j, g) for j, h, _ in there), jnp.zeros(UNITS)) for g, gate in enumerate((i, o, u)))
    c = jax.nn.sigmoid(i) * jnp.tanh(u)
    for k, _, c_k in there:
        c = c + jax.nn.sigmoid(f[0] + sum(h @ block(j, 3 + k) for j, h, _ in there)) * c_k
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


CELLS = {
    "simple": (tree_cell(UNITS), by_simple_net),
    "tensor": (tensor_cell(UNITS), lambda p, F, value: by_simple_net(p, F, value, tensor=True)),
    "child-sum": (tree_lstm(UNITS), by_child_sum),
    "n-ary": (tree_lstm(UNITS, arity=3), by_n_ary),
}


@pytest.mark.parametrize("F", [BINARY, ROSE], ids=["binary", "rose"])
@pytest.mark.parametrize("kind", CELLS)
def test_cells_are_their_equations(kind, F, key):
    cell, reference = CELLS[kind]
    rng = np.random.default_rng(0)
    values = [binary_value(rng, n) for n in (1, 2, 7)] if F is BINARY else [rose_value(rng, depth) for depth in (0, 1, 2)]
    f = trees(F, 16) >> tree_fold(cell)
    params = tuple(p + 0.3 * jax.random.normal(key, p.shape) for p in f.init(key))
    dys = tuple(np.asarray(jax.random.normal(key, (3, UNITS))) + i for i in range(len(f.cod)))
    lens = cl.reverse(cl.batch(f, 3))

    @jax.jit
    def both(params, batch):
        y, residual = lens.forward(params, batch)
        return y if isinstance(y, tuple) else (y,), lens.backward(residual, *map(jnp.asarray, dys))[0]

    ys, dparams = both(params, forest(values, F, 16))

    def theirs(params):
        states = [reference(cl.by_name(f, params), F, value) for value in values]
        rows = [state if isinstance(state, tuple) else (state,) for state in states]
        return tuple(jnp.stack(wire) for wire in zip(*rows, strict=True))

    expected, pullback = jax.vjp(theirs, params)
    for y, other in zip(ys, expected, strict=True):
        np.testing.assert_allclose(y, other, atol=1e-5)
    for ours, other in zip(dparams, pullback(tuple(map(jnp.asarray, dys)))[0], strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-5, atol=1e-5)


def test_names_and_sizes():
    f = trees(BINARY, 8) >> tree_fold(tree_lstm(4, arity=2))
    assert f.param.labels == ("leaf.input", "leaf.bias", "node.bias", "node.hidden") and f.cod == R(4) @ R(4)
    assert [struct.shape for struct in f.param.structs] == [(2, 12), (12,), (16,), (8, 20)]
    g = trees(ROSE, 8) >> tree_fold(tree_lstm(4))
    assert dict(zip(g.param.labels, [s.shape for s in g.param.structs], strict=True)) == {
        "input": (2, 16),
        "bias": (16,),
        "hidden": (4, 12),
        "forget": (4, 4),
    }


@pytest.mark.parametrize("cell", [tree_cell(3), tensor_cell(3), tree_lstm(3), tree_lstm(3, arity=2)], ids=repr)
def test_labels_on_any_nodes(cell, key):
    """Labels on inner nodes alone, of another size than leaves have, or on none: each summand has what it needs."""
    for F, value in (
        (const(R(5)) * X**2 + const(R(2)), (0, np.ones(5), [(1, np.ones(2), []), (1, np.zeros(2), [])])),
        (one + X**2, (1, (), [(0, (), []), (0, (), [])])),
    ):
        f = trees(F, 4) >> tree_fold(cell)
        out = jax.jit(cl.batch(f, 1))(f.init(key), forest([value], F, 4))
        assert all(np.isfinite(leaf).all() and leaf.shape == (1, 3) for leaf in jax.tree.leaves(out))
        assert eval(repr(cell)) == cell


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tree_lstm(0), "units must be a whole number"),
        (lambda: tree_cell(2.5), "units must be a whole number"),
        (lambda: tree_lstm(3, arity=0), "arity must be a whole number"),
        (lambda: trees(ROSE, 8) >> tree_fold(tree_lstm(3, arity=2)), "up to 2 children, and these nodes have 3"),
        (lambda: trees(RoseTree(R(dtype="int32"), 2), 8) >> tree_fold(tree_lstm(3)), r"labels of floats.*relabel\(embedding"),
        (lambda: trees(RoseTree(R(2) @ R(2), 2), 8) >> tree_fold(tree_cell(3)), "labels of one wire"),
    ],
)
def test_bad_cells(make, message):
    with pytest.raises(TypingError, match=message):
        make()
