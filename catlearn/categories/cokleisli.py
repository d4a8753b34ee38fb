"""`CoKl(A, C)`: arrows of C that read one context A, through its comonoid. An arrow `X → Y` here is one `A ⊗ X → Y` of C.

Source: Gavranović, Villani 2022, "Graph convolutional neural networks as parametric coKleisli morphisms" (arXiv 2212.00542), §3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax

from catlearn.categories.comonoid import has_keys, shared
from catlearn.categories.function import constant, parameter
from catlearn.categories.para import Parametric
from catlearn.categories.smooth import Smooth, uncurry
from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Box, Diagram, Reparameterised, identity, wiring
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.core.family import Family, Layer
from catlearn.core.functor import Free, Functor, same_wire
from catlearn.core.parameters import initialise
from catlearn.core.retype import retyped
from catlearn.core.shown import Shown
from catlearn.core.text import short
from catlearn.core.values import values_of
from catlearn.core.wires import I, Object, Wire, count, object_of, wire

SILENCE = wire({}, label="key")  # the context of keys with nothing in it


class ContextError(CompositionError):
    """Arrows that read different contexts under one name, or a context that is not the one that was declared."""


# the category


@dataclass(frozen=True, repr=False)
class CoKleisli(Arrow):
    """An arrow `X → Y` of CoKl(A, C): the wires of A that it uses, one for each time, and `open : X ⊗ A[uses] → Y`.

    `open` is a 1-cell of Para(C) whose parameters are uses of the context, so composites are those of Para, strictly
    associative; and `arrow : A ⊗ X → Y` is that cell reparameterised along the comultiplication `A → A[uses]`.
    For two arrows this is the composite `(δ ⊗ 1); (1 ⊗ f); g` of the coKleisli category. Source: arXiv 2212.00542, §3.
    """

    category: CoKl
    uses: tuple[int, ...]
    open: Parametric

    @property
    def dom(self) -> Object:
        return self.open.dom

    @property
    def cod(self) -> Object:
        return self.open.cod

    def then(self, other: Any) -> CoKleisli:
        other = self.category.lifted(other)
        return CoKleisli(self.category, self.uses + other.uses, self.open.then(other.open))

    def tensor(self, other: Any) -> CoKleisli:
        other = self.category.lifted(other)
        return CoKleisli(self.category, self.uses + other.uses, self.open.tensor(other.open))

    def __rrshift__(self, other: Any) -> CoKleisli:
        return self.category.lifted(other).then(self)

    def __rmatmul__(self, other: Any) -> CoKleisli:
        return self.category.lifted(other).tensor(self)

    @property
    def arrow(self) -> Any:
        """The arrow `A ⊗ X → Y` of C that this is."""
        A, C = self.category.context, self.category.base
        closed = self.open.reparameterise(self.category.uses(self.uses)).arrow
        n, m = len(A), len(self.dom)
        return C.wiring(A @ self.dom, (*range(n, n + m), *range(n))) >> closed

    def pull(self, r: Any, category: CoKl) -> CoKleisli:
        """The same arrow over another context, along `r : A' → A` of C, as one of `CoKl(A', C)`. Type: `(r ⊗ 1); f`.

        It is a functor where r is a map of comonoids, as all are that C copies. See `pull_context` for diagrams.
        """
        C, X, A = self.category.base, self.dom, category.context
        n, m = len(X), len(A)
        given = C.wiring(X @ A, (*range(n, n + m), *range(n))) >> (r @ C.wiring(X, range(n))) >> self.arrow
        return CoKleisli(category, (*range(m),), Parametric(C, X, A, given))

    def like(self, node: Any, functor: str) -> CoKleisli:
        return replace(self, open=replace(self.open, arrow=self.open.arrow.like(node, functor)))


@dataclass(frozen=True)
class CoKl(Shown):
    """The coKleisli category of the comonad `A ⊗ −`, for a comonoid A of C: `CoKl(A, C)`. Wires of A have names.

    `comultiply(A, uses)` is the arrow `A → A[uses[0]] ⊗ …` of C (copies, unless told). As the category of diagrams it is
    over Smooth, where arrays are copied and random keys split; diagrams of Smooth are diagrams of it that read nothing.
    Source: arXiv 2212.00542, §3 (the coreader comonad).

    >>> import catlearn as cl
    >>> (cl.R(3) >> cl.dropout(0.5)).category
    CoKl(key: R(dtype='key<fry>'), Smooth)
    """

    context: Object
    base: Any = Smooth
    comultiply: Callable[[Object, Sequence[int]], Any] | None = field(default=None, compare=False)
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(map(_name_of, self.context)))

    # as a target of functors

    def wiring(self, dom: Object, index: Sequence[int]) -> CoKleisli:
        return self.embed(self.base.wiring(dom, index))

    def embed(self, f: Any) -> CoKleisli:
        """C → CoKl(A, C): an arrow that reads nothing, `(ε ⊗ 1); f`."""
        return CoKleisli(self, (), Parametric(self.base, f.dom, I, f))

    def lifted(self, f: Any) -> CoKleisli:
        return f if isinstance(f, CoKleisli) else self.embed(f)

    def ask(self, *uses: int) -> CoKleisli:
        """The wires of the context themselves. Type: `I → A[uses]`; every arrow here is one of these composed."""
        A = self.context.select(uses)
        return CoKleisli(self, uses, Parametric(self.base, I, A, self.base.wiring(A, range(len(A)))))

    def uses(self, uses: Sequence[int]) -> Any:
        """The comultiplication `A → A[uses[0]] ⊗ …` as an arrow of C."""
        return (self.comultiply or self.base.wiring)(self.context, uses)

    def along(self, F: Callable[[Any], Any], target: CoKl) -> Callable[[CoKleisli], CoKleisli]:
        """CoKl(F) of a functor `F : C → D` on objects and arrows that takes the one comonoid to the other."""
        return lambda f: CoKleisli(
            target, f.uses, Parametric(target.base, F(f.dom), F(f.category.context.select(f.uses)), F(f.open.arrow))
        )

    # as the category of diagrams

    @staticmethod
    def join(a: Any, b: Any) -> CoKl | None:
        """The category of composites of arrows of both: contexts are put together by name, keys last."""
        contexts = [c.context if isinstance(c, CoKl) else I for c in (a, b)]
        bases = {c.base if isinstance(c, CoKl) else c for c in (a, b)}
        return CoKl(_together(*contexts), bases.pop()) if len(bases) == 1 else None

    def underlying(self, f: Diagram) -> Diagram:
        """The diagram `A ⊗ X → Y` of C that a diagram `X → Y` of this category is."""
        return _underlying(self.context, f)

    def call(self, f: Diagram, params: tuple, given: tuple) -> Any:
        """Run a diagram on values of its contexts, then of its inputs; keys may be left out, for inference."""
        contexts = _contexts(self, f, given)
        values_of(f.dom, given[len(given) - len(f.dom) :], f, "inputs")
        f = within(f, object_of(contexts).named(*self.names))
        return self.base.call(underlying(f), params, (*contexts, *given[len(given) - len(f.dom) :]))

    def init(self, f: Diagram, key: jax.Array) -> tuple:
        """Initial values of a diagram's parameters."""
        return initialise(f, f.param, key)

    def __repr__(self) -> str:
        return f"CoKl({', '.join(map(_shown, self.names, self.context))}, {self.base})"


