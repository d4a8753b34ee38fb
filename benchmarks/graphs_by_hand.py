"""Graph networks of two layers as somebody writes them in plain JAX, in jraph and in PyTorch Geometric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

Params = tuple


def summed(values: jax.Array, index: jax.Array, n: int) -> jax.Array:
    return jax.ops.segment_sum(values, index, n)


# plain JAX: parameters in reading order, as ours have them


def gcn(params: Params, ends: tuple, x: jax.Array) -> jax.Array:
    senders, receivers = ends
    n = len(x)
    degree = summed(jnp.ones(len(senders)), receivers, n) + 1
    scale = jax.lax.rsqrt(degree)[:, None]

    def layer(x: jax.Array, w: jax.Array, b: jax.Array) -> jax.Array:
        moved = scale * (x @ w)
        return scale * (summed(moved[senders], receivers, n) + moved) + b

    return layer(jax.nn.relu(layer(x, *params[:2])), *params[2:])


def gin(params: Params, ends: tuple, x: jax.Array) -> jax.Array:
    senders, receivers = ends

    def layer(x: jax.Array, w: jax.Array, b: jax.Array, v: jax.Array, c: jax.Array) -> jax.Array:
        h = x + summed(x[senders], receivers, len(x))
        return jax.nn.relu(h @ w + b) @ v + c

    return layer(jax.nn.relu(layer(x, *params[:4])), *params[4:])


def gat(params: Params, ends: tuple, x: jax.Array) -> jax.Array:
    n = len(x)
    loops = jnp.arange(n, dtype=ends[0].dtype)
    senders, receivers = (jnp.concatenate([e, loops]) for e in ends)

    def layer(x: jax.Array, w: jax.Array, receiver: jax.Array, sender: jax.Array, b: jax.Array) -> jax.Array:
        h = (x @ w).reshape(n, *receiver.shape)
        left, right = jnp.sum(receiver * h, -1), jnp.sum(sender * h, -1)
        scores = jax.nn.leaky_relu(left[receivers] + right[senders], 0.2)
        highest = jax.lax.stop_gradient(jax.ops.segment_max(scores, receivers, n))
        raised = jnp.exp(scores - highest[receivers])
        share = raised / summed(raised, receivers, n)[receivers]
        return summed(share[:, :, None] * h[senders], receivers, n).reshape(n, -1) + b

    return layer(jax.nn.elu(layer(x, *params[:4])), *params[4:])


BY_HAND: dict[str, Callable] = {"GCN": gcn, "GIN": gin, "GAT": gat}


# rivals


def jraph_gcn(params: Params, ends: tuple, x: jax.Array) -> jax.Array:
    import jraph

    graph = jraph.GraphsTuple(x, None, ends[1], ends[0], None, jnp.array([len(x)]), jnp.array([len(ends[0])]))
    layer = lambda w, b: jraph.GraphConvolution(lambda x: x @ w, add_self_edges=True)  # noqa: E731
    first = layer(*params[:2])(graph)
    first = first._replace(nodes=jax.nn.relu(first.nodes + params[1]))
    return layer(*params[2:])(first).nodes + params[3]


def geometric_gcn(params: Params, ends: tuple, sparse: bool = False) -> tuple[Any, Any]:
    """A net of PyTorch Geometric with these parameters, and its edges: an index, or its sparse matrix in CSR."""
    import numpy as np
    import torch
    from torch_geometric.nn import GCNConv

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            (a, h), (_, o) = params[0].shape, params[2].shape
            self.first, self.second = GCNConv(a, h), GCNConv(h, o)

        def forward(self, x: Any, edges: Any) -> Any:
            return self.second(torch.relu(self.first(x, edges)), edges)

    net = Net()
    with torch.no_grad():
        for layer, (w, b) in zip((net.first, net.second), (params[:2], params[2:]), strict=True):
            layer.lin.weight.copy_(torch.tensor(np.array(w)).T)
            layer.bias.copy_(torch.tensor(np.array(b)))
    edges = torch.tensor(np.stack(ends), dtype=torch.int64)
    if sparse:
        from torch_geometric.utils import to_torch_csr_tensor

        edges = to_torch_csr_tensor(edges.flip(0), size=(int(edges.max()) + 1,) * 2)
    return net, edges
