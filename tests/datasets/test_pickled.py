import os
import pickle

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from catlearn.core.errors import ArgumentError
from catlearn.datasets.pickled import unpickled
from tests.datasets.old_pickles import old_array, old_graph, old_pickle, old_sparse

ARRAYS = [
    np.arange(6, dtype=np.int32).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array([[0.5]], ">f4"),
    np.zeros((0, 3), np.float32),
    np.array([True, False]),
]


@pytest.fixture
def reading(tmp_path):
    def read(raw):
        (tmp_path / "file").write_bytes(raw)
        return unpickled(tmp_path / "file")

    return read


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("array", ARRAYS)
def test_arrays_and_sparse_matrices_of_this_python_are_read_as_pickle_reads_them(reading, protocol, array):
    found = reading(pickle.dumps(array, protocol))
    assert found.dtype == array.dtype and np.array_equal(found, array)
    sparse = csr_matrix(np.diag([1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(reading(pickle.dumps(sparse, protocol)), sparse.toarray())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_those_of_python_2_are_what_pickle_says_they_are(reading):
    array = np.array([[-1, 200], [3, 4]], np.int32)
    sparse = np.array([[0, 1.5], [0, 0], [2, 3]], np.float32)
    for raw, wanted in ((old_array(array), array), (old_sparse(sparse), sparse)):
        found, theirs = reading(old_pickle(raw)), pickle.loads(old_pickle(raw), encoding="latin1")
        assert found.dtype == wanted.dtype and np.array_equal(found, wanted)
        np.testing.assert_array_equal(found, theirs if isinstance(theirs, np.ndarray) else theirs.toarray())
    graph = old_pickle(old_graph({0: [1, 2], 1: [], 2: [0]}))
    assert reading(graph) == pickle.loads(graph) == {0: [1, 2], 1: [], 2: [0]}


class Hostile:
    """A value whose pickle runs a program."""

    def __init__(self, call, *args):
        self.made = call, args

    def __reduce__(self):
        return self.made


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_runs_a_program_is_refused_before_it_does(reading, tmp_path, protocol):
    proof = tmp_path / "ran"
    raw = pickle.dumps({0: [Hostile(os.system, f"touch {proof}")]}, protocol)
    with pytest.raises(ArgumentError, match=r"asks for (posix|nt)\.system, which no array needs: it is not loaded"):
        reading(raw)
    assert not proof.exists()
    pickle.loads(raw)  # the control: it is hostile
    assert proof.exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cbuiltins\neval\n(U\x021+1tR",
        b"c__builtin__\neval\n(U\x01a1tR",
        b"(U\x04trueios\nsystem\n",  # INST
        b"(cos\nsystem\nU\x04trueo",  # OBJ
        b"cnumpy.core.multiarray\nfromfile\n(U\x01atR",
        b"\x8c\x05numpy\x8c\x14core.multiarray.os.x\x93",
        b"cfunctools\npartial\n",
        b"cscipy.sparse.csr\nio\n",
    ],
)
def test_whatever_else_it_names_is_refused(reading, program):
    with pytest.raises(ArgumentError, match="file"):
        reading(b"\x80\x04" + program + b".")


def test_what_a_pickle_does_to_the_names_that_it_may_use_stays_in_it(reading):
    """The state that BUILD gives may be meant for the class of arrays."""
    array = old_array(ARRAYS[0])
    spoiled = b"cnumpy\nndarray\n(N}U\x04argsU\x01xstb0" + array
    assert reading(old_pickle(array)).shape == (2, 3)
    with pytest.raises(ArgumentError):
        reading(old_pickle(spoiled))
    assert reading(old_pickle(array)).shape == (2, 3)


SPARSE = old_sparse(np.eye(2, dtype=np.float32))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "no pickle"),
        (b"no pickle at all", "no pickle"),
        (old_pickle(old_array(ARRAYS[0]))[:-20], "no pickle"),
        (old_pickle(b"K\x01"), "expected an array, a sparse matrix or a dict in this pickle, found int"),
        (old_pickle(b"cnumpy\ndtype\nU\x02i4\x85R"), "found numpy.dtype"),
        (old_pickle(old_array(ARRAYS[0]).replace(b"i4", b"O8")), "array of numbers, found one of 'O8'"),
        (old_pickle(old_array(ARRAYS[0]).replace(b"J\x03\x00\x00\x00", b"J\x05\x00\x00\x00")), "cannot reshape"),
        (old_pickle(SPARSE.replace(b"_shape(J\x02\x00\x00\x00", b"_shape(J\x03\x00\x00\x00")), "rows do not fit its 2 entries"),
        (old_pickle(SPARSE.replace(b"_shape(J\x02\x00\x00\x00J\x02", b"_shape(J\x02\x00\x00\x00J\x01")), "in columns 0 to 1"),
        (
            old_pickle(
                SPARSE.replace(b"_shape(J\x02\x00\x00\x00J\x02\x00\x00\x00", b"_shape(J\x02\x00\x00\x00J\xff\xff\xff\x7f")
            ),
            "too large",
        ),
        (old_pickle(b"Nr\xff\xff\xff\x0f"), "asks for place for 268435455 values"),
        (old_pickle(b"cnumpy\nndarray\n)RNb"), "no pickle"),
    ],
)
def test_malformed_pickles_are_named(reading, raw, said):
    with pytest.raises(ArgumentError, match=r"file") as caught:
        reading(raw)
    assert said in str(caught.value)
