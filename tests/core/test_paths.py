import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import NamingError
from catlearn.core.paths import checked_label, distinct, segments
from catlearn.core.wires import Object


def test_segments():
    f, g = R(3) >> cl.dense(3), (R(3) >> cl.dense(3)).named("g")
    assert segments((f, g, R(3) >> cl.tanh)) == ["0.dense", "g", "2.tanh"]
    assert segments((g, g)) == ["0.g", "1.g"]
    assert segments((f >> g, cl.identity(R(3)))) == ["", "1"]
    assert segments((f >> g, g)) == ["0", "g"]


def test_names_inside_an_unnamed_composite_need_no_place_before_them():
    f = R(3) >> cl.dense(3)
    a, b, c = (f.named(name) for name in "abc")
    assert segments((a @ b, c @ f.dom)) == ["", ""]
    assert cl.names(cl.copy(R(3)) >> a @ b >> cl.add >> c) == tuple(f"{x}.{y}" for x in "abc" for y in ("kernel", "bias"))
    assert segments((a @ b, b @ c)) == segments((a @ f, b @ f)) == ["0", "1"]
    assert segments((a @ b, b)) == ["0", "1.b"]


@pytest.mark.parametrize("labels", [("a", "a"), ("1", None), ("a", "a", "0.a"), (None, None), ("x", "y")])
def test_distinct(labels):
    found = distinct(Object(R(2).wires * len(labels)).named(*labels)).labels
    assert len(set(found)) == len(labels)
    if len(set(labels)) == len(labels) and None not in labels:
        assert found == labels


@pytest.mark.parametrize("label", ["a b", "é", "x_1", "W"])
def test_names_that_can_be(label):
    assert checked_label(label) == label


def test_names_that_can_t_be():
    for label in ("", "a.b", "7", None, "a\nb"):
        with pytest.raises(NamingError, match="can't be a name"):
            checked_label(label)
