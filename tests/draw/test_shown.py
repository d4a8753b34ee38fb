"""Every public object has a picture or a table in a notebook, and a plain text that reads well."""

import pickle
import re
from html.parser import HTMLParser

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import CompositionError, TypingError
from catlearn.draw.mistakes import between, mistake
from catlearn.draw.scene import Rectangle
from catlearn.equivariant import O, S, brauer, linear, partition
from catlearn.laws.counterexample import Counterexample
from tests.draw.geometry import overlapping

VOID = {"br", "img", "input", "hr", "meta"}
model = R(4) >> cl.dense(3) >> cl.tanh
F = cl.const(R(5)) * cl.X + cl.one
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
    "frozen": model.reparameterise(cl.constant(model.init(jax.random.key(0)))),
}
TABLES = {"description": cl.describe(model), "history": cl.History(({"epoch": 1, "loss": 0.5, "seconds": 0.1},) * 20, "scan")}
TEXTS = {
    "family": cl.dense(3) >> cl.relu,
    "loss": cl.softmax_cross_entropy,
    "cell": cl.gru_cell(8),
    "generic machine": cl.mealy(cl.gru_cell(4), cl.dense(2)),
    "polynomial": F,
    "group": S(4),
    "product of groups": S(3) * O(2),
    "graph": cl.edge_list(np.array([0, 1]), np.array([1, 0]), nodes=2),
    "counterexample": Counterexample("a law", "the value differs", 1, 2),
}


@pytest.mark.parametrize("thing", PICTURES.values(), ids=PICTURES)
def test_what_has_a_picture_shows_it(thing):
    seen = tags(thing._repr_html_())
    (picture,) = [attributes for tag, attributes in seen if tag == "svg"]
    assert picture["role"] == "img" and len(picture["aria-label"]) > 10


@pytest.mark.parametrize("thing", TABLES.values(), ids=TABLES)
def test_what_is_a_table_shows_it(thing):
    seen = [tag for tag, _ in tags(thing._repr_html_())]
    assert {"table", "caption", "th", "td"} <= {*seen}


@pytest.mark.parametrize("thing", TEXTS.values(), ids=TEXTS)
def test_others_show_their_text(thing):
    assert tags(thing._repr_html_())


@pytest.mark.parametrize("thing", [*PICTURES.values(), *TABLES.values(), *TEXTS.values()], ids=[*PICTURES, *TABLES, *TEXTS])
def test_plain_texts_read_well(thing):
    text = repr(thing)
    assert not re.search(r"0x[0-9a-f]{6}| object at ", text)
    assert len(text) < 900


def test_a_history_shows_its_last_rows():
    html = TABLES["history"]._repr_html_()
    assert html.count("<tr>") == 11 and "the last 10 of 20 epochs" in html


def test_what_users_named_is_escaped():
    named = (R(3) >> cl.tanh >> cl.tanh).named("a<script>")
    assert "<script>" not in named._repr_html_() + cl.describe(named)._repr_html_()


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


def test_a_layer_that_has_no_arrow_is_marked():
    with pytest.raises(TypingError) as caught:
        model >> cl.conv(4, 3)
    assert marked(mistake(*caught.value.composed)) == ["conv(4, 3) has no arrow at R(3)"]


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


# treescope


def test_treescope_renders_our_objects():
    treescope = pytest.importorskip("treescope")
    for thing in (model, learner, learner.init(jax.random.key(0)), TABLES["history"], S(4)):
        text = treescope.render_to_text(thing)
        assert len(text) > 3 and "0x" not in text
        assert "<" in treescope.render_to_html(thing)
