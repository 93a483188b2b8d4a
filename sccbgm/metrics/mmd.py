"""Maximum mean discrepancy with a Gaussian kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sccbgm.metrics.samples import (
    Missing,
    Sample,
    comparable,
    is_rounding,
    squared_distance_blocks,
    squared_distances,
)

BLOCK_BYTES = 2**24
"""Largest block of the kernel matrix that is held at once, in bytes (16 MiB)."""
KEPT_CELLS = 4000
"""Cells of a sample whose kernel matrix is kept for its parts, at most (128 MB)."""


def mmd2(x: ArrayLike, y: ArrayLike, gamma: float | None = None, clamp: bool = True) -> float:
    """Squared maximum mean discrepancy, unbiased estimate.

    MMD² = Σ_{i≠j} k(x_i, x_j) / m(m−1) + Σ_{i≠j} k(y_i, y_j) / n(n−1) − 2/(mn) Σ_{ij} k(x_i, y_j),
    k(x, y) = exp(−γ‖x − y‖²).

    x: (m, n_dims), y: (n, n_dims). gamma: γ, 1 / squared length; 1 / n_dims if None, as in the
    paper. The estimate is negative about half of the time when both samples come from one
    distribution; the paper's definition sets it to 0 then, `clamp=False` returns it as it is.
    Memory: `BLOCK_BYTES` and a copy of the inputs, whatever m and n.

    NaN with fewer than two cells on a side (the authors' reference code returns 0) or with
    values that are not finite. Raises ValueError for shapes that do not fit or γ ≤ 0.
    Source: Gretton et al. 2012, eq. 3; kernel and γ of the authors' reference code.
    """
    return mmd2_of_samples(Sample(x), Sample(y), gamma, clamp)


def mmd2_of_samples(x: Sample, y: Sample, gamma: float | None = None, clamp: bool = True) -> float:
    """`mmd2` of samples that remember the mean of their own kernel."""
    if gamma is not None and not gamma > 0:
        raise ValueError(f"gamma must be positive, found {gamma}")
    if not comparable(x, y):
        return float("nan")
    gamma = 1.0 / x.cells.shape[1] if gamma is None else gamma
    cross = _kernel_sum(x, y, gamma) / (len(x) * len(y))
    estimate = _self_mean(x, gamma) + _self_mean(y, gamma) - 2.0 * cross
    return max(estimate, 0.0) if clamp else estimate


def median_gamma(x: Sample) -> float:
    """γ = 1 / median_{i<j} ‖x_i − x_j‖², the median heuristic, of two cells or more.

    Raises Missing where the median is 0 but for rounding: half of the pairs or more are copies.
    """

    def compute() -> float:
        pairs = np.triu_indices(len(x), k=1)
        return float(np.median(squared_distances(x.cells, x.cells)[pairs]))

    median = x.once("median squared distance", compute)
    if is_rounding(median, x):
        raise Missing("the median distance between target cells is 0")
    return 1.0 / median


def mmd2_median(target: Sample, other: Sample) -> float:
    """Squared MMD, not clamped, with the median heuristic of the target's cells for every other."""
    if not comparable(target, other):
        return float("nan")
    return mmd2_of_samples(target, other, median_gamma(target.whole), clamp=False)


def kernel_sum(x: np.ndarray, y: np.ndarray, gamma: float) -> float:
    """Σ_{ij} exp(−γ‖x_i − y_j‖²), in blocks of at most `BLOCK_BYTES`."""
    rows = max(1, BLOCK_BYTES // (8 * len(y)))
    total = 0.0
    for block in squared_distance_blocks(x, y, rows):
        block *= -gamma
        total += float(np.exp(block, out=block).sum())
        del block  # before the next one is made
    return total


def _kernel_sum(x: Sample, y: Sample, gamma: float) -> float:
    """`kernel_sum`; of parts of one sample from the kernel of the whole, which is made once."""
    whole = x.whole
    if x.rows is None or y.rows is None or y.whole is not whole or len(whole) > KEPT_CELLS:
        return kernel_sum(x.cells, y.cells, gamma)
    kernel = whole.once(
        ("kernel matrix", gamma),
        lambda: np.exp(-gamma * squared_distances(whole.cells, whole.cells)),
    )
    return float((kernel @ np.bincount(y.rows, minlength=len(whole)))[x.rows].sum())


def _self_mean(x: Sample, gamma: float) -> float:
    """Mean of k(x_i, x_j) over i ≠ j; the diagonal holds ones."""
    n = len(x)
    return x.once(("kernel", gamma), lambda: (_kernel_sum(x, x, gamma) - n) / (n * (n - 1)))
