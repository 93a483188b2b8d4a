"""Do genes vary together as they should? Likeness of covariances, whatever the number of cells."""

from __future__ import annotations

import numpy as np

from sccbgm.metrics.frechet import moments
from sccbgm.metrics.samples import Missing, Sample, comparable, is_rounding

MIN_CELLS = 4
"""Fewest cells that the square of a covariance can be estimated from without bias."""


def covariance_likeness(predicted: Sample, target: Sample) -> float:
    """Cosine of the covariances, Tr(Σ_P Σ_T) / (Tr Σ_P² · Tr Σ_T²)^½, of unbiased estimates.

    1 where they are equal but for scale; draws of the target score about 1, above as often as
    below, however few their cells. 0 where predictions do not vary. Raises Missing with
    fewer than four cells on a side, and where either covariance cannot be told from noise.
    Source: the RV coefficient of Escoufier 1973; Tr Σ² by Himeno and Yamada 2014.
    """
    if not comparable(predicted, target, MIN_CELLS):
        raise Missing(f"a covariance needs {MIN_CELLS} finite cells or more on both sides")
    if is_rounding(float((moments(predicted)[1] ** 2).sum()), predicted):
        return 0.0
    both = float(((moments(predicted)[1] @ moments(target)[1].T) ** 2).sum())
    squares = [_square(predicted), _square(target)]
    if min(squares) <= 0:
        raise Missing("the covariance cannot be told from noise")
    return both / float(np.sqrt(squares[0] * squares[1]))


def _square(x: Sample) -> float:
    """Unbiased estimate of Tr Σ².

    (n−1) / (n(n−2)(n−3)) · ((n−1)(n−2) Tr S² + (Tr S)² − n Q), Q = Σ_i ‖x_i − x̄‖⁴ / (n−1).
    """

    def compute() -> float:
        n, (mean, factor) = len(x), moments(x)
        fourth = (((x.cells - mean) ** 2).sum(axis=1) ** 2).sum() / (n - 1)
        of_square, trace = ((factor @ factor.T) ** 2).sum(), (factor**2).sum()
        sums = (n - 1) * (n - 2) * of_square + trace**2 - n * fourth
        return float(sums * (n - 1) / (n * (n - 2) * (n - 3)))

    return x.once("squared covariance", compute)
