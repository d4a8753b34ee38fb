"""Folds and scans of a GRU and an LSTM, forward and backward: ours, by hand, Equinox, Flax, PyTorch, on the same weights."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import torch

import catlearn as cl
from benchmarks.harness import in_turn, machine, median, table

BATCH, INPUT, UNITS = 32, 32, 64
LENGTHS = (16, 128, 1024)
Apply = Callable[[Any, jax.Array], jax.Array]  # parameters and inputs (n, t, m) to (n, t, h), or (n, h)


@dataclass(frozen=True)
class Task:
    """One line of the table: a cell, "fold" (the last hidden state) or "scan" (all of them), a length."""

    cell: str
    what: str
    length: int

    @property
    def gates(self) -> int:
        return 3 if self.cell == "gru" else 4

    @property
    def last(self) -> bool:
        return self.what == "fold"

    @property
    def params(self) -> tuple:
        """Weights in our order: W in R(m, kh), b, U in R(h, kh), and c in R(h) for a GRU."""
        shapes = [(INPUT, self.gates * UNITS), (self.gates * UNITS,), (UNITS, self.gates * UNITS), (UNITS,)]
        keys = jax.random.split(jax.random.key(0), 4)
        drawn = tuple(0.2 * jax.random.normal(key, shape) for key, shape in zip(keys, shapes, strict=True))
        return drawn if self.cell == "gru" else drawn[:3]

    @property
    def inputs(self) -> jax.Array:
        return jax.random.normal(jax.random.key(1), (BATCH, self.length, INPUT))


def gru(x: jax.Array, u: jax.Array, c: jax.Array, h: jax.Array) -> jax.Array:
    (ir, iz, im), (hr, hz, hm) = jnp.split(x, 3, -1), jnp.split(u, 3, -1)
    r, z = jax.nn.sigmoid(ir + hr), jax.nn.sigmoid(iz + hz)
    n = jnp.tanh(im + r * (hm + c))
    return (1 - z) * n + z * h


def lstm(x: jax.Array, u: jax.Array, c: jax.Array) -> tuple[jax.Array, jax.Array]:
    i, f, g, o = jnp.split(x + u, 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def by_hand(task: Task, hoisted: bool) -> Apply:
    """A `lax.scan` over time; the product with the inputs in the loop, or before it and cut into gates there.

    (Cut in the loop instead, its forward pass takes three times as long: XLA on CPU does not run it in vectors.)
    """

    def apply(params: tuple, xs: jax.Array) -> jax.Array:
        W, b, U, *c = params
        project = (lambda x: jnp.concatenate(x, -1)) if hoisted else (lambda x: x @ W + b)
        xs = jnp.swapaxes(xs, 0, 1)
        xs = jnp.split(xs @ W + b, task.gates, -1) if hoisted else xs
        zero = jnp.zeros((BATCH, UNITS))

        def step(state: tuple, x: jax.Array) -> tuple:
            x, h = project(x), state[0]
            state = (gru(x, h @ U, *c, h),) if c else lstm(x, h @ U, state[1])
            return state, None if task.last else state[0]

        state, ys = jax.lax.scan(step, (zero,) if c else (zero, zero), xs)
        return state[0] if task.last else jnp.swapaxes(ys, 0, 1)

    return apply


def ours(task: Task) -> Any:
    """The arrow, on a batch."""
    cell = cl.gru_cell(UNITS) if task.cell == "gru" else cl.lstm_cell(UNITS)
    f = cl.R(task.length, INPUT) >> (cl.fold(cell) if task.last else cl.scan(cell))
    return cl.batch(f if task.cell == "gru" else f >> cl.hidden, BATCH)


def equinox(task: Task) -> tuple[Any, Apply]:
    key = jax.random.key(0)
    W, b, U, *c = task.params
    cell = (eqx.nn.GRUCell if c else eqx.nn.LSTMCell)(INPUT, UNITS, key=key)
    cell = eqx.tree_at(lambda f: (f.weight_ih, f.weight_hh, f.bias), cell, (W.T, U.T, b))
    cell = eqx.tree_at(lambda f: f.bias_n, cell, c[0]) if c else cell

    def apply(cell: Any, xs: jax.Array) -> jax.Array:
        zero = jnp.zeros(UNITS)

        def step(state: Any, x: jax.Array) -> tuple:
            state = cell(x, state)
            return state, None if task.last else (state if c else state[0])

        def each(x: jax.Array) -> jax.Array:
            state, ys = jax.lax.scan(step, zero if c else (zero, zero), x)
            return (state if c else state[0]) if task.last else ys

        return jax.vmap(each)(xs)

    return cell, apply


def flax(task: Task) -> tuple[Any, Apply]:
    W, b, U, *c = task.params
    names = "rzn" if c else "ifgo"
    Ws, bs, Us = (jnp.split(x, task.gates, -1) for x in (W, b, U))
    params = {}
    for name, w, shift, u in zip(names, Ws, bs, Us, strict=True):
        inward, hidden = {"kernel": w}, {"kernel": u}
        (inward if c else hidden)["bias"] = shift
        if c and name == "n":
            hidden["bias"] = c[0]
        params |= {f"i{name}": inward, f"h{name}": hidden}
    layer = nn.RNN(nn.GRUCell(UNITS) if c else nn.OptimizedLSTMCell(UNITS), name="rnn")

    def apply(params: Any, xs: jax.Array) -> jax.Array:
        ys = layer.apply({"params": {"cell": params}}, xs)
        return ys[:, -1] if task.last else ys

    return params, apply


def pytorch(task: Task) -> tuple[Any, torch.Tensor]:
    W, b, U, *c = (torch.tensor(np.array(x)) for x in task.params)
    layer = (torch.nn.GRU if c else torch.nn.LSTM)(INPUT, UNITS, batch_first=True)
    inner = torch.cat([torch.zeros(2 * UNITS), c[0]]) if c else torch.zeros(4 * UNITS)
    values = {"weight_ih_l0": W.T, "weight_hh_l0": U.T, "bias_ih_l0": b, "bias_hh_l0": inner}
    layer.load_state_dict(values)
    return layer, torch.tensor(np.array(task.inputs))


def read(task: Task, layer: Any, x: torch.Tensor) -> torch.Tensor:
    ys = layer(x)[0]
    return ys[:, -1] if task.last else ys


@dataclass(frozen=True)
class Contestant:
    """Two thunks: the outputs, and the gradient of their sum on the parameters."""

    forward: Callable[[], Any]
    gradient: Callable[[], Any]


def from_jax(params: Any, apply: Apply, xs: jax.Array) -> Contestant:
    forward, gradient = jax.jit(apply), jax.jit(jax.grad(lambda p, x: apply(p, x).sum()))
    return Contestant(lambda: forward(params, xs), lambda: gradient(params, xs))


def from_arrow(task: Task) -> Contestant:
    f, params, xs = ours(task), task.params, task.inputs
    forward, gradient = jax.jit(f), jax.jit(gradient_of(f))
    return Contestant(lambda: forward(params, xs), lambda: gradient(params, xs))


def gradient_of(f: Any) -> Callable:
    lens = cl.reverse(f)

    def gradient(params: tuple, xs: jax.Array) -> tuple:
        y, residual = lens.forward(params, xs)
        return lens.backward(residual, jnp.ones_like(y))[0]

    return gradient


def from_torch(task: Task) -> Contestant:
    layer, x = pytorch(task)

    def forward() -> torch.Tensor:
        with torch.no_grad():
            return read(task, layer, x)

    def gradient() -> list:
        layer.zero_grad(set_to_none=True)
        read(task, layer, x).sum().backward()
        return [p.grad for p in layer.parameters()]

    return Contestant(forward, gradient)


def contestants(task: Task) -> dict[str, Contestant]:
    params, xs = task.params, task.inputs
    return {
        "catlearn": from_arrow(task),
        "by hand": from_jax(params, by_hand(task, hoisted=False), xs),
        "by an expert": from_jax(params, by_hand(task, hoisted=True), xs),
        "Equinox": from_jax(*equinox(task), xs),
        "Flax linen": from_jax(*flax(task), xs),
        "PyTorch": from_torch(task),
    }


def agree(task: Task, found: dict[str, Contestant]) -> None:
    """Everybody gives the same outputs, and the same gradients on W and U. Raises AssertionError otherwise."""
    y = np.asarray(found["by hand"].forward())
    W, _, U, *_ = (np.asarray(x) for x in found["by hand"].gradient())
    for name, one in found.items():
        np.testing.assert_allclose(np.asarray(one.forward()), y, rtol=1e-4, atol=1e-5, err_msg=name)
        for found_leaf, leaf in zip(_weights(name, one.gradient(), task), (W, U), strict=True):
            np.testing.assert_allclose(found_leaf, leaf, rtol=1e-3, atol=2e-5 * np.abs(leaf).max(), err_msg=name)


def _weights(name: str, gradient: Any, task: Task) -> tuple:
    """The gradients on W and U, in our shape."""
    if name == "Equinox":
        return gradient.weight_ih.T, gradient.weight_hh.T
    if name == "Flax linen":
        names = "rzn" if task.cell == "gru" else "ifgo"
        return tuple(np.concatenate([gradient[f"{side}{gate}"]["kernel"] for gate in names], -1) for side in "ih")
    if name == "PyTorch":
        return gradient[0].numpy().T, gradient[1].numpy().T
    return gradient[0], gradient[2]


def timed(thunk: Callable[[], Any], repeats: int) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        for _ in range(repeats):
            jax.block_until_ready(thunk())
        return (time.perf_counter() - began) / repeats

    return run


def compare(task: Task, rounds: int) -> list[list[str]]:
    found = contestants(task)
    agree(task, found)
    rows, repeats = [], max(1, 2048 // task.length // 4)
    for way in ("forward", "gradient"):
        times = in_turn({name: timed(getattr(one, way), repeats) for name, one in found.items()}, rounds)
        mine = median(times["catlearn"])
        ratios = [f"{median(times[name]) / mine:.2f}" for name in found if name != "catlearn"]
        rows.append([f"{task.what} of {task.cell}, {task.length}", way, f"{1e6 * mine:,.0f}", *ratios])
    return rows


def compilation(task: Task, rounds: int) -> list[str]:
    """Seconds to trace and compile the gradient, of ours and of what anybody writes."""
    params, xs = task.params, task.inputs
    plain = by_hand(task, hoisted=False)
    makers = {"ours": lambda: gradient_of(ours(task)), "hand": lambda: jax.grad(lambda p, x: plain(p, x).sum())}

    def compiling(make: Callable) -> Callable[[], float]:
        def run() -> float:
            jax.clear_caches()
            began = time.perf_counter()
            jax.jit(make()).lower(params, xs).compile()
            return time.perf_counter() - began

        return run

    found = in_turn({name: compiling(make) for name, make in makers.items()}, rounds)
    a, b = median(found["ours"]), median(found["hand"])
    return [f"{task.what} of {task.cell}, {task.length}", f"{1e3 * a:,.0f} / {1e3 * b:,.0f}", f"{a / b:.2f}"]


def main(rounds: int = 15, compilations: int = 5) -> None:
    torch.set_num_threads(2)
    tasks = [Task(cell, what, t) for cell in ("gru", "lstm") for what in ("fold", "scan") for t in LENGTHS]
    rows = [row for task in tasks for row in compare(task, rounds)]
    heads = [f"batch {BATCH}, {INPUT} → {UNITS}", "", "ours, µs", "by hand ×", "expert ×", "Equinox ×", "Flax ×", "PyTorch ×"]
    table("Folds and scans, beside ours", heads, rows)
    compiled = [compilation(Task(cell, "scan", t), compilations) for cell in ("gru", "lstm") for t in LENGTHS]
    table("Compiling their gradients", ["", "ms, ours / by hand", "×"], compiled)


if __name__ == "__main__":
    print(machine())
    cl.keep_memory()
    main(*map(int, sys.argv[1:]))
