"""How far apart the background codes of cells and of their control partners are, (M,) each.

Codes m, m_0: (M, B, d). pairs: (M, B), 1 where a row is a pair to compare, else 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

FEWEST_PAIRS = 8
"""Groups with fewer pairs in a batch are skipped when moments are compared."""


def pair_distance(mean: Tensor, partner: Tensor, pairs: Tensor) -> Tensor:
    """Mean over pairs of ||m - m_0||^2, 0 without any."""
    distance = (mean - partner).square().sum(-1)
    return (distance * pairs).sum(1) / pairs.sum(1).clamp(min=1)


def moment_distance(mean: Tensor, partner: Tensor, pairs: Tensor, group: Tensor) -> Tensor:
    """||E m - E m_0||^2 + 1/d ||Cov m - Cov m_0||_F^2 within groups, averaged over their pairs.

    group: (M, B, C), one-hot; cells are compared with the partners of their own group only.
    """
    members = (group * pairs[..., None]).mT[..., None]
    counts = members.sum((2, 3))
    (centre, spread), (centre_0, spread_0) = (
        _moments(values[:, None], members) for values in (mean, partner)
    )
    distance = (centre - centre_0).square().sum((-1, -2))
    distance = distance + (spread - spread_0).square().sum((-1, -2)) / mean.shape[-1]
    share = torch.where(counts >= FEWEST_PAIRS, counts, 0.0)
    return (distance * share).sum(1) / share.sum(1).clamp(min=1)


def _moments(values: Tensor, members: Tensor) -> tuple[Tensor, Tensor]:
    """Means (M, C, 1, d) and unbiased covariances (M, C, d, d) of (M, 1, B, d) in each group."""
    counts = members.sum(2, keepdim=True)
    centre = (values * members).sum(2, keepdim=True) / counts.clamp(min=1)
    centred = (values - centre) * members
    return centre, centred.mT @ centred / (counts - 1).clamp(min=1)
