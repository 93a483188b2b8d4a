"""Does the spread of an ensemble say how far off it is?

An ensemble of S members predicts x̂_s (S, n_cells, n_dims); x̄ is its mean and s its standard
deviation (S − 1), number by number.
"""

from __future__ import annotations

import numpy as np

from sccbgm.metrics.samples import ROUNDING, Missing

LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Nominal levels of the intervals."""


def coverage(members: np.ndarray, truth: np.ndarray, level: float) -> float:
    """Share of the true numbers in x̄ ± t_{S−1}((1 + level) / 2) · s · (1 + 1/S)^½.

    The interval that holds another member of a normal ensemble with probability `level`: where the
    truth could be a member, the share is the level; below it, the seeds agree on what is wrong.
    members (S, n_cells, n_dims), truth (n_cells, n_dims). Raises Missing for fewer than 2 members,
    and where all are the same.
    Source: prediction interval of a normal sample (Geisser 1993).
    """
    from scipy.stats import t

    mean, spread = _moments(members)
    n = len(members)
    half = t.ppf((1 + level) / 2, n - 1) * spread * np.sqrt(1 + 1 / n)
    return float((np.abs(truth - mean) <= half).mean())


def spread_and_error(members: np.ndarray, truth: np.ndarray) -> float:
    """Rank correlation (Spearman) over cells of the ensemble's spread with its error.

    Spread (Σ_d s²)^½, error ‖x̄ − x‖: 1 where the cells that the members disagree on are those that
    they are wrong about, 0 where the spread says nothing. Raises Missing as `coverage`, for fewer
    than 3 cells, and where all have the same spread or error.
    """
    from scipy.stats import spearmanr

    mean, spread = _moments(members)
    if len(truth) < 3:
        raise Missing(f"needs 3 cells, found {len(truth)}")
    of_cells = np.linalg.norm(spread, axis=1), np.linalg.norm(mean - truth, axis=1)
    if any(np.ptp(values) == 0 for values in of_cells):
        raise Missing("all cells have the same spread or the same error")
    return float(spearmanr(*of_cells).statistic)


def _moments(members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(members) < 2:
        raise Missing(f"needs two seeds or more, found {len(members)}")
    members = members.astype(np.float64)
    mean, spread = members.mean(axis=0), members.std(axis=0, ddof=1)
    if spread.max() <= ROUNDING * np.abs(mean).max():
        raise Missing("all seeds predict the same")
    return mean, spread
