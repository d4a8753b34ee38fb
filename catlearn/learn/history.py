"""What a training run was like, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catlearn.core.shown import table_html


@dataclass(frozen=True)
class History:
    """One row an epoch: `epoch`, the mean of each training metric over its examples, `validation_…` of the state after it,
    and `seconds`. `loop` says how the epochs ran: "scan" (whole epochs on the device) or "steps".

    >>> h = History(({"epoch": 1, "loss": 0.5, "seconds": 0.1}, {"epoch": 2, "loss": 0.25, "seconds": 0.1}), "scan")
    >>> h["loss"], len(h), h
    ([0.5, 0.25], 2, History(2 epochs by scan: loss 0.25))
    """

    rows: tuple[dict[str, Any], ...] = ()
    loop: str = "scan"

    def with_row(self, row: dict[str, Any]) -> History:
        """The history with one more epoch."""
        return History((*self.rows, row), self.loop)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of what was recorded."""
        return tuple(self.rows[0]) if self.rows else ()

    def __getitem__(self, column: str) -> list[Any]:
        if self.rows and column not in self.columns:
            raise KeyError(f"{column!r} was not recorded; there is {', '.join(self.columns)}")
        return [row[column] for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def _repr_html_(self) -> str:
        last = self.rows[-10:]
        left = f"the last {len(last)} of " if len(last) < len(self) else ""
        return table_html(f"{left}{len(self)} epochs by {self.loop}", self.columns, [list(row.values()) for row in last])

    def __repr__(self) -> str:
        last = self.rows[-1] if self.rows else {}
        shown = ", ".join(f"{k} {v:.4g}" for k, v in last.items() if k not in ("epoch", "seconds"))
        return f"History({len(self)} epochs by {self.loop}{': ' + shown if shown else ''})"
