"""Families: an arrow for each domain. `dense(32)` is one; an object resolves it: `R(64) >> dense(32)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar

import jax

from catlearn.core.arrow import Arrow
from catlearn.core.diagram import Box, Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.paths import checked_label
from catlearn.core.text import call_code, short
from catlearn.core.wires import I, Object, Wire, count


class Family(Arrow):
    """An arrow for each domain that it accepts. Subclasses are frozen dataclasses and define `resolve`.

    Families compose with `>>` and `@` among themselves and with arrows; the result is a family until something with a
    domain stands before it. In a tensor each family takes `arity` wires.
    """

    arity: ClassVar[int] = 1
    name: ClassVar[str]  # what paths and tables call it: the class's own name, unless told
    called: ClassVar[bool] = True  # whether code writes `name(…)` even without arguments

    def __init_subclass__(cls) -> None:
        if "name" not in vars(cls):
            cls.name = cls.__name__

    def resolve(self, dom: Object) -> Diagram:
        """The arrow of this family at a domain. Raises TypingError where there is none."""
        raise NotImplementedError

    def named(self, label: str) -> Family:
        """The same family; its arrows bear this name."""
        return Named(self, checked_label(label))

    def reparameterise(self, along: Callable[[Object], Diagram], init: Callable | None = None) -> Family:
        """The family of arrows reparameterised along `along(P)`, where P are the parameters once the domain is known."""
        return Along(self, along, init)

    def then(self, other: Any) -> Any:
        other = identity(other) if isinstance(other, Object) else other
        return Pipeline(_stages(self) + _stages(other)) if isinstance(other, Family | Diagram) else NotImplemented

    def tensor(self, other: Any) -> Any:
        other = identity(other) if isinstance(other, Object) else other
        return Beside(_columns(self) + _columns(other)) if isinstance(other, Family | Diagram) else NotImplemented

    def __rrshift__(self, other: Any) -> Any:
        other = identity(other) if isinstance(other, Object) else other
        if not isinstance(other, Diagram):
            return NotImplemented
        return other >> _resolved(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        other = identity(other) if isinstance(other, Object) else other
        return Beside(_columns(other) + _columns(self)) if isinstance(other, Diagram) else NotImplemented

    def _without_domain(self, what: str) -> TypingError:
        return TypingError(f"{self!r} has no domain yet, so {what}: put an object before it, as in R(64) >> {self!r}.")

    def init(self, key: jax.Array) -> tuple:
        raise self._without_domain("no parameters")

    def __call__(self, *args: Any) -> Any:
        raise self._without_domain("it can't run")

    @property
    def dom(self) -> Object:  # type: ignore[override]
        raise self._without_domain("no `dom`")

    @property
    def cod(self) -> Object:  # type: ignore[override]
        raise self._without_domain("no `cod`")

    @property
    def param(self) -> Object:
        raise self._without_domain("no `param`")

    def __repr__(self) -> str:
        return call_code(self.name, self, self.called)


class Composite(Family):
    """A family that is a short composite of others: subclasses define `build(dom)`, and it stands under their name."""

    def build(self, dom: Object) -> Diagram:
        """The composite at a domain."""
        raise NotImplementedError

    def resolve(self, dom: Object) -> Diagram:
        try:
            built = self.build(dom)
        except TypingError as error:
            error.add_note(f"  in {self!r}")
            raise
        return built.made_by(self)


class Layer(Family):
    """A family of boxes: subclasses say what parameters a domain needs and what the box does to values.

    `parameters(dom)` is an object with a label on each wire (default `I`), `initial(key, dom)` gives values for them, and
    `apply(params, *xs)` runs the box on one value a wire. The codomain is what `apply` returns: JAX is asked for its
    shape. A layer may bring its own `optic`, `batch` or `codomain` where it knows better ones. One that runs a diagram
    of its own has it as `body`, so that names and first values of parameters are the body's, and gives `over(body)`, the
    same on another, so that functors can go inside. One that feeds its body what came out of it says how many of the body's
    last wires are `fed`; one that `loops` gives each of its `times` rounds parameters of their own, and says in `drawing` how
    those of all rounds are drawn.
    """

    category: Any = None
    body: Any = None
    around: ClassVar[str] = ""  # what tables call it, where it has a body
    loops: ClassVar[bool] = False
    fed: ClassVar[int] = 0
    times: Any = 1

    def over(self, body: Any) -> Any:
        raise NotImplementedError

    def inner(self, dom: Object) -> Object:
        """The domain of the body where the box's own is this one."""
        return dom

    def drawing(self, draw: Callable[[jax.Array], tuple]) -> Callable[[jax.Array], tuple]:
        """How first values are drawn, from how a box of the body draws its own."""
        return draw

    def check(self, dom: Object) -> None:
        """Raise TypingError where the box has no arrow at `dom` (default: where the number of wires is not `arity`)."""
        if len(dom) != self.arity:
            raise TypingError(f"{self!r} takes {count(self.arity, 'wire')}, got {len(dom)}: {dom}.")

    def parameters(self, dom: Object) -> Object:
        return I

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return ()

    def apply(self, params: tuple, *xs: Any) -> Any:
        raise NotImplementedError

    def codomain(self, dom: Object, param: Object) -> Object:
        """The codomain at a domain. Raises TypingError with JAX's message where `apply` can't be traced."""
        try:
            out = jax.eval_shape(self.apply, param.structs, *dom.structs)
        except Exception as error:  # whatever a user's function raises is reported as ours
            given = f"{dom}" + (f" with parameters {param}" if param.wires else "")
            raise TypingError(f"{self!r} can't be typed at {given}.\n  {type(error).__name__}: {error}") from error
        return Object(tuple(_wires_of(out)))

    def resolve(self, dom: Object) -> Diagram:
        categories = [getattr(wire, "category", None) for wire in dom.wires]
        stricter = next((category for category in categories if hasattr(category, "admitted")), None)
        return self.boxed(dom) if stricter is None else stricter.admitted(self, dom)

    def boxed(self, dom: Object) -> Box:
        """The box at a domain, in this family's own category."""
        self.check(dom)
        param = self.parameters(dom)
        return Box(self, dom, self.codomain(dom, param), param)


