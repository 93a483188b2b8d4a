"""What to hold an error on synthetic counterfactuals against.

A cell and its counterfactual share their counting noise, which no model can know: predictions
that copy the cell look good, and the best prediction from the true rates does not score 0. Here are
that prediction, and scores against the truth before counting noise. Rows of all arrays are cells,
columns genes (or components).
"""

from __future__ import annotations

import numpy as np
from scipy import stats

TAIL = 1e-12
RATE_BOUNDS = (0.1, 60.0)
"""Rates outside are not told apart by `implied_log_rate`; generated ones lie well within."""
GRID_POINTS = 1000


def expected_expression(rate: np.ndarray, target_sum: float) -> np.ndarray:
    """Best possible prediction without the counting noise, m = E[ln(1 + s x / sum x) | rate].

    Sums P(x = n) ln(1 + s n / sum_j rate_j) over n: the library size is taken at its mean, which
    changes m by about 1 / sum_j rate_j.

    Args:
        rate: (n_cells, n_genes) Poisson rates of all genes of the cells.
        target_sum: s, the counts per cell that expression is normalised to.

    Returns:
        (n_cells, n_genes) float64. Under a linear map (a PCA) it is the expectation as well.
    """
    total = rate.sum(axis=1, keepdims=True)
    probability = np.exp(-rate)
    expectation = np.zeros(rate.shape)
    for n in range(1, int(stats.poisson.isf(TAIL, rate.max())) + 1):
        probability *= rate
        probability /= n
        expectation += probability * np.log1p(target_sum * n / total)
    return expectation


def expression_error(prediction: np.ndarray, rate: np.ndarray, target_sum: float) -> float:
    """Mean of (prediction - m)^2 over cells and genes, with m the `expected_expression`.

    The published error without the counting noise of the counterfactual cell: 0 for the best
    possible prediction, and copies of a cell pay for the noise that they carry.
    """
    return float(np.mean((prediction - expected_expression(rate, target_sum)) ** 2))


def implied_log_rate(expression: np.ndarray, total: np.ndarray, target_sum: float) -> np.ndarray:
    """Log rate whose expected expression, E[ln(1 + s x / total)], is the one given.

    Args:
        expression: (n_cells, n_genes) predicted log-normalised expression.
        total: (n_cells,) library size, the sum of a cell's rates.
        target_sum: s, the counts per cell that expression is normalised to.

    Returns:
        (n_cells, n_genes) float64 within the logarithms of RATE_BOUNDS.
    """
    low, high = (float(np.log(bound)) for bound in RATE_BOUNDS)
    grid = np.linspace(low, high, GRID_POINTS)
    counts = np.arange(1, int(stats.poisson.isf(TAIL, RATE_BOUNDS[1])) + 1)
    probability = stats.poisson.pmf(counts, np.exp(grid)[:, None])
    curves = np.log1p(target_sum * counts / np.asarray(total)[:, None]) @ probability.T
    return np.stack(
        [np.interp(cell, curve, grid) for cell, curve in zip(expression, curves, strict=True)]
    )


def log_rate_error(predicted: np.ndarray, log_rate: np.ndarray) -> float:
    """Mean of (predicted - log lambda)^2 over cells and genes."""
    return float(np.mean((predicted - log_rate) ** 2))


def effect_error(
    predicted: np.ndarray, true: np.ndarray, affected: np.ndarray | None = None
) -> float:
    """Relative squared error of a change, sum (predicted - true)^2 / sum true^2.

    0 is perfect, 1 what doing nothing scores.

    Args:
        predicted: (n_cells, n_genes) edited minus unedited prediction, or (n_genes,) the mean
            prediction minus the mean expected expression of the intervened cells. Their mean
            observed expression will not do: its counting noise is of the size of the effect.
        true: the same of the truth: log rates or expected expression, after minus before.
        affected: (n_genes,) True for the genes to score, by default all.

    Raises:
        ValueError: when nothing truly changes.
    """
    if affected is not None:
        predicted, true = predicted[..., affected], true[..., affected]
    size = float(np.sum(true**2))
    if size == 0:
        raise ValueError("effect error: the true change is 0 in every gene that is scored")
    return float(np.sum((predicted - true) ** 2)) / size
