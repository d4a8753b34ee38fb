"""Shared fixtures: small models and learners, compiled once."""

import os
from importlib.metadata import version

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most of the time of small tests is the compiler's: all of them take half of it without its optimisations, and without the
# slow way of fusing that JAX 0.10 has, and later versions don't know.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true --xla_cpu_parallel_codegen_split_count=1"
    + (" --xla_cpu_use_fusion_emitters=false" if version("jaxlib") < "0.11" else ""),
)

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import catlearn as cl
from catlearn import R

settings.register_profile(
    "catlearn",
    deadline=None,
    derandomize=True,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("catlearn")


@pytest.fixture
def key():
    return jax.random.key(0)


@pytest.fixture(scope="session")
def compiled():
    """Compiles with the fusions that users get, for what is counted of a program."""
    options = {"xla_cpu_use_fusion_emitters": True} if "fusion_emitters" in os.environ["XLA_FLAGS"] else {}
    return lambda f, *args: jax.jit(f).lower(*args).compile(compiler_options=options)


@pytest.fixture(scope="session")
def image_model():
    return R(8, 8, 1) >> cl.conv(4, 3) >> cl.relu >> cl.max_pool(2) >> cl.flatten >> cl.dense(3)


@pytest.fixture(scope="session")
def blobs():
    """Three separable clouds of points: 90 examples of 4 features."""
    rng = np.random.default_rng(0)
    labels = np.arange(90, dtype=np.int32) % 3
    points = rng.normal(size=(90, 4)) * 0.5 + np.eye(4)[labels] * 3
    return points.astype(np.float32), labels


@pytest.fixture(scope="session")
def learner():
    model = R(4) >> cl.dense(8) >> cl.tanh >> cl.dense(3)
    return cl.supervised(model, cl.softmax_cross_entropy, cl.nesterov(0.05, 0.9), metrics={"accuracy": cl.accuracy})


@pytest.fixture
def batch_of_blobs(blobs):
    return jnp.asarray(blobs[0][:16]), jnp.asarray(blobs[1][:16])
