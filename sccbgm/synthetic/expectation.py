"""Expected expression of generated cells: the best prediction that can be made of them.

A cell and its counterfactual share their counting noise, which no model can know: predictions
that copy the cell look good, and even the prediction from the true rates does not score 0.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

TAIL = 1e-12


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