def _name_of(A: Object) -> str:
    """The name of a context's wire. Raises ContextError where it has none."""
    label = A.labels[0]
    if label is None:
        raise ContextError(f"a context has a name, for it is known by that wherever it is read: {A}.named('condition').")
    return label


def _shown(name: str, A: Object) -> str:
    return f"{name}: {A}"


def _together(A: Object, B: Object) -> Object:
    """Both contexts as one: each name once, in the order in which they come, keys last."""
    found = dict(zip(A.labels, A.wires, strict=True))
    for name, new in zip(B.labels, B.wires, strict=True):
        found[name] = _met(found.get(name, new), new)
    return Object(tuple(sorted(found.values(), key=is_silent)))


def is_silent(wire: Wire) -> bool:
    """Whether a context can be left out at inference: random keys, or nothing in their place."""
    return has_keys(wire) or not wire.leaves


def _met(a: Wire, b: Wire) -> Wire:
    """The context that serves both arrows: the same, or the one that is declared further."""
    if fits(a, b):
        return b
    if fits(b, a):
        return a
    raise ContextError(
        f"arrows that read different contexts under the name {a.label!r} can't be one composite.\n"
        f"  one reads:       {a!r}\n  the other reads: {b!r}\n  Give one of them another name, or pull "
        "one back along an arrow between the two: catlearn.pull_context."
    )


def fits(declared: Wire, given: Wire) -> bool:
    """Whether a context that was declared so can be one of this type: the same, a key of another kind, none, or what an
    open declaration leaves open."""
    if declared == given:
        return True
    if is_silent(declared):
        return is_silent(given) and all(leaf.shape == () for leaf in given.leaves)
    leaves_open = getattr(declared.struct, "leaves_open", lambda other: False)
    return leaves_open(given.struct)


