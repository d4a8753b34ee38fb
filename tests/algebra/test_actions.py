import itertools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R
from catlearn.algebra.actions import action, by_conjugation, cyclic, defining, dihedral, free, rotations, symmetric, trivial
from catlearn.algebra.monads import writer
from catlearn.core.errors import TypingError
from catlearn.laws import algebra_homomorphism
from catlearn.laws.monads import group, monad_algebra

GROUPS = [cyclic(4), dihedral(4), symmetric(4), rotations(4)]


def frozen(f, seed=0):
    params = f.init(jax.random.key(seed))
    keys = jax.random.split(jax.random.key(seed + 1), len(params))
    return cl.freeze(f, tuple(p + 0.3 * jax.random.normal(k, p.shape) for p, k in zip(params, keys)))


def elements(g, tries=200):
    drawn = jax.vmap(lambda key: g.draw(key)[0])(keys(tries))
    return {tuple(m.ravel()) for m in np.asarray(drawn).astype(int)}


def keys(n):
    return jax.random.split(jax.random.key(0), n)


@pytest.mark.parametrize("g", GROUPS, ids=repr)
def test_each_is_a_group(g):
    assert group(g) is None
    assert eval(repr(g)) == g


@pytest.mark.parametrize("act, V", [(defining, R(3, 2) @ R(3)), (by_conjugation, R(3, 3, 2)), (trivial, R(2)), (free, R(2))])
def test_standard_actions_are_actions(act, V):
    assert monad_algebra(writer(rotations(3)), act(rotations(3), V)) is None


@pytest.mark.parametrize("g, order", [(cyclic(4), 4), (dihedral(4), 8), (dihedral(3), 6), (symmetric(3), 6), (symmetric(1), 1)])
def test_they_have_as_many_elements_as_they_should(g, order):
    assert len(elements(g)) == order


def test_permutations_are_permutation_matrices():
    all_of_them = {tuple(np.eye(3, dtype=int)[list(p)].ravel()) for p in itertools.permutations(range(3))}
    assert elements(symmetric(3)) == all_of_them
    assert elements(cyclic(3)) <= all_of_them
    rolled = {tuple(np.roll(np.eye(4, dtype=int), k, 0).ravel()) for k in range(4)}
    assert elements(cyclic(4)) == rolled and rolled < elements(dihedral(4))


def test_rotations_are_proper_and_uniform():
    """Haar's measure: the mean is 0 and the mean of (g₀₀)² is 1/n."""
    gs = jax.vmap(lambda key: rotations(3).draw(key)[0])(keys(4000))
    assert np.allclose(jnp.linalg.det(gs), 1, atol=1e-5)
    assert np.allclose(gs @ gs.mT, jnp.eye(3), atol=1e-5)
    assert np.allclose(jnp.mean(gs, 0), 0, atol=0.05) and np.allclose(jnp.mean(gs**2, 0), 1 / 3, atol=0.02)


def test_what_is_no_group_is_caught():
    assert group(replace(rotations(3), inverse=cl.R(3, 3))).law == "left inverse"
    assert group(replace(rotations(3), multiply=cl.function(jnp.subtract, arity=2))).law == "associativity"


def test_what_is_no_action_is_caught():
    from_the_right = lambda g: action(g, R(3), lambda h, x: h.T @ x)  # noqa: E731
    assert monad_algebra(writer(symmetric(3)), from_the_right(symmetric(3))).law == "multiplication of an algebra"
    assert monad_algebra(writer(cyclic(3)), from_the_right(cyclic(3))) is None  # Abelian: left and right are one
    shifted = action(cyclic(3), R(3), lambda h, x: h @ x + 1)
    assert monad_algebra(writer(cyclic(3)), shifted).law == "unit of an algebra"


# equivariance


