from hypothesis import given

import catlearn as cl
from catlearn import R
from catlearn.core.diagram import Box
from catlearn.core.functor import Free, Functor, fold, same_wire
from catlearn.core.wires import Object
from catlearn.laws.strategies import arrows

identity_functor = Functor(Free, on_wire=same_wire, on_box=lambda box: box)


class Boxes:
    """The fold that counts boxes."""

    def box(self, node):
        return 1

    def wiring(self, node):
        return 0

    def seq(self, node, images):
        return sum(images)

    par = seq

    def reparameterised(self, node, body, along):
        return body + along


@given(arrows())
def test_the_identity_functor_gives_the_term_back(f):
    assert identity_functor(f) == f
    assert identity_functor(f.dom) == f.dom


def test_the_identity_functor_keeps_names_and_two_cells():
    f = R(3) >> (cl.dense(3) >> cl.tanh).named("a") >> cl.residual(cl.dense(3))
    assert identity_functor(f).param.labels == f.param.labels
    tied = (f >> f).reparameterise(cl.copy(f.param)).named("tied")
    assert identity_functor(tied) == tied


@given(arrows())
def test_a_fold_visits_each_box_once(f):
    seen = []
    Functor(Free, on_wire=same_wire, on_box=lambda box: seen.append(box) or box)(f)
    assert len(seen) == fold(Boxes(), f)
    assert all(isinstance(box, Box) for box in seen)


def test_wires_may_become_many():
    double = Functor(Free, on_wire=lambda wire: Object((wire, wire)), on_box=lambda box: box @ box)
    assert double(cl.swap(R(1), R(2))) == cl.swap(R(1) @ R(1), R(2) @ R(2))
    f = R(3) >> cl.tanh
    assert double(f) == f @ f
