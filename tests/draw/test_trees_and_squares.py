"""Trees show each node once, in order; squares show whether they commute."""

import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import ArgumentError, CompositionError
from catlearn.draw.scene import Curve, Label, Rectangle, Sign
from catlearn.draw.squares import square
from tests.draw.geometry import overlapping

negate = cl.function(lambda x: -x)


def of(picture, kind, look=None):
    return [m for m in picture.scene.marks if isinstance(m, kind) and look in (None, m.look)]


def test_a_tree_shows_its_nodes_in_order():
    picture = cl.draw(cl.tree((((1.0, 2.0), 3.0), (4.0, 5.0)), cl.BinaryTree(R())))
    leaves = sorted((m for m in of(picture, Label) if m.text != "·"), key=lambda m: m.x)
    assert [m.text for m in leaves] == ["1", "2", "3", "4", "5"]
    assert len(of(picture, Rectangle)) == 9 and len(of(picture, Curve)) == 8
    assert not overlapping(picture.scene)


def test_edges_of_a_tree_go_from_box_to_box():
    picture = cl.draw(cl.tree((1.0, [(2.0, [(3.0, [])]), (4.0, [])]), cl.RoseTree(R(), 3)))
    boxes = of(picture, Rectangle)
    for edge in of(picture, Curve):
        (a, b), (c, d) = edge.points[0], edge.points[-1]
        assert any(abs(b - (box.y + box.height)) < 1e-6 and box.x <= a <= box.x + box.width for box in boxes)
        assert any(abs(d - box.y) < 1e-6 and box.x <= c <= box.x + box.width for box in boxes)


def test_forests_and_very_large_trees_are_refused():
    forest = cl.forest([(1.0, 2.0), 3.0], cl.BinaryTree(R()))
    with pytest.raises(ArgumentError, match="forest"):
        cl.draw(forest)
    chain = 0.0
    for _ in range(250):
        chain = (chain, 1.0)
    with pytest.raises(ArgumentError, match="too large"):
        cl.draw(cl.tree(chain, cl.BinaryTree(R()), 512))


def test_a_square_that_commutes_has_a_tick():
    f = R(3) >> cl.tanh
    picture = square(f, R(3) >> negate, R(3) >> negate, f)
    assert of(picture, Sign, "tick") and not of(picture, Sign, "cross")
    assert not overlapping(picture.scene) and "commuting" in picture.scene.about


def test_a_square_that_does_not_has_its_counterexample():
    f = R(3) >> cl.relu
    picture = square(f, R(3) >> negate, R(3) >> negate, f, name="oddness")
    assert of(picture, Sign, "cross") and not of(picture, Sign, "tick")
    said = [m.text for m in of(picture, Label, "note")]
    assert said[0] == "oddness does not commute" and any(line.startswith("the other:") for line in said)
    assert not overlapping(picture.scene)


def test_what_is_no_square_is_refused():
    with pytest.raises(CompositionError):
        square(R(3) >> cl.tanh, R(4) >> cl.tanh, R(3) >> cl.tanh, R(3) >> cl.tanh)
    f = R(3) >> cl.function(lambda x: x[:2])
    assert of(square(R(3) >> cl.tanh, R(3) >> cl.tanh, f, R(2) >> cl.tanh), Sign, "cross")
