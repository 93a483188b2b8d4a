"""Loss terms, one value a member. Rows of weight 0 are padding and take no part.

Shapes: cells (M, B, d), codes (M, B, Z), concepts (M, B, K), unknown codes (M, B, U),
weight (M, B) in {0, 1}; every term returns (M,).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def row_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Mean over the rows of weight 1: (M, B) -> (M,)."""
    return (values * weight).sum(1) / weight.sum(1)


def reconstruction(predicted: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """Mean over all B d entries of (x^ - x)^2."""
    return row_mean((predicted - x).square().mean(-1), weight)


def gaussian_kl(mean: Tensor, log_var: Tensor, weight: Tensor) -> Tensor:
    """-1/2 mean over all B Z entries of (1 + log s^2 - m^2 - s^2), the mean over dimensions too."""
    entries = 1 + log_var - mean.square() - log_var.exp()
    return -0.5 * row_mean(entries.mean(-1), weight)


def concept_loss(
    predicted: Tensor, concepts: Tensor, hard: Tensor, weight: Tensor, reduction: str
) -> Tensor:
    """Batch mean of the sum over annotated concepts of BCE (hard) or squared error (soft).

    predicted is clipped to [0, 1] first; NaN concepts are not annotated and count nothing.
    reduction: "sum" over a cell's annotated concepts (the authors' reference code), or their
    "mean" (the paper's text).
    """
    annotated = ~torch.isnan(concepts)
    truth = torch.where(annotated, concepts, 0.0)
    clipped = predicted.clamp(0, 1)
    entries = (clipped - truth).square()
    if hard.any():
        cross_entropy = functional.binary_cross_entropy(
            clipped[..., hard], truth[..., hard], reduction="none"
        )
        entries = torch.cat([cross_entropy, entries[..., ~hard]], -1)
        annotated = torch.cat([annotated[..., hard], annotated[..., ~hard]], -1)
    total = (entries * annotated).sum(-1)
    if reduction == "mean":
        total = total / annotated.sum(-1).clamp(min=1)
    return row_mean(total, weight)


def cross_covariance(unknown: Tensor, known: Tensor, weight: Tensor) -> Tensor:
    """|| 1/(B-1) U~' C~ ||_F^2 with batch-centred U~ (B, U) and C~ (B, K): sum of U K squares."""
    rows = weight[..., None]
    count = rows.sum(1, keepdim=True)
    centred = (unknown - (unknown * rows).sum(1, keepdim=True) / count) * rows
    other = known - (known * rows).sum(1, keepdim=True) / count
    covariance = centred.mT @ other / (count - 1)
    return covariance.square().sum((1, 2))


def cosine(unknown: Tensor, known: Tensor, weight: Tensor) -> Tensor:
    """Batch mean of |cos(known, unknown)|, each norm bounded below by 1e-6; equal widths."""
    return row_mean(functional.cosine_similarity(known, unknown, dim=-1, eps=1e-6).abs(), weight)
