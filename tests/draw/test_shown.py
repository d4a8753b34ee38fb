"""Every public object has a picture or a table in a notebook, and a plain text that reads well."""

import pickle
import re
import subprocess
import sys
from html.parser import HTMLParser

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.algebra.homomorphisms import cycle
from catlearn.algebra.monads import maybe
from catlearn.categories.smooth import smooth
from catlearn.core.errors import CompositionError, TypingError
from catlearn.core.functor import Functor
from catlearn.core.shown import brief
from catlearn.draw.folding import folded
from catlearn.draw.graphs import graph_scene
from catlearn.draw.mistakes import between, mistake
from catlearn.draw.scene import Curve, Rectangle, Sign
from catlearn.equivariant import D, O, PartitionCategory, S, basis, brauer, linear, partition, pca_frame, rotations_of_plane
from catlearn.laws.counterexample import Counterexample
from tests.draw.geometry import overlapping

VOID = {"br", "img", "input", "hr", "meta"}
model = R(4) >> cl.dense(3) >> cl.tanh
F = cl.const(R(5)) * cl.X + cl.one
triangle = cl.edge_list([0, 1, 2], [1, 2, 0], nodes=4)
split = cl.datasets.iris()
learner = cl.supervised(model, cl.quadratic, cl.adam(0.1))


