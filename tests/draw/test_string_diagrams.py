"""Drawing is a functor into open nets, equal diagrams have one picture, and pictures have no overlaps and no loose ends."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import jax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import R
from catlearn.categories.recompute import recompute
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.draw.layers import Edge, Item, Layers, isotonic
from catlearn.draw.layout import laid_out
from catlearn.draw.net import Nets, canonical
from catlearn.draw.scene import Curve, Label, Rectangle, Scene, Sign, scene
from catlearn.draw.sketch import LETTERS, LONG, boxes, chosen, net_of, shortened, sketch, title_of, zoomed
from catlearn.draw.svg import svg
from catlearn.laws.strategies import arrows, composables, objects
from tests.draw.geometry import loose, outside, overlapping

quick = settings(max_examples=40, deadline=None)
model = R(8, 8, 1) >> cl.conv(16, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(10)
twice = R(4) >> cl.dense(4) >> cl.tanh


def faults(f, zoom=1, width=860.0):
    """What is wrong with the picture of a diagram."""
    laid = laid_out(chosen(net_of(f), zoom), width)
    drawn = scene(laid.marks, "")
    return [*overlapping(drawn), *outside(drawn), *loose(laid)]


# a functor


@quick
@given(composables(2))
def test_the_net_of_a_composite_is_the_composite_of_the_nets(pair):
    f, g = pair
    assert net_of(f >> g) == net_of(f) >> net_of(g)


@quick
@given(arrows(), arrows())
def test_the_net_of_a_tensor_is_the_tensor_of_the_nets(f, g):
    assert net_of(f @ g) == net_of(f) @ net_of(g)


@quick
@given(objects(), st.data())
def test_wirings_go_to_wirings(A, data):
    index = data.draw(st.lists(st.integers(0, len(A) - 1), max_size=3))
    assert net_of(cl.wiring(A, index)) == Nets.wiring(A, index)


def test_two_cells_go_to_two_cells():
    r = cl.copy(twice.param)
    f = twice >> twice
    assert net_of(f.reparameterise(r)) == replace(net_of(f).reparameterise(net_of(r)), param=twice.param)
    assert net_of(f.reparameterise(r)) != net_of(f)


@quick
@given(arrows(), arrows())
def test_diagrams_that_are_equal_by_interchange_have_one_picture(f, g):
    early = f @ g.dom >> f.cod @ g
    late = f.dom @ g >> f @ g.cod
    pictures = {cl.draw(h, zoom=1).scene.marks for h in (early, f @ g)}
    assert len(pictures) == 1
    without = all(not len(h.param) for h in (f, g))
    assert not without or cl.draw(late, zoom=1).scene.marks in pictures


def test_diagrams_that_differ_have_different_pictures():
    f, g = R(3) >> cl.tanh, R(3) >> cl.sigmoid
    assert cl.draw(f @ g).scene != cl.draw(g @ f).scene
    assert cl.draw(f >> cl.sigmoid).scene.marks != cl.draw(g >> cl.tanh).scene.marks


@quick
@given(arrows())
def test_the_canonical_order_keeps_the_net(f):
    net = net_of(f)
    assert sorted(node.title for node in canonical(net).nodes) == sorted(node.title for node in net.nodes)
    assert canonical(canonical(net)) == canonical(net)


# geometry


@settings(max_examples=60, deadline=None)
@given(arrows(stages=6), st.sampled_from([1, 2, 4]))
def test_boxes_and_labels_do_not_overlap_and_wires_end_where_they_should(f, zoom):
    assert faults(f, zoom) == []
    assert faults(cl.reverse(f), zoom) == []


def test_pictures_of_models_have_no_faults(key):
    f = R(4) >> cl.dense(4)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(1e-3))
    pictures = [
        model,
        (f >> f).reparameterise(cl.copy(f.param)),
        cl.reverse((f >> f).reparameterise(cl.copy(f.param))),
        f.reparameterise(cl.constant(f.init(key))),
        cl.lora(model[4:], model[4:].init(key), rank=2),
        R(5, 3) >> cl.fold(cl.gru_cell(4)) >> cl.hidden,
        R(9, 3) >> cl.scan(cl.simple_cell(4)),
        R(16, 8) >> cl.transformer_block(4),
        R(34, 34) >> cl.graph_conv(16) >> cl.relu >> cl.dropout(0.5) >> cl.graph_conv(2),
        learner.composite(8),
    ]
    for f in pictures:
        for zoom in (1, 2, 3):
            assert faults(f, zoom) == [], (f.code(), zoom)


def test_the_checks_of_geometry_find_faults():
    box, other = Rectangle(0, 0, 50, 30), Rectangle(40, 10, 50, 30)
    assert overlapping(Scene((box, other), 100, 100))
    assert overlapping(Scene((Label(0, 10, "kernel"), Label(5, 12, "bias")), 100, 100))
    assert overlapping(Scene((Label(40, 20, "too long"), box), 100, 100))
    assert not overlapping(Scene((box, Rectangle(60, 0, 20, 20), Label(5, 15, "in")), 100, 100))
    assert outside(Scene((other,), 60, 60))
    laid = laid_out(net_of(R(3) >> cl.tanh))
    assert loose(laid) == []
    assert loose(replace(laid, marks=(*laid.marks, Curve(((33.3, 44.4), (70.0, 55.5))))))


def test_wires_of_a_chain_are_straight():
    laid = laid_out(chosen(net_of(model), 1))
    wires = [mark for mark in laid.marks if isinstance(mark, Curve) and mark.look == "data"]
    assert len({y for wire in wires for _, y in wire.points}) == 1


def test_a_small_edit_leaves_the_rest_where_it_was():
    """A box is added at the end: all others keep their places."""
    before, after = (chosen(net_of(f), 1) for f in (model, model >> cl.tanh))
    places = [{(m.text, m.x, m.y) for m in laid_out(net).marks if isinstance(m, Label)} for net in (before, after)]
    assert places[0] <= places[1]


def test_swapped_wires_are_uncrossed():
    """Two boxes and the swap after them: the order of the boxes is the diagram's, and no more wires cross than must."""
    edges: list[Edge] = [(0, 0, 3, 0), (1, 0, 2, 0)]
    layers = Layers([Item(0, 5, (), (0,)), Item(0, 5, (), (0,)), Item(1, 5, (0,), ()), Item(1, 5, (0,), ())], edges)
    layers.arrange()
    assert layers.crossings() == 0
    pinned = Layers([Item(k // 2, 5, (0,), (0,), True) for k in range(4)], edges)
    pinned.arrange()
    assert pinned.crossings() == 1


def test_isotonic_regression_agrees_with_scikit_learn():
    from sklearn.isotonic import isotonic_regression

    values = [float(v) for v in jax.random.normal(jax.random.key(0), (20,))]
    weights = [1.0 + i % 3 for i in range(20)]
    expected = isotonic_regression(values, sample_weight=weights)
    assert isotonic(values, weights) == pytest.approx(expected, abs=1e-6)


# zoom, repeats, rows


def test_zooming_in_opens_composites_level_by_level():
    block = R(16, 8) >> cl.transformer_block(4)
    counts = [boxes(zoomed(net_of(block), level)) for level in range(1, 6)]
    assert counts == sorted(counts) and counts[0] == 1 and counts[-1] > 12
    assert boxes(chosen(net_of(block), None)) > 1


def test_repeats_are_drawn_once():
    deep = R(32)
    for _ in range(500):
        deep = deep >> cl.dense(32) >> cl.relu
    (node,) = net_of(deep).nodes
    assert (node.times, len(node.param), node.param.size) == (500, 1000, deep.param.size)
    assert "× 500" in cl.draw(deep).svg
    assert len(net_of(deep[:LONG]).nodes) == LONG


def test_a_thousand_different_boxes_draw():
    deep = R(32)
    for i in range(500):
        deep = deep >> cl.dense(i + 1) >> cl.tanh
    text = cl.draw(deep).svg
    assert "more …" in text and len(text) < 100_000


def test_a_box_of_a_function_bears_the_name_of_the_function():
    def double(x):
        return 2 * x

    f = R(2) >> cl.function(double) >> cl.function(lambda x: -x) >> cl.relu
    assert [title_of(box) for box in f.pieces] == ["double", "function", "relu"]
    assert [title_of(box) for box in cl.reverse(f).pieces] == ["double", "function", "relu"]


def test_an_optimiser_is_written_as_its_code():
    assert title_of(cl.nesterov(0.1).at(R(2)).pieces[-1]) == "nesterov(0.1)"
    assert title_of((cl.descent(0.1) >> cl.clip(0.5)).at(R(2)).pieces[-1]) == "descent(0.1) >> clip(0.5)"


def test_long_models_go_on_in_further_rows():
    wide, narrow = cl.draw(model, width=None).scene, cl.draw(model, width=400).scene
    assert narrow.width <= 420 < wide.width and narrow.height > wide.height
    assert sum(isinstance(mark, Sign) and mark.look == "on" for mark in narrow.marks) >= 2


# what is seen


def looks(picture, kind=Curve):
    return {mark.look for mark in picture.scene.marks if isinstance(mark, kind)}


def texts(picture):
    return {mark.text for mark in picture.scene.marks if isinstance(mark, Label)}


def test_each_kind_of_wire_has_a_look_of_its_own():
    assert looks(cl.draw(model)) == {"data", "parameter"}
    assert looks(cl.draw(cl.reverse(model))) == {"data", "parameter", "back", "residual"}
    assert "context" in looks(cl.draw(R(34, 34) >> cl.graph_conv(16) >> cl.relu))
    assert "feedback" in looks(cl.draw(R(5, 3) >> cl.fold(cl.gru_cell(4)), zoom=3))
    assert "state" in looks(cl.draw(cl.supervised(model, cl.softmax_cross_entropy, cl.adam(1e-3))))
    signs = looks(cl.draw(cl.reverse(cl.copy(R(3)) >> (R(3) >> cl.tanh) @ cl.discard(R(3)))), Sign)
    assert {"discard", "zero"} <= looks(cl.draw(cl.reverse(cl.discard(R(3)))), Sign)
    assert not {"copy", "sum"} & signs, "a copy of which one is discarded is no copy"
    assert {"copy", "sum"} <= looks(cl.draw(cl.reverse(cl.copy(R(3)) >> cl.add)), Sign)


def test_loops_unfold_into_their_first_rounds():
    reader = R(9, 3) >> cl.scan(cl.gru_cell(4))
    titles = [m.text for m in cl.draw(reader, unfold=True).scene.marks if isinstance(m, Label) and m.look == "title"]
    assert [title for title in titles if "round" in title] == ["round 1", "round 2", "round 3", "6 more rounds"]
    short = cl.draw(R(2, 3) >> cl.fold(cl.gru_cell(4)), unfold=True).svg
    assert "round 2" in short and "more rounds" not in short
    assert cl.draw(cl.reverse(reader), unfold=True).svg != cl.draw(cl.reverse(reader)).svg


def test_a_segment_that_is_recomputed_and_a_stack_can_be_opened():
    f = R(8) >> cl.stack(3, recompute(R(8) >> cl.dense(8) >> cl.tanh)) >> cl.dense(2)
    assert "dense(8)" not in texts(cl.draw(f, zoom=1)) and "dense(8)" in texts(cl.draw(f, zoom=4))


def test_a_learner_is_drawn_as_its_training_step():
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.nesterov(0.1, 0.9))
    seen = texts(cl.draw(learner, size=5))
    assert {"model", "R[model]", "softmax_cross_entropy", "cap() get", "cap() put"} <= seen
    assert any(text.startswith("nesterov(0.1") and text.endswith("get") for text in seen)
    assert "5×8×8×1" in seen
    by_path = cl.supervised(twice, cl.quadratic, cl.by_path({"*.kernel": cl.descent(0.1), "0.*": cl.descent(0.2)}))
    assert "dense" in cl.draw(by_path).svg


def test_machines_and_algebras_are_drawn_as_their_arrows():
    algebra = cl.Algebra(cl.const(R(5)) * cl.X + cl.one, R(8), (cl.dense(8) @ cl.dense(8) >> cl.add, cl.parameter(R(8))))
    assert "add" in cl.draw(algebra, zoom=3).svg
    counter = cl.Coalgebra(cl.Stream(R()), R(), cl.function(lambda s: (s, s + 1)))
    assert cl.draw(counter).scene.width > 0
    assert "adam" in cl.draw(cl.adam(0.1)).svg


def test_what_has_no_picture_says_so():
    with pytest.raises(TypingError, match="put an object before it"):
        cl.draw(cl.dense(3) >> cl.relu)
    with pytest.raises(TypingError, match="draw takes a diagram"):
        cl.draw(3)


# the files


def test_svgs_are_well_formed_named_and_hide_nothing(tmp_path):
    picture = cl.draw(cl.reverse(model), zoom=2)
    root = ET.fromstring(picture.svg)
    assert root.get("role") == "img" and "string diagram of" in root.get("aria-label", "")
    lines = [[*element.itertext()][-1] for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"R[bias()]", "8×8×16"} <= {*lines}
    assert "http" not in picture.svg.replace("http://www.w3.org/2000/svg", "")
    picture.save(tmp_path / "model.svg")
    assert (tmp_path / "model.svg").read_text(encoding="utf-8") == picture.svg
    with pytest.raises(ArgumentError, match="svg"):
        picture.save(tmp_path / "model.png")


def test_what_users_write_is_escaped():
    f = (R(3) >> cl.tanh >> cl.tanh).named("a<b&c")
    assert "a&lt;b&amp;c" in svg(cl.draw(f, zoom=1).scene)


def test_the_empty_diagram_draws():
    assert cl.draw(cl.I).scene.width > 0
    assert sketch(cl.identity(cl.I)).nodes == ()


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("clip(0.1)", "clip(0.1)"),
        ("adam(0.001) >> clip_by_global_norm(1.0)", "adam >> clip_by_global_norm"),
        ("fold(dfa(((0, 1), (1, 0)), start=0, accepting=(0,)))", "fold(dfa(…))"),
        ("message_passing(concatenate() >> dense(8) >> tanh, maximum())", "message_passing(…)"),
        ("a_name_without_any_brackets_that_is_long", "a_name_without_any_brackets…"),
    ],
)
def test_long_titles_lose_what_is_deepest_in_brackets(code, title):
    assert shortened(code) == title and len(title) <= LETTERS
