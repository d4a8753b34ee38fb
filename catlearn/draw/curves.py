"""Training curves."""

from __future__ import annotations

import os
from typing import Any

from catlearn.core.packages import package
from catlearn.learn.history import History

INK, SECOND = "#1b4965", "#d1495b"


def curves(history: History, title: str = "") -> Any:
    """A matplotlib figure of each metric by epoch: training solid, validation dashed.
    Raises MissingPackageError without matplotlib.

    >>> len(curves(History(({"epoch": 1, "loss": 0.5, "seconds": 0.1},))).axes)
    1
    """
    metrics = [c for c in history.columns if c not in ("epoch", "seconds") and not c.startswith("validation_")]
    figure = package("matplotlib.figure", "draw").Figure(figsize=(4.6 * max(1, len(metrics)), 3.4), layout="constrained")
    for axes, metric in zip(figure.subplots(1, max(1, len(metrics)), squeeze=False)[0], metrics, strict=False):
        _panel(axes, history, metric)
    figure.suptitle(title, fontsize=10)
    return figure


def _panel(axes: Any, history: History, metric: str) -> None:
    axes.plot(history["epoch"], history[metric], color=INK, marker="o" if len(history) == 1 else None, label="training")
    if f"validation_{metric}" in history.columns:
        held_out = history[f"validation_{metric}"]
        axes.plot(
            history["epoch"], held_out, color=SECOND, linestyle="--", marker="s" if len(history) == 1 else None, label="held out"
        )
    if metric == "loss":
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel=metric)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=8)


def save_curves(history: History, path: str | os.PathLike, title: str = "") -> None:
    """Write the training curves to a file; its ending says the format."""
    curves(history, title).savefig(path, dpi=150)