class TestPermutations:
    G = symmetric(5)
    on_sets = staticmethod(lambda d: defining(TestPermutations.G, R(5, d)))

    def test_sums_are_invariant(self):
        pooled = R(5, 2) >> cl.function(lambda x: x.sum(0))
        assert algebra_homomorphism(pooled, self.on_sets(2), trivial(self.G, R(2))) is None
        first = R(5, 2) >> cl.function(lambda x: x[0])
        assert algebra_homomorphism(first, self.on_sets(2), trivial(self.G, R(2))) is not None

    def test_deep_sets_are_equivariant(self):
        """Zaheer et al. 2017 (Deep Sets): `x Λ + 1 (mean x) Γ`."""
        spread = cl.function(lambda x: jnp.broadcast_to(x.mean(0), x.shape))
        layer = frozen(cl.copy(R(5, 2)) >> (cl.dense(3) @ (spread >> cl.linear(3))) >> cl.add >> cl.relu)
        assert algebra_homomorphism(layer, self.on_sets(2), self.on_sets(3)) is None

    def test_dense_layers_across_the_set_are_not(self):
        across = frozen(R(5, 2) >> cl.transpose(1, 0) >> cl.dense(5) >> cl.transpose(1, 0))
        assert algebra_homomorphism(across, self.on_sets(2), self.on_sets(2)) is not None

    def test_self_attention_is_equivariant(self):
        on_sequences = self.on_sets(4)
        assert algebra_homomorphism(frozen(R(5, 4) >> cl.attention(2)), on_sequences, on_sequences) is None

    def test_causal_attention_and_positions_are_not(self):
        on_sequences = self.on_sets(4)
        for f in (R(5, 4) >> cl.attention(2, causal=True), R(5, 4) >> cl.positions() >> cl.attention(2)):
            assert algebra_homomorphism(frozen(f), on_sequences, on_sequences) is not None

    def test_message_passing_is_equivariant_where_the_graph_moves_too(self):
        """f(P A Pᵀ, P x) = P f(A, x); not in x alone."""
        on_graphs = action(self.G, R(5, 5) @ R(5, 2), lambda g, a, x: (g @ a @ g.T, g @ x))
        passing = cl.function(lambda a, x: jnp.tanh(a @ x), arity=2)
        assert monad_algebra(writer(self.G), on_graphs) is None
        assert algebra_homomorphism(passing, on_graphs, self.on_sets(2)) is None
        still = action(self.G, R(5, 5) @ R(5, 2), lambda g, a, x: (a, g @ x))
        assert algebra_homomorphism(passing, still, self.on_sets(2)) is not None


