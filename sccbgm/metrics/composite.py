"""One score that is as good as its worst part, so that no part can be bought with another."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sccbgm.metrics.comparison import Comparison
from sccbgm.metrics.covariance import covariance_likeness
from sccbgm.metrics.effect import discrimination, effect_direction
from sccbgm.metrics.energy import energy_gain
from sccbgm.metrics.expression import rebuilt_precision, rebuilt_recall
from sccbgm.metrics.frechet import variance_ratio


def variance_credit(comparison: Comparison) -> float:
    """min(v, 1 / v) of the ratio v of predicted and true variance; 0 without variance."""
    ratio = variance_ratio(comparison.predicted, comparison.reference.sample)
    return min(ratio, 1.0 / ratio) if ratio > 0 else 0.0


PARTS: Mapping[str, Callable[[Comparison], float]] = {
    "energy_gain": energy_gain,
    "effect_direction": effect_direction,
    "variance_ratio": variance_credit,
    "covariance_likeness": lambda c: covariance_likeness(c.predicted, c.reference.sample),
    "de_precision_rebuilt": rebuilt_precision,
    "de_recall_rebuilt": rebuilt_recall,
    "discrimination": discrimination,
}
"""Metric -> its credit, which is 1 for a perfect prediction."""


def composite(comparison: Comparison) -> float:
    """The smallest credit of distribution, direction, variances, DE genes and right target.

    min over `PARTS`, each clipped to [0, 1]: 1 is perfect in all, and what fails one part fails.
    Raises Missing where a part is missing.
    """
    return min(float(np.clip(part(comparison), 0.0, 1.0)) for part in PARTS.values())
