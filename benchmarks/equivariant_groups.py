"""Layers of many groups: seconds of a call where no dense matrix fits, of building, and errors of equivariance in float32.

Prints tables. `--building n` times building the layer of S(n) from cubes to cubes alone, as the first of its process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import jax

import catlearn as cl
from benchmarks.equivariant import by_lens
from benchmarks.harness import median, table
from catlearn.equivariant import SL, SO, SU, A, Aut, Cube, D, Lorentz, O, Rubik, S, Sp, Z, linear, solve
from catlearn.laws.equivariance import equivariance_error


def cubes(group: Any) -> Any:
    """A layer between third powers, of one channel."""
    return group.power(3, channels=1) >> linear(power=3, channels=1)


def classical_groups(sizes: tuple[int, ...] = (10, 20, 30), calls: int = 9) -> None:
    """Of one example. The dense matrix of a map would take 4 n⁶ bytes."""
    rows = []
    for group in (of(n) for of in (O, SO, Sp) for n in sizes):
        model = cl.batch(cubes(group), 1)
        x = jax.random.normal(jax.random.key(1), model.dom.structs[0].shape)
        runs = by_lens(model, model.init(jax.random.key(0)), x)
        seconds = [median([run() for _ in range(calls)]) for run in runs]
        count = model.param.structs[0].shape[0]
        rows.append([repr(group), str(count), f"{4e-9 * group.n**6:,.3f}", *(f"{1e3 * each:,.2f}" for each in seconds)])
    heads = ["group", "diagrams", "dense matrix, GB", "forward ms", "gradient ms"]
    table("Layers from cubes to cubes, one channel: bar a second", heads, rows)


# building


def seconds_to(make: Any, *args: Any) -> float:
    began = time.perf_counter()
    make(*args)
    return time.perf_counter() - began


def building(sizes: tuple[int, ...] = (10, 100, 1000, 10_000), times: int = 5) -> None:
    rows = []
    for n in sizes:
        command = [sys.executable, "-m", "benchmarks.equivariant_groups", "--building", str(n)]
        cold = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(3)]
        warm = [seconds_to(lambda n=n: cubes(S(n))) for _ in range(times)]
        rows.append([f"S({n:,}), 203 diagrams", f"{median(cold):.3f}", f"{median(warm):.3f}"])
    for n in (3, 4):
        rows.append([f"null space of S({n})", "", f"{median([seconds_to(solve, S(n), 3, 3) for _ in range(times)]):.3f}"])
    table("Building a layer from cubes to cubes: bar a second at any n", ["what", "first s", "again s"], rows)


# equivariance


def layers() -> list[tuple[Any, Any, Any]]:
    """(group, exponents of the domain, of the codomain)."""
    drawn = [(group, 3, 3) for group in (S(30), O(30), SO(5), Sp(30))] + [(S(100), 2, 2), (SO(3), 2, 3), (A(5), 2, 2)]
    solved = [(group, 2, 2) for group in (Z(6), D(5), Aut([[0, 1, 0], [1, 0, 1], [0, 1, 0]]), Cube(), Lorentz(), SL(3), SU(2))]
    return [*drawn, *solved, (Rubik(), 1, 1), (SO(3) * S(4), (1, 1), (2, 1))]


def errors() -> None:
    rows = []
    for group, k, l in layers():  # noqa: E741
        model = group.power(k, channels=4) >> linear(power=l, channels=4)
        count = model.param.structs[0].shape[0]
        rows.append([repr(group), f"{k} → {l}", str(count), f"{equivariance_error(model, samples=3):.1e}"])
    table("Error of equivariance in float32, worst of three elements and inputs", ["group", "powers", "maps", "relative"], rows)


def main(quick: bool = False) -> None:
    classical_groups((10,) if quick else (10, 20, 30))
    building((10, 10_000) if quick else (10, 100, 1000, 10_000))
    errors()


if __name__ == "__main__":
    if "--building" in sys.argv:
        print(seconds_to(lambda: cubes(S(int(sys.argv[-1])))))
    else:
        cl.keep_memory()
        main("--quick" in sys.argv)
