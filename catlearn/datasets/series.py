"""Real series of measurements, of unequal lengths, that ship inside sktime and aeon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catlearn.core.errors import ArgumentError
from catlearn.datasets.shipped import shipped
from catlearn.datasets.split import Scale, Split, scale_of

FOLDER = Path("datasets", "data", "JapaneseVowels")
FILES = ("JapaneseVowels_TRAIN.ts", "JapaneseVowels_TEST.ts")
PACKAGES = ("sktime", "aeon")  # their files are the same
INSTALL = "pip install 'catlearn[data]', or pip install --no-deps aeon"


def japanese_vowels() -> Split:
    """640 utterances of two Japanese vowels by nine men, each a series of 12 LPC cepstral coefficients in 7 to 29 frames;
    who speaks? 270 to train on, 30 of each speaker, and 370 held out, as published.

    Inputs are a pair: values `(n, 29, 12)` float32, scaled to mean 0 and deviation 1 on the frames of the training part
    and then padded with zeros, and lengths `(n,)` int32, the number of frames that are real. From Kudo, Toyama and Shimbo
    1999 (UCI), by sktime or aeon, whose files are read without importing them.
    Raises MissingPackageError without either, or where it has no such file, and ArgumentError for a malformed file.

    >>> (values, lengths), speakers = japanese_vowels().train  # doctest: +SKIP
    >>> values.shape, lengths.min(), speakers.shape  # doctest: +SKIP
    ((270, 29, 12), 7, (270,))
    """
    train, test = (_read(shipped("these series", FOLDER / name, PACKAGES, INSTALL)) for name in FILES)
    if train.classes != test.classes or train.series[0].shape[1] != test.series[0].shape[1]:
        raise ArgumentError(f"the two files of {FOLDER.name} differ in their classes or dimensions.")
    longest, scale = max(map(len, train.series + test.series)), scale_of(np.concatenate(train.series))
    parts = [(_padded(part.series, longest, scale), part.labels) for part in (train, test)]
    return Split("japanese_vowels", parts[0], parts[1], train.classes)


@dataclass(frozen=True)
class _Series:
    """What a .ts file holds: arrays (length, dimensions), the number of the class of each, and the classes."""

    series: list[np.ndarray]
    labels: np.ndarray
    classes: tuple[str, ...]


def _padded(series: list[np.ndarray], longest: int, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    values = np.zeros((len(series), longest, series[0].shape[1]), np.float32)
    for row, one in zip(values, series):
        row[: len(one)] = scale(one)
    return values, np.array([len(one) for one in series], np.int32)


def _read(path: Path) -> _Series:
    """Read a .ts file: comments `#`, a header `@key value`, `@data`, then on each line the dimensions and the class with
    colons between them, the numbers of a dimension with commas."""
    lines = [(i, line.strip()) for i, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)]
    lines = [(i, line) for i, line in lines if line and not line.startswith("#")]
    header = {key.lower(): rest for key, *rest in (line[1:].split() for _, line in lines if line.startswith("@") and line[1:])}
    classes = tuple(header.get("classlabel", ())[1:])
    rows = [_row(f"{path}, line {i}", line, classes) for i, line in lines if not line.startswith("@")]
    if "data" not in header or not rows:
        raise ArgumentError(f"{path} is no .ts file of series: it has no lines after @data.")
    if len({one.shape[1] for one, _ in rows}) > 1:
        raise ArgumentError(f"{path}: its series differ in their number of dimensions.")
    return _Series([one for one, _ in rows], np.array([label for _, label in rows], np.int32), classes)


def _row(where: str, line: str, classes: tuple[str, ...]) -> tuple[np.ndarray, int]:
    *dimensions, label = line.split(":")
    if label.strip() not in classes:
        raise ArgumentError(
            f"{where}: the class {label.strip()[:20]!r} is none of {', '.join(classes) or 'those declared (none)'}."
        )
    try:
        values = np.array([[float(number) for number in dimension.split(",")] for dimension in dimensions]).T
    except ValueError as error:
        raise ArgumentError(f"{where}: expected dimensions of the same length, of numbers. ({error})") from error
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ArgumentError(f"{where}: expected one dimension or more, of finite numbers.")
    return values, classes.index(label.strip())
