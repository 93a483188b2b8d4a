"""Concept bottlenecks: how a latent code becomes concepts and an unknown remainder."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sccbgm.nn.layers import Generators, Linear, per_member, uniform


class Code(NamedTuple):
    """A cell in the bottleneck.

    known: (M, B, K) predicted concepts. unknown: (M, B, U). contexts: (M, B, K, 2e) concept
    embeddings, None where the concepts have none.
    """

    known: Tensor
    unknown: Tensor
    contexts: Tensor | None = None


class ConceptBottleneck(nn.Module):
    """CBM: c^ = sigmoid(W z) for hard concepts, W z for soft ones; u = ReLU(V z).

    The decoder sees the concepts themselves. `probability` (K,): which concepts are predicted by
    a probability, here the hard ones.
    """

    shared_buffers = ("probability",)
    probability: Tensor

    def __init__(
        self, latent_dim: int, hard: Tensor, n_unknown: int, generators: Generators
    ) -> None:
        super().__init__()
        self.register_buffer("probability", hard.clone(), persistent=False)
        self.n_known, self.n_unknown = len(hard), n_unknown
        self.concepts = Linear(latent_dim, len(hard), generators)
        self.unknown = Linear(latent_dim, n_unknown, generators)

    def forward(self, z: Tensor) -> Code:
        """z (M, B, Z) -> code."""
        known = self.concepts(z)
        known = torch.where(self.probability, torch.sigmoid(known), known)
        return Code(known, torch.relu(self.unknown(z)))

    def represent(self, code: Code) -> Tensor:
        """The decoder's input for a code's concepts: the concepts."""
        return code.known

    def decorrelated(self, code: Code) -> Tensor:
        """The values that the orthogonality loss keeps apart from u: the clipped concepts."""
        return code.known.clamp(0, 1)


class EmbeddingBottleneck(nn.Module):
    """CEM: a pair of embeddings a concept, mixed by its predicted probability.

    v_i = ReLU(W_i z) in R^2e, c^_i = sigmoid(a_i . v_i + b_i), and the decoder sees the mixtures
    w_i = c^_i v_i[:e] + (1 - c^_i) v_i[e:], together w in R^(K e). u = ReLU(V z) is as long as w;
    e = n_unknown // K, at least 1 (Espinosa Zarlenga et al. 2022; sizes of the authors'
    reference code). Every concept is predicted by a probability, a soft one in [0, 1] too.
    """

    shared_buffers = ("probability",)
    probability: Tensor

    def __init__(
        self, latent_dim: int, hard: Tensor, n_unknown: int, generators: Generators
    ) -> None:
        super().__init__()
        n_concepts = len(hard)
        self.register_buffer("probability", torch.ones_like(hard), persistent=False)
        width = 2 * max(1, n_unknown // n_concepts)
        self.n_known = self.n_unknown = n_concepts * width // 2
        self.n_concepts = n_concepts
        self.contexts = Linear(latent_dim, n_concepts * width, generators)
        bound = uniform(1 / math.sqrt(width))
        self.score = per_member((1, n_concepts, width), generators, bound)
        self.offset = per_member((1, n_concepts), generators, bound)
        self.unknown = Linear(latent_dim, self.n_unknown, generators)

    def forward(self, z: Tensor) -> Code:
        """z (M, B, Z) -> code."""
        contexts = torch.relu(self.contexts(z)).unflatten(-1, (self.n_concepts, -1))
        known = torch.sigmoid((contexts * self.score).sum(-1) + self.offset)
        return Code(known, torch.relu(self.unknown(z)), contexts)

    def represent(self, code: Code) -> Tensor:
        """The embeddings (M, B, K e) mixed by a code's concepts."""
        assert code.contexts is not None
        present, absent = code.contexts.chunk(2, -1)
        p = code.known[..., None]
        return (p * present + (1 - p) * absent).flatten(2)

    def decorrelated(self, code: Code) -> Tensor:
        """The values that the orthogonality loss keeps apart from u: the mixed embeddings."""
        return self.represent(code)
