"""What a diagram that reads contexts means in `Para(CoKl(A, C))`, over Smooth, lenses, or whatever else Smooth goes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catlearn.categories.cokleisli import CoKl, ask, context_of, read_from
from catlearn.categories.comonoid import shared
from catlearn.categories.lens import Lens
from catlearn.categories.para import Para, Parametric
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import Smooth, smooth
from catlearn.core.diagram import Box, Diagram, identity
from catlearn.core.functor import Functor
from catlearn.core.wires import Object


def lens(f: Any) -> Any:
    """`Smooth → Lens(Smooth)` on objects and arrows: the optic that the reverse of a diagram means, with its parameters.

    >>> import catlearn as cl
    >>> lens(cl.R(2) >> cl.tanh).base
    Lens(Smooth)
    """
    return reverse(f) if isinstance(f, Object) else Lens(Smooth).semantics(reverse(f))


def contextual(f: Diagram, context: Object | None = None, to: Callable[[Any], Any] = smooth) -> Parametric:
    """The meaning of a diagram of CoKl(A, Smooth) in `Para(CoKl(A, C))`. Type: `(X → Y) ↦ (P, A ⊗ X ⊗ P → Y)`.

    `to` is a functor from Smooth to Para(C), on objects and arrows: `smooth`, or `lens` for reverse derivatives. `context` is A,
    with what f reads among its names (no more than that, unless told). Parameters are wires of X ⊗ P, and the context comes
    before them: so weights are local, and the context is one for all. Raises ContextError for a context that f does not fit.
    Source: Gavranović, Villani 2022 (arXiv 2212.00542), §4.

    >>> import catlearn as cl
    >>> net = cl.within(cl.R(5, 3) >> cl.graph_conv(2), cl.R(5, 5).named("graph"))
    >>> contextual(net).base, contextual(net).arrow.arrow.dom
    (CoKl(graph: R(5, 5), Smooth), R(5, 5) @ R(5, 3) @ R(3, 2) @ R(2))
    """
    A = context_of(f) if context is None else context
    category = context_category(A, to)

    def on_box(box: Box) -> Parametric:
        if isinstance(box.op, ask):
            asked = category.ask(*(category.names.index(name) for name in box.op.wires.labels))
            return Para(category).embed(asked)
        meant = to(box)
        return Parametric(category, meant.dom, meant.param, category.embed(meant.arrow))

    return Functor(Para(category), lambda wire: to(Object((wire,))), on_box, name="contextual")(read_from(A, f))


def context_category(A: Object, to: Callable[[Any], Any] = smooth) -> CoKl:
    """`CoKl(A, C)` for a functor from Smooth to Para(C): arrays of A are copied there, and random keys split.

    >>> import catlearn as cl
    >>> context_category(cl.KEY, lens)
    CoKl(key: Pair(R(dtype='key<fry>'), I), Lens(Smooth))
    """
    return CoKl(to(A), to(identity(A)).base, lambda _, uses: to(shared(A, uses)).arrow)
