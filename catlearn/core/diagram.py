"""Diagrams: the free category that models are written in, with a port for parameters on every box.

An arrow `A → B` here has data wires `dom`, `cod` and parameter wires `param`: it is a 1-cell `(P, A ⊗ P → B)` of
`Para` of the free cartesian category on its boxes. Arrows without parameters (`param == I`) are that cartesian
category itself. Composition concatenates parameters in reading order, so it is strictly associative and unital.
Source: Cruttwell, Gavranović, Ghani, Wilson, Zanasi 2021 (arXiv 2103.01931), §2 and §3.1, with parameters on the right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from numbers import Number
from typing import Any

import jax

from catlearn.core.arrow import Arrow, balanced
from catlearn.core.errors import ArgumentError, CompositionError, TypingError
from catlearn.core.paths import checked_label, distinct, parameters_of
from catlearn.core.text import as_factor, mismatch, named_code, short
from catlearn.core.values import pack, values_of
from catlearn.core.wires import I, Object, difference, is_whole, no_arrow


class Diagram(Arrow):
    """A model: something that can be composed, typed, named, drawn, and sent along functors.

    `f >> g` is `f` then `g`; `f @ g` is side by side; `f.reparameterise(r)` pulls the parameters back along `r`.
    `len`, indexing, slicing and iteration go through `parts`.
    """

    dom: Object
    cod: Object
    category: Any
    label: str | None
    op: Any

    @property
    def param(self) -> Object:
        """The object of parameters, each wire labelled with its path."""
        raise NotImplementedError

    @property
    def children(self) -> tuple[Diagram, ...]:
        """The diagrams that this node is made of, for `fold`."""
        return ()

    @property
    def parts(self) -> tuple[Diagram, ...]:
        """The factors of a composite; a box is a composite of one."""
        return (self,)

    @property
    def pieces(self) -> tuple[Diagram, ...]:
        """What stands between the `>>` of this arrow's code: the parts of an unnamed composite, else the arrow itself."""
        return (self,)

    @property
    def name(self) -> str | None:
        """What the user called it, else what it is."""
        return self.label or (self.op.name if self.op is not None else None)

    # composition

    def then(self, other: Any) -> Any:
        other = _as_arrow(other)
        if not isinstance(other, Diagram):
            return NotImplemented
        if self.cod != other.dom:
            raise CompositionError(mismatch(self, other)).between(self, other)
        category = _common_category(self, other)
        if isinstance(self, Wiring) and isinstance(other, Wiring):
            return _fused(self, other)
        if _is_identity(other):
            return self
        if _is_identity(self) and not _relabels(self.dom, other.dom):
            return other
        return Seq((self, other), self.dom, other.cod, category)

    def tensor(self, other: Any) -> Any:
        other = _as_arrow(other)
        if not isinstance(other, Diagram):
            return NotImplemented
        left, right = _factors(self), _factors(other)
        if left and right and isinstance(left[-1], Wiring) and isinstance(right[0], Wiring):
            left, right = (*left[:-1], _beside(left[-1], right[0])), right[1:]
        factors = tuple(f for f in left + right if f.dom.wires or f.cod.wires or f.param.wires)
        if len(factors) < 2:
            return factors[0] if factors else identity(I)
        return Par(factors, self.dom @ other.dom, self.cod @ other.cod, _common_category(self, other))

    def __rrshift__(self, other: Any) -> Any:
        return identity(other).then(self) if isinstance(other, Object) else NotImplemented

    def __rmatmul__(self, other: Any) -> Any:
        return identity(other).tensor(self) if isinstance(other, Object) else NotImplemented

    def reparameterise(self, along: Diagram, init: Callable[[jax.Array], tuple] | None = None) -> Diagram:
        """The 2-cell `(P, f) ⇒ (Q, (A ⊗ r); f)` for `r : Q → P`. Type: `A ⊗ Q → B`.

        Weight tying, freezing, low-rank adaptation and optimisers are all of this form. `init(key)` gives values of Q;
        for copies, swaps and constants it is found from the initialiser of f.
        Source: arXiv 2103.01931, §2.1 (reparameterisations).
        Raises CompositionError where `r` does not end in the parameters of f, or has parameters of its own.

        >>> import catlearn as cl
        >>> f = cl.R(3) >> cl.dense(3)
        >>> (f >> f).reparameterise(cl.copy(f.param)).param == f.param
        True
        """
        along = _as_arrow(along)
        if not isinstance(along, Diagram):
            raise CompositionError(f"{short(self)} is reparameterised along an arrow into its parameters, got {along!r}.")
        if along.cod != self.param:
            raise CompositionError(
                f"{short(self)} can't be reparameterised along {short(along)}: the arrow must end in its parameters.\n"
                f"  expected: {self.param}\n  found:    {along.cod}\n"
                f"  first difference: {difference(self.param, along.cod)}"
            ).between(along, identity(self.param))
        if along.param.wires:
            raise CompositionError(
                f"{short(along)} has parameters of its own; make them wires of its domain to pull back along it."
            )
        return Reparameterised(self, along, init)

    def made_by(self, op: Any) -> Diagram:
        """The same arrow as the value of a family, `op`, which names it and is its code."""
        image = self if isinstance(self, Seq | Par) and self.name is None else _alone(self)
        return replace(image, op=op)

    def named(self, label: str) -> Diagram:
        """The same arrow under a name, which begins the path of each of its parameters. It stays one part of a composite."""
        return replace(self, label=checked_label(label))  # type: ignore[type-var]

    def like(self, node: Diagram, functor: str) -> Diagram:
        if node.name is None:
            return self
        if isinstance(node, Reparameterised):
            return replace(self, label=node.label)  # type: ignore[type-var]
        image = self if isinstance(self, Seq | Par) and self.name is None else _alone(self)
        same = replace(image, label=node.label, op=node.op)
        return same if same == node or node.op is None or not functor else replace(same, op=ImageOf(functor, node.op))

    # semantics, given by the category of the boxes

    def __call__(self, params: Sequence[Any], *xs: Any) -> Any:
        """Run the arrow on values, one for each wire: the value of its only codomain wire, or a tuple of values."""
        return self._meaning("call")(self, params, xs)

    def forward(self, params: Sequence[Any], *xs: Any) -> tuple[Any, Any]:
        """The forward half of a lens: `(y, residual)`."""
        return self._meaning("forward")(self, params, xs)

    def backward(self, residual: Any, *dys: Any) -> tuple[Any, Any]:
        """The backward half of a lens: `(dparams, dx)`."""
        return self._meaning("backward")(self, residual, dys)

    def _meaning(self, verb: str) -> Any:
        meaning = getattr(self.category, verb, None)
        if meaning is None:
            hint = "catlearn.reverse(f) has both halves." if verb != "call" else "call .forward and .backward."
            raise ArgumentError(f"{short(self)} is an arrow of {self.category}, which has no `{verb}`; {hint}")
        return meaning

    def init(self, key: jax.Array) -> tuple[Any, ...]:
        """Initial parameters: one value for each wire of `param`, drawn with `key`."""
        return () if self.category is None else self._meaning("init")(self, key)

    # as a sequence

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[Diagram]:
        return iter(self.parts)

    def __getitem__(self, index: int | slice) -> Diagram:
        return self.parts[index] if not isinstance(index, slice) else self._slice(index)

    def _slice(self, index: slice) -> Diagram:
        chosen = self.parts[index]
        return balanced(lambda f, g: f.then(g), chosen) if chosen else identity(self._object_before(index))

    def _object_before(self, index: slice) -> Object:
        start = index.indices(len(self.parts))[0]
        return self.parts[start].dom if 0 <= start < len(self.parts) else self.cod

    # as text

    def code(self, typed: bool = True) -> str:
        """The expression that makes this arrow; untyped where the context gives the domain."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{self.code()}\n# {self.summary}"

    def __treescope_repr__(self, path: str | None, subtree_renderer: Any) -> Any:
        from catlearn.draw.folding import folded

        return folded(self, path)

    @property
    def summary(self) -> str:
        """Domain, codomain, the contexts that are read, and parameters in one line."""
        wires = self.param.wires
        shown = ", ".join(f"{wire.label or 0} {wire.shape_text}" for wire in wires[:8])
        more = f", … {len(wires) - 8} more" if len(wires) > 8 else ""
        count = f"{self.param.size:,} parameters: {shown}{more}" if wires else "no parameters"
        reads = ", ".join(getattr(self.category, "names", ()))
        return f"{self.dom} → {self.cod}{reads and f', reading {reads}'}, {count}"


@dataclass(frozen=True)
class Box(Diagram):
    """A generator: an operation `op` at a domain. What it means is what functors say of `op`.

    `op` is hashable, has a `name`, a `category`, a `repr` that makes it, and what its category asks of it.
    """

    op: Any
    dom: Object
    cod: Object
    own: Object = I
    label: str | None = None

    @property
    def param(self) -> Object:
        return distinct(self.own)

    @property
    def category(self) -> Any:  # type: ignore[override]
        return self.op.category

    def code(self, typed: bool = True) -> str:
        return named_code(f"{self.dom} >> {self.op!r}" if typed else repr(self.op), self.label, typed)

    __repr__ = Diagram.__repr__


@dataclass(frozen=True, eq=False)
class Seq(Diagram):
    """A composite `f₁ >> f₂ >> … >> fₙ`. Kept as its two halves until somebody looks, so composing is O(1).

    Its parts are a normal form: flat, neighbouring wirings fused, no identities. So `>>` is associative on the nose.
    `op` is set where the composite is the value of a family, such as `dense`.
    """

    halves: tuple[Diagram, Diagram]
    dom: Object
    cod: Object
    category: Any = None
    op: Any = None
    label: str | None = None

    @cached_property
    def parts(self) -> tuple[Diagram, ...]:  # type: ignore[override]
        found: list[Diagram] = []
        stack: list[Diagram] = [*reversed(self.halves)]
        while stack:
            node = stack.pop()
            if isinstance(node, Seq) and node.name is None:
                stack.extend(reversed(node.halves))
            elif found and isinstance(node, Wiring) and isinstance(found[-1], Wiring):
                found[-1] = _fused(found[-1], node)
            else:
                found.append(node)
        return tuple(part for part in found if not _is_identity(part))

    @property
    def children(self) -> tuple[Diagram, ...]:
        return self.parts

    @property
    def pieces(self) -> tuple[Diagram, ...]:
        return self.parts if self.name is None else (self,)

    @cached_property
    def param(self) -> Object:  # type: ignore[override]
        return parameters_of(self.parts)

    def code(self, typed: bool = True) -> str:
        if self.op is not None:
            return named_code(f"{self.dom} >> {self.op!r}" if typed else repr(self.op), self.label, typed)
        first = self.parts[0]
        lead = f"{first.dom} >> {as_factor(first, '>>')}" if typed and not isinstance(first, Wiring) else first.code(typed)
        return named_code(" >> ".join([lead, *(as_factor(part, ">>") for part in self.parts[1:])]), self.label, True)

    def __reduce__(self) -> tuple:
        return _seq, (self.parts, self.dom, self.cod, self.category, self.op, self.label)

    @cached_property
    def _key(self) -> tuple:
        return (self.dom, self.parts, self.op, self.label)

    @cached_property
    def _hash(self) -> int:
        return hash(self._key) if len(self.parts) > 1 or self.name else hash(next(iter(self.parts)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Seq):
            return len(self.parts) == 1 and self.name is None and self.parts[0] == other
        return self is other or self._key == other._key

    def __hash__(self) -> int:
        return self._hash

    __repr__ = Diagram.__repr__


@dataclass(frozen=True)
class Par(Diagram):
    """A tensor `f₁ @ f₂ @ … @ fₙ`."""

    factors: tuple[Diagram, ...]
    dom: Object
    cod: Object
    category: Any = field(default=None, compare=False)
    op: Any = None
    label: str | None = None

    @property
    def parts(self) -> tuple[Diagram, ...]:
        return self.factors

    @property
    def children(self) -> tuple[Diagram, ...]:
        return self.factors

    @cached_property
    def param(self) -> Object:  # type: ignore[override]
        return parameters_of(self.factors)

    def _slice(self, index: slice) -> Diagram:
        return reduce(lambda f, g: f.tensor(g), self.factors[index], identity(I))

    def code(self, typed: bool = True) -> str:
        if self.op is not None:
            return named_code(f"{self.dom} >> {self.op!r}" if typed else repr(self.op), self.label, typed)
        return named_code(" @ ".join(as_factor(part, "@", typed) for part in self.factors), self.label, len(self.factors) > 1)

    __repr__ = Diagram.__repr__


@dataclass(frozen=True)
class Wiring(Diagram):
    """The arrow `dom → dom[index[0]] ⊗ dom[index[1]] ⊗ …`: identity, swap, copy and discard are of this one kind."""

    dom: Object
    index: tuple[int, ...]
    label: str | None = field(default=None, compare=False)

    op = None

    @property
    def cod(self) -> Object:  # type: ignore[override]
        return self.dom.select(self.index)

    @property
    def category(self) -> Any:  # type: ignore[override]
        return next((wire.category for wire in self.dom.wires if hasattr(wire, "category")), None)

    @property
    def param(self) -> Object:
        return I

    @property
    def parts(self) -> tuple[Diagram, ...]:
        return () if _is_identity(self) else (self,)

    def _meaning(self, verb: str) -> Any:
        return _rewire if self.category is None and verb == "call" else super()._meaning(verb)

    def code(self, typed: bool = True) -> str:
        n = len(self.dom)
        if self.index == tuple(range(n)):
            return f"identity({self.dom})"
        if not self.index:
            return f"discard({self.dom})"
        if n and len(self.index) % n == 0 and self.index == tuple(range(n)) * (len(self.index) // n):
            times = len(self.index) // n
            return f"copy({self.dom})" if times == 2 else f"copy({self.dom}, {times})"
        k = self.index[0]
        if self.index == (*range(k, n), *range(k)):
            return f"swap({self.dom[:k]}, {self.dom[k:]})"
        return f"wiring({self.dom}, {self.index})"

    __repr__ = Diagram.__repr__


@dataclass(frozen=True)
class Reparameterised(Diagram):
    """The 1-cell `(Q, (A ⊗ along); body)`: `body` with its parameters pulled back along `along : Q → P`."""

    body: Diagram
    along: Diagram
    initialiser: Callable[[jax.Array], tuple] | None = field(default=None, compare=False)
    label: str | None = None

    @property
    def dom(self) -> Object:  # type: ignore[override]
        return self.body.dom

    @property
    def cod(self) -> Object:  # type: ignore[override]
        return self.body.cod

    @cached_property
    def category(self) -> Any:  # type: ignore[override]
        return _common_category(self.body, self.along)

    @property
    def op(self) -> Any:  # type: ignore[override]
        return self.body.op

    @property
    def param(self) -> Object:
        Q = distinct(self.along.dom)
        return Q if len(Q) != 1 or Q.labels[0] else Q.named("0")

    @property
    def children(self) -> tuple[Diagram, ...]:
        return (self.body, self.along)

    def _meaning(self, verb: str) -> Any:
        if self.category is None and verb == "call":
            return lambda f, params, xs: f.body((), *xs)
        return super()._meaning(verb)

    def code(self, typed: bool = True) -> str:
        return named_code(f"({self.body.code()}).reparameterise({self.along.code()})", self.label, False)

    __repr__ = Diagram.__repr__


@dataclass(frozen=True)
class ImageOf:
    """The operation of a composite after a functor: the same name, under the functor's."""

    functor: str
    op: Any

    @property
    def name(self) -> str:
        return self.op.name

    def __repr__(self) -> str:
        return f"{self.functor}({self.op!r})"


