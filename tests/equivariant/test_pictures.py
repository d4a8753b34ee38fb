"""Pictures are valid and complete: as many dots as points, a stroke for each join, colours that read on light and dark."""

import itertools
from xml.etree import ElementTree

import pytest

from catlearn.equivariant import bilabelled, brauer, grood, grood_diagrams, jellyfish, partition, partition_diagrams, symplectic
from catlearn.equivariant.pictures import COLOURS, GREY

SVG = "{http://www.w3.org/2000/svg}"
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
    root = ElementTree.fromstring(d.svg())
    assert root.tag == f"{SVG}svg" and root.get("role") == "img" and repr(d) in root.get("aria-label")
    assert d._repr_svg_() == d.svg()
    dots = root.findall(f"{SVG}circle")
    assert len(dots) == d.dom + d.cod == len({(dot.get("cx"), dot.get("cy")) for dot in dots})
    assert len({dot.get("cy") for dot in dots}) == bool(d.dom) + bool(d.cod)
    groups = root.findall(f"{SVG}g")
    assert [len(g) for g in groups] == [len(block) - 1 for block in d.blocks]
    assert len([e for e in root.iter() if e.get("class") == "edge"]) == len(getattr(d, "edges", ()))
    legs = [e for e in root.iter() if e.get("class") == "leg"]
    assert len(legs) == (d.n if getattr(d, "marked", ()) else 0)
    assert len([e for e in root.iter() if e.get("class") == "loop"]) == bool(d.loops)
    width, height = float(root.get("width")), float(root.get("height"))
    assert all(0 < float(dot.get("cx")) < width and 0 < float(dot.get("cy")) < height for dot in dots)


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
        assert d.ascii() != e.ascii() and d.svg() != e.svg()
    lines = DIAGRAMS[-1].ascii().splitlines()
    assert len({len(line) for line in lines}) == 1
