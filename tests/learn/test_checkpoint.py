import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import ArgumentError


def test_parameters_come_back_under_their_names(image_model, key, tmp_path):
    params = image_model.init(key)
    cl.save(tmp_path / "p.npz", image_model, params)
    assert set(np.load(tmp_path / "p.npz").files) == set(cl.names(image_model))
    assert all(map(jnp.array_equal, cl.load(tmp_path / "p.npz", image_model), params))
    assert [path.name for path in tmp_path.iterdir()] == ["p.npz"]


def test_pytree_wires_are_kept_leaf_by_leaf(tmp_path, key):
    model = R(2) @ (cl.I >> cl.parameter(cl.wire({"a": R(2), "b": R(3)}, label="pair")))
    params = ({"a": jnp.ones(2), "b": jnp.arange(3.0)},)
    cl.save(tmp_path / "p.npz", model, params)
    back = cl.load(tmp_path / "p.npz", model)
    assert np.array_equal(back[0]["b"], [0, 1, 2])


def test_any_name_and_any_dtype(tmp_path, key):
    model = (cl.I >> cl.parameter(R(3, dtype="bfloat16").named("file"), lambda key: (jnp.arange(3, dtype="bfloat16"),))) @ (
        R(2) >> cl.dense(2)
    )
    params = model.init(key)
    cl.save(tmp_path / "p.npz", model, params)
    back = cl.load(tmp_path / "p.npz", model)
    assert [p.dtype for p in back] == [p.dtype for p in params] and all(map(jnp.array_equal, back, params))


def test_what_is_no_file_of_parameters(tmp_path, key):
    (tmp_path / "p.npz").write_text("no zip")
    with pytest.raises(ArgumentError, match=r"is no \.npz file"):
        cl.load(tmp_path / "p.npz", R(3) >> cl.dense(2))
    with pytest.raises(ArgumentError, match="as a tuple"):
        cl.save(tmp_path / "q.npz", R(3) >> cl.dense(2), None)


def test_what_does_not_fit_is_listed_whole(tmp_path, key):
    small = R(3) >> cl.dense(2).named("a") >> cl.tanh >> cl.dense(2).named("b")
    cl.save(tmp_path / "p.npz", small, small.init(key))
    other = R(3) >> cl.dense(4).named("a") >> cl.tanh >> cl.dense(2).named("c")
    with pytest.raises(ArgumentError) as caught:
        cl.load(tmp_path / "p.npz", other)
    said = str(caught.value)
    for line in (
        "missing: c.kernel",
        "missing: c.bias",
        "unexpected: b.kernel",
        "misshapen: a.kernel is (3, 2) float32, not (3, 4)",
    ):
        assert line in said


def test_parameters_of_another_model_are_not_written(tmp_path, key):
    f, g = R(3) >> cl.dense(2), R(3) >> cl.dense(4)
    with pytest.raises(ArgumentError):
        cl.save(tmp_path / "p.npz", f, g.init(key))
    assert list(tmp_path.iterdir()) == []
