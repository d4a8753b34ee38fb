import subprocess
import sys

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.core.errors import ArgumentError, CompositionError, MissingPackageError, TypingError
from catlearn.interop.program import exported

WITHOUT_CATLEARN = """
import sys
import importlib.abc

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("catlearn", "equinox", "flax"):
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, Refuse())
import jax, jax.export, numpy as np
try:
    import catlearn
except ImportError:
    program = jax.export.deserialize(bytearray(open("model", "rb").read()))
    np.save("ys.npy", program.call(np.load("xs.npy")))
"""


@pytest.fixture(scope="module")
def trained(blobs):
    """A learner of boxes from three libraries and its state after some steps."""
    key = jax.random.key(0)
    theirs = cl.from_equinox(eqx.nn.Linear(4, 8, key=key)) >> cl.relu >> cl.from_flax(nn.Dense(5)) >> cl.tanh
    learner = cl.supervised(R(4) >> theirs >> cl.dense(3), cl.softmax_cross_entropy, cl.nesterov(0.05))
    return learner, learner.fit(learner.init(key), blobs, epochs=1, batch_size=10, key=key)[0]


def test_the_program_predicts_as_the_learner_does_whatever_the_number_of_examples(trained, blobs):
    learner, state = trained
    program = exported(learner.model, learner.params(state))
    for n in (1, 7, 90):
        xs = jnp.asarray(blobs[0][:n])
        np.testing.assert_allclose(program.call(xs), learner.predict(state, xs), rtol=1e-6, atol=1e-6)


def test_images_and_several_wires_and_dtypes(image_model, key):
    params, xs = image_model.init(key), jax.random.normal(key, (3, 8, 8, 1))
    np.testing.assert_allclose(exported(image_model, params).call(xs), cl.batch(image_model, 3)(params, xs), rtol=1e-6, atol=1e-6)
    two = (R(2) @ cl.wire({"a": R(3), "i": R(dtype="int32")})) >> cl.function(lambda x, d: (x[d["i"]] * d["a"], d), arity=2)
    given = jnp.arange(6.0).reshape(3, 2), {"a": jnp.ones((3, 3)), "i": jnp.array([0, 1, 1])}
    y, d = exported(two, ()).call(*given)
    assert np.array_equal(y[:, 0], [0, 3, 5]) and np.array_equal(d["i"], [0, 1, 1])
    constant = R(2) >> cl.function(lambda x: jnp.ones(3))
    assert exported(constant, ()).call(jnp.ones((4, 2))).shape == (4, 3)


def test_platforms(trained):
    learner, state = trained
    program = exported(learner.model, learner.params(state), ("cpu", "cuda", "tpu"))
    assert program.platforms == ("cpu", "cuda", "tpu")
    for platforms in ("cpu", (), ("gpu",)):
        with pytest.raises(ArgumentError, match="some of cpu, cuda, rocm, tpu"):
            exported(learner.model, learner.params(state), platforms)


def test_what_is_not_exported(trained):
    learner, state = trained
    with pytest.raises(ArgumentError, match="export takes 6 parameters"):
        exported(learner.model, state)
    with pytest.raises(TypingError, match="has no inputs"):
        exported(cl.I >> cl.parameter(R(3)), (jnp.ones(3),))
    with pytest.raises(TypingError, match="not yet a diagram"):
        exported(cl.dense(3), ())
    with pytest.raises(CompositionError, match=r"an arrow of Lens\(Smooth\)"):
        exported(cl.reverse(R(3) >> cl.tanh), ())


def test_a_missing_package_is_named(trained, tmp_path, monkeypatch):
    learner, state = trained
    monkeypatch.setitem(sys.modules, "flatbuffers", None)
    with pytest.raises(MissingPackageError, match=r"flatbuffers: pip install 'catlearn\[interop\]'"):
        cl.export(tmp_path / "model", learner.model, learner.params(state))
    assert list(tmp_path.iterdir()) == []


def test_a_process_without_catlearn_runs_the_file(trained, blobs, tmp_path):
    pytest.importorskip("flatbuffers")
    learner, state = trained
    cl.export(tmp_path / "model", learner.model, learner.params(state))
    np.save(tmp_path / "xs.npy", blobs[0])
    subprocess.run([sys.executable, "-c", WITHOUT_CATLEARN], cwd=tmp_path, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "ys.npy"), learner.predict(state, blobs[0]), rtol=1e-6, atol=1e-6)


def test_contexts_are_arguments_and_noise_is_left_out(key):
    net = R(3, 2) >> cl.graph_conv(2) >> cl.dropout(0.5) >> cl.tanh
    params, xs = net.init(key), jax.random.normal(key, (4, 3, 2))
    for graph, wire in ((cl.edge_list([0, 1], [1, 2], 3), cl.Graph(3, 2)), (jnp.eye(3), R(3, 3).named("graph"))):
        program = jax.export.deserialize(exported(cl.within(net, wire), params).serialize())
        graphs = jax.tree.map(lambda array: jnp.stack([array] * 4), graph)
        expected = jnp.stack([net(params, graph, x) for x in xs])
        np.testing.assert_allclose(program.call(graphs, xs), expected, rtol=1e-6, atol=1e-6)
    with pytest.raises(TypingError, match="left open"):
        exported(net, params)
