"""The layout of edges by node: every edge once, each in a row of its node."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import catlearn as cl
from catlearn.core.errors import ArgumentError


@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20))
def test_every_edge_stands_once_in_a_row_of_its_node(width, edges):
    senders, receivers = zip(*edges) if edges else ((), ())
    graph = cl.in_rows(cl.edge_list(senders, receivers, 6), width)
    assert graph.rows.lengths[0] == width
    for ends, (slots, node) in ((receivers, graph.rows.into), (senders, graph.rows.out)):
        found = [(int(e), int(i)) for row, i in zip(slots, node) for e in row if e != len(edges)]
        assert sorted(found) == [(e, i) for e, i in enumerate(ends)]
        assert np.all(np.diff(node) >= 0) and len(node) == sum(-(-ends.count(i) // width) for i in range(6))


def test_the_width_follows_the_degrees():
    ring = cl.edge_list(np.arange(8), (np.arange(8) + 1) % 8, 8)
    full = cl.edge_list(*np.indices((8, 8)).reshape(2, -1), 8)
    assert cl.in_rows(ring).rows.lengths == (1, 8, 8) and cl.in_rows(full).rows.lengths == (8, 8, 8)


@pytest.mark.parametrize("graph", [np.eye(3), cl.disjoint_union([cl.edge_list([0], [0], 1)]).senders])
def test_rows_are_of_graphs(graph):
    with pytest.raises(ArgumentError, match="takes one graph of known edges"):
        cl.in_rows(graph)
    with pytest.raises(ArgumentError, match="width"):
        cl.in_rows(cl.edge_list([0], [0], 1), 0)
