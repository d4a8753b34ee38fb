"""Residual connections: copy, then f beside the identity, then add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catlearn.core.diagram import Diagram, copy
from catlearn.core.errors import TypingError
from catlearn.core.family import Composite
from catlearn.core.wires import Object, difference
from catlearn.nets.function import add


@dataclass(frozen=True, repr=False)
class residual(Composite):
    """`x ↦ f(x) + x`: the composite `copy >> (f @ identity) >> add`. Type: `A ⊗ P → A` for `f : A ⊗ P → A`.

    Raises TypingError where f does not end where it began.
    Source: He et al. 2016 (arXiv 1512.03385), equation 1.

    >>> import catlearn as cl
    >>> cl.names(cl.R(4) >> cl.residual(cl.dense(4) >> cl.relu))
    ('0.dense.kernel', '0.dense.bias')
    """

    f: Any

    def build(self, dom: Object) -> Diagram:
        f = dom >> self.f
        if f.cod != dom:
            raise TypingError(
                f"{self!r} at {dom}: the branch must end in {dom}, but it ends in {f.cod} ({difference(dom, f.cod)})."
            )
        return copy(dom) >> (f @ dom) >> add
