"""TikZ has every mark that SVG has, escaped for LaTeX, in balanced braces."""

from importlib import import_module

import pytest

import catlearn as cl
from catlearn import R
from catlearn.draw.scene import Curve, Label, Rectangle, Scene, Sign

page, paper = import_module("catlearn.draw.svg"), import_module("catlearn.draw.tikz")
SIGNS = (
    "copy",
    "sum",
    "discard",
    "zero",
    "context",
    "end",
    "on",
    "tick",
    "cross",
    "epsilon",
    "vertex",
    "ring",
    "selfloop",
    "dot3",
)
model = R(8, 8, 1) >> cl.conv(16, 3) >> cl.relu >> cl.flatten >> cl.dense(10)


def test_every_look_of_the_page_is_one_on_paper():
    assert paper.WIRES.keys() == page.WIRES.keys()
    assert paper.FILLS.keys() == page.FILLS.keys()
    assert paper.TEXTS.keys() == page.TEXTS.keys()


@pytest.mark.parametrize("look", SIGNS)
def test_every_sign_is_drawn_by_both(look):
    scene = Scene((Sign(5, 5, look),), 10, 10)
    assert any(line.startswith(("\\draw", "\\fill")) for line in paper.tikz(scene).splitlines())
    assert page.svg(scene).count("<") > 2


@pytest.mark.parametrize("f", [model, cl.reverse(model), R(5, 3) >> cl.fold(cl.gru_cell(4))], ids=["model", "lens", "fold"])
def test_each_mark_is_there_once(f):
    scene = cl.draw(f, zoom=2).scene
    lines = cl.to_tikz(f, zoom=2).splitlines()
    count = lambda kind: sum(isinstance(mark, kind) for mark in scene.marks)  # noqa: E731
    assert sum(line.startswith("\\node") for line in lines) == count(Label)
    curves = [line for line in lines if "controls" in line or (" -- " in line and "rectangle" not in line)]
    assert len(curves) >= count(Curve)
    assert sum("rectangle" in line for line in lines) >= count(Rectangle)
    text = "\n".join(lines)
    assert text.count("{") - text.count("\\{") == text.count("}") - text.count("\\}")


def test_text_is_escaped():
    assert paper.latex_text("a_b & 50% {x} \\ #1") == r"a\_b \& 50\% \{x\} \textbackslash{} \#1"
    assert "a\\_b" in cl.to_tikz((R(3) >> cl.tanh >> cl.tanh).named("a_b"), zoom=1)


def test_a_picture_is_saved_as_tikz(tmp_path):
    cl.draw(model).save(tmp_path / "model.tex")
    assert (tmp_path / "model.tex").read_text(encoding="utf-8") == cl.to_tikz(model)
