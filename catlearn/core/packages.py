"""Packages that only some rooms need, imported when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from catlearn.core.errors import MissingPackageError


def package(name: str, extra: str) -> Any:
    """The module of this name. Raises MissingPackageError, which names the extra that brings it, where it is not installed.

    >>> package("math", "data").sqrt(4.0)
    2.0
    """
    try:
        return import_module(name)
    except ImportError as error:
        what = name.partition(".")[0]
        raise MissingPackageError(f"this takes the package {what}: pip install 'catlearn[{extra}]'. ({error})") from error
