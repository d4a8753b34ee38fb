"""The laws of the functor GCNN_n → Para(CoKl(R(n, n), Smooth)): what it says of composites, of objects and of weights.

Source: Gavranović, Villani 2022 (arXiv 2212.00542), §5.
"""

from __future__ import annotations

import jax

from catlearn.categories.cokleisli import context_of
from catlearn.core.diagram import Diagram
from catlearn.core.values import pack
from catlearn.core.wires import Object, R
from catlearn.laws.counterexample import Counterexample, equal_values, first, sample
from catlearn.nets.graph.gcnn import gcnn


def gcnn_is_the_formula(net: Diagram, n: int, key: jax.Array) -> Counterexample | None:
    """The composite of layers `(W₁, σ₁), (W₂, σ₂), …` is `(A, X, W₁ ⊗ W₂ ⊗ …) ↦ …σ₂(A σ₁(A X W₁) W₂)…`.

    >>> import catlearn as cl
    >>> from catlearn.nets.graph.gcnn import gcnn_layer, width
    >>> net = width(3) >> gcnn_layer(4, cl.tanh) >> gcnn_layer(2)
    >>> gcnn_is_the_formula(net, 5, jax.random.key(0)) is None
    True
    """
    f = gcnn(n)(net)
    (A,), x, W = (sample(B, k) for B, k in zip((R(n, n), f.dom, net.param), jax.random.split(key, 3), strict=True))
    by_hand = x[0]
    for layer, weights in zip(net.parts, W, strict=True):
        by_hand = A @ by_hand @ weights
        sigma = layer.op.activation
        by_hand = by_hand if sigma is None else (R(*by_hand.shape) >> sigma)((), by_hand)
    return equal_values("a GCNN is σ(A X W)", f(W, A, *x), by_hand)


def gcnn_shares_one_graph(net: Diagram, n: int) -> Counterexample | None:
    """Weights are the syntax's, one for each layer; the context is one graph, however deep the net.

    >>> from catlearn.nets.graph.gcnn import gcnn_layer, width
    >>> gcnn_shares_one_graph(width(3) >> gcnn_layer(2) >> gcnn_layer(2), 5) is None
    True
    """
    f = gcnn(n)(net)
    return first(
        _same("the weights of a GCNN", f.param, net.param),
        _same("the context of a GCNN", context_of(f), R(n, n)),
    )


def _same(law: str, found: Object, expected: Object) -> Counterexample | None:
    return None if found == expected else Counterexample(law, "they are others", found, expected)


def gcnn_is_injective(A: Object, B: Object, n: int) -> Counterexample | None:
    """Objects that differ have images that differ, for graphs with nodes.

    >>> from catlearn.nets.graph.gcnn import width
    >>> gcnn_is_injective(width(3), width(2), 5) is None
    True
    """
    F = gcnn(n)
    return None if A == B or F(A) != F(B) else Counterexample("injective on objects", "two objects have one image", A, B)


def gcnn_is_faithful(net: Diagram, weights: tuple, others: tuple, n: int, key: jax.Array) -> Counterexample | None:
    """Other weights give another arrow: the images of two 1-cells that differ do so on some sample of graphs and features.

    It can be tried on weights that no symmetry of hidden features takes to each other: of those, as in every net, the arrows
    are equal while the 1-cells, whose weights are parameters, are not.

    >>> import catlearn as cl
    >>> from catlearn.nets.graph.gcnn import gcnn_layer, width
    >>> net, keys = width(3) >> gcnn_layer(4, cl.tanh), jax.random.split(jax.random.key(0), 3)
    >>> gcnn_is_faithful(net, net.init(keys[0]), net.init(keys[1]), 5, keys[2]) is None
    True
    """
    f = gcnn(n)(net)
    a, x = sample(R(n, n), key), sample(f.dom, jax.random.fold_in(key, 1))
    same = equal_values("weights", weights, others) is None
    values = [f(W, *a, *x) for W in (weights, others)]
    if same or equal_values("values", *values) is not None:
        return None
    return Counterexample("faithful", "other weights give the same arrow", pack(weights), pack(others))