# the wirings


def wiring(dom: Object, index: Sequence[int]) -> Wiring:
    """The arrow whose i-th output is input `index[i]`. Type: `A → A[index]`.

    >>> wiring(I @ Object(), ()).cod
    I
    """
    bad = [i for i in index if not 0 <= i < len(_object(dom, "wiring"))]
    if bad:
        raise TypingError(f"wiring: {dom} has wires 0 to {len(dom) - 1}, and no wire {bad[0]}.")
    return Wiring(dom, tuple(index))


def identity(A: Object) -> Wiring:
    """The identity. Type: `A → A`.
    Raises TypingError for anything but an object.

    >>> from catlearn.core.wires import R
    >>> identity(R(2)).cod
    R(2)
    """
    return Wiring(A, tuple(range(len(_object(A, "identity")))))


def swap(A: Object, B: Object) -> Wiring:
    """The symmetry. Type: `A ⊗ B → B ⊗ A`.
    Raises TypingError for anything but objects.

    >>> from catlearn.core.wires import R
    >>> swap(R(2), R(3)).cod
    R(3) @ R(2)
    """
    n, m = len(_object(A, "swap")), len(_object(B, "swap"))
    return Wiring(A @ B, (*range(n, n + m), *range(n)))


def copy(A: Object, times: int = 2) -> Wiring:
    """The comultiplication Δ. Type: `A → A ⊗ A` (or more copies).
    Raises TypingError for anything but an object and a whole number.

    >>> from catlearn.core.wires import R
    >>> copy(R(2), 3).cod
    R(2) @ R(2) @ R(2)
    """
    if not is_whole(times):
        raise TypingError(f"copy makes a whole number of copies, got {times!r}.")
    return Wiring(A, tuple(range(len(_object(A, "copy")))) * times)


