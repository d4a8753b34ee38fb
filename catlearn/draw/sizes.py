"""How errors fall with the number of examples."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from catlearn.core.packages import package

Errors = Mapping[str, Sequence[Sequence[float]]]


def sizes(numbers: Sequence[int], errors: Errors, title: str = "") -> Any:
    """A matplotlib figure of errors by numbers of examples, both on logarithmic axes: a curve of means for each name, and a dot
    for each run. `errors[name][i]` are those of the runs with `numbers[i]` examples. The names of one model, those with the same
    first word, are of one colour, the first solid and others dashed. Raises MissingPackageError without matplotlib.

    >>> len(sizes([10, 100], {"net test": [[0.5], [0.1]], "net moved": [[0.5], [0.1]]}).axes[0].lines)
    4
    """
    package("matplotlib.figure", "draw")
    from catlearn.draw import style

    figure = style.figure(f"error by number of examples of {', '.join(errors)}", 5.6, 3.8)
    axes, seen = figure.subplots(), []
    for name, runs in errors.items():
        model = name.split()[0]
        first = model not in seen
        seen += [model] * first
        colour = (style.INK, style.SECOND)[seen.index(model) % 2]
        means = [sum(each) / len(each) for each in runs]
        axes.plot(numbers, means, color=colour, linestyle="-" if first else "--", marker="o" if first else "x", label=name)
        dots = [(n, error) for n, each in zip(numbers, runs, strict=True) for error in each]
        axes.plot(*zip(*dots, strict=True), color=colour, linestyle="", marker=".", alpha=0.4)
    axes.set(xscale="log", yscale="log", xlabel="examples to learn from", ylabel="error")
    axes.set_xticks(numbers, [f"{n:,}" for n in numbers])
    axes.xaxis.minorticks_off()
    style.plain(axes)
    axes.legend(frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=10)
    return figure


def save_sizes(numbers: Sequence[int], errors: Errors, path: str | os.PathLike, title: str = "") -> None:
    """Write the curves of `sizes` to a file; its ending says the format."""
    sizes(numbers, errors, title).savefig(path, dpi=150)
