"""What diagrams with a determinant share: signs, parts, and the costs that `apply` declares."""

from math import factorial

import jax
import jax.numpy as jnp
import pytest

from catlearn.core.errors import ArgumentError, TypingError
from catlearn.equivariant import Jellyfish, grood, grood_diagrams, jellyfish, jellyfish_diagrams


def additions(d):
    """How many additions the sums in the program of `apply` are."""

    def every(jaxpr):
        for e in jaxpr.eqns:
            yield e
            for inner in e.params.values():
                if hasattr(inner, "jaxpr"):
                    yield from every(inner.jaxpr)

    jaxpr = jax.make_jaxpr(lambda x: d.apply(x))(jnp.ones((d.n,) * d.dom)).jaxpr
    sums = [e for e in every(jaxpr) if e.primitive.name == "reduce_sum"]
    return sum(e.invars[0].aval.size - e.outvars[0].aval.size for e in sums)


@pytest.mark.parametrize(
    "diagrams", [grood_diagrams(3, 3, 2), grood_diagrams(3, 4, 1), jellyfish_diagrams(3, 2, 2), grood_diagrams(2, 3, 1)]
)
def test_apply_adds_as_often_as_it_says(diagrams):
    for d in [d for d in diagrams if d.marked][::3]:
        n, u, b = d.n, len(d.cross), len(d.domain_only)
        c, m, s = (sum(block in d.marked for block in kind) for kind in (d.cross, d.domain_only, d.codomain_only))
        free = factorial(n - c - s)
        sums = n ** (u - c) * factorial(n) // (free * factorial(s))
        assert additions(d) == n ** (u + b) - n ** (u + m) + sums * (free - 1)


def test_the_order_of_places_does_not_matter_and_that_of_points_does():
    assert jellyfish("*1|*2", "") == jellyfish("*2|*1", "")
    flipped = jellyfish("1|2", "2|1", n=2) >> jellyfish("*1|*2", "")
    assert flipped == -1 * jellyfish("*1|*2", "") and flipped != jellyfish("*1|*2", "")
    assert grood("*12", "").dagger() == grood("", "*12") and grood("*1", "*1").dagger() == -grood("*1", "*1")


def test_a_leg_that_is_joined_with_none_is_hidden():
    d = jellyfish("*1|2", "", n=2)
    assert d.hidden == 1 and d.matrix().tolist() == [[1, 1, -1, -1]]
    assert jellyfish("12", "", n=2).hidden == 0
    assert (jellyfish("", "1", n=2) >> jellyfish("*1", "*1", n=2)).marked == ((0,),)
    assert not (jellyfish("", "1", n=2) >> jellyfish("*1", "", n=2)).matrix().any()


def test_marks_that_do_not_fit_are_refused():
    for marked in (((0,),), ((0, 1), (0, 1)), ((0, 2),)):
        with pytest.raises(TypingError):
            Jellyfish(1, 1, ((0, 1),), 0, 1, marked)
    with pytest.raises(ArgumentError):
        Jellyfish(1, 1, ((0, 1),), 0, 0)
    with pytest.raises(ArgumentError, match="no meaning"):
        grood("*12", "").apply(jnp.ones((2, 2)), 3)
