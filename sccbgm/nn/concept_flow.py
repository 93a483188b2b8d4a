"""ConceptFlow: a concept bottleneck whose decoder is a flow, trained in one stage."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sccbgm.nn import losses
from sccbgm.nn.batch import Batch
from sccbgm.nn.draws import Draws
from sccbgm.nn.layers import Block, Generators, Linear, zeros
from sccbgm.nn.velocity import VelocityNetwork

HEAD_DEPTH = 2
"""Residual blocks in the heads for concepts, unknown code and prior (reference code)."""


class DenseEncoder(nn.Module):
    """Linear n_in -> H, residual blocks (biases start at 0), Linear H -> n_out."""

    def __init__(
        self,
        n_in: int,
        n_out: int,
        width: int,
        depth: int,
        dropout: float,
        generators: Generators,
    ) -> None:
        super().__init__()
        self.input = Linear(n_in, width, generators)
        self.blocks = nn.ModuleList(
            Block(width, width, dropout, generators, bias=zeros) for _ in range(depth)
        )
        self.output = Linear(width, n_out, generators)

    def forward(self, x: Tensor, draws: Draws | None = None) -> Tensor:
        """(M, B, n_in) -> (M, B, n_out)."""
        h = self.input(x)
        for block in self.blocks:
            h = h + block(h, draws)
        return self.output(h)


class ConceptFlow(nn.Module):
    """z = E(x), c^ = sigmoid(A z), u = ReLU(B z), prior N(m, s^2) and velocity v of h = [c^; u].

    L = flow matching + lambda_c L_con + lambda_orth L_cc* + lambda_prior KL(N(m, s^2) || N(0, I)).
    L_cc* is the cross-covariance of u with c^ standardised by `centre` and `scale` (M, 1, K), the
    training cells' concept means and sample SDs.
    """

    shared_buffers = ("hard",)
    hard: Tensor
    lambda_concept: Tensor
    lambda_orthogonality: Tensor
    lambda_prior: Tensor
    centre: Tensor
    scale: Tensor

    def __init__(
        self,
        n_features: int,
        width: int,
        depth: int,
        latent_dim: int,
        n_unknown: int,
        dropout: float,
        hard: Tensor,
        buffers: Mapping[str, Tensor],
        generators: Generators,
    ) -> None:
        super().__init__()
        self.register_buffer("hard", hard, persistent=False)
        for name, value in buffers.items():
            self.register_buffer(name, value, persistent=False)
        n_concepts = len(hard)
        code = n_concepts + n_unknown

        def dense(n_in: int, n_out: int, blocks: int) -> DenseEncoder:
            return DenseEncoder(n_in, n_out, width, blocks, dropout, generators)

        self.encoder = dense(n_features, latent_dim, depth)
        self.concepts = dense(latent_dim, n_concepts, HEAD_DEPTH)
        self.unknown = dense(latent_dim, n_unknown, HEAD_DEPTH)
        self.prior = dense(code, 2 * n_features, HEAD_DEPTH)
        self.velocity = VelocityNetwork(n_features, code, width, depth, dropout, generators)

    def encode(self, x: Tensor, draws: Draws | None = None) -> tuple[Tensor, Tensor]:
        """Predicted concepts (M, B, K) and unknown code (M, B, U) of cells (M, B, d)."""
        z = self.encoder(x, draws)
        known = self.concepts(z, draws)
        known = torch.where(self.hard, torch.sigmoid(known), known)
        return known, torch.relu(self.unknown(z, draws))

    def start(self, code: Tensor, draws: Draws, dropout: Draws | None) -> tuple[Tensor, ...]:
        """x_0 ~ N(m, s^2) of code h (M, B, K + U), with m and log s^2, each (M, B, d)."""
        mean, log_var = self.prior(code, dropout).chunk(2, -1)
        return mean + (0.5 * log_var).exp() * draws.normal(*mean.shape[1:]), mean, log_var

    def loss(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The terms and their weighted sum "loss", each (M,)."""
        x_1, rows = batch["x"], batch.weight
        known, unknown = self.encode(x_1, draws)
        code = torch.cat([known, unknown], -1)
        x_0, mean, log_var = self.start(code, draws, draws)
        t = draws.uniform(x_1.shape[1], 1)
        context = self.velocity.condition(code) + self.velocity.time(t)
        velocity = self.velocity((1 - t) * x_0 + t * x_1, context, draws)
        terms = {
            "flow": losses.reconstruction(velocity, x_1 - x_0, rows),
            "concept": losses.concept_loss(known, batch["concepts"], self.hard, rows, "sum"),
            "orthogonality": self._orthogonality(unknown, known, rows),
            "prior": losses.gaussian_kl(mean, log_var, rows),
        }
        total = (
            terms["flow"]
            + self.lambda_concept * terms["concept"]
            + self.lambda_orthogonality * terms["orthogonality"]
            + self.lambda_prior * terms["prior"]
        )
        return {"loss": total, **terms}

    def _orthogonality(self, unknown: Tensor, known: Tensor, weight: Tensor) -> Tensor:
        """|| 1/(B-1) U~' C* ||_F^2: centring u alone centres the product."""
        standardised = (known.clamp(0, 1) - self.centre) / (self.scale + 1e-6)
        return losses.cross_covariance(unknown, standardised, weight)
