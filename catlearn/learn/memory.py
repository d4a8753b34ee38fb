"""The allocator of the process, where it stands in the way of training on CPU."""

from __future__ import annotations

import ctypes
import sys

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX, ARENA_MAX = -1, -2, -4, -8  # names in glibc's malloc.h


def keep_memory() -> bool:
    """Let this process keep the memory that it frees; whether that could be done (on Linux with glibc).

    XLA takes the temporary memory of a compiled step as one block. glibc asks the kernel anew for every block of more
    than 32 MB, and gives it back after each step: the page faults cost a small transformer's step a fifth of its time.
    An arena of a thread has no more than 64 MB, and larger blocks are asked of the kernel all the same, so there is one arena.
    Call it once, before training on CPU; the process then holds on to the most that it ever used.

    >>> keep_memory()  # doctest: +SKIP
    True
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    return all([mallopt(MMAP_MAX, 0), mallopt(TRIM_THRESHOLD, 2**31 - 1), mallopt(TOP_PAD, 64 * 2**20), mallopt(ARENA_MAX, 1)])
