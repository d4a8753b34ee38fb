"""Graph networks: ours against hand-written JAX, jraph and PyTorch Geometric; and how time and memory grow with edges.

A step is the loss Σ y² and its gradient in the parameters, forward and backward. Prints tables. `--memory TITLE NAME` runs one
contestant alone.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
from benchmarks.graphs_by_hand import BY_HAND, geometric_gcn, jraph_gcn
from benchmarks.harness import in_turn, median, table
from catlearn import R

CORA, LARGE = (2708, 10556, 1433, 16, 7), (100_000, 1_000_000, 64, 64, 64)  # nodes, edges, features, hidden, out
SIZES = {"Cora's size": CORA, "100,000 nodes, 1,000,000 edges": LARGE}
ROUNDS = 15


def random_graph(nodes: int, edges: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    senders, receivers = rng.integers(0, nodes, (2, edges)).astype(np.int32)
    senders[:1], receivers[:1] = nodes - 1, nodes - 1
    return senders, receivers


def models(size: tuple) -> dict[str, Any]:
    n, _, k, h, o = size
    mlp = lambda units: cl.dense(h) >> cl.relu >> cl.dense(units)  # noqa: E731
    return {
        "GCN": R(n, k) >> cl.graph_conv(h) >> cl.relu >> cl.graph_conv(o),
        "GIN": R(n, k) >> cl.gin_conv(mlp(h)) >> cl.relu >> cl.gin_conv(mlp(o)),
        "GAT": R(n, k) >> cl.gat_conv(h // 8 or 1, heads=8) >> cl.elu >> cl.gat_conv(o, heads=1),
    }


def lens_of(model: Any, graph: Any, x: jax.Array) -> tuple[Callable, Callable]:
    """The forward and backward arrows of a model at this graph, with the graph for an input."""
    closed = cl.within(model, cl.wire(graph, label="graph"))
    lens = cl.reverse(closed)

    def step(params: tuple, graph: Any, x: jax.Array) -> tuple:
        y, residual = lens.forward(params, graph, x)
        return jnp.sum(y**2), lens.backward(residual, 2 * y)[0]

    return jax.jit(step), jax.jit(closed)


def by_hand(f: Callable) -> Callable:
    return jax.jit(jax.value_and_grad(lambda params, ends, x: jnp.sum(f(params, ends, x) ** 2)))


def timed(f: Callable, *args: Any) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        jax.block_until_ready(f(*args))
        return time.perf_counter() - began

    run()
    return run


def setting(size: tuple) -> tuple[tuple, Any, jax.Array]:
    ends = tuple(map(jnp.asarray, random_graph(*size[:2])))
    x = jnp.asarray(np.random.default_rng(1).normal(size=(size[0], size[2])), jnp.float32)
    return ends, cl.edge_list(*ends, nodes=size[0]), x


def zero_cost() -> None:
    rows = []
    for title, size in SIZES.items():
        ends, graph, x = setting(size)
        for name, model in models(size).items():
            params = model.init(jax.random.key(0))
            ours, theirs = lens_of(model, graph, x)[0], by_hand(BY_HAND[name])
            costs = [f.lower(params, g, x).compile().cost_analysis() for f, g in ((ours, graph), (theirs, ends))]
            a, b = ours(params, graph, x), theirs(params, ends, x)
            jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-3 * float(jnp.abs(b).max())), a, b)
            steps = in_turn({"ours": timed(ours, params, graph, x), "hand": timed(theirs, params, ends, x)}, ROUNDS)
            mine, hand = median(steps["ours"]), median(steps["hand"])
            ratios = [f"{costs[0][what] / costs[1][what]:.4f}" for what in ("flops", "bytes accessed")]
            rows.append([f"{name}, {title}", *ratios, f"{1e3 * mine:,.2f} / {1e3 * hand:,.2f}", f"{mine / hand:.3f}"])
    table("Graph networks against hand-written JAX", ["step", "FLOPs ×", "bytes ×", "ms, ours / by hand", "×"], rows)


# libraries


def torch_step(params: tuple, ends: tuple, x: jax.Array, sparse: bool) -> Callable[[], float]:
    import torch

    net, edges = geometric_gcn(params, ends, sparse)
    given = torch.tensor(np.array(x))

    def run() -> float:
        began = time.perf_counter()
        torch.autograd.grad((net(given, edges) ** 2).sum(), list(net.parameters()))
        return time.perf_counter() - began

    run()
    return run


def contestants(size: tuple) -> dict[str, Callable[[], Callable[[], float]]]:
    ends, graph, x = setting(size)
    model = models(size)["GCN"]
    params = model.init(jax.random.key(0))
    return {
        "catlearn": lambda: timed(lens_of(model, graph, x)[0], params, graph, x),
        "catlearn, in rows": lambda: timed(lens_of(model, rows := cl.in_rows(graph), x)[0], params, rows, x),
        "JAX by hand": lambda: timed(by_hand(BY_HAND["GCN"]), params, ends, x),
        "jraph": lambda: timed(by_hand(jraph_gcn), params, ends, x),
        "PyTorch Geometric": lambda: torch_step(params, ends, x, False),
        "PyTorch Geometric, sparse matrix": lambda: torch_step(params, ends, x, True),
    }


def libraries() -> None:
    rows = []
    for title, size in SIZES.items():
        found = in_turn({name: make() for name, make in contestants(size).items()}, ROUNDS)
        ours = median(found["catlearn"])
        for name, times in found.items():
            peak = subprocess.run(
                [sys.executable, "-m", "benchmarks.graphs", "--memory", title, name], capture_output=True, text=True, check=True
            )
            rows.append([title, name, f"{1e3 * median(times):,.2f}", f"{median(times) / ours:.2f}", peak.stdout.strip()])
    table("A step of a GCN in every library", ["graph", "library", "ms", "× ours", "memory, MB more than before"], rows)


def memory(title: str, name: str) -> None:
    """How much more memory the process has at its peak after three steps than before."""
    make = contestants(SIZES[title])[name]
    peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # noqa: E731
    jax.block_until_ready(jnp.ones(8) @ jnp.ones(8))
    if "PyTorch" in name:
        import torch_geometric.nn  # noqa: F401
    before = peak()
    run = make()
    run(), run()
    print(f"{peak() - before:,.0f}")


def growth() -> None:
    """One layer of 64 features, forward and backward, at ten edges a node."""
    lines = []
    for edges, rows in product((10_000, 100_000, 1_000_000, 10_000_000), (False, True)):
        size = (edges // 10, edges, 64, 64, 64)
        _, graph, x = setting(size)
        model = R(size[0], 64) >> cl.graph_conv(64)
        graph = cl.in_rows(graph) if rows else graph
        step, params = lens_of(model, graph, x)[0], model.init(jax.random.key(0))
        run = timed(step, params, graph, x)
        seconds = median([run() for _ in range(3 if edges > 10**6 else ROUNDS)])
        temporary = step.lower(params, graph, x).compile().memory_analysis().temp_size_in_bytes
        form = "rows" if rows else "list"
        lines.append([f"{edges:,}, {form}", f"{1e3 * seconds:,.2f}", f"{1e9 * seconds / edges:,.0f}", f"{temporary / 1e6:,.0f}"])
    table("Time and memory by edges", ["edges", "ms", "ns an edge", "temporary MB"], lines)


def main() -> None:
    zero_cost()
    libraries()
    growth()


if __name__ == "__main__":
    memory(*sys.argv[2:]) if "--memory" in sys.argv else main()
