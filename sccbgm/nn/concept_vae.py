"""The concept bottleneck VAE: encoder, bottleneck, decoder, and an edit in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from sccbgm.nn import losses
from sccbgm.nn.batch import Batch
from sccbgm.nn.bottleneck import Code, ConceptBottleneck, EmbeddingBottleneck
from sccbgm.nn.decoders import DecoderKind, build_decoder
from sccbgm.nn.draws import Draws
from sccbgm.nn.encoders import Encoder, sample
from sccbgm.nn.layers import Generators


@dataclass(frozen=True)
class ConceptVAEShape:
    """The sizes and options that fix the weights' shapes and the form of the loss.

    orthogonality "cosine" needs codes of equal length: with "concepts" it sets n_unknown to the
    number of concepts, with "embeddings" both have n_unknown // K * K entries anyway.
    """

    n_features: int
    width: int
    depth: int
    latent_dim: int
    n_unknown: int
    bottleneck: Literal["concepts", "embeddings"] = "concepts"
    decoder: DecoderKind = "skip"
    orthogonality: Literal["cross_covariance", "cosine", "none"] = "cross_covariance"
    variational: bool = True
    encoder_residual: bool = True
    dropout: float = 0.0
    concept_reduction: Literal["sum", "mean"] = "sum"


class ConceptVAE(nn.Module):
    """L = L_rec + beta L_KL + lambda_c L_con + lambda_orth L_orth, trained on x alone.

    A concept that the bottleneck predicts by a probability has the cross-entropy for its loss, any
    other the squared error. The decoder gets the predicted concepts, in training too. `weights`
    holds the (M,) tensors beta, lambda_concept and lambda_orthogonality.
    """

    beta: Tensor
    lambda_concept: Tensor
    lambda_orthogonality: Tensor

    def __init__(
        self,
        shape: ConceptVAEShape,
        hard: Tensor,
        weights: Mapping[str, Tensor],
        generators: Generators,
    ) -> None:
        super().__init__()
        self.shape = shape
        for name, value in weights.items():
            self.register_buffer(name, value, persistent=False)
        self.encoder = Encoder(
            shape.n_features,
            shape.width,
            shape.depth,
            shape.latent_dim,
            generators,
            dropout=shape.dropout,
            residual=shape.encoder_residual,
            variational=shape.variational,
        )
        self.bottleneck = self._bottleneck(hard, generators)
        self.decoder = build_decoder(
            shape.decoder,
            self.bottleneck.n_known,
            self.bottleneck.n_unknown,
            shape.width,
            shape.depth,
            shape.n_features,
            generators,
            shape.dropout,
        )

    def _bottleneck(
        self, hard: Tensor, generators: Generators
    ) -> ConceptBottleneck | EmbeddingBottleneck:
        shape = self.shape
        if shape.bottleneck == "embeddings":
            return EmbeddingBottleneck(shape.latent_dim, hard, shape.n_unknown, generators)
        n_unknown = len(hard) if shape.orthogonality == "cosine" else shape.n_unknown
        return ConceptBottleneck(shape.latent_dim, hard, n_unknown, generators)

    def encode(self, x: Tensor, draws: Draws | None = None) -> Code:
        """Code of cells x (M, B, d), from the posterior mean or, with draws, a posterior sample."""
        mean, log_var = self.encoder(x)
        return self.bottleneck(sample(mean, log_var, draws))

    def decode(self, code: Code) -> Tensor:
        """Cells (M, B, d) of a code."""
        return self.decoder(self.bottleneck.represent(code), code.unknown)

    def intervene(self, x: Tensor, mask: Tensor, values: Tensor, draws: Draws | None) -> Tensor:
        """x' = decode(c^ (1 - m) + c' m, u): edited concepts set, the others as predicted.

        mask: (K,) bool. values: (M, B, K), used where the mask is True.
        """
        code = self.encode(x, draws)
        return self.decode(code._replace(known=torch.where(mask, values, code.known)))

    def loss(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The terms and their weighted sum "loss", each (M,)."""
        x, rows = batch["x"], batch.weight
        mean, log_var = self.encoder(x, draws)
        code = self.bottleneck(sample(mean, log_var, draws))
        represented = self.bottleneck.represent(code)
        predicted = self.decoder(represented, code.unknown, draws)
        reduction = self.shape.concept_reduction
        terms = {
            "reconstruction": losses.reconstruction(predicted, x, rows),
            "concept": losses.concept_loss(
                code.known, batch["concepts"], self.bottleneck.probability, rows, reduction
            ),
        }
        total = terms["reconstruction"] + self.lambda_concept * terms["concept"]
        if log_var is not None:
            terms["kl"] = losses.gaussian_kl(mean, log_var, rows)
            total = total + self.beta * terms["kl"]
        if self.shape.orthogonality != "none":
            orthogonality = getattr(losses, self.shape.orthogonality)
            terms["orthogonality"] = orthogonality(
                code.unknown, self.bottleneck.decorrelated(code), rows
            )
            total = total + self.lambda_orthogonality * terms["orthogonality"]
        return {"loss": total, **terms}
