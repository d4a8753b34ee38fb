"""Where a data file lies that ships inside another package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from catlearn.core.errors import MissingPackageError


def shipped(what: str, file: Path, packages: tuple[str, ...], install: str = "pip install 'catlearn[data]'") -> Path:
    """The path of a file inside the first of these packages that has it; none of them is imported.
    Raises MissingPackageError, which says how to install, without any of them, or where none has the file.

    >>> shipped("these lines", Path("decoder.py"), ("json",)).name
    'decoder.py'
    """
    paths = [Path(folder) / file for name in packages for folder in _folders(name)]
    if not paths:
        raise MissingPackageError(f"{what} come with {' or '.join(packages)}: {install}.")
    found = [path for path in paths if path.is_file()]
    if not found:
        looked = " and ".join(map(str, paths))
        raise MissingPackageError(f"this {' or '.join(packages)} has no {file.as_posix()}: {install} (looked for {looked}).")
    return found[0]


def _folders(package: str) -> list[str]:
    spec = find_spec(package)
    return list(spec.submodule_search_locations or ()) if spec else []
