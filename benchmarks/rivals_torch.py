"""The models of the benchmarks in PyTorch, eager, on CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inward, self.outward = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def attend(self, x: torch.Tensor) -> torch.Tensor:
        n, t, d = x.shape
        q, k, v = self.inward(x).view(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        return self.outward(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attend(self.first(x))
        return x + self.down(F.gelu(self.up(self.second(x)), approximate="tanh"))


class Transformer(nn.Module):
    def __init__(self, width: int = 128, heads: int = 4, depth: int = 2):
        super().__init__()
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.last = nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.blocks(x).mean(1))


def _conv() -> nn.Module:
    first, second = nn.Conv2d(1, 16, 3, padding="same"), nn.Conv2d(16, 32, 3, padding="same")
    body = first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU(), nn.MaxPool2d(2)
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(32 * 7 * 7, 10))


def models() -> tuple[nn.Module, ...]:
    """In the order of `CASES`."""
    wide = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    tiny = nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Linear(20, 3))
    return wide, _conv(), tiny, Transformer()


def step_of(model: nn.Module, fused: bool) -> Any:
    """A step in place. Examples are tensors."""
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused)

    def step(examples: tuple) -> torch.Tensor:
        optimiser.zero_grad()
        loss = F.cross_entropy(model(examples[0]), examples[1])
        loss.backward()
        optimiser.step()
        return loss

    return step


def tensors(examples: tuple) -> tuple:
    """The same examples as tensors, images with channels first."""
    xs, ys = (np.asarray(array) for array in examples)
    xs = np.moveaxis(xs, -1, 1) if xs.ndim == 4 else xs
    return torch.tensor(np.ascontiguousarray(xs)), torch.tensor(ys.astype(np.int64))
