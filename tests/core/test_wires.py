import jax
import jax.numpy as jnp
import pytest

import catlearn as cl
from catlearn import I, R
from catlearn.core.errors import WireError
from catlearn.core.wires import Object, difference, object_of


def test_tensor_is_strictly_associative_and_unital():
    A, B, C = R(2), R(3) @ R(4), R(5, dtype="int32")
    assert (A @ B) @ C == A @ (B @ C)
    assert A @ I == A == I @ A
    assert A @ B != B @ A


def test_labels_do_not_take_part_in_equality():
    assert R(3, label="x") == R(3, label="y") == R(3)
    assert hash(R(3, label="x")) == hash(R(3))
    assert R(3) != R(3, dtype="int32")


def test_repr_evaluates_back():
    for A in (R(), R(28, 28, 1), R(5, dtype="int32") @ R(2), I, cl.wire({"h": R(3), "c": R(2, 2)}), R(2, dtype="bool")):
        assert eval(repr(A), vars(cl)) == A


def test_indexing_and_iteration_give_objects():
    A = R(1) @ R(2) @ R(3)
    assert A[1] == R(2) and A[1:] == R(2) @ R(3) and A[3:] == I
    assert list(A) == [R(1), R(2), R(3)]


@pytest.mark.parametrize("shape", [(-1,), (2.5,), ("3",)])
def test_an_axis_is_a_length(shape):
    with pytest.raises(WireError, match="is not a length"):
        R(*shape)


def test_64_bits_are_refused_rather_than_halved():
    with pytest.raises(WireError, match="jax_enable_x64"):
        R(3, dtype="float64")
    with jax.enable_x64(True):
        assert R(3, dtype="float64").wires[0].leaves[0].dtype == jnp.float64


def test_sizes_count_numbers_and_bytes():
    A = R(2, 3) @ R(dtype="int32") @ cl.wire([R(4), R(5)])
    assert (A.size, A.bytes) == (6 + 1 + 9, 4 * 16)


@pytest.mark.parametrize(
    ("A", "B", "said"),
    [
        (R(3), R(3) @ R(4), "1 wire ≠ 2"),
        (R(3) @ R(4, 5), R(3) @ R(4, 6), "wire 1, axis 1: 5 ≠ 6"),
        (R(3), R(3, 1), "wire 0: 1 axis (3,) ≠ 2 axes (3, 1)"),
        (R(3), R(3, dtype="int32"), "wire 0: dtype float32 ≠ int32"),
        (R(3, label="x"), R(2), "wire 0 (x), axis 0: 3 ≠ 2"),
    ],
)
def test_difference_names_the_first_wire_and_axis(A, B, said):
    assert difference(A, B) == said


def test_no_difference_between_equals():
    assert difference(R(3) @ R(4), R(3) @ R(4)) is None


def test_keys_and_pytrees_are_wires():
    A = object_of((jax.random.key(0), {"a": jnp.zeros(2), "b": [jnp.ones(3, int)]}))
    assert len(A) == 2 and A.wires[1].size == 5
    assert isinstance(A, Object)
