"""Pictures are valid and complete: as many dots as points, a stroke for each join, colours that read on light and dark."""

import itertools

import pytest

import catlearn as cl
from catlearn.draw.scene import Curve, Label, Sign
from catlearn.draw.strands import COLOURS as BLOCKS
from catlearn.draw.svg import COLOURS, GREY
from catlearn.equivariant import bilabelled, brauer, grood, grood_diagrams, jellyfish, partition, partition_diagrams, symplectic

DIAGRAMS = [
    *partition_diagrams(2, 2),
    *grood_diagrams(2, 1, 3),
    partition("", "", loops=2),
    brauer("12|3", "|1"),
    symplectic("1|2", "2|1"),
    grood("1|*23", "1|*2"),
    jellyfish("*1|2", "*2|1|*3", n=3),
    bilabelled("1|2", "2|1", "12 13 23", loops=1),
    bilabelled("1", "", "11"),
    partition([[x + 1] for x in range(40)], [[x + 1] for x in range(40)]),
]


@pytest.mark.parametrize("d", DIAGRAMS, ids=repr)
def test_the_picture_is_complete(d):
    scene = cl.draw(d).scene
    assert repr(d) in scene.about
    dots = [m for m in scene.marks if isinstance(m, Sign) and m.look.startswith("dot")]
    assert len(dots) == d.dom + d.cod == len({(dot.x, dot.y) for dot in dots})
    assert len({dot.y for dot in dots}) == bool(d.dom) + bool(d.cod)
    curves = [m for m in scene.marks if isinstance(m, Curve)]
    for i in range(min(len(d.blocks), BLOCKS)):
        blocks = d.blocks[i::BLOCKS]
        assert sum(c.look == f"block{i}" for c in curves) == sum(len(block) - 1 for block in blocks)
        assert sum(dot.look == f"dot{i}" for dot in dots) == sum(map(len, blocks))
    edges, own = getattr(d, "edges", ()), sum(u == v for u, v in getattr(d, "edges", ()))
    assert sum(c.look == "edge" for c in curves) == (len(edges) - own + len(d.blocks) if edges else 0)
    assert sum(isinstance(m, Sign) and m.look == "selfloop" for m in scene.marks) == own
    assert sum(c.look == "leg" for c in curves) == (d.n if getattr(d, "marked", ()) else 0)
    assert sum(isinstance(m, Sign) and m.look == "ring" for m in scene.marks) == bool(d.loops)
    assert all(0 < dot.x < scene.width and 0 < dot.y < scene.height for dot in dots)
    ends = {(dot.x, dot.y) for dot in dots}
    assert all({c.points[0], c.points[-1]} <= ends for c in curves if c.look.startswith("block"))


def test_sums_show_each_term_with_its_coefficient():
    d, e = partition("1|2", "1|2"), partition("12", "12")
    texts = [m.text for m in cl.draw(2 * d - e).scene.marks if isinstance(m, Label) and m.look == "note"]
    assert sorted(texts) in (["2", "−"], ["+ 2", "−"])
    assert "0" in cl.draw(d - d).svg


def luminance(colour):
    linear = lambda c: c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4  # noqa: E731
    r, g, b = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("colour", [*COLOURS, GREY])
def test_colours_are_seen_on_light_and_on_dark_pages(colour):
    dark = luminance("#1e1e1e")
    assert 1.05 / (luminance(colour) + 0.05) >= 3 and (luminance(colour) + 0.05) / (dark + 0.05) >= 3


def test_text_tells_blocks_apart():
    assert partition("12|3", "1||23", loops=1).ascii() == "1 2 3\na a c\n-----\na b b\n1 2 3\nloops 1"
    assert jellyfish("*1|2", "*1", n=2).ascii() == "1 2\nA b\n---\nA\n1"
    assert bilabelled("1", "", "12").ascii().endswith("edges ab")
    for d, e in itertools.combinations(partition_diagrams(2, 2), 2):
        assert d.ascii() != e.ascii() and cl.draw(d).svg != cl.draw(e).svg
    lines = DIAGRAMS[-1].ascii().splitlines()
    assert len({len(line) for line in lines}) == 1
