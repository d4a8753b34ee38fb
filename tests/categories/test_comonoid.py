"""How a wire is used more than once: arrays are copied, random keys are split."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import KEY, R, laws
from catlearn.categories.comonoid import has_keys, is_key, shared, split, spread
from catlearn.core.diagram import discard, identity, wiring
from catlearn.core.wires import object_of

ARRAYS = R(2) @ R(3, dtype="int32")
OTHER = KEY.named("other")


def data(keys):
    return [jax.random.key_data(k).tolist() for k in keys]


def test_arrays_are_copied():
    assert shared(ARRAYS, (0, 1, 0)) == wiring(ARRAYS, (0, 1, 0))
    assert laws.sharing(ARRAYS, (0, 1, 0, 0), (3, 1, 0, 2)) is None
    assert laws.comonoid(ARRAYS) is None


def test_keys_are_split_as_jax_splits_them(key):
    drawn = shared(KEY, (0, 0, 0))((), key)
    assert data(drawn) == data(jax.random.split(key, 3))
    assert data((KEY >> split(3))((), key)) == data(drawn)
    assert shared(KEY, (0,)) == identity(KEY) and shared(KEY, ()) == discard(KEY)  # counital


def test_each_wire_is_used_by_itself(key):
    """Type: `K ⊗ A ⊗ K' → A ⊗ K₁ ⊗ K' ⊗ K₂`."""
    a, other = jnp.ones(2), jax.random.key(1)
    out = shared(KEY @ R(2) @ OTHER, (1, 0, 2, 0))((), key, a, other)
    first, second = jax.random.split(key)
    assert out[0].tolist() == [1.0, 1.0] and data(out[1:]) == data([first, other, second])
    assert laws.sharing(KEY @ R(2) @ OTHER, (1, 0, 2, 0), (2, 1, 0, 3)) is None
    assert laws.no_key_twice(KEY @ R(2) @ OTHER, (1, 0, 2, 0, 2), key) is None


def test_a_key_that_is_used_twice_is_no_split(key):
    """Negative controls: copies of keys, a key that is used after it was split, and a comultiplication that is not counital."""
    assert laws.no_key_twice(KEY, (0, 0), key, comultiply=wiring) is not None
    kept = lambda A, uses: wiring(A, (0, 0)) >> identity(A) @ (A >> split(1))  # noqa: E731
    assert laws.no_key_twice(KEY, (0, 0), key, comultiply=kept) is not None
    always = lambda A, uses: A >> split(len(uses)) if uses else discard(A)  # noqa: E731
    assert laws.sharing(KEY, (0, 0), (0, 1), comultiply=always) is not None
    zeros = lambda A, uses: A >> cl.function(jnp.zeros_like) >> wiring(A, uses)  # noqa: E731
    assert laws.sharing(R(2), (0, 0), (0, 1), comultiply=zeros) is not None


def test_why_keys_are_split_all_at_once(key):
    """Splitting in two is neither coassociative nor cocommutative; n uses at once don't ask how they were put together."""

    class Halves:
        def wiring(self, dom, index):
            return shared(dom, index)

    found = laws.comonoid(KEY, Halves())
    assert found is not None and found.law == "coassociativity"
    assert laws.sharing(KEY, (0, 0), (1, 0)) is not None
    noisy = R(2) >> cl.noise(1.0)
    assert laws.extensional("brackets", (noisy >> noisy) >> noisy, noisy >> (noisy >> noisy)) is None


def test_spread_repeats_arrays_and_splits_keys(key):
    value = {"key": key, "array": jnp.arange(3)}
    many = spread(value, 2)
    assert many["array"].tolist() == [[0, 1, 2]] * 2 and data(many["key"]) == data(jax.random.split(key, 2))


def test_wires_that_carry_keys_among_arrays(key):
    assert is_key(key) and not is_key(jax.random.PRNGKey(0)) and not is_key(np.zeros(2))
    mixed = object_of(({"key": key, "array": jnp.zeros(3)},))
    assert has_keys(mixed.wires[0]) and not has_keys(R(2).wires[0])
    left, right = shared(mixed, (0, 0))((), {"key": key, "array": jnp.ones(3)})
    assert left["array"].tolist() == right["array"].tolist() == [1.0] * 3
    assert data([left["key"], right["key"]]) == data(jax.random.split(key))


@pytest.mark.parametrize("n", [0, 1, 4])
def test_splitting_in_n(n, key):
    assert (KEY >> split(n)).cod == KEY.select([0] * n)
