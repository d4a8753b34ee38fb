"""The layer of the symmetric group from matrices to matrices against its rivals, and how its cost grows.

A gradient is that of Σ y² in the weights and the input, forward and backward. Prints tables. `--quick` runs few sizes and rounds.
With EMLP_PYTHON set to a Python that has EMLP (`pip install emlp six`), its own layer has a row too.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from benchmarks import equivariant_by_hand as by_hand
from benchmarks.harness import in_turn, median, table
from catlearn.equivariant import S, linear, solve, stirling

BATCH, CHANNELS = 8, 16
SIZES = {10: 31, 20: 21, 50: 15, 100: 9, 200: 5}  # n, and how many rounds
Layer = Callable[[Any, jax.Array], jax.Array]
Pair = tuple[Callable[[], float], Callable[[], float]]  # seconds of a call, and of a gradient


def ours(n: int, k: int = 2, plain: bool = True) -> Any:
    """Our layer on a batch. Plain, it is `Σ_π D_π x W_π`; else with the bias and the scales that it has unless told."""
    options = {"use_bias": False, "normalised": False} if plain else {}
    return cl.batch(S(n).power(k, channels=CHANNELS) >> linear(power=k, channels=CHANNELS, **options), BATCH)


def setting(n: int) -> tuple[jax.Array, jax.Array]:
    """Weights for the 15 diagrams, and an input."""
    rng = np.random.default_rng(0)
    shapes = (15, CHANNELS, CHANNELS), (BATCH, n, n, CHANNELS)
    w, x = (jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in shapes)
    return w, x


def lens_of(model: Any) -> tuple[Callable, Callable]:
    """A model's forward arrow, and its gradient by the forward and backward arrows of its lens."""
    lens = cl.reverse(model)

    def step(params: tuple, x: jax.Array) -> tuple:
        y, residual = lens.forward(params, x)
        return lens.backward(residual, 2 * y)

    return jax.jit(lambda params, x: lens.forward(params, x)[0]), jax.jit(step)


def gradient_of(f: Layer) -> Callable:
    return jax.jit(jax.grad(lambda w, x: jnp.sum(f(w, x) ** 2), (0, 1)))


def timed(f: Callable, *args: Any) -> Callable[[], float]:
    return _clocked(lambda: jax.block_until_ready(f(*args)))


def by_jax(f: Layer, w: jax.Array, x: jax.Array) -> Pair:
    return timed(jax.jit(f), w, x), timed(gradient_of(f), w, x)


def by_lens(model: Any, params: tuple, x: jax.Array) -> Pair:
    forward, gradient = lens_of(model)
    return timed(forward, params, x), timed(gradient, params, x)


def by_torch(n: int, w: jax.Array, x: jax.Array) -> Pair:
    import torch

    from benchmarks.rivals_torch_equivariant import layer

    torch.set_num_threads(2)
    weight = torch.tensor(np.array(w)[by_hand.places(n)]).requires_grad_()
    given = torch.tensor(np.moveaxis(np.array(x), -1, 1).copy()).requires_grad_()

    def forward() -> Any:
        with torch.no_grad():
            return layer(weight, given)

    def gradient() -> Any:
        return torch.autograd.grad((layer(weight, given) ** 2).sum(), (weight, given))

    return _clocked(forward), _clocked(gradient)


def _clocked(f: Callable) -> Callable[[], float]:
    """The seconds of a call. What is quick is called for 5 ms on end: threads that sleep in between take as long to wake up."""

    def run(calls: int) -> float:
        began = time.perf_counter()
        for _ in range(calls):
            f()
        return (time.perf_counter() - began) / calls

    run(1)
    calls = max(1, round(0.005 / run(3)))
    return lambda: run(calls)


def contestants(n: int) -> dict[str, Callable[[], Pair]]:
    """Every layer that fits at n, by name; ours first."""
    w, x = setting(n)
    model, usual = ours(n), ours(n, plain=False)
    found: dict[str, Callable[[], Pair]] = {
        "catlearn": lambda: by_lens(model, (w,), x),
        "catlearn, by `jax.grad`": lambda: by_jax(lambda w, x: model((w,), x), w, x),
        "catlearn, with bias and scales": lambda: by_lens(usual, usual.init(jax.random.key(0)), x),
        "shared contractions by hand": lambda: by_jax(by_hand.contractions(n, 2, 2), w, x),
        "stack of 15 maps": lambda: by_jax(by_hand.stack(n), w, x),
        "invariant graph network, PyTorch": lambda: by_torch(n, w, x),
    }
    if n <= 20:
        found["dense matrix"] = lambda: by_jax(by_hand.dense(n), w, x)
    if n <= 12:
        found["EMLP's method"] = lambda: by_jax(by_hand.projected(n, solve(S(n), 2, 2)), by_hand.whole_matrix(n, w), x)
    return found


