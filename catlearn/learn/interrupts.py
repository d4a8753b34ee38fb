"""Ctrl-C, heard also where Python drops it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def heard() -> Iterator[Callable[[], None]]:
    """Gives a function that raises KeyboardInterrupt if Ctrl-C was pressed since. Outside of the main thread it never does.

    Python raises it where it happens to be, and ignores what is raised in a finaliser or a callback: a loop that asks after each
    round stops for all that.

    >>> with heard() as asked:
    ...     asked()
    """
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and callable(before)

    def press(number: int, frame: object) -> None:
        pressed.append(number)
        before(number, frame)  # type: ignore[operator]

    def asked() -> None:
        if pressed:
            raise KeyboardInterrupt

    if ours:
        signal.signal(signal.SIGINT, press)
    try:
        yield asked
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)