def discard(A: Object) -> Wiring:
    """The counit `!`. Type: `A → I`.
    Raises TypingError for anything but an object.

    >>> from catlearn.core.wires import R
    >>> discard(R(2)).cod
    I
    """
    return Wiring(_object(A, "discard"), ())


# helpers


def _seq(parts: tuple[Diagram, ...], *rest: Any) -> Seq:
    """The composite of these parts, as flat as they are: for pickling without depth."""
    pair = lambda f, g: Seq((f, g), f.dom, g.cod, rest[2])  # noqa: E731
    half = (len(parts) + 1) // 2
    return Seq((balanced(pair, parts[:half]), balanced(pair, parts[half:] or (identity(rest[1]),))), *rest)


def _as_arrow(other: Any) -> Any:
    """An object as its identity, other arrows as they are. Raises CompositionError for what can't be composed."""
    if isinstance(other, Object):
        return identity(other)
    if hasattr(type(other), "__rrshift__") and not isinstance(other, Number):
        return other
    raise CompositionError(no_arrow(other))


def _alone(f: Diagram) -> Par:
    """The tensor of one factor: an arrow inside a composite of its own, which can bear a name."""
    return Par((f,), f.dom, f.cod, f.category)


def _object(A: Any, who: str) -> Object:
    if not isinstance(A, Object):
        raise TypingError(f"{who} takes an object, such as R(3) or f.cod, got {short(A)}.")
    return A


