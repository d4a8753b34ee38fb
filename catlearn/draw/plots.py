"""Plots of what models do: schedules, decision regions, attention, errors of equivariance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catlearn.core.diagram import Diagram
from catlearn.core.errors import ArgumentError
from catlearn.draw import style
from catlearn.draw.svg import COLOURS
from catlearn.laws.equivariance import equivariance_errors

GRID = 160  # places along each side of a plot of decisions


def schedule(rates: Any, steps: int) -> style.Plot:
    """Learning rates by step: `rates` is a number, a function of the step, or several of them by name."""
    several = rates if isinstance(rates, Mapping) else {"": rates}
    if steps < 1:
        raise ArgumentError(f"a schedule is plotted over one step at least, got {steps}.")
    figure = style.figure(f"learning rate over {steps} steps", 5.2, 3.2)
    axes, at = figure.subplots(), np.arange(steps)
    for i, (name, rate) in enumerate(several.items()):
        values = jax.vmap(rate)(jnp.arange(steps)) if callable(rate) else np.full(steps, float(rate))
        axes.plot(at, np.asarray(values), label=name, **style.line_style(i))
    axes.set(xlabel="step", ylabel="learning rate")
    style.plain(axes)
    if any(several):
        axes.legend(frameon=False, fontsize=8)
    return figure


def decisions(predict: Callable[[jax.Array], Any], X: Any, y: Any) -> style.Plot:
    """The regions in which a classifier of two features says each class, and the examples: a marker for each class.

    `predict` takes an array (n, 2) to logits (n, classes), or to one logit, or whole numbers, (n,).
    """
    X, y = np.asarray(X), np.asarray(y).astype(int)
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != X.shape[:1]:
        raise ArgumentError(f"decisions takes X of shape (n, 2) and y of shape (n,), got {X.shape} and {y.shape}.")
    low, high = X.min(0), X.max(0)
    low, high = low - 0.15 * (high - low) - 1e-3, high + 0.15 * (high - low) + 1e-3
    across, up = (np.linspace(a, b, GRID, dtype=np.float32) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    said = np.asarray(predict(jnp.asarray(grid)))
    labels = said.argmax(-1) if said.ndim == 2 else said if np.issubdtype(said.dtype, np.integer) else (said > 0).astype(int)
    classes = int(max(labels.max(), y.max())) + 1
    figure = style.figure(f"decision regions of {classes} classes, with {len(X)} examples", 4.6, 4.2)
    axes = figure.subplots()
    colours = [COLOURS[k % len(COLOURS)] for k in range(classes)]
    levels = np.arange(classes + 1) - 0.5
    axes.contourf(across, up, labels.reshape(GRID, GRID), levels=levels, colors=colours, alpha=0.25)
    for k in range(classes):
        marker = style.MARKERS[k % len(style.MARKERS)]
        axes.plot(*X[y == k].T, linestyle="", marker=marker, color=colours[k], markeredgecolor="white", label=f"class {k}")
    style.plain(axes)
    axes.legend(frameon=False, fontsize=8)
    return figure


def attention(weights: Any, tokens: Sequence[str] | None = None) -> style.Plot:
    """Who looks at whom: a map for each head of weights (heads, queries, keys), or one of (queries, keys)."""
    weights = np.asarray(weights)
    weights = weights[None] if weights.ndim == 2 else weights
    if weights.ndim != 3:
        raise ArgumentError(f"attention takes weights (heads, queries, keys) or (queries, keys), got {weights.shape}.")
    if tokens is not None and len(tokens) != weights.shape[2]:
        raise ArgumentError(f"there are {weights.shape[2]} keys and {len(tokens)} tokens; give one for each.")
    heads = len(weights)
    figure = style.figure(f"attention of {heads} heads", 2.6 * heads + 0.8, 3.0)
    for h, axes in enumerate(figure.subplots(1, heads, squeeze=False)[0]):
        shown = axes.imshow(weights[h], cmap=style.MAP, vmin=0)
        axes.set(title=f"head {h}", xlabel="looked at", ylabel="who looks" if h == 0 else "")
        if tokens is not None:
            axes.set_xticks(range(len(tokens)), tokens, rotation=90)
            axes.set_yticks(range(weights.shape[1]), tokens[: weights.shape[1]])
    figure.colorbar(shown, ax=figure.axes, shrink=0.8)
    return figure


def equivariance(models: Diagram | Mapping[str, Diagram], samples: int, tolerance: float, key: Any, **types: Any) -> style.Plot:
    """The relative error of `f(ρ(g) x) = ρ'(g) f(x)` for random elements g: a row for each model, and its greatest at its end."""
    several = models if isinstance(models, Mapping) else {"": models}
    errors = np.array([[error for error, _ in equivariance_errors(f, samples, key=key, **types)] for f in several.values()])
    if not errors.size:
        raise ArgumentError("equivariance takes a model, or several by name, and one sample at least.")
    figure = style.figure(_said(several, errors, tolerance), 5.6, 1.2 + 0.5 * len(several))
    axes = figure.subplots()
    shown = axes.imshow(np.log10(np.maximum(errors, 1e-9)), cmap=style.MAP, vmin=-9, vmax=0, aspect="auto")
    axes.set(xlabel="random elements of the group", xticks=[], yticks=range(len(several)))
    ends = [
        f"{name}  {worst:.0e} {'✓' if worst <= tolerance else '✗'}" for name, worst in zip(several, errors.max(1), strict=True)
    ]
    axes.set_yticklabels(ends)
    figure.colorbar(shown, ax=axes, label="log₁₀ of the error")
    return figure


def _said(models: Mapping[str, Any], errors: np.ndarray, tolerance: float) -> str:
    pairs = zip(models, errors.max(1), strict=True)
    side = lambda worst: "within" if worst <= tolerance else "above"  # noqa: E731
    each = (f"{name or 'the model'} {worst:.0e}, {side(worst)} {tolerance:.0e}" for name, worst in pairs)
    return "errors of equivariance: " + "; ".join(each)
