"""The concept bottleneck VAEs for one model, written the usual way in PyTorch: see `plain`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.plain import Block, Encoder, kl, sample


class Concepts(nn.Module):
    """c^ = sigmoid(W z) for hard concepts, which come first, W z for soft ones; u = ReLU(V z)."""

    def __init__(self, latent: int, k: int, n_soft: int, unknown: int) -> None:
        super().__init__()
        self.concepts, self.unknown = nn.Linear(latent, k), nn.Linear(latent, unknown)
        self.n_hard = k - n_soft
        self.widths = k, unknown

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        scores = self.concepts(z)
        hard, soft = scores[:, : self.n_hard], scores[:, self.n_hard :]
        return torch.cat([torch.sigmoid(hard), soft], 1), torch.relu(self.unknown(z))

    def represent(self, z: Tensor, known: Tensor) -> Tensor:
        return known

    def apart(self, shown: Tensor) -> Tensor:
        return shown.clamp(0, 1)


class Embeddings(nn.Module):
    """Two embeddings a concept, mixed by its probability, one small network a concept."""

    def __init__(self, latent: int, k: int, unknown: int) -> None:
        super().__init__()
        self.e = max(1, unknown // k)
        self.contexts = nn.ModuleList(nn.Linear(latent, 2 * self.e) for _ in range(k))
        self.scores = nn.ModuleList(nn.Linear(2 * self.e, 1) for _ in range(k))
        self.unknown = nn.Linear(latent, k * self.e)
        self.n_hard = k
        self.widths = k * self.e, k * self.e

    def vectors(self, z: Tensor) -> list[Tensor]:
        return [torch.relu(context(z)) for context in self.contexts]

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        pairs = zip(self.scores, self.vectors(z), strict=True)
        known = [torch.sigmoid(score(vector)) for score, vector in pairs]
        return torch.cat(known, 1), torch.relu(self.unknown(z))

    def represent(self, z: Tensor, known: Tensor) -> Tensor:
        mixed = []
        for i, vector in enumerate(self.vectors(z)):
            p = known[:, i : i + 1]
            mixed.append(p * vector[:, : self.e] + (1 - p) * vector[:, self.e :])
        return torch.cat(mixed, 1)

    def apart(self, shown: Tensor) -> Tensor:
        return shown


class SkipDecoder(nn.Module):
    """Every block sees the embedded concepts beside what came before."""

    def __init__(self, k: int, unknown: int, width: int, depth: int, d: int) -> None:
        super().__init__()
        self.concepts, self.unknown = nn.Linear(k, width), nn.Linear(unknown, width)
        self.blocks = nn.ModuleList(Block(2 * width, width) for _ in range(depth))
        self.output = nn.Linear(width, d)

    def forward(self, shown: Tensor, unknown: Tensor) -> Tensor:
        h, e = self.unknown(unknown), self.concepts(shown)
        for block in self.blocks:
            h = h + block(torch.cat([h, e], 1))
        return self.output(h)


class PlainDecoder(nn.Module):
    """Concepts and unknown code enter at the start, with or without residuals."""

    def __init__(
        self, k: int, unknown: int, width: int, depth: int, d: int, residual: bool
    ) -> None:
        super().__init__()
        self.input = nn.Linear(unknown + k, width)
        self.blocks = nn.ModuleList(Block(width, width) for _ in range(depth))
        self.output = nn.Linear(width, d)
        self.residual = residual

    def forward(self, shown: Tensor, unknown: Tensor) -> Tensor:
        h = self.input(torch.cat([unknown, shown], 1))
        for block in self.blocks:
            h = h + block(h) if self.residual else block(h)
        return self.output(h)


class ConceptVAE(nn.Module):
    """scCBGM, and by its options scCBGM (AE), the mixed one, CBGM and the ablations between.

    soft: the last so many concepts are continuous.
    """

    def __init__(
        self,
        d: int,
        k: int,
        width: int,
        depth: int,
        latent: int,
        unknown: int,
        *,
        soft: int = 0,
        embeddings: bool = False,
        decoder: str = "skip",
        orthogonality: str = "cross_covariance",
        variational: bool = True,
        residual: bool = True,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(d, width, depth, latent, residual)
        if not variational:
            del self.encoder.log_var
        if orthogonality == "cosine" and not embeddings:
            unknown = k
        self.bottleneck = (
            Embeddings(latent, k, unknown) if embeddings else Concepts(latent, k, soft, unknown)
        )
        sizes = (*self.bottleneck.widths, width, depth, d)
        skip = decoder == "skip"
        self.decoder = SkipDecoder(*sizes) if skip else PlainDecoder(*sizes, decoder == "residual")
        self.orthogonality, self.variational = orthogonality, variational
        self.beta, self.lambda_concept, self.lambda_orthogonality = 1e-5, 0.1, 0.5

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        return self.encoder(x) if self.variational else (self.encoder.mean_of(x), None)

    def edit(self, x: Tensor, mask: Tensor, values: Tensor) -> Tensor:
        z = self.encode(x)[0]
        known, unknown = self.bottleneck(z)
        known = torch.where(mask, values, known)
        return self.decoder(self.bottleneck.represent(z, known), unknown)

    def loss(self, x: Tensor, c: Tensor, noise: Tensor | None = None) -> Tensor:
        mean, log_var = self.encode(x)
        z = mean if log_var is None else sample(mean, log_var, noise)
        known, unknown = self.bottleneck(z)
        shown = self.bottleneck.represent(z, known)
        total = functional.mse_loss(self.decoder(shown, unknown), x)
        total = total + self.lambda_concept * self.concept_loss(known.clamp(0, 1), c)
        if log_var is not None:
            total = total + self.beta * kl(mean, log_var)
        return total + self.lambda_orthogonality * self.overlap(
            unknown, self.bottleneck.apart(shown)
        )

    def concept_loss(self, known: Tensor, c: Tensor) -> Tensor:
        n = self.bottleneck.n_hard
        total = n * functional.binary_cross_entropy(known[:, :n], c[:, :n])
        if n < c.shape[1]:
            total = total + (c.shape[1] - n) * functional.mse_loss(known[:, n:], c[:, n:])
        return total

    def overlap(self, unknown: Tensor, shown: Tensor) -> Tensor:
        if self.orthogonality == "cosine":
            return functional.cosine_similarity(shown, unknown, dim=1, eps=1e-6).abs().mean()
        u, c = unknown - unknown.mean(0), shown - shown.mean(0)
        return ((u.T @ c / (len(u) - 1)) ** 2).sum()