def _wires_of(out: Any) -> list:
    return [Wire.of(value) for value in (out if type(out) is tuple else (out,))]


@dataclass(frozen=True, repr=False)
class Pipeline(Family):
    """`f >> g >> …` of families, each resolved at the codomain of the one before."""

    stages: tuple[Any, ...]

    @property
    def arity(self) -> int:  # type: ignore[override]
        return _arity(self.stages[0])

    def resolve(self, dom: Object) -> Diagram:
        return reduce(lambda f, stage: f >> stage, self.stages, identity(dom))

    def _facts(self) -> list[tuple[str, Any]]:
        return [(f"part {i}", stage) for i, stage in enumerate(self.stages)]

    def __repr__(self) -> str:
        return " >> ".join(f"({stage!r})" if isinstance(stage, Beside) else _plain(stage) for stage in self.stages)


@dataclass(frozen=True, repr=False)
class Beside(Family):
    """`f @ g @ …` with a family among them: each takes its share of the domain's wires, a family `arity` of them."""

    columns: tuple[Any, ...]

    @property
    def arity(self) -> int:  # type: ignore[override]
        return sum(map(_arity, self.columns))

    def _facts(self) -> list[tuple[str, Any]]:
        return [(f"column {i}", column) for i, column in enumerate(self.columns)]

    def resolve(self, dom: Object) -> Diagram:
        if len(dom) != self.arity:
            raise TypingError(f"{self!r} takes {count(self.arity, 'wire')}, got {len(dom)}: {dom}.")
        found, start = identity(I), 0
        for column in self.columns:
            share = dom[start : start + _arity(column)]
            found, start = found @ (identity(share) >> column), start + _arity(column)
        return found

    def __repr__(self) -> str:
        return " @ ".join(f"({column!r})" if isinstance(column, Pipeline) else _plain(column) for column in self.columns)


@dataclass(frozen=True, repr=False)
class Modified(Family):
    """A family made of another: its arrows are the other's, each with something done to it."""

    family: Family

    @property
    def arity(self) -> int:  # type: ignore[override]
        return self.family.arity


@dataclass(frozen=True, repr=False)
class Named(Modified):
    """A family whose arrows bear a name."""

    label: str

    def resolve(self, dom: Object) -> Diagram:
        return self.family.resolve(dom).named(self.label)

    def __repr__(self) -> str:
        compound = isinstance(self.family, Pipeline | Beside)
        return f"({self.family!r}).named({self.label!r})" if compound else f"{self.family!r}.named({self.label!r})"


@dataclass(frozen=True, repr=False)
class Along(Modified):
    """A family whose arrows are reparameterised once their parameters are known."""

    along: Callable[[Object], Diagram]
    initialiser: Callable | None = None

    def resolve(self, dom: Object) -> Diagram:
        f = self.family.resolve(dom)
        return f.reparameterise(self.along(f.param), self.initialiser)

    def __repr__(self) -> str:
        return f"({self.family!r}).reparameterise({getattr(self.along, '__name__', self.along)})"


def _resolved(family: Family, before: Diagram) -> Diagram:
    try:
        return family.resolve(before.cod)
    except TypingError as error:
        error.between(before, family)
        if len(before):
            error.add_note(f"  after: {short(before)}\n  at: part {len(before)} of the composite, which gets {before.cod}")
        raise


def _stages(arrow: Any) -> tuple:
    return arrow.stages if isinstance(arrow, Pipeline) else (arrow,)


def _columns(arrow: Any) -> tuple:
    return arrow.columns if isinstance(arrow, Beside) else (arrow,)


def _arity(arrow: Any) -> int:
    return arrow.arity if isinstance(arrow, Family) else len(arrow.dom)


def _plain(arrow: Any) -> str:
    return arrow.code() if isinstance(arrow, Diagram) else repr(arrow)
