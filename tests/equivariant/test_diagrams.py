"""What all diagrams of points share: gluing, wirings, parts, and what is refused."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.equivariant import Partition, partition
from catlearn.equivariant.diagrams import components, dense, dimension, loop_scalar, wired


@given(
    st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.lists(st.integers(0, n - 1), max_size=4), max_size=5)))
)
def test_components_are_those_of_networkx(given):
    n, groups = given
    G = nx.empty_graph(n)
    for group in groups:
        nx.add_path(G, group)
    want = {x: min(part) for part in nx.connected_components(G) for x in part}
    assert components(n, groups) == [want[x] for x in range(n)]


def test_parts_are_told_apart():
    d = partition("12|3|4", "2||1|3", loops=1)
    assert d.through == 2
    assert [d.lower(b) for b in d.cross] == [(3,), (0, 1)] and [d.upper(b) for b in d.cross] == [(0,), (1,)]
    assert [d.lower(b) for b in d.domain_only] == [(2,)] and [d.upper(b) for b in d.codomain_only] == [(2,)]


def test_a_wiring_selects():
    assert wired(2, [1, 1]) == ((2,), (0, 1, 3))
    for dom, index in ((2, [2]), (-1, []), (1, [-1]), (1.5, [])):
        with pytest.raises(TypingError, match="wiring"):
            wired(dom, index)


def test_numbers_are_checked():
    assert dimension(np.int64(3)) == 3 and loop_scalar(2, 62) == 2**62
    for wrong in (0, 1.5, True, None, "2"):
        with pytest.raises(ArgumentError):
            dimension(wrong)
    with pytest.raises(ArgumentError, match="int64"):
        loop_scalar(2, 63)
    assert dense([], 0, 3, 2).tolist() == 9
    for bad in ({"dom": -1}, {"loops": 1.5}, {"blocks": ((0, 1), ())}, {"blocks": ((0, 1, 1),)}):
        with pytest.raises(TypingError):
            Partition(**{"dom": 1, "cod": 1, "blocks": ((0, 1),), **bad})
