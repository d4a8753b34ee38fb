"""Normalisation: `normalise`, `scale`, and the norms that are made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.nn.initializers import ones, zeros

from catlearn.categories.smooth import SmoothLayer
from catlearn.core.diagram import Diagram
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import Object, R
from catlearn.nets.dense import bias, draw, floating, whole
from catlearn.nets.shape import reshape


@dataclass(frozen=True, repr=False)
class normalise(SmoothLayer):
    """Subtract the mean over some axes and divide by `√(variance + eps)` over them. Type: `R(…) → R(…)`, no parameters.

    Without `centred`, no mean is subtracted: x / √(mean of x² + eps). Means are taken in float32 or wider.
    Raises TypingError for a wire of no real floats, and where it has no such axis.
    Source: Ba et al. 2016 (arXiv 1607.06450), equation 3; Zhang and Sennrich 2019 (arXiv 1910.07467), equation 4.

    >>> import jax.numpy as jnp, catlearn as cl
    >>> (cl.R(2) >> normalise(eps=0.0))((), jnp.array([1.0, 3.0]))
    Array([-1.,  1.], dtype=float32)
    """

    axes: tuple[int, ...] = (-1,)
    eps: float = 1e-5
    centred: bool = True

    precise = True

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, "at least one axis", 1)
        if jnp.issubdtype(dom.wires[0].leaves[0].dtype, jnp.complexfloating):
            raise TypingError(f"{self!r} takes real numbers, got {dom}.")

    def apply(self, params: tuple, *xs: Any) -> Any:
        return self._forward(params, *xs)[0]

    def optic(self, dom: Object) -> tuple[Callable, Callable]:
        """Keeps what it gave and the factor 1 / √(variance + eps): `x' = factor · (y' − mean y' − y · mean(y · y'))`."""
        return self._forward, self._backward

    def _forward(self, params: tuple, *xs: Any) -> tuple:
        x = _wide(xs[0])
        x = x - self._mean(x) if self.centred else x
        factor = jax.lax.rsqrt(self._mean(jnp.square(x)) + self.eps)
        return (x * factor).astype(xs[0].dtype), (x * factor, factor)

    def _backward(self, kept: tuple, dy: Any) -> tuple:
        y, factor = kept
        wide = _wide(dy)
        dx = wide - y * self._mean(y * wide)
        dx = dx - self._mean(wide) if self.centred else dx
        return (), (factor * dx).astype(dy.dtype)

    def _mean(self, x: jax.Array) -> jax.Array:
        return x.mean(self.axes, keepdims=True)


def _wide(x: jax.Array) -> jax.Array:
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


@dataclass(frozen=True, repr=False)
class scale(SmoothLayer):
    """Multiply by a vector along the last axis. Type: `R(…, n) ⊗ R(n) → R(…, n)`. It begins at one, or as `scale_init` says.
    Raises TypingError for a wire without axes or of integers.

    >>> import catlearn as cl
    >>> (cl.R(5, 3) >> scale()).param
    R(3)
    """

    scale_init: Callable = ones

    def check(self, dom: Object) -> None:
        super().check(dom)
        floating(self, dom, "at least one axis", 1)

    def parameters(self, dom: Object) -> Object:
        leaf = dom.wires[0].leaves[0]
        return R(leaf.shape[-1], dtype=leaf.dtype)

    def initial(self, key: jax.Array, dom: Object) -> tuple:
        return draw(self.scale_init, key, self.parameters(dom))

    def codomain(self, dom: Object, param: Object) -> Object:
        return dom

    def apply(self, params: tuple, *xs: Any) -> Any:
        return xs[0] * params[0]


@dataclass(frozen=True, repr=False)
class layer_norm(Composite):
    """Mean 0 and variance 1 along the last axis, then `scale` and `bias`. Type: `R(…, n) ⊗ R(n) ⊗ R(n) → R(…, n)`.

    Parameters `scale` and `bias`, unless `use_scale` or `use_bias` is false. Raises TypingError for a wire of no real floats.
    Source: Ba et al. 2016 (arXiv 1607.06450), equation 3.

    >>> import catlearn as cl
    >>> cl.R(5, 8) >> layer_norm()
    R(5, 8) >> layer_norm()
    # R(5, 8) → R(5, 8), 16 parameters: scale (8,), bias (8,)
    """

    eps: float = 1e-5
    use_scale: bool = True
    use_bias: bool = True
    scale_init: Callable = ones
    bias_init: Callable = zeros

    def build(self, dom: Object) -> Diagram:
        return _affine(dom >> normalise(eps=self.eps), self)


@dataclass(frozen=True, repr=False)
class rms_norm(Composite):
    """Root mean square 1 along the last axis, then `scale`. Type: `R(…, n) ⊗ R(n) → R(…, n)`.

    Parameters `scale`, unless `use_scale` is false, and `bias`, where `use_bias` is true.
    Raises TypingError for a wire of no real floats. Source: Zhang and Sennrich 2019 (arXiv 1910.07467), equation 4.

    >>> import catlearn as cl
    >>> cl.R(5, 8) >> rms_norm()
    R(5, 8) >> rms_norm()
    # R(5, 8) → R(5, 8), 8 parameters: scale (8,)
    """

    eps: float = 1e-5
    use_scale: bool = True
    use_bias: bool = False
    scale_init: Callable = ones
    bias_init: Callable = zeros

    def build(self, dom: Object) -> Diagram:
        return _affine(dom >> normalise(eps=self.eps, centred=False), self)


@dataclass(frozen=True, repr=False)
class group_norm(Composite):
    """Mean 0 and variance 1 over all places and the channels of a group, then `scale` and `bias`.

    Type: `R(…, c) ⊗ R(c) ⊗ R(c) → R(…, c)`, channels last; each of the `groups` has c / groups neighbouring channels.
    Raises TypingError for a wire of no real floats, and where `groups` does not divide c.
    Source: Wu and He 2018 (arXiv 1803.08494), equations 1, 2 and 7.

    >>> import catlearn as cl
    >>> cl.R(7, 7, 8) >> group_norm(4)
    R(7, 7, 8) >> group_norm(4)
    # R(7, 7, 8) → R(7, 7, 8), 16 parameters: scale (8,), bias (8,)
    """

    groups: int
    eps: float = 1e-5
    use_scale: bool = True
    use_bias: bool = True
    scale_init: Callable = ones
    bias_init: Callable = zeros

    def __post_init__(self) -> None:
        whole(self, "groups")

    def build(self, dom: Object) -> Diagram:
        floating(self, dom, "at least one axis (…, channels)", 1)
        *places, channels = dom.wires[0].leaves[0].shape
        if channels % self.groups:
            raise TypingError(f"{self!r} needs a number of channels that {self.groups} divides, got {dom}.")
        n = len(places)
        grouped = dom >> reshape(*places, self.groups, channels // self.groups)
        return _affine(grouped >> normalise((*range(n), n + 1), self.eps) >> reshape(*places, channels), self)


def _affine(f: Diagram, norm: layer_norm | rms_norm | group_norm) -> Diagram:
    """f, then the scale and the bias that a norm asks for."""
    scaled = f >> scale(norm.scale_init).named("scale") if norm.use_scale else f
    return scaled >> bias(norm.bias_init).named("bias") if norm.use_bias else scaled
