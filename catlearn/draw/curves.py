"""Training curves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from catlearn.core.errors import ArgumentError
from catlearn.core.packages import package
from catlearn.learn.history import History


def curves(history: History, title: str = "", log: bool = False) -> Any:
    """A matplotlib figure of each metric by epoch: training solid, validation dashed; the loss on a logarithmic axis with `log`.
    Raises MissingPackageError without matplotlib.

    >>> len(curves(History(({"epoch": 1, "loss": 0.5, "seconds": 0.1},))).axes)
    1
    """
    style = _style()
    metrics = [c for c in history.columns if c not in ("epoch", "seconds") and not c.startswith("validation_")]
    figure = style.figure(f"training curves of {', '.join(metrics) or 'nothing'}: {history!r}", 4.6 * max(1, len(metrics)), 3.4)
    for axes, metric in zip(figure.subplots(1, max(1, len(metrics)), squeeze=False)[0], metrics, strict=False):
        _panel(style, axes, history, metric, log and metric == "loss")
    figure.suptitle(title, fontsize=10)
    return figure


def _style() -> Any:
    package("matplotlib.figure", "draw")
    from catlearn.draw import style

    return style


def _panel(style: Any, axes: Any, history: History, metric: str, log: bool) -> None:
    one = len(history) == 1
    axes.plot(history["epoch"], history[metric], color=style.INK, marker="o" if one else None, label="training")
    if f"validation_{metric}" in history.columns:
        held_out, marker = history[f"validation_{metric}"], "s" if one else None
        axes.plot(history["epoch"], held_out, color=style.SECOND, linestyle="--", marker=marker, label="held out")
    _finished(style, axes, metric, log)


def _finished(style: Any, axes: Any, metric: str, log: bool) -> None:
    if log:
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel=metric)
    style.plain(axes)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=8)


def compared(histories: Mapping[str, History], metric: str = "loss", log: bool = False, title: str = "") -> Any:
    """A matplotlib figure of one metric of several runs by epoch, each with a line of its own.
    Raises ArgumentError for no history, and for a metric that one of them has not.

    >>> len(compared({"a": History(({"epoch": 1, "loss": 0.5, "seconds": 0.1},))}).axes[0].lines)
    1
    """
    if not histories:
        raise ArgumentError("compare takes histories by name, such as {'adam': history}, and got none.")
    for name, history in histories.items():
        if metric not in history.columns:
            there = ", ".join(history.columns) or "nothing"
            raise ArgumentError(f"the history {name!r} has no {metric!r}; there is {there}.")
    style = _style()
    figure = style.figure(f"{metric} by epoch of {', '.join(histories)}", 5.2, 3.6)
    axes = figure.subplots()
    for i, (name, history) in enumerate(histories.items()):
        axes.plot(history["epoch"], history[metric], label=name, **style.line_style(i))
    _finished(style, axes, metric, log)
    figure.suptitle(title, fontsize=10)
    return figure


def save_curves(history: History, path: str | os.PathLike, title: str = "") -> None:
    """Write the training curves to a file, the loss on a logarithmic axis; the file's ending says the format."""
    curves(history, title, log=True).savefig(path, dpi=150)
