"""Encoders: cells to the mean and log-variance of their latent code."""

from __future__ import annotations

from torch import Tensor, nn

from sccbgm.nn.draws import Draws
from sccbgm.nn.layers import Block, Generators, Linear

LOG_VAR_LIMIT = 1e5
"""Log-variances are clipped to +-1e5, as in the authors' reference code."""


class Encoder(nn.Module):
    """Linear n_in -> H, L blocks (h + g(h), or g(h) without residuals), two linear heads to Z.

    Without `variational` there is no log-variance head.
    """

    def __init__(
        self,
        n_in: int,
        width: int,
        depth: int,
        latent_dim: int,
        generators: Generators,
        *,
        dropout: float = 0.0,
        residual: bool = True,
        variational: bool = True,
    ) -> None:
        super().__init__()
        self.residual = residual
        self.input = Linear(n_in, width, generators)
        self.blocks = nn.ModuleList(Block(width, width, dropout, generators) for _ in range(depth))
        self.mean = Linear(width, latent_dim, generators)
        self.log_var = Linear(width, latent_dim, generators) if variational else None

    def forward(self, x: Tensor, draws: Draws | None = None) -> tuple[Tensor, Tensor | None]:
        """(M, B, n_in) -> mean (M, B, Z) and log-variance (M, B, Z) or None."""
        h = self.input(x)
        for block in self.blocks:
            h = h + block(h, draws) if self.residual else block(h, draws)
        if self.log_var is None:
            return self.mean(h), None
        return self.mean(h), self.log_var(h).clamp(-LOG_VAR_LIMIT, LOG_VAR_LIMIT)


def sample(mean: Tensor, log_var: Tensor | None, draws: Draws | None) -> Tensor:
    """z = m + s e with e ~ N(0, 1); z = m without a log-variance or without draws."""
    if log_var is None or draws is None:
        return mean
    return mean + (0.5 * log_var).exp() * draws.normal(*mean.shape[1:])
