import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catlearn as cl
from catlearn import R, laws
from catlearn.algebra.automata import dfa, weighted_automaton, words
from catlearn.core.errors import ArgumentError, TypingError

INTS = R(dtype="int32")
# (ab)* over the letters a, b
AB = dfa(((1, 2), (2, 0), (2, 2)), start=0, accepting=(0,))


@pytest.fixture(scope="module")
def every_word():
    texts = [format(i, f"0{n}b").replace("0", "a").replace("1", "b") if n else "" for n in range(6) for i in range(2**n)]
    return texts, *map(jnp.asarray, words(texts, "ab", 5))


def test_an_automaton_accepts_its_language(every_word):
    """Against Python's regular expressions, on all words of up to five letters."""
    texts, letters, lengths = every_word
    f = R(5, dtype="int32") @ INTS >> cl.fold(AB, masked=True) >> AB.accepts
    expected = [re.fullmatch("(ab)*", text) is not None for text in texts]
    np.testing.assert_array_equal(cl.batch(f, len(texts))((), letters, lengths), expected)
    other = dfa(AB.transitions, start=0, accepting=(1,))
    g = R(5, dtype="int32") @ INTS >> cl.fold(other, masked=True) >> other.accepts
    assert not np.array_equal(cl.batch(g, len(texts))((), letters, lengths), expected)


def test_a_weighted_automaton_with_its_matrices_is_the_automaton(every_word):
    """The same fold over the numbers: α M(a₁) … M(aₜ) β is 1 on the language and 0 elsewhere."""
    texts, letters, lengths = every_word
    f = R(5, dtype="int32") @ INTS >> cl.fold(weighted_automaton(2, 3), masked=True)
    weights = cl.batch(f, len(texts))((jnp.eye(3)[0], jnp.asarray(AB.matrices)), letters, lengths)
    np.testing.assert_array_equal(weights[:, 0], [re.fullmatch("(ab)*", text) is not None for text in texts])


def test_the_functor_from_states_to_vectors_is_a_homomorphism():
    """One-hot encoding is a homomorphism from the automaton to its matrices, on each letter."""
    for letter in range(2):
        read = lambda table: cl.Algebra(cl.X, R(3), cl.function(lambda s: s @ table))  # noqa: E731
        right, wrong = read(jnp.asarray(AB.matrices[letter])), read(jnp.asarray(AB.matrices[letter].T))
        assert laws.algebra_homomorphism(R(3), right, right) is None
        assert laws.algebra_homomorphism(R(3), right, wrong) is not None
        for q in range(3):
            np.testing.assert_array_equal(jnp.eye(3)[q] @ AB.matrices[letter], jnp.eye(3)[AB.transitions[q][letter]])


def test_a_weighted_automaton_learns_a_language(every_word, key):
    texts, letters, lengths = every_word
    targets = jnp.asarray([text.count("b") % 2 for text in texts])
    model = R(5, dtype="int32") @ INTS >> cl.fold(weighted_automaton(2, 4), masked=True) >> cl.dense(2)
    learner = cl.supervised(model, cl.softmax_cross_entropy, cl.adam(0.05), metrics={"accuracy": cl.accuracy})
    _, history = learner.fit(learner.init(key), ((letters, lengths), targets), epochs=60, batch_size=21, key=key)
    assert history["accuracy"][-1] == 1.0


def test_letters_that_there_are_not(key):
    f = R(3, dtype="int32") >> cl.fold(AB)
    assert int(jax.jit(f)((), jnp.array([0, 5, 1]))) == -1  # and stays there
    assert laws.batch_runs_each_example(R(3, dtype="int32") >> cl.fold(weighted_automaton(2, 3)), 2, key) is None
    for g in (R(dtype="int32") @ R(dtype="int32") >> AB, INTS @ R(3) >> weighted_automaton(2, 3)):
        with pytest.raises(ArgumentError, match="there are letters 0 to 1"):
            g(g.init(key), jnp.int32(2), *laws.sample(g.dom[1:], key))


@pytest.mark.parametrize("automaton", [AB, weighted_automaton(2, 3)], ids=["dfa", "weighted"])
def test_automata_stand_beside_other_arrows(automaton):
    states = automaton.carrier(INTS)
    assert (INTS @ states @ R(4) >> automaton @ cl.tanh).cod == states @ R(4)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: dfa(((0, 3),)), TypingError, "states 0 to 0, and no state 3"),
        (lambda: dfa(((0, 0),), start=1), TypingError, "no state 1"),
        (lambda: dfa(((0,), (0, 1))), TypingError, "a table of whole numbers"),
        (lambda: dfa(((0.5,),)), TypingError, "a table of whole numbers"),
        (lambda: R(4) >> cl.fold(AB), TypingError, "reads letters"),
        (lambda: weighted_automaton(0, 3), TypingError, "letters must be a whole number"),
        (lambda: words(["abc"], "ab", 5), ArgumentError, "'abc'"),
        (lambda: words(["abab"], "ab", 3), ArgumentError, "more than 3 letters"),
    ],
)
def test_bad_automata(make, error, said):
    with pytest.raises(error, match=said):
        make()
