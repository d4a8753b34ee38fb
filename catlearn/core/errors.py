"""The errors that catlearn raises on the line that made the mistake."""

from typing import Any, Self


class CatlearnError(Exception):
    """Any error of ours. What was expected, what came, where, and what to do.

    Where two things were composed that don't fit, they are in `composed`, and a notebook shows where they part.
    """

    composed: tuple[Any, Any] | None = None

    def between(self, left: Any, right: Any) -> Self:
        """The same error, of what was composed."""
        self.composed = (left, right)
        return self

    def _render_traceback_(self) -> list[str]:
        from catlearn.draw.mistakes import rendered_traceback

        return rendered_traceback(self)

    def __reduce__(self) -> tuple:
        return type(self), self.args, {name: value for name, value in vars(self).items() if name != "composed"}


class WireError(CatlearnError, TypeError):
    """A wire that can't be: a negative axis, a dtype that JAX would change silently."""


class CompositionError(CatlearnError, TypeError):
    """`f >> g` where the codomain of `f` is not the domain of `g`, or a 2-cell on the wrong parameters."""


class TypingError(CatlearnError, TypeError):
    """A family or box that has no arrow at this domain; carries JAX's own message where JAX refused."""


class EquivarianceError(TypingError):
    """A box that is no intertwiner where it stands: it would break the symmetry of the model."""


class ArgumentError(CatlearnError, TypeError):
    """Values that are not of the type that an arrow declares.

    Where it ends a training run, `state` and `history` are those of the run so far.
    """

    state: Any = None
    history: Any = None


class NamingError(CatlearnError, ValueError):
    """A name that would make parameter paths unreadable or ambiguous."""


class MissingPackageError(CatlearnError, ImportError):
    """A package that an extra of catlearn brings is not installed."""
