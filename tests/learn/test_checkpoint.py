import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

import catlearn as cl
from catlearn import R
from catlearn.core.errors import ArgumentError, MissingPackageError
from catlearn.learn.checkpoint import DTYPES


@pytest.fixture(params=["p.npz", "p.safetensors"])
def path(request, tmp_path):
    return tmp_path / request.param


def contents(path):
    return dict(np.load(path)) if path.suffix == ".npz" else safetensors.numpy.load_file(path)


def test_parameters_come_back_under_their_names(image_model, key, path):
    params = image_model.init(key)
    cl.save(path, image_model, params)
    found = contents(path)
    assert set(found) == set(cl.names(image_model))
    assert all(np.array_equal(found[name], value) for name, value in cl.by_name(image_model, params).items())
    assert all(map(jnp.array_equal, cl.load(path, image_model), params))
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_state_comes_back_and_training_goes_on_as_if_nothing_had_been(path, key):
    """A model with noise: its key is a part of the state."""
    model = R(4) >> cl.dense(3) >> cl.dropout(0.5)
    learner = cl.supervised(model, cl.quadratic, cl.average(cl.adam(0.1)))
    data = jnp.ones((8, 4)), jnp.zeros((8, 3))
    fit = lambda state, n: learner.fit(state, data, epochs=n, batch_size=4, progress=False)[0]  # noqa: E731
    begun = fit(learner.init(key), 2)
    cl.save(path, learner, begun)
    assert set(contents(path)) == set(learner.state.labels)
    there, here = fit(cl.load(path, learner), 2), fit(begun, 2)
    assert all(jnp.array_equal(*map(np.asarray, map(_plain, pair))) for pair in zip(there, here, strict=True))
    assert not all(jnp.array_equal(_plain(a), _plain(b)) for a, b in zip(there, begun, strict=True))


def _plain(value):
    return jax.random.key_data(value) if jnp.issubdtype(value.dtype, jax.dtypes.prng_key) else value


def test_states_under_one_name_are_both_kept(path, key):
    """Adam beside Adam: two counters, which a file keeps apart."""
    learner = cl.supervised(R(2) >> cl.dense(3), cl.quadratic, cl.by_path({"kernel": cl.adam(0.1), "bias": cl.adam(0.2)}))
    state = tuple(leaf + i for i, leaf in enumerate(learner.init(key)))
    cl.save(path, learner, state)
    assert len(contents(path)) == len(state)
    assert all(map(jnp.array_equal, cl.load(path, learner), state))


def test_a_file_of_another_learner_is_refused(path, key):
    model = R(2) >> cl.dense(3)
    adam, momentum = (cl.supervised(model, cl.quadratic, opt) for opt in (cl.adam(0.1), cl.momentum(0.1)))
    cl.save(path, adam, adam.init(key))
    with pytest.raises(ArgumentError, match=r"does not hold a state of this learner:\n  missing: momentum\.kernel"):
        cl.load(path, momentum)
    with pytest.raises(ArgumentError, match=r"does not hold the parameters of this model:\n  unexpected: adam\."):
        cl.load(path, model)
    with pytest.raises(ArgumentError, match=r"save takes 7 wires of state .*, got 2"):
        cl.save(path, adam, model.init(key))


def test_pytree_wires_are_kept_leaf_by_leaf(path):
    model = R(2) @ (cl.I >> cl.parameter(cl.wire({"a": R(2), "b": R(3)}, label="pair")))
    params = ({"a": jnp.ones(2), "b": jnp.arange(3.0)},)
    cl.save(path, model, params)
    back = cl.load(path, model)
    assert np.array_equal(back[0]["b"], [0, 1, 2])


def test_any_name_and_any_dtype(path, key):
    model = (cl.I >> cl.parameter(R(3, dtype="bfloat16").named("file"), lambda key: (jnp.arange(3, dtype="bfloat16"),))) @ (
        R(2) >> cl.dense(2)
    )
    params = model.init(key)
    cl.save(path, model, params)
    back = cl.load(path, model)
    assert [p.dtype for p in back] == [p.dtype for p in params] and all(map(jnp.array_equal, back, params))


@pytest.mark.parametrize("dtype", DTYPES.values())
def test_every_dtype_comes_back_bit_for_bit(path, dtype):
    with jax.enable_x64(True):
        model = cl.I >> cl.parameter(R(2, 3, dtype=dtype) @ R(0, 3, dtype=dtype) @ R(dtype=dtype))
        params = (jnp.arange(6).reshape(2, 3).astype(dtype), jnp.zeros((0, 3), dtype), jnp.asarray(1, dtype))
        cl.save(path, model, params)
        back = cl.load(path, model)
    assert [(p.dtype, p.shape) for p in back] == [(p.dtype, p.shape) for p in params]
    assert all(np.asarray(p).tobytes() == np.asarray(q).tobytes() for p, q in zip(back, params, strict=True))


