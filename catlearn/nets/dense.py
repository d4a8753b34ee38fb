"""Linear maps and what is made of them: `linear`, `bias`, `dense`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jax.nn.initializers import lecun_normal, zeros

from catlearn.categories.batch import with_axis
from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Box, Diagram, identity
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite, Family, Layer
from catlearn.core.wires import Object, R, is_whole

_lecun_normal = lecun_normal()


def kernel_initialiser(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """LeCun's normal initialiser, the default of kernels here: `jax.nn.initializers.lecun_normal()` under a name."""
    return _lecun_normal(key, shape, dtype)


@dataclass(frozen=True, repr=False)
class linear(SmoothLayer):
    """Multiply the last axis by a matrix. Type: `R(…, m) ⊗ R(m, n) → R(…, n)`, in the dtype of the domain.

    It is one product of two matrices, whatever the leading axes, and so is its gradient: a batch is more rows. (XLA on CPU
    takes twice as long for a gradient that is summed over several axes.) `kernel_init` is an initialiser of
    `jax.nn.initializers` (LeCun normal). Raises TypingError for a wire without axes or of integers.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> linear(2)).cod
    R(5, 2)
    """

    units: int
    kernel_init: Callable = kernel_initialiser

    def __post_init__(self) -> None:
        whole(self, "units")

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, axes="at least one axis", least=1)

    def parameters(self, dom: Object) -> Object:
        leaf = dom.wires[0].leaves[0]
        return R(leaf.shape[-1], self.units, dtype=leaf.dtype)

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(self.kernel_init, key, self.parameters(dom))

    def codomain(self, dom: Object, param: Object) -> Object:
        leaf = dom.wires[0].leaves[0]
        return R(*leaf.shape[:-1], self.units, dtype=leaf.dtype)

    def apply(self, params: tuple, *xs: Any) -> Any:
        *leading, features = xs[0].shape
        rows = xs[0].reshape(math.prod(leading), features) if len(leading) > 1 else xs[0]
        return jnp.dot(rows, params[0]).reshape(*leading, self.units)

    def batch(self, box: Box, size: int, batched: tuple[bool, ...]) -> Diagram:
        """The same box, on one more axis."""
        return replace(box, dom=with_axis(box.dom, size), cod=with_axis(box.cod, size))


@dataclass(frozen=True, repr=False)
class bias(SmoothLayer):
    """Add a vector along the last axis. Type: `R(…, n) ⊗ R(n) → R(…, n)`. It begins at zero, or as `bias_init` says.
    Raises TypingError for a wire without axes or of integers.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> bias()).param
    R(3)
    """

    bias_init: Callable = zeros

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, axes="at least one axis", least=1)

    def parameters(self, dom: Object) -> Object:
        leaf = dom.wires[0].leaves[0]
        return R(leaf.shape[-1], dtype=leaf.dtype)

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(self.bias_init, key, self.parameters(dom))

    def codomain(self, dom: Object, param: Object) -> Object:
        return dom

    def apply(self, params: tuple, *xs: Any) -> Any:
        return xs[0] + params[0]


@dataclass(frozen=True, repr=False)
class dense(Composite):
    """An affine map of the last axis: `linear(units) >> bias`. Type: `R(…, m) ⊗ R(m, n) ⊗ R(n) → R(…, n)`.

    Parameters `kernel` and, unless `use_bias` is false, `bias`.

    >>> import catlearn as cl
    >>> cl.R(64) >> cl.dense(10)
    R(64) >> dense(10)
    # R(64) → R(10), 650 parameters: kernel (64, 10), bias (10,)
    """

    units: int
    use_bias: bool = True
    kernel_init: Callable = kernel_initialiser
    bias_init: Callable = zeros

    def build(self, dom: Object) -> Diagram:
        return with_bias(dom, linear(self.units, self.kernel_init), self.bias_init if self.use_bias else None)


def with_bias(dom: Object, layer: Layer, bias_init: Callable | None) -> Diagram:
    """A layer of one parameter, `kernel`, and the `bias` after it, if any."""
    kernel = identity(dom) >> layer.named("kernel")
    return kernel if bias_init is None else kernel >> bias(bias_init).named("bias")


# what layers check and draw


def draw(initialiser: Callable, key: jax.Array, param: Object) -> tuple:
    """A value for the only wire of `param`, from an initialiser of `jax.nn.initializers`."""
    leaf = param.wires[0].leaves[0]
    return (initialiser(key, leaf.shape, leaf.dtype),)


def whole(layer: Family, *names: str) -> None:
    """Make these fields of a layer Python integers. Raises TypingError unless they are whole numbers ≥ 1."""
    for name in names:
        value = getattr(layer, name)
        if not is_whole(value, least=1):
            raise TypingError(f"{layer.name}: {name} must be a whole number ≥ 1, got {value!r}.")
        object.__setattr__(layer, name, int(value))


def floating(layer: Family, dom: Object, axes: str, least: int, most: int | None = None) -> None:
    """Raise TypingError unless the only wire is an array of floats with that many axes."""
    leaves = dom.wires[0].leaves
    if len(leaves) != 1 or dom.wires[0].tree != jax.tree.structure(0):
        raise TypingError(f"{layer!r} takes an array, got {dom}.")
    if not jnp.issubdtype(leaves[0].dtype, jnp.inexact):
        raise TypingError(f"{layer!r} takes floats, got {dom}; convert before the model, with `.astype`.")
    if len(leaves[0].shape) < least or (most is not None and len(leaves[0].shape) > most):
        raise TypingError(f"{layer!r} takes {axes}, got {dom}, which has {len(leaves[0].shape)}.")
