"""The flow network: a velocity field over cells, conditioned on time and a vector."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sccbgm.nn import losses
from sccbgm.nn.batch import Batch
from sccbgm.nn.draws import Draws
from sccbgm.nn.layers import Block, Generators, Linear, uniform, zeros


class FourierTime(nn.Module):
    """e_t = Linear ReLU Linear of [sin(t w), cos(t w)], w = 2 pi e, e ~ N(0, 1) not trained."""

    frequencies: Tensor

    def __init__(self, width: int, generators: Generators) -> None:
        super().__init__()
        draws = [torch.randn(1, width // 2, generator=generator) for generator in generators]
        self.register_buffer("frequencies", 2 * math.pi * torch.stack(draws))
        self.hidden = Linear(width, width, generators)
        self.output = Linear(width, width, generators)

    def forward(self, t: Tensor) -> Tensor:
        """t (M, B, 1) -> (M, B, H)."""
        phase = t * self.frequencies
        features = torch.cat([phase.sin(), phase.cos()], -1)
        return self.output(torch.relu(self.hidden(features)))


class VelocityNetwork(nn.Module):
    """v(x, t, c): h = W_x x; L times h = h + g(h + W_c c + e_t); v = W_o h.

    Block biases and the output bias start at 0, W_o Xavier-uniform with gain 0.1 (authors'
    reference code). `condition` and `time` are separate so that a solver computes them once.
    """

    def __init__(
        self,
        n_features: int,
        n_condition: int,
        width: int,
        depth: int,
        dropout: float,
        generators: Generators,
    ) -> None:
        super().__init__()
        self.input = Linear(n_features, width, generators)
        self.condition = Linear(n_condition, width, generators)
        self.time = FourierTime(width, generators)
        self.blocks = nn.ModuleList(
            Block(width, width, dropout, generators, bias=zeros) for _ in range(depth)
        )
        xavier = uniform(0.1 * math.sqrt(6 / (width + n_features)))
        self.output = Linear(width, n_features, generators, weight=xavier, bias=zeros)

    def forward(self, x: Tensor, context: Tensor, draws: Draws | None = None) -> Tensor:
        """x (M, B, d), context = W_c c + e_t (M, B, H) -> velocity (M, B, d)."""
        h = self.input(x)
        for block in self.blocks:
            h = h + block(h + context, draws)
        return self.output(h)

    def loss(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """Flow matching: || v(x_t, t, c) - (x_1 - x_0) ||^2, mean over all B d entries.

        x_1 = cell, x_0 ~ N(0, I), t ~ U(0, 1) for each cell, x_t = (1 - t) x_0 + t x_1
        (Lipman et al. 2023, independent coupling).
        """
        x_1 = batch["x"]
        x_0, t = draws.normal(*x_1.shape[1:]), draws.uniform(x_1.shape[1], 1)
        x_t = (1 - t) * x_0 + t * x_1
        velocity = self(x_t, self.condition(batch["condition"]) + self.time(t), draws)
        return {"loss": losses.reconstruction(velocity, x_1 - x_0, batch.weight)}
