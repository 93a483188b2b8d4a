"""Loss terms, one value a member. Rows of weight 0 are padding and take no part.

Shapes: cells (M, B, d), codes (M, B, Z), concepts (M, B, K), unknown codes (M, B, U),
weight (M, B) in {0, 1}; every term returns (M,).
"""

from __future__ import annotations

from typing import Any

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


class _CrossEntropy(torch.autograd.Function):
    """PyTorch's cross-entropy of probabilities, without its range check.

    The check stops the whole stack when one member's loss is not a number, and waits for the
    device. Logarithms are bounded at -100; the gradient is (p - c) / max(p (1 - p), 1e-12).
    """

    @staticmethod
    def forward(ctx: Any, p: Tensor, c: Tensor) -> Tensor:
        ctx.save_for_backward(p, c)
        return -(c * p.log().clamp(min=-100) + (1 - c) * (-p).log1p().clamp(min=-100))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        p, c = ctx.saved_tensors
        return gradients[0] * (p - c) / (p * (1 - p)).clamp(min=1e-12), None


def cross_entropy(probability: Tensor, truth: Tensor) -> Tensor:
    """-c log p - (1 - c) log(1 - p), entry by entry; truth may lie between 0 and 1."""
    return _CrossEntropy.apply(probability, truth)


def concept_loss(
    predicted: Tensor, concepts: Tensor, probability: Tensor, weight: Tensor, reduction: str
) -> Tensor:
    """Batch mean of the sum over annotated concepts of BCE or squared error.

    probability: (K,) True where the prediction is a probability, whose loss is BCE.
    predicted is clipped to [0, 1] first; NaN concepts are not annotated and count nothing.
    reduction: "sum" over a cell's annotated concepts (the authors' reference code), or their
    "mean" (the paper's text).
    """
    annotated = ~torch.isnan(concepts)
    truth = torch.where(annotated, concepts, 0.0)
    clipped = predicted.clamp(0, 1)
    # Both forms for every concept: picking columns by mask would make the host wait.
    entries = torch.where(probability, cross_entropy(clipped, truth), (clipped - truth).square())
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
