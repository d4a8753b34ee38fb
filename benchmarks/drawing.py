"""Drawing a model as SVG, beside DisCoPy's drawing of the same diagram."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.harness import in_turn, median, table
from catlearn import R, dense, draw, layer_norm, relu, residual, tanh, to_discopy
from catlearn.core.diagram import Diagram, identity


def chain(n: int, every: bool) -> Diagram:
    """A chain of 2n + 2 boxes; where `every`, no two neighbours are alike, so none are folded."""
    f = identity(R(8)) >> dense(8)
    for i in range(n):
        f = f >> dense(8 + i % 50 if every else 8) >> (tanh if i % 2 else relu)
    return f >> dense(10)


def skipping(n: int) -> Diagram:
    """n residual blocks in which each is four boxes and a copy, when open."""
    f = identity(R(8)) >> dense(8)
    for i in range(n):
        f = f >> residual(layer_norm() >> dense(16 + i) >> relu >> dense(8))
    return f


def main() -> None:
    models = [
        ("10 boxes", chain(4, True), 1, True),
        ("102 boxes", chain(50, True), 1, True),
        ("5 residual blocks, open", skipping(5), 2, True),
        ("25 residual blocks, open", skipping(25), 2, False),
        ("1,002 boxes, few blocks alike", chain(500, True), 1, False),
        ("1,002 boxes, equal blocks", chain(500, False), 1, False),
    ]
    rows = []
    for name, model, zoom, compared in models:
        theirs = {"theirs": _timed(partial(_by_discopy, to_discopy(model, zoom)))} if compared else {}
        found = in_turn({"ours": _timed(partial(_by_us, model, zoom)), **theirs}, 5)
        seconds = [median(times) for times in found.values()]
        other = [f"{seconds[1]:.3f}", f"{seconds[1] / seconds[0]:.0f}"] if compared else ["–", "–"]
        rows.append([name, f"{seconds[0]:.3f}", *other])
    table("Drawing", ["model, as SVG", "catlearn, s", "DisCoPy, s", "× ours"], rows)


def _by_us(model: Diagram, zoom: int) -> str:
    return draw(model, zoom).svg


def _by_discopy(diagram: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        diagram.draw(path=str(Path(folder) / "model.svg"))


def _timed(run: Callable[[], object]) -> Callable[[], float]:
    def seconds() -> float:
        began = time.perf_counter()
        run()
        return time.perf_counter() - began

    return seconds


if __name__ == "__main__":
    main()
