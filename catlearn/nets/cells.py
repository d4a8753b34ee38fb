"""Recurrent cells: `simple_cell`, `gru_cell`, `lstm_cell`. Algebras of `1 + A × X`, to be folded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.nn.initializers import zeros

from catlearn.algebra.cells import Cell
from catlearn.categories.function import function
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram, wiring
from catlearn.core.errors import TypingError
from catlearn.core.family import Family
from catlearn.core.wires import Object, R
from catlearn.nets.dense import dense, draw, floating, kernel_initialiser, linear, whole
from catlearn.nets.function import add, tanh


@dataclass(frozen=True, repr=False)
class _Recurrent(Cell):
    """A cell of h units: a dense map of the element called `input`, a linear one of the hidden state called `hidden`."""

    units: int
    kernel_init: Callable = kernel_initialiser
    bias_init: Callable = zeros

    def __post_init__(self) -> None:
        whole(self, "units")

    def carrier(self, A: Object) -> Object:
        floating(self, A, "at least one axis", 1)
        return R(self.units, dtype=A.structs[0].dtype)

    def _input(self, gates: int) -> Any:
        """W x + b, cut into gates: before the loop, since XLA runs a loop three times as fast where it needs no cutting."""
        whole = dense(gates * self.units, True, self.kernel_init, self.bias_init).named("input")
        return whole >> function(_Gates(gates)) if gates > 1 else whole

    def _hidden(self, gates: int) -> Any:
        return linear(gates * self.units, self.kernel_init).named("hidden")


@dataclass(frozen=True)
class _Gates:
    """A vector in so many equal parts."""

    n: int

    __name__ = "gates"

    def __call__(self, x: jax.Array) -> tuple[jax.Array, ...]:
        return tuple(jnp.split(x, self.n, -1))


@dataclass(frozen=True, repr=False)
class simple_cell(_Recurrent):
    """Elman's cell: `h' = φ(W x + b + U h)`. Type: `R(m) ⊗ R(h) ⊗ P → R(h)`, φ = tanh unless told.

    Parameters `input.kernel` in R(m, h), `input.bias`, `hidden` in R(h, h). Raises TypingError for elements that are no vectors
    of floats, and for states of another type. Source: Elman 1990, "Finding structure in time".

    >>> import catlearn as cl
    >>> cl.names(cl.R(5, 3) >> cl.fold(cl.simple_cell(4)))
    ('input.kernel', 'input.bias', 'hidden')
    """

    activation: Any = tanh

    def step(self, A: Object, S: Object) -> Diagram:
        return A @ S >> self._input(1) @ self._hidden(1) >> add >> self.activation


@dataclass(frozen=True, repr=False)
class gru_cell(_Recurrent):
    """The gated recurrent unit. Type: `R(m) ⊗ R(h) ⊗ P → R(h)`.

    `r, z = σ(W x + b + U h)`, `n = tanh(W x + b + r ⊙ (U h + c))`, `h' = (1 − z) ⊙ n + z ⊙ h`. Parameters `input.kernel` in
    R(m, 3h) (for r, z, n in turn), `input.bias`, `hidden` in R(h, 3h), and `gates`: c. Raises TypingError as `simple_cell`.
    Source: Cho et al. 2014 (arXiv 1406.1078), §2.3, in the form of cuDNN, PyTorch and Equinox, where r meets U h.

    >>> import catlearn as cl
    >>> (cl.R(100, 28) >> cl.fold(cl.gru_cell(64))).cod
    R(64)
    """

    def step(self, A: Object, S: Object) -> Diagram:
        # A ⊗ S → A ⊗ S ⊗ S → W x ⊗ U h ⊗ h → h', with W x on three wires
        return wiring(A @ S, (0, 1, 1)) >> self._input(3) @ self._hidden(3) @ S >> gru_gates(self.bias_init).named("gates")


@dataclass(frozen=True, repr=False)
class gru_gates(SmoothLayer):
    """The gates of a GRU. Type: `R(h)³ ⊗ R(3h) ⊗ R(h) ⊗ R(h) → R(h)`: W x + b in three, U h, h, and the bias c of U h in n."""

    bias_init: Callable = zeros

    arity = 5

    def parameters(self, dom: Object) -> Object:
        return dom[4]

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(self.bias_init, key, dom[4])

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self._forward(params, *xs)[0]

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        """Keeps the gates, and of the states h alone: less than JAX would, of every step of a loop."""
        return self._forward, self._backward

    def _forward(self, params: tuple, *xs: Any) -> tuple:
        ir, iz, im, u, h = xs
        hr, hz, hm = jnp.split(u, 3, -1)
        r, z, m = jax.nn.sigmoid(ir + hr), jax.nn.sigmoid(iz + hz), hm + params[0]
        n = jnp.tanh(im + r * m)
        return n + z * (h - n), (r, z, m, n, h)

    def _backward(self, kept: tuple, dh: Any) -> tuple:
        r, z, m, n, h = kept
        dn = dh * (1 - z) * (1 - n * n)
        dr, dz, dm = dn * m * r * (1 - r), dh * (h - n) * z * (1 - z), dn * r
        return (dm,), (dr, dz, dn, jnp.concatenate([dr, dz, dm], -1), dh * z)


@dataclass(frozen=True, repr=False)
class lstm_cell(_Recurrent):
    """Long short-term memory. Type: `R(m) ⊗ (R(h) ⊗ R(h)) ⊗ P → R(h) ⊗ R(h)`: the hidden state h and the memory c.

    `i, f, g, o = σ, σ, tanh, σ (W x + b + U h)`, `c' = f ⊙ c + i ⊙ g`, `h' = o ⊙ tanh(c')`. Parameters `input.kernel` in R(m, 4h)
    (for i, f, g, o in turn), `input.bias`, `hidden` in R(h, 4h). `hidden` after a fold keeps h alone. Raises TypingError as
    `simple_cell`. Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.

    >>> import catlearn as cl
    >>> (cl.R(100, 28) >> cl.fold(cl.lstm_cell(64)) >> cl.hidden).cod
    R(64)
    """

    def carrier(self, A: Object) -> Object:
        h = super().carrier(A)
        return h @ h

    def step(self, A: Object, S: Object) -> Diagram:
        return A @ S >> self._input(4) @ self._hidden(4) @ S[1] >> lstm_gates


@dataclass(frozen=True, repr=False)
class _LstmGates(SmoothLayer):
    """The gates of an LSTM. Type: `R(h)⁴ ⊗ R(4h) ⊗ R(h) → R(h) ⊗ R(h)`: W x + b, U h and c, to h' and c'."""

    name = "lstm_gates"
    called = False
    arity = 6

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self._forward(params, *xs)[0]

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        """Keeps the gates, c and tanh c'."""
        return self._forward, self._backward

    def _forward(self, params: tuple, *xs: Any) -> tuple:
        *x, u, c = xs
        i, f, g, o = map(jnp.add, x, jnp.split(u, 4, -1))
        i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
        new = f * c + i * g
        shown = jnp.tanh(new)
        return (o * shown, new), (i, f, g, o, c, shown)

    def _backward(self, kept: tuple, dh: Any, dc: Any) -> tuple:
        i, f, g, o, c, shown = kept
        d = dc + dh * o * (1 - shown * shown)
        dx = d * g * i * (1 - i), d * c * f * (1 - f), d * i * (1 - g * g), dh * shown * o * (1 - o)
        return (), (*dx, jnp.concatenate(dx, -1), d * f)


lstm_gates = _LstmGates()


@dataclass(frozen=True, repr=False)
class _Hidden(Family):
    """Keep the first wire and discard the rest: the hidden state of an LSTM. Type: `H ⊗ S → H`."""

    name = "hidden"
    called = False
    arity = 2

    def resolve(self, dom: Object) -> Diagram:
        if not dom.wires:
            raise TypingError("hidden keeps the first wire of a state, and there is none.")
        return wiring(dom, (0,))


hidden = _Hidden()
