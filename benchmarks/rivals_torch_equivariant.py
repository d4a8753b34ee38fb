"""A layer of an invariant graph network in PyTorch, eager: the 15 maps from matrices to matrices, stacked."""

from __future__ import annotations

import torch


def fifteen(x: torch.Tensor) -> torch.Tensor:
    """The 15 maps of each channel. Type: (batch, channels, n, n) → (batch, channels, 15, n, n), in the order of `FIFTEEN`."""
    n = x.shape[-1]
    d = torch.diagonal(x, dim1=2, dim2=3)
    rows, columns = x.sum(3), x.sum(2)
    trace, total = d.sum(2, keepdim=True), rows.sum(2, keepdim=True)
    on_diagonal = [torch.diag_embed(v.expand_as(d)) for v in (d, trace, rows, columns, total)]
    down = lambda v: v[:, :, :, None].expand_as(x)  # noqa: E731
    across = lambda v: v[:, :, None, :].expand_as(x)  # noqa: E731
    along = [down(rows), down(columns), across(rows), across(columns)]
    last = [down(d), across(d), down(trace.expand(-1, -1, n)), down(total.expand(-1, -1, n))]
    return torch.stack([*on_diagonal, *along, x, x.transpose(2, 3), *last], 2)


def layer(w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """`Σ_π D_π x W_π`. Type: (15, c_in, c_out), (batch, c_in, n, n) → (batch, c_out, n, n)."""
    return torch.einsum("rio,birxy->boxy", w, fifteen(x))
