"""Cells against Equinox's and PyTorch's, through folds and scans: values and gradients, on the same weights."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import TypingError

T, M, H = 5, 3, 4
CELLS = {"simple": cl.simple_cell(H), "gru": cl.gru_cell(H), "lstm": cl.lstm_cell(H)}
LAYERS = {"simple": "RNN", "gru": "GRU", "lstm": "LSTM"}


def weights(name, key, features=M):
    """Parameters of ours, drawn so that none is zero."""
    f = R(T, features) >> cl.fold(CELLS[name])
    keys = jax.random.split(key, len(f.param))
    return tuple(0.5 * jax.random.normal(k, s.shape) for k, s in zip(keys, f.param.structs, strict=True))


def close(found, expected):
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def through(f, params, x, *dys):
    """Values and gradients by the reverse functor."""
    lens = cl.reverse(f)

    @jax.jit
    def both(params, x, *dys):
        y, residual = lens.forward(params, x)
        return y, *lens.backward(residual, *dys)

    return both(params, x, *dys)


# PyTorch


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def to_torch(torch, params):
    """Ours in the layout of PyTorch: two weights, two biases."""
    W, b, U, *c = (torch.tensor(np.array(p)) for p in params)
    inner = torch.cat([torch.zeros(2 * H), *c]) if c else torch.zeros_like(b)
    return [W.T, U.T, b, inner]


def from_torch(name, grads):
    W, U, b, inner = (g.numpy() for g in grads)
    return (W.T, b, U.T, inner[2 * H :]) if name == "gru" else (W.T, b, U.T)


def pytorch(torch, name, *sets, **options):
    layer = getattr(torch.nn, LAYERS[name])(sets[0][0].shape[0], H, **options)
    with torch.no_grad():
        values = (value for params in sets for value in to_torch(torch, params))
        for parameter, value in zip(layer.parameters(), values, strict=True):
            parameter.copy_(value)
    return layer


def torch_gradients(name, layer):
    grads = [p.grad for p in layer.parameters()]
    return tuple(g for i in range(0, len(grads), 4) for g in from_torch(name, grads[i : i + 4]))


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("fold", [cl.fold, cl.scan])
def test_folds_and_scans_are_pytorch_s(name, backwards, fold, key, torch):
    params, layer = weights(name, key), None
    f = R(T, M) >> fold(CELLS[name], backwards=backwards)
    x, *dys = (jax.random.normal(key, s) for s in ((T, M), *(w.leaves[0].shape for w in f.cod.wires)))
    y, dparams, dx = through(f, params, x, *dys)
    layer, tx = pytorch(torch, name, params), torch.tensor(np.array(x), requires_grad=True)
    ahead = lambda z: z.flip(0) if backwards else z  # noqa: E731
    ys = ahead(layer(ahead(tx))[0])
    if fold is cl.scan:
        h = y[0] if name == "lstm" else y
        close(h, ys.detach().numpy())
        dys = [dys[0], jnp.zeros((T, H))][: len(dys)]  # PyTorch gives the memory of the last step alone
        _, dparams, dx = through(f, params, x, *dys)
        (ys * torch.tensor(np.array(dys[0]))).sum().backward()
    else:
        last = layer(ahead(tx))[1]
        states = last if name == "lstm" else (last,)
        close(y, [s[0].detach().numpy() for s in states] if name == "lstm" else states[0][0].detach().numpy())
        sum((s[0] * torch.tensor(np.array(dy))).sum() for s, dy in zip(states, dys, strict=True)).backward()
    close(dparams, torch_gradients(name, layer))
    close(dx, tx.grad.numpy())


@pytest.mark.parametrize("name", CELLS)
def test_both_directions_and_two_layers_are_pytorch_s(name, key, torch):
    """`branch(scan, scan backwards) >> concatenate`, twice."""
    states = (lambda **o: cl.scan(CELLS[name], **o) >> cl.hidden) if name == "lstm" else lambda **o: cl.scan(CELLS[name], **o)
    both = cl.branch(states(), states(backwards=True)) >> cl.concatenate()
    f = R(T, M) >> both >> both
    keys = jax.random.split(key, 6)
    sets = [weights(name, keys[0]), weights(name, keys[1]), weights(name, keys[2], 2 * H), weights(name, keys[3], 2 * H)]
    x, dy = jax.random.normal(keys[4], (T, M)), jax.random.normal(keys[5], (T, 2 * H))
    y, dparams, dx = through(f, tuple(p for params in sets for p in params), x, dy)
    layer = pytorch(torch, name, *sets, num_layers=2, bidirectional=True)
    tx = torch.tensor(np.array(x), requires_grad=True)
    ys = layer(tx)[0]
    (ys * torch.tensor(np.array(dy))).sum().backward()
    close(y, ys.detach().numpy())
    close(dparams, torch_gradients(name, layer))
    close(dx, tx.grad.numpy())


# Equinox


def equinox(name, params, key):
    W, b, U, *c = params
    cell = {"gru": eqx.nn.GRUCell, "lstm": eqx.nn.LSTMCell}[name](M, H, key=key)
    cell = eqx.tree_at(lambda f: (f.weight_ih, f.weight_hh, f.bias), cell, (W.T, U.T, b))
    return eqx.tree_at(lambda f: f.bias_n, cell, c[0]) if c else cell


@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_a_step_and_a_scan_are_equinox_s(name, key):
    params = weights(name, key)
    S = CELLS[name].carrier(R(M))
    x, *state = (
        jax.random.normal(k, s) for k, s in zip(jax.random.split(key, 3), [(M,), (H,), (H,)][: 1 + len(S)], strict=False)
    )
    given = tuple(state) if name == "lstm" else state[0]
    close((R(M) @ S >> CELLS[name])(params, x, *state), equinox(name, params, key)(x, given))

    xs = jax.random.normal(key, (T, M))

    def scanned(params, xs):
        cell = equinox(name, params, key)
        zero = (jnp.zeros(H),) * 2 if name == "lstm" else jnp.zeros(H)
        return jax.lax.scan(lambda s, x: (cell(x, s),) * 2, zero, xs)[1]

    f = R(T, M) >> cl.scan(CELLS[name])
    dys = tuple(jax.random.normal(k, (T, H)) for k in jax.random.split(key, len(S)))
    y, dparams, dx = through(f, params, xs, *dys)
    expected, pullback = jax.vjp(scanned, params, xs)
    close(y, expected)
    close((dparams, dx), pullback(dys if name == "lstm" else dys[0]))


# laws, and what can't be


@pytest.mark.parametrize("name", CELLS)
def test_a_batch_of_folds_keeps_the_laws(name, key):
    f = R(3, 2) >> cl.fold(CELLS[name])
    assert laws.agrees_with_vjp(cl.batch(f, 2), key) is None and laws.batch_runs_each_example(f, 2, key) is None


def test_an_activation_of_one_s_own(key, torch):
    f = R(T, M) >> cl.fold(cl.simple_cell(H, activation=cl.relu))
    params, x = weights("simple", key), jax.random.normal(key, (T, M))
    layer = torch.nn.RNN(M, H, nonlinearity="relu")
    with torch.no_grad():
        for parameter, value in zip(layer.parameters(), to_torch(torch, params), strict=True):
            parameter.copy_(value)
    close(f(params, x), layer(torch.tensor(np.array(x)))[0][-1].detach().numpy())


def test_bad_cells():
    with pytest.raises(TypingError, match="units must be a whole number"):
        cl.gru_cell(0)
    with pytest.raises(TypingError, match="takes floats"):
        R(5, 3, dtype="int32") >> cl.fold(cl.gru_cell(4))
    with pytest.raises(TypingError, match="at least one axis"):
        R(5) >> cl.fold(cl.gru_cell(4))
    with pytest.raises(TypingError, match=r"takes an element and its states, R\(3\) @ R\(4\), got"):
        R(3) @ R(5) >> cl.gru_cell(4)
