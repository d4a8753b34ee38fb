import sys

import pytest

from catlearn.core.errors import MissingPackageError
from catlearn.core.packages import package


def test_a_package_that_is_there():
    assert package("json.decoder", "data").JSONDecodeError is not None


def test_a_package_that_is_not_there_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(MissingPackageError, match=r"the package safetensors: pip install 'catlearn\[interop\]'") as caught:
        package("safetensors.numpy", "interop")
    assert isinstance(caught.value, ImportError) and isinstance(caught.value.__cause__, ImportError)
