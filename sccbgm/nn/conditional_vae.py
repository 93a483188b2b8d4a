"""The conditional VAE: the annotated concepts enter encoder and decoder."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sccbgm.nn import losses
from sccbgm.nn.batch import Batch
from sccbgm.nn.decoders import PlainDecoder
from sccbgm.nn.draws import Draws
from sccbgm.nn.encoders import Encoder, sample
from sccbgm.nn.layers import Generators


class ConditionalVAE(nn.Module):
    """q(z | x, c), p(x | z, c), with L = L_rec + beta L_KL; n_concepts = 0 is the plain VAE.

    `weights` holds the (M,) tensor beta.
    """

    beta: Tensor

    def __init__(
        self,
        n_features: int,
        n_concepts: int,
        width: int,
        depth: int,
        latent_dim: int,
        weights: Mapping[str, Tensor],
        generators: Generators,
        *,
        dropout: float = 0.0,
        residual: bool = False,
    ) -> None:
        super().__init__()
        for name, value in weights.items():
            self.register_buffer(name, value, persistent=False)
        self.n_concepts = n_concepts
        self.encoder = Encoder(
            n_features + n_concepts, width, depth, latent_dim, generators,
            dropout=dropout, residual=residual,
        )  # fmt: skip
        self.decoder = PlainDecoder(
            n_concepts, latent_dim, width, depth, n_features, generators, dropout,
            residual=residual,
        )  # fmt: skip

    def encode(
        self, x: Tensor, concepts: Tensor, draws: Draws | None = None
    ) -> tuple[Tensor, Tensor]:
        """Posterior mean and log-variance (M, B, Z) of cells x with concepts (M, B, K)."""
        mean, log_var = self.encoder(torch.cat([x, concepts[..., : self.n_concepts]], -1), draws)
        assert log_var is not None
        return mean, log_var

    def decode(self, z: Tensor, concepts: Tensor, draws: Draws | None = None) -> Tensor:
        """Cells (M, B, d)."""
        return self.decoder(concepts[..., : self.n_concepts], z, draws)

    def intervene(self, x: Tensor, concepts: Tensor, edited: Tensor, draws: Draws | None) -> Tensor:
        """Encode with the observed concepts, decode with the edited ones.

        z is the posterior mean, or with draws a posterior sample.
        """
        z = sample(*self.encode(x, concepts), draws)
        return self.decode(z, edited.expand(len(z), -1, -1))

    def loss(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The terms and their weighted sum "loss", each (M,)."""
        x, concepts, rows = batch["x"], batch["concepts"], batch.weight
        mean, log_var = self.encode(x, concepts, draws)
        predicted = self.decode(sample(mean, log_var, draws), concepts, draws)
        terms = {
            "reconstruction": losses.reconstruction(predicted, x, rows),
            "kl": losses.gaussian_kl(mean, log_var, rows),
        }
        return {"loss": terms["reconstruction"] + self.beta * terms["kl"], **terms}
