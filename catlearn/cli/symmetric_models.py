"""Models of data with a symmetry by name: nets that have it, and one that does not."""

from __future__ import annotations

from functools import reduce

from catlearn.core.diagram import Diagram, identity
from catlearn.core.wires import I
from catlearn.datasets.symmetric import Symmetric
from catlearn.equivariant.architectures import chain, invariant_graph_network
from catlearn.equivariant.common_groups import S
from catlearn.equivariant.intertwiners import forget
from catlearn.equivariant.subgraphs import subgraph_network
from catlearn.equivariant.vector_networks import vector_network
from catlearn.nets.dense import dense
from catlearn.nets.function import flatten, silu
from catlearn.nets.shape import concatenate, reshape


def of_symmetric(data: Symmetric) -> dict[str, Diagram]:
    """Nets with the symmetry of the data, and an `mlp` of the same numbers without it.

    Of graphs `ign` is Maron et al. 2019 (arXiv 1812.09902) with tensors of order 2, `ign3` with tensors of order 3, and `spen`
    Mitton, Murray-Smith 2021 (arXiv 2111.11840). Of vectors `vector` is the general linear map of products of two mixtures of
    the vectors, each times an affine function of the invariants.
    """
    end = data.cod.wires[0].leaves[0].shape
    if isinstance(_group(data), S):
        return {
            "ign": data.dom >> invariant_graph_network((16, 16), end[-1]),
            "ign3": data.dom >> invariant_graph_network((8,), end[-1], order=3),
            "spen": data.dom >> subgraph_network((8, 8), end[-1]),
            "mlp": _mlp(data, (512, 512)),
        }
    power = data.cod.wires[0].rep.powers[0]  # type: ignore[attr-defined]
    return {"vector": data.dom >> vector_network(power, end[-1], width=16, depth=0), "mlp": _mlp(data, (256, 256, 256))}


def _group(data: Symmetric) -> object:
    return next(wire.rep.group for wire in data.dom.wires if hasattr(wire, "rep"))  # type: ignore[attr-defined]


def _mlp(data: Symmetric, widths: tuple[int, ...]) -> Diagram:
    """Dense layers from all the numbers of an input to those of a target."""
    wires, out = forget(data.dom), forget(data.cod).wires[0].leaves[0]
    flat = [wire if len(wire.structs[0].shape) == 1 else wire >> flatten for wire in (wires[i] for i in range(len(wires)))]
    seen = reduce(lambda f, g: f @ g, flat, identity(I)) >> concatenate()
    hidden = [stage for w in widths for stage in (dense(w), silu)]
    last = [dense(out.size)] + [reshape(*out.shape)] * (len(out.shape) > 1)
    return chain([seen, *hidden, *last])