# arrows that read


@dataclass(frozen=True, repr=False)
class ask(Layer):
    """The context itself, as an arrow of CoKl(A, Smooth). Type: `I → A`; every arrow that reads A is one of these composed.

    Each wire has a name, by which composites know it. Raises ContextError for a wire without one.
    Source: arXiv 2212.00542, §3: the identity of C as an arrow `A ⊗ I → A`.

    >>> import catlearn as cl
    >>> shifted = cl.R(3) >> cl.R(3) @ cl.ask(cl.R(3).named("condition")) >> cl.add
    >>> shifted.category, shifted.dom
    (CoKl(condition: R(3), Smooth), R(3))
    """

    wires: Object

    arity = 0

    def __post_init__(self) -> None:
        if not isinstance(self.wires, Object):
            raise TypingError(f"ask takes an object, such as R(3).named('condition'), got {short(self.wires)}.")
        object.__setattr__(self, "wires", self.wires.named(*map(_name_of, self.wires)))

    @property
    def category(self) -> CoKl:  # type: ignore[override]
        return CoKl(_together(self.wires, I))

    def codomain(self, dom: Object, param: Object) -> Object:
        return self.wires

    def __repr__(self) -> str:
        named = "" if self.wires == I else f".named({', '.join(map(repr, self.wires.labels))})"
        return f"ask({self.wires}{named})" if len(self.wires) == 1 else f"ask(({self.wires}){named})"


def asked(A: Object) -> Diagram:
    """`ask(A)` at I; of no context it is the identity."""
    return ask(A).resolve(I) if len(A) else identity(I)


# what a diagram of this category is


def context_of(f: Diagram) -> Object:
    """What a diagram reads: an object with a name on each wire, `I` for a diagram of Smooth.

    >>> import catlearn as cl
    >>> context_of(cl.R(3) >> cl.dropout(0.5)).labels, context_of(cl.R(3) >> cl.relu)
    (('key',), I)
    """
    category = getattr(f, "category", None)
    return category.context if isinstance(category, CoKl) else I


def underlying(f: Any) -> Any:
    """The arrow `A ⊗ X → Y` of Smooth that an arrow `X → Y` of CoKl(A, Smooth) is, with the same parameters. Of any category
    over Smooth, the arrow of Smooth that its arrow is.

    Functors out of Smooth (`reverse`, `batch`, …) take it of arrows that read a context by themselves: the gradient with
    respect to the context is the sum over all that read it, since copies are sent back as sums.

    >>> import catlearn as cl
    >>> underlying(cl.R(3) >> cl.dropout(0.5)).dom
    R(dtype='key<fry>') @ R(3)
    """
    return f.category.underlying(f) if isinstance(f, Diagram) and hasattr(f.category, "underlying") else f


def read_from(A: Object, f: Diagram) -> Diagram:
    """f with its context declared as among the wires of A. Raises ContextError where A lacks what it reads."""
    missing = [name for name in context_of(f).labels if name not in A.labels]
    if missing:
        raise ContextError(f"{short(f)} reads {', '.join(map(str, missing))}, which is not among the contexts {A}.")
    return within(f, A)


def _underlying(A: Object, f: Diagram) -> Diagram:
    f = read_from(A, f)
    category = CoKl(A, Free, shared)
    places: dict[Any, int] = {name: i for i, name in enumerate(category.names)}

    def on_box(box: Box) -> CoKleisli:
        if not isinstance(box.op, ask):
            return category.embed(box)
        return category.ask(*(places[name] for name in box.op.wires.labels))

    closed = _Reading(category, same_wire, on_box, name="underlying")(f).arrow
    P = f.param
    return closed if closed.param.labels == P.labels else closed.reparameterise(identity(P))


@dataclass(frozen=True)
class _Reading(Functor):
    """A functor to CoKl(A, Free). Its arrows are diagrams, with parameters of their own: 2-cells are theirs. One that reads the
    context does so before the arrow that it is of, as in Para(CoKl(A, C))."""

    def reparameterised(self, node: Reparameterised, body: CoKleisli, along: CoKleisli) -> CoKleisli:
        f, r = body.open.arrow, along.open.arrow
        if not along.uses:
            same = f.reparameterise(r, node.initialiser)
            return replace(body, open=replace(body.open, arrow=same.like(node, self.name)))
        Q, A, X = node.along.dom, along.open.param, body.dom
        B, n, m = body.open.param, len(X), len(A)
        values = parameter(Q).resolve(I) @ A >> r
        crossed = wiring(X @ A @ B, (*range(n), *range(n + m, n + m + len(B)), *range(n, n + m)))
        whole = crossed >> X @ B @ values >> uncurry(f)
        return CoKleisli(body.category, along.uses + body.uses, Parametric(Free, X, A @ B, whole))


