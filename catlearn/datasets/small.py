"""Small real data that ships inside scikit-learn, each with a fixed held-out fifth."""

from __future__ import annotations

from typing import Any

from catlearn.core.packages import package
from catlearn.datasets.split import Split, cut, scaled


def digits() -> Split:
    """1,797 images of handwritten digits, 8 × 8 × 1 in [0, 1], ten classes; 359 held out. From UCI, by scikit-learn.
    Raises MissingPackageError without scikit-learn.

    >>> digits().train[0].shape
    (1438, 8, 8, 1)
    """
    found = package("sklearn.datasets", "data").load_digits()
    images = (found.images / 16.0)[..., None]
    return cut("digits", images, found.target, tuple(str(i) for i in range(10)))


def iris() -> Split:
    """150 flowers, four lengths in cm (scaled to mean 0 and deviation 1 on the training part), three classes; 30 held out.
    Raises MissingPackageError without scikit-learn.

    >>> iris().test[0].shape, iris().classes
    ((30, 4), ('setosa', 'versicolor', 'virginica'))
    """
    return _table("iris", package("sklearn.datasets", "data").load_iris())


def wine() -> Split:
    """178 Italian wines, 13 chemical measurements (scaled as iris's), three growers as classes; 35 held out.
    From UCI, by scikit-learn. Raises MissingPackageError without scikit-learn.

    >>> wine().train[0].shape, wine().classes
    ((143, 13), ('class_0', 'class_1', 'class_2'))
    """
    return _table("wine", package("sklearn.datasets", "data").load_wine())


def breast_cancer() -> Split:
    """569 tumours, 30 measurements of cell nuclei (scaled as iris's), two classes; 113 held out. From UCI (Wisconsin,
    diagnostic), by scikit-learn. Raises MissingPackageError without scikit-learn.

    >>> breast_cancer().train[0].shape, breast_cancer().classes
    ((456, 30), ('malignant', 'benign'))
    """
    return _table("breast_cancer", package("sklearn.datasets", "data").load_breast_cancer())


def diabetes() -> Split:
    """442 patients, ten measurements (scaled as iris's) and the progression of their disease after a year: a regression.
    88 held out. The target is in its own unit, 25 to 346. From Efron et al. 2004, by scikit-learn.
    Raises MissingPackageError without scikit-learn.

    >>> diabetes().train[0].shape, diabetes().train[1].shape, diabetes().classes
    ((354, 10), (354, 1), ())
    """
    found = package("sklearn.datasets", "data").load_diabetes(
        scaled=False
    )  # scikit-learn's own scaling looks at the patients held out
    return scaled(cut("diabetes", found.data, found.target))


def _table(name: str, found: Any) -> Split:
    return scaled(cut(name, found.data, found.target, tuple(map(str, found.target_names))))