def circular(kernel):
    return cl.function(lambda x: sum(k * jnp.roll(x, i - len(kernel) // 2, 0) for i, k in enumerate(kernel)))


class TestSignalsOnACircle:
    def test_circular_convolutions_are_equivariant(self):
        around = defining(cyclic(6), R(6, 2))
        wrapped = R(6, 2) >> cl.function(lambda x: jnp.pad(x, ((1, 1), (0, 0)), mode="wrap"))
        assert algebra_homomorphism(frozen(wrapped >> cl.conv(2, (3,), padding="VALID")), around, around) is None
        assert algebra_homomorphism(frozen(R(6, 2) >> cl.conv(2, (3,), padding="SAME")), around, around) is not None

    def test_symmetric_kernels_commute_with_flips_too(self):
        for G in (cyclic(6), dihedral(6)):
            around = defining(G, R(6, 2))
            assert algebra_homomorphism(circular((0.5, 2.0, 0.5)), around, around) is None
        turned, flipped = defining(cyclic(6), R(6)), defining(dihedral(6), R(6))
        assert algebra_homomorphism(circular((1.0, 2.0, -1.0)), turned, turned) is None
        assert algebra_homomorphism(circular((1.0, 2.0, -1.0)), flipped, flipped) is not None

    def test_pooling_everything_is_invariant_and_a_window_is_not(self):
        around, still = defining(dihedral(6), R(6, 2)), trivial(dihedral(6), R(2))
        assert algebra_homomorphism(cl.function(lambda x: x.max(0)), around, still) is None
        assert algebra_homomorphism(cl.function(lambda x: x[:3].max(0)), around, still) is not None


class TestRotations:
    G, on_vectors = rotations(3), defining(rotations(3), R(3))

    def test_norm_gates_are_equivariant(self):
        gate = cl.function(lambda x: x * jax.nn.sigmoid(jnp.linalg.norm(x)))
        assert algebra_homomorphism(gate, self.on_vectors, self.on_vectors) is None

    def test_activations_of_each_coordinate_are_not(self):
        assert algebra_homomorphism(cl.relu, self.on_vectors, self.on_vectors) is not None
        assert algebra_homomorphism(cl.tanh, self.on_vectors, self.on_vectors) is not None

    def test_norms_are_invariant(self):
        still = trivial(self.G, R())
        assert algebra_homomorphism(cl.function(jnp.linalg.norm), self.on_vectors, still) is None
        assert algebra_homomorphism(cl.function(jnp.sum), self.on_vectors, still) is not None

    def test_cross_products_are_equivariant_and_traces_invariant(self):
        two = defining(self.G, R(3) @ R(3))
        assert algebra_homomorphism(cl.function(jnp.cross, arity=2), two, self.on_vectors) is None
        on_matrices, still = by_conjugation(self.G, R(3, 3)), trivial(self.G, R())
        assert algebra_homomorphism(cl.function(jnp.trace), on_matrices, still) is None
        assert algebra_homomorphism(cl.function(lambda m: m[0, 0]), on_matrices, still) is not None


@pytest.mark.parametrize("g", [symmetric(3), rotations(3)], ids=repr)
def test_equivariant_maps_from_the_free_action_are_plain_maps(g):
    """`k ↦ ((g, x) ↦ g · k(x))` and `h ↦ (x ↦ h(1, x))` are inverse to one another."""
    W, on_Y, on_free = writer(g), defining(g, R(3)), free(g, R(2))
    k = frozen(R(2) >> cl.dense(3) >> cl.tanh)
    h = W.extend(k, on_Y)
    assert algebra_homomorphism(h, on_free, on_Y) is None
    by_hand = cl.function(lambda m, x: m @ k((), x), arity=2)
    assert cl.laws.extensional("g · k(x)", h, g.carrier @ R(2) >> by_hand) is None
    assert cl.laws.extensional("h(1, x)", W.unit(R(2)) >> h, k) is None
    mixed = g.carrier @ R(2) >> cl.function(lambda m, x: m @ jnp.sin(jnp.array([x[0], x[1], x[0] * x[1]])), arity=2)
    assert algebra_homomorphism(mixed, on_free, on_Y) is None
    assert cl.laws.extensional("h", W.extend(W.unit(R(2)) >> mixed, on_Y), mixed) is None
    assert algebra_homomorphism(h >> cl.function(lambda y: y.at[0].add(1.0)), on_free, on_Y) is not None
    left = g.carrier @ R(2) >> cl.function(lambda m, x: m.T @ k((), x), arity=2)
    assert algebra_homomorphism(left, on_free, on_Y) is not None


def test_carriers_can_have_elements_of_their_own():
    """g k(x) + (det g − 1) is equivariant, because det g = 1: on rotations, not on any matrix."""
    g = rotations(3)
    h = g.carrier @ R(3) >> cl.function(lambda m, x: m @ jnp.tanh(x) + (jnp.linalg.det(m) - 1), arity=2)
    draw = lambda A, key: (*g.draw(key), *cl.laws.sample(A[1:], key))  # noqa: E731
    assert algebra_homomorphism(h, free(g, R(3)), defining(g, R(3)), draw=draw) is None
    assert algebra_homomorphism(h, free(g, R(3)), defining(g, R(3))) is not None


def test_actions_keep_the_type_of_what_they_act_on(key):
    for V in (R(3, dtype="bfloat16"), R(3, 2, dtype="complex64")):
        assert defining(symmetric(3), V).arrow.cod == V
        assert monad_algebra(writer(symmetric(3)), defining(symmetric(3), V)) is None
    assert cl.laws.agrees_with_vjp(defining(rotations(3), R(3, 2)).arrow, key) is None
    assert cl.laws.batch_runs_each_example(by_conjugation(rotations(3), R(3, 3)).arrow, 2, key) is None
    with pytest.raises(TypingError, match="must end in"):
        defining(rotations(3), R(3, dtype="int32"))


def test_what_does_not_fit_is_refused():
    for make, least in ((symmetric, 1), (cyclic, 1), (dihedral, 3), (rotations, 1)):
        with pytest.raises(TypingError, match=f"whole number ≥ {least}"):
            make(least - 1)
    with pytest.raises(TypingError, match="the inverse"):
        replace(cyclic(3), inverse=R(2))
    with pytest.raises(TypingError, match="can't be typed"):
        defining(cyclic(3), R(4))
