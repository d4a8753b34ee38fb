"""What does a user wait for? Importing, typing a thousand layers, composing ten thousand."""

from __future__ import annotations

import functools
import operator
import subprocess
import sys
import time
from collections.abc import Callable

import catlearn as cl
from benchmarks.harness import in_turn, median, table
from catlearn import R

IMPORTS = {"catlearn": "import catlearn", "rival": "import jax, optax, equinox", "jax": "import jax"}


def importing(statement: str) -> Callable[[], float]:
    program = f"import time; began = time.perf_counter(); {statement}; print(time.perf_counter() - began)"
    return lambda: float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)


def timed(make: Callable) -> float:
    began = time.perf_counter()
    make()
    return time.perf_counter() - began


def typed(layers: int):
    model = R(16)
    for _ in range(layers // 2):
        model = model >> cl.dense(16) >> cl.relu
    return model


def composed(layers: int):
    f = R(8) >> cl.dense(8)
    model = functools.reduce(operator.rshift, [f] * layers)
    return len(model.param)


def main() -> None:
    found = in_turn({name: importing(statement) for name, statement in IMPORTS.items()}, 9)
    rival = median(found["rival"])
    rows = [[f"`{IMPORTS[name]}`", f"{median(times):.3f}", f"{median(times) / rival:.2f}"] for name, times in found.items()]
    table("Importing", ["statement", "seconds", "× `import jax, optax, equinox`"], rows)
    typed(10)
    rows = [
        [f"typing {n:,} layers (dense, relu)", f"{median([timed(lambda n=n: typed(n)) for _ in range(5)]):.3f}"]
        for n in (100, 1000)
    ]
    rows += [
        [f"composing {n:,} typed layers, and their names", f"{median([timed(lambda n=n: composed(n)) for _ in range(5)]):.3f}"]
        for n in (5_000, 10_000, 20_000)
    ]
    table("Building models", ["what", "seconds"], rows)


if __name__ == "__main__":
    main()
