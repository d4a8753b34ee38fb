"""Other uses of the one composite: dreams, games, and losses that see the input.

Source: Cruttwell et al. 2021 (arXiv 2103.01931), and in more detail Cruttwell et al. 2024, *Deep Learning with
Parametric Lenses* (arXiv 2404.00408): deep dreaming, and generative adversarial networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.categories.function import constant, parameter
from catlearn.categories.smooth import change
from catlearn.core.diagram import Diagram, copy, identity, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.text import short
from catlearn.core.wires import I
from catlearn.learn.around import by_path
from catlearn.learn.context import of_smooth
from catlearn.learn.learner import Learner, supervised
from catlearn.learn.losses import dot_product, loss
from catlearn.learn.optimiser import Optimiser


def dream(
    model: Diagram,
    params: Sequence[Any],
    optimiser: Optimiser,
    *,
    loss: Family = dot_product,
    init: Callable[[jax.Array], tuple] | None = None,
) -> Learner:
    """Deep dreaming: the learner whose optimiser sits on the input wire of a trained model. It learns an input `A`.

    `P` is fixed, and `A ⊗ P → B` read as an arrow `I → B` with parameters A. A batch is `((), targets)`: with `ascent` and
    the dot product, one-hot targets ask for that logit, `a⁺ = a + ε·π_A R[f](p, a, b_t)`. The dream begins at `init(key)`,
    zeros unless told, or at any input `x` by `learner.start((x,))`.
    Source: arXiv 2404.00408 (deep dreaming: the optimiser on A/A', P' discarded).

    >>> import jax, jax.numpy as jnp, catlearn as cl
    >>> model = cl.R(3) >> cl.dense(2)
    >>> dreamer = cl.dream(model, model.init(jax.random.key(0)), cl.ascent(0.1))
    >>> state, metrics = dreamer.step(dreamer.init(jax.random.key(1)), ((), jnp.array([[0.0, 1.0]])))
    >>> state[0].shape
    (3,)
    """
    model = of_smooth(model)
    if not change(model.dom).wires:
        raise TypingError(f"dream: {short(model)} takes {model.dom}, which can't change smoothly; dream of what feeds it.")
    names = ["input"] if len(model.dom) == 1 else [f"input{i}" for i in range(len(model.dom))]
    A = model.dom.named(*names)
    fixed = model.reparameterise(constant(tuple(params), model.param)) if model.param.wires else model
    return supervised(identity(I) >> parameter(A, init) >> fixed, loss, optimiser)


def _gap(fake: jax.Array, real: jax.Array) -> jax.Array:
    return jnp.sum(real - fake)


wasserstein = loss(_gap, I, arity=2)


def gan(
    generator: Diagram,
    discriminator: Diagram,
    optimisers: tuple[Optimiser, Optimiser],
    *,
    loss: Family = wasserstein,
) -> Learner:
    """Two players in one reverse pass: `(G; D) ⊗ D : Z ⊗ X → R ⊗ R`, tied along `P ⊗ Δ_Q`. Type of G: `Z → X`, of D: `X → R`.

    The loss sees `(D(G(z)), D(x))`: unless told, `D(x) − D(G(z))`, which the generator's optimiser is to descend and the
    discriminator's to ascend: `optimisers=(descent(…), ascent(…))`. Δ_Q adds both contributions to the discriminator's
    gradient. A batch is `((zs, xs), ())`; paths begin with `generator.` and `discriminator.`.
    Source: arXiv 2404.00408 (generative adversarial networks); Arjovsky, Chintala, Bottou 2017 (arXiv 1701.07875) for the loss.
    Raises TypingError where D does not take what G makes.

    >>> import catlearn as cl
    >>> G, D = cl.R(2) >> cl.dense(3), cl.R(3) >> cl.dense(1)
    >>> cl.gan(G, D, (cl.descent(0.1), cl.ascent(0.1))).model.param.labels
    ('generator.kernel', 'generator.bias', 'discriminator.kernel', 'discriminator.bias')
    """
    if not isinstance(optimisers, tuple) or len(optimisers) != 2:
        raise TypingError(f"gan: optimisers is a pair, the generator's and the discriminator's, got {optimisers!r}.")
    if generator.cod != discriminator.dom:
        raise TypingError(f"gan: {short(generator)} makes {generator.cod}, and {short(discriminator)} takes {discriminator.dom}.")
    G, D = generator.named("generator"), discriminator.named("discriminator")
    both = (G >> D) @ D
    n, m = len(G.param), len(D.param)
    P = (G @ D).param
    tied = both.reparameterise(wiring(P, (*range(n + m), *range(n, n + m))))
    players = zip(("generator", "discriminator"), (n, m), optimisers, strict=True)
    return supervised(tied, loss, by_path({f"{name}|{name}.*": player for name, size, player in players if size}))


def with_input(model: Diagram) -> Diagram:
    """The model that also shows its input, for a loss that depends on the data. Type: `(A ⊗ P → B) ↦ (A ⊗ P → B ⊗ A)`.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> coder = cl.R(4) >> cl.dense(2) >> cl.dense(4)
    >>> rebuilt = cl.loss(lambda y, x: jnp.sum((y - x) ** 2), cl.I, arity=2)
    >>> cl.supervised(cl.with_input(coder), rebuilt, cl.adam(0.01)).loss.cod
    R()
    """
    return copy(model.dom) >> (model @ identity(model.dom))
