"""`plot`: histories, schedules, decisions, attention and errors of equivariance, through matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catlearn.core.packages import package


@dataclass(frozen=True)
class Plotting:
    """Plots in one style. Each is a matplotlib figure, which a notebook shows and `savefig` writes.

    Raises MissingPackageError without matplotlib.
    """

    def __call__(self, history: Any, log: bool = False, title: str = "") -> Any:
        """A history: each metric by epoch, training solid and validation dashed; the loss on a logarithmic axis with `log`.

        >>> import catlearn as cl
        >>> rows = ({"epoch": 1, "loss": 0.5, "seconds": 0.1}, {"epoch": 2, "loss": 0.2, "seconds": 0.1})
        >>> cl.plot(cl.History(rows), log=True).axes[0].get_yscale()
        'log'
        """
        from catlearn.draw.curves import curves

        return curves(history, title, log)

    def compare(self, histories: Mapping[str, Any], metric: str = "loss", log: bool = False, title: str = "") -> Any:
        """One metric of several runs by epoch. Raises ArgumentError where one has no such metric.

        >>> import catlearn as cl
        >>> run = cl.History(({"epoch": 1, "loss": 0.5, "seconds": 0.1},))
        >>> len(cl.plot.compare({"adam": run, "nesterov": run}).axes[0].lines)
        2
        """
        from catlearn.draw.curves import compared

        return compared(histories, metric, log, title)

    def schedule(self, rates: Any, steps: int) -> Any:
        """Learning rates by step: a number, a function of the step such as optax's schedules, or several by name.

        >>> import catlearn as cl, optax
        >>> cl.plot.schedule(optax.cosine_decay_schedule(0.1, 50), 50).axes[0].get_xlabel()
        'step'
        """
        return _plots().schedule(rates, steps)

    def decisions(self, predict: Callable, X: Any, y: Any) -> Any:
        """The regions in which a classifier of two features says each class. `predict` takes (n, 2) to logits or labels.
        Raises ArgumentError for other shapes.

        >>> import catlearn as cl, numpy as np
        >>> X = np.array([[0.0, 0.0], [1.0, 1.0]])
        >>> len(cl.plot.decisions(lambda x: x[:, 0] - 0.5, X, [0, 1]).axes[0].lines)
        2
        """
        return _plots().decisions(predict, X, y)

    def attention(self, weights: Any, tokens: Sequence[str] | None = None) -> Any:
        """Maps of attention, one for each head: weights (heads, queries, keys) or (queries, keys). Raises ArgumentError else.

        >>> import catlearn as cl, numpy as np
        >>> cl.plot.attention(np.eye(3), ["a", "b", "c"]).axes[0].get_title()
        'head 0'
        """
        return _plots().attention(weights, tokens)

    def equivariance(self, models: Any, samples: int = 12, tolerance: float = 1e-5, key: Any = None, **types: Any) -> Any:
        """The relative errors of equivariance of a model, or of several by name, for random elements of the group.

        `dom` and `cod` say with what actions an arrow of Smooth is tried, as in `laws.equivariant`.

        >>> import catlearn as cl
        >>> from catlearn.equivariant import S, linear
        >>> "✓" in cl.plot.equivariance(S(4).power(1) >> linear(power=1), 3).axes[0].get_yticklabels()[0].get_text()
        True
        """
        return _plots().equivariance(models, samples, tolerance, key, **types)


def _plots() -> Any:
    package("matplotlib.figure", "draw")
    from catlearn.draw import plots

    return plots


plot = Plotting()