class Balanced(HTMLParser):
    """Checks that tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag


def tags(html):
    parser = Balanced()
    parser.feed(html)
    assert not parser.open
    return parser.seen


PICTURES = {
    "diagram": model,
    "object": R(3) @ R(4),
    "wiring": cl.copy(R(3)),
    "lens": cl.reverse(model),
    "context": R(5, 3) >> cl.graph_conv(4),
    "intertwiner": S(4).power(2, channels=2) >> linear(power=1, channels=3),
    "learner": learner,
    "optimiser": cl.adam(0.1),
    "composite optimiser": cl.adam(0.1) >> cl.clip_by_global_norm(1.0),
    "algebra": cl.Algebra(F, R(8), (cl.dense(8) @ cl.dense(8) >> cl.add, cl.parameter(R(8)))),
    "coalgebra": cl.Coalgebra(cl.Stream(R()), R(), cl.function(lambda s: (s, s + 1))),
    "machine": cl.mealy(cl.gru_cell(4), cl.dense(2)).coalgebra(R(3)),
    "monoid": cl.Monoid(R(2), cl.constant((jnp.zeros(2),)), cl.add),
    "tree": cl.tree(((1.0, 2.0), 3.0), cl.BinaryTree(R())),
    "partition": partition("12|3", "1|23"),
    "brauer": brauer("12|", "|12"),
    "combination": 2 * partition("1", "1") - partition("1|", "|1"),
    "wire": R(3).wires[0],
    "transformation": cl.clip(1.0),
    "graph": triangle,
    "pattern": cycle(5),
    "frozen": model.reparameterise(cl.constant(model.init(jax.random.key(0)))),
}
TABLES = {
    "description": cl.describe(model),
    "history": cl.History(({"epoch": 1, "loss": 0.5, "seconds": 0.1},) * 20, "scan"),
    "family": cl.dense(3) >> cl.relu,
    "layer": cl.dense(3),
    "function": cl.relu,
    "loss": cl.softmax_cross_entropy,
    "reversed family": cl.reverse(cl.dense(3)),
    "cell": cl.gru_cell(8),
    "generic machine": cl.mealy(cl.gru_cell(4), cl.dense(2)),
    "polynomial": F,
    "exponent": cl.Mealy(R(3), R(2)),
    "group": S(4),
    "group of a table": rotations_of_plane(4),
    "product of groups": S(3) * O(2),
    "representation": O(3).standard() + O(3).standard() * O(3).standard(),
    "counterexample": Counterexample("a law", "the value differs", 1, 2),
    "law": cl.laws.SUITE[0],
    "optimisers by path": cl.by_path({"0.*": cl.adam(0.1), "*": cl.descent(0.1)}),
    "regulariser": cl.l2(1e-4, "*kernel"),
    "learner as a machine": cl.to_machine(learner),
    "lens at a state": cl.to_machine(learner).readout(learner.init(jax.random.key(0))),
    "map": cl.Smooth.wiring(R(3), (0, 0)),
    "parametric map": smooth(model),
    "category": cl.Para(cl.Lens(cl.Smooth)),
    "functor": Functor(cl.Smooth, lambda wire: wire, lambda box: box),
    "monad": maybe,
    "frame": pca_frame(),
    "graphs": jax.tree.map(lambda leaf: leaf[None], triangle),
    "forest": cl.forest([((1.0, 2.0), 3.0)], cl.BinaryTree(R())),
    "data": split,
    "symmetric data": cl.datasets.inertia(8, 8),
    "network": cl.datasets.karate(),
    "alphabet": cl.datasets.Characters(tuple("abc<")),
}
TEXTS = {
    "base category": cl.Smooth,
    "aggregator": cl.aggregators.mean(),
    "category of diagrams": PartitionCategory(),
    "basis of matrices": basis(D(3), 1, 1),
}


@pytest.mark.parametrize("thing", PICTURES.values(), ids=PICTURES)
def test_what_has_a_picture_shows_it(thing):
    seen = tags(thing._repr_html_())
    (picture,) = [attributes for tag, attributes in seen if tag == "svg"]
    assert picture["role"] == "img" and len(picture["aria-label"]) > 10


@pytest.mark.parametrize("thing", TABLES.values(), ids=TABLES)
def test_what_is_a_table_shows_it(thing):
    seen = [tag for tag, _ in tags(thing._repr_html_())]
    assert {"table", "caption", "th", "td"} <= {*seen} and "svg" not in seen
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in tags(thing._repr_html_()) if tag == "th")


@pytest.mark.parametrize("thing", TEXTS.values(), ids=TEXTS)
def test_others_show_their_text(thing):
    assert [tag for tag, _ in tags(thing._repr_html_())] == ["pre"]


@pytest.mark.parametrize("thing", [*PICTURES.values(), *TABLES.values(), *TEXTS.values()], ids=[*PICTURES, *TABLES, *TEXTS])
def test_texts_read_well(thing):
    text, html = repr(thing), thing._repr_html_()
    assert not re.search(r"0x[0-9a-f]{6}| object at ", text + html)
    assert len(text) < 600


def test_texts_of_data_don_t_depend_on_how_much_there_is():
    assert repr(split) == "Split(iris: 120 examples to train on, 30 held out, 3 classes)"
    assert repr(triangle) == "EdgeList(4 nodes, 3 edges)"
    assert repr(TABLES["graphs"]) == "EdgeList(batch (1,), 4 nodes, 3 edges)"
    assert brief((jnp.zeros((2, 3)), triangle)) == "(2, 3) float32, EdgeList(4 nodes, 3 edges)"
    assert repr(cl.datasets.gallery()[0]) == "GraphPair(P4/K1,3: 4 nodes each, told apart by 1-WL)"


@pytest.mark.parametrize(("thing", "count"), [(basis(S(4), 1, 1), 2), (cl.datasets.gallery()[1], 2)])
def test_several_pictures_stand_in_a_row(thing, count):
    assert [tag for tag, _ in tags(thing._repr_html_())].count("svg") == count


# graphs


def test_a_graph_has_a_sign_for_each_node_and_a_line_for_each_pair():
    looped = cl.edge_list([0, 1, 1, 2], [1, 0, 2, 2], nodes=4)
    marks = graph_scene(looped).marks
    lines = {mark.about: mark.arrow for mark in marks if isinstance(mark, Curve)}
    assert lines == {"0 → 1": False, "1 → 2": True}
    assert [mark.look for mark in marks if isinstance(mark, Sign)].count("copy") == 4
    assert [mark.about for mark in marks if isinstance(mark, Sign) and mark.look == "ring"] == ["2 → 2"]


@pytest.mark.parametrize("graph", [cycle(3), cycle(10), cycle(60), cl.datasets.karate().graph], ids=["3", "10", "60", "karate"])
def test_signs_and_labels_of_graphs_are_apart(graph):
    marks = [mark for mark in graph_scene(graph).marks if not isinstance(mark, Curve)]
    boxes = [(mark, mark.bounds) for mark in marks]
    for i, (one, (a, b, c, d)) in enumerate(boxes):
        for other, (e, f, g, h) in boxes[i + 1 :]:
            assert c <= e or g <= a or d <= f or h <= b, (one, other)


def test_padding_and_large_graphs_are_not_drawn():
    assert graph_scene(cl.padded(triangle, 6, 5)).about == "a graph of 4 nodes with 3 edges: 0→1, 1→2, 2→0"
    large = cl.edge_list([0], [1], nodes=61)
    assert "<svg" not in large._repr_html_() and "<table" in large._repr_html_()
    with pytest.raises(cl.CatlearnError, match="61 nodes is too large"):
        cl.draw(large)


def test_a_history_shows_its_last_rows():
    html = TABLES["history"]._repr_html_()
    assert html.count("<tr>") == 11 and "the last 10 of 20 epochs" in html


def test_what_users_named_is_escaped():
    named = (R(3) >> cl.tanh >> cl.tanh).named("a<script>")
    assert "<script>" not in named._repr_html_() + cl.describe(named)._repr_html_()


def test_the_table_of_a_counterexample_shows_few_numbers():
    few, many = np.eye(2), np.zeros((5, 5), np.float32)
    text = Counterexample("law", "the entries differ", (few, jnp.float32(0.25)), many)._repr_html_()
    assert "[[1., 0.], [0., 1.]]; 0.25" in text and "(5, 5) float32" in text
    keys = Counterexample("law", "the keys differ", (jax.random.key(0),), (jax.random.key(1),))._repr_html_()
    assert "<table" in keys and "key&lt;fry&gt;" in keys


# mistakes


def marked(picture):
    return [mark.about for mark in picture.scene.marks if isinstance(mark, Rectangle) and mark.look == "marked"]


def test_a_mistake_carries_what_was_composed():
    with pytest.raises(CompositionError) as caught:
        model >> (R(4) >> cl.tanh)
    left, right = caught.value.composed
    assert left == model and right == (R(4) >> cl.tanh)
    picture = mistake(left, right)
    assert marked(picture) == ["wire 0, axis 0: 3 ≠ 4"] and not overlapping(picture.scene)
    assert pickle.loads(pickle.dumps(caught.value)).composed is None


def test_only_the_wires_that_differ_are_marked():
    f, g = R(3) @ R(4) @ R(5), R(3) @ R(7) @ R(5)
    assert [node.about for node in between(f, g).nodes] == ["wire 1, axis 0: 4 ≠ 7"]
    assert between(f, f).nodes == ()
    (node,) = between(f, f[:2]).nodes
    assert node.title == "3 ≠ 2 wires"


def test_both_ways_of_a_lens_are_marked():
    f, g = cl.reverse(R(3) >> cl.tanh), cl.reverse(R(4) >> cl.tanh)
    with pytest.raises(CompositionError) as caught:
        f >> g
    assert len(marked(mistake(*caught.value.composed))) == 2


def test_a_layer_that_has_no_arrow_is_marked():
    with pytest.raises(TypingError) as caught:
        model >> cl.conv(4, 3)
    assert marked(mistake(*caught.value.composed)) == ["conv(4, 3) has no arrow at R(3)"]


def test_a_two_cell_that_ends_elsewhere_is_marked_where_the_parameters_begin():
    f = R(3) >> cl.dense(4)
    with pytest.raises(CompositionError) as caught:
        f.reparameterise((R(3, 4) >> cl.tanh) @ R(5))
    picture = mistake(*caught.value.composed)
    assert marked(picture) == ["wire 1, axis 0: 5 ≠ 4"] and not overlapping(picture.scene)


def test_a_notebook_shows_the_mistake_and_then_the_plain_text():
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    code = "import catlearn as cl\nfrom catlearn import R\nf = (R(3) >> cl.tanh) >> (R(4) >> cl.tanh)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, allow_errors=True, timeout=120, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    shown = [out for out in outputs if out.output_type == "display_data"]
    (error,) = [out for out in outputs if out.output_type == "error"]
    assert "<svg" in shown[0]["data"]["text/html"] and "3 ≠ 4" in shown[0]["data"]["text/html"]
    assert error["ename"] == "CompositionError" and "wire 0, axis 0: 3 ≠ 4" in error["evalue"]


def test_a_terminal_shows_the_plain_text_alone():
    pytest.importorskip("IPython")
    code = "import catlearn as cl; from catlearn import R; (R(3) >> cl.tanh) >> (R(4) >> cl.tanh)"
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", code]
    out = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    assert "first difference: wire 0, axis 0: 3 ≠ 4" in out
    assert "HTML object" not in out and "svg" not in out


# treescope


def test_treescope_renders_our_objects():
    treescope = pytest.importorskip("treescope")
    for thing in (model, learner, learner.init(jax.random.key(0)), TABLES["history"], S(4), R(3) @ R(4)):
        text = treescope.render_to_text(thing)
        assert len(text) > 3 and "0x" not in text and "ShapeDtypeStruct" not in text
        assert "<" in treescope.render_to_html(thing)


def test_treescope_shows_diagrams_as_code_that_opens_into_parts():
    treescope = pytest.importorskip("treescope")
    assert treescope.render_to_text({"f": model}) == "{'f': R(4) >> dense(3) >> tanh}"
    html = treescope.lowering.render_to_html_as_root(folded(model, None).renderable, compressed=False)
    for line in ("R(4)", "&gt;&gt; dense(3)", "&gt;&gt; tanh"):
        assert f">{line}<" in html
