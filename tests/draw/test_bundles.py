"""More than four lines side by side are drawn as one, which says how many it is, and nothing else changes."""

import pytest

import catlearn as cl
from catlearn import R
from catlearn.draw.bundles import Bundle, LensBundle, bundled
from catlearn.draw.layout import laid_out
from catlearn.draw.net import PARAMETER, canonical
from catlearn.draw.scene import Label, Sign, scene
from catlearn.draw.sketch import chosen, net_of
from catlearn.laws.random import multiply
from tests.draw.geometry import loose, outside, overlapping

block = (R(4) >> cl.dense(4) >> cl.relu >> cl.dense(4) >> cl.tanh >> cl.dense(4)).named("block")  # six parameters
tied = (block >> block).reparameterise(cl.copy(block.param))
loss = cl.quadratic


def learner(layers, optimiser, **options):
    model = R(4)
    for _ in range(layers):
        model = model >> cl.dense(4) >> cl.relu
    return cl.supervised(model, loss, optimiser, **options).composite(8)


def net(f, zoom=1, inner=False):
    return bundled(canonical(chosen(net_of(f), zoom)), inner)


def bundles(net):
    found = [*net.param.wires, *(wire for node in net.nodes for wire in (*node.dom.wires, *node.cod.wires, *node.param.wires))]
    return [wire for wire in found if isinstance(wire, Bundle)]


def test_parameters_that_are_copied_to_closed_boxes_are_one_line():
    found = net(tied)
    assert [repr(wire) for wire in found.param.wires] == ["6 wires"]
    assert found.links == (((-1, 0), (PARAMETER, 0)), ((0, 0), (PARAMETER, 0)))
    assert found.param.size == block.param.size
    assert found.param.wires[0].wires == block.param.wires


def test_what_comes_back_is_in_the_bundle_too():
    (wire,) = net(cl.reverse(tied)).param.wires
    assert isinstance(wire, LensBundle)
    assert (wire.fwd, wire.bwd) == (block.param, block.param)


@pytest.mark.parametrize(
    ("f", "zoom", "inner"),
    [
        (tied, 2, False),  # open boxes show where each line goes
        (tied, 1, True),  # what is outside decides
        (block, 1, False),  # the box shows them itself
        ((R(4) >> cl.dense(4) >> cl.dense(4)).named("four") >> cl.tanh, 1, False),
    ],
)
def test_other_lines_stay_as_they_are(f, zoom, inner):
    seen = canonical(chosen(net_of(f), zoom))
    assert bundled(seen, inner) == seen


def test_lines_that_part_or_cross_stay_as_they_are():
    A = R(2) @ R(2) @ R(2)
    six = (A @ A >> multiply @ multiply @ multiply).named("six")
    many = (A >> cl.tanh @ cl.tanh @ cl.tanh >> cl.copy(A)).named("many")
    straight, crossed = many >> six, many >> cl.wiring(A @ A, (1, 0, 3, 2, 5, 4)) >> six
    assert [len(wire.wires) for wire in bundles(net(straight))] == [6, 6]
    assert bundles(net(crossed)) == []
    half = many >> (A >> cl.tanh @ cl.tanh @ cl.tanh).named("three") @ A
    assert bundles(net(half)) == []


@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.parametrize("zoom", [1, 2])
@pytest.mark.parametrize("options", [{}, {"regulariser": cl.l2(1e-4)}])
def test_pictures_of_training_steps_have_no_faults(layers, zoom, options):
    for f in (learner(layers, cl.adam(1e-3), **options), tied, cl.reverse(tied)):
        laid = laid_out(chosen(net_of(f), zoom), 860.0)
        drawn = scene(laid.marks, "")
        assert [*overlapping(drawn), *outside(drawn), *loose(laid)] == []


def test_a_bundle_says_how_many_it_is():
    marks = cl.draw(tied).scene.marks
    assert [mark.text for mark in marks if isinstance(mark, Label) and "6" in mark.text] == ["6 wires", "6", "6"]
    assert sum(isinstance(mark, Sign) and mark.look == "many" for mark in marks) == 2
    assert "6 wires" in cl.to_tikz(tied)