@pytest.mark.parametrize("impl", ["threefry2x32", "rbg"])
def test_random_keys_come_back(path, impl):
    params = (jax.random.split(jax.random.key(3, impl=impl), 2),)
    model = cl.I >> cl.parameter(cl.wire(params[0]))
    cl.save(path, model, params)
    back = cl.load(path, model)
    assert np.array_equal(jax.random.normal(back[0][1]), jax.random.normal(params[0][1]))
    assert back[0].dtype == params[0].dtype


def test_arrays_of_numpy_may_lie_in_any_order(path):
    model = cl.I >> cl.parameter(R(3, 2))
    transposed = np.arange(6, dtype="float32").reshape(2, 3).T
    cl.save(path, model, (transposed,))
    assert np.array_equal(cl.load(path, model)[0], transposed)


def test_what_is_no_file_of_parameters(path, key):
    model = R(3) >> cl.dense(2)
    with pytest.raises(FileNotFoundError):
        cl.load(path, model)
    cl.save(path, model, model.init(key))
    for broken in (b"no such file", b"", path.read_bytes()[:-9], path.read_bytes()[:40]):
        path.write_bytes(broken)
        with pytest.raises(ArgumentError, match=rf"is no \{path.suffix} file"):
            cl.load(path, model)
    with pytest.raises(ArgumentError, match="as a tuple"):
        cl.save(path, model, None)


def test_other_suffixes_are_refused(tmp_path, key):
    model = R(3) >> cl.dense(2)
    for name in ("p.ckpt", "p", "p.npz.gz"):
        with pytest.raises(ArgumentError, match=r"ends in \.npz or \.safetensors"):
            cl.save(tmp_path / name, model, model.init(key))
        with pytest.raises(ArgumentError, match=r"ends in \.npz or \.safetensors"):
            cl.load(tmp_path / name, model)
    assert list(tmp_path.iterdir()) == []


def test_a_dtype_that_safetensors_has_not(tmp_path):
    model, params = cl.I >> cl.parameter(R(2, dtype="int4").named("a")), (jnp.ones(2, "int4"),)
    with pytest.raises(ArgumentError, match="can't hold int4, which a is"):
        cl.save(tmp_path / "p.safetensors", model, params)
    cl.save(tmp_path / "p.npz", model, params)
    assert np.array_equal(cl.load(tmp_path / "p.npz", model)[0], params[0])


def test_safetensors_is_asked_for_where_it_is_needed(tmp_path, key, monkeypatch):
    model = R(3) >> cl.dense(2)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(MissingPackageError, match=r"catlearn\[interop\]"):
        cl.save(tmp_path / "p.safetensors", model, model.init(key))
    with pytest.raises(MissingPackageError, match=r"catlearn\[interop\]"):
        cl.load(tmp_path / "p.safetensors", model)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file(path, key, monkeypatch):
    model = R(3) >> cl.dense(2)
    old = model.init(key)
    cl.save(path, model, old)

    def halfway(*args, **kwargs):
        path.with_name(path.name + ".draft").write_bytes(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr("numpy.lib.format.write_array", halfway)
    monkeypatch.setattr("safetensors.numpy.save_file", halfway)
    with pytest.raises(OSError, match="the disk is full"):
        cl.save(path, model, model.init(jax.random.key(1)))
    assert all(map(jnp.array_equal, cl.load(path, model), old)) and [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_with_names_of_pytorch_is_told_apart(tmp_path):
    linear = {"weight": np.ones((2, 3), "float32"), "bias": np.ones(2, "float32")}
    safetensors.numpy.save_file(linear, tmp_path / "p.safetensors")
    with pytest.raises(ArgumentError) as caught:
        cl.load(tmp_path / "p.safetensors", R(3) >> cl.dense(2))
    assert str(caught.value).splitlines()[1:] == ["  missing: kernel", "  unexpected: weight"]


def test_bits_of_another_dtype_are_no_bfloat16_in_safetensors(tmp_path):
    model = cl.I >> cl.parameter(R(3, dtype="bfloat16").named("a"))
    safetensors.numpy.save_file({"a": np.ones(3, "uint16")}, tmp_path / "p.safetensors")
    with pytest.raises(ArgumentError, match=r"misshapen: a is \(3,\) uint16, not \(3,\) bfloat16"):
        cl.load(tmp_path / "p.safetensors", model)


def test_what_does_not_fit_is_listed_whole(path, key):
    small = R(3) >> cl.dense(2).named("a") >> cl.tanh >> cl.dense(2).named("b")
    cl.save(path, small, small.init(key))
    other = R(3) >> cl.dense(4).named("a") >> cl.tanh >> cl.dense(2).named("c")
    with pytest.raises(ArgumentError) as caught:
        cl.load(path, other)
    said = str(caught.value)
    for line in (
        "missing: c.kernel",
        "missing: c.bias",
        "unexpected: b.kernel",
        "misshapen: a.kernel is (3, 2) float32, not (3, 4)",
    ):
        assert line in said


def test_parameters_of_another_model_are_not_written(path, key):
    f, g = R(3) >> cl.dense(2), R(3) >> cl.dense(4)
    with pytest.raises(ArgumentError):
        cl.save(path, f, g.init(key))
    assert list(path.parent.iterdir()) == []
