"""The notation of diagrams is read, written, and refused where it is wrong."""

import pytest

from catlearn import equivariant as eq
from catlearn.core.errors import TypingError
from catlearn.equivariant import PartitionCategory, grood, jellyfish, partition

P = PartitionCategory()


def test_long_rows_are_written_as_lists():
    d = P.identity(40)
    assert "[[1], [2]" in repr(d) and eval(repr(d), vars(eq)) == d
    assert partition("a|123456789", "1|2") == partition("123456789|a", "2|1")


@pytest.mark.parametrize(
    ("dom", "cod", "says"),
    [
        ("13", "1", "the domain lacks point 2"),
        ("12|2", "1", "point 2 of the domain is there twice"),
        ("1", "1|1", "point 1 of the codomain is there twice"),
        ("1||2", "1||2", "place 2 is empty in both rows"),
        ("1,2", "1", "got ','"),
        (12, "1", "a row is a string"),
        ([[0]], "1", "lacks point 1"),
    ],
)
def test_bad_notation_is_refused(dom, cod, says):
    with pytest.raises(TypingError, match="partition") as error:
        partition(dom, cod)
    assert says in str(error.value)


def test_marks_are_read_in_either_row_and_in_lists():
    assert grood("1|*23", "1|2") == grood("1|23", "1|*2") == grood("1|*2|*3", "1|2") != grood("2|*13", "1|2")
    assert jellyfish("*1|2", "1|*2") == jellyfish("1|2", "*1|*2") == jellyfish([["*", 1], [2]], [[1], ["*", 2]])
    wide = [[x + 1] for x in range(38)]
    d = jellyfish([*wide[:-1], ["*", 38]], "", n=2)
    assert d.marked == ((37,),) and eval(repr(d), vars(eq)) == d
    assert partition("1 2 | 3", "") == partition("12|3", "")
    with pytest.raises(TypingError, match="marked with"):
        jellyfish("1|*", "1|*", n=2)
