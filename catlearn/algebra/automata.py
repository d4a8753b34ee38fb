"""Finite automata, the discrete case: the same folds, over alphabets of whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn.initializers import orthogonal

from catlearn.algebra.cells import Cell
from catlearn.categories.function import constant, function, parameter
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, identity
from catlearn.core.errors import ArgumentError, TypingError
from catlearn.core.wires import I, Object, R, is_whole

_orthogonal = orthogonal()


def orthogonal_initialiser(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """An orthogonal matrix for each letter, so that weights neither grow nor shrink along a word."""
    return jax.vmap(lambda k: _orthogonal(k, shape[1:], dtype))(jax.random.split(key, shape[0]))


SYMBOL = STATE = R(dtype="int32")


@dataclass(frozen=True, repr=False)
class dfa(Cell):
    """A deterministic automaton: an algebra of `1 + A × X` on finite sets. Type: `A ⊗ Q → Q`, both R(dtype=int32).

    `transitions[q][a]` is the state after the letter a in state q. `fold(dfa) >> dfa.accepts` says whether a word is in its
    language. Raises TypingError for a table of other shapes, or with states that there are not, and ArgumentError for letters
    that there are not among inputs that are known as the arrow runs; elsewhere such a letter leads to state −1, for good.
    Source: automata as algebras and coalgebras, Rutten 2000, "Universal coalgebra", example 3.2.

    >>> import catlearn as cl, jax.numpy as jnp
    >>> even = dfa(((0, 1), (1, 0)), start=0, accepting=(0,))  # an even number of ones
    >>> f = cl.R(4, dtype="int32") >> cl.fold(even) >> even.accepts
    >>> bool(f((), jnp.array([1, 0, 1, 0]))), bool(f((), jnp.array([1, 0, 0, 0])))
    (True, False)
    """

    transitions: tuple[tuple[int, ...], ...]
    start: int = 0
    accepting: tuple[int, ...] = ()

    arity = 2  # type: ignore[assignment]

    def __post_init__(self) -> None:
        try:
            table: Any = np.asarray(self.transitions)
        except ValueError:
            table = np.zeros(0)
        if table.ndim != 2 or table.dtype.kind not in "iu" or not table.size:
            raise TypingError("dfa: transitions are a table of whole numbers, a row for each state and a column for each letter.")
        states = (*map(int, table.ravel()), self.start, *self.accepting)
        bad = [q for q in states if not (is_whole(q) and q < len(table))]
        if bad:
            raise TypingError(f"dfa: there are states 0 to {len(table) - 1}, and no state {bad[0]!r}.")
        object.__setattr__(self, "transitions", tuple(tuple(map(int, row)) for row in table))
        object.__setattr__(self, "accepting", tuple(self.accepting))

    def carrier(self, A: Object) -> Object:
        if A != SYMBOL:
            raise TypingError(f"{self!r} reads letters, R(dtype='int32'), got {A}.")
        return STATE

    def begin(self, A: Object) -> Diagram:
        return constant((jnp.int32(self.start),), STATE)

    def step(self, A: Object, S: Object) -> Diagram:
        return A @ S >> _Move(self.transitions)

    @property
    def accepts(self) -> function:
        """Whether a state is accepting. Type: `Q → R(dtype=bool)`."""
        return function(_Accepts(self.accepting))

    @property
    def matrices(self) -> np.ndarray:
        """The same automaton over the numbers: a 0-1 matrix for each letter, `(letters, states, states)`, float32."""
        table = np.asarray(self.transitions)
        return np.eye(len(table), dtype=np.float32)[table.T]


@dataclass(frozen=True, repr=False)
class _Move(SmoothLayer):
    table: tuple[tuple[int, ...], ...]

    name = "move"
    arity = 2

    def apply(self, params: tuple, *xs: Any) -> Any:
        table = jnp.asarray(self.table, jnp.int32)
        known = (xs[0] >= 0) & (xs[0] < table.shape[1]) & (xs[1] >= 0)
        return jnp.where(known, table[jnp.clip(xs[1], 0), jnp.clip(xs[0], 0, table.shape[1] - 1)], -1)

    def inspect(self, *xs: Any) -> None:
        _letters(xs[0], len(self.table[0]))


def _letters(letters: Any, n: int) -> None:
    """Raise ArgumentError for letters that there are not."""
    if letters is not None and np.size(letters) and not 0 <= np.min(letters) <= np.max(letters) < n:
        raise ArgumentError(f"there are letters 0 to {n - 1}, and among these are {np.min(letters)} to {np.max(letters)}.")


@dataclass(frozen=True)
class _Accepts:
    states: tuple[int, ...]

    __name__ = "accepts"

    def __call__(self, state: jax.Array) -> jax.Array:
        return jnp.isin(state, jnp.asarray(self.states, jnp.int32))


@dataclass(frozen=True, repr=False)
class weighted_automaton(Cell):
    """A weighted automaton over the real numbers, whose weights learn. Type: `A ⊗ R(n) ⊗ P → R(n)`, letters A = R(dtype=int32).

    A word a₁ … aₜ comes to `α M(a₁) … M(aₜ)`; `fold(…) >> dense(1)` weighs it by `β`. Parameters `begin.start`: α in R(n), and
    `letter.weights` in R(letters, n, n). With the 0-1 matrices of a `dfa` it is that automaton. A letter that there is not raises
    ArgumentError among inputs that are known as the arrow runs, and gives NaN elsewhere.
    Source: Schützenberger 1961, "On the definition of a family of automata"; as recurrent nets, Rabusseau et al. 2019
    (arXiv 1807.01406), §2.

    >>> import catlearn as cl
    >>> cl.names(cl.R(9, dtype="int32") >> cl.fold(weighted_automaton(letters=2, states=3)))
    ('begin.start', 'letter.weights')
    """

    letters: int
    states: int
    weights_init: Callable = orthogonal_initialiser

    arity = 2  # type: ignore[assignment]

    def __post_init__(self) -> None:
        for name in ("letters", "states"):
            if not is_whole(getattr(self, name), least=1):
                raise TypingError(f"weighted_automaton: {name} must be a whole number ≥ 1, got {getattr(self, name)!r}.")

    def carrier(self, A: Object) -> Object:
        if A != SYMBOL:
            raise TypingError(f"{self!r} reads letters, R(dtype='int32'), got {A}.")
        return R(self.states)

    def begin(self, A: Object) -> Diagram:
        return identity(I) >> parameter(R(self.states).named("start"), _Start(self.states))

    def step(self, A: Object, S: Object) -> Diagram:
        return A @ S >> _Weigh(self.letters, self.weights_init).named("letter")


@dataclass(frozen=True)
class _Start:
    """The first state with weight 1."""

    n: int

    def __call__(self, key: jax.Array) -> tuple:
        return (jnp.zeros(self.n).at[0].set(1.0),)


@dataclass(frozen=True, repr=False)
class _Weigh(SmoothLayer):
    letters: int
    weights_init: Callable

    name = "weigh"
    arity = 2

    def parameters(self, dom: Object) -> Object:
        n = dom.wires[1].leaves[0].shape[0]
        return R(self.letters, n, n, label="weights")

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        leaf = self.parameters(dom).structs[0]
        return (self.weights_init(key, leaf.shape, leaf.dtype),)

    def apply(self, params: tuple, *xs: Any) -> Any:
        letter = params[0].at[xs[0]].get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)
        return xs[1] @ letter

    def inspect(self, *xs: Any) -> None:
        _letters(xs[0], self.letters)


def words(texts: Sequence[str], alphabet: str, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Words as padded lists of letters `(n, length)` int32, and their lengths `(n,)` int32.

    Raises ArgumentError for a letter outside the alphabet, and for a word longer than that.

    >>> words(["ab", "b"], "ab", 3)
    (array([[0, 1, 0],
           [1, 0, 0]], dtype=int32), array([2, 1], dtype=int32))
    """
    found = np.zeros((len(texts), length), np.int32)
    for row, text in zip(found, texts, strict=True):
        if len(text) > length or set(text) - set(alphabet):
            raise ArgumentError(f"the word {text!r} has more than {length} letters, or others than {alphabet!r}.")
        row[: len(text)] = [alphabet.index(letter) for letter in text]
    return found, np.array([len(text) for text in texts], np.int32)