def against_rivals(sizes: dict[int, int]) -> None:
    for n, rounds in sizes.items():
        pairs = {name: make() for name, make in contestants(n).items()}
        forward, gradient = (in_turn({name: pair[i] for name, pair in pairs.items()}, rounds) for i in (0, 1))
        rows = [[name, *_beside(forward, name), *_beside(gradient, name)] for name in pairs]
        if n == 10 and "EMLP_PYTHON" in os.environ:
            rows.append(_emlp(n, forward["catlearn"], gradient["catlearn"]))
        title = f"S({n}), matrices to matrices, {CHANNELS} to {CHANNELS} channels, batch {BATCH}"
        table(title, ["layer", "forward ms", "× ours", "gradient ms", "× ours"], rows)


def _beside(found: dict[str, list[float]], name: str) -> list[str]:
    mine, its = median(found["catlearn"]), median(found[name])
    return [f"{1e3 * its:,.3f}", f"{its / mine:.2f}"]


def _emlp(n: int, forward: list[float], gradient: list[float]) -> list[str]:
    command = [os.environ["EMLP_PYTHON"], "benchmarks/rivals_emlp.py", *map(str, (n, CHANNELS, BATCH))]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    seconds = [float(word) for word in said[-3:]]
    ratios = [t / median(mine) for t, mine in zip(seconds[1:], (forward, gradient), strict=True)]
    cells = [cell for t, ratio in zip(seconds[1:], ratios, strict=True) for cell in (f"{1e3 * t:,.3f}", f"{ratio:.2f}")]
    return [f"EMLP itself, alone, built in {seconds[0]:.0f} s", *cells]


# how cost grows


def halves(k: int, d: int) -> int:
    """a_d(k) = Σ_t S(k, t) C(t, d): how many lower halves of diagrams have d blocks that go through."""
    return sum(stirling(k, t) * math.comb(t, d) for t in range(k + 1))


def formula(n: int, k: int) -> float:
    """The FLOPs of the products that mix channels, as `Shared` says them."""
    return BATCH * CHANNELS**2 * sum(math.factorial(d) * 2 * n**d * halves(k, d) ** 2 for d in range(k + 1))


def growth() -> None:
    rows = []
    for k, sizes in ((2, (10, 20, 50, 100, 200)), (3, (5, 10, 20, 30, 200))):
        counts = [_counted(n, k) for n in sizes]
        for n, (says, *found) in zip(sizes, counts, strict=True):
            shares = [f"{count:.3g} ({count / (says * times):.3f})" for count, times in zip(found, (1, 3), strict=True)]
            rows.append([f"{k} → {k}, n = {n}", f"{says:.3g}", *shares])
        rows.append([f"{k} → {k}, slope over all n", *[f"{_slope(sizes, column):.2f}" for column in zip(*counts, strict=True)]])
        last = [f"{_slope(sizes[-2:], column[-2:]):.2f}" for column in zip(*counts, strict=True)]
        rows.append([f"{k} → {k}, slope of the last two n", *last])
    heads = ["layer of S(n)", "formula", "forward (÷ formula)", "gradient (÷ 3 × formula)"]
    table(f"FLOPs of the compiled layer, {CHANNELS} to {CHANNELS} channels, batch {BATCH}", heads, rows)


def _counted(n: int, k: int) -> tuple[float, ...]:
    """The FLOPs that the formula says, of the layer and of its gradient: compiled, never run."""
    model = ours(n, k)
    args = model.param.structs, model.dom.structs[0]
    return formula(n, k), *(f.lower(*args).compile().cost_analysis()["flops"] for f in lens_of(model))


def _slope(sizes: tuple, values: tuple) -> float:
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def main(quick: bool = False) -> None:
    against_rivals({10: 3, 20: 2} if quick else SIZES)
    growth()


if __name__ == "__main__":
    cl.keep_memory()
    main("--quick" in sys.argv)
