import sys
from pathlib import Path

import pytest

from catlearn.core.errors import MissingPackageError
from catlearn.datasets.shipped import shipped


def test_the_first_package_that_has_the_file():
    import json

    assert shipped("these lines", Path("decoder.py"), ("no_such_package", "email", "json")) == Path(json.decoder.__file__)


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "json", None)
    with pytest.raises(MissingPackageError, match=r"these lines come with json or gone: pip install 'catlearn\[data\]'"):
        shipped("these lines", Path("decoder.py"), ("json", "gone"))
    with pytest.raises(MissingPackageError, match=r"this email or json has no a/b.txt: do this \(looked for .*email/a/b.txt\)"):
        shipped("these lines", Path("a/b.txt"), ("email", "json"), "do this")
