"""The paper's networks for one model, written the usual way in PyTorch.

They are what the stacked engine is timed against, and what its losses and gradients are tested
against.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """Drop(ReLU(LN(W x + b)))."""

    def __init__(self, n_in: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(n_in, width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(torch.relu(self.norm(self.linear(x))))


class Encoder(nn.Module):
    """Linear, L blocks with or without residuals, heads for mean and log-variance."""

    def __init__(self, n_in: int, width: int, depth: int, latent: int, residual: bool) -> None:
        super().__init__()
        self.input = nn.Linear(n_in, width)
        self.blocks = nn.ModuleList(Block(width, width) for _ in range(depth))
        self.mean, self.log_var = nn.Linear(width, latent), nn.Linear(width, latent)
        self.residual = residual

    def hidden(self, x: Tensor) -> Tensor:
        h = self.input(x)
        for block in self.blocks:
            h = h + block(h) if self.residual else block(h)
        return h

    def mean_of(self, x: Tensor) -> Tensor:
        return self.mean(self.hidden(x))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.hidden(x)
        return self.mean(h), self.log_var(h)


def sample(mean: Tensor, log_var: Tensor, noise: Tensor | None) -> Tensor:
    noise = torch.randn_like(mean) if noise is None else noise
    return mean + (0.5 * log_var).exp() * noise


def kl(mean: Tensor, log_var: Tensor) -> Tensor:
    return -0.5 * (1 + log_var - mean**2 - log_var.exp()).mean()


class CVAE(nn.Module):
    """The conditional VAE, without residuals."""

    def __init__(self, d: int, k: int, width: int, depth: int, latent: int) -> None:
        super().__init__()
        self.encoder = Encoder(d + k, width, depth, latent, residual=False)
        self.input = nn.Linear(latent + k, width)
        self.blocks = nn.Sequential(*(Block(width, width) for _ in range(depth)))
        self.output = nn.Linear(width, d)
        self.beta = 1e-5

    def decode(self, z: Tensor, c: Tensor) -> Tensor:
        return self.output(self.blocks(self.input(torch.cat([z, c], 1))))

    def edit(self, x: Tensor, c: Tensor, edited: Tensor) -> Tensor:
        return self.decode(self.encoder.mean_of(torch.cat([x, c], 1)), edited)

    def loss(self, x: Tensor, c: Tensor, noise: Tensor | None = None) -> Tensor:
        mean, log_var = self.encoder(torch.cat([x, c], 1))
        predicted = self.decode(sample(mean, log_var, noise), c)
        return functional.mse_loss(predicted, x) + self.beta * kl(mean, log_var)


class Flow(nn.Module):
    """The velocity network and its flow-matching loss."""

    def __init__(self, d: int, k: int, width: int, depth: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.input, self.condition = nn.Linear(d, width), nn.Linear(k, width)
        self.register_buffer("frequencies", 2 * math.pi * torch.randn(width // 2))
        self.hidden, self.time = nn.Linear(width, width), nn.Linear(width, width)
        self.blocks = nn.ModuleList(Block(width, width, dropout) for _ in range(depth))
        self.output = nn.Linear(width, d)
        nn.init.xavier_uniform_(self.output.weight, gain=0.1)
        for layer in (self.output, *(block.linear for block in self.blocks)):
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, t: Tensor, c: Tensor) -> Tensor:
        phase = t * self.frequencies
        e_t = self.time(torch.relu(self.hidden(torch.cat([phase.sin(), phase.cos()], 1))))
        h, e_c = self.input(x), self.condition(c)
        for block in self.blocks:
            h = h + block(h + e_c + e_t)
        return self.output(h)

    def loss(
        self, x: Tensor, c: Tensor, noise: Tensor | None = None, t: Tensor | None = None
    ) -> Tensor:
        noise = torch.randn_like(x) if noise is None else noise
        t = torch.rand(len(x), 1, device=x.device) if t is None else t
        return functional.mse_loss(self((1 - t) * noise + t * x, t, c), x - noise)


@torch.no_grad()
def euler_edit(flow: Flow, x: Tensor, c: Tensor, edited: Tensor, steps: int) -> Tensor:
    """Inversion and generation by Euler steps, evaluating both velocities at guidance 1."""

    def guided(x: Tensor, t: float, c: Tensor) -> Tensor:
        times = torch.full((len(x), 1), t, device=x.device)
        without = flow(x, times, torch.zeros_like(c))
        return without + 1.0 * (flow(x, times, c) - without)

    for s in range(steps, 0, -1):
        x = x - guided(x, s / steps, c) / steps
    for s in range(steps):
        x = x + guided(x, s / steps, edited) / steps
    return x


class Dense(nn.Module):
    """Linear, residual blocks whose biases start at 0, Linear."""

    def __init__(self, n_in: int, n_out: int, width: int, depth: int) -> None:
        super().__init__()
        self.input, self.output = nn.Linear(n_in, width), nn.Linear(width, n_out)
        self.blocks = nn.ModuleList(Block(width, width) for _ in range(depth))
        for block in self.blocks:
            nn.init.zeros_(block.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        h = self.input(x)
        for block in self.blocks:
            h = h + block(h)
        return self.output(h)


class ConceptFlow(nn.Module):
    """A flow from a Gaussian that the code predicts; centre, scale: of the training concepts."""

    def __init__(
        self, d: int, k: int, width: int, depth: int, latent: int, unknown: int,
        centre: Tensor, scale: Tensor,
    ) -> None:  # fmt: skip
        super().__init__()
        self.encoder = Dense(d, latent, width, depth)
        self.concepts, self.unknown = Dense(latent, k, width, 2), Dense(latent, unknown, width, 2)
        self.prior = Dense(k + unknown, 2 * d, width, 2)
        self.velocity = Flow(d, k + unknown, width, depth, 0.0)
        self.centre, self.scale = centre, scale
        self.lambda_concept, self.lambda_orthogonality, self.lambda_prior = 0.1, 0.2, 0.1

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = self.encoder(x)
        return torch.sigmoid(self.concepts(z)), torch.relu(self.unknown(z))

    def loss(self, x: Tensor, c: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        known, unknown = self.encode(x)
        code = torch.cat([known, unknown], 1)
        mean, log_var = self.prior(code).chunk(2, 1)
        start = mean + (0.5 * log_var).exp() * noise
        velocity = self.velocity((1 - t) * start + t * x, t, code)
        standardised = (known - self.centre) / (self.scale + 1e-6)
        overlap = (unknown - unknown.mean(0)).T @ standardised / (len(x) - 1)
        return (
            functional.mse_loss(velocity, x - start)
            + self.lambda_concept * c.shape[1] * functional.binary_cross_entropy(known, c)
            + self.lambda_orthogonality * (overlap**2).sum()
            + self.lambda_prior * kl(mean, log_var)
        )

    @torch.no_grad()
    def edit(self, x: Tensor, mask: Tensor, values: Tensor, noise: Tensor, steps: int) -> Tensor:
        known, unknown = self.encode(x)
        code = torch.cat([torch.where(mask, values, known), unknown], 1)
        mean, log_var = self.prior(code).chunk(2, 1)
        x = mean + (0.5 * log_var).exp() * noise
        for s in range(steps):
            x = x + self.velocity(x, torch.full((len(x), 1), s / steps), code) / steps
        return x
