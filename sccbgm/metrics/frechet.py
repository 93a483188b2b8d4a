"""Fréchet distance of the Gaussians with the samples' moments, and the ratio of variances."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sccbgm.metrics.samples import Missing, Sample, comparable, is_rounding


def frechet_distance(x: ArrayLike, y: ArrayLike) -> float:
    """Squared Fréchet distance between Gaussians fitted to two samples (the form of the FID).

    D = ‖μ_x − μ_y‖² + Tr Σ_x + Tr Σ_y − 2 Tr (Σ_x Σ_y)^{1/2}, covariances with n − 1.

    The last trace is the sum of the singular values of Σ_x^{1/2} Σ_y^{1/2}, and of R_x R_yᵀ for
    any factors RᵀR = Σ. Taken from the QR factors of the centred cells, no covariance is formed,
    so rank-deficient samples (fewer cells than dimensions) lose no digits.

    x: (m, n_dims), y: (n, n_dims); result in squared units, not clamped: for equal samples it is
    0 up to rounding of either sign. NaN with fewer than two cells on a side or values that are
    not finite. Raises ValueError for shapes that do not fit.
    Source: Dowson and Landau 1982; Heusel et al. 2017, eq. 6.
    """
    return frechet_of_samples(Sample(x), Sample(y))


def frechet_of_samples(x: Sample, y: Sample) -> float:
    """`frechet_distance` of samples that remember their moments."""
    if not comparable(x, y):
        return float("nan")
    (mean_x, factor_x), (mean_y, factor_y) = moments(x), moments(y)
    overlap = np.linalg.svd(factor_x @ factor_y.T, compute_uv=False).sum()
    traces = (factor_x**2).sum() + (factor_y**2).sum()
    return float(((mean_x - mean_y) ** 2).sum() + traces - 2.0 * overlap)


def moments(x: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Mean (n_dims,) and a factor R of the covariance, RᵀR = Σ, with min(n_cells, n_dims) rows."""

    def compute() -> tuple[np.ndarray, np.ndarray]:
        mean = x.cells.mean(axis=0)
        factor = np.linalg.qr(x.cells - mean, mode="r") / np.sqrt(len(x) - 1)
        return mean, factor

    return x.once("moments", compute)


def variance_ratio(predicted: Sample, target: Sample) -> float:
    """Tr Σ_P / Tr Σ_T: 1 where predictions vary as much as the target, 0 where they are one point.

    Not a score: it shows predictions that collapse to a mean or are inflated. Raises Missing with
    fewer than two cells on a side, or a target without variance but for rounding.
    """
    if not comparable(predicted, target):
        raise Missing("the variance needs two finite cells or more on both sides")
    total = float((moments(target)[1] ** 2).sum())
    if is_rounding(total, target):
        raise Missing("the target cells do not vary")
    return float((moments(predicted)[1] ** 2).sum()) / total