def _rewire(diagram: Wiring, params: tuple, xs: tuple) -> Any:
    xs = values_of(diagram.dom, xs, diagram, "inputs")
    return pack(tuple(xs[i] for i in diagram.index))


def _is_identity(f: Diagram) -> bool:
    return isinstance(f, Wiring) and f.index == tuple(range(len(f.dom)))


def _relabels(A: Object, B: Object) -> bool:
    """Whether an identity at A says more than B does: the names of wires."""
    labels = [getattr(wire, "label", None) for wire in A.wires]
    return any(labels) and labels != [getattr(wire, "label", None) for wire in B.wires]


def _factors(f: Diagram) -> tuple[Diagram, ...]:
    return f.factors if isinstance(f, Par) and f.name is None else (f,)


def _fused(f: Wiring, g: Wiring) -> Wiring:
    return Wiring(f.dom, tuple(f.index[i] for i in g.index))


def _beside(f: Wiring, g: Wiring) -> Wiring:
    return Wiring(f.dom @ g.dom, f.index + tuple(i + len(f.dom) for i in g.index))


def _common_category(f: Diagram, g: Diagram) -> Any:
    a, b = f.category, g.category
    if a is None or b is None or a == b:
        return b if a is None else a
    join = getattr(a, "join", None) or getattr(b, "join", None)
    both = join(a, b) if join else None
    if both is None:
        raise CompositionError(f"{short(f)} is an arrow of {a} and {short(g)} of {b}; send one along a functor first.")
    return both
