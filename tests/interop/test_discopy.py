"""Diagrams go to DisCoPy and come back; its own equality (of hypergraphs) and its own evaluation are the oracles."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from discopy import markov, python
from discopy.markov import Box, Copy, Discard, Merge, Swap, Ty
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import R, laws
from catlearn.core.errors import CompositionError, MissingPackageError, TypingError
from catlearn.draw.net import canonical
from catlearn.draw.sketch import net_of
from catlearn.laws.random import multiply
from catlearn.laws.strategies import arrows, composables, objects

quick = settings(max_examples=30, deadline=None)
x, y = Ty("x"), Ty("y")
f, g, h = Box("f", x, y), Box("g", y, x), Box("h", x @ x, x)
objects_of = {"x": R(2), "y": R(3)}
functions = {"f": cl.linear(3), "g": cl.linear(2), "h": multiply}
twice = R(4) >> cl.dense(4) >> cl.tanh


def same(d, e):
    """Whether two DisCoPy diagrams are equal by the axioms of Markov categories."""
    return d.to_hypergraph() == e.to_hypergraph()


def back(arrow, zoom=1):
    return cl.from_discopy(cl.to_discopy(arrow, zoom))


@st.composite
def discopy_diagrams(draw):
    """Composites of f, g, h, swaps, copies and discards, on up to four wires."""
    d = markov.Id(draw(st.sampled_from([x, y, x @ y, x @ x])))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(d.cod) - 1))
        one, two = d.cod[at : at + 1], d.cod[at : at + 2]
        moves = [b for b in (f, g, h) if b.dom in (one, two)]
        moves += [Copy(one)] if len(d.cod) < 4 else []
        moves += [Swap(one, two[1:]), Discard(one)] if len(two) == 2 else []
        move = draw(st.sampled_from(moves))
        d = d >> d.cod[:at] @ move @ d.cod[at + len(move.dom) :]
    return d


# to DisCoPy


@quick
@given(composables(2))
def test_a_composite_goes_to_the_composite_in_para(pair):
    a, b = map(cl.to_discopy, pair)
    Q = b.dom[len(pair[1].dom) :]
    assert same(cl.to_discopy(pair[0] >> pair[1]), a @ Q >> b)


@quick
@given(arrows(), arrows())
def test_a_tensor_goes_to_the_tensor_in_para(p, q):
    a, b, n = cl.to_discopy(p), cl.to_discopy(q), (len(p.dom), len(q.dom), len(p.param))
    dom = a.dom[: n[0]] @ b.dom[: n[1]] @ a.dom[n[0] :] @ b.dom[n[1] :]
    order = [*range(n[0]), *range(n[0] + n[1], sum(n)), *range(n[0], n[0] + n[1]), *range(sum(n), len(dom))]
    assert same(cl.to_discopy(p @ q), markov.Id(dom).permute(*order) >> a @ b)


@quick
@given(objects(), st.data())
def test_wirings_go_to_copies_swaps_and_discards(A, data):
    index = data.draw(st.lists(st.integers(0, len(A) - 1), max_size=4))
    image = cl.to_discopy(cl.wiring(A, index))
    assert all(isinstance(box, Copy | Swap) for box in image.boxes)
    assert image.cod == cl.to_discopy(A.select(index)).dom
    swapped = cl.wiring(A, index) >> cl.wiring(A.select(index), range(len(index))[::-1])
    assert same(cl.to_discopy(swapped), image.permute(*range(len(index))[::-1]))


def test_two_cells_go_to_composites_over_the_parameters():
    r = cl.copy(twice.param)
    image = cl.to_discopy((twice >> twice).reparameterise(r))
    A = cl.to_discopy(twice.dom).dom
    assert same(image, A @ cl.to_discopy(r) >> cl.to_discopy(twice >> twice))
    assert not same(image, A @ cl.to_discopy(r) >> cl.to_discopy(twice >> (R(4) >> cl.dense(4) >> cl.sigmoid)))


def test_interchange_is_an_equation_of_discopy_and_the_order_of_composition_is_not():
    a, b = R(2) >> cl.tanh, R(3) >> cl.sigmoid
    assert same(cl.to_discopy(a @ b.dom >> a.cod @ b), cl.to_discopy(a.dom @ b >> a @ b.cod))
    assert not same(cl.to_discopy(a >> cl.sigmoid), cl.to_discopy(R(2) >> cl.sigmoid >> cl.tanh))


def test_boxes_are_the_parts_and_zooming_opens_them():
    model = (R(4) >> cl.dense(3) >> cl.relu).named("body") >> cl.dense(2)
    assert [box.name for box in cl.to_discopy(model).boxes] == ["body", "dense(2)"]
    assert [box.name for box in cl.to_discopy(model, zoom=2).boxes] == ["dense(3)", "relu", "linear(2)", "bias()"]
    assert cl.to_discopy(model).boxes[0].data == model[0]
    assert [ob.name for ob in cl.to_discopy(R(2) >> cl.dense(1)).dom.inside] == ["R(2)", "R(2, 1)", "R(1)"]


# and back


@quick
@given(arrows(), st.integers(1, 3))
def test_what_comes_back_is_the_same_up_to_the_axioms(a, zoom):
    again = back(a, zoom)
    assert (again.dom, again.cod, again.param) == (a.dom, a.cod, a.param)
    assert same(cl.to_discopy(again, zoom), cl.to_discopy(a, zoom))
    assert zoom > 1 or canonical(net_of(again)) == canonical(net_of(a))


@settings(max_examples=8, deadline=None)
@given(arrows(), st.integers(1, 3))
def test_what_comes_back_has_the_same_values(a, zoom):
    assert laws.extensional("round trip", back(a, zoom), a) is None


def test_models_come_back_as_they_were(key):
    conv = R(8, 8, 1) >> cl.conv(4, 3) >> cl.relu >> cl.flatten >> cl.dense(10)
    tied = (twice >> twice).reparameterise(cl.copy(twice.param))
    frozen = twice.reparameterise(cl.constant(twice.init(key)))
    low_rank = cl.lora(twice[:1], twice[:1].init(key), rank=2)
    graph = R(5, 3) >> cl.graph_conv(2) >> cl.relu
    for model in (conv, tied, frozen, low_rank, graph, cl.reverse(conv), cl.reverse(tied), R(5, 3) >> cl.fold(cl.gru_cell(4))):
        assert back(model) == model, model
        assert back(model.named("whole")) == model.named("whole")
    assert cl.names(back(conv)) == cl.names(conv)
    assert back(tied).init(key)[0].shape == (4, 4)
    assert jnp.array_equal(back(low_rank).init(key)[0], low_rank.init(key)[0])


def test_what_discopy_rewrote_comes_back_with_the_same_values():
    model = (R(2) >> cl.copy(R(2)) >> cl.tanh @ cl.linear(3)) @ (R(1) >> cl.sigmoid)
    image = cl.to_discopy(model)
    for rewritten in (image.normal_form(), image.foliation(), image.to_hypergraph().to_diagram()):
        again = cl.from_discopy(rewritten)
        assert laws.extensional("rewritten", again, model) is None


# from DisCoPy


def frozen(layer, dom, label):
    return (dom >> layer).reparameterise(cl.constant((dom >> layer).init(jax.random.key(0)))).named(label)


ours = {"f": frozen(cl.linear(3), R(2), "f"), "g": frozen(cl.linear(2), R(3), "g"), "h": (R(2) @ R(2) >> multiply).named("h")}
rename = markov.Functor(
    {x: cl.to_discopy(R(2)).dom, y: cl.to_discopy(R(3)).dom}, {b: cl.to_discopy(ours[b.name]) for b in (f, g, h)}
)


@quick
@given(discopy_diagrams())
def test_a_diagram_goes_where_the_functor_of_discopy_takes_it(d):
    assert same(cl.to_discopy(cl.from_discopy(d, ours, {"x": R(2), "y": R(3)})), rename(d))


def test_diagrams_that_differ_go_to_different_arrows():
    arrows = [cl.from_discopy(d, ours, {"x": R(2), "y": R(3)}) for d in (Copy(x) >> h, Copy(x) >> f @ f >> g @ g >> h)]
    assert not same(*map(cl.to_discopy, arrows))


@quick
@given(discopy_diagrams())
def test_a_diagram_has_the_values_that_discopy_gives_it(d):
    plain = {"f": jnp.tanh, "g": jnp.sin, "h": jnp.multiply}
    layers = {"f": cl.tanh, "g": cl.function(jnp.sin), "h": multiply}
    found = cl.from_discopy(d, layers, {"x": R(2), "y": R(2)})
    theirs = markov.Functor(
        {x: (jax.Array,), y: (jax.Array,)},
        {b: plain[b.name] for b in (f, g, h)},
        cod=markov.Category(python.Ty, python.Function),
    )
    xs = [jnp.array([0.3 + i, -0.7]) for i in range(len(d.dom))]
    for a, b in zip(values(found((), *xs)), values(theirs(d)(*xs)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def values(found):
    return found if isinstance(found, tuple) else (found,)


def test_boxes_bring_parameters_of_their_own():
    model = cl.from_discopy(f >> g >> f, {"f": cl.dense(3) >> cl.tanh, "g": cl.dense(2)}, {"x": R(2), "y": R(3)})
    assert model == R(2) >> cl.dense(3) >> cl.tanh >> cl.dense(2) >> cl.dense(3) >> cl.tanh
    beside = cl.from_discopy(f @ g, {"f": cl.dense(3), "g": cl.dense(2)}, {"x": R(2), "y": R(3)})
    assert canonical(net_of(beside)) == canonical(net_of((R(2) >> cl.dense(3)) @ (R(3) >> cl.dense(2))))


def test_a_box_of_the_users_own_class_is_a_box():
    class Neuron(Box):
        pass

    assert cl.from_discopy(Neuron("f", x, y), functions, objects_of) == R(2) >> cl.linear(3)
    with pytest.raises(TypingError, match="is a Neuron of DisCoPy"):
        cl.from_discopy(Neuron("k", x, y), functions, objects_of)


def test_an_object_may_be_many_wires():
    pair = R(2) @ R(3)
    d = Copy(x) >> Swap(x, x) >> x @ f
    arrow = cl.from_discopy(d, {"f": cl.identity(pair) >> cl.discard(R(2)) @ R(3)}, {"x": pair, "y": R(3)})
    assert (arrow.dom, arrow.cod) == (pair, pair @ R(3))
    a, b = jnp.ones(2), jnp.arange(3.0)
    assert [v.shape for v in arrow((), a, b)] == [(2,), (3,), (3,)]


def test_parameters_that_data_feed_become_wires(key):
    """A hypernetwork drawn in DisCoPy: what makes the kernel is a box on the data."""
    image = cl.to_discopy(R(2) >> cl.linear(3))
    data, kernel = image.dom[:1], image.dom[1:]
    make = Box("make", data, kernel)
    model = cl.from_discopy(Copy(data) >> data @ make >> image, {"make": cl.dense(6) >> cl.reshape(2, 3)})
    params = model.init(key)
    v = jnp.array([0.5, -1.0])
    np.testing.assert_allclose(model(params, v), v @ (v @ params[0] + params[1]).reshape(2, 3), rtol=1e-5)


def test_what_is_made_of_parameters_alone_is_a_two_cell():
    image = cl.to_discopy(twice)
    kernel = image.dom[1:2]
    squash = Box("squash", kernel, kernel)
    model = cl.from_discopy(image.dom[:1] @ squash @ image.dom[2:] >> image, {"squash": cl.tanh})
    assert model == twice.reparameterise((R(4, 4) >> cl.tanh) @ R(4))


def test_parameters_at_the_end_are_values():
    arrow = cl.from_discopy(cl.to_discopy(R(2) >> cl.linear(3))[:0])
    assert (arrow.dom, arrow.param, arrow.cod) == (R(2), R(2, 3), R(2) @ R(2, 3))
    with pytest.raises(CompositionError, match="send one along a functor first"):
        cl.from_discopy(cl.to_discopy(cl.reverse(R(2) >> cl.linear(3)))[:0])


# what has no image


@pytest.mark.parametrize(
    ("d", "said"),
    [
        (Box("k", x, x), "the DisCoPy box 'k' has no arrow here: write from_discopy"),
        (Box("f", x, Ty("z")), "the DisCoPy object 'z' has no object here"),
        (f.dagger(), "is a dagger of DisCoPy"),
        (Merge(x), "is a Merge of DisCoPy"),
        (h.trace(), "is a Trace of DisCoPy"),
        (h + h, "is a Sum of DisCoPy"),
        (f.bubble(), "is a Bubble of DisCoPy"),
    ],
)
def test_what_has_no_image_is_told(d, said):
    with pytest.raises(TypingError, match=said):
        cl.from_discopy(d, functions, objects_of)


def test_images_that_do_not_fit_are_told():
    with pytest.raises(CompositionError, match=r"box 'f' gives R\(3\), and .* gives R\(4\).\n  first difference: wire 0, axis 0"):
        cl.from_discopy(f, {"f": cl.linear(4)}, objects_of)
    with pytest.raises(CompositionError, match=r"box 'f' takes R\(2\), and .* takes R\(5\)"):
        cl.from_discopy(f, {"f": R(5) >> cl.linear(3)}, objects_of)
    with pytest.raises(TypingError, match="has to be a diagram or a layer here, got 3"):
        cl.from_discopy(f, {"f": 3}, objects_of)
    with pytest.raises(TypingError, match=r"takes a diagram of DisCoPy.*got str"):
        cl.from_discopy("f")
    with pytest.raises(TypingError, match=r"to_discopy takes an arrow, such as .*, got dense\(3\)"):
        cl.to_discopy(cl.dense(3))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "discopy", None)
    for make in (lambda: cl.to_discopy(twice), lambda: cl.from_discopy(f)):
        with pytest.raises(MissingPackageError, match=r"discopy: pip install 'catlearn\[discopy\]'"):
            make()