def _contexts(category: CoKl, f: Diagram, given: tuple) -> tuple:
    """The values of the contexts among what a diagram was called with: nothing for keys that were left out."""
    A, n = category.context, len(given) - len(f.dom)
    silent = [is_silent(wire) for wire in A.wires]
    if n == len(A):
        return given[:n]
    if n == len(A) - sum(silent):
        return (*given[:n], *({},) * sum(silent))
    inputs = [f"{count(len(f.dom), 'input')} ({f.dom})"] if len(f.dom) else []
    said = ", then ".join([f"its context ({', '.join(category.names)})", *inputs])
    raise ArgumentError(f"{short(f)} takes {said}, got {count(len(given), 'value')}.")


# changes of context


def within(f: Any, A: Object) -> Any:
    """The same arrow with its context declared: every part that reads one of these names reads it at this type.

    A context may be left open where it is first named, such as a graph with any number of edges; values close it.
    Of a family, the family of such arrows. Raises ContextError for what is not the context that f declares.

    >>> import catlearn as cl
    >>> gcn = cl.R(5, 3) >> cl.graph_conv(2)
    >>> cl.within(gcn, cl.Graph(nodes=5, edges=8)).category
    CoKl(graph: Graph(5, 8), Smooth)
    """
    if isinstance(f, Family):
        return _Changed(f, lambda g: within(g, A))
    new = dict(zip(map(_name_of, A), A.wires, strict=True))
    declared = dict(zip(context_of(f).labels, context_of(f).wires, strict=True))
    for name, given in new.items():
        if name in declared and not fits(declared[name], given):
            raise ContextError(_misfit(f, name, declared[name], given))
    known = declared | {name: given for name, given in new.items() if name in declared}

    def replaced(box: Box) -> Diagram:
        if not isinstance(box.op, ask) or all(known[w.label] == w for w in box.op.wires.wires):
            return box
        read = ask(Object(tuple(known[w.label] for w in box.op.wires.wires))).resolve(I)
        return read.named(box.label) if box.label else read

    return retyped(f, f.dom, replaced) if isinstance(f.category, CoKl) else f


def left_open(A: Object) -> bool:
    """Whether some wire is a context that is not declared to the end, such as a graph with any number of edges."""
    return any(getattr(struct, "open", False) for struct in A.structs)


def _misfit(f: Diagram, name: str, declared: Wire, given: Wire) -> str:
    why = getattr(declared.struct, "why_not", lambda other: "")(given.struct)
    return f"{short(f)} reads another {name}.\n  declared: {declared!r}\n  given:    {given!r}" + (f"\n  {why}" if why else "")


@dataclass(frozen=True, repr=False)
class _Changed(Family):
    """A family whose arrows have their context changed."""

    family: Family
    change: Callable[[Diagram], Diagram]

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.family.arity

    def resolve(self, dom: Object) -> Diagram:
        return self.change(self.family.resolve(dom))

    def __repr__(self) -> str:
        return repr(self.family)


def reading(B: Diagram, f: Diagram) -> Diagram:
    """f with what `B : I → A` gives in place of its context A. Type: `(B ⊗ 1_X); f`, for `f : A ⊗ X → Y` of Smooth.

    Parameters keep their names, those of B before those of f.
    """
    whole, P = B @ f.dom[len(B.cod) :] >> f, B.param @ f.param
    return whole if whole.param.labels == P.labels else whole.reparameterise(identity(P))


def pull_context(f: Any, r: Any) -> Any:
    """The same net over another context, along an arrow (or family) of contexts `r : A' → A`. Type: `(r ⊗ 1); f`.

    It is computed once, however many parts read it. The names of A' are those of its wires, else of the context that it
    stands for: the first one of f's that is no key, unless the wires of A have names of others.
    Raises ContextError where f does not read what r gives. Source: arXiv 2212.00542, §3: comonoid maps act on CoKl.

    >>> import catlearn as cl
    >>> gcn = cl.R(5, 3) >> cl.graph_conv(2)
    >>> cl.pull_context(gcn, cl.adjacency_of).category
    CoKl(graph: Graph(5), Smooth)
    """
    if isinstance(f, Family):
        return _Changed(f, lambda g: pull_context(g, r))
    A = context_of(f)
    at = _place(f, r)
    r = A[at] >> r if isinstance(r, Family) else r
    r = r if not any(label is None for label in r.dom.labels) else identity(_named(r.dom, A.labels[at])) >> r
    f = within(f, r.cod.named(A.labels[at]))
    before, after = A[:at], A[at + 1 :]
    asking = [asked(before), asked(_named(r.dom, A.labels[at])) >> r, asked(after)]
    return reading(_beside(asking), underlying(f))


def _beside(arrows: Sequence[Diagram]) -> Diagram:
    out = identity(I)
    for arrow in arrows:
        out = out @ arrow
    return out


def _named(A: Object, name: str | None) -> Object:
    return A.named(*(label or name for label in A.labels)) if len(A) else A


def _place(f: Diagram, r: Any) -> int:
    """Which wire of f's context an arrow of contexts ends in."""
    A = context_of(f)
    given = getattr(r, "cod", I).labels if isinstance(r, Diagram) else ()
    named = [i for i, name in enumerate(A.labels) if name in given]
    plain = [i for i, wire in enumerate(A.wires) if not is_silent(wire)]
    if not (named or plain):
        raise ContextError(f"{short(f)} reads {', '.join(map(str, A.labels)) or 'no context'}, so none can be pulled back.")
    return (named or plain)[0]


def inference(f: Any) -> Any:
    """The arrow without its noise: its keys' context pulled back along the counit. Type: `X → Y`, or still reading the rest.

    Dropout is the identity, noise is none. Training is the same arrow with a key. An arrow that draws, such as
    `categorical`, has no such counit: TypingError.

    >>> import catlearn as cl
    >>> cl.inference(cl.R(3) >> cl.dropout(0.5)).category
    Smooth
    """
    if isinstance(f, Family):
        return _Changed(f, inference)
    A = context_of(f)
    silent = [wire.label for wire in A.wires if is_silent(wire)]
    if not silent:
        return f
    silence = Object(tuple(replace(SILENCE.wires[0], label=name) for name in silent))
    rest = A[: len(A) - len(silent)]
    return reading(_beside([asked(rest), nothing(silence)]), underlying(within(f, silence)))


def nothing(A: Object) -> Diagram:
    """The values of wires without arrays. Type: `I → A`."""
    return constant(A.structs, like=A)


def contextual_to_parametric(f: Diagram, init: Sequence[Any] | None = None) -> Diagram:
    """CoKl(A, C) → Para(C): the context becomes a parameter, and learns. Type: `(A ⊗ X → Y) ↦ (P ⊗ A, X → Y)`.

    Keys stay a context. `init` are the first values, one for each wire (zeros, unless told). A graph that was left open is
    learned as a dense adjacency matrix. Raises ArgumentError for another number of first values, ContextError for others.
    Source: arXiv 2212.00542, §4 (global and local parameters).

    >>> import catlearn as cl
    >>> learned = cl.contextual_to_parametric(cl.R(5, 3) >> cl.graph_conv(2))
    >>> learned.param.labels
    ('graph', 'kernel', 'bias')
    """
    A = context_of(f)
    plain = Object(tuple(wire for wire in A.wires if not is_silent(wire)))
    if init is not None:
        if len(init) != len(plain):
            raise ArgumentError(
                f"the contexts to learn are {', '.join(map(str, plain.labels))}, and `init` has {len(init)} values."
            )
        plain = object_of(tuple(init)).named(*plain.labels)
    else:
        plain = Object(tuple(_learnable(wire) for wire in plain.wires))
    keys = A[len(plain) :]
    begin = None if init is None else _Given(tuple(init))
    values = parameter(plain, begin).resolve(I)
    return reading(_beside([values, asked(keys)]), underlying(within(f, plain)))


def _learnable(wire: Wire) -> Wire:
    dense = getattr(wire.struct, "learnable", lambda: None)()
    return wire if dense is None else replace(dense.wires[0], label=wire.label)


@dataclass(frozen=True, eq=False)
class _Given:
    values: tuple

    def __call__(self, key: jax.Array) -> tuple:
        return self.values


def under_context(F: Callable[[Diagram], Diagram], f: Diagram) -> Diagram:
    """What a construction on arrows of Smooth does on one that reads a context: it goes inside, and the context is read before.

    Type: `(A ⊗ X → Y) ↦ F(A ⊗ X → Y)` with A asked for again, where F leaves A as it is.
    """
    return reading(asked(context_of(f)), F(underlying(f)))
